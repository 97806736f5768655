import type { IdSource, Instant, Prng } from "@allo/kernel";
import type { SipBody, SipHeader, SipRequest, SipResponse } from "./message.ts";
import type { BodyPart } from "./multipart.ts";
import type { Replaces, ReferTarget } from "./replaces.ts";
import type { SessionTimerSettings } from "./session-timer.ts";
import type { Uri } from "./uri.ts";

export type SipTransport = "udp" | "tcp" | "tls" | "ws" | "wss";
export type HostPort = { readonly address: string; readonly port: number };

/**
 * Where a message came from or goes to. For UDP `id` names the local socket and `remote` the peer of this datagram; for the
 * others `id` names the connection. `local` is what Via and Contact advertise.
 */
export type SipFlow = {
  readonly id: string;
  readonly transport: SipTransport;
  readonly local: HostPort;
  readonly remote: HostPort;
};

/** A handle for a call leg: given out at the first INVITE, the same until the dialog ends, whatever forks stand behind it. */
export type SipDialogId = string;
/** A handle for one REFER and the notifications about it: the transaction of the REFER. */
export type SipReferId = string;
/** A handle for one request in flight, ours or the peer's. */
export type SipTransactionId = string;

export type SipStackOptions = {
  /** Tags, branches, Call-IDs and handles. Must be unguessable. */
  readonly ids: IdSource;
  /** Retry delays after a 491. */
  readonly prng: Prng;
  readonly T1Ms?: number;
  readonly T2Ms?: number;
  readonly T4Ms?: number;
  /** The longest ringing of an outgoing INVITE before it is cancelled (timer C); also armed for a UAC. */
  readonly inviteRingMsMax?: number;
  /** Methods that reach the application; others get 405 (known ones) or 501. INVITE, ACK, CANCEL, BYE, OPTIONS are the stack's own. */
  readonly methods?: readonly string[];
  /**
   * Option tags that this user agent serves; any other tag in Require is answered 420. "100rel" turns on PRACK, "timer" session timers,
   * "replaces" the matching of Replaces, "norefersub" REFER without notifications.
   */
  readonly supported?: readonly string[];
  /** Session timers of calls that name none of their own; used where `supported` holds "timer". */
  readonly sessionTimer?: SessionTimerSettings;
  /** RFC 3261 §18.1.1: the TCP flow to take for a request over 1300 bytes to where this UDP flow leads; null where there is none. */
  readonly flowForLarge?: (flow: SipFlow) => SipFlow | null;
  /** Media types accepted in a request body; others get 415. */
  readonly accept?: readonly string[];
  /** In-dialog requests go to the source of the peer's last request ("source") or to its Contact where that is an address ("contact"). */
  readonly inDialogTarget?: "contact" | "source";
  readonly serverTransactionsMax?: number;
  /** A new INVITE that was not answered by then gets a 100; 0 or absent: at once. At most 200 (RFC 3261 §17.2.1). */
  readonly tryingAfterMs?: number;
  /** With those that are answered; where only the other is given, the same. */
  readonly answeredTransactionsMax?: number;
  readonly clientTransactionsMax?: number;
  readonly dialogsMax?: number;
  /** Whether OPTIONS outside a dialog are answered 200 by the stack; otherwise they are given to the application. Default true. */
  readonly answersOptions?: boolean;
};

/** What the shell tells the stack. `bytes` is one datagram, one WebSocket message or one framed stream message. */
export type SipEvent =
  | { readonly kind: "messageReceived"; readonly at: Instant; readonly flow: SipFlow; readonly bytes: Uint8Array }
  | { readonly kind: "timerFired"; readonly at: Instant; readonly timerId: number }
  | { readonly kind: "flowClosed"; readonly at: Instant; readonly flowId: string };

/** What the shell does, in order. Timer ids are never reused, so a late `timerFired` is harmless. */
export type SipCommand =
  /** For UDP `to` is the peer's address; for connections it is null. */
  | { readonly kind: "sendBytes"; readonly flowId: string; readonly to: HostPort | null; readonly bytes: Uint8Array }
  | { readonly kind: "armTimer"; readonly timerId: number; readonly afterMs: number }
  | { readonly kind: "cancelTimer"; readonly timerId: number }
  | { readonly kind: "emit"; readonly event: SipUserEvent };

export type SipDialogEndCause =
  /** The peer sent BYE; the stack answered 200. */
  | "byeReceived"
  /** We sent BYE. */
  | "byeSent"
  /** Our 2xx was never acknowledged; the stack sent BYE. */
  | "ackTimeout"
  /** An in-dialog request of ours was answered 481 or 408, or timed out (RFC 5057). */
  | "peerGone"
  /** The connection that the dialog lives on closed. */
  | "flowClosed"
  /** Nobody refreshed the session in the time agreed (RFC 4028); we sent BYE. */
  | "sessionExpired";

