import { mkdtempSync, rmSync } from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OrganisationId } from "@allo/kernel";
import { createTestDatabase, type TestDatabase } from "@allo/testkit";
import pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLogReader } from "../../modules/contacts/index.ts";
import { createReconciliation, type Reconciliation } from "../../modules/reporting/index.ts";
import { createDatabase, type Database } from "../../platform/db.ts";
import { prepareDemoFolder } from "../demo-folder.ts";
import { describeReconciliation } from "../reconcile-demo.ts";
import { readWorldFile, worldFilePath, type DemoWorld } from "../world-file.ts";
import { makeDemo, type DemoProgress } from "./make-demo.ts";

const DAYS = 3;
const END = Date.UTC(2026, 10, 20, 11, 17, 23);
const audioFolder = join(import.meta.dirname, "../../../audio");

type Made = {
  readonly world: DemoWorld;
  readonly folder: string;
  readonly database: TestDatabase;
  readonly progress: readonly DemoProgress[];
};
const made: Made[] = [];
let admin: pg.Client;
let database: Database;

async function make(): Promise<Made> {
  const folder = mkdtempSync(join(tmpdir(), "allo-demo-"));
  await prepareDemoFolder(folder);
  const testDatabase = await createTestDatabase();
  const progress: DemoProgress[] = [];
  const world = await makeDemo(
    // A key that both have: what is looked up by goes into the log.
    {
      databaseUrl: testDatabase.adminUrl,
      dataFolder: folder,
      audioFolder,
      organisationKey: Buffer.alloc(32, 7),
      version: "0.0.0-test",
      log: pino({ level: "silent" }),
    },
    { seed: "7", agents: 6, days: DAYS, endAt: END, customers: 60, callsPerDay: 110 },
    (each) => progress.push(each),
  );
  const one = { world, folder, database: testDatabase, progress };
  made.push(one);
  return one;
}

beforeAll(async () => {
  await make();
  admin = new pg.Client({ connectionString: made[0]!.database.adminUrl });
  await admin.connect();
  database = createDatabase({ url: made[0]!.database.url, log: { warn: () => undefined } });
}, 60_000);
afterAll(async () => {
  await database?.close();
  await admin?.end();
  for (const { database: each, folder } of made) {
    await each.drop();
    rmSync(folder, { recursive: true, force: true });
  }
});

const reconcile = (): Promise<Reconciliation> =>
  createReconciliation({ database, clock: { now: () => END + 86_400_000 }, log: createLogReader({ database }) })(
    { organisationId: made[0]!.world.organisationId as OrganisationId, projectIds: "*" },
    { from: END - DAYS * 86_400_000, to: END, timeZone: made[0]!.world.timeZone },
  );

/** Behind the program's back. */
async function change(table: string, sql: string): Promise<void> {
  await admin.query(
    `begin; alter table ${table} no force row level security; ${sql}; alter table ${table} force row level security; commit`,
  );
}

