import { describe, expect, it } from "vitest";
import { createRouter } from "@allo/acd";
import type { Router, RouterCommand, RouterOptions } from "@allo/acd";
import { drawPlan, runFloor, runFloorSeeds, shrinkPlan } from "@allo/sim";

const SEEDS = 200;
const BUDGET_MS = 30_000;

/** A router whose commands pass through `twist`: the world must notice. */
function twisted(twist: (commands: RouterCommand[]) => RouterCommand[]): (options: RouterOptions) => Router {
  return (options) => {
    const router = createRouter(options);
    return { ...router, handle: (input) => twist(router.handle(input)) };
  };
}

describe("the floor world", () => {
  it(`holds its rules on ${SEEDS} seeds within the budget`, { timeout: 2 * BUDGET_MS }, () => {
    const startedAt = performance.now();
    const outcome = runFloorSeeds(0, SEEDS);
    if (!outcome.ok) expect.fail(outcome.report);
    expect(outcome.offers).toBeGreaterThan(10_000);
    expect(performance.now() - startedAt).toBeLessThan(BUDGET_MS);
  });

  it.each([
    ["2", "a talk's end freed a capped queue and its agent: the queue's head passed a better caller of another queue"],
    ["59", "an edge went on ringing an agent for a caller whose queueing was lost with the journal's tail"],
    ["285", "a claim whose record was lost in a restart was bridged and the router went on ringing"],
  ])("holds on seed %s, which once found that %s", (seed) => {
    expect(runFloor(drawPlan(seed))).toMatchObject({ ok: true });
  });

  it("gives the same story for the same seed and another for another", () => {
    const hash = (seed: string): string => {
      const outcome = runFloor(drawPlan(seed));
      return outcome.ok ? outcome.result.hash : expect.fail(outcome.failure.rule);
    };
    expect(hash("11")).toBe(hash("11"));
    expect(hash("11")).not.toBe(hash("12"));
  });

  it("ends callers in every way a floor knows", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 40; seed += 1) {
      const outcome = runFloor(drawPlan(String(seed)));
      if (outcome.ok) for (const ending of Object.keys(outcome.result.endings)) seen.add(ending);
    }
    expect([...seen].sort()).toEqual([
      "abandoned",
      "edgeLost",
      "handled",
      "longestWaitPassed",
      "nobodySignedIn",
      "queueFull",
      "queueRetired",
      "unknownQueue",
    ]);
  });

  it.each([
    ["forgets to arm a lease", twisted((all) => all.filter((c) => c.kind !== "armTimer" || !c.timer.startsWith("ring:")))],
    ["forgets to withdraw an offer", twisted((all) => all.filter((c) => c.kind !== "withdrawOffer"))],
    ["skips a change of an agent", twisted((all) => all.filter((c) => c.kind !== "agentChanged" || c.cause.why !== "offered"))],
    ["makes an offer twice", twisted((all) => all.flatMap((c): RouterCommand[] => (c.kind === "offer" ? [c, c] : [c])))],
    ["forgets to say that a wait is over", twisted((all) => all.filter((c) => c.kind !== "expireContact"))],
  ])("catches a router that %s", (_, makeRouter) => {
    const breaks = (seed: number): boolean => !runFloor(drawPlan(String(seed)), makeRouter).ok;
    expect(Array.from({ length: 60 }, (_unused, seed) => seed).some(breaks)).toBe(true);
  });

  it("catches a router that serves the newest caller first, and one that lets an idle agent sit", () => {
    const order = new Map<string, number>();
    const reversed = (options: RouterOptions): Router => {
      const router = createRouter(options);
      // Later callers get a higher priority inside, while the snapshot tells the one they came with.
      const handle: Router["handle"] = (input) => {
        if (input.kind !== "contactQueued") return router.handle(input);
        order.set(input.contact, input.priority);
        return router.handle({ ...input, priority: input.at });
      };
      const snapshot: Router["snapshot"] = () => {
        const real = router.snapshot();
        return { ...real, contacts: real.contacts.map((c) => ({ ...c, priority: order.get(c.contact) ?? 0 })) };
      };
      return { ...router, handle, snapshot };
    };
    const deaf = (options: RouterOptions): Router => {
      const router = createRouter(options);
      // Going ready is noted outside and never reaches the engine: the agent sits idle.
      const ready = new Set<string>();
      const handle: Router["handle"] = (input) => {
        if (input.kind !== "readyRequested") return router.handle(input);
        ready.add(input.agent);
        return [];
      };
      const snapshot: Router["snapshot"] = () => {
        const real = router.snapshot();
        const agents = real.agents.map((a) =>
          ready.has(a.agent) && a.state.kind === "notReady" ? { ...a, state: { kind: "ready" as const } } : a,
        );
        return { ...real, agents };
      };
      return { ...router, handle, snapshot };
    };
    const rulesBroken = (makeRouter: (options: RouterOptions) => Router): string =>
      Array.from({ length: 10 }, (_unused, seed) => runFloor(drawPlan(String(seed)), makeRouter))
        .map((o) => (o.ok ? "" : o.failure.rule))
        .join("\n");
    expect(rulesBroken(reversed)).toMatch(/although con_\d+ is ahead/);
    expect(rulesBroken(deaf)).toMatch(/is idle while con_\d+, which they may have, waits/);
  });

  it("shrinks a failing floor to a few parts and names its seed", () => {
    const makeRouter = twisted((all) => all.filter((c) => c.kind !== "withdrawOffer"));
    const outcome = runFloorSeeds(0, 60, makeRouter);
    expect(outcome.ok).toBe(false);
    if (outcome.ok) return;
    expect(outcome.report).toContain(`npm run sim -- --world floor --seed ${outcome.seed}`);
    const plan = drawPlan(String(outcome.seed));
    const small = shrinkPlan(plan, (smaller) => !runFloor(smaller, makeRouter).ok);
    expect(runFloor(small, makeRouter).ok).toBe(false);
    expect(small.callers.length).toBeLessThan(plan.callers.length / 4);
  });
});
