/** Kept in order by binary insertion. `compare` is a total order whose rank fields don't change while the entry is listed. */
export class RankedList<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #entries: T[] = [];

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#entries.length;
  }

  get entries(): readonly T[] {
    return this.#entries;
  }

  at(index: number): T | undefined {
    return this.#entries[index];
  }

  add(entry: T): void {
    const entries = this.#entries;
    const last = entries[entries.length - 1];
    if (last === undefined || this.#compare(last, entry) < 0) entries.push(entry); // the usual case: the newest is the last
    else entries.splice(this.rankOf(entry), 0, entry);
  }

  /** True when it was listed. */
  remove(entry: T): boolean {
    const index = this.rankOf(entry);
    if (this.#entries[index] !== entry) return false;
    if (index === 0) this.#entries.shift();
    else this.#entries.splice(index, 1);
    return true;
  }

  /** How many entries stand ahead of this one, listed or not. */
  rankOf(entry: T): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(this.#entries[middle] as T, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
