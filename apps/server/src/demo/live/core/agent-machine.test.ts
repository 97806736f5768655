import { createPrng } from "@allo/kernel";
import { expect, test } from "vitest";
import {
  agentAtHome,
  agentMachineLimits as limits,
  stepAgent,
  type AgentCommand,
  type AgentState,
  type AgentWorld,
  type DeskContactView,
  type DeskView,
} from "./agent-machine.ts";
import type { Duty } from "./roster.ts";

const world: AgentWorld = {
  speed: 1,
  lineOf: () => ({ wrapUpSecondsMean: 10, wrapUpCodes: [{ wrapUpCodeId: "code-1", weight: 1 }], notes: ["A note."], holdShare: 0 }),
  reasonOf: (what) => `reason-${what}`,
};
const contact: DeskContactView = {
  contactId: "con_1",
  offerId: "off_1",
  queueId: "que_1",
  connectedAt: null,
  heldSince: null,
  wrapUpEndsAt: null,
};
const desk = (state: DeskView["state"], fields: Partial<DeskView> = {}): DeskView => ({
  state,
  reasonId: null,
  pendingReasonId: null,
  systemCause: null,
  proven: true,
  contact: null,
  ...fields,
});
const work: Duty = { kind: "work" };

/** An agent at a desk of our making, in virtual time: five looks a second. */
function sit(options: { readonly seed?: string; readonly world?: AgentWorld } = {}) {
  const prng = createPrng(options.seed ?? "agent");
  let state: AgentState = agentAtHome;
  let now = 0;
  const log: { readonly at: number; readonly command: AgentCommand }[] = [];
  const feed = (event: Parameters<typeof stepAgent>[3]): void => {
    const step = stepAgent(options.world ?? world, prng, state, event);
    state = step.state;
    for (const command of step.commands) log.push({ at: event.at, command });
  };
  return {
    log,
    kinds: () => log.map(({ command }) => command.kind),
    see: (
      view: DeskView | null,
      forMs: number,
      given: { readonly duty?: Duty; readonly speechMs?: (at: number) => number; readonly saysMs?: number } = {},
    ): void => {
      const until = now + forMs;
      for (; now < until; now += 200) {
        const before = log.length;
        const speechMs = given.speechMs?.(now) ?? 0;
        feed({ kind: "ticked", at: now, duty: given.duty ?? work, desk: view, speechMs });
        if (log.slice(before).some(({ command }) => command.kind === "say"))
          feed({ kind: "spoken", at: now + (given.saysMs ?? 0), speechMs });
      }
    },
  };
}

test("comes to work: signs in, and goes ready when the phone is proven", () => {
  const agent = sit();
  agent.see(null, 1_000);
  agent.see(desk("notReady", { proven: false }), 2_000);
  expect(agent.kinds()).toEqual(["signIn"]);
  agent.see(desk("notReady"), 2_000);
  expect(agent.kinds()).toEqual(["signIn", "goReady"]);
});

test("a button that did nothing is pressed again, not five times a second", () => {
  const agent = sit();
  agent.see(desk("notReady"), limits.pressAgainMs + 1_000);
  expect(agent.kinds()).toEqual(["goReady", "goReady"]);
});

test("answers within the seconds that people take, with the microphone open first; now and then misses a ring", () => {
  let missed = 0;
  for (let seed = 0; seed < 200; seed += 1) {
    const agent = sit({ seed: String(seed) });
    agent.see(desk("ringing", { contact }), 15_000);
    const accepted = agent.log.find(({ command }) => command.kind === "accept");
    if (accepted === undefined) {
      missed += 1;
      expect(agent.log).toEqual([]);
      continue;
    }
    expect(agent.kinds().slice(0, 2)).toEqual(["voice", "accept"]);
    expect(accepted.at).toBeGreaterThanOrEqual(limits.answerMsMin);
    expect(accepted.at).toBeLessThanOrEqual(limits.answerMsMax + 400);
  }
  expect(missed).toBeGreaterThan(0);
  expect(missed).toBeLessThan(200 * 0.08);
});

