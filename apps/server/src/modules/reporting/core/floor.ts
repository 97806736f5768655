/* The floor as screens show it, from the router's view, the setup and today's figures; and what changed between two looks. Pure. */
import type { AgentState, AgentView, NotReadyReason, PassedOverCode, QueueView } from "@allo/acd";
import type { FloorAgent, FloorQueue, FloorState, LineVerdict, LivePatch, Queue } from "@allo/contract";
import type { ContactId, Instant, PersonId, QueueId } from "@allo/kernel";

export const floorLimits = {
  /** Callers shown with the reasons why they wait: the next ones of each queue. */
  waitingPerQueueMax: 50,
  whyPerContactMax: 20,
  passedOnMax: 500,
} as const;

export type FloorInput = {
  readonly at: Instant;
  readonly timeZone: string;
  /** Those that this watcher may see, in the order of the setup. */
  readonly queues: readonly Queue[];
  readonly members: ReadonlyMap<QueueId, readonly { readonly personId: string }[]>;
  readonly queueViews: readonly QueueView[];
  readonly agentViews: readonly AgentView[];
  readonly nameOf: (personId: PersonId) => string;
  /** Whether a supervisor made the agent's last change. */
  readonly wasForced: (personId: PersonId) => boolean;
  readonly todayOf: (queue: Queue) => FloorQueue["today"];
  /** How the talk sounds; null where that isn't known. */
  readonly lineOf: (contactId: ContactId) => LineVerdict | null;
  /** Since when a lead is asked into the talk. */
  readonly helpAskedAt: (contactId: ContactId) => Instant | null;
  /** Customers in a slot, of the whole organisation. */
  readonly parked: readonly { readonly contactId: ContactId; readonly queueId: string; readonly phase: ParkedPhase }[];
  /** Talks without an agent, of the whole organisation, the longest first. */
  readonly passedOn: readonly {
    readonly contactId: ContactId;
    readonly queueId: string;
    readonly by: PersonId | null;
    readonly since: Instant;
    readonly until: Instant;
    readonly customerName: string | null;
    readonly callerNumber: string | null;
    readonly outsideNumber: string | null;
    readonly recording: "off" | "on" | "paused";
  }[];
  /** Whether this watcher may see customers' names and numbers. */
  readonly readsNames: boolean;
  readonly whyWaiting: (contactId: ContactId) => readonly { readonly agent: PersonId; readonly code: PassedOverCode }[];
};

export type ParkedPhase = { readonly slot: number; readonly by: PersonId; readonly since: Instant; readonly until: Instant };

const SYSTEM_REASONS: ReadonlySet<NotReadyReason> = new Set<NotReadyReason>([
  "justSignedIn",
  "afterMissedRings",
  "connectionLost",
  "supervisorForced",
  "signedOut",
]);
const SYSTEM_CAUSES = ["afterMissedRings", "connectionLost", "supervisorForced"] as const;

export function buildFloor(input: FloorInput): FloorState {
  const shown = input.queues.filter(({ retired }) => !retired);
  const queueIdsOf = new Map<string, string[]>();
  for (const { queueId } of shown) {
    for (const { personId } of input.members.get(queueId as QueueId) ?? [])
      queueIdsOf.set(personId, [...(queueIdsOf.get(personId) ?? []), queueId]);
  }
  const viewOfAgent = new Map(input.agentViews.map((view) => [view.agent as string, view]));
  const viewOfQueue = new Map(input.queueViews.map((view) => [view.queue as string, view]));
  // Members who aren't signed in are there as well: who is missing matters.
  const agents = [...queueIdsOf].map(([personId, queueIds]) => showAgent(input, personId as PersonId, viewOfAgent.get(personId), queueIds));
  return {
    at: input.at,
    timeZone: input.timeZone,
    queues: shown.map((queue) => showQueue(input, queue, viewOfQueue.get(queue.queueId), viewOfAgent)),
    agents: agents.toSorted((a, b) => compareText(a.name, b.name) || compareText(a.personId, b.personId)),
    waiting: shown.flatMap((queue) => showWaiting(input, viewOfQueue.get(queue.queueId))),
    parked: input.parked
      .filter(({ queueId }) => shown.some((queue) => queue.queueId === queueId))
      .map(({ contactId, queueId, phase: { slot, by, since, until } }) => ({
        contactId,
        slot,
        queueId,
        parkedByName: input.nameOf(by),
        since,
        until,
      })),
    passedOn: input.passedOn
      .filter(({ queueId }) => shown.some((queue) => queue.queueId === queueId))
      .slice(0, floorLimits.passedOnMax)
      .map(({ contactId, queueId, by, since, until, recording, ...whom }) => ({
        contactId,
        queueId,
        leftByName: by === null ? "" : input.nameOf(by),
        since,
        until,
        recording,
        customerName: input.readsNames ? whom.customerName : null,
        callerNumber: input.readsNames ? whom.callerNumber : null,
        outsideNumber: input.readsNames ? whom.outsideNumber : null,
      })),
  };
}

