// What a call is made of: its state, what happens to it, what it wants done. Decided in call-machine.ts, heard by call-sound.ts.

import type { CallId, ContactId, Instant, NumberId, OfferId, PartyId, PersonId, PhoneId, RecordingId } from "@allo/kernel";

/** The customer stands on the left; on the right one agent, or all whom the customer hears. */
export type RecordedVoices = string | null | readonly string[];

export type EndCause = {
  readonly by: "caller" | "agent" | "system" | "carrier" | "unknown";
  readonly why: string;
  readonly sipStatus?: number;
  readonly q850?: number;
};

/** `legId` is null while the standing leg is away. */
type Side = {
  readonly phoneId: PhoneId;
  readonly personId: PersonId;
  readonly legId: string | null;
  readonly muted: boolean;
};

/** The agent who has the call. Aside: they speak with whoever is there, and not with the customer. */
export type OwnerSide = Side & {
  readonly offerId: OfferId | null;
  readonly recording: RecordingOpen | null;
  readonly holdLoop: string;
  /** What a customer hears first, before the music, whose agent's line breaks. */
  readonly awayAudioIds?: readonly string[];
  readonly seat: "talk" | "aside";
};

/** `mentor` is heard as a whisper is. */
export type MonitorMode = "listen" | "whisper" | "barge" | "mentor";
/** Where a party sits: in the talk with the customer, beside it, or watching the agent who has the call, in whichever of the two. */
export type Seat = { readonly kind: "talk" } | { readonly kind: "aside" } | { readonly kind: "monitor"; readonly mode: MonitorMode };
export type Party = Side & { readonly partyId: PartyId; readonly seat: Seat };

/** A tone in the ear of the agent who has a customer on hold: the first after `afterMs`, then every `everyMs`. */
export type HoldReminder = { readonly afterMs: number; readonly everyMs: number; readonly audioId: string };
/** Somebody outside whom the agent called into the call, on a line of a carrier. */
export type OutsideParty = {
  readonly partyId: PartyId;
  readonly legId: string;
  readonly seat: "talk" | "aside";
  /** `early`: the carrier says something itself before an answer. */
  readonly progress: "calling" | "early" | "answered";
  /** What the agent hears while it rings there. */
  readonly ringback: string;
  /** Their voice is written too, where the call is. */
  readonly recorded: boolean;
};

/** What of a call is kept besides the talk itself, and what is hidden in it. */
export type RecordingPolicy = {
  /** The customer while they wait, before an agent has answered and after one has left. */
  readonly waiting: boolean;
  /** The agent, and whoever is aside with them, while the customer is on hold. */
  readonly hold: boolean;
  /** While the recording is paused nobody hears the keys that the customer presses. */
  readonly maskPaused: boolean;
};
export type RecordingOrder = {
  readonly recordingId: RecordingId;
  readonly keyBase64: string;
  readonly filePath: string;
  readonly policy: RecordingPolicy;
  /** The recorder elsewhere that gets the same; absent or null: none. */
  readonly copyTo?: string | null;
};
/** A recording that is open. */
export type RecordingOpen = Pick<RecordingOrder, "recordingId" | "policy">;

/** Why nothing is written: the agent's wish, or a field that is being filled in. The wish has the last word. */
export type RecordingPause = { readonly by: "agent" } | { readonly by: "field"; readonly endsAt: Instant };

export type CallCommon = {
  readonly callId: CallId;
  readonly numberId: NumberId;
  readonly arrivedAt: Instant;
  readonly callerLegId: string;
  readonly contactId: ContactId | null;
};

/** What the caller hears outside a conversation: a sentence that core waits for (it has a token), then a loop. */
export type Playing = {
  readonly token: string | null;
  readonly audioIds: readonly string[];
  readonly thenLoop: string | null;
  readonly nth: number;
};

