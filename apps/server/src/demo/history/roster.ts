/* Who works when: eight-hour shifts, as many people in each as its calls need, in turn. */
import type { Instant, PersonId, Prng } from "@allo/kernel";
import { HOUR_MS, MINUTE_MS } from "@allo/kernel";
import { between, isTrue, lognormal, normal } from "./draws.ts";
import type { HistoryLine, HistoryPlan } from "./history-plan.ts";

export type Pause = { readonly at: Instant; readonly reason: "break" | "lunch" | "training"; readonly lengthMs: number };
export type Shift = { readonly personId: PersonId; readonly from: Instant; readonly to: Instant; readonly pauses: readonly Pause[] };

const SHIFT_HOURS = 8;
/** Of the local day; the last goes over midnight. */
const SHIFT_STARTS: readonly number[] = [6, 14, 22];
/** Before the first night shift of the history there was one too. */
const FIRST_NIGHT = -2;
const HALF_HOURS = 48;
/** Never less than this between two shifts of a person. */
const REST_MS = 11 * HOUR_MS;
/** People over the busiest half-hour's load, in its square root (the square-root rule of staffing). */
const STAFFING_BETA = 1.35;
const SICK_SHARE = 0.02;
const TRAINING_SHARE = 0.04;

/** The day's shifts; `lastEnd` remembers when each person was last done, and is brought on. */
export function drawShifts(
  plan: HistoryPlan,
  day: { readonly midnight: Instant; readonly factor: number; readonly index: number },
  lastEnd: Map<PersonId, Instant>,
  prng: Prng,
): readonly Shift[] {
  const taken = new Set<PersonId>();
  const shifts: Shift[] = [];
  for (const line of plan.lines) {
    for (const start of day.index === 0 ? [FIRST_NIGHT, ...SHIFT_STARTS] : SHIFT_STARTS) {
      const from = day.midnight + start * HOUR_MS;
      const wanted = staffFor(plan, line, { factor: day.factor, start });
      // Who has rested longest comes first, so that all get their turns.
      const free = line.agents
        .map(({ personId }) => personId)
        .filter((personId) => !taken.has(personId) && (lastEnd.get(personId) ?? 0) + REST_MS <= from)
        .toSorted((a, b) => (lastEnd.get(a) ?? 0) - (lastEnd.get(b) ?? 0) || (a < b ? -1 : 1));
      const chosen = free.slice(0, wanted);
      for (const [slot, personId] of chosen.entries()) {
        taken.add(personId);
        const to = from + SHIFT_HOURS * HOUR_MS;
        lastEnd.set(personId, to);
        if (isTrue(prng, SICK_SHARE)) continue;
        shifts.push(drawShift(personId, { from, to, slot, isAlone: chosen.length === 1 }, prng));
      }
    }
  }
  return shifts.toSorted((a, b) => a.from - b.from || (a.personId < b.personId ? -1 : 1));
}

function staffFor(plan: HistoryPlan, line: HistoryLine, { factor, start }: { readonly factor: number; readonly start: number }): number {
  const busiest = Math.max(
    ...Array.from({ length: SHIFT_HOURS * 2 }, (_, index) => plan.halfHourShares[(start * 2 + index + HALF_HOURS) % HALF_HOURS] ?? 0),
  );
  const meanHandle = line.handleSecondsMedian * Math.exp(line.handleSigma ** 2 / 2) + line.wrapUpSecondsMean;
  const load = (plan.callsPerDay * line.share * factor * busiest * meanHandle) / 1_800;
  return Math.max(1, Math.ceil(load + STAFFING_BETA * Math.sqrt(load)));
}

/** Breaks one after the other, so that a queue is never left by all at once. */
function drawShift(
  personId: PersonId,
  { from, to, slot, isAlone }: { readonly from: Instant; readonly to: Instant; readonly slot: number; readonly isAlone: boolean },
  prng: Prng,
): Shift {
  const late = isTrue(prng, 0.06) ? between(prng, 2, 14) * MINUTE_MS : -between(prng, 0, 4) * MINUTE_MS;
  const minutes = (mean: number, deviation: number): number => Math.max(2, mean + deviation * normal(prng)) * MINUTE_MS;
  const after = (first: number, step: number): number => Math.round(from + (first + step * slot + between(prng, 0, 4)) * MINUTE_MS);
  const pauses: Pause[] = [
    { at: after(80, 16), reason: "break", lengthMs: minutes(isAlone ? 6 : 12, 2) },
    { at: after(165, 36), reason: "lunch", lengthMs: minutes(isAlone ? 17 : 31, 3) },
    { at: after(370, 16), reason: "break", lengthMs: minutes(isAlone ? 6 : 11, 2) },
  ];
  if (!isAlone && isTrue(prng, TRAINING_SHARE))
    pauses.push({ at: after(325, 8), reason: "training", lengthMs: Math.min(40, lognormal(prng, { median: 24, sigma: 0.3 })) * MINUTE_MS });
  return {
    personId,
    from: Math.round(from + late),
    to: Math.round(to + between(prng, 0, 3) * MINUTE_MS),
    pauses: pauses.map((pause) => ({ ...pause, lengthMs: Math.round(pause.lengthMs) })).toSorted((a, b) => a.at - b.at),
  };
}
