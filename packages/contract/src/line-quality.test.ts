import { expect, test } from "vitest";
import { judgeLines, legMos, legTrouble, type LegQuality } from "./line-quality.ts";

const leg = (fields: Partial<LegQuality>): LegQuality => ({
  packetsReceived: 1_000,
  packetsLost: 0,
  jitterMs: 2,
  mos: 4.4,
  farMos: 4.4,
  ...fields,
});

test("a call is as good as its worse line, and the line that is worse is named with its trouble", () => {
  expect(judgeLines({ caller: leg({}), agent: leg({}) })).toEqual({ band: "good", mos: 4.4, side: null, trouble: null });
  expect(judgeLines({ caller: leg({ mos: 3.2, packetsLost: 60 }), agent: leg({}) })).toEqual({
    band: "poor",
    mos: 3.2,
    side: "customer",
    trouble: "loss",
  });
  expect(judgeLines({ caller: leg({}), agent: leg({ farMos: 3.8, farJitterMs: 60 }) })).toEqual({
    band: "fair",
    mos: 3.8,
    side: "agent",
    trouble: "jitter",
  });
  expect(judgeLines({ caller: leg({ mos: 3.5, roundTripMs: 700 }), agent: leg({ mos: 3.4, roundTripMs: 650 }) })).toMatchObject({
    side: "both",
    trouble: "delay",
  });
  expect(judgeLines({ caller: leg({ mos: 3.8 }), agent: leg({ mos: 3.2 }) })).toMatchObject({ band: "poor", side: "agent", trouble: null });
});

test("what is not known is not judged: no leg, too few packets, figures from before there were scores", () => {
  expect(judgeLines({ caller: null, agent: null })).toBeNull();
  expect(legMos(leg({ packetsReceived: 20 }))).toBeNull();
  expect(judgeLines({ caller: { packetsReceived: 900, packetsLost: 90, jitterMs: 4 }, agent: null })).toBeNull();
  expect(judgeLines({ caller: null, agent: leg({ farMos: null }) })).toMatchObject({ band: "good" });
});

test("the far end's losses count as much as ours", () => {
  expect(legTrouble(leg({ farLostShare: 0.05, jitterMs: 80 }))).toBe("loss");
  expect(legTrouble(leg({}))).toBeNull();
});
