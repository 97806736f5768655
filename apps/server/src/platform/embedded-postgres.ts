// The PostgreSQL that Allo brings along: binaries from npm, one cluster inside ALLO_DATA, started and stopped by the supervisor.
// It listens on a Unix socket only, in a folder of mode 0700, with SCRAM and generated passwords (docs/adr/0003-embedded-postgres.md).
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fail, ok, type Result } from "@allo/kernel";
import pg from "pg";
import { findProcess, isAlive } from "./process-table.ts";
import { socketPath } from "./socket-path.ts";

export const postgresLimits = {
  startMsMax: 120_000, // crash recovery may have a long log to replay
  fastShutdownMsMax: 15_000,
  immediateShutdownMsMax: 5_000,
  startAttempts: 20, // backends of a killed postmaster hold its shared memory for a moment
  retryDelayMs: 250,
  pollMs: 20,
  logBytesMax: 16 * 1024 * 1024,
} as const;

export type PostgresProblem =
  | { readonly kind: "unsupportedPlatform"; readonly sentence: string }
  | { readonly kind: "unwritable"; readonly sentence: string }
  | { readonly kind: "diskFull"; readonly sentence: string }
  | { readonly kind: "wrongVersion"; readonly sentence: string }
  | { readonly kind: "startFailed"; readonly sentence: string };

/** How PostgreSQL gets a user that isn't root: as we are, in a user namespace of its own, or under another existing user id. */
export type PrivilegeMode = "self" | "namespace" | "uid";

export type EmbeddedPostgresOptions = {
  /** ALLO_DATA, absolute. The cluster is in its `postgres` folder. */
  readonly dataFolder: string;
  /** One plain sentence at a time: what is being done, what was found and mended. */
  readonly say: (sentence: string) => void;
  /** false only in tests: no fsync. */
  readonly durable?: boolean;
  readonly connectionsMax?: number;
  /** Chosen by itself unless a test asks for one. */
  readonly privilege?: PrivilegeMode;
};

export type EmbeddedPostgres = {
  /** The owner of database `allo`: may create roles and databases, isn't a superuser. */
  readonly url: string;
  readonly superuserUrl: string;
  readonly pid: number;
  /** Resolves when the process has ended, by our stop or by itself. */
  readonly exited: Promise<void>;
  /** Fast shutdown, then immediate, then kill. Idempotent. */
  stop(): Promise<void>;
};

type Privilege = { readonly prefix: readonly string[]; readonly uid?: number; readonly gid?: number };
type Places = {
  readonly base: string;
  readonly cluster: string;
  readonly socketFolder: string;
  readonly logFile: string;
  readonly native: string;
};
type Passwords = { readonly superuser: string; readonly owner: string };

const POSTGRES_MAJOR = "18";
const SOCKET_PORT = 5432; // names the socket file only; no TCP port is opened

