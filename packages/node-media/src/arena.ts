import { assert } from "@allo/kernel";
import type { Libc, Pointer } from "./libc.ts";

/** A loop's memory that the kernel reads and writes: allocated once, never moved, given out by ranges that are checked. */
export class Arena {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  readonly #base: Pointer;
  #used = 0;

  constructor(libc: Libc, size: number) {
    // Of this size never on V8's own heap, where it could move.
    const memory = new ArrayBuffer(size);
    this.bytes = new Uint8Array(memory);
    this.view = new DataView(memory);
    this.#base = libc.addressOf(memory);
    assert(Number.isSafeInteger(this.#base) && this.#base > 0, "the memory has an address");
  }

  /** Sets a range apart, aligned to eight bytes; returns its offset. */
  reserve(length: number): number {
    const offset = this.#used;
    assert(offset + length <= this.bytes.length, "the arena has room");
    this.#used = offset + Math.ceil(length / 8) * 8;
    return offset;
  }

  /** The address of [offset, offset + length), which lies within. */
  pointer(offset: number, length: number): Pointer {
    assert(offset >= 0 && length >= 0 && offset + length <= this.bytes.length, "the range lies in the arena");
    return this.#base + offset;
  }
}
