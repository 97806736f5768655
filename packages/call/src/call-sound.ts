// Who hears whom in a call, as one function of its state; what the media engine is told is the difference between two of its answers.
// Hold, consultation, conference, listening, whispering, barging and taking over are states of the parties and have no code of their own.

import type { RecordingId } from "@allo/kernel";
import type { CallCommand, CallState, OwnerSide, Party, Playing, RecordedVoices } from "./call-types.ts";

/** Heard once over the rest, by this leg alone; `nth` tells one from the next. */
type Over = { readonly audioId: string; readonly nth: number };

export type Ear =
  | { readonly kind: "silence"; readonly over?: Over }
  /** `nth` tells two playings of the same words apart. */
  | {
      readonly kind: "plays";
      readonly token: string;
      readonly audioIds: readonly string[];
      readonly thenLoop: string | null;
      readonly nth: number;
    }
  /** At least one, in the order of their ids. */
  | { readonly kind: "voices"; readonly legIds: readonly string[]; readonly over?: Over };

export type Sound = {
  /** What each leg hears; the customer's first. */
  readonly ears: ReadonlyMap<string, Ear>;
  readonly muted: ReadonlySet<string>;
  /** Whose keys nobody hears. */
  readonly masked: ReadonlySet<string>;
  /** Whose voices are written: nobody's while the customer is on hold or the recording is paused. */
  readonly recording: { readonly recordingId: RecordingId; readonly left: string | null; readonly right: RecordedVoices } | null;
};

const SILENCE: Ear = { kind: "silence" };
const NOBODY: ReadonlySet<string> = new Set();
const NOTHING: Sound = { ears: new Map(), muted: NOBODY, masked: NOBODY, recording: null };

/** The token of music: nobody waits for its end. */
export const LOOP = "loop";
export const FAREWELL = "farewell";
export const NOTICE = "notice";

export function soundOf(state: CallState): Sound {
  switch (state.kind) {
    case "arriving":
    case "ended":
      return NOTHING;
    case "dialling": {
      const { owner, ringback, early, callerLegId } = state;
      const ears = new Map<string, Ear>([[callerLegId, SILENCE]]);
      if (owner.legId !== null)
        ears.set(
          owner.legId,
          early ? { kind: "voices", legIds: [callerLegId] } : { kind: "plays", token: LOOP, audioIds: [], thenLoop: ringback, nth: 0 },
        );
      return { ears, muted: new Set(owner.muted ? legOf(owner) : []), masked: NOBODY, recording: null };
    }
    case "refusing":
      return alone(state.callerLegId, lastWords(state.audioIds));
    case "leaving": {
      const words = lastWords(state.audioIds);
      return {
        ears: new Map([state.callerLegId, ...state.alsoHeardBy.map(({ legId }) => legId)].map((legId) => [legId, words])),
        muted: new Set(),
        masked: NOBODY,
        recording: null,
      };
    }
    case "waiting": {
      const { recording } = state;
      const sound = alone(state.callerLegId, waitingEar(state.playing));
      return recording === null
        ? sound
        : { ...sound, recording: { recordingId: recording.recordingId, left: state.callerLegId, right: null } };
    }
    case "talking":
      return state.notice === null ? talkSound(state) : noticeSound(state, state.notice.audioIds);
    case "passedOn": {
      const { callerLegId, outside, recording } = state;
      return {
        ears: new Map<string, Ear>([
          [callerLegId, { kind: "voices", legIds: [outside.legId] }],
          [outside.legId, { kind: "voices", legIds: [callerLegId] }],
        ]),
        muted: NOBODY,
        masked: NOBODY,
        recording: recording === null ? null : { recordingId: recording.recordingId, left: callerLegId, right: outside.legId },
      };
    }
  }
}

function waitingEar({ token, audioIds, thenLoop, nth }: Playing): Ear {
  if (token !== null) return { kind: "plays", token, audioIds, thenLoop: null, nth };
  if (thenLoop === null && audioIds.length === 0) return SILENCE;
  return { kind: "plays", token: LOOP, audioIds, thenLoop, nth };
}

