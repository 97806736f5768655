// Plain SQL, forward only. Each module has a band of numbers, so the order of writing isn't the order of numbers: unordered is allowed.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Kysely, PostgresDialect, sql } from "kysely";
import { Migrator, type Migration, type MigrationProvider } from "kysely/migration";
import pg from "pg";

export const migrationLimits = { lockWaitMsMax: 60_000, connectMsMax: 10_000 } as const;

const FILE_NAME = /^\d{4}_[a-z]+_[a-z0-9_]+\.sql$/;
const migrationsFolder = join(import.meta.dirname, "../../migrations");

/** Brings the database up to date. Concurrent callers wait for each other; the first failure is thrown and leaves nothing half done. */
export async function runMigrations(adminUrl: string, folder: string = migrationsFolder): Promise<void> {
  const pool = new pg.Pool({
    connectionString: adminUrl,
    max: 1,
    connectionTimeoutMillis: migrationLimits.connectMsMax,
    options: `-c lock_timeout=${migrationLimits.lockWaitMsMax}`,
  });
  pool.on("error", () => undefined); // the query in hand reports it
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrator = new Migrator({
      db: kysely,
      provider: sqlFiles(folder),
      migrationTableSchema: "platform",
      migrationTableName: "migration",
      migrationLockTableName: "migration_lock",
      allowUnorderedMigrations: true,
    });
    const { error, results } = await migrator.migrateToLatest();
    if (error === undefined) return;
    const failed = results?.find((result) => result.status === "Error");
    throw new Error(failed === undefined ? "The database could not be migrated" : `Migration ${failed.migrationName} failed`, {
      cause: error,
    });
  } finally {
    await kysely.destroy();
  }
}

/** What has been applied, in order of names, and what this program would still apply. A database without any is empty. */
export async function readSchema(
  adminUrl: string,
  folder: string = migrationsFolder,
): Promise<{ readonly applied: readonly string[]; readonly pending: readonly string[] }> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: migrationLimits.connectMsMax });
  client.on("error", () => undefined); // the query in hand reports it
  await client.connect();
  try {
    const { rows } = await client.query<{ made: boolean }>("select to_regclass('platform.migration') is not null as made");
    const applied =
      rows[0]?.made === true
        ? (await client.query<{ name: string }>("select name from platform.migration order by name")).rows.map(({ name }) => name)
        : [];
    const known = (await readdir(folder)).filter((name) => name.endsWith(".sql")).map((name) => name.slice(0, -".sql".length));
    return { applied, pending: known.filter((name) => !applied.includes(name)).toSorted() };
  } finally {
    await client.end();
  }
}

function sqlFiles(folder: string): MigrationProvider {
  return {
    async getMigrations(): Promise<Record<string, Migration>> {
      const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).toSorted();
      const migrations: Record<string, Migration> = {};
      for (const name of names) {
        if (!FILE_NAME.test(name)) throw new Error(`${name} is not named NNNN_module_what.sql`);
        const text = await readFile(join(folder, name), "utf8");
        migrations[name.slice(0, -".sql".length)] = {
          up: async (db) => {
            await sql.raw(text).execute(db);
          },
        };
      }
      return migrations;
    },
  };
}
