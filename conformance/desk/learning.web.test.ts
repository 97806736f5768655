// Learning by doing: an agent's tour walked to its end with a test call that is answered and coded; help and glossary by keyboard.
import { expect, test } from "vitest";
import type { Locator, Page } from "playwright-core";
import { axeFinds } from "./axe.ts";
import { able, callButton, finishWrapUp, stateOn, useWorld } from "./world.ts";
import { wordsOf } from "./words.ts";

const CALL_MS_MAX = 60_000;
const world = useWorld("en");
const run = able ? test : test.skip;

const card = (page: Page, step: string) => page.locator(`[data-testid="tour-card"][data-step="${step}"]`);
const done = (page: Page) => page.locator('[data-testid="tour-card"] [data-done="true"]');
const next = (page: Page) => page.getByTestId("tour-next").click();

run("a new agent walks the tour to its end: ready, a break, the keys, the rooms, and a test call answered, noted and coded", async () => {
  const { agent } = await world.team("Nora Newcomer");
  const page = await world.tab(agent);
  await page.getByTestId("tour-offer").getByRole("button", { name: "Begin the tour" }).click();
  await card(page, "welcome").waitFor();
  // The card has the focus: Enter goes on.
  await page.locator('[data-testid="tour-next"]:focus').waitFor();
  expect(await axeFinds(page, "tour", ["light", "dark"])).toEqual([]);
  await page.keyboard.press("Enter");
  await card(page, "state").waitFor();
  await next(page);
  await card(page, "ready").waitFor();
  expect(await done(page).count()).toBe(0);
  await page.locator('[data-testid="agent-state"] > button').last().click();
  await done(page).waitFor();
  await next(page);
  await card(page, "phone").waitFor();
  await done(page).waitFor({ timeout: CALL_MS_MAX });
  await next(page);

  await card(page, "break").waitFor();
  await page.locator('[data-testid="agent-state"] > button').first().click();
  await page.locator("[role=menuitem]").last().click();
  await done(page).waitFor();
  // A reload in the middle: the tour is offered where one stopped.
  await page.reload();
  await page.getByTestId("tour-offer").getByRole("button", { name: "Go on with the tour" }).click();
  await card(page, "break").waitFor();
  await done(page).waitFor();
  await next(page);
  await card(page, "keys").waitFor();
  await page.locator('[data-testid="agent-state"]').click({ position: { x: 1, y: 1 } });
  await page.keyboard.press("?");
  await done(page).waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("key-sheet").waitFor({ state: "detached" });
  await next(page);
  for (const room of ["customers", "contacts"]) {
    await card(page, room).waitFor();
    await page.locator(`nav a[href="/${room}"]`).click();
    await done(page).waitFor();
    await next(page);
  }

  await card(page, "call").waitFor();
  await page.getByTestId("tour-call").click();
  await card(page, "answer").waitFor({ timeout: CALL_MS_MAX });
  await page.keyboard.press("F2");
  await card(page, "speak").waitFor({ timeout: CALL_MS_MAX });
  await card(page, "note").waitFor({ timeout: CALL_MS_MAX });
  await page.getByTestId("note").locator("visible=true").first().fill("The caller heard me");
  await done(page).waitFor();
  await next(page);
  await card(page, "code").waitFor();
  await page.getByTestId("codes").waitFor({ timeout: CALL_MS_MAX });
  await finishWrapUp(page);
  await done(page).waitFor();
  await next(page);
  await card(page, "done").waitFor();
  expect(await axeFinds(page, "end of the tour", ["light"])).toEqual([]);
  await next(page);
  await page.getByTestId("tour-card").waitFor({ state: "detached" });
  await expect
    .poll(async () => (await (await world.admin()).call("toursOfPeople")).items.find(({ personId }) => personId === agent.personId)?.state)
    .toBe("finished");
  await page.reload();
  await page.locator('[data-testid="agent-state"]').waitFor();
  await page.waitForLoadState("networkidle");
  expect(await page.getByTestId("tour-offer").count()).toBe(0);
});

run("a customer's call in the middle of a tour has the screen and the keys to itself, and the tour goes on after it", async () => {
  const { agent, number } = await world.team("Ines Interrupted");
  const page = await world.readyTab(agent);
  await page.getByTestId("tour-offer").getByRole("button", { name: "Begin the tour" }).click();
  await card(page, "welcome").waitFor();
  await next(page);
  await next(page);
  // A step that points at the bar in which the call rings.
  await card(page, "ready").waitFor();
  await world.dial(number, "02079460342");
  await stateOn(page, "ringing");
  await page.getByTestId("tour-card").waitFor({ state: "detached" });
  await page.getByTestId("tour-pause").waitFor();
  expect(await axeFinds(page, "tour that waits", ["light"])).toEqual([]);
  for (const act of ["answer", "decline"] as const) expect(await isOnTop(callButton(page, act))).toBe(true);
  await page.keyboard.press("F2");
  await stateOn(page, "talking");
  for (const act of ["mute", "hold", "hangUp"] as const) expect(await isOnTop(callButton(page, act))).toBe(true);
  const note = page.getByTestId("note").locator("visible=true").first();
  expect(await isOnTop(note)).toBe(true);
  await note.fill("Asked for the price");
  expect(await page.getByTestId("tour-card").count()).toBe(0);
  await page.keyboard.press("Shift+F8");
  await page.getByTestId("codes").waitFor();
  await finishWrapUp(page);
  await stateOn(page, "ready");
  await card(page, "ready").waitFor();
  await page.getByTestId("tour-pause").waitFor({ state: "detached" });

  // At the step of the test call, too: it isn't taken for the test call.
  for (const step of ["phone", "break", "keys", "customers", "contacts", "call"]) {
    await next(page);
    await card(page, step).waitFor();
  }
  await world.dial(number, "02079460343");
  await stateOn(page, "ringing");
  await page.getByTestId("tour-pause").waitFor();
  expect(await page.getByTestId("tour-card").count()).toBe(0);
  await page.keyboard.press("F2");
  await stateOn(page, "talking");
  await page.keyboard.press("Shift+F8");
  await page.getByTestId("codes").waitFor();
  await finishWrapUp(page);
  await card(page, "call").waitFor();
});

