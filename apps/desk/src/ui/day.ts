import type { Day } from "./is-day.ts";
import { fromAbsolute, parseDate, toCalendarDate } from "@internationalized/date";

export type { Day } from "./is-day.ts";

/** The day on which a moment falls in a zone. */
export function dayOf(at: number, timeZone: string): Day {
  return toCalendarDate(fromAbsolute(at, timeZone)).toString();
}

/** The first moment of a day in a zone. */
export function dayStart(day: Day, timeZone: string): number {
  return parseDate(day).toDate(timeZone).getTime();
}

/** The first moment after a day in a zone: days of 23 and 25 hours included. */
export function dayEnd(day: Day, timeZone: string): number {
  return parseDate(day).add({ days: 1 }).toDate(timeZone).getTime();
}
