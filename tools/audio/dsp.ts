import type { Sound } from "./wav.ts";

/** The rate of G.711, and so of every file that callers hear. */
export const TELEPHONE_HZ = 8000;

const BAND_LOW_HZ = 300;
const BAND_HIGH_HZ = 3400;
const FRAME_MS = 20;
/** Frames this far below the loudest one are pauses, not speech. */
const ACTIVE_BELOW_LOUDEST_DB = 30;
const EDGE_BELOW_LOUDEST_DB = 45;
const EDGE_MARGIN_MS = 30;
const SINC_HALF_WIDTH = 32;
const LIMITER_LOOKAHEAD_MS = 5;

interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

export function toDb(amplitude: number): number {
  return 20 * Math.log10(Math.max(amplitude, 1e-9));
}

export function fromDb(db: number): number {
  return 10 ** (db / 20);
}

/** Resamples by a Blackman-windowed sinc whose cut-off is the top of the telephone band. */
export function toTelephoneRate(sound: Sound): Sound {
  const { rateHz, samples } = sound;
  const cutoff = (BAND_HIGH_HZ + 150) / rateHz;
  const reach = Math.ceil((SINC_HALF_WIDTH * rateHz) / (2 * BAND_HIGH_HZ));
  const length = Math.floor((samples.length * TELEPHONE_HZ) / rateHz);
  const out = new Float64Array(length);
  for (let i = 0; i < length; i += 1) {
    const centre = (i * rateHz) / TELEPHONE_HZ;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(samples.length - 1, Math.floor(centre + reach));
    let sum = 0;
    for (let j = first; j <= last; j += 1) {
      const distance = j - centre;
      const phase = (distance / reach + 1) * Math.PI;
      const window = 0.42 - 0.5 * Math.cos(phase) + 0.08 * Math.cos(2 * phase);
      const x = 2 * cutoff * distance;
      const sinc = Math.abs(x) < 1e-9 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
      sum += (samples[j] ?? 0) * 2 * cutoff * sinc * window;
    }
    out[i] = sum;
  }
  return { rateHz: TELEPHONE_HZ, samples: out };
}

function runBiquad(samples: Float64Array, f: Biquad): Float64Array {
  const out = new Float64Array(samples.length);
  let s1 = 0;
  let s2 = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const x = samples[i] ?? 0;
    const y = f.b0 * x + s1;
    s1 = f.b1 * x - f.a1 * y + s2;
    s2 = f.b2 * x - f.a2 * y;
    out[i] = y;
  }
  return out;
}

function highPass(hz: number, q: number): Biquad {
  const w = (2 * Math.PI * hz) / TELEPHONE_HZ;
  const alpha = Math.sin(w) / (2 * q);
  const a0 = 1 + alpha;
  const c = Math.cos(w);
  return { b0: (1 + c) / 2 / a0, b1: -(1 + c) / a0, b2: (1 + c) / 2 / a0, a1: (-2 * c) / a0, a2: (1 - alpha) / a0 };
}

function peaking(hz: number, q: number, gainDb: number): Biquad {
  const a = 10 ** (gainDb / 40);
  const w = (2 * Math.PI * hz) / TELEPHONE_HZ;
  const alpha = Math.sin(w) / (2 * q);
  const c = Math.cos(w);
  const a0 = 1 + alpha / a;
  return { b0: (1 + alpha * a) / a0, b1: (-2 * c) / a0, b2: (1 - alpha * a) / a0, a1: (-2 * c) / a0, a2: (1 - alpha / a) / a0 };
}

/** Takes away what a telephone line does not carry below 300 Hz, and with it any direct current (4th-order Butterworth). */
export function cutBelowTelephoneBand(samples: Float64Array): Float64Array {
  return runBiquad(runBiquad(samples, highPass(BAND_LOW_HZ, 0.541)), highPass(BAND_LOW_HZ, 1.307));
}

/** Lifts (or, below zero, lowers) a broad band around `hz`. */
export function shape(samples: Float64Array, hz: number, gainDb: number): Float64Array {
  return runBiquad(samples, peaking(hz, 0.8, gainDb));
}

