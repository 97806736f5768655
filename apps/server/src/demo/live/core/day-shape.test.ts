import { expect, test } from "vitest";
import { halfHourShares, weekdayFactors } from "../../history/day-shape.ts";
import { createDayShape, dayShapeLimits, HALF_HOURS_A_DAY } from "./day-shape.ts";

const shape = createDayShape({ halfHourShares, weekdayFactors, steady: false });
const factors = Array.from({ length: HALF_HOURS_A_DAY }, (_, index) => shape.rateFactor({ weekday: 3, minuteOfDay: index * 30 }));

test("the mean of a day is the rate that was asked for, but for the day of the week", () => {
  const mean = factors.reduce((sum, each) => sum + each, 0) / HALF_HOURS_A_DAY;
  expect(mean).toBeCloseTo(weekdayFactors[3] as number, 5);
});

test("there is a busy hour, and nobody is alone at night", () => {
  expect(Math.max(...factors)).toBeGreaterThan(1.2 * (factors.reduce((sum, each) => sum + each, 0) / HALF_HOURS_A_DAY));
  expect(Math.min(...factors)).toBeGreaterThan(0.3);
});

test("more people work in the busy hours than at night", () => {
  const night = shape.onShift({ weekday: 3, minuteOfDay: 3 * 60 });
  const noon = shape.onShift({ weekday: 3, minuteOfDay: 10 * 60 + 30 });
  expect(night).toBeGreaterThanOrEqual(dayShapeLimits.onShiftMin);
  expect(noon).toBeGreaterThan(night + 0.2);
  expect(noon).toBeLessThanOrEqual(dayShapeLimits.onShiftMax);
});

test("a steady day has neither", () => {
  const steady = createDayShape({ halfHourShares, weekdayFactors, steady: true });
  expect(steady.rateFactor({ weekday: 6, minuteOfDay: 0 })).toBe(1);
  expect(steady.onShift({ weekday: 6, minuteOfDay: 0 })).toBe(steady.onShift({ weekday: 0, minuteOfDay: 600 }));
});
