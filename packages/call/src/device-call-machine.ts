// One call of a person's device. One of ours to it: every place where it is registered rings at once, the first to be picked up has it.
// Or one that its person dialled there: it is heard early, and answered when whoever is called has answered.
// What a phone says no with is weighed as a forking proxy does (RFC 3261 §16.7).

import { unreachable } from "@allo/kernel";
import type { Step } from "@allo/kernel";

export const DeviceCallLimits = {
  /** Rung for so long without an answer it is given up, whatever core says. */
  ringMsMax: 60_000,
  /** Picked up, and nobody joined it to a call: it is hung up. */
  unclaimedMsMax: 12_000,
  /** Dialled there, and nothing began: whoever dialled hears so. */
  undecidedMsMax: 12_000,
} as const;

/** Why a phone could not be had; `status` is its own word, null where it said none. */
export type DeviceRefusal = {
  readonly what: "declined" | "busy" | "unavailable" | "notAcceptable" | "refused" | "notPickedUp" | "notReached" | "withdrawn";
  readonly status: number | null;
};

export type DeviceCallState =
  | {
      readonly kind: "calling";
      /** Those that have said nothing final yet. */
      readonly forks: readonly string[];
      readonly isRinging: boolean;
      /** The best of what was said so far. */
      readonly refusal: DeviceRefusal | null;
    }
  /** Dialled there. Claimed: a call has it, and its person hears what becomes of it. */
  | { readonly kind: "dialled"; readonly fork: string; readonly isClaimed: boolean }
  | { readonly kind: "up"; readonly fork: string; readonly isClaimed: boolean }
  | { readonly kind: "over" };

export type DeviceCallEvent =
  | { readonly kind: "progressed"; readonly fork: string }
  | { readonly kind: "answered"; readonly fork: string }
  | { readonly kind: "failed"; readonly fork: string; readonly refusal: DeviceRefusal }
  /** The phone hung up, or its line is gone. */
  | { readonly kind: "hungUp"; readonly fork: string }
  /** Whoever wanted it does so no longer; one that is up stays. */
  | { readonly kind: "withdrawn" }
  /** A call has it. */
  | { readonly kind: "claimed" }
  /** Whom its person dialled has answered. */
  | { readonly kind: "reached" }
  /** The call that had it needs it no longer, or never will. */
  | { readonly kind: "released" }
  | { readonly kind: "timerFired"; readonly timer: DeviceCallTimer };

export type DeviceCallTimer = "ring" | "unclaimed";

export type DeviceCallCommand =
  /** Gives up the INVITE. A phone doesn't call it missed where another one was picked up. */
  | { readonly kind: "cancel"; readonly fork: string; readonly isAnsweredElsewhere: boolean }
  | { readonly kind: "hangUp"; readonly fork: string }
  /** Its person hears from now on what becomes of what they dialled; it is answered; it comes to nothing. */
  | { readonly kind: "answerEarly" | "accept" | "reject"; readonly fork: string }
  | { readonly kind: "armTimer"; readonly timer: DeviceCallTimer; readonly afterMs: number }
  | { readonly kind: "cancelTimer"; readonly timer: DeviceCallTimer }
  /** Its leg may be joined to a call. */
  | { readonly kind: "tellAnswered"; readonly fork: string }
  | { readonly kind: "tellRefused"; readonly refusal: DeviceRefusal }
  /** Its person put it down, in a call or before one. */
  | { readonly kind: "tellHungUp" }
  /** Nothing of it is left: the leg can be closed. */
  | { readonly kind: "closeLeg" };

type DeviceCallStep = Step<DeviceCallState, DeviceCallCommand>;

/** The INVITEs are on their way. */
export function beginDeviceCall(forks: readonly string[]): DeviceCallStep {
  return {
    state: { kind: "calling", forks, isRinging: false, refusal: null },
    commands: [{ kind: "armTimer", timer: "ring", afterMs: DeviceCallLimits.ringMsMax }],
  };
}

/** Its person has dialled. */
export function beginDialledCall(fork: string): DeviceCallStep {
  return {
    state: { kind: "dialled", fork, isClaimed: false },
    commands: [{ kind: "armTimer", timer: "unclaimed", afterMs: DeviceCallLimits.undecidedMsMax }],
  };
}

export function stepDeviceCall(state: DeviceCallState, event: DeviceCallEvent): DeviceCallStep {
  switch (state.kind) {
    case "calling":
      return stepCalling(state, event);
    case "dialled":
      return stepDialled(state, event);
    case "up":
      return stepUp(state, event);
    case "over":
      // An answer that crossed our CANCEL is hung up by the engine; one that crossed another phone's answer by us.
      return event.kind === "answered" ? { state, commands: [{ kind: "hangUp", fork: event.fork }] } : same(state);
    default:
      return unreachable(state);
  }
}

type Calling = Extract<DeviceCallState, { kind: "calling" }>;
type Dialled = Extract<DeviceCallState, { kind: "dialled" }>;
type Up = Extract<DeviceCallState, { kind: "up" }>;

