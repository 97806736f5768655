// Audio in packets as long as one peer wants them (a=ptime), whatever lengths it arrives in.

/** The longest packet that is made: 60 ms at 8 kHz. */
export const PACKED_SAMPLES_MAX = 480;
/** A source that jumps further (1 s) began anew. */
const GAP_SAMPLES_MAX = 8_000;

export type AudioPiece = {
  readonly source: number;
  readonly ssrc: number;
  /** Null: it follows what this source said last. */
  readonly timestamp: number | null;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** From the piece's law to the peer's; null where they are the same. */
  readonly table: Uint8Array | null;
};

/** A packet is ready: its samples are bytes[0, length), valid during the call only. `gap`: samples that are missing before it. */
export type PackedAudio = (bytes: Uint8Array, length: number, source: number, gap: number) => void;

/** Collects what one listener hears. What is left before a gap or a change of source goes out as a shorter packet. */
export class PacketPacker {
  readonly samples: number;
  readonly #bytes = new Uint8Array(PACKED_SAMPLES_MAX);
  #length = 0;
  #gap = 0;
  #source: number | null = null;
  #ssrc = 0;
  #expected = 0;

  constructor(samples: number) {
    this.samples = Math.min(samples, PACKED_SAMPLES_MAX);
  }

  put(piece: AudioPiece, send: PackedAudio): void {
    const { source, ssrc, bytes, start, end, table } = piece;
    const timestamp = piece.timestamp ?? this.#expected;
    const ahead = (timestamp - this.#expected) | 0;
    if (source !== this.#source || ssrc !== this.#ssrc || Math.abs(ahead) > GAP_SAMPLES_MAX) {
      this.#flush(send);
      this.#source = source;
      this.#ssrc = ssrc;
    } else if (ahead < 0) {
      // Too late, or the same again: its place has gone out.
      return;
    } else if (ahead > 0) {
      this.#flush(send);
      this.#gap = ahead;
    }
    this.#expected = (timestamp + end - start) | 0;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at] as number;
      this.#bytes[this.#length++] = table === null ? byte : (table[byte] as number);
      if (this.#length === this.samples) this.#flush(send);
    }
  }

  /** Forgets what has not gone out: something else is heard now. */
  clear(): void {
    this.#length = 0;
    this.#gap = 0;
    this.#source = null;
  }

  #flush(send: PackedAudio): void {
    if (this.#length > 0 && this.#source !== null) {
      send(this.#bytes, this.#length, this.#source, this.#gap);
      this.#gap = 0;
    }
    this.#length = 0;
  }
}
