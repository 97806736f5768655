// How loud a line is, and for how long somebody has spoken on it: level against a noise floor that is learnt as it goes.
import { decodeSample } from "@allo/media";
import type { Codec } from "@allo/media";

/** Silence, as far as sixteen bits can say. */
export const SILENT_DBFS = -96;

const LEVEL_FRAMES = 25; // 500 ms of 20 ms
const FLOOR_START_DBFS = -52;
/** A line may be as noisy as this before its noise is taken for speech. */
const FLOOR_MAX_DBFS = -42;
const FLOOR_RISE_DB_PER_SECOND = 2;
/** Speech stands out of the noise by so much, and is never as faint as this. */
const SPEECH_OVER_FLOOR_DB = 10;
const SPEECH_MIN_DBFS = -45;

const SQUARES: Readonly<Record<Codec, Float64Array>> = { PCMU: squaresOf("PCMU"), PCMA: squaresOf("PCMA") };

/** One per call. `heard` is fed each frame of G.711 as it comes. */
export class SpeechMeter {
  speechMs = 0;
  readonly #energies = new Float64Array(LEVEL_FRAMES);
  #next = 0;
  #floorDbfs = FLOOR_START_DBFS;

  heard(codec: Codec, bytes: Uint8Array, start: number, end: number): void {
    const samples = end - start;
    if (samples <= 0) return;
    const squares = SQUARES[codec];
    let sum = 0;
    for (let i = start; i < end; i += 1) sum += squares[bytes[i] as number] as number;
    const energy = sum / samples;
    this.#energies[this.#next] = energy;
    this.#next = (this.#next + 1) % LEVEL_FRAMES;
    const level = dbfsOf(energy);
    const frameMs = samples / 8;
    if (level > Math.max(SPEECH_MIN_DBFS, this.#floorDbfs + SPEECH_OVER_FLOOR_DB)) this.speechMs += frameMs;
    // Down at once, up slowly: the pauses between words say what the noise is.
    const rise = (FLOOR_RISE_DB_PER_SECOND * frameMs) / 1_000;
    this.#floorDbfs = Math.min(FLOOR_MAX_DBFS, Math.max(SILENT_DBFS, level < this.#floorDbfs ? level : this.#floorDbfs + rise));
  }

  /** Of the last 500 ms that were heard. */
  levelDbfs(): number {
    let sum = 0;
    for (const energy of this.#energies) sum += energy;
    return dbfsOf(sum / LEVEL_FRAMES);
  }

  /** Nothing comes any more: the level falls as if silence had been heard. */
  silence(): void {
    this.#energies[this.#next] = 0;
    this.#next = (this.#next + 1) % LEVEL_FRAMES;
  }

  anew(): void {
    this.speechMs = 0;
    this.#floorDbfs = FLOOR_START_DBFS;
    this.#energies.fill(0);
  }
}

/** Mean square of 16-bit samples as decibels below full scale. */
function dbfsOf(energy: number): number {
  return energy <= 0 ? SILENT_DBFS : Math.max(SILENT_DBFS, Math.round(100 * Math.log10(energy / (32_768 * 32_768))) / 10);
}

function squaresOf(codec: Codec): Float64Array {
  return Float64Array.from({ length: 256 }, (_, byte) => decodeSample(codec, byte) ** 2);
}
