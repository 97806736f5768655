import type { LegFigures } from "@allo/media";
import { expect, it } from "vitest";
import { legFigures } from "./fixtures/leg-figures.ts";
import { figuresTogether, legQuality } from "./leg-quality.ts";
import { createLineWatch } from "./line-watch.ts";

const legs = { callerLegId: "caller", agentLegId: "agent" };
/** After so many looks of 5 s, with so many packets of each look lost on their way to us. */
const after = (looks: number, lostPerLook = 0): LegFigures =>
  legFigures({
    packetsReceived: looks * (250 - lostPerLook),
    packetsLost: looks * lostPerLook,
    packetsSent: looks * 250,
    farEnd: { packetsLost: 0, jitterMs: 2 },
  });

it("tells how a talk sounds once, and again only when it sounds otherwise", async () => {
  let caller: LegFigures | null = after(1);
  let agent: LegFigures | null = after(1);
  const watch = createLineWatch((legId) => Promise.resolve(legId === "caller" ? caller : agent));
  // One reading is no stretch of time yet.
  expect(await watch.look(legs)).toBeUndefined();
  [caller, agent] = [after(2), after(2)];
  expect(await watch.look(legs)).toMatchObject({ band: "good", side: null });
  [caller, agent] = [after(3), after(3)];
  expect(await watch.look(legs)).toBeUndefined();
  // A tenth of what the customer says gets lost from now on.
  [caller, agent] = [legFigures({ ...after(4), packetsReceived: 950, packetsLost: 50 }), after(4)];
  expect(await watch.look(legs)).toMatchObject({ band: "poor", side: "customer", trouble: "loss" });
  [caller, agent] = [legFigures({ ...after(5), packetsReceived: 1_200, packetsLost: 50 }), after(5)];
  expect(await watch.look(legs)).toBeUndefined();
  [caller, agent] = [legFigures({ ...after(6), packetsReceived: 1_450, packetsLost: 50 }), after(6)];
  expect(await watch.look(legs)).toMatchObject({ band: "good" });
  // Back in the queue nobody talks.
  expect(await watch.look({ ...legs, agentLegId: null })).toBeNull();
  expect(await watch.look({ ...legs, agentLegId: null })).toBeUndefined();
});

it("says nothing of lines that can't be read", async () => {
  const watch = createLineWatch(() => Promise.reject(new Error("worker died")));
  expect(await watch.look(legs)).toBeUndefined();
  expect(await watch.look(legs)).toBeUndefined();
});

it("makes scores, shares and a level of a leg's counters, and nothing of what is not known", () => {
  const speech = {
    frames: 1_000,
    speechFrames: 400,
    talkOverFrames: 100,
    loudPower: 3,
    loudFrames: 300,
    clippedSamples: 480,
    loudnessJumps: 2,
  };
  const figures = legFigures({ ...after(4, 10), roundTripMs: 80, speech });
  expect(legQuality(figures)).toMatchObject({
    packetsReceived: 960,
    farLostShare: 0,
    farJitterMs: 2,
    roundTripMs: 80,
    speech: { levelDbfs: -20, speechShare: 0.4, talkOverShare: 0.25, clippedShare: 0.01, loudnessJumps: 2 },
  });
  const quality = legQuality(figures);
  expect(quality.mos).toBeLessThan(quality.farMos ?? 0);
  expect(legQuality(legFigures({}))).toMatchObject({ mos: null, farMos: null, farLostShare: null, speech: null });
  expect(figuresTogether(figures, figures)).toMatchObject({ packetsSent: 2_000, speech: { frames: 2_000, loudnessJumps: 4 } });
});
