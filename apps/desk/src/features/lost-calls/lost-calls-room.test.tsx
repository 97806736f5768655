// @vitest-environment happy-dom
import { act, cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { deskState } from "../../testing/desk-fixtures.ts";
import type { FakeServer } from "../../testing/fake-server.ts";
import { lostCall, openRoom, prepareRooms } from "../../testing/rooms.tsx";

let server: FakeServer;
let restore = (): void => undefined;
let items = [lostCall("los_1aaa"), lostCall("los_2aaa", { callerNumber: null, customerName: "Peter" })];
beforeEach(async () => {
  items = [lostCall("los_1aaa"), lostCall("los_2aaa", { callerNumber: null, customerName: "Peter" })];
  server = await prepareRooms();
  server.on("lostCallsList", () => ({ body: { items, nextCursor: null } }));
  server.on("lostCallSettle", () => ({ body: lostCall("los_1aaa", { state: "calledBack" }) }));
  server.on("lostCallReopen", () => ({ body: lostCall("los_1aaa") }));
  server.on("lostCallAttempt", () => ({ body: lostCall("los_1aaa", { attempts: 1 }) }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.restoreAllMocks();
});
const askedFor = (name: string) => server.asked.filter((asked) => asked.name === name);
const openFirst = async (): Promise<HTMLElement> => {
  openRoom("/lost-calls");
  const table = await screen.findByRole("grid", { name: "Lost calls" });
  fireEvent.click(await within(table).findByText("8 495 123-45-67"));
  return screen.findByTestId("lost-call");
};

it("settles a lost call, and takes it back from the toast", async () => {
  const panel = await openFirst();
  fireEvent.click(within(panel).getByRole("button", { name: "Settle" }));
  await waitFor(() =>
    expect(askedFor("lostCallSettle")).toMatchObject([
      { params: { lostCallId: "los_1aaa" }, body: { state: "calledBack", reason: "", version: 4 } },
    ]),
  );
  fireEvent.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() => expect(askedFor("lostCallReopen")).toHaveLength(1));
});

it("asks why where no call is needed", async () => {
  const panel = await openFirst();
  fireEvent.click(within(panel).getByLabelText("Dismissed"));
  expect((await within(panel).findByLabelText(/Why it needs no call/u)).hasAttribute("required")).toBe(true);
});

it("calls the number again in one press, which counts as an attempt", async () => {
  if (server.me !== null) server.me = { ...server.me, permissions: [...server.me.permissions, "desk.work"] };
  server.desk = deskState({ state: "ready", phone: { registered: true, proven: true } });
  const panel = await openFirst();
  fireEvent.click(await within(panel).findByRole("button", { name: /^Call \+?\d/u }));
  await waitFor(() => expect(askedFor("callPlace")).toMatchObject([{ body: { lostCallId: "los_1aaa" } }]));
  await waitFor(() => expect(askedFor("lostCallAttempt")).toHaveLength(1));
});

it("shows whom a fault of ours lost as owed a call back, and can show only them", async () => {
  items = [
    lostCall("los_1aaa"),
    lostCall("los_2aaa", { customerName: "Peter", cause: { by: "system", why: "edgeLost" }, owedSince: 2_000 }),
  ];
  openRoom("/lost-calls");
  const table = await screen.findByRole("grid", { name: "Lost calls" });
  await within(table).findByText("Peter");
  const marked = within(table)
    .getAllByRole("row")
    .filter((row) => row.textContent?.includes("Owed a call back"));
  expect(marked.map((row) => row.textContent?.includes("Peter"))).toEqual([true]);
  const asked = askedFor("lostCallsList").length;
  fireEvent.click(screen.getByRole("radio", { name: "Owed a call back" }));
  await waitFor(() => expect(askedFor("lostCallsList")).toHaveLength(asked + 1));
});

it("notes an attempt", async () => {
  const panel = await openFirst();
  fireEvent.click(within(panel).getByRole("button", { name: "Note an attempt" }));
  await waitFor(() => expect(askedFor("lostCallAttempt")).toHaveLength(1));
});

it("marks a row that a colleague changed and leaves the others where they are; new ones wait to be asked for", async () => {
  openRoom("/lost-calls");
  const table = await screen.findByRole("grid", { name: "Lost calls" });
  await within(table).findByText("Peter");
  items = [
    lostCall("los_0aaa", { customerName: "Newcomer" }),
    lostCall("los_2aaa", { customerName: "Peter", attempts: 3 }),
    lostCall("los_1aaa"),
  ];
  act(() => server.tellWork([{ kind: "lostCall", id: "los_2aaa" }]));
  const show = await screen.findByRole("button", { name: "Show new ones: 1" });
  const rows = within(table).getAllByRole("row").slice(1);
  expect(rows.map((row) => row.dataset["marked"])).toEqual(["false", "true"]);
  expect(rows[1]?.textContent).toContain("Peter");
  fireEvent.click(show);
  await waitFor(() => expect(within(table).getAllByRole("row")[1]?.textContent).toContain("Newcomer"));
});

it("teaches where nothing was lost", async () => {
  items = [];
  openRoom("/lost-calls");
  expect(await screen.findByText("No lost calls")).toBeTruthy();
});
