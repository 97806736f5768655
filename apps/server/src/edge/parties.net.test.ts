// Who hears whom in a call of three, by the orders of core down to the packets: each says a tone of their own.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CoreCommand, EdgeEvent } from "@allo/contract";
import type { CallId, ContactId, NumberId, OfferId, PartyId, PersonId, PhoneId, ProjectId, RecordingId } from "@allo/kernel";
import { utf8Encode } from "@allo/kernel";
import { generateTone, loudness, toneShare } from "@allo/media";
import { createMediaEngine, openRecording } from "@allo/node-media";
import type { SipEndpoint } from "@allo/node-net";
import { startLossyRelay } from "@allo/testkit";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCalls, type Calls } from "./calls.ts";
import { ToneVoice } from "./fixtures/tone-voice.ts";
import type { DialEvent } from "./trunk-port.ts";

const [CUSTOMER_HZ, ANN_HZ, BOB_HZ, MUSIC_HZ, RING_HZ] = [600, 1_000, 1_700, 2_500, 3_100] as const;
const TONES = [CUSTOMER_HZ, ANN_HZ, BOB_HZ, MUSIC_HZ, RING_HZ];

const engine = createMediaEngine({ clock: { now: () => Date.now() }, workers: 1, bindAddress: "127.0.0.1", onLog: () => undefined });
const customer = new ToneVoice(CUSTOMER_HZ, TONES);
const ann = new ToneVoice(ANN_HZ, TONES);
const bob = new ToneVoice(BOB_HZ, TONES);
const events: EdgeEvent[] = [];
const legs: Readonly<Record<string, string>> = { phn_ann: "leg_ann", phn_bob: "leg_bob" };
let calls: Calls;
let callId: CallId;
let sequence = 0;
let answer = "";
let carrier: { readonly onEvent: (event: DialEvent) => void; readonly port: number };

beforeAll(async () => {
  engine.setAudio("tone.ring", generateTone({ frequencyHz: RING_HZ, durationMs: 1_000, amplitude: 6_000 }));
  engine.setAudio("music.main", generateTone({ frequencyHz: MUSIC_HZ, durationMs: 1_000, amplitude: 6_000 }));
  const sip = {
    run: () => undefined,
    stack: new Proxy(
      {},
      {
        get: () => (_dialogId: string, given?: { readonly sdp?: Uint8Array }) => {
          if (given?.sdp !== undefined) answer = new TextDecoder().decode(given.sdp);
          return [];
        },
      },
    ),
  } as unknown as SipEndpoint;
  calls = createCalls({
    clock: { now: () => Date.now() },
    ids: { next: (prefix) => `${prefix}_${String((sequence += 1))}` },
    engine,
    sip: () => sip,
    log: pino({ level: "silent" }),
    bindAddress: "127.0.0.1",
    report: (event) => void events.push(event),
    legFor: ({ phoneId }, then) => then(legs[phoneId] ?? null),
    onJoined: () => undefined,
    onTaken: () => undefined,
    onReleased: () => undefined,
    ownAddresses: () => [],
    dialler: () => ({
      dial: (dialOrder, onEvent) => {
        const ours = new TextDecoder().decode(
          dialOrder.sdpOffer({
            trunkId: "trk_1",
            localAddress: "127.0.0.1",
            habits: { codecs: ["PCMA"], srtp: "off", ptimeMs: 20, keys: "auto", keysPayloadType: 101 },
            hearsEarly: true,
          }),
        );
        carrier = { onEvent, port: Number(/m=audio (\d+)/u.exec(ours)?.[1]) };
        return { legId: dialOrder.legId, cancel: () => undefined, hangUp: () => onEvent({ kind: "ended", by: "us", q850: 16 }) };
      },
    }),
  });
  await ann.openLeg(engine, "leg_ann");
  await bob.openLeg(engine, "leg_bob");
  const begun = await callIn(await customer.open());
  callId = begun.callId;
  customer.speakTo(begun.port);
});

