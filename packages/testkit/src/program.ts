// The whole program as a person starts it: supervisor, PostgreSQL, edge and core in a folder of its own, on free ports.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

export type Program = {
  readonly folder: string;
  /** http://127.0.0.1:port/ */
  readonly url: string;
  /** The one-time address of the wizard; waits for it to be printed. */
  readonly setupUrl: () => Promise<string>;
  readonly sipPort: number;
  readonly phonePort: number;
  readonly output: () => string;
  /** The newest lines of every role's log. */
  readonly logs: () => string;
  /** The process that plays this role now, from the supervisor's own note. */
  readonly pidOf: (role: "edge" | "core" | "postgres") => number;
  readonly kill: (role: "edge" | "core" | "postgres", signal?: NodeJS.Signals) => void;
  /** Supervisor, roles and PostgreSQL at once, without a word. */
  readonly killAll: () => Promise<void>;
  /** PostgreSQL and its backends stand still until the returned function is called. */
  readonly freezePostgres: () => () => void;
  /** Waits for a line of the program that comes after this call. */
  readonly line: (pattern: RegExp) => Promise<string>;
  readonly stop: () => Promise<void>;
};

const LOG_LINES_SHOWN = 60;
const READY_MS_MAX = 90_000;

/** Starts apps/server/src/main.ts from the sources. The folder is removed at `stop` unless it was given. */
export async function startProgram(options: {
  readonly main: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** What the ready line must name; a role by itself names fewer. */
  readonly roles?: string;
}): Promise<Program> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "allo-program-"));
  // Fixed for the program's life, so that a role that is started again is found where it was.
  const [httpPort, sip, phones] = await Promise.all([freePort(), freePort(), freePort()]);
  const child: ChildProcess = spawn(process.execPath, ["--conditions=source", options.main], {
    env: {
      ...process.env,
      ALLO_DATA: folder,
      ALLO_HTTP_PORT: String(httpPort),
      ALLO_SIP_PORT: String(sip),
      ALLO_SIP_PHONE_PORT: String(phones),
      ALLO_RTP_PORTS: "0",
      ALLO_LOG: "info",
      // A test that stops it has seen what it wanted to see.
      ALLO_DRAIN_SECONDS: "0",
      ...(options.roles === undefined ? {} : { ALLO_ROLES: options.roles }),
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const waiting = new Set<() => void>();
  const collect = (bytes: Buffer): void => {
    output += bytes.toString("utf8");
    for (const wake of waiting) wake();
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  let exited = false;
  const exit = new Promise<void>((resolve) =>
    child.once("exit", () => {
      exited = true;
      for (const wake of waiting) wake();
      resolve();
    }),
  );

  const waitFor = async (from: number, pattern: RegExp): Promise<RegExpExecArray> => {
    const startedAt = performance.now();
    for (;;) {
      const found = pattern.exec(output.slice(from));
      if (found !== null) return found;
      if (exited || performance.now() - startedAt > READY_MS_MAX)
        throw new Error(`the program did not say ${String(pattern)}:\n${output.slice(-3_000)}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, 1_000);
      waiting.add(resolve);
      await promise;
      waiting.delete(resolve);
      clearTimeout(timer);
    }
  };

  const [ready] = await waitFor(0, /Allo is ready[^\n]*\n/);
  const url = /https?:\/\/[^\s·]+\//.exec(ready)?.[0] ?? "";
  const sipPort = Number(/SIP [^\s]*:(\d+)/.exec(ready)?.[1] ?? 0);
  const phonePort = Number(/phones [^\s]*:(\d+)/.exec(ready)?.[1] ?? 0);
  const setupUrl = async (): Promise<string> => (await waitFor(0, /Set it up here, once: (\S+)/))[1] ?? "";

  let lastLogs: string | null = null;
  const pidOf: Program["pidOf"] = (role) => {
    if (role === "postgres") return Number(readFileSync(findFile(folder, "postmaster.pid"), "utf8").split("\n")[0]);
    const wanted = new RegExp(`/${role}/main\\.(ts|js)`);
    const found = childrenOf(child.pid ?? 0).find((pid) => wanted.test(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")));
    if (found === undefined) throw new Error(`no process plays ${role}`);
    return found;
  };

  return {
    folder,
    url,
    setupUrl,
    sipPort,
    phonePort,
    output: () => output,
    pidOf,
    logs: () => lastLogs ?? readLogs(folder),
    kill: (role, signal = "SIGKILL") => {
      process.kill(pidOf(role), signal);
    },
    killAll: async () => {
      const all = [...descendantsOf(child.pid ?? 0), pidOf("postgres"), child.pid ?? 0];
      for (const pid of [...new Set([...all, ...descendantsOf(pidOf("postgres"))])]) signalTo(pid, "SIGKILL");
      await exit;
    },
    freezePostgres: () => {
      const postmaster = pidOf("postgres");
      const frozen = [postmaster, ...descendantsOf(postmaster)];
      for (const pid of frozen) signalTo(pid, "SIGSTOP");
      let thawed = false;
      return () => {
        if (thawed) return;
        thawed = true;
        for (const pid of frozen) signalTo(pid, "SIGCONT");
      };
    },
    line: async (pattern) => (await waitFor(output.length, pattern))[0],
    stop: async () => {
      child.kill("SIGTERM");
      await exit;
      lastLogs = readLogs(folder);
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent;
      } catch {
        return false;
      }
    });
}

function readLogs(folder: string): string {
  const logs = join(folder, "logs");
  if (!existsSync(logs)) return "";
  return readdirSync(logs)
    .filter((name) => name.endsWith(".log"))
    .map((name) => `== ${name}\n${readFileSync(join(logs, name), "utf8").trimEnd().split("\n").slice(-LOG_LINES_SHOWN).join("\n")}`)
    .join("\n");
}

function descendantsOf(parent: number): readonly number[] {
  return childrenOf(parent).flatMap((pid) => [pid, ...descendantsOf(pid)]);
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}

function findFile(folder: string, name: string): string {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === name) return join(folder, name);
    if (entry.isDirectory() && entry.name !== "recordings") {
      try {
        return findFile(join(folder, entry.name), name);
      } catch {
        // Not below this one, or not ours to read.
      }
    }
  }
  throw new Error(`${name} is not below ${folder}`);
}
