import { expect, test } from "vitest";
import { DigitSender } from "./digit-sender.ts";

const frame = { ms: 20, samples: 160 };
const stepsOf = (sender: DigitSender) => {
  const steps = [];
  for (let step = sender.next(); step !== null; step = sender.next()) steps.push(step);
  return steps;
};

test("a key sounds at least 40 ms, then rests at least 40 ms, in which its end is said twice more", () => {
  const sender = new DigitSender(frame);
  sender.press("7", { durationMs: 1, gapMs: -5 });
  expect(stepsOf(sender)).toEqual([
    { kind: "key", event: 7, startSamples: 0, endSamples: 160, isEnd: false },
    { kind: "key", event: 7, startSamples: 160, endSamples: 320, isEnd: true },
    { kind: "pause", repeats: { event: 7, endSamples: 320 } },
    { kind: "pause", repeats: { event: 7, endSamples: 320 } },
  ]);
});

test("what is pressed meanwhile waits its turn, a comma is a second, other signs are nothing, and a key has its longest time", () => {
  const sender = new DigitSender(frame);
  sender.press("1 +x", { durationMs: 100 });
  expect(sender.next()).toMatchObject({ kind: "key", event: 1 });
  sender.press(",d", { durationMs: 60_000, gapMs: 60_000 });
  const steps = stepsOf(sender);
  expect(steps.filter((step) => step.kind === "pause" && step.repeats === null)).toHaveLength(1 + 50 + 98);
  expect(steps.filter((step) => step.kind === "key" && step.event === 15)).toHaveLength(100);
});

test("no more keys wait than a person can mean", () => {
  const sender = new DigitSender(frame);
  sender.press("5".repeat(5_000), { durationMs: 40, gapMs: 40 });
  expect(stepsOf(sender)).toHaveLength(128 * 4);
});
