// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { openRoom, prepareRooms, supportQueue } from "../../testing/rooms.tsx";

let server: FakeServer;
let restore = (): void => undefined;
let queue = supportQueue;
beforeEach(async () => {
  queue = supportQueue;
  server = await prepareRooms();
  server.on("queuesList", () => ({ body: { items: [queue] } }));
  server.on("queueUpdate", ({ body }) => {
    const { version, ...change } = body as { version: number };
    if (version !== queue.version) return { status: 409, body: { code: "versionConflict" } };
    queue = { ...queue, ...change, version: version + 1 };
    return { body: queue };
  });
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.restoreAllMocks();
});
const updates = () => server.asked.filter((asked) => asked.name === "queueUpdate").map((asked) => asked.body);

it("reads a queue as sentences, says what will change before it is saved, and takes it back", async () => {
  openRoom("/setup/queues");
  expect(await screen.findByText(/A caller waits for 30:00 at most/u)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Change" }));
  const form = await screen.findByTestId("queue-form");
  fireEvent.change(within(form).getByLabelText(/^Longest wait/u), { target: { value: "900" } });
  expect((await within(form).findByText(/becomes/u)).textContent).toBe("Longest wait: 30:00 becomes 15:00");
  fireEvent.click(within(form).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(updates()).toEqual([{ waitMaxSeconds: 900, version: 1 }]));
  fireEvent.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() => expect(updates()[1]).toEqual({ waitMaxSeconds: 1_800, version: 2 }));
});

it("retires a queue and brings it back from the toast", async () => {
  openRoom("/setup/queues");
  fireEvent.click(await screen.findByRole("button", { name: "Retire" }));
  fireEvent.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() =>
    expect(updates()).toEqual([
      { retired: true, version: 1 },
      { retired: false, version: 2 },
    ]),
  );
});

