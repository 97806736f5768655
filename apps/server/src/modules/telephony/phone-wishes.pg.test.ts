import type { CallId, PhoneId } from "@allo/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectSameAccounts } from "./fixtures/same-accounts.ts";
import { ANNS_PHONE, chooseAnnsPhone, phonesWorld } from "./fixtures/phones-world.ts";
import type { VoiceWorld } from "./fixtures/voice-world.ts";

const PHONE = ANNS_PHONE;
let world: VoiceWorld;
beforeEach(async () => {
  world = await phonesWorld();
});
afterEach(async () => {
  await world.close();
});

/** Ann talks on her desk phone. */
async function annTalks(name = "cal_1"): Promise<{ readonly call: CallId; readonly contactId: string }> {
  await chooseAnnsPhone(world);
  await world.call("deskReady", "ann", {}, undefined);
  const call = await world.callIn(name);
  await world.soon(() => world.desk("ann").state === "ringing");
  world.edge.devicePickedUp(PHONE);
  await world.soon(() => world.desk("ann").state === "talking");
  return { call, contactId: world.contactOf(call).contactId };
}
const at = (): number => world.time.now();
/** REFER at the phone: the edge holds the customer with it. */
function passOn(callId: CallId, destination: string | null, token = "r1", phoneId = PHONE): void {
  world.edge.emit({ kind: "phoneTransferAsked", at: at(), callId, token, phoneId, destination });
  if (world.desk("ann").contact?.heldSince == null) world.edge.emit({ kind: "callHeld", at: at(), callId });
}
const consult = (callId: CallId, destination: string, token = "c1"): void =>
  world.edge.emit({ kind: "phoneConsultAsked", at: at(), callId, token, phoneId: PHONE, destination });
const told = (token = "r1"): readonly number[] =>
  world.edge
    .sent("tellPhone")
    .filter((each) => each.token === token)
    .map(({ status }) => status);

describe("the transfer key of an agent's own phone", () => {
  it("gives the customer to a colleague as soon as they answer, as the desk's button does", async () => {
    const { call } = await annTalks();
    await world.ready("bob");
    world.time.advance(10_000);
    passOn(call, "202");
    await world.soon(() => world.desk("bob").state === "ringing");
    await world.soon(() => told().includes(180));
    expect(world.desk("ann")).toMatchObject({ state: "talking", contact: { parties: [{ personId: "per_bob", how: "transfer" }] } });
    await world.answer("bob");
    await world.soon(() => world.desk("bob").contact?.role === "owner");
    await world.soon(() => told().at(-1) === 200);
    expect(told()).toEqual([180, 200]);
    expect(world.desk("ann").contact).toBeNull();
    world.edge.hangUp(call);
    await world.soon(() => world.desk("bob").state === "wrapUp");
    expect(await world.kinds(call)).toEqual(expect.arrayContaining(["held", "partyInvited", "partyJoined", "handedOver"]));
    await expectSameAccounts(world, call);
  });

  it("unanswered or declined there leaves the customer with the agent, whose phone is called again where it was put down", async () => {
    const { call } = await annTalks();
    await world.ready("bob");
    passOn(call, "202");
    await world.soon(() => world.desk("bob").state === "ringing");
    world.edge.mediaLost(call);
    await world.soon(() => world.desk("ann").contact?.mediaLostSince !== null);
    // Longer than an agent is waited for: whoever is asked has the time of the ring.
    await world.call("offerDecline", "bob", { offerId: world.desk("bob").contact?.offerId ?? "" }, undefined);
    await world.soon(() => told().at(-1) === 603);
    expect(world.edge.sent("callPhone")).toMatchObject([{ phoneId: PHONE, personId: "per_ann" }]);
    world.time.advance(29_000);
    expect(world.contactOf(call).phase).toMatchObject({ kind: "talking", agentId: "per_ann" });
    world.edge.mediaRestored(call);
    await world.soon(() => world.desk("ann").contact?.heldSince === null);
    expect(world.edge.sent("resume")).toHaveLength(1);
  });

  it("refused, a phone that hangs up because of it is called back as well", async () => {
    const { call } = await annTalks();
    passOn(call, "202");
    await world.soon(() => told().at(-1) === 486);
    expect(world.edge.sent("callPhone")).toEqual([]);
    world.edge.mediaLost(call);
    await world.soon(() => world.edge.sent("callPhone").length === 1);
    world.edge.mediaRestored(call);
    await world.soon(() => world.edge.sent("resume").length === 1);
  });

  it("to a number of ours sends the customer to its queue, and to nobody else's", async () => {
    const { call } = await annTalks();
    await world.ready("bob");
    world.time.advance(10_000);
    passOn(call, "100");
    await world.soon(() => world.contactOf(call).segments.length === 2);
    await world.soon(() => told().at(-1) === 200);
    await world.soon(() => world.desk("bob").state === "ringing");
    expect(world.desk("ann").state).toBe("ready");
  });

  it("to a number outside goes past the gate; the agent is in wrap-up while the two talk", async () => {
    const { call } = await annTalks();
    passOn(call, "+14155550188");
    await world.soon(() => world.edge.sent("callOutside").length === 1);
    expect(world.edge.sent("callOutside")).toMatchObject([{ callId: call, destination: "+14155550188", trunkIds: ["trk_1"] }]);
    await world.soon(() => told().includes(180));
    world.edge.outsideAnswers(call);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    expect(told()).toEqual([180, 200]);
    world.edge.hangUp(call);
    await world.soon(() => world.settled.length === 1);
    await expectSameAccounts(world, call);
  });

  it("is refused as the desk would refuse it", async () => {
    const { call } = await annTalks();
    world.dialRefusal = "switchedOff";
    passOn(call, "+14155550188", "gate");
    await world.soon(() => told("gate").length === 1);
    world.dialRefusal = "notANumber";
    passOn(call, "no number", "letters");
    await world.soon(() => told("letters").length === 1);
    passOn(call, "202", "away");
    await world.soon(() => told("away").length === 1);
    passOn(call, "201", "self");
    await world.soon(() => told("self").length === 1);
    passOn(call, null, "nobody");
    await world.soon(() => told("nobody").length === 1);
    passOn(call, "202", "stranger", "dev_bob" as PhoneId);
    await world.soon(() => told("stranger").length === 1);
    expect(["gate", "letters", "away", "self", "nobody", "stranger"].map((token) => told(token))).toEqual(
      [603, 404, 486, 603, 603, 603].map((status) => [status]),
    );
    expect(world.desk("ann").state).toBe("talking");
    expect(world.edge.sent("callOutside")).toEqual([]);
    // One that comes late was given up at the phone long ago.
    const late = world.time.now();
    world.time.advance(20_000);
    world.edge.emit({ kind: "phoneTransferAsked", at: late, callId: call, token: "late", phoneId: PHONE, destination: "100" });
    await world.soon(() => told("late").length === 1);
    expect(world.contactOf(call).segments).toHaveLength(1);
  });
});

