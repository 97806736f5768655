// Trunks that were set up before they had a word on packets, keys and sealing.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { trunkHabitDefaults } from "@allo/contract";
import { createTestDatabase, type TestDatabase } from "@allo/testkit";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

it("what older trunks lack is what was done before, and sealed audio that was offered stays so", async () => {
  const {
    srtp: _srtp,
    ptimeMs: _ptime,
    keys: _keys,
    keysPayloadType: _type,
    ringing: _ringing,
    trunkGroup: _group,
    ...old
  } = trunkHabitDefaults;
  const rows = [
    ["trk_off", { ...old, prack: "required", srtp: false }, ["udp"]],
    ["trk_tls", { ...old, srtp: true }, ["tls"]],
    ["trk_mixed", { ...old, srtp: true }, ["tls", null]],
  ] as const;
  // Whoever owns the table is held by its policies too, as in an organisation's own server.
  await client.query("alter table trunks.trunk no force row level security");
  for (const [trunkId, habits, transports] of rows) {
    const settings = { habits, targets: transports.map((transport) => ({ host: "carrier.example", transport })) };
    await client.query("insert into trunks.trunk (organisation_id, trunk_id, settings, created_at) values ('org_1', $1, $2, 0)", [
      trunkId,
      JSON.stringify(settings),
    ]);
  }
  await client.query(readFileSync(join(import.meta.dirname, "../../../migrations/0130_trunks_habits.sql"), "utf8"));
  const { rows: forced } = await client.query("select relforcerowsecurity from pg_class where oid = 'trunks.trunk'::regclass");
  expect(forced).toEqual([{ relforcerowsecurity: true }]);
  await client.query("alter table trunks.trunk no force row level security");
  const { rows: after } = await client.query<{ trunk_id: string; habits: object }>(
    "select trunk_id, settings -> 'habits' as habits from trunks.trunk order by trunk_id",
  );
  expect(Object.fromEntries(after.map((row) => [row.trunk_id, row.habits]))).toEqual({
    trk_off: { ...trunkHabitDefaults, prack: "required", srtp: "off" },
    trk_tls: { ...trunkHabitDefaults, srtp: "required" },
    trk_mixed: { ...trunkHabitDefaults, srtp: "optional" },
  });
});
