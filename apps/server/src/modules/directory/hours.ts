// Opening hours: when numbers take calls.
import {
  intervalsProblem,
  isDate,
  weekdays,
  weekOf,
  type BodyOf,
  type Hours,
  type HoursInterval,
  type HoursSettings,
} from "@allo/contract";
import type { Clock, IdSource } from "@allo/kernel";
import { invalidField } from "../../platform/api-error.ts";
import { usesOfHours } from "./core/uses.ts";
import { given, readNames, requireRoom, requireUnused, requireVersion, type By, type Editor } from "./editor.ts";
import { directoryLimits } from "./limits.ts";
import { find, requireUnique } from "./lists.ts";
import { hoursInsert } from "./store/insert-store.ts";

export function createHours({ editor, ids, clock }: { readonly editor: Editor; readonly ids: IdSource; readonly clock: Clock }) {
  return {
    async create(by: By, body: BodyOf<"hoursCreate">): Promise<Hours> {
      const hoursId = ids.next("hrs");
      const config = await editor.change(by, "hours", async (tx, before) => {
        requireRoom(before.hours.length, directoryLimits.hoursMax);
        const settings = readHours(body);
        await hoursInsert(tx, { organisationId: by.principal.organisationId, hoursId, settings, at: clock.now() });
        return { action: "hours.create", objectType: "hours", objectId: hoursId, before: null, after: settings };
      });
      return find(config.hours, (each) => each.hoursId === hoursId);
    },
    async update(by: By, hoursId: string, { version, retired, ...body }: BodyOf<"hoursUpdate">): Promise<Hours> {
      const config = await editor.change(by, "hours", async (tx, before) => {
        const hours = find(before.hours, (each) => each.hoursId === hoursId);
        requireVersion(hours, version, { ...body, retired });
        const settings = readHours({ ...hours, ...given(body) });
        const next: Hours = { ...hours, ...settings, retired: retired ?? hours.retired };
        if (next.retired && !hours.retired) requireUnused(usesOfHours(before, hoursId));
        await tx.query("update directory.hours set settings = $2, retired = $3, version = version + 1 where hours_id = $1", [
          hoursId,
          settings,
          next.retired,
        ]);
        return { action: "hours.change", objectType: "hours", objectId: hoursId, before: hours, after: next };
      });
      return find(config.hours, (each) => each.hoursId === hoursId);
    },
  };
}

/** Only the settings, checked; exceptions in the order of their dates. */
export function readHours({ names, timeZone, week, exceptions }: HoursSettings, path = ""): HoursSettings {
  if (timeZone !== null && !isTimeZone(timeZone)) throw invalidField(`${path}timeZone`, "unknown", "is not a time zone");
  for (const weekday of weekdays) requireIntervals(week[weekday], `${path}week.${weekday}`);
  requireUnique(
    exceptions.map((each) => each.date),
    `${path}exceptions`,
  );
  return {
    names: readNames(names, `${path}names`),
    timeZone,
    week: weekOf((weekday) => ordered(week[weekday])),
    exceptions: exceptions
      .map(({ date, names: dayNames, intervals }, index) => {
        if (!isDate(date)) throw invalidField(`${path}exceptions.${index}.date`, "notADate", "is not a date");
        requireIntervals(intervals, `${path}exceptions.${index}.intervals`);
        const { en, ru, fa } = dayNames;
        return { date, names: { en: en.trim(), ru: ru.trim(), fa: fa.trim() }, intervals: ordered(intervals) };
      })
      .toSorted((a, b) => (a.date < b.date ? -1 : 1)),
  };
}

function requireIntervals(intervals: readonly HoursInterval[], path: string): void {
  const problem = intervalsProblem(intervals);
  if (problem === "empty") throw invalidField(path, "emptyInterval", "has an interval that ends as it begins");
  if (problem === "overlap") throw invalidField(path, "overlap", "has intervals that overlap");
}

function ordered(intervals: readonly HoursInterval[]): HoursInterval[] {
  return intervals.map(({ from, to }) => ({ from, to })).toSorted((a, b) => (a.from < b.from ? -1 : 1));
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false; // RangeError is how Intl says that it doesn't know it
  }
}
