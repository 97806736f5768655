// Two colleagues with each other: whose phone is fetched when, and who hears whom. No customer is in it, nothing is recorded, and the
// phones are the same that customers' calls come to: a browser's standing leg, or a device that is called.

import { unreachable } from "@allo/kernel";
import type { PersonId, PhoneId, Step } from "@allo/kernel";

export const InternalCallLimits = {
  /** Whose sound is away may come back for so long; the other one hears music meanwhile. */
  returnMsMax: 30_000,
} as const;

export type InternalSide = "caller" | "callee";
export type InternalSeat = {
  readonly phoneId: PhoneId;
  readonly personId: PersonId;
  /** Null: its sound is away, or it isn't fetched yet. */
  readonly legId: string | null;
  readonly held: boolean;
  readonly muted: boolean;
};

export type InternalCallState =
  /** calling: the phone of whoever calls is fetched. ringing: they hear that it rings there; core says who answered. */
  | { readonly kind: "calling" | "ringing"; readonly caller: InternalSeat }
  /** connecting: the other phone is fetched. */
  | { readonly kind: "connecting" | "talking"; readonly caller: InternalSeat; readonly callee: InternalSeat }
  | { readonly kind: "over" };

export type InternalCallEvent =
  /** What became of `fetchLeg`; null: it can't be had. */
  | { readonly kind: "legFetched"; readonly side: InternalSide; readonly phoneId: PhoneId; readonly legId: string | null }
  | { readonly kind: "joinOrdered"; readonly phoneId: PhoneId; readonly personId: PersonId }
  | { readonly kind: "holdOrdered"; readonly side: InternalSide; readonly held: boolean }
  | { readonly kind: "muteOrdered"; readonly side: InternalSide; readonly muted: boolean }
  | { readonly kind: "endOrdered"; readonly why: "ordered" | "shutdown" }
  /** Nothing comes from it any more, or it is closed. */
  | { readonly kind: "legLost"; readonly legId: string }
  /** The person has a leg that sends: the same as before, or another one. */
  | { readonly kind: "legFlowing"; readonly personId: PersonId; readonly phoneId: PhoneId; readonly legId: string }
  /** A device was put down. */
  | { readonly kind: "hungUp"; readonly legId: string }
  /** A device has put the other side on hold itself. */
  | { readonly kind: "heldByPhone"; readonly legId: string; readonly held: boolean }
  | { readonly kind: "returnTimePassed" };

export type InternalHearing = { readonly kind: "silence" | "ringback" | "music" } | { readonly kind: "voice"; readonly legId: string };

export type InternalCallCommand =
  | { readonly kind: "fetchLeg"; readonly side: InternalSide; readonly phoneId: PhoneId; readonly personId: PersonId }
  /** The leg has its place here. */
  | { readonly kind: "takeLeg"; readonly legId: string }
  /** The phone is free again; `hadPlace`: it was had, and may be up without a sound. */
  | { readonly kind: "releasePhone"; readonly phoneId: PhoneId; readonly hadPlace: boolean }
  | { readonly kind: "hear"; readonly legId: string; readonly what: InternalHearing }
  | { readonly kind: "setMuted"; readonly legId: string; readonly muted: boolean }
  | { readonly kind: "armReturn"; readonly afterMs: number }
  | { readonly kind: "cancelReturn" }
  | { readonly kind: "tellReady" }
  | { readonly kind: "tellJoined" }
  | { readonly kind: "tellSide"; readonly side: InternalSide; readonly held: boolean; readonly away: boolean }
  | { readonly kind: "tellEnded"; readonly why: "ordered" | "hungUp" | "phoneGone" | "shutdown" };

type InternalCallStep = Step<InternalCallState, InternalCallCommand>;
type Open = Exclude<InternalCallState, { kind: "over" }>;
type Pair = Extract<InternalCallState, { readonly callee: InternalSeat }>;
type EndWhy = Extract<InternalCallCommand, { kind: "tellEnded" }>["why"];

export function beginInternalCall(caller: { readonly phoneId: PhoneId; readonly personId: PersonId }): InternalCallStep {
  return {
    state: { kind: "calling", caller: seat(caller) },
    commands: [{ kind: "fetchLeg", side: "caller", ...caller }],
  };
}

