// One child: started, watched until it is ready, started again when it crashes, stopped in order.
import { fork, type ChildProcess } from "node:child_process";
import { freshRecord, decideRestart, type RestartRecord } from "./restart-policy.ts";
import { supervisorLimits as limits } from "./limits.ts";
import { type ParentMessage, readChildMessage, type ReadyPorts } from "./protocol.ts";
import type { ToDrill } from "../drill/drill-protocol.ts";
import { openRoleLog, type RoleLog } from "./role-log.ts";

/**
 * A role runs for months on a small machine: V8 collects sooner than it would by itself, and glibc keeps fewer arenas for the threads.
 * Together they save some 180 MB under load for 5 to 10 % of CPU (docs/adr/0027-small-footprint.md).
 */
const V8_FLAGS = ["--max-semi-space-size=4", "--heap-growing-percent=20"] as const;
const MALLOC_ARENAS = "2";

export type RoleProcessOptions = {
  readonly role: string;
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFolder: string;
  readonly showLine?: ((line: string) => void) | undefined;
  readonly onReady: (ports: ReadyPorts) => void;
  readonly onSetupLink: (url: string) => void;
  /** It can't be brought up: its own sentence, or that it kept crashing. Nothing is started again after this. */
  readonly onFailed: (sentence: string) => void;
  readonly onCrash: (sentence: string) => void;
  readonly onSpawn: () => void;
  /** A stop waits for calls. */
  readonly onStopping?: (waiting: { readonly callsLeft: number; readonly endsAt: number }) => void;
  /** For the drill's process. */
  readonly onDrill?: (message: ToDrill) => void;
  /** From the order to stop until SIGTERM. */
  readonly stopMsMax: number;
};

export type RoleProcess = {
  readonly role: string;
  pid(): number | undefined;
  /** Lost where the child is away. */
  send(message: ParentMessage): void;
  /** As a crash: it is started again. */
  kill(): void;
  /** Asks, waits, then terminates, then kills. Idempotent; a second call with `hurry` skips the waiting. */
  stop(options?: { readonly hurry: boolean }): Promise<void>;
};

/** Starts the child of a role and keeps it running until `stop`. */
export function startRole(options: RoleProcessOptions): RoleProcess {
  const log: RoleLog = openRoleLog({ folder: options.logFolder, role: options.role, show: options.showLine });
  let record: RestartRecord = freshRecord;
  let child: ChildProcess | undefined;
  let restartTimer: NodeJS.Timeout | undefined;
  let stopping: Promise<void> | undefined;
  let isStopped = false;
  let escalate: (() => void) | undefined;

  function spawnChild(): void {
    const startedAt = performance.now();
    // A session of its own: Ctrl-C reaches the supervisor only, which stops the roles in order.
    const spawned = fork(options.entry, [], {
      env: { MALLOC_ARENA_MAX: MALLOC_ARENAS, ...options.env },
      execArgv: [...process.execArgv, ...V8_FLAGS],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached: true,
    });
    child = spawned;
    let failedSentence: string | undefined;
    let lastWords = "";
    const readyTimer = setTimeout(() => {
      lastWords = `not ready within ${limits.readyMsMax / 1000} s`;
      spawned.kill("SIGKILL");
    }, limits.readyMsMax);
    if (spawned.stdout !== null) log.follow(spawned.stdout);
    if (spawned.stderr !== null) {
      log.follow(spawned.stderr);
      spawned.stderr.on("data", (chunk: string) => {
        lastWords = firstError(chunk) ?? lastWords;
      });
    }
    spawned.on("message", (raw) => {
      const message = readChildMessage(raw);
      if (message?.kind === "stopping") options.onStopping?.(message);
      if (message?.kind === "drill") options.onDrill?.(message.message);
      if (message === undefined || message.kind === "stopping" || message.kind === "drill" || stopping !== undefined) return;
      switch (message.kind) {
        case "ready":
          clearTimeout(readyTimer);
          record = { ...record, wasEverReady: true };
          options.onReady(message.ports ?? {});
          return;
        case "setupLink":
          options.onSetupLink(message.url);
          return;
        case "failed":
          failedSentence = message.sentence;
      }
    });
    spawned.on("error", () => undefined); // a message to a child that is just ending; its exit follows
    spawned.once("exit", (code, signal) => {
      clearTimeout(readyTimer);
      child = undefined;
      if (stopping !== undefined) return;
      const how = signal === null ? `code ${code}` : signal;
      if (failedSentence !== undefined && !record.wasEverReady) return giveUp(failedSentence);
      const decision = decideRestart(record, performance.now() - startedAt);
      const words = failedSentence ?? lastWords;
      const cause = words === "" ? how : `${how}: ${words}`;
      if (decision.kind === "giveUp")
        return giveUp(
          `${options.role} ended ${decision.crashes} times before it was ready (${cause}); see ${options.logFolder}/${options.role}.log.`,
        );
      record = decision.record;
      const when = decision.afterMs === 0 ? "starting it again" : `starting it again in ${decision.afterMs / 1000} s`;
      options.onCrash(`${options.role} ended unexpectedly (${cause}): ${when}.`);
      restartTimer = setTimeout(spawnChild, decision.afterMs);
    });
    options.onSpawn();
  }

  function giveUp(sentence: string): void {
    isStopped = true;
    options.onFailed(sentence);
  }

  async function stopChild(): Promise<void> {
    clearTimeout(restartTimer);
    const running = child;
    if (running !== undefined && running.exitCode === null && running.signalCode === null) {
      const gone = new Promise<void>((resolve) => running.once("exit", () => resolve()));
      const message: ParentMessage = { kind: "stop" };
      if (running.connected) running.send(message);
      if (!(await endsWithin(gone, options.stopMsMax))) {
        running.kill("SIGTERM");
        if (!(await endsWithin(gone, limits.terminateMsMax))) {
          running.kill("SIGKILL");
          await endsWithin(gone, limits.killMsMax);
        }
      }
    }
    log.close();
  }

  /** Waits for the exit, the time, or an impatient person. */
  function endsWithin(gone: Promise<void>, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      escalate = () => {
        clearTimeout(timer);
        resolve(false);
      };
      void gone.then(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  spawnChild();
  return {
    role: options.role,
    pid: () => child?.pid,
    send(message) {
      if (child?.connected === true) child.send(message, () => undefined); // it may be ending; its exit follows
    },
    kill: () => void child?.kill("SIGKILL"),
    stop(how) {
      if (how?.hurry === true) escalate?.();
      if (isStopped && child === undefined && stopping === undefined) {
        log.close();
        stopping = Promise.resolve();
      }
      return (stopping ??= stopChild());
    },
  };
}

/** The line of a crash report that says what happened: an error's own line, not the source that Node prints above it. */
function firstError(text: string): string | undefined {
  return text
    .split("\n")
    .map((line) => line.trim())
    .find((line) => /^(?:[A-Za-z]*(?:Error|Exception)\b|\[?[A-Z][A-Za-z]*Error)/.test(line));
}
