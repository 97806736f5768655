import type { FloorAgent, FloorQueue, FloorState, NotReadyReason } from "@allo/contract";
import type { StateName } from "../../ui/state-badge.tsx";

/** How much a queue needs someone: nobody waits, someone waits, someone waits longer than the target. */
export type Urgency = "calm" | "waiting" | "late";

export function urgencyOf(queue: Pick<FloorQueue, "waiting" | "oldestQueuedAt" | "today">, now: number): Urgency {
  if (queue.waiting === 0 || queue.oldestQueuedAt === null) return "calm";
  return now - queue.oldestQueuedAt > queue.today.serviceLevelSeconds * 1_000 ? "late" : "waiting";
}

const urgencyRank: Readonly<Record<Urgency, number>> = { late: 0, waiting: 1, calm: 2 };

/** Late first, then those with waiting callers, the longest wait before the shorter; the rest by name. */
export function queuesByNeed(
  queues: readonly FloorQueue[],
  now: number,
  compare: (a: FloorQueue, b: FloorQueue) => number,
): readonly FloorQueue[] {
  return [...queues].sort(
    (a, b) =>
      urgencyRank[urgencyOf(a, now)] - urgencyRank[urgencyOf(b, now)] ||
      (a.oldestQueuedAt ?? Infinity) - (b.oldestQueuedAt ?? Infinity) ||
      compare(a, b),
  );
}

/** The state as it is shown: a hold is a talk on hold, and a break past its minutes is overdue. */
export function shownState(agent: FloorAgent, reasons: ReadonlyMap<string, NotReadyReason>, now: number): StateName {
  if (agent.helpAskedAt != null) return "helpAsked";
  if (agent.state === "talking" && agent.held) return "hold";
  if (agent.state !== "notReady") return agent.state;
  const maxMinutes = agent.reasonId === null ? null : (reasons.get(agent.reasonId)?.maxMinutes ?? null);
  return maxMinutes !== null && now - agent.since > maxMinutes * 60_000 ? "breakOverdue" : "notReady";
}

/** Signed in, but no call can reach the browser: the agent should be told. */
export function isUnreachable(agent: FloorAgent): boolean {
  return !agent.reachable && agent.state !== "offline";
}

const stateRank: Readonly<Record<StateName, number>> = {
  helpAsked: 0,
  breakOverdue: 1,
  late: 2,
  ringing: 3,
  hold: 4,
  consulting: 5,
  talking: 5,
  dialling: 5,
  wrapUp: 6,
  notReady: 7,
  ready: 8,
  waiting: 8,
  offline: 9,
};

/** Who needs someone first: unreachable though at work, breaks overdue, ringing, on hold; those longest in a state before others. */
export function agentsByNeed(
  agents: readonly FloorAgent[],
  reasons: ReadonlyMap<string, NotReadyReason>,
  now: number,
): readonly FloorAgent[] {
  const rank = (agent: FloorAgent): number =>
    isUnreachable(agent) && agent.state !== "notReady" ? -1 : stateRank[shownState(agent, reasons, now)];
  return agents
    .map((agent) => ({ agent, rank: rank(agent) }))
    .sort((a, b) => a.rank - b.rank || a.agent.since - b.agent.since || (a.agent.personId < b.agent.personId ? -1 : 1))
    .map(({ agent }) => agent);
}

/** What of the floor is one project's: its queues, who serves them, who waits in them. */
export function inProject(floor: FloorState, projectId: string): FloorState {
  const queues = floor.queues.filter((queue) => queue.projectId === projectId);
  const ids = new Set(queues.map((queue) => queue.queueId));
  return {
    ...floor,
    queues,
    agents: floor.agents.filter((agent) => agent.queueIds.some((queueId) => ids.has(queueId))),
    waiting: floor.waiting.filter((each) => ids.has(each.queueId)),
    parked: floor.parked.filter((each) => ids.has(each.queueId)),
    passedOn: floor.passedOn.filter((each) => ids.has(each.queueId)),
  };
}
