import { expect, it } from "vitest";
import { ratesText, readRates } from "./rates-text.ts";

it("a price list is read as carriers write it, in any digits, and written back", () => {
  const read = readRates("+7 0.5\n7495; 1,25\n\n+۹۸ ۲٫۵\n");
  expect(read).toEqual({
    ok: true,
    rates: [
      { prefix: "+7", perMinute: 0.5 },
      { prefix: "+7495", perMinute: 1.25 },
      { prefix: "+98", perMinute: 2.5 },
    ],
  });
  expect(read.ok && readRates(ratesText(read.rates))).toEqual(read);
});

it("names the first line that can't be read, or that is there twice", () => {
  expect(readRates("+7 0.5\nMoscow 1")).toEqual({ ok: false, line: 2 });
  expect(readRates("+7 0.5\n+44 1\n7 0.6")).toEqual({ ok: false, line: 3 });
  expect(readRates("+7 -1")).toEqual({ ok: false, line: 1 });
});
