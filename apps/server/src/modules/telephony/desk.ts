import type { AgentState, AgentView, NotReadyReason } from "@allo/acd";
import type { DeskContact, DeskState, LineVerdict } from "@allo/contract";
import { unreachable } from "@allo/kernel";
import type { Clock, ContactId, Instant, OfferId, OrganisationId, PersonId } from "@allo/kernel";
import type { LiveHub } from "../../platform/live.ts";
import type { Logger } from "../../platform/log.ts";
import { abuseEndsFrom, leadIn, mentorAskedAt, openHelp, openParties, owesCode, recordingNow, verifyLimits } from "../contacts/index.ts";
import type { ContactEventKind, ContactFacts, ContactPhase, Contacts, PeopleNames } from "../contacts/index.ts";
import { localDay, type LocalDay } from "../reporting/index.ts";
import type { Routing, VoiceDirectory } from "../routing/index.ts";
import type { DialRefusals } from "./dial-refusals.ts";
import type { InternalCalls } from "./internal-calls.ts";
import type { Phone, Telephony } from "./service.ts";

/** What the desk shows of a contact and core has to look up: kept while the contact is open. */
type Extras = {
  customer: DeskContact["customer"];
  earlierToday: DeskContact["earlierToday"];
  noteDraft: string;
  /** Whose draft it is. */
  draftOf: PersonId;
  notes: DeskContact["notes"];
};

export type DeskDeps = {
  readonly contacts: Contacts;
  readonly routing: Routing;
  readonly directory: VoiceDirectory;
  readonly live: LiveHub;
  readonly clock: Clock;
  readonly log: Logger;
  readonly people: PeopleNames;
  readonly phoneOf: (personId: PersonId) => Phone | undefined;
  readonly chosenDevice: Telephony["chosenDevice"];
  readonly deviceState: Telephony["deviceState"];
  readonly connectsItself: Telephony["connectsItself"];
  readonly lineOf: (contactId: ContactId) => LineVerdict | null;
  /** The contact that a person talks beside, by what the router calls it. */
  readonly contactBeside: (aside: ContactId) => ContactId | undefined;
  readonly parked: (organisationId: OrganisationId) => readonly ContactFacts[];
  readonly refusals: Pick<DialRefusals, "of">;
  readonly internal: Pick<InternalCalls, "of" | "lastOf" | "forgetLast" | "missedCount" | "people" | "onChanged" | "onMissedCounted">;
};
export type Desk = ReturnType<typeof createDesk>;

const SYSTEM_REASONS: ReadonlySet<NotReadyReason> = new Set<NotReadyReason>([
  "justSignedIn",
  "afterMissedRings",
  "connectionLost",
  "supervisorForced",
  "signedOut",
]);