/** Whether a peer may answer us provisionally with acknowledgement (RFC 3262). */
export type ReliableProgress = "never" | "offered" | "required";
/** A dialog as its other end would name it in Replaces. */
export type SipDialogName = { readonly callId: string; readonly localTag: string; readonly remoteTag: string };

export type SipUserEvent =
  /** A new call. 100 is already sent. Answer with inviteProgress, inviteAccept, inviteReject. `sdp` null = late offer wanted. */
  | {
      readonly kind: "inviteReceived";
      readonly dialogId: SipDialogId;
      readonly request: SipRequest;
      readonly flow: SipFlow;
      readonly sdp: Uint8Array | null;
      /** The dialog of ours that this call is to take the place of (RFC 3891); end it once this one is accepted. */
      readonly replaces: SipDialogId | null;
    }
  /** The caller acknowledged a reliable provisional answer; `sdp` is the answer to the offer that it held. */
  | { readonly kind: "progressAcknowledged"; readonly dialogId: SipDialogId; readonly sdp: Uint8Array | null }
  /** The caller cancelled (or its connection closed) before a final answer; 487 is already sent. The dialog handle is gone. */
  | { readonly kind: "inviteCancelled"; readonly dialogId: SipDialogId; readonly reason: string | null }
  /** Our 2xx was acknowledged; `sdp` is the answer to our late offer, else null. Also for re-INVITE. */
  | { readonly kind: "ackReceived"; readonly dialogId: SipDialogId; readonly request: SipRequest; readonly sdp: Uint8Array | null }
  /** The peer wants to change the session. Answer with respond(transactionId, …): 200 with SDP, or 488. */
  | {
      readonly kind: "reInviteReceived";
      readonly dialogId: SipDialogId;
      readonly transactionId: SipTransactionId;
      readonly request: SipRequest;
      readonly sdp: Uint8Array | null;
    }
  /** An UPDATE that describes nothing, or a re-INVITE that changes nothing, with another body in it; it is answered. */
  | { readonly kind: "bodyReceived"; readonly dialogId: SipDialogId; readonly request: SipRequest }
  /** Any other request: in a dialog (UPDATE, INFO, REFER, …) or outside (REGISTER, …, dialogId null). Answer with respond. */
  | {
      readonly kind: "requestReceived";
      readonly transactionId: SipTransactionId;
      readonly dialogId: SipDialogId | null;
      readonly request: SipRequest;
      readonly flow: SipFlow;
    }
  /** A provisional answer to our INVITE (101–199). `prackNeeded`: it holds an offer; call prackSend with the answer. */
  | {
      readonly kind: "inviteProgressed";
      readonly dialogId: SipDialogId;
      readonly response: SipResponse;
      readonly sdp: Uint8Array | null;
      readonly prackNeeded: boolean;
    }
  /**
   * A 2xx to our INVITE or re-INVITE. ACK is already sent, except where we sent no offer: then call ackSend with the answer. Where the
   * 2xx describes nothing, `sdp` is what the same callee described while it rang.
   */
  | {
      readonly kind: "inviteAnswered";
      readonly dialogId: SipDialogId;
      readonly response: SipResponse;
      readonly sdp: Uint8Array | null;
      readonly isReInvite: boolean;
      readonly ackNeeded: boolean;
    }
  /** Our INVITE (then the dialog handle is gone) or re-INVITE (then the dialog stays) failed. `response` null = no answer came. */
  | {
      readonly kind: "inviteRejected";
      readonly dialogId: SipDialogId;
      readonly status: number;
      readonly cause: "response" | "timeout" | "transport";
      readonly response: SipResponse | null;
      readonly isReInvite: boolean;
    }
  /** The answer to our updateSend; a 491 was already waited out once. `response` null = none came. */
  | { readonly kind: "updateAnswered"; readonly dialogId: SipDialogId; readonly response: SipResponse; readonly sdp: Uint8Array | null }
  | { readonly kind: "updateRejected"; readonly dialogId: SipDialogId; readonly status: number; readonly response: SipResponse | null }
  /**
   * The peer asks us to call someone (RFC 3515). Answer with respond: 202, then referNotify as that call goes on; or a refusal. Who may be
   * called is the application's to decide. `wantsNotify` false: answer and be done.
   */
  | {
      readonly kind: "referReceived";
      readonly transactionId: SipReferId;
      readonly dialogId: SipDialogId;
      readonly request: SipRequest;
      readonly target: ReferTarget;
      readonly referredBy: string | null;
      readonly wantsNotify: boolean;
    }
  /** The peer has the last word on its REFER (or could not be told): the dialog may be ended. */
  | { readonly kind: "referSettled"; readonly referId: SipReferId; readonly dialogId: SipDialogId; readonly isDelivered: boolean }
  /** The answer to our REFER. `willNotify`: its fate is told by referNotified. */
  | {
      readonly kind: "referAnswered";
      readonly referId: SipReferId;
      readonly dialogId: SipDialogId;
      readonly response: SipResponse;
      readonly willNotify: boolean;
    }
  /** What became of the call that we asked the peer to make. `isFinal`: no more will be told. 408 with isFinal: the peer fell silent. */
  | {
      readonly kind: "referNotified";
      readonly referId: SipReferId;
      readonly dialogId: SipDialogId;
      readonly status: number;
      readonly isFinal: boolean;
    }
  /** A final answer to another request of ours. */
  | {
      readonly kind: "requestAnswered";
      readonly transactionId: SipTransactionId;
      readonly dialogId: SipDialogId | null;
      readonly response: SipResponse;
    }
  | {
      readonly kind: "requestFailed";
      readonly transactionId: SipTransactionId;
      readonly dialogId: SipDialogId | null;
      readonly cause: "timeout" | "transport";
    }
  /** The dialog is over; its handle is gone. Emitted once for every confirmed dialog. `request` is the peer's BYE, where there was one. */
  | {
      readonly kind: "dialogEnded";
      readonly dialogId: SipDialogId;
      readonly cause: SipDialogEndCause;
      readonly request: SipRequest | null;
    }
  /** For logs and counters: something was dropped or answered without the application. Never holds header values. */
  | { readonly kind: "messageDropped"; readonly flowId: string; readonly reason: string; readonly status: number | null };

