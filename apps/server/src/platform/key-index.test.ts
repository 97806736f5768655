import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyIndex } from "./key-index.ts";

describe("the index of keys", () => {
  it("finds every name at its place, and none that was never added", () => {
    const index = new KeyIndex();
    for (let each = 0; each < 5_000; each += 1) index.add(`con_${each}`, each * 7);
    for (let each = 0; each < 5_000; each += 1) expect(index.places(`con_${each}`)).toEqual([each * 7]);
    expect(index.places("con_5000")).toEqual([]);
    expect(index.size).toBe(5_000);
  });

  it("gives all places of a name that was added twice, in their order", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ name: fc.constantFrom("a", "b", "c"), place: fc.nat() }), { maxLength: 40 }), (added) => {
        const index = new KeyIndex();
        for (const { name, place } of added) index.add(name, place);
        for (const wanted of ["a", "b", "c", "d"])
          expect(index.places(wanted)).toEqual(added.filter(({ name }) => name === wanted).map(({ place }) => place));
      }),
    );
  });
});
