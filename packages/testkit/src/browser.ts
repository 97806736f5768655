/// <reference lib="dom" />
// Chromium as an agent's browser: a tone for a microphone, and a meter on what the page hears.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWav, generateTone } from "@allo/media";
import type { BrowserContext } from "playwright-core";

const BINARY = "/usr/bin/chromium";

/** Whether Debian's Chromium is installed. */
export function hasChromium(): boolean {
  return existsSync(BINARY);
}

export type AgentBrowser = { readonly context: BrowserContext; readonly close: () => Promise<void> };

/** A browser of its own with an empty profile; the microphone says `toneHz` all the time. */
export async function openBrowser(options: {
  readonly toneHz: number;
  readonly locale?: string;
  readonly viewport?: { width: number; height: number };
  readonly colorScheme?: "light" | "dark";
  /** A home folder of its own, with the authorities that this browser trusts in .pki/nssdb. */
  readonly home?: string;
  /** A network namespace (ip-netns) that it lives in: another machine as far as the network goes. */
  readonly namespace?: string;
}): Promise<AgentBrowser> {
  const folder = mkdtempSync(join(tmpdir(), "allo-browser-"));
  const tone = join(folder, "microphone.wav");
  const sampleRate = 48_000;
  writeFileSync(
    tone,
    buildWav({
      sampleRate,
      channels: 1,
      samples: generateTone({ frequencyHz: options.toneHz, durationMs: 20_000, amplitude: 12_000, sampleRate }),
    }),
  );
  // Loaded here: most of those who use this package never open a browser.
  const { chromium } = await import("playwright-core");
  const context = await chromium.launchPersistentContext(join(folder, "profile"), {
    executablePath: options.namespace === undefined ? BINARY : inNamespace(folder, options.namespace),
    headless: true,
    locale: options.locale ?? "en-GB",
    viewport: options.viewport ?? { width: 1440, height: 900 },
    permissions: ["microphone"],
    ...(options.colorScheme === undefined ? {} : { colorScheme: options.colorScheme }),
    ...(options.home === undefined ? {} : { env: { ...process.env, HOME: options.home } }),
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
      `--use-file-for-fake-audio-capture=${tone}`,
      "--allow-loopback-in-peer-connection",
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
  // A second ear on every remote track, so that a test can ask which tone the page hears.
  await context.addInitScript(() => {
    const Original = window.RTCPeerConnection;
    const heard: { analyser: AnalyserNode; rate: number }[] = [];
    const connections: RTCPeerConnection[] = [];
    Object.assign(window, { alloHeard: heard, alloConnections: connections });
    window.RTCPeerConnection = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        connections.push(this);
        this.addEventListener("track", (event) => {
          const audio = new AudioContext();
          const analyser = audio.createAnalyser();
          analyser.fftSize = 8_192;
          audio.createMediaStreamSource(new MediaStream([event.track])).connect(analyser);
          heard.push({ analyser, rate: audio.sampleRate });
        });
      }
    };
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function inNamespace(folder: string, namespace: string): string {
  const path = join(folder, "chromium-in-namespace");
  writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${namespace} ${BINARY} "$@"\n`, { mode: 0o755 });
  return path;
}

/** The strongest frequency the page hears now on its newest connection, in Hz; null while it is quiet. */
export async function heardFrequency(page: { evaluate: <T>(run: () => T) => Promise<T> }): Promise<number | null> {
  return page.evaluate(() => {
    const heard = (window as unknown as { alloHeard?: { analyser: AnalyserNode; rate: number }[] }).alloHeard?.at(-1);
    if (heard === undefined) return null;
    const bins = new Float32Array(heard.analyser.frequencyBinCount);
    heard.analyser.getFloatFrequencyData(bins);
    let best = 0;
    for (let i = 1; i < bins.length; i += 1) if ((bins[i] as number) > (bins[best] as number)) best = i;
    return (bins[best] as number) < -60 ? null : (best * heard.rate) / heard.analyser.fftSize;
  });
}