/** Starts the cluster of this data folder, making it first where there is none, and recovering it where it was killed. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<Result<EmbeddedPostgres, PostgresProblem>> {
  try {
    return await start(options);
  } catch (error) {
    return fail(environmentProblem(error, options.dataFolder));
  }
}

async function start(options: EmbeddedPostgresOptions): Promise<Result<EmbeddedPostgres, PostgresProblem>> {
  const packaged = findBinaries();
  if (packaged === undefined) {
    return fail({
      kind: "unsupportedPlatform",
      sentence: `No PostgreSQL is packaged for ${process.platform} ${process.arch}: give DATABASE_URL of a PostgreSQL 15 or newer.`,
    });
  }
  const privilege = choosePrivilege(options.privilege ?? defaultPrivilege());
  const places = preparePlaces(options, packaged, privilege);
  const passwords = loadPasswords(join(options.dataFolder, "postgres"));

  const versionFile = join(places.cluster, "PG_VERSION");
  if (existsSync(versionFile)) {
    const major = readFileSync(versionFile, "utf8").trim();
    if (major !== POSTGRES_MAJOR) {
      return fail({
        kind: "wrongVersion",
        sentence: `${places.cluster} was made by PostgreSQL ${major}, this program brings ${POSTGRES_MAJOR}: start the version of Allo that made it, or restore a backup.`,
      });
    }
    await clearRemains(places, options.say);
  } else {
    options.say("Making a new database.");
    const made = makeCluster({ places, privilege, passwords, durable: options.durable ?? true });
    if (!made.ok) return made;
  }
  return launch({ options, places, privilege, passwords });
}

// ---- launch and stop

type LaunchPlan = {
  readonly options: EmbeddedPostgresOptions;
  readonly places: Places;
  readonly privilege: Privilege;
  readonly passwords: Passwords;
};

async function launch(plan: LaunchPlan): Promise<Result<EmbeddedPostgres, PostgresProblem>> {
  const { places, passwords } = plan;
  const deadline = Date.now() + postgresLimits.startMsMax;
  for (let attempt = 1; ; attempt += 1) {
    const logStart = existsSync(places.logFile) ? statSync(places.logFile).size : 0;
    const child = spawnPostgres(plan);
    const exited = new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    });
    const superuserUrl = socketUrl({ user: "postgres", password: passwords.superuser, database: "postgres", folder: places.socketFolder });
    const up = await waitUntilAccepting({ child, exited, superuserUrl, deadline });
    if (up) {
      await ensureOwner(superuserUrl, passwords.owner);
      return ok(describe({ child, exited, places, passwords, superuserUrl }));
    }
    child.kill("SIGQUIT");
    await exited;
    const log = readFileSync(places.logFile).subarray(logStart).toString("utf8");
    const isTransient = /lock file .* already exists|shared memory block .* is still in use|could not bind .*: Address already in use/.test(
      log,
    );
    if (!isTransient || attempt >= postgresLimits.startAttempts || Date.now() > deadline) return fail(readFailure(log, places));
    await sleep(postgresLimits.retryDelayMs);
    await clearRemains(places, plan.options.say);
  }
}

function spawnPostgres({ options, places, privilege }: LaunchPlan): ChildProcess {
  const settings: Record<string, string> = {
    listen_addresses: "",
    unix_socket_directories: places.socketFolder,
    unix_socket_permissions: "0700",
    port: String(SOCKET_PORT),
    max_connections: String(options.connectionsMax ?? 60),
    // The pages themselves are in the system's cache; a second copy of them is memory that nothing else can use.
    shared_buffers: "64MB",
    max_wal_size: "1GB",
    checkpoint_timeout: "15min",
    // A table that fills is known to the planner soon: without statistics it takes the index that reads most.
    autovacuum_naptime: "10s",
    password_encryption: "scram-sha-256",
    log_min_messages: "warning",
    log_line_prefix: "%m [%p] ",
    log_statement: "none",
    log_min_error_statement: "panic",
    timezone: "UTC",
    log_timezone: "UTC",
    ssl: "off",
    jit: "off",
    ...(options.durable === false ? { fsync: "off", synchronous_commit: "off", full_page_writes: "off", autovacuum: "off" } : {}),
  };
  const args = ["-D", places.cluster, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
  rotateLog(places.logFile);
  const logFd = openSync(places.logFile, "a", 0o600);
  const [command = "", ...rest] = [...privilege.prefix, ...pdeathsigPrefix(privilege), join(places.native, "bin", "postgres"), ...args];
  // A session of its own: Ctrl-C in the terminal must reach the supervisor only, which stops things in order.
  const child = spawn(command, rest, {
    stdio: ["ignore", logFd, logFd],
    detached: true,
    cwd: places.base,
    env: cleanEnvironment(),
    ...identity(privilege),
  });
  closeSync(logFd);
  return child;
}

async function waitUntilAccepting({
  child,
  exited,
  superuserUrl,
  deadline,
}: {
  child: ChildProcess;
  exited: Promise<void>;
  superuserUrl: string;
  deadline: number;
}): Promise<boolean> {
  let isGone = false;
  void exited.then(() => {
    isGone = true;
  });
  while (!isGone && child.exitCode === null && Date.now() < deadline) {
    const client = new pg.Client({ connectionString: superuserUrl });
    client.on("error", () => undefined); // the connection may be cut while the server recovers; the loop tries again
    try {
      await client.connect();
      await client.end();
      return true;
    } catch {
      await sleep(postgresLimits.pollMs); // not there yet, or still replaying its log
    }
  }
  return false;
}

function describe({
  child,
  exited,
  places,
  passwords,
  superuserUrl,
}: {
  child: ChildProcess;
  exited: Promise<void>;
  places: Places;
  passwords: Passwords;
  superuserUrl: string;
}): EmbeddedPostgres {
  let stopping: Promise<void> | undefined;
  return {
    url: socketUrl({ user: "allo", password: passwords.owner, database: "allo", folder: places.socketFolder }),
    superuserUrl,
    pid: child.pid ?? -1,
    exited,
    stop: () => (stopping ??= stopProcess(child.pid ?? -1, exited).then(() => leaveShortFolder(places))),
  };
}

/** A socket folder below /tmp is ours alone and empty once the server has stopped. */
function leaveShortFolder({ base, socketFolder }: Places): void {
  if (socketFolder.startsWith(base)) return;
  try {
    rmdirSync(socketFolder);
  } catch {
    // something is left in it after a kill: the next start uses it again
  }
}

