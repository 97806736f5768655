// The desk while calls come and go: two tabs, a lead's floor, missed rings, a language changed in mid-call, a connection cut.
import { spawn } from "node:child_process";
import { carrierTarget, carrierTrunk } from "../call/carrier-trunk.ts";
import { toneShare } from "@allo/media";
import { baresipPhone, freePort } from "@allo/testkit";
import { expect, onTestFinished, test } from "vitest";
import type { Page } from "playwright-core";
import { openAccount } from "./rooms.ts";
import { able, callButton, callKeys, finishWrapUp, STATE_MS_MAX, stateOn, useWorld } from "./world.ts";

const world = useWorld("en");
const run = able ? test : test.skip;
const FLOOR_MOVES_MS_MAX = 1_000;

run("one tab holds the phone: the second shows and steers the same call, and takes the phone over when the first closes", async () => {
  const { agent, number } = await world.team("Two Tabs");
  const first = await world.readyTab(agent);
  const second = await first.context().newPage();
  await second.goto(`${world.url()}desk`);
  await second.locator('[data-testid="phone"][data-view="elsewhere"]').waitFor();

  await world.dial(number, "02079460123");
  await Promise.all([stateOn(first, "ringing"), stateOn(second, "ringing")]);
  await callButton(second, "answer").click();
  await Promise.all([stateOn(first, "talking"), stateOn(second, "talking")]);

  await callButton(second, "hold").click();
  await first.locator('[data-testid="call-bar"] .tabler-icon-player-play').waitFor();
  await callButton(first, "hold").click();
  await second.locator('[data-testid="call-bar"] .tabler-icon-player-pause').first().waitFor();
  await callButton(second, "mute").click();
  await expect.poll(() => callButton(first, "mute").getAttribute("aria-pressed")).toBe("true");
  await callButton(second, "mute").click();
  await expect.poll(() => callButton(first, "mute").getAttribute("aria-pressed")).toBe("false");

  await first.close();
  await second.locator('[data-testid="phone"][data-view="up"][data-proven="true"]').waitFor({ timeout: STATE_MS_MAX });
  await stateOn(second, "talking");
  await callButton(second, "hangUp").click();
  await stateOn(second, "wrapUp");
  await finishWrapUp(second);
  await stateOn(second, "ready");
});

run("the language changed in the middle of a call turns the screen and keeps what was typed", async () => {
  const { agent, number } = await world.team("Three Languages");
  const page = await world.readyTab(agent);
  await world.dial(number, "02079460124");
  await stateOn(page, "ringing");
  await callButton(page, "answer").click();
  await stateOn(page, "talking");
  const note = page.locator('[data-testid="note"]');
  const name = page.locator('[data-testid="customer-panel"] input');
  await note.fill("Promised a corrected bill");
  await name.fill("Alice Thornton");
  for (const [language, itsName, direction] of [
    ["fa", "فارسی", "rtl"],
    ["ru", "Русский", "ltr"],
    ["en", "English", "ltr"],
  ] as const) {
    await openAccount(page);
    await page.locator("header [role=dialog]").getByText(itsName, { exact: true }).click();
    await page.locator(`html[lang=${language}][dir=${direction}]`).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("header [role=dialog]").waitFor({ state: "detached" });
    expect([await note.inputValue(), await name.inputValue()], language).toEqual(["Promised a corrected bill", "Alice Thornton"]);
    await stateOn(page, "talking");
  }
  await expect.poll(async () => (await agent.api.call("deskGet")).contact?.noteDraft).toBe("Promised a corrected bill");
});

run("rings missed twice set the agent not ready: the screen says why, and one click goes back", async () => {
  const { agent, number } = await world.team("Misses Twice", { ringTimeoutSeconds: 5, missedRingsMax: 2 });
  const page = await world.readyTab(agent);
  await world.dial(number, "02079460125");
  await stateOn(page, "ringing");
  const cause = page.locator('[data-testid="system-cause"]');
  await cause.waitFor({ timeout: 40_000 });
  await stateOn(page, "notReady");
  expect(await cause.innerText()).toMatch(/2 calls in a row rang here unanswered/);
  await cause.locator("button").click();
  await page.locator('[data-testid="agent-state"]:is([data-state="ready"], [data-state="ringing"])').waitFor();
  await cause.waitFor({ state: "detached" });
});

