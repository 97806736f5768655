// With what a call that was dialled at a phone of ours is refused, where it reaches nobody.
import type { EndCause } from "@allo/contract";

/** A status of SIP, and what a display can show in place of its usual phrase. */
export type LastWord = { readonly status: number; readonly reason: string | null };

export const BUSY_WORD: LastWord = { status: 486, reason: null };
/** Nothing came of it in time. */
export const NOT_BEGUN_WORD: LastWord = { status: 503, reason: null };

/** As it would sound from whoever was called, or their carrier; what they said themselves is passed on. */
export function lastWordOf({ why, sipStatus }: EndCause): LastWord {
  const status = sipStatus !== undefined && sipStatus >= 400 && sipStatus !== 401 && sipStatus !== 407 ? sipStatus : statusOf(why);
  return { status, reason: null };
}

function statusOf(why: EndCause["why"]): number {
  switch (why) {
    case "busy":
      return 486;
    case "declined":
      return 603;
    case "unknownNumber":
      return 404;
    case "codecMismatch":
      return 488;
    case "cancelled":
    case "hungUp":
      return 487;
    case "noTrunk":
    case "notReached":
    case "technical":
    case "shutdown":
      return 503;
    default:
      return 480;
  }
}
