// One Chromium for several people: each gets a browser context of their own, with a microphone that beeps.
import type { Browser, BrowserContext, Page } from "playwright-core";

const BINARY = "/usr/bin/chromium";

export type Chromium = {
  /** A person's browser: no cookies, nothing stored. */
  readonly person: (wish?: PersonWish) => Promise<BrowserContext>;
  readonly close: () => Promise<void>;
};
export type PersonWish = {
  readonly locale?: string;
  readonly timeZone?: string;
  readonly colorScheme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
  /** False: the page has to ask for it. */
  readonly microphone?: boolean;
};

export async function openChromium(): Promise<Chromium> {
  const { chromium } = await import("playwright-core");
  const browser: Browser = await chromium.launch({
    executablePath: BINARY,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      "--allow-loopback-in-peer-connection",
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
  return {
    person: (wish = {}) =>
      browser.newContext({
        locale: wish.locale ?? "en-GB",
        timezoneId: wish.timeZone ?? "Europe/London",
        colorScheme: wish.colorScheme ?? "light",
        reducedMotion: "reduce",
        viewport: { width: wish.width ?? 1440, height: wish.height ?? 900 },
        permissions: wish.microphone === false ? [] : ["microphone"],
      }),
    close: () => browser.close(),
  };
}

/** Signs in by the form, in whatever language it stands. */
export async function signInOn(
  context: BrowserContext,
  url: string,
  who: { readonly email: string; readonly password: string },
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}sign-in`);
  await page.locator("input[name=email]").fill(who.email);
  await page.locator("input[name=password]").fill(who.password);
  await page.locator("button[type=submit]").click();
  await page.locator("nav a[href='/desk']").waitFor();
  return page;
}

/** Goes ready by the button of the top bar, and lets the page have the microphone if it asks. */
export async function goReadyOn(page: Page): Promise<void> {
  const ready = page.locator('[data-testid="agent-state"][data-state="ready"]');
  await page.locator('[data-testid="agent-state"] > button').last().click();
  const allow = page.locator('[role="dialog"] button:has(svg.tabler-icon-microphone)');
  await Promise.race([allow.waitFor().then(() => allow.click()), ready.waitFor()]);
  await ready.waitFor();
}
