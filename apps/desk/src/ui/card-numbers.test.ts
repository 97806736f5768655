import { describe, expect, it } from "vitest";
import { cardNumbersIn, hideCardNumbers } from "./card-numbers.ts";

describe("a card's number in a note", () => {
  it.each([
    ["Card 4111 1111 1111 1111, until 12/28", "Card •••• •••• •••• 1111, until 12/28"],
    ["5105105105105100", "••••••••••••5100"],
    ["Amex 3782-822463-10005.", "Amex ••••-••••••-•0005."],
    ["کارت ۶۰۳۷ ۹۹۱۱ ۲۲۳۳ ۴۴۵۵ است", "کارت •••• •••• •••• ۴۴۵۵ است"],
    ["2200 0000 0000 0004 и 4012888888881881", "•••• •••• •••• 0004 и ••••••••••••1881"],
  ])("is found and hidden to its last four digits: %s", (text, hidden) => {
    expect(hideCardNumbers(text)).toBe(hidden);
    expect(cardNumbersIn(hidden)).toEqual([]);
  });

  it.each([
    "4111 1111 1111 1112", // not by the formula
    "Call back 8 495 123-45-67 or 8 916 123-44-61",
    "+44 20 7946 0123, 02079460155",
    "Contract 204881, order 1184204",
    "0000 0000 0000 0000",
    "",
  ])("is not seen in other figures: %s", (text) => {
    expect(cardNumbersIn(text)).toEqual([]);
    expect(hideCardNumbers(text)).toBe(text);
  });
});
