// Russian from the printed link on.
import { expect, test } from "vitest";
import { able, answers, useWorld } from "./world.ts";
import { walkWizard } from "./wizard.ts";
import { wordsOf } from "./words.ts";

const world = useWorld("ru");
const run = able ? test : test.skip;

run("the wizard in Russian, from the printed link to the desk", async () => {
  const context = await world.chromium().person({ locale: "ru-RU", timeZone: "Europe/Moscow" });
  const page = await context.newPage();
  const words = wordsOf("ru");
  await walkWizard(page, await world.program().setupUrl(), "ru", answers.ru);
  await page.getByRole("heading", { name: words("Take your first call") }).waitFor();
  await page.getByRole("button", { name: words("To the desk") }).click();
  await page.locator("html[lang=ru][dir=ltr]").waitFor();
  await page
    .locator("nav")
    .getByRole("link", { name: words("Desk", "room") })
    .waitFor();
  const me = await (await world.admin()).call("sessionGet");
  expect(me).toMatchObject({ language: "ru", organisation: { defaultCountry: "RU", timeZone: "Europe/Moscow" } });
  // The link worked once: whoever opens it again is led to sign in.
  await page.goto(await world.program().setupUrl());
  await page.waitForURL(/\/desk$|\/sign-in$/u);
  await context.close();
});
