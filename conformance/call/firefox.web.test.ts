// The same call as in Chromium, taken in Firefox ESR: on this very machine, by loopback, as a newcomer does.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { baresipDial, hasBaresip, type BaresipCall } from "@allo/testkit";
import { openCentre } from "./centre.ts";
import { FIREFOX_HZ, handOn, hasFirefox, heardLevel, openFirefox } from "./firefox.ts";
import { hears, hearsMusic, longestGapMs } from "./listening.ts";

const NFT = "/usr/sbin/nft";
const GAP_MS_MAX = 3_000;
const cutsPaths = process.getuid?.() === 0 && existsSync(NFT);

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

    // The path dies: it makes another, beside it.
    if (cutsPaths) {
      const before = caller.heard().length;
      cutPath(await page.evaluate(ownPort));
      await expect.poll(() => longestGapMs(caller?.heard().subarray(before - 8_000) ?? new Int16Array(), FIREFOX_HZ)).toBeGreaterThan(0);
      const gapMs = longestGapMs(caller.heard().subarray(before - 8_000), FIREFOX_HZ);
      if (process.env["ALLO_TEST_SAY"] === "1") process.stderr.write(`Firefox: the caller heard nothing for ${gapMs} ms\n`);
      expect(gapMs).toBeLessThan(GAP_MS_MAX);
      await expect.poll(() => heardLevel(page), { timeout: 20_000, message: "Firefox hears the caller again" }).toBeGreaterThan(0.1);
    }

    await caller.hangUp();
    await state("wrapUp");
    const { contact } = await centre.agent.call("deskGet");
    expect(contact?.cause).toMatchObject({ by: "caller", why: "hungUp" });
  },
  120_000,
);

/** Runs in the page: the port that its newest connection talks by. */
async function ownPort(): Promise<number> {
  const connection = (window as unknown as { alloConnection: RTCPeerConnection }).alloConnection;
  const stats = [...(await connection.getStats()).values()] as Record<string, unknown>[];
  const pair = stats.find(({ type, selected, nominated }) => type === "candidate-pair" && (selected === true || nominated === true));
  return Number(stats.find(({ id }) => id === pair?.["localCandidateId"])?.["port"]);
}

/** Nothing comes or goes by this UDP port of this machine any more. */
function cutPath(port: number): void {
  const table = `allo${process.pid}`;
  const nft = (rule: string): void => void execFileSync(NFT, [rule]);
  onTestFinished(() => void spawnSync(NFT, [`delete table inet ${table}`]));
  nft(`add table inet ${table}`);
  nft(`add chain inet ${table} in { type filter hook input priority 0 ; policy accept ; }`);
  nft(`add rule inet ${table} in udp dport ${port} drop`);
  nft(`add rule inet ${table} in udp sport ${port} drop`);
}
