// What agents do with a talk at their own desk phone or softphone: a transfer by its key, and a second call that is a consultation.
// It is what the buttons of the desk do, by the same rules.
import type { CallId, Clock, ContactId, IdSource, PartyId, PersonId, PhoneId } from "@allo/kernel";
import { ApiError } from "../../platform/api-error.ts";
import type { Logger } from "../../platform/log.ts";
import { openParties, type ContactFacts, type Contacts, type PartyFacts } from "../contacts/index.ts";
import type { Routing, VoiceDirectory } from "../routing/index.ts";
import { targetOf, type DialTarget } from "./dial-plan.ts";
import type { OutsideCalls } from "./outside-calls.ts";
import type { PassingOn } from "./passing-on.ts";
import type { CallingOut, PhoneWish } from "./ports.ts";
import type { Telephony } from "./service.ts";

export const phoneWishLimits = {
  /** A wish that was this long on its way has been answered at the phone: nobody expects it any more. */
  staleMs: 10_000,
  /** A phone that hangs up so soon after it heard that its transfer came to nothing is called back. */
  callBackMs: 10_000,
} as const;

/** RFC 3261 §21: what a phone is told. */
const RINGING = 180;
const OK = 200;
const FORBIDDEN = 403;
const NOT_FOUND = 404;
const UNAVAILABLE = 480;
const BUSY = 486;
const TERMINATED = 487;
const SERVICE_UNAVAILABLE = 503;
const DECLINE = 603;

