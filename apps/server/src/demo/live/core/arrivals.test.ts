import { createPrng, HOUR_MS } from "@allo/kernel";
import { expect, test } from "vitest";
import { arrivalLimits, drawHalfHour, drawRepeat, type ArrivalLine, type CallPlan } from "./arrivals.ts";
import { HALF_HOUR_MS } from "./day-shape.ts";

const line = (key: string, share: number): ArrivalLine => ({
  key,
  number: `+1${key}`,
  share,
  handleSecondsMedian: 120,
  handleSigma: 0.5,
  patienceSecondsMean: 200,
  customers: [{ number: `+${key}1`, name: "One" }],
  strangerNumber: (index) => `stranger-${key}-${index}`,
});
const lines = [line("bank", 0.25), line("taxi", 0.75)];
const halfHours = (seed: string, count: number): readonly CallPlan[] =>
  Array.from({ length: count }, (_, index) =>
    drawHalfHour({ prng: createPrng(seed), halfHour: 985_000 + index, perHour: 300, lines, talkSecondsMax: 300 }),
  ).flat();

test("the same seed and half hour give the same calls, another seed gives others", () => {
  expect(halfHours("a", 3)).toEqual(halfHours("a", 3));
  expect(halfHours("a", 3)).not.toEqual(halfHours("b", 3));
});

test("what is drawn for one half hour doesn't depend on the ones before", () => {
  const [, second] = [0, 1].map((index) =>
    drawHalfHour({ prng: createPrng("a"), halfHour: 985_000 + index, perHour: 300, lines, talkSecondsMax: 300 }),
  );
  expect(halfHours("a", 2).slice(-(second?.length ?? 0))).toEqual(second);
});

test("as many call as the rate says, by the lines' shares, each in their half hour", () => {
  const calls = halfHours("a", 60);
  const hours = (60 * HALF_HOUR_MS) / HOUR_MS;
  expect(calls.length / hours).toBeGreaterThan(285);
  expect(calls.length / hours).toBeLessThan(315);
  expect(calls.filter((call) => call.line === "taxi").length / calls.length).toBeCloseTo(0.75, 1);
  expect(calls.every(({ at, callId }) => Math.floor(at / HALF_HOUR_MS) === Number(callId.split("-")[0]))).toBe(true);
  expect(calls.map(({ at }) => at)).toEqual(calls.map(({ at }) => at).toSorted((a, b) => a - b));
});

test("some withhold their number, some are strangers, most are customers; nobody talks for ever", () => {
  const calls = halfHours("a", 60);
  const share = (is: (call: CallPlan) => boolean): number => calls.filter(is).length / calls.length;
  expect(share(({ from }) => from === null)).toBeCloseTo(arrivalLimits.anonymousShare, 1);
  expect(share(({ from }) => from?.startsWith("stranger-") === true)).toBeCloseTo(arrivalLimits.unknownShare, 1);
  expect(calls.every(({ talkMs }) => talkMs >= arrivalLimits.talkSecondsMin * 1_000 && talkMs <= 300_000)).toBe(true);
});

test("some of the lost call again with the same number and matter, a few times at most", () => {
  const calls = halfHours("a", 12);
  const prng = createPrng("a");
  const again = calls.flatMap((call) => drawRepeat(prng, call, call.at + 60_000) ?? []);
  expect(again.length / calls.length).toBeCloseTo(arrivalLimits.repeatShare, 1);
  const byId = new Map(calls.map((call) => [`${call.callId}r`, call]));
  for (const call of again) {
    const first = byId.get(call.callId);
    expect(call).toMatchObject({ from: first?.from, dialled: first?.dialled, matter: first?.matter, repeats: 1 });
    expect(call.at).toBeGreaterThan((first?.at ?? 0) + 60_000);
  }
  expect(drawRepeat(prng, { ...(calls[0] as CallPlan), repeats: arrivalLimits.repeatsMax }, 0)).toBeNull();
});
