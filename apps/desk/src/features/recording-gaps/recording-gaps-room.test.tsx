// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { administratorMe, contactRow, openRoom, prepareRooms } from "../../testing/rooms.tsx";

let server: FakeServer;
let restore = (): void => undefined;
const sums = { talks: 12, whole: 11, notWanted: 0, erased: 0, underWay: 0 };
const gap = {
  contactId: "con_1aaa",
  recordingId: null,
  at: 1_000,
  queueId: "que_1aaa",
  agentId: "per_2aaa",
  agentName: "Olga",
  reason: "neverStarted",
  detail: "",
};

beforeEach(async () => {
  server = await prepareRooms();
  server.me = administratorMe;
  server.on("recordingGapsGet", () => ({ body: { from: 0, to: 1, ...sums, gapCount: 1, gaps: [gap] } }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.restoreAllMocks();
});

it("shows a day's gaps with their reasons, and leads to the call", async () => {
  server.on("contactGet", () => ({ body: { contact: contactRow("con_1aaa"), timeline: [], notes: [], recordings: [] } }));
  openRoom("/recording-gaps?day=2026-03-29");
  const table = await screen.findByRole("grid", { name: "Gaps in recordings" });
  expect(await within(table).findByText("No recording was begun")).toBeTruthy();
  expect(screen.getByText(/Talks: 12\. Whole: 11\./u)).toBeTruthy();
  fireEvent.keyDown(table, { key: "ArrowDown" });
  fireEvent.keyDown(table, { key: "Enter" });
  await waitFor(() => expect(server.asked.some(({ name }) => name === "contactGet")).toBe(true));
});

it("says that nothing is missing", async () => {
  server.on("recordingGapsGet", () => ({ body: { from: 0, to: 1, ...sums, gapCount: 0, gaps: [] } }));
  openRoom("/recording-gaps");
  expect(await screen.findByText("No gaps on this day")).toBeTruthy();
});

it("a recording's file is checked from the call", async () => {
  server.on("contactGet", () => ({
    body: {
      contact: contactRow("con_1aaa"),
      timeline: [],
      notes: [],
      recordings: [{ recordingId: "rec_1aaa", state: "failed", startedAt: 0, durationMs: null }],
    },
  }));
  server.on("recordingGet", () => ({
    body: {
      recordingId: "rec_1aaa",
      state: "failed",
      startedAt: 0,
      durationMs: 0,
      markers: [],
      peaks: { left: [], right: [], perSecond: 10 },
    },
  }));
  server.on("recordingCheck", () => ({ body: { verdict: "changed", sha256Hex: null } }));
  openRoom("/contacts/con_1aaa");
  fireEvent.click(await screen.findByRole("button", { name: "Check that it is unaltered" }));
  expect(await screen.findByText("Altered: the file is not what was saved.")).toBeTruthy();
});
