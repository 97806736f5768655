// Colleagues call each other in the whole program: browser with browser, and browser with a desk phone that isn't ours. What each says the
// other hears; nobody else rings meanwhile; the floor shows it.
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import {
  baresipDial,
  baresipPhone,
  hasBaresip,
  hasChromium,
  heardFrequency,
  openBrowser,
  type AgentBrowser,
  type BaresipPhone,
} from "@allo/testkit";
import type { Page } from "playwright-core";
import { goReady, hearsTone, signIn, state } from "./agent-page.ts";
import { createApiClient, linkToken, openCentre, PASSWORD, type ApiClient, type Centre } from "./centre.ts";
import { hears, hearsMusic } from "./listening.ts";

const able = hasBaresip() && hasChromium();
const run = able ? test : test.skip;
const [SARA_HZ, BORIS_HZ, PHONE_HZ, CALLER_HZ] = [1_000, 1_500, 1_900, 620];

type Agent = { readonly api: ApiClient; readonly personId: string; readonly page: Page };
let centre: Centre;
let browsers: readonly AgentBrowser[] = [];
let sara: Agent;
let boris: Agent;

beforeAll(async () => {
  if (!able) return;
  centre = await openCentre();
  // A call that nobody answers is soon over.
  const queue = (await centre.admin.call("queuesList")).items.find(({ queueId }) => queueId === centre.queueId);
  await centre.admin.call("queueUpdate", {
    params: { queueId: centre.queueId },
    body: { ringTimeoutSeconds: 5, version: queue?.version ?? 0 },
  });
  const email = "boris@example.test";
  const { person, invitation } = await centre.admin.call("personCreate", {
    body: { name: "Boris Orlov", email, roles: ["agent"], language: "en" },
  });
  const borisApi = createApiClient(centre.program.url);
  await borisApi.call("linkUse", { params: { token: linkToken(invitation.url) }, body: { password: PASSWORD } });
  const { items } = await centre.admin.call("queueMembersGet", { params: { queueId: centre.queueId } });
  await centre.admin.call("queueMembersPut", {
    params: { queueId: centre.queueId },
    body: { items: [...items, { personId: person.personId, level: 3 }] },
  });
  browsers = await Promise.all([openBrowser({ toneHz: SARA_HZ }), openBrowser({ toneHz: BORIS_HZ })]);
  const open = async (index: number, who: string, api: ApiClient, personId: string): Promise<Agent> => {
    const page = await signIn(browsers[index] as AgentBrowser, centre.program.url, { email: who, password: PASSWORD });
    await goReady(page);
    await vi.waitFor(async () => expect((await api.call("deskGet")).phone.proven).toBe(true), { timeout: 25_000 });
    return { api, personId, page };
  };
  sara = await open(0, centre.agentEmail, centre.agent, (await centre.agent.call("sessionGet")).personId);
  boris = await open(1, email, borisApi, person.personId);
}, 120_000);
afterAll(async () => {
  for (const browser of browsers) await browser.close();
  await centre?.program.stop();
});

/** By the buttons on the screen. */
async function callColleague({ page }: Agent, name: string): Promise<void> {
  await page.getByRole("button", { name: "Call a colleague" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name }).check();
  await dialog.getByRole("button", { name: "Call", exact: true }).click();
}
async function press({ page }: Agent, name: string): Promise<void> {
  await page.getByTestId("call-bar").getByRole("button", { name, exact: true }).click();
}
async function both(wanted: string): Promise<void> {
  await Promise.all([state(sara.page, wanted), state(boris.page, wanted)]);
}
const outcomes = async () => (await sara.api.call("internalCallsList", { query: {} })).items.map(({ outcome }) => outcome);

