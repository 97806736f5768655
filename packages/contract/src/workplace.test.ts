import { describe, expect, it } from "vitest";
import { isStale, judgeWorkplace, standingOf, WorkplaceThresholds, type WorkplaceFigures, type WorkplaceItem } from "./workplace.ts";

type Change = { readonly [P in keyof WorkplaceFigures]?: Partial<WorkplaceFigures[P]> };
const figures = (change: Change = {}): WorkplaceFigures => ({
  browser: {
    name: "Chrome",
    version: "142",
    system: "Linux",
    secure: true,
    calls: true,
    outdated: false,
    timerDelayMs: 3,
    notifications: "granted",
    ...change.browser,
  },
  microphone: { problem: null, label: "Headset", noiseDbfs: -60, speechDbfs: -25, flat: false, ...change.microphone },
  headset: { label: "Headset", outputs: 2, buttons: null, ...change.headset },
  ringer: { label: "Speakers", sameAsHeadset: false, ...change.ringer },
  echo: { correlation: 0.05, delayMs: 0, ...change.echo },
  network: { linkOpen: true, roundTripMs: 20, jitterMs: 2, loss: 0, pathProven: true, ...change.network },
});
const of = (item: WorkplaceItem, change: Change) => {
  const result = judgeWorkplace(figures(change)).find((each) => each.item === item);
  return [result?.verdict, ...(result?.faults ?? [])];
};

describe("a workplace", () => {
  it("with nothing wrong is good in all six", () => {
    expect(judgeWorkplace(figures()).map(({ verdict }) => verdict)).toEqual(Array.from({ length: 6 }, () => "good"));
  });
  it.each([
    ["microphone", { microphone: { problem: "denied" } }, ["failed", "denied"]],
    ["microphone", { microphone: { flat: true } }, ["failed", "silent"]],
    ["microphone", { microphone: { speechDbfs: WorkplaceThresholds.speechPoorDbfs - 1 } }, ["poor", "quiet"]],
    ["microphone", { microphone: { noiseDbfs: WorkplaceThresholds.noisePoorDbfs + 1 } }, ["poor", "noisy"]],
    ["microphone", { microphone: { speechDbfs: null } }, ["good"]],
    ["microphone", { microphone: { speechDbfs: null, noiseDbfs: null } }, ["notMeasured"]],
    ["headset", { headset: { outputs: 0 } }, ["failed", "noOutput"]],
    ["headset", { headset: { outputs: null } }, ["notMeasured"]],
    ["ringer", { ringer: { sameAsHeadset: true } }, ["good", "sameAsHeadset"]],
    ["ringer", { ringer: { sameAsHeadset: true }, headset: { outputs: 1 } }, ["notMeasured"]],
    ["echo", { echo: { correlation: WorkplaceThresholds.echoPoorCorrelation } }, ["poor", "speakersHeard"]],
    ["echo", { echo: { correlation: null } }, ["notMeasured"]],
    ["network", { network: { linkOpen: false } }, ["failed", "linkAway"]],
    ["network", { network: { pathProven: false } }, ["failed", "noPath"]],
    ["network", { network: { pathProven: null } }, ["good"]],
    ["network", { network: { roundTripMs: WorkplaceThresholds.roundTripPoorMs + 1 } }, ["poor", "slow"]],
    ["network", { network: { loss: 0.2, jitterMs: 90 } }, ["failed", "lossy", "unsteady"]],
    ["browser", { browser: { secure: false, calls: false } }, ["failed", "insecure"]],
    ["browser", { browser: { calls: false } }, ["failed", "unsupported"]],
    ["browser", { browser: { outdated: true, notifications: "denied" } }, ["poor", "outdated", "notificationsOff"]],
    ["browser", { browser: { notifications: "default" } }, ["good"]],
  ] as const)("%s is judged by its figures alone: %o", (item, change, expected) => {
    expect(of(item, change as Change)).toEqual(expected);
  });
});

it("stands by its worst item, a skipped check by its skipping, and goes stale after a day", () => {
  const results = judgeWorkplace(figures());
  expect(standingOf(null)).toBe("never");
  expect(standingOf({ results: [...results], skipped: null })).toBe("equipped");
  expect(standingOf({ results: [...judgeWorkplace(figures({ echo: { correlation: 0.9 } }))], skipped: null })).toBe("remarks");
  expect(standingOf({ results: [...judgeWorkplace(figures({ microphone: { problem: "absent" } }))], skipped: null })).toBe("notEquipped");
  expect(standingOf({ results: [], skipped: { reason: "other", words: "x" } })).toBe("skipped");
  expect([isStale(null, 0), isStale(0, WorkplaceThresholds.staleAfterMs), isStale(0, WorkplaceThresholds.staleAfterMs + 1)]).toEqual([
    true,
    false,
    true,
  ]);
});
