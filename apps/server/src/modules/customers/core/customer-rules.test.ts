import { describe, expect, it } from "vitest";
import { checkFields, isDay } from "./customer-rules.ts";

const kinds = [
  { fieldId: "fld_text", type: "text", retired: false },
  { fieldId: "fld_sum", type: "number", retired: false },
  { fieldId: "fld_day", type: "date", retired: false },
  { fieldId: "fld_old", type: "text", retired: true },
] as const;

describe("a customer's own fields", () => {
  it("hold values of their type, trimmed, empty ones left out", () => {
    const given = { fld_text: " gold ", fld_sum: "-12.50", fld_day: "2024-02-29" };
    expect(checkFields({ ...given, fld_text: " " }, kinds, {})).toEqual({ ok: true, value: { fld_sum: "-12.50", fld_day: "2024-02-29" } });
    expect(checkFields(given, kinds, {})).toEqual({ ok: true, value: { ...given, fld_text: "gold" } });
  });
  it("keep what stood in a retired field, and take nothing new into it", () => {
    expect(checkFields({ fld_old: "new" }, kinds, { fld_old: "then" })).toEqual({ ok: true, value: { fld_old: "then" } });
  });
  it("refuse what isn't of their type", () => {
    expect(checkFields({ fld_sum: "1,5" }, kinds, {})).toMatchObject({ failure: { code: "notNumeric" } });
    expect(checkFields({ fld_day: "2023-02-29" }, kinds, {})).toMatchObject({ failure: { code: "notADate" } });
    expect(checkFields({ fld_none: "1" }, kinds, {})).toMatchObject({ failure: { code: "unknownField", path: "fields.fld_none" } });
  });
  it("know the days of the calendar", () => {
    expect(["2000-02-29", "2024-12-31"].every(isDay)).toBe(true);
    expect(["1900-02-29", "2024-13-01", "2024-04-31", "2024-00-10", "24-01-01"].some(isDay)).toBe(false);
  });
});