/** What the engine is told, so that from `before` on all is as in `after`. A recording is begun by whoever has its key. */
export function differenceOf(before: Sound, after: Sound): readonly CallCommand[] {
  const commands: CallCommand[] = [];
  // A microphone is turned off before anybody is joined to it, and on again when its leg is free.
  for (const legId of after.ears.keys()) {
    const muted = after.muted.has(legId);
    if (before.ears.has(legId) ? before.muted.has(legId) !== muted : legId !== firstOf(after))
      commands.push({ kind: "setMuted", legId, muted });
  }
  for (const legId of after.ears.keys()) {
    const masked = after.masked.has(legId);
    if (before.masked.has(legId) !== masked) commands.push({ kind: "setMasked", legId, masked });
  }
  for (const [legId, ear] of after.ears) {
    const was = before.ears.get(legId);
    if (!isSameEar(was, ear)) commands.push(hear(legId, ear, overOf(was)?.nth ?? 0));
  }
  for (const legId of before.ears.keys()) {
    if (after.ears.has(legId) || legId === firstOf(before)) continue;
    commands.push({ kind: "silence", legId });
    if (before.muted.has(legId)) commands.push({ kind: "setMuted", legId, muted: false });
  }
  const [was, is] = [before.recording, after.recording];
  if (was !== null && was.recordingId !== is?.recordingId) commands.push({ kind: "stopRecording", recordingId: was.recordingId });
  if (is !== null && was?.recordingId === is.recordingId && (was.left !== is.left || !isSameVoices(was.right, is.right)))
    commands.push({ kind: "setRecordingLegs", ...is });
  return commands;
}

/** What is said of recording is heard before anything else. */
function noticeSound({ callerLegId, owner }: Extract<CallState, { kind: "talking" }>, audioIds: readonly string[]): Sound {
  const ears = new Map<string, Ear>([[callerLegId, { kind: "plays", token: NOTICE, audioIds, thenLoop: null, nth: 0 }]]);
  if (owner.legId !== null) ears.set(owner.legId, SILENCE);
  return { ears, muted: new Set(owner.muted ? legOf(owner) : []), masked: NOBODY, recording: null };
}

function talkSound(state: Extract<CallState, { kind: "talking" }>): Sound {
  const { callerLegId, owner, parties, outside, held } = state;
  const ears = new Map<string, Ear>();
  const music: Ear = { kind: "plays", token: LOOP, audioIds: [], thenLoop: owner.holdLoop, nth: 0 };
  const inRoom = (room: "talk" | "aside"): readonly string[] => [
    ...(room === "talk" && !held ? [callerLegId] : []),
    ...(owner.seat === room ? legOf(owner) : []),
    ...parties.flatMap((party) => (party.seat.kind === room || isBarging(party, owner, room) ? legOf(party) : [])),
    ...outside.flatMap(({ legId, seat, progress }) => (seat === room && progress !== "calling" ? [legId] : [])),
  ];
  const whispers = parties.flatMap((party) => (isWhispering(party) ? legOf(party) : []));
  const hears = (legId: string, voices: readonly string[], otherwise: Ear): void => {
    const legIds = [...new Set(voices)].filter((voice) => voice !== legId).toSorted();
    ears.set(legId, legIds.length === 0 ? otherwise : { kind: "voices", legIds });
  };

  const isAway = owner.legId === null && owner.seat === "talk" && !held;
  hears(callerLegId, held ? [] : inRoom("talk"), isAway ? { ...music, audioIds: owner.awayAudioIds ?? [] } : music);
  const rings = outside.find(({ seat, progress }) => seat === owner.seat && progress === "calling");
  const ringback: Ear = rings === undefined ? SILENCE : { kind: "plays", token: LOOP, audioIds: [], thenLoop: rings.ringback, nth: 0 };
  if (owner.legId !== null) {
    hears(owner.legId, [...inRoom(owner.seat), ...whispers], ringback);
    const ear = ears.get(owner.legId);
    const { reminder } = state;
    if (reminder !== null && reminder.nth > 0 && (ear?.kind === "silence" || ear?.kind === "voices"))
      ears.set(owner.legId, { ...ear, over: { audioId: reminder.audioId, nth: reminder.nth } });
  }
  for (const party of parties) {
    if (party.legId === null) continue;
    if (party.seat.kind === "monitor") hears(party.legId, inRoom(owner.seat), SILENCE);
    // Who was asked to the telephone and is left alone there waits to music, as a customer does.
    else hears(party.legId, inRoom(party.seat.kind), music);
  }
  for (const { legId, seat, progress } of outside) {
    if (progress === "answered") hears(legId, inRoom(seat), music);
    else ears.set(legId, SILENCE);
  }
  const muted = new Set([owner, ...parties].flatMap((side) => (side.muted ? legOf(side) : [])));
  // Who has not been told of it isn't written.
  const unwritten = new Set([callerLegId, ...outside.flatMap(({ legId, recorded }) => (recorded ? [] : [legId]))]);
  const isPaused = state.recordingPause !== null;
  const masked = state.keysMasked || (isPaused && owner.recording?.policy.maskPaused === true) ? new Set([callerLegId]) : NOBODY;
  if (owner.recording === null) return { ears, muted, masked, recording: null };
  const { recordingId, policy } = owner.recording;
  const others = (room: "talk" | "aside"): readonly string[] => inRoom(room).filter((legId) => !unwritten.has(legId));
  const heard = isPaused ? [] : held ? (policy.hold ? others(owner.seat) : []) : others("talk");
  const left = heard.length === 0 || held ? null : callerLegId;
  return { ears, muted, masked, recording: { recordingId, left, right: recordedOf(heard) } };
}