run("a lead walks the tour of the floor, a contact and the lost calls to its end", async () => {
  const { number } = await world.team("Ann Away");
  // Nobody is at a desk: the call is lost, and gives the lists a row.
  const caller = await world.dial(number, "02079460341");
  await caller.hangUp();
  const lead = await world.person("Leo Lead", ["lead"]);
  await expect.poll(async () => (await lead.api.call("contactsList", { query: {} })).items.length).toBeGreaterThan(0);
  const page = await world.tab(lead);
  await page.locator("header button:has(.tabler-icon-user-circle)").click();
  await page.getByRole("button", { name: "Tour for team leads" }).click();
  await card(page, "welcome").waitFor();
  await next(page);
  await card(page, "floor").waitFor();
  await page.locator('nav a[href="/floor"]').click();
  await done(page).waitFor();
  await next(page);
  for (const step of ["tile", "waiting", "agents", "notReady"]) {
    await card(page, step).waitFor();
    expect(await axeFinds(page, `tour, ${step}`, ["light"])).toEqual([]);
    await next(page);
  }
  await card(page, "contacts").waitFor();
  await page.locator('nav a[href="/contacts"]').click();
  await done(page).waitFor();
  await next(page);
  await card(page, "contact").waitFor();
  await page.locator("main [role=grid] [role=row][data-opens=true]").first().click();
  await done(page).waitFor();
  await page.keyboard.press("Escape");
  await next(page);
  await card(page, "lostCalls").waitFor();
  await page.locator('nav a[href="/lost-calls"]').click();
  await done(page).waitFor();
  await next(page);
  await card(page, "done").waitFor();
  await next(page);
  await page.getByTestId("tour-card").waitFor({ state: "detached" });
  await expect.poll(async () => (await lead.api.call("toursGet")).items.find(({ tour }) => tour === "lead")?.state).toBe("finished");
});

run("a tour that is put off isn't offered again, and stands in one's own menu", async () => {
  const { agent } = await world.team("Lena Later");
  const page = await world.tab(agent);
  await page.getByTestId("tour-offer").getByRole("button", { name: "Later" }).click();
  await page.getByTestId("tour-offer").waitFor({ state: "detached" });
  await page.reload();
  await page.locator('[data-testid="agent-state"]').waitFor();
  await page.waitForLoadState("networkidle");
  expect(await page.getByTestId("tour-offer").count()).toBe(0);
  await page.locator("header button:has(.tabler-icon-user-circle)").click();
  await page.getByRole("button", { name: "Tour of the desk" }).click();
  await card(page, "welcome").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("tour-card").waitFor({ state: "detached" });
});

for (const [language, typed] of [
  ["en", "acw"],
  ["ru", "поствызов"],
  ["fa", "پس از تماس"],
] as const) {
  run(`help and glossary by keyboard, at 390 pixels too (${language})`, async () => {
    const { agent } = await world.team(`Reader ${language}`);
    await agent.api.call("sessionPatch", { body: { language } });
    const page = await world.tab(agent, { width: 390, height: 800 });
    const words = wordsOf(language);
    await page.locator(`html[lang=${language}]`).waitFor();
    await page.getByTestId("tour-offer").waitFor();
    expect(await axeFinds(page, "offer of a tour", ["light", "dark"])).toEqual([]);
    await page.getByTestId("help").focus();
    await page.keyboard.press("Enter");
    await page.locator('[data-testid="help-page"][data-topic="desk"]').waitFor();
    expect(await axeFinds(page, "help", ["light", "dark"])).toEqual([]);
    // A word of the text leads into the glossary, at that word.
    await page.getByTestId("help-page").locator("li button").first().press("Enter");
    await page.locator('[data-testid="glossary"] [data-marked="true"][data-term="ready"]:focus').waitFor();
    expect(await axeFinds(page, "glossary", ["light", "dark"])).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByTestId("glossary").waitFor({ state: "detached" });
    await page.locator('[data-testid="help"]:focus').waitFor();
    await page.keyboard.press("Control+k");
    await page.locator("[role=combobox]:focus").fill(words("Glossary: what the words mean").slice(0, 6));
    await page.keyboard.press("Enter");
    await page.getByTestId("glossary").waitFor();
    await page.getByLabel(words("Find a word")).fill(typed);
    await expect.poll(() => page.locator('[data-testid="glossary"] [data-term]').count()).toBe(1);
    expect(await page.locator('[data-testid="glossary"] [data-term]').getAttribute("data-term")).toBe("wrapUp");
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
  });
}

/** Whether a press in its middle reaches it, and nothing that lies over it. */
function isOnTop(element: Locator): Promise<boolean> {
  return element.evaluate((there) => {
    const box = there.getBoundingClientRect();
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return hit !== null && there.contains(hit);
  });
}
