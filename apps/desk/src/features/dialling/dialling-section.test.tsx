// @vitest-environment happy-dom
import type { DialDecision, DialPolicy, DialPolicyState, DialState } from "@allo/contract";
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { openRoom, prepareRooms } from "../../testing/rooms.tsx";

/** The room is loaded when it is first opened; a busy machine takes its time. */
const PATIENT = { timeout: 15_000 };
const noCaps = { concurrent: null, perHour: null, perDay: null, minutesPerDay: null, costPerDay: null };
const suggested: DialPolicy = {
  enabled: true,
  countries: ["DE"],
  prefixes: [],
  kinds: { transfer: true, forward: false, redirect: false },
  forwardsKeepCallerId: false,
  hoursId: null,
  outsideHours: "deny",
  caps: { agent: { ...noCaps, concurrent: 2 }, project: noCaps, trunk: noCaps, organisation: noCaps },
  callMinutesMax: 120,
  currency: "EUR",
  rates: [],
  otherPerMinute: null,
  velocity: { callsPerMinute: 120, costPerHour: null },
  emergencyNumbers: [],
};
const today = { calls: 3, open: 1, minutes: 12, cost: 1.5, currency: "EUR" };
const refused: DialDecision = {
  decisionId: "dia_00001",
  at: Date.UTC(2026, 4, 4),
  kind: "agent",
  personId: "per_00001",
  personName: "Vera",
  projectId: null,
  shown: "+88161••••78",
  country: null,
  range: "satellite",
  allowed: false,
  reasons: [{ code: "satellite" }, { code: "capReached", scope: "agent", cap: "perHour", limit: 60, value: 60 }],
  state: "refused",
  talkMs: null,
  cost: null,
};

