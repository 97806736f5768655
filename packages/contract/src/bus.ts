import type { CallsLeft } from "./routes/drain-routes.ts";
import type { BlockedSource, UnlistedSource } from "./routes/security-routes.ts";
import type {
  CallId,
  ContactId,
  DeviceId,
  Epoch,
  Instant,
  InternalCallId,
  NumberId,
  OfferId,
  PartyId,
  PersonId,
  PhoneId,
  ProjectId,
  RecordingId,
  SessionId,
} from "@allo/kernel";
import type { DeviceState } from "./device.ts";
import type { CallFigures, LegQuality, LineVerdict } from "./line-quality.ts";
import type { CallProbe, NetworkProbe } from "./network-probe.ts";
import type { CopyTrouble, RecorderConfig, RecorderLogLine, RecorderState } from "./recorder.ts";
import type { TrunkConfig, TrunkLogLine, TrunkProbe, TrunkState } from "./trunk.ts";

/**
 * What edge and core say to each other over the bus. Everything is plain JSON (bytes as base64).
 * `EdgeEvent`s carry a sequence per edge epoch: the edge keeps each until core acknowledges it (BusLimits.edgeEventsBufferedMax)
 * and sends the rest again after a reconnect; core drops what it has already seen. `CoreCommand`s are not resent: after a
 * reconnect core compares the edge's inventory (`edgeHello`) with its own state and commands anew.
 */

export const BusLimits = {
  /** Events an edge keeps while core is away; beyond it new calls are refused with the technical sentence, talking calls go on. */
  edgeEventsBufferedMax: 20_000,
  frameBytesMax: 1_048_576,
  /** No built-in caller is let in for longer, whatever `admitCaller` says. */
  callerAdmittedMsMax: 180_000,
  callersAdmittedMax: 200,
  /** Core gone for so long: new callers stop hearing ringback and hear the technical sentence. */
  coreAwayBeforeRefusalMs: 4_000,
} as const;

/** Who ended it, why, and the protocol's word for it. Made once, where the failure is known; only passed on after that. */
export type EndCause = {
  readonly by: "caller" | "agent" | "system" | "carrier" | "unknown";
  readonly why: EndReason;
  readonly sipStatus?: number;
  readonly q850?: number;
};
export type EndReason =
  | "hungUp"
  /** Insults or threats went on after a warning. */
  | "abuse"
  | "abandoned"
  /** The signalling or the media of that side stopped without a word. */
  | "lineDropped"
  | "nobodySignedIn"
  | "queueFull"
  | "longestWaitPassed"
  | "tooManyCalls"
  /** Outside the number's opening hours: never offered to its queue. */
  | "closed"
  /** The database or the core was away, or a command failed: the technical sentence was played. */
  | "technical"
  | "edgeLost"
  | "coreLost"
  | "cancelled"
  /** A call of ours that came to nothing: what the carrier, or whoever was called, made of it. */
  | "busy"
  | "noAnswer"
  | "declined"
  | "unknownNumber"
  | "notReached"
  | "noTrunk"
  | "phoneGone"
  /** It went on for longer than outgoing calls may. */
  | "tooLong"
  | "noAck"
  | "codecMismatch"
  /** Somebody outside, to whom the agent had left the customer, hung up. */
  | "outsideLeft"
  /** A lead ended a talk that had gone on without an agent. */
  | "endedByLead"
  /** The carrier has joined the customer and somebody outside itself: the talk goes on without us. */
  | "released"
  | "shutdown";

export type Language = "en" | "ru" | "fa";

// ---- Edge to core -------------------------------------------------------------------------------------------------

/** By what a caller's signalling comes. */
export type CallTransport = "UDP" | "TCP" | "TLS" | "WS" | "WSS";

