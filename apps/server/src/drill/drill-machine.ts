// A drill, purely: its callers call in and hear music, a process is killed, they listen on, the process comes back and somebody calls anew.
import type { DrillCaller, DrillFigures, DrillStage, DrillTarget } from "@allo/contract";
import type { Duration, Instant, Step } from "@allo/kernel";
import type { EarMeasure } from "./ear.ts";

export const drillMachineLimits = {
  /** Until all callers wait and hear music: greeting and notice are heard to their end. */
  placingMsMax: 60_000,
  listeningMs: 2_000,
  /** What core says of calls is believed for so long; nothing is killed on older news. */
  newsMsMax: 1_500,
  backMsMax: 45_000,
  newCallMsMax: 30_000,
  newCallPauseMs: 500,
  /** Callers listen on for at least so long from the kill. */
  afterKillMs: 6_000,
  afterNewCallMs: 2_000,
  /** A call whose sound has been away for longer at the end is lost. */
  lostAfterMs: 1_000,
  /** Core looks at the log before the callers hang up. */
  lookMsMax: 10_000,
  hangUpMsMax: 3_000,
} as const;

export type DrillReason = "callsGoOn" | "cancelled" | "notWaiting" | "notAdmitted" | "outOfTouch" | "notBack" | "noNewCall";

export type DrillState = {
  readonly target: DrillTarget;
  readonly callerCount: number;
  readonly stage: DrillStage;
  readonly stageSince: Instant;
  readonly isPlaced: boolean;
  /** How each call ended; null while it is open. */
  readonly ends: readonly (string | null)[];
  readonly measures: readonly EarMeasure[];
  /** What core said last. `others`: calls that aren't the drill's. */
  readonly news: { readonly at: Instant; readonly waiting: number; readonly others: number } | null;
  readonly killedAt: Instant | null;
  readonly backAt: Instant | null;
  readonly newCallAt: Instant | null;
  readonly newCall: "none" | "asked" | "placed" | "answered";
  readonly newCallTries: number;
  readonly isHungUp: boolean;
  readonly outcome: "done" | "calledOff" | "failed" | null;
  readonly reason: DrillReason | null;
  /** Frozen when the callers are about to hang up. */
  readonly figures: DrillFigures | null;
};

export type DrillEvent =
  | { readonly kind: "begun" }
  /** The edge lets the callers in. */
  | { readonly kind: "admitted" }
  | { readonly kind: "callEnded"; readonly caller: number; readonly end: string }
  | { readonly kind: "newCallHeard" }
  | { readonly kind: "newCallEnded" }
  | { readonly kind: "toldOfCalls"; readonly waiting: number; readonly others: number }
  | { readonly kind: "targetReady" }
  /** Core has looked at the log. */
  | { readonly kind: "looked" }
  | { readonly kind: "cancelled" }
  | { readonly kind: "ticked"; readonly measures: readonly EarMeasure[] };

export type DrillCommand =
  /** Core is asked to have the callers let in; answered by `admitted`. */
  | { readonly kind: "askAdmission" }
  | { readonly kind: "placeCallers" }
  | { readonly kind: "placeNewCall" }
  | { readonly kind: "beginCounting" }
  | { readonly kind: "kill" }
  | { readonly kind: "askLook" }
  | { readonly kind: "hangUpAll" }
  | { readonly kind: "finish" };

type DrillStep = Step<DrillState, DrillCommand>;

export function beginDrill(order: { readonly target: DrillTarget; readonly callerCount: number }, at: Instant): DrillState {
  return {
    target: order.target,
    callerCount: order.callerCount,
    stage: "placing",
    stageSince: at,
    isPlaced: false,
    ends: Array.from({ length: order.callerCount }, () => null),
    measures: [],
    news: null,
    killedAt: null,
    backAt: null,
    newCallAt: null,
    newCall: "none",
    newCallTries: 0,
    isHungUp: false,
    outcome: null,
    reason: null,
    figures: null,
  };
}

/** Total: what comes at another stage than it is for changes nothing. */
export function stepDrill(state: DrillState, event: DrillEvent, at: Instant): DrillStep {
  if (state.stage === "over") return stay(state);
  switch (event.kind) {
    case "begun":
      return { state, commands: [{ kind: "askAdmission" }] };
    case "admitted":
      if (state.stage === "placing" && !state.isPlaced)
        return { state: { ...state, isPlaced: true }, commands: [{ kind: "placeCallers" }] };
      if (state.stage === "back" && state.newCall === "asked") return placeNewCall(state);
      return stay(state);
    case "callEnded": {
      const ends = state.ends.map((end, index) => (index === event.caller ? (end ?? event.end) : end));
      const next = { ...state, ends };
      // Before anything was killed this is no finding of the drill: something else is wrong.
      return state.stage === "placing" || state.stage === "listening" ? end(next, at, "calledOff", "notWaiting") : stay(next);
    }
    case "newCallHeard":
      return state.stage === "back" && state.newCall === "placed" ? stay({ ...state, newCall: "answered", newCallAt: at }) : stay(state);
    case "newCallEnded":
      return state.stage === "back" && state.newCall === "placed" ? stay({ ...state, newCall: "none" }) : stay(state);
    case "toldOfCalls": {
      const next = { ...state, news: { at, waiting: event.waiting, others: event.others } };
      const isBefore = state.stage === "placing" || state.stage === "listening";
      return isBefore && event.others > 0 ? end(next, at, "calledOff", "callsGoOn") : stay(next);
    }
    case "targetReady":
      return state.stage === "killed"
        ? { state: { ...state, stage: "back", stageSince: at, backAt: at, newCall: "asked" }, commands: [{ kind: "askAdmission" }] }
        : stay(state);
    case "looked":
      return state.stage === "ending" && !state.isHungUp ? hangUp(state, at) : stay(state);
    case "cancelled":
      return state.stage === "placing" || state.stage === "listening" ? end(state, at, "calledOff", "cancelled") : stay(state);
    case "ticked":
      return tick({ ...state, measures: event.measures }, at);
  }
}

