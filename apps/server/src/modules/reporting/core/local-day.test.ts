import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { localDay } from "./local-day.ts";

const utc = (text: string): number => Date.parse(`${text}:00Z`);
const hours = ({ from, to }: { readonly from: number; readonly to: number }): number => (to - from) / 3_600_000;

describe("a day of the calendar", () => {
  it.each([
    ["Europe/Moscow", "2026-05-20T09:00", "2026-05-19T21:00", 24],
    ["Asia/Tehran", "2026-05-20T20:00", "2026-05-19T20:30", 24],
    ["Asia/Tehran", "2026-05-20T20:30", "2026-05-20T20:30", 24],
    ["UTC", "2026-05-20T00:00", "2026-05-20T00:00", 24],
    ["Europe/Berlin", "2026-03-29T12:00", "2026-03-28T23:00", 23],
    ["Europe/Berlin", "2026-10-25T12:00", "2026-10-24T22:00", 25],
    ["America/New_York", "2026-03-08T20:00", "2026-03-08T05:00", 23],
    // Where clocks are put forward at midnight, the day begins at one.
    ["Asia/Tehran", "2022-03-22T12:00", "2022-03-21T20:30", 23],
    ["Australia/Lord_Howe", "2026-10-04T02:00", "2026-10-03T13:30", 23.5],
  ])("in %s around %s begins at %s and has %d hours", (zone, at, from, length) => {
    const day = localDay(utc(at), zone);
    expect(new Date(day.from).toISOString().slice(0, 16)).toBe(from);
    expect(hours(day)).toBe(length);
  });

  it("holds its instant, and the next day begins where it ends", () => {
    const zones = fc.constantFrom("Europe/Berlin", "Asia/Tehran", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Chatham", "UTC");
    fc.assert(
      fc.property(zones, fc.integer({ min: utc("2015-01-01T00:00"), max: utc("2035-01-01T00:00") }), (zone, at) => {
        const day = localDay(at, zone);
        expect(day.from <= at && at < day.to).toBe(true);
        expect(localDay(day.to, zone).from).toBe(day.to);
        expect(localDay(day.from, zone)).toEqual(day);
      }),
      { numRuns: 60 },
    );
  });
});
