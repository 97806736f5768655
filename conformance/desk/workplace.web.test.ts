// A workplace checked at sign-in, a headset's buttons, a line without sound, and the desk as an installed program.
import { expect, test } from "vitest";
import type { Locator } from "playwright-core";
import { axeFinds } from "./axe.ts";
import { able, callButton, STATE_MS_MAX, stateOn, useWorld } from "./world.ts";

const world = useWorld("en");
const run = able ? test : test.skip;

run("the workplace is checked by itself at sign-in, once a day, and a lead sees who is equipped", async () => {
  const { agent } = await world.team("Checked Once");
  const page = await world.tab(agent);
  const strip = page.locator('[data-testid="workplace-strip"]');
  await strip.waitFor();
  await expect.poll(async () => (await agent.api.call("workplaceChecksOwn")).items.length).toBe(1);
  const [check] = (await agent.api.call("workplaceChecksOwn")).items;
  expect(check?.tookMs).toBeLessThan(10_000);
  expect(check?.figures?.microphone).toMatchObject({ problem: null, flat: false });
  expect(check?.figures?.network.roundTripMs).toBeGreaterThan(0);
  await strip.waitFor({ state: "detached" });
  await page.reload();
  await page.locator('[data-testid="agent-state"]').waitFor();
  expect(await strip.count()).toBe(0);

  await page.locator("header [aria-label='Your settings']").click();
  await page.getByRole("button", { name: "Workplace" }).click();
  await page.locator('[data-testid="workplace"] [data-item="microphone"]').waitFor();
  expect(await axeFinds(page, "workplace", ["light", "dark"])).toEqual([]);

  const lead = await world.person("Lena Lead", ["lead"]);
  const floor = await world.tab(lead);
  await floor.goto(`${world.url()}floor`);
  await floor.getByRole("button", { name: /^Workplaces/u }).click();
  const row = floor.locator('[data-testid="workplaces"] li', { hasText: "Checked Once" });
  await row.getByRole("button").click();
  await row.locator('[data-item="network"]').waitFor();
  expect(await axeFinds(floor, "workplaces", ["light"])).toEqual([]);
});

run("without a microphone the strip says so, and the check may be skipped with a reason that a lead reads", async () => {
  const { agent } = await world.team("Skips It");
  const page = await world.tab(agent, { microphone: false, width: 390, height: 844 });
  const strip = page.locator('[data-testid="workplace-strip"]');
  await strip.getByRole("button", { name: "Skip" }).click();
  await strip.getByLabel("In your own words").fill("the fitter is coming");
  await strip.getByRole("button", { name: "Skip" }).click();
  await strip.waitFor({ state: "detached" });
  const rows = (await (await world.admin()).call("workplacesList")).items;
  expect(rows.find(({ personId }) => personId === agent.personId)).toMatchObject({
    standing: "skipped",
    last: { skipped: { reason: "callsWait", words: "the fitter is coming" } },
  });
});

run("a headset's button answers, its mute key and the screen's keep in step, and it hangs up", async () => {
  const { agent, number } = await world.team("Has Buttons");
  const page = await world.tab(agent);
  await page.addInitScript(() => {
    const item = (usage: number, isAbsolute: boolean) => ({ isAbsolute, usages: [usage], reportSize: 1, reportCount: 1 });
    class Device extends EventTarget {
      productName = "Fake headset";
      opened = false;
      lights: number[] = [];
      collections = [
        {
          usagePage: 0x0b,
          inputReports: [{ reportId: 2, items: [item(0x0b_0020, true), item(0x0b_002f, false)] }],
          outputReports: [{ reportId: 2, items: [item(0x08_0017, true), item(0x08_0009, true), item(0x08_0018, true)] }],
        },
      ];
      open = () => Promise.resolve(void (this.opened = true));
      close = () => Promise.resolve(void (this.opened = false));
      sendReport = (_id: number, data: Uint8Array) => Promise.resolve(void this.lights.push(data[0] ?? 0));
      press(byte: number): void {
        this.dispatchEvent(Object.assign(new Event("inputreport"), { reportId: 2, data: new DataView(Uint8Array.of(byte).buffer) }));
      }
    }
    const device = new Device();
    const hid = Object.assign(new EventTarget(), {
      getDevices: () => Promise.resolve([device]),
      requestDevice: () => Promise.resolve([device]),
    });
    Object.defineProperty(navigator, "hid", { value: hid, configurable: true });
    Object.assign(window, { headset: device });
  });
  await page.reload();
  type Headset = { readonly opened: boolean; readonly lights: number[]; press(byte: number): void };
  const press = (byte: number) => page.evaluate((given) => (window as unknown as { headset: Headset }).headset.press(given), byte);
  const light = () => page.evaluate(() => (window as unknown as { headset: Headset }).headset.lights.at(-1));
  await page.locator('[data-testid="agent-state"] button').last().click();
  await page.locator('[data-testid="phone"][data-view="up"][data-proven="true"]').waitFor({ timeout: STATE_MS_MAX });
  await expect.poll(() => page.evaluate(() => (window as unknown as { headset: Headset }).headset.opened)).toBe(true);

  await world.dial(number, "02079460321");
  await stateOn(page, "ringing");
  await expect.poll(light).toBe(0b100);
  await press(0b01);
  await stateOn(page, "talking");
  await expect.poll(light).toBe(0b001);
  await press(0b11);
  await page.locator('[data-testid="call-bar"] button[aria-pressed="true"][aria-keyshortcuts="F4"]').waitFor();
  await expect.poll(light).toBe(0b011);
  await callButton(page, "mute").click();
  await expect.poll(light).toBe(0b001);
  // A hook put down at once after the talk began is taken for a late answer: on a quick machine all of the above takes less than that grace.
  await expect.poll(() => secondsOf(page.getByTestId("agent-state"))).toBeGreaterThanOrEqual(2);
  await press(0b00);
  await stateOn(page, "wrapUp");
  await expect.poll(light).toBe(0);
});

