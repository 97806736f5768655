// The making's progress as sentences for the terminal: one a step, and one every few seconds within a long one.
import type { DemoProgress, DemoStep } from "./seed/make-demo.ts";

export const SAY_EVERY_MS = 5_000;

const WORDS: Readonly<Record<DemoStep, (progress: DemoProgress) => string>> = {
  organisation: () => "Making the organisation…",
  people: ({ done, total }) => `People: ${done} of ${total}.`,
  customers: ({ done, total }) => `Customers: ${done} of ${total}.`,
  history: ({ done, total, contacts }) => `History: day ${done} of ${total}, ${contacts} contacts.`,
  done: () => "The demonstration is made.",
};

/** Says a step when it begins and ends, and in between only now and then. */
export function createProgressSayer(say: (sentence: string) => void, now: () => number): (progress: DemoProgress) => void {
  let step: DemoStep | null = null;
  let saidAt = 0;
  return (progress) => {
    const isNew = progress.step !== step;
    const isLast = progress.done === progress.total;
    if (!isNew && !isLast && now() - saidAt < SAY_EVERY_MS) return;
    step = progress.step;
    saidAt = now();
    say(WORDS[progress.step](progress));
  };
}
