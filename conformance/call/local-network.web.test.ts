// An agent on another machine of the network: the program is opened to it by one press, the authority is installed as its page says, and
// a call is answered at an address that isn't loopback, without a certificate that was bought.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { baresipDial, hasBaresip, hasChromium, openBrowser, type BaresipCall } from "@allo/testkit";
import { hearsTone, state } from "./agent-page.ts";
import { openCentre } from "./centre.ts";
import { hears } from "./listening.ts";

const CALLER_HZ = 620;
const AGENT_HZ = 1_000;
const CERTUTIL = "/usr/bin/certutil";
const outside = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find((each) => !each.internal && each.family === "IPv4")?.address;
const able = hasBaresip() && hasChromium() && existsSync(CERTUTIL) && outside !== undefined;

(able ? test : test.skip)("an agent of the local network installs the authority and takes a call over HTTPS", async () => {
  const home = mkdtempSync(join(tmpdir(), "allo-home-"));
  const centre = await openCentre();
  let caller: BaresipCall | null = null;
  onTestFinished(async () => {
    caller?.kill();
    await centre.program.stop();
    rmSync(home, { recursive: true, force: true });
  });
  const opened = await centre.admin.call("accessReachPut", { body: { isReachable: true } });
  const address = opened.addresses.find(({ kind, url }) => kind === "localNetwork" && url.includes(`//${outside}:`))?.url ?? "";
  expect(address).toMatch(/^https:/);
  const install = address.replace("https:", "http:") + "install";

  // As a stranger first: the browser knows no such authority, and refuses.
  const stranger = await openBrowser({ toneHz: AGENT_HZ, home });
  onTestFinished(() => stranger.close());
  const refused = await stranger.context.newPage();
  await expect(refused.goto(address)).rejects.toThrow(/CERT_AUTHORITY_INVALID/);
  const first = await stranger.context.newPage();
  await first.goto(install);
  expect(await first.locator("code.print").first().textContent()).toBe(opened.authority?.fingerprint);
  expect(await first.evaluate(() => window.isSecureContext)).toBe(false);
  expect(await stranger.context.cookies()).toEqual([]);
  await stranger.close();

  // As the page says for Linux.
  const pem = await (await fetch(`${install}/allo-ca.pem`)).text();
  writeFileSync(join(home, "allo-ca.pem"), pem);
  mkdirSync(join(home, ".pki/nssdb"), { recursive: true });
  execFileSync(CERTUTIL, ["-d", `sql:${home}/.pki/nssdb`, "-N", "--empty-password"]);
  execFileSync(CERTUTIL, ["-d", `sql:${home}/.pki/nssdb`, "-A", "-t", "C,,", "-n", "Allo", "-i", join(home, "allo-ca.pem")]);

  const browser = await openBrowser({ toneHz: AGENT_HZ, home });
  onTestFinished(() => browser.close());
  const page = await browser.context.newPage();
  await page.goto(`${address.replace("https:", "http:")}sign-in`); // plain HTTP leads to HTTPS
  expect(page.url()).toBe(`${address}sign-in`);
  expect(await page.evaluate(() => window.isSecureContext)).toBe(true);
  const tracks = () => navigator.mediaDevices.getUserMedia({ audio: true }).then((stream) => stream.getAudioTracks().length);
  expect(await page.evaluate(tracks)).toBe(1);

  await page.locator("input[name=email]").fill(centre.agentEmail);
  await page.locator("input[name=password]").fill(centre.password);
  await page.locator("button[type=submit]").click();
  await page.locator("nav a[href='/desk']").waitFor();
  const [cookie] = await browser.context.cookies();
  expect(cookie).toMatchObject({ name: "__Host-allo_session", secure: true, httpOnly: true });
  await page.locator('[data-testid="agent-state"] > button').last().click();
  const allow = page.locator('[role="dialog"] button:has(svg.tabler-icon-microphone)');
  await Promise.race([allow.waitFor().then(() => allow.click()), state(page, "ready")]);
  await state(page, "ready");
  await expect.poll(async () => (await centre.agent.call("deskGet")).phone.proven, { timeout: 20_000 }).toBe(true);

  caller = baresipDial({ uri: `sip:${centre.number}@127.0.0.1:${centre.program.sipPort}`, toneHz: CALLER_HZ, from: "02079460123" });
  await caller.established;
  await state(page, "ringing");
  await page.keyboard.press("F2");
  await state(page, "talking");
  await hearsTone(page, CALLER_HZ);
  await hears(caller, AGENT_HZ);

  // Shut again: the machine of the network is out, the centre stands.
  await centre.admin.call("accessReachPut", { body: { isReachable: false } });
  await expect(fetch(`${install}`)).rejects.toThrow();
  expect((await centre.admin.call("accessGet")).reach.isReachable).toBe(false);
});
