// @vitest-environment happy-dom
import type { RecordingStorage } from "@allo/contract";
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { openRoom, prepareRooms } from "../../testing/rooms.tsx";

let server: FakeServer;
let restore = (): void => undefined;
let storage: RecordingStorage;
beforeEach(async () => {
  storage = {
    opusAfterDays: 0,
    version: 0,
    kept: { recordings: 1_200, bytes: 5_600_000, smaller: 0, bytesSaved: 0, due: 0, refused: 0 },
  };
  server = await prepareRooms();
  server.on("recordingStorageGet", () => ({ body: storage }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.restoreAllMocks();
});

it("sets from which age recordings are made smaller, and says what was done and what is left", async () => {
  server.on("recordingStoragePut", ({ body }) => {
    const { opusAfterDays } = body as { opusAfterDays: number };
    const kept = { recordings: 1_200, bytes: 3_100_000, smaller: 700, bytesSaved: 2_500_000, due: 40, refused: 2 };
    storage = { opusAfterDays, version: 1, kept };
    return { body: storage };
  });
  openRoom("/setup/recordings");
  const kept = await screen.findByTestId("recordings-kept");
  expect(kept.textContent).toBe("Recordings kept: 1,200, 5.6 MB.");
  const save = screen.getByRole("button", { name: "Save" }) as HTMLButtonElement;
  expect(save.disabled).toBe(true);
  fireEvent.change(screen.getByLabelText("Days to keep recordings lossless"), { target: { value: "90" } });
  fireEvent.click(save);
  await waitFor(() =>
    expect(server.asked.filter(({ name }) => name === "recordingStoragePut").map(({ body }) => body)).toEqual([
      { opusAfterDays: 90, version: 0 },
    ]),
  );
  const shown = within(await screen.findByTestId("recordings-kept"));
  expect(await shown.findByText("Made smaller: 700; that saves 2.5 MB.")).toBeTruthy();
  expect(shown.getByText("Still to be made smaller: 40.")).toBeTruthy();
  expect(shown.getByText(/^Left as they are, .*: 2\./u)).toBeTruthy();
});
