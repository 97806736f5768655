import type { RouterCommand } from "@allo/acd";
import type { DeskState, EndCause } from "@allo/contract";
import type { ContactId, OfferId, PersonId, ReasonId, Timers, WrapUpCodeId } from "@allo/kernel";
import { ApiError, invalidField, notFound } from "../../platform/api-error.ts";
import type { Database } from "../../platform/db.ts";
import type { Api, Principal } from "../../platform/http.ts";
import {
  assertMayRead,
  isNotCoded,
  recordingNow,
  openParties,
  owesCode,
  type ContactFacts,
  type Contacts,
  type PartyFacts,
} from "../contacts/index.ts";
import type { RouterWish, Routing, VoiceDirectory } from "../routing/index.ts";
import type { Desk } from "./desk.ts";
import { isDoneWithin } from "./promises.ts";
import type { Telephony } from "./service.ts";

export const deskApiLimits = {
  /** What is to be confirmed is in PostgreSQL by then, or the answer is that it is away. It is kept all the same. */
  confirmMsMax: 5_000,
  /** A field's pause in a contact that is older than the setting. */
  fieldPauseMs: 120_000,
} as const;

type Deps = {
  readonly api: Api;
  readonly contacts: Contacts;
  readonly routing: Routing;
  readonly directory: VoiceDirectory;
  readonly telephony: Telephony;
  readonly desk: Desk;
  readonly database: Database;
  readonly timers: Timers;
};

