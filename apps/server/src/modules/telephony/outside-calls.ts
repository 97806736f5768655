import type { IdSource, OrganisationId, PartyId } from "@allo/kernel";
import { ApiError } from "../../platform/api-error.ts";
import type { Principal } from "../../platform/http.ts";
import type { Logger } from "../../platform/log.ts";
import type { ContactFacts, Contacts, PartyFacts } from "../contacts/index.ts";
import type { DialAnswer } from "../dialling/index.ts";
import type { VoiceDirectory } from "../routing/index.ts";
import type { CallingOut } from "./ports.ts";
import type { Telephony } from "./service.ts";

type Refused = Extract<DialAnswer, { readonly kind: "refused" }>;

/** The gate's no, as whoever dials is told it. */
export function dialRefusal({ reasons }: Refused): ApiError {
  const codes = reasons.map(({ code }) => code);
  const [first] = codes;
  const isUnreadable = first === "notANumber" || first === "unknownRange" || first === "unknownCountry";
  const code = isUnreadable ? "numberUnreadable" : first === "switchedOff" || first === "stopped" ? "dialStopped" : "dialRefused";
  return new ApiError(code, 409, codes.join(", "));
}

export type OutsideCalls = {
  /**
   * Calls somebody outside into a talk: to speak with first, or to leave the customer with as soon as they answer. Throws where the gate
   * says no; the customer is on hold from then on, and stays the agent's until it is completed.
   */
  readonly call: (
    principal: Pick<Principal, "organisationId" | "personId">,
    wish: { readonly partyId?: PartyId; readonly number: string; readonly how: "consult" | "transfer" },
    own: () => ContactFacts,
  ) => Promise<void>;
};

/** People outside in a call: past the gate like every call out, counted until their line is over. */
export function createOutsideCalls(deps: {
  readonly contacts: Contacts;
  readonly directory: VoiceDirectory;
  readonly telephony: Telephony;
  readonly callingOut: CallingOut;
  readonly ids: IdSource;
  readonly log: Logger;
}): OutsideCalls {
  const { contacts, directory, telephony, callingOut, ids, log } = deps;
  const { gate } = callingOut;
  const settled = new Set<string>();

  const callerIdOf = ({ organisationId, numberId }: ContactFacts): string | null => {
    const number = directory.config(organisationId)?.numbers.find((each) => each.numberId === numberId);
    return number === undefined ? null : (number.e164 ?? number.number);
  };

  const call: OutsideCalls["call"] = async (principal, { partyId = ids.next("pty") as PartyId, number, how }, own) => {
    const { organisationId, personId } = principal;
    const facts = own();
    const ask = { organisationId, destination: number, kind: "transfer", personId, projectId: facts.projectId } as const;
    const help = gate.emergency(ask);
    const trunkIds = callingOut.trunksOf(organisationId);
    if (trunkIds.length === 0) throw new ApiError("noTrunk", 409, "No trunk to call out by");
    const answer =
      help === null ? await gate.ask({ ...ask, trunkIds }) : ({ kind: "allowed", isEmergency: true, trunkIds, ...help } as const);
    if (answer.kind === "refused") throw dialRefusal(answer);
    const { reservationId, dial, talkMsMax, isEmergency } = answer;
    let isCalled = false;
    try {
      if (callingOut.isDraining() && !isEmergency) throw new ApiError("exchangeDraining", 409, "The exchange takes no new calls");
      const now = own(); // the gate took its time
      isCalled = telephony.callOutside(now, {
        partyId,
        by: personId,
        how,
        outside: { reservationId, sealedNumber: contacts.outsideSeal(now, partyId, dial) },
        order: {
          trunkIds: answer.trunkIds,
          destination: dial,
          callerId: { number: callerIdOf(now), name: null },
          talkMsMax,
          isEmergency,
        },
      });
      if (!isCalled) throw new ApiError("wrongState", 409, "The exchange is away");
    } finally {
      if (!isCalled) await gate.release(organisationId, reservationId);
    }
  };

  const settle = async (organisationId: OrganisationId, { outside, joinedAt, leftAt }: PartyFacts): Promise<void> => {
    if (outside === null || leftAt === null || settled.has(outside.reservationId)) return;
    settled.add(outside.reservationId);
    try {
      if (joinedAt === null) await gate.release(organisationId, outside.reservationId);
      else await gate.settle(organisationId, outside.reservationId, { talkMs: leftAt - joinedAt });
    } catch (error) {
      // It lapses by itself, with more counted than was talked.
      log.warn({ err: error }, "the use of a call to somebody outside could not be settled");
    }
  };
  contacts.events.on("contactChanged", ({ organisationId, facts, kinds }) => {
    if (kinds.includes("partyLeft")) for (const party of facts.parties) void settle(organisationId, party);
  });
  contacts.events.on("contactClosed", ({ facts }) => {
    for (const { outside } of facts.parties) if (outside !== null) settled.delete(outside.reservationId);
  });
  return { call };
}
