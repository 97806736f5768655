// The database before the first child starts: our own or the one that DATABASE_URL names, reachable, new enough, migrated.
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Config } from "../platform/config.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../platform/embedded-postgres.ts";
import { supervisorLimits as limits } from "./limits.ts";
import { errorCode, folderProblem } from "./preflight.ts";
import { StartError } from "./start-problem.ts";

export type Database = { readonly url: string; readonly embedded: EmbeddedPostgres | undefined };
export type Migrate = (adminUrl: string) => Promise<void>;

/** Starts or finds the database. Throws StartError with the sentence to show. */
export async function openDatabase(config: Config, say: (sentence: string) => void): Promise<Database> {
  if (config.databaseUrl !== undefined) {
    await reach(config.databaseUrl);
    return { url: config.databaseUrl, embedded: undefined };
  }
  const started = await startEmbeddedPostgres({ dataFolder: config.dataFolder, say });
  if (!started.ok) {
    const { kind, sentence } = started.failure;
    throw new StartError(kind === "diskFull" ? "diskFull" : kind === "unwritable" ? "folder" : "database", sentence);
  }
  return { url: started.value.url, embedded: started.value };
}

/** Brings the schema up to this program's version; a schema that is newer, or too old, is a sentence. */
export async function migrateDatabase(
  database: Database,
  { migrate, config }: { readonly migrate: Migrate; readonly config: Config },
): Promise<void> {
  try {
    await migrate(database.url);
  } catch (error) {
    const code = errorCode(error);
    if (code === "53100" || code === "ENOSPC")
      throw folderProblem(Object.assign(new Error("disk full"), { code: "ENOSPC" }), config.dataFolder);
    throw new StartError("database", describeMigrationFailure(error), { cause: error });
  }
}

function describeMigrationFailure(error: unknown): string {
  const messages: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) messages.push(at.message.replace(/\.$/, ""));
  const unknown = messages
    .map((message) => /previously executed migration (\S+) is missing/.exec(message)?.[1])
    .find((name) => name !== undefined);
  if (unknown !== undefined) {
    return `The database was made by a newer version of Allo (it knows ${unknown}): start that version, or restore a backup.`;
  }
  return `The database can't be brought up to date: ${messages.length === 0 ? String(error) : messages.join(": ")}.`;
}

async function reach(url: string): Promise<void> {
  const deadline = Date.now() + limits.databaseConnectMsMax;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: limits.databaseConnectMsMax });
    client.on("error", () => undefined); // a cut connection shows as the query's own failure
    try {
      await client.connect();
      const { rows } = await client.query<{ version: string }>("select current_setting('server_version_num') as version");
      await client.end();
      const version = Number(rows[0]?.version ?? 0);
      if (version < limits.databaseVersionMin) {
        throw new StartError(
          "database",
          `The database of DATABASE_URL is PostgreSQL ${Math.floor(version / 10_000)}: 15 is the oldest that Allo runs on.`,
        );
      }
      return;
    } catch (error) {
      await client.end().catch(() => undefined); // already broken
      if (error instanceof StartError) throw error;
      const problem = describeConnectFailure(error, url);
      if (problem.isFinal || Date.now() + limits.databaseRetryMs > deadline)
        throw new StartError("database", problem.sentence, { cause: error });
      await sleep(limits.databaseRetryMs);
    }
  }
}

/** Says what is wrong with the connection without the password that the URL holds. */
function describeConnectFailure(error: unknown, url: string): { readonly sentence: string; readonly isFinal: boolean } {
  const parsed = new URL(url);
  const place = parsed.searchParams.get("host") ?? `${parsed.hostname}:${parsed.port === "" ? "5432" : parsed.port}`;
  const code = errorCode(error);
  switch (code) {
    case "28P01":
    case "28000":
      return { isFinal: true, sentence: `The database at ${place} refuses the user or password of DATABASE_URL.` };
    case "3D000":
      return {
        isFinal: true,
        sentence: `The server at ${place} has no database "${parsed.pathname.slice(1)}": create it or mend DATABASE_URL.`,
      };
    case "ENOTFOUND":
      return { isFinal: true, sentence: `No machine is called ${parsed.hostname}: mend DATABASE_URL.` };
    case "57P03":
      return { isFinal: false, sentence: `The database at ${place} is still starting: try again in a while.` };
    default:
      return {
        isFinal: false,
        sentence: `The database at ${place} can't be reached (${code ?? (error instanceof Error ? error.message : "no reason given")}): start it or mend DATABASE_URL.`,
      };
  }
}
