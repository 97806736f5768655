/* What a microphone heard, in numbers. Pure. */

/** The quietest level that is told from nothing at all. */
export const FLOOR_DBFS = -120;
export const chirpLimits = {
  /** Below 2.5 kHz any loudspeaker of a computer plays it, and a cheap microphone hears it. */ fromHz: 600,
  toHz: 2_500,
  durationS: 0.25,
  amplitude: 0.12,
  /** Samples a second that correlation works with: four times the chirp's highest tone. */ rateHz: 12_000,
} as const;

/** Root mean square in decibels of full scale. */
export function levelDbfs(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < samples.length; index += 1) sum += (samples[index] ?? 0) ** 2;
  const mean = samples.length === 0 ? 0 : sum / samples.length;
  return mean <= 0 ? FLOOR_DBFS : Math.max(FLOOR_DBFS, 10 * Math.log10(mean));
}

/** A rising tone whose shape nothing in a room has by chance. */
export function chirp(sampleRate: number): Float32Array<ArrayBuffer> {
  const { fromHz, toHz, durationS, amplitude } = chirpLimits;
  const samples = new Float32Array(Math.round(sampleRate * durationS));
  for (let index = 0; index < samples.length; index += 1) {
    const at = index / sampleRate;
    const phase = 2 * Math.PI * (fromHz * at + ((toHz - fromHz) * at * at) / (2 * durationS));
    // Raised cosine at both ends: no click.
    const fade = Math.sin((Math.PI * index) / samples.length) ** 0.5;
    samples[index] = Math.sin(phase) * amplitude * fade;
  }
  return samples;
}

/** How alike a stretch of what was heard is to the chirp, 0 to 1, and where it begins. */
export function findChirp(heard: Float32Array, sampleRate: number): { readonly correlation: number; readonly delayMs: number } {
  const factor = Math.max(1, Math.round(sampleRate / chirpLimits.rateHz));
  const wanted = thin(chirp(sampleRate), factor);
  const given = thin(heard, factor);
  const energyOfWanted = energy(wanted, 0, wanted.length);
  let best = { correlation: 0, at: 0 };
  let window = energy(given, 0, wanted.length);
  for (let at = 0; at + wanted.length <= given.length; at += 1) {
    if (at > 0) window += (given[at + wanted.length - 1] ?? 0) ** 2 - (given[at - 1] ?? 0) ** 2;
    if (window <= 1e-12) continue;
    let dot = 0;
    for (let index = 0; index < wanted.length; index += 1) dot += (wanted[index] ?? 0) * (given[at + index] ?? 0);
    const correlation = Math.abs(dot) / Math.sqrt(energyOfWanted * window);
    if (correlation > best.correlation) best = { correlation, at };
  }
  return { correlation: Math.min(1, best.correlation), delayMs: (best.at * factor * 1_000) / sampleRate };
}

/** The middle of the times, and how much one differs from the next. */
export function steadiness(times: readonly number[]): { readonly medianMs: number; readonly jitterMs: number } | null {
  if (times.length < 2) return null;
  const sorted = times.toSorted((a, b) => a - b);
  const steps = times.slice(1).map((time, index) => Math.abs(time - (times[index] ?? time)));
  return { medianMs: sorted[sorted.length >> 1] ?? 0, jitterMs: steps.reduce((sum, step) => sum + step, 0) / steps.length };
}

function thin(samples: Float32Array, factor: number): Float32Array {
  const out = new Float32Array(Math.floor(samples.length / factor));
  for (let index = 0; index < out.length; index += 1) {
    let sum = 0;
    for (let part = 0; part < factor; part += 1) sum += samples[index * factor + part] ?? 0;
    out[index] = sum / factor;
  }
  return out;
}

function energy(samples: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index += 1) sum += (samples[index] ?? 0) ** 2;
  return sum;
}
