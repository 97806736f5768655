import { expect, test } from "vitest";
import {
  beginDeviceCall,
  beginDialledCall,
  refusalOf,
  stepDeviceCall,
  type DeviceCallCommand,
  type DeviceCallEvent,
  type DeviceCallState,
} from "./device-call-machine.ts";

const run = (forks: readonly string[], ...events: readonly DeviceCallEvent[]) => {
  let { state } = beginDeviceCall(forks);
  let commands: readonly DeviceCallCommand[] = [];
  for (const event of events) ({ state, commands } = stepDeviceCall(state, event));
  return { state, commands };
};
const failed = (fork: string, status: number | null): DeviceCallEvent => ({ kind: "failed", fork, refusal: refusalOf(status) });
const told = (commands: readonly DeviceCallCommand[]) => commands.find((command) => command.kind === "tellRefused")?.refusal.what;

test("the first phone that is picked up has the call, the others stop ringing", () => {
  const { state, commands } = run(["a", "b", "c"], { kind: "progressed", fork: "b" }, { kind: "answered", fork: "b" });
  expect(state).toEqual({ kind: "up", fork: "b", isClaimed: false });
  expect(commands.filter(({ kind }) => kind === "cancel")).toEqual([
    { kind: "cancel", fork: "a", isAnsweredElsewhere: true },
    { kind: "cancel", fork: "c", isAnsweredElsewhere: true },
  ]);
  expect(commands).toContainEqual({ kind: "tellAnswered", fork: "b" });
});

test("one that was picked up at the same moment is hung up", () => {
  expect(run(["a", "b"], { kind: "answered", fork: "a" }, { kind: "answered", fork: "b" }).commands).toEqual([
    { kind: "hangUp", fork: "b" },
  ]);
});

test("busy at one place lets the others ring on; what is told in the end is the weightiest word", () => {
  expect(run(["a", "b"], failed("a", 486)).state).toMatchObject({ kind: "calling", forks: ["b"] });
  const { state, commands } = run(["a", "b"], failed("a", 486), failed("b", null));
  expect(state.kind).toBe("over");
  expect(told(commands)).toBe("busy");
});

test("who declines at one of their phones declines at all", () => {
  const { commands } = run(["a", "b"], failed("b", 603));
  expect(commands).toContainEqual({ kind: "cancel", fork: "a", isAnsweredElsewhere: false });
  expect(told(commands)).toBe("declined");
});

test("a phone that rings for too long was not picked up", () => {
  const { commands } = run(["a"], { kind: "progressed", fork: "a" }, { kind: "timerFired", timer: "ring" });
  expect(commands).toContainEqual({ kind: "cancel", fork: "a", isAnsweredElsewhere: false });
  expect(told(commands)).toBe("notPickedUp");
});

test("a phone picked up for nothing is hung up after a while; one in a call is not", () => {
  const answered: DeviceCallEvent = { kind: "answered", fork: "a" };
  expect(run(["a"], answered, { kind: "timerFired", timer: "unclaimed" }).commands).toContainEqual({ kind: "hangUp", fork: "a" });
  expect(run(["a"], answered, { kind: "claimed" }, { kind: "timerFired", timer: "unclaimed" }).state.kind).toBe("up");
});

test("an offer that is withdrawn stops the ringing, and leaves a phone that was picked up to its bridge", () => {
  expect(run(["a"], { kind: "withdrawn" }).commands).toContainEqual({ kind: "cancel", fork: "a", isAnsweredElsewhere: false });
  expect(run(["a"], { kind: "answered", fork: "a" }, { kind: "withdrawn" }).state.kind).toBe("up");
});

test("a phone that is put down is told, and its leg closed; released by its call it is hung up by us and nothing is told", () => {
  const up: DeviceCallEvent[] = [{ kind: "answered", fork: "a" }, { kind: "claimed" }];
  const { commands } = run(["a"], ...up, { kind: "hungUp", fork: "a" });
  expect(commands).toContainEqual({ kind: "tellHungUp" });
  expect(commands).toContainEqual({ kind: "closeLeg" });
  const released = run(["a"], ...up, { kind: "released" }).commands;
  expect(released).toContainEqual({ kind: "hangUp", fork: "a" });
  expect(released).not.toContainEqual({ kind: "tellHungUp" });
});

const dialled = (...events: readonly DeviceCallEvent[]) => {
  let { state, commands } = beginDialledCall("a");
  for (const event of events) ({ state, commands } = stepDeviceCall(state, event));
  return { state, commands: commands.filter(({ kind }) => kind !== "cancelTimer") };
};

test("a call that was dialled at a phone is heard early, and answered when whoever was dialled has answered", () => {
  expect(dialled({ kind: "claimed" }).commands).toEqual([{ kind: "answerEarly", fork: "a" }]);
  const reached = dialled({ kind: "claimed" }, { kind: "reached" });
  expect(reached).toEqual({ state: { kind: "up", fork: "a", isClaimed: true }, commands: [{ kind: "accept", fork: "a" }] });
  // From here on it is as any other.
  const putDown = dialled({ kind: "claimed" }, { kind: "reached" }, { kind: "hungUp", fork: "a" });
  expect(putDown.commands).toEqual([{ kind: "tellHungUp" }, { kind: "closeLeg" }]);
});

test("one that comes to nothing is rejected, whatever it waited for; given up there, its call is told", () => {
  const rejected = [{ kind: "reject", fork: "a" }, { kind: "closeLeg" }];
  expect(dialled({ kind: "released" }).commands).toEqual(rejected);
  expect(dialled({ kind: "withdrawn" }).commands).toEqual(rejected);
  expect(dialled({ kind: "timerFired", timer: "unclaimed" }).commands).toEqual(rejected);
  expect(dialled({ kind: "claimed" }, { kind: "released" }).commands).toEqual(rejected);
  expect(dialled({ kind: "claimed" }, { kind: "timerFired", timer: "unclaimed" }).commands).toEqual([]);
  expect(dialled({ kind: "claimed" }, { kind: "hungUp", fork: "a" }).commands).toEqual([{ kind: "tellHungUp" }, { kind: "closeLeg" }]);
});

test("every pair of state and event is decided, and nothing comes after the end but the hanging up of a late answer", () => {
  const states: DeviceCallState[] = [
    { kind: "calling", forks: ["a", "b"], isRinging: false, refusal: null },
    { kind: "calling", forks: ["a"], isRinging: true, refusal: { what: "busy", status: 486 } },
    { kind: "dialled", fork: "a", isClaimed: false },
    { kind: "dialled", fork: "a", isClaimed: true },
    { kind: "up", fork: "a", isClaimed: false },
    { kind: "up", fork: "a", isClaimed: true },
    { kind: "over" },
  ];
  const events: DeviceCallEvent[] = [
    { kind: "progressed", fork: "a" },
    { kind: "answered", fork: "a" },
    failed("a", 500),
    { kind: "hungUp", fork: "a" },
    { kind: "withdrawn" },
    { kind: "claimed" },
    { kind: "reached" },
    { kind: "released" },
    { kind: "timerFired", timer: "ring" },
    { kind: "timerFired", timer: "unclaimed" },
  ];
  for (const state of states) {
    for (const event of events) {
      const step = stepDeviceCall(state, event);
      if (state.kind === "over") expect([step.state.kind, step.commands.filter(({ kind }) => kind !== "hangUp")]).toEqual(["over", []]);
      // The leg is closed once, by whatever ends the call.
      const closes = step.commands.filter(({ kind }) => kind === "closeLeg").length;
      expect(closes).toBe(step.state.kind === "over" && state.kind !== "over" ? 1 : 0);
    }
  }
});
