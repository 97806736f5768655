import { SAMPLE_RATE } from "./g711.ts";

export type ToneOptions = {
  readonly frequencyHz: number;
  readonly durationMs: number;
  /** Peak, of 32 767. */
  readonly amplitude?: number;
  readonly sampleRate?: number;
};

const TONE_AMPLITUDE = 10_000;

/** A sine, as 16-bit linear samples. */
export function generateTone(options: ToneOptions): Int16Array {
  const { frequencyHz, durationMs, amplitude = TONE_AMPLITUDE, sampleRate = SAMPLE_RATE } = options;
  const step = (2 * Math.PI * frequencyHz) / sampleRate;
  return Int16Array.from({ length: Math.round((durationMs * sampleRate) / 1_000) }, (_, i) => Math.round(amplitude * Math.sin(step * i)));
}

/** The share of the samples' energy that lies at one frequency, 0…1 (Goertzel's algorithm). Silence has no tone: 0. */
export function toneShare(samples: Int16Array, frequencyHz: number, sampleRate = SAMPLE_RATE): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRate);
  let previous = 0;
  let beforePrevious = 0;
  let energy = 0;
  for (const sample of samples) {
    const current = sample + coefficient * previous - beforePrevious;
    beforePrevious = previous;
    previous = current;
    energy += sample * sample;
  }
  if (energy === 0) return 0;
  const power = previous * previous + beforePrevious * beforePrevious - coefficient * previous * beforePrevious;
  return Math.min(1, (2 * power) / (energy * samples.length));
}

/** Root mean square of the samples, 0…32 767. */
export function loudness(samples: Int16Array): number {
  if (samples.length === 0) return 0;
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return Math.sqrt(energy / samples.length);
}
