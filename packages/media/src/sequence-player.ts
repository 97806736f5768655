import type { Codec, SequenceItem } from "./engine-port.ts";
import { SAMPLE_RATE, SILENCE_BYTE } from "./g711.ts";

/** A prompt or a piece of music, encoded once in both laws; every leg has a position of its own. */
export type EncodedAudio = { readonly [codec in Codec]: Uint8Array };

/** Plays items in order, sample by sample, into frames. What is unknown or empty is passed over; a loop of it is silence. */
export class SequencePlayer {
  readonly token: string;
  readonly #items: readonly SequenceItem[];
  readonly #audioOf: (audioId: string) => EncodedAudio | undefined;
  #index = 0;
  #position = 0;
  /** The audio of the item being played: a prompt replaced meanwhile is heard to its end as it began. */
  #audio: EncodedAudio | null | undefined;

  constructor(options: {
    readonly token: string;
    readonly items: readonly SequenceItem[];
    readonly audioOf: (audioId: string) => EncodedAudio | undefined;
  }) {
    this.token = options.token;
    this.#items = options.items;
    this.#audioOf = options.audioOf;
  }

  /** Fills bytes[start, end). True: the last item has ended in this frame; the rest is silence. */
  fill(codec: Codec, bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    while (at < end) {
      const current = this.#items[this.#index];
      if (current === undefined) {
        bytes.fill(SILENCE_BYTE[codec], at, end);
        return true;
      }
      if (current.kind === "silence") {
        const left = Math.round((current.durationMs * SAMPLE_RATE) / 1_000) - this.#position;
        const taken = Math.max(0, Math.min(left, end - at));
        bytes.fill(SILENCE_BYTE[codec], at, at + taken);
        at += taken;
        this.#position += taken;
        if (taken >= left) this.#advance();
        continue;
      }
      this.#audio ??= this.#audioOf(current.audioId) ?? null;
      const encoded = this.#audio?.[codec];
      if (encoded === undefined || encoded.length === 0) {
        if (current.kind === "loop") {
          // Music that is not there yet is asked for again with each frame.
          this.#audio = undefined;
          bytes.fill(SILENCE_BYTE[codec], at, end);
          return false;
        }
        this.#advance();
        continue;
      }
      const taken = Math.min(encoded.length - this.#position, end - at);
      bytes.set(encoded.subarray(this.#position, this.#position + taken), at);
      at += taken;
      this.#position += taken;
      if (this.#position < encoded.length) continue;
      if (current.kind === "loop") {
        this.#position = 0;
        this.#audio = undefined;
      } else {
        this.#advance();
      }
    }
    return this.#index >= this.#items.length;
  }

  #advance(): void {
    this.#index += 1;
    this.#position = 0;
    this.#audio = undefined;
  }
}