export type CallState =
  | (CallCommon & { readonly kind: "arriving" })
  /** A call of ours: the customer is rung, the agent hears that. `early`: what the carrier says before an answer. */
  | (CallCommon & {
      readonly kind: "dialling";
      readonly owner: OwnerSide;
      readonly ringback: string;
      readonly early: boolean;
      readonly recording: RecordingOrder | null;
      /** Said to whoever answers, before anything is recorded. */
      readonly notice: readonly string[];
    })
  /** The sentence plays as early media; then the final response. */
  | (CallCommon & { readonly kind: "refusing"; readonly cause: EndCause; readonly sipStatus: number; readonly audioIds: readonly string[] })
  | (CallCommon & { readonly kind: "waiting"; readonly playing: Playing; readonly recording: RecordingOpen | null })
  /** The last sentence plays; then BYE. `alsoHeardBy`: who talked with the customer and is told the same. */
  | (CallCommon & {
      readonly kind: "leaving";
      readonly cause: EndCause;
      readonly audioIds: readonly string[];
      readonly alsoHeardBy: readonly { readonly phoneId: PhoneId; readonly legId: string }[];
    })
  /** `held`: the customer hears music and nothing else. An owner without a leg is away: their place is kept for the same person. */
  | (CallCommon & {
      readonly kind: "talking";
      readonly owner: OwnerSide;
      readonly held: boolean;
      readonly parties: readonly Party[];
      readonly outside: readonly OutsideParty[];
      /** What is said now is not to be kept: a card's number, say. */
      readonly recordingPause: RecordingPause | null;
      /** The agent has said that the customer presses keys that nobody may hear. */
      readonly keysMasked: boolean;
      /** While the customer is on hold; `nth`: how many tones the agent has heard. */
      readonly reminder: (HoldReminder & { readonly nth: number }) | null;
      /** Being said to the customer of a call of ours: the talk and its recording begin after it. */
      readonly notice: { readonly audioIds: readonly string[]; readonly recording: RecordingOrder | null } | null;
    })
  /** Its agent has left: the customer and somebody outside talk, and the call ends when either hangs up. */
  | (CallCommon & { readonly kind: "passedOn"; readonly outside: OutsideParty; readonly recording: RecordingOpen | null })
  | (CallCommon & { readonly kind: "ended"; readonly cause: EndCause });