/** A call of a customer whose sound is to go to this port; waits to music. */
async function callIn(from: number): Promise<{ readonly callId: CallId; readonly port: number }> {
  await calls.invite({
    dialogId: `d${from}`,
    flow: { id: "f", transport: "udp", local: { address: "127.0.0.1", port: 5060 }, remote: { address: "127.0.0.1", port: 5062 } },
    sdp: offerOf(from),
    number: { numberId: "num_1" as NumberId, technicalAudioIds: [] },
    caller: { callerNumber: null, callerName: null },
    deviceId: null,
    test: null,
    mediaAddress: "127.0.0.1",
    ringsAtOnce: false,
    refuseAtOnce: false,
  } as never);
  const arrived = events.findLast((event) => event.kind === "callArrived")?.callId as CallId;
  order({ kind: "acceptCall", callId: arrived, contactId: "con_1" as ContactId, token: "greeting", greeting: [], thenLoop: "music.main" });
  return { callId: arrived, port: Number(/m=audio (\d+)/u.exec(answer)?.[1]) };
}

function offerOf(port: number, version = 1): Uint8Array {
  return utf8Encode(
    [
      "v=0",
      `o=- 1 ${version} IN IP4 127.0.0.1`,
      "s=-",
      "c=IN IP4 127.0.0.1",
      "t=0 0",
      `m=audio ${port} RTP/AVP 8`,
      "a=rtpmap:8 PCMA/8000",
      "",
    ].join("\r\n"),
  );
}

afterAll(async () => {
  for (const voice of [customer, ann, bob]) voice.close();
  await engine.close();
});

function order(command: Parameters<Calls["command"]>[0] & CoreCommand): void {
  calls.command(command);
}
/** The customer's ear, Ann's, Bob's. */
async function each(wanted: readonly [readonly number[], readonly number[], readonly number[]]): Promise<void> {
  await expect.poll(() => [customer.hears(), ann.hears(), bob.hears()]).toEqual(wanted);
}

const partyId = "pty_1" as PartyId;
const loop = "music.main";
const bobPhone = { phoneId: "phn_bob" as PhoneId, personId: "per_bob" as PersonId };

test("hold, consultation, conference, whisper, barge and taking over are heard as they should be", { timeout: 60_000 }, async () => {
  order({
    kind: "bridge",
    callId,
    offerId: "off_1" as OfferId,
    phoneId: "phn_ann" as PhoneId,
    personId: "per_ann" as PersonId,
    recording: null,
    holdLoop: loop,
  });
  await each([[ANN_HZ], [CUSTOMER_HZ], []]);
  order({ kind: "hold", callId, loop });
  await each([[MUSIC_HZ], [], []]);
  order({ kind: "resume", callId });
  // The reminder is heard by the agent alone, again and again until the customer is back.
  order({ kind: "hold", callId, loop, reminder: { afterMs: 1, everyMs: 1_500, audioId: "tone.ring" } });
  await each([[MUSIC_HZ], [RING_HZ], []]);
  await each([[MUSIC_HZ], [], []]);
  await each([[MUSIC_HZ], [RING_HZ], []]);
  order({ kind: "resume", callId });
  await each([[ANN_HZ], [CUSTOMER_HZ], []]);
  order({ kind: "hold", callId, loop });
  order({ kind: "joinParty", callId, partyId, ...bobPhone, seat: { kind: "aside" } });
  order({ kind: "stepAside", callId, loop });
  await each([[MUSIC_HZ], [BOB_HZ], [ANN_HZ]]);
  order({ kind: "resume", callId });
  await each([[ANN_HZ], [CUSTOMER_HZ], [MUSIC_HZ]]);
  order({ kind: "seatParty", callId, partyId, seat: { kind: "talk" } });
  await each([
    [ANN_HZ, BOB_HZ],
    [CUSTOMER_HZ, BOB_HZ],
    [CUSTOMER_HZ, ANN_HZ],
  ]);
  order({ kind: "seatParty", callId, partyId, seat: { kind: "monitor", mode: "listen" } });
  await each([[ANN_HZ], [CUSTOMER_HZ], [CUSTOMER_HZ, ANN_HZ]]);
  order({ kind: "seatParty", callId, partyId, seat: { kind: "monitor", mode: "whisper" } });
  await each([[ANN_HZ], [CUSTOMER_HZ, BOB_HZ], [CUSTOMER_HZ, ANN_HZ]]);
  order({ kind: "seatParty", callId, partyId, seat: { kind: "monitor", mode: "mentor" } });
  await each([[ANN_HZ], [CUSTOMER_HZ, BOB_HZ], [CUSTOMER_HZ, ANN_HZ]]);
  order({ kind: "seatParty", callId, partyId, seat: { kind: "monitor", mode: "barge" } });
  await each([
    [ANN_HZ, BOB_HZ],
    [CUSTOMER_HZ, BOB_HZ],
    [CUSTOMER_HZ, ANN_HZ],
  ]);
  order({ kind: "handOver", callId, partyId, loop });
  await each([[BOB_HZ], [], [CUSTOMER_HZ]]);
  expect(events.filter(({ kind }) => kind === "handedOver" || kind === "callEnded").map(({ kind }) => kind)).toEqual(["handedOver"]);
});

