// What a desk phone shows of a call that was dialled there and can't be: a status of SIP, and a phrase for its display.
import type { EndReason, InternalOutcome } from "@allo/contract";
import type { ApiError } from "../../platform/api-error.ts";

/** `sentence`: said to whoever dialled, where one fits. */
export type SaidAtPhone = { readonly status: number; readonly reason: string; readonly sentence?: "refuse.technical" };

const SAID: Readonly<Record<string, SaidAtPhone>> = {
  forbidden: { status: 403, reason: "Not allowed to call" },
  notSignedIn: { status: 403, reason: "Not signed in at the desk" },
  dialRefused: { status: 403, reason: "This number may not be called" },
  dialStopped: { status: 403, reason: "Outgoing calls are stopped" },
  noCallerNumber: { status: 403, reason: "No number to call from" },
  notFound: { status: 404, reason: "Nobody has this number" },
  numberUnreadable: { status: 404, reason: "Not a number" },
  phoneNotReady: { status: 480, reason: "Phone not ready" },
  wrongState: { status: 486, reason: "Busy at the desk" },
  invalidInput: { status: 486, reason: "Your own extension" },
  colleagueNotFree: { status: 486, reason: "Colleague not free" },
  tooManyAttempts: { status: 503, reason: "Too many calls in a minute" },
  internalCallsFull: { status: 503, reason: "Too many calls now" },
  exchangeFull: { status: 503, reason: "Too many calls now" },
  exchangeDraining: { status: 503, reason: "No new calls now" },
  noTrunk: { status: 503, reason: "No line to call out by" },
  starting: { status: 503, reason: "Starting, dial again", sentence: "refuse.technical" },
};
const FAULT: SaidAtPhone = { status: 503, reason: "Technical trouble", sentence: "refuse.technical" };

/** Why the call doesn't begin; null: something failed that nobody foresaw. */
export function saidOfRefusal(error: Pick<ApiError, "code"> | null): SaidAtPhone {
  return error === null ? FAULT : (SAID[error.code] ?? FAULT);
}

/** A colleague was called, and it came to no talk. */
export function saidOfInternal(outcome: InternalOutcome): Pick<SaidAtPhone, "status" | "reason"> {
  switch (outcome) {
    case "declined":
      return { status: 603, reason: "Declined" };
    case "notAnswered":
      return { status: 480, reason: "No answer" };
    case "notAvailable":
      return { status: 480, reason: "Not available" };
    case "givenUp":
    case "answered":
      return { status: 487, reason: "Call over" };
    case "failed":
      return { status: 503, reason: "Technical trouble" };
    default:
      return outcome satisfies never;
  }
}

/** A call out that is over before the carrier was asked, or without its word. */
export function saidOfEnd(why: EndReason | null): Pick<SaidAtPhone, "status" | "reason"> {
  return why === "phoneGone" ? { status: 480, reason: "Phone not ready" } : { status: 503, reason: "Technical trouble" };
}
