// One call's session with a recorder elsewhere (SIPREC, RFC 7866): begun, kept up to date, begun anew where it broke, ended. The call itself
// asks for it and never waits for it: nothing that goes wrong here is heard in the talk.

import { unreachable } from "@allo/kernel";
import type { Step } from "@allo/kernel";
import type { RecordedCall } from "./recorded-parties.ts";

export const RecorderSessionLimits = {
  /** A recorder that has not answered by then is given up for this time. */
  answerMsMax: 8_000,
  /** Tried again after so long, each time after twice as long. */
  againMsMin: 1_000,
  againMsMax: 30_000,
  /** A change that another one of the recorder's stands in the way of is sent again after so long. */
  changeAgainMs: 500,
} as const;

/** One for each side. */
const STREAMS = 2;

/** What the recorder hears while a recording is paused: silence in streams that go on, or nothing at all, and it is told so. */
export type PausedAs = "silence" | "inactive";

export type RecorderTrouble =
  | "noMedia"
  | "unreachable"
  | "noAnswer"
  | "refused"
  /** It took none of the streams, none as they are offered, or none for now. */
  | "noStreams"
  /** It isn't set up any more. */
  | "notSetUp"
  /** It ended the session, or its line is gone, while the talk went on. */
  | "dropped";
export type RecorderFailure = { readonly why: RecorderTrouble; readonly status: number | null };

type Common = {
  readonly pausedAs: PausedAs;
  /** As the call is now. */
  readonly call: RecordedCall;
  /** Failed in a row. */
  readonly failures: number;
  /** That the talk doesn't come there was told, and not yet that it comes again. */
  readonly isMissed: boolean;
  /** The recorder had some of it. */
  readonly hadSome: boolean;
  /** Parts of the talk are missing there. */
  readonly hasGap: boolean;
};

export type RecorderSessionState =
  /** Sockets are opened, the recorder's address is looked for. */
  | (Common & { readonly kind: "opening" })
  /** `told`: what the INVITE said; `wantsAll`: more is known than that. */
  | (Common & { readonly kind: "calling"; readonly told: RecordedCall; readonly wantsAll: boolean })
  /** `told`: what the recorder knows; `changing`: it has been sent something newer, and has not answered. */
  | (Common & {
      readonly kind: "recording";
      readonly told: RecordedCall;
      readonly changing: RecordedCall | null;
      readonly wantsAll: boolean;
    })
  /** Until it is tried again. */
  | (Common & { readonly kind: "resting" })
  | { readonly kind: "over" };

export type RecorderSessionEvent =
  | { readonly kind: "opened" }
  | { readonly kind: "openFailed"; readonly failure: RecorderFailure }
  /** `taken`: so many of the two streams it takes as they are offered; none: it takes them later, and says so then. */
  | { readonly kind: "answered"; readonly taken: number }
  | { readonly kind: "failed"; readonly failure: RecorderFailure }
  /** The call is otherwise than before. */
  | { readonly kind: "changed"; readonly call: RecordedCall }
  | { readonly kind: "changeAnswered"; readonly taken: number }
  /** It takes more or fewer of the streams by its own wish. */
  | { readonly kind: "taken"; readonly taken: number }
  /** `isBusy`: it could not be sent now. Else the recorder keeps what it had. */
  | { readonly kind: "changeFailed"; readonly isBusy: boolean }
  /** The recorder asks to be told all of it. */
  | { readonly kind: "allWanted" }
  | { readonly kind: "dropped" }
  | { readonly kind: "timerFired"; readonly timer: RecorderSessionTimer }
  /** The recording of the call is over. */
  | { readonly kind: "stopped" };

export type RecorderSessionTimer = "answer" | "again" | "change";

export type RecorderSessionCommand =
  | { readonly kind: "open" }
  /** Sends the INVITE; all of the call is told in it. */
  | { readonly kind: "call"; readonly call: RecordedCall; readonly isInactive: boolean }
  /** Tells what is otherwise, or all of it. */
  | { readonly kind: "change"; readonly call: RecordedCall; readonly isInactive: boolean; readonly isComplete: boolean }
  /** Gives up an INVITE, or ends the session; then everything of it is given back. */
  | { readonly kind: "end" }
  /** What goes into the two streams from now on; `isSent` false: nothing goes at all. */
  | { readonly kind: "hear"; readonly left: readonly string[]; readonly right: readonly string[]; readonly isSent: boolean }
  | { readonly kind: "armTimer"; readonly timer: RecorderSessionTimer; readonly afterMs: number }
  | { readonly kind: "cancelTimer"; readonly timer: RecorderSessionTimer }
  | { readonly kind: "report"; readonly report: RecorderReport };

