import type { CallId } from "@allo/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectSameAccounts } from "./fixtures/same-accounts.ts";
import { ORGANISATION, VoiceWorld } from "./fixtures/voice-world.ts";

let world: VoiceWorld;
beforeEach(async () => {
  world = await VoiceWorld.create();
  world.watch();
});
afterEach(async () => {
  await world.close();
});

async function annTalks(name = "cal_1"): Promise<{ readonly call: CallId; readonly contactId: string }> {
  await world.ready("ann");
  const call = await world.callIn(name);
  await world.soon(() => world.desk("ann").state === "ringing");
  await world.answer("ann");
  return { call, contactId: world.contactOf(call).contactId };
}
const partyOfAnn = () => world.desk("ann").contact?.parties[0];

describe("a number outside", () => {
  const ask = async (contactId: string, how: "consult" | "transfer", number = "+14155550188"): Promise<void> => {
    await world.call("callOutside", "ann", { contactId }, { number, how, note: "Wants the workshop" });
    await world.soon(() => partyOfAnn() !== undefined && world.desk("ann").contact?.heldSince !== null);
  };

  it("is spoken with while the customer is on hold; then the two are left together, and wrap-up begins while they talk", async () => {
    const { call, contactId } = await annTalks();
    world.time.advance(10_000);
    await ask(contactId, "consult");
    expect(world.edge.sent("callOutside")).toMatchObject([
      { callId: call, destination: "+14155550188", trunkIds: ["trk_1"], callerId: { number: "100" }, recorded: false },
    ]);
    expect(partyOfAnn()).toMatchObject({ personId: null, name: "", number: "+14155550188", state: "asked", how: "consult" });
    await expect(world.call("callOutside", "ann", { contactId }, { number: "+1", how: "consult" })).rejects.toMatchObject({
      code: "alreadyConsulting",
    });
    const partyId = partyOfAnn()?.partyId ?? "";
    await expect(world.call("callComplete", "ann", { contactId }, { partyId })).rejects.toMatchObject({ code: "partyGone" });
    world.edge.outsideAnswers(call);
    await world.soon(() => partyOfAnn()?.state === "joined");
    world.time.advance(5_000);
    await world.call("callComplete", "ann", { contactId }, { partyId });
    await world.soon(() => world.desk("ann").state === "wrapUp");
    expect(world.contactOf(call)).toMatchObject({ endedAt: null, talkMs: 15_000, holdMs: 5_000 });

    // Wrap-up may be over long before their talk is.
    await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
    await world.soon(() => world.desk("ann").contact?.contactId !== contactId);
    expect(world.contactOf(call).phase.kind).toBe("passedOn");
    expect(world.settled).toEqual([]);
    world.time.advance(60_000);
    world.edge.hangUp(call, { by: "carrier", why: "outsideLeft" });
    await world.soon(() => world.contactOf(call).phase.kind === "closed");
    await world.soon(() => world.settled.length === 1);
    expect(world.settled).toEqual([65_000]);
    expect(world.contactOf(call)).toMatchObject({ outcome: "answered", agentId: "per_ann", talkMs: 15_000, wrapUpCodeId: "wuc_done" });
    expect(world.contactOf(call).segments).toHaveLength(1);
    await expectSameAccounts(world, call);
  });

  it("passed on at once has the customer as soon as somebody answers there; the customer's hanging up ends it in wrap-up", async () => {
    const { call, contactId } = await annTalks();
    await ask(contactId, "transfer");
    world.edge.outsideAnswers(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    world.time.advance(8_000);
    world.edge.hangUp(call);
    await world.soon(() => world.contactOf(call).endedAt !== null);
    expect(world.contactOf(call).phase.kind).toBe("wrapUp");
    expect(world.settled).toEqual([8_000]);
    await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
    expect(world.contactOf(call).phase.kind).toBe("closed");
    await expectSameAccounts(world, call);
  });

  it("that is busy, refused or given up leaves the customer with the agent", async () => {
    const { call, contactId } = await annTalks();
    world.dialRefusal = "premium";
    await expect(world.call("callOutside", "ann", { contactId }, { number: "+1900", how: "transfer" })).rejects.toMatchObject({
      code: "dialRefused",
      message: "premium",
    });
    expect(world.edge.sent("callOutside")).toEqual([]);
    expect(world.desk("ann").contact?.heldSince).toBeNull();
    world.dialRefusal = null;
    await ask(contactId, "transfer");
    world.edge.outsideFails(call, { by: "caller", why: "busy" });
    await world.soon(() => world.desk("ann").contact?.partyLeft?.why === "busy");
    expect(world.desk("ann")).toMatchObject({ state: "talking", contact: { contactId, aside: false, parties: [] } });
    expect(world.settled).toEqual([null]);
    await ask(contactId, "consult");
    await world.call("callPartyRemove", "ann", { contactId, partyId: partyOfAnn()?.partyId ?? "" }, undefined);
    await world.soon(() => partyOfAnn() === undefined);
    expect(world.edge.sent("partParty")).toHaveLength(1);
    await world.soon(() => world.settled.length === 2);
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    await expectSameAccounts(world, call);
  });

  it("joins a talk of three, and has it alone when the agent's connection is lost for good", async () => {
    const { call, contactId } = await annTalks();
    await ask(contactId, "consult");
    world.edge.outsideAnswers(call);
    await world.soon(() => partyOfAnn()?.state === "joined");
    await world.call("callConference", "ann", { contactId }, undefined);
    await world.soon(() => partyOfAnn()?.place === "talk");
    world.edge.mediaLost(call);
    await world.soon(() => world.desk("ann").contact?.mediaLostSince !== null);
    world.time.advance(30_000);
    await world.soon(() => world.edge.sent("passOn").length === 1 && world.contactOf(call).passedOnAt !== null);
    expect(world.contactOf(call).segments).toHaveLength(1);
  });

  it("left with the customer is seen until it ends: who, with whom, since when, recorded or not; a lead ends it with a reason", async () => {
    world.configure({ queue: { recordOutside: true } });
    const { call, contactId } = await annTalks();
    await ask(contactId, "consult");
    world.edge.outsideAnswers(call);
    await world.soon(() => partyOfAnn()?.state === "joined");
    const seen = () => world.voice.passedOn.list(ORGANISATION);
    const moved: string[] = [];
    world.voice.passedOn.onMoved((organisationId) => void moved.push(organisationId));
    await expect(world.call("callEnd", "bob", { contactId }, { reason: "Nobody is with them" })).rejects.toMatchObject({
      code: "wrongState",
    });
    expect(seen()).toEqual([]);
    await world.call("callComplete", "ann", { contactId }, { partyId: partyOfAnn()?.partyId ?? "" });
    await world.soon(() => world.desk("ann").state === "wrapUp");
    const leftAt = world.time.now();
    expect(seen()).toEqual([
      {
        contactId,
        queueId: world.contactOf(call).queueId,
        by: "per_ann",
        since: leftAt,
        until: leftAt + 7_200_000,
        customerName: null,
        callerNumber: "+14155550123",
        outsideNumber: "+14155550188",
        recording: "on",
      },
    ]);
    expect(moved).toContain(ORGANISATION);

    // Wrap-up may be over; whoever watches sees them still, after a restart too.
    await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
    await world.killCore();
    await world.startCore();
    world.watch();
    expect(seen()).toMatchObject([{ contactId, since: leftAt, outsideNumber: "+14155550188" }]);

    await expect(world.call("callEnd", "bob", { contactId }, { reason: "  " })).rejects.toMatchObject({ code: "invalidInput" });
    expect(world.edge.sent("hangUp")).toEqual([]);
    await world.call("callEnd", "bob", { contactId }, { reason: "The bank has closed" });
    await world.soon(() => world.contactOf(call).phase.kind === "closed");
    expect(world.audited).toEqual(["call.ended"]);
    expect(await world.kinds(call)).toContain("endOrdered");
    expect(world.contactOf(call)).toMatchObject({ outcome: "answered", cause: { by: "agent", why: "endedByLead" } });
    expect(seen()).toEqual([]);
    await expectSameAccounts(world, call);
  });

  it("is still there after a restart of core, with the agent or without", async () => {
    const { call, contactId } = await annTalks();
    await ask(contactId, "consult");
    await world.killCore();
    world.edge.outsideAnswers(call);
    await world.startCore();
    world.watch();
    await world.soon(() => partyOfAnn()?.state === "joined");
    expect(partyOfAnn()?.number).toBe("+14155550188");
    await world.call("callComplete", "ann", { contactId }, { partyId: partyOfAnn()?.partyId ?? "" });
    await world.soon(() => world.desk("ann").state === "wrapUp");
    await world.killCore();
    await world.startCore();
    world.watch();
    world.edge.hangUp(call);
    await world.soon(() => world.contactOf(call).endedAt !== null);
    await expectSameAccounts(world, call);
  });
});

describe("a parked customer", () => {
  const park = async (contactId: string): Promise<void> => {
    await world.call("callPark", "ann", { contactId }, undefined);
    await world.soon(() => world.desk("ann").parked.length === 1);
  };

  it("waits in a slot, and talks with whoever picks them up: one visit, the time in the slot as hold", async () => {
    const { call, contactId } = await annTalks();
    await world.ready("bob");
    world.time.advance(10_000);
    await park(contactId);
    expect(world.desk("ann")).toMatchObject({ state: "ready", contact: null });
    expect(world.desk("bob").parked).toMatchObject([{ contactId, slot: 1, parkedByName: "Name of per_ann", callerNumber: "+14155550123" }]);
    expect(world.edge.sent("detachAgent").at(-1)).toMatchObject({ callId: call, audioIds: ["en/queue.pleaseHold"] });
    world.time.advance(20_000);
    await world.call("callPickUp", "bob", { contactId }, undefined);
    await expect(world.call("callPickUp", "ann", { contactId }, undefined)).rejects.toMatchObject({ code: "pickedUpAlready" });
    await world.soon(() => world.desk("bob").contact?.role === "owner" && world.desk("bob").contact?.connectedAt !== null);
    await world.soon(() => world.desk("ann").parked.length === 0);
    expect(world.desk("bob").contact).toMatchObject({ contactId, heldSince: null, handover: { fromName: "Name of per_ann", how: "park" } });
    // A recording of its own goes on.
    expect(world.edge.sent("pickUp").at(-1)?.recording).not.toBeNull();
    world.time.advance(5_000);
    world.edge.hangUp(call);
    await world.soon(() => world.desk("bob").state === "wrapUp");
    await world.call("wrapUpFinish", "bob", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
    expect(world.contactOf(call)).toMatchObject({ outcome: "answered", agentId: "per_bob", talkMs: 35_000, holdMs: 20_000 });
    expect(world.contactOf(call).segments).toHaveLength(1);
    await expectSameAccounts(world, call);
  });

  it("brings what was written of them to whoever picks up, also what was typed a moment before", async () => {
    const { contactId } = await annTalks();
    await world.ready("bob");
    await world.call("noteDraft", "ann", { contactId }, { text: "Order 17 is late" });
    await park(contactId);
    await world.call("callPickUp", "bob", { contactId }, undefined);
    await world.soon(() => world.desk("bob").contact?.notes.length === 1);
    expect(world.desk("bob").contact?.notes).toMatchObject([{ text: "Order 17 is late", authorName: "Name of per_ann" }]);
    await world.call("noteDraft", "ann", { contactId }, { text: "Order 17 is late: they want a call by noon" });
    await world.soon(() => world.desk("bob").contact?.notes.length === 2);
    expect((await world.admin.query("select 1 from contacts.note_draft")).rows).toEqual([]);
  });

  it("whom nobody picks up rings at whoever parked them, who answers", async () => {
    const { call, contactId } = await annTalks();
    await park(contactId);
    await world.call("deskNotReady", "ann", {}, { reasonId: "rsn_break" });
    world.time.advance(120_000);
    await world.soon(() => world.desk("ann").state === "ringing");
    expect(world.desk("ann").contact).toMatchObject({ contactId, role: "owner" });
    await world.answer("ann");
    await world.soon(() => world.contactOf(call).phase.kind === "talking");
    expect(world.desk("ann")).toMatchObject({ state: "talking", parked: [], contact: { contactId } });
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    await expectSameAccounts(world, call);
  });

  it("else goes to the head of the queue, as a visit of its own", async () => {
    const { call, contactId } = await annTalks();
    await park(contactId);
    await world.call("deskNotReady", "ann", {}, { reasonId: "rsn_break" });
    const later = await world.callIn("cal_2");
    await world.soon(() => world.contactOf(later).phase.kind === "waiting");
    world.time.advance(120_000);
    await world.soon(() => world.desk("ann").state === "ringing");
    world.time.advance(20_000);
    await world.soon(() => world.contactOf(call).phase.kind === "waiting");
    expect(world.desk("ann")).toMatchObject({ state: "notReady", missedRings: 0, parked: [] });
    await world.ready("bob");
    await world.soon(() => world.desk("bob").contact?.contactId === contactId);
    await world.answer("bob");
    world.edge.hangUp(call);
    await world.soon(() => world.desk("bob").state === "wrapUp");
    expect(world.contactOf(call).segments).toHaveLength(2);
    await expectSameAccounts(world, call);
  });

  it("who gives up in the slot stands in the lost calls", async () => {
    const { call, contactId } = await annTalks();
    await park(contactId);
    world.time.advance(30_000);
    world.edge.hangUp(call);
    await world.soon(() => world.contactOf(call).phase.kind === "closed");
    expect(world.desk("ann")).toMatchObject({ parked: [], notCodedCount: 0 });
    expect(world.contactOf(call)).toMatchObject({ leftParked: true, outcome: "answered", cause: { why: "abandoned" } });
    await expectSameAccounts(world, call);
  });

  it("can be hung up on by who picks up, before the two are joined, and by nobody else in the slot", async () => {
    const { call, contactId } = await annTalks();
    await world.ready("bob");
    await park(contactId);
    await expect(world.call("contactHangUp", "ann", { contactId }, undefined)).rejects.toMatchObject({ code: "wrongState" });
    await world.call("callPickUp", "bob", { contactId }, undefined);
    await world.call("contactHangUp", "bob", { contactId }, undefined);
    await world.soon(() => world.contactOf(call).endedAt !== null);
    expect(world.contactOf(call).cause).toEqual({ by: "agent", why: "hungUp" });
    await world.soon(() => world.desk("bob").state !== "talking");
    await expectSameAccounts(world, call);
  });

  it("stays in the slot over a restart of core, and where the phone of who picks up is gone", async () => {
    const { call, contactId } = await annTalks();
    await park(contactId);
    await world.killCore();
    await world.startCore();
    world.watch();
    await world.soon(() => world.desk("ann").parked.length === 1);
    world.edge.bridging = "phoneGone";
    await world.call("callPickUp", "ann", { contactId }, undefined);
    await world.soon(() => world.desk("ann").state === "ready");
    expect(world.contactOf(call).phase.kind).toBe("parked");
    world.edge.bridging = "bridged";
    await world.call("callPickUp", "ann", { contactId }, undefined);
    await world.soon(() => world.contactOf(call).phase.kind === "talking");
  });
});

describe("a call for help", () => {
  it("is dialled out of a wrap-up, though the gate would say no and the database is away", async () => {
    const { call } = await annTalks();
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    world.dialRefusal = "stopped";
    world.database.away = true;
    await world.call("callPlace", "ann", {}, { number: "112" });
    await world.soon(() => world.edge.sent("placeCall").length === 1);
    expect(world.edge.sent("placeCall")).toMatchObject([
      { destination: "112", isEmergency: true, personId: "per_ann", trunkIds: ["trk_1"] },
    ]);
    expect(world.desk("ann")).toMatchObject({ state: "talking", contact: { dialling: true } });
    world.database.away = false;
  });

  it("comes into the talk that goes on, with the customer on hold", async () => {
    const { call, contactId } = await annTalks();
    world.dialRefusal = "stopped";
    await world.call("callPlace", "ann", {}, { number: "112" });
    await world.soon(() => partyOfAnn()?.number === "112");
    expect(world.edge.sent("callOutside")).toMatchObject([{ callId: call, destination: "112", isEmergency: true }]);
    expect(world.desk("ann").contact).toMatchObject({ contactId });
  });
});

describe("a call out is recorded", () => {
  const place = async () => {
    await world.ready("ann");
    await world.call("callPlace", "ann", {}, { number: "+14155550199" });
    await world.soon(() => world.edge.sent("placeCall").length > 0);
    const order = world.edge.sent("placeCall").at(-1);
    if (order === undefined) throw new Error("nothing was placed");
    world.edge.calleeAnswers(order.callId);
    await world.soon(() => world.desk("ann").contact?.connectedAt != null);
    return order;
  };

  it("not at all, unless its queue says so", async () => {
    const order = await place();
    expect(order).toMatchObject({ recording: null, notice: [] });
    expect(world.desk("ann").contact?.recordable).toBe(false);
    await expect(world.call("callRecord", "ann", { contactId: order.contactId }, undefined)).rejects.toMatchObject({ code: "wrongState" });
  });

  it("after a notice that whoever answers hears", async () => {
    world.configure({ queue: { recordOutgoing: "notice" } });
    const order = await place();
    expect(order.recording).not.toBeNull();
    expect(order.notice).toEqual(["en/notice.recorded"]);
  });

  it("once the agent has told the customer, which is in the audit chain first", async () => {
    world.configure({ queue: { recordOutgoing: "told" } });
    const order = await place();
    expect(order).toMatchObject({ recording: null, notice: [] });
    expect(world.desk("ann").contact).toMatchObject({ recordable: true, recording: "off" });
    await world.call("callRecord", "ann", { contactId: order.contactId }, undefined);
    await world.soon(() => world.desk("ann").contact?.recording === "on");
    expect(world.audited).toEqual(["call.recordingTold"]);
    expect(world.desk("ann").contact?.recordable).toBe(false);
  });
});
