// @vitest-environment happy-dom
import { createMemoryHistory } from "@tanstack/react-router";
import { act, cleanup, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { App } from "../../app/app.tsx";
import { showLanguage } from "../../i18n/language.ts";
import { deskContact, deskState } from "../../testing/desk-fixtures.ts";
import { FakeServer } from "../../testing/fake-server.ts";

let server: FakeServer;
let restore = (): void => undefined;

beforeEach(async () => {
  // happy-dom has no fonts to wait for.
  if (!("fonts" in document)) Object.assign(document, { fonts: new EventTarget() });
  localStorage.clear();
  await showLanguage("en");
  server = new FakeServer();
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
});

const refused = (code: string, detail: string | null = null) => deskState({ dialRefusal: { code, detail, at: Date.now() } });
async function words(code: string, detail: string | null = null): Promise<string> {
  server.desk = refused(code, detail);
  render(<App history={createMemoryHistory({ initialEntries: ["/desk"] })} />);
  return (await screen.findByTestId("dial-refused")).textContent ?? "";
}

describe("what was dialled at the phone and can't be called", () => {
  it("is told of with its time, in the words of each rule that forbids it, to a screen reader too", async () => {
    const said = await words("dialRefused", "countryDenied, premium");
    expect(said).toContain("isn't called");
    expect(said).toContain("Calls to this country aren't allowed.");
    expect(said).toContain("It is a premium-rate number.");
    const notice = screen.getByTestId("dial-refused");
    expect(notice.getAttribute("role")).toBe("status");
    expect(within(notice).getByRole("time")).toBeTruthy();
  });

  it("says what whoever dialled can do about it, not what the problem is called elsewhere", async () => {
    expect(await words("notSignedIn")).toContain("press “Go ready”");
  });

  it("has words for a code that it knows nothing special of", async () => {
    expect((await words("noTrunk")).split("isn't called.")[1]).toMatch(/\w{3,}/);
  });

  it("is gone with the next call, and with its time", async () => {
    await words("notFound");
    const contact = deskContact({ connectedAt: Date.now() });
    act(() => server.show({ ...refused("notFound"), state: "talking", contact }));
    await waitFor(() => expect(screen.queryByTestId("dial-refused")).toBeNull());
    act(() => server.show(refused("notFound")));
    await screen.findByText("Nobody has this extension.");
    act(() => server.show(deskState()));
    await waitFor(() => expect(screen.queryByTestId("dial-refused")).toBeNull());
  });
});
