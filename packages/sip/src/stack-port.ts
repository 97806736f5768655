// What the parts of the engine use of its core.
import type { Prng } from "@allo/kernel";
import type { Dialog } from "./dialog.ts";
import type { Leg, LegTimer } from "./leg.ts";
import type { SipHeader, SipRequest } from "./message.ts";
import type { Authenticate, RequestTiming, SipCommand, SipDialogEndCause, SipUserEvent } from "./stack-types.ts";
import type { TimerTable } from "./timer-table.ts";
import type { ClientTransaction, ServerTransaction, TransactionLayer, TransactionTimer } from "./transaction-layer.ts";

/** Who waits for the answer to a request of ours that is no INVITE. `handle` is the id that the application knows it by, also after it was sent again. */
export type RequestOwner = {
  readonly leg: Leg | null;
  readonly kind: "user" | "bye" | "quiet" | "update" | "refresh" | "refer" | "notify";
  readonly handle?: string;
  readonly challenges?: number;
  readonly authenticate?: Authenticate | null;
  readonly timing?: RequestTiming | undefined;
  /** What an update offered, to offer it again after a glare. */
  readonly sdp?: Uint8Array;
  readonly headers?: readonly SipHeader[];
  readonly isRetried?: boolean;
  /** The REFER that a notification is about. */
  readonly referId?: string;
};

/** Timers of the engine beside those of the transactions. */
export type StackTimer =
  | LegTimer
  | { readonly owner: "refer"; readonly referId: string }
  /** An INVITE whose leg is gone and whose answer may still come. */
  | { readonly owner: "orphan"; readonly transactionId: string };

export type StackPort = {
  readonly prng: Prng;
  readonly supported: readonly string[];
  readonly supportedHeaders: readonly SipHeader[];
  readonly layer: TransactionLayer;
  readonly timers: TimerTable<TransactionTimer | StackTimer>;
  readonly out: () => SipCommand[];
  readonly emit: (event: SipUserEvent) => void;
  readonly T1Ms: (leg: Leg) => number;
  readonly answer: (transaction: ServerTransaction, status: number, headers?: readonly SipHeader[]) => void;
  readonly refuse: (transaction: ServerTransaction, status: number, headers?: readonly SipHeader[]) => void;
  /** Gives the request to the application, which answers it with respond. */
  readonly await: (transaction: ServerTransaction, leg: Leg) => void;
  readonly inviteResponse: (
    leg: Leg,
    fields: { readonly status: number; readonly headers: readonly SipHeader[]; readonly sdp: Uint8Array | null },
  ) => boolean;
  readonly acceptNow: (leg: Leg, fields: { readonly sdp: Uint8Array; readonly headers: readonly SipHeader[] }) => boolean;
  readonly sendRequestIn: (leg: Leg, dialog: Dialog, request: SipRequest, owner: RequestOwner) => ClientTransaction | null;
  readonly refreshByInvite: (leg: Leg, sdp: Uint8Array) => boolean;
  readonly isBusy: (leg: Leg) => boolean;
  readonly glareDelayMs: (leg: Leg) => number;
  readonly retryAfter: () => SipHeader;
  readonly sendBye: (leg: Leg, headers: readonly SipHeader[], cause: SipDialogEndCause | null) => void;
  readonly peerGone: (leg: Leg) => void;
  readonly removeLeg: (leg: Leg) => void;
};
