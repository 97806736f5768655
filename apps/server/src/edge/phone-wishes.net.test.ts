// What an agent does at their own phone in a talk, at an edge as a process with a core played by the test: baresip's keys, and a played
// phone for what baresip can't do.
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFailed, onTestFinished, test } from "vitest";
import type { DeviceState, EdgeConfig, EdgeEvent } from "@allo/contract";
import type { CallId, ContactId, NumberId, OfferId, PartyId, PersonId, PhoneId } from "@allo/kernel";
import { SAMPLE_RATE, toneShare } from "@allo/media";
import { baresipDial, baresipPhone, hasBaresip, type BaresipPhone } from "@allo/testkit";
import { playCore } from "./fixtures/played-core.ts";
import { headersOf, playPhone, type PlayedPhone } from "./fixtures/played-phone.ts";
import { deviceConfig, phonesConfig, startPhonesEdge } from "./fixtures/phones-edge.ts";
import type { StartedEdge } from "./fixtures/started-edge.ts";

const able = hasBaresip() ? test : test.skip;
const [CALLER_HZ, AGENT_HZ, ASIDE_HZ, COLLEAGUE_HZ, MUSIC_HZ] = [620, 1_300, 1_700, 900, 2_500] as const;
const PASSWORD = "a-long-password-of-a-device";
const [PHONE, COLLEAGUE] = ["dev_201" as PhoneId, "dev_202" as PhoneId];
const [ANN, BOB] = ["per_ann" as PersonId, "per_bob" as PersonId];

let edge: StartedEdge;
let core: StartedEdge["core"];
let serial = 0;

const devices = (autoAnswer = false) => ["201", "202"].map((name) => deviceConfig(`dev_${name}`, name, PASSWORD, { autoAnswer }));
const config = (folder: string, autoAnswer = false): EdgeConfig => phonesConfig(folder, devices(autoAnswer));

beforeAll(async () => {
  edge = await startPhonesEdge(MUSIC_HZ, devices());
  ({ core } = edge);
});
afterAll(async () => {
  if (core !== edge.core) await core.close();
  await edge.stop();
});

const since = (from: number) => core.events.slice(from);
async function until<K extends EdgeEvent["kind"]>(kind: K, from: number): Promise<Extract<EdgeEvent, { kind: K }>> {
  const find = () => since(from).find((event): event is Extract<EdgeEvent, { kind: K }> => event.kind === kind);
  await expect.poll(find, { message: kind }).toBeDefined();
  return find() as Extract<EdgeEvent, { kind: K }>;
}
const stateOf = (phoneId: PhoneId): DeviceState | undefined =>
  core.devices.findLast(({ deviceId }) => deviceId === (phoneId as string))?.state;
async function hears(who: { readonly heard: () => Int16Array }, hz: number): Promise<void> {
  await expect.poll(() => toneShare(who.heard().slice(-SAMPLE_RATE), hz), { message: `${hz} Hz is heard` }).toBeGreaterThan(0.6);
}
/** Nothing of earlier phones is left, and the edge has read that before a phone registers. */
async function forgetPhones(autoAnswer = false): Promise<void> {
  core.post({ kind: "edgeConfig", config: { ...config(edge.folder), devices: [] } });
  core.post({ kind: "edgeConfig", config: config(edge.folder, autoAnswer) });
  serial += 1;
  const test = { testCallId: `read_${serial}`, personId: ANN };
  const source = { address: "127.0.0.1", port: 1 };
  core.command({ kind: "admitCaller", source, numberId: "num_1" as NumberId, until: 0, test });
  await expect.poll(() => core.admitted).toContain(test.testCallId);
}
async function baresip(username: string, toneHz: number): Promise<BaresipPhone> {
  const phone = baresipPhone({ username, password: PASSWORD, port: edge.ports.phone, toneHz });
  onTestFinished(() => phone.close());
  onTestFailed(() => void process.stderr.write(phone.output()));
  await phone.registered;
  await expect.poll(() => stateOf(`dev_${username}` as PhoneId)?.canRing).toBe(true);
  return phone;
}
async function played(userAgent?: string): Promise<PlayedPhone> {
  const phone = await playPhone({
    username: "201",
    password: PASSWORD,
    port: edge.ports.phone,
    tones: { first: AGENT_HZ, second: ASIDE_HZ, others: [CALLER_HZ, COLLEAGUE_HZ] },
    ...(userAgent === undefined ? {} : { userAgent }),
  });
  onTestFinished(() => phone.close());
  expect(await phone.register()).toBe(200);
  await expect.poll(() => stateOf(PHONE)?.canRing).toBe(true);
  return phone;
}