function frameLevels(samples: Float64Array): number[] {
  const size = (TELEPHONE_HZ * FRAME_MS) / 1000;
  const levels: number[] = [];
  for (let start = 0; start + size <= samples.length; start += size) levels.push(rms(samples.subarray(start, start + size)));
  return levels;
}

export function rms(samples: Float64Array): number {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / Math.max(1, samples.length));
}

export function peak(samples: Float64Array): number {
  return samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

/** The root mean square of the frames in which someone speaks, pauses left out. */
export function activeRms(samples: Float64Array): number {
  const levels = frameLevels(samples);
  const floor = Math.max(...levels, 0) * fromDb(-ACTIVE_BELOW_LOUDEST_DB);
  const active = levels.filter((level) => level >= floor && level > 0);
  return Math.sqrt(active.reduce((sum, level) => sum + level * level, 0) / Math.max(1, active.length));
}

/** Cuts the silence at both ends, leaving a breath of margin, and fades both edges so that no click is heard. */
export function trim(samples: Float64Array): Float64Array {
  const levels = frameLevels(samples);
  const floor = Math.max(...levels, 0) * fromDb(-EDGE_BELOW_LOUDEST_DB);
  const first = Math.max(
    0,
    levels.findIndex((level) => level > floor),
  );
  const last = levels.findLastIndex((level) => level > floor);
  const size = (TELEPHONE_HZ * FRAME_MS) / 1000;
  const margin = (TELEPHONE_HZ * EDGE_MARGIN_MS) / 1000;
  return fadeEdges(samples.slice(Math.max(0, first * size - margin), Math.min(samples.length, (last + 1) * size + margin)));
}

/** Raises the first and lowers the last 20 ms by half a cosine. */
export function fadeEdges(samples: Float64Array): Float64Array {
  const length = Math.min((TELEPHONE_HZ * FRAME_MS) / 1000, Math.floor(samples.length / 2));
  const out = samples.slice();
  for (let i = 0; i < length; i += 1) {
    const gain = 0.5 - 0.5 * Math.cos((Math.PI * i) / length);
    out[i] = (out[i] ?? 0) * gain;
    const end = out.length - 1 - i;
    out[end] = (out[end] ?? 0) * gain;
  }
  return out;
}

/** Joins pieces with silences: `pausesMs[0]` before the first, `pausesMs[i]` before the i-th, the last one at the end. */
export function join(pieces: readonly Float64Array[], pausesMs: readonly number[]): Float64Array {
  const gaps = pausesMs.map((ms) => Math.round((ms * TELEPHONE_HZ) / 1000));
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0) + gaps.reduce((sum, gap) => sum + gap, 0);
  const out = new Float64Array(total);
  let at = 0;
  pieces.forEach((piece, i) => {
    at += gaps[i] ?? 0;
    out.set(piece, at);
    at += piece.length;
  });
  return out;
}

/** Brings speech to the wanted level and keeps every peak under the ceiling by a gain that moves smoothly. */
export function normalise(samples: Float64Array, activeDb: number, ceilingDb: number): Float64Array {
  let out = samples;
  // Limiting takes a little level away, so the level is set again; three rounds settle it within 0.1 dB.
  for (let round = 0; round < 3; round += 1) {
    const gain = fromDb(activeDb) / Math.max(activeRms(out), 1e-6);
    out = limit(
      out.map((x) => x * gain),
      fromDb(ceilingDb),
    );
  }
  return out;
}

function limit(samples: Float64Array, ceiling: number): Float64Array {
  const reach = (TELEPHONE_HZ * LIMITER_LOOKAHEAD_MS) / 1000;
  const needed = samples.map((x) => Math.min(1, ceiling / Math.max(Math.abs(x), 1e-9)));
  const held = samples.map((_, i) => needed.subarray(Math.max(0, i - reach), i + reach + 1).reduce((a, b) => Math.min(a, b), 1));
  // The mean of held minima is never above the sample's own need, as its window lies inside the hold.
  return samples.map((x, i) => {
    const window = held.subarray(Math.max(0, i - reach), i + reach + 1);
    return x * (window.reduce((a, b) => a + b, 0) / window.length);
  });
}