let server: FakeServer;
let restore = (): void => undefined;
let policy: DialPolicyState;
let state: DialState;
beforeEach(async () => {
  policy = {
    policy: null,
    version: 0,
    suggested,
    country: "DE",
    countryEmergencyNumbers: ["112", "110"],
    countries: [
      { country: "DE", callingCode: "+49" },
      { country: "AT", callingCode: "+43" },
    ],
  };
  state = { stop: null, setUp: true, today };
  server = await prepareRooms();
  server.on("dialPolicyGet", () => ({ body: policy }));
  server.on("dialPolicyPut", ({ body }) => {
    const given = body as { policy: DialPolicy; version: number };
    return { body: (policy = { ...policy, policy: given.policy, version: given.version + 1 }) };
  });
  server.on("dialStateGet", () => ({ body: state }));
  server.on("dialLift", () => ({ body: (state = { ...state, stop: null }) }));
  server.on("dialTry", () => ({
    body: {
      allowed: false,
      emergency: false,
      e164: "+43123456789",
      country: "AT",
      range: "ordinary",
      reasons: [{ code: "countryDenied" }],
    },
  }));
  server.on("dialDecisionsList", () => ({ body: { items: [refused], nextCursor: null } }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
});

it("says that nobody can call out yet, and saves the rules with a pasted price list", async () => {
  openRoom("/setup/outgoing-calls");
  expect(await screen.findByText(/Nobody can call out yet/u, undefined, PATIENT)).toBeTruthy();
  const list = screen.getByLabelText("Price list");
  fireEvent.change(list, { target: { value: "+49 nothing" } });
  expect(screen.getByText(/Line 1 can't be read/u)).toBeTruthy();
  const save = screen.getByRole("button", { name: "Save" });
  expect(save).toHaveProperty("disabled", true);
  fireEvent.change(list, { target: { value: "+49 0.02\n+4930;0,01" } });
  fireEvent.change(screen.getByLabelText("One agent: Calls an hour"), { target: { value: "60" } });
  fireEvent.click(save);
  await waitFor(() =>
    expect(server.asked.find((asked) => asked.name === "dialPolicyPut")?.body).toMatchObject({
      version: 0,
      policy: {
        countries: ["DE"],
        rates: [
          { prefix: "+49", perMinute: 0.02 },
          { prefix: "+4930", perMinute: 0.01 },
        ],
        caps: { agent: { concurrent: 2, perHour: 60 } },
      },
    }),
  );
  expect(await screen.findByText(/Today: 3 outgoing calls/u)).toBeTruthy();
});

it("says of a number whether it can be called, and why one was refused", async () => {
  openRoom("/setup/outgoing-calls");
  fireEvent.change(await screen.findByLabelText("Can this number be called?", undefined, PATIENT), { target: { value: "+43 1 23456789" } });
  fireEvent.click(screen.getByRole("button", { name: "Check" }));
  expect(await screen.findByText("No, it can't be called.")).toBeTruthy();
  expect(within(screen.getByTestId("dial-verdict")).getByText("Calls to this country aren't allowed.")).toBeTruthy();
  fireEvent.click(screen.getByLabelText("Allowed and refused"));
  expect(await screen.findByText("It is a satellite number. A cap is reached. One agent: the most calls in an hour, 60.")).toBeTruthy();
});

it("shows in every room that outgoing calls are stopped, and lets them go on only with a reason", async () => {
  state = {
    ...state,
    stop: { stopId: "dis_00001", at: Date.UTC(2026, 4, 4), cause: "callsPerMinute", limit: 120, value: 121, byName: null, reason: "" },
  };
  openRoom("/setup/queues");
  const notice = await screen.findByTestId("dial-stop", undefined, PATIENT);
  expect(notice.textContent).toContain("There were more than 120 calls in a minute.");
  fireEvent.click(within(notice).getByRole("button", { name: "Let them go on…" }));
  const dialog = await screen.findByRole("dialog");
  const lift = within(dialog).getByRole("button", { name: "Let them go on" });
  expect(lift).toHaveProperty("disabled", true);
  fireEvent.change(within(dialog).getByLabelText(/^Reason/u), { target: { value: "A campaign that was announced" } });
  fireEvent.click(lift);
  await waitFor(() => expect(screen.queryByTestId("dial-stop")).toBeNull());
  expect(server.asked.find((asked) => asked.name === "dialLift")?.body).toEqual({ reason: "A campaign that was announced" });
});

it("never writes over what a colleague changed in the rules meanwhile: it asks, in words", async () => {
  const theirs: DialPolicy = {
    ...suggested,
    countries: ["AT"],
    caps: { ...suggested.caps, agent: { ...noCaps, concurrent: 1 } },
    rates: [{ prefix: "+43", perMinute: 0.05 }],
  };
  policy = { ...policy, policy: suggested, version: 1 };
  server.on("dialPolicyPut", ({ body }) => {
    const given = body as { policy: DialPolicy; version: number };
    if (given.version !== policy.version) return { status: 409, body: { code: "versionConflict", fields: [] } };
    return { body: (policy = { ...policy, policy: given.policy, version: given.version + 1 }) };
  });
  openRoom("/setup/outgoing-calls");
  fireEvent.change(await screen.findByLabelText("Price list", undefined, PATIENT), { target: { value: "+49 0.02" } });
  fireEvent.change(screen.getByLabelText("One agent: Calls at once"), { target: { value: "3" } });
  fireEvent.change(screen.getByLabelText("One agent: Calls an hour"), { target: { value: "60" } });
  policy = { ...policy, policy: theirs, version: 2 };
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  const clashes = await screen.findByTestId("clashes");
  const said = within(clashes)
    .getAllByRole("button")
    .map((button) => button.textContent.replaceAll(/[\u2066-\u2069]/gu, ""));
  expect(said).toEqual([
    "Yours: One agent: Calls at once: 3",
    "Theirs: One agent: Calls at once: 1",
    "Yours: +49 0.02",
    "Theirs: +43 0.05",
  ]);
  expect(screen.getByRole("button", { name: "Save" })).toHaveProperty("disabled", true);
  for (const name of [/Theirs: .*Calls at once/u, /Theirs: .*\+43/u]) fireEvent.click(within(clashes).getByRole("button", { name }));
  expect((screen.getByLabelText("Price list") as HTMLTextAreaElement).value).toBe("+43 0.05");
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(policy.version).toBe(3));
  expect(policy.policy).toEqual({ ...theirs, caps: { ...theirs.caps, agent: { ...noCaps, concurrent: 1, perHour: 60 } } });
});
