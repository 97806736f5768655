/*
 * The one definition of each inbound figure (docs/GLOSSARY.md names them). A segment is one visit of a contact to one queue; everything is
 * counted from segments, as sums, so that figures of parts add up to those of the whole; ratios are made of sums, never of ratios. A ratio
 * without anything to divide by is null.
 */
import type { Duration, Instant } from "@allo/kernel";

export type SegmentExit = "answered" | "abandoned" | "abandonedAlerting" | "flowOut" | "systemDisconnect" | "refused";

/** One visit to one queue. Visit 0 is a caller turned away at the queue's door: refused, or lost by a fault, without having waited. */
export type Segment = {
  readonly visit: number;
  readonly queueId: string;
  readonly enqueuedAt: Instant;
  readonly answeredAt: Instant | null;
  /** When the waiting in vain, or the talk, was over. */
  readonly exitAt: Instant | null;
  readonly exit: SegmentExit | null;
  /** Both sides joined, hold included. */
  readonly connectedMs: Duration;
  readonly holdMs: Duration;
  readonly wrapUpMs: Duration;
  readonly rings: number;
  readonly missedRings: number;
  /** T and S of the service level, as they were when the contact began. */
  readonly serviceLevelMs: Duration;
  readonly shortAbandonMs: Duration;
  /** The agent found the line without sound: what it took is nobody's handle time. */
  readonly noSound: boolean;
  /** Talk and wrap-up are over, or the caller left unanswered: nothing changes any more. */
  readonly final: boolean;
};

/** Raw sums over segments; `longestWaitMs` is their maximum. */
export type Counters = {
  readonly offered: number;
  readonly answered: number;
  /** Answered within T, T itself included. */
  readonly answeredInTarget: number;
  /** Hung up while waiting or while an agent rang. */
  readonly abandoned: number;
  readonly abandonedInTarget: number;
  /** Abandoned sooner than S. */
  readonly shortAbandoned: number;
  /** Longest wait passed, or taken out of the queue otherwise. */
  readonly flowedOut: number;
  /** Turned away at the door: nobody signed in, queue full. */
  readonly refused: number;
  readonly systemDisconnected: number;
  /** Still waiting. */
  readonly open: number;
  readonly answeredWaitMs: Duration;
  readonly abandonedWaitMs: Duration;
  /** Answered ones whose talk and wrap-up are over, and what they took. */
  readonly handled: number;
  readonly handleMs: Duration;
  readonly holdMs: Duration;
  readonly rings: number;
  readonly missedRings: number;
  readonly longestWaitMs: Duration | null;
};

export const noCounters: Counters = {
  offered: 0,
  answered: 0,
  answeredInTarget: 0,
  abandoned: 0,
  abandonedInTarget: 0,
  shortAbandoned: 0,
  flowedOut: 0,
  refused: 0,
  systemDisconnected: 0,
  open: 0,
  answeredWaitMs: 0,
  abandonedWaitMs: 0,
  handled: 0,
  handleMs: 0,
  holdMs: 0,
  rings: 0,
  missedRings: 0,
  longestWaitMs: null,
};

/** From enqueueing to the answer, or to leaving unanswered; ringing is waiting too. Null while it goes on. */
export function segmentWaitMs({ enqueuedAt, answeredAt, exitAt }: Segment): Duration | null {
  const until = answeredAt ?? exitAt;
  return until === null ? null : Math.max(0, until - enqueuedAt);
}

/** What one segment adds to the figures of its queue and day (by the time of enqueueing). */
export function countSegment(segment: Segment): Counters {
  const wait = segmentWaitMs(segment);
  const isAnswered = segment.answeredAt !== null;
  const exit = isAnswered ? "answered" : segment.exit;
  const isAbandoned = exit === "abandoned" || exit === "abandonedAlerting";
  const isInTarget = wait !== null && wait <= segment.serviceLevelMs;
  const isHandled = isAnswered && segment.final && !segment.noSound;
  const one = (is: boolean): number => (is ? 1 : 0);
  return {
    offered: 1,
    answered: one(isAnswered),
    answeredInTarget: one(isAnswered && isInTarget),
    abandoned: one(isAbandoned),
    abandonedInTarget: one(isAbandoned && isInTarget),
    shortAbandoned: one(isAbandoned && wait !== null && wait < segment.shortAbandonMs),
    flowedOut: one(exit === "flowOut"),
    refused: one(exit === "refused"),
    systemDisconnected: one(exit === "systemDisconnect"),
    open: one(exit === null),
    answeredWaitMs: isAnswered ? (wait ?? 0) : 0,
    abandonedWaitMs: isAbandoned ? (wait ?? 0) : 0,
    handled: one(isHandled),
    handleMs: isHandled ? segment.connectedMs + segment.wrapUpMs : 0,
    holdMs: isHandled ? segment.holdMs : 0,
    rings: segment.rings,
    missedRings: segment.missedRings,
    longestWaitMs: segment.visit === 0 ? null : wait,
  };
}

