import type { OrganisationId } from "@allo/kernel";
import { createTestDatabase, type TestDatabase } from "@allo/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import pg from "pg";
import { createDatabase, DatabaseAwayError, type Database } from "./db.ts";

const quiet = { warn: () => undefined };
const scopeOf = (id: string) => ({ organisationId: id as OrganisationId, projectIds: "*" as const });

describe("the database", () => {
  let test: TestDatabase;
  let admin: pg.Client;
  let db: Database;
  beforeAll(async () => {
    test = await createTestDatabase();
    admin = new pg.Client({ connectionString: test.adminUrl });
    await admin.connect();
    await admin.query(`
      call platform.make_schema('trial');
      create table trial.thing (organisation_id text not null, project_id text not null, thing_id text primary key, size bigint not null);
      call platform.protect('trial.thing');
      create table trial.log (organisation_id text not null, sequence bigint not null, primary key (organisation_id, sequence));
      call platform.protect_log('trial.log');
    `);
    db = createDatabase({ url: test.adminUrl, log: quiet });
  });
  afterAll(async () => {
    await db?.close();
    await admin?.end();
    await test?.drop();
  });

  it("shows a scope only its own organisation's and projects' rows", async () => {
    const insert = (org: string, project: string, id: string) =>
      db.withScope(scopeOf(org), (tx) => tx.query("insert into trial.thing values ($1, $2, $3, 7)", [org, project, id]));
    await insert("org_a", "prj_1", "a1");
    await insert("org_a", "prj_2", "a2");
    await insert("org_b", "prj_3", "b1");
    const see = async (scope: Parameters<Database["withScope"]>[0]) =>
      (
        await db.withScope(scope, (tx) => tx.query<{ thing_id: string; size: number }>("select thing_id, size from trial.thing order by 1"))
      ).map((row) => row.thing_id);
    expect(await see(scopeOf("org_a"))).toEqual(["a1", "a2"]);
    expect(await see(scopeOf("org_b"))).toEqual(["b1"]);
    expect(await see({ organisationId: "org_a" as OrganisationId, projectIds: ["prj_2" as never] })).toEqual(["a2"]);
    expect(await see({ organisationId: "org_a" as OrganisationId, projectIds: [] })).toEqual([]);
    await expect(insert("org_b", "prj_3", "b1")).rejects.toThrow(/duplicate/);
    await expect(
      db.withScope(scopeOf("org_a"), (tx) => tx.query("insert into trial.thing values ('org_b', 'prj_3', 'x', 1)")),
    ).rejects.toThrow(/row-level security/);
  });

  it("gives bigint as a number and refuses what a number can't hold", async () => {
    const rows = await db.withScope(scopeOf("org_a"), (tx) => tx.query<{ n: number }>("select 1763766000000::bigint as n"));
    expect(rows[0]?.n).toBe(1_763_766_000_000);
    await expect(db.withScope(scopeOf("org_a"), (tx) => tx.query("select 9007199254740993::bigint as n"))).rejects.toThrow(/2\^53/);
  });

  it("lets the log role only insert, for any organisation", async () => {
    await db.withLog((tx) => tx.query("insert into trial.log values ('org_a', 1), ('org_b', 1)"));
    await expect(db.withLog((tx) => tx.query("select 1 from trial.log"))).rejects.toThrow(/permission denied/);
    await expect(db.withLog((tx) => tx.query("delete from trial.log"))).rejects.toThrow(/permission denied/);
    await expect(db.withLog((tx) => tx.query("select 1 from trial.thing"))).rejects.toThrow(/permission denied/);
    const seen = await db.withScope(scopeOf("org_a"), (tx) => tx.query("select 1 from trial.log"));
    expect(seen).toHaveLength(1);
    await expect(db.withScope(scopeOf("org_a"), (tx) => tx.query("update trial.log set sequence = 2"))).rejects.toThrow(
      /permission denied/,
    );
  });

  it("lets the system role call doors and nothing else", async () => {
    const next = () => db.withDoors((tx) => tx.query<{ epoch: number }>("select doors.epoch_next('node', 5) as epoch"));
    expect((await next())[0]?.epoch).toBe(1);
    expect((await next())[0]?.epoch).toBe(2);
    await expect(db.withDoors((tx) => tx.query("select 1 from platform.epoch"))).rejects.toThrow(/permission denied/);
    await expect(db.withScope(scopeOf("org_a"), (tx) => tx.query("select doors.epoch_next('node', 5)"))).rejects.toThrow(
      /permission denied/,
    );
  });

  it("rolls back what failed and keeps no scope for the next transaction", async () => {
    await expect(
      db.withScope(scopeOf("org_a"), async (tx) => {
        await tx.query("insert into trial.thing values ('org_a', 'prj_1', 'gone', 1)");
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    const rows = await db.withDoors((tx) =>
      tx.query<{ scope: string | null; role: string }>(
        "select nullif(current_setting('allo.organisation_id', true), '') as scope, current_user as role",
      ),
    );
    expect(rows[0]).toEqual({ scope: null, role: "allo_system" });
    expect(
      (await admin.query("select 1 from pg_stat_activity where state = 'idle in transaction' and datname = current_database()")).rowCount,
    ).toBe(0);
  });

  it("takes a full pool for load and not for an outage", async () => {
    const small = createDatabase({ url: test.adminUrl, log: quiet, connectionsMax: 1 });
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const holding = small.withScope(scopeOf("org_a"), () => held);
    await expect(small.withScope(scopeOf("org_a"), (tx) => tx.query("select 1"))).rejects.toThrow(/overloaded/);
    expect(small.isUp()).toBe(true);
    release();
    await holding;
    await small.close();
  });

  it("says that it is away when connections are cut, and that it is back", async () => {
    const away = db.withScope(scopeOf("org_a"), async (tx) => {
      const [me] = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
      await admin.query("select pg_terminate_backend($1)", [me?.pid]);
      return tx.query("select 1");
    });
    const back = new Promise<void>((resolve) => db.onUp(resolve));
    await expect(away).rejects.toThrow(DatabaseAwayError);
    expect(db.isUp()).toBe(false);
    await back;
    expect(db.isUp()).toBe(true);
    const unreachable = createDatabase({ url: "postgresql://nobody@127.0.0.1:1/none", log: quiet });
    await expect(unreachable.withDoors((tx) => tx.query("select 1"))).rejects.toThrow(DatabaseAwayError);
    await unreachable.close();
  });
});
