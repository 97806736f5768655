import type { EndCause, Language, MonitorMode } from "./bus.ts";
import type { CallFigures } from "./line-quality.ts";
import type { SoundFinding } from "./no-sound.ts";
import type { CopyTrouble } from "./recorder.ts";

/**
 * What a contact's timeline can say, one kind per line of it. The server stores these facts; the desk turns kind and details into
 * words, so nothing here is language. Ids only: names come beside them in the `TimelineEntry` (actor) or from lists the desk has.
 */
export type TimelineItem =
  | {
      readonly kind: "contactArrived";
      readonly details: {
        readonly numberId: string;
        readonly queueId: string;
        readonly language: Language;
        readonly recorded: boolean;
        readonly callerHidden: boolean;
        /** A test call of the built-in caller; absent in what was stored before there were any. */
        readonly test?: boolean;
        /** A call of ours; absent in what was stored before there were any. */
        readonly outbound?: boolean;
      };
    }
  | { readonly kind: "callAnswered"; readonly details: NoDetails }
  | { readonly kind: "dialled"; readonly details: NoDetails }
  | { readonly kind: "calleeRinging"; readonly details: NoDetails }
  | { readonly kind: "greetingEnded"; readonly details: { readonly completed: boolean } }
  | { readonly kind: "contactQueued"; readonly details: { readonly queueId: string; readonly position: number } }
  | { readonly kind: "contactRefused"; readonly details: { readonly cause: EndCause } }
  | { readonly kind: "waitExpired"; readonly details: { readonly cause: EndCause } }
  /** The actor is the agent who was chosen; `reason` says why, `level`, `idleMs`, `eligible` and who was passed over. */
  | {
      readonly kind: "offered";
      readonly details: {
        readonly offerId: string;
        readonly queueId: string;
        readonly expiresAt: number;
        readonly journalPosition: number;
        readonly reason: TimelineOfferReason;
      };
    }
  | { readonly kind: "offerWithdrawn"; readonly details: { readonly offerId: string; readonly cause: string } }
  | { readonly kind: "offerAccepted"; readonly details: { readonly offerId: string } }
  | { readonly kind: "bridged"; readonly details: { readonly offerId: string | null } }
  | { readonly kind: "bridgeFailed"; readonly details: { readonly offerId: string; readonly reason: string } }
  | { readonly kind: "requeued"; readonly details: { readonly queueId: string; readonly cause: string } }
  | { readonly kind: "held"; readonly details: NoDetails }
  | { readonly kind: "resumed"; readonly details: NoDetails }
  | { readonly kind: "muted"; readonly details: { readonly muted: boolean } }
  | { readonly kind: "digitPressed"; readonly details: NoDetails }
  | { readonly kind: "agentTurned"; readonly details: { readonly to: "talk" | "aside" } }
  /** The actor asked; `personId` is who was asked, or who listens by their own wish. */
  | {
      readonly kind: "partyInvited";
      readonly details: {
        readonly personId: string | null;
        readonly how: "consult" | "transfer" | "monitor";
        readonly reason: string | null;
        /** As a mentor, who can do nothing but speak to the agent; absent in what was stored before there were any. */
        readonly isMentor?: boolean;
        /** Somebody outside; absent in what was stored before they could be called into a call. */
        readonly outside?: boolean;
      };
    }
  | { readonly kind: "partyJoined"; readonly details: NoDetails }
  | { readonly kind: "mentorAsked"; readonly details: { readonly asks: boolean } }
  | { readonly kind: "helpAsked"; readonly details: { readonly about: "help" | "abuse" } }
  | { readonly kind: "helpWithdrawn"; readonly details: NoDetails }
  | { readonly kind: "callerVerified"; readonly details: { readonly how: "questions" | "code" | "voice"; readonly passed: boolean } }
  | { readonly kind: "abuseStepped"; readonly details: { readonly step: "reported" | "warned" | "calmed" | "ended" } }
  | { readonly kind: "partySeated"; readonly details: { readonly place: "talk" | "aside" | MonitorMode } }
  | { readonly kind: "partyLeft"; readonly details: { readonly why: string } }
  | {
      readonly kind: "handedOver";
      readonly details: { readonly toAgentId: string; readonly how: "consult" | "transfer" | "takeOver" };
    }
  | { readonly kind: "passedOn"; readonly details: NoDetails }
  /** The actor is the lead who ends a talk without an agent. */
  | { readonly kind: "endOrdered"; readonly details: { readonly reason: string } }
  | { readonly kind: "parked"; readonly details: { readonly slot: number } }
  | { readonly kind: "pickedUp"; readonly details: NoDetails }
  | { readonly kind: "parkRecalled"; readonly details: NoDetails }
  | { readonly kind: "parkExpired"; readonly details: NoDetails }
  | { readonly kind: "transferred"; readonly details: { readonly queueId: string } }
  | { readonly kind: "customerMoved"; readonly details: { readonly how: "refer" | "pickUp" } }
  | { readonly kind: "soundReported"; readonly details: { readonly findings: readonly SoundFinding[] } }
  | { readonly kind: "agentMediaLost"; readonly details: NoDetails }
  | { readonly kind: "agentMediaRestored"; readonly details: NoDetails }
  | { readonly kind: "agentDetached"; readonly details: NoDetails }
  | { readonly kind: "recordingStarted"; readonly details: { readonly recordingId: string } }
  | {
      readonly kind: "recordingPaused";
      readonly details: { readonly recordingId: string; readonly paused: boolean; readonly reason?: "agent" | "field" | "limit" };
    }
  | { readonly kind: "keysMasked"; readonly details: { readonly masked: boolean } }
  | { readonly kind: "recordingSaved"; readonly details: { readonly recordingId: string; readonly durationMs: number } }
  | { readonly kind: "recordingFailed"; readonly details: { readonly recordingId: string; readonly reason: string } }
  /** Of a recorder elsewhere. */
  | { readonly kind: "copyStarted"; readonly details: { readonly recorderId: string; readonly again: boolean } }
  | {
      readonly kind: "copyFailed";
      readonly details: { readonly recorderId: string; readonly why: CopyTrouble; readonly status: number | null };
    }
  | { readonly kind: "copyEnded"; readonly details: { readonly recorderId: string; readonly whole: boolean } }
  /** `figures`: how the lines were, where they were read. */
  | { readonly kind: "callEnded"; readonly details: { readonly cause: EndCause; readonly figures?: CallFigures | null } }
  | { readonly kind: "wrapUpStarted"; readonly details: { readonly until: number } }
  | { readonly kind: "wrapUpExtended"; readonly details: { readonly until: number } }
  | { readonly kind: "wrapUpEnded"; readonly details: { readonly how: "done" | "limit" | "signedOut" | "recovered" } }
  | { readonly kind: "contactCoded"; readonly details: { readonly wrapUpCodeId: string } }
  | { readonly kind: "noteAdded"; readonly details: { readonly noteId: string } }
  | { readonly kind: "customerTied"; readonly details: { readonly customerId: string } }
  | { readonly kind: "contactRecovered"; readonly details: NoDetails }
  | {
      readonly kind: "contactClosed";
      readonly details: {
        readonly cause: EndCause;
        readonly outcome: "answered" | "abandoned" | "abandonedRinging" | "refused" | "systemDisconnect" | "notReached";
      };
    };

export type NoDetails = Readonly<Record<never, never>>;
export type TimelineKind = TimelineItem["kind"];
/** A `TimelineEntry` of the API as the desk switches over it. */
export type TypedTimelineEntry = TimelineItem & {
  readonly sequence: number;
  readonly at: number;
  readonly actorId: string | null;
  readonly actorName: string | null;
};
export type TimelineOfferReason = {
  readonly level: number;
  readonly idleMs: number;
  readonly eligible: number;
  /** The agent missed this contact before and nobody else could have it. */
  readonly again: boolean;
  readonly passedOver: readonly { readonly agent: string; readonly code: string }[];
  readonly passedOverRest: number;
};
