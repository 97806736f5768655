// What the engine remembers of one call leg: its dialogs, its INVITEs in flight, its timers.
import type { Dialog } from "./dialog.ts";
import type { SipHeader, SipRequest } from "./message.ts";
import type { BodyPart } from "./multipart.ts";
import type { SessionTimerSettings } from "./session-timer.ts";
import type { Authenticate, HostPort, ReliableProgress, RequestTiming, SipFlow } from "./stack-types.ts";
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
  readonly attached: readonly BodyPart[];
  /** A 491 was already waited out. */
  readonly retried: boolean;
  /** How often it was sent again with credentials. */
  readonly challenges: number;
  /** Sent only to keep the session alive: an answer that changes nothing is not told. */
  readonly isRefresh: boolean;
  /** Times that a 422 made us send it again. */
  readonly sessionRetries: number;
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
  /** The retry of a re-INVITE or UPDATE after 491 waits on this timer. */
  retryTimer: number | null;
  readonly ackWaits: Map<number, AckWait>;
  /** The last ACK sent for a 2xx, by CSeq and To tag: repeated for each repeated 2xx. */
  readonly acks: Map<string, { readonly bytes: Uint8Array; readonly to: HostPort | null }>;
  ackOwed: { readonly invite: SipRequest; readonly dialog: Dialog; readonly offer: Uint8Array | null } | null;
  byeWanted: readonly SipHeader[] | null;
  /** The last descriptions that were agreed: a repeated one changes nothing. */
  localSdp: Uint8Array | null;
  remoteSdp: Uint8Array | null;
  /** Our UPDATE with an offer that waits for its answer. */
  offerOut: string | null;
  /** The peer's UPDATE or PRACK with an offer that we have not answered. */
  offerIn: string | null;
  /** What the peer said it allows, in Allow; null while it said nothing. */
  peerAllows: readonly string[] | null;
  /** Our reliable provisional answers (RFC 3262). */
  reliable: ReliableSending | null;
  /** By the callee's tag: the last RSeq, the description of that early dialog, and whether offer and answer are complete in it. */
  readonly early: Map<string, EarlyFork>;
  /** Reliable offers of callees that wait for our answer in a PRACK, oldest first. */
  readonly pracksOwed: PrackOwed[];
  readonly timer: SessionTimerSettings | null;
  session: SessionKept | null;
  /** The offer of the peer's first INVITE; null where it had none. */
  readonly inviteOffer: Uint8Array | null;
  /** A REFER was accepted in it: the next ones need an id (RFC 3515 §2.4.6). */
  hasBeenReferred: boolean;
  readonly progress: ReliableProgress;
  retry: LegRetry | null;
};

export type LegRetry = {
  readonly kind: "invite" | "update" | "refresh";
  readonly sdp: Uint8Array | null;
  readonly headers: readonly SipHeader[];
  readonly attached?: readonly BodyPart[];
};

/** RFC 3262 §3: one reliable provisional answer at a time waits for its PRACK; the rest queue behind it. */
export type ReliableSending = {
  rseq: number;
  waiting: { readonly rseq: number; readonly cseq: number; readonly sdp: Uint8Array | null; intervalMs: number; timers: number[] } | null;
  readonly queue: ProgressFields[];
  /** A 2xx that may not go out before the PRACK. */
  heldAccept: { readonly sdp: Uint8Array; readonly headers: readonly SipHeader[] } | null;
  /** Our description reached the caller reliably: the 2xx holds none (RFC 6337 §3.1.1). */
  described: boolean;
};
export type ProgressFields = {
  readonly status: number;
  readonly sdp?: Uint8Array;
  readonly headers?: readonly SipHeader[];
  readonly isReliable?: boolean;
};
export type EarlyFork = { rseq: number | null; sdp: Uint8Array | null; complete: boolean };
export type PrackOwed = { readonly dialog: Dialog; readonly toTag: string; readonly rack: string; readonly offer: Uint8Array };
/** A session under a timer. */
export type SessionKept = {
  seconds: number;
  readonly weRefresh: boolean;
  minSeconds: number | null;
  refreshTimer: number | null;
  readonly expireTimer: number;
};

export type LegTimer =
  | { readonly owner: "leg"; readonly legId: string; readonly kind: "repeat2xx" | "ackGiveUp"; readonly cseq: number }
  | { readonly owner: "leg"; readonly legId: string; readonly kind: LegTimerKind };

export type LegTimerKind =
  | "trying"
  | "ring"
  | "cancelGiveUp"
  | "retry"
  | "repeatReliable"
  | "reliableGiveUp"
  | "sessionRefresh"
  | "sessionExpire";

/** What an INVITE of ours begins with. */
export type InviteStart = Pick<ClientInvite, "isReInvite" | "sdp" | "headers" | "retried"> &
  Partial<Pick<ClientInvite, "attached" | "challenges" | "isRefresh" | "sessionRetries">> & {
    readonly request: SipRequest;
    readonly to: HostPort | null;
  };

/** An INVITE of ours whose leg is gone: a 2xx that still comes is acknowledged, and ended where it opens a dialog. */
export type Orphan = { readonly leg: Leg; readonly isReInvite: boolean; readonly timer: number; isEnded: boolean };
