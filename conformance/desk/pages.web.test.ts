// Every page of the desk's own route table and every part of its setup: axe, the keyboard, 390 pixels, and what it costs.
import { expect, onTestFinished, test } from "vitest";
import type { Language } from "@allo/contract";
import type { Page } from "playwright-core";
import { linkToken } from "../call/centre.ts";
import { axeFinds } from "./axe.ts";
import { Budget, watchPage } from "./page-budget.ts";
import { manyRows, ROWS } from "./many-rows.ts";
import { openByKeys, walkFocus } from "./page-keys.ts";
import { deskPages, enterPage, everywhere, pagesOfDesk, type DeskPage } from "./pages.ts";
import { furnish } from "./rooms.ts";
import { able, answers, useWorld } from "./world.ts";

const world = useWorld("en");
const run = able ? test : test.skip;
const NARROW = { width: 390, height: 844 };
const WIDE = { width: 1440, height: 900 };
/** Many pages one after another, on a machine that may have other work. */
const WALK_MS_MAX = 600_000;
let invited = 0;

type Tabs = { readonly inside: Page; readonly outside: Page; readonly pages: ReadonlyMap<string, DeskPage> };

/** The pages, with a tab for those one sees signed in and one for those outside, in a language. */
async function tabsIn(language: Language): Promise<Tabs> {
  const there = await furnish(world);
  const admin = await world.admin();
  await admin.call("sessionPatch", { body: { language } });
  const { invitation } = await admin.call("personCreate", {
    body: { name: "Invited", email: `invited${(invited += 1)}@example.test`, roles: ["agent"], language },
  });
  const inside = await world.tab(answers.en);
  await inside.locator(`html[lang=${language}]`).waitFor();
  const context = await world.chromium().person({ locale: language });
  onTestFinished(() => context.close());
  return { inside, outside: await context.newPage(), pages: deskPages({ ...there, invitation: linkToken(invitation.url) }) };
}

/** Goes through the pages; what is found is named by the page it is on. */
async function eachPage(tabs: Tabs, look: (tab: Page, wanted: DeskPage) => Promise<readonly string[]>): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [path, wanted] of tabs.pages) {
    if (wanted.leadsOn === true) continue;
    const tab = wanted.outside === true ? tabs.outside : tabs.inside;
    try {
      await enterPage(tab, world.url(), wanted);
      found.push(...(await look(tab, wanted)).map((each) => `${path}: ${each}`));
    } catch (error) {
      found.push(`${path}: ${String(error).split("\n").slice(0, 3).join(" ")}`);
    }
  }
  return found;
}

/** By how much the page is wider than its window, and what sticks out. */
async function overflowAt390(tab: Page): Promise<readonly string[]> {
  await tab.setViewportSize(NARROW);
  const wider = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return wider > 0 ? [`${wider} px wider than the window at ${NARROW.width}`] : [];
}

run("every path of the route table and every part of the setup has its check here", async () => {
  const { inside, pages } = await tabsIn("en");
  const wanted = await pagesOfDesk(inside);
  expect(wanted.length).toBeGreaterThan(20);
  expect([...pages.keys()].filter((path) => !path.includes("?")).toSorted()).toEqual(wanted.toSorted());
});

run(
  "axe finds nothing on any page in English, in light and dark, nor at 390 pixels, and none is wider than its window; by keyboard every page is walked in order with the focus in sight; what opens takes the focus, is clean, closes by Escape and gives it back",
  async () => {
    const tabs = await tabsIn("en");
    const found = await eachPage(tabs, async (tab, wanted) => {
      const wide = await axeFinds(tab, "wide", ["light", "dark"]);
      const narrow = [...(await overflowAt390(tab)), ...(await axeFinds(tab, "390", ["light"]))];
      await tab.setViewportSize(WIDE);
      await tab.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
      const walk = await walkFocus(tab);
      const found = [...walk.troubles];
      for (const opening of wanted.address === "desk" ? everywhere : wanted.opens)
        found.push(...(await openByKeys(tab, opening, () => axeFinds(tab, opening.name, ["light", "dark"]))));
      return [...wide, ...narrow, ...found];
    });
    expect(found).toEqual([]);
  },
  WALK_MS_MAX,
);

