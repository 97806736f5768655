// Whether a target of a trunk is alive: OPTIONS now and then, and every call tells too. Any final answer is life (a 404 as well).
import type { Duration, Instant, Step } from "@allo/kernel";

export const healthLimits = {
  intervalMsDefault: 30_000,
  /** A target that is down is asked more often, so that it comes back soon. */
  downIntervalMs: 10_000,
  missesUntilDown: 2,
  /** A 503 without Retry-After puts its target aside for so long. */
  asideMsDefault: 30_000,
  asideMsMax: 300_000,
} as const;

export type HealthReason =
  | "noAnswer"
  | "connectionFailed"
  /** It answers, and says that it takes no calls now. */
  | "busy"
  | "certificate"
  | "nameUnresolved";

export type HealthState = {
  readonly kind: "unknown" | "up" | "degraded" | "down";
  readonly since: Instant;
  readonly misses: number;
  readonly reason: HealthReason | null;
  readonly lastAnswerAt: Instant | null;
  readonly lastStatus: number | null;
  readonly roundTripMs: number | null;
  /** Until then it is tried after all others. */
  readonly asideUntil: Instant;
};

export type HealthEvent =
  | { readonly kind: "started"; readonly at: Instant }
  | { readonly kind: "timerFired"; readonly at: Instant }
  /** A final answer to an OPTIONS or an INVITE of ours. */
  | {
      readonly kind: "answered";
      readonly at: Instant;
      readonly status: number;
      readonly roundTripMs: number | null;
      readonly retryAfterSeconds: number | null;
      readonly byPing: boolean;
    }
  | {
      readonly kind: "missed";
      readonly at: Instant;
      readonly reason: Exclude<HealthReason, "busy">;
      readonly byPing: boolean;
    };

export type HealthCommand = { readonly kind: "ping" } | { readonly kind: "armTimer"; readonly afterMs: Duration };

type Out = Step<HealthState, HealthCommand>;

export function beginHealth(at: Instant): HealthState {
  return { kind: "unknown", since: at, misses: 0, reason: null, lastAnswerAt: null, lastStatus: null, roundTripMs: null, asideUntil: 0 };
}

/** `intervalMs` 0: never asked; calls alone tell. */
export function stepHealth(state: HealthState, event: HealthEvent, intervalMs: Duration): Out {
  switch (event.kind) {
    case "started":
    case "timerFired":
      return { state, commands: intervalMs > 0 ? [{ kind: "ping" }] : [] };
    case "answered": {
      const isBusy = event.status === 503;
      const asideMs = Math.min(
        healthLimits.asideMsMax,
        event.retryAfterSeconds === null ? healthLimits.asideMsDefault : event.retryAfterSeconds * 1_000,
      );
      return {
        state: {
          ...changed(state, isBusy ? "degraded" : "up", event.at),
          misses: 0,
          reason: isBusy ? "busy" : null,
          lastAnswerAt: event.at,
          lastStatus: event.status,
          roundTripMs: event.roundTripMs ?? state.roundTripMs,
          asideUntil: isBusy ? event.at + asideMs : 0,
        },
        commands: again(event.byPing, intervalMs, intervalMs),
      };
    }
    case "missed": {
      const misses = state.misses + 1;
      const kind = misses >= healthLimits.missesUntilDown || state.kind === "unknown" ? "down" : "degraded";
      return {
        state: { ...changed(state, state.kind === "down" ? "down" : kind, event.at), misses, reason: event.reason },
        commands: again(event.byPing, intervalMs, Math.min(intervalMs, healthLimits.downIntervalMs)),
      };
    }
  }
}

/** Targets in the order to try them now: those that answer first, then those put aside, those that are down last; never none. */
export function orderByHealth<T>(targets: readonly T[], healthOf: (target: T) => HealthState | null, at: Instant): readonly T[] {
  const rank = (target: T): number => {
    const health = healthOf(target);
    if (health === null) return 0;
    if (health.kind === "down") return 2;
    return health.asideUntil > at ? 1 : 0;
  };
  return targets.toSorted((a, b) => rank(a) - rank(b));
}

function changed(state: HealthState, kind: HealthState["kind"], at: Instant): HealthState {
  return state.kind === kind ? state : { ...state, kind, since: at };
}

function again(byPing: boolean, intervalMs: Duration, afterMs: Duration): readonly HealthCommand[] {
  return byPing && intervalMs > 0 ? [{ kind: "armTimer", afterMs }] : [];
}