/** The routes of the agent's desk and of one contact. Doing a thing again that is done answers as the first time did. */
export function registerDeskApi({ api, contacts, routing, directory, telephony, desk, database, timers }: Deps): void {
  const state = ({ organisationId, personId }: Principal): DeskState => desk.stateOf(organisationId, personId);
  const scope = ({ organisationId, projectIds }: Principal) => ({ organisationId, projectIds });

  const submit = (principal: Principal, wish: RouterWish): readonly RouterCommand[] => {
    if (routing.isHeld(principal.organisationId))
      throw new ApiError("starting", 503, "Calls are being taken over after a restart", undefined, 1);
    const commands = routing.submit(principal.organisationId, wish) ?? [];
    if (commands.some((command) => command.kind === "inputIgnored" && (command.why === "notSignedIn" || command.why === "unknownAgent"))) {
      throw new ApiError("notSignedIn", 409, "Open the desk first");
    }
    return commands;
  };

  const assertReason = (principal: Principal, reasonId: string): ReasonId => {
    const reason = directory.config(principal.organisationId)?.reasons.find((candidate) => candidate.reasonId === reasonId);
    if (reason === undefined || reason.retired || reason.system)
      throw invalidField("reasonId", "unknown", "is not a reason that can be chosen");
    return reasonId as ReasonId;
  };

  /** Oneself in a call that is another's. */
  const besides = (principal: Principal, contactId: string): { readonly facts: ContactFacts; readonly party: PartyFacts } | null => {
    const facts = contacts.facts(contactId as ContactId);
    if (facts === undefined || facts.organisationId !== principal.organisationId || facts.phase.kind !== "talking") return null;
    const party = openParties(facts).find(({ personId }) => personId === principal.personId);
    return party === undefined ? null : { facts, party };
  };
  /** Taken out of its slot a moment ago, and not joined yet. */
  const pickingUp = (principal: Principal, contactId: string): ContactFacts | null => {
    const facts = contacts.facts(contactId as ContactId);
    const agent = routing.agent(principal.organisationId, principal.personId)?.state;
    const isMine = facts?.phase.kind === "parked" && agent?.kind === "talking" && agent.contact === facts.contactId;
    return isMine && facts.organisationId === principal.organisationId ? facts : null;
  };
  /** The contact in one's own hands. */
  const own = (principal: Principal, contactId: string): ContactFacts => {
    const facts = contacts.facts(contactId as ContactId);
    if (facts === undefined || facts.organisationId !== principal.organisationId) throw notFound();
    const holder = "agentId" in facts.phase ? facts.phase.agentId : facts.agentId;
    if (holder !== principal.personId) throw new ApiError("notYourContact", 409);
    return facts;
  };
  const talking = (principal: Principal, contactId: string): ContactFacts => {
    const facts = own(principal, contactId);
    if (facts.phase.kind !== "talking") throw new ApiError("wrongState", 409, `The contact is in ${facts.phase.kind}`);
    return facts;
  };
  const confirmed = async (work: Promise<unknown>): Promise<void> => {
    work.catch(() => undefined); // looked at below; the database may be away for longer than anyone waits
    const isSettled = database.isUp() && (await isDoneWithin(timers, Promise.allSettled([work]), deskApiLimits.confirmMsMax));
    if (!isSettled) throw new ApiError("databaseUnavailable", 503, "The database is away for the moment");
    await work;
  };

  api.on("deskGet", async ({ principal }) => state(principal));

  api.on("deskReady", async ({ principal }) => {
    submit(principal, { kind: "readyRequested", agent: principal.personId });
    return state(principal);
  });

  api.on("deskNotReady", async ({ principal, body }) => {
    const reasonId = assertReason(principal, body.reasonId);
    submit(principal, { kind: "notReadyRequested", agent: principal.personId, reasonId, by: "agent" });
    return state(principal);
  });

  api.on("agentForceNotReady", async ({ principal, params, body }) => {
    const agent = params.personId as PersonId;
    const reasonId = assertReason(principal, body.reasonId);
    if (routing.agent(principal.organisationId, agent) === undefined) throw notFound();
    submit(principal, { kind: "notReadyRequested", agent, reasonId, by: "supervisor" });
    return { ok: true };
  });

  api.on("offerAccept", async ({ principal, params }) => {
    const offer = params.offerId as OfferId;
    const refused = submit(principal, { kind: "offerAccepted", offer, agent: principal.personId }).find(
      (command) => command.kind === "acceptRefused",
    );
    if (refused !== undefined) {
      const agent = routing.agent(principal.organisationId, principal.personId)?.state;
      const isMine = (agent?.kind === "ringing" || agent?.kind === "talking") && agent.offer === offer;
      if (!isMine) throw new ApiError("offerGone", 409, refused.reason);
    }
    return state(principal);
  });

  api.on("offerDecline", async ({ principal, params }) => {
    const offer = params.offerId as OfferId;
    const commands = submit(principal, { kind: "offerDeclined", offer, agent: principal.personId });
    if (!commands.some((command) => command.kind === "withdrawOffer")) throw new ApiError("offerGone", 409);
    return state(principal);
  });

  api.on("contactHold", async ({ principal, params }) => {
    const facts = talking(principal, params.contactId);
    telephony.send({ kind: "hold", callId: facts.callId, loop: telephony.musicOf(facts), reminder: telephony.reminderOf(facts) });
    return state(principal);
  });
  api.on("contactResume", async ({ principal, params }) => {
    telephony.send({ kind: "resume", callId: talking(principal, params.contactId).callId });
    return state(principal);
  });
  api.on("contactMute", async ({ principal, params, body }) => {
    const beside = besides(principal, params.contactId);
    if (beside !== null) {
      telephony.send({ kind: "muteParty", callId: beside.facts.callId, partyId: beside.party.partyId, muted: body.muted });
      return state(principal);
    }
    telephony.send({ kind: "mute", callId: talking(principal, params.contactId).callId, muted: body.muted });
    return state(principal);
  });
  api.on("contactKeysPress", async ({ principal, params, body }) => {
    const facts = talking(principal, params.contactId);
    // With somebody outside aside, the keys are theirs.
    const isOutside = openParties(facts).some(
      ({ outside, place, state: stands }) => outside !== null && place === "aside" && stands === "joined",
    );
    if (facts.phase.kind === "talking" && facts.phase.heldSince !== null && !(facts.phase.aside && isOutside))
      throw new ApiError("wrongState", 409, "The customer is on hold");
    telephony.send({ kind: "sendDigits", callId: facts.callId, digits: body.keys });
    return { ok: true };
  });
  api.on("contactRecordingPut", async ({ principal, params, body }) => {
    const facts = talking(principal, params.contactId);
    if (recordingNow(facts).state === "off") throw new ApiError("wrongState", 409, "The call is not being recorded");
    const { callId } = facts;
    if (body.by !== "field") telephony.send({ kind: "pauseRecording", callId, paused: body.paused });
    else if (!body.paused) telephony.send({ kind: "endFieldPause", callId });
    else {
      const limitMs = facts.policy.recording?.fieldPauseMs ?? deskApiLimits.fieldPauseMs;
      telephony.send({ kind: "pauseForField", callId, limitMs, renewed: body.renewed === true });
    }
    return state(principal);
  });
  api.on("contactKeysMaskPut", async ({ principal, params, body }) => {
    telephony.send({ kind: "maskKeys", callId: talking(principal, params.contactId).callId, masked: body.masked });
    return state(principal);
  });
  api.on("contactHangUp", async ({ principal, params }) => {
    // Who has not the contact leaves the call; it goes on without them.
    const beside = besides(principal, params.contactId);
    if (beside !== null) {
      telephony.send({ kind: "partParty", callId: beside.facts.callId, partyId: beside.party.partyId });
      return state(principal);
    }
    const facts = pickingUp(principal, params.contactId) ?? own(principal, params.contactId);
    // Already over: as asked.
    if (facts.phase.kind === "wrapUp" || facts.phase.kind === "passedOn" || facts.phase.kind === "closed") return state(principal);
    const cause: EndCause = { by: "agent", why: "hungUp" };
    if (facts.phase.kind === "dialling" || pickingUp(principal, params.contactId) !== null) {
      telephony.send({ kind: "hangUp", callId: facts.callId, cause });
      return state(principal);
    }
    telephony.send({ kind: "hangUp", callId: talking(principal, params.contactId).callId, cause });
    return state(principal);
  });

  api.on("wrapUpFinish", async ({ principal, params, body }) => {
    const contactId = params.contactId as ContactId;
    const codes = directory.config(principal.organisationId)?.wrapUpCodes ?? [];
    const code = body.wrapUpCodeId === null ? null : codes.find((candidate) => candidate.wrapUpCodeId === body.wrapUpCodeId);
    if (code === undefined) throw invalidField("wrapUpCodeId", "unknown", "is not a wrap-up code");
    const facts = await contacts.load(scope(principal), contactId);
    if (facts === null) throw notFound();
    if (facts.agentId !== principal.personId) throw new ApiError("notYourContact", 409);
    if (facts.phase.kind !== "wrapUp" && facts.phase.kind !== "passedOn" && facts.phase.kind !== "closed")
      throw new ApiError("wrongState", 409, `The contact is in ${facts.phase.kind}`);
    if (facts.phase.kind !== "wrapUp" && facts.wrapUpCodeId !== null) {
      if (facts.wrapUpCodeId === body.wrapUpCodeId) return state(principal);
      throw new ApiError("wrongState", 409, "The contact has its code");
    }
    if (code === null && owesCode(facts)) throw invalidField("wrapUpCodeId", "required", "is missing");
    if (code?.retired === true) throw invalidField("wrapUpCodeId", "retired", "is no longer used");
    // Confirmed means stored: the agent is free only after that.
    await confirmed(
      contacts.code(scope(principal), contactId, {
        agentId: principal.personId,
        wrapUpCodeId: body.wrapUpCodeId as WrapUpCodeId | null,
        note: body.note,
      }),
    );
    const agent = routing.agent(principal.organisationId, principal.personId)?.state;
    if (agent?.kind === "wrapUp" && agent.contact === contactId)
      submit(principal, { kind: "wrapUpDone", agent: principal.personId, contact: contactId });
    return state(principal);
  });

  api.on("wrapUpExtend", async ({ principal, params }) => {
    const contact = own(principal, params.contactId).contactId;
    const commands = submit(principal, { kind: "wrapUpExtended", agent: principal.personId, contact });
    const ignored = commands.find((command) => command.kind === "inputIgnored");
    // Extended a moment ago: as asked. Not extendable, or not in wrap-up: it is not.
    if (ignored !== undefined && ignored.why !== "alreadyExtended") throw new ApiError("wrongState", 409, ignored.why);
    return state(principal);
  });

  api.on("noteDraft", async ({ principal, params, body }) => {
    const facts = await contacts.load(scope(principal), params.contactId as ContactId);
    if (facts === null) throw notFound();
    const holds = ({ phase, agentId }: ContactFacts): boolean => ("agentId" in phase ? phase.agentId : agentId) === principal.personId;
    // What was typed as the contact was passed on comes a moment after it.
    if (!holds(facts) && facts.handover?.from !== principal.personId) throw new ApiError("notYourContact", 409);
    await confirmed(contacts.draftPut(facts, principal.personId, body.text));
    const now = contacts.facts(facts.contactId);
    const isOver = (facts: ContactFacts): boolean =>
      facts.phase.kind === "parked" || facts.phase.kind === "waiting" || (facts.phase.kind === "closed" && !isNotCoded(facts));
    if (now !== undefined && (!holds(now) || isOver(now))) telephony.keepDraft(now.contactId, principal.personId);
    else desk.drafted(facts, principal.personId, body.text);
    return { ok: true };
  });

  api.on("notCodedList", async ({ principal }) => ({ items: [...(await contacts.notCodedList(scope(principal), principal.personId))] }));

  api.on("contactGet", async ({ principal, params }) => {
    const facts = await contacts.load(scope(principal), params.contactId as ContactId);
    if (facts === null) throw notFound();
    assertMayRead(principal, facts);
    return contacts.page(scope(principal), facts.contactId);
  });

  api.on("contactNoteCreate", async ({ principal, params, body }) => {
    const facts = await contacts.load(scope(principal), params.contactId as ContactId);
    if (facts === null) throw notFound();
    assertMayRead(principal, facts);
    const text = body.text.trim();
    if (text === "") throw invalidField("text", "empty", "is empty");
    await confirmed(contacts.note(scope(principal), facts.contactId, principal.personId, text));
    desk.noteStored(facts);
    return contacts.page(scope(principal), facts.contactId);
  });
}
