import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContactId, OrganisationId, ProjectId, Timers } from "@allo/kernel";
import { createTestDatabase, type TestDatabase } from "@allo/testkit";
import pg from "pg";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createTimers } from "../../platform/clock.ts";
import { createDatabase, DatabaseAwayError, type Database } from "../../platform/db.ts";
import { contactEventRecord, contactEventStream, createLogWriter, type ContactEvent, type LogRecord, type LogWriter } from "./index.ts";
import { logLimits } from "./log-writer.ts";

let test: TestDatabase;
let admin: pg.Client;
let real: Database;
let folder: string;
let away: "no" | "refused" | "hangs" = "no";
let onUp: (() => void)[] = [];
let writer: LogWriter;

const database: Database = {
  withScope: (scope, run, how) => real.withScope(scope, run, how),
  withDoors: (run) => real.withDoors(run),
  withLog: (run) => real.withLog(run),
  insertLog: async (statement) => {
    if (away === "hangs") await new Promise((_, reject) => onUp.push(() => reject(new DatabaseAwayError("no answer"))));
    if (away === "refused") throw new DatabaseAwayError("stopped");
    return real.insertLog(statement);
  },
  isUp: () => away !== "refused",
  onUp: (listener) => void onUp.push(listener),
  close: () => Promise.resolve(),
};

const open = (timers: Timers = createTimers()): Promise<LogWriter> =>
  createLogWriter({ database, streams: [contactEventStream], spoolFolder: folder, timers, log: pino({ level: "silent" }) });
const row = (contact: string, sequence: number): LogRecord => {
  const event: ContactEvent = {
    organisationId: "org_trial" as OrganisationId,
    projectId: "prj_one" as ProjectId,
    contactId: contact as ContactId,
    sequence,
    at: 1_000 + sequence,
    schemaVersion: 1,
    writer: { node: "core", epoch: 1 },
    source: null,
    body: { kind: "digitPressed" },
    sealed: Buffer.from("secret").toString("base64"),
  };
  return contactEventRecord(event);
};
const stored = async (contact: string): Promise<readonly number[]> =>
  (
    await admin.query<{ sequence: number }>("select sequence from contacts.contact_event where contact_id = $1 order by sequence", [
      contact,
    ])
  ).rows.map(({ sequence }) => sequence);
const back = (): void => {
  away = "no";
  for (const listener of onUp.splice(0)) listener();
};

beforeAll(async () => {
  test = await createTestDatabase();
  admin = new pg.Client({ connectionString: test.adminUrl });
  await admin.connect();
  // Row-level security holds for the owner too: look as the organisation does.
  await admin.query(
    "set role allo_app; select set_config('allo.organisation_id', 'org_trial', false), set_config('allo.project_ids', '*', false)",
  );
  real = createDatabase({ url: test.adminUrl, log: { warn: () => undefined } });
});
afterAll(async () => {
  await real?.close();
  await admin?.end();
  await test?.drop();
});
beforeEach(async () => {
  away = "no";
  onUp = [];
  folder = await mkdtemp(join(tmpdir(), "allo-log-"));
  writer = await open();
});
afterEach(async () => {
  back();
  await writer.close();
  await rm(folder, { recursive: true, force: true });
});

