// The same call as in Chromium, taken in Firefox ESR: on this very machine, by loopback, as a newcomer does.
import { expect, onTestFinished, test } from "vitest";
import { baresipDial, hasBaresip, type BaresipCall } from "@allo/testkit";
import { openCentre } from "./centre.ts";
import { FIREFOX_HZ, handOn, hasFirefox, heardLevel, openFirefox } from "./firefox.ts";
import { hears, hearsMusic } from "./listening.ts";

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
    const hand = handOn(page);
    const state = (wanted: string) => hand.sees(`[data-testid="agent-state"][data-state="${wanted}"]`);

    await page.goto(`${centre.program.url}sign-in`);
    await hand.writes("input[name=email]", centre.agentEmail);
    await hand.writes("input[name=password]", centre.password);
    await page.keyboard.press("Enter");
    await hand.sees("nav a[href='/desk']");
    await hand.presses("Go ready");
    await Promise.race([hand.presses("Allow the microphone"), state("ready")]);
    await state("ready");
    await expect.poll(async () => (await centre.agent.call("deskGet")).phone.proven, { timeout: 20_000 }).toBe(true);

    caller = baresipDial({ uri: `sip:${centre.number}@127.0.0.1:${centre.program.sipPort}`, toneHz: 620, from: "02079460123" });
    await caller.established;
    await state("ringing");
    await hand.presses("Answer");
    await state("talking");
    await hears(caller, FIREFOX_HZ);
    await expect.poll(() => heardLevel(page), { timeout: 20_000, message: "Firefox hears the caller's tone" }).toBeGreaterThan(0.1);

    await hand.presses("Hold");
    await hearsMusic(caller, FIREFOX_HZ);
    await expect.poll(() => heardLevel(page), { timeout: 20_000, message: "nobody is heard on hold" }).toBeLessThan(0.01);
    await hand.presses("Back to the call");
    await hears(caller, FIREFOX_HZ);

    await caller.hangUp();
    await state("wrapUp");
    const { contact } = await centre.agent.call("deskGet");
    expect(contact?.cause).toMatchObject({ by: "caller", why: "hungUp" });
  },
  120_000,
);