test(
  "a call of ours: the agent hears it ring, then the customer; nobody hears the agent before an answer",
  { timeout: 60_000 },
  async () => {
    order({ kind: "hangUp", callId, cause: { by: "agent", why: "hungUp" } });
    await expect.poll(() => [ann.hears(), bob.hears()]).toEqual([[], []]);
    const outId = "cal_out" as CallId;
    const callee = new ToneVoice(CUSTOMER_HZ, TONES);
    const sdp = utf8Encode(
      [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        `m=audio ${await callee.open()} RTP/AVP 8`,
        "a=rtpmap:8 PCMA/8000",
        "",
      ].join("\r\n"),
    );
    order({
      kind: "placeCall",
      callId: outId,
      contactId: "con_out" as ContactId,
      numberId: "num_1" as NumberId,
      phoneId: "phn_ann" as PhoneId,
      personId: "per_ann" as PersonId,
      projectId: "prj_1" as ProjectId,
      trunkIds: ["trk_1"],
      destination: "+14155550199",
      callerId: { number: "+14155550100", name: null },
      recording: null,
      notice: [],
      ringback: "tone.ring",
      holdLoop: loop,
      talkMsMax: 60_000,
      isEmergency: false,
    });
    await expect.poll(() => carrier === undefined).toBe(false);
    callee.speakTo(carrier.port);
    carrier.onEvent({ kind: "progressed", status: 180, sdp: null, trunkId: "trk_1" });
    await expect.poll(() => [callee.hears(), ann.hears()]).toEqual([[], [RING_HZ]]);
    carrier.onEvent({ kind: "answered", sdp, trunkId: "trk_1", dialogId: "d_out", remoteAddress: "127.0.0.1" });
    await expect.poll(() => [callee.hears(), ann.hears()]).toEqual([[ANN_HZ], [CUSTOMER_HZ]]);
    carrier.onEvent({ kind: "ended", by: "carrier", q850: 16 });
    await expect.poll(() => ann.hears()).toEqual([]);
    callee.close();
    const of = events.filter((event) => "callId" in event && event.callId === outId);
    expect(of.map(({ kind }) => kind)).toEqual(["calleeRinging", "calleeAnswered", "callEnded"]);
    expect(of.at(-1)).toMatchObject({ cause: { by: "caller", why: "hungUp" } });
    expect(calls.count()).toBe(0);
  },
);

