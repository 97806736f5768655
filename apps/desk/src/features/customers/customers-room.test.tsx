// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { openRoom, prepareRooms } from "../../testing/rooms.tsx";

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
