// @vitest-environment happy-dom
import type { WorkplaceRow } from "@allo/contract";
import { cleanup, fireEvent, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it } from "vitest";
import { floorState, openRoom, prepareRooms } from "../../testing/rooms.tsx";

let restore = (): void => undefined;
const row = (personId: string, name: string, change: Partial<WorkplaceRow>): WorkplaceRow => ({
  personId,
  name,
  standing: "equipped",
  stale: false,
  last: null,
  ...change,
});
beforeEach(async () => {
  const server = await prepareRooms();
  server.on("floorGet", () => ({ body: floorState(Date.now()) }));
  server.on("workplacesList", () => ({
    body: {
      items: [
        row("per_2aaa", "Olga", {
          standing: "notEquipped",
          last: {
            checkId: "wpc_1aaa",
            at: 1_000,
            tookMs: 4_000,
            figures: null,
            results: [{ item: "microphone", verdict: "failed", faults: ["absent"] }],
            skipped: null,
          },
        }),
        row("per_3aaa", "Pavel", {
          standing: "skipped",
          stale: true,
          last: {
            checkId: "wpc_2aaa",
            at: 1_000,
            tookMs: 0,
            figures: null,
            results: [],
            skipped: { reason: "other", words: "at the fitter's" },
          },
        }),
      ],
    },
  }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
});

it("marks on the floor who isn't equipped, says why, and narrows the list", async () => {
  openRoom("/floor");
  const marks = await screen.findAllByTestId("workplace-mark");
  expect(marks.map((mark) => mark.textContent?.trim())).toEqual(expect.arrayContaining(["Not equipped", "Check skipped"]));
  fireEvent.click(screen.getByRole("button", { name: /^Workplaces · 1/u }));
  const panel = await screen.findByTestId("workplaces");
  expect(within(panel).getByText(/at the fitter's/u)).toBeTruthy();
  fireEvent.change(within(panel).getByLabelText("Show"), { target: { value: "notEquipped" } });
  expect(within(panel).queryByText("Pavel")).toBeNull();
  fireEvent.click(within(panel).getByRole("button", { name: /Olga/u }));
  expect(within(panel).getByText(/No microphone was found/u)).toBeTruthy();
});
