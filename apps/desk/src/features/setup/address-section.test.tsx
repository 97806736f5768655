// @vitest-environment happy-dom
import type { AccessState } from "@allo/contract";
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { openRoom, prepareRooms } from "../../testing/rooms.tsx";

/** The room is loaded when it is first opened; a busy machine takes its time. */
const PATIENT = { timeout: 15_000 };
const facts = {
  subject: "Allo box",
  issuer: "Allo box",
  names: ["192.168.1.5"],
  validFrom: 0,
  validUntil: Date.UTC(2036, 0, 1),
  fingerprint: "AB:CD",
  thumbprint: "12:34",
};
const closed: AccessState = {
  mode: "none",
  bind: "127.0.0.1",
  port: 8080,
  addresses: [{ url: "http://localhost:8080/", kind: "thisMachine", isSecure: true, isCovered: true }],
  reach: { isReachable: false, canChange: true, fixedBy: null },
  certificate: null,
  authority: null,
  install: null,
  acme: {
    state: "off",
    name: null,
    email: null,
    directory: "https://acme.example/directory",
    fixedBy: null,
    port80: "closed",
    failure: null,
    nextTryAt: null,
  },
  trustedProxies: [],
};
const opened: AccessState = {
  ...closed,
  mode: "local",
  addresses: [{ url: "https://192.168.1.5:8080/", kind: "localNetwork", isSecure: true, isCovered: true }, ...closed.addresses],
  reach: { isReachable: true, canChange: true, fixedBy: null },
  certificate: facts,
  authority: facts,
  install: { url: "http://192.168.1.5:8080/install", isReachable: true },
};

let server: FakeServer;
let restore = (): void => undefined;
let state = closed;
beforeEach(async () => {
  state = closed;
  server = await prepareRooms();
  server.on("accessGet", () => ({ body: state }));
  server.on("accessTerms", () => ({ body: { termsUrl: null } }));
  server.on("accessReachPut", ({ body }) => ({ body: (state = (body as { isReachable: boolean }).isReachable ? opened : closed) }));
  server.on("accessAcmePut", ({ body }) => {
    const { name, email } = body as { name: string; email: string };
    const failure = { code: "portClosed" as const, said: "Timeout during connect", at: 1 };
    state = { ...opened, acme: { ...closed.acme, state: "failed", name, email, port80: "open", failure, nextTryAt: 2 } };
    return { body: state };
  });
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
});

it("lets the network in by one press, and then shows the page that installs the authority with its fingerprints", async () => {
  openRoom("/setup/address");
  fireEvent.click(await screen.findByRole("button", { name: "Let the local network in" }, PATIENT));
  expect(await screen.findByRole("img", { name: "QR code of the install page" })).toBeTruthy();
  expect(screen.getByText((_text, element) => element?.tagName === "CODE" && element.textContent === "12:34")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Close to the network…" }));
  fireEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Close to the network" }));
  expect(await screen.findByRole("button", { name: "Let the local network in" })).toBeTruthy();
});

it("says which setting decides where the screen can't", async () => {
  state = { ...closed, reach: { isReachable: false, canChange: false, fixedBy: "tlsOff" } };
  openRoom("/setup/address");
  expect(await screen.findByText(/ALLO_TLS=off/u, undefined, PATIENT)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Let the local network in" })).toBeNull();
});

it("asks for a public certificate only with consent, and says which side is wrong where there is none", async () => {
  openRoom("/setup/address");
  fireEvent.click(await screen.findByRole("button", { name: "Get a certificate…" }, PATIENT));
  fireEvent.change(await screen.findByLabelText(/^Public name/u), { target: { value: "desk.example.com" } });
  fireEvent.change(screen.getByLabelText(/^E-mail/u), { target: { value: "it@example.com" } });
  const get = screen.getByRole("button", { name: "Get the certificate" });
  expect(get).toHaveProperty("disabled", true);
  fireEvent.click(screen.getByRole("checkbox"));
  fireEvent.click(get);
  expect(await screen.findByText(/couldn't reach port 80/u)).toBeTruthy();
  expect(screen.getByText("Timeout during connect")).toBeTruthy();
  await waitFor(() =>
    expect(server.asked.find((asked) => asked.name === "accessAcmePut")?.body).toEqual({
      name: "desk.example.com",
      email: "it@example.com",
      agreesToTerms: true,
    }),
  );
});
