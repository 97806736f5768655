import type { CallTargets, DeskState, MonitorMode } from "@allo/contract";
import type { Clock, ContactId, IdSource, PartyId, PersonId, QueueId, Timers } from "@allo/kernel";
import { ApiError, invalidField, notFound } from "../../platform/api-error.ts";
import type { Database } from "../../platform/db.ts";
import type { Api, Principal } from "../../platform/http.ts";
import {
  abuseEndsFrom,
  isWithoutAgent,
  leadIn,
  mentorAskedAt,
  openHelp,
  openParties,
  verifyLimits,
  type ContactFacts,
  type Contacts,
  type PartyFacts,
  type PeopleNames,
} from "../contacts/index.ts";
import type { Audit } from "../identity/index.ts";
import type { Routing, VoiceDirectory } from "../routing/index.ts";
import { deskApiLimits } from "./api.ts";
import { isRecordable } from "./desk.ts";
import type { Desk } from "./desk.ts";
import type { OutsideCalls } from "./outside-calls.ts";
import { parkLimits } from "./parking.ts";
import { passingOnLimits, type PassingOn } from "./passing-on.ts";
import { isDoneWithin } from "./promises.ts";
import type { Telephony } from "./service.ts";

export const callsApiLimits = {
  targetsMax: 500,
} as const;

type Deps = {
  readonly api: Api;
  readonly contacts: Contacts;
  readonly routing: Routing;
  readonly directory: VoiceDirectory;
  readonly telephony: Telephony;
  readonly desk: Desk;
  readonly outside: OutsideCalls;
  readonly passingOn: PassingOn;
  readonly people: PeopleNames;
  readonly audit: Pick<Audit, "write">;
  readonly database: Database;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly timers: Timers;
};

