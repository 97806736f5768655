/*
 * A contact's life: arriving → greeting → waiting → ringing → talking → wrap-up → closed, or ending (a last sentence is played) → closed.
 * What happened goes in; events for the log and commands for the shell come out; the next state is the fold of the events
 * (contact-facts.ts), so that what runs and what is read back after a crash can't differ.
 */
import { unreachable } from "@allo/kernel";
import type { CustomerId, Epoch, Instant, OfferId, PartyId, PersonId, PhoneId, QueueId, RecordingId, WrapUpCodeId } from "@allo/kernel";
import type { CallFigures, CopyTrouble, EndCause, SoundFinding, VerifyHow } from "@allo/contract";
import {
  abuseEndsFrom,
  helpLimits,
  isWithoutAgent,
  leadIn,
  mentorAskedAt,
  openHelp,
  openParties,
  owesCode,
  verifyLimits,
  type ContactFacts,
  type PartyFacts,
} from "./contact-facts.ts";
import type {
  AbuseStep,
  ContactEventBody,
  ContactOutcome,
  HelpAbout,
  OfferReasonFacts,
  OutsideCall,
  PartyHow,
  PartyPlace,
} from "./events.ts";

/** What the caller is told; an audio id of the shipped catalogue. */
export type Sentence =
  | "queue.allBusy"
  | "queue.pleaseHold"
  | "agent.cutOff"
  | "refuse.nobody"
  | "refuse.queueFull"
  | "refuse.waitTooLong"
  | "refuse.tooManyCalls"
  | "refuse.closed"
  | "refuse.technical";

export type ContactStimulus =
  | { readonly kind: "committed" }
  | { readonly kind: "turnedAway"; readonly sentence: Sentence; readonly sipStatus: number; readonly cause: EndCause }
  | { readonly kind: "callAnswered" }
  /** Of a call of ours. */
  | { readonly kind: "calleeRinging" }
  | { readonly kind: "calleeAnswered"; readonly phoneId: PhoneId }
  /** It was never placed. */
  | { readonly kind: "dialGivenUp"; readonly cause: EndCause }
  | { readonly kind: "greetingEnded"; readonly completed: boolean }
  | { readonly kind: "routerEnqueued"; readonly queueId: QueueId; readonly position: number }
  | { readonly kind: "routerRefused"; readonly cause: "nobodySignedIn" | "queueFull" | "technical" }
  | { readonly kind: "routerExpired" }
  | {
      readonly kind: "offered";
      readonly offerId: OfferId;
      readonly agentId: PersonId;
      readonly queueId: QueueId;
      readonly expiresAt: Instant;
      readonly journalPosition: number;
      readonly reason: OfferReasonFacts;
    }
  | { readonly kind: "offerWithdrawn"; readonly offerId: OfferId; readonly agentId: PersonId; readonly cause: string }
  | { readonly kind: "requeued"; readonly queueId: QueueId; readonly cause: string }
  | { readonly kind: "connect"; readonly offerId: OfferId; readonly agentId: PersonId }
  | { readonly kind: "callBridged"; readonly offerId: OfferId; readonly phoneId: PhoneId }
  | { readonly kind: "bridgeFailed"; readonly offerId: OfferId; readonly reason: "phoneGone" | "callGone" | "noMedia" }
  | { readonly kind: "callHeld" }
  | { readonly kind: "callResumed" }
  | { readonly kind: "callMuted"; readonly muted: boolean }
  | {
      readonly kind: "recordingPaused";
      readonly recordingId: RecordingId;
      readonly paused: boolean;
      readonly reason: "agent" | "field" | "limit";
    }
  | { readonly kind: "keysMasked"; readonly masked: boolean }
  | { readonly kind: "agentTurned"; readonly to: "talk" | "aside" }
  | {
      readonly kind: "partyInvited";
      readonly partyId: PartyId;
      readonly personId: PersonId | null;
      readonly outside?: OutsideCall;
      readonly by: PersonId;
      readonly how: PartyHow;
      readonly place: PartyPlace;
      readonly reason?: string;
    }
  | { readonly kind: "mentorAsked"; readonly asks: boolean }
  | { readonly kind: "helpAsked"; readonly about: HelpAbout }
  | { readonly kind: "helpWithdrawn" }
  | { readonly kind: "abuseStepped"; readonly step: AbuseStep }
  | { readonly kind: "callerVerified"; readonly how: VerifyHow; readonly passed: boolean }
  | { readonly kind: "outsideAnswered"; readonly partyId: PartyId }
  | { readonly kind: "outsideFailed"; readonly partyId: PartyId; readonly cause: EndCause }
  | { readonly kind: "passedOn"; readonly partyId: PartyId }
  /** A lead ends what goes on without an agent. */
  | { readonly kind: "endOrdered"; readonly by: PersonId; readonly reason: string }
  | { readonly kind: "parkOrdered"; readonly slot: number; readonly until: Instant }
  | { readonly kind: "parkRecalled"; readonly offerId: OfferId; readonly expiresAt: Instant }
  | { readonly kind: "pickedUp"; readonly agentId: PersonId; readonly phoneId: PhoneId }
  /** Nobody picked it up, whoever parked it doesn't answer. */
  | { readonly kind: "parkExpired" }
  | { readonly kind: "partyOffered"; readonly partyId: PartyId; readonly offerId: OfferId; readonly expiresAt: Instant }
  /** The router's word that they answered. */
  | { readonly kind: "partyAccepted"; readonly partyId: PartyId }
  /** They don't answer, can't be asked, or can't go on. */
  | { readonly kind: "partyWithdrawn"; readonly partyId: PartyId; readonly why: string }
  | { readonly kind: "partyJoined"; readonly partyId: PartyId }
  | { readonly kind: "partyFailed"; readonly partyId: PartyId; readonly reason: string }
  | { readonly kind: "partySeated"; readonly partyId: PartyId; readonly place: PartyPlace }
  | { readonly kind: "partyMuted"; readonly partyId: PartyId; readonly muted: boolean }
  | { readonly kind: "partyLeft"; readonly partyId: PartyId }
  | { readonly kind: "partyMediaLost"; readonly partyId: PartyId }
  | { readonly kind: "partyMediaRestored"; readonly partyId: PartyId }
  | { readonly kind: "partyGraceOver"; readonly partyId: PartyId }
  | { readonly kind: "handedOver"; readonly partyId: PartyId; readonly personId: PersonId; readonly phoneId: PhoneId }
  | { readonly kind: "digitPressed" }
  | {
      readonly kind: "customerMoved";
      readonly how: "refer" | "pickUp";
      readonly by: PersonId | null;
      readonly reservationId: string | null;
    }
  | { readonly kind: "soundReported"; readonly agentId: PersonId; readonly findings: readonly SoundFinding[] }
  | { readonly kind: "agentMediaLost" }
  | { readonly kind: "agentMediaRestored" }
  | { readonly kind: "graceOver" }
  | { readonly kind: "callEnded"; readonly cause: EndCause; readonly figures: CallFigures | null }
  | { readonly kind: "wrapUpStarted"; readonly agentId: PersonId; readonly until: Instant }
  | { readonly kind: "wrapUpExtended"; readonly agentId: PersonId; readonly until: Instant }
  | { readonly kind: "wrapUpEnded"; readonly how: "done" | "limit" | "signedOut" | "recovered" }
  /** The queue has no wrap-up. */
  | { readonly kind: "wrapUpSkipped" }
  | { readonly kind: "recordingPrepared"; readonly recordingId: RecordingId }
  | { readonly kind: "recordingStarted"; readonly recordingId: RecordingId }
  | { readonly kind: "recordingSaved"; readonly recordingId: RecordingId; readonly durationMs: number }
  | { readonly kind: "recordingFailed"; readonly recordingId: RecordingId; readonly reason: string }
  | { readonly kind: "copyStarted"; readonly recordingId: RecordingId; readonly recorderId: string; readonly again: boolean }
  | {
      readonly kind: "copyFailed";
      readonly recordingId: RecordingId;
      readonly recorderId: string;
      readonly why: CopyTrouble;
      readonly status: number | null;
    }
  | { readonly kind: "copyEnded"; readonly recordingId: RecordingId; readonly recorderId: string; readonly whole: boolean }
  | { readonly kind: "coded"; readonly agentId: PersonId; readonly wrapUpCodeId: WrapUpCodeId }
  | { readonly kind: "noteAdded"; readonly noteId: string; readonly authorId: PersonId }
  | { readonly kind: "customerTied"; readonly customerId: CustomerId; readonly by: PersonId | null }
  | { readonly kind: "recovered"; readonly epoch: Epoch };

