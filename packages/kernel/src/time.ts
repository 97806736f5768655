/** Epoch milliseconds from a monotonic base: never goes back within one log. */
export type Instant = number;
/** Milliseconds. */
export type Duration = number;

/** Wall time on a monotonic base. */
export type Clock = { readonly now: () => Instant };

/** One-shot timers on monotonic time. `cancel` is idempotent. */
export type Timers = {
  /** Calls `fire` once, `afterMs` from now; returns a function that cancels it. */
  readonly arm: (afterMs: Duration, fire: () => void) => () => void;
};

export const SECOND_MS: Duration = 1_000;
export const MINUTE_MS: Duration = 60_000;
export const HOUR_MS: Duration = 3_600_000;
export const DAY_MS: Duration = 86_400_000;
