import type { Clock, Timers } from "@allo/kernel";

/** Wall time at the start plus monotonic time since: it never goes back, whatever is done to the machine's clock. */
export function createClock(): Clock {
  return { now: () => Math.floor(performance.timeOrigin + performance.now()) };
}

/** One-shot timers of the process; they don't keep it alive. */
export function createTimers(): Timers {
  return {
    arm: (afterMs, fire) => {
      const timer = setTimeout(fire, Math.max(0, afterMs));
      timer.unref();
      return () => {
        clearTimeout(timer);
      };
    },
  };
}