export type ContactCommand =
  | { readonly kind: "acceptCall" }
  | { readonly kind: "placeCall" }
  /** Whoever dialled is as they were before. */
  | { readonly kind: "tellDialFailed" }
  | { readonly kind: "refuseCall"; readonly sentence: Sentence; readonly sipStatus: number; readonly cause: EndCause }
  | { readonly kind: "sayAndHangUp"; readonly sentence: Sentence; readonly cause: EndCause }
  /** Over the music that goes on after it. */
  | { readonly kind: "say"; readonly sentence: Sentence }
  | { readonly kind: "enqueue"; readonly toHead?: true }
  | { readonly kind: "leaveQueue" }
  | { readonly kind: "endTalk" }
  | { readonly kind: "hangUp"; readonly cause: EndCause }
  | {
      readonly kind: "tellRouter";
      readonly what: "bridged" | "held" | "resumed" | "agentMediaLost" | "agentMediaRestored" | "agentLegLost" | "contactParked";
    }
  | { readonly kind: "tellBridgeFailed"; readonly blame: "agent" | "caller" | "system" }
  | { readonly kind: "prepareRecording" }
  /** The caller has heard the notice, and waits: what they say is kept from now on. */
  | { readonly kind: "recordWaiting" }
  | { readonly kind: "ringAgent"; readonly agentId: PersonId }
  | { readonly kind: "stopRinging"; readonly agentId: PersonId }
  | { readonly kind: "bridge"; readonly offerId: OfferId; readonly agentId: PersonId }
  /** `sentence` null: music only, as nobody's talk was cut. */
  | { readonly kind: "detachAgent"; readonly sentence: Sentence | null }
  /** Rings the person beside the contact. */
  | { readonly kind: "askParty"; readonly party: PartyFacts }
  /** The person listens at once. */
  | { readonly kind: "engageParty"; readonly party: PartyFacts }
  | { readonly kind: "joinParty"; readonly party: PartyFacts }
  | { readonly kind: "partParty"; readonly partyId: PartyId }
  | { readonly kind: "partyBridged"; readonly partyId: PartyId }
  | { readonly kind: "partyBridgeFailed"; readonly partyId: PartyId }
  /** Whoever talks beside the contact is free again. */
  | { readonly kind: "endParty"; readonly partyId: PartyId }
  | { readonly kind: "armPartyGrace"; readonly partyId: PartyId }
  | { readonly kind: "cancelPartyGrace"; readonly partyId: PartyId }
  | { readonly kind: "hold" }
  | { readonly kind: "stepAside" }
  | { readonly kind: "handOver"; readonly partyId: PartyId }
  /** The carrier is asked for somebody outside. */
  | { readonly kind: "callOutside"; readonly party: PartyFacts }
  | { readonly kind: "passOn"; readonly partyId: PartyId }
  | { readonly kind: "hangUp"; readonly cause: EndCause }
  | { readonly kind: "armPark" }
  | { readonly kind: "cancelPark" }
  | { readonly kind: "tellHandedOver"; readonly partyId: PartyId }
  | { readonly kind: "armGrace" }
  | { readonly kind: "cancelGrace" }
  | { readonly kind: "armReminder" }
  | { readonly kind: "cancelReminder" };

