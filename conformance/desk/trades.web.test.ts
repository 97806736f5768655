// Ready-made set-ups as people meet them, in Russian and Persian: in the first setup, later beside what is there, and taken back. Roles too.
import type { Language, Trade } from "@allo/contract";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Page } from "playwright-core";
import { axeFinds } from "./axe.ts";
import { enterRoom } from "./rooms.ts";
import { able, answers, useWorld, type World } from "./world.ts";
import { walkWizard } from "./wizard.ts";
import { wordsOf } from "./words.ts";

const run = able ? test : test.skip;
const NARROW_PX = 390;
/** What a native of the trade would look for in the lists. */
const first = {
  ru: { trade: "taxi", queue: "Приём заказов", code: "Отмена заказа", later: "shop", laterName: "Магазин" },
  fa: { trade: "isp", queue: "پشتیبانی فنی", code: "قطعی اینترنت", later: "clinic", laterName: "درمانگاه" },
} as const satisfies Partial<Record<Language, { trade: Trade; queue: string; code: string; later: Trade; laterName: string }>>;

describe.each(["ru", "fa"] as const)("in %s", (language) => {
  const world = useWorld(language);
  const words = wordsOf(language);
  const { trade, queue, code, later } = first[language];
  let page: Page;

  beforeEach(async () => {
    if (able) page = await (await world.chromium().person()).newPage();
  });
  afterEach(async () => {
    if (able) await page.context().close();
  });

  run("the wizard shows what a trade's set-up makes, makes it, and its number leads somewhere", async () => {
    const found: string[] = [];
    await walkWizard(page, await world.program().setupUrl(), language, { ...answers[language], trade }, async (step) => {
      if (step !== "trade") return;
      await page.locator("[data-testid=preset-items] [data-kind=wrapUpCode] button").click();
      await page.locator("[data-testid=preset-item]").getByText(code, { exact: true }).waitFor();
      await page.locator("[data-testid=preset-items] [data-kind=queue] button").click();
      await page.getByText(answers[language].organisation, { exact: false }).first().waitFor(); // agents greet in the organisation's name
      found.push(...(await axeFinds(page, "the wizard's trades", ["light", "dark"])));
      await page.setViewportSize({ width: NARROW_PX, height: 800 });
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      await page.setViewportSize({ width: 1440, height: 900 });
    });
    expect(found).toEqual([]);
    const admin = await world.admin();
    const queues = (await admin.call("queuesList")).items;
    expect(queues.map((each) => each.names[language])).toContain(queue);
    expect((await admin.call("wrapUpCodesList")).items.map((each) => each.names[language])).toContain(code);
    const [number] = (await admin.call("numbersList")).items;
    expect([number?.number, number?.queueId, number?.greetingAudioId]).toEqual([
      answers[language].number,
      queues[0]?.queueId,
      `greeting.${trade}`,
    ]);
  });

  run("another set-up is looked at, made beside what is there, and taken back but for what was changed", async () => {
    await signIn(world, page, language);
    const admin = await world.admin();
    const before = await countInUse(world);
    await enterRoom(page, world.url(), "setup/ready-made");
    expect(await axeFinds(page, "setup/ready-made", ["light"])).toEqual([]);
    await page.locator(`article[data-trade=${later}] button`).click();
    const panel = page.getByRole("dialog");
    await panel.locator("[data-testid=preset-items]").waitFor();
    await panel.locator("input[inputmode=tel]").first().fill("۷۷۷");
    // Breaks and lunch are there from the first setup.
    await panel.locator("[data-kind=reason] button").click();
    await panel.locator("[data-kind=reason] [data-state=kept]").first().waitFor();
    expect(await axeFinds(page, "a set-up's preview", ["light"])).toEqual([]);
    await panel.locator("button[type=submit]").click();
    await panel.locator("[data-testid=preset-done]").waitFor();
    expect(await axeFinds(page, "a set-up's result", ["light"])).toEqual([]);
    const numbers = (await admin.call("numbersList")).items;
    expect(numbers.map((each) => each.number)).toContain("777");
    const made = (await admin.call("presetApplicationsList")).items[0];
    expect(made?.trade).toBe(later);

    const changed = (await admin.call("queuesList")).items.find((each) => made?.made.some(({ id }) => id === each.queueId));
    if (changed === undefined) throw new Error("no queue was made");
    await admin.call("queueUpdate", { params: { queueId: changed.queueId }, body: { wrapUpSeconds: 77, version: changed.version } });
    await page.keyboard.press("Escape");
    await page.locator("[data-testid=preset-application]").first().getByRole("button").click();
    const undo = page.locator("[data-testid=preset-undo]");
    await undo.locator("[data-why=changed]").first().waitFor();
    expect(await axeFinds(page, "undoing a set-up", ["light"])).toEqual([]);
    await page.getByRole("button", { name: words("Undo this set-up") }).click();
    await page.locator("[data-testid=preset-undo][data-undone=true]").waitFor();
    const after = await countInUse(world);
    // What was changed stays, and so does what it needs; the rest is gone.
    expect(after.queues).toBe(before.queues + 1);
    expect([after.codes, after.reasons, after.roles, after.fields]).toEqual([before.codes, before.reasons, before.roles, before.fields]);
  });

  run("a role is copied, given to a person, works at once, and can't be retired while it is held", async () => {
    await signIn(world, page, language);
    const agent = await world.person(`Role ${language}`);
    await enterRoom(page, world.url(), "people?view=roles");
    expect(await axeFinds(page, "people?view=roles", ["light"])).toEqual([]);
    await page
      .locator("[data-testid=role]")
      .nth(2)
      .getByRole("button", { name: words("Copy", "button, a role") })
      .click();
    const form = page.getByRole("dialog");
    await form.getByRole("textbox").first().fill("Ночная смена");
    await form.getByLabel(words("see the floor", "permission"), { exact: true }).check();
    expect(await axeFinds(page, "a role's form", ["light"])).toEqual([]);
    await form.locator("button[type=submit]").click();
    await page.locator("[data-testid=role]").getByText("Ночная смена").waitFor();
    expect((await agent.api.call("sessionGet")).permissions).not.toContain("floor.read");

    await enterRoom(page, world.url(), `people?person=${agent.personId}`);
    await page.getByRole("dialog").getByLabel("Ночная смена", { exact: true }).check();
    await page.getByRole("dialog").locator("button[type=submit]").click();
    await expect.poll(async () => (await agent.api.call("sessionGet")).permissions).toContain("floor.read");

    await enterRoom(page, world.url(), "people?view=roles");
    const card = page.locator("[data-testid=role]", { hasText: "Ночная смена" });
    await card.getByText(agent.name).waitFor();
    await card.getByRole("button", { name: words("Retire", "button, a thing") }).click();
    await page.getByRole("alert").getByText(agent.name).waitFor();
    await page.setViewportSize({ width: NARROW_PX, height: 800 });
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  });
});

async function signIn(world: World, page: Page, language: "ru" | "fa"): Promise<void> {
  await world.admin();
  const tab = await world.tab(answers[language]);
  onTestFinished(() => tab.close());
  await page.context().addCookies(await tab.context().cookies());
  await page.goto(world.url());
  await page.locator(`html[lang=${language}]`).waitFor();
}

async function countInUse(world: World) {
  const admin = await world.admin();
  const count = (list: readonly { readonly retired: boolean }[]): number => list.filter((each) => !each.retired).length;
  return {
    queues: count((await admin.call("queuesList")).items),
    codes: count((await admin.call("wrapUpCodesList")).items),
    reasons: count((await admin.call("reasonsList")).items),
    roles: count((await admin.call("rolesList")).items),
    fields: count((await admin.call("customerFieldsList")).items),
  };
}

/** By how many pixels the page is wider than its window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
