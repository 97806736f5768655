import { describe, expect, it } from "vitest";
import { readCaller } from "./caller-number.ts";
import { SeenWatermark } from "./seen-watermark.ts";

describe("the caller's number", () => {
  const read = (number: string | null, country: string) => readCaller({ number, name: null }, country);

  it("a number that the tables don't know yet is one all the same when it is written out in full", () => {
    expect(read("07700900461", "GB")).toMatchObject({ state: "number", caller: { number: "+447700900461" } });
    expect(read("1234567", "GB")).toMatchObject({ state: "raw", caller: { number: "1234567" } });
  });
  it.each([
    ["+14155550123", "IR", "+14155550123"],
    ["0014155550123", "IR", "+14155550123"],
    ["89161234567", "RU", "+79161234567"],
    ["09121234567", "IR", "+989121234567"],
    ["4155550123", "US", "+14155550123"],
  ])("%s in %s is %s", (given, country, e164) => {
    expect(read(given, country)).toMatchObject({ state: "number", caller: { number: e164 } });
  });
  it("keeps what is no number as it came", () => {
    expect(read("1001", "RU")).toMatchObject({ state: "raw", caller: { number: "1001" } });
    expect(read("x".repeat(500), "RU").caller.number).toHaveLength(40);
  });
  it.each([null, "", "anonymous", "Anonymous", "restricted"])("takes %s for a hidden caller", (given) => {
    expect(read(given, "US")).toEqual({ state: "anonymous", caller: { number: null, name: null } });
  });
});

describe("what core has durably seen of an edge", () => {
  it("moves over events in order only, whatever order they become durable in", () => {
    const moves: number[] = [];
    const seen = new SeenWatermark(4, (through) => moves.push(through));
    expect(seen.receive(4)).toBe(false);
    for (const sequence of [5, 6, 7]) expect(seen.receive(sequence)).toBe(true);
    expect(seen.receive(6)).toBe(false);
    seen.done(6);
    expect(moves).toEqual([]);
    seen.done(5);
    seen.done(7);
    expect(moves).toEqual([6, 7]);
    expect(seen.through).toBe(7);
  });
});
