// @vitest-environment happy-dom
import { act, cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { deskContact, deskState } from "../../testing/desk-fixtures.ts";
import { administratorMe, openRoom, prepareRooms } from "../../testing/rooms.tsx";

let server: FakeServer;
let restore = (): void => undefined;
let card = {
  customerId: "cus_1aaa",
  projectId: "prj_1aaa",
  name: "Peter",
  note: "",
  language: null,
  identities: [{ kind: "phone", value: "+74951234567" }],
  fields: {},
  createdAt: 1,
  updatedAt: 1,
  version: 1,
};
beforeEach(async () => {
  card = { ...card, name: "Peter", note: "", version: 1 };
  server = await prepareRooms();
  server.on("customersSearch", () => ({
    body: { items: [{ customerId: "cus_1aaa", name: card.name, identities: card.identities, lastContactAt: null }], nextCursor: null },
  }));
  server.on("customerGet", () => ({ body: card }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.restoreAllMocks();
});

it("searches as one types, in Latin digits whatever was typed", async () => {
  openRoom("/customers");
  fireEvent.change(await screen.findByLabelText("Name, number or e-mail"), { target: { value: "۴۹۵" } });
  await waitFor(() => expect(server.asked.filter((asked) => asked.name === "customersSearch").length).toBeGreaterThan(1));
  expect((screen.getByLabelText("Name, number or e-mail") as HTMLInputElement).value).toBe("495");
});

it("shows both sides where a colleague changed the same field, and saves what was chosen with the rest of theirs", async () => {
  server.on("customerUpdate", ({ body }) => {
    const { version, ...change } = body as { version: number; note?: string };
    if (version !== card.version)
      return { status: 409, body: { code: "versionConflict", fields: [{ path: "note", code: "changed", message: "" }] } };
    card = { ...card, ...change, version: card.version + 1 };
    return { body: card };
  });
  openRoom("/customers?customer=cus_1aaa");
  fireEvent.click(await within(await screen.findByTestId("customer-card")).findByRole("button", { name: "Change" }));
  fireEvent.change(await screen.findByLabelText("Note"), { target: { value: "mine" } });
  card = { ...card, name: "Peter B.", note: "theirs", version: 2 };
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  const clashes = await screen.findByTestId("clashes");
  expect((within(screen.getByRole("dialog")).getByLabelText(/^Name/u) as HTMLInputElement).value).toBe("Peter B.");
  expect((screen.getByRole("button", { name: "Save" }) as HTMLButtonElement).disabled).toBe(true);
  fireEvent.click(within(clashes).getByRole("button", { name: /Yours/u }));
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("The card is saved.");
  expect(card).toMatchObject({ name: "Peter B.", note: "mine", version: 3 });
});

it("keeps what is filled into a protected field out of the recording: from its focus to its blur, once for a focus", async () => {
  const field = (fieldId: string, name: string, pausesRecording: boolean) => ({
    fieldId,
    names: { en: name, ru: name, fa: name },
    type: "text",
    position: 1,
    retired: false,
    pausesRecording,
    verifyLevel: 0,
  });
  server.me = administratorMe.permissions.includes("desk.work")
    ? administratorMe
    : { ...administratorMe, permissions: [...administratorMe.permissions, "desk.work"] };
  server.on("customerFieldsList", () => ({ body: { items: [field("fld_1", "Contract", false), field("fld_2", "Code word", true)] } }));
  const contact = (recording: "on" | "paused") =>
    deskState({ state: "talking", contact: deskContact({ contactId: "con_1aaa", connectedAt: Date.now(), recording }) });
  server.desk = contact("on");
  server.on("contactRecordingPut", () => ({ body: server.desk }));
  openRoom("/customers?customer=cus_1aaa");
  fireEvent.click(await within(await screen.findByTestId("customer-card")).findByRole("button", { name: "Change" }));
  const asked = () =>
    server.asked.filter(({ name }) => name === "contactRecordingPut").map(({ params, body }) => [params["contactId"], body]);
  fireEvent.focus(await screen.findByLabelText("Contract"));
  const protectedField = screen.getByLabelText("Code word");
  expect(screen.getByText("The recording pauses while you fill it in.")).toBeTruthy();
  fireEvent.focus(protectedField);
  await waitFor(() => expect(asked()).toEqual([["con_1aaa", { paused: true, by: "field" }]]));
  // The exchange took its time to an end: the field is still filled in, and the recording goes on.
  act(() => server.show(contact("paused")));
  act(() => server.show(contact("on")));
  fireEvent.blur(protectedField);
  await waitFor(() => expect(asked()).toHaveLength(2));
  expect(asked()[1]).toEqual(["con_1aaa", { paused: false, by: "field" }]);
});