run("a call of a queue that wants it so connects by itself after the tone, and the screen says that nothing need be pressed", async () => {
  const { agent, number } = await world.team("By Itself", { autoAnswer: true });
  const page = await world.readyTab(agent);
  const said = page.getByText("Connects by itself after the tone in your ear: nothing to press.").waitFor();
  const caller = await world.dial(number, "02079460131");
  await said;
  await stateOn(page, "talking");
  await caller.hangUp();
  await stateOn(page, "wrapUp");
  await finishWrapUp(page);
  await stateOn(page, "ready");
});

run("a desk phone chosen at the desk rings in the browser's place, is talked on, and is said to be away when it is", async () => {
  const { agent, number } = await world.team("Desk Phone");
  const admin = await world.admin();
  const { device, username, password } = await admin.call("deviceCreate", { body: { name: "Desk 7", personId: agent.personId } });
  const phone = baresipPhone({ username, password, port: world.program().phonePort, toneHz: 1_300 });
  onTestFinished(() => phone.close());
  await phone.registered;
  const page = await world.readyTab(agent);
  await page.locator('[data-testid="phone"]').click();
  await page.locator('[data-testid="phone-choice"] [data-can-ring="true"]').waitFor();
  await page.getByRole("radio", { name: "Desk 7" }).click();
  await page.locator('[data-testid="phone"][data-view="device"][data-proven="true"]').waitFor({ timeout: STATE_MS_MAX });
  await page.keyboard.press("Escape");

  const caller = await world.dial(number, "02079460140");
  await stateOn(page, "ringing");
  await page.locator('[data-testid="pick-up"]', { hasText: "Desk 7" }).waitFor();
  expect(await callButton(page, "answer").count()).toBe(0);
  await expect.poll(() => phone.ringing() ?? "").toContain("+442079460140");
  phone.answer();
  await stateOn(page, "talking");
  await expect.poll(() => toneShare(caller.heard().slice(-8_000), 1_300)).toBeGreaterThan(0.6);
  await callButton(page, "hold").click();
  await page.locator('[data-testid="call-bar"] .tabler-icon-player-play').waitFor();
  // Put down with the customer on hold: they wait to music, and one press calls the phone back.
  phone.putDown();
  await page.getByRole("button", { name: "Call my phone" }).click();
  await expect.poll(() => phone.ringing()).not.toBeNull();
  phone.answer();
  await page.getByRole("button", { name: "Call my phone" }).waitFor({ state: "detached" });
  await callButton(page, "hold").click();
  await expect.poll(() => toneShare(caller.heard().slice(-8_000), 1_300)).toBeGreaterThan(0.6);
  await callButton(page, "hangUp").click();
  await stateOn(page, "wrapUp");
  await finishWrapUp(page);

  await phone.close();
  const away = page.locator('[data-testid="device-away"]');
  await away.waitFor({ timeout: STATE_MS_MAX });
  expect((await agent.api.call("deskGet")).phone.proven).toBe(false);
  expect((await admin.call("devicesList")).items.find(({ deviceId }) => deviceId === device.deviceId)?.state?.canRing).toBe(false);
  await away.getByRole("button", { name: "Let this browser ring" }).click();
  await away.waitFor({ state: "detached" });
  expect((await agent.api.call("deskGet")).device).toBeNull();
});