/** A caller in the queue's music, offered to the phone. */
async function offered() {
  const from = core.events.length;
  serial += 1;
  const caller = baresipDial({ uri: `sip:600@127.0.0.1:${edge.ports.sip}`, toneHz: CALLER_HZ });
  const { callId } = await until("callArrived", from);
  onTestFinished(() => {
    core.command({ kind: "hangUp", callId, cause: { by: "system", why: "technical" } });
    caller.kill();
  });
  const contactId = `con_${serial}` as ContactId;
  core.command({ kind: "acceptCall", callId, contactId, token: "greeting", greeting: [], thenLoop: "music.main" });
  await caller.established;
  const offerId = `off_${serial}` as OfferId;
  core.command({ kind: "ringPhone", phoneId: PHONE, audioId: "tone.ring", offerId, shown: { number: "+442079460777", name: null } });
  return { from, caller, callId, offerId };
}
const bridge = ({ callId, offerId }: { readonly callId: CallId; readonly offerId: OfferId }): void =>
  core.command({ kind: "bridge", callId, offerId, phoneId: PHONE, personId: ANN, recording: null, holdLoop: "music.main" });
/** The colleague, rung and picked up, takes part in the call. */
async function colleagueComes(phone: BaresipPhone, callId: CallId, partyId: PartyId, from: number): Promise<void> {
  const seat = { kind: "aside" } as const;
  core.command({ kind: "joinParty", callId, partyId, phoneId: COLLEAGUE, personId: BOB, seat });
  await expect.poll(() => phone.ringing()).not.toBeNull();
  phone.answer();
  await until("partyJoined", from);
}

able(
  "sip-rtp 6.2 RFC 3515: a transfer pressed at a phone that isn't ours holds the customer and asks core; refused, the agent is called back; done, the phone is free",
  { timeout: 60_000 },
  async () => {
    await forgetPhones();
    const [phone, colleague] = [await baresip("201", AGENT_HZ), await baresip("202", COLLEAGUE_HZ)];
    const call = await offered();
    await expect.poll(() => phone.ringing()).not.toBeNull();
    phone.answer();
    await until("phoneAnswered", call.from);
    bridge(call);
    await until("callBridged", call.from);
    await hears(call.caller, AGENT_HZ);

    phone.transfer("sip:999@127.0.0.1");
    const refused = await until("phoneTransferAsked", call.from);
    expect(refused).toMatchObject({ callId: call.callId, phoneId: PHONE, destination: "999" });
    await until("callHeld", call.from);
    await hears(call.caller, MUSIC_HZ);
    const { token } = refused;
    // This phone hangs up when it hears of that: the customer is still there, and it is called back.
    core.command({ kind: "tellPhone", phoneId: PHONE, token, status: 603 });
    await until("agentMediaLost", call.from);
    core.command({ kind: "callPhone", phoneId: PHONE, personId: ANN, shown: { number: null, name: null } });
    await expect.poll(() => phone.ringing()).not.toBeNull();
    phone.answer();
    await until("agentMediaRestored", call.from);
    core.command({ kind: "resume", callId: call.callId });
    await hears(call.caller, AGENT_HZ);
    await hears(phone, CALLER_HZ);

    const from = core.events.length;
    phone.transfer("sip:202@127.0.0.1");
    const asked = await until("phoneTransferAsked", from);
    const tell = (status: number): void => core.command({ kind: "tellPhone", phoneId: PHONE, token: asked.token, status });
    tell(180);
    const partyId = "pty_1" as PartyId;
    await colleagueComes(colleague, call.callId, partyId, from);
    core.command({ kind: "handOver", callId: call.callId, partyId, loop: "music.main" });
    await until("handedOver", from);
    tell(200);
    await hears(call.caller, COLLEAGUE_HZ);
    await hears(colleague, CALLER_HZ);
    // The phone's own call is over, and nobody else's.
    await expect.poll(() => phone.counts().closed).toBe(2);
    expect(since(from).some(({ kind }) => kind === "callEnded")).toBe(false);
    colleague.putDown();
    expect(await until("callEnded", from)).toMatchObject({ cause: { by: "agent", why: "hungUp" } });
    await call.caller.closed;
  },
);

