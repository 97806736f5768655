// Packets from one worker to another without a message for each: a ring in shared memory, one writer, one reader. Positions count
// bytes and never wrap as numbers would matter (2^31 is taken modulo by `| 0`); a record is its length and its bytes, padded to
// four, and never torn at the end of the ring.

export const RING_BYTES = 262_144;
const HEADER_BYTES = 8;
const RECORD_BYTES_MAX = 2_048;
const WRITTEN = 0;
const READ = 1;
/** In place of a length: the rest up to the end is empty. */
const SKIP = 0xffff_ffff;

export function createRingMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + RING_BYTES);
}

export class RelayRing {
  readonly #positions: Int32Array;
  readonly #lengths: Uint32Array;
  readonly #bytes: Uint8Array;
  #dropped = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#positions = new Int32Array(memory, 0, 2);
    this.#lengths = new Uint32Array(memory, HEADER_BYTES, RING_BYTES / 4);
    this.#bytes = new Uint8Array(memory, HEADER_BYTES, RING_BYTES);
  }

  /** False: full or too long, the packet is lost as on a network. */
  write(packet: Uint8Array): boolean {
    const length = packet.length;
    const needed = 4 + Math.ceil(length / 4) * 4;
    const written = Atomics.load(this.#positions, WRITTEN);
    const used = (written - Atomics.load(this.#positions, READ)) >>> 0;
    let at = (written >>> 0) % RING_BYTES;
    const rest = RING_BYTES - at;
    const skipped = needed > rest ? rest : 0;
    if (length > RECORD_BYTES_MAX || used + skipped + needed > RING_BYTES) {
      this.#dropped += 1;
      return false;
    }
    if (skipped > 0) {
      this.#lengths[at / 4] = SKIP;
      at = 0;
    }
    this.#lengths[at / 4] = length;
    this.#bytes.set(packet, at + 4);
    Atomics.store(this.#positions, WRITTEN, (written + skipped + needed) | 0);
    return true;
  }

  /** Packets that found no room since the last question: the reader stands still for longer than the ring holds. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Gives each waiting packet, valid during the call only, and then frees it. */
  readAll(take: (packet: Uint8Array) => void): void {
    for (;;) {
      const read = Atomics.load(this.#positions, READ);
      if (read === Atomics.load(this.#positions, WRITTEN)) return;
      const at = (read >>> 0) % RING_BYTES;
      const length = this.#lengths[at / 4] as number;
      if (length === SKIP) {
        Atomics.store(this.#positions, READ, (read + RING_BYTES - at) | 0);
        continue;
      }
      take(this.#bytes.subarray(at + 4, at + 4 + length));
      Atomics.store(this.#positions, READ, (read + 4 + Math.ceil(length / 4) * 4) | 0);
    }
  }
}
