import type { ContactId, Instant, OrganisationId, PersonId } from "@allo/kernel";
import type { Logger } from "../../platform/log.ts";
import { isWithoutAgent, openParties, recordingNow, type ContactFacts, type Contacts } from "../contacts/index.ts";
import { telephonyLimits } from "./service.ts";

/** A customer and a number outside, whom their agent left together. */
export type PassedOnCall = {
  readonly contactId: ContactId;
  readonly queueId: string;
  readonly by: PersonId | null;
  readonly since: Instant;
  /** Then the exchange ends it. */
  readonly until: Instant;
  readonly customerName: string | null;
  readonly callerNumber: string | null;
  readonly outsideNumber: string | null;
  readonly recording: "off" | "on" | "paused";
};

export type PassedOn = {
  /** Those that go on now, the longest first. */
  readonly list: (organisationId: OrganisationId) => readonly PassedOnCall[];
  /** One began, changed or ended. */
  readonly onMoved: (listener: (organisationId: OrganisationId) => void) => void;
};

/** The talks that go on without an agent, as whoever watches the floor sees them. */
export function createPassedOn({
  contacts,
  log,
}: {
  readonly contacts: Pick<Contacts, "openList" | "callerOf" | "customerOf" | "outsideNumberOf" | "events">;
  readonly log: Logger;
}): PassedOn {
  const listeners: ((organisationId: OrganisationId) => void)[] = [];
  /** Of those that are shown; null until it is known, and where the customer has no card. */
  const names = new Map<ContactId, string | null>();
  const moved = (organisationId: OrganisationId): void => {
    for (const listener of listeners) listener(organisationId);
  };

  const learnName = (facts: ContactFacts): void => {
    const { contactId, organisationId } = facts;
    if (!names.has(contactId)) names.set(contactId, null);
    contacts
      .customerOf(facts)
      .then((customer) => {
        if (customer === null || names.get(contactId) === customer.name || !names.has(contactId)) return;
        names.set(contactId, customer.name);
        moved(organisationId);
      })
      .catch((error: unknown) => log.warn({ err: error }, "a customer's name can't be read"));
  };

  contacts.events.on("contactChanged", ({ organisationId, contactId, facts, kinds }) => {
    if (facts.passedOnAt === null) return;
    if (isWithoutAgent(facts)) {
      if (kinds.includes("customerTied")) learnName(facts);
    } else names.delete(contactId);
    moved(organisationId);
  });

  const show = (facts: ContactFacts, since: Instant): PassedOnCall => {
    if (!names.has(facts.contactId)) learnName(facts);
    const recording = recordingNow(facts).state;
    const outside = openParties(facts).find((party) => party.outside !== null);
    return {
      contactId: facts.contactId,
      queueId: facts.queueId,
      by: facts.agentId,
      since,
      until: since + telephonyLimits.passedOnMsMax,
      customerName: names.get(facts.contactId) ?? null,
      callerNumber: contacts.callerOf(facts).number,
      outsideNumber: outside === undefined ? null : contacts.outsideNumberOf(facts, outside),
      recording: recording === "failed" ? "off" : recording,
    };
  };

  return {
    list: (organisationId) =>
      contacts
        .openList()
        .flatMap((facts) =>
          facts.organisationId === organisationId && isWithoutAgent(facts) ? [show(facts, facts.passedOnAt ?? facts.startedAt)] : [],
        )
        .toSorted((a, b) => a.since - b.since),
    onMoved: (listener) => void listeners.push(listener),
  };
}
