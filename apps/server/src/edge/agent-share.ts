// What of an agent's standing leg belongs to one call: the leg lives for a whole shift, its counters are read when the call joins it
// and when it leaves.
import type { LegQuality } from "@allo/contract";
import type { LegFigures } from "@allo/media";
import { figuresBetween, figuresTogether, legQuality } from "./leg-quality.ts";

export type AgentShare = {
  /** The leg that the call is joined to now. */
  readonly legId: () => string | null;
  /** The call is joined to this leg, from now on; said again it changes nothing. */
  readonly begin: (legId: string) => void;
  /** The call has left its leg, or the leg is about to go. */
  readonly settle: () => void;
  /** Settles, and sums all legs up; null where no agent was ever heard, or nothing could be read. */
  readonly total: () => Promise<LegQuality | null>;
};

/** One call's share of the agents' legs; `read` gives a leg's counters at this moment. */
export function createAgentShare(read: (legId: string) => Promise<LegFigures | null>): AgentShare {
  // A worker that died takes its counters along: that part is unknown, the rest is not.
  const counters = (legId: string): Promise<LegFigures | null> => read(legId).catch(() => null);
  let open: { readonly legId: string; readonly base: Promise<LegFigures | null> } | null = null;
  const parts: Promise<LegFigures | null>[] = [];

  const settle = (): void => {
    if (open === null) return;
    const { legId, base } = open;
    open = null;
    parts.push(Promise.all([base, counters(legId)]).then(([from, to]) => (from === null || to === null ? null : figuresBetween(from, to))));
  };

  return {
    legId: () => open?.legId ?? null,
    begin: (legId) => {
      if (open?.legId === legId) return;
      settle();
      open = { legId, base: counters(legId) };
    },
    settle,
    total: async () => {
      settle();
      const known = (await Promise.all(parts)).filter((part) => part !== null);
      return known.length === 0 ? null : legQuality(known.reduce(figuresTogether));
    },
  };
}
