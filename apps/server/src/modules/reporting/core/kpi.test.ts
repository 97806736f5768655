import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  abandonRate,
  addCounters,
  averageHandleMs,
  averageSpeedOfAnswerMs,
  countSegment,
  noCounters,
  segmentWaitMs,
  serviceLevel,
  subtractCounters,
  type Counters,
  type Segment,
  type ServiceLevelKind,
} from "./kpi.ts";

const kinds: readonly ServiceLevelKind[] = [
  "abandonsPositive",
  "answeredOnly",
  "abandonsNegative",
  "abandonsExcluded",
  "shortAbandonsExcluded",
];
const percent = (value: number | null): string => (value === null ? "n/a" : (value * 100).toFixed(2));
const base: Segment = {
  visit: 1,
  queueId: "que_a",
  enqueuedAt: 1_000_000,
  answeredAt: null,
  exitAt: null,
  exit: null,
  connectedMs: 0,
  holdMs: 0,
  wrapUpMs: 0,
  rings: 0,
  missedRings: 0,
  noSound: false,
  serviceLevelMs: 20_000,
  shortAbandonMs: 5_000,
  final: false,
};
const answered = (waitMs: number, over: Partial<Segment> = {}): Segment => ({
  ...base,
  answeredAt: base.enqueuedAt + waitMs,
  exitAt: base.enqueuedAt + waitMs + 60_000,
  exit: "answered",
  connectedMs: 60_000,
  wrapUpMs: 10_000,
  final: true,
  ...over,
});
const abandoned = (waitMs: number): Segment => ({ ...base, exitAt: base.enqueuedAt + waitMs, exit: "abandoned", final: true });
const sum = (segments: readonly Segment[]): Counters => segments.map(countSegment).reduce(addCounters, noCounters);
const times = (count: number, make: () => Segment): Segment[] => Array.from({ length: count }, make);

describe("service level", () => {
  it("is what the published example of ICMI gives", () => {
    const counts = sum([
      ...times(860, () => answered(20_000)),
      ...times(140, () => answered(20_001)),
      ...times(10, () => abandoned(4_999)),
      ...times(10, () => abandoned(20_000)),
      ...times(40, () => abandoned(30_000)),
    ]);
    expect(counts).toMatchObject({ answered: 1_000, answeredInTarget: 860, abandoned: 60, abandonedInTarget: 20, shortAbandoned: 10 });
    expect(kinds.map((kind) => percent(serviceLevel(counts, kind)))).toEqual(["83.02", "86.00", "81.13", "82.69", "81.90"]);
    expect(percent(serviceLevel(counts))).toBe("81.90");
  });

  it("is what the published example of Cisco gives", () => {
    const counts = sum([...times(70, () => answered(10_000)), ...times(20, () => answered(30_000)), ...times(10, () => abandoned(10_000))]);
    const of = (kind: ServiceLevelKind) => percent(serviceLevel(counts, kind));
    expect([of("abandonsExcluded"), of("abandonsNegative"), of("abandonsPositive")]).toEqual(["77.78", "70.00", "80.00"]);
  });

  it("is nothing, and not zero, where nobody was there to be answered", () => {
    for (const kind of kinds) expect(serviceLevel(noCounters, kind)).toBeNull();
    expect(serviceLevel(sum([abandoned(1_000)]))).toBeNull();
    expect([averageSpeedOfAnswerMs(noCounters), averageHandleMs(noCounters), abandonRate(noCounters)]).toEqual([null, null, null]);
  });
});

describe("counting", () => {
  it("counts an answer exactly at the target as in it, and an abandon exactly at S as not short", () => {
    expect(countSegment(answered(20_000)).answeredInTarget).toBe(1);
    expect(countSegment(answered(20_001)).answeredInTarget).toBe(0);
    expect(countSegment(abandoned(4_999)).shortAbandoned).toBe(1);
    expect(countSegment(abandoned(5_000)).shortAbandoned).toBe(0);
  });

  it("counts who hangs up while an agent rings as abandoned", () => {
    expect(countSegment({ ...abandoned(9_000), exit: "abandonedAlerting" })).toMatchObject({ abandoned: 1, abandonedWaitMs: 9_000 });
  });

  it("averages the wait of the answered only, and handling of what is over only", () => {
    const counts = sum([answered(10_000), answered(30_000, { final: false }), abandoned(100_000)]);
    expect(averageSpeedOfAnswerMs(counts)).toBe(20_000);
    expect(averageHandleMs(counts)).toBe(70_000);
    expect(counts.longestWaitMs).toBe(100_000);
    expect(abandonRate(counts)).toBeCloseTo(1 / 3);
  });

  it("leaves a talk without sound out of handle time, and in everything that the customer felt", () => {
    const counts = sum([answered(10_000), answered(10_000, { noSound: true, connectedMs: 600_000, holdMs: 5_000 })]);
    expect(counts).toMatchObject({ offered: 2, answered: 2, answeredInTarget: 2, handled: 1, handleMs: 70_000, holdMs: 0 });
  });

  it("gives no wait to who was turned away at the door", () => {
    const door: Segment = { ...base, visit: 0, exitAt: base.enqueuedAt, exit: "refused", final: true };
    expect(countSegment(door)).toMatchObject({ offered: 1, refused: 1, longestWaitMs: null });
    expect(segmentWaitMs(base)).toBeNull();
  });

  const anySegment = fc
    .record({
      wait: fc.nat(60_000),
      talk: fc.nat(100_000),
      hold: fc.nat(1_000),
      final: fc.boolean(),
      visit: fc.nat(3),
      exit: fc.constantFrom("answered", "abandoned", "abandonedAlerting", "flowOut", "systemDisconnect", "refused", null),
      talking: fc.boolean(),
    })
    .map(({ wait, talk, hold, final, visit, exit, talking }): Segment => {
      const at = base.enqueuedAt + wait;
      if (exit === "answered" || (exit === null && talking))
        return answered(wait, {
          connectedMs: talk,
          holdMs: Math.min(hold, talk),
          exit,
          exitAt: exit === null ? null : at + talk,
          final: exit !== null && final,
          visit,
        });
      return { ...base, exit, exitAt: exit === null ? null : at, final: exit !== null, visit };
    });

  it("puts every offered contact into exactly one outcome", () => {
    fc.assert(
      fc.property(fc.array(anySegment, { maxLength: 60 }), (segments) => {
        const c = sum(segments);
        expect(c.offered).toBe(segments.length);
        expect(c.answered + c.abandoned + c.flowedOut + c.refused + c.systemDisconnected + c.open).toBe(c.offered);
        expect(
          c.answeredInTarget <= c.answered &&
            c.shortAbandoned <= c.abandoned &&
            c.abandonedInTarget <= c.abandoned &&
            c.handled <= c.answered,
        ).toBe(true);
        for (const kind of kinds) {
          const level = serviceLevel(c, kind);
          if (level !== null) expect(level >= 0 && level <= 1).toBe(true);
        }
      }),
    );
  });

  it("takes back exactly what it added, whatever the order", () => {
    fc.assert(
      fc.property(fc.array(anySegment, { maxLength: 20 }), fc.array(anySegment, { maxLength: 20 }), (stay, go) => {
        const all = sum([...stay, ...go]);
        const left = go.map(countSegment).reduce(subtractCounters, all);
        expect({ ...left, longestWaitMs: 0 }).toEqual({ ...sum(stay), longestWaitMs: 0 });
      }),
    );
  });
});
