// What the log says of a drill's calls; pure.
import type { DrillLog } from "@allo/contract";
import type { Instant } from "@allo/kernel";

/** A contact of the drill, as far as it matters here. */
export type DrillContact = {
  readonly startedAt: Instant;
  readonly isEnded: boolean;
  readonly why: string | null;
  /** Null: it would not stand in the lost calls. */
  readonly loss: { readonly owed: boolean } | null;
};

/** Of the contacts that were there when it was killed; looked at before the callers hang up by themselves. */
export function readDrillLog(contacts: readonly DrillContact[], killedAt: Instant): DrillLog {
  const there = contacts.filter(({ startedAt }) => startedAt <= killedAt);
  const ended = there.filter(({ isEnded }) => isEnded);
  const counts = new Map<string, number>();
  for (const { why } of ended) counts.set(why ?? "unknown", (counts.get(why ?? "unknown") ?? 0) + 1);
  return {
    contacts: there.length,
    closed: [...counts].map(([why, count]) => ({ why, count })),
    lostCalls: ended.filter(({ loss }) => loss !== null).length,
    owed: ended.filter(({ loss }) => loss?.owed === true).length,
    leftOpen: 0,
  };
}
