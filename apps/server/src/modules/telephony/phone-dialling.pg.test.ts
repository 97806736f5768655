import type { InternalCallId, PhoneId } from "@allo/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dialRefusalLimits } from "./dial-refusals.ts";
import { ANNS_PHONE, chooseAnnsPhone, phonesWorld } from "./fixtures/phones-world.ts";
import type { VoiceWorld } from "./fixtures/voice-world.ts";
import { phoneDialLimits } from "./phone-dialling.ts";

const PHONE = ANNS_PHONE;
let world: VoiceWorld;
beforeEach(async () => {
  world = await phonesWorld();
});
afterEach(async () => {
  await world.close();
});

async function annReady(): Promise<void> {
  await chooseAnnsPhone(world);
  await world.call("deskReady", "ann", {}, undefined);
}
const dial = (destination: string, { token = "d1", phoneId = PHONE, onlyForHelp = false, at = world.time.now() } = {}): void =>
  world.edge.emit({ kind: "phoneDialAsked", at, token, phoneId, destination, onlyForHelp });
const told = (token = "d1"): readonly unknown[] =>
  world.edge
    .sent("tellPhone")
    .filter((each) => each.token === token)
    .map(({ status, reason }) => [status, reason]);
async function refused(status: number, code: string): Promise<void> {
  await world.soon(() => told().length === 1);
  expect(told()).toEqual([[status, expect.any(String)]]);
  expect(world.desk("ann").dialRefusal).toMatchObject({ code });
  expect(world.edge.sent("beginInternal")).toEqual([]);
  expect(world.edge.sent("placeCall")).toEqual([]);
}

describe("a colleague dialled by extension", () => {
  it("is a call between colleagues by the phone that is at the ear, and no contact", async () => {
    await annReady();
    await world.ready("bob");
    dial("202");
    await world.soon(() => world.desk("bob").state === "ringing");
    expect(world.edge.sent("beginInternal")).toMatchObject([
      { caller: { phoneId: PHONE, personId: "per_ann" }, calleeId: "per_bob", dialToken: "d1" },
    ]);
    expect(world.desk("ann")).toMatchObject({ contact: null, internalCall: { side: "caller", name: "Name of per_bob", phase: "ringing" } });
    expect(world.desk("bob").internalCall).toMatchObject({ side: "callee", name: "Name of per_ann" });
    await world.call("offerAccept", "bob", { offerId: world.desk("bob").internalCall?.offerId ?? "" }, undefined);
    await world.soon(() => world.desk("ann").internalCall?.phase === "talking");
    const internalCallId = world.desk("ann").internalCall?.internalCallId as InternalCallId;
    await world.call("internalCallHangUp", "bob", { internalCallId }, undefined);
    expect(world.desk("ann")).toMatchObject({ state: "ready", dialRefusal: null });
    expect(told()).toEqual([]);
    expect(world.arrivals).toEqual([]);
  });

  it.each([
    ["declined", 603],
    ["notAnswered", 480],
  ] as const)("%s says so at the phone before its call is ended", async (what, status) => {
    await annReady();
    await world.ready("bob");
    dial("202");
    await world.soon(() => world.desk("bob").state === "ringing");
    const { offerId } = world.desk("bob").internalCall ?? {};
    if (what === "declined") await world.call("offerDecline", "bob", { offerId: offerId ?? "" }, undefined);
    else world.time.advance(20_000);
    await world.soon(() => world.edge.sent("endInternal").length === 1);
    expect(told()).toEqual([[status, expect.any(String)]]);
    expect(world.desk("ann").lastInternalCall).toMatchObject({ personId: "per_bob", outcome: what });
  });

  it("is refused as at the desk: not free, oneself, a phone of nobody, without the right", async () => {
    await annReady();
    dial("202");
    await refused(486, "colleagueNotFree");
    dial("201", { token: "d2" });
    await world.soon(() => told("d2").length === 1);
    expect(told("d2")).toEqual([[486, expect.any(String)]]);
    world.presence("bob", true);
    world.edge.device("dev_bob", true);
    await world.call("deskPhonePut", "bob", {}, { deviceId: "dev_bob" });
    await world.call("deskReady", "bob", {}, undefined);
    dial("201", { token: "d3", phoneId: "dev_bob" as PhoneId });
    await world.soon(() => told("d3").length === 1);
    expect(told("d3")).toEqual([[403, expect.any(String)]]);
    expect(world.desk("bob").dialRefusal).toMatchObject({ code: "forbidden" });
    dial("202", { token: "d4", phoneId: "dev_wall" as PhoneId });
    await world.soon(() => told("d4").length === 1);
    expect(told("d4")).toEqual([[403, expect.any(String)]]);
  });

  it("signed out, nothing but help can be called, and the desk says why when it is open again", async () => {
    world.edge.device(PHONE, true);
    await world.call("deskPhonePut", "ann", {}, { deviceId: PHONE });
    dial("202");
    await refused(403, "notSignedIn");
    world.time.advance(dialRefusalLimits.shownMs);
    expect(world.desk("ann").dialRefusal).toBeNull();
    dial("112", { token: "d2" });
    await world.soon(() => world.edge.sent("placeCall").length === 1);
    expect(world.edge.sent("placeCall")).toMatchObject([{ phoneId: PHONE, destination: "112", isEmergency: true, dialToken: "d2" }]);
  });

  it("while the exchange runs empty or is full there is none, but for help; what was long on its way is dropped", async () => {
    await annReady();
    await world.ready("bob");
    world.isDraining = true;
    dial("202", { onlyForHelp: true });
    await refused(503, "exchangeDraining");
    world.isDraining = false;
    dial("202", { token: "d2", onlyForHelp: true });
    await world.soon(() => told("d2").length === 1);
    expect(world.desk("ann").dialRefusal).toMatchObject({ code: "exchangeFull" });
    dial("202", { token: "d3", at: world.time.now() - phoneDialLimits.staleMs - 1 });
    await world.soon(() => told("d3").length === 1);
    expect(world.edge.sent("beginInternal")).toEqual([]);
    dial("112", { token: "d4", onlyForHelp: true });
    await world.soon(() => world.edge.sent("placeCall").length === 1);
  });
});