test(
  "a line that loses 5 %, doubles, reorders and is up to 100 ms late both ways: the call lives and both hear each other",
  { timeout: 60_000 },
  async () => {
    const faults = { loss: 0.05, duplicate: 0.02, reorder: 0.03, reorderMs: 60, jitterMs: 100 };
    const caller = new ToneVoice(CUSTOMER_HZ, TONES);
    const begun = await callIn(await caller.open());
    const relay = await startLossyRelay({
      target: { address: "127.0.0.1", port: begun.port },
      seed: "a bad line",
      towardsTarget: faults,
      towardsPeer: faults,
    });
    caller.speakTo(relay.port);
    const owner = { phoneId: "phn_ann" as PhoneId, personId: "per_ann" as PersonId };
    order({ kind: "bridge", callId: begun.callId, offerId: "off_bad" as OfferId, ...owner, recording: null, holdLoop: loop });
    const { lost, heldBack } = relay.counts();
    await expect.poll(() => relay.counts().lost).toBeGreaterThan(lost + 20);
    expect(relay.counts().heldBack).toBeGreaterThan(heldBack);
    await expect.poll(() => [caller.hears(), ann.hears()]).toEqual([[ANN_HZ], [CUSTOMER_HZ]]);
    expect(events.some((event) => event.kind === "callEnded" && event.callId === begun.callId)).toBe(false);
    order({ kind: "hangUp", callId: begun.callId, cause: { by: "agent", why: "hungUp" } });
    caller.close();
    await relay.close();
  },
);

test(
  "somebody outside: rings in the agent's ear, speaks aside, in a talk of three, and goes on with the customer alone",
  { timeout: 60_000 },
  async () => {
    // Ann calls the customer; Bob's voice is the one outside.
    const talkId = "cal_three" as CallId;
    const described = (port: number) =>
      utf8Encode(
        [
          "v=0",
          "o=- 1 1 IN IP4 127.0.0.1",
          "s=-",
          "c=IN IP4 127.0.0.1",
          "t=0 0",
          `m=audio ${port} RTP/AVP 8`,
          "a=rtpmap:8 PCMA/8000",
          "",
        ].join("\r\n"),
      );
    const [callee, outsider] = [new ToneVoice(CUSTOMER_HZ, TONES), new ToneVoice(BOB_HZ, TONES)];
    const [calleePort, outsiderPort] = [await callee.open(), await outsider.open()];
    const trunk = { projectId: "prj_1" as ProjectId, trunkIds: ["trk_1"], callerId: { number: null, name: null }, isEmergency: false };
    order({
      kind: "placeCall",
      callId: talkId,
      contactId: "con_three" as ContactId,
      numberId: "num_1" as NumberId,
      phoneId: "phn_ann" as PhoneId,
      personId: "per_ann" as PersonId,
      destination: "+14155550199",
      recording: null,
      notice: [],
      ringback: "tone.ring",
      holdLoop: loop,
      talkMsMax: 60_000,
      ...trunk,
    });
    const first = carrier;
    await expect.poll(() => carrier !== first).toBe(true);
    const toCallee = carrier;
    callee.speakTo(toCallee.port);
    const answer = { kind: "answered", trunkId: "trk_1", remoteAddress: "127.0.0.1" } as const;
    toCallee.onEvent({ ...answer, sdp: described(calleePort), dialogId: "d_three" });
    const heard = async (wanted: readonly [readonly number[], readonly number[], readonly number[]]): Promise<void> => {
      await expect.poll(() => [callee.hears(), ann.hears(), outsider.hears()]).toEqual(wanted);
    };
    await heard([[ANN_HZ], [CUSTOMER_HZ], []]);
    const outsideId = "pty_out" as PartyId;
    const outside = { kind: "callOutside", callId: talkId, partyId: outsideId, destination: "+14155550188" } as const;
    order({ ...outside, talkMsMax: 60_000, ringback: "tone.ring", loop, recorded: false, ...trunk });
    await expect.poll(() => carrier !== toCallee).toBe(true);
    const toOutsider = carrier;
    outsider.speakTo(toOutsider.port);
    await heard([[MUSIC_HZ], [RING_HZ], []]);
    toOutsider.onEvent({ ...answer, sdp: described(outsiderPort), dialogId: "d_outside" });
    await heard([[MUSIC_HZ], [BOB_HZ], [ANN_HZ]]);
    order({ kind: "seatParty", callId: talkId, partyId: outsideId, seat: { kind: "talk" } });
    order({ kind: "resume", callId: talkId });
    await heard([
      [ANN_HZ, BOB_HZ],
      [CUSTOMER_HZ, BOB_HZ],
      [CUSTOMER_HZ, ANN_HZ],
    ]);
    order({ kind: "passOn", callId: talkId, partyId: outsideId, talkMsMax: 60_000 });
    await heard([[BOB_HZ], [], [CUSTOMER_HZ]]);
    toOutsider.onEvent({ kind: "ended", by: "carrier", q850: 16 });
    await expect.poll(() => events.some((event) => event.kind === "callEnded" && event.callId === talkId)).toBe(true);
    const of = events.filter((event) => "callId" in event && event.callId === talkId);
    expect(of.map(({ kind }) => kind)).toEqual([
      "calleeAnswered",
      "callHeld",
      "agentTurned",
      "outsideAnswered",
      "partySeated",
      "callResumed",
      "agentTurned",
      "passedOn",
      "callEnded",
    ]);
    expect(of.at(-1)).toMatchObject({ cause: { by: "carrier", why: "outsideLeft" } });
    expect(calls.count()).toBe(0);
    for (const voice of [callee, outsider]) voice.close();
  },
);

