import type { TestCall, TestCallObstacleCode, TestCallState } from "@allo/contract";
import { describe, expect, it } from "vitest";
import { ApiProblem } from "../../api/problem.ts";
import { deskContact, deskState } from "../../testing/desk-fixtures.ts";
import { canGoReady, LINE_MS_MAX, meterShare, testCallView, type TestCallInput } from "./test-call-view.ts";

const call = (state: TestCallState, change: Partial<TestCall> = {}): TestCall => ({
  testCallId: "tcl_1aaa",
  state,
  startedAt: 1_000,
  endedAt: null,
  number: null,
  contactId: null,
  callerHeard: { greeting: false, agent: false },
  levelDbfs: null,
  speechMs: 0,
  speechNeededMs: 600,
  listeningEndsAt: null,
  result: null,
  obstacle: null,
  ...change,
});
const failed = (code: TestCallObstacleCode, change: Partial<TestCall> = {}): TestCall =>
  call("failed", {
    obstacle: { code, address: null, port: null, sipStatus: null, cause: null, agentState: null, proven: null },
    ...change,
  });
const input = (change: Partial<TestCallInput> = {}): TestCallInput => ({
  since: 0,
  now: 1_000,
  phone: "up",
  microphone: null,
  desk: deskState(),
  call: null,
  peakDbfs: null,
  failure: null,
  ...change,
});
/** The step that is looked at, with its status. */
const at = (given: Partial<TestCallInput>): string => {
  const { steps } = testCallView(input(given));
  const found = steps.find(({ status }) => status === "now" || status === "failed");
  return found === undefined ? "none" : `${found.step} ${found.status}`;
};

describe("a test call's view", () => {
  it("waits until it is begun", () => {
    expect(testCallView(input({ since: null }))).toMatchObject({ stage: "idle", obstacle: null });
  });

  it("goes from the microphone to the voice, step by step", () => {
    expect(at({ phone: "asking" })).toBe("microphone now");
    expect(at({ phone: "dialling" })).toBe("line now");
    const seen = (["placing", "greeting", "waiting", "ringing", "answered", "callerSpeaking", "listening"] as const).map((state) =>
      at({ call: call(state) }),
    );
    expect(seen).toEqual(["calling now", "greeting now", "ringing now", "answer now", "caller now", "caller now", "voice now"]);
  });

  it("is through once the caller has heard the person, also when the call has ended", () => {
    expect(testCallView(input({ call: call("heard") })).stage).toBe("heard");
    const ended = testCallView(input({ call: call("ended", { result: "heard" }) }));
    expect(ended.stage).toBe("heard");
    expect(ended.steps.every(({ status }) => status === "done")).toBe(true);
  });

  it("tells a muted device from a quiet one", () => {
    const heardNothing = { call: call("notHeard", { result: "notHeard" }) };
    expect(testCallView(input({ ...heardNothing, peakDbfs: -96 })).obstacle).toEqual({ kind: "notHeard", sound: "silence" });
    expect(testCallView(input({ ...heardNothing, peakDbfs: -52 })).obstacle).toEqual({ kind: "notHeard", sound: "noise" });
    expect(at({ ...heardNothing, peakDbfs: -52 })).toBe("voice failed");
  });

  it("names a microphone that isn't there before anything else", () => {
    const view = testCallView(input({ phone: "microphoneProblem", microphone: "denied", desk: deskState({ contact: deskContact() }) }));
    expect(view).toMatchObject({ stage: "stopped", obstacle: { kind: "microphone", problem: "denied" } });
  });

  it("names a sound path that isn't proven in time, by what is missing", () => {
    const unproven = deskState({ phone: { registered: false, proven: false } });
    const late = { desk: unproven, now: LINE_MS_MAX + 1 };
    expect(testCallView(input({ desk: unproven })).obstacle).toBeNull();
    expect(testCallView(input({ ...late, phone: "connecting" })).obstacle).toEqual({ kind: "line", at: "socket" });
    expect(testCallView(input({ ...late, phone: "refused" })).obstacle).toEqual({ kind: "line", at: "udp" });
    expect(testCallView(input({ ...late, phone: "up" })).obstacle).toEqual({ kind: "line", at: "udp" });
    expect(testCallView(input({ ...late, phone: "elsewhere" })).obstacle).toEqual({ kind: "line", at: "elsewhere" });
    expect(testCallView(input({ ...late, desk: deskState() })).obstacle).toBeNull();
  });

  it("doesn't disturb a call that goes on", () => {
    expect(testCallView(input({ desk: deskState({ state: "talking", contact: deskContact() }) })).obstacle).toEqual({ kind: "busy" });
    const own = { desk: deskState({ state: "talking", contact: deskContact() }), call: call("listening") };
    expect(testCallView(input(own)).obstacle).toBeNull();
  });

  it("puts each of the server's obstacles at the step that failed", () => {
    const steps = (
      [
        "phoneNotConnected",
        "notReady",
        "inCall",
        "noNumber",
        "edgeAway",
        "sipUnreachable",
        "limit",
        "refused",
        "noAudioFromUs",
        "timedOut",
        "notAnswered",
        "agentHungUp",
        "noAudioFromAgent",
      ] as const
    ).map((code) => `${code}: ${at({ call: failed(code) })}`);
    expect(steps).toEqual([
      "phoneNotConnected: line failed",
      "notReady: line failed",
      "inCall: line failed",
      "noNumber: calling failed",
      "edgeAway: calling failed",
      "sipUnreachable: calling failed",
      "limit: calling failed",
      "refused: greeting failed",
      "noAudioFromUs: greeting failed",
      "timedOut: ringing failed",
      "notAnswered: answer failed",
      "agentHungUp: answer failed",
      "noAudioFromAgent: voice failed",
    ]);
    expect(at({ call: failed("agentHungUp", { callerHeard: { greeting: true, agent: true } }) })).toBe("voice failed");
  });

  it("says what the server refused", () => {
    const failure = new ApiProblem({ status: 0, code: "unreachable", detail: null, fields: [] });
    expect(testCallView(input({ failure })).obstacle).toEqual({ kind: "request", failure });
  });
});

describe("the meter", () => {
  it("moves in the range of speech", () => {
    expect([null, -96, -60, -30, 0, 6].map((level) => meterShare(level))).toEqual([0, 0, 0, 0.5, 1, 1]);
  });
});

describe("going ready for a test call", () => {
  it("waits until one is at work: asked for while the desk is still being opened it would be refused", () => {
    expect([undefined, deskState({ state: "offline" }), deskState({ state: "ready" })].map(canGoReady)).toEqual([false, false, false]);
    expect(canGoReady(deskState({ state: "notReady" }))).toBe(true);
  });
});