export type ContactStep = { readonly events: readonly ContactEventBody[]; readonly commands: readonly ContactCommand[] };

const NOTHING: ContactStep = { events: [], commands: [] };

/** Total: each phase × stimulus gives what follows, or nothing where it comes too late to mean anything. */
export function stepContact(facts: ContactFacts, stimulus: ContactStimulus, at: Instant): ContactStep {
  const { phase } = facts;
  switch (stimulus.kind) {
    case "committed":
      if (phase.kind !== "arriving") return NOTHING;
      if (facts.outbound === null) return commands({ kind: "acceptCall" });
      return { events: [{ kind: "dialled", agentId: facts.outbound.agentId }], commands: [{ kind: "placeCall" }] };
    case "calleeRinging":
      return phase.kind === "dialling" && phase.ringingSince === null ? events({ kind: "calleeRinging" }) : NOTHING;
    case "calleeAnswered":
      if (phase.kind !== "dialling") return NOTHING;
      return events({ kind: "bridged", offerId: null, agentId: phase.agentId, phoneId: stimulus.phoneId });
    case "dialGivenUp":
      return phase.kind === "arriving" || phase.kind === "dialling" ? notReached(stimulus.cause, null) : NOTHING;
    case "turnedAway": {
      if (phase.kind !== "arriving") return NOTHING;
      const { sentence, sipStatus, cause } = stimulus;
      return { events: [{ kind: "contactRefused", cause }], commands: [{ kind: "refuseCall", sentence, sipStatus, cause }] };
    }
    case "callAnswered":
      return phase.kind === "arriving" ? events({ kind: "callAnswered" }) : NOTHING;
    case "greetingEnded":
      if (phase.kind !== "greeting") return NOTHING;
      return {
        events: [{ kind: "greetingEnded", completed: stimulus.completed }],
        commands: [...(stimulus.completed && recordsWaiting(facts) ? [{ kind: "recordWaiting" } as const] : []), { kind: "enqueue" }],
      };
    case "routerEnqueued":
      if (phase.kind === "waiting") return commands({ kind: "armReminder" });
      if (phase.kind === "talking") return transfer(facts, phase.agentId, stimulus.queueId);
      if (phase.kind !== "greeting") return NOTHING;
      return {
        events: [{ kind: "contactQueued", queueId: stimulus.queueId, enqueuedAt: at, position: stimulus.position }],
        commands: [{ kind: "say", sentence: "queue.allBusy" }, { kind: "armReminder" }],
      };
    case "routerRefused":
      return phase.kind === "greeting" || phase.kind === "waiting" ? refuse(stimulus.cause) : NOTHING;
    case "routerExpired":
      return expire(facts);
    case "offered":
      return beginOffer(facts, stimulus, at);
    case "offerWithdrawn": {
      if (phase.kind !== "ringing" || phase.offerId !== stimulus.offerId) return NOTHING;
      const { offerId, agentId, cause } = stimulus;
      // An accepted offer may be half bridged at the edge: what stands of it is taken apart.
      const undo: readonly ContactCommand[] = phase.accepted ? [{ kind: "detachAgent", sentence: null }] : [];
      return { events: [{ kind: "offerWithdrawn", offerId, agentId, cause }], commands: [{ kind: "stopRinging", agentId }, ...undo] };
    }
    case "requeued":
      return requeue(facts, stimulus);
    case "connect": {
      if (phase.kind !== "ringing" || phase.offerId !== stimulus.offerId) return NOTHING;
      const { offerId, agentId } = stimulus;
      return {
        events: [{ kind: "offerAccepted", offerId, agentId }],
        commands: [
          { kind: "stopRinging", agentId },
          { kind: "bridge", offerId, agentId },
        ],
      };
    }
    case "callBridged":
      return bridged(facts, stimulus);
    case "bridgeFailed": {
      if (phase.kind !== "ringing" || phase.offerId !== stimulus.offerId) return NOTHING;
      const { offerId, reason } = stimulus;
      return {
        events: [{ kind: "bridgeFailed", offerId, agentId: phase.agentId, reason }],
        commands: [
          { kind: "stopRinging", agentId: phase.agentId },
          { kind: "tellBridgeFailed", blame: reason === "callGone" ? "caller" : "agent" },
        ],
      };
    }
    case "callHeld":
      if (phase.kind !== "talking" || phase.heldSince !== null) return NOTHING;
      return { events: [{ kind: "held", agentId: phase.agentId }], commands: [{ kind: "tellRouter", what: "held" }] };
    case "callResumed":
      if (phase.kind !== "talking" || phase.heldSince === null) return NOTHING;
      return { events: [{ kind: "resumed", agentId: phase.agentId }], commands: [{ kind: "tellRouter", what: "resumed" }] };
    case "callMuted":
      if (phase.kind !== "talking" || phase.muted === stimulus.muted) return NOTHING;
      return events({ kind: "muted", agentId: phase.agentId, muted: stimulus.muted });
    case "recordingPaused": {
      const { recordingId, paused, reason } = stimulus;
      const recording = facts.recordings.find((each) => each.recordingId === recordingId);
      const by = paused ? (reason === "field" ? "field" : "agent") : null;
      if (recording === undefined || recording.pausedBy === by) return NOTHING;
      const agentId = phase.kind === "talking" ? phase.agentId : facts.agentId;
      return agentId === null ? NOTHING : events({ kind: "recordingPaused", recordingId, agentId, paused, reason });
    }
    case "keysMasked":
      if (phase.kind !== "talking" || phase.keysMasked === stimulus.masked) return NOTHING;
      return events({ kind: "keysMasked", agentId: phase.agentId, masked: stimulus.masked });
    case "agentTurned":
      return phase.kind === "talking" && phase.aside !== (stimulus.to === "aside")
        ? events({ kind: "agentTurned", agentId: phase.agentId, to: stimulus.to })
        : NOTHING;
    case "partyInvited":
      return invite(facts, stimulus);
    case "mentorAsked":
      return phase.kind === "talking" && (mentorAskedAt(facts) !== null) !== stimulus.asks
        ? events({ kind: "mentorAsked", agentId: phase.agentId, asks: stimulus.asks })
        : NOTHING;
    case "helpAsked":
      return askHelp(facts, stimulus.about);
    case "helpWithdrawn":
      return phase.kind === "talking" && openHelp(facts) !== null ? events({ kind: "helpWithdrawn", agentId: phase.agentId }) : NOTHING;
    case "abuseStepped":
      return stepAbuse(facts, stimulus.step, at);
    case "callerVerified": {
      const { how, passed } = stimulus;
      if (phase.kind !== "talking" || facts.customerId === null || facts.test !== null) return NOTHING;
      if (facts.verification.failed >= verifyLimits.failuresMax) return NOTHING;
      return events({ kind: "callerVerified", agentId: phase.agentId, how, passed });
    }
    case "outsideAnswered":
      return stepParty(
        facts,
        stimulus.partyId,
        (party) =>
          party.state === "joined"
            ? NOTHING
            : {
                events: [{ kind: "partyJoined", partyId: party.partyId, personId: null }],
                commands: party.how === "transfer" ? [{ kind: "passOn", partyId: party.partyId }] : [],
              },
        { kind: "partParty", partyId: stimulus.partyId },
      );
    case "outsideFailed":
      return stepParty(facts, stimulus.partyId, (party) => leave(party, stimulus.cause.why, ...graceAgain(facts, party)));
    case "passedOn":
      return passOn(facts, stimulus.partyId);
    case "endOrdered":
      if (!isWithoutAgent(facts)) return NOTHING;
      return {
        events: [{ kind: "endOrdered", by: stimulus.by, reason: stimulus.reason }],
        commands: [{ kind: "hangUp", cause: { by: "agent", why: "endedByLead" } }],
      };
    case "parkOrdered": {
      if (phase.kind !== "talking" || facts.test !== null) return NOTHING;
      const { slot, until } = stimulus;
      return {
        events: [...dismissed(facts).events, { kind: "parked", agentId: phase.agentId, slot, until }],
        commands: [
          { kind: "cancelGrace" },
          { kind: "detachAgent", sentence: "queue.pleaseHold" },
          ...dismissed(facts).commands,
          { kind: "tellRouter", what: "contactParked" },
          { kind: "armPark" },
        ],
      };
    }
    case "parkRecalled": {
      if (phase.kind !== "parked") return NOTHING;
      const { offerId, expiresAt } = stimulus;
      return {
        events: [{ kind: "parkRecalled", agentId: phase.by, offerId, expiresAt }],
        commands: [{ kind: "ringAgent", agentId: phase.by }],
      };
    }
    case "pickedUp": {
      if (phase.kind !== "parked") return NOTHING;
      const { agentId, phoneId } = stimulus;
      return {
        events: [{ kind: "pickedUp", agentId, phoneId }],
        commands: [{ kind: "cancelPark" }, { kind: "stopRinging", agentId: phase.by }],
      };
    }
    case "parkExpired":
      if (phase.kind !== "parked") return NOTHING;
      return {
        events: [{ kind: "parkExpired", agentId: phase.by }],
        commands: [{ kind: "cancelPark" }, { kind: "stopRinging", agentId: phase.by }, { kind: "enqueue", toHead: true }],
      };
    case "partyOffered":
      return stepParty(facts, stimulus.partyId, ({ personId, offerId }) =>
        offerId === stimulus.offerId || personId === null
          ? NOTHING
          : {
              events: [{ kind: "partyOffered", partyId: stimulus.partyId, offerId: stimulus.offerId, expiresAt: stimulus.expiresAt }],
              commands: [{ kind: "ringAgent", agentId: personId }],
            },
      );
    case "partyAccepted":
      return stepParty(facts, stimulus.partyId, (party) =>
        commands(...(party.personId === null ? [] : [{ kind: "stopRinging", agentId: party.personId } as const]), {
          kind: "joinParty",
          party,
        }),
      );
    case "partyWithdrawn":
      return stepParty(facts, stimulus.partyId, (party) =>
        leave(party, stimulus.why, { kind: "partParty", partyId: party.partyId }, ...graceAgain(facts, party)),
      );
    case "partyJoined":
      return stepParty(facts, stimulus.partyId, (party) => joinParty(party), { kind: "partParty", partyId: stimulus.partyId });
    case "partyFailed":
      return stepParty(facts, stimulus.partyId, (party) => leave(party, stimulus.reason, ...ended(party), ...graceAgain(facts, party)));
    case "partySeated":
      return stepParty(facts, stimulus.partyId, ({ partyId, personId, place }) =>
        place === stimulus.place ? NOTHING : events({ kind: "partySeated", partyId, personId, place: stimulus.place }),
      );
    case "partyMuted":
      return stepParty(facts, stimulus.partyId, ({ partyId, muted }) =>
        muted === stimulus.muted ? NOTHING : events({ kind: "partyMuted", partyId, muted: stimulus.muted }),
      );
    case "partyLeft":
      return stepParty(facts, stimulus.partyId, (party) => leave(party, "left", { kind: "endParty", partyId: party.partyId }));
    case "partyMediaLost":
      return stepParty(facts, stimulus.partyId, ({ partyId }) => commands({ kind: "armPartyGrace", partyId }));
    case "partyMediaRestored":
      return stepParty(facts, stimulus.partyId, ({ partyId }) => commands({ kind: "cancelPartyGrace", partyId }));
    case "partyGraceOver":
      return stepParty(facts, stimulus.partyId, ({ partyId }) => commands({ kind: "partParty", partyId }));
    case "handedOver":
      return handOver(facts, stimulus);
    case "digitPressed":
      return phase.kind === "closed" || phase.kind === "wrapUp" ? NOTHING : events({ kind: "digitPressed" });
    case "customerMoved": {
      if (phase.kind === "closed" || phase.kind === "wrapUp") return NOTHING;
      const { kind, how, by, reservationId } = stimulus;
      return events({ kind, how, by, reservationId });
    }
    case "soundReported":
      if ((phase.kind !== "talking" && phase.kind !== "wrapUp") || phase.agentId !== stimulus.agentId) return NOTHING;
      if (facts.soundReportedBy === stimulus.agentId) return NOTHING;
      return events({ kind: "soundReported", agentId: stimulus.agentId, findings: stimulus.findings });
    case "agentMediaLost":
      if (phase.kind !== "talking" || phase.mediaLostSince !== null) return NOTHING;
      return {
        events: [{ kind: "agentMediaLost", agentId: phase.agentId }],
        commands: [{ kind: "tellRouter", what: "agentMediaLost" }, { kind: "armGrace" }],
      };
    case "agentMediaRestored":
      if (phase.kind !== "talking" || phase.mediaLostSince === null) return NOTHING;
      return {
        events: [{ kind: "agentMediaRestored", agentId: phase.agentId }],
        commands: [{ kind: "cancelGrace" }, { kind: "tellRouter", what: "agentMediaRestored" }],
      };
    case "graceOver": {
      if (phase.kind !== "talking" || phase.mediaLostSince === null) return NOTHING;
      // Whoever passes a customer on at their own phone may put it down before it is done: the one who is asked has the time of the ring.
      if (openParties(facts).some(({ how, state }) => how === "transfer" && state === "asked")) return commands({ kind: "armGrace" });
      // Somebody else talks with the customer already: they go on, and nobody waits in a queue.
      const isHeard = (place: PartyPlace): boolean => place === "talk" || (place === "barge" && phase.heldSince === null);
      const other = openParties(facts).find(({ state, place }) => state === "joined" && isHeard(place));
      if (other === undefined) return commands({ kind: "tellRouter", what: "agentLegLost" });
      return commands({ kind: other.outside === null ? "handOver" : "passOn", partyId: other.partyId });
    }
    case "callEnded":
      return endCall(facts, stimulus);
    case "wrapUpStarted":
      if (phase.kind !== "wrapUp" || phase.until !== null) return NOTHING;
      return events({ kind: "wrapUpStarted", agentId: stimulus.agentId, until: stimulus.until });
    case "wrapUpExtended":
      return phase.kind === "wrapUp" && !phase.extended
        ? events({ kind: "wrapUpExtended", agentId: stimulus.agentId, until: stimulus.until })
        : NOTHING;
    case "wrapUpEnded":
      if (phase.kind !== "wrapUp") return NOTHING;
      return events(
        { kind: "wrapUpEnded", agentId: phase.agentId, how: stimulus.how, coded: facts.wrapUpCodeId !== null || !owesCode(facts) },
        // Where the customer talks with somebody outside, the contact goes on.
        ...(facts.endedAt === null ? [] : [closing(facts, mustCause(facts))]),
      );
    case "wrapUpSkipped":
      return phase.kind === "wrapUp" && phase.until === null && facts.endedAt !== null ? events(closing(facts, mustCause(facts))) : NOTHING;
    case "recordingPrepared":
      return events({ kind: "recordingPrepared", recordingId: stimulus.recordingId });
    case "recordingStarted":
      return recordingIs(facts, stimulus.recordingId, "prepared")
        ? events({ kind: "recordingStarted", recordingId: stimulus.recordingId })
        : NOTHING;
    case "recordingSaved":
      if (recordingIs(facts, stimulus.recordingId, "saved")) return NOTHING;
      return events({ kind: "recordingSaved", recordingId: stimulus.recordingId, durationMs: stimulus.durationMs });
    case "recordingFailed":
      if (recordingIs(facts, stimulus.recordingId, "failed")) return NOTHING;
      return events({ kind: "recordingFailed", recordingId: stimulus.recordingId, reason: stimulus.reason });
    case "copyStarted":
    case "copyFailed":
    case "copyEnded":
      return events(stimulus);
    case "coded":
      return events({ kind: "contactCoded", agentId: stimulus.agentId, wrapUpCodeId: stimulus.wrapUpCodeId });
    case "noteAdded":
      return events({ kind: "noteAdded", noteId: stimulus.noteId, authorId: stimulus.authorId });
    case "customerTied":
      if (facts.customerId === stimulus.customerId) return NOTHING;
      return events({ kind: "customerTied", customerId: stimulus.customerId, by: stimulus.by });
    case "recovered":
      return phase.kind === "closed" ? NOTHING : events({ kind: "contactRecovered", epoch: stimulus.epoch });
    default:
      return unreachable(stimulus);
  }
}

