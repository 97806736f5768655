// The same call as in Chromium, taken in Firefox ESR: on this very machine, by loopback, as a newcomer does.
import { expect, onTestFinished, test } from "vitest";
import { baresipDial, hasBaresip, type BaresipCall } from "@allo/testkit";
import { openCentre } from "./centre.ts";
import { FIREFOX_HZ, hasFirefox, heardLevel, openFirefox } from "./firefox.ts";
import { callerHears, callerHearsMusic } from "./listening.ts";

(hasFirefox() && hasBaresip() ? test : test.skip)(
  "a call is answered in Firefox ESR and heard both ways, with hold and wrap-up",
  async () => {
    const centre = await openCentre();
    const firefox = await openFirefox();
    let caller: BaresipCall | null = null;
    onTestFinished(async () => {
      caller?.kill();
      await firefox.close();
      await centre.program.stop();
    });
    const { page } = firefox;
    const state = (wanted: string) => page.waitForSelector(`[data-testid="agent-state"][data-state="${wanted}"]`, { timeout: 20_000 });

    await page.goto(`${centre.program.url}sign-in`);
    await page.locator("input[name=email]").fill(centre.agentEmail);
    await page.locator("input[name=password]").fill(centre.password);
    await page.locator("button[type=submit]").click();
    await page.waitForSelector("nav a[href='/desk']");
    await page.locator("aria/Go ready").click();
    await Promise.race([page.locator("aria/Allow the microphone").click(), state("ready")]);
    await state("ready");
    await expect.poll(async () => (await centre.agent.call("deskGet")).phone.proven, { timeout: 20_000 }).toBe(true);

    caller = baresipDial({ uri: `sip:${centre.number}@127.0.0.1:${centre.program.sipPort}`, toneHz: 620, from: "02079460123" });
    await caller.established;
    await state("ringing");
    await page.locator("aria/Answer").click();
    await state("talking");
    await callerHears(caller, FIREFOX_HZ);
    await expect.poll(() => heardLevel(page), { timeout: 20_000, message: "Firefox hears the caller's tone" }).toBeGreaterThan(0.1);

    await page.locator("aria/Hold").click();
    await callerHearsMusic(caller, FIREFOX_HZ);
    await expect.poll(() => heardLevel(page), { timeout: 20_000, message: "nobody is heard on hold" }).toBeLessThan(0.01);
    await page.locator("aria/Back to the call").click();
    await callerHears(caller, FIREFOX_HZ);

    await caller.hangUp();
    await state("wrapUp");
    const { contact } = await centre.agent.call("deskGet");
    expect(contact?.cause).toMatchObject({ by: "caller", why: "hungUp" });
  },
  120_000,
);