export type EdgeEvent =
  /** An INVITE for a number of ours from an allowed network. Nothing is answered until core says so. */
  | {
      readonly kind: "callArrived";
      readonly at: Instant;
      readonly callId: CallId;
      readonly numberId: NumberId;
      /** The user part of From (or P-Asserted-Identity of a trusted peer), as it came; null where anonymous. Personal data: never logged. */
      readonly callerNumber: string | null;
      readonly callerName: string | null;
      readonly transport: CallTransport;
      readonly sourceAddress: string;
      readonly deviceId: DeviceId | null;
      /** Present where the call comes from a caller that `admitCaller` let in. */
      readonly test?: TestOrigin;
    }
  /** The final answer is on the wire (2xx sent). */
  | { readonly kind: "callAnswered"; readonly at: Instant; readonly callId: CallId }
  /** A `play` with this token came to its end (`completed`) or was cut short. */
  | { readonly kind: "playEnded"; readonly at: Instant; readonly callId: CallId; readonly token: string; readonly completed: boolean }
  | { readonly kind: "callBridged"; readonly at: Instant; readonly callId: CallId; readonly offerId: OfferId; readonly phoneId: PhoneId }
  | {
      readonly kind: "bridgeFailed";
      readonly at: Instant;
      readonly callId: CallId;
      readonly offerId: OfferId;
      readonly reason: "phoneGone" | "callGone" | "noMedia";
    }
  | { readonly kind: "callHeld"; readonly at: Instant; readonly callId: CallId }
  | { readonly kind: "callResumed"; readonly at: Instant; readonly callId: CallId }
  | { readonly kind: "callMuted"; readonly at: Instant; readonly callId: CallId; readonly muted: boolean }
  | {
      readonly kind: "recordingPaused";
      readonly at: Instant;
      readonly callId: CallId;
      readonly recordingId: RecordingId;
      readonly paused: boolean;
      /** The agent's wish, a field that is filled in, or that such a pause took too long or its screen is gone. */
      readonly reason: "agent" | "field" | "limit";
    }
  | { readonly kind: "keysMasked"; readonly at: Instant; readonly callId: CallId; readonly masked: boolean }
  /** Of a call that `placeCall` ordered: it rings there. */
  | { readonly kind: "calleeRinging"; readonly at: Instant; readonly callId: CallId }
  | { readonly kind: "calleeAnswered"; readonly at: Instant; readonly callId: CallId; readonly phoneId: PhoneId }
  /** Out of its slot: the agent and the customer hear each other. */
  | { readonly kind: "pickedUp"; readonly at: Instant; readonly callId: CallId; readonly phoneId: PhoneId; readonly personId: PersonId }
  | {
      readonly kind: "pickUpFailed";
      readonly at: Instant;
      readonly callId: CallId;
      readonly personId: PersonId;
      readonly reason: "phoneGone" | "callGone";
    }
  /** Somebody outside who is called into a call: it rings there, they answered, they were not reached. */
  | { readonly kind: "outsideRinging"; readonly at: Instant; readonly callId: CallId; readonly partyId: PartyId }
  | { readonly kind: "outsideAnswered"; readonly at: Instant; readonly callId: CallId; readonly partyId: PartyId }
  | { readonly kind: "outsideFailed"; readonly at: Instant; readonly callId: CallId; readonly partyId: PartyId; readonly cause: EndCause }
  /** The agent is out of the call; the customer and the party have it for themselves. */
  | { readonly kind: "passedOn"; readonly at: Instant; readonly callId: CallId; readonly partyId: PartyId }
  /** Whom the agent who has the call speaks with: the customer, or whoever is aside. */
  | { readonly kind: "agentTurned"; readonly at: Instant; readonly callId: CallId; readonly to: "talk" | "aside" }
  | { readonly kind: "partyJoined"; readonly at: Instant; readonly callId: CallId; readonly partyId: PartyId; readonly phoneId: PhoneId }
  | {
      readonly kind: "partyFailed";
      readonly at: Instant;
      readonly callId: CallId;
      readonly partyId: PartyId;
      readonly reason: "phoneGone" | "callGone" | "tooMany";
    }
  | { readonly kind: "partySeated"; readonly at: Instant; readonly callId: CallId; readonly partyId: PartyId; readonly seat: PartySeat }
  | { readonly kind: "partyMuted"; readonly at: Instant; readonly callId: CallId; readonly partyId: PartyId; readonly muted: boolean }
  | { readonly kind: "partyLeft"; readonly at: Instant; readonly callId: CallId; readonly partyId: PartyId }
  | { readonly kind: "partyMediaLost"; readonly at: Instant; readonly callId: CallId; readonly partyId: PartyId }
  | { readonly kind: "partyMediaRestored"; readonly at: Instant; readonly callId: CallId; readonly partyId: PartyId }
  /** The party has the call now; who had it is out. */
  | {
      readonly kind: "handedOver";
      readonly at: Instant;
      readonly callId: CallId;
      readonly partyId: PartyId;
      readonly phoneId: PhoneId;
      readonly personId: PersonId;
    }
  | {
      readonly kind: "handOverFailed";
      readonly at: Instant;
      readonly callId: CallId;
      readonly partyId: PartyId;
      readonly reason: "partyGone" | "callGone";
    }
  /** The caller pressed a key. Which one is not said here. */
  | { readonly kind: "digitPressed"; readonly at: Instant; readonly callId: CallId }
  /** The agent's media stopped for `agentMediaTimeoutMs`: the caller hears music already. */
  | { readonly kind: "agentMediaLost"; readonly at: Instant; readonly callId: CallId; readonly phoneId: PhoneId }
  /** The same login's phone is back and the call is bridged to it again. */
  | { readonly kind: "agentMediaRestored"; readonly at: Instant; readonly callId: CallId; readonly phoneId: PhoneId }
  /**
   * The customer's side asks us to call somebody in its place (REFER), and the setting lets it ask. Answered with `moveCustomer` or
   * `refuseTransfer`; `transferEnded` says what became of it. The destination is what it wrote: the gate reads it.
   */
  | {
      readonly kind: "transferAsked";
      readonly at: Instant;
      readonly callId: CallId;
      readonly token: string;
      readonly destination: string;
      readonly by: TransferAsker;
    }
  /** `status` 200: the customer's line is another one now. */
  | { readonly kind: "transferEnded"; readonly at: Instant; readonly callId: CallId; readonly token: string; readonly status: number }
  /** A phone of ours asks to go on in the place of the customer's line (Replaces). Answered with `allowPickUp` or `refuseTransfer`. */
  | {
      readonly kind: "pickUpAsked";
      readonly at: Instant;
      readonly callId: CallId;
      readonly token: string;
      readonly deviceId: DeviceId;
    }
  /**
   * An agent asks at their own phone (REFER) that the customer goes on to somebody else: to what was written, or where that is null to
   * whoever is aside. Answered with `tellPhone`, the last of which is final.
   */
  | {
      readonly kind: "phoneTransferAsked";
      readonly at: Instant;
      readonly callId: CallId;
      readonly token: string;
      readonly phoneId: PhoneId;
      readonly destination: string | null;
    }
  /** A phone that is in a talk calls a second time: whom it dials is to be spoken with aside. Answered with `tellPhone`. */
  | {
      readonly kind: "phoneConsultAsked";
      readonly at: Instant;
      readonly callId: CallId;
      readonly token: string;
      readonly phoneId: PhoneId;
      readonly destination: string;
    }
  /**
   * Somebody lifted a phone that is in no call and dialled. Answered with `placeCall` or `beginInternal` that name the token, which take the
   * phone as it is; or with a `tellPhone` above 299. `onlyForHelp`: nothing else can begin at this edge now.
   */
  | {
      readonly kind: "phoneDialAsked";
      readonly at: Instant;
      readonly token: string;
      readonly phoneId: PhoneId;
      readonly destination: string;
      readonly onlyForHelp: boolean;
    }
  /** That second call was given up there, or hung up. */
  | { readonly kind: "phoneConsultOver"; readonly at: Instant; readonly callId: CallId; readonly token: string }
  | {
      readonly kind: "callEnded";
      readonly at: Instant;
      readonly callId: CallId;
      readonly cause: EndCause;
      readonly figures: CallFigures | null;
    }
  /** The figures that `takeFigures` asked for; null where that leg isn't there. */
  | {
      readonly kind: "figuresTaken";
      readonly at: Instant;
      readonly callId: CallId;
      readonly token: string;
      readonly caller: LineNow | null;
      readonly agent: LineNow | null;
    }
  /** The lines of a talk sound otherwise than was told before; null: they can't be judged. */
  | { readonly kind: "linesJudged"; readonly at: Instant; readonly callId: CallId; readonly verdict: LineVerdict | null }
  | { readonly kind: "recordingStarted"; readonly at: Instant; readonly callId: CallId; readonly recordingId: RecordingId }
  | {
      readonly kind: "recordingSaved";
      readonly at: Instant;
      readonly recordingId: RecordingId;
      readonly durationMs: number;
      readonly bytes: number;
      readonly sha256Hex: string;
    }
  | { readonly kind: "recordingFailed"; readonly at: Instant; readonly recordingId: RecordingId; readonly reason: string }
  /** A recorder elsewhere has the talk from now on: the first time, or again. */
  | {
      readonly kind: "copyStarted";
      readonly at: Instant;
      readonly callId: CallId;
      readonly recordingId: RecordingId;
      readonly recorderId: string;
      readonly again: boolean;
    }
  /** It hasn't, or no longer; the call goes on, and it is tried again while the call lasts. */
  | {
      readonly kind: "copyFailed";
      readonly at: Instant;
      readonly callId: CallId;
      readonly recordingId: RecordingId;
      readonly recorderId: string;
      readonly why: CopyTrouble;
      readonly status: number | null;
    }
  /** The recording is over. `whole`: nothing of it is missing there. */
  | {
      readonly kind: "copyEnded";
      readonly at: Instant;
      readonly callId: CallId;
      readonly recordingId: RecordingId;
      readonly recorderId: string;
      readonly whole: boolean;
    }
  /** The standing connection of a person's browser phone. `proven`: a consent check was answered in the last 10 s and media keys stand. */
  | {
      readonly kind: "phoneState";
      readonly at: Instant;
      readonly phoneId: PhoneId;
      readonly personId: PersonId;
      readonly sessionId: SessionId;
      readonly registered: boolean;
      readonly proven: boolean;
    }
  /** What `announcePhone` said came to its end; not where it was cut. */
  | {
      readonly kind: "phoneAnnounced";
      readonly at: Instant;
      readonly phoneId: PhoneId;
      readonly personId: PersonId;
      readonly token: string;
    }
  /** A device that rang by `ringPhone` was picked up: its person takes the offer. */
  | { readonly kind: "phoneAnswered"; readonly at: Instant; readonly phoneId: PhoneId; readonly offerId: OfferId }
  /** It was turned down there, or could not be rung. */
  | {
      readonly kind: "phoneRefused";
      readonly at: Instant;
      readonly phoneId: PhoneId;
      readonly offerId: OfferId;
      readonly why: PhoneRefusal;
    }
  /** Of `beginInternal`: whoever calls has their phone at the ear and hears ringing. */
  | { readonly kind: "internalReady"; readonly at: Instant; readonly internalCallId: InternalCallId }
  /** The two hear each other. */
  | { readonly kind: "internalJoined"; readonly at: Instant; readonly internalCallId: InternalCallId }
  /** One of the two holds or is back, or their sound is away or is back. */
  | {
      readonly kind: "internalSide";
      readonly at: Instant;
      readonly internalCallId: InternalCallId;
      readonly personId: PersonId;
      readonly held: boolean;
      readonly away: boolean;
    }
  /** With all that its record needs: core may have been away for the rest. */
  | {
      readonly kind: "internalEnded";
      readonly at: Instant;
      readonly internalCallId: InternalCallId;
      readonly callerId: PersonId;
      readonly calleeId: PersonId;
      readonly startedAt: Instant;
      readonly answeredAt: Instant | null;
      readonly why: InternalEnd;
    };