describe("a second call from an agent's own phone", () => {
  it("is a consultation; with both in hand the transfer key gives the customer over", async () => {
    const { call } = await annTalks();
    await world.ready("bob");
    consult(call, "202");
    await world.soon(() => world.desk("bob").state === "ringing");
    await world.soon(() => told("c1").includes(180));
    await world.answer("bob");
    await world.soon(() => told("c1").at(-1) === 200);
    expect(world.desk("ann").contact).toMatchObject({ parties: [{ personId: "per_bob", how: "consult", state: "joined" }] });
    passOn(call, null);
    await world.soon(() => world.desk("bob").contact?.role === "owner");
    await world.soon(() => told("r1").at(-1) === 200);
    // The phone's second call is over with it, and nobody is parted by that.
    world.edge.emit({ kind: "phoneConsultOver", at: at(), callId: call, token: "c1" });
    await world.soon(() => world.edge.unseenCount === 0);
    expect(world.edge.sent("partParty")).toEqual([]);
    await expectSameAccounts(world, call);
  });

  it("put down there brings the agent back to the customer; given up, nobody rings on", async () => {
    const { call } = await annTalks();
    await world.ready("bob");
    consult(call, "202");
    await world.soon(() => world.desk("bob").state === "ringing");
    world.edge.emit({ kind: "phoneConsultOver", at: at(), callId: call, token: "c1" });
    await world.soon(() => world.desk("bob").state !== "ringing");
    consult(call, "+14155550188", "c2");
    await world.soon(() => world.edge.sent("callOutside").length === 1);
    world.edge.outsideAnswers(call);
    await world.soon(() => told("c2").at(-1) === 200);
    const partyId = world.desk("ann").contact?.parties[0]?.partyId;
    world.edge.emit({ kind: "phoneConsultOver", at: at(), callId: call, token: "c2" });
    await world.soon(() => world.edge.sent("partParty").at(-1)?.partyId === partyId);
    await world.soon(() => world.desk("ann").contact?.parties.length === 0);
    expect(world.desk("ann").state).toBe("talking");
  });

  it("ends when whoever was asked leaves; a queue is nobody to speak with", async () => {
    const { call } = await annTalks();
    consult(call, "100", "c0");
    await world.soon(() => told("c0").length === 1);
    expect(told("c0")).toEqual([404]);
    consult(call, "+14155550188");
    await world.soon(() => world.edge.sent("callOutside").length === 1);
    world.edge.outsideFails(call, { by: "caller", why: "busy" });
    await world.soon(() => told("c1").at(-1) === 486);
  });
});
