// Starts, watches and stops everything that runs on this machine: the database, edge and core (docs/ARCHITECTURE.md, "Processes").
import { flushCompileCache } from "node:module";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config, Role } from "../platform/config.ts";
import { isAlive } from "../platform/process-table.ts";
import { startEmbeddedPostgres } from "../platform/embedded-postgres.ts";
import { type Database, type Migrate, migrateDatabase, openDatabase } from "./database.ts";
import { createDrillRunner } from "./drill-runner.ts";
import { type InstanceLock, takeInstanceLock } from "./instance-lock.ts";
import { supervisorLimits as limits } from "./limits.ts";
import { checkPorts, prepareDataFolder } from "./preflight.ts";
import type { ReadyPorts } from "./protocol.ts";
import { decideRestart, type RestartRecord } from "./restart-policy.ts";
import { type RoleProcess, startRole } from "./role-process.ts";
import { StartError } from "./start-problem.ts";
import { tellWaiting } from "./stop-note.ts";
import { keepCopyBeforeUpgrade, type ReadSchema } from "./upgrade-copy.ts";

/** A program that lives beside the roles: started when they are ready, kept running, stopped before them. */
export type Companion = {
  readonly name: string;
  readonly entry: string;
  /** Added to its environment. */
  readonly environment: (ports: ReadyPorts) => Readonly<Record<string, string>>;
};

export type SupervisorOptions = {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  /** The main file of each role. */
  readonly entries: Readonly<Record<Role, string>>;
  /** The main file of a drill's process. */
  readonly drillEntry: string;
  readonly migrate: Migrate;
  /** Lets a copy be kept before the schema changes; absent: none is kept. */
  readonly readSchema?: ReadSchema | undefined;
  /** What must stand in the database before a role starts; runs once the schema is up to date. Throws StartError. */
  readonly prepare?: ((databaseUrl: string) => Promise<void>) | undefined;
  readonly companion?: Companion | undefined;
  /** Everything is ready, and under these ports. */
  readonly onReady?: ((ports: ReadyPorts) => void) | undefined;
  /** Progress and news for the terminal, one sentence each. */
  readonly say: (sentence: string) => void;
};

export type Supervisor = {
  /** Resolves when everything that was running has ended; with a sentence where a role could not be kept up. */
  readonly ended: Promise<string | undefined>;
  /** Stops the roles in order, then the database: calls go on to their end for a while. Idempotent; `hurry` skips what is left of that. */
  stop(options?: { readonly hurry: boolean }): Promise<void>;
};

/** Edge first: its calls end and their events still find a core; then core. */
const STOP_ORDER: readonly Role[] = ["edge", "core"];

/** Starts all roles of the configuration. Throws StartError when something is wrong that a person has to mend. */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { config, say } = options;

  prepareDataFolder(config);
  const locks: InstanceLock[] = [];
  let database: Database | undefined;
  try {
    for (const role of config.roles) locks.push(await lockRole(config, { role, say }));
    await checkPorts(config);
    if (config.roles.some((role) => role !== "edge")) {
      const startedAt = performance.now();
      database = await openDatabase(config, say);
      say(`Database ready (${seconds(startedAt)}).`);
      if (options.readSchema !== undefined) {
        database = await keepCopyBeforeUpgrade({
          config,
          database,
          readSchema: options.readSchema,
          reopen: () => openDatabase(config, say),
          now: () => new Date(),
          say,
        });
      }
      const migratedAt = performance.now();
      await migrateDatabase(database, { migrate: options.migrate, config });
      say(`Schema up to date (${seconds(migratedAt)}).`);
      await options.prepare?.(database.url);
    }
  } catch (error) {
    await database?.embedded?.stop();
    for (const lock of locks) lock.release();
    throw error;
  }
  return superviseRoles(options, { locks, database });
}