/** ordered: by core. phoneGone: a phone couldn't be had, or its sound didn't come back. */
export type InternalEnd = "ordered" | "hungUp" | "phoneGone" | "shutdown";

/** declined, busy and unavailable are the word of the phone; notReached: it said nothing, or isn't registered. */
export type PhoneRefusal = "declined" | "busy" | "unavailable" | "notPickedUp" | "notReached";

/** Who is shown on a phone that rings. */
export type ShownCaller = { readonly number: string | null; readonly name: string | null };

/** `mentor`: as whispering, by somebody who may do nothing else in the call. */
export type MonitorMode = "listen" | "whisper" | "barge" | "mentor";
/** Where a party sits: in the talk with the customer, beside it, or watching the agent who has the call. */
export type PartySeat = { readonly kind: "talk" } | { readonly kind: "aside" } | { readonly kind: "monitor"; readonly mode: MonitorMode };

/** By what a customer's side that asks for a transfer is known. */
export type TransferAsker = { readonly kind: "trunk"; readonly trunkId: string } | { readonly kind: "device"; readonly deviceId: DeviceId };

/** Whose test call it is: it is for this person alone and no figure counts it. */
export type TestOrigin = {
  readonly testCallId: string;
  readonly personId: PersonId;
  /** A caller of a drill: it waits, and is offered to nobody. */
  readonly isDrill?: true;
};

