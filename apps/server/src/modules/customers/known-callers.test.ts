import type { CustomerId, ProjectId } from "@allo/kernel";
import { expect, it } from "vitest";
import { createKnownCallers } from "./known-callers.ts";

const ONE = "prj_one" as ProjectId;
const ADA = { customerId: "cus_ada" as CustomerId, name: "Ada" };

it("who calls is known once it was asked, also that nobody is", () => {
  const known = createKnownCallers({ keptMax: 10 });
  expect(known.find(ONE, "+441")).toBeUndefined();
  known.asking()(ONE, ["+441", "+442"], new Map([["+441", ADA]]));
  expect(known.find(ONE, "+441")).toBe(ADA);
  expect(known.find(ONE, "+442")).toBeNull();
  expect(known.find("prj_two" as ProjectId, "+441")).toBeUndefined();
});

it("an answer that was under way while a customer changed is not kept", () => {
  const known = createKnownCallers({ keptMax: 10 });
  const keep = known.asking();
  known.forget();
  keep(ONE, ["+441"], new Map());
  expect(known.find(ONE, "+441")).toBeUndefined();
});

it("forgets the oldest beyond its limit, and all when a customer changes", () => {
  const known = createKnownCallers({ keptMax: 2 });
  for (const number of ["+441", "+442", "+443"]) known.asking()(ONE, [number], new Map());
  expect(["+441", "+442", "+443"].map((number) => known.find(ONE, number))).toEqual([undefined, null, null]);
  known.forget();
  expect(known.find(ONE, "+443")).toBeUndefined();
});
