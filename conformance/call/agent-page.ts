// What an agent does at the desk, as a person does it: by the words on the screen.
import { expect } from "vitest";
import type { Page } from "playwright-core";
import { heardFrequency, type AgentBrowser } from "@allo/testkit";

const STATE_MS_MAX = 20_000;

export async function signIn(
  browser: AgentBrowser,
  url: string,
  who: { readonly email: string; readonly password: string },
): Promise<Page> {
  const page = browser.context.pages()[0] ?? (await browser.context.newPage());
  await page.goto(`${url}sign-in`);
  await page.locator("input[name=email]").fill(who.email);
  await page.locator("input[name=password]").fill(who.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(/\/(desk|floor)/);
  return page;
}

/** Goes ready, lets the page have the microphone, and waits until the media path is proven. */
export async function goReady(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Go ready" }).first().click();
  const allow = page.getByRole("button", { name: "Allow the microphone" });
  await Promise.race([allow.waitFor().then(() => allow.click()), state(page, "ready")]);
  await state(page, "ready");
}

/** Waits until the top bar shows this state. */
export async function state(page: Page, wanted: string): Promise<void> {
  await page.locator(`[data-testid="agent-state"][data-state="${wanted}"]`).waitFor({ timeout: STATE_MS_MAX });
}

/** Waits until the page hears this tone (±20 Hz). */
export async function hearsTone(page: Page, hz: number): Promise<void> {
  await expect
    .poll(async () => Math.abs(((await heardFrequency(page)) ?? 0) - hz), { timeout: STATE_MS_MAX, message: `the agent hears ${hz} Hz` })
    .toBeLessThan(20);
}
