import { describe, expect, it } from "vitest";
import { agentAccountOf, type AgentLine } from "./agent-ledger.ts";
import { noCounters } from "./kpi.ts";
import { accountOf, type Account, type LogLine } from "./ledger.ts";
import {
  agentDifferences,
  logDifferences,
  lostCallDifferences,
  queueDayDifferences,
  queueDaysOf,
  rowDifferences,
  segmentDifferences,
  todayDifferences,
  type StoredSegment,
} from "./reconcile.ts";

const CONTACT = "con_a";
const DAY = { from: 0, to: 86_400_000 };
const dayOf = (): number => 0;

/** Events of a contact, a second apart unless they say when. */
function logOf(...events: readonly (readonly [string, number, Record<string, unknown>?])[]): readonly LogLine[] {
  return events.map(([kind, at, data], index) => ({ contactId: CONTACT, sequence: index + 1, at, kind, data: data ?? {} }));
}

const answered = logOf(
  ["contactArrived", 1_000, { queueId: "que_a" }],
  ["callAnswered", 1_100],
  ["greetingEnded", 5_000],
  ["contactQueued", 5_000, { queueId: "que_a", enqueuedAt: 5_000 }],
  ["offered", 6_000, { offerId: "off_1", agentId: "per_a" }],
  ["offerWithdrawn", 20_000, { offerId: "off_1", agentId: "per_a", cause: "notAnswered" }],
  ["offered", 20_000, { offerId: "off_2", agentId: "per_b" }],
  ["offerAccepted", 23_000, { offerId: "off_2", agentId: "per_b" }],
  ["bridged", 23_000, { offerId: "off_2", agentId: "per_b" }],
  ["held", 30_000],
  ["resumed", 40_000],
  ["callEnded", 60_000, { cause: { by: "caller", why: "hungUp" } }],
  ["wrapUpStarted", 60_000],
  ["contactCoded", 70_000],
  ["wrapUpEnded", 75_000, { coded: true }],
  ["contactClosed", 75_000, { cause: { by: "caller", why: "hungUp" }, outcome: "answered" }],
);

function segment(over: Partial<StoredSegment> = {}): StoredSegment {
  return {
    contactId: CONTACT,
    visit: 1,
    queueId: "que_a",
    enqueuedAt: 5_000,
    answeredAt: 23_000,
    exitAt: 60_000,
    exit: "answered",
    connectedMs: 37_000,
    holdMs: 10_000,
    wrapUpMs: 15_000,
    rings: 2,
    missedRings: 1,
    noSound: false,
    serviceLevelMs: 20_000,
    shortAbandonMs: 5_000,
    final: true,
    ...over,
  };
}

