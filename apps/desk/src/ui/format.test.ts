import { describe, expect, it } from "vitest";
import { createFormat, localized, normaliseInput, phoneText } from "./format.ts";

const at = Date.UTC(2026, 10, 21, 20, 5, 9);
const make = (language: "en" | "ru" | "fa", timeZone = "Asia/Tehran") => createFormat({ language, timeZone, country: "IR" });

describe("formats", () => {
  it("shows the Jalali calendar with Persian digits in Persian, the Gregorian elsewhere", () => {
    expect(make("fa").date(at)).toBe("۳۰ آبان ۱۴۰۵");
    expect(make("en").date(at)).toBe("21 Nov 2026");
    expect(make("ru", "Europe/Moscow").dateTime(at)).toContain("21 нояб. 2026");
    expect(make("ru", "Europe/Moscow").time(at)).toBe("23:05");
  });
  it("shows durations as m:ss, with hours from an hour on, never negative", () => {
    const { duration } = make("en");
    expect([0, 999, 65_000, 3_599_000, 3_600_000, 36_061_000, -5_000].map(duration)).toEqual([
      "0:00",
      "0:00",
      "1:05",
      "59:59",
      "1:00:00",
      "10:01:01",
      "0:00",
    ]);
    expect(make("fa").duration(65_000)).toBe("۱:۰۵");
  });
  it("shows phone numbers as people of the country read them", () => {
    expect(phoneText("+74951234567", "RU")).toBe("8 495 123-45-67");
    expect(phoneText("+74951234567", "IR")).toBe("+7 495 123-45-67");
    expect(phoneText("+989123456789", "IR")).toBe("0912 345 67 89");
    expect(phoneText("+989123456789", "RU")).toBe("+98 912 345 67 89");
    expect(phoneText("+982188776655", "IR")).toBe("021 8877 6655");
    expect(phoneText("+442079460123", "GB")).toBe("020 7946 0123");
    expect(phoneText("+442079460123", "IR")).toBe("+44 20 7946 0123");
    expect(phoneText("+447911123456", "GB")).toBe("07911 123456");
    expect(phoneText("+14155550123", "US")).toBe("+1 415 555 0123");
    expect(phoneText("+4915112345678", "GB")).toBe("+49 151 123 456 78");
    expect(phoneText("100", "RU")).toBe("100");
    expect(phoneText("anonymous", "RU")).toBe("anonymous");
  });
  it("survives a time zone that nobody knows", () => {
    expect(createFormat({ language: "en", timeZone: "Mars/Olympus", country: "" }).time(at)).toBe("20:05");
  });
  it("sorts by the language's own order", () => {
    expect(["پ", "ب", "ا"].sort(make("fa").compare)).toEqual(["ا", "ب", "پ"]);
    expect(["ж", "ё", "е"].sort(make("ru").compare)).toEqual(["е", "ё", "ж"]);
  });
});

describe("what people type", () => {
  it("takes Persian and Arabic digits for Latin ones, and ي and ك for the Persian letters", () => {
    expect(normaliseInput("۰۹۱۲ ٣٤٥")).toBe("0912 345");
    expect(normaliseInput("علي كريمي")).toBe("علی کریمی");
  });
});

describe("names in three languages", () => {
  it("falls back to another language where one is empty", () => {
    expect(localized({ en: "Support", ru: "", fa: "پشتیبانی" }, "ru")).toBe("Support");
    expect(localized({ en: "", ru: "", fa: "پشتیبانی" }, "en")).toBe("پشتیبانی");
    expect(localized({ en: "", ru: " ", fa: "" }, "en")).toBe("—");
  });
});