test("speaks first, then in turn, and closes the microphone when the talk is over", () => {
  const agent = sit();
  const talking = desk("talking", { contact: { ...contact, connectedAt: 0 } });
  agent.see(talking, 30_000, { speechMs: (at) => Math.floor(at / 10_000) * 3_000 });
  const said = agent.log.flatMap(({ command, at }) => (command.kind === "say" ? [{ what: command.what, at }] : []));
  expect(said[0]).toEqual({ what: "opening", at: 0 });
  expect(said.length).toBeGreaterThan(2);
  agent.see(desk("wrapUp", { contact: { ...contact, wrapUpEndsAt: 90_000 } }), 400);
  expect(agent.log.at(-1)?.command).toEqual({ kind: "voice", open: false });
});

test("hangs up a line on which nothing was heard for long", () => {
  const agent = sit({ seed: "patient" });
  agent.see(desk("talking", { contact: { ...contact, connectedAt: 0 } }), limits.deadAirMs + 1_000);
  expect(agent.log.at(-1)?.command).toEqual({ kind: "hangUp", contactId: "con_1" });
});

test("holds and takes back, where the line's calls are held", () => {
  const line = world.lineOf("que_1");
  const agent = sit({ world: { ...world, lineOf: () => (line === undefined ? undefined : { ...line, holdShare: 1 }) } });
  const talking = { ...contact, connectedAt: 0 };
  const speaks = { speechMs: (at: number) => at };
  agent.see(desk("talking", { contact: talking }), 42_000, speaks);
  const held = agent.log.find(({ command }) => command.kind === "hold");
  expect(held).toBeDefined();
  agent.see(desk("talking", { contact: { ...talking, heldSince: 40_000 } }), 30_000, speaks);
  expect(agent.log.some(({ command }) => command.kind === "resume")).toBe(true);
});

test("finishes the wrap-up with a code before the desk ends it, most times; notes are in the line's words", () => {
  let coded = 0;
  for (let seed = 0; seed < 60; seed += 1) {
    const agent = sit({ seed: String(seed) });
    agent.see(desk("wrapUp", { contact: { ...contact, wrapUpEndsAt: 20_000 } }), 19_000);
    const finish = agent.log.find(({ command }) => command.kind === "finishWrapUp");
    if (finish === undefined) continue;
    coded += 1;
    expect(finish.command).toMatchObject({ contactId: "con_1", wrapUpCodeId: "code-1" });
    if (finish.command.kind === "finishWrapUp") expect(["", "A note."]).toContain(finish.command.note);
  }
  expect(coded).toBeGreaterThan(50);
  expect(coded).toBeLessThanOrEqual(60);
});

test("takes breaks by their reason, comes back, and goes home through a reason too", () => {
  const agent = sit();
  agent.see(desk("ready"), 1_000, { duty: { kind: "break", what: "lunch" } });
  agent.see(desk("notReady", { reasonId: "reason-lunch" }), 1_000, { duty: { kind: "break", what: "lunch" } });
  agent.see(desk("notReady", { reasonId: "reason-lunch" }), 1_000);
  agent.see(desk("ready"), 1_000, { duty: { kind: "home" } });
  agent.see(desk("notReady", { reasonId: "reason-break" }), 1_000, { duty: { kind: "home" } });
  agent.see(null, 1_000, { duty: { kind: "home" } });
  expect(agent.log.map(({ command }) => ("reasonId" in command ? command.reasonId : command.kind))).toEqual([
    "reason-lunch",
    "goReady",
    "reason-break",
    "signOut",
  ]);
});

test("after missed rings it takes a while until somebody notices", () => {
  const agent = sit();
  const view = desk("notReady", { systemCause: "afterMissedRings" });
  agent.see(view, limits.comeBackMsMin);
  expect(agent.kinds()).toEqual([]);
  agent.see(view, limits.comeBackMsMax);
  expect(agent.kinds()).toContain("goReady");
});
