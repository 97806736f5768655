/** A first-in first-out queue with a named limit: `push` says false where it is full, and the item was not taken. */
export class BoundedQueue<T> {
  readonly limit: number;
  #head: T[] = [];
  #tail: T[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  get size(): number {
    return this.#head.length + this.#tail.length;
  }

  push(item: T): boolean {
    if (this.size >= this.limit) return false;
    this.#tail.push(item);
    return true;
  }

  shift(): T | undefined {
    if (this.#head.length === 0) {
      this.#head = this.#tail.reverse();
      this.#tail = [];
    }
    return this.#head.pop();
  }
}
