// What a test can say of sound: which tone a caller hears now, and where tones stand in a recording.
import { expect } from "vitest";
import { loudness, toneShare } from "@allo/media";

type Listener = { readonly heard: () => Int16Array };

const RATE = 8_000;
const HEARD_MS_MAX = 20_000;

/** Waits until the last second that somebody heard is this tone. */
export async function hears(who: Listener, hz: number): Promise<void> {
  await expect
    .poll(() => toneShare(who.heard().slice(-RATE), hz), { timeout: HEARD_MS_MAX, message: `${hz} Hz is heard` })
    .toBeGreaterThan(0.6);
}

/** Waits until somebody hears something that is not this tone: music or a sentence. */
export async function hearsMusic(who: Listener, notHz: number): Promise<void> {
  const isMusic = (): boolean => {
    const last = who.heard().slice(-RATE);
    return loudness(last) > 150 && toneShare(last, notHz) < 0.1;
  };
  await expect.poll(isMusic, { timeout: HEARD_MS_MAX, message: "music is heard" }).toBe(true);
}

export function channelsOf(samples: Int16Array): { readonly left: Int16Array; readonly right: Int16Array } {
  const length = samples.length >> 1;
  const left = new Int16Array(length);
  const right = new Int16Array(length);
  for (let i = 0; i < length; i += 1) {
    left[i] = samples[2 * i] ?? 0;
    right[i] = samples[2 * i + 1] ?? 0;
  }
  return { left, right };
}

/** The best half second for this tone. */
export function bestShare(samples: Int16Array, hz: number): number {
  let best = 0;
  for (let at = 0; at + RATE / 2 <= samples.length; at += RATE / 2)
    best = Math.max(best, toneShare(samples.subarray(at, at + RATE / 2), hz));
  return best;
}

/** The longest time without this tone between its first and its last half second, in milliseconds. */
export function longestGapMs(samples: Int16Array, hz: number): number {
  return longestGap(samples, hz).ms;
}

/** The same, and the sample at which the tone was there again. */
export function longestGap(samples: Int16Array, hz: number): { readonly ms: number; readonly endsAt: number } {
  const step = RATE / 10;
  const has: boolean[] = [];
  for (let at = 0; at + step <= samples.length; at += step) has.push(toneShare(samples.subarray(at, at + step), hz) > 0.5);
  // Half a second of it, for music may touch the same tone in passing.
  const isHalfSecond = (at: number): boolean => has.slice(at, at + 5).length === 5 && has.slice(at, at + 5).every(Boolean);
  const first = has.findIndex((_each, at) => isHalfSecond(at));
  const last = has.findLastIndex((_each, at) => isHalfSecond(at));
  let gap = 0;
  let longest = { ms: 0, endsAt: 0 };
  for (let i = first; i >= 0 && i <= last; i += 1) {
    gap = has[i] === true ? 0 : gap + 1;
    if (gap * 100 > longest.ms) longest = { ms: gap * 100, endsAt: (i + 1) * step };
  }
  return longest;
}

/** How well a sentence is found in what was heard, 0…1: the best normalised correlation of its loudness contour at any place. */
export function likeness(heard: Int16Array, sentence: Int16Array): number {
  const step = RATE / 50;
  const contour = (samples: Int16Array): Float64Array => {
    const out = new Float64Array(Math.floor(samples.length / step));
    for (let i = 0; i < out.length; i += 1) out[i] = Math.log1p(loudness(samples.subarray(i * step, (i + 1) * step)));
    return out;
  };
  // A jitter buffer that was still full at the hang-up swallows the last tenth of a second: half a second of silence at both ends.
  const padded = new Int16Array(heard.length + RATE);
  padded.set(heard, RATE / 2);
  const all = contour(padded);
  const wanted = contour(sentence);
  let best = 0;
  for (let at = 0; at + wanted.length <= all.length; at += 1)
    best = Math.max(best, correlation(all.subarray(at, at + wanted.length), wanted));
  return best;
}

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let product = 0;
  let powerA = 0;
  let powerB = 0;
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [(a[i] ?? 0) - meanA, (b[i] ?? 0) - meanB];
    product += x * y;
    powerA += x * x;
    powerB += y * y;
  }
  return powerA === 0 || powerB === 0 ? 0 : product / Math.sqrt(powerA * powerB);
}
