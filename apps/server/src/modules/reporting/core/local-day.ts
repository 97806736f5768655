/** [from, to): a day of the calendar somewhere, 23 to 25 hours long where clocks are changed. */
import { HOUR_MS } from "@allo/kernel";
import type { Instant } from "@allo/kernel";

export type LocalDay = { readonly from: Instant; readonly to: Instant };

/** Longer than any day. */
const SEARCH_MS = 27 * HOUR_MS;

/** The day of the calendar in `timeZone` (an IANA name) that `at` lies in. Finds where the date changes, so no rule of any zone is assumed. */
export function localDay(at: Instant, timeZone: string): LocalDay {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit", calendar: "gregory" });
  const today = format.format(at);
  const isToday = (instant: Instant): boolean => format.format(instant) === today;
  return { from: firstWhere(at - SEARCH_MS, at, isToday), to: firstWhere(at, at + SEARCH_MS, (instant) => !isToday(instant)) };
}

/** The first instant in (from, to] for which it is so; it is at `to`, isn't at `from`, and changes once. */
function firstWhere(from: Instant, to: Instant, is: (instant: Instant) => boolean): Instant {
  let not = from;
  let so = to;
  while (so - not > 1) {
    const middle = Math.floor((not + so) / 2);
    if (is(middle)) so = middle;
    else not = middle;
  }
  return so;
}