async function stopProcess(pid: number, exited: Promise<void>): Promise<void> {
  const steps = [
    { signal: "SIGINT", waitMs: postgresLimits.fastShutdownMsMax },
    { signal: "SIGQUIT", waitMs: postgresLimits.immediateShutdownMsMax },
    { signal: "SIGKILL", waitMs: postgresLimits.immediateShutdownMsMax },
  ] as const;
  for (const { signal, waitMs } of steps) {
    if (!signalProcess(pid, signal)) return;
    const timeout = new AbortController();
    const isGone = await Promise.race([exited.then(() => true), sleep(waitMs, false, { signal: timeout.signal }).catch(() => false)]);
    timeout.abort();
    if (isGone) return;
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // already gone
  }
}

// ---- what a killed run left behind

/** Stops a postgres of this cluster that outlived its supervisor, and removes lock files that name a process which isn't it. */
async function clearRemains(places: Places, say: (sentence: string) => void): Promise<void> {
  const pidFile = join(places.cluster, "postmaster.pid");
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8").split("\n", 1)[0]);
  if (Number.isInteger(pid) && pid > 1 && isAlive(pid)) {
    const command = findProcess(pid)?.command ?? "";
    if (command.includes("postgres") && command.includes(places.cluster)) {
      say(`A database process of an earlier run (${pid}) is still there: stopping it.`);
      await stopProcess(pid, waitForEnd(pid));
    } else {
      say(`Removing the lock file that a killed database left (process ${pid} is another program now).`);
      rmSync(pidFile, { force: true });
    }
  } else {
    say("The database was killed last time: it recovers from its log.");
    rmSync(pidFile, { force: true });
  }
  if (!existsSync(pidFile)) rmSync(join(places.socketFolder, `.s.PGSQL.${SOCKET_PORT}.lock`), { force: true });
}

async function waitForEnd(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(postgresLimits.pollMs);
}

// ---- making the cluster

function makeCluster({
  places,
  privilege,
  passwords,
  durable,
}: {
  places: Places;
  privilege: Privilege;
  passwords: Passwords;
  durable: boolean;
}): Result<void, PostgresProblem> {
  // Made beside its place and renamed, so that a kill in between leaves no half cluster.
  const unfinished = `${places.cluster}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const passwordFile = join(places.base, "initdb-password");
  writeFileSync(passwordFile, passwords.superuser, { mode: 0o600 });
  giveTo(passwordFile, privilege);
  const [command = "", ...rest] = [
    ...privilege.prefix,
    join(places.native, "bin", "initdb"),
    "-D",
    unfinished,
    "-U",
    "postgres",
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
    "-c",
    "dynamic_shared_memory_type=posix",
    ...(durable ? [] : ["--no-sync"]),
  ];
  const made = spawnSync(command, rest, { cwd: places.base, env: cleanEnvironment(), encoding: "utf8", ...identity(privilege) });
  rmSync(passwordFile, { force: true });
  if (made.status !== 0) return fail(readFailure(`${made.stdout ?? ""}\n${made.stderr ?? ""}\n${made.error?.message ?? ""}`, places));
  renameSync(unfinished, places.cluster);
  return ok(undefined);
}

async function ensureOwner(superuserUrl: string, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const role = await client.query("select 1 from pg_roles where rolname = 'allo'");
    if (role.rowCount === 0) await client.query("create role allo login createdb createrole");
    await client.query(`alter role allo password '${password}'`); // base64url: nothing in it needs quoting
    await client.query("alter role allo set createrole_self_grant = 'set, inherit'");
    const database = await client.query("select 1 from pg_database where datname = 'allo'");
    if (database.rowCount === 0) await client.query("create database allo owner allo");
  } finally {
    await client.end();
  }
}

function loadPasswords(folder: string): Passwords {
  const path = join(folder, "passwords.json");
  if (existsSync(path)) {
    const read: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isPasswords(read)) return read;
    throw new Error(`${path} is not readable as passwords`);
  }
  const made = { superuser: randomBytes(24).toString("base64url"), owner: randomBytes(24).toString("base64url") };
  writeFileSync(`${path}.new`, JSON.stringify(made), { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
  return made;
}

function isPasswords(value: unknown): value is Passwords {
  return (
    typeof value === "object" &&
    value !== null &&
    "superuser" in value &&
    typeof value.superuser === "string" &&
    "owner" in value &&
    typeof value.owner === "string"
  );
}

// ---- places

/** Whether npm brought a PostgreSQL for this platform. */
export function hasPackagedPostgres(): boolean {
  return findBinaries() !== undefined;
}

/** Where the packaged binaries are, or undefined where npm has none for this platform. */
function findBinaries(): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    return join(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}/package.json`)), "native");
  } catch {
    // The package's exports may hide its package.json; its main file is in dist/.
  }
  try {
    return join(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), "..", "native");
  } catch {
    return undefined;
  }
}

