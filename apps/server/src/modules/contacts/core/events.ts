import { assert } from "@allo/kernel";
import type {
  CallFigures,
  CallTransport,
  CopyTrouble,
  EndCause,
  Language,
  MonitorMode,
  SoundFinding,
  TestOrigin,
  VerifyHow,
} from "@allo/contract";
import type {
  CallId,
  ContactId,
  CustomerId,
  DeviceId,
  Epoch,
  Instant,
  NumberId,
  OfferId,
  OrganisationId,
  PartyId,
  PersonId,
  PhoneId,
  ProjectId,
  QueueId,
  RecordingId,
  SkillId,
  WrapUpCodeId,
} from "@allo/kernel";

/*
 * The contact's event log: the truth that everything else is computed from. Events are facts, in the past tense, and hold references
 * only; a caller's number and name stand sealed beside `contactArrived`. What is written once is read for ever: a change of meaning is a new
 * `schemaVersion` with its own reading in `upgradeContactEvent`, never a new meaning for old rows.
 */
export const CONTACT_EVENT_VERSION = 1;

export type ContactOutcome = "answered" | "abandoned" | "abandonedRinging" | "refused" | "systemDisconnect" | "notReached";

/** What applied when the contact began; later changes of the configuration don't touch it (architecture rule 6). */
export type ContactPolicy = {
  readonly record: boolean;
  readonly serviceLevelMs: number;
  /** Callers who hang up sooner are short abandons. */
  readonly shortAbandonMs: number;
  readonly musicAudioId: string;
  readonly wrapUpMs: number;
  /** How it is recorded; absent in contacts from before it could be chosen. */
  readonly recording?: RecordingPolicy;
  /** Of a call of ours: recorded after a spoken notice, or once the agent has told the customer; absent: not at all. */
  readonly outgoing?: "notice" | "told";
  /** Whether people outside who are called into the call are written too. */
  readonly recordOutside?: boolean;
};

export type RecordingPolicy = {
  /** From the end of the greeting, so that what the caller says while waiting is kept too. */
  readonly waiting: boolean;
  /** What the agent says while the customer is on hold. */
  readonly hold: boolean;
  /** While it is paused the customer's keys are hidden. */
  readonly maskPaused: boolean;
  /** The longest pause that filling in a field makes. */
  readonly fieldPauseMs: number;
  /** The recorder elsewhere that gets the same; absent: none. */
  readonly copyTo?: string;
};

export type OfferReasonFacts = {
  readonly level: number;
  readonly idleMs: number;
  readonly eligible: number;
  readonly again: boolean;
  readonly passedOver: readonly { readonly agent: PersonId; readonly code: string }[];
  readonly passedOverRest: number;
};

/** How somebody comes into a call: asked for advice, to take it over once they answer, or by their own wish to hear it. */
export type PartyHow = "consult" | "transfer" | "monitor";
/** Where a party sits: with the customer, beside, or watching the agent who has the contact. */
export type PartyPlace = "talk" | "aside" | MonitorMode;

/** Somebody outside, called into a call through the trunks. The number stands sealed by the contact's key. */
export type OutsideCall = { readonly reservationId: string; readonly sealedNumber: string };

/** Why a lead is asked for: `abuse`: the customer insults or threatens. */
export type HelpAbout = "help" | "abuse";
/** Told to the leads, warned, come to reason, or ended by us after the warning. */
export type AbuseStep = "reported" | "warned" | "calmed" | "ended";

export type OutboundCall = {
  readonly agentId: PersonId;
  readonly reservationId: string;
  /** Whom nobody answered before, and who is called back by this. */
  readonly lostCallId: string | null;
};