/** A leg at this moment. `silentMs`: since its last packet; null where none ever came. */
export type LineNow = LegQuality & { readonly silentMs: number | null };

/** A recording to be made, and what of the call belongs into it. */
export type RecordingOrder = {
  readonly recordingId: RecordingId;
  readonly keyBase64: string;
  readonly filePath: string;
  readonly policy: {
    /** The customer while they wait: before an agent and between two. */
    readonly waiting: boolean;
    /** The agent while the customer is on hold. */
    readonly hold: boolean;
    /** While it is paused the customer's keys are hidden. */
    readonly maskPaused: boolean;
  };
  /** The recorder elsewhere that gets the same; absent or null: none. */
  readonly copyTo?: string | null;
};

/** The call as the edge has it, told at every (re)connection. */
export type EdgeCallSummary = {
  readonly callId: CallId;
  readonly contactId: ContactId | null;
  readonly numberId: NumberId;
  readonly phase: "arriving" | "answered" | "waiting" | "dialling" | "bridged" | "agentLost" | "passedOn";
  readonly arrivedAt: Instant;
  readonly personId: PersonId | null;
  readonly held: boolean;
  readonly muted: boolean;
  /** The recording that is paused; null where none is. */
  readonly pausedRecordingId: RecordingId | null;
  readonly pausedBy: "agent" | "field" | null;
  readonly keysMasked: boolean;
  /** Who else takes part. */
  readonly parties: readonly { readonly partyId: PartyId; readonly personId: PersonId; readonly seat: PartySeat }[];
  /** People outside who were called into it. */
  readonly outside: readonly { readonly partyId: PartyId; readonly seat: "talk" | "aside"; readonly answered: boolean }[];
};
/** Two colleagues who speak, or are to. */
export type EdgeInternalCall = {
  readonly internalCallId: InternalCallId;
  readonly phase: "calling" | "ringing" | "connecting" | "talking";
  readonly startedAt: Instant;
  readonly answeredAt: Instant | null;
  readonly caller: InternalSideNow;
  readonly callee: InternalSideNow;
};
export type InternalSideNow = { readonly personId: PersonId; readonly held: boolean; readonly muted: boolean; readonly away: boolean };
export type EdgePhoneSummary = {
  readonly phoneId: PhoneId;
  readonly personId: PersonId;
  readonly sessionId: SessionId;
  readonly proven: boolean;
};

