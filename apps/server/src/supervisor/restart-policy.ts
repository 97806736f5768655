import { supervisorLimits as limits } from "./limits.ts";

/** What a child's past says about its next start. */
export type RestartRecord = {
  readonly crashes: number;
  readonly wasEverReady: boolean;
};

export type RestartDecision =
  | { readonly kind: "restart"; readonly afterMs: number; readonly record: RestartRecord }
  | { readonly kind: "giveUp"; readonly crashes: number };

export const freshRecord: RestartRecord = { crashes: 0, wasEverReady: false };

/**
 * A child that has served is started again for ever, at once the first time and then with growing pauses up to a bound; one that never got
 * ready is given up after a few tries, since a setting or the installation is wrong and a person must be told.
 */
export function decideRestart(record: RestartRecord, ranMs: number): RestartDecision {
  const crashes = ranMs >= limits.steadyMs ? 1 : record.crashes + 1;
  if (!record.wasEverReady && crashes >= limits.crashesBeforeReadyMax) return { kind: "giveUp", crashes };
  const doublings = Math.min(crashes - 2, 30);
  const afterMs =
    crashes === 1 ? limits.restartDelayMsFirst : Math.min(limits.restartDelayMsMax, limits.restartDelayMsSecond * 2 ** doublings);
  return { kind: "restart", afterMs, record: { ...record, crashes } };
}
