// Who takes part in a call that a recorder elsewhere gets: what it was told of them, and what is new.
import type { RecordedCall, RecordedParty } from "@allo/call";
import type { Instant, PartyId, PersonId } from "@allo/kernel";
import type { RecordedParticipant } from "@allo/sip";
import { SIDES, type Side } from "./recorder-streams.ts";
import { escapeUser, host } from "./trunk-identity.ts";

/** Who is behind a party: what only the call knows. */
export type PartyNames = {
  readonly customer: () => { readonly number: string | null; readonly name: string | null };
  readonly numberOf: (partyId: PartyId) => string | null;
  readonly personName: (personId: PersonId) => string | null;
};

export type Participants = {
  /** Those who are new or otherwise than was told; all of them where `isComplete`. Who has left is told once. */
  readonly news: (
    call: RecordedCall,
    fields: {
      readonly at: Instant;
      readonly isComplete: boolean;
      /** What stands behind the "@" of their addresses. */
      readonly domain: string;
      readonly streamIds: Readonly<Record<Side, string>>;
    },
  ) => readonly RecordedParticipant[];
  /** Nothing was told so far: another session begins. */
  readonly forget: () => void;
};

type Known = {
  readonly id: string;
  readonly joinedAt: Instant;
  leftAt: Instant | null;
  party: RecordedParty;
  user: string;
  name: string | null;
};

const ANONYMOUS = "anonymous";

export function createParticipants({ names, newUuid }: { readonly names: PartyNames; readonly newUuid: () => string }): Participants {
  const known = new Map<string, Known>();
  const told = new Map<string, string>();

  const note = ({ parties }: RecordedCall, at: Instant): void => {
    const here = new Set<string>();
    for (const party of parties) {
      const { user, name } = identityOf(party, names);
      const key = `${party.who.kind} ${user}`;
      here.add(key);
      const before = known.get(key);
      if (before === undefined) known.set(key, { id: newUuid(), joinedAt: at, leftAt: null, party, user, name });
      else Object.assign(before, { party, name, leftAt: null });
    }
    for (const [key, each] of known) if (!here.has(key)) each.leftAt ??= at;
  };

  return {
    news: (call, { at, isComplete, domain, streamIds }) => {
      note(call, at);
      const news: RecordedParticipant[] = [];
      for (const [key, { id, joinedAt, leftAt, party, user, name }] of known) {
        const isThere = leftAt === null;
        const other = SIDES.find((side) => side !== party.side) ?? party.side;
        const said: RecordedParticipant = {
          id,
          aor: user === ANONYMOUS ? "sip:anonymous@anonymous.invalid" : `sip:${escapeUser(user)}@${host(domain)}`,
          name,
          joinedAt,
          leftAt,
          sends: isThere && party.isHeard ? [streamIds[party.side]] : [],
          hears: isThere && party.hears ? [streamIds[other]] : [],
        };
        const written = JSON.stringify(said);
        if (isComplete || told.get(key) !== written) news.push(said);
        told.set(key, written);
        if (!isThere) {
          known.delete(key);
          told.delete(key);
        }
      }
      return news;
    },
    forget: () => told.clear(),
  };
}

/** The user part of who takes part, and their name where it is known. */
function identityOf({ who }: RecordedParty, names: PartyNames): { readonly user: string; readonly name: string | null } {
  switch (who.kind) {
    case "customer": {
      const { number, name } = names.customer();
      return { user: number ?? ANONYMOUS, name };
    }
    case "person":
      return { user: who.personId, name: names.personName(who.personId) };
    case "outside":
      return { user: names.numberOf(who.partyId) ?? who.partyId, name: null };
  }
}