/** One SIP message as it crossed the wire; proofs, keys and digits are hidden in it. */
export type CallTraceEntry = {
  readonly at: Instant;
  readonly direction: "in" | "out";
  readonly transport: "udp" | "tcp" | "tls" | "ws" | "wss";
  readonly local: { readonly address: string; readonly port: number };
  readonly remote: { readonly address: string; readonly port: number };
  readonly text: string;
};

export type FromEdge =
  | {
      readonly kind: "edgeHello";
      readonly epoch: Epoch;
      readonly calls: readonly EdgeCallSummary[];
      readonly internalCalls: readonly EdgeInternalCall[];
      readonly phones: readonly EdgePhoneSummary[];
      /** The lowest sequence that the edge still holds; events from it on follow. */
      readonly resendFrom: number;
      /** Ports in use, for the ready message and the setup pages. */
      readonly ports: { readonly sip: number; readonly phones: number; readonly tls?: number | undefined };
    }
  | { readonly kind: "edgeEvent"; readonly sequence: number; readonly event: EdgeEvent }
  /** SIP text of a browser phone or a softphone, for its WebSocket. Not sequenced: it dies with the socket. */
  | { readonly kind: "phoneFrame"; readonly flowId: string; readonly text: string }
  | { readonly kind: "phoneClose"; readonly flowId: string }
  /** Not sequenced: told whole whenever it changes, and after each hello. */
  | { readonly kind: "trunkState"; readonly state: TrunkState }
  /** What `probeTrunk` asked for; null where that trunk doesn't stand. */
  | { readonly kind: "trunkProbed"; readonly token: string; readonly probe: TrunkProbe | null }
  /** What `probeNetwork` asked for. */
  | { readonly kind: "callProbed"; readonly token: string; readonly probe: CallProbe }
  | { readonly kind: "networkProbed"; readonly token: string; readonly probe: NetworkProbe }
  | { readonly kind: "trunkLine"; readonly trunkId: string; readonly line: TrunkLogLine }
  /** Not sequenced: told whole whenever it changes, and after each hello. */
  | { readonly kind: "recorderState"; readonly state: RecorderState }
  | { readonly kind: "recorderLine"; readonly recorderId: string; readonly line: RecorderLogLine }
  /** Not sequenced: told whole whenever it changes, and after each hello. */
  | { readonly kind: "deviceState"; readonly deviceId: DeviceId; readonly state: DeviceState }
  /** `admitCaller` is in force. Not sequenced: core asks again, or not. */
  | { readonly kind: "callerAdmitted"; readonly testCallId: string }
  /** The SIP messages of an ended call, without secrets. Not sequenced: for looking at, and held for a while where core is away. */
  | {
      readonly kind: "callTrace";
      readonly callId: CallId;
      readonly contactId: ContactId | null;
      readonly numberId: NumberId | null;
      readonly entries: readonly CallTraceEntry[];
      /** Messages beyond the limit of one call. */
      readonly leftOut: number;
    }
  | {
      readonly kind: "edgeFigures";
      readonly at: Instant;
      readonly callsOpen: number;
      readonly legsOpen: number;
      readonly eventsBuffered: number;
    }
  /** Whether new calls are taken; told after each hello, at each change, and while the edge drains whenever the calls change. Not sequenced. */
  | { readonly kind: "drainState"; readonly at: Instant; readonly draining: Draining | null; readonly left: CallsLeft }
  /** Whom the edge doesn't answer, whenever that changed. Not sequenced: the newest counts. */
  | {
      readonly kind: "shieldState";
      readonly at: Instant;
      readonly blocked: readonly BlockedSource[];
      readonly unlisted: readonly UnlistedSource[];
      readonly shedding: boolean;
    };

/** No new calls are taken. `endsAt`: when what is left will be ended. */
export type Draining = { readonly since: Instant; readonly by: "operator" | "stop"; readonly endsAt: Instant | null };

// ---- Core to edge -------------------------------------------------------------------------------------------------

