import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, expect, test } from "vitest";
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from "./embedded-postgres.ts";
import { isAlive } from "./process-table.ts";

const IS_ROOT = process.getuid?.() === 0;
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "allo-pg-"));
  cleanups.push(() => {
    const location = join(folder, "postgres", "LOCATION");
    if (existsSync(location)) rmSync(readFileSync(location, "utf8").trim(), { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

async function startIn(
  dataFolder: string,
  more: Partial<EmbeddedPostgresOptions> = {},
): Promise<{ server: EmbeddedPostgres; said: string[] }> {
  const said: string[] = [];
  const started = await startEmbeddedPostgres({ dataFolder, durable: false, say: (sentence) => said.push(sentence), ...more });
  if (!started.ok) throw new Error(started.failure.sentence);
  cleanups.push(() => started.value.stop());
  return { server: started.value, said };
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

test("an empty folder becomes a UTF-8 database owned by a role that isn't a superuser, and keeps its rows over a restart", async () => {
  const folder = makeFolder();
  const { server } = await startIn(folder);
  expect(
    await query(server.url, "select current_user::text as who, rolsuper, rolcreaterole from pg_roles where rolname = current_user"),
  ).toEqual([{ who: "allo", rolsuper: false, rolcreaterole: true }]);
  expect(
    await query(
      server.url,
      "select datlocprovider, datlocale, pg_encoding_to_char(encoding) as encoding from pg_database where datname = 'allo'",
    ),
  ).toEqual([{ datlocprovider: "b", datlocale: "C.UTF-8", encoding: "UTF8" }]);
  await query(server.url, "create table kept as select 'слово' as word");
  await query(server.url, "create extension pg_trgm");
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);

  const again = await startIn(folder);
  expect(again.said).toEqual([]);
  expect(await query(again.server.url, "select word from kept")).toEqual([{ word: "слово" }]);
});

test("commits are durable unless a test says otherwise", async () => {
  const { server } = await startIn(makeFolder(), { durable: true });
  expect(await query(server.url, "select current_setting('fsync') as fsync, current_setting('synchronous_commit') as sync")).toEqual([
    { fsync: "on", sync: "on" },
  ]);
});

test("only a client with the password gets in, no TCP port is open, and the passwords are the owner's to read", async () => {
  const folder = makeFolder();
  const { server } = await startIn(folder);
  const wrong = new URL(server.url);
  wrong.password = "guess";
  await expect(query(wrong.href, "select 1")).rejects.toMatchObject({ code: "28P01" });
  expect(await query(server.superuserUrl, "select current_setting('listen_addresses') as addresses")).toEqual([{ addresses: "" }]);
  expect(statSync(join(folder, "postgres", "passwords.json")).mode & 0o777).toBe(0o600);
});

test("after kill -9 the next start recovers what was committed", async () => {
  const folder = makeFolder();
  const { server } = await startIn(folder, { durable: true });
  await query(server.url, "create table kept as select 1 as one");
  process.kill(server.pid, "SIGKILL");
  await server.exited;
  const again = await startIn(folder);
  expect(again.said.join(" ")).toContain("recovers");
  expect(await query(again.server.url, "select one from kept")).toEqual([{ one: 1 }]);
});

test("a database that outlived its killed supervisor doesn't stand in the way", async () => {
  const folder = makeFolder();
  const module = join(import.meta.dirname, "embedded-postgres.ts");
  const program = `const { startEmbeddedPostgres } = await import(${JSON.stringify(module)});
    const started = await startEmbeddedPostgres({ dataFolder: ${JSON.stringify(folder)}, say: () => {}, durable: false });
    process.stdout.write(String(started.value.pid)); setInterval(() => {}, 1000);`;
  const supervisor = spawn(process.execPath, ["--conditions=source", "--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [text] = (await once(supervisor.stdout, "data")) as [Buffer];
  const orphan = Number(text.toString());
  supervisor.kill("SIGKILL");
  await once(supervisor, "exit");
  const { server } = await startIn(folder);
  expect(server.pid).not.toBe(orphan);
  expect(isAlive(orphan)).toBe(false);
  expect(await query(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("a lock file that names a living process of somebody else is removed, and said so", async () => {
  const folder = makeFolder();
  const { server } = await startIn(folder);
  await server.stop();
  writeFileSync(join(folder, "postgres", "cluster", "postmaster.pid"), `${process.pid}\n/elsewhere\n1\n5432\n\n\n`, { mode: 0o600 });
  const again = await startIn(folder);
  expect(again.said.join(" ")).toContain("another program");
});

test("a cluster of another major version is refused in one sentence", async () => {
  const folder = makeFolder();
  const { server } = await startIn(folder);
  await server.stop();
  writeFileSync(join(folder, "postgres", "cluster", "PG_VERSION"), "17\n");
  const refused = await startEmbeddedPostgres({ dataFolder: folder, say: () => undefined });
  expect(refused).toMatchObject({
    ok: false,
    failure: { kind: "wrongVersion", sentence: expect.stringContaining("PostgreSQL 17") as string },
  });
});

test("a data folder deeper than a socket's path may be works", async () => {
  const { server } = await startIn(join(makeFolder(), "deep/".repeat(30), "data"));
  expect(await query(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
});

test.skipIf(!IS_ROOT)(
  "where user namespaces are forbidden, root's database runs under another user id, from a closed folder too",
  async () => {
    for (const mode of [0o755, 0o700]) {
      const folder = makeFolder();
      chmodSync(folder, mode);
      const { server } = await startIn(folder, { privilege: "uid" });
      expect(statSync(`/proc/${server.pid}`).uid).not.toBe(0);
      expect(await query(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
      await server.stop();
    }
  },
);
