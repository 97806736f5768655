// English: the wizard, the first load, every room by keyboard, axe, invitations and blocks.
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import type { Page } from "playwright-core";
import { PASSWORD } from "../call/centre.ts";
import { axeInEveryRoom } from "./room-checks.ts";
import { enterRoom, furnish, rooms } from "./rooms.ts";
import { able, answers, useWorld } from "./world.ts";
import { walkWizard } from "./wizard.ts";

const world = useWorld("en");
const run = able ? test : test.skip;
const FIRST_LOAD_BYTES_MAX = 250 * 1_024;
const TAB_STOPS_MAX = 150;

run("the wizard in English, from the printed link to the desk", async () => {
  const context = await world.chromium().person();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await walkWizard(page, await world.program().setupUrl(), "en", answers.en);
  await page.getByRole("heading", { name: "Take your first call" }).waitFor();
  await page.getByText("sip:600@127.0.0.1").waitFor();
  await page.getByRole("button", { name: "To the desk" }).click();
  await page.locator("html[lang=en][dir=ltr]").waitFor();
  await page.getByRole("navigation").getByRole("link", { name: "Desk" }).waitFor();
});

run("the first load of the desk is under 250 kB of compressed script", async () => {
  await world.admin();
  const page = await world.tab(answers.en);
  const fresh = await world.chromium().person();
  onTestFinished(() => fresh.close());
  await fresh.addCookies(await page.context().cookies());
  const desk = await fresh.newPage();
  const scripts = new Map<string, Promise<number>>();
  desk.on("response", (response) => {
    if (response.request().resourceType() === "script")
      scripts.set(
        response.url(),
        response.body().then((body) => gzipSync(body).length),
      );
  });
  await desk.goto(`${world.url()}desk`);
  await desk.locator('[data-testid="contact-card"]').waitFor();
  const bytes = (await Promise.all(scripts.values())).reduce((sum, each) => sum + each, 0);
  expect(scripts.size).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(FIRST_LOAD_BYTES_MAX);
});

run("every room is reached and walked by keyboard alone, with the focus always in sight", async () => {
  await furnish(world);
  const page = await world.tab(answers.en);
  await enterRoom(page, world.url(), "desk");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.getAttribute("href"))).toBe("#page");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("page");

  for (const room of rooms) {
    // From the top of the page along the rail to the room.
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.locator("a[href='#page']").focus();
    const wanted = `/${room.split("/")[0] ?? ""}`;
    await tabUntil(page, async () => (await page.evaluate(() => document.activeElement?.getAttribute("href"))) === wanted);
    await page.keyboard.press("Enter");
    await page.waitForURL(new RegExp(`${wanted}(/|$)`, "u"));
    await page.locator("main :is(h1, h2)").first().waitFor();
    await page.waitForLoadState("networkidle");
    const stops = await walkFocus(page);
    expect(stops.troubles, room).toEqual([]);
    // Without a call there is nothing to press in the desk's own page: its state stands in the top bar.
    if (room !== "desk") expect(stops.inPage, `${room}: stops inside the page`).toBeGreaterThan(0);

    await page.keyboard.press("?");
    await page.locator("[role=dialog]").waitFor();
    // The dialog takes the focus once it has been drawn.
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.closest("[role=dialog]") !== null), {
        message: `${room}: focus in the sheet`,
      })
      .toBe(true);
    await page.keyboard.press("Escape");
    await page.locator("[role=dialog]").waitFor({ state: "detached" });

    const hasSearch = (await page.locator("[data-search]").count()) > 0;
    await page.keyboard.press("/");
    if (hasSearch)
      await expect
        .poll(() => page.evaluate(() => document.activeElement?.matches("[data-search]")), { message: `${room}: / goes to the search` })
        .toBe(true);
    else {
      await page.locator("[role=dialog]").waitFor();
      await page.keyboard.press("Escape");
      await page.locator("[role=dialog]").waitFor({ state: "detached" });
    }
  }

  await page.keyboard.press("Control+k");
  await page.locator("[role=dialog] input").waitFor();
  await page.keyboard.type("Lost");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/lost-calls$/u);
  await page.locator("[role=grid]").waitFor();
  await tabUntil(page, () => page.evaluate(() => document.activeElement?.getAttribute("role") === "grid"));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator("[role=dialog]").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("[role=dialog]").waitFor({ state: "detached" });
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("role")), { message: "the focus is back in the list" })
    .toBe("grid");
});

