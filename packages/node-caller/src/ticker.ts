// One beat of 20 ms for all calls of the process's callers: no timer per call, and no drift, since each beat is counted from the first.
import { FRAME_MS } from "@allo/media";

/** Beats that a stalled process leaves out instead of making up for them. */
const BEATS_BEHIND_MAX = 10;

export type Ticker = { readonly start: () => void; readonly stop: () => void };

export function createTicker(beat: () => void): Ticker {
  let timer: NodeJS.Timeout | null = null;
  let next = 0;
  const arm = (): void => {
    timer = setTimeout(run, Math.max(0, next - performance.now()));
  };
  const run = (): void => {
    const now = performance.now();
    if (now - next > BEATS_BEHIND_MAX * FRAME_MS) next = now;
    for (; next <= now; next += FRAME_MS) beat();
    if (timer !== null) arm();
  };
  return {
    start: () => {
      if (timer !== null) return;
      next = performance.now() + FRAME_MS;
      arm();
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
