import { describe, expect, it } from "vitest";
import { matchesName } from "./colleague-search.ts";

describe("a colleague is found", () => {
  it.each([
    ["Сидорова Алёна", "алена", true],
    ["Сидорова Алёна", "алё сид", true],
    ["José Álvarez", "jose alv", true],
    ["علی کریمی", "علي كريمي", true],
    ["مه‌سا رضایی", "مه سا", true],
    ["Ann Lee", "", true],
    ["Ann Lee", "bob", false],
    ["Ann Lee", "ann bob", false],
  ])("%s by %s: %s", (name, sought, isFound) => {
    expect(matchesName(name, sought)).toBe(isFound);
  });
});
