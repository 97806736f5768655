import { expect, test } from "vitest";
import type { CallPlan } from "./arrivals.ts";
import { beginCaller, stepCaller, type CallerCommand, type CallerEvent, type CallerState, type Hearing } from "./caller-machine.ts";

const plan: CallPlan = {
  callId: "1",
  at: 0,
  line: "bank",
  dialled: "+1",
  from: null,
  name: null,
  patienceMs: 60_000,
  talkMs: 40_000,
  matter: 3,
  repeats: 0,
};

/** A caller on a line of our making, in virtual time: `hears` says what is heard at each moment after the answer. */
function run(hears: (at: number) => Hearing, options: { readonly speechMs?: number; readonly untilMs?: number } = {}) {
  let state: CallerState = beginCaller(0);
  const log: { readonly at: number; readonly command: CallerCommand }[] = [];
  let speakingUntil: number | null = null;
  const feed = (event: CallerEvent): void => {
    const step = stepCaller(plan, state, event);
    state = step.state;
    for (const command of step.commands) {
      log.push({ at: event.at, command });
      if (command.kind === "say") speakingUntil = event.at + (options.speechMs ?? 4_000);
    }
  };
  feed({ kind: "answered", at: 100 });
  for (let at = 200; at <= (options.untilMs ?? 180_000); at += 200) {
    if (speakingUntil !== null && at >= speakingUntil) {
      speakingUntil = null;
      feed({ kind: "spoken", at, hearing: hears(at) });
    }
    feed({ kind: "ticked", at, hearing: hears(at) });
    if (log.some(({ command }) => command.kind === "hangUp")) break;
  }
  return { state: () => state, log, feed };
}

test("who hears music only gives up when the patience is over, and is lost once", () => {
  const { log, feed, state } = run((at) => ({ speechMs: at, sourcesBegun: 1 }));
  expect(log.map(({ command }) => command.kind)).toEqual(["wasLost", "hangUp"]);
  expect(log[0]?.at).toBeGreaterThanOrEqual(60_000);
  expect(log[0]?.at).toBeLessThan(61_000);
  feed({ kind: "ended", at: 70_000 });
  expect(log).toHaveLength(2);
  expect(state().kind).toBe("over");
});

test("who is picked up says the matter after the other has spoken, goes on, thanks and hangs up", () => {
  // Picked up at 10 s; the other speaks for the first 2 s of every 10 s.
  const hears = (at: number): Hearing => {
    const rounds = Math.max(0, at - 10_000);
    return { speechMs: Math.floor(rounds / 10_000) * 2_000 + Math.min(2_000, rounds % 10_000), sourcesBegun: at < 10_000 ? 1 : 2 };
  };
  const { log } = run(hears);
  const said = log.flatMap(({ command, at }) => (command.kind === "say" ? [{ what: command.what, at }] : []));
  expect(log[0]).toMatchObject({ at: 10_000, command: { kind: "hearAnew" } });
  expect(said[0]?.what).toBe("opening");
  expect(said[0]?.at).toBeGreaterThan(12_000);
  expect(said.slice(1, -1).every(({ what }) => what === "detail")).toBe(true);
  expect(said.length).toBeGreaterThanOrEqual(4);
  expect(said.at(-1)?.what).toBe("farewell");
  expect(said.at(-1)?.at).toBeGreaterThanOrEqual(10_000 + plan.talkMs);
  expect(log.at(-1)?.command.kind).toBe("hangUp");
  expect(log.at(-1)?.at).toBeGreaterThan((said.at(-1)?.at ?? 0) + 4_000);
  expect(log.some(({ command }) => command.kind === "wasLost")).toBe(false);
});

test("whoever says nothing at the other end is told the matter all the same", () => {
  const { log } = run((at) => ({ speechMs: 0, sourcesBegun: at < 10_000 ? 1 : 2 }));
  const first = log.find(({ command }) => command.kind === "say");
  expect(first).toMatchObject({ command: { what: "opening" } });
  expect(first?.at).toBeLessThan(16_000);
});

test("a centre that hangs up first ends it; in the queue the caller is lost", () => {
  let { state, commands } = stepCaller(plan, beginCaller(0), { kind: "answered", at: 0 });
  ({ state, commands } = stepCaller(plan, state, { kind: "ended", at: 20_000 }));
  expect({ state, commands }).toEqual({ state: { kind: "over" }, commands: [{ kind: "wasLost" }] });
  const refused = stepCaller(plan, beginCaller(0), { kind: "ended", at: 900 });
  expect(refused.commands).toEqual([{ kind: "wasLost" }]);
});