able(
  "sip-rtp 6.2 RFC 3891: with a second call in hand the phone's transfer key leaves the customer with whoever is there; a phone that holds gets no audio",
  { timeout: 60_000 },
  async () => {
    await forgetPhones();
    const [phone, colleague] = [await played(), await baresip("202", COLLEAGUE_HZ)];
    const call = await offered();
    const { dialogId } = await phone.rung();
    phone.answer(dialogId);
    await until("phoneAnswered", call.from);
    bridge(call);
    await expect.poll(() => phone.first.hears()).toEqual([CALLER_HZ]);

    // sip-rtp 6.3 RFC 3264 §8.4: whoever holds wants no audio.
    phone.hold(dialogId, "sendonly");
    await until("callHeld", call.from);
    const stillHeard = async (): Promise<number> => {
      const before = phone.first.frames;
      await hears(call.caller, MUSIC_HZ);
      return phone.first.frames - before;
    };
    await stillHeard(); // what was on its way
    expect(await stillHeard()).toBeLessThan(3);

    // The second call: whoever is dialled is spoken with aside.
    const second = phone.dial("202");
    const asked = await until("phoneConsultAsked", call.from);
    expect(asked).toMatchObject({ callId: call.callId, phoneId: PHONE, destination: "202" });
    const tellSecond = (status: number): void => core.command({ kind: "tellPhone", phoneId: PHONE, token: asked.token, status });
    tellSecond(180);
    await expect.poll(() => phone.of("inviteProgressed").some(({ response }) => response.status === 180)).toBe(true);
    const partyId = "pty_2" as PartyId;
    await colleagueComes(colleague, call.callId, partyId, call.from);
    tellSecond(200);
    core.command({ kind: "stepAside", callId: call.callId, loop: "music.main" });
    await expect.poll(() => phone.second.hears()).toEqual([COLLEAGUE_HZ]);
    await hears(colleague, ASIDE_HZ);

    // Back to the customer and to the colleague again, by the phone's own keys.
    phone.hold(second, "sendonly");
    phone.hold(dialogId, "sendrecv");
    await expect.poll(() => phone.first.hears()).toEqual([CALLER_HZ]);
    await hears(call.caller, AGENT_HZ);
    phone.hold(dialogId, "sendonly");
    await expect.poll(() => since(call.from).filter(({ kind }) => kind === "callHeld").length).toBe(2);
    phone.hold(second, "sendrecv");
    await hears(colleague, ASIDE_HZ);

    const from = core.events.length;
    phone.refer(dialogId, { user: "202", replacing: second });
    const transfer = await until("phoneTransferAsked", from);
    expect(transfer.destination).toBeNull();
    core.command({ kind: "handOver", callId: call.callId, partyId, loop: "music.main" });
    await until("handedOver", from);
    core.command({ kind: "tellPhone", phoneId: PHONE, token: transfer.token, status: 200 });
    await expect.poll(() => phone.told()).toEqual([100, 200]);
    await expect.poll(() => phone.of("dialogEnded").length).toBe(2);
    await hears(call.caller, COLLEAGUE_HZ);
    await hears(colleague, CALLER_HZ);
    core.command({ kind: "hangUp", callId: call.callId, cause: { by: "agent", why: "hungUp" } });
    await call.caller.closed;
  },
);

able(
  "a phone that answers questions and turns calls away is offered none for a while, and it is said so",
  { timeout: 30_000 },
  async () => {
    await forgetPhones();
    const phone = await played();
    const call = await offered();
    const { dialogId } = await phone.rung();
    phone.reject(dialogId, 503);
    expect(await until("phoneRefused", call.from)).toMatchObject({ why: "notReached" });
    await expect.poll(() => stateOf(PHONE)).toMatchObject({ canRing: false, trouble: { what: "turnsAway", status: 503 } });
    // Registered again, and so asked again: it takes calls no more than before.
    const refreshed = stateOf(PHONE)?.contacts[0]?.expiresAt ?? 0;
    expect(await phone.register()).toBe(200);
    await expect.poll(() => stateOf(PHONE)?.contacts[0]?.expiresAt).toBeGreaterThan(refreshed);
    const [contact] = stateOf(PHONE)?.contacts ?? [];
    expect(contact).toMatchObject({ answers: false });
    expect((contact?.blockedUntil ?? 0) - Date.now()).toBeGreaterThan(20_000);
    expect(stateOf(PHONE)?.canRing).toBe(false);
  },
);

