import { describe, expect, it } from "vitest";
import { dayEnd, dayOf, dayStart } from "./day.ts";
import { isDay } from "./is-day.ts";

describe("days of a zone", () => {
  it("begin and end at the zone's midnight", () => {
    expect(dayStart("2026-11-21", "Asia/Tehran")).toBe(Date.UTC(2026, 10, 20, 20, 30));
    expect(dayEnd("2026-11-21", "Asia/Tehran") - dayStart("2026-11-21", "Asia/Tehran")).toBe(24 * 3_600_000);
    expect(dayOf(Date.UTC(2026, 10, 20, 20, 30), "Asia/Tehran")).toBe("2026-11-21");
    expect(dayOf(Date.UTC(2026, 10, 20, 20, 29), "Asia/Tehran")).toBe("2026-11-20");
  });
  it("last 23 and 25 hours where clocks are changed", () => {
    expect(dayEnd("2026-03-29", "Europe/London") - dayStart("2026-03-29", "Europe/London")).toBe(23 * 3_600_000);
    expect(dayEnd("2026-10-25", "Europe/London") - dayStart("2026-10-25", "Europe/London")).toBe(25 * 3_600_000);
  });
  it("are read only where they are days", () => {
    expect(["2026-02-28", "2026-02-31", "2026-13-01", "26-1-1", "", 5, null, "2026-02-28T00"].map(isDay)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
