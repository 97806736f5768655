import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PersonId } from "@allo/kernel";
import type { RecordedCall } from "./recorded-parties.ts";
import {
  beginRecorderSession,
  RecorderSessionLimits,
  stepRecorderSession,
  type PausedAs,
  type RecorderSessionCommand,
  type RecorderSessionEvent,
  type RecorderSessionState,
} from "./recorder-session.ts";

const talk: RecordedCall = {
  left: ["leg_customer"],
  right: ["leg_agent"],
  isPaused: false,
  parties: [
    { who: { kind: "customer" }, side: "left", isHeard: true, hears: true },
    { who: { kind: "person", personId: "per_1" as PersonId }, side: "right", isHeard: true, hears: true },
  ],
};
const paused: RecordedCall = { ...talk, left: [], right: [], isPaused: true };
const held: RecordedCall = { ...talk, left: [], right: [] };

const run = (events: readonly RecorderSessionEvent[], how: { readonly call?: RecordedCall; readonly pausedAs?: PausedAs } = {}) => {
  let { state, commands } = beginRecorderSession(how.call ?? talk, how.pausedAs ?? "silence");
  for (const event of events) ({ state, commands } = stepRecorderSession(state, event));
  return { state, commands };
};
const began: readonly RecorderSessionEvent[] = [{ kind: "opened" }, { kind: "answered", taken: 2 }];
const changed = (call: RecordedCall): RecorderSessionEvent => ({ kind: "changed", call });
const refused: RecorderSessionEvent = { kind: "failed", failure: { why: "refused", status: 503 } };
const kinds = (commands: readonly RecorderSessionCommand[]): readonly string[] => commands.map(({ kind }) => kind);

