import type { RouterCommand } from "@allo/acd";
import { MINUTE_MS } from "@allo/kernel";
import type { ContactId, IdSource, OrganisationId, PersonId, Timers } from "@allo/kernel";
import type { ContactFacts, Contacts, ContactStimulus } from "../contacts/index.ts";
import type { Routing } from "../routing/index.ts";

export const parkLimits = {
  /** Of one project; each has a number that is said aloud: "on slot 7". */
  slotsMax: 99,
  /** Nobody picked it up: it rings at whoever parked it, then goes to the head of its queue. */
  recallAfterMs: 2 * MINUTE_MS,
} as const;

export type Parking = {
  /** The lowest free slot of the project; null where all are taken. */
  readonly freeSlot: (organisationId: OrganisationId, projectId: string) => number | null;
  /** Those in a slot, in the order of slots. */
  readonly parked: (organisationId: OrganisationId) => readonly ContactFacts[];
  /** Who picks it up talks from now on; false where they can't, or somebody else is quicker. */
  readonly claim: (facts: ContactFacts, agentId: PersonId) => boolean;
  /** The claim came to nothing: it stays in its slot. */
  readonly unclaim: (facts: ContactFacts) => void;
  readonly arm: (facts: ContactFacts) => void;
  readonly disarm: (facts: ContactFacts) => void;
  /** True where the router speaks of whoever parked a contact, rung for it. */
  readonly follow: (command: RouterCommand) => boolean;
  /** The contact that a person is rung for, by what the router calls it. */
  readonly contactOf: (recall: ContactId) => ContactId | undefined;
  readonly close: () => void;
};

/** Slots of callers who wait for somebody to pick them up, and what becomes of those whom nobody does. */
export function createParking(deps: {
  readonly contacts: Contacts;
  readonly routing: Routing;
  readonly timers: Timers;
  readonly ids: IdSource;
  readonly act: (contactId: ContactId, stimulus: ContactStimulus) => unknown;
  /** Joins the two at the edge. */
  readonly join: (contactId: ContactId, agentId: PersonId) => void;
  readonly now: () => number;
}): Parking {
  const { contacts, routing, timers, ids, act } = deps;
  const timersOf = new Map<ContactId, () => void>();
  /** Whoever parked it is an aside of the router while they are rung for it. */
  const recalls = new Map<ContactId, ContactId>();

  const parked = (organisationId: OrganisationId): readonly ContactFacts[] =>
    contacts
      .parkedList()
      .filter((facts) => facts.organisationId === organisationId)
      .toSorted((a, b) => slotOf(a) - slotOf(b));

  const recallOf = (contactId: ContactId): ContactId | undefined => [...recalls].find(([, of]) => of === contactId)?.[0];

  const endRecall = ({ organisationId, contactId }: ContactFacts): void => {
    const recall = recallOf(contactId);
    if (recall === undefined) return;
    recalls.delete(recall);
    routing.submit(organisationId, { kind: "contactEnded", contact: recall });
  };

  const recall = (contactId: ContactId): void => {
    const facts = contacts.facts(contactId);
    if (facts?.phase.kind !== "parked") return;
    const aside = ids.next("pty") as ContactId;
    recalls.set(aside, contactId);
    const commands = routing.submit(facts.organisationId, {
      kind: "contactQueued",
      contact: aside,
      queue: facts.queueId,
      enqueuedAt: deps.now(),
      priority: 0,
      requirements: [],
      onlyAgent: facts.phase.by,
      isAside: true,
    });
    if (commands === null) {
      recalls.delete(aside);
      act(contactId, { kind: "parkExpired" });
    }
  };

  const arm: Parking["arm"] = ({ contactId, phase }) => {
    if (phase.kind !== "parked") return;
    timersOf.get(contactId)?.();
    timersOf.set(
      contactId,
      timers.arm(Math.max(0, phase.until - deps.now()), () => {
        timersOf.delete(contactId);
        recall(contactId);
      }),
    );
  };

  return {
    freeSlot(organisationId, projectId) {
      const taken = new Set(parked(organisationId).flatMap((facts) => (facts.projectId === projectId ? [slotOf(facts)] : [])));
      for (let slot = 1; slot <= parkLimits.slotsMax; slot += 1) if (!taken.has(slot)) return slot;
      return null;
    },
    parked,
    claim(facts, agentId) {
      const { organisationId, contactId: contact, queueId: queue } = facts;
      const recalled = recallOf(contact);
      if (recalled !== undefined && facts.phase.kind === "parked" && facts.phase.by === agentId) endRecall(facts);
      const commands = routing.submit(organisationId, { kind: "engaged", contact, agent: agentId, queue });
      if (commands === null || commands.some(({ kind }) => kind === "inputIgnored")) return false;
      endRecall(facts);
      timersOf.get(contact)?.();
      timersOf.delete(contact);
      deps.join(contact, agentId);
      return true;
    },
    unclaim(facts) {
      routing.submit(facts.organisationId, { kind: "contactParked", contact: facts.contactId });
      arm(facts);
    },
    arm,
    disarm(facts) {
      timersOf.get(facts.contactId)?.();
      timersOf.delete(facts.contactId);
      endRecall(facts);
    },
    follow(command) {
      if (!("contact" in command)) return false;
      const contactId = recalls.get(command.contact);
      if (contactId === undefined) return false;
      const facts = contacts.facts(contactId);
      switch (command.kind) {
        case "offer":
          act(contactId, { kind: "parkRecalled", offerId: command.offer, expiresAt: command.expiresAt });
          return true;
        case "connect": {
          if (facts === undefined) return true;
          const { organisationId, queueId: queue } = facts;
          const { contact: from, agent } = command;
          routing.submit(organisationId, { kind: "bridged", contact: from });
          recalls.delete(from);
          routing.submit(organisationId, { kind: "engaged", contact: contactId, agent, queue, from });
          deps.join(contactId, agent);
          return true;
        }
        case "asideOver":
        case "refuseContact":
        case "contactLost":
          recalls.delete(command.contact);
          act(contactId, { kind: "parkExpired" });
          return true;
        default:
          return true;
      }
    },
    contactOf: (recalled) => recalls.get(recalled),
    close() {
      for (const cancel of timersOf.values()) cancel();
    },
  };
}

function slotOf({ phase }: ContactFacts): number {
  return phase.kind === "parked" ? phase.slot : 0;
}
