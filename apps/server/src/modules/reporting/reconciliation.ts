// Counts anew from the log and compares with everything that was made from it: facts, lists, lost calls, figures, agents' times.
import type { Clock, Instant } from "@allo/kernel";
import { HOUR_MS, SECOND_MS } from "@allo/kernel";
import type { Database, Scope } from "../../platform/db.ts";
import type { LogReader, ReadLine, ReadRow } from "../contacts/index.ts";
import { agentAccountOf, type AgentLine } from "./core/agent-ledger.ts";
import type { Counters } from "./core/kpi.ts";
import { accountOf, type Account } from "./core/ledger.ts";
import { localDay } from "./core/local-day.ts";
import {
  agentDifferences,
  logDifferences,
  lostCallDifferences,
  queueDayDifferences,
  queueDaysOf,
  rowDifferences,
  segmentDifferences,
  todayDifferences,
  type Difference,
  type QueueDay,
} from "./core/reconcile.ts";
import { segmentListBetween, type SegmentRecord } from "./store/segment-store.ts";

export const reconciliationLimits = {
  /** Differences told one by one; more are only counted. */
  differencesMax: 1_000,
  /** A caller may have arrived so long before the day in which the visit counts: longest wait, talk and the wait after it. */
  lookBackMs: 6 * HOUR_MS,
  /** An agent's state at midnight is known from what came before it. */
  agentLookBackMs: 16 * HOUR_MS,
  /** What happens while it is read may be in one reading and not yet in the other: it is looked at again, so often. */
  attemptsMax: 4,
  /** Talks that ended a moment ago may not have reached both logs. */
  settleMs: 10 * SECOND_MS,
} as const;

export type Reconciliation = {
  readonly from: Instant;
  readonly to: Instant;
  readonly days: number;
  readonly contacts: number;
  readonly segments: number;
  readonly agents: number;
  readonly queueDays: readonly QueueDay[];
  readonly differenceCount: number;
  /** The first of them. */
  readonly differences: readonly Difference[];
};
export type ReconcileOptions = {
  readonly from: Instant;
  readonly to: Instant;
  readonly timeZone: string;
  /** What the floor shows of today, by queue; absent: not compared. */
  readonly today?: () => ReadonlyMap<string, Counters>;
  /** Resolves when all that is in the log has been projected. */
  readonly settled?: () => Promise<void>;
  readonly onDay?: (day: { readonly from: Instant; readonly differences: number }) => void;
};
export type Reconcile = (scope: Scope, options: ReconcileOptions) => Promise<Reconciliation>;

/** Ends that are no person's doing: even a caller who was talking has been lost by them. */
const FAULTS: ReadonlySet<string> = new Set(["technical", "edgeLost", "coreLost", "shutdown", "codecMismatch", "noAck"]);