for (const language of ["ru", "fa"] as const) {
  run(
    `${language}: every page says its language and direction, fits 390 pixels${language === "fa" ? ", and axe finds nothing from right to left" : ""}`,
    async () => {
      const tabs = await tabsIn(language);
      const found = await eachPage(tabs, async (tab, wanted) => {
        await tab.locator(`html[lang=${language}][dir=${language === "fa" ? "rtl" : "ltr"}]`).waitFor();
        const axe = language === "fa" ? await axeFinds(tab, "wide", ["light"]) : [];
        const narrow = await overflowAt390(tab);
        await tab.setViewportSize(WIDE);
        const opened: string[] = [];
        if (language === "fa")
          for (const opening of wanted.opens)
            opened.push(...(await openByKeys(tab, opening, () => axeFinds(tab, opening.name, ["light"]))));
        return [...axe, ...narrow, ...opened];
      });
      expect(found).toEqual([]);
    },
    WALK_MS_MAX,
  );
}

run(
  "each page with five hundred rows keeps within its budget: script, requests, elements, standing still, a quiet console, nobody else's server",
  async () => {
    const tabs = await tabsIn("en");
    const origin = new URL(world.url()).origin;
    await manyRows(tabs.inside);
    const [inside, outside] = await Promise.all([watchPage(tabs.inside, origin), watchPage(tabs.outside, origin)]);
    const scripts = new Map<string, ReadonlyMap<string, number>>();
    const found: string[] = [];
    let longest = 0;
    for (const [path, wanted] of tabs.pages) {
      if (wanted.leadsOn === true) continue;
      const tab = wanted.outside === true ? tabs.outside : tabs.inside;
      const visit = (wanted.outside === true ? outside : inside).visit();
      await enterPage(tab, world.url(), wanted);
      // What moves or is asked for late counts too.
      await tab.waitForLoadState("networkidle");
      await tab.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null)))));
      const cost = await visit.cost();
      found.push(...cost.faults.map((fault) => `${path}: ${fault}`));
      if (cost.requests > Budget.requestsMax) found.push(`${path}: ${cost.requests} requests`);
      if (cost.layoutShift >= Budget.layoutShiftMax) found.push(`${path}: moves by ${cost.layoutShift.toFixed(3)} while it loads`);
      if (cost.elements > Budget.elementsMax) found.push(`${path}: ${cost.elements} elements`);
      if (wanted.outside !== true) scripts.set(path, cost.scripts);
      const bytes = sum(cost.scripts.values());
      if (process.env["ALLO_TEST_FIGURES"] !== undefined)
        process.stderr.write(
          `${path.padEnd(26)} ${(bytes / 1_024).toFixed(0)} kB, ${cost.requests} requests, shift ${cost.layoutShift.toFixed(3)}, ${cost.elements} elements\n`,
        );
      if ((await tab.locator("main [role=grid]").count()) > 0)
        longest = Math.max(longest, Number(await tab.locator("main [role=grid]").first().getAttribute("aria-rowcount")));
      if (bytes > Budget.pageBytesMax) found.push(`${path}: ${bytes} bytes of script`);
    }
    expect(longest, "there were long lists to look at").toBeGreaterThan(ROWS);
    const [first = new Map<string, number>(), ...others] = [...scripts.values()];
    const common = new Set([...first.keys()].filter((file) => others.every((each) => each.has(file))));
    for (const [path, loaded] of scripts) {
      // The words beyond the desk's are every other room's.
      const own = sum([...loaded].filter(([file]) => !common.has(file) && !file.includes("/words-")).map(([, bytes]) => bytes));
      if (process.env["ALLO_TEST_FIGURES"] !== undefined)
        process.stderr.write(`${path.padEnd(26)} ${(own / 1_024).toFixed(0)} kB of its own\n`);
      if (own > Budget.roomBytesMax) found.push(`${path}: ${own} bytes of script of its own`);
    }
    expect(found).toEqual([]);
  },
  WALK_MS_MAX,
);

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, each) => total + each, 0);
}