/** What brings `before` to `after`, one patch for each list that differs. Order within a list is not said again. */
export function floorPatches(
  before: FloorState,
  after: FloorState,
): readonly { readonly list: "queues" | "agents" | "waiting" | "parked" | "passedOn"; readonly patch: LivePatch }[] {
  return (
    [
      { list: "queues", patch: rowsPatch({ list: "queues", key: "queueId" }, before.queues, after.queues) },
      { list: "agents", patch: rowsPatch({ list: "agents", key: "personId" }, before.agents, after.agents) },
      { list: "waiting", patch: rowsPatch({ list: "waiting", key: "contactId" }, before.waiting, after.waiting) },
      { list: "parked", patch: rowsPatch({ list: "parked", key: "contactId" }, before.parked, after.parked) },
      { list: "passedOn", patch: rowsPatch({ list: "passedOn", key: "contactId" }, before.passedOn, after.passedOn) },
    ] as const
  ).flatMap(({ list, patch }) => (patch === null ? [] : [{ list, patch }]));
}

function rowsPatch<R extends Readonly<Record<string, unknown>>>(
  place: { readonly list: string; readonly key: string },
  before: readonly R[],
  after: readonly R[],
): LivePatch | null {
  const was = new Map(before.map((row) => [String(row[place.key]), JSON.stringify(row)]));
  const is = new Set(after.map((row) => String(row[place.key])));
  const upsert = after.filter((row) => was.get(String(row[place.key])) !== JSON.stringify(row));
  const remove = [...was.keys()].filter((id) => !is.has(id));
  return upsert.length === 0 && remove.length === 0 ? null : { op: "rows", ...place, upsert, remove };
}

function showQueue(input: FloorInput, queue: Queue, view: QueueView | undefined, agents: ReadonlyMap<string, AgentView>): FloorQueue {
  const members = (input.members.get(queue.queueId as QueueId) ?? []).map(({ personId }) => agents.get(personId));
  const count = (kinds: readonly AgentState["kind"][]): number =>
    members.filter((agent) => agent !== undefined && kinds.includes(agent.state.kind)).length;
  const waiting = view?.waiting ?? [];
  return {
    queueId: queue.queueId,
    projectId: queue.projectId,
    names: queue.names,
    waiting: waiting.length,
    oldestQueuedAt: waiting.length === 0 ? null : Math.min(...waiting.map(({ enqueuedAt }) => enqueuedAt)),
    agentsReady: count(["ready"]),
    agentsTalking: count(["talking", "ringing"]),
    agentsWrapUp: count(["wrapUp"]),
    agentsNotReady: count(["notReady"]),
    today: input.todayOf(queue),
  };
}

function showAgent(input: FloorInput, personId: PersonId, view: AgentView | undefined, queueIds: string[]): FloorAgent {
  const state: AgentState = view?.state ?? { kind: "offline" };
  const pending = view?.pending ?? null;
  const busy = state.kind === "ringing" || state.kind === "talking" || state.kind === "wrapUp" ? state : null;
  // A colleague at the other end, by the router's name of it: no contact stands behind it, and the queue is any.
  const isInternal = busy?.contact.startsWith("int_") === true;
  return {
    personId,
    name: input.nameOf(personId),
    state: state.kind,
    since: view?.since ?? 0,
    reasonId: state.kind === "notReady" ? ownReason(state.reason) : null,
    pendingReasonId: pending?.kind === "notReady" ? ownReason(pending.reason) : null,
    systemCause: state.kind === "notReady" ? systemCause(state.reason, input.wasForced(personId)) : null,
    held: state.kind === "talking" && state.held,
    line: state.kind === "talking" ? input.lineOf(state.contact) : null,
    helpAskedAt: state.kind === "talking" ? input.helpAskedAt(state.contact) : null,
    reachable: view?.mediaProven ?? false,
    contactId: isInternal ? null : (busy?.contact ?? null),
    queueId: isInternal ? null : (busy?.queue ?? null),
    ...(isInternal ? { inInternalCall: true } : {}),
    queueIds,
  };
}

function showWaiting(input: FloorInput, view: QueueView | undefined): FloorState["waiting"] {
  return (view?.waiting ?? []).slice(0, floorLimits.waitingPerQueueMax).map(({ contact, enqueuedAt }) => ({
    contactId: contact,
    queueId: view?.queue ?? "",
    queuedAt: enqueuedAt,
    why: input
      .whyWaiting(contact)
      .slice(0, floorLimits.whyPerContactMax)
      .map(({ agent, code }) => ({ personId: agent, code })),
  }));
}

function ownReason(reason: NotReadyReason): string | null {
  return SYSTEM_REASONS.has(reason) ? null : reason;
}

function systemCause(reason: NotReadyReason, wasForced: boolean): string | null {
  return SYSTEM_CAUSES.find((cause) => cause === reason) ?? (wasForced ? "supervisorForced" : null);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
