import { randomBytes } from "node:crypto";
import pg from "pg";

/** The database that every test database is a copy of; the migrations have run in it once. */
export const TEMPLATE_DATABASE = "allo_template";
/** Names the server for the tests: a URL of a role that may create databases. tools/vitest/postgres-setup.ts sets it. */
export const TEST_DATABASE_VARIABLE = "ALLO_TEST_DATABASE_URL";

export type TestDatabase = {
  /** Logs in as the owner: for migrations, and for what a test arranges or checks behind the program's back. */
  readonly adminUrl: string;
  /** As the program connects: where the migrations made the role `allo_app`, the connection starts in it (row-level security holds). */
  readonly url: string;
  /** Removes the database, cutting what is still connected. Idempotent. */
  drop(): Promise<void>;
};

/** A database of its own for a test file, cloned from the migrated template in some ten milliseconds. Call `drop()` in `afterAll`. */
export async function createTestDatabase(serverUrl: string | undefined = process.env[TEST_DATABASE_VARIABLE]): Promise<TestDatabase> {
  if (serverUrl === undefined || serverUrl === "") {
    throw new Error(`No PostgreSQL for tests: run the file by vitest as *.pg, *.net or *.web.test.ts, or set ${TEST_DATABASE_VARIABLE}.`);
  }
  const name = `test_${randomBytes(6).toString("hex")}`;
  const hasAppRole = await withClient(serverUrl, async (client) => {
    const template = await client.query("select 1 from pg_database where datname = $1", [TEMPLATE_DATABASE]);
    await client.query(`create database ${name} template ${template.rowCount === 0 ? "template1" : TEMPLATE_DATABASE}`);
    return (await client.query("select 1 from pg_roles where rolname = 'allo_app'")).rowCount === 1;
  });
  const adminUrl = databaseUrl(serverUrl, name);
  const appUrl = new URL(adminUrl);
  if (hasAppRole) appUrl.searchParams.set("options", "-c role=allo_app");
  let dropping: Promise<void> | undefined;
  return {
    adminUrl,
    url: appUrl.href,
    drop: () =>
      (dropping ??= withClient(serverUrl, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      })),
  };
}

/** Makes the template anew and lets `migrate` fill it. */
export async function prepareTemplate(serverUrl: string, migrate: (adminUrl: string) => Promise<void>): Promise<void> {
  await withClient(serverUrl, async (client) => {
    await client.query(`drop database if exists ${TEMPLATE_DATABASE} with (force)`);
    await client.query(`create database ${TEMPLATE_DATABASE}`);
  });
  await migrate(databaseUrl(serverUrl, TEMPLATE_DATABASE));
}

function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
