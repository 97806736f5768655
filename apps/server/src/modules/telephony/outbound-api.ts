import type { BodyOf } from "@allo/contract";
import { SECOND_MS } from "@allo/kernel";
import type { ContactId, DeviceId, IdSource, NumberId, OrganisationId, PersonId, ProjectId, QueueId } from "@allo/kernel";
import { ApiError, invalidField, notFound } from "../../platform/api-error.ts";
import type { Api, Principal } from "../../platform/http.ts";
import type { Logger } from "../../platform/log.ts";
import { openParties, type ContactFacts, type Contacts } from "../contacts/index.ts";
import type { Routing, VoiceDirectory } from "../routing/index.ts";
import { recordingPolicyOf } from "./recordings.ts";
import type { Desk } from "./desk.ts";
import { dialRefusal, type OutsideCalls } from "./outside-calls.ts";
import type { CallingOut, VoiceKeys } from "./ports.ts";
import type { Telephony } from "./service.ts";

const SHORT_ABANDON_MS = 5 * SECOND_MS;

type Asker = Pick<Principal, "organisationId" | "personId" | "projectIds">;
type Wish = BodyOf<"callPlace">;
/** Dialled at the asker's own phone, which this call of it came from. */
export type DialledAt = { readonly deviceId: DeviceId; readonly dialToken: string };

export type OutboundCalls = ReturnType<typeof createOutboundCalls>;

