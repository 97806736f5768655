import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRange } from "./byte-range.ts";

describe("a Range header (RFC 9110 §14)", () => {
  it.each([
    ["bytes=0-", 0, 100],
    ["bytes=0-0", 0, 1],
    ["bytes=10-19", 10, 20],
    ["bytes=90-500", 90, 100],
    ["bytes=-10", 90, 100],
    ["bytes=-500", 0, 100],
  ])("%s of 100 bytes is [%i, %i)", (header, from, to) => {
    expect(readRange(header, 100)).toEqual({ kind: "part", from, to });
  });

  it.each([undefined, "", "bytes=", "bytes=-", "bytes=5-2", "lines=1-2", "bytes=0-1,4-5", "bytes=a-b"])("%s gives the whole", (header) => {
    expect(readRange(header, 100)).toEqual({ kind: "whole" });
  });

  it.each(["bytes=100-", "bytes=100-200", "bytes=-0"])("%s can't be given", (header) => {
    expect(readRange(header, 100)).toEqual({ kind: "unsatisfiable" });
  });

  it("never reaches beyond the bytes there are", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), fc.nat(1_000), fc.nat(1_000), fc.nat(500), (text, a, b, size) => {
        for (const header of [text, `bytes=${a}-${b}`, `bytes=${a}-`, `bytes=-${b}`]) {
          const range = readRange(header, size);
          if (range.kind === "part") expect(range.from >= 0 && range.from < range.to && range.to <= size).toBe(true);
        }
      }),
    );
  });
});