/** Why an application call could not be carried out. The handle may have just gone: expected, not a bug. */
export type SipCallFailure = "unknownHandle" | "wrongState" | "tooMany" | "tooLarge" | "invalidAddress" | "invalidHeader";

export type SipCallResult = { readonly commands: readonly SipCommand[]; readonly failure: SipCallFailure | null };
export type SipSendResult<H> = SipCallResult & { readonly handle: H | null };

/** Timer values of one request in place of the stack's own: a trunk's T1, and when it is given up for the next target. */
export type RequestTiming = { readonly T1Ms?: number; readonly T2Ms?: number; readonly giveUpMs?: number };

/**
 * Answers a 401 or 407 to this request of ours: the Authorization header to send it again with, or null where the challenge is
 * none of ours. A BYE is never asked about: whoever challenges a hang-up wants the password.
 */
export type Authenticate = (challenged: { readonly request: SipRequest; readonly response: SipResponse }) => SipHeader | null;

/** What a dialog does otherwise than the stack: a trunk's habits. */
export type DialogHabits = {
  /** Our Contact, the same from the first message to the last; absent: the flow's advertised address. */
  readonly contact?: string | undefined;
  /** In-dialog requests go to where the peer's messages come from, whatever its Contact names. */
  readonly inDialogTarget?: "contact" | "source" | undefined;
};

export type InviteFields = DialogHabits & {
  /** Where it goes: the flow of the binding, or over UDP a flow whose `remote` is the resolved next hop. */
  readonly flow: SipFlow;
  /** Request-URI, for instance the Contact of a registered phone. */
  readonly target: string;
  /** name-addr texts, without tags. */
  readonly from: string;
  readonly to: string;
  /** Null = late offer: the answer event then has ackNeeded. */
  readonly sdp: Uint8Array | null;
  readonly routes?: readonly string[];
  readonly headers?: readonly SipHeader[];
  /** Bodies beside the description: all of them go as multipart/mixed. */
  readonly attached?: readonly BodyPart[];
  readonly callId?: string;
  readonly authenticate?: Authenticate | undefined;
  readonly timing?: RequestTiming | undefined;
  /** Longer than this with its Via, and it isn't sent: the failure is `tooLarge`, and it may be sent over another flow. */
  readonly bytesMax?: number;
  /** What is left of the hops of the call that this one goes on from (RFC 7332); 70 where this call begins here. */
  readonly maxForwards?: number;
  /** Default: "offered" where the stack supports 100rel. */
  readonly reliableProgress?: ReliableProgress;
  /** Null: no session timer on this call. Default: the stack's. */
  readonly sessionTimer?: SessionTimerSettings | null;
  /** Takes the place of a dialog of the callee's (RFC 3891). */
  readonly replaces?: Replaces;
};

export type ReferFields = {
  readonly target: Uri;
  readonly replaces?: Replaces;
  /** A name-addr (RFC 3892). */
  readonly referredBy?: string;
  /** Asks for no notifications (RFC 4488). */
  readonly withoutNotify?: boolean;
  readonly headers?: readonly SipHeader[];
};