able(
  "asked to answer by itself only where that is set, when its person has answered on the screen; in the words of its software",
  { timeout: 40_000 },
  async () => {
    await forgetPhones();
    const NAMES = ["Answer-Mode", "Call-Info", "Alert-Info"];
    const plain = await played();
    const call = await offered();
    expect(headersOf(await plain.rung(), ...NAMES)).toEqual([null, null, null]);
    bridge(call);
    plain.answer(plain.of("inviteReceived")[0]?.dialogId ?? "");
    await until("callBridged", call.from);
    expect(plain.of("inviteReceived")).toHaveLength(1);
    core.command({ kind: "hangUp", callId: call.callId, cause: { by: "agent", why: "hungUp" } });
    await call.caller.closed;
    await plain.close();

    await forgetPhones(true);
    const phone = await played("Grandstream GXP2170 1.0.11.16");
    const other = await offered();
    // While it rings it is a call like any other.
    expect(headersOf(await phone.rung(), ...NAMES)).toEqual([null, null, null]);
    bridge(other);
    const [answerMode, callInfo, alertInfo] = headersOf(await phone.rung(), ...NAMES);
    expect([answerMode, alertInfo]).toEqual([null, null]);
    expect(callInfo).toMatch(/^<sip:127\.0\.0\.1>;answer-after=0$/u);
  },
);

able(
  "while the exchange runs empty phones stay registered and may register; what they dial is for core, which lets them call for help",
  { timeout: 30_000 },
  async () => {
    await forgetPhones();
    const phone = await played();
    core.post({ kind: "drain", on: true });
    await expect.poll(() => core.drains.at(-1)?.draining?.by).toBe("operator");
    expect(await phone.register()).toBe(200);
    expect(stateOf(PHONE)).toMatchObject({ canRing: true });
    const dialled = async (onlyForHelp: boolean, status: number): Promise<void> => {
      const from = core.events.length;
      phone.dial("112");
      const { token, ...asked } = await until("phoneDialAsked", from);
      expect(asked).toMatchObject({ phoneId: PHONE, destination: "112", onlyForHelp });
      core.command({ kind: "tellPhone", phoneId: PHONE, token, status });
      await expect.poll(() => phone.of("inviteRejected").at(-1)?.status).toBe(status);
    };
    await dialled(true, 503);
    core.post({ kind: "drain", on: false });
    await expect.poll(() => core.drains.at(-1)?.draining).toBeNull();
    await dialled(false, 404);
  },
);

able(
  "a talk on a desk phone outlives core; the core that comes back is told of it, and the phone ends it",
  { timeout: 60_000 },
  async () => {
    await forgetPhones();
    const phone = await baresip("201", AGENT_HZ);
    const call = await offered();
    await expect.poll(() => phone.ringing()).not.toBeNull();
    phone.answer();
    await until("phoneAnswered", call.from);
    bridge(call);
    await until("callBridged", call.from);
    await hears(call.caller, AGENT_HZ);
    await core.close();
    // Nobody is there to ask: the two talk on, and hold at the phone is hold.
    phone.hold();
    await hears(call.caller, MUSIC_HZ);
    phone.resume();
    await hears(call.caller, AGENT_HZ);
    core = await playCore(join(edge.folder, "bus.sock"), config(edge.folder));
    await expect
      .poll(() => core.hellos.at(-1)?.calls)
      .toContainEqual(expect.objectContaining({ callId: call.callId, phase: "bridged", personId: ANN }));
    await expect.poll(() => stateOf(PHONE)).toMatchObject({ call: "talking", canRing: true });
    await hears(phone, CALLER_HZ);
    phone.putDown();
    expect(await until("callEnded", 0)).toMatchObject({ callId: call.callId, cause: { by: "agent", why: "hungUp" } });
    await call.caller.closed;
  },
);
