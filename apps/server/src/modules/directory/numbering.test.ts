import { describe, expect, it } from "vitest";
import { readNumber } from "./numbering.ts";

describe("numbers as administrators type them", () => {
  it("knows a number of the country in every spelling that callers dial", () => {
    for (const text of ["8 (495) 123-45-67", "+7 495 123-45-67", "84951234567"]) {
      const read = readNumber(text, "RU");
      expect(read?.e164).toBe("+74951234567");
      expect(read?.dialled).toEqual(expect.arrayContaining(["+74951234567", "74951234567", "84951234567"]));
    }
    expect(readNumber("۰۲۱ ۸۸۷۷ ۶۶۵۵", "IR")?.e164).toBe("+982188776655");
    expect(readNumber("020 7946 0018", "GB")?.dialled).toContain("02079460018");
  });

  it("takes short numbers as they are", () => {
    expect(readNumber("100", "RU")).toEqual({ e164: null, dialled: ["100"] });
    expect(readNumber("4242", "XX")).toEqual({ e164: null, dialled: ["4242"] });
  });

  it.each(["", "1", "+100", "abc", "12345678901234567", "100;ext=1", "sip:100", "1\r\n00"])("refuses %j", (text) => {
    expect(readNumber(text, "RU")).toBeNull();
  });
});
