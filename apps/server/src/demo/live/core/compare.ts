// Whether every contact that the centre has is a call that somebody placed, with sound both ways where somebody answered.
import type { Instant } from "@allo/kernel";

export const compareLimits = {
  /** Between placing a call and the centre's first word of it. */
  arrivalMsMax: 5_000,
  /** Packets that make a talk of a second one with sound; shorter ones had no time for any. */
  packetsMin: 20,
  talkMsMin: 1_000,
} as const;

export type PlacedRecord = {
  readonly line: string;
  readonly from: string | null;
  readonly placedAt: Instant;
  readonly answeredAt: Instant | null;
  readonly packetsHeard: number;
};
export type TalkedRecord = {
  readonly contactId: string;
  readonly personId: string;
  readonly packetsHeard: number;
  readonly packetsSent: number;
};
/** A contact as the centre lists it; `line` by its number. */
export type ListedContact = {
  readonly contactId: string;
  readonly line: string;
  readonly from: string | null;
  readonly startedAt: Instant;
  /** Of simulated agents; a guest's phone keeps no record of ours. */
  readonly agentIsSimulated: boolean;
  readonly talkMs: number | null;
};
export type Comparison = {
  readonly contacts: number;
  readonly talks: number;
  /** Contacts that nobody placed. */
  readonly withoutCall: readonly string[];
  /** Answered calls of which the centre knows nothing. */
  readonly withoutContact: number;
  /** Talks in which the caller or the agent heard nothing. */
  readonly withoutSound: readonly string[];
};

/** Ties each contact to one call by line, number and time. */
export function compareWithWorld(
  contacts: readonly ListedContact[],
  world: {
    readonly calls: readonly PlacedRecord[];
    readonly talks: readonly TalkedRecord[];
    /** Calls placed in this time must have become contacts; of later ones the list may know nothing yet. */
    readonly listed: { readonly from: Instant; readonly to: Instant };
  },
): Comparison {
  const free = new Map<string, PlacedRecord[]>();
  const keyOf = (line: string, from: string | null): string => `${line} ${from ?? "withheld"}`;
  for (const call of world.calls.toSorted((a, b) => a.placedAt - b.placedAt)) {
    const key = keyOf(call.line, call.from);
    free.set(key, [...(free.get(key) ?? []), call]);
  }
  const talks = Map.groupBy(world.talks, ({ contactId }) => contactId);
  const withoutCall: string[] = [];
  const withoutSound: string[] = [];
  let talked = 0;
  for (const contact of contacts.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const of = free.get(keyOf(contact.line, contact.from)) ?? [];
    const index = of.findIndex(({ placedAt }) => {
      const after = contact.startedAt - placedAt;
      return after >= -compareLimits.arrivalMsMax && after <= compareLimits.arrivalMsMax;
    });
    const call = of[index];
    if (call === undefined) {
      withoutCall.push(contact.contactId);
      continue;
    }
    of.splice(index, 1);
    if ((contact.talkMs ?? 0) < compareLimits.talkMsMin || !contact.agentIsSimulated) continue;
    talked += 1;
    const heardByAgent = sum(talks.get(contact.contactId) ?? [], ({ packetsHeard }) => packetsHeard);
    const sentByAgent = sum(talks.get(contact.contactId) ?? [], ({ packetsSent }) => packetsSent);
    const { packetsMin } = compareLimits;
    if (call.packetsHeard < packetsMin || heardByAgent < packetsMin || sentByAgent < packetsMin) withoutSound.push(contact.contactId);
  }
  const { from, to } = world.listed;
  const left = [...free.values()]
    .flat()
    .filter(({ answeredAt, placedAt }) => answeredAt !== null && placedAt >= from && placedAt <= to - compareLimits.arrivalMsMax);
  return { contacts: contacts.length, talks: talked, withoutCall, withoutContact: left.length, withoutSound };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
