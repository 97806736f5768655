// Opening hours as a sentence. Weekdays in the order of the reader's week, alike ones in a row told once.
import {
  dateAt,
  hoursState,
  weekdays,
  type Hours,
  type HoursException,
  type HoursInterval,
  type HoursWeek,
  type Language,
  type Weekday,
} from "@allo/contract";
import type { I18n } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { createFormat, intlLocales, localized, type Format } from "../../ui/format.ts";

const DAY_MS = 86_400_000;
/** A Monday. */
const MONDAY_MS = Date.UTC(2024, 0, 1, 12);
const EXCEPTIONS_NAMED_MAX = 3;

/** The days of the reader's week: Persian ones begin on Saturday. */
export function weekOrder(language: Language): readonly Weekday[] {
  return language === "fa" ? ["saturday", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday"] : weekdays;
}

export function weekdayName(weekday: Weekday, language: Language, width: "short" | "long"): string {
  const at = MONDAY_MS + weekdays.indexOf(weekday) * DAY_MS;
  return new Intl.DateTimeFormat(intlLocales[language], { weekday: width, timeZone: "UTC" }).format(at);
}

/** 9:00–18:00 */
export function intervalsWords(intervals: readonly HoursInterval[], i18n: I18n, format: Format): string {
  if (intervals.length === 0) return i18n._(msg({ message: "closed", context: "a day" }));
  const [only] = intervals;
  if (intervals.length === 1 && only?.from === "00:00" && only.to === "24:00")
    return i18n._(msg({ message: "round the clock", context: "a day" }));
  return intervals
    .map((interval) => {
      const [from, to] = [interval.from, interval.to].map((time) => format.digits(time.replace(/^0/u, "")));
      return i18n._(msg({ message: `${from}–${to}`, context: "times of day" }));
    })
    .join(separator(format.language));
}

/** Mon–Fri 9:00–18:00; Sat 10:00–15:00; closed: Sun */
export function weekWords(week: HoursWeek, i18n: I18n, format: Format): string {
  const { language } = format;
  const order = weekOrder(language);
  const groups: { readonly days: Weekday[]; readonly intervals: readonly HoursInterval[] }[] = [];
  for (const weekday of order) {
    const last = groups.at(-1);
    if (last !== undefined && JSON.stringify(last.intervals) === JSON.stringify(week[weekday])) last.days.push(weekday);
    else groups.push({ days: [weekday], intervals: week[weekday] });
  }
  const [first] = groups;
  if (groups.length === 1 && first !== undefined)
    return first.intervals.length === 0
      ? i18n._(msg({ message: "closed every day", context: "opening hours" }))
      : i18n._(msg({ message: `every day ${intervalsWords(first.intervals, i18n, format)}`, context: "opening hours" }));
  const open = groups
    .filter(({ intervals }) => intervals.length > 0)
    .map(({ days, intervals }) => `${daysWords(days, i18n, language)} ${intervalsWords(intervals, i18n, format)}`);
  const closed = groups.filter(({ intervals }) => intervals.length === 0).map(({ days }) => daysWords(days, i18n, language));
  if (closed.length > 0) {
    const days = closed.join(separator(language));
    open.push(i18n._(msg({ message: `closed: ${days}`, context: "days" })));
  }
  return open.join(language === "fa" ? "؛ " : "; ");
}

/** The exceptions from this day on, the first few of them. */
export function exceptionsWords(exceptions: readonly HoursException[], from: string, i18n: I18n, format: Format): string {
  const coming = exceptions.filter(({ date }) => date >= from).toSorted((a, b) => (a.date < b.date ? -1 : 1));
  const words = coming.slice(0, EXCEPTIONS_NAMED_MAX).map((each) => exceptionWords(each, i18n, format));
  const more = coming.length - words.length;
  if (more > 0) {
    const count = format.number(more);
    words.push(i18n._(msg({ message: `${count} more`, context: "days" })));
  }
  return words.join(format.language === "fa" ? "؛ " : "; ");
}

function exceptionWords({ date, names, intervals }: HoursException, i18n: I18n, format: Format): string {
  const name = localized(names, format.language);
  const day = dateWords(date, format);
  const times = intervalsWords(intervals, i18n, format);
  return name === "—" ? `${day}: ${times}` : `${day} (\u2068${name}\u2069): ${times}`;
}

/** A date as the reader's calendar has it. */
export function dateWords(date: string, format: Format): string {
  return createFormat({ language: format.language, timeZone: "UTC", country: "" }).date(Date.parse(`${date}T12:00:00Z`));
}

/** Open now, or when it opens, by the clock of the hours' own zone. */
export function nowWords(
  rule: Pick<Hours, "week" | "exceptions">,
  { timeZone, now, i18n, language }: { readonly timeZone: string; readonly now: number; readonly i18n: I18n; readonly language: Language },
): { readonly open: boolean; readonly words: string } {
  const state = hoursState({ ...rule, timeZone }, now);
  const there = createFormat({ language, timeZone, country: "" });
  const when = (at: number): { readonly day: "today" | "tomorrow" | "week" | "later"; readonly time: string; readonly date: string } => {
    const days = (Date.parse(dateAt(timeZone, at)) - Date.parse(dateAt(timeZone, now))) / DAY_MS;
    const weekday = new Intl.DateTimeFormat(intlLocales[language], { weekday: "long", timeZone }).format(at);
    const day = days === 0 ? "today" : days === 1 ? "tomorrow" : days < 7 ? "week" : "later";
    return { day, time: there.time(at), date: day === "week" ? weekday : there.date(at) };
  };
  if (state.open) {
    if (state.closesAt === null) return { open: true, words: i18n._(msg`Open now`) };
    const { day, time, date } = when(state.closesAt);
    return { open: true, words: day === "today" ? i18n._(msg`Open now, until ${time}`) : i18n._(msg`Open now, until ${date}, ${time}`) };
  }
  if (state.opensAt === null) return { open: false, words: i18n._(msg`Closed: it never opens`) };
  const { day, time, date } = when(state.opensAt);
  switch (day) {
    case "today":
      return { open: false, words: i18n._(msg`Closed now, opens today at ${time}`) };
    case "tomorrow":
      return { open: false, words: i18n._(msg`Closed now, opens tomorrow at ${time}`) };
    case "week":
    case "later":
      return { open: false, words: i18n._(msg`Closed now, opens: ${date}, ${time}`) };
    default:
      return day satisfies never;
  }
}

function daysWords(days: readonly Weekday[], i18n: I18n, language: Language): string {
  const names = days.map((day) => weekdayName(day, language, language === "fa" ? "long" : "short"));
  if (names.length < 3) return names.join(separator(language));
  const [first, last] = [names[0] ?? "", names.at(-1) ?? ""];
  return i18n._(msg({ message: `${first}–${last}`, context: "weekdays" }));
}

function separator(language: Language): string {
  return language === "fa" ? "، " : ", ";
}

/** What people type as a time of day, as HH:MM: "9", "930", "9.30" and Persian digits too; null: it is none. 24:00 is the end of a day. */
export function readTime(text: string): string | null {
  const match = /^\s*(\d{1,2})(?:\s*[:.٫،\s-]?\s*(\d{2}))?\s*$/u.exec(text);
  if (match === null) return null;
  const [hour, minute] = [Number(match[1]), Number(match[2] ?? "0")];
  if (minute > 59 || hour > 24 || (hour === 24 && minute > 0)) return null;
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}

/** A time of day moved by so many minutes, within the day. */
export function shiftTime(time: string, byMinutes: number, latest: number): string {
  const minutes = Number(time.slice(0, 2)) * 60 + Number(time.slice(3)) + byMinutes;
  const kept = Math.min(latest, Math.max(0, minutes));
  return `${String(Math.floor(kept / 60)).padStart(2, "0")}:${String(kept % 60).padStart(2, "0")}`;
}
