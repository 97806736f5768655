import type { Codec } from "./engine-port.ts";
import { decodeSample, encodeSample, FRAME_SAMPLES } from "./g711.ts";
import type { VoicePacket } from "./voice-buffer.ts";
import { VoiceBuffer } from "./voice-buffer.ts";

/** Up to here a sum is exact; above, it bends towards full scale instead of breaking off. */
const EXACT_MAX = 24_576;
const BEND = 32_767 - EXACT_MAX;

/** A sum of samples as one sample: exact while it is moderate, bent and never beyond full scale when it is not. */
export function softClip(sum: number): number {
  const over = Math.abs(sum) - EXACT_MAX;
  if (over <= 0) return sum;
  const magnitude = EXACT_MAX + Math.floor((BEND * over) / (over + BEND));
  return sum < 0 ? -magnitude : magnitude;
}

type Voice = { readonly number: number; readonly buffer: VoiceBuffer; hearings: number };
/** All who hear the same voices: summed once a tick, encoded once a tick and law. */
type Hearing = {
  readonly key: string;
  readonly voices: readonly Voice[];
  listeners: number;
  readonly sum: Int32Array;
  isHeard: boolean;
  summedTick: number;
  readonly encoded: Readonly<Record<Codec, Uint8Array>>;
  readonly encodedTick: Record<Codec, number>;
};

/**
 * Who hears whom in talks of more than two, by numbers of the caller's: each listener has the sum of its own list of voices, and
 * never itself. The caller gives packets as they come and one `tick` each 20 ms.
 */
export class Mixer {
  readonly #voices = new Map<number, Voice>();
  readonly #hearings = new Map<string, Hearing>();
  readonly #byListener = new Map<number, Hearing>();
  readonly #listenersOf = new Map<number, Set<number>>();
  #ticks = 0;

  /** What `listener` hears from now on. Voices that others hear already go on where they are. */
  listen(listener: number, voices: readonly number[]): void {
    const numbers = [...new Set(voices)].filter((number) => number !== listener).toSorted((a, b) => a - b);
    const key = numbers.join(" ");
    const before = this.#byListener.get(listener);
    if (before?.key === key) return;
    const hearing = this.#hearings.get(key) ?? this.#begin(key, numbers);
    hearing.listeners += 1;
    this.leave(listener);
    this.#byListener.set(listener, hearing);
    for (const number of numbers) this.#listenersOf.get(number)?.add(listener);
  }

  leave(listener: number): void {
    const hearing = this.#byListener.get(listener);
    if (hearing === undefined) return;
    this.#byListener.delete(listener);
    for (const voice of hearing.voices) this.#listenersOf.get(voice.number)?.delete(listener);
    hearing.listeners -= 1;
    if (hearing.listeners > 0) return;
    this.#hearings.delete(hearing.key);
    for (const voice of hearing.voices) {
      voice.hearings -= 1;
      if (voice.hearings > 0) continue;
      this.#voices.delete(voice.number);
      this.#listenersOf.delete(voice.number);
    }
  }

  /** Who hears this voice in a mix. */
  listenersOf(voice: number): ReadonlySet<number> | undefined {
    return this.#listenersOf.get(voice);
  }

  put(voice: number, packet: VoicePacket): void {
    this.#voices.get(voice)?.buffer.put(packet);
  }

  /** Ends one 20 ms frame and begins the next. */
  tick(): void {
    this.#ticks += 1;
    for (const voice of this.#voices.values()) voice.buffer.tick();
  }

  /**
   * Writes what `listener` hears in this tick, 160 bytes of law `codec`, to bytes[start…]; `over` is a frame of the same law that
   * is heard over the talk. False: nobody says anything, and the frame is silence.
   */
  fill(
    listener: number,
    frame: { readonly codec: Codec; readonly bytes: Uint8Array; readonly start: number; readonly over: Uint8Array | null },
  ): boolean {
    const hearing = this.#byListener.get(listener);
    const { codec, bytes, start, over } = frame;
    if (hearing === undefined) {
      for (let i = 0; i < FRAME_SAMPLES; i += 1) bytes[start + i] = over === null ? encodeSample(codec, 0) : (over[i] as number);
      return false;
    }
    this.#sum(hearing);
    if (over !== null) {
      const { sum } = hearing;
      for (let i = 0; i < FRAME_SAMPLES; i += 1)
        bytes[start + i] = encodeSample(codec, softClip((sum[i] as number) + decodeSample(codec, over[i] as number)));
      return hearing.isHeard;
    }
    const encoded = hearing.encoded[codec];
    if (hearing.encodedTick[codec] !== this.#ticks) {
      hearing.encodedTick[codec] = this.#ticks;
      const { sum } = hearing;
      for (let i = 0; i < FRAME_SAMPLES; i += 1) encoded[i] = encodeSample(codec, softClip(sum[i] as number));
    }
    for (let i = 0; i < FRAME_SAMPLES; i += 1) bytes[start + i] = encoded[i] as number;
    return hearing.isHeard;
  }

  #begin(key: string, numbers: readonly number[]): Hearing {
    const voices = numbers.map((number) => {
      const voice = this.#voices.get(number) ?? { number, buffer: new VoiceBuffer(), hearings: 0 };
      voice.hearings += 1;
      this.#voices.set(number, voice);
      if (!this.#listenersOf.has(number)) this.#listenersOf.set(number, new Set());
      return voice;
    });
    const hearing: Hearing = {
      key,
      voices,
      listeners: 0,
      sum: new Int32Array(FRAME_SAMPLES),
      isHeard: false,
      summedTick: -1,
      encoded: { PCMU: new Uint8Array(FRAME_SAMPLES), PCMA: new Uint8Array(FRAME_SAMPLES) },
      encodedTick: { PCMU: -1, PCMA: -1 },
    };
    this.#hearings.set(key, hearing);
    return hearing;
  }

  #sum(hearing: Hearing): void {
    if (hearing.summedTick === this.#ticks) return;
    hearing.summedTick = this.#ticks;
    const { sum } = hearing;
    hearing.isHeard = false;
    for (const { buffer } of hearing.voices) {
      if (!buffer.isPresent) continue;
      const { frame } = buffer;
      if (hearing.isHeard) for (let i = 0; i < FRAME_SAMPLES; i += 1) sum[i] = (sum[i] as number) + (frame[i] as number);
      else sum.set(frame);
      hearing.isHeard = true;
    }
    if (!hearing.isHeard) sum.fill(0);
  }
}