export type RecorderReport =
  /** It has the talk from now on: the first time, or again. */
  | { readonly kind: "copyStarted"; readonly again: boolean }
  /** It hasn't, from now on; told once until it has it again. */
  | ({ readonly kind: "copyFailed" } & RecorderFailure)
  /** The recording is over. `whole`: nothing of it is missing there. Not told where nothing ever came there. */
  | { readonly kind: "copyEnded"; readonly whole: boolean };

type RecorderSessionStep = Step<RecorderSessionState, RecorderSessionCommand>;
type Alive = Exclude<RecorderSessionState, { readonly kind: "over" }>;
type Recording = Extract<RecorderSessionState, { readonly kind: "recording" }>;

export function beginRecorderSession(call: RecordedCall, pausedAs: PausedAs): RecorderSessionStep {
  return {
    state: { kind: "opening", pausedAs, call, failures: 0, isMissed: false, hadSome: false, hasGap: false },
    commands: [{ kind: "open" }],
  };
}

export function stepRecorderSession(state: RecorderSessionState, event: RecorderSessionEvent): RecorderSessionStep {
  if (state.kind === "over") return same(state);
  switch (event.kind) {
    case "opened":
      return state.kind === "opening" ? callNow(state) : same(state);
    case "openFailed":
      return state.kind === "opening" ? fail(state, event.failure) : same(state);
    case "answered":
      return state.kind === "calling" ? begin(state, event.taken) : same(state);
    case "failed":
      return state.kind === "calling" ? fail(state, event.failure) : same(state);
    case "changed":
      return change(state, event.call);
    case "changeAnswered":
      return state.kind === "recording" && state.changing !== null ? agreed(state, state.changing, event.taken) : same(state);
    case "taken":
      return state.kind === "recording" ? take(state, event.taken) : same(state);
    case "changeFailed":
      return state.kind === "recording" && state.changing !== null ? unsettled(state, state.changing, event) : same(state);
    case "allWanted":
      if (state.kind === "calling") return same({ ...state, wantsAll: true });
      return state.kind === "recording" ? tell({ ...state, wantsAll: true }) : same(state);
    case "dropped":
      return state.kind === "recording" ? fail(state, { why: "dropped", status: null }) : same(state);
    case "timerFired":
      return timerFired(state, event.timer);
    case "stopped":
      return stop(state);
    default:
      return unreachable(event);
  }
}

function callNow(state: Alive): RecorderSessionStep {
  return {
    state: { ...commonOf(state), kind: "calling", told: state.call, wantsAll: false },
    commands: [
      { kind: "armTimer", timer: "answer", afterMs: RecorderSessionLimits.answerMsMax },
      { kind: "call", call: state.call, isInactive: isInactive(state, state.call) },
    ],
  };
}

/** The INVITE told the call as it was then; what has changed since is told at once. */
function begin(state: Extract<RecorderSessionState, { readonly kind: "calling" }>, taken: number): RecorderSessionStep {
  const { told, wantsAll } = state;
  const { state: next, commands } = agreed({ ...commonOf(state), kind: "recording", told, changing: null, wantsAll }, told, taken);
  return { state: next, commands: [{ kind: "cancelTimer", timer: "answer" }, ...commands] };
}

function agreed(state: Recording, told: RecordedCall, taken: number): RecorderSessionStep {
  const took = take(state, taken);
  const { state: next, commands } = settled(took.state, told);
  return { state: next, commands: [...commands, ...took.commands] };
}

/** One that takes nothing for now says when it does (RFC 7866 §7.2): its session goes on, and what is said until then is missing there. */
function take(state: Recording, taken: number): Step<Recording, RecorderSessionCommand> {
  const { isMissed, hadSome, hasGap } = state;
  if (taken === 0)
    return {
      state: { ...state, isMissed: true, hasGap: true },
      commands: isMissed ? [] : [{ kind: "report", report: { kind: "copyFailed", why: "noStreams", status: null } }],
    };
  return {
    state: { ...state, failures: 0, isMissed: false, hadSome: true, hasGap: hasGap || taken < STREAMS },
    commands: isMissed || !hadSome ? [{ kind: "report", report: { kind: "copyStarted", again: hadSome } }] : [],
  };
}