function superviseRoles(
  { config, env, entries, drillEntry, say, companion, onReady }: SupervisorOptions,
  { locks, database }: { locks: readonly InstanceLock[]; database: Database | undefined },
): Supervisor {
  const startedAt = performance.now();
  const ready = new Map<Role, ReadyPorts>();
  const roles: RoleProcess[] = [];
  let beside: RoleProcess | undefined;
  let setupLink: string | undefined;
  let isAnnounced = false;
  let stopping: Promise<void> | undefined;
  let failure: string | undefined;
  const { promise: ended, resolve: end } = Promise.withResolvers<string | undefined>();
  const waits = tellWaiting(config, { say, now: () => Date.now() });
  const keeper =
    database?.embedded === undefined
      ? undefined
      : keepPostgres(config, { first: database.embedded, say, isStopping: () => stopping !== undefined });

  function announce(): void {
    if (isAnnounced || ready.size < config.roles.length) return;
    isAnnounced = true;
    say(`Allo is ready (${seconds(startedAt)})${describeAddresses(config, Object.assign({}, ...ready.values()) as ReadyPorts)}.`);
    if (setupLink !== undefined) say(`Set it up here, once: ${setupLink}`);
    const ports: ReadyPorts = Object.assign({}, ...ready.values());
    if (companion !== undefined && stopping === undefined) {
      beside = startCompanion(companion, ports);
      noteChildren();
    }
    flushCompileCache();
    onReady?.(ports);
  }

  function startCompanion({ name, entry, environment }: Companion, ports: ReadyPorts): RoleProcess {
    return startRole({
      role: name,
      entry,
      env: { ...childEnvironment(env, { config, role: name, databaseUrl: undefined }), ...environment(ports) },
      logFolder: join(config.dataFolder, "logs"),
      showLine: config.log.toStdout ? (line) => say(`[${name}] ${line}`) : undefined,
      onReady: () => undefined,
      onSetupLink: () => undefined,
      onFailed: say, // the roles serve without it
      onCrash: say,
      onSpawn: noteChildren,
      stopMsMax: limits.closeMsMax,
    });
  }

  function noteChildren(): void {
    locks.at(0)?.noteChildren([...roles, ...(beside === undefined ? [] : [beside])].flatMap((each) => each.pid() ?? []));
  }

  const drills = createDrillRunner({
    entry: drillEntry,
    env: childEnvironment(env, { config, role: "drill", databaseUrl: undefined }),
    logFolder: join(config.dataFolder, "logs"),
    showLine: config.log.toStdout ? (line) => say(`[drill] ${line}`) : undefined,
    kill: (role) => roles.find((each) => each.role === role)?.kill(),
    toCore: (message) => roles.find(({ role }) => role === "core")?.send({ kind: "drill", message }),
    say,
  });

  for (const role of config.roles) {
    roles.push(
      startRole({
        role,
        entry: entries[role],
        env: childEnvironment(env, { config, role, databaseUrl: database?.url }),
        logFolder: join(config.dataFolder, "logs"),
        showLine: config.log.toStdout ? (line) => say(`[${role}] ${line}`) : undefined,
        onReady(ports) {
          if (isAnnounced) say(`${role} serves again.`);
          ready.set(role, ports);
          announce();
          drills.roleReady(role);
        },
        onSetupLink(url) {
          setupLink = url;
          if (isAnnounced) say(`Set it up here, once: ${url}`);
        },
        onFailed(sentence) {
          failure ??= sentence;
          void stop();
        },
        onCrash: say,
        onSpawn: noteChildren,
        onStopping: (waiting) => waits.tell(waiting),
        onDrill: drills.fromCore,
        stopMsMax: limits.closeMsMax + (role === "edge" && config.drainMsMax > 0 ? config.drainMsMax + limits.lastWordsMsMax : 0),
      }),
    );
  }
  noteChildren();

  async function stopAll(how: { readonly hurry: boolean } | undefined): Promise<void> {
    drills.stop();
    await beside?.stop(how);
    for (const role of STOP_ORDER) await roles.find((each) => each.role === role)?.stop(how);
    await keeper?.stop();
    waits.over();
    for (const lock of locks) lock.release();
    end(failure);
  }

  function stop(how?: { readonly hurry: boolean }): Promise<void> {
    if (how?.hurry === true) for (const each of [...roles, ...(beside === undefined ? [] : [beside])]) void each.stop(how);
    return (stopping ??= stopAll(how));
  }

  return { ended, stop };
}

