// The first call of a newcomer: from the printed link through the wizard to "you were heard", in three languages; and what may be in its way.
import { afterAll, beforeAll, expect, onTestFailed, onTestFinished, test } from "vitest";
import type { Language } from "@allo/contract";
import { hasChromium, startProgram, type Program } from "@allo/testkit";
import type { Page } from "playwright-core";
import { MAIN } from "../call/centre.ts";
import { axeFinds } from "./axe.ts";
import { openChromium, type Chromium, type PersonWish } from "./chromium.ts";
import { walkWizard } from "./wizard.ts";
import { answers } from "./world.ts";
import { wordsOf } from "./words.ts";

const CALL_MS_MAX = 60_000;
const run = hasChromium() ? test : test.skip;
let chromium: Chromium | null = null;

beforeAll(async () => {
  if (hasChromium()) chromium = await openChromium();
});
afterAll(async () => {
  await chromium?.close();
});

/** A program of its own at its first setup, and a page that has walked the wizard to its end. */
async function walkedPage(language: Language, wish: PersonWish = {}, prepare: (page: Page) => Promise<void> = () => Promise.resolve()) {
  if (chromium === null) throw new Error("no browser");
  const program: Program = await startProgram({ main: MAIN });
  onTestFinished(() => program.stop());
  onTestFailed(() => {
    process.stderr.write(`${program.logs()}\n`);
  });
  const context = await chromium.person(wish);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await prepare(page);
  await walkWizard(page, await program.setupUrl(), language, answers[language]);
  return { page };
}

const stage = (page: Page, wanted: string) => page.locator(`[data-testid="test-call"][data-stage="${wanted}"]`);

for (const language of ["en", "ru", "fa"] as const) {
  run(`the wizard ends with a call that is answered and heard (${language})`, async () => {
    const { page } = await walkedPage(language);
    const words = wordsOf(language);
    await page.getByRole("heading", { name: words("Take your first call") }).waitFor();
    await stage(page, "idle").waitFor();
    expect(await axeFinds(page, "before the call", ["light"])).toEqual([]);
    await page.getByTestId("test-call-begin").click();
    await page.getByTestId("test-call-answer").waitFor({ timeout: CALL_MS_MAX });
    expect(await axeFinds(page, "ringing", ["light"])).toEqual([]);
    // The button has the focus while it rings: Enter answers.
    await page.keyboard.press("Enter");
    await page.locator('[data-step="answer"][data-status="done"]').waitFor({ timeout: CALL_MS_MAX });
    await stage(page, "heard").waitFor({ timeout: CALL_MS_MAX });
    await page.getByRole("heading", { name: words("You were heard") }).waitFor();
    await page.locator('[data-testid="test-call-heard"][data-over="true"]').waitFor({ timeout: CALL_MS_MAX });
    expect(await page.locator('[data-testid="test-call-steps"] [data-status="done"]').count()).toBe(8);
    expect(await axeFinds(page, "heard", ["light", "dark"])).toEqual([]);
    // What it leaves of wrap-up is finished by itself, and the desk is one press away.
    await page
      .getByRole("button", { name: words("To the desk") })
      .last()
      .click();
    await page.locator('[data-testid="agent-state"][data-state="ready"]').waitFor();
  });
}

run("a refused microphone is named with its remedy, and the call goes on once it is allowed", async () => {
  const { page } = await walkedPage("en", { microphone: false }, async (opened) => {
    await opened.addInitScript(() => {
      const devices = navigator.mediaDevices;
      const real = devices.getUserMedia.bind(devices);
      Object.assign(globalThis, { letMicrophone: false });
      devices.getUserMedia = (wish) =>
        (globalThis as unknown as { letMicrophone: boolean }).letMicrophone
          ? real(wish)
          : Promise.reject(new DOMException("Permission denied", "NotAllowedError"));
    });
  });
  await page.getByTestId("test-call-begin").click();
  await page.locator('[data-testid="obstacle"][data-code="denied"]').waitFor();
  await page.locator('[data-step="microphone"][data-status="failed"]').waitFor();
  expect(await page.getByTestId("obstacle").innerText()).toContain("Press the sign at the beginning of the address");
  expect(await axeFinds(page, "refused microphone", ["light", "dark"])).toEqual([]);
  await page.evaluate(() => Object.assign(globalThis, { letMicrophone: true }));
  await page.getByTestId("test-call-again").click();
  await page.getByTestId("test-call-answer").waitFor({ timeout: CALL_MS_MAX });
});

run("a computer without a microphone is told so", async () => {
  const { page } = await walkedPage("en", {}, async (opened) => {
    await opened.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("Requested device not found", "NotFoundError"));
    });
  });
  await page.getByTestId("test-call-begin").click();
  await page.locator('[data-testid="obstacle"][data-code="absent"]').waitFor();
});

run("a muted microphone is told from a missing voice, by what the caller heard", async () => {
  const { page } = await walkedPage("en", {}, async (opened) => {
    await opened.addInitScript(() => {
      // A headset with its switch off: the device is there and sends digital silence.
      const devices = navigator.mediaDevices;
      const real = devices.getUserMedia.bind(devices);
      devices.getUserMedia = async (wish) => {
        const sound = new AudioContext();
        const volume = new GainNode(sound, { gain: 0 });
        const muted = sound.createMediaStreamDestination();
        sound
          .createMediaStreamSource(await real(wish))
          .connect(volume)
          .connect(muted);
        return muted.stream;
      };
    });
  });
  await page.getByTestId("test-call-begin").click();
  await page.getByTestId("test-call-answer").waitFor({ timeout: CALL_MS_MAX });
  await page.keyboard.press("Enter");
  await page.getByTestId("obstacle").waitFor({ timeout: CALL_MS_MAX });
  expect(await page.getByTestId("obstacle").getAttribute("data-code")).toBe("notHeard");
  await page.getByText("Your microphone sends pure silence: it is muted").waitFor();
  await page.locator('[data-step="voice"][data-status="failed"]').waitFor();
});
