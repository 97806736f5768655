import { expect, it } from "vitest";
import { DrillEar } from "./ear.ts";

const sound = Int16Array.from({ length: 160 }, (_, i) => (i % 2 === 0 ? 3_000 : -3_000));
const nothing = new Int16Array(160);

/** Packets every 20 ms from `from` until before `to`. */
function hear(ear: DrillEar, samples: Int16Array, from: number, to: number): void {
  for (let at = from; at < to; at += 20) ear.heard(at, samples);
}

it("misses nothing where packets come on time, or so late that a jitter buffer bridges it", () => {
  const ear = new DrillEar();
  hear(ear, sound, 0, 1_000);
  ear.begin(1_000);
  hear(ear, sound, 1_040, 3_000);
  expect(ear.measure(3_000)).toMatchObject({ hears: true, longestGapMs: 0, silentMs: 0 });
});

it("counts the gaps, the longest alone, and one that is still open from the last packet on", () => {
  const ear = new DrillEar();
  hear(ear, sound, 0, 1_000); // the last at 980
  ear.begin(980);
  hear(ear, sound, 1_180, 2_000); // 180 ms missed, the last at 1980
  expect(ear.measure(2_000)).toMatchObject({ longestGapMs: 180, silentMs: 180 });
  expect(ear.measure(5_000)).toMatchObject({ sinceLastMs: 3_020, hears: false, longestGapMs: 3_000, silentMs: 3_180 });
});

it("counts what came before it was asked to count as nothing", () => {
  const ear = new DrillEar();
  ear.heard(0, sound);
  ear.begin(5_000);
  ear.heard(5_020, sound);
  expect(ear.measure(5_020)).toMatchObject({ longestGapMs: 0, silentMs: 0 });
});

it("counts packets with nothing in them as silence once they last, and pauses of speech as none", () => {
  const ear = new DrillEar();
  ear.begin(0);
  hear(ear, nothing, 0, 600);
  hear(ear, sound, 600, 1_000);
  expect(ear.measure(1_000).silentMs).toBe(0);
  hear(ear, nothing, 1_000, 3_000);
  expect(ear.measure(3_000)).toMatchObject({ hears: false, longestGapMs: 0, silentMs: 2_000 });
});
