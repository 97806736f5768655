import { expect, it } from "vitest";
import { sectionsByGroup, setupSections } from "./sections.ts";

it("every part of the setup stands in one group, in its order, and no group stands empty", () => {
  const groups = sectionsByGroup(setupSections);
  expect(groups.flatMap(({ sections }) => sections).toSorted()).toEqual([...setupSections].toSorted());
  for (const { sections } of groups) expect(sections).toEqual(setupSections.filter((each) => sections.includes(each)));
  expect(sectionsByGroup(["audit"])).toEqual([{ group: "system", sections: ["audit"] }]);
});
