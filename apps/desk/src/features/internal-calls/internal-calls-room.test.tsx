// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { agentMe, deskState } from "../../testing/desk-fixtures.ts";
import type { FakeServer } from "../../testing/fake-server.ts";
import { administratorMe, openRoom, prepareRooms } from "../../testing/rooms.tsx";

let server: FakeServer;
let restore = (): void => undefined;
const call = {
  internalCallId: "int_1aaa",
  callerId: "per_1aaa",
  callerName: "Anna",
  calleeId: "per_2aaa",
  calleeName: "Boris",
  startedAt: 1_000,
  answeredAt: 2_000,
  endedAt: 82_000,
  outcome: "answered",
  missed: false,
};

beforeEach(async () => {
  server = await prepareRooms();
  server.on("internalCallsList", () => ({ body: { items: [call], nextCursor: null } }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.restoreAllMocks();
});

it("shows an agent their own calls, and no choice of anybody else's", async () => {
  server.me = agentMe;
  openRoom("/internal-calls?whose=all");
  const table = await screen.findByRole("grid", { name: "Calls between colleagues" });
  expect(await within(table).findByText("Boris")).toBeTruthy();
  expect(within(table).getByText("Answered")).toBeTruthy();
  expect(within(table).getByText("1:20")).toBeTruthy();
  expect(screen.queryByText("Everybody's")).toBeNull();
});

it("marks what one missed, tells that it was seen, and calls back", async () => {
  server.me = agentMe;
  server.desk = deskState({ missedInternalCalls: 1 });
  const missed = { ...call, callerId: "per_2aaa", callerName: "Boris", calleeId: agentMe.personId, calleeName: agentMe.name };
  const body = { items: [{ ...missed, answeredAt: null, outcome: "notAnswered", missed: true }], nextCursor: null };
  server.on("internalCallsList", () => ({ body }));
  for (const name of ["internalCallsSeen", "internalCallPlace"] as const) server.on(name, () => ({ body: deskState() }));
  openRoom("/internal-calls");
  const table = await screen.findByRole("grid", { name: "Calls between colleagues" });
  expect(await within(table).findByText("Missed")).toBeTruthy();
  await waitFor(() => expect(server.asked.filter(({ name }) => name === "internalCallsSeen")).toHaveLength(1));
  fireEvent.click(within(table).getByRole("button", { name: "Call Boris" }));
  await waitFor(() =>
    expect(server.asked.find(({ name }) => name === "internalCallPlace")).toMatchObject({ body: { personId: "per_2aaa" } }),
  );
});

it("shows everybody's to whoever may see them", async () => {
  server.me = administratorMe;
  openRoom("/internal-calls");
  fireEvent.click(await screen.findByText("Everybody's"));
  await waitFor(() => expect(server.asked.filter(({ name }) => name === "internalCallsList").length).toBeGreaterThan(1));
});

it("says what would stand here", async () => {
  server.on("internalCallsList", () => ({ body: { items: [], nextCursor: null } }));
  openRoom("/internal-calls");
  expect(await screen.findByText("No calls between colleagues yet")).toBeTruthy();
});
