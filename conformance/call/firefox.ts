/// <reference lib="dom" />
// Firefox ESR as an agent's browser, by WebDriver BiDi: its fake microphone beeps at 1 kHz, and its own statistics say how loud it hears.
import { existsSync } from "node:fs";
import type { Page } from "puppeteer-core";
import { expect } from "vitest";

const BINARY = "/usr/bin/firefox-esr";
export const FIREFOX_HZ = 1_000;

/** Whether Debian's Firefox ESR is installed. */
export function hasFirefox(): boolean {
  return existsSync(BINARY);
}

export type Firefox = { readonly page: Page; readonly close: () => Promise<void> };

/** A browser with an empty profile that lets pages have the microphone. */
export async function openFirefox(): Promise<Firefox> {
  const { default: puppeteer } = await import("puppeteer-core");
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: BINARY,
    headless: true,
    // Set below: this Firefox doesn't know all that a viewport is set by, and a page would not be made.
    defaultViewport: null,
    extraPrefsFirefox: {
      "intl.accept_languages": "en-GB",
      "media.navigator.streams.fake": true,
      "media.navigator.audio.fake_frequency": FIREFOX_HZ,
      "media.navigator.permission.disabled": true,
      "media.autoplay.default": 0,
    },
  });
  const page = await browser.newPage();
  await page.setViewport({ width: 1440, height: 900 }).catch((error: unknown) => {
    // The size itself was set beside it; Firefox ESR 140 can't turn its screen.
    if (!String(error).includes("setScreenOrientationOverride")) throw error;
  });
  await page.evaluateOnNewDocument(() => {
    const Original = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        (window as unknown as { alloConnection: RTCPeerConnection }).alloConnection = this;
      }
    };
  });
  return { page, close: () => browser.close() };
}

/**
 * What a person does on the page. The driver's own locators look by functions made of text, which the page's policy forbids in this Firefox.
 */
export type Hand = {
  readonly sees: (selector: string) => Promise<void>;
  /** Waits for a button of this name and presses it. */
  readonly presses: (name: string) => Promise<void>;
  readonly writes: (selector: string, text: string) => Promise<void>;
};

export function handOn(page: Page): Hand {
  const sees = async (selector: string): Promise<void> => {
    const isThere = () => page.evaluate((wanted) => document.querySelector(wanted) !== null, selector);
    await expect.poll(isThere, { timeout: 20_000, message: selector }).toBe(true);
  };
  return {
    sees,
    presses: async (name) => {
      const press = () =>
        page.evaluate((wanted) => {
          const button = [...document.querySelectorAll("button")].find((each) => each.textContent.trim() === wanted && !each.disabled);
          button?.click();
          return button !== undefined;
        }, name);
      await expect.poll(press, { timeout: 20_000, message: name }).toBe(true);
    },
    writes: async (selector, text) => {
      await sees(selector);
      await page.evaluate((wanted) => document.querySelector<HTMLElement>(wanted)?.focus(), selector);
      await page.keyboard.type(text);
    },
  };
}

/** How loud the page hears its newest connection now: 0 (silence) to 1. A machine without a loudspeaker has no running AudioContext to ask. */
export async function heardLevel(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const connection = (window as unknown as { alloConnection?: RTCPeerConnection }).alloConnection;
    let level = 0;
    for (const report of (await connection?.getStats())?.values() ?? [])
      if (report.type === "inbound-rtp" && typeof report.audioLevel === "number") level = report.audioLevel;
    return level;
  });
}
