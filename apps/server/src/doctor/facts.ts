// Looks at the machine: what findings.ts judges. Nothing is changed; ports are tried and left again, one small file is written and removed.
import { createPrivateKey, randomBytes, X509Certificate } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:net";
import { spawnSync } from "node:child_process";
import { availableParallelism, networkInterfaces, totalmem } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";
import type { Config } from "../platform/config.ts";
import { findProcess } from "../platform/process-table.ts";
import { hasPackagedPostgres } from "../platform/embedded-postgres.ts";
import { doctorLimits, type MachineFacts, type PortFact } from "./findings.ts";

const lookLimits = { syncs: 15, rtpPortsTried: 20, answerMsMax: 3_000, logBytesMax: 4 * 1024 * 1024, dayMs: 86_400_000 } as const;
/** statfs(2): NFS, CIFS/SMB2, FUSE. */
const NETWORK_DISKS = new Set([0x6969, 0xff534d42, 0xfe534d42, 0x517b, 0x65735546]);

export async function lookAtMachine(config: Config, now: number): Promise<MachineFacts> {
  const isRunning = ["edge", "core"].some((role) => isLockHeld(join(config.dataFolder, "run", `${role}.lock`)));
  return {
    platform: process.platform,
    architecture: process.arch,
    nodeMajor: Number(process.versions.node.split(".")[0]),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    memoryLimitBytes: readNumber("/sys/fs/cgroup/memory.max"),
    openFilesMax: openFilesMax(),
    socketBufferBytesMax: readNumber("/proc/sys/net/core/rmem_max"),
    isClockSynchronised: isClockSynchronised(),
    dataFolder: lookAtFolder(config.dataFolder),
    isRunning,
    ready: isRunning && config.roles.includes("core") ? await askReady(config) : null,
    ports: isRunning ? [] : await lookAtPorts(config),
    rtp: config.rtpPorts.first === 0 ? null : { ...config.rtpPorts, ...(await tryRtpPorts(config)) },
    isUdpHeardHere: await isUdpHeardHere(),
    bind: config.bind,
    publicAddress: config.publicAddress ?? null,
    ownAddresses: Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter((each) => !each.internal && !each.address.startsWith("fe80:"))
      .map(({ address }) => address),
    database:
      config.databaseUrl === undefined ? { kind: "embedded", isPackaged: hasPackagedPostgres() } : await askDatabase(config.databaseUrl),
    certificate: config.tls === undefined ? null : lookAtCertificate(config.tls, now),
    areScreensBuilt: existsSync(join(import.meta.dirname, "../../../desk/dist/index.html")),
    refusedRows: countLines(join(config.dataFolder, "spool", "refused.ndjson")),
    logErrors: readLogErrors(join(config.dataFolder, "logs"), now - lookLimits.dayMs),
    settingsIgnored: config.warnings,
  };
}

function readNumber(path: string): number | null {
  try {
    const value = Number(readFileSync(path, "utf8").trim());
    return Number.isFinite(value) ? value : null;
  } catch {
    return null;
  }
}

function openFilesMax(): number | null {
  try {
    const [, soft] = /^Max open files\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined || soft === "unlimited" ? null : Number(soft);
  } catch {
    return null; // no /proc: macOS
  }
}

function isClockSynchronised(): boolean | null {
  if (existsSync("/run/systemd/timesync/synchronized")) return true;
  const { status, stdout } = spawnSync("timedatectl", ["show", "-p", "NTPSynchronized", "--value"], {
    encoding: "utf8",
    timeout: lookLimits.answerMsMax,
  });
  if (status !== 0) return null;
  return stdout.trim() === "yes";
}

function lookAtFolder(path: string): MachineFacts["dataFolder"] {
  const isThere = existsSync(path);
  const nearest = isThere ? path : nearestFolder(path);
  const { bavail, bsize, type } = statfsSync(nearest);
  const sync = timeSyncs(nearest);
  return {
    path,
    state: sync === null ? "unwritable" : isThere ? "writable" : "missing",
    freeBytes: bavail * bsize,
    syncMs: sync,
    isNetworkDisk: NETWORK_DISKS.has(type),
    openToOthers: isThere && (statSync(path).mode & 0o007) !== 0,
  };
}

function nearestFolder(path: string): string {
  let folder = dirname(path);
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}

/** The median of some synced writes of 4 kB; null where the folder can't be written. */
function timeSyncs(folder: string): number | null {
  const path = join(folder, `.allo-doctor-${randomBytes(6).toString("hex")}`);
  try {
    const file = openSync(path, "wx", 0o600);
    try {
      const page = Buffer.alloc(4_096, 1);
      const times = Array.from({ length: lookLimits.syncs }, () => {
        const startedAt = performance.now();
        writeSync(file, page);
        fdatasyncSync(file);
        return performance.now() - startedAt;
      });
      return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? null;
    } finally {
      closeSync(file);
      rmSync(path, { force: true });
    }
  } catch {
    return null;
  }
}

function isLockHeld(path: string): boolean {
  try {
    const holder = JSON.parse(readFileSync(path, "utf8")) as { readonly pid?: unknown; readonly startedAt?: unknown };
    return typeof holder.pid === "number" && findProcess(holder.pid)?.startedAt === holder.startedAt;
  } catch {
    return false;
  }
}

