import { expect, it } from "vitest";
import { SECOND_MS } from "@allo/kernel";
import { runQueueModel } from "@allo/sim";

/*
 * Exact values of Erlang C and Erlang A (M/M/n and M/M/n+M), computed apart from this code with rational arithmetic:
 * n = agents, arrivals 100 per 1,800 s, talks 180 s, target 20 s; Erlang A with a mean patience of 300 s.
 */
const ERLANG_C = [
  { agents: 14, waited: 0.174131933595, serviceLevel: 0.888350019179, waitMeanS: 7.83593701178, occupancy: 0.714285714286 },
  { agents: 12, waited: 0.449388224298, serviceLevel: 0.640158040374, waitMeanS: 40.4449401868, occupancy: 0.833333333333 },
];
const ERLANG_A = [
  { agents: 14, waited: 0.145260114296, abandoned: 0.0139837441224, waitMeanS: 4.19512323672, servedInTarget: 0.916792091864 },
  { agents: 12, waited: 0.331802035544, abandoned: 0.0427111056986, waitMeanS: 12.8133317096, servedInTarget: 0.772279307716 },
];
const CALLS = 150_000;
const base = { callsPerMs: 100 / 1_800 / SECOND_MS, talkMeanMs: 180 * SECOND_MS, calls: CALLS, targetMs: 20 * SECOND_MS };

it.each(ERLANG_C)("meets Erlang C with $agents agents", (exact) => {
  const seen = runQueueModel({ ...base, seed: "erlang-c", agents: exact.agents, patienceMeanMs: Infinity });
  expect(Math.abs(seen.waited - exact.waited)).toBeLessThan(0.02);
  expect(Math.abs(seen.answeredWithinTarget - exact.serviceLevel)).toBeLessThan(0.02);
  expect(Math.abs(seen.waitMeanMs / SECOND_MS / exact.waitMeanS - 1)).toBeLessThan(0.12);
  expect(Math.abs(seen.occupancy - exact.occupancy)).toBeLessThan(0.01);
  expect(seen.abandoned).toBe(0);
});

it.each(ERLANG_A)("meets Erlang A with $agents agents", (exact) => {
  const seen = runQueueModel({ ...base, seed: "erlang-a", agents: exact.agents, patienceMeanMs: 300 * SECOND_MS });
  expect(Math.abs(seen.waited - exact.waited)).toBeLessThan(0.015);
  expect(Math.abs(seen.abandoned - exact.abandoned)).toBeLessThan(0.003);
  expect(Math.abs(seen.waitMeanMs / SECOND_MS / exact.waitMeanS - 1)).toBeLessThan(0.08);
  expect(Math.abs(seen.answeredWithinTarget - exact.servedInTarget)).toBeLessThan(0.015);
});
