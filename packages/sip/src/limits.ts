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
  clientTransactionsMax: 20_000,
  dialogsMax: 10_000,
  /** Dialogs that one outgoing INVITE may open by forking; more are ended as soon as they answer. */
  forksMax: 16,
  overloadRetryAfterSeconds: 5,
} as const;

/** Bounds of one stream connection. */
export const streamLimits = {
  /** A header block that has not ended after this many bytes ends the connection. */
  headerBytesMax: 32_768,
  /** A message that has begun must be complete within this time (slow loris). */
  messageReadMsMax: 15_000,
} as const;