describe("an account of a contact", () => {
  it("is its visits, talk, hold and wrap-up, straight from its events", () => {
    const account = accountOf(answered);
    expect(account).toMatchObject({ outcome: "answered", talkMs: 37_000, holdMs: 10_000, wrapUpMs: 15_000, problems: [] });
    expect(segmentDifferences([account], [segment()], DAY)).toEqual([]);
  });

  it("is a visit to the door where it was turned away, and none outside the opening hours", () => {
    const turned = (why: string): Account =>
      accountOf(
        logOf(
          ["contactArrived", 1_000, { queueId: "que_a" }],
          ["contactRefused", 1_500, { cause: { by: "system", why } }],
          ["callEnded", 4_000, { cause: { by: "system", why } }],
          ["contactClosed", 4_000, { cause: { by: "system", why }, outcome: "refused" }],
        ),
      );
    expect(turned("nobodySignedIn").visits).toMatchObject([{ visit: 0, exit: "refused", enqueuedAt: 4_000 }]);
    expect(turned("closed").visits).toEqual([]);
  });

  it("begins a second visit where the agent was lost, and an abandoned one ends by who left", () => {
    const account = accountOf(
      logOf(
        ["contactArrived", 0, { queueId: "que_a" }],
        ["contactQueued", 1_000, { queueId: "que_a", enqueuedAt: 1_000 }],
        ["offered", 2_000, { offerId: "off_1", agentId: "per_a" }],
        ["bridged", 4_000, { offerId: "off_1", agentId: "per_a" }],
        ["agentDetached", 9_000, { agentId: "per_a" }],
        ["requeued", 9_000, { queueId: "que_a" }],
        ["offered", 12_000, { offerId: "off_2", agentId: "per_b" }],
        ["callEnded", 14_000, { cause: { by: "caller", why: "abandoned" } }],
        ["contactClosed", 14_000, { cause: { by: "caller", why: "abandoned" }, outcome: "abandonedRinging" }],
      ),
    );
    expect(account.problems).toEqual([]);
    expect(account.visits.map(({ exit, connectedMs }) => [exit, connectedMs])).toEqual([
      ["answered", 5_000],
      ["abandonedAlerting", 0],
    ]);
  });

  it.each([
    ["gapInSequence", answered.filter(({ sequence }) => sequence !== 6)],
    ["closedTwice", [...answered, { ...answered.at(-1)!, sequence: answered.length + 1 }]],
    [
      "outcomeIsNotOfLastVisit",
      answered.map((line) => (line.kind === "contactClosed" ? { ...line, data: { ...line.data, outcome: "abandoned" } } : line)),
    ],
    ["heldAfterClosing", [...answered, { contactId: CONTACT, sequence: answered.length + 1, at: 80_000, kind: "held", data: {} }]],
  ])("finds %s", (what, lines) => {
    expect(logDifferences([accountOf(lines)]).map((each) => each.what)).toContain(what);
  });
});

describe("a planted difference is found", () => {
  const accounts = [accountOf(answered)];

  it.each([
    ["exit", { exit: "abandoned" as const }],
    ["answeredAt", { answeredAt: 23_001 }],
    ["wrapUpMs", { wrapUpMs: 0 }],
    ["missedRings", { missedRings: 0 }],
  ])("in a visit's %s", (what, over) => {
    const found = segmentDifferences(accounts, [segment(over)], DAY);
    expect(found).toMatchObject([{ check: "segment", what, contactIds: [CONTACT] }]);
  });

  it("of a visit that is missing, and of one too many", () => {
    expect(segmentDifferences(accounts, [], DAY)).toMatchObject([{ what: "visit 1", stored: "missing" }]);
    expect(segmentDifferences(accounts, [segment(), segment({ visit: 2 })], DAY)).toMatchObject([
      { what: "visit 2", counted: "not there" },
    ]);
  });

  it("in a row of the list", () => {
    const row = { contactId: CONTACT, outcome: "answered", talkMs: 37_000, holdMs: 10_000, wrapUpMs: 15_000, isTest: false };
    expect(rowDifferences(accounts, [row])).toEqual([]);
    expect(rowDifferences(accounts, [{ ...row, outcome: "refused" }])).toMatchObject([{ check: "row", what: "outcome" }]);
    expect(rowDifferences(accounts, [])).toMatchObject([{ what: "row", stored: "missing" }]);
  });

  it("in the figures of a queue and day", () => {
    const days = queueDaysOf([segment()], dayOf);
    expect(queueDayDifferences(accounts, days, { ...DAY, dayOf })).toEqual([]);
    const [day] = days;
    const more = { ...day!, counters: { ...day!.counters, offered: 2 } };
    expect(queueDayDifferences(accounts, [more], { ...DAY, dayOf }).map(({ what }) => what)).toEqual([
      "offered",
      "offered is the sum of its parts",
    ]);
    const inTarget = { ...day!, counters: { ...day!.counters, answeredInTarget: 2 } };
    expect(queueDayDifferences(accounts, [inTarget], { ...DAY, dayOf })).toMatchObject([
      { what: "answeredInTarget is a part of answered" },
    ]);
    expect(queueDayDifferences(accounts, [], { ...DAY, dayOf })).toMatchObject([{ what: "offered", counted: "1", stored: "0" }]);
  });

  it("in what is shown of today", () => {
    const days = queueDaysOf([segment()], dayOf);
    const shown = new Map(days.map(({ queueId, counters }) => [queueId, counters]));
    expect(todayDifferences(days, shown)).toEqual([]);
    expect(todayDifferences(days, new Map([["que_a", { ...shown.get("que_a")!, handleMs: 1 }]]))).toMatchObject([{ what: "handleMs" }]);
    expect(todayDifferences([], new Map([["que_b", { ...noCounters, open: 1 }]]))).toMatchObject([{ subject: "que_b", what: "open" }]);
  });

  it("in the lost calls", () => {
    const entry = { lostCallId: "los_a", isKnown: true };
    expect(lostCallDifferences(["con_a"], new Map([["con_a", entry]]))).toEqual([]);
    expect(lostCallDifferences(["con_a"], new Map())).toMatchObject([{ stored: "missing" }]);
    expect(lostCallDifferences(["con_a"], new Map([["con_a", { ...entry, isKnown: false }]]))).toMatchObject([{ stored: "missing" }]);
    expect(lostCallDifferences([], new Map([["con_a", entry]]))).toMatchObject([{ counted: "not there" }]);
  });
});

