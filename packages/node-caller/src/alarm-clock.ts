// Timers of many, looked at with each beat: no timer of the process for each.
import { Heap } from "@allo/kernel";

type Alarm = { readonly at: number; readonly serial: number; readonly ring: () => void; cancelled: boolean };

export class AlarmClock {
  readonly #alarms = new Heap<Alarm>((a, b) => a.at < b.at || (a.at === b.at && a.serial < b.serial));
  #serial = 0;

  /** Rings at the first beat from `at` on. Gives back what cancels it. */
  set(at: number, ring: () => void): () => void {
    const alarm: Alarm = { at, serial: (this.#serial += 1), ring, cancelled: false };
    this.#alarms.push(alarm);
    return () => {
      alarm.cancelled = true;
    };
  }

  /** Rings what is due, in order. What is set meanwhile for now rings too. */
  beat(now: number): void {
    for (let next = this.#alarms.peek(); next !== undefined && next.at <= now; next = this.#alarms.peek()) {
      this.#alarms.pop();
      if (!next.cancelled) next.ring();
    }
  }
}