/** How a contact that ends now is counted: by its last visit to a queue, or by its cause where it never queued. */
export function outcomeOf(facts: ContactFacts, cause: EndCause): ContactOutcome {
  if (facts.outbound !== null && facts.segments.length === 0) return facts.connectedAt === null ? "notReached" : "answered";
  switch (facts.segments.at(-1)?.exit ?? null) {
    case "answered":
      return "answered";
    case "abandoned":
      return "abandoned";
    case "abandonedRinging":
      return "abandonedRinging";
    case "systemDisconnect":
      return "systemDisconnect";
    case "flowOut":
      return "refused";
    case null:
      break;
  }
  switch (cause.why) {
    case "nobodySignedIn":
    case "queueFull":
    case "longestWaitPassed":
    case "tooManyCalls":
    case "closed":
      return "refused";
    case "technical":
    case "edgeLost":
    case "coreLost":
    case "shutdown":
    case "codecMismatch":
      return "systemDisconnect";
    default:
      return cause.by === "system" ? "systemDisconnect" : "abandoned";
  }
}

function beginOffer(facts: ContactFacts, stimulus: Extract<ContactStimulus, { readonly kind: "offered" }>, at: Instant): ContactStep {
  const { phase, policy, recordings } = facts;
  if (phase.kind !== "greeting" && phase.kind !== "waiting") return NOTHING;
  const { kind, ...offer } = stimulus;
  const queued: readonly ContactEventBody[] =
    phase.kind === "greeting" ? [{ kind: "contactQueued", queueId: stimulus.queueId, enqueuedAt: at, position: 1 }] : [];
  const hasRecording = recordings.some(({ state }) => state === "prepared" || (state === "recording" && recordsWaiting(facts)));
  const prepare: readonly ContactCommand[] = policy.record && !hasRecording ? [{ kind: "prepareRecording" }] : [];
  const wait: readonly ContactCommand[] = phase.kind === "greeting" ? [{ kind: "armReminder" }] : [];
  return { events: [...queued, { kind, ...offer }], commands: [...wait, ...prepare, { kind: "ringAgent", agentId: stimulus.agentId }] };
}

