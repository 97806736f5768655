/** Bounds of the callers, with their units. */
export const callerLimits = {
  /** Calls at once on one set of sockets. */
  callsMax: 500,
  /** No provisional answer to an INVITE by then: the port is called silent. SIP itself would wait 32 s (RFC 3261, timer B). */
  answerlessMs: 8_000,
  /** A callee who rings longer is given up. */
  ringingMs: 180_000,
  /** No packet of an answered call's peer for so long, and nothing in its signalling: the line is dropped. */
  peerSilentMs: 60_000,
  /** How long the sockets stay open for the last BYE: SIP says it again after 500 ms (RFC 3261, T1). */
  closingMs: 700,
  /** Keys waiting to be sent in one call. */
  digitsMax: 64,
  digitMs: 100,
  digitPauseMs: 60,
} as const;
