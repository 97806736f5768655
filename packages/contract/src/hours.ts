// What opening hours mean, for the server, which takes calls by them, and for screens, which say "open now".
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "@allo/kernel";
import type { Instant } from "@allo/kernel";
import { weekdays, type HoursInterval, type HoursSettings, type HoursWeek, type Weekday } from "./routes/project-routes.ts";

/** Opening hours with their time zone known. */
export type HoursRule = Pick<HoursSettings, "week" | "exceptions"> & { readonly timeZone: string };
/** `closesAt` null: not within `closingDaysMax`, as where it is always open; `opensAt` null: not within `openingDaysMax`. */
export type HoursState =
  | { readonly open: true; readonly closesAt: Instant | null }
  | { readonly open: false; readonly opensAt: Instant | null };

/** How far ahead the next opening is looked for, and the next closing. */
export const openingDaysMax = 400;
export const closingDaysMax = 31;

/** Whether calls are taken at this instant. */
export function isOpen(rule: HoursRule, at: Instant): boolean {
  return openSpans(rule, at).some((span) => span.from <= at && at < span.to);
}

/** The first instant after this one at which it opens; null where it is open, or doesn't open within `openingDaysMax`. */
export function nextOpening(rule: HoursRule, at: Instant): Instant | null {
  const state = hoursState(rule, at);
  return state.open ? null : state.opensAt;
}

/** Open or closed, and until when. Intervals that meet are one: a night over midnight doesn't close at 24:00. */
export function hoursState(rule: HoursRule, at: Instant): HoursState {
  if (isOpen(rule, at)) return { open: true, closesAt: closingAfter(rule, at) };
  const first = dayNumberAt(rule.timeZone, at);
  for (let day = first; day <= first + openingDaysMax; day += 1) {
    const starts = spansOfDay(rule, day).flatMap(({ from }) => (from > at ? [from] : []));
    if (starts.length > 0) return { open: false, opensAt: Math.min(...starts) };
  }
  return { open: false, opensAt: null };
}

/** The intervals of a day of the calendar there, `YYYY-MM-DD`: an exception's, else its weekday's. */
export function intervalsOn(rule: Pick<HoursRule, "week" | "exceptions">, date: string): readonly HoursInterval[] {
  return rule.exceptions.find((each) => each.date === date)?.intervals ?? rule.week[weekdayOf(dayNumber(date))];
}

/** The date there, `YYYY-MM-DD`. */
export function dateAt(timeZone: string, at: Instant): string {
  return dateOf(dayNumberAt(timeZone, at));
}

/** Whether it is a date of the calendar: no 30th of February. */
export function isDate(date: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(date) && dateOf(dayNumber(date)) === date;
}

/** Why these intervals of one day make no sense; null: they do. They may meet, and may not overlap. */
export function intervalsProblem(intervals: readonly HoursInterval[]): "empty" | "overlap" | null {
  if (intervals.some(({ from, to }) => from === to)) return "empty";
  const spans = intervals.map(minutesOf).toSorted((a, b) => a.from - b.from);
  return spans.some((span, index) => index > 0 && span.from < (spans[index - 1]?.to ?? 0)) ? "overlap" : null;
}

/** A week in which every weekday is the same. */
export function weekOf(intervalsOfDay: (weekday: Weekday) => readonly HoursInterval[]): HoursWeek {
  const each = (weekday: Weekday): HoursInterval[] => [...intervalsOfDay(weekday)];
  return {
    monday: each("monday"),
    tuesday: each("tuesday"),
    wednesday: each("wednesday"),
    thursday: each("thursday"),
    friday: each("friday"),
    saturday: each("saturday"),
    sunday: each("sunday"),
  };
}

// ---- Spans of time ------------------------------------------------------------------------------------------------

type Span = { readonly from: Instant; readonly to: Instant };

/** Spans that may hold this instant: an interval of yesterday reaches into today. */
function openSpans(rule: HoursRule, at: Instant): readonly Span[] {
  const today = dayNumberAt(rule.timeZone, at);
  return [...spansOfDay(rule, today - 1), ...spansOfDay(rule, today)];
}

