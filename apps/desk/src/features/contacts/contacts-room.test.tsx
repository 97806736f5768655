// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { contactRow, openRoom, prepareRooms } from "../../testing/rooms.tsx";

let server: FakeServer;
let restore = (): void => undefined;
const page = {
  contact: contactRow("con_1aaa", { cause: { by: "unknown", why: "lineDropped" } }),
  timeline: [
    { sequence: 1, at: 1_000, kind: "contactQueued", actorId: null, actorName: null, details: { queueId: "que_1aaa", position: 1 } },
    { sequence: 2, at: 13_000, kind: "bridged", actorId: "per_2aaa", actorName: "Olga", details: { offerId: null } },
    {
      sequence: 3,
      at: 60_000,
      kind: "callEnded",
      actorId: null,
      actorName: null,
      details: { cause: { by: "unknown", why: "lineDropped" } },
    },
  ],
  notes: [],
  recordings: [],
};
beforeEach(async () => {
  server = await prepareRooms();
  server.on("contactsList", () => ({
    body: {
      items: [contactRow("con_1aaa"), contactRow("con_2aaa", { notCoded: true, customerName: "Peter", customerId: "cus_1aaa" })],
      nextCursor: null,
    },
  }));
  server.on("contactGet", () => ({ body: page }));
  server.on("contactNoteCreate", ({ body }) => ({
    body: {
      ...page,
      notes: [{ noteId: "nte_1aaa", at: 5, authorId: "per_1aaa", authorName: "Anna", text: (body as { text: string }).text }],
    },
  }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.restoreAllMocks();
});

it("says how both lines of a call were, and which one was bad", async () => {
  const speech = { levelDbfs: -21.4, speechShare: 0.4, talkOverShare: 0.05, clippedShare: 0, loudnessJumps: 1 };
  const caller = {
    packetsReceived: 940,
    packetsLost: 60,
    jitterMs: 8,
    mos: 3.55,
    farMos: 4.3,
    farLostShare: 0.004,
    roundTripMs: 64,
    speech,
  };
  const agent = {
    packetsReceived: 1_000,
    packetsLost: 0,
    jitterMs: 2,
    mos: 4.38,
    farMos: null,
    farLostShare: null,
    roundTripMs: null,
    speech: null,
  };
  const timeline = page.timeline.map((entry) =>
    entry.kind === "callEnded" ? { ...entry, details: { ...entry.details, figures: { caller, agent } } } : entry,
  );
  server.on("contactGet", () => ({ body: { ...page, timeline } }));
  openRoom("/contacts/con_1aaa");
  const lines = await screen.findByTestId("contact-lines");
  expect(lines.textContent).toContain("The customer's line loses words");
  const row = (name: string) => within(within(lines).getByRole("row", { name: new RegExp(name, "u") })).getAllByRole("cell");
  const words = (name: string) => row(name).map((cell) => cell.textContent?.replaceAll(/[\u2066-\u2069]/gu, ""));
  expect(words("Quality")).toEqual(["Poor (3.6)", "Good (4.4)"]);
  expect(words("Lost on the way to us")).toEqual(["6%", "0%"]);
  expect(words("Lost on the way there")).toEqual(["under 1%", "—"]);
  expect(words("There and back")).toEqual(["64 ms", "—"]);
  expect(words("Loudness of speech")).toEqual(["normal (-21 dB)", "—"]);
  expect(words("Silent")).toEqual(["60%", "—"]);
});

it("opens a call beside the list by keyboard and tells it in words, with the wait it had", async () => {
  openRoom("/contacts");
  const table = await screen.findByRole("grid", { name: "Contacts" });
  await within(table).findByText(/Not coded/u);
  fireEvent.keyDown(table, { key: "ArrowDown" });
  fireEvent.keyDown(table, { key: "Enter" });
  const timeline = await screen.findByTestId("timeline");
  expect(timeline.textContent).toContain("Line dropped");
  expect(timeline.textContent).toMatch(/waited 0:12/u);
  expect(server.asked.find((asked) => asked.name === "contactGet")).toMatchObject({ params: { contactId: "con_1aaa" } });
});

it("adds a note by Ctrl Enter", async () => {
  openRoom("/contacts/con_1aaa");
  const field = await screen.findByLabelText("New note");
  fireEvent.change(field, { target: { value: "Call again on Monday" } });
  fireEvent.keyDown(field, { key: "Enter", ctrlKey: true });
  expect(await screen.findByText("Call again on Monday")).toBeTruthy();
});

it("clears the filters of an address, and says that nothing fits them", async () => {
  server.on("contactsList", () => ({ body: { items: [], nextCursor: null } }));
  openRoom("/contacts?outcome=abandoned&queueId=que_1aaa");
  await screen.findByText("No call fits these filters");
  fireEvent.click(screen.getAllByRole("button", { name: "Clear the filters" })[0] as HTMLElement);
  expect(await screen.findByText("No calls yet")).toBeTruthy();
});

it("says what failed where the list didn't come", async () => {
  server.on("contactsList", () => ({ status: 500, body: { code: "internal" } }));
  openRoom("/contacts");
  await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("Something failed on the server"));
});