describe("the demonstration's organisation", () => {
  it("has three lines, each with people, customers, a number and words of its own", () => {
    const { world } = made[0]!;
    expect(world.lines.map(({ key, language, projectName }) => [key, language, projectName])).toEqual([
      ["bank", "en", "Harbourline Bank"],
      ["taxi", "ru", "Такси «Вираж»"],
      ["isp", "fa", "اینترنت آوند"],
    ]);
    expect(new Set(world.lines.map(({ projectId }) => projectId)).size).toBe(3);
    expect(
      world.lines.every(
        ({ number, wrapUpCodes }) => number.startsWith("+") && wrapUpCodes.every(({ wrapUpCodeId }) => wrapUpCodeId !== ""),
      ),
    ).toBe(true);
    expect(world.lines.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    expect(world.agents).toHaveLength(6);
    for (const { key } of world.lines) {
      expect(world.agents.some(({ lines }) => lines.includes(key))).toBe(true);
      expect(world.customers.some(({ line }) => line === key)).toBe(true);
    }
    expect(world.reasons.map(({ code }) => code)).toEqual(expect.arrayContaining(["break", "lunch", "training"]));
  });

  it("has a password of its own for each login, in a file that only its owner reads", async () => {
    const { world, folder } = made[0]!;
    const logins = [...world.agents, ...Object.values(world.guests)];
    expect(new Set(logins.map(({ password }) => password)).size).toBe(logins.length);
    expect((await stat(worldFilePath(folder))).mode & 0o777).toBe(0o600);
    expect(await readWorldFile(folder)).toEqual(world);
    expect(await prepareDemoFolder(folder)).toEqual({ kind: "made" });
  });

  it("says how far its making is", () => {
    const { progress } = made[0]!;
    expect(progress[0]).toMatchObject({ step: "organisation" });
    expect(progress.filter(({ step }) => step === "history").map(({ done, total }) => [done, total])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(progress.at(-1)?.step).toBe("done");
  });
});

describe("its past", () => {
  it("agrees in every figure with the log", async () => {
    const found = await reconcile();
    expect(found.differences).toEqual([]);
    expect(found.contacts).toBeGreaterThan(150);
    expect(found.queueDays.length).toBeGreaterThanOrEqual(9);
  });

  it("has its older lost calls settled by a lead, and its fresh ones still open", async () => {
    await admin.query("begin; alter table contacts.lost_call no force row level security");
    const { rows } = await admin.query<{ state: string; last_at: string; settled_by: string | null }>(
      "select state, last_at, settled_by from contacts.lost_call where state <> 'calledAgain'",
    );
    await admin.query("rollback");
    const settled = rows.filter(({ state }) => state !== "open");
    expect(settled.length).toBeGreaterThan(0);
    expect(settled.every(({ settled_by }) => settled_by?.startsWith("per_") === true)).toBe(true);
    expect(Math.max(...rows.filter(({ state }) => state === "open").map(({ last_at }) => Number(last_at)))).toBeGreaterThan(
      END - 36 * 3_600_000,
    );
  });

  it("is the same log for the same seed and end, sealed parts aside", async () => {
    const second = await make();
    const other = new pg.Client({ connectionString: second.database.adminUrl });
    await other.connect();
    const logOf = async (client: pg.Client): Promise<readonly string[]> => {
      const texts: string[] = [];
      for (const [table, row] of [
        ["contacts.contact_event", "(to_jsonb(t) - 'sealed')::text"],
        ["contacts.agent_event", "to_jsonb(t)::text"],
      ] as const) {
        await client.query(`begin; alter table ${table} no force row level security`);
        const { rows } = await client.query<{ text: string }>(`select ${row} as text from ${table} t order by 1`);
        await client.query("rollback");
        texts.push(...rows.map(({ text }) => text));
      }
      return texts;
    };
    const ids = (world: DemoWorld): readonly string[] => [
      world.organisationId,
      ...world.lines.flatMap(({ projectId, numberId, queueIds, wrapUpCodes }) => [
        projectId,
        numberId,
        ...queueIds,
        ...wrapUpCodes.map(({ wrapUpCodeId }) => wrapUpCodeId),
      ]),
      ...world.agents.map(({ personId }) => personId),
    ];
    try {
      expect(ids(second.world)).toEqual(ids(made[0]!.world));
      expect(await logOf(other)).toEqual(await logOf(admin));
    } finally {
      await other.end();
    }
  }, 60_000);

  it("shows a planted difference with the contact that it is in", async () => {
    const table = "reporting.segment";
    await admin.query(`begin; alter table ${table} no force row level security`);
    const { rows } = await admin.query<{ contact_id: string }>(
      `select contact_id from ${table} where exit = 'answered' order by contact_id limit 1`,
    );
    await admin.query("rollback");
    const contactId = rows[0]!.contact_id;
    await change(table, `update ${table} set exit = 'abandoned', answered_at = null, connected_ms = 0 where contact_id = '${contactId}'`);
    const found = await reconcile();
    expect(found.differences.filter(({ check }) => check === "segment").map(({ contactIds }) => contactIds)).toEqual(
      expect.arrayContaining([[contactId]]),
    );
    expect(found.differences.filter(({ check }) => check === "queueDay").map(({ what }) => what)).toEqual(["answered", "abandoned"]);
    expect(describeReconciliation(found, made[0]!.world).join("\n")).toContain(contactId);
  });

  it("shows a lost call that is missing from its list, and a row that isn't as the log says", async () => {
    await change("contacts.lost_call_seen", "delete from contacts.lost_call_seen where how = 'lost'");
    await change("contacts.contact_row", "update contacts.contact_row set wrap_up_ms = wrap_up_ms + 1 where wrap_up_ms is not null");
    const found = await reconcile();
    const checks = new Set(found.differences.map(({ check, what }) => `${check} ${what}`));
    expect(checks).toContain("lostCall entry");
    expect(checks).toContain("row wrapUpMs");
  });
});
