// The front door's words: what a caller is told to do, and what it says of its call.
import type { Clock } from "@allo/kernel";
import type { EncodedAudio } from "@allo/media";

export type CallTarget = { readonly address: string; readonly port: number };

export type CallersOptions = {
  /** A literal address of this machine that the targets can reach: not 0.0.0.0. Ports are drawn by the system. */
  readonly bindAddress: string;
  readonly clock: Clock;
  readonly log?: { warn(fields: object, message: string): void };
};

export type PlaceFields = {
  readonly target: CallTarget;
  /** The user part of the Request-URI. */
  readonly number: string;
  /** `number` null: anonymous (RFC 3323). */
  readonly from: { readonly number: string | null; readonly name?: string };
  /** The host of the Request-URI where it isn't the target's address. */
  readonly domain?: string;
};

/** How a call ended. `status`: the final SIP response of a call that was not answered. */
export type CallerEnd = {
  readonly by: "us" | "peer" | "network";
  readonly reason:
    | "hungUp"
    | "cancelled"
    | "refused"
    | "noAnswerToInvite"
    | "ringingTooLong"
    | "mediaMismatch"
    | "lineDropped"
    | "tooManyCalls";
  readonly status: number | null;
  /** The Reason header or the reason phrase of the peer's last word. */
  readonly words: string | null;
};

export type CallerEvent =
  /** 100, or the first provisional answer: the other end heard us. */
  | { readonly kind: "trying" }
  | { readonly kind: "ringing" }
  /** A provisional answer with media. */
  | { readonly kind: "earlyMedia" }
  | { readonly kind: "answered" }
  /** The first packet of the peer's sound has come. */
  | { readonly kind: "mediaStarted" }
  /** The last event of a call. */
  | {
      readonly kind: "ended";
      readonly by: CallerEnd["by"];
      readonly reason: CallerEnd["reason"];
      readonly status: number | null;
      readonly words: string | null;
    };

/** What the caller hears. */
export type CallerHearing = {
  readonly packets: number;
  readonly lostPackets: number;
  /** Root mean square of the last 500 ms, in decibels below full scale; -96 is silence. */
  readonly levelDbfs: number;
  /** How long speech, or anything that stands out of the noise, was heard since the last `hearAnew`. */
  readonly speechMs: number;
  /** How often another source began to be heard: the marker of RFC 3551 §4.1. After the greeting's own, somebody has picked up. */
  readonly sourcesBegun: number;
};

export type PlacedCall = {
  /** SIP's own name of the call. */
  readonly callId: string;
  /** Listeners are called in order, never before `place` has returned. Gives back what stops it. */
  readonly on: (listener: (event: CallerEvent) => void) => () => void;
  readonly state: () => "calling" | "early" | "answered" | "ended";
  /** Says this after what is being said already was cut: 16-bit linear samples at 8 kHz, or what `encodeVoice` made of them. */
  readonly play: (voice: Int16Array | EncodedAudio) => Promise<"completed" | "cut">;
  readonly stopPlaying: () => void;
  readonly hearing: () => CallerHearing;
  /** Speech is counted from zero, against a noise floor learnt anew: after music, before somebody speaks. */
  readonly hearAnew: () => void;
  /** Presses keys (RFC 4733), one after another. False: none can be sent, or too many wait. */
  readonly sendDigits: (digits: string) => boolean;
  /** Every received frame of sound, decoded; for whoever wants to keep or measure it. */
  readonly onFrame: (listener: ((samples: Int16Array) => void) | null) => void;
  /** BYE, or CANCEL before the answer. Idempotent. */
  readonly hangUp: () => void;
};

export type Callers = {
  /** Where the INVITEs come from. */
  readonly source: CallTarget;
  /** Where the sound of all calls comes from and goes to. */
  readonly media: CallTarget;
  readonly place: (fields: PlaceFields) => PlacedCall;
  readonly open: () => number;
  /** Hangs up what is open, says so to the peers, and closes the sockets. */
  readonly close: () => Promise<void>;
};