test(
  "a recording holds the waiting and the talk, by policy the agent on hold, and nothing while a field is filled in",
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "allo-parties-"));
    const caller = new ToneVoice(CUSTOMER_HZ, TONES);
    const begun = await callIn(await caller.open());
    const recordedId = begun.callId;
    caller.speakTo(begun.port);
    const key = randomBytes(32);
    const recordingId = "rec_1" as RecordingId;
    const filePath = join(folder, "x.alr");
    const policy = { waiting: true, hold: true, maskPaused: true };
    const said: { readonly left: readonly number[]; readonly right: readonly number[]; readonly from: number; readonly to: number }[] = [];
    /** So is it written, for 30 frames that the caller hears. */
    const stretch = async (left: readonly number[], right: readonly number[]): Promise<void> => {
      const [from, frames] = [Date.now(), caller.frames];
      await expect.poll(() => caller.frames).toBeGreaterThan(frames + 30);
      said.push({ left, right, from, to: Date.now() });
    };
    await expect.poll(() => caller.frames).toBeGreaterThan(0);
    order({ kind: "record", callId: recordedId, recording: { recordingId, keyBase64: key.toString("base64"), filePath, policy } });
    await stretch([CUSTOMER_HZ], []);
    order({
      kind: "bridge",
      callId: recordedId,
      offerId: "off_2" as OfferId,
      phoneId: "phn_ann" as PhoneId,
      personId: "per_ann" as PersonId,
      recording: null,
      holdLoop: loop,
    });
    await expect.poll(() => [caller.hears(), ann.hears()]).toEqual([[ANN_HZ], [CUSTOMER_HZ]]);
    await stretch([CUSTOMER_HZ], [ANN_HZ]);
    order({ kind: "pauseForField", callId: recordedId, limitMs: 60_000, renewed: false });
    await stretch([], []);
    order({ kind: "endFieldPause", callId: recordedId });
    await stretch([CUSTOMER_HZ], [ANN_HZ]);
    order({ kind: "hold", callId: recordedId, loop });
    await stretch([], [ANN_HZ]);
    order({ kind: "detachAgent", callId: recordedId, audioIds: [], thenLoop: loop });
    await stretch([CUSTOMER_HZ], []);
    const saved = new Promise<void>((resolve) => engine.onEvent((event) => event.kind === "recordingSaved" && resolve()));
    order({ kind: "hangUp", callId: recordedId, cause: { by: "system", why: "hungUp" } });
    await saved;
    const opened = await openRecording(filePath, key);
    if (!opened.ok) throw new Error(opened.failure);
    const { info, readPcm, close } = opened.value;
    for (const { left, right, from, to } of said) {
      const pcm = await readPcm({ fromMs: from - info.startedAt + 120, toMs: to - info.startedAt - 120 });
      if (!pcm.ok) throw new Error(pcm.failure);
      const tonesOf = (channel: number): readonly number[] => {
        const samples = pcm.value.filter((_, i) => i % 2 === channel);
        return loudness(samples) < 100 ? [] : TONES.filter((tone) => toneShare(samples, tone) > 0.15);
      };
      expect([tonesOf(0), tonesOf(1)]).toEqual([left, right]);
    }
    await close();
    caller.close();
    rmSync(folder, { recursive: true });
    const of = events.flatMap((event) => ("callId" in event && event.callId === recordedId ? [event] : []));
    expect(of.filter(({ kind }) => kind === "recordingStarted")).toHaveLength(1);
    expect(of.filter(({ kind }) => kind === "recordingPaused")).toMatchObject([
      { paused: true, reason: "field" },
      { paused: false, reason: "field" },
    ]);
  },
);