describe("a number outside, dialled at the phone", () => {
  it("is the desk's outgoing call: committed first, by the phone that dialled, and wrapped up", async () => {
    await annReady();
    dial("+12025550123");
    await world.soon(() => world.edge.sent("placeCall").length === 1);
    const [order] = world.edge.sent("placeCall");
    expect(order).toMatchObject({ phoneId: PHONE, personId: "per_ann", destination: "+12025550123", dialToken: "d1" });
    const callId = order?.callId as never;
    expect(world.contactOf(callId)).toMatchObject({ deviceId: "dev_ann", outbound: { agentId: "per_ann" } });
    world.edge.calleeAnswers(callId);
    await world.soon(() => world.desk("ann").contact?.connectedAt != null);
    expect(told()).toEqual([]);
    world.edge.hangUp(callId);
    await world.soon(() => world.desk("ann").state === "wrapUp");
    // In wrap-up as at the desk's button.
    dial("+12025550124", { token: "d2" });
    await world.soon(() => told("d2").length === 1);
    expect(told("d2")).toEqual([[486, expect.any(String)]]);
    expect(world.desk("ann").dialRefusal).toMatchObject({ code: "wrongState" });
  });

  it("which the gate doesn't let through is refused with its reason, at the phone and on the desk", async () => {
    await annReady();
    world.dialRefusal = "countryNotAllowed";
    dial("+33142685300");
    await refused(403, "dialRefused");
    expect(world.desk("ann").dialRefusal).toMatchObject({ detail: "countryNotAllowed" });
    // The next one is another matter.
    world.dialRefusal = null;
    dial("+12025550123", { token: "d2" });
    await world.soon(() => world.edge.sent("placeCall").length === 1);
    expect(world.desk("ann").dialRefusal).toBeNull();
  });

  it("while the database is away begins nothing, and the phone hears so", async () => {
    await annReady();
    world.database.away = true;
    dial("+12025550123");
    await world.soon(() => {
      world.time.advance(100);
      return told().length === 1;
    });
    expect(told()).toEqual([[503, expect.any(String)]]);
    expect(world.edge.sent("placeCall")).toEqual([]);
  });
});
