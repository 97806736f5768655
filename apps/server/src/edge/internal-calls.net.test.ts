// Two colleagues at an edge, by the orders of core down to the packets: each says a tone of their own.
import type { EdgeEvent } from "@allo/contract";
import type { InternalCallId, OfferId, PersonId, PhoneId } from "@allo/kernel";
import { generateTone } from "@allo/media";
import { createMediaEngine } from "@allo/node-media";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTimers } from "../platform/clock.ts";
import { ToneVoice } from "./fixtures/tone-voice.ts";
import { createInternalCalls } from "./internal-calls.ts";

const [ANN_HZ, BOB_HZ, MUSIC_HZ, RING_HZ] = [1_000, 1_700, 2_500, 3_100] as const;
const TONES = [ANN_HZ, BOB_HZ, MUSIC_HZ, RING_HZ];
const ANN = { phoneId: "phn_ann" as PhoneId, personId: "per_ann" as PersonId };
const BOB = { phoneId: "dev_bob" as PhoneId, personId: "per_bob" as PersonId };

const engine = createMediaEngine({ clock: { now: () => Date.now() }, workers: 1, bindAddress: "127.0.0.1", onLog: () => undefined });
const ann = new ToneVoice(ANN_HZ, TONES);
const bob = new ToneVoice(BOB_HZ, TONES);
const events: EdgeEvent[] = [];
const taken: string[] = [];
const reached: string[] = [];
const released: string[] = [];
/** Bob's device rings until it is picked up here. */
let pickUp: ((legId: string | null) => void) | null = null;
let isDraining = false;
const calls = createInternalCalls({
  clock: { now: () => Date.now() },
  timers: createTimers(),
  engine,
  legFor: ({ phoneId }, then) => {
    if (phoneId === ANN.phoneId) then("leg_ann");
    else pickUp = then;
  },
  stopRinging: (phoneId) => void released.push(`stop ${phoneId}`),
  onTaken: (legId) => void taken.push(legId),
  onReached: (legId) => void reached.push(legId),
  onReleased: (phoneId, { hadPlace }) => void released.push(`${phoneId} ${String(hadPlace)}`),
  isDraining: () => isDraining,
  report: (event) => void events.push(event),
});

beforeAll(async () => {
  engine.setAudio("tone.ring", generateTone({ frequencyHz: RING_HZ, durationMs: 1_000, amplitude: 6_000 }));
  engine.setAudio("music.main", generateTone({ frequencyHz: MUSIC_HZ, durationMs: 1_000, amplitude: 6_000 }));
  await ann.openLeg(engine, "leg_ann");
  await bob.openLeg(engine, "leg_bob");
});
afterAll(async () => {
  for (const voice of [ann, bob]) voice.close();
  await engine.close();
});

function begin(name: string): InternalCallId {
  const internalCallId = name as InternalCallId;
  calls.command({
    kind: "beginInternal",
    internalCallId,
    caller: ANN,
    calleeId: BOB.personId,
    shown: { number: null, name: "Bob" },
    ringback: "tone.ring",
    holdLoop: "music.main",
  });
  return internalCallId;
}
const join = (internalCallId: InternalCallId): void =>
  calls.command({
    kind: "joinInternal",
    internalCallId,
    phoneId: BOB.phoneId,
    offerId: "off_1" as OfferId,
    shown: { number: null, name: "Ann" },
  });
/** Ann's ear, and Bob's. */
async function each(wanted: readonly [readonly number[], readonly number[]]): Promise<void> {
  await expect.poll(() => [ann.hears(), bob.hears()]).toEqual(wanted);
}
const kinds = (): readonly string[] => events.map(({ kind }) => kind);

test(
  "ringing, the talk, hold from either side, a sound that was away, and the end are heard as they should be",
  {
    timeout: 60_000,
  },
  async () => {
    const internalCallId = begin("int_1");
    expect(kinds()).toEqual(["internalReady"]);
    await each([[RING_HZ], []]);
    join(internalCallId);
    expect(calls.list()).toMatchObject([{ internalCallId, phase: "connecting", caller: { personId: "per_ann", away: false } }]);
    pickUp?.("leg_bob");
    await each([[BOB_HZ], [ANN_HZ]]);
    expect(kinds()).toEqual(["internalReady", "internalJoined"]);
    expect(taken).toEqual(["leg_ann", "leg_bob"]);
    expect(reached).toEqual(["leg_ann"]);

    calls.command({ kind: "holdInternal", internalCallId, personId: ANN.personId, held: true });
    await each([[], [MUSIC_HZ]]);
    calls.command({ kind: "holdInternal", internalCallId, personId: ANN.personId, held: false });
    calls.held("leg_bob", true);
    await each([[MUSIC_HZ], []]);
    calls.held("leg_bob", false);
    await each([[BOB_HZ], [ANN_HZ]]);

    calls.command({ kind: "muteInternal", internalCallId, personId: ANN.personId, muted: true });
    await each([[BOB_HZ], []]);
    calls.command({ kind: "muteInternal", internalCallId, personId: ANN.personId, muted: false });

    calls.legLost("leg_ann");
    await each([[], [MUSIC_HZ]]);
    calls.legFlowing({ ...ANN, legId: "leg_ann" });
    await each([[BOB_HZ], [ANN_HZ]]);

    calls.hungUp("leg_bob");
    await each([[], []]);
    expect(events.at(-1)).toMatchObject({ kind: "internalEnded", internalCallId, callerId: "per_ann", calleeId: "per_bob", why: "hungUp" });
    expect(released).toEqual(["phn_ann true", "dev_bob true"]);
    expect(calls.list()).toEqual([]);
  },
);

test("given up while a device rings, the device rings no longer; picked up too late it is hung up", () => {
  released.length = 0;
  const internalCallId = begin("int_2");
  join(internalCallId);
  calls.command({ kind: "endInternal", internalCallId });
  expect(released).toEqual(["phn_ann true", "stop dev_bob", "dev_bob false"]);
  expect(events.at(-1)).toMatchObject({ kind: "internalEnded", answeredAt: null, why: "ordered" });
  pickUp?.("leg_bob");
  expect(released.slice(3)).toEqual(["stop dev_bob", "dev_bob false"]);
});

test("none begins while the exchange runs empty", () => {
  isDraining = true;
  begin("int_3");
  expect(events.at(-1)).toMatchObject({ kind: "internalEnded", internalCallId: "int_3", why: "shutdown" });
  expect(calls.list()).toEqual([]);
});
