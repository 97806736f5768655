import type { OpenContact, RouterCommand } from "@allo/acd";
import type { CoreCommand, HoldReminder, PartySeat } from "@allo/contract";
import type { ContactId, PartyId, PersonId, PhoneId, Timers } from "@allo/kernel";
import { openParties, type ContactCommand, type ContactFacts, type ContactStimulus, type PartyFacts } from "../contacts/index.ts";
import type { Routing } from "../routing/index.ts";

type PartyCommand = Extract<
  ContactCommand,
  {
    readonly kind:
      | "askParty"
      | "engageParty"
      | "joinParty"
      | "partParty"
      | "partyBridged"
      | "partyBridgeFailed"
      | "endParty"
      | "armPartyGrace"
      | "cancelPartyGrace"
      | "hold"
      | "stepAside"
      | "handOver"
      | "tellHandedOver";
  }
>;

export type Asides = {
  readonly run: (facts: ContactFacts, command: PartyCommand) => void;
  /** True where the router speaks of somebody who talks beside a contact. */
  readonly follow: (command: RouterCommand) => boolean;
  /** Whom the router must know of after a start. */
  readonly openOf: (facts: ContactFacts) => readonly OpenContact[];
  /** After a start: whoever was being asked then has to be asked again. */
  readonly recovered: (facts: ContactFacts) => void;
  /** Whoever asked has changed their mind. */
  readonly withdrawn: (facts: ContactFacts, partyId: PartyId) => void;
  /** The contact that this person talks beside, or is asked to. */
  readonly contactOf: (aside: ContactId) => ContactId | undefined;
  readonly close: () => void;
};

/**
 * Those who talk beside a contact: consulted, in conference, listening. Each is an aside of the router by the id of the party, so that
 * one person has one state and one ring, whatever they were rung for.
 */
