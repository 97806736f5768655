// @vitest-environment happy-dom
import type { DeskState } from "@allo/contract";
import { createMemoryHistory } from "@tanstack/react-router";
import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { App } from "../../app/app.tsx";
import { showLanguage } from "../../i18n/language.ts";
import { agentMe, deskState, internalCall } from "../../testing/desk-fixtures.ts";
import { FakeServer } from "../../testing/fake-server.ts";

let server: FakeServer;
let restore = (): void => undefined;
const colleague = (personId: string, name: string, available: boolean) => ({
  personId,
  name,
  state: available ? "ready" : "talking",
  available,
});

beforeEach(async () => {
  // happy-dom has no fonts to wait for.
  if (!("fonts" in document)) Object.assign(document, { fonts: new EventTarget() });
  localStorage.clear();
  await showLanguage("en");
  server = new FakeServer();
  server.on("colleaguesList", () => ({ body: { items: [colleague("per_2aaa", "Boris", true), colleague("per_3aaa", "Clara", false)] } }));
  for (const name of [
    "internalCallPlace",
    "internalCallHangUp",
    "internalCallHold",
    "internalCallMute",
    "offerAccept",
    "offerDecline",
  ] as const)
    server.on(name, () => ({ body: server.desk }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
});

const openDesk = (): void => void render(<App history={createMemoryHistory({ initialEntries: ["/desk"] })} />);
const askedFor = (name: string) => server.asked.filter((asked) => asked.name === name);
const speaking = (change: Partial<NonNullable<DeskState["internalCall"]>> = {}) =>
  deskState({ state: "talking", internalCall: internalCall({ phase: "talking", answeredAt: Date.now(), ...change }) });

describe("calling a colleague", () => {
  it("finds them by name with who is free, and Enter calls the only one who is", async () => {
    openDesk();
    fireEvent.click(await screen.findByRole("button", { name: "Call a colleague" }));
    const dialog = await screen.findByRole("dialog", { name: "Call a colleague" });
    expect(await within(dialog).findByRole("radio", { name: "Boris" })).toBeTruthy();
    expect(within(dialog).getByRole<HTMLInputElement>("radio", { name: "Clara" }).disabled).toBe(true);
    fireEvent.change(within(dialog).getByLabelText("Colleague"), { target: { value: "bor" } });
    fireEvent.submit(within(dialog).getByLabelText("Colleague"));
    await waitFor(() => expect(askedFor("internalCallPlace")).toMatchObject([{ body: { personId: "per_2aaa" } }]));
  });

  it("goes from the name into the list by an arrow, and Enter calls who is chosen", async () => {
    server.on("colleaguesList", () => ({
      body: { items: [colleague("per_3aaa", "Clara", false), colleague("per_2aaa", "Boris", true), colleague("per_4aaa", "Dora", true)] },
    }));
    openDesk();
    fireEvent.click(await screen.findByRole("button", { name: "Call a colleague" }));
    const dialog = await screen.findByRole("dialog", { name: "Call a colleague" });
    const boris = await within(dialog).findByRole<HTMLInputElement>("radio", { name: "Boris" });
    const call = within(dialog).getByRole<HTMLButtonElement>("button", { name: "Call" });
    expect(call.disabled).toBe(true);
    fireEvent.keyDown(within(dialog).getByLabelText("Colleague"), { key: "ArrowDown" });
    expect([document.activeElement, boris.checked]).toEqual([boris, true]);
    fireEvent.submit(boris);
    await waitFor(() => expect(askedFor("internalCallPlace")).toMatchObject([{ body: { personId: "per_2aaa" } }]));
  });

  it("says how many calls of colleagues were missed, and leads to them", async () => {
    server.desk = deskState({ missedInternalCalls: 2 });
    openDesk();
    expect((await screen.findByTestId("missed-colleagues")).textContent).toBe("2 missed calls from colleagues");
  });

  it("isn't offered to whoever may not, nor without a phone", async () => {
    server.me = { ...agentMe, permissions: agentMe.permissions.filter((each) => each !== "internalCalls.place") };
    openDesk();
    await screen.findByText("You are on the line");
    expect(screen.queryByRole("button", { name: "Call a colleague" })).toBeNull();
    cleanup();
    server.me = agentMe;
    server.desk = deskState({ phone: { registered: false, proven: false } });
    openDesk();
    expect((await screen.findByRole<HTMLButtonElement>("button", { name: "Call a colleague" })).disabled).toBe(true);
  });

  it("says what became of the last one, and calls back", async () => {
    server.desk = deskState({
      lastInternalCall: { personId: "per_2aaa", name: "Boris", side: "callee", outcome: "notAnswered", at: 1_000 },
    });
    openDesk();
    const last = await screen.findByTestId("last-colleague");
    expect(last.textContent).toContain("Boris");
    fireEvent.click(within(last).getByRole("button", { name: "Call back" }));
    await waitFor(() => expect(askedFor("internalCallPlace")).toMatchObject([{ body: { personId: "per_2aaa" } }]));
  });
});

describe("a call with a colleague", () => {
  it("rings with their name, and is answered and declined by the same keys as a customer's", async () => {
    openDesk();
    await screen.findByText("You are on the line");
    const ringing = internalCall({ side: "callee", offerId: "off_1aaa" });
    act(() => server.show(deskState({ state: "ringing", internalCall: ringing })));
    const bar = await screen.findByTestId("call-bar");
    expect(await within(bar).findByText("Boris")).toBeTruthy();
    expect(await within(bar).findByRole("button", { name: "Answer" })).toBeTruthy();
    fireEvent.keyDown(document.body, { key: "F2", code: "F2" });
    await waitFor(() => expect(askedFor("offerAccept")).toMatchObject([{ params: { offerId: "off_1aaa" } }]));
    fireEvent.keyDown(document.body, { key: "F2", code: "F2", shiftKey: true });
    await waitFor(() => expect(askedFor("offerDecline")).toMatchObject([{ params: { offerId: "off_1aaa" } }]));
  });

  it("is muted, held and hung up by buttons and keys, and none of it asks for a contact", async () => {
    server.desk = speaking();
    openDesk();
    const bar = await screen.findByTestId("call-bar");
    fireEvent.click(await within(bar).findByRole("button", { name: "Hold" }));
    await waitFor(() =>
      expect(askedFor("internalCallHold")).toMatchObject([{ params: { internalCallId: "int_1aaa" }, body: { held: true } }]),
    );
    fireEvent.keyDown(document.body, { key: "F4", code: "F4" });
    await waitFor(() => expect(askedFor("internalCallMute")).toMatchObject([{ body: { muted: true } }]));
    fireEvent.keyDown(document.body, { key: "F8", code: "F8", shiftKey: true });
    await waitFor(() => expect(askedFor("internalCallHangUp")).toHaveLength(1));
    for (const name of ["contactHold", "contactMute", "contactHangUp"]) expect(askedFor(name)).toEqual([]);
  });

  it("can only be given up while it rings there", async () => {
    server.desk = deskState({ state: "talking", internalCall: internalCall() });
    openDesk();
    const bar = await screen.findByTestId("call-bar");
    expect(await within(bar).findByRole("button", { name: "Hang up" })).toBeTruthy();
    expect(within(bar).queryByRole("button", { name: "Hold" })).toBeNull();
    fireEvent.keyDown(document.body, { key: "F8", code: "F8" });
    expect(askedFor("internalCallHold")).toEqual([]);
    expect(await screen.findByText("It rings at the colleague's.")).toBeTruthy();
  });

  it("says that customers wait, that one is on hold, and that it isn't recorded", async () => {
    server.desk = speaking({ customersWaiting: 2, otherHeldSince: 1_000 });
    openDesk();
    expect((await screen.findAllByText("2 customers wait in your queues")).length).toBe(2);
    expect(await screen.findByText("The colleague has put you on hold.")).toBeTruthy();
    expect(screen.getByText(/nothing is recorded/u)).toBeTruthy();
  });
});