/** Where the caller is recorded before an agent answers, and between two. */
export function recordsWaiting({ policy }: Pick<ContactFacts, "policy">): boolean {
  return policy.record && policy.recording?.waiting === true;
}

function requeue(facts: ContactFacts, { queueId, cause }: Extract<ContactStimulus, { readonly kind: "requeued" }>): ContactStep {
  const { phase } = facts;
  if (phase.kind === "waiting") return events({ kind: "requeued", queueId, cause });
  if (phase.kind !== "talking") return NOTHING;
  return {
    events: [...dismissed(facts).events, { kind: "agentDetached", agentId: phase.agentId }, { kind: "requeued", queueId, cause }],
    commands: [
      { kind: "cancelGrace" },
      { kind: "detachAgent", sentence: "agent.cutOff" },
      ...dismissed(facts).commands,
      { kind: "armReminder" },
    ],
  };
}

function bridged(facts: ContactFacts, { offerId, phoneId }: Extract<ContactStimulus, { readonly kind: "callBridged" }>): ContactStep {
  const { phase } = facts;
  if (phase.kind === "ringing" && phase.offerId === offerId) {
    return {
      events: [{ kind: "bridged", offerId, agentId: phase.agentId, phoneId }],
      commands: [{ kind: "cancelReminder" }, { kind: "stopRinging", agentId: phase.agentId }, { kind: "tellRouter", what: "bridged" }],
    };
  }
  // The bridge came after the router had given up on it: nobody is waiting for this talk.
  return phase.kind === "waiting" || phase.kind === "ringing" ? commands({ kind: "detachAgent", sentence: null }) : NOTHING;
}