export type ContactEventBody =
  | {
      readonly kind: "contactArrived";
      readonly channel: "voice";
      readonly callId: CallId;
      readonly edge: Epoch;
      readonly numberId: NumberId;
      readonly queueId: QueueId;
      readonly language: Language;
      readonly priority: number;
      readonly requirements: readonly { readonly skill: SkillId; readonly level: 1 | 2 | 3 | 4 | 5 }[];
      /** `number`: a number came and was understood; `raw`: something came that is no number we can read; `anonymous`: nothing came. */
      readonly caller: "number" | "raw" | "anonymous";
      /** HMAC of the number (in E.164 where it is one), for exact look-ups. */
      readonly callerIndex: string | null;
      readonly transport: CallTransport;
      readonly deviceId: DeviceId | null;
      readonly policy: ContactPolicy;
      /** A call of ours: who places it, and what the gate of outgoing calls noted; absent in calls that came. */
      readonly outbound?: OutboundCall;
      /** A call of the built-in caller, for this person alone; absent in all others. */
      readonly test?: TestOrigin;
    }
  | { readonly kind: "callAnswered" }
  /** Of a call of ours: the carrier is asked, and then that it rings there. */
  | { readonly kind: "dialled"; readonly agentId: PersonId }
  | { readonly kind: "calleeRinging" }
  | { readonly kind: "greetingEnded"; readonly completed: boolean }
  | { readonly kind: "contactQueued"; readonly queueId: QueueId; readonly enqueuedAt: Instant; readonly position: number }
  | { readonly kind: "contactRefused"; readonly cause: EndCause }
  | { readonly kind: "waitExpired"; readonly cause: EndCause }
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
  | { readonly kind: "offerAccepted"; readonly offerId: OfferId; readonly agentId: PersonId }
  | { readonly kind: "bridged"; readonly offerId: OfferId | null; readonly agentId: PersonId; readonly phoneId: PhoneId | null }
  | { readonly kind: "bridgeFailed"; readonly offerId: OfferId; readonly agentId: PersonId; readonly reason: string }
  | { readonly kind: "requeued"; readonly queueId: QueueId; readonly cause: string }
  | { readonly kind: "held"; readonly agentId: PersonId }
  | { readonly kind: "resumed"; readonly agentId: PersonId }
  | { readonly kind: "muted"; readonly agentId: PersonId; readonly muted: boolean }
  /** Whom the agent who has the contact speaks with: the customer, or a colleague aside. */
  | { readonly kind: "agentTurned"; readonly agentId: PersonId; readonly to: "talk" | "aside" }
  | {
      readonly kind: "partyInvited";
      readonly partyId: PartyId;
      /** Null: somebody outside. */
      readonly personId: PersonId | null;
      readonly by: PersonId;
      readonly how: PartyHow;
      readonly place: PartyPlace;
      /** Of who listens: why. */
      readonly reason?: string;
      /** With `personId` null. */
      readonly outside?: OutsideCall;
    }
  /** Of a trainee's: they ask their mentors into the talk, or no longer do. */
  | { readonly kind: "mentorAsked"; readonly agentId: PersonId; readonly asks: boolean }
  /** Whoever has the contact asks for a lead. Said again while nobody has come, it changes what it is about. */
  | { readonly kind: "helpAsked"; readonly agentId: PersonId; readonly about: HelpAbout }
  | { readonly kind: "helpWithdrawn"; readonly agentId: PersonId }
  /** The caller has proved who they are, or failed to. */
  | { readonly kind: "callerVerified"; readonly agentId: PersonId; readonly how: VerifyHow; readonly passed: boolean }
  /** What is done about insults or threats, step by step. */
  | { readonly kind: "abuseStepped"; readonly agentId: PersonId; readonly step: AbuseStep }
  | { readonly kind: "partyOffered"; readonly partyId: PartyId; readonly offerId: OfferId; readonly expiresAt: Instant }
  | { readonly kind: "partyJoined"; readonly partyId: PartyId; readonly personId: PersonId | null }
  | { readonly kind: "partySeated"; readonly partyId: PartyId; readonly personId: PersonId | null; readonly place: PartyPlace }
  | { readonly kind: "partyMuted"; readonly partyId: PartyId; readonly muted: boolean }
  | { readonly kind: "partyLeft"; readonly partyId: PartyId; readonly personId: PersonId | null; readonly why: string }
  /** The talk goes on with another agent; who had it needs no code. */
  | {
      readonly kind: "handedOver";
      readonly agentId: PersonId;
      readonly toAgentId: PersonId;
      readonly partyId: PartyId;
      readonly phoneId: PhoneId;
      readonly how: "consult" | "transfer" | "takeOver";
    }
  /** The agent left the customer with somebody outside: their own part is over, the call goes on. */
  | { readonly kind: "passedOn"; readonly agentId: PersonId; readonly partyId: PartyId }
  /** A lead ends the talk of the two. */
  | { readonly kind: "endOrdered"; readonly by: PersonId; readonly reason: string }
  /** In a slot, to music, for anybody of the project to pick up; `until`: then it rings at whoever parked it. */
  | { readonly kind: "parked"; readonly agentId: PersonId; readonly slot: number; readonly until: Instant }
  | { readonly kind: "pickedUp"; readonly agentId: PersonId; readonly phoneId: PhoneId }
  | { readonly kind: "parkRecalled"; readonly agentId: PersonId; readonly offerId: OfferId; readonly expiresAt: Instant }
  /** Nobody picked it up: a visit to its queue begins. */
  | { readonly kind: "parkExpired"; readonly agentId: PersonId }
  /** Sent on to a queue by the agent who had it: a visit of its own begins. */
  | { readonly kind: "transferred"; readonly agentId: PersonId; readonly queueId: QueueId }
  | { readonly kind: "digitPressed" }
  /** Another line is at the customer's end: who was there had us call it (REFER), or a phone of ours took it over (Replaces). */
  | {
      readonly kind: "customerMoved";
      readonly how: "refer" | "pickUp";
      readonly by: PersonId | null;
      /** What the gate of outgoing calls noted. */
      readonly reservationId: string | null;
    }
  /** The agent found the line without sound; `findings` is what was known then, its figures stand in the workplace module. */
  | { readonly kind: "soundReported"; readonly agentId: PersonId; readonly findings: readonly SoundFinding[] }
  | { readonly kind: "agentMediaLost"; readonly agentId: PersonId }
  | { readonly kind: "agentMediaRestored"; readonly agentId: PersonId }
  /** The grace to come back is over: the agent was parted from the call, which goes on. */
  | { readonly kind: "agentDetached"; readonly agentId: PersonId }
  | { readonly kind: "recordingPrepared"; readonly recordingId: RecordingId }
  | { readonly kind: "recordingStarted"; readonly recordingId: RecordingId }
  /** `reason` is absent in older contacts: the agent's wish. */
  | {
      readonly kind: "recordingPaused";
      readonly recordingId: RecordingId;
      readonly agentId: PersonId;
      readonly paused: boolean;
      readonly reason?: "agent" | "field" | "limit";
    }
  /** The keys that the customer presses are hidden from everybody and from the recording, or no longer. */
  | { readonly kind: "keysMasked"; readonly agentId: PersonId; readonly masked: boolean }
  | { readonly kind: "recordingSaved"; readonly recordingId: RecordingId; readonly durationMs: number }
  | { readonly kind: "recordingFailed"; readonly recordingId: RecordingId; readonly reason: string }
  /** A recorder elsewhere has the talk from now on, hasn't any more, or had it to the end. */
  | { readonly kind: "copyStarted"; readonly recordingId: RecordingId; readonly recorderId: string; readonly again: boolean }
  | {
      readonly kind: "copyFailed";
      readonly recordingId: RecordingId;
      readonly recorderId: string;
      readonly why: CopyTrouble;
      readonly status: number | null;
    }
  | { readonly kind: "copyEnded"; readonly recordingId: RecordingId; readonly recorderId: string; readonly whole: boolean }
  | { readonly kind: "callEnded"; readonly cause: EndCause; readonly figures: CallFigures | null }
  | { readonly kind: "wrapUpStarted"; readonly agentId: PersonId; readonly until: Instant }
  | { readonly kind: "wrapUpExtended"; readonly agentId: PersonId; readonly until: Instant }
  | {
      readonly kind: "wrapUpEnded";
      readonly agentId: PersonId;
      readonly how: "done" | "limit" | "signedOut" | "recovered";
      readonly coded: boolean;
    }
  | { readonly kind: "contactCoded"; readonly agentId: PersonId; readonly wrapUpCodeId: WrapUpCodeId }
  | { readonly kind: "noteAdded"; readonly noteId: string; readonly authorId: PersonId }
  | { readonly kind: "customerTied"; readonly customerId: CustomerId; readonly by: PersonId | null }
  /** A new start of the core took the contact over; the call itself went on. */
  | { readonly kind: "contactRecovered"; readonly epoch: Epoch }
  | { readonly kind: "contactClosed"; readonly cause: EndCause; readonly outcome: ContactOutcome };

