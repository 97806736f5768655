// A drill on the real program: core and edge are killed while callers of the program's own listen; what was counted is what happened.
import type { Drill, DrillTarget } from "@allo/contract";
import { createCallers } from "@allo/node-caller";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openCentre, type Centre } from "./centre.ts";

const CALLERS = 3;
/** Core's death is to be heard by nobody; a busy machine may hold up packets. */
const SILENT_MS_MAX = 500;

let centre: Centre;
beforeAll(async () => {
  centre = await openCentre();
}, 120_000);
afterAll(() => centre.program.stop());

const begin = (target: DrillTarget, confirmation: string = target): Promise<Drill> =>
  centre.admin.call("drillCreate", { body: { target, callerCount: CALLERS, confirmation } });

/** Its own connection is gone for a while where core is what dies. */
async function untilOver(drillId: string): Promise<Drill> {
  const found = async (): Promise<Drill | null> => {
    const board = await centre.admin.call("drillsGet").catch(() => null);
    return board?.items.find((drill) => drill.drillId === drillId && drill.endedAt !== null) ?? null;
  };
  await expect.poll(found, { timeout: 120_000, interval: 500 }).not.toBeNull();
  const drill = await found();
  if (drill === null) throw new Error("the drill is gone");
  if (process.env["ALLO_TEST_SAY"] !== undefined) process.stdout.write(`${JSON.stringify(drill)}\n`);
  return drill;
}

test("core is killed: every caller goes on hearing music, no contact ends, and a new call is answered when it is back", async () => {
  const pid = centre.program.pidOf("core");
  const drill = await untilOver((await begin("core")).drillId);
  expect(drill).toMatchObject({ target: "core", outcome: "done", reason: null, callerCount: CALLERS });
  expect(centre.program.pidOf("core")).not.toBe(pid);
  const { figures, log } = drill;
  expect(figures?.callers).toHaveLength(CALLERS);
  for (const caller of figures?.callers ?? []) {
    expect(caller).toMatchObject({ lived: true, end: null });
    expect(caller.silentMs).toBeLessThanOrEqual(SILENT_MS_MAX);
  }
  expect(figures?.backMs).toBeGreaterThan(0);
  expect(figures?.newCallMs).toBeGreaterThanOrEqual(figures?.backMs ?? 0);
  expect(log).toEqual({ contacts: CALLERS, closed: [], lostCalls: 0, owed: 0, leftOpen: 0 });
}, 180_000);

test("edge is killed: every call ends, its contact closes with the cause and would be owed a call back, and a new call is answered", async () => {
  const pid = centre.program.pidOf("edge");
  const drill = await untilOver((await begin("edge")).drillId);
  expect(drill).toMatchObject({ target: "edge", outcome: "done", reason: null });
  expect(centre.program.pidOf("edge")).not.toBe(pid);
  const { figures, log } = drill;
  expect(figures?.callers.map(({ lived }) => lived)).toEqual(Array.from({ length: CALLERS }, () => false));
  for (const { silentMs } of figures?.callers ?? []) expect(silentMs).toBeGreaterThan(1_000);
  expect(figures?.newCallMs).toBeGreaterThan(0);
  expect(log).toEqual({ contacts: CALLERS, closed: [{ why: "edgeLost", count: CALLERS }], lostCalls: CALLERS, owed: CALLERS, leftOpen: 0 });
}, 180_000);

test("the callers of drills are counted nowhere and were offered to nobody; who ordered them stands in the audit list", async () => {
  const contacts = (await centre.admin.call("contactsList", { query: { limit: 100 } })).items;
  // Of each drill its callers and the new call.
  await expect.poll(async () => (await centre.admin.call("contactsList", { query: { limit: 100 } })).items.length).toBe(2 * (CALLERS + 1));
  expect(contacts.every(({ isTest, agentName }) => isTest && agentName === null)).toBe(true);
  expect((await centre.admin.call("lostCallsList", { query: {} })).items).toEqual([]);
  expect((await centre.admin.call("floorGet")).waiting).toEqual([]);
  const audited = (await centre.admin.call("auditList", { query: { objectType: "exchange" } })).items;
  expect(audited.filter(({ action }) => action === "exchange.drill")).toHaveLength(2);
});

test("it is refused with its reason while a customer's call goes on, and without the typed word; nothing is killed", async () => {
  const [core, edge] = [centre.program.pidOf("core"), centre.program.pidOf("edge")];
  await expect(begin("core", "kore")).rejects.toThrow(/400.*confirmation/);
  const callers = await createCallers({ bindAddress: "127.0.0.1", clock: { now: () => Date.now() } });
  onTestFinished(() => callers.close());
  const call = callers.place({
    target: { address: "127.0.0.1", port: centre.program.sipPort },
    number: centre.number,
    from: { number: "+442079460123" },
  });
  await expect.poll(async () => (await centre.admin.call("drillsGet")).callsOpen).toBe(1);
  for (const target of ["core", "edge"] as const) await expect(begin(target)).rejects.toThrow(/409.*callsGoOn/);
  expect((await centre.admin.call("drillsGet")).obstacles).toEqual({ core: "callsGoOn", edge: "callsGoOn" });
  call.hangUp();
  await expect.poll(async () => (await centre.admin.call("drillsGet")).obstacles).toEqual({ core: null, edge: null });
  expect([centre.program.pidOf("core"), centre.program.pidOf("edge")]).toEqual([core, edge]);
});

test("a customer who calls while its callers gather calls it off, and one at a time is enough", async () => {
  const pid = centre.program.pidOf("edge");
  const { drillId } = await begin("edge");
  await expect(begin("core")).rejects.toThrow(/409.*underWay/);
  const callers = await createCallers({ bindAddress: "127.0.0.1", clock: { now: () => Date.now() } });
  onTestFinished(() => callers.close());
  callers.place({
    target: { address: "127.0.0.1", port: centre.program.sipPort },
    number: centre.number,
    from: { number: "+442079460124" },
  });
  expect(await untilOver(drillId)).toMatchObject({ outcome: "calledOff", reason: "callsGoOn", figures: null, log: null });
  expect(centre.program.pidOf("edge")).toBe(pid);
}, 60_000);
