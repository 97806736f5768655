import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CallId } from "@allo/kernel";
import { accountOf, segmentsOf, type LogLine } from "../reporting/index.ts";
import { VoiceWorld } from "./fixtures/voice-world.ts";

let world: VoiceWorld;
beforeEach(async () => {
  world = await VoiceWorld.create();
  world.watch();
});
afterEach(async () => {
  await world.close();
});

/** Ann talks with a caller; Bob is at his desk. */
async function annTalks(name = "cal_1"): Promise<{ readonly call: CallId; readonly contactId: string }> {
  await world.ready("ann");
  const call = await world.callIn(name);
  await world.soon(() => world.desk("ann").state === "ringing");
  await world.answer("ann");
  return { call, contactId: world.contactOf(call).contactId };
}

/** What the second account makes of the contact's log is what the fold made of it. */
async function expectSameAccounts(call: CallId): Promise<void> {
  await world.voice.writer.drained();
  const facts = world.contactOf(call);
  const { rows } = await world.admin.query<{ sequence: number; at: string; kind: string; payload: Record<string, unknown> }>(
    "select sequence, at, kind, payload from contacts.contact_event where contact_id = $1 order by sequence",
    [facts.contactId],
  );
  const lines: LogLine[] = rows.map(({ sequence, at, kind, payload }) => ({
    contactId: facts.contactId,
    sequence,
    at: Number(at),
    kind,
    data: payload,
  }));
  const account = accountOf(lines);
  expect(account.problems).toEqual([]);
  expect(account).toMatchObject({ outcome: facts.outcome, talkMs: facts.talkMs, holdMs: facts.holdMs });
  const counted = account.visits.map(({ visit, queueId, exit, connectedMs, holdMs }) => ({ visit, queueId, exit, connectedMs, holdMs }));
  expect(segmentsOf(facts)).toMatchObject(counted);
}

