// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { administratorMe, floorState, openRoom, prepareRooms } from "../../testing/rooms.tsx";

let server: FakeServer;
let restore = (): void => undefined;
beforeEach(async () => {
  server = await prepareRooms();
  server.on("reasonsList", () => ({
    body: {
      items: [
        {
          reasonId: "rsn_1aaa",
          names: { en: "Break", ru: "", fa: "" },
          position: 0,
          system: false,
          code: "break",
          maxMinutes: 15,
          retired: false,
          version: 1,
        },
      ],
    },
  }));
  server.on("agentForceNotReady", () => ({ body: { ok: true } }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.restoreAllMocks();
});

it("shows a queue with who waits, how today goes, and a dash with its reason where there is no figure", async () => {
  server.on("floorGet", () => ({ body: floorState(Date.now()) }));
  openRoom("/floor");
  const tile = await screen.findByTestId("queue-tile");
  expect(tile.dataset["urgency"]).toBe("late");
  expect(within(tile).getByText("Late")).toBeTruthy();
  expect(within(tile).getByTestId("waiting").textContent).toBe("2");
  expect(within(tile).getByText("83%")).toBeTruthy();
  expect(within(tile).getByLabelText("No call has been finished today yet")).toBeTruthy();
});

it("says that recordings fail, since when, and leads to the report of gaps; nothing where none does", async () => {
  server.on("floorGet", () => ({ body: floorState(Date.now()) }));
  server.on("recordingFailuresGet", () => ({ body: { calls: 3, since: Date.now() - 60_000 } }));
  openRoom("/floor");
  const notice = (await screen.findByText(/Calls not recorded because of an error: 3\./u)).closest<HTMLElement>("[role=status]");
  expect(notice === null ? null : within(notice).getByRole("link", { name: "Gaps in recordings" }).getAttribute("href")).toBe(
    "/recording-gaps",
  );
  cleanup();
  server.on("recordingFailuresGet", () => ({ body: { calls: 0, since: null } }));
  openRoom("/floor");
  await screen.findByTestId("queue-tile");
  await waitFor(() => expect(server.asked.filter(({ name }) => name === "recordingFailuresGet").length).toBeGreaterThan(1));
  expect(screen.queryByText(/not recorded because of an error/u)).toBeNull();
});

it("leads from a figure to the contacts behind it, with their filters in the address", async () => {
  server.on("floorGet", () => ({ body: floorState(Date.now()) }));
  openRoom("/floor");
  const tile = await screen.findByTestId("queue-tile");
  const address = new URL((await within(tile).findByRole("link", { name: "2" })).getAttribute("href") ?? "", "http://x");
  expect(address.pathname).toBe("/contacts");
  expect([address.searchParams.get("queueId"), address.searchParams.get("outcome")].map((each) => each?.replaceAll('"', ""))).toEqual([
    "que_1aaa",
    "abandoned",
  ]);
  expect(address.searchParams.get("from")).toBe(address.searchParams.get("to"));
});

it("says why nobody has answered, marks who can't be reached, and lets a lead set an agent not ready", async () => {
  server.on("floorGet", () => ({ body: floorState(Date.now()) }));
  openRoom("/floor");
  expect(await screen.findByText("1 talking · 1 no phone")).toBeTruthy();
  expect(screen.getByText("No phone")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Set not ready: Olga" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Break" }));
  await waitFor(() =>
    expect(server.asked.find((asked) => asked.name === "agentForceNotReady")).toMatchObject({
      params: { personId: "per_2aaa" },
      body: { reasonId: "rsn_1aaa" },
    }),
  );
  expect((await screen.findByText(/will be not ready after this call/u)).textContent).toContain("Olga");
});

