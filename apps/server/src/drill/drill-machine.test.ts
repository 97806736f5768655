import { describe, expect, it } from "vitest";
import { beginDrill, drillMachineLimits as limits, stepDrill, type DrillEvent, type DrillState } from "./drill-machine.ts";
import type { EarMeasure } from "./ear.ts";

const hearing: EarMeasure = { sinceLastMs: 10, hears: true, longestGapMs: 0, silentMs: 0 };
const deaf: EarMeasure = { sinceLastMs: 9_000, hears: false, longestGapMs: 9_000, silentMs: 9_000 };
const CALLERS = 2;

/** A drill that is fed by hand; its commands in order. */
function drilling(target: "core" | "edge" = "core") {
  let state = beginDrill({ target, callerCount: CALLERS }, 0);
  let now = 0;
  const commands: string[] = [];
  const feed = (event: DrillEvent, afterMs = 0): DrillState => {
    now += afterMs;
    const step = stepDrill(state, event, now);
    state = step.state;
    commands.push(...step.commands.map(({ kind }) => kind));
    return state;
  };
  const tick = (measure: EarMeasure, afterMs: number): DrillState =>
    feed({ kind: "ticked", measures: Array.from({ length: CALLERS }, () => measure) }, afterMs);
  const calls = (waiting: number, others = 0): DrillState => feed({ kind: "toldOfCalls", waiting, others });
  const toKill = (): void => {
    feed({ kind: "begun" });
    feed({ kind: "admitted" });
    calls(CALLERS);
    tick(hearing, 1_000);
    calls(CALLERS);
    tick(hearing, limits.listeningMs / 2);
    calls(CALLERS);
    tick(hearing, limits.listeningMs / 2);
  };
  return { feed, tick, calls, toKill, commands, state: () => state };
}

describe("before the kill", () => {
  it("waits until all its callers hear music, listens for a while, and kills", () => {
    const drill = drilling();
    drill.toKill();
    expect(drill.commands).toEqual(["askAdmission", "placeCallers", "beginCounting", "kill"]);
    expect(drill.state()).toMatchObject({ stage: "killed", killedAt: 1_000 + limits.listeningMs });
  });

  it("is called off by any call that isn't its own, at whatever moment, and kills nothing", () => {
    for (const listens of [false, true]) {
      const drill = drilling();
      drill.feed({ kind: "begun" });
      drill.feed({ kind: "admitted" });
      if (listens) {
        drill.calls(CALLERS);
        drill.tick(hearing, 1_000);
      }
      drill.calls(CALLERS, 1);
      expect(drill.state()).toMatchObject({ stage: "ending", outcome: "calledOff", reason: "callsGoOn", figures: null });
      drill.tick(hearing, limits.hangUpMsMax + 1);
      expect(drill.commands).not.toContain("kill");
      expect(drill.commands.slice(-2)).toEqual(["hangUpAll", "finish"]);
    }
  });

  it("doesn't kill on old news of calls", () => {
    const drill = drilling();
    drill.feed({ kind: "begun" });
    drill.feed({ kind: "admitted" });
    drill.calls(CALLERS);
    drill.tick(hearing, 1_000);
    drill.tick(hearing, limits.listeningMs + limits.newsMsMax);
    expect(drill.state()).toMatchObject({ outcome: "calledOff", reason: "outOfTouch" });
    expect(drill.commands).not.toContain("kill");
  });

  it.each([
    ["somebody wishes it", { kind: "cancelled" } as const, "cancelled"],
    ["a caller's call ends", { kind: "callEnded", caller: 0, end: "refused 503" } as const, "notWaiting"],
  ])("is called off when %s", (_, event, reason) => {
    const drill = drilling();
    drill.feed({ kind: "begun" });
    drill.feed({ kind: "admitted" });
    expect(drill.feed(event)).toMatchObject({ outcome: "calledOff", reason });
  });

  it("gives up callers who aren't let in, or who hear nothing", () => {
    const outside = drilling();
    outside.feed({ kind: "begun" });
    expect(outside.tick(deaf, limits.placingMsMax + 1)).toMatchObject({ outcome: "calledOff", reason: "notAdmitted" });
    const silent = drilling();
    silent.feed({ kind: "admitted" });
    silent.calls(CALLERS);
    expect(silent.tick(deaf, limits.placingMsMax + 1)).toMatchObject({ outcome: "calledOff", reason: "notWaiting" });
  });
});

describe("after the kill", () => {
  it("has somebody call anew once the process is there, listens on, asks for a look at the log, and only then hangs up", () => {
    const drill = drilling();
    drill.toKill();
    drill.feed({ kind: "targetReady" }, 1_300);
    drill.feed({ kind: "admitted" }, 100);
    drill.feed({ kind: "newCallHeard" }, 200);
    drill.tick(hearing, limits.afterNewCallMs);
    expect(drill.state().stage).toBe("back"); // not long enough yet
    drill.tick(hearing, limits.afterKillMs);
    expect(drill.state()).toMatchObject({
      stage: "ending",
      outcome: "done",
      figures: { backMs: 1_300, newCallMs: 1_600, newCallTries: 1, callers: [{ lived: true }, { lived: true }] },
    });
    expect(drill.commands.slice(-3)).toEqual(["askAdmission", "placeNewCall", "askLook"]);
    drill.feed({ kind: "looked" });
    expect(drill.commands.at(-1)).toBe("hangUpAll");
    drill.feed({ kind: "callEnded", caller: 0, end: "hungUp" });
    drill.feed({ kind: "callEnded", caller: 1, end: "hungUp" });
    expect(drill.tick(deaf, 100)).toMatchObject({
      stage: "over",
      figures: {
        callers: [
          { lived: true, end: null },
          { lived: true, end: null },
        ],
      },
    });
    expect(drill.commands.at(-1)).toBe("finish");
  });

  it("counts a call as lost when its sound stays away or its end was said", () => {
    const drill = drilling("edge");
    drill.toKill();
    drill.feed({ kind: "callEnded", caller: 0, end: "lineDropped" }, 500);
    drill.feed({ kind: "targetReady" }, 500);
    drill.feed({ kind: "admitted" });
    drill.feed({ kind: "newCallHeard" });
    drill.tick(deaf, 9_000);
    expect(drill.state().figures?.callers).toEqual([
      { lived: false, end: "lineDropped", longestGapMs: 9_000, silentMs: 9_000 },
      { lived: false, end: null, longestGapMs: 9_000, silentMs: 9_000 },
    ]);
  });

  it("tries a refused new call again, not at once, and says when none is answered", () => {
    const drill = drilling();
    drill.toKill();
    drill.feed({ kind: "targetReady" });
    drill.feed({ kind: "admitted" });
    drill.feed({ kind: "newCallEnded" });
    drill.tick(hearing, 10);
    expect(drill.state().newCallTries).toBe(1);
    drill.tick(hearing, limits.newCallPauseMs);
    expect(drill.state().newCallTries).toBe(2);
    expect(drill.tick(hearing, limits.newCallMsMax)).toMatchObject({
      outcome: "failed",
      reason: "noNewCall",
      figures: { newCallMs: null },
    });
  });

  it("says when the process isn't there again, and ends though nobody looks at the log", () => {
    const drill = drilling();
    drill.toKill();
    expect(drill.tick(deaf, limits.backMsMax + 1)).toMatchObject({ outcome: "failed", reason: "notBack", figures: { backMs: null } });
    drill.tick(deaf, limits.lookMsMax + 1);
    expect(drill.tick(deaf, limits.hangUpMsMax + 1).stage).toBe("over");
  });
});