export type CoreCommand =
  /** The contact is committed: answer the caller, then play `greeting`, then `thenLoop`. */
  | {
      readonly kind: "acceptCall";
      readonly callId: CallId;
      readonly contactId: ContactId;
      readonly token: string;
      readonly greeting: readonly string[];
      readonly thenLoop: string | null;
    }
  /** Not answered: the sentence is played as early media (183), then the final response `sipStatus`. */
  | {
      readonly kind: "refuseCall";
      readonly callId: CallId;
      readonly contactId: ContactId | null;
      readonly audioIds: readonly string[];
      readonly sipStatus: number;
      readonly cause: EndCause;
    }
  | {
      readonly kind: "play";
      readonly callId: CallId;
      readonly token: string;
      readonly audioIds: readonly string[];
      readonly thenLoop: string | null;
    }
  /** Plays a last sentence and hangs up with this cause. */
  | { readonly kind: "playAndHangUp"; readonly callId: CallId; readonly audioIds: readonly string[]; readonly cause: EndCause }
  /** Joins caller and agent. `recording` (already committed by core) starts with the first joined packet. */
  | {
      readonly kind: "bridge";
      readonly callId: CallId;
      readonly offerId: OfferId;
      readonly phoneId: PhoneId;
      readonly personId: PersonId;
      readonly recording: RecordingOrder | null;
      /** Heard by the caller while the agent's media is away or the call is on hold. */
      readonly holdLoop: string;
      /** Heard before it by a customer whose agent's line breaks. */
      readonly awayAudioIds?: readonly string[];
    }
  /** `reminder`: heard by the agent alone, over whatever they hear, until the customer is back. */
  | { readonly kind: "hold"; readonly callId: CallId; readonly loop: string; readonly reminder?: HoldReminder | null }
  | { readonly kind: "resume"; readonly callId: CallId }
  | { readonly kind: "mute"; readonly callId: CallId; readonly muted: boolean }
  /** Who takes part in the call, by name: told to its recorder elsewhere and to nobody else. */
  | {
      readonly kind: "nameParticipants";
      readonly callId: CallId;
      readonly names: readonly { readonly personId: PersonId; readonly name: string }[];
    }
  /** Presses keys towards the customer's line: a menu of theirs, an extension. Never logged. */
  | { readonly kind: "sendDigits"; readonly callId: CallId; readonly digits: string }
  /** Nothing is written until it is taken up again; the time goes on in the file as silence. */
  | { readonly kind: "pauseRecording"; readonly callId: CallId; readonly paused: boolean }
  /** While a field is filled in; `renewed` while it still is. Without that the edge ends the pause by itself, as it does after `limitMs`. */
  | { readonly kind: "pauseForField"; readonly callId: CallId; readonly limitMs: number; readonly renewed: boolean }
  | { readonly kind: "endFieldPause"; readonly callId: CallId }
  /** Hides the keys that the customer presses from everybody and from the recording. */
  | { readonly kind: "maskKeys"; readonly callId: CallId; readonly masked: boolean }
  /** Calls out by the first trunk that takes it; the contact is committed. Answered with `calleeAnswered`, or `callEnded`. */
  | {
      readonly kind: "placeCall";
      readonly callId: CallId;
      readonly contactId: ContactId;
      readonly numberId: NumberId;
      readonly phoneId: PhoneId;
      readonly personId: PersonId;
      readonly projectId: ProjectId;
      readonly trunkIds: readonly string[];
      /** E.164 with "+", or an emergency number: what the gate let through and nothing else. */
      readonly destination: string;
      readonly callerId: { readonly number: string | null; readonly name: string | null };
      readonly recording: RecordingOrder | null;
      /** Said to whoever answers; the talk and its recording begin after it. */
      readonly notice: readonly string[];
      readonly ringback: string;
      readonly holdLoop: string;
      /** Heard before it by a customer whose agent's line breaks. */
      readonly awayAudioIds?: readonly string[];
      /** Hung up after so long. */
      readonly talkMsMax: number;
      /** A call for help: no limit of a trunk holds it up. */
      readonly isEmergency: boolean;
      /** Dialled at the phone itself (`phoneDialAsked`), which is at the ear already. */
      readonly dialToken?: string;
    }
  /** A caller who waits in a slot and an agent, joined at once. Answered with `pickedUp` or `pickUpFailed`. */
  | {
      readonly kind: "pickUp";
      readonly callId: CallId;
      readonly phoneId: PhoneId;
      readonly personId: PersonId;
      readonly recording: RecordingOrder | null;
      readonly holdLoop: string;
      /** Said to the customer before the music, where the agent is lost. */
      readonly awayAudioIds?: readonly string[];
    }
  /** The customer has been told, waiting or in a talk: kept from now on (already committed by core). The next bridge without a recording goes on in it. */
  | {
      readonly kind: "record";
      readonly callId: CallId;
      readonly recording: RecordingOrder;
    }
  /**
   * Calls somebody outside into the call by the first trunk that takes it; the agent steps aside to them. Answered with `outsideAnswered`
   * or `outsideFailed`; taken out by `partParty`.
   */
  | {
      readonly kind: "callOutside";
      readonly callId: CallId;
      readonly partyId: PartyId;
      readonly projectId: ProjectId;
      readonly trunkIds: readonly string[];
      /** What the gate let through and nothing else. */
      readonly destination: string;
      readonly callerId: { readonly number: string | null; readonly name: string | null };
      readonly isEmergency: boolean;
      /** Hung up after so long. */
      readonly talkMsMax: number;
      readonly ringback: string;
      readonly loop: string;
      readonly reminder?: HoldReminder | null;
      /** Whether their voice is written where the call is. */
      readonly recorded: boolean;
    }
  /** The agent leaves the customer with somebody outside, for so long at most. Answered with `passedOn`. */
  | { readonly kind: "passOn"; readonly callId: CallId; readonly partyId: PartyId; readonly talkMsMax: number }
  /** The agent who has the call leaves the customer to music and speaks with whoever is aside; `resume` brings them back. */
  | { readonly kind: "stepAside"; readonly callId: CallId; readonly loop: string; readonly reminder?: HoldReminder | null }
  /** Answered with `partyJoined` or `partyFailed`. */
  | {
      readonly kind: "joinParty";
      readonly callId: CallId;
      readonly partyId: PartyId;
      readonly phoneId: PhoneId;
      readonly personId: PersonId;
      readonly seat: PartySeat;
    }
  | { readonly kind: "seatParty"; readonly callId: CallId; readonly partyId: PartyId; readonly seat: PartySeat }
  | { readonly kind: "muteParty"; readonly callId: CallId; readonly partyId: PartyId; readonly muted: boolean }
  | { readonly kind: "partParty"; readonly callId: CallId; readonly partyId: PartyId }
  /** The party gets the call and speaks with the customer. Answered with `handedOver` or `handOverFailed`. */
  | { readonly kind: "handOver"; readonly callId: CallId; readonly partyId: PartyId; readonly loop: string }
  /** Calls this number; whoever answers goes on in the customer's place, and who asked for it is out. The gate let it through. */
  | {
      readonly kind: "moveCustomer";
      readonly callId: CallId;
      readonly token: string;
      readonly trunkIds: readonly string[];
      readonly destination: string;
      readonly callerId: { readonly number: string | null; readonly name: string | null };
      readonly projectId: ProjectId;
      readonly talkMsMax: number;
      readonly isEmergency: boolean;
    }
  /** What was asked for by this token isn't done; `status` is told to who asked. */
  | { readonly kind: "refuseTransfer"; readonly callId: CallId; readonly token: string; readonly status: number }
  | { readonly kind: "allowPickUp"; readonly callId: CallId; readonly token: string }
  /**
   * What becomes of a phone's wish, as a status of SIP: below 200 it is under way, 200 done (of a second call: they answered), above
   * refused or over. `reason`: in words that its display can show. `audioIds`: said to whoever dialled before it.
   */
  | {
      readonly kind: "tellPhone";
      readonly phoneId: PhoneId;
      readonly token: string;
      readonly status: number;
      readonly reason?: string;
      readonly audioIds?: readonly string[];
    }
  /** Answered with `figuresTaken` and the same token. */
  | { readonly kind: "takeFigures"; readonly callId: CallId; readonly token: string }
  /** Parts the agent from the call; the caller hears `audioIds`, then `thenLoop`. The recording goes on in the same file after the next bridge, or is closed. */
  | { readonly kind: "detachAgent"; readonly callId: CallId; readonly audioIds: readonly string[]; readonly thenLoop: string }
  | { readonly kind: "hangUp"; readonly callId: CallId; readonly cause: EndCause }
  /** The built-in caller at this source may call this number until then, whatever networks the number allows; nobody else may. */
  | {
      readonly kind: "admitCaller";
      readonly source: { readonly address: string; readonly port: number };
      readonly numberId: NumberId;
      readonly until: Instant;
      readonly test: TestOrigin;
    }
  | { readonly kind: "dismissCaller"; readonly testCallId: string }
  /**
   * Rings in the agent's headset as well as on the screen, where a browser's phone stands; a device is called, and answers with
   * `phoneAnswered` or `phoneRefused`.
   */
  | {
      readonly kind: "ringPhone";
      readonly phoneId: PhoneId;
      readonly audioId: string;
      readonly offerId: OfferId;
      readonly shown: ShownCaller;
    }
  /** A device that was picked up meanwhile stays. */
  | { readonly kind: "stopRinging"; readonly phoneId: PhoneId }
  /** A device that was picked up for nothing is hung up; one in a call is left alone. */
  | { readonly kind: "releasePhone"; readonly phoneId: PhoneId }
  /** Calls the person's device: picked up, it is their place in whatever call waits for them. */
  | { readonly kind: "callPhone"; readonly phoneId: PhoneId; readonly personId: PersonId; readonly shown: ShownCaller }
  /** Says this to the agent instead of ringing, where a phone stands; answered with `phoneAnnounced` and the same token. */
  | { readonly kind: "announcePhone"; readonly phoneId: PhoneId; readonly token: string; readonly audioIds: readonly string[] }
  /**
   * One colleague calls another: the phone of whoever calls first; a device is called and shows the other's name. Answered with
   * `internalReady` or `internalEnded`.
   */
  | {
      readonly kind: "beginInternal";
      readonly internalCallId: InternalCallId;
      readonly caller: { readonly phoneId: PhoneId; readonly personId: PersonId };
      readonly calleeId: PersonId;
      readonly shown: ShownCaller;
      readonly ringback: string;
      /** Heard by whoever is put on hold. */
      readonly holdLoop: string;
      /** Dialled at the phone itself (`phoneDialAsked`): it is taken as it is, and nothing is called. */
      readonly dialToken?: string;
    }
  /** The other one has answered. Answered with `internalJoined` or `internalEnded`. */
  | {
      readonly kind: "joinInternal";
      readonly internalCallId: InternalCallId;
      readonly phoneId: PhoneId;
      readonly offerId: OfferId;
      readonly shown: ShownCaller;
    }
  | { readonly kind: "holdInternal"; readonly internalCallId: InternalCallId; readonly personId: PersonId; readonly held: boolean }
  | { readonly kind: "muteInternal"; readonly internalCallId: InternalCallId; readonly personId: PersonId; readonly muted: boolean }
  | { readonly kind: "endInternal"; readonly internalCallId: InternalCallId };