export function addCounters(a: Counters, b: Counters): Counters {
  return combine(a, b, 1);
}

/** Takes back what a segment had added; the longest wait stays, as a wait that was can't become shorter. */
export function subtractCounters(a: Counters, b: Counters): Counters {
  return { ...combine(a, b, -1), longestWaitMs: a.longestWaitMs };
}

function combine(a: Counters, b: Counters, sign: 1 | -1): Counters {
  return {
    offered: a.offered + sign * b.offered,
    answered: a.answered + sign * b.answered,
    answeredInTarget: a.answeredInTarget + sign * b.answeredInTarget,
    abandoned: a.abandoned + sign * b.abandoned,
    abandonedInTarget: a.abandonedInTarget + sign * b.abandonedInTarget,
    shortAbandoned: a.shortAbandoned + sign * b.shortAbandoned,
    flowedOut: a.flowedOut + sign * b.flowedOut,
    refused: a.refused + sign * b.refused,
    systemDisconnected: a.systemDisconnected + sign * b.systemDisconnected,
    open: a.open + sign * b.open,
    answeredWaitMs: a.answeredWaitMs + sign * b.answeredWaitMs,
    abandonedWaitMs: a.abandonedWaitMs + sign * b.abandonedWaitMs,
    handled: a.handled + sign * b.handled,
    handleMs: a.handleMs + sign * b.handleMs,
    holdMs: a.holdMs + sign * b.holdMs,
    rings: a.rings + sign * b.rings,
    missedRings: a.missedRings + sign * b.missedRings,
    longestWaitMs:
      a.longestWaitMs === null ? b.longestWaitMs : b.longestWaitMs === null ? a.longestWaitMs : Math.max(a.longestWaitMs, b.longestWaitMs),
  };
}

/** The shapes of the service level that centres use. */
export type ServiceLevelKind = "abandonsNegative" | "abandonsExcluded" | "abandonsPositive" | "answeredOnly" | "shortAbandonsExcluded";
export type ServiceLevelCounts = Pick<Counters, "answered" | "answeredInTarget" | "abandoned" | "abandonedInTarget" | "shortAbandoned">;

/** A share from 0 to 1. `shortAbandonsExcluded` is the one that screens show. */
export function serviceLevel(counts: ServiceLevelCounts, kind: ServiceLevelKind = "shortAbandonsExcluded"): number | null {
  const { answered, answeredInTarget, abandoned, abandonedInTarget, shortAbandoned } = counts;
  switch (kind) {
    case "abandonsNegative":
      return ratio(answeredInTarget, answered + abandoned);
    case "abandonsExcluded":
      return ratio(answeredInTarget, answered + abandoned - abandonedInTarget);
    case "abandonsPositive":
      return ratio(answeredInTarget + abandonedInTarget, answered + abandoned);
    case "answeredOnly":
      return ratio(answeredInTarget, answered);
    case "shortAbandonsExcluded":
      return ratio(answeredInTarget, answered + abandoned - shortAbandoned);
  }
}

/** Average speed of answer: the wait of those who were answered. */
export function averageSpeedOfAnswerMs({ answeredWaitMs, answered }: Pick<Counters, "answeredWaitMs" | "answered">): number | null {
  return ratio(answeredWaitMs, answered);
}

/** Average handle time: talk, hold and wrap-up of those that are over. */
export function averageHandleMs({ handleMs, handled }: Pick<Counters, "handleMs" | "handled">): number | null {
  return ratio(handleMs, handled);
}

export function abandonRate({ abandoned, offered }: Pick<Counters, "abandoned" | "offered">): number | null {
  return ratio(abandoned, offered);
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
