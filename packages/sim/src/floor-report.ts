import type { Router, RouterOptions } from "@allo/acd";
import { drawPlan } from "./floor-plan.ts";
import { shrinkPlan } from "./floor-shrink.ts";
import { runFloor } from "./floor-world.ts";
import type { FloorResult } from "./floor-world.ts";

export type SeedsOutcome =
  | { readonly ok: true; readonly seeds: number; readonly inputs: number; readonly offers: number; readonly last: FloorResult | null }
  | { readonly ok: false; readonly seed: number; readonly report: string };

/** Runs `seeds` floors from `first` on. The first failure comes back shrunk, as text, with the command line that repeats it. */
export function runFloorSeeds(first: number, seeds: number, makeRouter?: (options: RouterOptions) => Router): SeedsOutcome {
  let inputs = 0;
  let offers = 0;
  let last: FloorResult | null = null;
  for (let seed = first; seed < first + seeds; seed += 1) {
    const plan = drawPlan(String(seed));
    const outcome = runFloor(plan, makeRouter);
    if (!outcome.ok) {
      const small = shrinkPlan(plan, (smaller) => !runFloor(smaller, makeRouter).ok);
      const shrunk = runFloor(small, makeRouter);
      const { rule, at, lastInputs } = shrunk.ok ? outcome.failure : shrunk.failure;
      const lines = [
        `floor seed ${seed}: ${rule}`,
        `repeat: npm run sim -- --world floor --seed ${seed}`,
        `shrunk to ${small.callers.length} of ${plan.callers.length} callers, ${small.acts.length} of ${plan.acts.length} acts; broken at ${at} ms`,
        ...small.callers.map((c) => `  caller ${JSON.stringify(c)}`),
        ...small.acts.map((a) => `  act ${JSON.stringify(a.kind === "configure" ? { kind: a.kind, at: a.at } : a)}`),
        ...lastInputs.map((i) => `  input ${JSON.stringify(i.kind === "configured" ? { kind: i.kind, at: i.at } : i)}`),
      ];
      return { ok: false, seed, report: lines.join("\n") };
    }
    inputs += outcome.result.inputs;
    offers += outcome.result.offers;
    last = outcome.result;
  }
  return { ok: true, seeds, inputs, offers, last };
}
