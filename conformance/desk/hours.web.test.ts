// Projects and opening hours as an administrator meets them, by keyboard, in Russian and Persian: made, chosen in a number, seen elsewhere.
import type { Language } from "@allo/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { axeFinds } from "./axe.ts";
import { enterRoom } from "./rooms.ts";
import { able, answers, useWorld } from "./world.ts";
import { wordsOf } from "./words.ts";

const run = able ? test : test.skip;
const NARROW_PX = 390;
const names = {
  ru: { project: "Первый банк", hours: "Круглая неделя", holiday: "Санитарный день" },
  fa: { project: "بانک نخست", hours: "همهٔ هفته", holiday: "روز نظافت" },
} as const satisfies Partial<Record<Language, { project: string; hours: string; holiday: string }>>;

describe.each(["ru", "fa"] as const)("in %s", (language) => {
  const world = useWorld(language);
  const words = wordsOf(language);
  const { project, hours, holiday } = names[language];
  let page: Page;

  beforeEach(async () => {
    if (!able) return;
    await world.admin();
    page = await world.tab(answers[language]);
    await page.locator(`html[lang=${language}]`).waitFor();
  });
  afterEach(async () => {
    await page?.context().close();
  });
  const look = async (name: string): Promise<void> => {
    expect(await axeFinds(page, name, ["light", "dark"])).toEqual([]);
    await page.setViewportSize({ width: NARROW_PX, height: 844 });
    expect([name, await overflow(page)]).toEqual([name, 0]);
    await shot(page, `${language}-${name}-390`);
    await page.setViewportSize({ width: 1440, height: 900 });
    await shot(page, `${language}-${name}`);
  };

  run("a project is added; then queues, lists and the floor speak of projects", async () => {
    const admin = await world.admin();
    await enterRoom(page, world.url(), "floor");
    await page.locator("[data-testid=queue-tile]").first().waitFor();
    expect(await page.getByLabel(words("Project"), { exact: true }).count()).toBe(0);
    await enterRoom(page, world.url(), "setup/projects");
    await look("projects");
    await page.getByRole("button", { name: words("Add a project") }).press("Enter");
    await page.locator("input:focus").waitFor();
    await page.keyboard.type(project);
    await page.keyboard.press("Enter");
    await page.locator("[data-testid=project]", { hasText: project }).waitFor();
    const [, made] = (await admin.call("projectsList")).items;
    expect(made).toMatchObject({ name: project, inHouse: false });

    await enterRoom(page, world.url(), "setup/queues");
    await page.getByRole("button", { name: words("Add a queue") }).click();
    const dialog = page.getByRole("dialog");
    await dialog.locator("input").first().fill(`Q-${language}`);
    const add = dialog.getByRole("button", { name: words("Add the queue") });
    expect(await add.isDisabled()).toBe(true);
    await dialog.getByRole("combobox", { name: words("Project") }).click();
    await page.getByRole("option", { name: project }).click();
    await add.click();
    await expect.poll(async () => (await admin.call("queuesList")).items.at(-1)?.projectId).toBe(made?.projectId);
    await page.locator("[data-testid=queue-form]").waitFor();
    expect(await axeFinds(page, "a queue of a project", ["light"])).toEqual([]);

    await enterRoom(page, world.url(), "floor");
    await page.getByRole("combobox", { name: words("Project") }).click();
    await page.getByRole("option", { name: project }).click();
    await expect.poll(() => page.locator("[data-testid=queue-tile]").count()).toBe(1);
    await page.locator("[data-testid=queue-tile]", { hasText: project }).waitFor();
    await look("floor");
    for (const room of ["contacts", "lost-calls", "customers"]) {
      await enterRoom(page, world.url(), room);
      await page.getByRole("combobox", { name: words("Project") }).waitFor();
      await look(room);
    }
    await enterRoom(page, world.url(), "setup/projects");
    const card = page.locator("[data-testid=project]", { hasText: project });
    await card.getByRole("button", { name: words("Retire", "button, a thing") }).click();
    await page.getByRole("alert").getByText(`Q-${language}`).waitFor();
  });

  run("opening hours are written by keyboard, said as a sentence, and followed by a number", async () => {
    const admin = await world.admin();
    await enterRoom(page, world.url(), "setup/hours");
    await look("hours-empty");
    await page.getByRole("button", { name: words("Add opening hours") }).press("Enter");
    const form = page.locator("[data-testid=hours-form]");
    await form.locator("input").first().fill(hours);
    const monday = form.locator("[data-testid=weekday]").nth(language === "fa" ? 2 : 0);
    await monday.locator("input").first().focus();
    await page.keyboard.type(language === "fa" ? "۸۳۰" : "8.30");
    await page.keyboard.press("Tab");
    await page.keyboard.type("22");
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => monday.locator("input").nth(1).inputValue()).toBe(language === "fa" ? "۲۲:۳۰" : "22:30");
    await monday.locator("button:has(.tabler-icon-arrow-bar-down)").press("Enter");
    await form
      .getByTestId("hours-sentence")
      .getByText(language === "fa" ? "۸:۳۰" : "8:30", { exact: false })
      .first()
      .waitFor();
    await form.getByRole("button", { name: words("Add a day") }).press("Enter");
    const exception = form.locator("[data-testid=exception]");
    await exception.getByLabel(words("What day it is", "a holiday")).fill(holiday);
    await form.getByTestId("hours-sentence").getByText(holiday, { exact: false }).waitFor();
    await look("hours-form");
    await form.locator("button[type=submit]").press("Enter");
    await page.locator("[data-testid=hours]", { hasText: hours }).waitFor();
    await look("hours");
    const [made] = (await admin.call("hoursList")).items;
    expect(made?.week).toMatchObject({
      monday: [{ from: "08:30", to: "22:30" }],
      thursday: [{ from: "08:30", to: "22:30" }],
    });
    expect(made?.exceptions).toMatchObject([{ names: { [language]: holiday }, intervals: [] }]);

    await enterRoom(page, world.url(), "setup/numbers");
    await page
      .locator("[data-testid=number]")
      .getByRole("button", { name: words("Change", "button") })
      .first()
      .click();
    const numberForm = page.locator("[data-testid=number-form]");
    await numberForm.getByRole("combobox", { name: words("Opening hours") }).click();
    await page.getByRole("option", { name: hours }).click();
    await numberForm.getByRole("combobox", { name: words("Outside opening hours callers hear") }).waitFor();
    await look("number");
    await numberForm.locator("button[type=submit]").click();
    await expect.poll(async () => (await admin.call("numbersList")).items[0]?.hoursId).toBe(made?.hoursId);

    await enterRoom(page, world.url(), "setup/hours");
    await page
      .locator("[data-testid=hours]")
      .getByRole("button", { name: words("Retire", "button, a thing") })
      .click();
    await page.getByRole("alert").getByText("600").waitFor();
  });
});

/** By how many pixels the page is wider than its window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** A picture to look at, where one asks for them. */
async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env["ALLO_TEST_SHOTS"];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
}