run("the floor of a lead moves in both of two tabs within a second of a call's change", async () => {
  const { agent, queueId, number } = await world.team("At Lunch");
  const reason = (await agent.api.call("reasonsList")).items.find((each) => each.code === "lunch");
  await stateOn(await world.tab(agent), "notReady");
  await agent.api.call("deskNotReady", { body: { reasonId: reason?.reasonId ?? "" } });
  const lead = await world.person("Two Floors", ["lead"]);
  const first = await world.tab(lead);
  const second = await first.context().newPage();
  const tabs = [first, second];
  for (const page of tabs) {
    await page.goto(`${world.url()}floor`);
    await page.locator(`[data-queue="${queueId}"]`).waitFor();
    await watchWaiting(page, queueId);
  }
  const admin = await world.admin();
  const caller = await world.dial(number, "02079460126");
  for (const page of tabs) await waitingShown(page, queueId, "1");
  const waits = (await admin.call("floorGet")).waiting.find((each) => each.queueId === queueId);
  await caller.hangUp();
  for (const page of tabs) await waitingShown(page, queueId, "0");
  // The list is made from the log a moment later than the floor.
  const endedAt = async () => (await admin.call("contactsList", { query: { queueId } })).items[0]?.endedAt ?? null;
  await expect.poll(endedAt).not.toBeNull();
  const leftAt = await endedAt();
  for (const page of tabs) {
    const seen = await page.evaluate(() => (window as unknown as { alloSeen: { at: number; text: string }[] }).alloSeen);
    expect(seen.map((each) => each.text)).toEqual(["1", "0"]);
    expect((seen[0]?.at ?? Infinity) - (waits?.queuedAt ?? 0), "ms from queueing to the tile").toBeLessThan(FLOOR_MOVES_MS_MAX);
    expect((seen[1]?.at ?? Infinity) - (leftAt ?? 0), "ms from leaving to the tile").toBeLessThan(FLOOR_MOVES_MS_MAX);
  }
});

run("core stops and starts again: the bar says since when, what was last known stays, and it comes back by itself", async () => {
  const { agent } = await world.team("Cut Off");
  const page = await world.readyTab(agent);
  const lead = await world.tab(await world.person("Cut Lead", ["lead"]));
  await lead.goto(`${world.url()}floor`);
  await lead.locator('[data-testid="floor"][data-lost="false"]').waitFor();
  const agents = await lead.getByRole("grid", { name: "Agents" }).getByRole("row").count();

  const program = world.program();
  const again = program.line(/core serves again/);
  // Core is away for a second or two: both pages are watched before it goes, else a busy machine would look too late.
  const away = Promise.all([page, lead].map((tab) => seenWhileAway(tab)));
  program.kill("core");
  const [desk, floor] = await away;
  for (const seen of [desk, floor]) expect(seen?.bar).toMatch(/Disconnected since \d{1,2}:\d{2}:\d{2}/);
  expect(desk?.state).toBe("ready");
  expect(floor).toMatchObject({ floorLost: "true", agents });
  await again;
  for (const tab of [page, lead]) await tab.locator(".tabler-icon-plug-connected-x").waitFor({ state: "detached", timeout: STATE_MS_MAX });
  await lead.locator('[data-testid="floor"][data-lost="false"]').waitFor();
  // The phone is whole again too, and the agent was never anything but ready, or says why not.
  await page.locator('[data-testid="phone"][data-view="up"][data-proven="true"]').waitFor({ timeout: STATE_MS_MAX });
  expect((await agent.api.call("deskGet")).state).toBe("ready");
});

type SeenWhileAway = {
  readonly bar: string;
  readonly state: string | undefined;
  readonly floorLost: string | undefined;
  readonly agents: number;
};

/** What a page shows at one moment while its connection is lost. */
async function seenWhileAway(page: Page): Promise<SeenWhileAway> {
  const handle = await page.waitForFunction((): SeenWhileAway | null => {
    const bar = document.querySelector<HTMLElement>("main [role=status]:has(.tabler-icon-plug-connected-x)");
    const marked = (id: string): DOMStringMap | undefined => document.querySelector<HTMLElement>(`[data-testid="${id}"]`)?.dataset;
    return bar === null
      ? null
      : {
          bar: bar.innerText,
          state: marked("agent-state")?.["state"],
          floorLost: marked("floor")?.["lost"],
          agents: document.querySelectorAll('[role=grid][aria-label="Agents"] [role=row]').length,
        };
  });
  const seen = await handle.jsonValue();
  if (seen === null) throw new Error("the connection was never lost");
  return seen;
}

