import { describe, expect, it } from "vitest";
import { guardedValues, openValues, shutFields } from "./protected-fields.ts";

const kinds = [
  { fieldId: "fld_name", verifyLevel: 0 },
  { fieldId: "fld_limit", verifyLevel: 1 },
  { fieldId: "fld_code", verifyLevel: 2 },
];
const values = { fld_name: "a", fld_limit: "500", fld_code: "x" };

describe("fields for verified callers", () => {
  it.each([
    [0, ["fld_limit", "fld_code"], { fld_name: "a" }],
    [1, ["fld_code"], { fld_name: "a", fld_limit: "500" }],
    [2, [], values],
  ])("at level %i some say nothing", (level, withheld, fields) => {
    expect(openValues(values, shutFields(kinds, level))).toEqual({ fields, withheld });
  });

  it("don't even say whether they have a value", () => {
    expect(openValues({ fld_name: "a" }, shutFields(kinds, 0)).withheld).toEqual(["fld_limit", "fld_code"]);
  });

  it("keep their value when the rest is saved, and take no other", () => {
    const shut = shutFields(kinds, 0);
    expect(guardedValues({ fld_name: "b", fld_limit: "" }, values, shut)).toMatchObject({
      ok: true,
      value: { fld_name: "b", fld_limit: "500", fld_code: "x" },
    });
    expect(guardedValues({ fld_name: "b", fld_limit: "900" }, values, shut)).toMatchObject({
      ok: false,
      failure: { path: "fields.fld_limit" },
    });
  });
});
