import type { IdSource, OrganisationId, PartyId, PersonId, QueueId, SkillId } from "@allo/kernel";
import { ApiError, invalidField } from "../../platform/api-error.ts";
import { openParties, type ContactFacts, type PartyFacts } from "../contacts/index.ts";
import type { Routing, VoiceConfig, VoiceDirectory } from "../routing/index.ts";
import type { Telephony } from "./service.ts";

export const passingOnLimits = {
  /** Beside the customer and the agent who has the call: as many as the call machine seats. */
  partiesMax: 8,
} as const;

type Queue = VoiceConfig["queues"][number];

export type PassingOn = ReturnType<typeof createPassingOn>;

/** What an agent may do with a talk of theirs, pressed at the desk or at their own phone. Throws where it can't be. */
export function createPassingOn(deps: {
  readonly routing: Routing;
  readonly directory: VoiceDirectory;
  readonly telephony: Telephony;
  readonly ids: IdSource;
}) {
  const { routing, directory, telephony, ids } = deps;

  const canBeRung = (organisationId: OrganisationId, personId: PersonId): boolean => {
    const agent = routing.agent(organisationId, personId);
    return agent !== undefined && (agent.state.kind === "ready" || agent.state.kind === "notReady") && agent.mediaProven;
  };

  /** One at a time is spoken with beside the customer. */
  const assertNobodyAside = (facts: ContactFacts): void => {
    const open = openParties(facts);
    if (open.some((party) => party.how !== "monitor" && party.place === "aside"))
      throw new ApiError("alreadyConsulting", 409, "Somebody is asked already");
    if (open.length >= passingOnLimits.partiesMax) throw new ApiError("conferenceFull", 409);
  };

  const assertCanAsk = (facts: ContactFacts, personId: PersonId): void => {
    if (personId === facts.agentId) throw invalidField("personId", "self", "is oneself");
    assertNobodyAside(facts);
    if (!canBeRung(facts.organisationId, personId)) throw new ApiError("colleagueBusy", 409);
  };

  return {
    canBeRung,
    assertNobodyAside,
    assertCanAsk,

    /** Rings a colleague beside the talk: to speak with first, or to have the customer as soon as they answer. */
    askColleague(facts: ContactFacts, wish: { readonly personId: PersonId; readonly how: "consult" | "transfer" }): PartyId {
      const { personId, how } = wish;
      assertCanAsk(facts, personId);
      const partyId = ids.next("pty") as PartyId;
      if (facts.phase.kind !== "talking") throw new ApiError("wrongState", 409);
      telephony.act(facts.contactId, { kind: "partyInvited", partyId, personId, by: facts.phase.agentId, how, place: "aside" });
      return partyId;
    },

    /** A queue of the contact's own project: that is the border of who may read it. */
    queueOf(facts: ContactFacts, queueId: string): Queue | null {
      const queue = directory.config(facts.organisationId)?.queues.find((each) => each.queueId === queueId);
      return queue === undefined || queue.retired || queue.projectId !== facts.projectId ? null : queue;
    },

    toQueue({ organisationId, contactId }: ContactFacts, queue: Queue): void {
      const commands = routing.submit(organisationId, {
        kind: "contactMoved",
        contact: contactId,
        queue: queue.queueId as QueueId,
        requirements: queue.requirements.map(({ skillId, level }) => ({ skill: skillId as SkillId, level: level as 1 | 2 | 3 | 4 | 5 })),
      });
      const refused = commands?.find((command) => command.kind === "moveRefused");
      if (refused !== undefined) throw new ApiError(refused.cause === "queueFull" ? "queueFull" : "queueEmpty", 409, refused.cause);
    },

    /** Whoever is in the call has the customer from now on; the agent's part is over. */
    complete(facts: ContactFacts, { partyId, outside }: PartyFacts): void {
      if (outside !== null) telephony.passOn(facts, partyId);
      else telephony.send({ kind: "handOver", callId: facts.callId, partyId, loop: telephony.musicOf(facts) });
    },
  };
}
