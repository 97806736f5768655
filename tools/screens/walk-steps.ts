// What every part of the walk does with a page.
import type { Page } from "playwright-core";
import { goReadyOn, type Chromium } from "../../conformance/desk/chromium.ts";
import type { Album } from "./album.ts";
import { until, type ScreenCentre } from "./centre.ts";

export type Walk = {
  readonly centre: ScreenCentre;
  readonly chromium: Chromium;
  readonly album: Album;
  readonly lead: Page;
  readonly agent: Page;
};

export async function goReadyIfResting(page: Page): Promise<void> {
  const shown = page.locator('[data-testid="agent-state"]:not([data-state="wrapUp"])');
  await shown.waitFor();
  if ((await shown.getAttribute("data-state")) === "notReady") await goReadyOn(page);
}

export async function finishWrapUp(page: Page): Promise<void> {
  await page.locator('[data-testid="codes"] [role=option]').first().click();
  await page.locator('[data-testid="contact-card"] button[title="Ctrl + Enter"]').click();
  await page.locator('[data-testid="agent-state"]:not([data-state="wrapUp"])').waitFor();
}

export async function proven(centre: ScreenCentre, agent = 0): Promise<void> {
  await until("the phone is proven", async () => ((await centre.agents[agent]?.api.call("deskGet"))?.phone.proven === true ? true : null));
}

export const state = (page: Page, wanted: string): Promise<void> =>
  page.locator(`[data-testid="agent-state"][data-state="${wanted}"]`).waitFor();
export const dialog = (page: Page): Promise<void> => page.locator("[role=dialog]").first().waitFor();
