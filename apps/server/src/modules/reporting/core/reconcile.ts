/* Where two accounts of the same contacts differ. Pure: what was counted anew from the log against what is stored and shown. */
import type { Instant } from "@allo/kernel";
import type { AgentAccount } from "./agent-ledger.ts";
import { addCounters, countSegment, noCounters, type Counters, type Segment } from "./kpi.ts";
import type { Account } from "./ledger.ts";

export type ReconciliationCheck =
  /** The log contradicts itself. */
  | "log"
  /** A visit to a queue as the facts have it. */
  | "segment"
  /** A row of the list of contacts. */
  | "row"
  /** Figures of a queue on a day don't add up. */
  | "queueDay"
  | "agentTime"
  | "lostCall"
  /** What the floor shows of today. */
  | "today";
export type Difference = {
  readonly check: ReconciliationCheck;
  /** A contact, a queue with its day, a person. */
  readonly subject: string;
  readonly what: string;
  readonly counted: string;
  readonly stored: string;
  readonly contactIds: readonly string[];
};
export type QueueDay = { readonly queueId: string; readonly day: Instant; readonly counters: Counters };
export type StoredSegment = Segment & { readonly contactId: string };
export type StoredRow = {
  readonly contactId: string;
  readonly outcome: string | null;
  readonly talkMs: number | null;
  readonly holdMs: number | null;
  readonly wrapUpMs: number | null;
  readonly isTest: boolean;
};

const SEGMENT_FIELDS = [
  "queueId",
  "enqueuedAt",
  "answeredAt",
  "exitAt",
  "exit",
  "connectedMs",
  "holdMs",
  "wrapUpMs",
  "rings",
  "missedRings",
] as const satisfies readonly (keyof Segment)[];
/** Router and edge see one talk begin and end a moment apart. */
const TALK_SLACK_MS = 1_500;
const CONTACT_IDS_SHOWN_MAX = 50;

/** What the log says of itself. */
export function logDifferences(accounts: readonly Account[]): readonly Difference[] {
  return accounts.flatMap(({ contactId, problems }) =>
    problems.map((what) => ({ check: "log" as const, subject: contactId, what, counted: what, stored: "", contactIds: [contactId] })),
  );
}

/** Visits that began in [from, to): of the accounts, and of the facts. */
export function segmentDifferences(
  accounts: readonly Account[],
  stored: readonly StoredSegment[],
  { from, to }: { readonly from: Instant; readonly to: Instant },
): readonly Difference[] {
  const keyOf = (contactId: string, visit: number): string => `${contactId} ${visit}`;
  const left = new Map(stored.map((segment) => [keyOf(segment.contactId, segment.visit), segment]));
  const differences: Difference[] = [];
  const add = (contactId: string, what: string, counted: unknown, is: unknown): void =>
    void differences.push({
      check: "segment",
      subject: contactId,
      what,
      counted: show(counted),
      stored: show(is),
      contactIds: [contactId],
    });
  for (const { contactId, isTest, visits } of accounts) {
    for (const visit of isTest ? [] : visits) {
      if (visit.enqueuedAt < from || visit.enqueuedAt >= to) continue;
      const key = keyOf(contactId, visit.visit);
      const segment = left.get(key);
      left.delete(key);
      if (segment === undefined) add(contactId, `visit ${visit.visit}`, "there", "missing");
      else for (const field of SEGMENT_FIELDS) if (segment[field] !== visit[field]) add(contactId, field, visit[field], segment[field]);
    }
  }
  for (const { contactId, visit } of left.values()) add(contactId, `visit ${visit}`, "not there", "stored");
  return differences;
}