run(
  "two browsers: both hear each other, hold is music, a reload comes back into it, and either ends it; declined and not answered blame nobody",
  { timeout: 180_000 },
  async () => {
    await callColleague(sara, "Boris Orlov");
    await state(boris.page, "ringing");
    await press(boris, "Answer");
    await both("talking");
    await hearsTone(sara.page, BORIS_HZ);
    await hearsTone(boris.page, SARA_HZ);

    // The floor knows; a customer waits, and rings at neither.
    const floor = await centre.admin.call("floorGet");
    const shown = floor.agents.filter(({ inInternalCall }) => inInternalCall === true).map(({ personId }) => personId);
    expect(shown.toSorted()).toEqual([sara.personId, boris.personId].toSorted());
    const caller = baresipDial({ uri: `sip:${centre.number}@127.0.0.1:${centre.program.sipPort}`, toneHz: CALLER_HZ, from: "02079460123" });
    onTestFinished(() => caller.kill());
    await caller.established;
    await hearsMusic(caller, SARA_HZ);
    await sara.page.getByTestId("customers-wait").first().waitFor();
    expect([(await sara.api.call("deskGet")).contact, (await boris.api.call("deskGet")).contact]).toEqual([null, null]);
    await caller.hangUp();

    await press(boris, "Hold");
    await sara.page.getByText("The colleague has put you on hold.").waitFor();
    await expect.poll(() => hearsNow(sara.page, BORIS_HZ)).toBe(false);
    await press(boris, "Back to the call");
    await hearsTone(sara.page, BORIS_HZ);

    await boris.page.reload();
    await state(boris.page, "talking");
    await hearsTone(boris.page, SARA_HZ);
    await hearsTone(sara.page, BORIS_HZ);

    await press(sara, "Hang up");
    await both("ready");
    await expect.poll(outcomes).toEqual(["answered"]);

    await callColleague(boris, "Sara Agent");
    await state(sara.page, "ringing");
    await press(sara, "Decline");
    await both("ready");
    await boris.page.getByText("Sara Agent declined the call.").waitFor();

    await callColleague(boris, "Sara Agent");
    await state(sara.page, "ringing");
    await both("ready");
    await boris.page.getByText("Sara Agent didn't answer.").waitFor();
    await sara.page.getByTestId("last-colleague").getByRole("button", { name: "Call back" }).click();
    await state(boris.page, "ringing");
    await press(boris, "Answer");
    await both("talking");
    await hearsTone(boris.page, SARA_HZ);
    await press(boris, "Hang up");
    await both("ready");
    await expect.poll(outcomes).toEqual(["answered", "notAnswered", "declined", "answered"]);
    // No customer's call came of it.
    expect((await centre.admin.call("contactsList", { query: {} })).items).toHaveLength(1);
  },
);

run(
  "a desk phone: it rings with the colleague's name, holds and is put down; a call from it is fetched there first",
  { timeout: 120_000 },
  async () => {
    const { device, username, password } = await centre.admin.call("deviceCreate", {
      body: { name: "Desk 7", personId: boris.personId },
    });
    const phone: BaresipPhone = baresipPhone({ username, password, port: centre.program.phonePort, toneHz: PHONE_HZ });
    onTestFinished(() => phone.close());
    await phone.registered;
    await boris.api.call("deskPhonePut", { body: { deviceId: device.deviceId } });
    await expect.poll(async () => (await boris.api.call("deskGet")).phone.proven).toBe(true);

    await callColleague(sara, "Boris Orlov");
    await expect.poll(() => phone.ringing() ?? "").toContain("Sara Agent");
    phone.answer();
    await both("talking");
    await hearsTone(sara.page, PHONE_HZ);
    await hears(phone, SARA_HZ);
    phone.hold();
    await sara.page.getByText("The colleague has put you on hold.").waitFor();
    await expect.poll(() => hearsNow(sara.page, PHONE_HZ)).toBe(false);
    phone.resume();
    await hearsTone(sara.page, PHONE_HZ);
    phone.putDown();
    await both("ready");

    await callColleague(boris, "Sara Agent");
    await boris.page.getByText("Pick up Desk 7: then it rings at the colleague's.").waitFor();
    await expect.poll(() => phone.ringing() ?? "").toContain("Sara Agent");
    expect((await sara.api.call("deskGet")).state).toBe("ready");
    phone.answer();
    await state(sara.page, "ringing");
    await press(sara, "Answer");
    await hears(phone, SARA_HZ);
    await hearsTone(sara.page, PHONE_HZ);
    const { closed } = phone.counts();
    await press(sara, "Hang up");
    await both("ready");
    await expect.poll(() => phone.counts().closed).toBeGreaterThan(closed);
  },
);

async function hearsNow(page: Page, hz: number): Promise<boolean> {
  return Math.abs(((await heardFrequency(page)) ?? 0) - hz) < 20;
}
