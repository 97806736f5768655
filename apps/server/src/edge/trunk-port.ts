// The port by which calls are sent to carriers: the SIP of it stays inside (trunks.ts).
import type { ProjectId } from "@allo/kernel";
import type { Replaces, SipUserEvent } from "@allo/sip";
import type { MediaHabits } from "./session-description.ts";
import type { DialCallerId } from "./trunk-identity.ts";

/** What a description of ours must say towards this carrier. */
export type TrunkMedia = {
  readonly trunkId: string;
  /** The address that the carrier is to send audio to. */
  readonly localAddress: string;
  readonly habits: MediaHabits;
  /** Early media of the carrier is heard; else our own ringing until the answer. */
  readonly hearsEarly: boolean;
};

export type DialOrder = {
  readonly legId: string;
  /** Tried in this order; the next one where a trunk can't or its carrier doesn't take the call. */
  readonly trunkIds: readonly string[];
  /** A number of the world, "+" first; an internal one or a short code as it is dialled. */
  readonly destination: string;
  readonly callerId: DialCallerId;
  readonly projectId?: ProjectId | null;
  /** A call for help: no limit of a trunk holds it up. */
  readonly isEmergency?: boolean;
  /** Takes the place of this dialog at whoever answers (RFC 3891). */
  readonly replaces?: Replaces | null;
  /** By which the messages of one try are known; told before it is sent. */
  readonly onSipCallId?: (sipCallId: string) => void;
  /** Our description, made anew for each target: addresses and codecs differ. */
  readonly sdpOffer: (media: TrunkMedia) => Uint8Array;
  /** Rung for so long without an answer, the call is given up. */
  readonly ringMsMax?: number;
};

export type DialCause = {
  readonly why:
    | "noTrunk"
    | "limitReached"
    | "unreachable"
    | "unknownNumber"
    | "busy"
    | "declined"
    | "noAnswer"
    | "refused"
    | "carrierFailed"
    | "cancelled";
  readonly sipStatus: number | null;
  readonly q850: number | null;
  readonly trunkId: string | null;
};

export type DialEvent =
  /** 101–199 of the carrier; `sdp` is early media, or null. */
  | { readonly kind: "progressed"; readonly status: number; readonly sdp: Uint8Array | null; readonly trunkId: string }
  | {
      readonly kind: "answered";
      readonly sdp: Uint8Array | null;
      readonly trunkId: string;
      /** The SIP dialog, for what follows in it: hold, keypad, transfer. */
      readonly dialogId: string;
      /** Where the carrier's signalling comes from. */
      readonly remoteAddress: string;
    }
  | { readonly kind: "failed"; readonly cause: DialCause }
  /** After `answered`: the call is over. `by` "us" after hangUp. */
  | { readonly kind: "ended"; readonly by: "carrier" | "us" | "unknown"; readonly q850: number | null }
  /** Anything else that the carrier sends in the dialog: re-INVITE, UPDATE, INFO, REFER, and answers to what we sent there. */
  | { readonly kind: "inDialog"; readonly event: SipUserEvent };

/** The carrier at the other end of a dialog, and what it does with transfers. */
export type Referrer = {
  readonly trunkId: string;
  /** Its side may ask for one. */
  readonly isTaken: boolean;
  /** It is asked to join two of its lines itself. */
  readonly isReleased: boolean;
  /** Whom we called there; null for a call that came. */
  readonly target: string | null;
};

export type Dialling = {
  readonly legId: string;
  /** Gives up a call that isn't answered; `failed` with "cancelled" follows. */
  readonly cancel: () => void;
  /** Ends it in whatever state it is. */
  readonly hangUp: () => void;
};

export type TrunkDialler = {
  readonly dial: (order: DialOrder, onEvent: (event: DialEvent) => void) => Dialling;
};