function preparePlaces(options: EmbeddedPostgresOptions, packaged: string, privilege: Privilege): Places {
  const home = join(options.dataFolder, "postgres");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  let base = home;
  if (privilege.uid !== undefined) {
    // Another user id must get through every folder above. Where ALLO_DATA is closed to it, the cluster lives beside the system's.
    base = join(home, "own");
    if (!canEnter(options.dataFolder, privilege)) base = `/var/lib/allo-${shortHash(options.dataFolder)}`;
    else chmodSync(home, 0o711);
    mkdirSync(base, { recursive: true, mode: 0o700 });
    giveTo(base, privilege);
    writeFileSync(join(home, "LOCATION"), `${base}\n`);
  }
  const logFolder = join(options.dataFolder, "logs");
  mkdirSync(logFolder, { recursive: true, mode: 0o700 });
  const native = usableBinaries(packaged, base, privilege);
  return {
    base,
    cluster: join(base, "cluster"),
    socketFolder: prepareSocketFolder(base, privilege),
    logFile: join(logFolder, "postgres.log"),
    native,
  };
}

function prepareSocketFolder(base: string, privilege: Privilege): string {
  const folder = dirname(socketPath(join(base, "run"), `.s.PGSQL.${SOCKET_PORT}`));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  giveTo(folder, privilege);
  const found = lstatSync(folder);
  const owner = privilege.uid ?? process.getuid?.() ?? found.uid;
  if (found.isDirectory() && found.uid === owner && (found.mode & 0o077) === 0) return folder;
  const ours = mkdtempSync("/tmp/allo-"); // somebody else's folder stands there
  giveTo(ours, privilege);
  return ours;
}

