// How busy the day is: the shares of its half hours and the days of the week, as a rate of calls and as people on shift.
import { MINUTE_MS, type Instant } from "@allo/kernel";

export const HALF_HOUR_MS = 30 * MINUTE_MS;
export const HALF_HOURS_A_DAY = 48;

/** What the wall clock of the centre shows. Monday is 0. */
export type LocalTime = { readonly weekday: number; readonly minuteOfDay: number };

export const dayShapeLimits = {
  /** A newcomer may come at night: even then somebody calls. */
  factorMin: 0.4,
  /** Not more than the people of the demonstration can answer. */
  factorMax: 1.35,
  weekdayFactorMin: 0.7,
  weekdayFactorMax: 1.15,
  /** Of all agents, on shift in the quietest and in the busiest half hour. */
  onShiftMin: 0.45,
  onShiftMax: 0.95,
} as const;

export type DayShape = {
  /** By what the mean rate is multiplied. */
  readonly rateFactor: (local: LocalTime) => number;
  /** Of all agents, 0 to 1. */
  readonly onShift: (local: LocalTime) => number;
};

/** `steady`: as if every half hour were a middling one, for measuring. */
export function createDayShape(given: {
  readonly halfHourShares: readonly number[];
  readonly weekdayFactors: readonly number[];
  readonly steady: boolean;
}): DayShape {
  const limits = dayShapeLimits;
  if (given.steady) return { rateFactor: () => 1, onShift: () => limits.onShiftMax };
  const bounded = Array.from({ length: HALF_HOURS_A_DAY }, (_, index) =>
    clamp((given.halfHourShares[index] ?? 0) * HALF_HOURS_A_DAY, limits.factorMin, limits.factorMax),
  );
  const mean = bounded.reduce((sum, factor) => sum + factor, 0) / HALF_HOURS_A_DAY;
  const ofDay = bounded.map((factor) => factor / mean);
  const highest = Math.max(...ofDay);
  const factorAt = ({ minuteOfDay }: LocalTime): number => ofDay[Math.floor(minuteOfDay / 30) % HALF_HOURS_A_DAY] ?? 1;
  return {
    rateFactor: (local) =>
      factorAt(local) * clamp(given.weekdayFactors[local.weekday] ?? 1, limits.weekdayFactorMin, limits.weekdayFactorMax),
    onShift: (local) => limits.onShiftMin + (limits.onShiftMax - limits.onShiftMin) * (factorAt(local) / highest),
  };
}

/** The number of the half hour that holds this instant, counted from 1970. */
export function halfHourOf(at: Instant): number {
  return Math.floor(at / HALF_HOUR_MS);
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
