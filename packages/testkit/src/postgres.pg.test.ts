import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { createTestDatabase } from "@allo/testkit";

const databases: { drop(): Promise<void> }[] = [];
afterAll(async () => {
  for (const database of databases) await database.drop();
});

async function queryOnce(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

test("two test databases don't see each other's tables", async () => {
  const [one, two] = [await createTestDatabase(), await createTestDatabase()];
  databases.push(one, two);
  await queryOnce(one.adminUrl, "create table public.only_here (id int)");
  expect(await queryOnce(one.adminUrl, "select to_regclass('public.only_here')::text as name")).toEqual([{ name: "only_here" }]);
  expect(await queryOnce(two.adminUrl, "select to_regclass('public.only_here')::text as name")).toEqual([{ name: null }]);
});

test("a dropped database is gone even while a client is still connected", async () => {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.adminUrl });
  client.on("error", () => undefined);
  await client.connect();
  await database.drop();
  await expect(queryOnce(database.adminUrl, "select 1")).rejects.toMatchObject({ code: "3D000" });
  await client.end().catch(() => undefined);
});