function invite(facts: ContactFacts, stimulus: Extract<ContactStimulus, { readonly kind: "partyInvited" }>): ContactStep {
  const { phase } = facts;
  if (phase.kind !== "talking" || phase.agentId === stimulus.personId) return NOTHING;
  if (openParties(facts).some(({ personId }) => personId !== null && personId === stimulus.personId)) return NOTHING;
  const { kind, partyId, personId, by, how, place, outside = null } = stimulus;
  const reason = stimulus.reason === undefined ? {} : { reason: stimulus.reason };
  const party: PartyFacts = {
    partyId,
    personId,
    outside,
    by,
    how,
    place,
    state: "asked",
    offerId: null,
    expiresAt: null,
    joinedAt: null,
    muted: false,
    leftAt: null,
    why: null,
  };
  const isHeld = phase.heldSince !== null;
  if (outside !== null)
    return { events: [{ kind, partyId, personId, by, how, place, outside }], commands: [{ kind: "callOutside", party }] };
  return {
    events: [{ kind, partyId, personId, by, how, place, ...reason }],
    commands:
      how === "monitor" ? [{ kind: "engageParty", party }] : [...(isHeld ? [] : [{ kind: "hold" } as const]), { kind: "askParty", party }],
  };
}

/** A lead who is in the talk already need not be asked; whoever asks again, about something else, waits since the first time. */
function askHelp(facts: ContactFacts, about: HelpAbout): ContactStep {
  const { phase } = facts;
  if (phase.kind !== "talking" || facts.test !== null || leadIn(facts) !== undefined) return NOTHING;
  const open = openHelp(facts);
  if (open === null ? facts.helps.length >= helpLimits.asksMax : open.about === about) return NOTHING;
  return events({ kind: "helpAsked", agentId: phase.agentId, about });
}

