import { HOUR_MS, MINUTE_MS } from "@allo/kernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dateAt, hoursState, intervalsOn, intervalsProblem, isDate, isOpen, nextOpening, weekOf, type HoursRule } from "./hours.ts";
import { weekdays, type HoursInterval } from "./routes/project-routes.ts";

const at = (text: string): number => Date.parse(text);
const WORKDAYS: readonly string[] = ["monday", "tuesday", "wednesday", "thursday", "friday"];
const rule = (
  timeZone: string,
  intervals: readonly HoursInterval[],
  { only = weekdays as readonly string[], exceptions = [] as HoursRule["exceptions"] } = {},
): HoursRule => ({ timeZone, week: weekOf((day) => (only.includes(day) ? intervals : [])), exceptions });
const office = (timeZone: string, exceptions: HoursRule["exceptions"] = []): HoursRule =>
  rule(timeZone, [{ from: "09:00", to: "18:00" }], { only: WORKDAYS, exceptions });
const closed = (date: string): HoursRule["exceptions"][number] => ({ date, names: { en: "Closed", ru: "", fa: "" }, intervals: [] });

describe("opening hours", () => {
  it("are open from their first instant until the one at which they end", () => {
    const moscow = office("Europe/Moscow");
    expect(isOpen(moscow, at("2026-11-20T05:59:59.999Z"))).toBe(false);
    expect(isOpen(moscow, at("2026-11-20T06:00:00Z"))).toBe(true);
    expect(isOpen(moscow, at("2026-11-20T14:59:59.999Z"))).toBe(true);
    expect(isOpen(moscow, at("2026-11-20T15:00:00Z"))).toBe(false);
  });
  it("open again on Monday after a weekend", () => {
    const friday = at("2026-11-20T15:00:00Z");
    expect(nextOpening(office("Europe/Moscow"), friday)).toBe(at("2026-11-23T06:00:00Z"));
    expect(hoursState(office("Europe/Moscow"), friday)).toEqual({ open: false, opensAt: at("2026-11-23T06:00:00Z") });
  });
  it("follow the wall clock where clocks change, not the same instant of UTC", () => {
    const paris = office("Europe/Paris");
    expect(nextOpening(paris, at("2026-03-27T18:00:00Z"))).toBe(at("2026-03-30T07:00:00Z"));
    expect(nextOpening(paris, at("2026-10-23T18:00:00Z"))).toBe(at("2026-10-26T08:00:00Z"));
  });
  it("don't open in an hour that clocks jump over, and open for both where it comes twice", () => {
    const night = rule("Europe/Paris", [{ from: "02:00", to: "03:00" }]);
    // On 2026-03-29 clocks go from 02:00 to 03:00.
    expect(isOpen(night, at("2026-03-29T00:30:00Z"))).toBe(false);
    expect(isOpen(night, at("2026-03-29T01:00:00Z"))).toBe(false);
    expect(nextOpening(night, at("2026-03-28T12:00:00Z"))).toBe(at("2026-03-30T00:00:00Z"));
    // On 2026-10-25 clocks go back from 03:00 to 02:00: it is 02:30 at 00:30 and at 01:30.
    expect(isOpen(night, at("2026-10-25T00:30:00Z"))).toBe(true);
    expect(isOpen(night, at("2026-10-25T01:30:00Z"))).toBe(true);
    expect(hoursState(night, at("2026-10-25T00:30:00Z"))).toEqual({ open: true, closesAt: at("2026-10-25T02:00:00Z") });
  });
  it("open later by the jump where their beginning is jumped over", () => {
    const half = rule("Europe/Paris", [{ from: "02:30", to: "06:00" }]);
    expect(nextOpening(half, at("2026-03-28T23:00:00Z"))).toBe(at("2026-03-29T01:30:00Z"));
  });
  it("go on over midnight, into a day that is closed itself", () => {
    const night = rule("Asia/Tehran", [{ from: "22:00", to: "06:00" }], { only: ["thursday"] });
    expect(isOpen(night, at("2026-11-19T19:00:00Z"))).toBe(true); // Thursday 22:30
    expect(isOpen(night, at("2026-11-20T02:00:00Z"))).toBe(true); // Friday 05:30
    expect(isOpen(night, at("2026-11-20T02:30:00Z"))).toBe(false); // Friday 06:00
    expect(isOpen(night, at("2026-11-20T19:00:00Z"))).toBe(false); // Friday 22:30
  });
  it("close when the last of those that meet ends", () => {
    const split = rule(
      "UTC",
      [
        { from: "12:00", to: "24:00" },
        { from: "00:00", to: "12:00" },
      ],
      { only: ["monday", "tuesday"] },
    );
    expect(hoursState(split, at("2026-11-23T10:00:00Z"))).toEqual({ open: true, closesAt: at("2026-11-25T00:00:00Z") });
    const dayAndNight = rule("UTC", [{ from: "00:00", to: "24:00" }]);
    expect(hoursState(dayAndNight, at("2026-11-23T10:00:00Z"))).toEqual({ open: true, closesAt: null });
  });
  it("are what an exception says on its date, and closed where it says nothing", () => {
    const special = office("Europe/Moscow", [
      closed("2026-12-31"),
      { date: "2026-11-21", names: { en: "Working Saturday", ru: "", fa: "" }, intervals: [{ from: "10:00", to: "15:00" }] },
    ]);
    expect(isOpen(special, at("2026-12-31T09:00:00Z"))).toBe(false);
    expect(nextOpening(special, at("2026-12-30T16:00:00Z"))).toBe(at("2027-01-01T06:00:00Z"));
    expect(nextOpening(special, at("2026-11-20T16:00:00Z"))).toBe(at("2026-11-21T07:00:00Z"));
    expect(intervalsOn(special, "2026-11-21")).toEqual([{ from: "10:00", to: "15:00" }]);
  });
  it("that never open say so", () => {
    expect(hoursState(rule("UTC", []), at("2026-11-23T10:00:00Z"))).toEqual({ open: false, opensAt: null });
  });
  it("refuse intervals that overlap or hold nothing, and take those that meet", () => {
    const problem = (...pairs: readonly (readonly [string, string])[]) => intervalsProblem(pairs.map(([from, to]) => ({ from, to })));
    expect(problem(["09:00", "13:00"], ["13:00", "18:00"])).toBeNull();
    expect(problem(["14:00", "18:00"], ["09:00", "14:01"])).toBe("overlap");
    expect(problem(["22:00", "06:00"], ["23:00", "24:00"])).toBe("overlap");
    expect(problem(["09:00", "09:00"])).toBe("empty");
    expect(problem(["00:00", "24:00"])).toBeNull();
  });
  it("know the dates of the calendar from others", () => {
    expect(["2024-02-29", "2026-11-22", "2000-12-31"].map(isDate)).toEqual([true, true, true]);
    expect(["2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "x"].map(isDate)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("for any week, zone and instant", () => {
  const zones = ["UTC", "Europe/Paris", "America/New_York", "Asia/Tehran", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"];
  const clock = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  /** Up to three intervals of one day that don't overlap; the last may go on into the next day. */
  const intervals = fc
    .uniqueArray(fc.integer({ min: 0, max: 24 * 4 - 1 }), { minLength: 0, maxLength: 6 })
    .map((quarters) => quarters.toSorted((a, b) => a - b))
    .map((quarters): HoursInterval[] => {
      const made: HoursInterval[] = [];
      for (let index = 0; index + 1 < quarters.length; index += 2)
        made.push({ from: clock(quarters[index]! * 15), to: clock(quarters[index + 1]! * 15) });
      return made;
    });
  const rules = fc.record({ timeZone: fc.constantFrom(...zones), day: intervals, only: fc.subarray([...weekdays]) });
  const instants = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2028, 0, 1) });

  it("the date is that of another implementation of the calendar", () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2200, 0, 1) }), (timeZone, instant) => {
        const theirs = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone).toPlainDate().toString();
        expect(dateAt(timeZone, instant)).toBe(theirs);
      }),
    );
  });
  it("it is open exactly when the wall clock stands within an interval", () => {
    fc.assert(
      fc.property(rules, instants, ({ timeZone, day, only }, instant) => {
        const there = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone);
        const minute = there.hour * 60 + there.minute;
        const weekday = weekdays[there.dayOfWeek - 1]!;
        const within = day.some(({ from, to }) => clock(minute) >= from && clock(minute) < to);
        // An hour that comes twice or not at all has its own tests: it isn't the wall clock alone that decides.
        const offsets = [-2, 0, 2].map((hours) => there.add({ hours }).offsetNanoseconds);
        if (new Set(offsets).size > 1) return;
        expect(isOpen(rule(timeZone, day, { only }), instant)).toBe(only.includes(weekday) && within);
      }),
    );
  });
  it("the next opening is later, is open, and nothing before it is", () => {
    fc.assert(
      fc.property(rules, instants, fc.double({ min: 0, max: 1, noNaN: true }), ({ timeZone, day, only }, instant, share) => {
        const hours = rule(timeZone, day, { only });
        const opens = nextOpening(hours, instant);
        if (isOpen(hours, instant)) expect(opens).toBeNull();
        else if (opens !== null) {
          expect(opens).toBeGreaterThan(instant);
          expect(isOpen(hours, opens)).toBe(true);
          expect(isOpen(hours, instant + Math.floor((opens - 1 - instant) * share))).toBe(false);
        } else expect(day.length === 0 || only.length === 0).toBe(true);
      }),
    );
  });
  it("what is open stays so until its closing, and is closed then", () => {
    fc.assert(
      fc.property(rules, instants, fc.double({ min: 0, max: 1, noNaN: true }), ({ timeZone, day, only }, instant, share) => {
        const hours = rule(timeZone, day, { only });
        const state = hoursState(hours, instant);
        if (!state.open || state.closesAt === null) return;
        expect(state.closesAt).toBeGreaterThan(instant);
        expect(isOpen(hours, state.closesAt)).toBe(false);
        expect(isOpen(hours, instant + Math.floor((state.closesAt - 1 - instant) * share))).toBe(true);
      }),
    );
  });
  it("a day of 24 hours is never closed, whatever clocks do", () => {
    const always = (timeZone: string): HoursRule => rule(timeZone, [{ from: "00:00", to: "24:00" }]);
    for (const timeZone of zones) {
      const from = at("2026-03-01T00:00:00Z");
      for (let step = 0; step < 60 * 24; step += 1) expect(isOpen(always(timeZone), from + step * HOUR_MS + 7 * MINUTE_MS)).toBe(true);
    }
  });
});