/** Notes in the page when the tile's figures change. */
async function watchWaiting(page: Page, queueId: string): Promise<void> {
  await page.evaluate((id) => {
    const seen: { at: number; text: string }[] = [];
    Object.assign(window, { alloSeen: seen });
    const tile = document.querySelector(`[data-queue="${id}"] [data-testid="waiting"]`);
    if (tile === null) throw new Error("there is no tile");
    new MutationObserver(() => seen.push({ at: Date.now(), text: tile.textContent })).observe(tile, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  }, queueId);
}

async function waitingShown(page: Page, queueId: string, count: string): Promise<void> {
  await page
    .locator(`[data-queue="${queueId}"] [data-testid="waiting"]`, { hasText: new RegExp(`^${count}$`) })
    .waitFor({ timeout: STATE_MS_MAX });
}

run("a call is passed on: the colleague reads why, speaks with the agent first, and has the customer", async () => {
  const { agent, number } = await world.team("Passes On");
  const colleague = await world.person("Takes Over");
  const page = await world.readyTab(agent);
  const other = await world.readyTab(colleague);
  const customer = await world.dial(number, "02079460177");
  await stateOn(page, "ringing");
  await callButton(page, "answer").click();
  await stateOn(page, "talking");

  await page.locator('[data-testid="call-bar"] .tabler-icon-transfer').click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: "Takes Over" }).check();
  await dialog.locator("textarea").first().fill("Wants a corrected bill; the account is found");
  await dialog.getByRole("button", { name: "Speak first" }).click();
  await stateOn(other, "ringing");
  await other.getByText("Wants a corrected bill; the account is found").waitFor();
  await callButton(other, "answer").click();
  await page.locator('[data-testid="call-bar"]').getByText("Consulting").waitFor();
  await page.getByRole("button", { name: "All together" }).click();
  await other.locator('[data-testid="call-parties"], [data-testid="came-from"]').first().waitFor();
  await page.getByRole("button", { name: "Hand over" }).click();
  await stateOn(page, "ready");
  await stateOn(other, "talking");
  await other.locator('[data-testid="came-from"]').getByText("Passes On").waitFor();

  const isConnected = await Promise.race([customer.closed.then(() => false), Promise.resolve(true)]);
  expect(isConnected, "the customer was connected throughout").toBe(true);
  await callButton(other, "hangUp").click();
  await stateOn(other, "wrapUp");
  await finishWrapUp(other);
});

/** A carrier on loopback that answers whatever it is called by, and gives back what it hears. */
async function carrier(): Promise<number> {
  const port = await freePort();
  const uas = spawn("sipp", ["-sn", "uas", "-i", "127.0.0.1", "-p", String(port), "-mi", "127.0.0.1", "-rtp_echo", "-nostdin"], {
    stdio: "ignore",
  });
  onTestFinished(() => void uas.kill("SIGKILL"));
  return port;
}