describe("an agent's time", () => {
  const cause = { by: "agent", why: "x" };
  const talking = { kind: "talking", contact: CONTACT };
  const changes = (...states: readonly (readonly [number, object, object])[]): readonly AgentLine[] =>
    states.map(([at, from, to], index) => ({
      personId: "per_b",
      writer: "core 1",
      sequence: index + 1,
      at,
      kind: "agentChanged",
      data: { from, to, cause },
    }));
  const shift = changes(
    [1_000, { kind: "offline" }, { kind: "notReady" }],
    [3_000, { kind: "notReady" }, { kind: "ready" }],
    [20_000, { kind: "ready" }, { kind: "ringing" }],
    [23_010, { kind: "ringing" }, talking],
    [60_020, talking, { kind: "wrapUp" }],
    [75_000, { kind: "wrapUp" }, { kind: "ready" }],
    [100_000, { kind: "ready" }, { kind: "offline" }],
  );

  it("by state is the time signed in, and its talks are the contacts'", () => {
    const account = agentAccountOf("per_b", shift, DAY);
    expect(account.signedInMs).toBe(99_000);
    expect(Object.values(account.stateMs).reduce((sum, ms) => sum + ms, 0)).toBe(99_000);
    expect(agentDifferences([account], [accountOf(answered)])).toEqual([]);
  });

  it("counts a shift over midnight on both days", () => {
    const first = agentAccountOf("per_b", shift, { from: 0, to: 50_000 });
    const second = agentAccountOf("per_b", shift, { from: 50_000, to: 200_000 });
    expect([first.signedInMs, second.signedInMs]).toEqual([49_000, 50_000]);
    expect(agentDifferences([first, second], [])).toEqual([]);
  });

  it.each([
    [
      "a change that doesn't begin where the last ended",
      changes([1, { kind: "offline" }, { kind: "notReady" }], [2, { kind: "ready" }, { kind: "ringing" }]),
    ],
    ["ringing on a break", changes([1, { kind: "offline" }, { kind: "notReady" }], [2, { kind: "notReady" }, { kind: "ringing" }])],
    ["a missing event", shift.filter(({ sequence }) => sequence !== 4)],
  ])("finds %s", (_what, lines) => {
    expect(agentDifferences([agentAccountOf("per_b", lines, DAY)], []).length).toBeGreaterThan(0);
  });

  it("finds a talk that the contact doesn't know", () => {
    const account = agentAccountOf("per_b", shift, DAY);
    const shorter = accountOf(answered.map((line) => (line.sequence >= 12 ? { ...line, at: line.at - 10_000 } : line)));
    expect(agentDifferences([account], [shorter])).toMatchObject([{ what: "talk", contactIds: [CONTACT] }]);
  });
});