export type ResponseFields = {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: readonly SipHeader[];
  readonly body?: SipBody | null;
};

export type RequestFields = {
  readonly method: string;
  readonly headers?: readonly SipHeader[];
  readonly body?: SipBody | null;
};

/** The user-agent engine: no IO, no clock. One per signalling process. All calls return commands to run in order. */
export type SipStack = {
  readonly handle: (event: SipEvent) => readonly SipCommand[];

  /**
   * 101–199 to an incoming INVITE, with or without SDP. It goes reliably where the caller requires that, or where `isReliable` asks for
   * it and the caller supports it; then it is repeated until its PRACK and the next waits behind it.
   */
  readonly inviteProgress: (
    dialogId: SipDialogId,
    fields: { status: number; sdp?: Uint8Array; headers?: readonly SipHeader[]; isReliable?: boolean },
  ) => SipCallResult;
  /**
   * 200 with SDP (our answer, or our offer where the INVITE had none). Retransmitted until ACK. Waits while a reliable provisional answer
   * that described media is unacknowledged.
   */
  readonly inviteAccept: (dialogId: SipDialogId, fields: { sdp: Uint8Array; headers?: readonly SipHeader[] }) => SipCallResult;
  /** A final failure 300–699 to an incoming INVITE. The handle is gone. */
  readonly inviteReject: (dialogId: SipDialogId, fields: ResponseFields) => SipCallResult;

  /** Sends an INVITE. */
  readonly inviteSend: (fields: InviteFields) => SipSendResult<SipDialogId>;
  /** Gives up an unanswered INVITE of ours; CANCEL waits for a 1xx, a late 2xx is acknowledged and ended by the stack. */
  readonly inviteCancel: (dialogId: SipDialogId, fields?: { headers?: readonly SipHeader[] }) => SipCallResult;
  /** The answer to the oldest reliable provisional offer that waits for one. */
  readonly prackSend: (dialogId: SipDialogId, fields: { sdp: Uint8Array }) => SipCallResult;
  /** The answer to a peer's late offer. */
  readonly ackSend: (dialogId: SipDialogId, fields: { sdp: Uint8Array }) => SipCallResult;

  /** Ends a dialog in whatever state it is: BYE, CANCEL, or 480 to an unanswered incoming INVITE. Idempotent. */
  readonly dialogEnd: (dialogId: SipDialogId, fields?: { headers?: readonly SipHeader[] }) => SipCallResult;
  /** Sends a re-INVITE; refused (`wrongState`) while another INVITE is pending. A 491 is retried by the stack once. */
  readonly reInviteSend: (
    dialogId: SipDialogId,
    fields: { sdp: Uint8Array | null; headers?: readonly SipHeader[]; attached?: readonly BodyPart[] },
  ) => SipCallResult;
  /** Offers a change without a new INVITE, before or after the answer (RFC 3311); refused (`wrongState`) while another offer is open. */
  readonly updateSend: (dialogId: SipDialogId, fields: { sdp: Uint8Array; headers?: readonly SipHeader[] }) => SipCallResult;
  /** Asks the peer to call someone else. */
  readonly referSend: (dialogId: SipDialogId, fields: ReferFields) => SipSendResult<SipReferId>;
  /** Tells the peer of the call that it asked for: a provisional status, or the final one. In order, one after the other. */
  readonly referNotify: (referId: SipReferId, fields: { status: number; reason?: string }) => SipCallResult;
  /** Call-ID and tags, for Replaces; null before there is a dialog. */
  readonly dialogName: (dialogId: SipDialogId) => SipDialogName | null;
  /** Sends INFO, OPTIONS, NOTIFY… in a dialog. */
  readonly dialogRequestSend: (dialogId: SipDialogId, fields: RequestFields) => SipSendResult<SipTransactionId>;

  /** Sets the habits of a dialog that the peer began; before it is answered. */
  readonly dialogAdjust: (dialogId: SipDialogId, habits: DialogHabits) => SipCallResult;

  /** Answers reInviteReceived and requestReceived. */
  readonly respond: (transactionId: SipTransactionId, fields: ResponseFields) => SipCallResult;
  /** Sends a request outside any dialog (OPTIONS ping, REGISTER to a trunk). */
  readonly requestSend: (
    fields: RequestFields & {
      flow: SipFlow;
      target: string;
      from: string;
      to: string;
      callId?: string;
      cseq?: number;
      authenticate?: Authenticate | undefined;
      timing?: RequestTiming | undefined;
    },
  ) => SipSendResult<SipTransactionId>;

  /** Counts for metrics and for load shedding. */
  readonly counts: () => { readonly serverTransactions: number; readonly clientTransactions: number; readonly dialogs: number };
};
