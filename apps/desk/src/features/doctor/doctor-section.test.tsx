// @vitest-environment happy-dom
import type { DoctorFinding, DoctorRun, Trunk } from "@allo/contract";
import { cleanup, fireEvent, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { openRoom, prepareRooms } from "../../testing/rooms.tsx";
import { newTrunk } from "../trunks/trunk-draft.ts";

let server: FakeServer;
let restore = (): void => undefined;
let runs: DoctorRun[] = [];
let trunks: Trunk[] = [];
const finding = (over: Partial<DoctorFinding>): DoctorFinding => ({
  part: "exchange",
  code: "doorAnswers",
  side: "none",
  trunkName: null,
  target: "UDP 5060",
  seen: null,
  value: null,
  ...over,
});
const begun: DoctorRun = { runId: "dia_1aaa", startedAt: 1_000, endedAt: null, byName: "Anna", done: ["clock"], findings: [] };
const ended: DoctorRun = {
  ...begun,
  endedAt: 4_000,
  done: ["exchange", "sound", "browser", "certificate", "clock", "trunks", "testCall"],
  findings: [
    finding({}),
    finding({ part: "trunks", code: "credentialsRefused", side: "us", trunkName: "City", target: null, value: 403 }),
    finding({ part: "sound", code: "privateAddressNamed", side: "us", target: "10.0.0.2" }),
  ],
};
beforeEach(async () => {
  runs = [];
  trunks = [];
  server = await prepareRooms();
  server.on("doctorRunsList", () => ({ body: { items: runs } }));
  server.on("trunksList", () => ({ body: { items: trunks } }));
  server.on("iceServersGet", () => ({ body: { iceServers: [], validUntil: null } }));
  server.on("doctorRunCreate", () => {
    runs = [begun];
    return { body: begun };
  });
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.restoreAllMocks();
});

it("begins a look with what this browser knows, shows that it goes on, and then what was found, the worst first", async () => {
  openRoom("/setup/network-doctor");
  fireEvent.click(await screen.findByRole("button", { name: "Look at everything" }));
  const run = await screen.findByTestId("doctor-run");
  expect(run.getAttribute("aria-busy")).toBe("true");
  expect(server.asked.find((asked) => asked.name === "doctorRunCreate")?.body).toMatchObject({ socketOpen: expect.any(Boolean) });
  runs = [ended];
  expect(await within(run).findByText("1 thing is wrong", undefined, { timeout: 5_000 })).toBeTruthy();
  const trunk = within(run).getByRole("region", { name: "Trunks" });
  expect(within(trunk).getByRole("listitem").textContent).toMatch(/^City · Here: The carrier refuses user or password/u);
  expect(within(run).getByRole("button", { name: "Copy as text" })).toBeTruthy();
});

it("calls a number by a trunk where one is chosen", async () => {
  trunks = [
    {
      ...newTrunk("address"),
      trunkId: "trk_1aaa",
      name: "City",
      hasPassword: false,
      inboundUsername: null,
      retired: false,
      version: 1,
      state: null,
    },
  ];
  openRoom("/setup/network-doctor");
  fireEvent.click(await screen.findByRole("combobox", { name: "Also place a test call by" }));
  fireEvent.click(await screen.findByRole("option", { name: "City" }));
  fireEvent.change(await screen.findByLabelText("Number to call"), { target: { value: " 020 7946 0123 " } });
  fireEvent.click(screen.getByRole("button", { name: "Look at everything" }));
  await screen.findByTestId("doctor-run");
  expect(server.asked.find((asked) => asked.name === "doctorRunCreate")?.body).toMatchObject({
    testCall: { trunkId: "trk_1aaa", number: "020 7946 0123" },
  });
  runs = [ended];
  expect(await screen.findByText("1 thing is wrong", undefined, { timeout: 5_000 })).toBeTruthy();
});

it("keeps the earlier looks to be shown again", async () => {
  runs = [{ ...ended, runId: "dia_2aaa", findings: [finding({})] }, ended];
  openRoom("/setup/network-doctor");
  const run = await screen.findByTestId("doctor-run");
  expect(within(run).getByText("Nothing is wrong")).toBeTruthy();
  const earlier = screen.getByRole("region", { name: "Earlier looks" });
  fireEvent.click(within(earlier).getAllByRole("button", { name: "Show" })[1] as HTMLElement);
  expect(within(screen.getByTestId("doctor-run")).getByText("1 thing is wrong")).toBeTruthy();
});
