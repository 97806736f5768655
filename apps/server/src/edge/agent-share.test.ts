import type { LegFigures } from "@allo/media";
import { expect, it } from "vitest";
import { createAgentShare } from "./agent-share.ts";
import { legFigures } from "./fixtures/leg-figures.ts";

const figures = (packetsReceived: number, packetsLost = 0, jitterMs = 1): LegFigures =>
  legFigures({ packetsReceived, packetsLost, jitterMs });

it("counts only what came between joining and leaving, though the leg lives on", async () => {
  const legs = new Map([["leg_a", figures(5_000, 40, 2)]]);
  const share = createAgentShare((legId) => Promise.resolve(legs.get(legId) ?? null));
  share.begin("leg_a");
  await Promise.resolve();
  legs.set("leg_a", figures(6_500, 43, 3));
  expect(await share.total()).toMatchObject({ packetsReceived: 1_500, packetsLost: 3, jitterMs: 3 });
  legs.set("leg_a", figures(9_000));
  expect(await share.total()).toMatchObject({ packetsReceived: 1_500, packetsLost: 3, jitterMs: 3 });
});

it("sums the legs of an agent who came back on another one, and takes holding for no new joining", async () => {
  const legs = new Map([
    ["leg_a", figures(100)],
    ["leg_b", figures(7)],
  ]);
  const share = createAgentShare((legId) => Promise.resolve(legs.get(legId) ?? null));
  share.begin("leg_a");
  share.begin("leg_a");
  await Promise.resolve();
  legs.set("leg_a", figures(150));
  share.begin("leg_b");
  await Promise.resolve();
  legs.set("leg_b", figures(27));
  expect(share.legId()).toBe("leg_b");
  expect((await share.total())?.packetsReceived).toBe(70);
});

it("says nothing where no leg could be read, and never a number below nought", async () => {
  const gone = createAgentShare(() => Promise.reject(new Error("worker died")));
  expect(await gone.total()).toBeNull();
  gone.begin("leg_a");
  expect(await gone.total()).toBeNull();
  let reading = figures(10, 5);
  const late = createAgentShare(() => Promise.resolve(reading));
  late.begin("leg_a");
  await Promise.resolve();
  reading = figures(20, 2);
  expect(await late.total()).toMatchObject({ packetsReceived: 10, packetsLost: 0 });
});
