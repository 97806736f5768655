/** Bounds of one message; crossing one is a parse failure, answered 513 or 400. */
export const messageLimits = {
  messageBytesMax: 65_536,
  headersMax: 256,
  headerLineBytesMax: 8_192,
  viasMax: 100,
} as const;

/** Bounds of one stack; crossing one is answered 503 with Retry-After, or the message is dropped. */
export const stackLimits = {
  serverTransactionsMax: 20_000,
  /** With those that are answered and only wait for repetitions (32 s): small ones, two a call. */
  answeredTransactionsMax: 60_000,
  clientTransactionsMax: 20_000,
  dialogsMax: 10_000,
  /** Dialogs that one outgoing INVITE may open by forking; more are ended as soon as they answer. */
  forksMax: 16,
  overloadRetryAfterSeconds: 5,
  /** Provisional answers, or notifications of one REFER, that wait behind one that is unanswered. */
  progressQueueMax: 8,
  /** How long the fate of a REFER is told or waited for. */
  referMsMax: 240_000,
  /** RFC 3261 §18.1.1: a request larger than this goes over TCP where the flow's owner offers one. */
  udpRequestBytesMax: 1_300,
  /** Names of dialogs that have ended, by which a late Replaces is declined. */
  endedDialogsMax: 4_096,
} as const;

/** Bounds of one stream connection. */
export const streamLimits = {
  /** A header block that has not ended after this many bytes ends the connection. */
  headerBytesMax: 32_768,
  /** A message that has begun must be complete within this time (slow loris). */
  messageReadMsMax: 15_000,
} as const;
