/* Who calls and when: a day's arrivals, half-hour by half-hour. */
import type { CustomerId, Instant, Prng } from "@allo/kernel";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "@allo/kernel";
import { isTrue, normal, pickOne, poisson } from "./draws.ts";
import { historyLimits, specialDays, type HistoryLine, type HistoryPlan } from "./history-plan.ts";

export type Arrival = {
  readonly at: Instant;
  readonly line: HistoryLine;
  /** Null: hidden. */
  readonly number: string | null;
  readonly customerId: CustomerId | null;
  /** How often the same person has called about it before. */
  readonly attempt: number;
};

const HALF_HOUR_MS = 30 * MINUTE_MS;
const HALF_HOURS = 48;
/** Days differ by more than chance: coefficient of variation, and how much of it the next day keeps. */
const DAY_CV = 0.063;
const DAY_CARRY = 0.64;
/** Half-hours vary more than a Poisson process does. */
const HALF_HOUR_CV = 0.22;
const KNOWN_SHARE = 0.78;
const ANONYMOUS_SHARE = 0.07;
const STRANGERS = 900;
/** A few customers call often. */
const REGULARS_SHARE = 0.3;
const REGULARS_OF_ALL = 0.08;

/** The local midnight on or before `at`. */
export function localMidnight(plan: Pick<HistoryPlan, "zoneOffset">, at: Instant): Instant {
  const offset = plan.zoneOffset(at);
  return Math.floor((at + offset) / DAY_MS) * DAY_MS - offset;
}

/** Monday is 0. */
export function weekdayOf(plan: Pick<HistoryPlan, "zoneOffset">, midnight: Instant): number {
  const days = Math.floor((midnight + plan.zoneOffset(midnight)) / DAY_MS);
  return (((days + 3) % 7) + 7) % 7; // 1970-01-01 was a Thursday
}

/** Factors of each day, oldest first: growth, weekday, what is special about it, and a drift that the next day keeps a part of. */
export function dayFactors(plan: HistoryPlan, midnights: readonly Instant[], prng: Prng): readonly number[] {
  let drift = 0;
  return midnights.map((midnight, index) => {
    const daysAgo = midnights.length - 1 - index;
    drift = DAY_CARRY * drift + Math.sqrt(1 - DAY_CARRY ** 2) * DAY_CV * normal(prng);
    const growth = 1 - historyLimits.growth * (daysAgo / Math.max(1, midnights.length - 1));
    const holiday = daysAgo === specialDays.holiday.daysAgo ? specialDays.holiday.factor : 1;
    return growth * holiday * (plan.weekdayFactors[weekdayOf(plan, midnight)] ?? 1) * Math.max(0.5, 1 + drift);
  });
}

/** All first calls of one day, in order of time. */
export function drawDay(
  plan: HistoryPlan,
  day: { readonly midnight: Instant; readonly factor: number; readonly daysAgo: number },
  prng: Prng,
): readonly Arrival[] {
  const arrivals: Arrival[] = [];
  for (const line of plan.lines) {
    const draw = prng.child(line.key);
    for (let half = 0; half < HALF_HOURS; half += 1) {
      const share = plan.halfHourShares[half] ?? 0;
      const spread = Math.max(0.2, 1 + HALF_HOUR_CV * normal(draw));
      const mean = plan.callsPerDay * line.share * day.factor * share * spread * outageFactor(line, day.daysAgo, half);
      for (let left = poisson(draw, mean); left > 0; left -= 1) {
        const at = day.midnight + half * HALF_HOUR_MS + draw.below(HALF_HOUR_MS);
        arrivals.push({ at, line, attempt: 0, ...drawCaller(line, draw) });
      }
    }
  }
  return arrivals.toSorted((a, b) => a.at - b.at);
}

function drawCaller(line: HistoryLine, prng: Prng): Pick<Arrival, "number" | "customerId"> {
  const kind = prng.next();
  if (kind < ANONYMOUS_SHARE) return { number: null, customerId: null };
  if (kind >= ANONYMOUS_SHARE + KNOWN_SHARE || line.customers.length === 0)
    return { number: line.strangerNumber(prng.below(STRANGERS)), customerId: null };
  const regulars = Math.ceil(line.customers.length * REGULARS_OF_ALL);
  return pickOne(prng, isTrue(prng, REGULARS_SHARE) ? line.customers.slice(0, regulars) : line.customers);
}

function outageFactor(line: HistoryLine, daysAgo: number, half: number): number {
  const { outage } = specialDays;
  if (line.key !== "isp" || daysAgo !== outage.daysAgo) return 1;
  const hour = (half * HALF_HOUR_MS) / HOUR_MS;
  return hour >= outage.fromHour && hour < outage.toHour ? outage.factor : 1;
}