run(
  "a colleague is called by name and by keyboard alone, answers by a key, is held and let go, and no customer rings meanwhile",
  async () => {
    const { agent: anna, number } = await world.team("Anna Within");
    const { agent: boris } = await world.team("Boris Within");
    const page = await world.readyTab(anna);
    const other = await world.readyTab(boris);
    await page.locator("nav a[href='/customers']").press("Enter");
    await page.getByRole("heading", { name: "Customers", level: 1 }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Command" }).fill("colleague");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Call a colleague" });
    await dialog.getByLabel("Colleague", { exact: true }).fill("bor with");
    await dialog.locator('button[type="submit"]:not([disabled])').waitFor();
    await page.keyboard.press("Enter");
    await stateOn(other, "ringing");
    await page.locator("nav a[href='/desk']").press("Enter");
    expect(await other.locator('[data-testid="call-bar"]').innerText()).toContain("Anna Within");
    await other.keyboard.press(callKeys.answer);
    await Promise.all([stateOn(page, "talking"), stateOn(other, "talking")]);
    await callButton(other, "hold").click();
    await page.getByText("The colleague has put you on hold.").waitFor();
    await callButton(other, "hold").click();
    await page.getByText("You are speaking with each other.").waitFor();

    // A customer of Anna's queue waits: both of them hear nothing of it but Anna sees it.
    await world.dial(number, "02079460161");
    await page.locator('[data-testid="customers-wait"]').first().waitFor({ timeout: STATE_MS_MAX });
    expect((await anna.api.call("deskGet")).contact).toBeNull();
    await callButton(other, "hangUp").click();
    await stateOn(other, "ready");
    await stateOn(page, "ringing");
    await callButton(page, "answer").click();
    await stateOn(page, "talking");
    await callButton(page, "hangUp").click();
    await stateOn(page, "wrapUp");

    await other.goto(`${world.url()}internal-calls`);
    await other.getByRole("grid").getByText("Anna Within").waitFor();
    await other.getByRole("grid").getByText("Answered", { exact: true }).waitFor();
  },
);

run(
  "a customer is left with a number outside, by keyboard alone, and they go on without the agent; another is parked and picked up",
  async () => {
    const { agent, queueId, number } = await world.team("Knows A Bank");
    const admin = await world.admin();
    const targets = [carrierTarget(await carrier())];
    await admin.call("trunkCreate", { body: carrierTrunk({ name: "Bank line", targets, domain: null, networks: [] }) });
    const { suggested } = await admin.call("dialPolicyGet");
    await admin.call("dialPolicyPut", { body: { policy: suggested, version: 0 } });

    const page = await world.readyTab(agent);
    const customer = await world.dial(number, "02079460155");
    await stateOn(page, "ringing");
    await callButton(page, "answer").click();
    await stateOn(page, "talking");
    await page.getByRole("button", { name: "Transfer" }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("radio", { name: "A number outside" }).focus();
    await page.keyboard.press("Space");
    await dialog.getByRole("textbox", { name: "Number" }).fill("+882 16 12345");
    await page.keyboard.press("Enter");
    await dialog.getByText("It is a satellite number").waitFor();
    await dialog.getByRole("textbox", { name: "Number" }).fill("020 7946 0188");
    await page.keyboard.press("Enter");
    await page.locator('[data-testid="call-bar"]').getByText("Consulting").waitFor({ timeout: STATE_MS_MAX });
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Connect them and leave" }).press("Enter");
    await stateOn(page, "wrapUp");
    await finishWrapUp(page);
    await stateOn(page, "ready");
    const isConnected = await Promise.race([customer.closed.then(() => false), Promise.resolve(true)]);
    expect(isConnected, "the customer goes on with whoever is outside").toBe(true);
    const talkOf = async () => (await admin.call("contactsList", { query: { queueId } })).items[0];
    expect(await talkOf()).toMatchObject({ endedAt: null });
    await customer.hangUp();
    await expect.poll(async () => (await talkOf())?.outcome, { timeout: STATE_MS_MAX }).toBe("answered");

    await world.dial(number, "02079460156");
    await stateOn(page, "ringing");
    await callButton(page, "answer").click();
    await stateOn(page, "talking");
    await page.getByRole("button", { name: "Park" }).focus();
    await page.keyboard.press("Enter");
    await stateOn(page, "ready");
    await page.locator('[data-testid="parked"] [data-slot="1"] button').focus();
    await page.keyboard.press("Enter");
    await stateOn(page, "talking");
    // Out of its slot: the two are joined.
    await page.locator('[data-testid="parked"]').waitFor({ state: "detached", timeout: STATE_MS_MAX });
    await callButton(page, "hangUp").click();
    await stateOn(page, "wrapUp");
  },
);