test("a caller who goes on at another address after a re-INVITE is heard there at once, and hears", { timeout: 60_000 }, async () => {
  const [before, after] = [new ToneVoice(CUSTOMER_HZ, TONES), new ToneVoice(BOB_HZ, TONES)];
  const from = await before.open();
  const begun = await callIn(from);
  before.speakTo(begun.port);
  const owner = { phoneId: "phn_ann" as PhoneId, personId: "per_ann" as PersonId };
  order({ kind: "bridge", callId: begun.callId, offerId: "off_moves" as OfferId, ...owner, recording: null, holdLoop: loop });
  await expect.poll(() => [before.hears(), ann.hears()]).toEqual([[ANN_HZ], [CUSTOMER_HZ]]);
  const sdp = offerOf(await after.open(), 2);
  calls.sipEvent({ kind: "reInviteReceived", dialogId: `d${from}`, transactionId: "t", sdp } as never);
  before.close();
  const movedAt = performance.now();
  after.speakTo(begun.port);
  await expect.poll(() => [after.hears(), ann.hears()]).toEqual([[ANN_HZ], [BOB_HZ]]);
  // What each says that they hear is the last 400 ms: the silence was shorter than this.
  expect(performance.now() - movedAt).toBeLessThan(2_000);
  order({ kind: "hangUp", callId: begun.callId, cause: { by: "agent", why: "hungUp" } });
  after.close();
});

test("a parked customer hears music in the slot, and whoever picks them up", { timeout: 60_000 }, async () => {
  const caller = new ToneVoice(CUSTOMER_HZ, TONES);
  const begun = await callIn(await caller.open());
  caller.speakTo(begun.port);
  const phoneId = "phn_ann" as PhoneId;
  const owner = { phoneId, personId: "per_ann" as PersonId, offerId: "off_park" as OfferId };
  order({ kind: "bridge", callId: begun.callId, ...owner, recording: null, holdLoop: loop });
  await expect.poll(() => [caller.hears(), ann.hears()]).toEqual([[ANN_HZ], [CUSTOMER_HZ]]);
  order({ kind: "detachAgent", callId: begun.callId, audioIds: [], thenLoop: loop });
  await expect.poll(() => caller.hears()).toEqual([MUSIC_HZ]);
  order({ kind: "pickUp", callId: begun.callId, ...bobPhone, recording: null, holdLoop: loop });
  await expect.poll(() => [caller.hears(), bob.hears()]).toEqual([[BOB_HZ], [CUSTOMER_HZ]]);
  expect(events.filter((event) => "callId" in event && event.callId === begun.callId).at(-1)).toMatchObject({
    kind: "pickedUp",
    personId: "per_bob",
  });
  order({ kind: "hangUp", callId: begun.callId, cause: { by: "agent", why: "hungUp" } });
  caller.close();
});
