import type { FloorPlan } from "./floor-plan.ts";

/** The most runs one shrinking may cost. */
const SHRINK_RUNS_MAX = 400;

/** Leaves out callers and acts, ever smaller chunks of them, as long as the plan still fails. */
export function shrinkPlan(plan: FloorPlan, fails: (plan: FloorPlan) => boolean): FloorPlan {
  let runs = 0;
  const stillFails = (smaller: FloorPlan): boolean => {
    runs += 1;
    return runs <= SHRINK_RUNS_MAX && fails(smaller);
  };
  let best = plan;
  for (let before = -1; before !== best.callers.length + best.acts.length && runs < SHRINK_RUNS_MAX;) {
    before = best.callers.length + best.acts.length;
    best = { ...best, callers: shrinkList(best.callers, (callers) => stillFails({ ...best, callers })) };
    best = { ...best, acts: shrinkList(best.acts, (acts) => stillFails({ ...best, acts })) };
  }
  return best;
}

function shrinkList<T>(list: readonly T[], stillFails: (list: readonly T[]) => boolean): readonly T[] {
  let best = list;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < best.length;) {
      const without = [...best.slice(0, start), ...best.slice(start + size)];
      if (stillFails(without)) best = without;
      else start += size;
    }
  }
  return best;
}
