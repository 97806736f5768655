// Where each subject's line stands in the file of keys: a few bytes a key, since an organisation has one for every contact of its life.
import { hash } from "node:crypto";

const SLOTS_MIN = 1_024;
/** Beyond this share of used slots the table doubles. */
const LOAD_MAX = 0.7;

/** Open addressing over 64 bits of each name's hash; whoever finds a place compares the name that stands there. */
export class KeyIndex {
  #slots = SLOTS_MIN;
  #prints = new Uint32Array(SLOTS_MIN * 2);
  /** Place + 1; 0: free. */
  #places = new Float64Array(SLOTS_MIN);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(name: string, place: number): void {
    if (this.#size + 1 > this.#slots * LOAD_MAX) this.#grow();
    const [high, low] = printOf(name);
    this.#put(high, low, place + 1);
    this.#size += 1;
  }

  /** Places that may be this name's, in the order they were added. */
  places(name: string): readonly number[] {
    const [high, low] = printOf(name);
    const found: number[] = [];
    for (let slot = low & (this.#slots - 1); this.#places[slot] !== 0; slot = (slot + 1) & (this.#slots - 1))
      if (this.#prints[slot * 2] === high && this.#prints[slot * 2 + 1] === low) found.push((this.#places[slot] ?? 0) - 1);
    return found;
  }

  #put(high: number, low: number, entry: number): void {
    let slot = low & (this.#slots - 1);
    while (this.#places[slot] !== 0) slot = (slot + 1) & (this.#slots - 1);
    this.#prints[slot * 2] = high;
    this.#prints[slot * 2 + 1] = low;
    this.#places[slot] = entry;
  }

  #grow(): void {
    const [prints, places, slots] = [this.#prints, this.#places, this.#slots];
    this.#slots = slots * 2;
    this.#prints = new Uint32Array(this.#slots * 2);
    this.#places = new Float64Array(this.#slots);
    for (let slot = 0; slot < slots; slot += 1)
      if (places[slot] !== 0) this.#put(prints[slot * 2] ?? 0, prints[slot * 2 + 1] ?? 0, places[slot] ?? 0);
  }
}

function printOf(name: string): readonly [number, number] {
  const digest = hash("sha256", name, "buffer");
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)];
}
