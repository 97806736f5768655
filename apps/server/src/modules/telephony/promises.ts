import type { Timers } from "@allo/kernel";

/** Whether the promise resolves in time. A failure counts as not. */
export function isDoneWithin(timers: Timers, promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = timers.arm(ms, () => resolve(false));
    const end = (isDone: boolean) => () => {
      cancel();
      resolve(isDone);
    };
    promise.then(end(true), end(false));
  });
}