/** A tone for the agent who has a customer on hold: the first after `afterMs`, then every `everyMs`. */
export type HoldReminder = { readonly afterMs: number; readonly everyMs: number; readonly audioId: string };

/** What the edge must know to take calls; sent whole after hello and whenever any of it changes. */
export type EdgeConfig = {
  readonly version: number;
  readonly numbers: readonly {
    readonly numberId: NumberId;
    /** The user part of the Request-URI that callers dial: digits with or without "+". All spellings listed. */
    readonly dialled: readonly string[];
    /** CIDR networks from which calls to this number are taken on the SIP port. */
    readonly allowedNetworks: readonly string[];
    readonly language: Language;
    readonly technicalAudioIds: readonly string[];
    readonly callsMax: number;
  }[];
  readonly devices: readonly {
    readonly deviceId: DeviceId;
    readonly username: string;
    readonly realm: string;
    readonly ha1Md5: string;
    readonly ha1Sha256: string;
    readonly dialableNumberIds: readonly NumberId[];
    /** It answers by itself where it is asked to. */
    readonly autoAnswer: boolean;
    /** Over TLS our descriptions offer it sealed audio, and none else. */
    readonly offersSrtp: boolean;
  }[];
  readonly trunks: readonly TrunkConfig[];
  /** Recorders elsewhere (SIPREC); absent: none. */
  readonly recorders?: readonly RecorderConfig[];
  /** All audio the edge may be told to play; `audioId` is unique (a shipped one: "en/greeting.notice"; an uploaded one has the organisation's id in front). `filePath` is a WAV of 16-bit mono 8 kHz. */
  readonly audio: readonly { readonly audioId: string; readonly filePath: string; readonly version: number }[];
  readonly limits: { readonly callsMax: number; readonly agentMediaTimeoutMs: number };
};

