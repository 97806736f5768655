// @vitest-environment happy-dom
import type { Trunk } from "@allo/contract";
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { openRoom, prepareRooms } from "../../testing/rooms.tsx";
import { newTrunk } from "./trunk-draft.ts";

let server: FakeServer;
let restore = (): void => undefined;
let trunks: Trunk[];
beforeEach(async () => {
  const carrier: Trunk = {
    ...newTrunk("registration"),
    trunkId: "trk_1aaa",
    name: "City carrier",
    targets: [{ host: "sip.carrier.example", port: null, transport: null, priority: 10, weight: 0 }],
    account: { user: "4930600", authUser: null, realm: null },
    hasPassword: true,
    inboundUsername: null,
    retired: false,
    version: 3,
    state: {
      trunkId: "trk_1aaa",
      at: 1_000,
      registration: { kind: "waiting", until: null, retryAt: 60_000, trouble: "credentialsRefused", status: 403 },
      peerUntil: null,
      targets: [
        {
          host: "sip.carrier.example",
          address: "203.0.113.9",
          port: 5060,
          transport: "udp",
          health: "up",
          since: 1_000,
          reason: null,
          lastAnswerAt: 1_000,
          lastStatus: 200,
          roundTripMs: 12.3,
        },
      ],
      calls: 2,
    },
  };
  trunks = [carrier];
  server = await prepareRooms();
  server.on("trunksList", () => ({ body: { items: trunks } }));
  server.on("trunkUpdate", ({ body }) => {
    trunks = [{ ...carrier, ...(body as object), version: 4 }];
    return { body: trunks[0] };
  });
  server.on("trunkCheck", () => ({
    body: {
      at: 1_000,
      items: [
        { code: "answers", side: "none", target: "203.0.113.9:5060 UDP", seen: null, value: 12 },
        { code: "credentialsRefused", side: "us", target: null, seen: null, value: 403 },
      ],
    },
  }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.restoreAllMocks();
});

it("says how a trunk fares, the worst first, and which side is wrong when it is checked", async () => {
  openRoom("/setup/trunks");
  const card = await screen.findByTestId("trunk");
  const says = within(card)
    .getAllByRole("listitem")
    .map((item) => item.textContent);
  expect(says[0]).toContain("Not registered: the carrier refuses user or password (403).");
  expect(says.some((text) => text?.includes("answers in 12 ms."))).toBe(true);
  expect(says.some((text) => text?.includes("2 calls now."))).toBe(true);
  fireEvent.click(within(card).getByRole("button", { name: "Check" }));
  fireEvent.click(await screen.findByRole("button", { name: "Check now" }));
  const findings = within(await screen.findByTestId("findings")).getAllByRole("listitem");
  expect(findings[1]?.textContent).toMatch(/^Here: The carrier refuses user or password/u);
});

it("tries number rules on a number before anything is saved, and sends only what changed", async () => {
  openRoom("/setup/trunks");
  fireEvent.click(within(await screen.findByTestId("trunk")).getByRole("button", { name: "Change" }));
  const form = await screen.findByTestId("trunk-form");
  fireEvent.click(within(form).getByRole("button", { name: "Add a rule" }));
  fireEvent.change(within(form).getByLabelText("Numbers like *"), { target: { value: "+49*" } });
  fireEvent.change(within(form).getByLabelText("Take away"), { target: { value: "3" } });
  fireEvent.change(within(form).getByLabelText("Put in front"), { target: { value: "0" } });
  fireEvent.change(within(form).getByLabelText("Try a number"), { target: { value: "+49 30 600" } });
  expect(within(form).getByText(/It becomes .*030600.* by rule 1\./u)).toBeTruthy();
  fireEvent.change(within(form).getByLabelText("Try a number"), { target: { value: "+7 495" } });
  expect(within(form).getByText(/It stays .*no rule fits/u)).toBeTruthy();
  fireEvent.click(within(form).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(trunks[0]?.version).toBe(4));
  expect(trunks[0]?.rules.dialled).toEqual([{ match: "+49*", strip: 3, prepend: "0" }]);
  expect(server.asked.find((asked) => asked.name === "trunkUpdate")?.body).toEqual({
    rules: { dialled: [{ match: "+49*", strip: 3, prepend: "0" }], callerOut: [], reached: [], callerIn: [] },
    version: 3,
  });
});

it("says in words where a colleague changed the same parts of a trunk, and merges the others", async () => {
  const [carrier] = trunks;
  if (carrier === undefined) throw new Error("no trunk");
  let now: Trunk = carrier;
  server.on("trunkUpdate", ({ body }) => {
    const { version, ...change } = body as { readonly version: number };
    if (version !== now.version) return { status: 409, body: { code: "versionConflict", fields: [] } };
    trunks = [(now = { ...now, ...change, version: version + 1 })];
    return { body: now };
  });
  openRoom("/setup/trunks");
  fireEvent.click(within(await screen.findByTestId("trunk")).getByRole("button", { name: "Change" }));
  const form = await screen.findByTestId("trunk-form");
  fireEvent.change(within(form).getByLabelText("Most calls at once"), { target: { value: "40" } });
  fireEvent.change(within(form).getByLabelText("Server *"), { target: { value: "mine.example" } });
  const [target] = carrier.targets;
  now = {
    ...carrier,
    version: 4,
    limits: { callsMax: 50, callsPerSecond: 9 },
    targets: target === undefined ? [] : [{ ...target, host: "theirs.example", port: 5_070, transport: "tls" }],
  };
  trunks = [now];
  fireEvent.click(within(form).getByRole("button", { name: "Save" }));
  const clashes = await within(form).findByTestId("clashes");
  const said = within(clashes)
    .getAllByRole("button")
    .map((button) => button.textContent.replaceAll(/[\u2066-\u2069]/gu, ""));
  expect(said).toEqual([
    "Yours: mine.example (Rank 10, Weight 0)",
    "Theirs: theirs.example:5070 TLS (Rank 10, Weight 0)",
    "Yours: Most calls at once: 40",
    "Theirs: Most calls at once: 50",
  ]);
  for (const name of [/mine\.example/u, /calls at once: 50/u]) fireEvent.click(within(clashes).getByRole("button", { name }));
  fireEvent.click(within(form).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(now.version).toBe(5));
  expect(now).toMatchObject({
    limits: { callsMax: 50, callsPerSecond: 9 },
    targets: [{ host: "mine.example" }],
  });
});
