/** How far an edge's events are durably consumed without a gap: an event is done when what it caused is durable. */
export class SeenWatermark {
  #through: number;
  #received: number;
  readonly #open = new Set<number>();
  readonly #onMove: (through: number) => void;

  constructor(through: number, onMove: (through: number) => void) {
    this.#through = through;
    this.#received = through;
    this.#onMove = onMove;
  }

  get through(): number {
    return this.#through;
  }

  /** False for an event that was taken in before. */
  receive(sequence: number): boolean {
    if (sequence <= this.#received) return false;
    this.#received = sequence;
    this.#open.add(sequence);
    return true;
  }

  done(sequence: number): void {
    if (!this.#open.delete(sequence)) return;
    // Sets keep the order of insertion, and sequences come in order: the first open one is the lowest.
    const [lowest] = this.#open;
    const through = (lowest ?? this.#received + 1) - 1;
    if (through <= this.#through) return;
    this.#through = through;
    this.#onMove(through);
  }
}
