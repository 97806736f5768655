import type { ContactFacts, ContactSegment } from "../contacts/index.ts";
import type { Segment, SegmentExit } from "./core/kpi.ts";

/** A contact's visits to queues, from the fold of its log. */
export function segmentsOf(facts: ContactFacts): readonly Segment[] {
  if (facts.test !== null) return []; // practice is no work
  const isClosed = facts.closedAt !== null;
  const { serviceLevelMs, shortAbandonMs } = facts.policy;
  const policy = { serviceLevelMs, shortAbandonMs };
  // What we dialled visits no queue; whoever waits in one later, because the agent was lost, does.
  if (facts.segments.length === 0 && facts.outbound !== null) return [];
  if (facts.segments.length === 0) {
    const exit = doorExit(facts);
    if (exit === null) return [];
    const at = facts.endedAt ?? facts.startedAt;
    return [
      {
        visit: 0,
        queueId: facts.queueId,
        enqueuedAt: at,
        answeredAt: null,
        exitAt: at,
        exit,
        connectedMs: 0,
        holdMs: 0,
        wrapUpMs: 0,
        rings: 0,
        missedRings: 0,
        noSound: false,
        ...policy,
        final: true,
      },
    ];
  }
  const lastAnswered = facts.segments.findLastIndex(({ answeredAt }) => answeredAt !== null);
  return facts.segments.map((segment, index) => {
    const isLast = index === facts.segments.length - 1;
    // A visit that ended with the contact and not by a word of its own.
    const exit = exitOf(segment) ?? (isClosed ? leftoverExit(facts) : null);
    const exitAt = segment.exitAt ?? (exit === null ? null : (facts.endedAt ?? facts.closedAt));
    return {
      visit: index + 1,
      queueId: segment.queueId,
      enqueuedAt: segment.enqueuedAt,
      answeredAt: segment.answeredAt,
      exitAt,
      exit,
      connectedMs: segment.answeredAt === null || exitAt === null ? 0 : Math.max(0, exitAt - segment.answeredAt),
      holdMs: segment.holdMs,
      wrapUpMs: index === lastAnswered ? (facts.wrapUpMs ?? 0) : 0,
      rings: segment.alerts.length,
      missedRings: segment.alerts.filter(
        ({ result, agentId }) => (result === "notAnswered" || result === "declined") && agentId !== facts.soundReportedBy,
      ).length,
      noSound: segment.agentId !== null && segment.agentId === facts.soundReportedBy,
      ...policy,
      final: exit !== null && (isClosed || !isLast),
    };
  });
}

function exitOf({ exit }: ContactSegment): SegmentExit | null {
  return exit === "abandonedRinging" ? "abandonedAlerting" : exit;
}

function leftoverExit({ outcome }: ContactFacts): SegmentExit | null {
  switch (outcome) {
    case "answered":
      return "answered";
    case "abandoned":
      return "abandoned";
    case "abandonedRinging":
      return "abandonedAlerting";
    case "refused":
    case "notReached":
      return "flowOut";
    case "systemDisconnect":
      return "systemDisconnect";
    case null:
      return null;
  }
}

/**
 * Who hangs up during the greeting was never offered to the queue, nor who calls outside the opening hours; who was turned away from it was.
 */
function doorExit({ outcome, cause }: ContactFacts): SegmentExit | null {
  if (cause?.why === "closed") return null;
  if (outcome === "refused") return "refused";
  return outcome === "systemDisconnect" ? "systemDisconnect" : null;
}
