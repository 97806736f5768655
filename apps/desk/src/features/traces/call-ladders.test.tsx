// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeServer } from "../../testing/fake-server.ts";
import { administratorMe, contactRow, openRoom, prepareRooms } from "../../testing/rooms.tsx";

let server: FakeServer;
let restore = (): void => undefined;
const MESSAGE = "SIP/2.0 486 Busy Here\r\nCall-ID: a\r\n\r\n";

beforeEach(async () => {
  server = await prepareRooms();
  server.me = administratorMe;
  server.on("contactGet", () => ({ body: { contact: contactRow("con_1aaa"), timeline: [], notes: [], recordings: [] } }));
  restore = server.install();
});
afterEach(() => {
  cleanup();
  restore();
  vi.restoreAllMocks();
});

it("shows the messages as a ladder when asked to, and each message whole", async () => {
  server.on("contactTraceGet", () => ({
    body: {
      items: [
        {
          callId: "cal_1aaa",
          leftOut: 3,
          keptUntil: 86_400_000,
          parties: [
            { partyId: "allo", kind: "allo", transport: "udp", place: { address: "192.0.2.1", port: 5060 } },
            { partyId: "p", kind: "peer", transport: "udp", place: { address: "198.51.100.7", port: 5060 } },
          ],
          steps: [
            {
              at: 1_000,
              from: "p",
              to: "allo",
              label: "486 Busy Here",
              kind: "failure",
              cseq: "1 INVITE",
              isRepeat: true,
              media: null,
              text: MESSAGE,
            },
          ],
        },
      ],
    },
  }));
  openRoom("/contacts/con_1aaa");
  fireEvent.click(await screen.findByRole("button", { name: "Show the SIP messages" }));
  const ladder = await screen.findByRole("group", { name: "SIP messages of the call" });
  const step = within(ladder).getByRole("button", { name: /486 Busy Here · sent again/u });
  expect(within(ladder).queryByText(/Call-ID/u)).toBeNull();
  fireEvent.click(step);
  expect(step.getAttribute("aria-expanded")).toBe("true");
  expect(within(ladder).getByText(/Call-ID: a/u)).toBeTruthy();
  expect(screen.getByText(/3 more messages were not kept/u)).toBeTruthy();
  expect(screen.getByRole("link", { name: "Capture file (pcap)" }).getAttribute("href")).toBe("/api/v1/contacts/con_1aaa/trace.pcap");
});

it("says when there are none, and asks nothing before it is wanted", async () => {
  server.on("contactTraceGet", () => ({ body: { items: [] } }));
  openRoom("/contacts/con_1aaa");
  const button = await screen.findByRole("button", { name: "Show the SIP messages" });
  expect(server.asked.some(({ name }) => name === "contactTraceGet")).toBe(false);
  fireEvent.click(button);
  expect(await screen.findByText(/No SIP messages of this call are kept/u)).toBeTruthy();
});

it("isn't there for who may not see signalling", async () => {
  server.me = { ...administratorMe, permissions: administratorMe.permissions.filter((each) => each !== "traces.read") };
  openRoom("/contacts/con_1aaa");
  await screen.findByTestId("contact-view");
  expect(screen.queryByRole("button", { name: "Show the SIP messages" })).toBeNull();
});
