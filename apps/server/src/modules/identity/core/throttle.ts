import type { Instant } from "@allo/kernel";

export type ThrottleLimits = {
  readonly windowMs: number;
  readonly perAccountAndAddressMax: number;
  readonly perAccountMax: number;
  readonly perAddressMax: number;
  readonly countersMax: number;
};
export type Attempt = { readonly account: string; readonly address: string; readonly at: Instant };

/** Counts attempts by account and by address in a sliding window. Pure but for its own maps: time comes with each attempt. */
export type Throttle = {
  /** Counts the attempt as failed before it is made, so that many at once can't slip through. Gives the wait in ms where it is refused. */
  begin(attempt: Attempt): { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number };
  /** It succeeded: the attempt, and what this address did to this account before, no longer count. */
  succeeded(attempt: Attempt): void;
};

export function createThrottle(limits: ThrottleLimits): Throttle {
  const counters = new Map<string, Instant[]>();
  const read = (key: string, at: Instant): Instant[] => {
    const times = (counters.get(key) ?? []).filter((time) => time > at - limits.windowMs);
    counters.delete(key); // set again below: the map stays in the order of last use
    if (times.length > 0) counters.set(key, times);
    return times;
  };
  const keysOf = ({ account, address }: Attempt): readonly (readonly [string, number])[] => [
    [`both ${account} ${address}`, limits.perAccountAndAddressMax],
    [`account ${account}`, limits.perAccountMax],
    [`address ${address}`, limits.perAddressMax],
  ];
  return {
    begin(attempt) {
      let retryAfterMs = 0;
      const keys = keysOf(attempt).map(([key, max]) => {
        const times = read(key, attempt.at);
        const oldest = times[times.length - max];
        if (oldest !== undefined) retryAfterMs = Math.max(retryAfterMs, oldest + limits.windowMs - attempt.at);
        return { key, times };
      });
      if (retryAfterMs > 0) return { ok: false, retryAfterMs };
      for (const { key, times } of keys) counters.set(key, [...times, attempt.at]);
      for (const key of counters.keys()) {
        if (counters.size <= limits.countersMax) break;
        counters.delete(key);
      }
      return { ok: true };
    },
    succeeded(attempt) {
      for (const [key] of keysOf(attempt)) {
        const times = counters.get(key);
        if (times === undefined) continue;
        const index = times.lastIndexOf(attempt.at);
        const rest = key.startsWith("both ") || index < 0 ? [] : times.toSpliced(index, 1);
        if (rest.length === 0) counters.delete(key);
        else counters.set(key, rest);
      }
    },
  };
}
