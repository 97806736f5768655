/** Timer values of one stack; tests and trunks set their own (RFC 3261 table 4). */
export type TransactionTiming = {
  readonly T1Ms: number;
  readonly T2Ms: number;
  readonly T4Ms: number;
  /** TCP, TLS, WebSocket: nothing is retransmitted and the absorbing timers are zero. */
  readonly isReliable: boolean;
  /** How long a request of ours waits for any answer (timers B and F); absent: 64·T1. A trunk that shall fail over soon sets it. */
  readonly giveUpMs?: number | undefined;
};

/** A step's commands; "pass…" go to the transaction user. */
export type TransactionCommand<T extends string> =
  | { readonly kind: "armTimer"; readonly timer: T; readonly afterMs: number }
  | { readonly kind: "cancelTimer"; readonly timer: T }
  | { readonly kind: "sendRequest" | "sendAck" | "sendResponse" | "passResponse" | "passTimeout" | "passTransportFailure" | "passAck" };

export const defaultTiming = { T1Ms: 500, T2Ms: 4_000, T4Ms: 5_000 } as const;

/** RFC 3261 §17: timers B, F, H, J (and RFC 6026 L, M) last 64·T1. */
export function longMs(timing: TransactionTiming): number {
  return 64 * timing.T1Ms;
}

/** Timers B and F: when a request without an answer is given up. */
export function giveUpMs(timing: TransactionTiming): number {
  return timing.giveUpMs ?? longMs(timing);
}
