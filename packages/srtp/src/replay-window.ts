/** Which of the newest packet indices have been seen (RFC 3711 §3.3.2). Indices are numbers below 2^48. */
export const REPLAY_WINDOW_PACKETS = 128;

export class ReplayWindow {
  #highest = -1;
  readonly #seen = new Uint8Array(REPLAY_WINDOW_PACKETS);

  /** Whether this index is new. Ask before authentication, `add` after it. */
  isNew(index: number): boolean {
    if (index > this.#highest) return true;
    if (index <= this.#highest - REPLAY_WINDOW_PACKETS) return false;
    return this.#seen[index % REPLAY_WINDOW_PACKETS] === 0;
  }

  add(index: number): void {
    if (index > this.#highest) {
      const passed = Math.min(index - this.#highest - 1, REPLAY_WINDOW_PACKETS);
      for (let i = 1; i <= passed; i += 1) this.#seen[(index - i) % REPLAY_WINDOW_PACKETS] = 0;
      // Slots of indices before the very first packet stay empty; `isNew` has the window's edge as its bound.
      this.#highest = index;
    }
    this.#seen[index % REPLAY_WINDOW_PACKETS] = 1;
  }
}
