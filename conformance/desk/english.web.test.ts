// English: the wizard, the first load, from room to room by keyboard, invitations and blocks.
import { expect, onTestFinished, test } from "vitest";
import type { Page } from "playwright-core";
import { PASSWORD } from "../call/centre.ts";
import { quiet } from "./quiet.ts";
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
  const scripts: Promise<{ readonly path: string; readonly bytes: number }>[] = [];
  // As it came over the wire.
  desk.on("requestfinished", (request) => {
    if (request.resourceType() !== "script") return;
    const { pathname } = new URL(request.url());
    scripts.push(request.sizes().then(({ responseBodySize }) => ({ path: pathname, bytes: responseBodySize })));
  });
  await desk.goto(`${world.url()}desk`);
  await desk.locator('[data-testid="contact-card"]').waitFor();
  const loaded = (await Promise.all(scripts)).toSorted((a, b) => b.bytes - a.bytes);
  const bytes = loaded.reduce((sum, each) => sum + each.bytes, 0);
  expect(loaded.length).toBeGreaterThan(0);
  expect(bytes, loaded.map((each) => `${each.bytes} ${each.path}`).join("\n")).toBeLessThan(FIRST_LOAD_BYTES_MAX);
});

run("every room is reached by keyboard alone, with its sheet of keys and its search", async () => {
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
    await quiet(page);

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