describe("the group-commit writer", () => {
  it("commits what was appended, many appends in one transaction", async () => {
    const transactions = vi.spyOn(real, "insertLog");
    const appended = Array.from({ length: 300 }, (_, index) => writer.append([row("con_many", index + 1)]));
    await Promise.all(appended.map(({ committed }) => committed));
    expect(await stored("con_many")).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    expect(transactions.mock.calls.length).toBeLessThanOrEqual(3);
    transactions.mockRestore();
  });

  it("lets many calls share a commit while there are many", async () => {
    const transactions = vi.spyOn(real, "insertLog");
    const startedAt = performance.now();
    const appended = [];
    for (let call = 0; call < 40; call += 1) {
      appended.push(writer.append(Array.from({ length: logLimits.busyRecordsMin }, (_, index) => row(`con_busy${call}`, index + 1))));
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await Promise.all(appended.map(({ committed }) => committed));
    expect(transactions.mock.calls.length).toBeLessThanOrEqual(2 + (performance.now() - startedAt) / logLimits.busyFlushEveryMs);
    transactions.mockRestore();
  });

  describe("while no time passes", () => {
    let alarms: { readonly afterMs: number; readonly ring: () => void }[];
    const ring = (afterMs: number): void => {
      const due = alarms.filter((alarm) => alarm.afterMs === afterMs);
      alarms = alarms.filter((alarm) => !due.includes(alarm));
      for (const alarm of due) alarm.ring();
    };
    beforeEach(async () => {
      alarms = [];
      await writer.close();
      writer = await open({
        arm: (afterMs, ring) => {
          const alarm = { afterMs, ring };
          alarms.push(alarm);
          return () => void (alarms = alarms.filter((each) => each !== alarm));
        },
      });
    });

    it("commits at once what somebody waits for, with what was appended before it", async () => {
      const before = writer.append([row("con_soon", 1)]);
      await writer.append([row("con_soon", 2)], { isAwaited: true }).committed;
      await before.committed;
      expect(await stored("con_soon")).toEqual([1, 2]);
    });

    it("gathers what nobody waits for until the clock says so", async () => {
      const { committed } = writer.append([row("con_later", 1)]);
      expect(alarms.map(({ afterMs }) => afterMs)).toEqual([logLimits.flushEveryMs]);
      expect(writer.backlog()).toBe(1);
      ring(logLimits.flushEveryMs);
      await committed;
      expect(await stored("con_later")).toEqual([1]);
    });

    it("begins no second transaction within the same time: those who wait then go together", async () => {
      const transactions = vi.spyOn(real, "insertLog");
      await writer.append([row("con_rest", 1)], { isAwaited: true }).committed;
      const others = [2, 3].map((sequence) => writer.append([row("con_rest", sequence)], { isAwaited: true }));
      await vi.waitFor(() => expect(alarms.map(({ afterMs }) => afterMs)).toContain(logLimits.flushEveryMs));
      expect(writer.backlog()).toBe(2);
      ring(logLimits.flushEveryMs);
      await Promise.all(others.map(({ committed }) => committed));
      expect(transactions).toHaveBeenCalledTimes(2);
      expect(await stored("con_rest")).toEqual([1, 2, 3]);
      transactions.mockRestore();
    });
  });

  it("keeps the sealed bytes as they were", async () => {
    await writer.append([row("con_sealed", 1)]).committed;
    const { rows } = await admin.query<{ sealed: Buffer }>("select sealed from contacts.contact_event where contact_id = 'con_sealed'");
    expect(rows[0]?.sealed.toString()).toBe("secret");
  });

  it("makes rows durable in the spool while PostgreSQL is away, and puts each in once when it is back", async () => {
    away = "refused";
    const first = writer.append([row("con_away", 1), row("con_away", 2)]);
    const second = writer.append([row("con_away", 3)]);
    await Promise.all([first.durable, second.durable]);
    expect((await readFile(join(folder, "log.ndjson"), "utf8")).trim().split("\n")).toHaveLength(2);
    expect(await stored("con_away")).toEqual([]);
    back();
    await Promise.all([first.committed, second.committed]);
    expect(await stored("con_away")).toEqual([1, 2, 3]);
    await vi.waitFor(async () => expect((await stat(join(folder, "log.ndjson"))).size).toBe(0), { timeout: 25_000 });
  });

  it("doesn't wait for a PostgreSQL that hangs: the rows are in the spool within 50 ms", async () => {
    away = "hangs";
    const startedAt = performance.now();
    await writer.append([row("con_hang", 1)]).durable;
    expect(performance.now() - startedAt).toBeLessThan(500); // a loaded machine; alone it is below 50
    expect(await readFile(join(folder, "log.ndjson"), "utf8")).toContain("con_hang");
    back();
    await writer.drained();
    expect(await stored("con_hang")).toEqual([1]);
  });

  it("loses nothing to a kill during the outage: the next start puts the spool in, exactly once", async () => {
    await writer.append([row("con_kill", 1)]).committed;
    away = "refused";
    await writer.append([row("con_kill", 2)]).durable;
    await writer.append([row("con_kill", 3)]).durable;
    const spooled = await readFile(join(folder, "log.ndjson"), "utf8");
    await writer.close();
    // As a kill leaves it: rows that came into PostgreSQL after all, and a torn last line.
    await writeFile(join(folder, "log.ndjson"), `${JSON.stringify([row("con_kill", 1)])}\n${spooled}[{"stream":"contactEv`);
    away = "no";
    writer = await open();
    expect(await stored("con_kill")).toEqual([1, 2, 3]);
  });

  it("keeps a row that PostgreSQL refuses aside and writes the others", async () => {
    const bad = { stream: contactEventStream.name, row: { organisation_id: null, contact_id: "con_bad" } };
    const before = writer.append([row("con_good", 1)]);
    const refused = writer.append([bad]);
    const after = writer.append([row("con_good", 2)]);
    await Promise.all([before.committed, after.committed]);
    await expect(refused.committed).rejects.toThrow();
    expect(await stored("con_good")).toEqual([1, 2]);
    expect(await readFile(join(folder, "refused.ndjson"), "utf8")).toContain("con_bad");
  });

  it("writes on close what was not written yet", async () => {
    writer.append([row("con_close", 1)]);
    await writer.close();
    expect(await stored("con_close")).toEqual([1]);
    writer = await open();
  });
});

describe("the role that writes the log", () => {
  const asLog = (sql: string): Promise<unknown> => real.withLog((tx) => tx.query(sql));
  it.each(["contacts.contact_event", "contacts.agent_event", "routing.journal", "routing.snapshot", "telephony.recording_event"])(
    "may neither read, change nor delete %s",
    async (table) => {
      await expect(asLog(`select 1 from ${table}`)).rejects.toThrow(/permission denied/);
      await expect(asLog(`update ${table} set at = 0`)).rejects.toThrow(/permission denied/);
      await expect(asLog(`delete from ${table}`)).rejects.toThrow(/permission denied/);
      await expect(asLog(`truncate ${table}`)).rejects.toThrow(/permission denied/);
    },
  );
  it("can't touch what the log keeps up to date", async () => {
    await expect(asLog("insert into contacts.open_contact values ('org_trial', 'prj_one', 'con_x', 1)")).rejects.toThrow(
      /permission denied/,
    );
    await expect(asLog("insert into telephony.edge_seen values ('edge', 1, 9, 1)")).rejects.toThrow(/permission denied/);
  });
  it("gives no organisation another's events", async () => {
    await writer.append([row("con_foreign", 1)]).committed;
    const see = (organisationId: string, projectId: string) =>
      real.withScope({ organisationId: organisationId as OrganisationId, projectIds: [projectId as ProjectId] }, (tx) =>
        tx.query("select 1 from contacts.contact_event where contact_id = 'con_foreign'"),
      );
    expect(await see("org_trial", "prj_one")).toHaveLength(1);
    expect(await see("org_trial", "prj_two")).toHaveLength(0);
    expect(await see("org_other", "prj_one")).toHaveLength(0);
  });
});
