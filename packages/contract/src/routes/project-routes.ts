import Type from "typebox";
import type { Static } from "typebox";
import { list, one, type Route } from "../route.ts";
import { Id, LocalizedText, Name, Project } from "../schemas.ts";

const TimeOfDay = Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$", description: "HH:MM" });
/** A time at which something ends: midnight at the end of a day is 24:00. */
const EndOfInterval = Type.String({ pattern: "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", description: "HH:MM, or 24:00" });
/** `to` not later than `from` is on the next day. An interval belongs to the day on which it begins. */
export const HoursInterval = Type.Object({ from: TimeOfDay, to: EndOfInterval });
export type HoursInterval = Static<typeof HoursInterval>;

export const hoursLimits = { intervalsPerDayMax: 6, exceptionsMax: 400 } as const;
const Intervals = Type.Array(HoursInterval, { maxItems: hoursLimits.intervalsPerDayMax });

export const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Weekday = (typeof weekdays)[number];
export const HoursWeek = Type.Object({
  monday: Intervals,
  tuesday: Intervals,
  wednesday: Intervals,
  thursday: Intervals,
  friday: Intervals,
  saturday: Intervals,
  sunday: Intervals,
});
export type HoursWeek = Static<typeof HoursWeek>;

/** A day that isn't as its weekday; without intervals it is closed. */
export const HoursException = Type.Object({
  date: Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description: "Gregorian, YYYY-MM-DD" }),
  names: LocalizedText,
  intervals: Intervals,
});
export type HoursException = Static<typeof HoursException>;

/** When numbers take calls. */
export const HoursSettings = Type.Object({
  names: LocalizedText,
  timeZone: Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()], {
    description: "IANA name; null: the organisation's",
  }),
  week: HoursWeek,
  exceptions: Type.Array(HoursException, { maxItems: hoursLimits.exceptionsMax }),
});
export type HoursSettings = Static<typeof HoursSettings>;
export const Hours = Type.Intersect([Type.Object({ hoursId: Id, retired: Type.Boolean(), version: Type.Integer() }), HoursSettings]);
export type Hours = Static<typeof Hours>;

/** Projects and opening hours. */
export const projectRoutes = {
  projectCreate: {
    method: "POST",
    path: "/projects",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Adds a project: a client for whom calls are taken",
    body: Type.Object({ name: Name }),
    response: Project,
  },
  projectUpdate: {
    method: "PATCH",
    path: "/projects/:projectId",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Renames or retires a project; refused while queues use it",
    params: one("projectId"),
    body: Type.Object({
      name: Type.Optional(Name),
      nameAudioId: Type.Optional(Type.Union([Type.String({ maxLength: 80 }), Type.Null()])),
      retired: Type.Optional(Type.Boolean()),
      version: Type.Integer(),
    }),
    response: Project,
  },
  hoursList: { method: "GET", path: "/hours", access: "signedIn", tag: "setup", summary: "Opening hours", response: list(Hours) },
  hoursCreate: {
    method: "POST",
    path: "/hours",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Adds opening hours",
    body: HoursSettings,
    response: Hours,
  },
  hoursUpdate: {
    method: "PATCH",
    path: "/hours/:hoursId",
    access: ["setup.manage"],
    tag: "setup",
    summary: "Changes or retires opening hours; retiring is refused while a number uses them",
    params: one("hoursId"),
    body: Type.Intersect([Type.Partial(HoursSettings), Type.Object({ retired: Type.Optional(Type.Boolean()), version: Type.Integer() })]),
    response: Hours,
  },
} as const satisfies Record<string, Route>;