/** Told to the leads, warned, then either the customer comes to reason or the call is ended: not before a lead could come. */
function stepAbuse(facts: ContactFacts, step: AbuseStep, at: Instant): ContactStep {
  const { phase, abuse } = facts;
  if (phase.kind !== "talking" || facts.test !== null) return NOTHING;
  const { agentId } = phase;
  const isOpen = abuse !== null && abuse.calmedAt === null && abuse.endedAt === null;
  const stepped: ContactEventBody = { kind: "abuseStepped", agentId, step };
  switch (step) {
    case "reported":
      return isOpen ? NOTHING : events(stepped, ...askHelp(facts, "abuse").events);
    case "warned":
      return isOpen && abuse.warnedAt === null ? events(stepped) : NOTHING;
    case "calmed": {
      if (!isOpen) return NOTHING;
      return events(stepped, ...(openHelp(facts)?.about === "abuse" ? [{ kind: "helpWithdrawn", agentId } as const] : []));
    }
    case "ended": {
      const from = abuseEndsFrom(facts);
      if (from === null || at < from) return NOTHING;
      return { events: [stepped], commands: [{ kind: "hangUp", cause: { by: "agent", why: "abuse" } }] };
    }
    default:
      return unreachable(step);
  }
}

/** Nothing where they are not in the call any more; `otherwise` puts right what the edge believes then. */
function stepParty(
  facts: ContactFacts,
  partyId: PartyId,
  step: (party: PartyFacts) => ContactStep,
  ...otherwise: readonly ContactCommand[]
): ContactStep {
  const party = openParties(facts).find((each) => each.partyId === partyId);
  return party === undefined || facts.phase.kind !== "talking" ? commands(...otherwise) : step(party);
}

function joinParty(party: PartyFacts): ContactStep {
  const { partyId, personId, how } = party;
  if (party.state === "joined") return NOTHING;
  const next: Record<PartyHow, readonly ContactCommand[]> = {
    consult: [{ kind: "partyBridged", partyId }, { kind: "stepAside" }],
    transfer: [
      { kind: "partyBridged", partyId },
      { kind: "handOver", partyId },
    ],
    monitor: [],
  };
  return { events: [{ kind: "partyJoined", partyId, personId }], commands: next[how] };
}

function leave(party: PartyFacts, why: string, ...then: readonly ContactCommand[]): ContactStep {
  const { partyId, personId } = party;
  return {
    events: [{ kind: "partyLeft", partyId, personId, why }],
    commands: [
      { kind: "cancelPartyGrace", partyId },
      ...(personId === null ? [] : [{ kind: "stopRinging", agentId: personId } as const]),
      ...then,
    ],
  };
}

/** Nobody takes the customer over from an agent who has put their phone down: from now on they have their time to come back. */
function graceAgain({ phase }: ContactFacts, { how }: PartyFacts): readonly ContactCommand[] {
  return how === "transfer" && phase.kind === "talking" && phase.mediaLostSince !== null ? [{ kind: "armGrace" }] : [];
}

function ended({ partyId, how, state }: PartyFacts): readonly ContactCommand[] {
  return how === "monitor" || state === "joined" ? [{ kind: "endParty", partyId }] : [{ kind: "partyBridgeFailed", partyId }];
}

/** All who took part in a talk that is over, but this one. */
function dismissed(facts: ContactFacts, stays?: PartyId): ContactStep {
  const going = openParties(facts).filter(({ partyId }) => partyId !== stays);
  const steps = going.map((party) => leave(party, "talkEnded", { kind: "endParty", partyId: party.partyId }));
  return { events: steps.flatMap((step) => step.events), commands: steps.flatMap((step) => step.commands) };
}

function handOver(facts: ContactFacts, stimulus: Extract<ContactStimulus, { readonly kind: "handedOver" }>): ContactStep {
  const { phase } = facts;
  const { partyId, personId, phoneId } = stimulus;
  const party = openParties(facts).find((each) => each.partyId === partyId);
  if (phase.kind !== "talking" || party === undefined) return NOTHING;
  const how = party.how === "monitor" ? "takeOver" : party.how;
  // A mentor looks after the one whose part is over, and after nobody else.
  const mentors = openParties(facts).filter((each) => each.place === "mentor" && each.partyId !== partyId);
  return {
    events: [{ kind: "handedOver", agentId: phase.agentId, toAgentId: personId, partyId, phoneId, how }],
    commands: [
      { kind: "cancelGrace" },
      { kind: "cancelPartyGrace", partyId },
      { kind: "tellHandedOver", partyId },
      ...mentors.map((each): ContactCommand => ({ kind: "partParty", partyId: each.partyId })),
    ],
  };
}

/** The agent is out of the call, which is the customer's and somebody's outside: wrap-up begins. */
function passOn(facts: ContactFacts, partyId: PartyId): ContactStep {
  const { phase } = facts;
  const party = openParties(facts).find((each) => each.partyId === partyId);
  if (phase.kind !== "talking" || party === undefined) return NOTHING;
  const seated: readonly ContactEventBody[] =
    party.place === "talk" ? [] : [{ kind: "partySeated", partyId, personId: null, place: "talk" }];
  const joined: readonly ContactEventBody[] = party.state === "joined" ? [] : [{ kind: "partyJoined", partyId, personId: null }];
  return {
    events: [...dismissed(facts, partyId).events, ...joined, ...seated, { kind: "passedOn", agentId: phase.agentId, partyId }],
    commands: [{ kind: "cancelGrace" }, ...dismissed(facts, partyId).commands, { kind: "endTalk" }],
  };
}

