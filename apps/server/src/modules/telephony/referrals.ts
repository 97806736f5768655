// Talks that the customer's side passes on: by REFER, where we call whom it names, and by a phone of ours that takes a line over.
import type { Clock, ContactId, OrganisationId, PersonId } from "@allo/kernel";
import type { Database } from "../../platform/db.ts";
import type { Logger } from "../../platform/log.ts";
import type { ContactFacts, Contacts } from "../contacts/index.ts";
import type { Audit } from "../identity/index.ts";
import type { VoiceDirectory } from "../routing/index.ts";
import type { CallingOut, TransferEvent } from "./ports.ts";
import type { Telephony } from "./service.ts";

/** RFC 3261 §21.6.2, §21.4.4, §21.4.5 */
const DECLINE = 603;
const FORBIDDEN = 403;
const NOT_FOUND = 404;
const OK = 200;

export const referralLimits = {
  /** So often the customer's side is heard in one call, whatever became of it: two exchanges that send a call in a circle stop there. */
  asksPerCallMax: 10,
} as const;

type Asked = Extract<TransferEvent, { readonly kind: "transferAsked" }>;

/** What is under way by its token: what the log will say of it. */
type Pending = {
  readonly organisationId: OrganisationId;
  readonly contactId: ContactId;
  readonly how: "refer" | "pickUp";
  readonly by: PersonId | null;
  readonly reservationId: string | null;
};