describe("a colleague is asked", () => {
  it("rings with who calls and why, is spoken with while the customer is on hold, and takes the call over", async () => {
    const { call, contactId } = await annTalks();
    await world.ready("bob");
    world.time.advance(10_000);
    const targets = await world.call("callTargets", "ann", { contactId }, undefined);
    expect(targets.agents).toEqual([{ personId: "per_bob", name: "Name of per_bob", state: "ready", available: true }]);

    await world.call("callConsult", "ann", { contactId }, { personId: "per_bob", note: "Wants a refund; the order is found" });
    await world.soon(() => world.desk("bob").state === "ringing" && (world.desk("bob").contact?.notes.length ?? 0) > 0);
    expect(world.desk("bob").contact).toMatchObject({
      contactId,
      role: "consult",
      ownerName: "Name of per_ann",
      callerNumber: "+14155550123",
      notes: [{ text: "Wants a refund; the order is found", authorName: "Name of per_ann" }],
    });
    await world.soon(() => world.desk("ann").contact?.heldSince !== null);
    await world.answer("bob");
    await world.soon(() => world.desk("ann").contact?.aside === true);
    expect(world.edge.sent("joinParty")).toMatchObject([{ callId: call, personId: "per_bob", seat: { kind: "aside" } }]);

    world.time.advance(5_000);
    await world.call("callTurn", "ann", { contactId }, { to: "customer" });
    await world.soon(() => world.desk("ann").contact?.heldSince === null);
    await world.call("callTurn", "ann", { contactId }, { to: "colleague" });
    await world.soon(() => world.desk("ann").contact?.heldSince !== null);
    world.time.advance(3_000);

    const partyId = world.desk("bob").contact?.partyId ?? "";
    await world.call("callComplete", "ann", { contactId }, { partyId, note: "" });
    await world.soon(() => world.desk("bob").contact?.role === "owner");
    expect(world.desk("ann")).toMatchObject({ state: "ready", contact: null });
    expect(world.desk("bob").contact).toMatchObject({
      handover: { fromName: "Name of per_ann", how: "consult" },
      heldSince: null,
      parties: [],
    });

    world.time.advance(20_000);
    world.edge.hangUp(call);
    await world.soon(() => world.desk("bob").state === "wrapUp");
    await world.call("wrapUpFinish", "bob", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
    const facts = world.contactOf(call);
    expect(facts).toMatchObject({ outcome: "answered", agentId: "per_bob", talkMs: 38_000, holdMs: 8_000 });
    // Counted once: one visit to one queue.
    expect(facts.segments).toHaveLength(1);
    await expectSameAccounts(call);
  });

  it("who is not ready may be asked, and is not ready again afterwards; who talks may not", async () => {
    const { contactId } = await annTalks();
    await world.ready("bob");
    await world.call("deskNotReady", "bob", {}, { reasonId: "rsn_break" });
    await world.call("callConsult", "ann", { contactId }, { personId: "per_bob" });
    await world.soon(() => world.desk("bob").state === "ringing");
    await world.answer("bob");
    await expect(world.call("callConsult", "ann", { contactId }, { personId: "per_cat" })).rejects.toMatchObject({
      code: "alreadyConsulting",
    });
    // By leaving: the call is Ann's.
    await world.call("contactHangUp", "bob", { contactId }, undefined);
    await world.soon(() => world.desk("bob").state === "notReady");
    expect(world.desk("bob").reasonId).toBe("rsn_break");
    expect(world.desk("ann").contact).toMatchObject({ partyLeft: { name: "Name of per_bob", why: "left" }, parties: [] });
    expect(world.desk("ann").state).toBe("talking");
    await expect(world.call("callConsult", "ann", { contactId }, { personId: "per_nobody" })).rejects.toMatchObject({
      code: "colleagueBusy",
    });
    await expect(world.call("callConsult", "bob", { contactId }, { personId: "per_ann" })).rejects.toMatchObject({
      code: "notYourContact",
    });
  });

  it("unanswered, the customer is still here and nobody is blamed", async () => {
    const { call, contactId } = await annTalks();
    await world.ready("bob");
    await world.call("callTransferToAgent", "ann", { contactId }, { personId: "per_bob", note: "Knows the tariff" });
    await world.soon(() => world.desk("bob").state === "ringing");
    expect(world.desk("bob").contact?.role).toBe("transfer");
    world.time.advance(20_000);
    await world.soon(() => world.desk("bob").state === "ready");
    expect(world.desk("bob").missedRings).toBe(0);
    expect(world.desk("ann")).toMatchObject({
      state: "talking",
      contact: { contactId, partyLeft: { why: "notAnswered", how: "transfer" } },
    });
    expect(world.edge.sent("handOver")).toEqual([]);
    await world.call("callTransferToAgent", "ann", { contactId }, { personId: "per_bob" });
    await world.soon(() => world.desk("bob").state === "ringing");
    await world.answer("bob");
    await world.soon(() => world.desk("bob").contact?.role === "owner");
    expect(world.desk("ann").state).toBe("ready");
    world.edge.hangUp(call);
    await world.soon(() => world.desk("bob").state === "wrapUp");
    await expectSameAccounts(call);
  });

  it("takes the ring back when the agent changes their mind, and when the customer leaves", async () => {
    const { call, contactId } = await annTalks();
    await world.ready("bob");
    await world.call("callConsult", "ann", { contactId }, { personId: "per_bob" });
    await world.soon(() => world.desk("bob").state === "ringing");
    const [party] = world.desk("ann").contact?.parties ?? [];
    await world.call("callPartyRemove", "ann", { contactId, partyId: party?.partyId ?? "" }, undefined);
    await world.soon(() => world.desk("bob").state === "ready");
    await world.call("callConsult", "ann", { contactId }, { personId: "per_bob" });
    await world.soon(() => world.desk("bob").state === "ringing");
    world.edge.hangUp(call);
    await world.soon(() => world.desk("bob").state === "ready" && world.desk("ann").state === "wrapUp");
  });

  it("joins all in one talk, of which each may leave", async () => {
    const { call, contactId } = await annTalks();
    await world.ready("bob");
    await world.call("callConsult", "ann", { contactId }, { personId: "per_bob" });
    await world.soon(() => world.desk("bob").state === "ringing");
    await world.answer("bob");
    await world.soon(() => world.desk("ann").contact?.aside === true);
    await world.call("callConference", "ann", { contactId }, undefined);
    await world.soon(() => world.desk("bob").contact?.parties[0]?.place === "talk");
    await world.soon(() => world.desk("ann").contact?.heldSince === null);
    await world.call("contactMute", "bob", { contactId }, { muted: true });
    await world.soon(() => world.desk("bob").contact?.muted === true);
    expect(world.desk("ann").contact?.muted).toBe(false);
    // Ann's connection is lost for good: Bob has the customer, who waits in no queue.
    world.edge.mediaLost(call);
    await world.soon(() => world.desk("ann").contact?.mediaLostSince !== null);
    world.time.advance(30_000);
    await world.soon(() => world.desk("bob").contact?.role === "owner");
    expect(world.contactOf(call).segments).toHaveLength(1);
  });

  it("is still there after a restart of core", async () => {
    const { call, contactId } = await annTalks();
    await world.ready("bob");
    await world.call("callConsult", "ann", { contactId }, { personId: "per_bob" });
    await world.soon(() => world.desk("bob").state === "ringing");
    await world.answer("bob");
    await world.soon(() => world.desk("ann").contact?.aside === true);
    await world.killCore();
    await world.startCore();
    world.watch();
    await world.soon(() => world.desk("bob").contact?.role === "consult");
    expect(world.desk("ann")).toMatchObject({ state: "talking", contact: { contactId, parties: [{ name: "Name of per_bob" }] } });
    const partyId = world.desk("bob").contact?.partyId ?? "";
    await world.call("callComplete", "ann", { contactId }, { partyId });
    await world.soon(() => world.desk("bob").contact?.role === "owner");
    world.edge.hangUp(call);
    await world.soon(() => world.desk("bob").state === "wrapUp");
  });
});

describe("a call sent to a queue", () => {
  it("is a visit of its own there; who sent it is free", async () => {
    const { call, contactId } = await annTalks();
    await world.ready("bob");
    world.time.advance(10_000);
    await world.call("callTransferToQueue", "ann", { contactId }, { queueId: "que_sales", note: "For sales" });
    await world.soon(() => world.contactOf(call).segments.length === 2);
    expect(world.edge.sent("detachAgent").at(-1)).toMatchObject({ callId: call, audioIds: ["en/queue.pleaseHold"] });
    // Whoever has waited longest for a call gets it.
    await world.soon(() => world.desk("bob").state === "ringing");
    expect(world.desk("ann").state).toBe("ready");
    await world.answer("bob");
    expect(world.desk("bob").contact).toMatchObject({ role: "owner", handover: { fromName: "Name of per_ann", how: "queue" } });
    world.time.advance(7_000);
    world.edge.hangUp(call);
    await world.soon(() => world.desk("bob").state === "wrapUp");
    await world.call("wrapUpFinish", "bob", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
    expect(world.contactOf(call)).toMatchObject({ outcome: "answered", agentId: "per_bob", talkMs: 17_000 });
    await expectSameAccounts(call);
  });

  it("stays where it is when the queue isn't one of the project", async () => {
    const { contactId } = await annTalks();
    await expect(world.call("callTransferToQueue", "ann", { contactId }, { queueId: "que_other" })).rejects.toMatchObject({ status: 400 });
    expect(world.desk("ann").state).toBe("talking");
  });
});

describe("a lead in an agent's call", () => {
  it("listens, whispers, joins and takes over, each in the audit chain before a word is heard; the agent sees it", async () => {
    const { call, contactId } = await annTalks();
    await world.ready("lea");
    await expect(world.call("callMonitor", "lea", { contactId }, { mode: "listen", reason: " " })).rejects.toMatchObject({ status: 400 });
    await world.call("callMonitor", "lea", { contactId }, { mode: "listen", reason: "First week" });
    await world.soon(() => world.desk("lea").state === "talking");
    expect(world.edge.sent("joinParty")).toMatchObject([{ personId: "per_lea", seat: { kind: "monitor", mode: "listen" } }]);
    expect(world.desk("lea").contact).toMatchObject({ contactId, role: "monitor", ownerName: "Name of per_ann" });
    await world.soon(() => world.desk("ann").contact?.parties[0]?.state === "joined");
    expect(world.desk("ann").contact?.parties).toMatchObject([{ name: "Name of per_lea", place: "listen" }]);
    const partyId = world.desk("lea").contact?.partyId ?? "";
    await expect(world.call("callPartyRemove", "ann", { contactId, partyId }, undefined)).rejects.toMatchObject({ status: 403 });

    await world.call("callMonitor", "lea", { contactId }, { mode: "whisper" });
    await world.soon(() => world.desk("ann").contact?.parties[0]?.place === "whisper");
    await world.call("callMonitor", "lea", { contactId }, { mode: "barge", reason: "First week" });
    await world.soon(() => world.desk("ann").contact?.parties[0]?.place === "barge");
    await world.call("callTakeOver", "lea", { contactId }, { reason: "A threat" });
    await world.soon(() => world.desk("lea").contact?.role === "owner");
    expect(world.desk("ann")).toMatchObject({ state: "ready", contact: null });
    expect(world.audited).toEqual(["call.listen", "call.whisper", "call.barge", "call.takenOver"]);
    world.edge.hangUp(call);
    await world.soon(() => world.desk("lea").state === "wrapUp");
    await expectSameAccounts(call);
  });

  it("leaves, and is as before; not while in a call of their own", async () => {
    const { contactId } = await annTalks();
    await world.ready("lea");
    await world.call("callMonitor", "lea", { contactId }, { mode: "listen", reason: "Coaching" });
    await world.soon(() => world.desk("lea").state === "talking");
    await world.call("contactHangUp", "lea", { contactId }, undefined);
    await world.soon(() => world.desk("lea").state === "ready");
    await expect(world.call("callTakeOver", "lea", { contactId }, { reason: "x" })).rejects.toMatchObject({ code: "wrongState" });
    await expect(world.call("callMonitor", "ann", { contactId }, { mode: "listen", reason: "x" })).rejects.toMatchObject({
      code: "wrongState",
    });
  });
});

describe("a call that an agent places", () => {
  const place = async (body: { readonly number: string; readonly queueId?: string; readonly lostCallId?: string }) => {
    await world.call("callPlace", "ann", {}, body);
    await world.soon(() => world.edge.sent("placeCall").length > 0 && world.desk("ann").contact?.ringingSince != null);
    const order = world.edge.sent("placeCall").at(-1);
    if (order === undefined) throw new Error("nothing was placed");
    return order;
  };

  it("is in the log before the carrier is asked, shows the project's number, and is coded like any other", async () => {
    await world.ready("ann");
    const order = await place({ number: "+14155550199", lostCallId: "los_1" });
    expect(order).toMatchObject({
      destination: "+14155550199",
      trunkIds: ["trk_1"],
      callerId: { number: "100" },
      personId: "per_ann",
      recording: null,
    });
    expect(await world.kinds(order.callId)).toEqual(["contactArrived", "dialled", "calleeRinging"]);
    expect(world.desk("ann")).toMatchObject({
      state: "talking",
      contact: { direction: "out", dialling: true, callerNumber: "+14155550199", role: "owner" },
    });
    world.time.advance(6_000);
    world.edge.calleeAnswers(order.callId);
    await world.soon(() => world.desk("ann").contact?.connectedAt != null);
    expect(world.desk("ann").contact?.dialling).toBe(false);
    world.time.advance(30_000);
    world.edge.hangUp(order.callId);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    await world.call("wrapUpFinish", "ann", { contactId: order.contactId }, { wrapUpCodeId: "wuc_done", note: "" });
    expect(world.contactOf(order.callId)).toMatchObject({
      outcome: "answered",
      talkMs: 30_000,
      segments: [],
      outbound: { agentId: "per_ann", lostCallId: "los_1" },
    });
    expect(world.settled).toEqual([30_000]);
    // No queue counts it.
    expect(segmentsOf(world.contactOf(order.callId))).toEqual([]);
    await expectSameAccounts(order.callId);
  });

  it("that reaches nobody leaves its agent as they were, with what became of it", async () => {
    await world.ready("ann");
    await world.call("deskNotReady", "ann", {}, { reasonId: "rsn_break" });
    const order = await place({ number: "+14155550199" });
    world.edge.hangUp(order.callId, { by: "caller", why: "busy" });
    await world.soon(() => world.desk("ann").state === "notReady");
    expect(world.desk("ann")).toMatchObject({
      reasonId: "rsn_break",
      contact: null,
      notCodedCount: 0,
      lastDial: { number: "+14155550199", cause: { why: "busy" } },
    });
    expect(world.contactOf(order.callId)).toMatchObject({ outcome: "notReached", phase: { kind: "closed" } });
    expect(world.settled).toEqual([null]);
    await expectSameAccounts(order.callId);
    // Given up by the agent before anybody answered.
    const second = await place({ number: "+14155550100" });
    await world.call("contactHangUp", "ann", { contactId: second.contactId }, undefined);
    await world.soon(() => world.desk("ann").state === "notReady");
    expect(world.contactOf(second.callId).cause).toEqual({ by: "agent", why: "hungUp" });
  });

  it("isn't placed where the gate says no, nor in another call, nor for a queue that isn't there", async () => {
    await world.ready("ann");
    world.dialRefusal = "premium";
    await expect(world.call("callPlace", "ann", {}, { number: "+1900" })).rejects.toMatchObject({ code: "dialRefused", status: 409 });
    world.dialRefusal = "notANumber";
    await expect(world.call("callPlace", "ann", {}, { number: "abc" })).rejects.toMatchObject({ code: "numberUnreadable" });
    world.dialRefusal = null;
    await expect(world.call("callPlace", "ann", {}, { number: "+1", queueId: "que_other" })).rejects.toMatchObject({ status: 400 });
    await expect(world.call("callPlace", "bob", {}, { number: "+1" })).rejects.toMatchObject({ code: "notSignedIn" });
    await place({ number: "+14155550199" });
    await expect(world.call("callPlace", "ann", {}, { number: "+14155550100" })).rejects.toMatchObject({ code: "wrongState" });
    expect(world.edge.sent("placeCall")).toHaveLength(1);
  });

  it("isn't placed while the exchange runs empty, but for help", async () => {
    await world.ready("ann");
    world.isDraining = true;
    await expect(world.call("callPlace", "ann", {}, { number: "+14155550199" })).rejects.toMatchObject({ code: "exchangeDraining" });
    expect(world.settled).toEqual([null]); // what the gate had set aside is given back
    await place({ number: "112" });
    expect(world.edge.sent("placeCall")).toMatchObject([{ destination: "112", isEmergency: true }]);
  });

  it("isn't placed while it can't be written down", async () => {
    await world.ready("ann");
    world.database.away = true;
    await world.call("callPlace", "ann", {}, { number: "+14155550199" });
    world.time.advance(2_000);
    await world.soon(() => world.desk("ann").state === "ready");
    expect(world.edge.sent("placeCall")).toEqual([]);
    world.database.away = false;
  });

  it("goes on over a restart of core, answered or not", async () => {
    await world.ready("ann");
    const order = await place({ number: "+14155550199" });
    await world.killCore();
    world.edge.calleeAnswers(order.callId);
    await world.startCore();
    world.watch();
    await world.soon(() => world.desk("ann").contact?.connectedAt != null);
    world.edge.hangUp(order.callId);
    await world.soon(() => world.desk("ann").state === "wrapUp");
  });
});
