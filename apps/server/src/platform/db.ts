// Three ways into PostgreSQL and no fourth: one organisation's rows, the logs, the doors. The role holds for one transaction; the
// connections that write the logs do nothing else and keep theirs.
import type { OrganisationId, ProjectId } from "@allo/kernel";
import pg from "pg";

export type Scope = { readonly organisationId: OrganisationId; readonly projectIds: readonly ProjectId[] | "*" };
/** Inside one transaction. bigint comes as number, jsonb as its value, bytea as Buffer. */
export type Tx = {
  /** `prepared`: the name by which each connection plans this statement once. For what runs many times a second, with one text for ever. */
  query<R extends object>(sql: string, values?: readonly unknown[], prepared?: string): Promise<readonly R[]>;
};
export type ScopeOptions = {
  /** The commit isn't waited for on the disk: for what can be made again from the log. Nothing later is ever kept without it. */
  readonly isRemade?: boolean;
};
/** `name`: each connection prepares it once. */
export type LogStatement = { readonly name: string; readonly sql: string; readonly values: readonly unknown[] };
export type Database = {
  /** One transaction as role allo_app under forced row-level security for this scope. */
  withScope<T>(scope: Scope, run: (tx: Tx) => Promise<T>, how?: ScopeOptions): Promise<T>;
  /** One transaction as role allo_log: may only insert into event logs and journals, for any organisation. */
  withLog<T>(run: (tx: Tx) => Promise<T>): Promise<T>;
  /** One statement as role allo_log, a transaction and a round trip of its own: what many calls a second wait for. */
  insertLog(statement: LogStatement): Promise<void>;
  /** One transaction as role allo_system: may only call the listed security definer functions of schema `doors`. */
  withDoors<T>(run: (tx: Tx) => Promise<T>): Promise<T>;
  /** False while PostgreSQL is away; the pool reconnects by itself. */
  readonly isUp: () => boolean;
  readonly onUp: (listener: () => void) => void;
  close(): Promise<void>;
};

export const databaseLimits = {
  connectionsMax: 12,
  /** Kept apart, so that a slow page can't keep an event from being written. */
  logConnectionsMax: 4,
  connectMsMax: 3_000,
  statementMsMax: 10_000,
  /** No answer for so long: PostgreSQL counts as away. Longer than any statement may take on the server. */
  answerMsMax: 12_000,
  idleConnectionMs: 60_000,
  /** While it is away, so often it is asked whether it is back. */
  probeEveryMs: 500,
} as const;

/** PostgreSQL refused or lost the connection, or didn't answer: nothing is known to be committed; try again later. */
export class DatabaseAwayError extends Error {
  override readonly name = "DatabaseAwayError";
  readonly code = "databaseAway";
  readonly retryable = true;
}

export type DatabaseOptions = {
  readonly url: string;
  readonly log: { warn(fields: object, message: string): void };
  readonly connectionsMax?: number;
};