run("“No sound” says what is known, asks for no result, and stands in the contact and in the lead's list", async () => {
  const { agent, number } = await world.team("Hears Nothing");
  const page = await world.readyTab(agent);
  await world.dial(number, "02079460322");
  await stateOn(page, "ringing");
  await callButton(page, "answer").click();
  await stateOn(page, "talking");
  await callButton(page, "mute").click();
  await page.locator('[data-testid="call-bar"] button[aria-pressed="true"]').waitFor();
  await page.locator('[data-testid="call-bar"]').getByRole("button", { name: "No sound" }).click();
  const findings = page.locator('[data-testid="sound-findings"]');
  await findings.getByText("Your microphone is off in Allo").waitFor();
  expect(await axeFinds(page, "no sound", ["light"])).toEqual([]);
  await findings.getByRole("button", { name: "Apologise and hang up" }).click();
  await stateOn(page, "wrapUp");
  await page.locator('[data-testid="contact-card"] button[title="Ctrl + Enter"]').click();
  await stateOn(page, "ready");
  const { items } = await (await world.admin()).call("soundReportsList");
  const report = items.find(({ personId }) => personId === agent.personId);
  expect(report).toMatchObject({ findings: ["agentMuted"], personName: "Hears Nothing" });
  expect(report?.agent?.packetsReceived).toBeGreaterThan(0);
  expect(report?.caller?.packetsReceived).toBeGreaterThan(0);
  expect(report?.browser.holdsPhone).toBe(true);
  const contact = await agent.api.call("contactGet", { params: { contactId: report!.contactId } });
  expect(contact.timeline.map(({ kind }) => kind)).toContain("soundReported");
  expect(contact.contact.notCoded).toBe(false);
});

run("the desk can be installed, and its shell opens without the server and says so", async () => {
  const { agent } = await world.team("Installs It");
  const page = await world.tab(agent);
  const address = await page.locator("link[rel=manifest]").getAttribute("href");
  for (const language of ["en", "ru", "fa"]) {
    const manifest = (await (await page.request.get(`${world.url()}manifest.${language}.webmanifest`)).json()) as {
      lang: string;
      icons: { src: string; sizes: string; purpose?: string }[];
      start_url: string;
      display: string;
    };
    expect(manifest).toMatchObject({ lang: language, start_url: "/", display: "standalone" });
    expect(manifest.icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(["192x192", "512x512"]));
    expect(manifest.icons.some(({ purpose }) => purpose === "maskable")).toBe(true);
    for (const { src } of manifest.icons) expect((await page.request.get(new URL(src, world.url()).href)).status(), src).toBe(200);
  }
  expect(address).toBe("/manifest.en.webmanifest");
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await page.reload();
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe("activated");
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  });
  expect(kept).toContain("/index.html");
  expect(kept.filter((path) => path.startsWith("/api"))).toEqual([]);

  await page.context().setOffline(true);
  await page.goto(`${world.url()}desk`);
  await page.getByRole("button", { name: "Try again" }).waitFor();
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator('[data-testid="agent-state"]').waitFor();
});

/** The timer that stands in this element, in seconds. */
async function secondsOf(element: Locator): Promise<number> {
  const [, minutes = "0", seconds = "0"] = /(\d+):(\d\d)/u.exec(await element.innerText()) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}