/** Consultation, transfer, conference, and the lead in another's call. */
export function registerCallsApi(deps: Deps): void {
  const { api, contacts, routing, directory, telephony, desk, outside, passingOn, people, audit, database, ids, clock, timers } = deps;
  const state = ({ organisationId, personId }: Principal): DeskState => desk.stateOf(organisationId, personId);

  const find = (principal: Principal, contactId: string): ContactFacts => {
    const facts = contacts.facts(contactId as ContactId);
    if (facts === undefined || facts.organisationId !== principal.organisationId) throw notFound();
    if (principal.projectIds !== "*" && !principal.projectIds.includes(facts.projectId)) throw notFound();
    return facts;
  };
  /** The talk in one's own hands. A test call is for its own person and goes to nobody else. */
  const own = (principal: Principal, contactId: string): ContactFacts => {
    const facts = find(principal, contactId);
    if (facts.phase.kind !== "talking") throw new ApiError("wrongState", 409, `The contact is in ${facts.phase.kind}`);
    if (facts.phase.agentId !== principal.personId) throw new ApiError("notYourContact", 409);
    if (facts.test !== null) throw new ApiError("wrongState", 409, "A test call goes to nobody else");
    return facts;
  };
  const assertRunning = ({ organisationId }: Principal): void => {
    if (routing.isHeld(organisationId)) throw new ApiError("starting", 503, "Calls are being taken over after a restart", undefined, 1);
  };
  const canBeRung = ({ organisationId }: Principal, personId: PersonId): boolean => passingOn.canBeRung(organisationId, personId);
  const partyOf = (facts: ContactFacts, partyId: string): PartyFacts => {
    const party = openParties(facts).find((each) => each.partyId === partyId);
    if (party === undefined) throw new ApiError("partyGone", 409);
    return party;
  };

  /** Written before the contact moves, so that whoever takes it reads it at once. */
  const noteFor = async (principal: Principal, facts: ContactFacts, text: string | undefined): Promise<void> => {
    const trimmed = text?.trim() ?? "";
    if (trimmed === "") return;
    const scope = { organisationId: principal.organisationId, projectIds: principal.projectIds };
    const work = contacts.note(scope, facts.contactId, principal.personId, trimmed);
    work.catch(() => undefined); // looked at below
    const isSettled = database.isUp() && (await isDoneWithin(timers, Promise.allSettled([work]), deskApiLimits.confirmMsMax));
    if (!isSettled) throw new ApiError("databaseUnavailable", 503, "The database is away for the moment");
    await work;
    desk.noteStored(facts);
  };

  const invite = async (
    principal: Principal,
    contactId: string,
    how: "consult" | "transfer",
    body: { readonly personId: string; readonly note?: string },
  ): Promise<DeskState> => {
    assertRunning(principal);
    const personId = body.personId as PersonId;
    const facts = own(principal, contactId);
    passingOn.assertCanAsk(facts, personId);
    await noteFor(principal, facts, body.note);
    passingOn.askColleague(own(principal, contactId), { personId, how }); // the note took its time
    return state(principal);
  };

  api.on("callTargets", async ({ principal, params }) => {
    const facts = own(principal, params.contactId);
    const { organisationId } = principal;
    const { agents, queues } = routing.view(organisationId);
    const named: CallTargets["agents"] = [];
    for (const { agent, state: current } of agents) {
      if (agent === principal.personId || current.kind === "offline" || named.length >= callsApiLimits.targetsMax) continue;
      const name = (await people.nameOf(organisationId, agent)) ?? "";
      named.push({ personId: agent, name, state: current.kind, available: canBeRung(principal, agent) });
    }
    const views = new Map(queues.map((queue) => [queue.queue, queue]));
    const config = directory.config(organisationId);
    return {
      agents: named,
      queues: (config?.queues ?? [])
        .filter((queue) => queue.projectId === facts.projectId && !queue.retired && queue.queueId !== facts.queueId)
        .map((queue) => {
          const view = views.get(queue.queueId as QueueId);
          return {
            queueId: queue.queueId,
            names: queue.names,
            waiting: view?.waiting.length ?? 0,
            signedIn: view?.signedIn ?? 0,
            available: view?.available ?? 0,
          };
        }),
    };
  });

  api.on("callConsult", ({ principal, params, body }) => invite(principal, params.contactId, "consult", body));
  api.on("callTransferToAgent", ({ principal, params, body }) => invite(principal, params.contactId, "transfer", body));

  api.on("callOutside", async ({ principal, params, body }) => {
    assertRunning(principal);
    const check = (): ContactFacts => {
      const facts = own(principal, params.contactId);
      passingOn.assertNobodyAside(facts);
      return facts;
    };
    await noteFor(principal, check(), body.note);
    await outside.call(principal, body, check);
    return state(principal);
  });

  api.on("callPark", async ({ principal, params }) => {
    assertRunning(principal);
    const facts = own(principal, params.contactId);
    const slot = telephony.parking.freeSlot(principal.organisationId, facts.projectId);
    if (slot === null) throw new ApiError("slotsFull", 409, "Every slot is taken");
    telephony.act(facts.contactId, { kind: "parkOrdered", slot, until: clock.now() + parkLimits.recallAfterMs });
    return state(principal);
  });

  api.on("callPickUp", async ({ principal, params }) => {
    assertRunning(principal);
    const facts = find(principal, params.contactId);
    if (facts.phase.kind !== "parked") throw new ApiError("pickedUpAlready", 409, `The contact is in ${facts.phase.kind}`);
    const agent = routing.agent(principal.organisationId, principal.personId);
    const isRungForIt = agent?.state.kind === "ringing" && telephony.contactBeside(agent.state.contact) === facts.contactId;
    if (!isRungForIt && !canBeRung(principal, principal.personId)) throw new ApiError("phoneNotReady", 409);
    if (!telephony.parking.claim(facts, principal.personId)) throw new ApiError("pickedUpAlready", 409);
    return state(principal);
  });

  api.on("callRecord", async (call) => {
    const { principal, params } = call;
    const facts = own(principal, params.contactId);
    if (!isRecordable(facts)) throw new ApiError("wrongState", 409, "The call is recorded already, or isn't to be");
    // That the customer was told is in the audit chain before a word is written.
    await database.withScope({ organisationId: principal.organisationId, projectIds: principal.projectIds }, (tx) =>
      audit.write(tx, {
        actor: principal,
        action: "call.recordingTold",
        objectType: "contact",
        objectId: facts.contactId,
        before: null,
        after: {},
        address: call.address,
        at: clock.now(),
      }),
    );
    const now = own(principal, params.contactId);
    if (isRecordable(now) && !(await telephony.recordNow(now))) throw new ApiError("databaseUnavailable", 503);
    return state(principal);
  });

  api.on("callTransferToQueue", async ({ principal, params, body }) => {
    assertRunning(principal);
    const facts = own(principal, params.contactId);
    const queue = passingOn.queueOf(facts, body.queueId);
    if (queue === null) throw invalidField("queueId", "unknown", "is not a queue of this project");
    await noteFor(principal, facts, body.note);
    passingOn.toQueue(own(principal, params.contactId), queue);
    return state(principal);
  });

  api.on("callTurn", async ({ principal, params, body }) => {
    const facts = own(principal, params.contactId);
    if (body.to === "customer") telephony.send({ kind: "resume", callId: facts.callId });
    else if (openParties(facts).some(({ place, state: stands }) => place === "aside" && stands === "joined"))
      telephony.send({ kind: "stepAside", callId: facts.callId, loop: telephony.musicOf(facts), reminder: telephony.reminderOf(facts) });
    else throw new ApiError("partyGone", 409);
    return state(principal);
  });

  api.on("callConference", async ({ principal, params }) => {
    const facts = own(principal, params.contactId);
    const aside = openParties(facts).filter(({ place, state: stands }) => place === "aside" && stands === "joined");
    if (aside.length === 0) throw new ApiError("partyGone", 409);
    for (const { partyId } of aside) telephony.send({ kind: "seatParty", callId: facts.callId, partyId, seat: { kind: "talk" } });
    telephony.send({ kind: "resume", callId: facts.callId });
    return state(principal);
  });

  api.on("callComplete", async ({ principal, params, body }) => {
    assertRunning(principal);
    const facts = own(principal, params.contactId);
    const check = (now: ContactFacts): PartyFacts => {
      const party = partyOf(now, body.partyId);
      // Who listens takes over by their own wish.
      if (party.state !== "joined" || party.how === "monitor") throw new ApiError("partyGone", 409);
      return party;
    };
    check(facts);
    await noteFor(principal, facts, body.note);
    const now = own(principal, params.contactId);
    const party = check(now);
    passingOn.complete(now, party);
    return state(principal);
  });

  api.on("callPartyRemove", async ({ principal, params }) => {
    const facts = find(principal, params.contactId);
    if (facts.phase.kind !== "talking") throw new ApiError("wrongState", 409, `The contact is in ${facts.phase.kind}`);
    const party = partyOf(facts, params.partyId);
    const isMine = party.personId === principal.personId;
    if (!isMine && facts.phase.agentId !== principal.personId) throw new ApiError("notYourContact", 409);
    // An agent doesn't put out whoever looks after them.
    if (!isMine && party.how === "monitor") throw new ApiError("notYours", 403);
    if (party.state === "asked") telephony.withdrawParty(facts, party.partyId);
    else telephony.send({ kind: "partParty", callId: facts.callId, partyId: party.partyId });
    return state(principal);
  });

  const noteWatching = async (
    call: { readonly principal: Principal; readonly address: string },
    facts: ContactFacts,
    action: string,
    after: Readonly<Record<string, unknown>>,
  ): Promise<void> => {
    const { principal, address } = call;
    await database.withScope({ organisationId: principal.organisationId, projectIds: principal.projectIds }, (tx) =>
      audit.write(tx, {
        actor: principal,
        action,
        objectType: "contact",
        objectId: facts.contactId,
        before: null,
        after: { ...after, agentId: facts.agentId },
        address,
        at: clock.now(),
      }),
    );
  };

  api.on("callMonitor", async (call) => {
    const { principal, params, body } = call;
    assertRunning(principal);
    const reason = body.reason?.trim() ?? "";
    const check = (): { readonly facts: ContactFacts; readonly mine: PartyFacts | undefined } => {
      const facts = find(principal, params.contactId);
      if (facts.phase.kind !== "talking") throw new ApiError("wrongState", 409, `The contact is in ${facts.phase.kind}`);
      if (facts.phase.agentId === principal.personId) throw new ApiError("wrongState", 409, "The contact is one's own");
      const mine = openParties(facts).find(({ personId }) => personId === principal.personId);
      if (mine !== undefined && mine.how !== "monitor") throw new ApiError("wrongState", 409, "In the call already");
      // Who came as a mentor stays one, whatever else they may do: the trainee was told so.
      if (mine?.place === "mentor") throw new ApiError("wrongState", 409, "In the call as a mentor: leave it first");
      if (mine === undefined && openParties(facts).length >= passingOnLimits.partiesMax) throw new ApiError("conferenceFull", 409);
      // Whoever is asked for need not say why they come.
      if (mine === undefined && reason === "" && openHelp(facts) === null) throw invalidField("reason", "required", "is missing");
      if (mine === undefined && !canBeRung(principal, principal.personId)) throw new ApiError("phoneNotReady", 409);
      return { facts, mine };
    };
    const before = check();
    const mode: MonitorMode = body.mode;
    // In the audit chain before a word is heard.
    await noteWatching(call, before.facts, `call.${mode}`, { mode, reason, isAsked: openHelp(before.facts) !== null });
    const { facts, mine } = check();
    if (mine !== undefined) {
      telephony.send({ kind: "seatParty", callId: facts.callId, partyId: mine.partyId, seat: { kind: "monitor", mode } });
      return state(principal);
    }
    telephony.act(facts.contactId, {
      kind: "partyInvited",
      partyId: ids.next("pty") as PartyId,
      personId: principal.personId,
      by: principal.personId,
      how: "monitor",
      place: mode,
      ...(reason === "" ? {} : { reason }),
    });
    return state(principal);
  });

  const isMentorOf = (principal: Principal, personId: PersonId): boolean =>
    directory.config(principal.organisationId)?.mentors.get(personId)?.includes(principal.personId) ?? false;

  api.on("callMentor", async (call) => {
    const { principal, params, body } = call;
    assertRunning(principal);
    const reason = body.reason?.trim() ?? "";
    const check = (): { readonly facts: ContactFacts; readonly isAsked: boolean } => {
      const facts = find(principal, params.contactId);
      if (facts.phase.kind !== "talking") throw new ApiError("wrongState", 409, `The contact is in ${facts.phase.kind}`);
      if (!isMentorOf(principal, facts.phase.agentId)) throw new ApiError("notYours", 403, "Not the mentor of this agent");
      const parties = openParties(facts);
      if (parties.some(({ personId }) => personId === principal.personId)) throw new ApiError("wrongState", 409, "In the call already");
      if (parties.length >= passingOnLimits.partiesMax) throw new ApiError("conferenceFull", 409);
      const isAsked = mentorAskedAt(facts) !== null;
      if (!isAsked && reason === "") throw invalidField("reason", "required", "is missing");
      if (!canBeRung(principal, principal.personId)) throw new ApiError("phoneNotReady", 409);
      return { facts, isAsked };
    };
    const before = check();
    await noteWatching(call, before.facts, "call.mentor", { mode: "mentor", reason, isAsked: before.isAsked });
    const { facts } = check();
    telephony.act(facts.contactId, {
      kind: "partyInvited",
      partyId: ids.next("pty") as PartyId,
      personId: principal.personId,
      by: principal.personId,
      how: "monitor",
      place: "mentor",
      ...(reason === "" ? {} : { reason }),
    });
    return state(principal);
  });

  api.on("callMentorAsk", async ({ principal, params, body }) => {
    const facts = own(principal, params.contactId);
    const mentors = directory.config(principal.organisationId)?.mentors.get(principal.personId) ?? [];
    if (body.asks && mentors.length === 0) throw new ApiError("wrongState", 409, "No mentor to ask");
    telephony.act(facts.contactId, { kind: "mentorAsked", asks: body.asks });
    return state(principal);
  });

  api.on("callEnd", async (call) => {
    const { principal, params, body } = call;
    const reason = body.reason.trim();
    if (reason === "") throw invalidField("reason", "required", "is missing");
    const check = (): ContactFacts => {
      const facts = find(principal, params.contactId);
      // An agent's own call is theirs to end; a lead goes into it, or takes it over.
      if (facts.passedOnAt === null) throw new ApiError("wrongState", 409, `The contact is in ${facts.phase.kind}`);
      return facts;
    };
    // Already over: as asked.
    if (!isWithoutAgent(check())) return { ok: true };
    await noteWatching(call, check(), "call.ended", { reason });
    telephony.act(check().contactId, { kind: "endOrdered", by: principal.personId, reason });
    return { ok: true };
  });

  api.on("callHelp", ({ principal, params, body }) => {
    const facts = own(principal, params.contactId);
    if (body.asks && leadIn(facts) !== undefined) throw new ApiError("wrongState", 409, "A lead is in the call");
    telephony.act(facts.contactId, body.asks ? { kind: "helpAsked", about: "help" } : { kind: "helpWithdrawn" });
    return Promise.resolve(state(principal));
  });

  api.on("callAbuse", ({ principal, params, body: { step } }) => {
    const facts = own(principal, params.contactId);
    const from = abuseEndsFrom(facts);
    if (step === "ended" && (from === null || clock.now() < from))
      throw new ApiError("tooEarly", 409, "The customer has to be warned, and a lead to have had the time to come");
    telephony.act(facts.contactId, { kind: "abuseStepped", step });
    return Promise.resolve(state(principal));
  });

  api.on("callVerify", ({ principal, params, body: { how, passed } }) => {
    const facts = own(principal, params.contactId);
    if (facts.customerId === null) throw new ApiError("wrongState", 409, "Nobody's card belongs to the call");
    if (facts.verification.failed >= verifyLimits.failuresMax) throw new ApiError("verificationLocked", 409);
    telephony.act(facts.contactId, { kind: "callerVerified", how, passed });
    return Promise.resolve(state(principal));
  });

  api.on("callTakeOver", async (call) => {
    const { principal, params, body } = call;
    assertRunning(principal);
    const reason = body.reason?.trim() ?? "";
    const check = (): { readonly facts: ContactFacts; readonly mine: PartyFacts } => {
      const facts = find(principal, params.contactId);
      const mine = openParties(facts).find(({ personId }) => personId === principal.personId);
      if (facts.phase.kind !== "talking" || mine?.state !== "joined" || mine.how !== "monitor")
        throw new ApiError("wrongState", 409, "Listen to the talk first");
      if (mine.place === "mentor") throw new ApiError("notYours", 403);
      return { facts, mine };
    };
    const before = check();
    await noteWatching(call, before.facts, "call.takenOver", { reason });
    const { facts, mine } = check();
    telephony.send({ kind: "handOver", callId: facts.callId, partyId: mine.partyId, loop: telephony.musicOf(facts) });
    return state(principal);
  });
}