function stepCalling(state: Calling, event: DeviceCallEvent): DeviceCallStep {
  switch (event.kind) {
    case "progressed":
      return same(state.isRinging ? state : { ...state, isRinging: true });
    case "answered":
      return {
        state: { kind: "up", fork: event.fork, isClaimed: false },
        commands: [
          { kind: "cancelTimer", timer: "ring" },
          ...cancelAll(
            state.forks.filter((fork) => fork !== event.fork),
            { isAnsweredElsewhere: true },
          ),
          { kind: "armTimer", timer: "unclaimed", afterMs: DeviceCallLimits.unclaimedMsMax },
          { kind: "tellAnswered", fork: event.fork },
        ],
      };
    case "failed":
      return fail(state, event.fork, event.refusal);
    case "hungUp":
      return fail(state, event.fork, { what: "declined", status: null });
    case "withdrawn":
    case "released":
      return giveUp(state, { what: "withdrawn", status: null });
    case "timerFired":
      return event.timer === "ring" ? giveUp(state, { what: "notPickedUp", status: null }) : same(state);
    case "claimed":
    case "reached":
      return same(state);
    default:
      return unreachable(event);
  }
}

function stepDialled(state: Dialled, event: DeviceCallEvent): DeviceCallStep {
  const { fork } = state;
  switch (event.kind) {
    case "claimed":
      return state.isClaimed
        ? same(state)
        : {
            state: { ...state, isClaimed: true },
            commands: [
              { kind: "cancelTimer", timer: "unclaimed" },
              { kind: "answerEarly", fork },
            ],
          };
    case "reached":
      return {
        state: { kind: "up", fork, isClaimed: true },
        commands: [
          { kind: "cancelTimer", timer: "unclaimed" },
          { kind: "accept", fork },
        ],
      };
    case "released":
    case "withdrawn":
      return overDialled({ kind: "reject", fork });
    case "timerFired":
      return event.timer === "unclaimed" && !state.isClaimed ? overDialled({ kind: "reject", fork }) : same(state);
    case "hungUp":
      return event.fork === fork ? overDialled({ kind: "tellHungUp" }) : same(state);
    case "progressed":
    case "answered":
    case "failed":
      return same(state);
    default:
      return unreachable(event);
  }
}

function overDialled(last: DeviceCallCommand): DeviceCallStep {
  return { state: { kind: "over" }, commands: [{ kind: "cancelTimer", timer: "unclaimed" }, last, { kind: "closeLeg" }] };
}

function stepUp(state: Up, event: DeviceCallEvent): DeviceCallStep {
  switch (event.kind) {
    case "claimed":
      return state.isClaimed
        ? same(state)
        : { state: { ...state, isClaimed: true }, commands: [{ kind: "cancelTimer", timer: "unclaimed" }] };
    case "released":
      return hangUp(state);
    case "timerFired":
      return event.timer === "unclaimed" && !state.isClaimed ? hangUp(state) : same(state);
    case "hungUp":
      if (event.fork !== state.fork) return same(state);
      return {
        state: { kind: "over" },
        commands: [{ kind: "cancelTimer", timer: "unclaimed" }, { kind: "tellHungUp" }, { kind: "closeLeg" }],
      };
    case "answered":
      // Two were picked up at once: the second one was too late.
      return event.fork === state.fork ? same(state) : { state, commands: [{ kind: "hangUp", fork: event.fork }] };
    case "progressed":
    case "failed":
    case "withdrawn":
    case "reached":
      return same(state);
    default:
      return unreachable(event);
  }
}

function fail(state: Calling, fork: string, refusal: DeviceRefusal): DeviceCallStep {
  if (!state.forks.includes(fork)) return same(state);
  const forks = state.forks.filter((each) => each !== fork);
  const best = state.refusal === null || rank(refusal) > rank(state.refusal) ? refusal : state.refusal;
  // A person who says no says it for all their phones (RFC 3261 §16.7 step 5).
  if (forks.length === 0 || refusal.what === "declined") return giveUp({ ...state, forks }, best);
  return same({ ...state, forks, refusal: best });
}

function giveUp(state: Calling, refusal: DeviceRefusal): DeviceCallStep {
  return {
    state: { kind: "over" },
    commands: [
      { kind: "cancelTimer", timer: "ring" },
      ...cancelAll(state.forks, { isAnsweredElsewhere: false }),
      { kind: "tellRefused", refusal },
      { kind: "closeLeg" },
    ],
  };
}

function hangUp(state: Up): DeviceCallStep {
  return {
    state: { kind: "over" },
    commands: [{ kind: "cancelTimer", timer: "unclaimed" }, { kind: "hangUp", fork: state.fork }, { kind: "closeLeg" }],
  };
}

function cancelAll(forks: readonly string[], how: { readonly isAnsweredElsewhere: boolean }): readonly DeviceCallCommand[] {
  return forks.map((fork) => ({ kind: "cancel", fork, ...how }) as const);
}

const RANKS = ["withdrawn", "notReached", "refused", "notAcceptable", "notPickedUp", "unavailable", "busy", "declined"] as const;

function rank({ what }: DeviceRefusal): number {
  return RANKS.indexOf(what);
}

function same(state: DeviceCallState): DeviceCallStep {
  return { state, commands: [] };
}

/** What a final answer to our INVITE says of the phone; null: none came. */
export function refusalOf(status: number | null): DeviceRefusal {
  switch (status) {
    case null:
      return { what: "notReached", status };
    case 486:
    case 600:
      return { what: "busy", status };
    case 603:
    case 607:
      return { what: "declined", status };
    case 480:
    case 487:
      return { what: "unavailable", status };
    case 415:
    case 488:
    case 606:
      return { what: "notAcceptable", status };
    case 404:
    case 408:
    case 410:
    case 430:
    case 503:
      return { what: "notReached", status };
    default:
      return { what: "refused", status };
  }
}
