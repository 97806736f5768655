import { describe, expect, it } from "vitest";
import { chirp, FLOOR_DBFS, findChirp, levelDbfs, steadiness } from "./signal.ts";

const RATE = 48_000;
/** Noise that is the same each time: a linear congruence, not chance. */
function noise(length: number, amplitude: number): Float32Array {
  let seed = 12_345;
  return Float32Array.from({ length }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (seed / 1_073_741_824 - 1) * amplitude;
  });
}
function room({ delay, gain, noisy }: { readonly delay: number; readonly gain: number; readonly noisy: number }): Float32Array {
  const heard = noise(32_768, noisy);
  chirp(RATE).forEach((sample, index) => {
    const at = delay + index;
    if (at < heard.length) heard[at] = (heard[at] ?? 0) + sample * gain;
  });
  return heard;
}

describe("the level", () => {
  it("of a full sine is 3 dB below full scale, of nothing the floor", () => {
    const sine = Float32Array.from({ length: 4_800 }, (_, index) => Math.sin((2 * Math.PI * 440 * index) / RATE));
    expect(levelDbfs(sine)).toBeCloseTo(-3.01, 1);
    expect(levelDbfs(new Float32Array(100))).toBe(FLOOR_DBFS);
    expect(levelDbfs([])).toBe(FLOOR_DBFS);
  });
});

describe("the echo", () => {
  it("of a loudspeaker is found at its delay, though the room is noisy", () => {
    const found = findChirp(room({ delay: 9_600, gain: 0.3, noisy: 0.01 }), RATE);
    expect(found.correlation).toBeGreaterThan(0.6);
    expect(found.delayMs).toBeGreaterThan(195);
    expect(found.delayMs).toBeLessThan(205);
  });
  it("isn't found where only noise, a hum or nothing was heard", () => {
    expect(findChirp(noise(32_768, 0.2), RATE).correlation).toBeLessThan(0.25);
    const hum = Float32Array.from({ length: 32_768 }, (_, index) => Math.sin((2 * Math.PI * 1_000 * index) / RATE) * 0.3);
    expect(findChirp(hum, RATE).correlation).toBeLessThan(0.25);
    expect(findChirp(new Float32Array(32_768), RATE)).toEqual({ correlation: 0, delayMs: 0 });
  });
  it("is quicker found than anyone notices", () => {
    const heard = room({ delay: 4_000, gain: 0.1, noisy: 0.05 });
    const from = performance.now();
    findChirp(heard, RATE);
    expect(performance.now() - from).toBeLessThan(1_000);
  });
});

it("tells a steady way from an unsteady one, and says nothing from one answer", () => {
  expect(steadiness([10, 10, 10])).toEqual({ medianMs: 10, jitterMs: 0 });
  expect(steadiness([10, 50, 10, 50])).toMatchObject({ jitterMs: 40 });
  expect(steadiness([10])).toBeNull();
});
