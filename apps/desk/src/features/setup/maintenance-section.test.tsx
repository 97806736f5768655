// @vitest-environment happy-dom
import type { Drain } from "@allo/contract";
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { openRoom, prepareRooms } from "../../testing/rooms.tsx";

let server: FakeServer;
let restore = (): void => undefined;
let drain: Drain;
beforeEach(async () => {
  drain = { known: true, at: 1_000, draining: null, left: { talking: 2, waiting: 1, beginning: 0 } };
  server = await prepareRooms();
  server.on("drainGet", () => ({ body: drain }));
  server.on("drainBegin", () => {
    drain = { ...drain, draining: { since: 1_000, by: "operator", byName: "Ada", endsAt: null } };
    return { body: drain };
  });
  server.on("drainCancel", () => {
    drain = { ...drain, draining: null };
    return { body: drain };
  });
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
});
const askedFor = (name: string) => server.asked.filter((asked) => asked.name === name);

it("asks before no new calls are taken, says how many go on, shows what is left and who ordered it, and takes it back", async () => {
  openRoom("/setup/maintenance");
  const section = await screen.findByTestId("maintenance");
  expect(within(section).getByText("New calls are taken")).toBeTruthy();
  fireEvent.click(within(section).getByRole("button", { name: "Take no new calls…" }));
  const dialog = await screen.findByRole("dialog");
  expect(await within(dialog).findByText("3 calls go on to their end.")).toBeTruthy();
  expect(askedFor("drainBegin")).toHaveLength(0);
  fireEvent.click(within(dialog).getByRole("button", { name: "Take no new calls" }));
  await waitFor(() => expect(askedFor("drainBegin")).toHaveLength(1));
  expect(await within(section).findByText("No new calls are taken")).toBeTruthy();
  expect(within(section).getByText("Talking: 2. Waiting: 1. Beginning: 0.")).toBeTruthy();
  expect(within(section).getByText("Ada")).toBeTruthy();
  fireEvent.click(within(section).getByRole("button", { name: "Take new calls again" }));
  await waitFor(() => expect(askedFor("drainCancel")).toHaveLength(1));
  expect(await within(section).findByText("New calls are taken")).toBeTruthy();
});

it("can't be taken back while the program is being stopped, and knows nothing of an exchange that is away", async () => {
  drain = { ...drain, draining: { since: 1_000, by: "stop", byName: null, endsAt: 61_000 } };
  openRoom("/setup/maintenance");
  const section = await screen.findByTestId("maintenance");
  expect(section.textContent).toContain("The program is being stopped.");
  expect(within(section).queryByRole("button")).toBeNull();
  cleanup();
  drain = { ...drain, known: false, draining: null };
  openRoom("/setup/maintenance");
  expect((await screen.findByTestId("maintenance")).textContent).toContain("nothing is known");
  expect(screen.queryByRole("button", { name: "Take no new calls…" })).toBeNull();
});