export type FromCore =
  | {
      readonly kind: "coreHello";
      readonly epoch: Epoch;
      /** The highest sequence of this edge epoch that core has durably; 0 for none. */ readonly seenThrough: number;
    }
  | { readonly kind: "edgeConfig"; readonly config: EdgeConfig }
  | { readonly kind: "probeTrunk"; readonly token: string; readonly trunkId: string }
  | { readonly kind: "probeNetwork"; readonly token: string }
  /** A short call of the network doctor's; the gate was asked before. */
  | {
      readonly kind: "probeCall";
      readonly token: string;
      readonly trunkId: string;
      readonly destination: string;
      readonly callerNumber: string | null;
    }
  /** What SIP over TLS shows from now on; connections that stand are left alone. It holds the key: it goes over the bus and nowhere else. */
  | { readonly kind: "ownCertificate"; readonly certificate: { readonly certPem: string; readonly keyPem: string } }
  | { readonly kind: "coreCommand"; readonly command: CoreCommand }
  /** Events up to this sequence are durable: the edge may forget them. */
  | { readonly kind: "eventsSeen"; readonly through: number }
  /** A browser's WebSocket was authenticated (session cookie and Origin): SIP of this flow speaks for this person and no one else. */
  | {
      readonly kind: "phoneOpen";
      readonly flowId: string;
      readonly phoneId: PhoneId;
      readonly personId: PersonId;
      readonly sessionId: SessionId;
      readonly addressOfRecord: string;
      readonly remoteAddress: string;
      /** The host the browser used to reach us: advertised in SDP unless ALLO_PUBLIC_ADDRESS is set. */ readonly localAddress: string;
    }
  /** A foreign softphone's WebSocket (RFC 7118). Nobody knows who is there: it speaks as at the devices' port, with a digest. */
  | {
      readonly kind: "softphoneOpen";
      readonly flowId: string;
      readonly remoteAddress: string;
      readonly remotePort: number;
      /** Of ours, that it reached: where its audio goes unless ALLO_PUBLIC_ADDRESS is set. */
      readonly localAddress: string;
      readonly localPort: number;
    }
  /** Of a browser phone's or a softphone's socket, and back. */
  | { readonly kind: "phoneFrame"; readonly flowId: string; readonly text: string }
  | { readonly kind: "phoneClose"; readonly flowId: string }
  /** The person signed out or was blocked: registrations and standing connections of this session end. */
  | { readonly kind: "sessionEnded"; readonly sessionId: SessionId }
  /** This source is answered again. */
  | { readonly kind: "liftBlock"; readonly source: string }
  /** An operator's order: no new calls, or again as ever. */
  | { readonly kind: "drain"; readonly on: boolean };