it("says at whom a waiting call rings, not that nobody serves it", async () => {
  const floor = floorState(Date.now());
  const [agent, ...others] = floor.agents;
  const [waiting] = floor.waiting;
  if (agent === undefined || waiting === undefined) throw new Error("the floor has nobody");
  server.on("floorGet", () => ({
    body: {
      ...floor,
      agents: [{ ...agent, state: "ringing", contactId: waiting.contactId }, ...others],
      waiting: [{ ...waiting, why: [] }],
    },
  }));
  openRoom("/floor");
  const table = await screen.findByRole("grid", { name: "In the queue" });
  expect((await within(table).findByText(/Rings at/u)).textContent).toContain("Olga");
  expect(within(table).queryByText("nobody serves this queue")).toBeNull();
});

it("lists the calls that go on without an agent, and a lead ends one with a reason", async () => {
  server.on("callEnd", () => ({ body: { ok: true } }));
  const call = {
    contactId: "con_7aaa",
    queueId: "que_1aaa",
    customerName: "Rosa Delgado",
    callerNumber: "+442079460101",
    outsideNumber: "+442079460188",
    leftByName: "Olga",
    since: Date.now() - 61_000,
    until: Date.now() + 900_000,
    recording: "paused",
  };
  server.on("floorGet", () => ({ body: { ...floorState(Date.now()), passedOn: [call] } }));
  openRoom("/floor");
  const table = await screen.findByRole("grid", { name: "Calls without an agent" });
  for (const said of ["Rosa Delgado", "Olga", "paused", "1:01"]) expect(within(table).getByText(said)).toBeTruthy();
  fireEvent.click(within(table).getByRole("button", { name: /End the call/u }));
  const dialog = await screen.findByRole("dialog");
  const end = within(dialog).getByRole("button", { name: "End the call" });
  expect(end).toHaveProperty("disabled", true);
  fireEvent.change(within(dialog).getByRole("textbox", { name: /Why/u }), { target: { value: " The bank has closed " } });
  fireEvent.click(end);
  await waitFor(() =>
    expect(server.asked.find((asked) => asked.name === "callEnd")).toMatchObject({
      params: { contactId: "con_7aaa" },
      body: { reason: "The bank has closed" },
    }),
  );
});

it("teaches where there is no queue, and says what failed where nothing came", async () => {
  server.on("floorGet", () => ({ body: { ...floorState(Date.now()), queues: [] } }));
  openRoom("/floor");
  expect(await screen.findByRole("link", { name: "Add a queue" })).toBeTruthy();
  cleanup();
  server.on("floorGet", () => ({ status: 500, body: { code: "internal" } }));
  openRoom("/floor");
  expect(await screen.findByText(/Something failed on the server/u)).toBeTruthy();
});

it("shows leads who asks for one, in every room, with the way into the call and how soon leads came", async () => {
  server.me = { ...administratorMe, permissions: [...administratorMe.permissions, "desk.work"] };
  server.on("helpBoardGet", () => ({
    body: {
      open: [
        {
          contactId: "con_5aaa",
          projectId: "prj_1aaa",
          queueId: "que_1aaa",
          agentId: "per_2aaa",
          agentName: "Olga",
          about: "abuse",
          askedAt: Date.now() - 12_000,
        },
      ],
    },
  }));
  server.on("helpFiguresGet", () => ({ body: { from: 0, to: 1, asked: 3, answered: 2, unanswered: 0, medianMs: 9_000, p90Ms: 40_000 } }));
  server.on("helpList", () => ({ body: { items: [], nextCursor: null } }));
  server.on("floorGet", () => ({ body: floorState(Date.now()) }));
  openRoom("/floor");
  expect(await screen.findByText(/Olga.* is insulted or threatened and asks for a lead/u)).toBeTruthy();
  const panel = await screen.findByTestId("floor-help");
  expect(await within(panel).findByText("3 requests today")).toBeTruthy();
  expect(within(panel).getByText(/A lead came: 2/u)).toBeTruthy();
  expect(within(panel).getByRole("button", { name: /Into the call of .*Olga/u })).toBeTruthy();
  fireEvent.click(within(panel).getByRole("button", { name: "All requests" }));
  expect(await screen.findByText("Nobody has asked for a lead yet")).toBeTruthy();
  fireEvent.click(await screen.findByTestId("help-bell"));
  expect(await screen.findByLabelText("Agents who ask for a lead")).toBeTruthy();
});