export type CallEvent = { readonly at: Instant } & (
  | {
      readonly kind: "accepted";
      readonly contactId: ContactId;
      readonly token: string;
      readonly greeting: readonly string[];
      readonly thenLoop: string | null;
    }
  | {
      readonly kind: "refused";
      readonly contactId: ContactId | null;
      readonly audioIds: readonly string[];
      readonly sipStatus: number;
      readonly cause: EndCause;
    }
  | { readonly kind: "playOrdered"; readonly token: string; readonly audioIds: readonly string[]; readonly thenLoop: string | null }
  /** `toAll`: whoever talks with the customer hears it too. */
  | { readonly kind: "farewellOrdered"; readonly audioIds: readonly string[]; readonly cause: EndCause; readonly toAll?: boolean }
  /** `legId`: the phone's standing leg, or null where it has none with proven media now. */
  | {
      readonly kind: "bridgeOrdered";
      readonly offerId: OfferId;
      readonly phoneId: PhoneId;
      readonly personId: PersonId;
      readonly legId: string | null;
      readonly recording: RecordingOrder | null;
      readonly holdLoop: string;
      readonly awayAudioIds?: readonly string[];
    }
  /** Out of its slot: the agent talks at once. */
  | {
      readonly kind: "pickUpOrdered";
      readonly phoneId: PhoneId;
      readonly personId: PersonId;
      readonly legId: string | null;
      readonly recording: RecordingOrder | null;
      readonly holdLoop: string;
      readonly awayAudioIds?: readonly string[];
    }
  /** The line stands, the carrier is asked: the agent steps aside and hears it ring. */
  | {
      readonly kind: "outsideCallOrdered";
      readonly partyId: PartyId;
      readonly legId: string;
      readonly ringback: string;
      readonly recorded: boolean;
      readonly loop: string;
      readonly reminder: HoldReminder | null;
    }
  | { readonly kind: "outsideProgressed"; readonly partyId: PartyId; readonly early: boolean }
  | { readonly kind: "outsideAnswered"; readonly partyId: PartyId }
  /** It was never answered, or it is over. */
  | { readonly kind: "outsideGone"; readonly partyId: PartyId; readonly cause: EndCause }
  | { readonly kind: "outsideMediaStopped"; readonly partyId: PartyId }
  /** The agent leaves the customer with them, for so long at most. */
  | { readonly kind: "passOnOrdered"; readonly partyId: PartyId; readonly talkMsMax: number }
  | { readonly kind: "holdOrdered"; readonly loop: string; readonly reminder: HoldReminder | null }
  /** The agent leaves the customer to music, if they weren't, and speaks with whoever is aside. */
  | { readonly kind: "stepAsideOrdered"; readonly loop: string; readonly reminder: HoldReminder | null }
  | { readonly kind: "resumeOrdered" }
  | { readonly kind: "muteOrdered"; readonly muted: boolean }
  | { readonly kind: "digitsOrdered"; readonly digits: string }
  /** The customer has been told, waiting or in a talk: what is said is kept from now on. */
  | { readonly kind: "recordOrdered"; readonly recording: RecordingOrder }
  | { readonly kind: "recordingPauseOrdered"; readonly paused: boolean }
  /** Somebody fills in a field whose words are not to be kept; said again (`renewed`) while they do, for `limitMs` altogether. */
  | { readonly kind: "fieldPauseOrdered"; readonly limitMs: number; readonly renewed: boolean }
  /** The field is left. */
  | { readonly kind: "fieldPauseEnded" }
  | { readonly kind: "keysMaskOrdered"; readonly masked: boolean }
  | {
      readonly kind: "partyJoinOrdered";
      readonly partyId: PartyId;
      readonly phoneId: PhoneId;
      readonly personId: PersonId;
      readonly legId: string | null;
      readonly seat: Seat;
    }
  | { readonly kind: "partySeatOrdered"; readonly partyId: PartyId; readonly seat: Seat }
  | { readonly kind: "partyMuteOrdered"; readonly partyId: PartyId; readonly muted: boolean }
  | { readonly kind: "partyPartOrdered"; readonly partyId: PartyId }
  /** The party has the call from now on, and speaks with the customer; who had it is out. */
  | { readonly kind: "handOverOrdered"; readonly partyId: PartyId; readonly loop: string }
  | { readonly kind: "detachOrdered"; readonly audioIds: readonly string[]; readonly thenLoop: string }
  | { readonly kind: "hangUpOrdered"; readonly cause: EndCause }
  /** The sequence with this token came to its end on the caller's leg. */
  | { readonly kind: "sequenceEnded"; readonly token: string; readonly completed: boolean }
  /** Of a call of ours: it rings there, or the carrier says something itself. */
  | { readonly kind: "calleeProgressed"; readonly early: boolean }
  | { readonly kind: "calleeAnswered" }
  | { readonly kind: "calleeFailed"; readonly cause: EndCause }
  | { readonly kind: "digitPressed" }
  /** The caller's side ended by signalling: BYE, CANCEL, no ACK, connection gone. */
  | { readonly kind: "callerGone"; readonly cause: EndCause }
  /** Somebody else is at the customer's end from now on, on this leg. */
  | { readonly kind: "customerReplaced"; readonly legId: string }
  | { readonly kind: "callerMediaStopped" }
  /** The worker that carried the caller's leg died. */
  | { readonly kind: "callerLegDied" }
  | { readonly kind: "agentMediaStopped"; readonly legId: string }
  /** A desk phone was put down. */
  | { readonly kind: "agentHungUp"; readonly legId: string }
  /** The person's standing leg has media: the first time, again, or a new leg after a refresh. */
  | { readonly kind: "agentMediaFlowing"; readonly personId: PersonId; readonly phoneId: PhoneId; readonly legId: string }
  | { readonly kind: "timerFired"; readonly timer: CallTimer }
);

export type CallTimer = "coreSilence" | "lastSentence" | "fieldPause" | "holdReminder" | "passedOn" | "notice";