/** Starts our PostgreSQL again when it ends by itself; its address stays the same, so that the roles just connect again. */
function keepPostgres(
  config: Config,
  { first, say, isStopping }: { first: NonNullable<Database["embedded"]>; say: (sentence: string) => void; isStopping: () => boolean },
): { stop(): Promise<void> } {
  let current = first;
  let record: RestartRecord = { crashes: 0, wasEverReady: true };
  let starting: Promise<void> | undefined;

  function watch(): void {
    const since = performance.now();
    void current.exited.then(() => {
      if (!isStopping()) starting = startAgain(performance.now() - since);
    });
  }

  async function startAgain(ranMs: number): Promise<void> {
    say("The database ended unexpectedly: starting it again.");
    let ran = ranMs;
    while (!isStopping()) {
      const decision = decideRestart(record, ran);
      if (decision.kind === "giveUp") return; // can't be: the record says that it was ready once
      record = decision.record;
      await sleep(decision.afterMs);
      if (isStopping()) return;
      const started = await startEmbeddedPostgres({ dataFolder: config.dataFolder, say });
      if (started.ok) {
        current = started.value;
        say("The database is back.");
        watch();
        return;
      }
      say(started.failure.sentence);
      ran = 0;
    }
  }

  watch();
  return {
    async stop() {
      await starting;
      await current.stop();
    },
  };
}

async function lockRole(
  config: Config,
  { role, say }: { readonly role: Role; readonly say: (sentence: string) => void },
): Promise<InstanceLock> {
  const taken = takeInstanceLock({ folder: join(config.dataFolder, "run"), name: role });
  if (!taken.ok) {
    throw new StartError(
      "secondInstance",
      `Allo already runs on ${config.dataFolder} (role ${role}, process ${taken.failure.pid}): stop it or set ALLO_DATA to another folder.`,
    );
  }
  const { lock, stale } = taken.value;
  if (stale !== undefined) {
    say(`An earlier run${stale.pid > 0 ? ` (process ${stale.pid})` : ""} was killed and left its lock on ${role}: taking over.`);
    await endOrphans(stale.orphans);
  }
  return lock;
}

/** Children of a killed supervisor end by themselves when its channel closes; those that don't are ended here. */
async function endOrphans(pids: readonly number[]): Promise<void> {
  const POLL_MS = 20;
  for (const { signal, waitMs } of [
    { signal: undefined, waitMs: limits.terminateMsMax },
    { signal: "SIGTERM" as const, waitMs: limits.terminateMsMax },
    { signal: "SIGKILL" as const, waitMs: limits.killMsMax },
  ]) {
    for (const pid of pids) {
      if (signal !== undefined && isAlive(pid)) process.kill(pid, signal);
    }
    for (let waited = 0; waited < waitMs && pids.some(isAlive); waited += POLL_MS) await sleep(POLL_MS);
  }
}

function childEnvironment(
  env: NodeJS.ProcessEnv,
  { config, role, databaseUrl }: { config: Config; role: string; databaseUrl: string | undefined },
): NodeJS.ProcessEnv {
  const { DATABASE_URL: _given, ...rest } = env;
  return {
    ...rest,
    ALLO_DATA: config.dataFolder,
    ALLO_BUS: config.bus,
    ALLO_ROLES: config.roles.join(","),
    ALLO_CHILD_ROLE: role,
    // The edge never speaks to the database: it isn't told where it is.
    ...(role !== "edge" && databaseUrl !== undefined ? { DATABASE_URL: databaseUrl } : {}),
  };
}

function describeAddresses(config: Config, ports: ReadyPorts): string {
  const parts: string[] = [];
  const shown = isWildcard(config.bind) ? (firstOutsideAddress() ?? "127.0.0.1") : config.bind;
  const host = shown.includes(":") ? `[${shown}]` : shown;
  if (config.roles.includes("core"))
    parts.push(`${speaksHttps(config, shown) ? "https" : "http"}://${host}:${ports.http ?? config.httpPort}/`);
  if (config.roles.includes("edge"))
    parts.push(`SIP ${host}:${ports.sip ?? config.sipPort}`, `phones ${host}:${ports.phone ?? config.phonePort}`);
  return parts.length === 0 ? "" : `: ${parts.join(" · ")}`;
}

/** As core decides it (platform/tls): this machine needs no certificate, and a proxy may speak HTTPS for us. */
function speaksHttps({ tls, tlsMode, origins }: Config, shown: string): boolean {
  if (tls !== undefined) return true;
  const isThisMachine = shown === "::1" || shown.startsWith("127.");
  const isBehindProxy = tlsMode === "auto" && origins.length > 0 && origins.every((origin) => origin.startsWith("https:"));
  return tlsMode !== "off" && !isThisMachine && !isBehindProxy;
}

function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

function firstOutsideAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry !== undefined && !entry.internal && entry.family === "IPv4")?.address;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
