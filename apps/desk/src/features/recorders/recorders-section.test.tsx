// @vitest-environment happy-dom
import type { Recorder } from "@allo/contract";
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { openRoom, prepareRooms } from "../../testing/rooms.tsx";
import { newRecorder, tidyRecorder } from "./recorder-draft.ts";

let server: FakeServer;
let restore = (): void => undefined;
let recorders: Recorder[];
const archive: Recorder = {
  ...newRecorder(),
  recorderId: "rcd_1aaa",
  name: "Archive",
  host: "recorder.example",
  hasPassword: false,
  retired: false,
  version: 2,
  state: {
    recorderId: "rcd_1aaa",
    at: 1_000,
    health: "down",
    since: 1_000,
    trouble: "noAnswer",
    lastStatus: null,
    roundTripMs: null,
    sessions: 1,
    missing: 2,
  },
};
beforeEach(async () => {
  recorders = [archive];
  server = await prepareRooms();
  server.on("recordersList", () => ({ body: { items: recorders } }));
  server.on("recorderUpdate", ({ body }) => {
    recorders = [{ ...archive, ...(body as object), version: 3 }];
    return { body: recorders[0] };
  });
  server.on("recorderLog", () => ({
    body: { items: [{ at: 1_000, what: "sessionFailed", status: 503, trouble: "refused" }] },
  }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.restoreAllMocks();
});

it("says how a recorder fares, the worst first, and what happened with it", async () => {
  openRoom("/setup/recorders");
  const card = await screen.findByTestId("recorder");
  const says = within(card)
    .getAllByRole("listitem")
    .map((item) => item.textContent);
  expect(says[0]).toMatch(/^Down since .*: it doesn't answer\. Calls are recorded here all the same\.$/u);
  expect(says[1]).toBe("2 calls should come to it and don't.");
  expect(says[2]).toBe("It gets 1 call now.");
  fireEvent.click(within(card).getByRole("button", { name: "What happened" }));
  expect(await screen.findByText(/A call doesn't come to it: it refused \(503\)\./u)).toBeTruthy();
});

it("gives up the encryption of audio with TLS, and sends only what changed", async () => {
  openRoom("/setup/recorders");
  fireEvent.click(within(await screen.findByTestId("recorder")).getByRole("button", { name: "Change" }));
  const form = await screen.findByTestId("recorder-form");
  fireEvent.change(within(form).getByLabelText(/^Server/u), { target: { value: "other.example" } });
  fireEvent.click(within(form).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(recorders[0]?.version).toBe(3));
  expect(server.asked.find((asked) => asked.name === "recorderUpdate")?.body).toEqual({ host: "other.example", version: 2 });
  expect(tidyRecorder({ ...newRecorder(), transport: "tcp" }).srtp).toBe(false);
});
