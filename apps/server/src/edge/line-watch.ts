// How the lines of one talk sound now: looked at every few seconds, told where the verdict changes.
import { judgeLines, type CallFigures, type LineVerdict } from "@allo/contract";
import type { LegFigures } from "@allo/media";
import { figuresBetween, legQuality } from "./leg-quality.ts";

export const lineWatchLimits = {
  /** Peers report every 5 s (RFC 3550 §6.2). */
  everyMs: 5_000,
  /** A verdict is over so many looks: 10 s, so that each holds at least one report of the peer. */
  looksPerVerdict: 2,
} as const;

export type LineWatch = {
  /** Reads both legs. The verdict, where it is another one than was told last; undefined: the same. */
  readonly look: (legs: { readonly callerLegId: string; readonly agentLegId: string | null }) => Promise<LineVerdict | null | undefined>;
};

export function createLineWatch(read: (legId: string) => Promise<LegFigures | null>): LineWatch {
  let readings: ReadonlyMap<string, LegFigures>[] = [];
  let told: LineVerdict | null = null;

  /** What the leg did since the oldest reading that has it. */
  const since = (legId: string | null, now: LegFigures | null): CallFigures["caller"] => {
    const before = legId === null ? undefined : readings[0]?.get(legId);
    return now === null || before === undefined ? null : legQuality(figuresBetween(before, now));
  };

  return {
    look: async ({ callerLegId, agentLegId }) => {
      const readOne = (legId: string | null): Promise<LegFigures | null> =>
        legId === null ? Promise.resolve(null) : read(legId).catch(() => null);
      const [caller, agent] = await Promise.all([readOne(callerLegId), readOne(agentLegId)]);
      // Without an agent nobody talks: what waits hears music and is not judged.
      const verdict = agentLegId === null ? null : judgeLines({ caller: since(callerLegId, caller), agent: since(agentLegId, agent) });
      const reading = new Map<string, LegFigures>();
      if (caller !== null) reading.set(callerLegId, caller);
      if (agent !== null && agentLegId !== null) reading.set(agentLegId, agent);
      readings = agentLegId === null ? [] : [...readings, reading].slice(-lineWatchLimits.looksPerVerdict);
      if (isSame(verdict, told)) return undefined;
      told = verdict;
      return verdict;
    },
  };
}

/** The score moves all the time; what is said of it in words does not. */
function isSame(a: LineVerdict | null, b: LineVerdict | null): boolean {
  if (a === null || b === null) return a === b;
  return a.band === b.band && a.side === b.side && a.trouble === b.trouble;
}
