// @vitest-environment happy-dom
import { permissions, rolePermissions, type OwnRole, type Person } from "@allo/contract";
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { administratorMe, openRoom, prepareRooms } from "../../testing/rooms.tsx";

const words = (en: string) => ({ en, ru: "", fa: "" });
const quality: OwnRole = {
  roleId: "rol_1aaa",
  names: words("Quality"),
  description: words("Hears recordings."),
  permissions: ["contacts.readAll", "recordings.play"],
  retired: false,
  version: 3,
  holders: [{ personId: "per_9aaa", name: "Sara" }],
  holderCount: 1,
};
const sara: Person = {
  personId: "per_9aaa",
  name: "Sara",
  email: "sara@example.org",
  roles: ["agent"],
  ownRoleIds: ["rol_1aaa"],
  status: "active",
  language: "en",
  createdAt: 1,
  lastSignedInAt: null,
  version: 1,
};
let server: FakeServer;
let restore: () => void;

beforeEach(async () => {
  server = await prepareRooms();
  server.me = { ...administratorMe, permissions: permissions.filter((each) => each !== "audit.read") };
  server.on("rolesList", () => ({ body: { items: [quality] } }));
  server.on("peopleList", () => ({ body: { items: [sara], nextCursor: null } }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
});
const bodyOf = (name: string) => server.asked.find((each) => each.name === name)?.body;

it("says what each role allows and who holds it", async () => {
  openRoom("/people?view=roles");
  const cards = await screen.findAllByTestId("role");
  expect(cards).toHaveLength(4);
  const own = within(cards[3] as HTMLElement);
  expect(own.getByText(/see everyone's calls and play recordings/u)).toBeTruthy();
  expect(own.getByText(/1 person holds it/u).textContent).toContain("Sara");
  // Built-in roles can be copied and nothing else.
  expect(within(cards[0] as HTMLElement).getAllByRole("button")).toHaveLength(1);
});

it("makes a role from a copy, without what one may not give", async () => {
  server.on("roleCreate", () => ({ body: { ...quality, roleId: "rol_2aaa" } }));
  openRoom("/people?view=roles");
  const cards = await screen.findAllByTestId("role");
  fireEvent.click(within(cards[0] as HTMLElement).getByRole("button", { name: "Copy" }));
  const form = within(await screen.findByRole("dialog"));
  const audit = await form.findByLabelText<HTMLInputElement>("see who changed what");
  expect([audit.checked, audit.disabled]).toEqual([false, true]);
  fireEvent.change(form.getAllByRole("textbox")[0] as HTMLElement, { target: { value: "Deputy" } });
  fireEvent.click(form.getByLabelText("manage people and roles"));
  fireEvent.click(form.getByRole("button", { name: "Add the role" }));
  await waitFor(() =>
    expect(bodyOf("roleCreate")).toEqual({
      names: words("Deputy"),
      description: words(""),
      permissions: rolePermissions.administrator
        .toSorted((a, b) => permissions.indexOf(a) - permissions.indexOf(b))
        .filter((each) => each !== "audit.read" && each !== "people.manage"),
    }),
  );
});

it("sends only what was changed of a role, with the version it was made from", async () => {
  server.on("roleUpdate", () => ({ body: quality }));
  openRoom("/people?view=roles");
  fireEvent.click(await screen.findByRole("button", { name: "Change" }));
  const form = within(await screen.findByRole("dialog"));
  fireEvent.click(await form.findByLabelText("see customers"));
  fireEvent.click(form.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(bodyOf("roleUpdate")).toEqual({ permissions: ["contacts.readAll", "recordings.play", "customers.read"], version: 3 }),
  );
});

it("gives own roles beside built-in ones", async () => {
  server.on("personUpdate", () => ({ body: sara }));
  openRoom("/people?person=per_9aaa");
  const panel = within(await screen.findByTestId("person"));
  const own = await panel.findByLabelText<HTMLInputElement>("Quality");
  expect(own.checked).toBe(true);
  fireEvent.click(own);
  fireEvent.click(panel.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(bodyOf("personUpdate")).toEqual({ ownRoleIds: [], version: 1 }));
});