export function createAsides(deps: {
  readonly routing: Routing;
  readonly timers: Timers;
  readonly graceMs: number;
  readonly send: (command: CoreCommand) => void;
  readonly phoneOf: (personId: PersonId) => { readonly phoneId: PhoneId; readonly registered: boolean } | undefined;
  readonly musicOf: (facts: ContactFacts) => string;
  readonly reminderOf: (facts: ContactFacts) => HoldReminder | null;
  readonly act: (contactId: ContactId, stimulus: ContactStimulus) => unknown;
  readonly now: () => number;
}): Asides {
  const { routing, timers, send, act } = deps;
  const contactOfAside = new Map<ContactId, ContactId>();
  const graces = new Map<PartyId, () => void>();

  const disarm = (partyId: PartyId): void => {
    graces.get(partyId)?.();
    graces.delete(partyId);
  };

  const run = (facts: ContactFacts, command: PartyCommand): void => {
    const { organisationId, contactId, callId } = facts;
    switch (command.kind) {
      case "askParty": {
        const { partyId, personId } = command.party;
        if (personId === null) return;
        contactOfAside.set(asideOf(partyId), contactId);
        routing.submit(organisationId, {
          kind: "contactQueued",
          contact: asideOf(partyId),
          queue: facts.queueId,
          enqueuedAt: deps.now(),
          priority: 0,
          requirements: [],
          onlyAgent: personId,
          isAside: true,
        });
        return;
      }
      case "engageParty": {
        const { partyId, personId } = command.party;
        if (personId === null) return;
        contactOfAside.set(asideOf(partyId), contactId);
        const wish = { kind: "engaged", contact: asideOf(partyId), agent: personId, queue: facts.queueId, isAside: true } as const;
        const commands = routing.submit(organisationId, wish);
        if (commands?.some(({ kind }) => kind === "inputIgnored") === true) {
          act(contactId, { kind: "partyWithdrawn", partyId, why: "notAvailable" });
          contactOfAside.delete(asideOf(partyId));
        } else join(facts, command.party);
        return;
      }
      case "joinParty":
        join(facts, command.party);
        return;
      case "partParty":
        send({ kind: "partParty", callId, partyId: command.partyId });
        return;
      case "partyBridged":
        routing.submit(organisationId, { kind: "bridged", contact: asideOf(command.partyId) });
        return;
      case "partyBridgeFailed":
        routing.submit(organisationId, { kind: "bridgeFailed", contact: asideOf(command.partyId), blame: "agent" });
        return;
      case "endParty":
        if (contactOfAside.delete(asideOf(command.partyId)))
          routing.submit(organisationId, { kind: "contactEnded", contact: asideOf(command.partyId) });
        return;
      case "armPartyGrace": {
        const { partyId } = command;
        disarm(partyId);
        graces.set(
          partyId,
          timers.arm(deps.graceMs, () => {
            graces.delete(partyId);
            act(contactId, { kind: "partyGraceOver", partyId });
          }),
        );
        return;
      }
      case "cancelPartyGrace":
        disarm(command.partyId);
        return;
      case "hold":
        send({ kind: "hold", callId, loop: deps.musicOf(facts), reminder: deps.reminderOf(facts) });
        return;
      case "stepAside":
        send({ kind: "stepAside", callId, loop: deps.musicOf(facts), reminder: deps.reminderOf(facts) });
        return;
      case "handOver":
        send({ kind: "handOver", callId, partyId: command.partyId, loop: deps.musicOf(facts) });
        return;
      case "tellHandedOver":
        routing.submit(organisationId, { kind: "handedOver", contact: contactId, aside: asideOf(command.partyId) });
        contactOfAside.delete(asideOf(command.partyId));
    }
  };

  const join = (facts: ContactFacts, { partyId, personId, place }: PartyFacts): void => {
    const phone = personId === null ? undefined : deps.phoneOf(personId);
    if (personId === null || phone?.registered !== true) {
      act(facts.contactId, { kind: "partyFailed", partyId, reason: "phoneGone" });
      return;
    }
    send({ kind: "joinParty", callId: facts.callId, partyId, phoneId: phone.phoneId, personId, seat: seatOf(place) });
  };

  return {
    run,
    follow(command) {
      if (!("contact" in command)) return false;
      const contactId = contactOfAside.get(command.contact);
      if (contactId === undefined) return false;
      const partyId = partyOf(command.contact);
      switch (command.kind) {
        case "offer":
          act(contactId, { kind: "partyOffered", partyId, offerId: command.offer, expiresAt: command.expiresAt });
          return true;
        case "connect":
          act(contactId, { kind: "partyAccepted", partyId });
          return true;
        case "asideOver":
        case "refuseContact":
          contactOfAside.delete(command.contact);
          act(contactId, { kind: "partyWithdrawn", partyId, why: command.cause });
          return true;
        case "contactLost":
          contactOfAside.delete(command.contact);
          act(contactId, { kind: "partyWithdrawn", partyId, why: "recovered" });
          return true;
        default:
          return true;
      }
    },
    openOf: (facts) =>
      facts.phase.kind !== "talking"
        ? []
        : openParties(facts).flatMap(({ partyId, personId, state }) =>
            state === "joined" && personId !== null
              ? [{ contact: asideOf(partyId), phase: "talking", agent: personId, queue: facts.queueId, isAside: true } as const]
              : [],
          ),
    recovered(facts) {
      for (const { partyId, state, personId } of openParties(facts)) {
        if (personId === null) continue; // the edge says what became of their line
        if (state === "joined") contactOfAside.set(asideOf(partyId), facts.contactId);
        else act(facts.contactId, { kind: "partyWithdrawn", partyId, why: "recovered" });
      }
    },
    withdrawn: (facts, partyId) => run(facts, { kind: "endParty", partyId }),
    contactOf: (aside) => contactOfAside.get(aside),
    close() {
      for (const cancel of graces.values()) cancel();
    },
  };
}

/** Party and aside are one thing under two names: the call's and the router's. */
function asideOf(partyId: PartyId): ContactId {
  return partyId as string as ContactId;
}
function partyOf(aside: ContactId): PartyId {
  return aside as string as PartyId;
}

function seatOf(place: PartyFacts["place"]): PartySeat {
  return place === "talk" || place === "aside" ? { kind: place } : { kind: "monitor", mode: place };
}

/** How the log names a seat of the call. */
export function placeOf(seat: PartySeat): PartyFacts["place"] {
  return seat.kind === "monitor" ? seat.mode : seat.kind;
}
