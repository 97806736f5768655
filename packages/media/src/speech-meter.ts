import type { Codec, SpeechCounters } from "./engine-port.ts";
import { decodeSample, FRAME_SAMPLES } from "./g711.ts";

/** A frame above this (dBFS) holds speech; the quietest talkers of ordinary lines are near −40, their rooms near −60. */
const SPEECH_DBFS_MIN = -45;
const SPEECH_POWER_MIN = 10 ** (SPEECH_DBFS_MIN / 10);
/** Between syllables speech goes on for so long. */
const HANGOVER_FRAMES = 10;
/** The level of speech is its mean over half a second; one that leaves the level before by so much is a jump. */
const LEVEL_FRAMES = 25;
const JUMP_RATIO = 10 ** (12 / 10);

const FULL_SCALE = 32_768;
const POWER: Readonly<Record<Codec, Float64Array>> = { PCMU: powers("PCMU"), PCMA: powers("PCMA") };
/** The codes of the largest magnitude of each law: what was too loud is cut off there. */
const CLIPPED: Readonly<Record<Codec, readonly [number, number]>> = { PCMU: [0x80, 0x00], PCMA: [0xaa, 0x2a] };

/** Measures speech from G.711 bytes by table, a packet at a time: no samples are made of it. */
export class SpeechMeter {
  /** Whether speech goes on, pauses between syllables included. */
  isSpeech = false;
  #frames = 0;
  #speechFrames = 0;
  #talkOverFrames = 0;
  #loudPower = 0;
  #loudFrames = 0;
  #clippedSamples = 0;
  #loudnessJumps = 0;
  #hangover = 0;
  #levelPower = 0;
  #levelFrames = 0;
  #levelBefore = 0;

  /** Takes the payload bytes[start, end) of law `codec`; `hearsSpeech`: somebody else is heard speaking. */
  received(codec: Codec, bytes: Uint8Array, start: number, end: number, hearsSpeech: boolean): void {
    const samples = end - start;
    const frames = samples / FRAME_SAMPLES;
    const power = framePower(codec, bytes, start, end);
    this.#frames += frames;
    const isLoud = power >= SPEECH_POWER_MIN;
    if (isLoud) {
      this.#loudPower += power * frames;
      this.#loudFrames += frames;
      this.#hangover = HANGOVER_FRAMES;
      this.#level(power);
      // Only what is loud can be cut off.
      const [plus, minus] = CLIPPED[codec];
      if (power > 0.05) for (let i = start; i < end; i += 1) if (bytes[i] === plus || bytes[i] === minus) this.#clippedSamples += 1;
    } else if (this.#hangover > 0) {
      this.#hangover -= 1;
    }
    this.isSpeech = this.#hangover > 0;
    if (!this.isSpeech) return;
    this.#speechFrames += frames;
    if (hearsSpeech) this.#talkOverFrames += frames;
  }

  counters(): SpeechCounters {
    return {
      frames: this.#frames,
      speechFrames: this.#speechFrames,
      talkOverFrames: this.#talkOverFrames,
      loudPower: this.#loudPower,
      loudFrames: this.#loudFrames,
      clippedSamples: this.#clippedSamples,
      loudnessJumps: this.#loudnessJumps,
    };
  }

  #level(power: number): void {
    this.#levelPower += power;
    this.#levelFrames += 1;
    if (this.#levelFrames < LEVEL_FRAMES) return;
    const level = this.#levelPower / LEVEL_FRAMES;
    if (this.#levelBefore > 0 && (level > this.#levelBefore * JUMP_RATIO || level * JUMP_RATIO < this.#levelBefore))
      this.#loudnessJumps += 1;
    this.#levelBefore = level;
    this.#levelPower = 0;
    this.#levelFrames = 0;
  }
}

/** Whether a payload is loud enough to be speech. */
export function isSpeechLoud(codec: Codec, bytes: Uint8Array, start: number, end: number): boolean {
  return framePower(codec, bytes, start, end) >= SPEECH_POWER_MIN;
}

/** Decibels of full scale of a mean square, or null for silence. */
export function dbfsOf(power: number): number | null {
  return power <= 0 ? null : 10 * Math.log10(power);
}

function framePower(codec: Codec, bytes: Uint8Array, start: number, end: number): number {
  if (end <= start) return 0;
  const table = POWER[codec];
  let sum = 0;
  for (let i = start; i < end; i += 1) sum += table[bytes[i] as number] as number;
  return sum / (end - start);
}

function powers(codec: Codec): Float64Array {
  return Float64Array.from({ length: 256 }, (_, byte) => (decodeSample(codec, byte) / FULL_SCALE) ** 2);
}
