// Persian from the printed link on: the wizard, the shell from right to left.
import { expect, test } from "vitest";
import { able, answers, useWorld } from "./world.ts";
import { walkWizard } from "./wizard.ts";
import { wordsOf } from "./words.ts";

const world = useWorld("fa");
const run = able ? test : test.skip;

run("the wizard in Persian, from the printed link to the desk", async () => {
  const context = await world.chromium().person();
  const page = await context.newPage();
  const words = wordsOf("fa");
  await walkWizard(page, await world.program().setupUrl(), "fa", answers.fa);
  await page.getByRole("heading", { name: words("Take your first call") }).waitFor();
  await page.getByRole("button", { name: words("To the desk") }).click();
  await page.locator("html[lang=fa][dir=rtl]").waitFor();
  const rail = page.locator("nav");
  await rail.getByRole("link", { name: words("Desk", "room") }).waitFor();
  // The rail stands where a Persian line begins: at the right.
  expect((await rail.boundingBox())?.x ?? 0).toBeGreaterThan(1_300);
  await context.close();
});
