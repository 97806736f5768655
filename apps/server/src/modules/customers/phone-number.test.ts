import { describe, expect, it } from "vitest";
import { readPhone } from "./phone-number.ts";

describe("a number that a person types", () => {
  it.each([
    ["+7 912 345-67-89", "RU", "+79123456789"],
    ["8 (912) 345 67 89", "RU", "+79123456789"],
    ["0912 123 4567", "IR", "+989121234567"],
    ["۰۹۱۲ ۱۲۳ ۴۵۶۷", "IR", "+989121234567"],
    ["0098 912 123 4567", "IR", "+989121234567"],
    ["(415) 555-0123", "US", "+14155550123"],
    ["020 7183 8750", "GB", "+442071838750"],
    ["442071838750", "US", "+442071838750"],
    ["07700 900461", "GB", "+447700900461"],
    ["1001", "GB", "1001"],
    ["۲۰۰", "IR", "200"],
  ])("%s in %s is %s", (text, country, e164) => {
    expect(readPhone(text, country)).toBe(e164);
  });

  it.each(["", "abc", "1", "+", "+12", "12-34", "1234567", "call 911 now", "+999 999"])("%j is none", (text) => {
    expect(readPhone(text, "GB")).toBeNull();
  });
});
