// @vitest-environment happy-dom
import { cleanup, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { contactRow, openRoom, prepareRooms } from "../../testing/rooms.tsx";

// A waveform needs a canvas, which this page hasn't.
vi.mock("./use-waveform.ts", () => ({
  useWaveform: () => ({ atMs: 0, playing: false, rate: 1, failed: null, toggle() {}, seekTo() {}, setRate() {} }),
}));

let server: FakeServer;
let restore = (): void => undefined;
beforeEach(async () => {
  server = await prepareRooms();
  const recordings = [{ recordingId: "rec_1aaa", state: "failed", startedAt: 1_000, durationMs: null }];
  server.on("contactGet", () => ({ body: { contact: contactRow("con_1aaa"), timeline: [], notes: [], recordings } }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
});
const kept = (durationMs: number) => ({
  recordingId: "rec_1aaa",
  state: "failed",
  startedAt: 1_000,
  durationMs,
  markers: [],
  peaks: { left: [0.5], right: [0.5], perSecond: 10 },
});

it("what was kept of a recording that failed can be heard, and it says that the rest is missing", async () => {
  server.on("recordingGet", () => ({ body: kept(4_000) }));
  openRoom("/contacts/con_1aaa");
  expect(await screen.findByText("The recording broke off: only what stands here was kept.")).toBeDefined();
  expect(screen.getByRole("button", { name: "Play" })).toBeDefined();
});

it("a recording that failed before anything was kept has nothing to hear", async () => {
  server.on("recordingGet", () => ({ body: kept(0) }));
  openRoom("/contacts/con_1aaa");
  expect(await screen.findByText("The recording failed: there is nothing to hear.")).toBeDefined();
});