/** What each leg hears and whose microphone is off follows from the state alone; the commands are the difference. */
export function stepInternalCall(before: InternalCallState, event: InternalCallEvent): InternalCallStep {
  const { state, commands } = decide(before, event);
  return { state, commands: [...taken(before, state), ...sounds(before, state), ...commands] };
}

function decide(state: InternalCallState, event: InternalCallEvent): InternalCallStep {
  if (state.kind === "over") return late(state, event);
  switch (event.kind) {
    case "legFetched":
      return fetched(state, event);
    case "joinOrdered": {
      if (state.kind !== "ringing") return same(state);
      const { phoneId, personId } = event;
      return {
        state: { kind: "connecting", caller: state.caller, callee: seat({ phoneId, personId }) },
        commands: [{ kind: "fetchLeg", side: "callee", phoneId, personId }],
      };
    }
    case "holdOrdered":
      return state.kind === "talking" ? hold(state, event.side, event.held) : same(state);
    case "muteOrdered":
      return state.kind === "talking" ? { state: seated(state, event.side, { muted: event.muted }), commands: [] } : same(state);
    case "heldByPhone": {
      const side = state.kind === "talking" ? sideOf(state, event.legId) : null;
      return state.kind === "talking" && side !== null ? hold(state, side, event.held) : same(state);
    }
    case "endOrdered":
      return end(state, event.why);
    case "hungUp":
      return sideOf(state, event.legId) === null ? same(state) : end(state, "hungUp");
    case "legLost":
      return lose(state, event.legId);
    case "legFlowing":
      return regain(state, event);
    case "returnTimePassed":
      return isAnyAway(state) ? end(state, "phoneGone") : same(state);
    default:
      return unreachable(event);
  }
}

/** A phone that was picked up for a call that is over. */
function late(state: InternalCallState, event: InternalCallEvent): InternalCallStep {
  if (event.kind !== "legFetched" || event.legId === null) return same(state);
  return { state, commands: [{ kind: "releasePhone", phoneId: event.phoneId, hadPlace: false }] };
}

function fetched(state: Open, { side, legId }: Extract<InternalCallEvent, { kind: "legFetched" }>): InternalCallStep {
  const isAwaited = (side === "caller" && state.kind === "calling") || (side === "callee" && state.kind === "connecting");
  if (!isAwaited) return same(state);
  if (legId === null) return end(state, "phoneGone");
  if (state.kind === "calling")
    return { state: { kind: "ringing", caller: { ...state.caller, legId } }, commands: [{ kind: "tellReady" }] };
  if (state.kind !== "connecting") return same(state);
  return { state: { ...state, kind: "talking", callee: { ...state.callee, legId } }, commands: [{ kind: "tellJoined" }] };
}

function hold(state: Pair, side: InternalSide, held: boolean): InternalCallStep {
  if (state[side].held === held) return same(state);
  return { state: seated(state, side, { held }), commands: [{ kind: "tellSide", side, held, away: state[side].legId === null }] };
}

function lose(state: Open, legId: string): InternalCallStep {
  const side = sideOf(state, legId);
  if (side === null) return same(state);
  const next = seated(state, side, { legId: null });
  // Nobody is left who could wait.
  if (next.kind === "talking" && seatsOf(next).every((each) => each.legId === null)) return end(next, "phoneGone");
  return {
    state: next,
    commands: [
      { kind: "armReturn", afterMs: InternalCallLimits.returnMsMax },
      { kind: "tellSide", side, held: heldBy(next, side), away: true },
    ],
  };
}

function regain(state: Open, { personId, phoneId, legId }: Extract<InternalCallEvent, { kind: "legFlowing" }>): InternalCallStep {
  // A phone that is being fetched is had by that alone.
  if (state.kind === "calling") return same(state);
  const side =
    state.caller.personId === personId ? "caller" : state.kind === "talking" && state.callee.personId === personId ? "callee" : null;
  const before = side === null ? undefined : seatOf(state, side)?.legId;
  if (side === null || before === undefined || before === legId) return same(state);
  const next = seated(state, side, { phoneId, legId });
  // A new leg in the place of one that stands: the browser was reloaded faster than its silence was noticed.
  if (before !== null) return { state: next, commands: [] };
  return {
    state: next,
    commands: [
      ...(isAnyAway(next) ? [] : [{ kind: "cancelReturn" } as const]),
      { kind: "tellSide", side, held: heldBy(next, side), away: false },
    ],
  };
}

