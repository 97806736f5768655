import type { EndCause } from "@allo/contract";
import { describe, expect, it } from "vitest";
import type { ContactFacts, ContactSegment } from "../core/contact-facts.ts";
import { callerMoments, isOwed, settleProblem } from "./lost-call-rules.ts";

const segment = (over: Partial<ContactSegment> = {}): ContactSegment => ({
  queueId: "que_a" as never,
  enqueuedAt: 1_000,
  alerts: [],
  answeredAt: null,
  agentId: null,
  holdMs: 0,
  exitAt: null,
  exit: null,
  ...over,
});
const facts = (over: Partial<ContactFacts>): ContactFacts =>
  ({
    test: null,
    outbound: null,
    segments: [],
    outcome: null,
    cause: null,
    startedAt: 0,
    endedAt: null,
    closedAt: null,
    ...over,
  }) as ContactFacts;
const abandoned: EndCause = { by: "caller", why: "abandoned" };

describe("a contact says of its caller", () => {
  it("nothing of a test call, however it ended", () => {
    const test = { testCallId: "tst_1", personId: "per_1" as never };
    expect(callerMoments(facts({ test, outcome: "abandoned", cause: abandoned, endedAt: 1, closedAt: 1 }))).toEqual([]);
  });

  it("nothing while it goes on unanswered, or was answered and ended as calls do", () => {
    expect(callerMoments(facts({}))).toEqual([]);
    const talked = facts({
      segments: [segment({ answeredAt: 2_000, exitAt: 9_000, exit: "answered" })],
      outcome: "answered",
      cause: { by: "caller", why: "hungUp" },
      endedAt: 9_000,
      closedAt: 12_000,
    });
    expect(callerMoments(talked)).toEqual([{ how: "answered", at: 2_000 }]);
  });

  it.each(["abandoned", "abandonedRinging", "refused", "systemDisconnect"] as const)("that it was lost where it ended %s", (outcome) => {
    const lost = facts({
      segments: [segment({ exitAt: 8_000, exit: "abandoned" })],
      outcome,
      cause: abandoned,
      endedAt: 8_000,
      closedAt: 8_000,
    });
    expect(callerMoments(lost)).toEqual([{ how: "lost", at: 8_000, cause: abandoned, waitMs: 7_000 }]);
  });

  it("that it was lost where the caller gave up in a slot, answered once before", () => {
    const parked = facts({
      segments: [segment({ answeredAt: 2_000, exitAt: 9_000, exit: "answered" })],
      outcome: "answered",
      cause: abandoned,
      endedAt: 9_000,
      closedAt: 9_000,
      leftParked: true,
    });
    expect(callerMoments(parked)).toMatchObject([
      { how: "answered", at: 2_000 },
      { how: "lost", at: 9_000, cause: abandoned },
    ]);
  });

  it.each(["technical", "edgeLost", "coreLost", "shutdown"] as const)("that a talk cut by %s is lost at once, wrap-up or not", (why) => {
    const cut = facts({
      segments: [segment({ answeredAt: 2_000, exitAt: 9_000, exit: "answered" })],
      cause: { by: "system", why },
      endedAt: 9_000,
    });
    expect(callerMoments(cut)).toEqual([
      { how: "answered", at: 2_000 },
      { how: "lost", at: 9_000, cause: { by: "system", why }, waitMs: 1_000 },
    ]);
  });

  it("that it was answered and then lost, where its agent was lost and it gave up", () => {
    const again = facts({
      segments: [
        segment({ answeredAt: 2_000, exitAt: 30_000, exit: "answered" }),
        segment({ enqueuedAt: 30_000, exitAt: 50_000, exit: "abandoned" }),
      ],
      outcome: "abandoned",
      cause: abandoned,
      endedAt: 50_000,
      closedAt: 50_000,
    });
    expect(callerMoments(again)).toEqual([
      { how: "answered", at: 2_000 },
      { how: "lost", at: 50_000, cause: abandoned, waitMs: 20_000 },
    ]);
  });
});

it("a call back is owed for our own faults, not for what callers, carriers or a full house made of it", () => {
  for (const why of ["technical", "edgeLost", "coreLost", "shutdown"] as const) expect(isOwed({ by: "system", why })).toBe(true);
  for (const why of ["abandoned", "codecMismatch", "noAck", "queueFull", "closed", "lineDropped"] as const)
    expect(isOwed({ by: "system", why })).toBe(false);
});

describe("settling", () => {
  it("needs an open entry, and a reason to dismiss", () => {
    expect(settleProblem("open", "calledBack", "")).toBeNull();
    expect(settleProblem("open", "dismissed", " ")).toBe("reasonMissing");
    expect(settleProblem("open", "dismissed", "a wrong number")).toBeNull();
    for (const state of ["calledAgain", "calledBack", "unreachable", "dismissed"] as const) {
      expect(settleProblem(state, "calledBack", "")).toBe("alreadySettled");
    }
  });
});