/** Each person's desk as one whole state: published when anything in it moves. */
export function createDesk({ contacts, routing, directory, live, clock, log, people, ...telephony }: DeskDeps) {
  const { phoneOf, chosenDevice, deviceState, connectsItself, lineOf, contactBeside, parked, internal, refusals } = telephony;
  const extras = new Map<ContactId, Extras>();
  /** How often what is read of a contact has changed since it came. */
  const ages = new Map<ContactId, number>();
  const loading = new Set<ContactId>();
  const touched = new Map<PersonId, OrganisationId>();
  const names = new Map<PersonId, string>();
  const lastDials = new Map<PersonId, NonNullable<DeskState["lastDial"]>>();

  /** Today, by time zone: finding where a day begins asks the calendar dozens of times. */
  const days = new Map<string, LocalDay>();

  const startedAt = clock.now();

  const startOfToday = (timeZone: string): Instant => {
    const now = clock.now();
    const known = days.get(timeZone);
    if (known !== undefined && known.from <= now && now < known.to) return known.from;
    const day = localDay(now, timeZone);
    days.set(timeZone, day);
    return day.from;
  };

  const stateOf = (organisationId: OrganisationId, personId: PersonId): DeskState => {
    const agent = routing.agent(organisationId, personId);
    const phone = phoneOf(personId);
    const device = chosenDevice(personId);
    const state: AgentState = agent?.state ?? { kind: "offline" };
    return {
      state: state.kind,
      // Who was never signed in is offline since we can tell.
      since: Math.max(agent?.since ?? 0, state.kind === "offline" ? startedAt : 0),
      reasonId: state.kind === "notReady" ? ownReason(state.reason) : null,
      pendingReasonId: agent?.pending?.kind === "notReady" ? ownReason(agent.pending.reason) : null,
      systemCause: state.kind === "notReady" ? systemCause(state.reason, routing.causeOf(organisationId, personId)?.by) : null,
      missedRings: agent?.missedRings ?? 0,
      phone: { registered: phone?.registered ?? false, proven: phone?.proven ?? false },
      device:
        device === null
          ? null
          : {
              deviceId: device.deviceId,
              name: device.name,
              autoAnswer: device.autoAnswer,
              trouble: deviceState(device.deviceId)?.trouble?.what ?? null,
            },
      devices: devicesOf(organisationId, personId),
      contact: agent === undefined ? null : contactOf(organisationId, agent),
      lastDial: lastDials.get(personId) ?? null,
      dialRefusal: refusals.of(personId),
      internalCall: internalCallOf(organisationId, personId),
      lastInternalCall: lastInternalCallOf(organisationId, personId),
      missedInternalCalls: internal.missedCount(organisationId, personId),
      notCodedCount: contacts.notCodedCount(personId),
      queueIds: queuesOf(organisationId, personId),
      trainees: traineesOf(organisationId, personId),
      parked: parkedFor(organisationId, personId),
    };
  };

  const internalCallOf = (organisationId: OrganisationId, personId: PersonId): DeskState["internalCall"] => {
    const call = internal.of(personId);
    if (call === null) return null;
    const name = nameFor({ organisationId }, call.personId, personId);
    return { ...call, name, customersWaiting: waitingFor(organisationId, personId) };
  };
  const lastInternalCallOf = (organisationId: OrganisationId, personId: PersonId): DeskState["lastInternalCall"] => {
    const call = internal.lastOf(personId);
    return call === null ? null : { ...call, name: nameFor({ organisationId }, call.personId, personId) };
  };
  /** Customers in the queues that this person serves, whom it rings at nobody. */
  const waitingFor = (organisationId: OrganisationId, personId: PersonId): number => {
    const mine = new Set<string>(queuesOf(organisationId, personId));
    return routing
      .view(organisationId)
      .queues.filter(({ queue }) => mine.has(queue))
      .reduce((sum, { waiting }) => sum + waiting.filter(({ offer }) => offer === null).length, 0);
  };

  const devicesOf = (organisationId: OrganisationId, personId: PersonId): DeskState["devices"] =>
    (directory.config(organisationId)?.devices ?? [])
      .filter((device) => device.personId === personId && !device.retired)
      .map(({ deviceId, name }) => ({ deviceId, name, canRing: deviceState(deviceId)?.canRing ?? false }));
  const mentorsOf = (organisationId: OrganisationId, personId: PersonId): readonly PersonId[] =>
    directory.config(organisationId)?.mentors.get(personId) ?? [];
  const traineeIdsOf = (organisationId: OrganisationId, personId: PersonId): readonly PersonId[] =>
    [...(directory.config(organisationId)?.mentors ?? [])].flatMap(([trainee, mentors]) => (mentors.includes(personId) ? [trainee] : []));

  const traineesOf = (organisationId: OrganisationId, personId: PersonId): NonNullable<DeskState["trainees"]> =>
    traineeIdsOf(organisationId, personId).flatMap((traineeId) => {
      const agent = routing.agent(organisationId, traineeId);
      if (agent === undefined || agent.state.kind === "offline") return [];
      const facts = agent.state.kind === "talking" ? contacts.facts(agent.state.contact) : undefined;
      const talk = facts?.phase.kind === "talking" && facts.phase.agentId === traineeId ? facts : undefined;
      return [
        {
          personId: traineeId,
          name: nameFor({ organisationId }, traineeId, personId),
          state: agent.state.kind,
          contactId: talk?.contactId ?? null,
          askedAt: talk === undefined ? null : mentorAskedAt(talk),
          isAccompanied: talk !== undefined && openParties(talk).some(({ place }) => place === "mentor"),
        },
      ];
    });

  /** Whom the agent can ask into their talk; null where they have no mentor. */
  const mentorOf = (facts: ContactFacts, personId: PersonId): NonNullable<DeskContact["mentor"]> | null => {
    const { organisationId, phase } = facts;
    const mentors = mentorsOf(organisationId, personId);
    if (mentors.length === 0 || phase.kind !== "talking" || phase.agentId !== personId) return null;
    return {
      names: mentors.map((mentorId) => nameFor({ organisationId }, mentorId, personId)),
      available: mentors.some((mentorId) => {
        const mentor = routing.agent(organisationId, mentorId);
        return mentor !== undefined && mentor.mediaProven && (mentor.state.kind === "ready" || mentor.state.kind === "notReady");
      }),
      askedAt: mentorAskedAt(facts),
    };
  };

  /** Mentors see what their trainees do, and trainees whether one could come. */
  const touchAround = (organisationId: OrganisationId, personId: PersonId): void => {
    for (const other of [...mentorsOf(organisationId, personId), ...traineeIdsOf(organisationId, personId)]) touch(organisationId, other);
  };

  const parkedFor = (organisationId: OrganisationId, personId: PersonId): DeskState["parked"] => {
    const all = parked(organisationId);
    if (all.length === 0) return [];
    const mine = new Set(queuesOf(organisationId, personId));
    const projects = new Set(directory.config(organisationId)?.queues.flatMap((each) => (mine.has(each.queueId) ? [each.projectId] : [])));
    return all.flatMap((facts) => {
      const { phase, contactId, queueId } = facts;
      if (phase.kind !== "parked" || !(projects.has(facts.projectId) || phase.by === personId)) return [];
      return [
        {
          contactId,
          slot: phase.slot,
          queueId,
          callerNumber: contacts.callerOf(facts).number,
          customerName: extras.get(contactId)?.customer?.name ?? null,
          parkedByName: nameFor(facts, phase.by, personId),
          since: phase.since,
        },
      ];
    });
  };

  const queuesOf = (organisationId: OrganisationId, personId: PersonId): string[] =>
    [...(directory.config(organisationId)?.members ?? [])]
      .filter(([, members]) => members.some((member) => member.personId === personId))
      .map(([queueId]) => queueId);

  /** Nothing where only one is in use, and for the one without a name of its own: who works for itself has no client to name. */
  const projectNameOf = (organisationId: OrganisationId, projectId: string): string => {
    const projects = directory.config(organisationId)?.projects ?? [];
    if (projects.filter(({ retired }) => !retired).length < 2) return "";
    return projects.find((project) => project.projectId === projectId && !project.inHouse)?.name ?? "";
  };

  const contactOf = (organisationId: OrganisationId, agent: AgentView): DeskContact | null => {
    const held = contactIdOf(agent.state);
    const beside = held === null ? undefined : contactBeside(held);
    const facts = held === null ? undefined : contacts.facts(beside ?? held);
    if (facts === undefined) return null;
    const known = extrasOf(facts, agent.agent);
    const { phase } = facts;
    const mine = beside === undefined ? undefined : openParties(facts).find(({ personId }) => personId === agent.agent);
    const owner = "agentId" in phase ? phase.agentId : facts.agentId;
    const nameOf = (personId: PersonId): string => nameFor(facts, personId, agent.agent);
    const partyLeft = facts.parties.findLast(({ leftAt, why }) => leftAt !== null && why !== "handedOver");
    const segment = facts.segments.at(-1);
    const talking = phase.kind === "talking" ? phase : null;
    const wrapUp = agent.state.kind === "wrapUp" ? agent.state : null;
    return {
      contactId: facts.contactId,
      callId: facts.callId,
      offerId: mine !== undefined ? mine.offerId : offerIdOf(phase),
      queueId: facts.queueId,
      projectId: facts.projectId,
      projectName: projectNameOf(organisationId, facts.projectId),
      language: facts.language,
      callerNumber: contacts.callerOf(facts).number,
      customer: known.customer,
      queuedAt: facts.segments[0]?.enqueuedAt ?? facts.startedAt,
      offeredAt: segment?.alerts.at(-1)?.from ?? null,
      ringEndsAt: mine?.state === "asked" ? mine.expiresAt : ringEndOf(phase),
      connectedAt: mine !== undefined ? mine.joinedAt : facts.connectedAt,
      heldSince: talking?.heldSince ?? null,
      muted: mine?.muted ?? talking?.muted ?? false,
      mediaLostSince: talking?.mediaLostSince ?? null,
      recording: talking === null ? "off" : recordingNow(facts).state,
      recordingPausedSince: talking === null ? null : recordingNow(facts).pausedSince,
      recordingPausedBy: talking === null ? null : recordingNow(facts).pausedBy,
      keysMasked: talking?.keysMasked ?? false,
      recordable: isRecordable(facts),
      line: talking === null ? null : lineOf(facts.contactId),
      isTest: facts.test !== null,
      answersItself: phase.kind === "ringing" && connectsItself(facts, phase.agentId),
      mentor: beside === undefined ? mentorOf(facts, agent.agent) : null,
      help: beside === undefined ? helpOf(facts) : null,
      abuse: abuseOf(facts),
      verification: verificationOf(facts),
      endedAt: facts.endedAt,
      cause: facts.cause,
      wrapUpEndsAt: wrapUp?.until ?? null,
      wrapUpExtended: wrapUp?.extended ?? false,
      codeOwed: owesCode(facts),
      noteDraft: known.draftOf === agent.agent ? known.noteDraft : "",
      direction: facts.outbound === null ? "in" : "out",
      dialling: phase.kind === "dialling" || (phase.kind === "arriving" && facts.outbound !== null),
      ringingSince: phase.kind === "dialling" ? phase.ringingSince : null,
      role: mine?.how ?? "owner",
      partyId: mine?.partyId ?? null,
      ownerName: owner === null || owner === agent.agent ? "" : nameOf(owner),
      aside: talking?.aside ?? false,
      parties: openParties(facts).map((party) => ({
        partyId: party.partyId,
        personId: party.personId,
        name: party.personId === null ? "" : nameOf(party.personId),
        number: contacts.outsideNumberOf(facts, party),
        how: party.how,
        place: party.place,
        state: party.state === "joined" ? "joined" : "asked",
        joinedAt: party.joinedAt,
        muted: party.muted,
      })),
      partyLeft:
        partyLeft === undefined
          ? null
          : {
              name: partyLeft.personId === null ? "" : nameOf(partyLeft.personId),
              number: contacts.outsideNumberOf(facts, partyLeft),
              how: partyLeft.how,
              why: partyLeft.why ?? "",
              at: partyLeft.leftAt ?? clock.now(),
            },
      handover: facts.handover === null ? null : { fromName: nameOf(facts.handover.from), how: facts.handover.how, at: facts.handover.at },
      notes: known.notes,
      earlierToday: known.earlierToday,
    };
  };

  const extrasOf = (facts: ContactFacts, personId: PersonId): Extras => {
    const known = extras.get(facts.contactId);
    // Another's draft is theirs: who takes the contact over has one of their own.
    const isOwners = "agentId" in facts.phase && facts.phase.agentId === personId;
    if (known !== undefined && (known.draftOf === personId || !isOwners)) return known;
    if (!loading.has(facts.contactId)) {
      loading.add(facts.contactId);
      const age = ages.get(facts.contactId) ?? 0;
      void load(facts, personId).finally(() => {
        loading.delete(facts.contactId);
        // Written to while it was read: read once more.
        if ((ages.get(facts.contactId) ?? 0) === age) return;
        extras.delete(facts.contactId);
        touchAll(facts, personId);
      });
    }
    return known ?? { customer: null, earlierToday: [], noteDraft: "", draftOf: personId, notes: [] };
  };

  /** What isn't known yet is asked for, and shown a moment later. */
  const nameFor = (of: Pick<ContactFacts, "organisationId">, personId: PersonId, seenBy: PersonId): string => {
    const known = names.get(personId);
    if (known !== undefined) return known;
    const asked = people.nameOf(of.organisationId, personId);
    if (typeof asked === "string") return asked;
    void Promise.resolve(asked)
      .then((name) => {
        names.set(personId, name ?? "");
        touch(of.organisationId, seenBy);
      })
      .catch((error: unknown) => log.warn({ err: error }, "a colleague's name can't be read"));
    return "";
  };

  const load = async (facts: ContactFacts, personId: PersonId): Promise<void> => {
    try {
      const from = startOfToday(directory.config(facts.organisationId)?.timeZone ?? "UTC");
      const [customer, earlierToday, noteDraft, notes] = await Promise.all([
        contacts.customerOf(facts),
        contacts.earlierOf(facts, from),
        contacts.draftFetch(facts, personId),
        contacts.notesOf(facts),
      ]);
      if (!contacts.isOpen(facts.contactId)) return;
      extras.set(facts.contactId, {
        customer,
        earlierToday: [...earlierToday],
        noteDraft,
        draftOf: personId,
        notes: notes.map(({ noteId, at, authorName, text }) => ({ noteId, at, authorName, text })),
      });
      touchAll(facts, personId);
    } catch (error) {
      // The agent can talk without it; the next look tries again.
      log.warn({ err: error, contactId: facts.contactId }, "what the desk shows of a customer can't be read");
    }
  };

  /** Whoever looked meanwhile was shown the contact without what was being read: all of them are told, not only who asked first. */
  const touchAll = ({ organisationId, contactId }: ContactFacts, personId: PersonId): void => {
    touch(organisationId, personId);
    const now = contacts.facts(contactId);
    if (now === undefined) return;
    for (const { personId: each } of openParties(now)) if (each !== null) touch(organisationId, each);
    if ("agentId" in now.phase) touch(organisationId, now.phase.agentId);
  };

  const forget = (contactId: ContactId): void => {
    ages.set(contactId, (ages.get(contactId) ?? 0) + 1);
    extras.delete(contactId);
  };

  const touch = (organisationId: OrganisationId, personId: PersonId): void => {
    if (touched.size === 0) queueMicrotask(publish);
    touched.set(personId, organisationId);
  };

  const publish = (): void => {
    const people = [...touched];
    touched.clear();
    for (const [personId, organisationId] of people)
      live.publish("desk", personId, { op: "replace", state: stateOf(organisationId, personId) });
  };

  live.provide("desk", {
    key: (principal) => principal.personId,
    allowed: (principal) => principal.permissions.has("desk.work"),
    snapshot: (principal) => Promise.resolve(stateOf(principal.organisationId, principal.personId)),
  });
  routing.events.on("commands", ({ organisationId, commands }) => {
    for (const command of commands) {
      if (command.kind === "agentChanged" || command.kind === "reachableChanged" || command.kind === "missedRing") {
        touch(organisationId, command.agent);
        touchAround(organisationId, command.agent);
      }
    }
  });
  contacts.events.on("contactChanged", ({ organisationId, facts, kinds }) => {
    if (kinds.includes("customerTied") || kinds.includes("noteAdded")) forget(facts.contactId);
    const { phase } = facts;
    // The next call is another matter.
    if (phase.kind === "ringing" || phase.kind === "talking" || phase.kind === "dialling") {
      const wasDial = lastDials.delete(phase.agentId);
      if (internal.forgetLast(phase.agentId) || wasDial) touch(organisationId, phase.agentId);
    }
    if ("agentId" in phase) touchAround(organisationId, phase.agentId);
    for (const { personId } of openParties(facts)) if (personId !== null) touch(organisationId, personId);
    if (kinds.includes("handedOver") || kinds.includes("partyLeft"))
      for (const { personId, by } of facts.parties) for (const each of [personId ?? by, by]) touch(organisationId, each);
    // Whoever may pick it up sees it come and go.
    if (kinds.some((kind) => PARK_KINDS.has(kind)) || (facts.leftParked && kinds.includes("callEnded"))) touchEverybody(organisationId);
    if (phase.kind === "ringing" || phase.kind === "dialling" || phase.kind === "talking" || phase.kind === "wrapUp")
      touch(organisationId, phase.agentId);
    else if (facts.agentId !== null) touch(organisationId, facts.agentId);
  });
  contacts.events.on("contactClosed", ({ organisationId, contactId, facts }) => {
    extras.delete(contactId);
    ages.delete(contactId);
    const { outbound, outcome, queueId, cause } = facts;
    if (outbound === null || outcome !== "notReached") return;
    const { agentId, lostCallId } = outbound;
    lastDials.set(agentId, { contactId, number: contacts.callerOf(facts).number, queueId, lostCallId, cause, at: clock.now() });
    touch(organisationId, agentId);
  });
  internal.onChanged((organisationId, personIds) => {
    for (const personId of personIds) {
      lastDials.delete(personId);
      touch(organisationId, personId);
    }
  });
  internal.onMissedCounted(touch);
  // Who speaks with a colleague sees that customers wait.
  routing.events.on("viewChanged", ({ organisationId }) => {
    for (const personId of internal.people(organisationId)) touch(organisationId, personId);
  });
  const touchEverybody = (organisationId: OrganisationId): void => {
    for (const { agent, state } of routing.view(organisationId).agents) if (state.kind !== "offline") touch(organisationId, agent);
  };
  directory.onChanged(({ organisationId }) => touchEverybody(organisationId));

  return {
    stateOf,
    /** A note can be read from now on; what was read of the contact before doesn't hold it. */
    noteStored: (facts: ContactFacts): void => {
      if (!contacts.isOpen(facts.contactId)) return;
      forget(facts.contactId);
      if ("agentId" in facts.phase) touchAll(facts, facts.phase.agentId);
    },
    touch,
    /** The draft as it was just saved. */
    drafted(facts: ContactFacts, personId: PersonId, noteDraft: string): void {
      const known = extras.get(facts.contactId);
      if (known === undefined || known.draftOf !== personId) return;
      known.noteDraft = noteDraft;
      touch(facts.organisationId, personId);
    },
  };
}

