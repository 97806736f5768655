// Draining: no new calls come in, those that are there go on to their end. By an operator's order it can be taken back; on a stop it has a
// limit, at which the rest hear a last sentence.
import type { Duration, Instant, Step } from "@allo/kernel";

export const drainLimits = {
  /** The last sentence, for calls that are still there at the limit. */
  lastWordsMsMax: 12_000,
} as const;

export type DrainState =
  | { readonly kind: "open" }
  /** `endsAt`: when what is left is ended; null where an operator drains, for as long as it takes. */
  | { readonly kind: "draining"; readonly by: "operator" | "stop"; readonly since: Instant; readonly endsAt: Instant | null }
  /** What was left at the limit hears its last sentence. */
  | { readonly kind: "ending"; readonly since: Instant; readonly endsAt: Instant }
  /** Of a stop: nothing is left to wait for. */
  | { readonly kind: "over"; readonly since: Instant };

export type DrainEvent = { readonly at: Instant } & (
  | { readonly kind: "begun" }
  | { readonly kind: "takenBack" }
  /** `limitMs` 0: nothing is waited for. */
  | { readonly kind: "stopOrdered"; readonly limitMs: Duration; readonly calls: number }
  | { readonly kind: "callsCounted"; readonly calls: number }
  | { readonly kind: "timerFired" }
  /** Somebody insists: at once. */
  | { readonly kind: "hurried" }
);

export type DrainCommand =
  /** Registrations are taken back, so that carriers go elsewhere. */
  | { readonly kind: "leaveCarriers" }
  | { readonly kind: "returnToCarriers" }
  | { readonly kind: "sayLastWords" }
  | { readonly kind: "endCalls" }
  | { readonly kind: "armTimer"; readonly afterMs: Duration }
  | { readonly kind: "cancelTimer" }
  /** A stop has nothing to wait for any more. */
  | { readonly kind: "finish" };

type DrainStep = Step<DrainState, DrainCommand>;

/** Total: what comes too late, or twice, changes nothing. */
export function stepDrain(state: DrainState, event: DrainEvent): DrainStep {
  switch (event.kind) {
    case "begun":
      return state.kind === "open"
        ? { state: { kind: "draining", by: "operator", since: event.at, endsAt: null }, commands: [{ kind: "leaveCarriers" }] }
        : stay(state);
    case "takenBack":
      // A stop that is under way isn't taken back: whoever ordered it waits for the end of the process.
      return state.kind === "draining" && state.by === "operator"
        ? { state: { kind: "open" }, commands: [{ kind: "returnToCarriers" }] }
        : stay(state);
    case "stopOrdered":
      return stop(state, event);
    case "callsCounted":
      return event.calls === 0 && isStopping(state) ? over(state.since) : stay(state);
    case "timerFired":
      if (state.kind === "draining" && state.by === "stop")
        return {
          state: { kind: "ending", since: state.since, endsAt: event.at + drainLimits.lastWordsMsMax },
          commands: [{ kind: "sayLastWords" }, { kind: "armTimer", afterMs: drainLimits.lastWordsMsMax }],
        };
      return state.kind === "ending" ? cutShort(state.since) : stay(state);
    case "hurried":
      return isStopping(state) ? cutShort(state.since) : stay(state);
  }
}

type Stopping = Extract<DrainState, { kind: "draining" | "ending" }>;

function isStopping(state: DrainState): state is Stopping {
  return state.kind === "ending" || (state.kind === "draining" && state.by === "stop");
}

function stop(state: DrainState, { at, limitMs, calls }: Extract<DrainEvent, { kind: "stopOrdered" }>): DrainStep {
  if (state.kind === "over" || state.kind === "ending" || (state.kind === "draining" && state.by === "stop")) return stay(state);
  const since = state.kind === "draining" ? state.since : at;
  const leave: readonly DrainCommand[] = state.kind === "open" ? [{ kind: "leaveCarriers" }] : [];
  if (calls === 0 || limitMs === 0) {
    const cut = limitMs === 0 ? cutShort(since) : over(since);
    return { state: cut.state, commands: [...leave, ...cut.commands] };
  }
  return {
    state: { kind: "draining", by: "stop", since, endsAt: at + limitMs },
    commands: [...leave, { kind: "armTimer", afterMs: limitMs }],
  };
}

function over(since: Instant): DrainStep {
  return { state: { kind: "over", since }, commands: [{ kind: "cancelTimer" }, { kind: "finish" }] };
}

function cutShort(since: Instant): DrainStep {
  const { state, commands } = over(since);
  return { state, commands: [{ kind: "endCalls" }, ...commands] };
}

function stay(state: DrainState): DrainStep {
  return { state, commands: [] };
}