/** The binaries themselves, or a copy of ours where their user can't read them or their library links can't be completed in place. */
function usableBinaries(packaged: string, base: string, privilege: Privilege): string {
  const areComplete = hydrateLinks(packaged);
  if (areComplete && canRun(packaged, privilege)) return packaged;
  const version = shortHash(`${packaged} ${statSync(join(packaged, "bin", "postgres")).size}`);
  const copy = join(base, `binaries-${version}`);
  if (!existsSync(copy)) {
    const unfinished = `${copy}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    cpSync(packaged, unfinished, { recursive: true, verbatimSymlinks: true });
    hydrateLinks(unfinished);
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, copy);
  }
  return copy;
}

/** npm packs no symlinks and install scripts may be off: completes the library links. False where the folder can't be written. */
function hydrateLinks(native: string): boolean {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, "utf8")) as readonly { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    const at = join(native, "..", target).replace(join(native, "..", "native"), native);
    if (existsSync(at)) continue;
    try {
      rmSync(at, { force: true });
      symlinkSync(source.slice(source.lastIndexOf("/") + 1), at);
    } catch {
      return false; // not ours to write: a copy is made
    }
  }
  return true;
}

// ---- users

function defaultPrivilege(): PrivilegeMode {
  const uid = process.getuid?.();
  if (uid === undefined) return "self";
  if (uid !== 0 && readUsers().some((user) => user.uid === uid)) return "self";
  // initdb looks its user up by name, so that a bare uid without an entry needs a mapped one as much as root does.
  return namespaceWorks() || uid !== 0 ? "namespace" : "uid";
}

function choosePrivilege(mode: PrivilegeMode): Privilege {
  if (mode === "self") return { prefix: [] };
  const user = unprivilegedUser();
  if (mode === "namespace") return { prefix: namespacePrefix(user) };
  return { prefix: [], uid: user.uid, gid: user.gid };
}

type SystemUser = { readonly name: string; readonly uid: number; readonly gid: number };

function readUsers(): readonly SystemUser[] {
  try {
    return readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .filter((fields) => fields.length >= 4)
      .map(([name = "", , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  } catch {
    return []; // no such file on this platform
  }
}

function unprivilegedUser(): SystemUser {
  const users = readUsers().filter((user) => user.uid !== 0);
  return users.find((user) => user.name === "nobody") ?? users[0] ?? { name: "nobody", uid: 65_534, gid: 65_534 };
}

function namespacePrefix(user: SystemUser): string[] {
  return ["unshare", "--user", `--map-user=${user.uid}`, `--map-group=${user.gid}`, "--"];
}

function namespaceWorks(): boolean {
  const [command = "", ...rest] = namespacePrefix(unprivilegedUser());
  return spawnSync(command, [...rest, "true"], { stdio: "ignore" }).status === 0;
}

/** On Linux PostgreSQL also ends by itself, in order, when its supervisor is killed. */
function pdeathsigPrefix(privilege: Privilege): readonly string[] {
  const prefix = ["setpriv", "--pdeathsig", "INT", "--"];
  const [command, ...rest] = [...privilege.prefix, ...prefix, "true"];
  return spawnSync(command, rest, { stdio: "ignore", ...identity(privilege) }).status === 0 ? prefix : [];
}

function identity(privilege: Privilege): { uid?: number; gid?: number } {
  return privilege.uid === undefined || privilege.gid === undefined ? {} : { uid: privilege.uid, gid: privilege.gid };
}

function giveTo(path: string, privilege: Privilege): void {
  if (privilege.uid !== undefined && privilege.gid !== undefined) chownSync(path, privilege.uid, privilege.gid);
}

function canEnter(folder: string, privilege: Privilege): boolean {
  return spawnSync("sh", ["-c", 'cd "$0"', folder], { stdio: "ignore", cwd: "/", ...identity(privilege) }).status === 0;
}

function canRun(native: string, privilege: Privilege): boolean {
  const binary = join(native, "bin", "postgres");
  try {
    accessSync(binary, constants.X_OK);
  } catch {
    try {
      for (const name of ["postgres", "initdb", "pg_ctl"]) chmodSync(join(native, "bin", name), 0o755);
    } catch {
      return false; // not ours to change: a copy is made
    }
  }
  const [command, ...rest] = [...privilege.prefix, binary, "--version"];
  return spawnSync(command, rest, { stdio: "ignore", cwd: "/", ...identity(privilege) }).status === 0;
}

// ---- small things

function cleanEnvironment(): NodeJS.ProcessEnv {
  // PG* variables of the user's shell must not reach this server.
  return { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" };
}

function socketUrl({ user, password, database, folder }: { user: string; password: string; database: string; folder: string }): string {
  return `postgresql://${user}:${password}@localhost:${SOCKET_PORT}/${database}?host=${encodeURIComponent(folder)}`;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function rotateLog(path: string): void {
  if (existsSync(path) && statSync(path).size > postgresLimits.logBytesMax) renameSync(path, `${path}.1`);
}

function readFailure(log: string, places: Places): PostgresProblem {
  if (/No space left on device|Disk quota exceeded/.test(log)) return diskFull(places.base);
  if (/Permission denied|Read-only file system/.test(log)) return unwritable(places.base);
  const lines = log
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const cause = lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1) ?? "it gave no reason";
  return {
    kind: "startFailed",
    sentence: `PostgreSQL did not start: ${cause.replace(/^.*?(FATAL|PANIC|error):\s*/, "")} (see ${places.logFile}).`,
  };
}

function environmentProblem(error: unknown, folder: string): PostgresProblem {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return diskFull(folder);
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return unwritable(folder);
  return { kind: "startFailed", sentence: `PostgreSQL did not start: ${error instanceof Error ? error.message : String(error)}.` };
}

function diskFull(folder: string): PostgresProblem {
  return { kind: "diskFull", sentence: `The disk that holds ${folder} is full: free some space and start again.` };
}

function unwritable(folder: string): PostgresProblem {
  return { kind: "unwritable", sentence: `${folder} can't be written by this user: mend its owner or set ALLO_DATA to another folder.` };
}