export function createReconciliation({
  database,
  clock,
  log,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: LogReader;
}): Reconcile {
  const reconcileDay = async (
    scope: Scope,
    day: { readonly from: Instant; readonly to: Instant },
    dayOf: (at: Instant) => Instant,
  ): Promise<Omit<Reconciliation, "from" | "to" | "days" | "differenceCount">> => {
    const { from, to } = day;
    const readAt = clock.now();
    // Of a contact that waits to be projected nothing may stand yet; the first look is the longest ago.
    const due = await log.due(scope);
    // What was made is read before what it was made of, so that the log holds at least as much.
    const rows = await log.rows(scope, day);
    const segments = await database.withScope(scope, (tx) => segmentListBetween(tx, day));
    const early = await log.arrivals(scope, { from: from - reconciliationLimits.lookBackMs, to: from });
    const arrived = await log.arrivals(scope, day);
    const lines = Map.groupBy(await log.lines(scope, [...early, ...arrived]), (line) => line.contactId as string);
    const listed = await log.lost(scope, arrived);
    const agentLines = await log.agentLines(scope, { from: from - reconciliationLimits.agentLookBackMs, to });

    const standing = new Set<string>([...rows, ...segments].map(({ contactId }) => contactId));
    for (const contactId of due) if (!standing.has(contactId)) lines.delete(contactId);
    const whole = [...lines.values()].map(accountOf);
    const asFacts = accountsUntil(lines, sequencesOf(segments));
    const asRows = accountsUntil(lines, sequencesOf(rows)).filter(({ arrivedAt }) => arrivedAt >= from);
    const queueDays = queueDaysOf(segments, dayOf);
    const agents = [...Map.groupBy(agentLines, ({ personId }) => personId)].map(([personId, list]) =>
      agentAccountOf(personId, list satisfies readonly AgentLine[], { from, to: Math.min(to, readAt) }),
    );
    const settled = agents.map((agent) => ({
      ...agent,
      talks: agent.talks.filter((talk) => talk.to < readAt - reconciliationLimits.settleMs),
    }));
    const lost = arrived.filter((contactId) => !due.has(contactId) && isLost(lines.get(contactId) ?? []));
    const differences = [
      ...logDifferences(whole.filter(({ arrivedAt }) => arrivedAt >= from)),
      ...segmentDifferences(asFacts, segments, day),
      ...rowDifferences(asRows, rows),
      ...queueDayDifferences(asFacts, queueDays, { ...day, dayOf }),
      ...agentDifferences(settled, whole),
      ...lostCallDifferences(lost, new Map([...listed].filter(([contactId]) => !due.has(contactId)))),
    ];
    return { contacts: arrived.length, segments: segments.length, agents: agents.length, queueDays, differences };
  };

  return async (scope, { from, to, timeZone, today, settled, onDay }) => {
    const dayOf = cachedDay(timeZone);
    const sums = { days: 0, contacts: 0, segments: 0, differenceCount: 0 };
    const agents = new Set<number>();
    const queueDays: QueueDay[] = [];
    const differences: Difference[] = [];
    for (let at = from; at < to; at = localDay(at, timeZone).to) {
      const day = { from: Math.max(from, localDay(at, timeZone).from), to: Math.min(to, localDay(at, timeZone).to) };
      let found = await reconcileDay(scope, day, dayOf);
      let ofToday: readonly Difference[] = [];
      const isNow = clock.now() < day.to + HOUR_MS;
      for (let attempt = 1; isNow && attempt < reconciliationLimits.attemptsMax; attempt += 1) {
        // The floor's sums are of whole days.
        const isWhole = day.from === localDay(at, timeZone).from && localDay(clock.now(), timeZone).from === day.from;
        ofToday = today === undefined || !isWhole ? [] : todayDifferences(found.queueDays, today());
        if (found.differences.length === 0 && ofToday.length === 0) break;
        await settled?.();
        found = await reconcileDay(scope, day, dayOf);
        ofToday = today === undefined || !isWhole ? [] : todayDifferences(found.queueDays, today());
      }
      const all = [...found.differences, ...ofToday];
      sums.days += 1;
      sums.contacts += found.contacts;
      sums.segments += found.segments;
      sums.differenceCount += all.length;
      agents.add(found.agents);
      queueDays.push(...found.queueDays);
      differences.push(...all.slice(0, reconciliationLimits.differencesMax - differences.length));
      onDay?.({ from: day.from, differences: all.length });
    }
    return { from, to, ...sums, agents: Math.max(0, ...agents), queueDays, differences };
  };
}

/** Each contact's account of no more of the log than what was made of it holds. A contact of which nothing was made counts whole. */
function accountsUntil(lines: ReadonlyMap<string, readonly ReadLine[]>, sequences: ReadonlyMap<string, number>): readonly Account[] {
  return [...lines].map(([contactId, list]) => {
    const until = sequences.get(contactId) ?? Number.POSITIVE_INFINITY;
    return accountOf(list.filter(({ sequence }) => sequence <= until));
  });
}

function sequencesOf(made: readonly (ReadRow | SegmentRecord)[]): ReadonlyMap<string, number> {
  return new Map(made.map(({ contactId, sequence }) => [contactId, sequence]));
}

/** The caller went without an answer, or was cut off by a fault. */
function isLost(lines: readonly ReadLine[]): boolean {
  if (lines[0]?.data["test"] != null) return false;
  const closed = lines.find(({ kind }) => kind === "contactClosed");
  const ended = lines.find(({ kind }) => kind === "callEnded");
  const cause = (closed ?? ended)?.data["cause"];
  const why = typeof cause === "object" && cause !== null && "why" in cause ? String(cause.why) : "";
  return (closed !== undefined && closed.data["outcome"] !== "answered") || (ended !== undefined && FAULTS.has(why));
}

/** Asking the calendar is slow, and segments of a day ask for the same one. */
function cachedDay(timeZone: string): (at: Instant) => Instant {
  let known = localDay(0, timeZone);
  return (at) => {
    if (at < known.from || at >= known.to) known = localDay(at, timeZone);
    return known.from;
  };
}