function change(state: Alive, call: RecordedCall): RecorderSessionStep {
  const next = { ...state, call };
  if (next.kind !== "recording") return { state: next, commands: [] };
  // What must not be kept stops before anybody is asked; what may be kept again waits for the recorder's word where it was told of the stop.
  const waits = !isInactive(next, call) && isInactive(next, next.changing ?? next.told);
  const now: readonly RecorderSessionCommand[] = waits ? [] : [hear(next, call)];
  const told = tell(next);
  return { state: told.state, commands: [...now, ...told.commands] };
}

/** Sends what is new, unless something newer is on its way already. */
function tell(state: Recording): RecorderSessionStep {
  if (state.changing !== null || (!state.wantsAll && isSameCall(state.told, state.call))) return same(state);
  return {
    state: { ...state, changing: state.call, wantsAll: false },
    commands: [{ kind: "change", call: state.call, isInactive: isInactive(state, state.call), isComplete: state.wantsAll }],
  };
}

function settled(state: Recording, told: RecordedCall): RecorderSessionStep {
  const next: Recording = { ...state, told, changing: null };
  const more = tell(next);
  const waits = isInactive(next, told) && !isInactive(next, next.call);
  return { state: more.state, commands: [...(waits ? [] : [hear(next, next.call)]), ...more.commands] };
}

function unsettled(state: Recording, changing: RecordedCall, { isBusy }: { readonly isBusy: boolean }): RecorderSessionStep {
  if (isBusy)
    return {
      state: { ...state, changing: null, wantsAll: true },
      commands: [{ kind: "armTimer", timer: "change", afterMs: RecorderSessionLimits.changeAgainMs }],
    };
  // A recorder that doesn't follow a pause, or its end, keeps too much or too little: the session is begun anew.
  if (isInactive(state, state.told) !== isInactive(state, changing)) return fail(state, { why: "refused", status: null });
  // It knows better what it wants to know: the streams go on, and the next change is told again.
  return settled(state, changing);
}

function timerFired(state: Alive, timer: RecorderSessionTimer): RecorderSessionStep {
  switch (timer) {
    case "answer":
      return state.kind === "calling" ? fail(state, { why: "noAnswer", status: null }) : same(state);
    case "again":
      return state.kind === "resting" ? { state: { ...commonOf(state), kind: "opening" }, commands: [{ kind: "open" }] } : same(state);
    case "change":
      return state.kind === "recording" ? tell(state) : same(state);
    default:
      return unreachable(timer);
  }
}

function fail(state: Alive, failure: RecorderFailure): RecorderSessionStep {
  const afterMs = Math.min(RecorderSessionLimits.againMsMax, RecorderSessionLimits.againMsMin * 2 ** Math.min(state.failures, 10));
  return {
    state: { ...commonOf(state), kind: "resting", failures: state.failures + 1, isMissed: true, hasGap: true },
    commands: [
      ...cancelTimers(state),
      { kind: "end" },
      { kind: "armTimer", timer: "again", afterMs },
      ...(state.isMissed ? [] : [{ kind: "report", report: { kind: "copyFailed", ...failure } } as const]),
    ],
  };
}

function stop(state: Alive): RecorderSessionStep {
  return {
    state: { kind: "over" },
    commands: [
      ...cancelTimers(state),
      { kind: "end" },
      ...(state.hadSome ? [{ kind: "report", report: { kind: "copyEnded", whole: !state.hasGap } } as const] : []),
    ],
  };
}

function cancelTimers(state: Alive): readonly RecorderSessionCommand[] {
  switch (state.kind) {
    case "calling":
      return [{ kind: "cancelTimer", timer: "answer" }];
    case "resting":
      return [{ kind: "cancelTimer", timer: "again" }];
    case "recording":
      return [{ kind: "cancelTimer", timer: "change" }];
    case "opening":
      return [];
  }
}

function hear({ pausedAs }: Common, call: RecordedCall): RecorderSessionCommand {
  const { left, right, isPaused } = call;
  if (isPaused) return { kind: "hear", left: [], right: [], isSent: pausedAs === "silence" };
  return { kind: "hear", left, right, isSent: true };
}

function isInactive({ pausedAs }: Common, { isPaused }: RecordedCall): boolean {
  return isPaused && pausedAs === "inactive";
}

function commonOf({ pausedAs, call, failures, isMissed, hadSome, hasGap }: Alive): Common {
  return { pausedAs, call, failures, isMissed, hadSome, hasGap };
}

function same(state: RecorderSessionState): RecorderSessionStep {
  return { state, commands: [] };
}

function isSameCall(a: RecordedCall, b: RecordedCall): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