/** The rows of the list for the contacts that arrived in the period. */
export function rowDifferences(accounts: readonly Account[], rows: readonly StoredRow[]): readonly Difference[] {
  const left = new Map(rows.map((row) => [row.contactId, row]));
  const differences: Difference[] = [];
  const add = (contactId: string, what: string, counted: unknown, is: unknown): void =>
    void differences.push({ check: "row", subject: contactId, what, counted: show(counted), stored: show(is), contactIds: [contactId] });
  for (const { contactId, outcome, talkMs, holdMs, wrapUpMs, isTest } of accounts) {
    const row = left.get(contactId);
    left.delete(contactId);
    if (row === undefined) {
      add(contactId, "row", "there", "missing");
      continue;
    }
    if (row.outcome !== outcome) add(contactId, "outcome", outcome, row.outcome);
    if ((row.talkMs ?? 0) !== talkMs) add(contactId, "talkMs", talkMs, row.talkMs);
    if ((row.holdMs ?? 0) !== holdMs) add(contactId, "holdMs", holdMs, row.holdMs);
    if (row.wrapUpMs !== wrapUpMs) add(contactId, "wrapUpMs", wrapUpMs, row.wrapUpMs);
    if (row.isTest !== isTest) add(contactId, "isTest", isTest, row.isTest);
  }
  for (const contactId of left.keys()) add(contactId, "row", "not there", "stored");
  return differences;
}

/** The figures of each queue and day of these segments. `dayOf` gives the beginning of the day that an instant lies in. */
export function queueDaysOf(segments: readonly StoredSegment[], dayOf: (at: Instant) => Instant): readonly QueueDay[] {
  const days = new Map<string, QueueDay>();
  for (const segment of segments) {
    const day = dayOf(segment.enqueuedAt);
    const key = `${segment.queueId} ${day}`;
    const counters = addCounters(days.get(key)?.counters ?? noCounters, countSegment(segment));
    days.set(key, { queueId: segment.queueId, day, counters });
  }
  return [...days.values()].toSorted((a, b) => a.day - b.day || (a.queueId < b.queueId ? -1 : 1));
}

/** Figures against the same figures counted from the accounts, and against the sums that must hold among them. */
export function queueDayDifferences(
  accounts: readonly Account[],
  queueDays: readonly QueueDay[],
  { from, to, dayOf }: { readonly from: Instant; readonly to: Instant; readonly dayOf: (at: Instant) => Instant },
): readonly Difference[] {
  type Tally = { offered: number; answered: number; abandoned: number; readonly contactIds: Set<string> };
  const tallies = new Map<string, Tally>();
  for (const { contactId, isTest, visits } of accounts) {
    for (const visit of isTest ? [] : visits) {
      if (visit.enqueuedAt < from || visit.enqueuedAt >= to) continue;
      const key = `${visit.queueId} ${dayOf(visit.enqueuedAt)}`;
      const tally: Tally = tallies.get(key) ?? { offered: 0, answered: 0, abandoned: 0, contactIds: new Set() };
      tallies.set(key, tally);
      tally.offered += 1;
      tally.contactIds.add(contactId);
      if (visit.answeredAt !== null) tally.answered += 1;
      else if (visit.exit === "abandoned" || visit.exit === "abandonedAlerting") tally.abandoned += 1;
    }
  }
  const differences: Difference[] = [];
  for (const { queueId, day, counters } of queueDays) {
    const key = `${queueId} ${day}`;
    const tally = tallies.get(key);
    tallies.delete(key);
    const contactIds = [...(tally?.contactIds ?? [])].slice(0, CONTACT_IDS_SHOWN_MAX);
    const expect = (what: string, counted: number, stored: number): void => {
      if (counted !== stored)
        differences.push({ check: "queueDay", subject: key, what, counted: String(counted), stored: String(stored), contactIds });
    };
    const { offered, answered, abandoned, flowedOut, refused, systemDisconnected, open } = counters;
    expect("offered", tally?.offered ?? 0, offered);
    expect("answered", tally?.answered ?? 0, answered);
    expect("abandoned", tally?.abandoned ?? 0, abandoned);
    expect("offered is the sum of its parts", answered + abandoned + flowedOut + refused + systemDisconnected + open, offered);
    for (const [what, part, whole] of [
      ["answeredInTarget is a part of answered", counters.answeredInTarget, answered],
      ["abandonedInTarget is a part of abandoned", counters.abandonedInTarget, abandoned],
      ["shortAbandoned is a part of abandoned", counters.shortAbandoned, abandoned],
      ["handled is a part of answered", counters.handled, answered],
      ["holdMs is a part of handleMs", counters.holdMs, counters.handleMs],
      ["missedRings is a part of rings", counters.missedRings, counters.rings],
    ] as const)
      if (part < 0 || part > whole) expect(what, whole, part);
  }
  for (const [key, tally] of tallies)
    differences.push({
      check: "queueDay",
      subject: key,
      what: "offered",
      counted: String(tally.offered),
      stored: "0",
      contactIds: [...tally.contactIds].slice(0, CONTACT_IDS_SHOWN_MAX),
    });
  return differences;
}

