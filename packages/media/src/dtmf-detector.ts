import { digitOfTones, HIGH_HZ, LOW_HZ, PEAK_AT_0_DBM0 } from "./dtmf-tones.ts";
import type { Codec } from "./engine-port.ts";
import { decodeSample, SAMPLE_RATE } from "./g711.ts";

// Keys heard as tones, for lines that have no telephone-event: Goertzel's algorithm on windows of 20 ms that overlap by half.

const WINDOW_SAMPLES = 160;
const HOP_SAMPLES = 80;
/** So many windows in a row make a key sure: 40 ms of tone, which a key of 50 ms always has. */
const HITS_FOR_KEY = 3;
/** And so many without it end it. */
const MISSES_FOR_END = 2;
/** Below −36 dBm0 a tone is noise. */
const TONE_ENERGY_MIN = toneEnergy(PEAK_AT_0_DBM0 * 10 ** (-36 / 20));
/** Of all that is heard the two tones are at least so much: speech is never so pure for so long. Tones off by 1 % leave 0.72 in these windows. */
const TONE_SHARE_MIN = 0.71;
/** The high tone may be 8 dB weaker or 4 dB stronger than the low one (ITU-T Q.24), and a little beyond. */
const HIGH_WEAKER_MAX = 10 ** (10 / 10);
const HIGH_STRONGER_MAX = 10 ** (6 / 10);
/** A tone stands out of its group by so much. */
const GROUP_RATIO_MIN = 10 ** (6 / 10);
/** A window of which so much may be keys is hidden where keys must not be heard, even while they are not yet sure. */
const SUSPECT_SHARE_MIN = 0.4;

const COEFFICIENTS = [...LOW_HZ, ...HIGH_HZ].map((frequencyHz) => 2 * Math.cos((2 * Math.PI * frequencyHz) / SAMPLE_RATE));

/** The detector of one leg. Frames come in order; what is lost in between is passed over. */
export class DtmfDetector {
  /** Whether the newest frame may hold a part of a key. */
  isSuspect = false;
  readonly #window = new Float64Array(WINDOW_SAMPLES);
  #filled = 0;
  #candidate: string | null = null;
  #hits = 0;
  #misses = MISSES_FOR_END;
  /** The key that sounds and has been told. */
  #sounding: string | null = null;
  readonly #energies = new Float64Array(COEFFICIENTS.length);

  /** Takes bytes[start, end) of law `codec`. The key that became sure in them, else null. */
  received(codec: Codec, bytes: Uint8Array, start: number, end: number): string | null {
    let told: string | null = null;
    this.isSuspect = false;
    for (let i = start; i < end; i += 1) {
      this.#window[this.#filled] = decodeSample(codec, bytes[i] as number);
      this.#filled += 1;
      if (this.#filled < WINDOW_SAMPLES) continue;
      told = this.#decided(this.#keyInWindow()) ?? told;
      this.#window.copyWithin(0, HOP_SAMPLES);
      this.#filled = WINDOW_SAMPLES - HOP_SAMPLES;
    }
    return told;
  }

  #decided(key: string | null): string | null {
    if (this.#sounding !== null) {
      this.#misses = key === this.#sounding ? 0 : this.#misses + 1;
      if (this.#misses < MISSES_FOR_END) return null;
      this.#sounding = null;
    }
    this.#hits = key !== null && key === this.#candidate ? this.#hits + 1 : 1;
    this.#candidate = key;
    if (key === null || this.#hits < HITS_FOR_KEY) return null;
    this.#sounding = key;
    this.#misses = 0;
    return key;
  }

  #keyInWindow(): string | null {
    let total = 0;
    for (let i = 0; i < WINDOW_SAMPLES; i += 1) total += (this.#window[i] as number) ** 2;
    if (total * (WINDOW_SAMPLES / 2) < TONE_ENERGY_MIN) return null;
    for (let tone = 0; tone < COEFFICIENTS.length; tone += 1) this.#energies[tone] = this.#goertzel(COEFFICIENTS[tone] as number);
    const low = strongest(this.#energies, 0, 4);
    const high = strongest(this.#energies, 4, 8);
    const lowEnergy = this.#energies[low] as number;
    const highEnergy = this.#energies[high] as number;
    // A pure tone's energy by Goertzel is half the window's length times its energy in time.
    const share = (lowEnergy + highEnergy) / (total * (WINDOW_SAMPLES / 2));
    if (share >= SUSPECT_SHARE_MIN && Math.min(lowEnergy, highEnergy) * 40 >= Math.max(lowEnergy, highEnergy)) this.isSuspect = true;
    if (share < TONE_SHARE_MIN || Math.min(lowEnergy, highEnergy) < TONE_ENERGY_MIN) return null;
    if (lowEnergy > highEnergy * HIGH_WEAKER_MAX || highEnergy > lowEnergy * HIGH_STRONGER_MAX) return null;
    for (let tone = 0; tone < 4; tone += 1) {
      if (tone !== low && (this.#energies[tone] as number) * GROUP_RATIO_MIN > lowEnergy) return null;
      if (tone + 4 !== high && (this.#energies[tone + 4] as number) * GROUP_RATIO_MIN > highEnergy) return null;
    }
    return digitOfTones(low, high - 4);
  }

  #goertzel(coefficient: number): number {
    let previous = 0;
    let beforePrevious = 0;
    for (let i = 0; i < WINDOW_SAMPLES; i += 1) {
      const current = (this.#window[i] as number) + coefficient * previous - beforePrevious;
      beforePrevious = previous;
      previous = current;
    }
    return previous * previous + beforePrevious * beforePrevious - coefficient * previous * beforePrevious;
  }
}

function strongest(energies: Float64Array, from: number, to: number): number {
  let best = from;
  for (let tone = from + 1; tone < to; tone += 1) if ((energies[tone] as number) > (energies[best] as number)) best = tone;
  return best;
}

/** What Goertzel's algorithm gives for a sine of this peak through a whole window. */
function toneEnergy(peak: number): number {
  return (peak * WINDOW_SAMPLES * peak * WINDOW_SAMPLES) / 4;
}
