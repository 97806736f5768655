import type { SipCommand } from "./stack-types.ts";

/** Gives timers ids that are never reused and remembers what each is for, so that a stale firing finds nothing. */
export class TimerTable<T> {
  #nextId = 1;
  readonly #targets = new Map<number, T>();

  arm(target: T, afterMs: number, out: SipCommand[]): number {
    const timerId = this.#nextId++;
    this.#targets.set(timerId, target);
    out.push({ kind: "armTimer", timerId, afterMs });
    return timerId;
  }

  cancel(timerId: number, out: SipCommand[]): void {
    if (this.#targets.delete(timerId)) out.push({ kind: "cancelTimer", timerId });
  }

  /** What the timer was for; null where it was cancelled. */
  take(timerId: number): T | null {
    const target = this.#targets.get(timerId) ?? null;
    this.#targets.delete(timerId);
    return target;
  }

  get size(): number {
    return this.#targets.size;
  }
}
