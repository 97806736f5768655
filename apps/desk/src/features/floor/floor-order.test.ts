import type { FloorAgent, FloorQueue, NotReadyReason } from "@allo/contract";
import { describe, expect, it } from "vitest";
import { agentsByNeed, isUnreachable, queuesByNeed, shownState, urgencyOf } from "./floor-order.ts";
import { whyCounts } from "./why-words.ts";

const NOW = 10_000_000;
const queue = (queueId: string, waitedMs: number | null): FloorQueue => ({
  queueId,
  projectId: "prj_1aaa",
  names: { en: queueId, ru: "", fa: "" },
  waiting: waitedMs === null ? 0 : 1,
  oldestQueuedAt: waitedMs === null ? null : NOW - waitedMs,
  agentsReady: 0,
  agentsTalking: 0,
  agentsWrapUp: 0,
  agentsNotReady: 0,
  today: {
    offered: 0,
    answered: 0,
    abandoned: 0,
    shortAbandoned: 0,
    refused: 0,
    systemDisconnected: 0,
    answeredInTarget: 0,
    serviceLevel: null,
    asaMs: null,
    ahtMs: null,
    longestWaitMs: null,
    serviceLevelSeconds: 20,
  },
});
const agent = (personId: string, change: Partial<FloorAgent> = {}): FloorAgent => ({
  personId,
  name: personId,
  state: "ready",
  since: NOW - 1_000,
  reasonId: null,
  pendingReasonId: null,
  systemCause: null,
  held: false,
  reachable: true,
  contactId: null,
  queueId: null,
  queueIds: [],
  ...change,
});
const reasons = new Map<string, NotReadyReason>([
  [
    "rsn_break",
    {
      reasonId: "rsn_break",
      names: { en: "Break", ru: "", fa: "" },
      position: 0,
      system: false,
      code: "break",
      maxMinutes: 15,
      retired: false,
      version: 1,
    },
  ],
  [
    "rsn_meet",
    {
      reasonId: "rsn_meet",
      names: { en: "Meeting", ru: "", fa: "" },
      position: 1,
      system: false,
      code: "meeting",
      maxMinutes: null,
      retired: false,
      version: 1,
    },
  ],
]);

describe("queues by need", () => {
  it("are late past their target, waiting before it, calm without callers", () => {
    expect([urgencyOf(queue("a", 20_001), NOW), urgencyOf(queue("a", 20_000), NOW), urgencyOf(queue("a", null), NOW)]).toEqual([
      "late",
      "waiting",
      "calm",
    ]);
  });
  it("stand late before waiting before calm, the longest wait first, the rest by name", () => {
    const given = [queue("d", null), queue("c", null), queue("b", 5_000), queue("late", 60_000), queue("a", 9_000)];
    expect(queuesByNeed(given, NOW, (a, b) => a.queueId.localeCompare(b.queueId)).map((each) => each.queueId)).toEqual([
      "late",
      "a",
      "b",
      "c",
      "d",
    ]);
  });
});

describe("agents by need", () => {
  it("show a hold, and a break past its minutes as overdue", () => {
    expect(shownState(agent("a", { state: "talking", held: true }), reasons, NOW)).toBe("hold");
    const onBreak = (minutes: number, reasonId: string | null) =>
      shownState(agent("a", { state: "notReady", reasonId, since: NOW - minutes * 60_000 }), reasons, NOW);
    expect([onBreak(15, "rsn_break"), onBreak(16, "rsn_break"), onBreak(500, "rsn_meet"), onBreak(500, null)]).toEqual([
      "notReady",
      "breakOverdue",
      "notReady",
      "notReady",
    ]);
  });
  it("stand unreachable first, then overdue, ringing, hold, talk, the offline last", () => {
    const given = [
      agent("off", { state: "offline", reachable: false }),
      agent("ready"),
      agent("talk", { state: "talking" }),
      agent("hold", { state: "talking", held: true }),
      agent("ring", { state: "ringing" }),
      agent("over", { state: "notReady", reasonId: "rsn_break", since: 0 }),
      agent("gone", { reachable: false }),
    ];
    expect(agentsByNeed(given, reasons, NOW).map((each) => each.personId)).toEqual([
      "gone",
      "over",
      "ring",
      "hold",
      "talk",
      "ready",
      "off",
    ]);
    expect(given.filter(isUnreachable).map((each) => each.personId)).toEqual(["gone"]);
  });
});

it("counts why nobody takes a caller, the most frequent reason first", () => {
  expect(whyCounts([{ code: "talking" }, { code: "notReady:break" }, { code: "notReady:lunch" }])).toEqual([
    { code: "notReady", count: 2 },
    { code: "talking", count: 1 },
  ]);
});
