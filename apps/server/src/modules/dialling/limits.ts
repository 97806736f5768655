import { DAY_MS } from "@allo/kernel";

export const diallingLimits = {
  /** Decisions kept of each organisation; older ones are forgotten. */
  decisionsMax: 200_000,
  decisionAgeMsMax: 90 * DAY_MS,
  /** What the sums of a day and an hour may need after a restart. */
  usageMs: 2 * DAY_MS,
  /** So often the oldest are looked for. */
  trimEvery: 1_000,
  pageRowsDefault: 50,
} as const;
