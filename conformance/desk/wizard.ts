// The first setup as a person walks it in the browser, in any of the languages.
import type { Language, Trade } from "@allo/contract";
import type { Page } from "playwright-core";
import { PASSWORD } from "../call/centre.ts";

export type WizardAnswers = {
  readonly organisation: string;
  readonly administrator: string;
  readonly email: string;
  /** Of the set-up that starts empty. */
  readonly queue: string;
  /** Whose ready-made set-up is taken instead. */
  readonly trade?: Trade;
  readonly number: string;
};
export const languageNames: Readonly<Record<Language, string>> = { en: "English", ru: "Русский", fa: "فارسی" };
export const wizardSteps = ["language", "organisation", "administrator", "trade", "queue", "number", "done"] as const;
export type WizardStep = (typeof wizardSteps)[number];

/** From the printed link to the last screen; `at` is told each step when it is filled in. */
export async function walkWizard(
  page: Page,
  setupUrl: string,
  language: Language,
  answers: WizardAnswers,
  at: (step: WizardStep) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const next = page.locator("button[type=submit]");
  await page.goto(setupUrl);
  await page.locator("main").getByText(languageNames[language], { exact: true }).click();
  await page.locator(`html[lang=${language}]`).waitFor();
  await at("language");
  await next.click();
  await page.locator("form input:focus").fill(answers.organisation);
  await at("organisation");
  await next.click();
  await page.locator("input[autocomplete=name]").fill(answers.administrator);
  await page.locator("input[autocomplete=username]").fill(answers.email);
  await page.locator("input[autocomplete=new-password]").fill(PASSWORD);
  await at("administrator");
  await next.click();
  await page.locator("input[autocomplete=new-password]").waitFor({ state: "detached" });
  await page.locator(`[data-trade=${answers.trade ?? "empty"}]`).click();
  await at("trade");
  await next.click();
  if (answers.trade === undefined) {
    await page.locator("form input:focus").fill(answers.queue);
    await at("queue");
    await next.click();
  }
  await page.locator("input[inputmode=tel]").fill(answers.number);
  await at("number");
  await next.click();
  await page.locator("ol li").first().waitFor();
  await at("done");
}
