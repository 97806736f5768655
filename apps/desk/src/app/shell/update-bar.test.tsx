// @vitest-environment happy-dom
import { act, cleanup, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it } from "vitest";
import { agentMe, deskContact, deskState } from "../../testing/desk-fixtures.ts";
import type { FakeServer } from "../../testing/fake-server.ts";
import { openRoom, prepareRooms } from "../../testing/rooms.tsx";
import { useUpdate } from "../installed.ts";

let server: FakeServer;
let restore = (): void => undefined;
beforeEach(async () => {
  server = await prepareRooms(agentMe);
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  useUpdate.setState({ waiting: false });
});

it("offers a new version, and never while a call goes on", async () => {
  server.desk = deskState({ state: "talking", contact: deskContact({ connectedAt: Date.now() }) });
  openRoom("/desk");
  await screen.findByLabelText("Note");
  act(() => useUpdate.setState({ waiting: true }));
  expect(screen.queryByRole("button", { name: "Reload" })).toBeNull();
  act(() => server.show(deskState()));
  expect(await screen.findByRole("button", { name: "Reload" })).toBeTruthy();
  act(() => server.show(deskState({ state: "ringing", contact: deskContact({ offerId: "ofr_1aaa" }) })));
  await waitFor(() => expect(screen.queryByRole("button", { name: "Reload" })).toBeNull());
});
