const DAY_MS = 86_400_000;

export const tlsLimits = {
  authorityDays: 3_650,
  /** Below the 398 days that browsers accept; renewed with a third of it left. */
  leafDays: 200,
  /** Clocks of other machines may be behind. */
  backdateMs: DAY_MS,
  /** Of a certificate's life: with so much left it is renewed. */
  renewAtShareLeft: 1 / 3,
  /** Addresses of the machine and the age of certificates are looked at so often. */
  watchMs: 30_000,
  /** A connection that hasn't said whether it speaks TLS or HTTP. */
  firstByteMsMax: 10_000,
  handshakeMsMax: 10_000,
  undecidedMax: 2_000,
  /** Of one address: nobody alone can fill the room of all. */
  undecidedPerAddressMax: 200,
  addressesMax: 32,
} as const;

export const acmeLimits = {
  requestMsMax: 30_000,
  answerBytesMax: 1_048_576,
  pollMsMin: 1_000,
  pollMsMax: 10_000,
  /** An order that isn't ready by then has failed. */
  orderMsMax: 180_000,
  /** After a failure: so long, doubled each time, at most the other. Public authorities count failures by the hour. */
  retryMsMin: 15 * 60_000,
  retryMsMax: 12 * 3_600_000,
  rateLimitedMsMin: 3_600_000,
  /** Tries of one request whose nonce is refused each time. */
  badNoncesMax: 10,
  saidCharactersMax: 400,
  challengePort: 80,
  browserPort: 443,
} as const;
