// What the engine remembers of one call leg: its dialogs, its INVITEs in flight, its timers.
import type { Dialog } from "./dialog.ts";
import type { SipHeader, SipRequest } from "./message.ts";
import type { Authenticate, HostPort, RequestTiming, SipFlow } from "./stack-types.ts";
import type { ClientTransaction, ServerTransaction } from "./transaction-layer.ts";

/** Our 2xx that waits for its ACK, by CSeq of the INVITE. */
export type AckWait = {
  readonly transaction: ServerTransaction;
  readonly lateOffer: boolean;
  retransmitMs: number;
  repeatTimer: number;
  readonly giveUpTimer: number;
};

export type ServerInvite = { readonly transaction: ServerTransaction; readonly isReInvite: boolean };
export type ClientInvite = {
  readonly transaction: ClientTransaction;
  readonly isReInvite: boolean;
  readonly sdp: Uint8Array | null;
  readonly headers: readonly SipHeader[];
  readonly retried: boolean;
  /** How often it was sent again with credentials. */
  readonly challenges: number;
  progressed: boolean;
  cancel: "none" | "wanted" | "sent";
  cancelHeaders: readonly SipHeader[];
  ringTimer: number | null;
};

export type Leg = {
  readonly id: string;
  phase: "inviting" | "confirmed" | "ending";
  flow: SipFlow;
  flowLost: boolean;
  useSource: boolean;
  /** Our Contact where it isn't the flow's advertised address. */
  contact: string | null;
  readonly authenticate: Authenticate | null;
  readonly timing: RequestTiming | undefined;
  readonly localTag: string;
  readonly ownsCallId: boolean;
  /** Transactions of its INVITEs, ours and the peer's. */
  readonly inviteIds: Set<string>;
  /** The dialog that stands: the callee's from the INVITE on, the caller's from the first 2xx. */
  dialog: Dialog | null;
  readonly forks: Map<string, Dialog>;
  serverInvite: ServerInvite | null;
  clientInvite: ClientInvite | null;
  /** The retry of a re-INVITE after 491 waits on this timer. */
  retryTimer: number | null;
  readonly ackWaits: Map<number, AckWait>;
  /** The last ACK sent for a 2xx, by CSeq and To tag: repeated for each repeated 2xx. */
  readonly acks: Map<string, { readonly bytes: Uint8Array; readonly to: HostPort | null }>;
  ackOwed: { readonly invite: SipRequest; readonly dialog: Dialog } | null;
  byeWanted: readonly SipHeader[] | null;
};

/** Whose request in flight it is. `handle` is the id that the application knows it by, also after it was sent again. */
export type RequestOwner = {
  readonly leg: Leg | null;
  readonly kind: "user" | "bye" | "quiet";
  readonly handle?: string;
  readonly challenges?: number;
  readonly authenticate?: Authenticate | null;
  readonly timing?: RequestTiming | undefined;
};

export type LegTimer =
  | { readonly owner: "leg"; readonly legId: string; readonly kind: "repeat2xx" | "ackGiveUp"; readonly cseq: number }
  | { readonly owner: "leg"; readonly legId: string; readonly kind: "ring" | "cancelGiveUp" | "reInviteRetry" };
