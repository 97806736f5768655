import { createPrng, HOUR_MS, MINUTE_MS } from "@allo/kernel";
import { expect, test } from "vitest";
import { createRoster, rosterLimits } from "./roster.ts";

const agents = Array.from({ length: 30 }, (_, index) => ({ personId: `per_${index}`, group: index % 3 === 0 ? "bank" : "taxi" }));
const roster = createRoster(createPrng("roster"), agents);
const START = 1_795_305_600_000;
const working = (at: number, share: number): number =>
  agents.filter(({ personId }) => roster.dutyOf(personId, at, () => share).kind !== "home").length;

test("as many are there as the hour needs, of every group", () => {
  expect(working(START, 0)).toBe(0);
  expect(working(START, 0.5)).toBe(15);
  expect(working(START, 1)).toBe(30);
  const bank = agents.filter(({ group }) => group === "bank");
  expect(bank.filter(({ personId }) => roster.dutyOf(personId, START, () => 0.5).kind !== "home")).toHaveLength(5);
});

test("everybody has breaks and lunch, and never too many at once", () => {
  for (let at = START; at < START + rosterLimits.roundMs; at += MINUTE_MS) {
    const away = agents.filter(({ personId }) => roster.dutyOf(personId, at, () => 1).kind === "break").length;
    expect(away).toBeLessThan(12);
  }
  for (const { personId } of agents) {
    const minutes = Array.from({ length: rosterLimits.roundMs / MINUTE_MS }, (_, index) =>
      roster.dutyOf(personId, START + index * MINUTE_MS, () => 1),
    );
    const of = (what: string): number => minutes.filter((duty) => duty.kind === "break" && duty.what === what).length;
    expect(of("lunch")).toBe(30);
    expect(of("break")).toBe(8);
  }
});

test("when the hour needs fewer they leave one after the other, not at a stroke", () => {
  const change = START + 6 * HOUR_MS;
  const onShift = (at: number): number => (at < change ? 1 : 0.4);
  const there = (at: number): number => agents.filter(({ personId }) => roster.dutyOf(personId, at, onShift).kind !== "home").length;
  expect(there(change - 1)).toBe(30);
  expect(there(change + 4 * MINUTE_MS)).toBeGreaterThan(12);
  expect(there(change + rosterLimits.lateMsMax)).toBe(12);
});
