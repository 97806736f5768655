import type { Instant } from "@allo/kernel";
import { expect, test } from "vitest";
import { markerLimits, markersOf } from "./markers.ts";

const recording = { recordingId: "rec_1", startedAt: 10_000 as Instant, durationMs: 60_000 };
const line = (kind: string, at: number, data: Record<string, unknown> = {}) => ({ kind, at: at as Instant, data });

test("what happened in the talk stands at its place in the recording, and nothing from outside it", () => {
  const markers = markersOf(
    [
      line("bridged", 10_000),
      line("held", 15_000),
      line("resumed", 20_000),
      line("recordingPaused", 30_000, { recordingId: "rec_1", paused: true }),
      line("recordingPaused", 31_000, { recordingId: "rec_other", paused: true }),
      line("recordingPaused", 36_500, { recordingId: "rec_1", paused: false }),
      line("handedOver", 50_000),
      line("noteAdded", 70_001),
      line("noteAdded", 9_999),
    ],
    recording,
  );
  expect(markers).toEqual([
    { atMs: 5_000, kind: "hold" },
    { atMs: 10_000, kind: "holdEnd" },
    { atMs: 20_000, kind: "pause" },
    { atMs: 26_500, kind: "pauseEnd" },
    { atMs: 40_000, kind: "transfer" },
  ]);
});

test("of a recording that begins while the caller waits the answer has its mark, and each return to the queue", () => {
  const lines = [
    line("contactQueued", 10_010),
    line("bridged", 32_000),
    line("keysMasked", 35_000, { masked: true }),
    line("keysMasked", 40_000, { masked: false }),
    line("requeued", 50_000),
  ];
  expect(markersOf(lines, recording).map(({ atMs, kind }) => [atMs, kind])).toEqual([
    [22_000, "answered"],
    [25_000, "keysMasked"],
    [30_000, "keysHeard"],
    [40_000, "queued"],
  ]);
});

test("there are no more than fit a screen", () => {
  const lines = Array.from({ length: 1_000 }, (_, index) => line("held", 10_000 + index));
  expect(markersOf(lines, recording)).toHaveLength(markerLimits.markersMax);
});