/** Decides what the customer's side may do with a talk. Every number goes through the gate of outgoing calls, whoever asks. */
export function createReferrals(deps: {
  readonly contacts: Contacts;
  readonly directory: VoiceDirectory;
  readonly telephony: Telephony;
  readonly callingOut: CallingOut;
  readonly audit: Pick<Audit, "write">;
  readonly database: Database;
  readonly people: { readonly nameOf: (organisationId: OrganisationId, personId: PersonId) => unknown };
  readonly clock: Clock;
  readonly log: Logger;
}): void {
  const { contacts, directory, telephony, callingOut, audit, database, clock, log } = deps;
  const { gate } = callingOut;
  const pending = new Map<string, Pending>();
  const asks = new Map<ContactId, number>();

  /** Who stands behind a phone and may work at a desk; null: nobody. */
  const personAt = async (organisationId: OrganisationId, deviceId: string): Promise<PersonId | null> => {
    const device = directory.config(organisationId)?.devices.find((each) => each.deviceId === deviceId && !each.retired);
    const personId = (device?.personId ?? null) as PersonId | null;
    return personId !== null && (await callingOut.may(organisationId, personId, "desk.work")) ? personId : null;
  };

  /** The status for who may not, else what the call is placed with. */
  const decide = async (facts: ContactFacts, { by, destination }: Asked) => {
    const { organisationId, projectId } = facts;
    if (facts.phase.kind !== "talking" || facts.test !== null) return DECLINE;
    const times = (asks.get(facts.contactId) ?? 0) + 1;
    if (times > referralLimits.asksPerCallMax) return DECLINE;
    asks.set(facts.contactId, times);
    const personId = by.kind === "device" ? await personAt(organisationId, by.deviceId) : null;
    if (by.kind === "device" && personId === null) return FORBIDDEN;
    const ofOrganisation = callingOut.trunksOf(organisationId);
    const trunkIds = by.kind === "trunk" ? ofOrganisation.filter((trunkId) => trunkId === by.trunkId) : ofOrganisation;
    if (trunkIds.length === 0 || callingOut.isDraining()) return DECLINE;
    const byOutsider = personId === null;
    const answer = await gate.ask({ organisationId, destination, kind: "transfer", byOutsider, personId, projectId, trunkIds });
    if (answer.kind === "refused") {
      const [first] = answer.reasons;
      return first?.code === "notANumber" || first?.code === "unknownRange" || first?.code === "unknownCountry" ? NOT_FOUND : DECLINE;
    }
    return { trunkIds: answer.trunkIds, personId, answer };
  };

  const asked = async (facts: ContactFacts, event: Asked): Promise<void> => {
    const { callId, token } = event;
    const { organisationId, contactId, projectId, numberId } = facts;
    const decision = await decide(facts, event);
    if (typeof decision === "number") {
      log.info({ contactId, status: decision }, "the customer's side asked for a transfer that isn't allowed");
      telephony.send({ kind: "refuseTransfer", callId, token, status: decision });
      return;
    }
    const { trunkIds, personId, answer } = decision;
    const { reservationId, dial, talkMsMax, isEmergency } = answer;
    if (contacts.facts(contactId)?.phase.kind !== "talking") {
      await gate.release(organisationId, reservationId); // the gate took its time
      telephony.send({ kind: "refuseTransfer", callId, token, status: DECLINE });
      return;
    }
    const number = directory.config(organisationId)?.numbers.find((each) => each.numberId === numberId);
    pending.set(token, { organisationId, contactId, how: "refer", by: personId, reservationId });
    telephony.send({
      kind: "moveCustomer",
      callId,
      token,
      trunkIds,
      destination: dial,
      callerId: { number: number?.e164 ?? number?.number ?? null, name: null },
      projectId,
      talkMsMax,
      isEmergency,
    });
  };

  const pickUpAsked = async (facts: ContactFacts, event: Extract<TransferEvent, { readonly kind: "pickUpAsked" }>): Promise<void> => {
    const { callId, token, deviceId } = event;
    const { organisationId, contactId } = facts;
    const personId = facts.test === null ? await personAt(organisationId, deviceId) : null;
    if (personId === null) {
      telephony.send({ kind: "refuseTransfer", callId, token, status: FORBIDDEN });
      return;
    }
    const name = await deps.people.nameOf(organisationId, personId);
    // In the audit chain before a word is heard.
    await database.withScope({ organisationId, projectIds: "*" }, (tx) =>
      audit.write(tx, {
        actor: { organisationId, personId, name: typeof name === "string" ? name : "" },
        action: "call.pickedUp",
        objectType: "contact",
        objectId: contactId,
        before: null,
        after: { deviceId },
        address: "",
        at: clock.now(),
      }),
    );
    pending.set(token, { organisationId, contactId, how: "pickUp", by: personId, reservationId: null });
    telephony.send({ kind: "allowPickUp", callId, token });
  };

  const ended = async ({ token, status, at }: Extract<TransferEvent, { readonly kind: "transferEnded" }>): Promise<void> => {
    const what = pending.get(token);
    if (what === undefined || !pending.delete(token)) return;
    const { organisationId, contactId, how, by, reservationId } = what;
    const isDone = status === OK && telephony.act(contactId, { kind: "customerMoved", how, by, reservationId }, { at }) !== null;
    if (!isDone && reservationId !== null) await gate.release(organisationId, reservationId);
  };

  telephony.onTransfer((event) => {
    const facts = telephony.contactOfCall(event.callId);
    const work =
      event.kind === "transferEnded"
        ? ended(event)
        : facts === undefined
          ? Promise.resolve(telephony.send({ kind: "refuseTransfer", callId: event.callId, token: event.token, status: DECLINE }))
          : event.kind === "transferAsked"
            ? asked(facts, event)
            : pickUpAsked(facts, event);
    work.catch((error: unknown) => {
      log.warn({ err: error, callId: event.callId }, "a transfer of the customer's side could not be decided");
      telephony.send({ kind: "refuseTransfer", callId: event.callId, token: event.token, status: 500 });
    });
  });
  contacts.events.on("contactClosed", ({ contactId }) => asks.delete(contactId));
  contacts.events.on("contactChanged", ({ facts, kinds }) => {
    if (!kinds.includes("callEnded")) return;
    for (const { at, reservationId } of facts.moves) {
      gate
        .settle(facts.organisationId, reservationId, { talkMs: Math.max(0, (facts.endedAt ?? at) - at) })
        // It lapses by itself, with more counted than was talked.
        .catch((error: unknown) => log.warn({ err: error, contactId: facts.contactId }, "a transfer's use could not be settled"));
    }
  });
}
