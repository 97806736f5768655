import { MINUTE_MS, SECOND_MS } from "@allo/kernel";
import type { Duration } from "@allo/kernel";

/** Defaults and bounds of routing, with their units. */
export const routerLimits: {
  readonly ringTimeoutMs: Duration;
  readonly waitMaxMs: Duration;
  readonly sizeMax: number;
  readonly wrapUpMs: Duration;
  readonly wrapUpExtensionMs: Duration;
  readonly missedRingsMax: number;
  readonly bridgeTimeoutMs: Duration;
  readonly reofferDelayMs: Duration;
  readonly passedOverMax: number;
  readonly contactsMax: number;
} = {
  /** One agent rings this long. */
  ringTimeoutMs: 20 * SECOND_MS,
  waitMaxMs: 30 * MINUTE_MS,
  sizeMax: 100,
  wrapUpMs: 60 * SECOND_MS,
  wrapUpExtensionMs: 60 * SECOND_MS,
  missedRingsMax: 2,
  /** From the accepted offer to the confirmed bridge. Past it the contact returns to the head, nobody blamed. */
  bridgeTimeoutMs: 10 * SECOND_MS,
  /** How long an agent who missed a contact is passed over for it, so that a lone agent gets it again and no caller is stuck. */
  reofferDelayMs: 10 * SECOND_MS,
  /** Entries listed in one offer's reason. */
  passedOverMax: 8,
  /** Contacts open at once in one organisation; the next is refused with routerFull. */
  contactsMax: 20_000,
};