/** Callers who hear music now. */
export function waitingNow(state: DrillState): number {
  return Math.min(state.news?.waiting ?? 0, state.measures.filter(({ hears }) => hears).length);
}

function tick(state: DrillState, at: Instant): DrillStep {
  const limits = drillMachineLimits;
  const sinceMs = at - state.stageSince;
  switch (state.stage) {
    case "placing":
      if (state.isPlaced && waitingNow(state) >= state.callerCount) return stay({ ...state, stage: "listening", stageSince: at });
      if (sinceMs > limits.placingMsMax) return end(state, at, "calledOff", state.isPlaced ? "notWaiting" : "notAdmitted");
      return stay(state);
    case "listening":
      if (state.news === null || at - state.news.at > limits.newsMsMax) return end(state, at, "calledOff", "outOfTouch");
      if (waitingNow(state) < state.callerCount) return end(state, at, "calledOff", "notWaiting");
      if (sinceMs < limits.listeningMs) return stay(state);
      return {
        state: { ...state, stage: "killed", stageSince: at, killedAt: at },
        commands: [{ kind: "beginCounting" }, { kind: "kill" }],
      };
    case "killed":
      return sinceMs > limits.backMsMax ? end(state, at, "failed", "notBack") : stay(state);
    case "back":
      if (state.newCallAt !== null) {
        const hasHeardEnough = at - state.newCallAt >= limits.afterNewCallMs && at - (state.killedAt ?? at) >= limits.afterKillMs;
        return hasHeardEnough ? end(state, at, "done", null) : stay(state);
      }
      if (sinceMs > limits.newCallMsMax) return end(state, at, "failed", "noNewCall");
      // One that was refused tries again, as a person would, but not at once.
      return state.newCall === "none" && sinceMs >= state.newCallTries * limits.newCallPauseMs ? placeNewCall(state) : stay(state);
    case "ending":
      if (!state.isHungUp) return sinceMs > limits.lookMsMax ? hangUp(state, at) : stay(state);
      return state.ends.every((each) => each !== null) || sinceMs > limits.hangUpMsMax
        ? { state: { ...state, stage: "over", stageSince: at }, commands: [{ kind: "finish" }] }
        : stay(state);
    case "over":
      return stay(state);
  }
}

function placeNewCall(state: DrillState): DrillStep {
  return { state: { ...state, newCall: "placed", newCallTries: state.newCallTries + 1 }, commands: [{ kind: "placeNewCall" }] };
}

function end(state: DrillState, at: Instant, outcome: "done" | "calledOff" | "failed", reason: DrillReason | null): DrillStep {
  const figures = state.killedAt === null ? null : figuresOf(state, state.killedAt);
  const next: DrillState = { ...state, stage: "ending", stageSince: at, outcome, reason, figures };
  // Without a kill the log has nothing to say.
  return figures === null ? hangUp(next, at) : { state: next, commands: [{ kind: "askLook" }] };
}

function hangUp(state: DrillState, at: Instant): DrillStep {
  return { state: { ...state, isHungUp: true, stageSince: at }, commands: [{ kind: "hangUpAll" }] };
}

function figuresOf(state: DrillState, killedAt: Instant): DrillFigures {
  const since = (at: Instant | null): Duration | null => (at === null ? null : Math.round(at - killedAt));
  return {
    killedAt: Math.round(killedAt),
    backMs: since(state.backAt),
    newCallMs: since(state.newCallAt),
    newCallTries: state.newCallTries,
    callers: state.ends.map((endedBy, index) => callerOf(endedBy, state.measures[index])),
  };
}

function callerOf(endedBy: string | null, measure: EarMeasure | undefined): DrillCaller {
  const hasSound = measure?.sinceLastMs != null && measure.sinceLastMs < drillMachineLimits.lostAfterMs;
  return {
    lived: endedBy === null && hasSound,
    end: endedBy,
    longestGapMs: measure?.longestGapMs ?? 0,
    silentMs: measure?.silentMs ?? 0,
  };
}

function stay(state: DrillState): DrillStep {
  return { state, commands: [] };
}