/** The router has taken the contact into another queue: whoever had it is free. */
function transfer(facts: ContactFacts, agentId: PersonId, queueId: QueueId): ContactStep {
  return {
    events: [...dismissed(facts).events, { kind: "transferred", agentId, queueId }],
    commands: [
      { kind: "cancelGrace" },
      { kind: "detachAgent", sentence: "queue.pleaseHold" },
      ...dismissed(facts).commands,
      { kind: "armReminder" },
    ],
  };
}

function refuse(why: "nobodySignedIn" | "queueFull" | "technical"): ContactStep {
  const cause: EndCause = { by: "system", why };
  const sentence = { nobodySignedIn: "refuse.nobody", queueFull: "refuse.queueFull", technical: "refuse.technical" } as const;
  return {
    events: [{ kind: "contactRefused", cause }],
    commands: [{ kind: "cancelReminder" }, { kind: "sayAndHangUp", sentence: sentence[why], cause }],
  };
}

function expire(facts: ContactFacts): ContactStep {
  const { phase } = facts;
  const cause: EndCause = { by: "system", why: "longestWaitPassed" };
  const say: readonly ContactCommand[] = [{ kind: "cancelReminder" }, { kind: "sayAndHangUp", sentence: "refuse.waitTooLong", cause }];
  if (phase.kind === "waiting" || phase.kind === "ringing") return { events: [{ kind: "waitExpired", cause }], commands: say };
  if (phase.kind !== "talking") return NOTHING;
  // The agent's leg was lost and the queue takes no one back.
  return {
    events: [...dismissed(facts).events, { kind: "agentDetached", agentId: phase.agentId }, { kind: "waitExpired", cause }],
    commands: [{ kind: "cancelGrace" }, ...dismissed(facts).commands, ...say],
  };
}

function endCall(facts: ContactFacts, stimulus: Extract<ContactStimulus, { readonly kind: "callEnded" }>): ContactStep {
  const { phase } = facts;
  const { figures } = stimulus;
  switch (phase.kind) {
    case "dialling":
      return notReached(stimulus.cause, figures);
    case "arriving":
    case "greeting": {
      if (facts.outbound !== null) return notReached(stimulus.cause, figures);
      const cause = unansweredCause(stimulus.cause);
      return events({ kind: "callEnded", cause, figures }, { kind: "contactClosed", cause, outcome: outcomeOf(facts, cause) });
    }
    case "waiting":
    case "ringing": {
      const cause = unansweredCause(stimulus.cause);
      const isFault = cause.by === "system";
      const outcome = isFault ? "systemDisconnect" : phase.kind === "ringing" ? "abandonedRinging" : "abandoned";
      const stop: readonly ContactCommand[] = phase.kind === "ringing" ? [{ kind: "stopRinging", agentId: phase.agentId }] : [];
      return {
        events: [
          { kind: "callEnded", cause, figures },
          { kind: "contactClosed", cause, outcome },
        ],
        commands: [{ kind: "cancelReminder" }, ...stop, { kind: "leaveQueue" }],
      };
    }
    case "talking":
      return {
        events: [...dismissed(facts).events, { kind: "callEnded", cause: stimulus.cause, figures }],
        commands: [{ kind: "cancelGrace" }, ...dismissed(facts).commands, { kind: "endTalk" }],
      };
    case "ending":
      return events({ kind: "callEnded", cause: phase.cause, figures }, closing(facts, phase.cause));
    case "parked": {
      const cause = unansweredCause(stimulus.cause);
      return {
        events: [
          { kind: "callEnded", cause, figures },
          // Answered once; that nobody came back to them is for the lost calls to say.
          { kind: "contactClosed", cause, outcome: "answered" },
        ],
        commands: [{ kind: "cancelPark" }, { kind: "stopRinging", agentId: phase.by }, { kind: "tellRouter", what: "contactParked" }],
      };
    }
    case "wrapUp":
    case "passedOn": {
      if (facts.endedAt !== null) return NOTHING;
      const gone = openParties(facts).map(({ partyId, personId }) => ({ kind: "partyLeft", partyId, personId, why: "talkEnded" }) as const);
      const isDone = phase.kind === "passedOn" || phase.until === null;
      return events(...gone, { kind: "callEnded", cause: stimulus.cause, figures }, ...(isDone ? [closing(facts, stimulus.cause)] : []));
    }
    case "closed":
      return NOTHING;
    default:
      return unreachable(phase);
  }
}

function notReached(cause: EndCause, figures: CallFigures | null): ContactStep {
  return {
    events: [
      { kind: "callEnded", cause, figures },
      { kind: "contactClosed", cause, outcome: "notReached" },
    ],
    commands: [{ kind: "tellDialFailed" }],
  };
}

/** Who hangs up before an answer has abandoned. */
function unansweredCause(cause: EndCause): EndCause {
  return cause.by === "caller" && cause.why === "hungUp" ? { ...cause, why: "abandoned" } : cause;
}

function closing(facts: ContactFacts, cause: EndCause): ContactEventBody {
  return { kind: "contactClosed", cause, outcome: outcomeOf(facts, cause) };
}

function mustCause(facts: ContactFacts): EndCause {
  return facts.cause ?? { by: "unknown", why: "lineDropped" };
}

function recordingIs({ recordings }: ContactFacts, recordingId: RecordingId, state: ContactFacts["recordings"][number]["state"]): boolean {
  return recordings.some((recording) => recording.recordingId === recordingId && recording.state === state);
}

function events(...list: readonly ContactEventBody[]): ContactStep {
  return { events: list, commands: [] };
}

function commands(...list: readonly ContactCommand[]): ContactStep {
  return { events: [], commands: list };
}