export function createDatabase(options: DatabaseOptions): Database {
  const pool = makePool(options, options.connectionsMax ?? databaseLimits.connectionsMax);
  const logPool = makePool(options, databaseLimits.logConnectionsMax, "set role allo_log");
  const upListeners: (() => void)[] = [];
  let up = true;
  let closed = false;
  let probe: NodeJS.Timeout | undefined;

  const markAway = (error: unknown): void => {
    if (!up || closed) return;
    up = false;
    options.log.warn({ event: "databaseAway", code: codeOf(error) }, "PostgreSQL is away");
    probe = setInterval(() => void ask(), databaseLimits.probeEveryMs);
  };
  let asking = false;
  const ask = async (): Promise<void> => {
    if (asking || closed) return;
    asking = true;
    try {
      await pool.query("select 1");
      if (closed) return;
      clearInterval(probe);
      up = true;
      options.log.warn({ event: "databaseBack" }, "PostgreSQL is back");
      for (const listener of upListeners) listener();
    } catch {
      // Still away: the next probe asks again.
    } finally {
      asking = false;
    }
  };
  for (const each of [pool, logPool]) each.on("error", markAway); // an idle connection was cut

  const borrow = async <T>(from: pg.Pool, run: (client: pg.PoolClient, spoil: (error: unknown) => void) => Promise<T>): Promise<T> => {
    let client: pg.PoolClient;
    try {
      client = await from.connect();
    } catch (error) {
      // Every connection was in use for so long: that is load, not an outage.
      if (error instanceof Error && error.message === POOL_WAIT_MESSAGE)
        throw new DatabaseAwayError("PostgreSQL is overloaded", { cause: error });
      markAway(error);
      throw new DatabaseAwayError("PostgreSQL can't be reached", { cause: error });
    }
    // Without a listener a cut connection would end the process; the query in hand reports the error as well.
    let broken: unknown;
    const spoil = (error: unknown): void => {
      broken = error;
    };
    client.on("error", spoil);
    try {
      return await run(client, spoil);
    } catch (error) {
      if (!isAway(error)) throw error;
      spoil(error);
      markAway(error);
      throw new DatabaseAwayError("PostgreSQL went away in the middle of a transaction", { cause: error });
    } finally {
      client.off("error", spoil);
      client.release(broken !== undefined);
    }
  };

  const transact = <T>(from: pg.Pool, opening: string, run: (tx: Tx) => Promise<T>): Promise<T> =>
    borrow(from, async (client, spoil) => {
      try {
        await client.query(opening);
        const result = await run({
          query: async <R extends object>(sql: string, values: readonly unknown[] = [], prepared?: string) => {
            const statement = { text: sql, values: [...values] };
            return (await client.query<R & pg.QueryResultRow>(prepared === undefined ? statement : { ...statement, name: prepared })).rows;
          },
        });
        await client.query("commit");
        return result;
      } catch (error) {
        if (isAway(error)) throw error;
        try {
          await client.query("rollback");
        } catch (rollbackError) {
          spoil(rollbackError); // the connection is thrown away; its transaction ends with it
        }
        throw error;
      }
    });

  return {
    withScope: (scope, run, how) => transact(pool, openScope(scope, how), run),
    withLog: (run) => transact(logPool, "begin", run),
    insertLog: ({ name, sql, values }) =>
      borrow(logPool, async (client) => {
        await client.query({ name, text: sql, values: [...values] });
      }),
    withDoors: (run) => transact(pool, "begin; set local role allo_system", run),
    isUp: () => up,
    onUp: (listener) => void upListeners.push(listener),
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(probe);
      await Promise.all([pool.end(), logPool.end()]);
    },
  };
}

/** Whether PostgreSQL broke this rule of a table: a unique index or constraint by name. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return error instanceof pg.DatabaseError && error.code === "23505" && (constraint === undefined || error.constraint === constraint);
}

function openScope({ organisationId, projectIds }: Scope, how: ScopeOptions = {}): string {
  const organisation = pg.escapeLiteral(organisationId);
  const projects = pg.escapeLiteral(projectIds === "*" ? "*" : projectIds.join(","));
  // One round trip: the simple protocol takes several statements at once.
  return `begin; set local role allo_app;${how.isRemade === true ? " set local synchronous_commit = off;" : ""}
    select set_config('allo.organisation_id', ${organisation}, true), set_config('allo.project_ids', ${projects}, true)`;
}

/** What pg-pool says when no connection became free in time; not being connected in time has another message. */
const POOL_WAIT_MESSAGE = "timeout exceeded when trying to connect";

const INT8 = 20; // pg_type oid
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === INT8 && format !== "binary" ? readBigint : (pg.types.getTypeParser(oid, format as "text") as (text: string) => unknown),
};

function readBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError("a bigint of the database is beyond 2^53");
  return value;
}

function makePool(options: DatabaseOptions, connectionsMax: number, opening?: string): pg.Pool {
  // pg-pool waits for it, and gives no connection out on which it failed; its types don't say so.
  const opened = (client: pg.ClientBase): void => client.query(opening ?? "") as unknown as undefined;
  return new pg.Pool({
    connectionString: options.url,
    max: connectionsMax,
    connectionTimeoutMillis: databaseLimits.connectMsMax,
    idleTimeoutMillis: databaseLimits.idleConnectionMs,
    statement_timeout: databaseLimits.statementMsMax,
    query_timeout: databaseLimits.answerMsMax,
    application_name: "allo",
    keepAlive: true,
    types,
    ...(opening === undefined ? {} : { onConnect: opened }),
  });
}

const AWAY_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  // admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped, too_many_connections
  "57P01",
  "57P02",
  "57P03",
  "57P04",
  "53300",
]);

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "noAnswer";
}

function isAway(error: unknown): boolean {
  const code = codeOf(error);
  if (AWAY_CODES.has(code) || code.startsWith("08")) return true;
  return (
    error instanceof Error &&
    /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
      error.message,
    )
  );
}