describe("a session with a recorder", () => {
  test("is called once its sockets stand, and has both sides from the answer on", () => {
    expect(run([]).commands).toEqual([{ kind: "open" }]);
    expect(run([{ kind: "opened" }]).commands).toEqual([
      { kind: "armTimer", timer: "answer", afterMs: RecorderSessionLimits.answerMsMax },
      { kind: "call", call: talk, isInactive: false },
    ]);
    expect(run(began).commands).toEqual([
      { kind: "cancelTimer", timer: "answer" },
      { kind: "hear", left: talk.left, right: talk.right, isSent: true },
      { kind: "report", report: { kind: "copyStarted", again: false } },
    ]);
  });

  test("tells what changed while it was being called right after the answer", () => {
    const { commands } = run([{ kind: "opened" }, changed(held), { kind: "answered", taken: 2 }]);
    expect(commands).toContainEqual({ kind: "hear", left: [], right: [], isSent: true });
    expect(commands).toContainEqual({ kind: "change", call: held, isInactive: false, isComplete: false });
  });

  test("has one change on its way at a time, and then the newest", () => {
    const third: RecordedCall = { ...talk, right: ["leg_agent", "leg_other"] };
    expect(kinds(run([...began, changed(held)]).commands)).toEqual(["hear", "change"]);
    expect(kinds(run([...began, changed(held), changed(third)]).commands)).toEqual(["hear"]);
    expect(run([...began, changed(held), changed(third), { kind: "changeAnswered", taken: 2 }]).commands).toContainEqual({
      kind: "change",
      call: third,
      isInactive: false,
      isComplete: false,
    });
  });

  test("a pause as silence goes on in silence, and its end is heard at once", () => {
    expect(run([...began, changed(paused)]).commands[0]).toEqual({ kind: "hear", left: [], right: [], isSent: true });
    expect(run([...began, changed(paused), changed(talk)]).commands[0]).toEqual({
      kind: "hear",
      left: talk.left,
      right: talk.right,
      isSent: true,
    });
  });

  test("a pause as inactive sends nothing from its first moment, and something again only once the recorder has said yes", () => {
    const how = { pausedAs: "inactive" } as const;
    const pausing = [...began, changed(paused)];
    expect(run(pausing, how).commands).toEqual([
      { kind: "hear", left: [], right: [], isSent: false },
      { kind: "change", call: paused, isInactive: true, isComplete: false },
    ]);
    const resuming = [...pausing, { kind: "changeAnswered", taken: 2 } as const, changed(talk)];
    expect(kinds(run(resuming, how).commands)).toEqual(["change"]);
    expect(run([...resuming, { kind: "changeAnswered", taken: 2 }], how).commands).toEqual([
      { kind: "hear", left: talk.left, right: talk.right, isSent: true },
    ]);
  });

  test("a recorder that doesn't follow a pause gets a new session; one that only refuses a change goes on", () => {
    const refusal: RecorderSessionEvent = { kind: "changeFailed", isBusy: false };
    expect(run([...began, changed(paused), refusal], { pausedAs: "inactive" }).state.kind).toBe("resting");
    expect(run([...began, changed(held), refusal]).state.kind).toBe("recording");
  });

  test("what can't be sent now is sent a moment later, whole", () => {
    const busy = run([...began, changed(held), { kind: "changeFailed", isBusy: true }]);
    expect(busy.commands).toEqual([{ kind: "armTimer", timer: "change", afterMs: RecorderSessionLimits.changeAgainMs }]);
    expect(stepRecorderSession(busy.state, { kind: "timerFired", timer: "change" }).commands).toEqual([
      { kind: "change", call: held, isInactive: false, isComplete: true },
    ]);
  });

  test("a recorder that asks for all of it gets all of it", () => {
    expect(run([...began, { kind: "allWanted" }]).commands).toEqual([{ kind: "change", call: talk, isInactive: false, isComplete: true }]);
  });

  test("what is known of the call only while it is being called is told after the answer", () => {
    expect(run([{ kind: "opened" }, { kind: "allWanted" }, { kind: "answered", taken: 2 }]).commands).toContainEqual({
      kind: "change",
      call: talk,
      isInactive: false,
      isComplete: true,
    });
  });

  test("a failure is told once and tried again, later each time, until it has the talk again", () => {
    const first = run([{ kind: "opened" }, refused]);
    expect(first.commands).toContainEqual({ kind: "report", report: { kind: "copyFailed", why: "refused", status: 503 } });
    expect(first.commands).toContainEqual({ kind: "armTimer", timer: "again", afterMs: RecorderSessionLimits.againMsMin });
    const again: readonly RecorderSessionEvent[] = [{ kind: "timerFired", timer: "again" }, { kind: "opened" }];
    const second = run([{ kind: "opened" }, refused, ...again, refused]);
    expect(kinds(second.commands)).not.toContain("report");
    expect(second.commands).toContainEqual({ kind: "armTimer", timer: "again", afterMs: RecorderSessionLimits.againMsMin * 2 });
    const back = run([...began, { kind: "dropped" }, ...again, { kind: "answered", taken: 2 }]);
    expect(back.commands).toContainEqual({ kind: "report", report: { kind: "copyStarted", again: true } });
    expect(stepRecorderSession(back.state, { kind: "stopped" }).commands).toContainEqual({
      kind: "report",
      report: { kind: "copyEnded", whole: false },
    });
  });

  test("one that takes nothing yet stays in its session, and has the talk from the moment that it takes it", () => {
    const waits = run([{ kind: "opened" }, { kind: "answered", taken: 0 }]);
    expect([waits.state.kind, kinds(waits.commands)]).toEqual(["recording", ["cancelTimer", "hear", "report"]]);
    expect(waits.commands.at(-1)).toEqual({ kind: "report", report: { kind: "copyFailed", why: "noStreams", status: null } });
    const taken = stepRecorderSession(waits.state, { kind: "taken", taken: 2 });
    expect(taken.commands).toEqual([{ kind: "report", report: { kind: "copyStarted", again: false } }]);
    const stopped = stepRecorderSession(taken.state, { kind: "taken", taken: 0 });
    expect(stopped.commands).toMatchObject([{ kind: "report", report: { kind: "copyFailed" } }]);
    expect(stepRecorderSession(stopped.state, { kind: "taken", taken: 0 }).commands).toEqual([]);
    const back = stepRecorderSession(stopped.state, { kind: "taken", taken: 2 });
    expect(back.commands).toEqual([{ kind: "report", report: { kind: "copyStarted", again: true } }]);
  });

  test("what one side alone came of isn't whole", () => {
    const { commands } = run([{ kind: "opened" }, { kind: "answered", taken: 1 }, { kind: "stopped" }]);
    expect(commands.at(-1)).toEqual({ kind: "report", report: { kind: "copyEnded", whole: false } });
  });

  test("a recorder that never answers is given up in time", () => {
    const { state, commands } = run([{ kind: "opened" }, { kind: "timerFired", timer: "answer" }]);
    expect(state.kind).toBe("resting");
    expect(kinds(commands)).toContain("end");
  });

  test("ends with the recording, and says whether all of it came", () => {
    expect(run([...began, { kind: "stopped" }]).commands).toEqual([
      { kind: "cancelTimer", timer: "change" },
      { kind: "end" },
      { kind: "report", report: { kind: "copyEnded", whole: true } },
    ]);
    expect(kinds(run([{ kind: "stopped" }]).commands)).toEqual(["end"]);
  });

  test("never lets a recorder hear what is not to be kept, and is quiet once it is over, whatever happens", () => {
    const call = fc.constantFrom(talk, paused, held);
    const event: fc.Arbitrary<RecorderSessionEvent> = fc.oneof(
      call.map(changed),
      fc.constantFrom<RecorderSessionEvent>(
        { kind: "opened" },
        { kind: "answered", taken: 2 },
        { kind: "answered", taken: 0 },
        { kind: "taken", taken: 0 },
        { kind: "taken", taken: 1 },
        refused,
        { kind: "openFailed", failure: { why: "noMedia", status: null } },
        { kind: "changeAnswered", taken: 2 },
        { kind: "changeFailed", isBusy: true },
        { kind: "changeFailed", isBusy: false },
        { kind: "allWanted" },
        { kind: "dropped" },
        { kind: "timerFired", timer: "answer" },
        { kind: "timerFired", timer: "again" },
        { kind: "timerFired", timer: "change" },
        { kind: "stopped" },
      ),
    );
    fc.assert(
      fc.property(call, fc.constantFrom<PausedAs>("silence", "inactive"), fc.array(event, { maxLength: 40 }), (first, pausedAs, events) => {
        let state: RecorderSessionState = beginRecorderSession(first, pausedAs).state;
        let now = first;
        let heard: Extract<RecorderSessionCommand, { kind: "hear" }> | null = null;
        for (const each of events) {
          const wasOver = state.kind === "over";
          if (each.kind === "changed") now = each.call;
          const step = stepRecorderSession(state, each);
          if (wasOver) expect(step.commands).toEqual([]);
          state = step.state;
          for (const command of step.commands) {
            if (command.kind === "hear") heard = command;
            if (command.kind === "end") heard = null;
          }
          if (now.isPaused && heard !== null) expect([heard.left, heard.right, heard.isSent]).toEqual([[], [], pausedAs === "silence"]);
          if (state.kind === "recording" && state.changing === null && !state.wantsAll)
            expect(JSON.stringify(state.told)).toBe(JSON.stringify(now));
        }
      }),
    );
  });
});
