import { expect, it } from "vitest";
import { isCheckDue, memoryOf } from "./check-memory.ts";

const now = { personId: "per_1", day: "2026-11-22", devices: "audioinput/a" };
const good = memoryOf({ results: [{ item: "echo", verdict: "poor", faults: ["speakersHeard"] }], skipped: null }, now);

it("isn't asked twice a day in the same browser with the same devices", () => {
  expect(isCheckDue(good, now)).toBe(false);
  expect(isCheckDue(null, now)).toBe(true);
  expect(isCheckDue(good, { ...now, day: "2026-11-23" })).toBe(true);
  expect(isCheckDue(good, { ...now, devices: "audioinput/b" })).toBe(true);
  expect(isCheckDue(good, { ...now, personId: "per_2" })).toBe(true);
});

it("is asked again where something failed, and not where it was skipped", () => {
  const bad = memoryOf({ results: [{ item: "microphone", verdict: "failed", faults: ["absent"] }], skipped: null }, now);
  expect(isCheckDue(bad, now)).toBe(true);
  expect(isCheckDue(memoryOf({ results: [], skipped: { reason: "callsWait", words: "" } }, now), now)).toBe(false);
});
