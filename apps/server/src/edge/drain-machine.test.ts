import fc from "fast-check";
import { expect, test } from "vitest";
import { drainLimits, stepDrain, type DrainCommand, type DrainEvent, type DrainState } from "./drain-machine.ts";

const run = (...events: readonly DrainEvent[]): { readonly state: DrainState; readonly commands: readonly DrainCommand["kind"][] } => {
  let state: DrainState = { kind: "open" };
  const commands: DrainCommand["kind"][] = [];
  for (const event of events) {
    const step = stepDrain(state, event);
    ({ state } = step);
    commands.push(...step.commands.map(({ kind }) => kind));
  }
  return { state, commands };
};

test("an operator drains for as long as it takes, and takes it back", () => {
  expect(run({ kind: "begun", at: 5 }, { kind: "callsCounted", at: 9, calls: 0 })).toEqual({
    state: { kind: "draining", by: "operator", since: 5, endsAt: null },
    commands: ["leaveCarriers"],
  });
  expect(run({ kind: "begun", at: 5 }, { kind: "takenBack", at: 9 })).toEqual({
    state: { kind: "open" },
    commands: ["leaveCarriers", "returnToCarriers"],
  });
});

test("a stop waits for the last call", () => {
  const begun = { kind: "stopOrdered", at: 100, limitMs: 60_000, calls: 2 } as const;
  expect(run(begun, { kind: "callsCounted", at: 200, calls: 1 }).state).toMatchObject({ kind: "draining", by: "stop", endsAt: 60_100 });
  expect(run(begun, { kind: "callsCounted", at: 200, calls: 1 }, { kind: "callsCounted", at: 300, calls: 0 })).toEqual({
    state: { kind: "over", since: 100 },
    commands: ["leaveCarriers", "armTimer", "cancelTimer", "finish"],
  });
});

test("a stop without calls, or without a limit to wait for, is over at once", () => {
  expect(run({ kind: "stopOrdered", at: 1, limitMs: 60_000, calls: 0 }).commands).toEqual(["leaveCarriers", "cancelTimer", "finish"]);
  expect(run({ kind: "stopOrdered", at: 1, limitMs: 0, calls: 3 }).commands).toEqual([
    "leaveCarriers",
    "endCalls",
    "cancelTimer",
    "finish",
  ]);
});

test("at the limit those who are left hear a last sentence, and are ended when it is said, or takes too long", () => {
  const atLimit = [
    { kind: "stopOrdered", at: 0, limitMs: 1_000, calls: 2 },
    { kind: "timerFired", at: 1_000 },
  ] as const satisfies readonly DrainEvent[];
  expect(run(...atLimit)).toEqual({
    state: { kind: "ending", since: 0, endsAt: 1_000 + drainLimits.lastWordsMsMax },
    commands: ["leaveCarriers", "armTimer", "sayLastWords", "armTimer"],
  });
  expect(run(...atLimit, { kind: "callsCounted", at: 5_000, calls: 0 }).commands.slice(4)).toEqual(["cancelTimer", "finish"]);
  expect(run(...atLimit, { kind: "timerFired", at: 13_000 }).commands.slice(4)).toEqual(["endCalls", "cancelTimer", "finish"]);
});

test("an operator's drain becomes that of a stop, keeps its beginning, and can't be taken back any more", () => {
  const { state, commands } = run(
    { kind: "begun", at: 5 },
    { kind: "stopOrdered", at: 50, limitMs: 1_000, calls: 1 },
    { kind: "takenBack", at: 60 },
  );
  expect(state).toEqual({ kind: "draining", by: "stop", since: 5, endsAt: 1_050 });
  expect(commands).toEqual(["leaveCarriers", "armTimer"]);
});

test("whoever insists ends it at once, and never more than once", () => {
  const event = fc.oneof(
    fc.constantFrom<DrainEvent>(
      { kind: "begun", at: 1 },
      { kind: "takenBack", at: 1 },
      { kind: "timerFired", at: 1 },
      { kind: "hurried", at: 1 },
    ),
    fc.nat(2).map((calls): DrainEvent => ({ kind: "callsCounted", at: 1, calls })),
    fc.record({ limitMs: fc.constantFrom(0, 1_000), calls: fc.nat(2) }).map((how): DrainEvent => ({ kind: "stopOrdered", at: 1, ...how })),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), (events) => {
      const insisted = run(...events, { kind: "stopOrdered", at: 2, limitMs: 1_000, calls: 1 }, { kind: "hurried", at: 3 });
      expect(insisted.state.kind).toBe("over");
      expect(insisted.commands.filter((kind) => kind === "finish")).toHaveLength(1);
      // Carriers are left and returned to in turn.
      const carriers = insisted.commands.filter((kind) => kind === "leaveCarriers" || kind === "returnToCarriers");
      carriers.forEach((kind, index) => expect(kind).toBe(index % 2 === 0 ? "leaveCarriers" : "returnToCarriers"));
    }),
  );
});
