import { expect, it } from "vitest";
import { levelBetween, lineOf } from "./line-stats.ts";

const entry = (type: string, fields: object): [string, unknown] => [type, { type, kind: "audio", ...fields }];

it("reads loss, jitter, the way there and back, and what was heard", () => {
  const line = lineOf([
    entry("inbound-rtp", { packetsReceived: 950, packetsLost: 50, jitter: 0.004, totalAudioEnergy: 1, totalSamplesDuration: 10 }),
    entry("candidate-pair", { nominated: true, currentRoundTripTime: 0.012 }),
  ]);
  expect(line).toMatchObject({
    lossShare: 0.05,
    jitterMs: 4,
    roundTripMs: 12,
    heardEnergy: { energy: 1, seconds: 10 },
    spokenEnergy: null,
  });
});
it("says nothing of a loss of too few packets, and nothing at all without a call", () => {
  expect(lineOf([entry("inbound-rtp", { packetsReceived: 5, packetsLost: 5 })])?.lossShare).toBeNull();
  expect(lineOf([entry("inbound-rtp", { packetsReceived: 500, packetsLost: -3 })])).toMatchObject({ packetsLost: 0, lossShare: 0 });
  expect(lineOf([])).toBeNull();
  expect(lineOf(null)).toBeNull();
});
it("makes a level of what came between two moments", () => {
  expect(levelBetween({ energy: 1, seconds: 10 }, { energy: 1.01, seconds: 11 })).toBeCloseTo(-20, 5);
  expect(levelBetween({ energy: 1, seconds: 10 }, { energy: 1, seconds: 11 })).toBe(-120);
  expect(levelBetween(null, { energy: 1, seconds: 1 })).toBeNull();
});