function closingAfter(rule: HoursRule, at: Instant): Instant | null {
  const today = dayNumberAt(rule.timeZone, at);
  let closesAt = at;
  for (let day = today - 1; day <= today + closingDaysMax; day += 1) {
    const spans = spansOfDay(rule, day).toSorted((a, b) => a.from - b.from);
    for (const { from, to } of spans) if (from <= closesAt && to > closesAt) closesAt = to;
    // What is open now ends before the next day begins.
    if (closesAt < instantOf(rule.timeZone, { day: day + 1, minute: 0 }, "earlier")) return closesAt;
  }
  return null;
}

function spansOfDay(rule: HoursRule, day: number): readonly Span[] {
  return intervalsOn(rule, dateOf(day)).flatMap((interval) => {
    const minutes = minutesOf(interval);
    const from = instantOf(rule.timeZone, { day, minute: minutes.from }, "earlier");
    const to = instantOf(rule.timeZone, { day, minute: minutes.to }, "later");
    return from < to ? [{ from, to }] : []; // the clocks jumped over all of it
  });
}

/** In minutes of the day; an end on the next day is beyond 24 hours. */
function minutesOf({ from, to }: HoursInterval): { readonly from: number; readonly to: number } {
  const start = minuteOf(from);
  const end = minuteOf(to);
  return { from: start, to: end > start ? end : end + DAY_MINUTES };
}

const DAY_MINUTES = DAY_MS / MINUTE_MS;
const HOUR_MINUTES = HOUR_MS / MINUTE_MS;

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * HOUR_MINUTES + Number(time.slice(3));
}

// ---- The calendar -------------------------------------------------------------------------------------------------
// Days are counted from 1970-01-01, a Thursday, in the proleptic Gregorian calendar.

/** Days from the beginning of one 400-year era of the calendar to the next. */
const ERA_DAYS = 146_097;
/** From 0000-03-01, with which an era begins here, to 1970-01-01. */
const EPOCH_DAYS = 719_468;

function dayNumber(date: string): number {
  const month = Number(date.slice(5, 7));
  const year = Number(date.slice(0, 4)) - (month <= 2 ? 1 : 0);
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + Number(date.slice(8)) - 1;
  return era * ERA_DAYS + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - EPOCH_DAYS;
}

function dateOf(day: number): string {
  const shifted = day + EPOCH_DAYS;
  const era = Math.floor(shifted / ERA_DAYS);
  const dayOfEra = shifted - era * ERA_DAYS;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / (ERA_DAYS - 1))) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth + (marchMonth < 10 ? 3 : -9);
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const dayOfMonth = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(dayOfMonth, 2)}`;
}

function padded(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

/** The epoch was a Thursday. */
function weekdayOf(day: number): Weekday {
  return weekdays[(((day + 3) % 7) + 7) % 7] ?? "monday";
}

function dayNumberAt(timeZone: string, at: Instant): number {
  return Math.floor((at + offsetAt(timeZone, at)) / DAY_MS);
}

/**
 * The instant of a wall-clock time. One that clocks jump over is as much later as they jump; of one that comes twice, the earlier is for
 * an opening and the later for a closing.
 */
function instantOf(
  timeZone: string,
  { day, minute }: { readonly day: number; readonly minute: number },
  which: "earlier" | "later",
): Instant {
  const asUtc = day * DAY_MS + minute * MINUTE_MS;
  const before = offsetAt(timeZone, asUtc - DAY_MS);
  const after = offsetAt(timeZone, asUtc + DAY_MS);
  const fitting = [asUtc - before, asUtc - after].filter((at) => at + offsetAt(timeZone, at) === asUtc);
  if (fitting.length === 0) return asUtc - before;
  return which === "earlier" ? Math.min(...fitting) : Math.max(...fitting);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What is added to UTC to get the wall clock there. */
function offsetAt(timeZone: string, at: Instant): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-CA", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "00";
  const day = dayNumber(`${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`);
  const wall = day * DAY_MS + Number(part("hour")) * HOUR_MS + Number(part("minute")) * MINUTE_MS + Number(part("second")) * SECOND_MS;
  return wall - Math.floor(at / SECOND_MS) * SECOND_MS;
}
