// A colleague is called, by a press at the desk or dialled at one's own phone: the same rules for both.
import type { OrganisationId, PersonId, QueueId } from "@allo/kernel";
import { ApiError, invalidField, notFound } from "../../platform/api-error.ts";
import type { Principal } from "../../platform/http.ts";
import type { Routing, VoiceDirectory } from "../routing/index.ts";
import type { CallingOut, PhoneBook } from "./ports.ts";
import type { Telephony } from "./service.ts";

const RETRY_SECONDS = 60;

type Asker = Pick<Principal, "organisationId" | "personId" | "name">;

export type ColleagueCalls = ReturnType<typeof createColleagueCalls>;

export function createColleagueCalls(deps: {
  readonly routing: Routing;
  readonly directory: VoiceDirectory;
  readonly telephony: Telephony;
  readonly phoneBook: PhoneBook;
  readonly callingOut: Pick<CallingOut, "isDraining">;
}) {
  const { routing, directory, telephony, phoneBook, callingOut } = deps;

  const presenceOf = (organisationId: OrganisationId, personId: PersonId) => {
    const agent = routing.agent(organisationId, personId);
    const isFree = agent !== undefined && (agent.state.kind === "ready" || agent.state.kind === "notReady");
    return { state: agent?.state.kind ?? ("offline" as const), available: isFree && agent.mediaProven };
  };

  /** The queue under which the router knows of it: one that whoever calls serves, else any. */
  const queueFor = ({ organisationId, personId }: Asker): QueueId | null => {
    const config = directory.config(organisationId);
    const open = new Set(config?.queues.flatMap(({ queueId, retired }) => (retired ? [] : [queueId])));
    for (const [queueId, members] of config?.members ?? [])
      if (open.has(queueId) && members.some((member) => member.personId === personId)) return queueId;
    return telephony.queueOf(organisationId);
  };

  return {
    presenceOf,

    /** Throws where it can't be. `dialToken`: the call of the asker's own phone by which they dialled. */
    place(asker: Asker, calleeId: PersonId, dialToken?: string): void {
      const { organisationId, personId: callerId, name: callerName } = asker;
      if (routing.isHeld(organisationId)) throw new ApiError("starting", 503, "Calls are being taken over after a restart", undefined, 1);
      if (callingOut.isDraining()) throw new ApiError("exchangeDraining", 409, "The exchange takes no new calls");
      if (calleeId === callerId) throw invalidField("personId", "self", "is oneself");
      const callee = phoneBook(organisationId).find(({ personId }) => personId === calleeId);
      if (callee === undefined) throw notFound();
      const agent = routing.agent(organisationId, callerId);
      if (agent === undefined || agent.state.kind === "offline") throw new ApiError("notSignedIn", 409, "Open the desk first");
      if (agent.state.kind !== "ready" && agent.state.kind !== "notReady") throw new ApiError("wrongState", 409, "In a call");
      if (!agent.mediaProven) throw new ApiError("phoneNotReady", 409);
      if (!presenceOf(organisationId, calleeId).available) throw new ApiError("colleagueNotFree", 409);
      const queueId = queueFor(asker);
      if (queueId === null) throw new ApiError("wrongState", 409, "The organisation has no queue");
      const order = { organisationId, callerId, calleeId, callerName, calleeName: callee.name, queueId, dialToken: dialToken ?? null };
      const placed = telephony.internal.place(order);
      if (placed === "tooOften") throw new ApiError("tooManyAttempts", 429, "Too many calls in a minute", undefined, RETRY_SECONDS);
      if (placed === "tooMany") throw new ApiError("internalCallsFull", 409);
      if (placed === "busy") throw new ApiError("wrongState", 409, "In a call, or the exchange is away");
    },
  };
}
