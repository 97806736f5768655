/* What makes a lost call, and what undoes one; pure. */
import type { EndCause } from "@allo/contract";
import type { Instant } from "@allo/kernel";
import { waitMs, type ContactFacts } from "../core/contact-facts.ts";

export type LostCallState = "open" | "calledAgain" | "calledBack" | "unreachable" | "dismissed";
export type CallerMoment =
  | { readonly how: "lost"; readonly at: Instant; readonly cause: EndCause; readonly waitMs: number }
  /** The caller got through to a person. */
  | { readonly how: "answered"; readonly at: Instant };

/** Ends that are no person's doing: even a caller who was talking has been lost by them. */
const FAULTS: ReadonlySet<EndCause["why"]> = new Set(["technical", "edgeLost", "coreLost", "shutdown", "codecMismatch", "noAck"]);

/** Ends that are our own fault: whoever was lost by one is owed a call back. */
const OURS: ReadonlySet<EndCause["why"]> = new Set(["technical", "edgeLost", "coreLost", "shutdown"]);

export function isOwed({ why }: EndCause): boolean {
  return OURS.has(why);
}

/** What this contact says about its caller, in order of time. */
export function callerMoments(facts: ContactFacts): readonly CallerMoment[] {
  if (facts.test !== null || facts.outbound !== null) return []; // nobody called
  const moments: CallerMoment[] = [];
  const answers = facts.segments.flatMap(({ answeredAt }) => answeredAt ?? []);
  if (answers.length > 0) moments.push({ how: "answered", at: Math.min(...answers) });
  const { cause } = facts;
  const wentUnanswered = facts.outcome !== null && facts.outcome !== "answered";
  const wasCut = facts.endedAt !== null && cause !== null && FAULTS.has(cause.why);
  if (cause !== null && (wentUnanswered || wasCut || facts.leftParked)) {
    moments.push({ how: "lost", at: facts.endedAt ?? facts.closedAt ?? facts.startedAt, cause, waitMs: lastWaitMs(facts) });
  }
  return moments;
}

/** Whether a test's contact would stand in the lost calls had a customer called, and would be owed a call back; null: it would not. */
export function lossHadItBeenReal(facts: ContactFacts): { readonly owed: boolean } | null {
  const lost = callerMoments({ ...facts, test: null }).find(({ how }) => how === "lost");
  return lost === undefined || facts.cause === null ? null : { owed: isOwed(facts.cause) };
}

/** How long the caller waited in vain at the end; the first wait where there was but one. */
function lastWaitMs(facts: ContactFacts): number {
  const last = facts.segments.at(-1);
  if (last === undefined || last.answeredAt !== null || last.exitAt === null) return waitMs(facts) ?? 0;
  return Math.max(0, last.exitAt - last.enqueuedAt);
}

/** Why a person can't bring a lost call into this state; null: they can. */
export function settleProblem(
  from: LostCallState,
  to: Exclude<LostCallState, "open" | "calledAgain">,
  reason: string,
): "alreadySettled" | "reasonMissing" | null {
  if (from !== "open") return "alreadySettled";
  return to === "dismissed" && reason.trim() === "" ? "reasonMissing" : null;
}