/** State times against signed-in time, and each talk of an agent against the contact's. */
export function agentDifferences(agents: readonly AgentAccount[], accounts: readonly Account[]): readonly Difference[] {
  const visits = new Map(accounts.map((account) => [account.contactId, account]));
  return agents.flatMap(({ personId, signedInMs, stateMs, talks, problems }) => {
    const found: Difference[] = problems.map(({ at, what }) => ({
      check: "agentTime",
      subject: personId,
      what,
      counted: `at ${at}`,
      stored: "",
      contactIds: [],
    }));
    const sum = Object.values(stateMs).reduce((total, ms) => total + ms, 0);
    if (sum !== signedInMs)
      found.push({
        check: "agentTime",
        subject: personId,
        what: "state times",
        counted: String(signedInMs),
        stored: String(sum),
        contactIds: [],
      });
    for (const { contactId, from, to } of talks) {
      const account = visits.get(contactId);
      // A talk of a contact that arrived before the period.
      if (account === undefined || account.isTest || account.isOutbound) continue;
      const stretch = account.visits
        .flatMap(({ stretches }) => stretches)
        .find((each) => each.agentId === personId && Math.abs(each.from - from) <= TALK_SLACK_MS);
      const talked = stretch === undefined || stretch.to === null ? null : stretch.to - stretch.from;
      if (talked === null || Math.abs(talked - (to - from)) > 2 * TALK_SLACK_MS)
        found.push({
          check: "agentTime",
          subject: personId,
          what: "talk",
          counted: show(talked),
          stored: String(to - from),
          contactIds: [contactId],
        });
    }
    return found;
  });
}

/** Contacts whose caller was lost against those that stand, or stood, in the lost calls. */
export function lostCallDifferences(
  lost: readonly string[],
  listed: ReadonlyMap<string, { readonly lostCallId: string | null; readonly isKnown: boolean }>,
): readonly Difference[] {
  const differences: Difference[] = [];
  const expected = new Set(lost);
  for (const contactId of expected) {
    const entry = listed.get(contactId);
    if (entry === undefined || entry.lostCallId === null || !entry.isKnown)
      differences.push({
        check: "lostCall",
        subject: contactId,
        what: "entry",
        counted: "there",
        stored: "missing",
        contactIds: [contactId],
      });
  }
  for (const contactId of listed.keys())
    if (!expected.has(contactId))
      differences.push({
        check: "lostCall",
        subject: contactId,
        what: "entry",
        counted: "not there",
        stored: "stored",
        contactIds: [contactId],
      });
  return differences;
}

/** What is shown of today against the facts of today. */
export function todayDifferences(queueDays: readonly QueueDay[], shown: ReadonlyMap<string, Counters>): readonly Difference[] {
  const differences: Difference[] = [];
  const counted = new Map(queueDays.map(({ queueId, counters }) => [queueId, counters]));
  for (const queueId of new Set([...counted.keys(), ...shown.keys()])) {
    const [is, was] = [counted.get(queueId) ?? noCounters, shown.get(queueId) ?? noCounters];
    for (const field of Object.keys(noCounters) as (keyof Counters)[])
      // The longest wait only grows within a day's sums, so that one who waits for long again is never forgotten.
      if (is[field] !== was[field] && field !== "longestWaitMs")
        differences.push({
          check: "today",
          subject: queueId,
          what: field,
          counted: show(is[field]),
          stored: show(was[field]),
          contactIds: [],
        });
  }
  return differences;
}

function show(value: unknown): string {
  return value === null || value === undefined ? "none" : String(value);
}