function end(state: Open, why: EndWhy): InternalCallStep {
  return {
    state: { kind: "over" },
    commands: [
      { kind: "cancelReturn" },
      { kind: "releasePhone", phoneId: state.caller.phoneId, hadPlace: state.kind !== "calling" },
      ...("callee" in state ? [{ kind: "releasePhone", phoneId: state.callee.phoneId, hadPlace: state.kind === "talking" } as const] : []),
      { kind: "tellEnded", why },
    ],
  };
}

/** Legs that came into it. */
function taken(before: InternalCallState, after: InternalCallState): readonly InternalCallCommand[] {
  const known = new Set(seatsOf(before).map(({ legId }) => legId));
  return seatsOf(after).flatMap(({ legId }) => (legId === null || known.has(legId) ? [] : [{ kind: "takeLeg", legId } as const]));
}

type Sound = { readonly what: InternalHearing; readonly muted: boolean };
const QUIET: Sound = { what: { kind: "silence" }, muted: false };

function soundsOf(state: InternalCallState): ReadonlyMap<string, Sound> {
  const found = new Map<string, Sound>();
  if (state.kind === "over") return found;
  if (state.kind !== "talking") {
    if (state.caller.legId !== null) found.set(state.caller.legId, { what: { kind: "ringback" }, muted: false });
    return found;
  }
  const { caller, callee } = state;
  for (const [one, other] of [
    [caller, callee],
    [callee, caller],
  ] as const)
    if (one.legId !== null) found.set(one.legId, { what: heard(one, other), muted: one.muted });
  return found;
}

function heard(one: InternalSeat, other: InternalSeat): InternalHearing {
  // Whoever holds hears nothing, whoever is held hears music; so does who waits for the other's sound.
  if (one.held) return { kind: "silence" };
  if (other.held || other.legId === null) return { kind: "music" };
  return { kind: "voice", legId: other.legId };
}

function sounds(before: InternalCallState, after: InternalCallState): readonly InternalCallCommand[] {
  const were = soundsOf(before);
  const are = soundsOf(after);
  return [...new Set([...were.keys(), ...are.keys()])].flatMap((legId): readonly InternalCallCommand[] => {
    const was = were.get(legId) ?? QUIET;
    const is = are.get(legId) ?? QUIET;
    return [
      ...(isSame(was.what, is.what) ? [] : [{ kind: "hear", legId, what: is.what } as const]),
      ...(was.muted === is.muted ? [] : [{ kind: "setMuted", legId, muted: is.muted } as const]),
    ];
  });
}

function isSame(a: InternalHearing, b: InternalHearing): boolean {
  return a.kind === b.kind && (a.kind !== "voice" || (b.kind === "voice" && a.legId === b.legId));
}

function seat({ phoneId, personId }: { readonly phoneId: PhoneId; readonly personId: PersonId }): InternalSeat {
  return { phoneId, personId, legId: null, held: false, muted: false };
}

/** Of somebody who has a seat; else nothing changes. */
function seated<S extends Open>(state: S, side: InternalSide, change: Partial<InternalSeat>): S {
  const before = seatOf(state, side);
  return before === undefined ? state : { ...state, [side]: { ...before, ...change } };
}

function seatOf(state: Open, side: InternalSide): InternalSeat | undefined {
  if (side === "caller") return state.caller;
  return "callee" in state ? state.callee : undefined;
}

function heldBy(state: Open, side: InternalSide): boolean {
  return seatOf(state, side)?.held ?? false;
}

function seatsOf(state: InternalCallState): readonly InternalSeat[] {
  if (state.kind === "over") return [];
  return "callee" in state ? [state.caller, state.callee] : [state.caller];
}

function sideOf(state: Open, legId: string): InternalSide | null {
  if (state.caller.legId === legId) return "caller";
  return "callee" in state && state.callee.legId === legId ? "callee" : null;
}

/** One that is still being fetched isn't. */
function isAnyAway(state: Open): boolean {
  if (state.kind === "calling") return false;
  return state.caller.legId === null || (state.kind === "talking" && state.callee.legId === null);
}

function same(state: InternalCallState): InternalCallStep {
  return { state, commands: [] };
}
