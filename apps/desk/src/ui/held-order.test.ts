import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holdOrder } from "./held-order.ts";

const same = (key: string): string => key;

describe("a held list", () => {
  it("keeps places, puts later rows behind and only counts what came in above", () => {
    expect(holdOrder(["b", "c"], ["a", "c", "b", "d"], same)).toEqual({ shown: ["b", "c", "d"], fresh: 1 });
  });
  it("drops what is no longer there", () => {
    expect(holdOrder(["a", "b"], ["b"], same)).toEqual({ shown: ["b"], fresh: 0 });
  });
  it("takes the server's order where nothing known is left", () => {
    expect(holdOrder(["x"], ["b", "a"], same)).toEqual({ shown: ["b", "a"], fresh: 0 });
    expect(holdOrder([], ["b", "a"], same)).toEqual({ shown: ["b", "a"], fresh: 0 });
  });
  it("never shows a row twice, loses none but the counted, and never turns two known rows round", () => {
    const keys = fc.uniqueArray(fc.constantFrom(..."abcdefgh".split("")));
    fc.assert(
      fc.property(keys, keys, (held, rows) => {
        const { shown, fresh } = holdOrder(held, rows, same);
        expect(new Set(shown).size).toBe(shown.length);
        expect(shown.length + fresh).toBe(rows.length);
        const known = held.filter((key) => rows.includes(key));
        if (known.length > 0) expect(shown.filter((key) => known.includes(key))).toEqual(known);
      }),
    );
  });
});
