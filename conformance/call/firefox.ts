/// <reference lib="dom" />
// Firefox ESR as an agent's browser, by WebDriver BiDi: its fake microphone beeps at 1 kHz, and its own statistics say how loud it hears.
import { existsSync } from "node:fs";
import type { Page } from "puppeteer-core";

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
    // The window's own size: this Firefox doesn't know all that a viewport is set by.
    defaultViewport: null,
    args: ["--width=1440", "--height=900"],
    extraPrefsFirefox: {
      "intl.accept_languages": "en-GB",
      "media.navigator.streams.fake": true,
      "media.navigator.audio.fake_frequency": FIREFOX_HZ,
      "media.navigator.permission.disabled": true,
      "media.autoplay.default": 0,
    },
  });
  const page = await browser.newPage();
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
