// Who works when: as many as the hour needs, others at home; a short break now and then, lunch in the middle. A function of the clock
// alone, so that a restart changes nothing.
import { HOUR_MS, MINUTE_MS, type Instant, type Prng } from "@allo/kernel";

export const rosterLimits = {
  /** Each agent's breaks come round once in so long. */
  roundMs: 4 * HOUR_MS,
  breakMs: 8 * MINUTE_MS,
  lunchMs: 30 * MINUTE_MS,
  lunchAfterMs: 2 * HOUR_MS,
  awayMs: 3 * MINUTE_MS,
  awayAfterMs: 3.2 * HOUR_MS,
  /** Who comes or goes does so within so long after the half hour. */
  lateMsMax: 12 * MINUTE_MS,
} as const;

export type Duty =
  | { readonly kind: "home" }
  | { readonly kind: "work" }
  | { readonly kind: "break"; readonly what: "break" | "lunch" | "away" };

export type RosterAgent = {
  readonly personId: string;
  /** Agents of one group stand in for each other: of each group the same share works. */
  readonly group: string;
};

export type Roster = { readonly dutyOf: (personId: string, at: Instant, onShift: (at: Instant) => number) => Duty };

/** Draws each agent's place in the order of being needed, and the phase of the breaks. */
export function createRoster(prng: Prng, agents: readonly RosterAgent[]): Roster {
  const groups = Map.groupBy(agents, ({ group }) => group);
  const places = new Map<string, { readonly rank: number; readonly phaseMs: number; readonly lateMs: number }>();
  for (const [group, members] of groups) {
    const own = prng.child(`group/${group}`);
    const order = members.map((agent) => ({ agent, key: own.next() })).toSorted((a, b) => a.key - b.key);
    order.forEach(({ agent }, index) => {
      const mine = prng.child(`agent/${agent.personId}`);
      places.set(agent.personId, {
        rank: (index + 0.5) / order.length,
        // Breaks of a group follow each other.
        phaseMs: Math.floor(((index + mine.next() * 0.5) / order.length) * rosterLimits.roundMs),
        lateMs: mine.below(rosterLimits.lateMsMax),
      });
    });
  }
  return {
    dutyOf: (personId, at, onShift) => {
      const place = places.get(personId);
      if (place === undefined || place.rank > onShift(at - place.lateMs)) return { kind: "home" };
      const into = (at + place.phaseMs) % rosterLimits.roundMs;
      const { breakMs, lunchMs, lunchAfterMs, awayMs, awayAfterMs } = rosterLimits;
      if (into < breakMs) return { kind: "break", what: "break" };
      if (into >= lunchAfterMs && into < lunchAfterMs + lunchMs) return { kind: "break", what: "lunch" };
      if (into >= awayAfterMs && into < awayAfterMs + awayMs) return { kind: "break", what: "away" };
      return { kind: "work" };
    },
  };
}
