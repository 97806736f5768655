import { SAMPLE_RATE } from "./g711.ts";
import type { WavAudio } from "./wav.ts";

/** Zero crossings of the filter on each side: −60 dB beyond its edge with the window below. */
const FILTER_CROSSINGS = 24;
/** The filter begins to fall a little below half the lower rate, so that nothing folds back. */
const FILTER_EDGE = 0.94;

/** Any audio as 8 kHz mono, as prompts and music are kept: channels averaged, a windowed sinc as low-pass. */
export function toTelephony(audio: WavAudio): Int16Array {
  return resample(toMono(audio), audio.sampleRate, SAMPLE_RATE);
}

export function toMono(audio: WavAudio): Int16Array {
  if (audio.channels === 1) return audio.samples;
  const out = new Int16Array(Math.floor(audio.samples.length / audio.channels));
  for (let i = 0; i < out.length; i += 1) {
    let sum = 0;
    for (let channel = 0; channel < audio.channels; channel += 1) sum += audio.samples[i * audio.channels + channel] as number;
    out[i] = Math.round(sum / audio.channels);
  }
  return out;
}

/** Changes the sampling rate of mono samples. */
export function resample(samples: Int16Array, fromRate: number, toRate: number): Int16Array {
  if (fromRate === toRate) return samples;
  const out = new Int16Array(Math.max(0, Math.floor((samples.length * toRate) / fromRate)));
  const cutoff = FILTER_EDGE * Math.min(1, toRate / fromRate);
  const halfWidth = Math.ceil(FILTER_CROSSINGS / cutoff);
  // The rates' ratio makes few different phases: each one's weights are made once.
  const divisor = greatestCommonDivisor(fromRate, toRate);
  const phases = toRate / divisor;
  const weightsOf: (Float64Array | undefined)[] = Array.from({ length: phases });
  for (let i = 0; i < out.length; i += 1) {
    const position = (i * fromRate) / toRate;
    const center = Math.floor(position);
    const weights = (weightsOf[i % phases] ??= filterWeights(position - center, cutoff, halfWidth));
    let sum = 0;
    for (let tap = 0; tap < weights.length; tap += 1) sum += (samples[center + tap - halfWidth + 1] ?? 0) * (weights[tap] as number);
    out[i] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return out;
}

function filterWeights(fraction: number, cutoff: number, halfWidth: number): Float64Array {
  const weights = new Float64Array(2 * halfWidth);
  let total = 0;
  for (let tap = 0; tap < weights.length; tap += 1) {
    const x = tap - halfWidth + 1 - fraction;
    const phase = (x / halfWidth + 1) / 2;
    // Blackman's window.
    const window = phase <= 0 || phase >= 1 ? 0 : 0.42 - 0.5 * Math.cos(2 * Math.PI * phase) + 0.08 * Math.cos(4 * Math.PI * phase);
    const angle = Math.PI * x * cutoff;
    const weight = (angle === 0 ? 1 : Math.sin(angle) / angle) * window;
    weights[tap] = weight;
    total += weight;
  }
  for (let tap = 0; tap < weights.length; tap += 1) weights[tap] = (weights[tap] as number) / total;
  return weights;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