type Asked = Extract<PhoneWish, { readonly kind: "phoneTransferAsked" | "phoneConsultAsked" }>;
type Wish = {
  readonly token: string;
  readonly how: "transfer" | "consult";
  readonly phoneId: PhoneId;
  readonly callId: CallId;
  readonly contactId: ContactId;
  readonly agentId: PersonId;
  /** Whom it is about; null until they are asked. */
  partyId: PartyId | null;
  toldStatus: number;
};
export function createPhoneWishes(deps: {
  readonly contacts: Contacts;
  readonly routing: Routing;
  readonly directory: VoiceDirectory;
  readonly telephony: Telephony;
  readonly outside: OutsideCalls;
  readonly passingOn: PassingOn;
  readonly callingOut: CallingOut;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly log: Logger;
}): void {
  const { contacts, routing, directory, telephony, outside, passingOn, callingOut, ids, clock, log } = deps;
  const wishes = new Map<string, Wish>();
  /** Transfers that came to nothing a moment ago. */
  const returning = new Map<ContactId, { readonly agentId: PersonId; readonly until: number; isCalled: boolean }>();

  const tell = (wish: Wish, status: number): void => {
    // A word is said once.
    if (status <= wish.toldStatus) return;
    wish.toldStatus = status;
    telephony.send({ kind: "tellPhone", phoneId: wish.phoneId, token: wish.token, status });
  };
  const failed = (wish: Wish, status: number): void => {
    const { token, how, contactId, agentId } = wish;
    wishes.delete(token);
    tell(wish, status);
    if (how !== "transfer") return;
    returning.set(contactId, { agentId, until: clock.now() + phoneWishLimits.callBackMs, isCalled: false });
    comeBack(contactId);
  };
  /** It came to nothing: an agent who has put the phone down, before or because of it, is called back and has the customer again. */
  const comeBack = (contactId: ContactId): void => {
    const back = returning.get(contactId);
    const facts = contacts.facts(contactId);
    if (back === undefined) return;
    const { agentId, isCalled } = back;
    const isTheirs = facts?.phase.kind === "talking" && facts.phase.agentId === agentId;
    if (facts?.phase.kind !== "talking" || !isTheirs || (!isCalled && clock.now() > back.until)) returning.delete(contactId);
    else if (facts.phase.mediaLostSince !== null && !isCalled) {
      back.isCalled = true;
      telephony.callPhone(facts, agentId);
    } else if (facts.phase.mediaLostSince === null && isCalled) {
      returning.delete(contactId);
      telephony.send({ kind: "resume", callId: facts.callId });
    }
  };
  const done = (wish: Wish): void => {
    wishes.delete(wish.token);
    tell(wish, OK);
  };

  /** The talk in the hands of whoever has this phone. A test call is for its own person and goes to nobody else. */
  const ownTalk = (wish: Pick<Wish, "contactId" | "agentId">): ContactFacts => {
    const facts = contacts.facts(wish.contactId);
    if (facts?.phase.kind !== "talking" || facts.phase.agentId !== wish.agentId || facts.test !== null)
      throw new ApiError("wrongState", 409);
    return facts;
  };

  const targetFor = ({ agentId }: Wish, { organisationId, projectId }: ContactFacts, destination: string): DialTarget => {
    const target = targetOf(directory.config(organisationId), destination);
    if (target.kind !== "person") return target;
    // A number for help is one, whoever has it as an extension.
    const help = callingOut.gate.emergency({ organisationId, destination, kind: "transfer", personId: agentId, projectId });
    return help === null ? target : { kind: "outside", number: destination };
  };

  const transfer = async (wish: Wish, destination: string): Promise<void> => {
    const facts = ownTalk(wish);
    const target = targetFor(wish, facts, destination);
    if (target.kind === "queue") {
      const queue = passingOn.queueOf(facts, target.queueId);
      if (queue === null) throw new ApiError("notFound", 404);
      passingOn.toQueue(facts, queue);
      done(wish);
      return;
    }
    await ask(wish, target);
  };

  const ask = async (wish: Wish, target: Exclude<DialTarget, { readonly kind: "queue" }>): Promise<void> => {
    const { how, agentId } = wish;
    const facts = ownTalk(wish);
    if (target.kind === "person") wish.partyId = passingOn.askColleague(facts, { personId: target.personId, how });
    else {
      const nobodyAside = (): ContactFacts => {
        const now = ownTalk(wish);
        passingOn.assertNobodyAside(now);
        return now;
      };
      const asker = { organisationId: facts.organisationId, personId: agentId };
      // Known before the carrier is asked, whose first word may come at once.
      const partyId = (wish.partyId = ids.next("pty") as PartyId);
      await outside.call(asker, { partyId, number: target.number, how }, nobodyAside);
    }
    look(wish);
  };

  /** Whoever is aside has the customer; pressed at the phone with both calls in hand. */
  const complete = (wish: Wish): void => {
    const facts = ownTalk(wish);
    const aside = openParties(facts).find(({ how, place }) => how !== "monitor" && place === "aside");
    if (aside === undefined) throw new ApiError("partyGone", 409);
    wish.partyId = aside.partyId;
    // Not answered yet: they have the customer as soon as they do.
    if (aside.state === "joined") passingOn.complete(facts, aside);
  };

  const wished = async (event: Asked): Promise<void> => {
    const { callId, token, phoneId, destination } = event;
    const facts = telephony.contactOfCall(callId);
    const agentId = facts?.phase.kind === "talking" ? facts.phase.agentId : null;
    const how = event.kind === "phoneTransferAsked" ? "transfer" : "consult";
    const isStale = clock.now() - event.at > phoneWishLimits.staleMs;
    if (facts === undefined || agentId === null || isStale || telephony.phoneOf(agentId)?.phoneId !== phoneId) {
      telephony.send({ kind: "tellPhone", phoneId, token, status: DECLINE });
      return;
    }
    const { contactId, organisationId } = facts;
    const wish: Wish = { token, how, phoneId, callId, contactId, agentId, partyId: null, toldStatus: 0 };
    wishes.set(token, wish);
    try {
      if (routing.isHeld(organisationId)) throw new ApiError("starting", 503);
      if (!(await callingOut.may(organisationId, agentId, "desk.work"))) throw new ApiError("forbidden", 403);
      if (destination === null) complete(wish);
      else if (how === "transfer") await transfer(wish, destination);
      else {
        const target = targetFor(wish, facts, destination);
        // A queue is nobody to speak with.
        if (target.kind === "queue") throw new ApiError("notFound", 404);
        await ask(wish, target);
      }
    } catch (error) {
      if (!(error instanceof ApiError)) log.error({ err: error, contactId }, "a wish of an agent's phone failed");
      failed(wish, error instanceof ApiError ? statusOf(error) : SERVICE_UNAVAILABLE);
    }
  };

  /** What became of it so far. */
  const look = (wish: Wish): void => {
    const facts = contacts.facts(wish.contactId);
    const party = facts?.parties.find(({ partyId }) => partyId === wish.partyId);
    if (facts === undefined || party === undefined) return;
    if (wish.how === "transfer") lookAtTransfer(wish, facts, party);
    else lookAtConsult(wish, facts, party);
  };

  const lookAtTransfer = (wish: Wish, facts: ContactFacts, party: PartyFacts): void => {
    const isTheirs = party.why === "handedOver" || (party.state === "joined" && party.outside !== null && facts.phase.kind !== "talking");
    if (isTheirs) done(wish);
    else if (party.state === "left") failed(wish, statusOfLeaving(party.why));
    else if (party.offerId !== null) tell(wish, RINGING);
  };

  const lookAtConsult = (wish: Wish, facts: ContactFacts, party: PartyFacts): void => {
    const isOver = party.state === "left" || facts.phase.kind !== "talking" || facts.phase.agentId !== wish.agentId;
    // In the talk with the customer, all of them: the agent hears both on the phone's first call.
    const isOnePlace = party.state === "joined" && party.place === "talk";
    if (isOver) failed(wish, party.state === "left" ? statusOfLeaving(party.why) : TERMINATED);
    else if (isOnePlace) failed(wish, TERMINATED);
    else if (party.state === "joined") tell(wish, OK);
    else if (party.offerId !== null) tell(wish, RINGING);
  };

  /** The phone's second call was put down. */
  const consultOver = (token: string): void => {
    const wish = wishes.get(token);
    if (wish === undefined) return;
    wishes.delete(token);
    const facts = contacts.facts(wish.contactId);
    const party = facts === undefined ? undefined : openParties(facts).find(({ partyId }) => partyId === wish.partyId);
    const isPassedOn = [...wishes.values()].some(({ how, partyId }) => how === "transfer" && partyId === wish.partyId);
    if (facts === undefined || party === undefined || isPassedOn) return;
    if (party.state === "asked" && party.outside === null) telephony.withdrawParty(facts, party.partyId);
    else telephony.send({ kind: "partParty", callId: facts.callId, partyId: party.partyId });
  };

  telephony.onPhoneWish((event) => {
    if (event.kind === "outsideRinging") {
      for (const wish of wishes.values()) if (wish.partyId === event.partyId) tell(wish, RINGING);
    } else if (event.kind === "phoneConsultOver") consultOver(event.token);
    else if (event.kind !== "phoneDialAsked") void wished(event);
  });
  contacts.events.on("contactChanged", ({ contactId }) => {
    for (const wish of wishes.values()) if (wish.contactId === contactId) look(wish);
    comeBack(contactId);
  });
  contacts.events.on("contactClosed", ({ contactId }) => {
    for (const wish of wishes.values()) if (wish.contactId === contactId) failed(wish, TERMINATED);
    returning.delete(contactId);
  });
}

function statusOf({ code, status }: ApiError): number {
  switch (code) {
    case "numberUnreadable":
    case "notFound":
      return NOT_FOUND;
    case "forbidden":
      return FORBIDDEN;
    case "colleagueBusy":
    case "queueFull":
      return BUSY;
    case "queueEmpty":
      return UNAVAILABLE;
    default:
      return status === SERVICE_UNAVAILABLE || code === "noTrunk" ? SERVICE_UNAVAILABLE : DECLINE;
  }
}

/** Why nobody has the customer, as a carrier would say it. */
function statusOfLeaving(why: string | null): number {
  switch (why) {
    case "declined":
      return DECLINE;
    case "busy":
    case "notAvailable":
      return BUSY;
    case "unknownNumber":
      return NOT_FOUND;
    case "talkEnded":
    case "withdrawn":
    case "cancelled":
      return TERMINATED;
    case "notReached":
    case "noTrunk":
    case "technical":
    case "lineDropped":
      return SERVICE_UNAVAILABLE;
    default:
      return UNAVAILABLE;
  }
}