const PARK_KINDS: ReadonlySet<ContactEventKind> = new Set<ContactEventKind>(["parked", "pickedUp", "parkRecalled", "parkExpired"]);

/** A call out that is to be written once its customer knows of it. */
export function isRecordable({ policy, phase, recordings }: ContactFacts): boolean {
  return policy.outgoing === "told" && phase.kind === "talking" && !recordings.some(({ state }) => state !== "failed");
}

/** Null where a lead is in the talk already, or none can be asked. */
function helpOf(facts: ContactFacts): NonNullable<DeskContact["help"]> | null {
  if (facts.phase.kind !== "talking" || facts.test !== null || leadIn(facts) !== undefined) return null;
  const open = openHelp(facts);
  return { askedAt: open?.askedAt ?? null, about: open?.about ?? null };
}

/** Whether the caller is who the card says. */
function verificationOf({ customerId, test, verification }: ContactFacts): NonNullable<DeskContact["verification"]> | null {
  if (customerId === null || test !== null) return null;
  const { level, how, failed } = verification;
  return { level, how, failed, locked: failed >= verifyLimits.failuresMax };
}

/** Insults or threats that are not over. */
function abuseOf(facts: ContactFacts): NonNullable<DeskContact["abuse"]> | null {
  const { abuse, phase } = facts;
  if (phase.kind !== "talking" || abuse === null || abuse.calmedAt !== null || abuse.endedAt !== null) return null;
  return { reportedAt: abuse.reportedAt, warnedAt: abuse.warnedAt, endsFrom: abuseEndsFrom(facts) };
}

function offerIdOf(phase: ContactPhase): OfferId | null {
  if (phase.kind === "parked") return phase.recall?.offerId ?? null;
  return phase.kind === "ringing" || phase.kind === "talking" ? phase.offerId : null;
}

function ringEndOf(phase: ContactPhase): Instant | null {
  if (phase.kind === "parked") return phase.recall?.expiresAt ?? null;
  return phase.kind === "ringing" ? phase.expiresAt : null;
}

function contactIdOf(state: AgentState): ContactId | null {
  switch (state.kind) {
    case "ringing":
    case "talking":
    case "wrapUp":
      return state.contact;
    case "offline":
    case "notReady":
    case "ready":
      return null;
    default:
      return unreachable(state);
  }
}

function ownReason(reason: NotReadyReason): string | null {
  return SYSTEM_REASONS.has(reason) ? null : reason;
}

function systemCause(reason: NotReadyReason, by: string | undefined): DeskState["systemCause"] {
  const named = (["afterMissedRings", "connectionLost", "supervisorForced"] as const).find((cause) => cause === reason);
  if (named !== undefined) return named;
  return by === "supervisor" ? "supervisorForced" : null;
}