run("axe finds nothing in any room in English, in light and dark", async () => {
  const there = await furnish(world);
  const page = await world.tab(answers.en);
  expect(await axeInEveryRoom(page, world.url(), there, ["light", "dark"])).toEqual([]);
});

run("an invitation gives a password and a desk; a person who is blocked is out at once, in an open tab", async () => {
  const admin = await world.admin();
  const { person, invitation } = await admin.call("personCreate", {
    body: { name: "Nora New", email: "nora@example.test", roles: ["agent"], language: "en" },
  });
  const context = await world.chromium().person();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(invitation.url);
  await page.getByText("You will sign in as nora@example.test").waitFor();
  await page.locator("input[name=password]").fill(PASSWORD);
  await page.getByRole("button", { name: "Save and sign in" }).click();
  await page.waitForURL(/\/desk$/u);
  await page.locator('[data-testid="agent-state"][data-state="notReady"]').waitFor();

  await admin.call("personBlock", { params: { personId: person.personId } });
  await page.waitForURL(/\/sign-in/u);
  await page.locator("input[name=email]").fill("nora@example.test");
  await page.locator("input[name=password]").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").waitFor();

  // The link is spent.
  await page.goto(invitation.url);
  await page.getByRole("alert").waitFor();
  expect(await page.locator("input[name=password]").count()).toBe(0);
});

async function tabUntil(page: Page, reached: () => Promise<boolean>): Promise<void> {
  for (let stop = 0; stop < TAB_STOPS_MAX; stop += 1) {
    if (await reached()) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("the focus never came there");
}

type Stop = { readonly what: string; readonly inPage: boolean; readonly trouble: string | null; readonly first: boolean };

/** Tabs once around the page from the skip link; each stop must be seen and outlined. */
async function walkFocus(page: Page): Promise<{ readonly troubles: readonly string[]; readonly inPage: number }> {
  await page.locator("a[href='#page']").focus();
  const troubles: string[] = [];
  let inPage = 0;
  for (let count = 0; count < TAB_STOPS_MAX; count += 1) {
    await page.keyboard.press("Tab");
    const stop: Stop = await page.evaluate(() => {
      const at = document.activeElement;
      if (!(at instanceof HTMLElement) || at === document.body) return { what: "nothing", inPage: false, trouble: null, first: true };
      const box = at.getBoundingClientRect();
      // A switch or a radio of Mantine is drawn by its label: the outline stands beside the input.
      const drawn = [at, at.parentElement, at.nextElementSibling].filter((each) => each !== null).map((each) => getComputedStyle(each));
      // A part of a date is drawn in the accent while it has the focus.
      const filled = at.getAttribute("role") === "spinbutton" && getComputedStyle(at).backgroundColor !== "rgba(0, 0, 0, 0)";
      const outlined =
        filled ||
        drawn.some((style) => (style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none") ||
        at.matches("input, textarea");
      const seen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
      const what = `${at.tagName.toLowerCase()} ${at.getAttribute("aria-label") ?? at.textContent.slice(0, 40)}`;
      return {
        what,
        inPage: at.closest("main") !== null && at.id !== "page",
        trouble: seen ? (outlined ? null : `${what} has no outline`) : `${what} is out of sight`,
        first: at.matches("a[href='#page']"),
      };
    });
    if (stop.first) return { troubles, inPage };
    if (stop.trouble !== null) troubles.push(stop.trouble);
    if (stop.inPage) inPage += 1;
  }
  return { troubles: [...troubles, "the focus never came round"], inPage };
}