it("shows a phone's password once", async () => {
  const device = {
    deviceId: "dev_1aaa",
    personId: null,
    name: "Reception",
    username: "d1",
    registered: false,
    userAgent: null,
    retired: false,
    autoAnswer: false,
    offersSrtp: false,
    chosen: false,
    state: null,
    version: 1,
  };
  const secret = {
    device,
    domain: "allo.example",
    port: 5070,
    tlsPort: 5061,
    tlsIsKnown: true,
    webSocketUrl: "wss://allo.example/sip",
    username: "d1",
    password: "once-only-secret",
    link: { url: "https://allo.example/api/v1/phone-setup/token", expiresAt: Date.now() + 1_800_000 },
  };
  server.on("deviceCreate", () => ({ body: secret }));
  openRoom("/setup/devices");
  fireEvent.click(await screen.findByRole("button", { name: "Add a phone" }));
  fireEvent.change(await screen.findByLabelText(/^Name/u), { target: { value: "Reception" } });
  fireEvent.click(screen.getByRole("button", { name: "Add and get the password" }));
  expect(await screen.findByText("once-only-secret")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Done, the phone has them" }));
  await waitFor(() => expect(screen.queryByText("once-only-secret")).toBeNull());

  // Lost it: another one, as a code that Linphone scans; the password itself isn't on the screen then.
  server.on("devicesList", () => ({ body: { items: [device] } }));
  server.on("deviceRenew", () => ({ body: secret }));
  cleanup();
  openRoom("/setup/devices");
  fireEvent.click(await screen.findByRole("button", { name: "Set up anew…" }));
  fireEvent.click(await screen.findByRole("button", { name: "Make a new password" }));
  fireEvent.click(await screen.findByRole("combobox", { name: "Which phone is it" }));
  fireEvent.click(await screen.findByRole("option", { name: "Linphone", hidden: true }));
  expect(await screen.findByRole("img", { name: "QR code for Linphone" })).toBeTruthy();
  expect(screen.getByText(/phone-setup\/token\.tls/u)).toBeTruthy();
  expect(screen.queryByText("once-only-secret")).toBeNull();
});

it("says of each phone where it is connected, whether it answers and what went wrong last, and changes what it can do", async () => {
  const contact = {
    address: "192.0.2.9",
    port: 5062,
    transport: "tcp",
    userAgent: "Snom 715",
    since: 1,
    expiresAt: 2,
    lastAnswerAt: 1,
    blockedUntil: null,
  };
  const device = {
    deviceId: "dev_1aaa",
    personId: null,
    name: "Reception",
    username: "d1",
    extension: "201",
    registered: true,
    userAgent: "Snom 715",
    retired: false,
    autoAnswer: false,
    offersSrtp: false,
    chosen: false,
    state: {
      at: 1,
      contacts: [{ ...contact, answers: true, roundTripMs: 12.4 }],
      call: "ringing",
      canRing: true,
      lastSeenAt: 1,
      trouble: { at: 1, what: "declined", status: 603 },
    },
    version: 4,
  };
  server.on("devicesList", () => ({ body: { items: [device] } }));
  server.on("deviceUpdate", () => ({ body: device }));
  openRoom("/setup/devices");
  const card = await screen.findByTestId("device");
  expect(card.textContent).toMatch(/Connected from .*192\.0\.2\.9:5062 TCP.* it answers in 12 ms/u);
  expect(card.textContent).toMatch(/Software: .*Snom 715/u);
  expect(card.textContent).toContain("extension 201");
  expect(card.textContent).toContain("It rings now.");
  expect(card.textContent).toMatch(/a call was declined there \(603\)/u);
  const entry = { address: "192.0.2.9:5062", transport: "tcp", userAgent: "Snom 715", trouble: null, status: null };
  server.on("deviceLog", () => ({
    body: {
      items: [
        { ...entry, at: 3, what: "gone", trouble: "expired" },
        { ...entry, at: 2, what: "trouble", address: null, trouble: "busy", status: 486 },
        { ...entry, at: 1, what: "registered" },
      ],
    },
  }));
  fireEvent.click(within(card).getByRole("button", { name: "What happened" }));
  expect(await screen.findByText(/It registered from .*192\.0\.2\.9:5062 TCP.* with .*Snom 715/u)).toBeTruthy();
  expect(screen.getByText(/Trouble: a call was refused as busy \(486\)\./u)).toBeTruthy();
  expect(screen.getByText(/No longer at .*: it did not register again in time/u)).toBeTruthy();
  fireEvent.keyDown(document.activeElement ?? document.body, { key: "Escape" });
  fireEvent.click(within(card).getByRole("button", { name: "Change" }));
  const form = await screen.findByTestId("device-form");
  fireEvent.change(within(form).getByLabelText(/^Extension/u), { target: { value: "202" } });
  fireEvent.click(within(form).getByLabelText(/^Answers by itself/u));
  fireEvent.click(within(form).getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(server.asked.filter((asked) => asked.name === "deviceUpdate").map((asked) => asked.body)).toEqual([
      { name: "Reception", personId: null, extension: "202", autoAnswer: true, offersSrtp: false, version: 4 },
    ]),
  );
});

it("gives an invitation's link once, to be copied", async () => {
  const person = {
    personId: "per_9aaa",
    name: "Sara",
    email: "sara@example.org",
    roles: ["agent"],
    ownRoleIds: [],
    status: "invited",
    language: "en",
    createdAt: 1,
    lastSignedInAt: null,
    version: 1,
  };
  server.on("personCreate", () => ({ body: { person, invitation: { url: "https://allo.example/link/abc", expiresAt: 5 } } }));
  openRoom("/people");
  fireEvent.click((await screen.findAllByRole("button", { name: "Add a person" }))[0] as HTMLElement);
  const dialog = within(await screen.findByRole("dialog"));
  fireEvent.change(await dialog.findByLabelText(/^Name/u), { target: { value: "Sara" } });
  fireEvent.change(dialog.getByLabelText(/^E-mail/u), { target: { value: "sara@example.org" } });
  fireEvent.click(screen.getByRole("button", { name: "Add and get the link" }));
  expect((await screen.findByTestId("one-time-link")).textContent).toContain("https://allo.example/link/abc");
});
