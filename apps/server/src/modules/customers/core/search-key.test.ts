import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldName, numberFragments, readSearch, searchDigits, searchWords } from "./search-key.ts";

/** What the database does with the terms: all must be in the words. */
const finds = (typed: string, names: readonly string[]): boolean => {
  const { terms } = readSearch(typed);
  return terms.length > 0 && terms.every((term) => searchWords(names).includes(term));
};

describe("names", () => {
  it.each([
    ["ИВАНОВ Пётр", "иванов петр"],
    ["علي كريمي", "علی کریمی"],
    ["José  Núñez-López", "jose nunez lopez"],
    ["می‌روم", "می روم"],
    ["شماره ۱۲۳", "شماره 123"],
  ])("%s is folded to %s", (name, folded) => {
    expect(foldName(name)).toBe(folded);
  });

  it("are found by any part of a word, in any script, in any order of words", () => {
    expect(finds("ван", ["Иванов Пётр"])).toBe(true);
    expect(finds("петр ива", ["Иванов Пётр"])).toBe(true);
    expect(finds("كريم", ["علی کریمی"])).toBe(true);
    expect(finds("nunez", ["José Núñez"])).toBe(true);
    expect(finds("max@exa", ["Max", "max@example.com"])).toBe(true);
    expect(finds("сидор", ["Иванов Пётр"])).toBe(false);
  });

  it("are spelled in ASCII letters and digits only", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 40 }), (name) => /^[ a-zA-Z0-9]*$/.test(searchWords([name]))));
  });

  it("have a group of their own for each letter of the three scripts", () => {
    const letters = Array.from({ length: 0x700 }, (_, code) => String.fromCodePoint(code)).filter(
      (char) => foldName(char) === char && char !== "",
    );
    expect(new Set(letters.map((char) => searchWords([char]))).size).toBe(letters.length);
  });

  it("match as the folded text does, never across letters", () => {
    const letter = fc.constantFrom(...Array.from("абвгдежзёйabcxyz0علیپچم"));
    fc.assert(
      fc.property(
        fc.string({ unit: letter, minLength: 1, maxLength: 12 }),
        fc.string({ unit: letter, minLength: 1, maxLength: 3 }),
        (word, part) => {
          const [term = ""] = readSearch(part).terms;
          fc.pre(term !== "" && readSearch(part).terms.length === 1);
          expect(searchWords([word]).includes(term)).toBe(foldName(word).includes(foldName(part)));
        },
      ),
    );
  });
});

describe("numbers", () => {
  it.each([
    ["+7 (912) 345-67", ["791234567"]],
    ["8 912 345", ["8912345", "912345"]],
    ["0912 345", ["0912345", "912345"]],
    ["0098 912", ["0098912", "98912"]],
    ["۰۹۱۲۳۴", ["091234", "91234"]],
    ["٩١٢٣", ["9123"]],
  ])("%s is looked for as %j", (typed, fragments) => {
    expect(readSearch(typed)).toEqual({ terms: [], fragments });
  });

  it("are found with or without their prefixes", () => {
    const stored = searchDigits(["+79123456789", "+989121234567"]);
    for (const typed of ["8 912 345 67 89", "+7912345", "3456789", "0912 123 45 67", "۰۹۱۲۱۲۳", "00989121234567"]) {
      expect(
        readSearch(typed).fragments.some((fragment) => stored.includes(fragment)),
        typed,
      ).toBe(true);
    }
  });

  it("of one or two digits are parts of names", () => {
    expect(readSearch("24")).toEqual({ terms: ["24"], fragments: [] });
    expect(numberFragments("12")).toEqual([]);
  });

  it("stand beside names", () => {
    expect(readSearch("ivan 912345")).toEqual({ terms: ["ivan"], fragments: ["912345"] });
  });
});