export type CallCommand =
  /** 183 with SDP, so that the caller hears something without being billed. */
  | { readonly kind: "answerEarly" }
  | { readonly kind: "answer" }
  | { readonly kind: "reject"; readonly sipStatus: number }
  | { readonly kind: "hangUp" }
  | {
      readonly kind: "playTo";
      readonly legId: string;
      readonly token: string;
      readonly audioIds: readonly string[];
      readonly thenLoop: string | null;
    }
  | { readonly kind: "join"; readonly legId: string; readonly peerLegId: string }
  /** Hears the sum of several; `over` is heard once over it, by this leg alone. */
  | { readonly kind: "mix"; readonly legId: string; readonly voices: readonly string[]; readonly over?: string }
  | { readonly kind: "silence"; readonly legId: string }
  | { readonly kind: "setMuted"; readonly legId: string; readonly muted: boolean }
  | { readonly kind: "setMasked"; readonly legId: string; readonly masked: boolean }
  | { readonly kind: "pressDigits"; readonly legId: string; readonly digits: string }
  | { readonly kind: "startRecording"; readonly order: RecordingOrder; readonly left: string | null; readonly right: string | null }
  | { readonly kind: "setRecordingLegs"; readonly recordingId: RecordingId; readonly left: string | null; readonly right: RecordedVoices }
  | { readonly kind: "stopRecording"; readonly recordingId: RecordingId }
  | { readonly kind: "closeCallerLeg" }
  /** Whatever became of it: hung up where it stands, its leg given back. */
  | { readonly kind: "dropOutside"; readonly partyId: PartyId }
  | { readonly kind: "armTimer"; readonly timer: CallTimer; readonly afterMs: number }
  | { readonly kind: "cancelTimer"; readonly timer: CallTimer }
  | { readonly kind: "report"; readonly report: CallReport };

/** What the edge tells core; the shell adds the call's id and the time. */
export type CallReport =
  | { readonly kind: "callAnswered" }
  | { readonly kind: "playEnded"; readonly token: string; readonly completed: boolean }
  | { readonly kind: "callBridged"; readonly offerId: OfferId; readonly phoneId: PhoneId }
  | { readonly kind: "bridgeFailed"; readonly offerId: OfferId; readonly reason: "phoneGone" | "callGone" | "noMedia" }
  | { readonly kind: "pickedUp"; readonly phoneId: PhoneId; readonly personId: PersonId }
  | { readonly kind: "pickUpFailed"; readonly personId: PersonId; readonly reason: "phoneGone" | "callGone" }
  | { readonly kind: "outsideRinging"; readonly partyId: PartyId }
  | { readonly kind: "outsideAnswered"; readonly partyId: PartyId }
  | { readonly kind: "outsideFailed"; readonly partyId: PartyId; readonly cause: EndCause }
  | { readonly kind: "passedOn"; readonly partyId: PartyId }
  | { readonly kind: "callHeld" }
  | { readonly kind: "callResumed" }
  | { readonly kind: "callMuted"; readonly muted: boolean }
  /** `reason`: the agent's wish, a field, or that it went on since a field took too long or its screen is gone. */
  | {
      readonly kind: "recordingPaused";
      readonly recordingId: RecordingId;
      readonly paused: boolean;
      readonly reason: "agent" | "field" | "limit";
    }
  | { readonly kind: "keysMasked"; readonly masked: boolean }
  /** Whom the agent who has the call speaks with, where that changed. */
  | { readonly kind: "calleeRinging" }
  | { readonly kind: "calleeAnswered"; readonly phoneId: PhoneId }
  | { readonly kind: "agentTurned"; readonly to: "talk" | "aside" }
  | { readonly kind: "partyJoined"; readonly partyId: PartyId; readonly phoneId: PhoneId }
  | { readonly kind: "partyFailed"; readonly partyId: PartyId; readonly reason: "phoneGone" | "callGone" | "tooMany" }
  | { readonly kind: "partySeated"; readonly partyId: PartyId; readonly seat: Seat }
  | { readonly kind: "partyMuted"; readonly partyId: PartyId; readonly muted: boolean }
  | { readonly kind: "partyLeft"; readonly partyId: PartyId }
  | { readonly kind: "partyMediaLost"; readonly partyId: PartyId }
  | { readonly kind: "partyMediaRestored"; readonly partyId: PartyId }
  | { readonly kind: "handedOver"; readonly partyId: PartyId; readonly phoneId: PhoneId; readonly personId: PersonId }
  | { readonly kind: "handOverFailed"; readonly partyId: PartyId; readonly reason: "partyGone" | "callGone" }
  | { readonly kind: "digitPressed" }
  | { readonly kind: "agentMediaLost"; readonly phoneId: PhoneId }
  | { readonly kind: "agentMediaRestored"; readonly phoneId: PhoneId }
  | { readonly kind: "recordingStarted"; readonly recordingId: RecordingId }
  | { readonly kind: "callEnded"; readonly cause: EndCause };