async function lookAtPorts(config: Config): Promise<PortFact[]> {
  const wanted: Omit<PortFact, "state">[] = [];
  if (config.roles.includes("core")) wanted.push({ port: config.httpPort, protocol: "TCP", variable: "ALLO_HTTP_PORT" });
  if (config.roles.includes("edge")) {
    for (const [port, variable] of [
      [config.sipPort, "ALLO_SIP_PORT"],
      [config.phonePort, "ALLO_SIP_PHONE_PORT"],
    ] as const)
      for (const protocol of ["TCP", "UDP"] as const) wanted.push({ port, protocol, variable });
  }
  const facts: PortFact[] = [];
  for (const each of wanted) if (each.port !== 0) facts.push({ ...each, state: await tryPort(each, config.bind) });
  return facts;
}

async function tryPort({ port, protocol }: Pick<PortFact, "port" | "protocol">, bind: string): Promise<PortFact["state"]> {
  const opened = protocol === "TCP" ? createServer() : createSocket(bind.includes(":") ? "udp6" : "udp4");
  try {
    if ("listen" in opened) opened.listen({ port, host: bind });
    else opened.bind({ port, address: bind });
    await once(opened, "listening");
    return "free";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "EACCES" ? "forbidden" : code === "EADDRNOTAVAIL" ? "noSuchAddress" : "taken";
  } finally {
    opened.close();
  }
}

async function tryRtpPorts(config: Config): Promise<{ readonly takenOfTried: number; readonly tried: number }> {
  const { first, last } = config.rtpPorts;
  const step = Math.max(1, Math.floor((last - first) / lookLimits.rtpPortsTried));
  let takenOfTried = 0;
  let tried = 0;
  for (let port = first; port <= last && tried < lookLimits.rtpPortsTried; port += step) {
    tried += 1;
    if ((await tryPort({ port, protocol: "UDP" }, config.bind)) !== "free") takenOfTried += 1;
  }
  return { takenOfTried, tried };
}

async function isUdpHeardHere(): Promise<boolean> {
  const [ear, mouth] = [createSocket("udp4"), createSocket("udp4")];
  try {
    ear.bind({ port: 0, address: "127.0.0.1" });
    await once(ear, "listening");
    const heard = once(ear, "message", { signal: AbortSignal.timeout(lookLimits.answerMsMax) });
    mouth.send("allo", ear.address().port, "127.0.0.1");
    await heard;
    return true;
  } catch {
    return false;
  } finally {
    ear.close();
    mouth.close();
  }
}

async function askReady(config: Config): Promise<MachineFacts["ready"]> {
  const host =
    config.bind === "0.0.0.0" ? "127.0.0.1" : config.bind === "::" ? "[::1]" : config.bind.includes(":") ? `[${config.bind}]` : config.bind;
  for (const scheme of ["http", "https"]) {
    try {
      const answer = await fetch(`${scheme}://${host}:${config.httpPort}/readyz`, { signal: AbortSignal.timeout(lookLimits.answerMsMax) });
      const { parts } = (await answer.json()) as { readonly parts?: Readonly<Record<string, unknown>> };
      const missing = Object.entries(parts ?? {}).flatMap(([name, isThere]) => (isThere === false ? [name] : []));
      return { state: answer.ok ? "ready" : "notReady", missing };
    } catch {
      // The other scheme, or nobody.
    }
  }
  return { state: "silent", missing: [] };
}

async function askDatabase(url: string): Promise<MachineFacts["database"]> {
  const parsed = new URL(url);
  const place = parsed.searchParams.get("host") ?? `${parsed.hostname}:${parsed.port === "" ? "5432" : parsed.port}`;
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: lookLimits.answerMsMax });
  client.on("error", () => undefined); // a cut connection shows as the query's own failure
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version_num') as version");
    return { kind: "given", place, state: "reached", major: Math.floor(Number(rows[0]?.version ?? 0) / 10_000) };
  } catch {
    return { kind: "given", place, state: "unreachable", major: null };
  } finally {
    await client.end().catch(() => undefined); // already broken
  }
}

function lookAtCertificate(tls: NonNullable<Config["tls"]>, now: number): MachineFacts["certificate"] {
  try {
    const certificate = new X509Certificate(readFileSync(tls.certPath));
    const names = (certificate.subjectAltName ?? certificate.subject).split(", ").map((name) => name.replace(/^(DNS|IP Address):/, ""));
    const fits = certificate.checkPrivateKey(createPrivateKey(readFileSync(tls.keyPath)));
    return {
      state: fits ? "usable" : "keyDoesNotFit",
      daysLeft: Math.floor((certificate.validToDate.getTime() - now) / lookLimits.dayMs),
      names,
    };
  } catch {
    return { state: "unreadable", daysLeft: null, names: [] };
  }
}

function countLines(path: string): number {
  return existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line !== "").length
    : 0;
}

/** Lines of level error and above, of the files' last megabytes. */
function readLogErrors(folder: string, since: number): MachineFacts["logErrors"] {
  if (!existsSync(folder)) return { count: 0, newest: [] };
  const errors = readdirSync(folder)
    .filter((name) => name.endsWith(".log"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").slice(-lookLimits.logBytesMax).split("\n"))
    .flatMap(readLogError)
    .filter(({ at }) => at >= since)
    .toSorted((a, b) => b.at - a.at);
  return { count: errors.length, newest: [...new Set(errors.map(({ message }) => message))].slice(0, doctorLimits.logErrorsShownMax) };
}

function readLogError(line: string): readonly { readonly at: number; readonly message: string }[] {
  if (!line.startsWith("{")) return [];
  try {
    const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (entry["level"] !== "error" && entry["level"] !== "fatal") return [];
    return [{ at: Date.parse(String(entry["time"])) || 0, message: String(entry["msg"]) }];
  } catch {
    return []; // a line cut short
  }
}
