// Which outcome of a request sends it on to the next target of a trunk (RFC 3263 §4.3), and which is the called party's word.

/** Answers about the person or the number: another target of the same carrier would say the same. */
const NEVER: ReadonlySet<number> = new Set([404, 410, 484, 485, 486, 487, 600, 603, 604, 606, 607, 608]);

export type RequestOutcome =
  | { readonly kind: "answered"; readonly status: number }
  /** No answer within timer B, or the connection failed (RFC 3261 §8.1.3.1). */
  | { readonly kind: "timeout" }
  | { readonly kind: "connectionFailed" };

/** `codes`: statuses by which this trunk's calls also go on; a busy or unknown number never does, whatever they say. */
export function goesOn(outcome: RequestOutcome, codes: readonly number[] = []): boolean {
  if (outcome.kind !== "answered") return true;
  const { status } = outcome;
  if (status < 300 || NEVER.has(status)) return false;
  return status === 408 || (status >= 500 && status < 600) || codes.includes(status);
}

/** Whether a status may be in a trunk's list at all; the screen that sets it up asks. */
export function mayGoOn(status: number): boolean {
  return Number.isInteger(status) && status >= 300 && status < 700 && !NEVER.has(status);
}