function recordedOf(heard: readonly string[]): RecordedVoices {
  const [only = null, ...others] = heard;
  return others.length === 0 ? only : heard.toSorted();
}

function isBarging({ seat }: Party, owner: OwnerSide, room: "talk" | "aside"): boolean {
  return seat.kind === "monitor" && seat.mode === "barge" && owner.seat === room;
}

function isWhispering({ seat }: Party): boolean {
  return seat.kind === "monitor" && (seat.mode === "whisper" || seat.mode === "mentor");
}

function legOf({ legId }: { readonly legId: string | null }): readonly string[] {
  return legId === null ? [] : [legId];
}

function lastWords(audioIds: readonly string[]): Ear {
  return { kind: "plays", token: FAREWELL, audioIds, thenLoop: null, nth: 0 };
}

function alone(legId: string, ear: Ear): Sound {
  return { ears: new Map([[legId, ear]]), muted: NOBODY, masked: NOBODY, recording: null };
}

/** The customer's leg, which is closed rather than silenced. */
function firstOf(sound: Sound): string | undefined {
  return sound.ears.keys().next().value;
}

function overOf(ear: Ear | undefined): Over | undefined {
  return ear === undefined || ear.kind === "plays" ? undefined : ear.over;
}

/** `heard`: what has been heard over the rest already isn't heard again. */
function hear(legId: string, ear: Ear, heard: number): CallCommand {
  const over = overOf(ear);
  if (over !== undefined && over.nth > heard)
    return { kind: "mix", legId, voices: ear.kind === "voices" ? ear.legIds : [], over: over.audioId };
  switch (ear.kind) {
    case "silence":
      return { kind: "silence", legId };
    case "plays":
      return { kind: "playTo", legId, token: ear.token, audioIds: ear.audioIds, thenLoop: ear.thenLoop };
    case "voices": {
      const [only, ...others] = ear.legIds;
      return others.length === 0 && only !== undefined
        ? { kind: "join", legId, peerLegId: only }
        : { kind: "mix", legId, voices: ear.legIds };
    }
  }
}

function isSameEar(a: Ear | undefined, b: Ear): boolean {
  if (a === undefined || a.kind !== b.kind) return false;
  const over = overOf(b);
  if (over !== undefined && over.nth !== overOf(a)?.nth) return false;
  if (a.kind === "voices" && b.kind === "voices") return isSameList(a.legIds, b.legIds);
  if (a.kind === "plays" && b.kind === "plays")
    return a.token === b.token && a.nth === b.nth && a.thenLoop === b.thenLoop && isSameList(a.audioIds, b.audioIds);
  return true;
}

function isSameVoices(a: RecordedVoices, b: RecordedVoices): boolean {
  return typeof a === "object" && typeof b === "object" && a !== null && b !== null ? isSameList(a, b) : a === b;
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
