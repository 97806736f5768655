import { Id } from "@allo/contract";
import { Value } from "typebox/value";
import { describe, expect, it } from "vitest";
import { createClock } from "./clock.ts";
import { createEventBus } from "./events.ts";
import { createIds, createToken } from "./ids.ts";

describe("ids", () => {
  it("have the contract's form, sort by time and differ within a millisecond", () => {
    let now = 1_763_766_000_000;
    const ids = createIds({ now: () => now });
    const made = Array.from({ length: 200 }, (_, index) => {
      if (index % 2 === 0) now += 1;
      return ids.next("que");
    });
    expect(made.every((id) => Value.Check(Id, id) && id.length === 30)).toBe(true);
    expect(new Set(made).size).toBe(200);
    expect(made.filter((_, index) => index % 2 === 0)).toEqual(made.filter((_, index) => index % 2 === 0).toSorted());
    expect(createToken()).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it("take a time that never goes back", () => {
    const clock = createClock();
    const times = Array.from({ length: 1_000 }, () => clock.now());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(Number.isSafeInteger(times[0])).toBe(true);
  });
});

describe("events between modules", () => {
  it("reach everyone in order, though one listener fails, until they are taken off", () => {
    const failed: unknown[] = [];
    const heard: string[] = [];
    const bus = createEventBus<{ changed: { what: string } }>((error) => failed.push(error));
    bus.on("changed", () => {
      throw new Error("no");
    });
    const off = bus.on("changed", ({ what }) => heard.push(what));
    bus.emit("changed", { what: "a" });
    off();
    bus.emit("changed", { what: "b" });
    expect(heard).toEqual(["a"]);
    expect(failed).toHaveLength(2);
  });
});
