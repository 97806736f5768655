import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TransferAsker } from "@allo/contract";
import type { CallId, DeviceId, PersonId } from "@allo/kernel";
import { segmentsOf } from "../reporting/index.ts";
import { expectSameAccounts } from "./fixtures/same-accounts.ts";
import { VoiceWorld } from "./fixtures/voice-world.ts";
import { referralLimits } from "./referrals.ts";

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
    await expectSameAccounts(world, call);
  });

  it("reads what was written while they were spoken with, and nothing twice", async () => {
    const { contactId } = await annTalks();
    await world.ready("bob");
    await world.call("noteDraft", "ann", { contactId }, { text: "Wants a refund" });
    await world.call("callConsult", "ann", { contactId }, { personId: "per_bob", note: "Wants a refund" });
    await world.soon(() => world.desk("bob").state === "ringing");
    await world.answer("bob");
    await world.soon(() => world.desk("ann").contact?.aside === true);
    const partyId = world.desk("bob").contact?.partyId ?? "";
    await world.call("callComplete", "ann", { contactId }, { partyId, note: "" });
    await world.soon(() => world.desk("bob").contact?.role === "owner");
    await expect.poll(async () => (await world.admin.query("select 1 from contacts.note_draft")).rows).toEqual([]);
    expect((await world.admin.query("select 1 from contacts.note")).rows).toHaveLength(1);
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
    await expectSameAccounts(world, call);
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
    await expectSameAccounts(world, call);
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
    await world.call("noteDraft", "ann", { contactId }, { text: "Says that he comes here" });
    await world.call("callTakeOver", "lea", { contactId }, { reason: "A threat" });
    await world.soon(() => world.desk("lea").contact?.role === "owner");
    expect(world.desk("ann")).toMatchObject({ state: "ready", contact: null });
    await world.soon(() => world.desk("lea").contact?.notes[0]?.text === "Says that he comes here");
    expect(world.audited).toEqual(["call.listen", "call.whisper", "call.barge", "call.takenOver"]);
    world.edge.hangUp(call);
    await world.soon(() => world.desk("lea").state === "wrapUp");
    await expectSameAccounts(world, call);
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

describe("a trainee's mentor", () => {
  beforeEach(() => {
    world.configure({ mentors: new Map([["per_ann" as PersonId, ["per_max" as PersonId]]]) });
  });

  it("goes into the talk of their own trainee alone, with a reason, is heard as a mentor, and can neither join nor take over", async () => {
    const { contactId } = await annTalks();
    await world.ready("max");
    await world.ready("bob");
    expect(world.desk("max").trainees).toMatchObject([
      { personId: "per_ann", state: "talking", contactId, askedAt: null, isAccompanied: false },
    ]);
    expect(world.desk("bob").trainees).toEqual([]);
    await expect(world.call("callMentor", "bob", { contactId }, { reason: "Curious" })).rejects.toMatchObject({ status: 403 });
    await expect(world.call("callMentor", "max", { contactId }, { reason: " " })).rejects.toMatchObject({ status: 400 });
    await world.call("callMentor", "max", { contactId }, { reason: "First week" });
    await world.soon(() => world.desk("max").state === "talking");
    expect(world.edge.sent("joinParty")).toMatchObject([{ personId: "per_max", seat: { kind: "monitor", mode: "mentor" } }]);
    await world.soon(() => world.desk("ann").contact?.parties[0]?.state === "joined");
    expect(world.desk("ann").contact?.parties).toMatchObject([{ name: "Name of per_max", how: "monitor", place: "mentor" }]);
    const partyId = world.desk("max").contact?.partyId ?? "";

    await expect(world.call("callMonitor", "max", { contactId }, { mode: "barge" })).rejects.toMatchObject({ status: 409 });
    await expect(world.call("callTakeOver", "max", { contactId }, {})).rejects.toMatchObject({ status: 403 });
    await expect(world.call("callComplete", "ann", { contactId }, { partyId, note: "" })).rejects.toMatchObject({ code: "partyGone" });
    expect(world.edge.sent("seatParty")).toEqual([]);
    expect(world.edge.sent("handOver")).toEqual([]);
    expect(world.audited).toEqual(["call.mentor"]);

    await world.call("contactHangUp", "max", { contactId }, undefined);
    await world.soon(() => world.desk("max").state === "ready");
    expect(world.desk("ann").state).toBe("talking");
  });

  it("is asked for by the trainee, then needs no reason; a lead and the mentor are in the talk at once", async () => {
    const { call, contactId } = await annTalks();
    expect(world.desk("ann").contact?.mentor).toMatchObject({ names: ["Name of per_max"], available: false, askedAt: null });
    await world.ready("max");
    await world.ready("lea");
    expect(world.desk("ann").contact?.mentor).toMatchObject({ available: true });
    await world.call("callMentorAsk", "ann", { contactId }, { asks: true });
    await world.soon(() => (world.published.findLast(({ key }) => key === "per_max")?.state.trainees?.[0]?.askedAt ?? null) !== null);
    await world.call("callMentorAsk", "ann", { contactId }, { asks: false });
    expect(world.desk("max").trainees).toMatchObject([{ askedAt: null }]);
    await world.call("callMentorAsk", "ann", { contactId }, { asks: true });

    await world.call("callMonitor", "lea", { contactId }, { mode: "listen", reason: "Quality" });
    await world.call("callMentor", "max", { contactId }, {});
    await world.soon(() => world.desk("ann").contact?.parties.filter(({ state }) => state === "joined").length === 2);
    expect(world.desk("max").trainees).toMatchObject([{ askedAt: null, isAccompanied: true }]);
    await world.call("callTakeOver", "lea", { contactId }, {});
    await world.soon(() => world.desk("lea").contact?.role === "owner");
    // The trainee's part is over, and with it the mentor's: nobody stays in the talk of a person whom they don't look after.
    await world.soon(() => world.desk("max").state === "ready");
    expect(world.desk("lea").contact?.parties).toEqual([]);
    expect(await world.kinds(call)).toEqual(expect.arrayContaining(["mentorAsked", "partyInvited", "handedOver"]));
    await expect(world.call("callMentorAsk", "ann", { contactId }, { asks: true })).rejects.toMatchObject({ status: 409 });
  });

  it("can't be asked for by who has none", async () => {
    await world.ready("bob");
    const call = await world.callIn("cal_1");
    await world.soon(() => world.desk("bob").state === "ringing");
    await world.answer("bob");
    const { contactId } = world.contactOf(call);
    expect(world.desk("bob").contact?.mentor).toBeNull();
    await expect(world.call("callMentorAsk", "bob", { contactId }, { asks: true })).rejects.toMatchObject({ status: 409 });
  });
});

describe("a lead who is asked for", () => {
  it("comes without a reason, is heard by the agent alone, and the request is answered", async () => {
    const { call, contactId } = await annTalks();
    await world.ready("lea");
    expect(world.desk("ann").contact?.help).toEqual({ askedAt: null, about: null });
    await expect(world.call("callMonitor", "lea", { contactId }, { mode: "whisper" })).rejects.toMatchObject({ status: 400 });
    await world.call("callHelp", "ann", { contactId }, { asks: true });
    expect(world.desk("ann").contact?.help).toMatchObject({ askedAt: world.time.now(), about: "help" });
    world.time.advance(21_000);
    await world.call("callMonitor", "lea", { contactId }, { mode: "whisper" });
    await world.soon(() => world.desk("ann").contact?.parties.some(({ state }) => state === "joined") === true);
    expect(world.edge.sent("joinParty")).toMatchObject([{ personId: "per_lea", seat: { kind: "monitor", mode: "whisper" } }]);
    // With a lead in the talk there is nobody to ask for.
    expect(world.desk("ann").contact?.help).toBeNull();
    await expect(world.call("callHelp", "ann", { contactId }, { asks: true })).rejects.toMatchObject({ status: 409 });
    expect(world.contactOf(call).helps).toMatchObject([{ how: "answered", answeredBy: "per_lea" }]);
    expect(world.audited).toEqual(["call.whisper"]);
    await expectSameAccounts(world, call);
  });

  it("is asked for by whoever has the call alone, and no longer once it is taken back", async () => {
    const { contactId } = await annTalks();
    await world.ready("bob");
    await expect(world.call("callHelp", "bob", { contactId }, { asks: true })).rejects.toMatchObject({ code: "notYourContact" });
    await world.call("callHelp", "ann", { contactId }, { asks: true });
    await world.call("callHelp", "ann", { contactId }, { asks: false });
    expect(world.desk("ann").contact?.help).toEqual({ askedAt: null, about: null });
  });
});

describe("insults or threats", () => {
  it("end the call after a warning, once a lead had the time to come, and say so as its cause", async () => {
    const { call, contactId } = await annTalks();
    await world.call("callAbuse", "ann", { contactId }, { step: "reported" });
    expect(world.desk("ann").contact).toMatchObject({ help: { about: "abuse" }, abuse: { warnedAt: null, endsFrom: null } });
    await expect(world.call("callAbuse", "ann", { contactId }, { step: "ended" })).rejects.toMatchObject({ code: "tooEarly" });
    await world.call("callAbuse", "ann", { contactId }, { step: "warned" });
    await expect(world.call("callAbuse", "ann", { contactId }, { step: "ended" })).rejects.toMatchObject({ code: "tooEarly" });
    world.time.advance(20_000);
    await world.call("callAbuse", "ann", { contactId }, { step: "ended" });
    expect(world.edge.sent("hangUp")).toMatchObject([{ callId: call, cause: { by: "agent", why: "abuse" } }]);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    expect(world.desk("ann").contact?.cause).toEqual({ by: "agent", why: "abuse" });
    expect((await world.kinds(call)).filter((kind) => kind === "abuseStepped")).toHaveLength(3);
  });
});

describe("the customer's side passes the talk on", () => {
  const ask = (callId: CallId, by: TransferAsker, token = "t1"): void =>
    world.edge.emit({ kind: "transferAsked", at: world.time.now(), callId, token, destination: "+14155550199", by });
  const told = (callId: CallId, status: number, token = "t1"): void =>
    world.edge.emit({ kind: "transferEnded", at: world.time.now(), callId, token, status });
  const trunk = { kind: "trunk", trunkId: "trk_1" } as const;
  const device = (deviceId: string, personId: string | null) => ({
    deviceId,
    personId,
    name: deviceId,
    extension: null,
    autoAnswer: false,
    retired: false,
  });
  beforeEach(() => {
    world.configure({ devices: [device("dev_ann", "per_ann"), device("dev_bob", "per_bob"), device("dev_wall", null)] });
  });

  it("past the gate to the number it names, by its own trunk; the gate hears how long it was talked", async () => {
    const { call, contactId } = await annTalks();
    world.time.advance(5_000);
    ask(call, trunk);
    await world.soon(() => world.edge.sent("moveCustomer").length === 1);
    expect(world.edge.sent("moveCustomer")).toMatchObject([
      { callId: call, token: "t1", trunkIds: ["trk_1"], destination: "+14155550199" },
    ]);
    told(call, 200);
    world.time.advance(7_000);
    world.edge.hangUp(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    await world.call("wrapUpFinish", "ann", { contactId }, { wrapUpCodeId: "wuc_done", note: "" });
    expect(await world.kinds(call)).toContain("customerMoved");
    expect(world.settled).toEqual([7_000]);
    await expectSameAccounts(world, call);
  });

  it("not where the gate refuses, nobody answers, nobody talks, or the trunk is another's", async () => {
    await world.ready("ann");
    const call = await world.callIn("cal_1");
    await world.soon(() => world.desk("ann").state === "ringing");
    ask(call, trunk, "ringing");
    await world.soon(() => world.edge.sent("refuseTransfer").length === 1);
    await world.answer("ann");
    world.dialRefusal = "countryClosed";
    ask(call, trunk, "closed");
    await world.soon(() => world.edge.sent("refuseTransfer").length === 2);
    world.dialRefusal = "notANumber";
    ask(call, trunk, "nonsense");
    await world.soon(() => world.edge.sent("refuseTransfer").length === 3);
    world.dialRefusal = null;
    ask(call, { kind: "trunk", trunkId: "trk_other" }, "other");
    await world.soon(() => world.edge.sent("refuseTransfer").length === 4);
    expect(world.edge.sent("refuseTransfer").map(({ token, status }) => [token, status])).toEqual([
      ["ringing", 603],
      ["closed", 603],
      ["nonsense", 404],
      ["other", 603],
    ]);
    expect(world.edge.sent("moveCustomer")).toEqual([]);
    ask(call, trunk, "busy");
    await world.soon(() => world.edge.sent("moveCustomer").length === 1);
    told(call, 486, "busy");
    await world.soon(() => world.settled.length === 1);
    expect(world.settled).toEqual([null]);
    expect(world.desk("ann").state).toBe("talking");
    expect(await world.kinds(call)).not.toContain("customerMoved");
  });

  it("never to an emergency number, which no limit of the gate would hold up, and not in a circle without end", async () => {
    const { call } = await annTalks();
    world.edge.emit({ kind: "transferAsked", at: world.time.now(), callId: call, token: "help", destination: "112", by: trunk });
    await world.soon(() => world.edge.sent("refuseTransfer").length === 1);
    expect(world.edge.sent("refuseTransfer")).toMatchObject([{ token: "help", status: 603 }]);
    for (let times = 1; times <= referralLimits.asksPerCallMax; times += 1) {
      ask(call, trunk, `round ${String(times)}`);
      await world.soon(() => world.edge.sent("moveCustomer").length + world.edge.sent("refuseTransfer").length === times + 1);
      told(call, 200, `round ${String(times)}`);
    }
    expect(world.edge.sent("refuseTransfer").at(-1)).toMatchObject({ status: 603 });
    expect(world.edge.sent("moveCustomer")).toHaveLength(referralLimits.asksPerCallMax - 1);
  });

  it("at a phone of ours only by who may work at a desk, and so is a line taken over", async () => {
    const { call } = await annTalks();
    for (const deviceId of ["dev_bob", "dev_wall", "dev_unknown"]) {
      ask(call, { kind: "device", deviceId: deviceId as DeviceId }, deviceId);
      world.edge.emit({
        kind: "pickUpAsked",
        at: world.time.now(),
        callId: call,
        token: `pick ${deviceId}`,
        deviceId: deviceId as DeviceId,
      });
    }
    await world.soon(() => world.edge.sent("refuseTransfer").length === 6);
    expect(new Set(world.edge.sent("refuseTransfer").map(({ status }) => status))).toEqual(new Set([403]));
    ask(call, { kind: "device", deviceId: "dev_ann" as DeviceId }, "ann");
    await world.soon(() => world.edge.sent("moveCustomer").length === 1);
    world.edge.emit({ kind: "pickUpAsked", at: world.time.now(), callId: call, token: "pick", deviceId: "dev_ann" as DeviceId });
    await world.soon(() => world.edge.sent("allowPickUp").length === 1);
    expect(world.audited).toEqual(["call.pickedUp"]);
    told(call, 200, "pick");
    expect(await world.kinds(call)).toContain("customerMoved");
  });
});

describe("a queue whose calls connect by themselves", () => {
  it("tells the agent which project, then connects without a press; a press before it is the same", async () => {
    world.configure({ queue: { autoAnswer: true }, nameAudioId: "name.bank" });
    await world.ready("ann");
    const first = await world.callIn("cal_1");
    await world.soon(() => world.desk("ann").state === "ringing");
    expect(world.desk("ann").contact?.answersItself).toBe(true);
    expect(world.edge.sent("announcePhone")).toMatchObject([{ phoneId: "phn_ann", audioIds: ["tone.accept", "en/name.bank"] }]);
    expect(world.edge.sent("ringPhone")).toEqual([]);
    world.edge.announced();
    await world.soon(() => world.desk("ann").state === "talking");
    world.edge.hangUp(first);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    await world.call("wrapUpFinish", "ann", { contactId: world.contactOf(first).contactId }, { wrapUpCodeId: "wuc_done", note: "" });

    world.configure({ queue: { autoAnswer: true } });
    await world.callIn("cal_2");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.answer("ann");
    world.edge.announced(); // late: it is answered
    expect(world.desk("ann").state).toBe("talking");
  });

  it("says it again after a restart of core in the middle of it", async () => {
    world.configure({ queue: { autoAnswer: true } });
    await world.ready("ann");
    await world.callIn("cal_1");
    await world.soon(() => world.desk("ann").state === "ringing");
    await world.voice.writer.drained();
    await world.killCore();
    await world.startCore();
    world.presence("ann", true);
    world.time.advance(1_000);
    await world.soon(() => world.edge.sent("announcePhone").length === 2);
    world.edge.announced();
    await world.soon(() => world.desk("ann").state === "talking");
  });
});

describe("a customer on hold", () => {
  it("is reminded of by the queue's tone, in hold and in consultation; not where the queue wants none", async () => {
    world.configure({ queue: { holdReminderSeconds: 45, holdReminderEverySeconds: 15 } });
    const { contactId } = await annTalks();
    await world.call("contactHold", "ann", { contactId }, undefined);
    expect(world.edge.sent("hold")).toMatchObject([{ reminder: { afterMs: 45_000, everyMs: 15_000, audioId: "tone.reminder" } }]);
    await world.soon(() => world.desk("ann").contact?.heldSince != null);
    await world.call("contactResume", "ann", { contactId }, undefined);
    await world.soon(() => world.desk("ann").contact?.heldSince === null);
    world.configure({ queue: { holdReminderSeconds: 0 } });
    await world.call("contactHold", "ann", { contactId }, undefined);
    expect(world.edge.sent("hold").at(-1)).toMatchObject({ reminder: null });
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
    await expectSameAccounts(world, order.callId);
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
    await expectSameAccounts(world, order.callId);
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