/** An agent calls a number, at the desk or at their own phone: the gate first, then the contact in the log, then the carrier. */
export function createOutboundCalls(deps: {
  readonly contacts: Contacts;
  readonly routing: Routing;
  readonly directory: VoiceDirectory;
  readonly telephony: Telephony;
  readonly keys: VoiceKeys;
  readonly ids: IdSource;
  readonly callingOut: CallingOut;
  readonly isRecorderInUse: (organisationId: OrganisationId, recorderId: string) => boolean;
  readonly outside: OutsideCalls;
  readonly log: Logger;
}) {
  const { contacts, routing, directory, telephony, keys, callingOut, outside, log } = deps;
  const { gate } = callingOut;

  const assertFree = (principal: Asker): void => {
    const agent = routing.agent(principal.organisationId, principal.personId);
    if (agent === undefined || agent.state.kind === "offline") throw new ApiError("notSignedIn", 409, "Open the desk first");
    if (agent.state.kind !== "ready" && agent.state.kind !== "notReady") throw new ApiError("wrongState", 409, "In a call");
    if (!agent.mediaProven) throw new ApiError("phoneNotReady", 409);
  };

  /** The queue that the call is for, and the number of ours that it shows. */
  const lineOf = (principal: Asker, { queueId, projectId }: { readonly queueId?: string; readonly projectId?: string }) => {
    const config = directory.config(principal.organisationId);
    if (config === null) throw notFound();
    const isMine = (of: string): boolean => principal.projectIds === "*" || principal.projectIds.includes(of as ProjectId);
    const isMeant = (of: string): boolean => projectId === undefined || of === projectId;
    const open = config.queues.filter((queue) => !queue.retired && isMine(queue.projectId) && isMeant(queue.projectId));
    const serves = (of: string): boolean =>
      config.members.get(of as QueueId)?.some(({ personId }) => personId === principal.personId) ?? false;
    const numberFor = (of: string) => config.numbers.find((number) => !number.retired && number.queueId === of);
    const chosen =
      queueId === undefined
        ? (open.find((queue) => serves(queue.queueId) && numberFor(queue.queueId) !== undefined) ??
          open.find((queue) => numberFor(queue.queueId) !== undefined))
        : open.find((queue) => queue.queueId === queueId);
    if (chosen === undefined && queueId !== undefined) throw invalidField("queueId", "unknown", "is not a queue of yours");
    const number =
      chosen === undefined
        ? undefined
        : (numberFor(chosen.queueId) ??
          config.numbers.find(
            (each) => !each.retired && open.some((queue) => queue.queueId === each.queueId && queue.projectId === chosen.projectId),
          ));
    if (chosen === undefined || number === undefined) throw new ApiError("noCallerNumber", 409, "The project has no number to call from");
    return { queue: chosen, number };
  };

  /** Throws where it can't be; gives the contact, or null where somebody was called for help into the talk that goes on. */
  const place = async (principal: Asker, body: Wish, at: DialledAt | null = null): Promise<ContactId | null> => {
    const { organisationId, personId } = principal;
    if (routing.isHeld(organisationId)) throw new ApiError("starting", 503, "Calls are being taken over after a restart", undefined, 1);
    const help = await callForHelp(principal, body, at);
    if (help !== null) return help.contactId;
    assertFree(principal);
    const { queue, number } = lineOf(principal, body);
    const trunkIds = callingOut.trunksOf(organisationId);
    if (trunkIds.length === 0) throw new ApiError("noTrunk", 409, "No trunk to call out by");
    const { projectId } = queue;
    const answer = await gate.ask({ organisationId, destination: body.number, kind: "agent", personId, projectId, trunkIds });
    if (answer.kind === "refused") throw dialRefusal(answer);
    const { reservationId, dial, talkMsMax, isEmergency } = answer;
    let contactId: ContactId | null = null;
    try {
      if (callingOut.isDraining() && !isEmergency) throw new ApiError("exchangeDraining", 409, "The exchange takes no new calls");
      assertFree(principal); // the gate took its time
      contactId = await begin(principal, {
        queue,
        number,
        reservationId,
        dial,
        talkMsMax,
        isEmergency,
        trunkIds: answer.trunkIds,
        lostCallId: body.lostCallId ?? null,
        at,
      });
      if (contactId === null) throw new ApiError("wrongState", 409, "In a call, or the exchange is away");
    } finally {
      if (contactId === null) await gate.release(organisationId, reservationId);
    }
    return contactId;
  };

  /** Whatever queue and number there is. */
  const lineForHelp = (principal: Asker, body: Wish): ReturnType<typeof lineOf> => {
    const config = directory.config(principal.organisationId);
    try {
      return lineOf(principal, body);
    } catch (error) {
      const number = config?.numbers.find((each) => !each.retired);
      const queue = config?.queues.find((each) => each.queueId === number?.queueId);
      if (number === undefined || queue === undefined) throw error;
      return { number, queue };
    }
  };

  /**
   * An emergency number is dialled at once: out of a break, a ring or a wrap-up, into the talk that goes on, by any trunk, whatever the
   * policy says. Null: it is no emergency number.
   */
  const callForHelp = async (
    principal: Asker,
    body: Wish,
    at: DialledAt | null,
  ): Promise<{ readonly contactId: ContactId | null } | null> => {
    const { organisationId, personId } = principal;
    const help = gate.emergency({ organisationId, destination: body.number, kind: "agent", personId });
    if (help === null) return null;
    const trunkIds = callingOut.trunksOf(organisationId);
    if (trunkIds.length === 0) throw new ApiError("noTrunk", 409, "No trunk to call out by");
    const talk = contacts.openList().find(({ phase }) => phase.kind === "talking" && phase.agentId === personId);
    if (talk !== undefined) {
      await outside.call(principal, { number: body.number, how: "consult" }, () => contacts.facts(talk.contactId) ?? talk);
      return { contactId: null };
    }
    telephony.internal.leave(personId);
    for (const facts of contacts.openList())
      for (const party of openParties(facts)) if (party.personId === personId) telephony.withdrawParty(facts, party.partyId);
    const line = lineForHelp(principal, body);
    const lostCallId = body.lostCallId ?? null;
    const contactId = await begin(principal, { ...line, ...help, isEmergency: true, trunkIds, lostCallId, at });
    if (contactId === null) throw new ApiError("phoneNotReady", 409);
    return { contactId };
  };

  const begin = async (
    principal: Asker,
    call: {
      readonly queue: ReturnType<typeof lineOf>["queue"];
      readonly number: ReturnType<typeof lineOf>["number"];
      readonly reservationId: string;
      readonly dial: string;
      readonly talkMsMax: number;
      readonly isEmergency: boolean;
      readonly trunkIds: readonly string[];
      readonly lostCallId: string | null;
      readonly at: DialledAt | null;
    },
  ): Promise<ContactId | null> => {
    const { organisationId, personId } = principal;
    const { queue, number, reservationId, dial, talkMsMax, isEmergency, trunkIds, lostCallId, at } = call;
    return telephony.placeCall(
      {
        organisationId,
        projectId: queue.projectId as ProjectId,
        channel: "voice",
        numberId: number.numberId as NumberId,
        queueId: queue.queueId as QueueId,
        language: number.language,
        priority: 0,
        requirements: [],
        callerState: "number",
        caller: { number: dial, name: null },
        transport: "UDP",
        deviceId: at?.deviceId ?? null,
        outbound: { agentId: personId, reservationId, lostCallId },
        policy: {
          record: false,
          serviceLevelMs: queue.serviceLevelSeconds * SECOND_MS,
          shortAbandonMs: SHORT_ABANDON_MS,
          musicAudioId: queue.musicAudioId,
          wrapUpMs: queue.wrapUpSeconds * SECOND_MS,
          recording: recordingPolicyOf(queue, "out", (recorderId) => deps.isRecorderInUse(organisationId, recorderId)),
          ...(queue.recordOutgoing === "off" || isEmergency ? {} : { outgoing: queue.recordOutgoing }),
          recordOutside: queue.recordOutside,
        },
      },
      {
        trunkIds,
        destination: dial,
        callerId: { number: number.e164 ?? number.number, name: null },
        talkMsMax,
        isEmergency,
        ...(at === null ? {} : { dialToken: at.dialToken }),
      },
      (subject) => keys.create(organisationId, subject),
    );
  };

  const settle = async (facts: ContactFacts, agentId: PersonId): Promise<void> => {
    const { organisationId, outbound } = facts;
    if (outbound === null) return;
    try {
      if (facts.connectedAt === null) await gate.release(organisationId, outbound.reservationId);
      else await gate.settle(organisationId, outbound.reservationId, { talkMs: facts.talkMs });
    } catch (error) {
      // It lapses by itself, with more counted than was talked.
      log.warn({ err: error, contactId: facts.contactId, agentId }, "an outgoing call's use could not be settled");
    }
  };
  contacts.events.on("contactChanged", ({ facts, kinds }) => {
    if (facts.outbound !== null && kinds.includes("callEnded")) void settle(facts, facts.outbound.agentId);
  });
  return { place };
}

export function registerOutboundApi(deps: { readonly api: Api; readonly desk: Desk; readonly outbound: OutboundCalls }): void {
  deps.api.on("callPlace", async ({ principal, body }) => {
    await deps.outbound.place(principal, body);
    return deps.desk.stateOf(principal.organisationId, principal.personId);
  });
}
