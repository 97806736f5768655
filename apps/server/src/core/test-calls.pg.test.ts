// A test call is a contact like another, for one person alone, and counts nowhere.
import type { ContactId, PersonId } from "@allo/kernel";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LookbackWorld } from "./fixtures/lookback-world.ts";

let world: LookbackWorld;
beforeEach(async () => {
  world = await LookbackWorld.create();
});
afterEach(async () => {
  await world?.close();
});

const forAnn = { testCallId: "tst_1", personId: "per_ann" as PersonId };

async function counted(): Promise<Record<string, number>> {
  const tables = ["reporting.segment", "contacts.lost_call", "contacts.lost_call_seen", "contacts.not_coded"];
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const { rows } = await world.voice.admin.query<{ count: number }>(`select count(*)::integer as count from ${table}`);
    counts[table] = rows[0]?.count ?? -1;
  }
  return counts;
}
const nothing = { "reporting.segment": 0, "contacts.lost_call": 0, "contacts.lost_call_seen": 0, "contacts.not_coded": 0 };

it("rings at its person though another has waited longer for a call, owes no code, and is shown for what it is", async () => {
  const { voice } = world;
  await voice.ready("bob");
  voice.time.advance(60_000);
  await voice.ready("ann");
  const id = await voice.callIn("cal_t", null, forAnn);
  await voice.soon(() => voice.desk("ann").state === "ringing");
  expect(voice.desk("bob").state).toBe("ready");
  expect(voice.desk("ann").contact).toMatchObject({ isTest: true, codeOwed: false, callerNumber: null, customer: null });
  // A customer who calls now goes to the other one.
  await voice.callIn("cal_c");
  await voice.soon(() => voice.desk("bob").state === "ringing");
  expect(voice.desk("bob").contact?.isTest).toBe(false);
  await voice.answer("ann");
  const { contactId } = voice.contactOf(id);
  voice.time.advance(20_000);
  voice.edge.hangUp(id);
  await voice.soon(() => voice.desk("ann").state === "wrapUp");
  voice.time.advance(60_000); // wrap-up runs out without a code
  await voice.soon(() => voice.contactOf(id).phase.kind === "closed");
  expect(voice.desk("ann").notCodedCount).toBe(0);

  await world.settled();
  const { rows } = await voice.admin.query<{ contact_id: string }>("select contact_id from reporting.segment");
  expect(rows.map((row) => row.contact_id)).not.toContain(contactId);
  const { items } = await world.call("contactsList", world.principal("lead"), {});
  expect(items.find((row) => row.contactId === contactId)).toMatchObject({ isTest: true, notCoded: false, outcome: "answered" });
  expect(items.filter((row) => row.isTest !== true)).toHaveLength(1);
  const page = await voice.call("contactGet", "ann", { contactId }, undefined);
  expect(page.timeline[0]).toMatchObject({ kind: "contactArrived", details: { test: true, callerHidden: true } });
  expect(page.contact.isTest).toBe(true);
});

it("waits for its person alone; given up it is no lost call, no visit and no figure", async () => {
  const { voice } = world;
  await voice.ready("bob");
  await voice.ready("ann");
  await voice.call("deskNotReady", "ann", {}, { reasonId: "rsn_break" });
  const id = await voice.callIn("cal_t", null, forAnn);
  await voice.soon(() => voice.contactOf(id).phase.kind === "waiting");
  voice.time.advance(10_000);
  expect(voice.desk("bob").state).toBe("ready");
  expect((await world.call("floorGet", world.principal("lead"), {})).waiting).toEqual([]);
  voice.edge.hangUp(id);
  await voice.soon(() => voice.contactOf(id).phase.kind === "closed");
  await world.settled();
  expect(await counted()).toEqual(nothing);
  const floor = await world.call("floorGet", world.principal("lead"), {});
  expect(floor.queues[0]?.today).toMatchObject({ offered: 0, abandoned: 0, refused: 0 });
});

it("is refused where its person isn't there, though others are, and that is no lost call either", async () => {
  const { voice } = world;
  await voice.ready("bob");
  const id = await voice.callIn("cal_t", null, forAnn);
  await voice.soon(() => voice.contactOf(id).phase.kind === "closed");
  expect(voice.contactOf(id).cause).toEqual({ by: "system", why: "nobodySignedIn" });
  await world.settled();
  expect(await counted()).toEqual(nothing);
});

it("stays its person's after the core has started again in the middle of the wait", async () => {
  const { voice } = world;
  await voice.ready("bob");
  await voice.ready("ann");
  await voice.call("deskNotReady", "ann", {}, { reasonId: "rsn_break" });
  const id = await voice.callIn("cal_t", null, forAnn);
  await voice.soon(() => voice.contactOf(id).phase.kind === "waiting");
  const contactId: ContactId = voice.contactOf(id).contactId;
  await voice.killCore();
  await voice.startCore();
  await voice.soon(() => voice.voice.contacts.facts(contactId)?.test?.personId === "per_ann");
  await voice.ready("bob");
  voice.time.advance(2_000);
  expect(voice.desk("bob").state).toBe("ready");
  await voice.ready("ann");
  await voice.soon(() => voice.desk("ann").state === "ringing");
  expect(voice.desk("ann").contact?.contactId).toBe(contactId);
});