export type ContactEventKind = ContactEventBody["kind"];

/** An event of an edge, by which what the edge sends again after a restart is recognised. */
export type EdgeSource = { readonly edge: Epoch; readonly sequence: number };

/** One row of the log. */
export type ContactEvent = {
  readonly organisationId: OrganisationId;
  readonly projectId: ProjectId;
  readonly contactId: ContactId;
  /** From 1, without gaps, per contact. */
  readonly sequence: number;
  readonly at: Instant;
  readonly schemaVersion: number;
  readonly writer: Epoch;
  readonly source: EdgeSource | null;
  readonly body: ContactEventBody;
  /** Base64 of the caller's number and name, sealed by the contact's key; only with `contactArrived`. */
  readonly sealed: string | null;
};

/** An event as it was stored, in today's shape. The first change of an event's meaning adds its step here, by version. */
export function readContactEvent(event: ContactEvent): ContactEvent {
  assert(event.schemaVersion <= CONTACT_EVENT_VERSION, `the log was written by a newer program (event version ${event.schemaVersion})`);
  return event;
}

/** One row of an agent's log: each change of state with who made it and why. */
export type AgentEvent = {
  readonly organisationId: OrganisationId;
  readonly personId: PersonId;
  /** From 1 per person and writer. */
  readonly sequence: number;
  readonly at: Instant;
  readonly schemaVersion: number;
  readonly writer: Epoch;
  readonly kind: "agentChanged" | "missedRing" | "reachableChanged";
  readonly payload: Readonly<Record<string, unknown>>;
};
