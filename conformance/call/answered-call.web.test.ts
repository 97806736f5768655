// The product's main job on real input: baresip calls, Chromium answers, both hear each other, the recording and the history stand.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { parseWav } from "@allo/media";
import { baresipDial, hasBaresip, hasChromium, openBrowser, type AgentBrowser, type BaresipCall } from "@allo/testkit";
import { goReady, hearsTone, signIn, state } from "./agent-page.ts";
import { openCentre } from "./centre.ts";
import { processTree, commandOf } from "../../bench/process-tree.ts";
import { bestShare, hears, hearsMusic, channelsOf, likeness } from "./listening.ts";

const CALLER_HZ = 620; // far from the ringing tone of 425 Hz
const AGENT_HZ = 1_000;
const able = hasBaresip() && hasChromium();
const sentence = (name: string): Int16Array => {
  const wav = parseWav(readFileSync(fileURLToPath(new URL(`../../apps/server/audio/en/${name}.wav`, import.meta.url))));
  if (!wav.ok) throw new Error(wav.failure);
  return wav.value.samples;
};

/** All our processes of this name stand still, as on a computer that sleeps, until they are woken. */
function sleepWell(name: string): () => void {
  const pids = [...processTree(process.pid)].filter((pid) => commandOf(pid).includes(name));
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  return () => {
    for (const pid of pids.splice(0)) process.kill(pid, "SIGCONT");
  };
}

for (const workers of ["1", "2"]) {
  (able ? test : test.skip)(
    `a call is answered in the browser, heard both ways and recorded, with ${workers} media worker(s)`,
    async () => {
      const centre = await openCentre({ env: { ALLO_MEDIA_WORKERS: workers } });
      const browser = await openBrowser({ toneHz: AGENT_HZ });
      let caller: BaresipCall | null = null;
      onTestFinished(async () => {
        caller?.kill();
        await browser.close();
        await centre.program.stop();
      });

      const page = await signIn(browser, centre.program.url, { email: centre.agentEmail, password: centre.password });
      await goReady(page);
      await expect.poll(async () => (await centre.agent.call("deskGet")).phone.proven, { timeout: 20_000 }).toBe(true);

      caller = baresipDial({ uri: `sip:${centre.number}@127.0.0.1:${centre.program.sipPort}`, toneHz: CALLER_HZ, from: "02079460123" });
      await caller.established;
      await state(page, "ringing");
      await page.getByText("Support").first().waitFor();
      await page
        .getByText(/you have reached .*Meridian/)
        .first()
        .waitFor();
      await page.getByRole("button", { name: "Answer", exact: true }).first().click();
      await state(page, "talking");

      await hearsTone(page, CALLER_HZ);
      await hears(caller, AGENT_HZ);

      await page.getByRole("button", { name: "Hold", exact: true }).first().click();
      await hearsMusic(caller, AGENT_HZ);
      await page.getByRole("button", { name: "Back to the call" }).first().click();
      await hears(caller, AGENT_HZ);

      await page.getByRole("button", { name: "Hang up" }).first().click();
      await caller.closed;
      await state(page, "wrapUp");
      await page.getByText("Resolved").first().click();
      await page.getByRole("button", { name: "Finish" }).first().click();
      await state(page, "ready");

      // The history of it, as the lead sees it.
      await expect
        .poll(async () => (await centre.admin.call("contactsList", { query: {} })).items[0]?.state, { timeout: 10_000 })
        .toBe("closed");
      const [row] = (await centre.admin.call("contactsList", { query: {} })).items;
      expect(row).toMatchObject({
        state: "closed",
        outcome: "answered",
        agentName: centre.agentName,
        callerNumber: "+442079460123",
        coded: true,
        cause: { by: "agent", why: "hungUp" },
      });
      if (row?.recordingId == null) throw new Error("the contact has no recording");
      const contact = await centre.admin.call("contactGet", { params: { contactId: row.contactId } });
      const kinds = contact.timeline.map((entry) => entry.kind);
      for (const kind of [
        "contactArrived",
        "callAnswered",
        "contactQueued",
        "offered",
        "bridged",
        "held",
        "resumed",
        "callEnded",
        "contactCoded",
        "contactClosed",
      ])
        expect(kinds).toContain(kind);
      expect(kinds.indexOf("recordingStarted")).toBeGreaterThan(kinds.indexOf("greetingEnded"));

      await expect
        .poll(async () => (await centre.admin.call("recordingGet", { params: { recordingId: row.recordingId ?? "" } })).state, {
          timeout: 10_000,
        })
        .toBe("saved");
      const audio = await centre.admin.bytes("recordingAudio", { recordingId: row.recordingId });
      expect(audio.status).toBe(200);
      const wav = parseWav(new Uint8Array(await audio.arrayBuffer()));
      if (!wav.ok) throw new Error(wav.failure);
      const { left, right } = channelsOf(wav.value.samples);
      expect(bestShare(left, CALLER_HZ), "the caller's tone on the left").toBeGreaterThan(0.8);
      expect(bestShare(right, AGENT_HZ), "the agent's tone on the right").toBeGreaterThan(0.6);
      expect(bestShare(left, AGENT_HZ), "nothing of the agent on the left").toBeLessThan(0.1);

      const floor = await centre.admin.call("floorGet");
      expect(floor.queues[0]?.today).toMatchObject({ offered: 1, answered: 1, abandoned: 0, serviceLevel: 1 });
      expect(centre.program.output()).not.toMatch(/2079460123/);
    },
    180_000,
  );
}

(able ? test : test.skip)(
  "a refresh, a tab that dies and a computer that sleeps in the middle of a call: a sentence and music for the caller, then the same call",
  async () => {
    const centre = await openCentre();
    const browser: AgentBrowser = await openBrowser({ toneHz: AGENT_HZ });
    let caller: BaresipCall | null = null;
    onTestFinished(async () => {
      caller?.kill();
      await browser.close();
      await centre.program.stop();
    });
    const page = await signIn(browser, centre.program.url, { email: centre.agentEmail, password: centre.password });
    await goReady(page);
    await expect.poll(async () => (await centre.agent.call("deskGet")).phone.proven, { timeout: 20_000 }).toBe(true);
    caller = baresipDial({ uri: `sip:${centre.number}@127.0.0.1:${centre.program.sipPort}`, toneHz: CALLER_HZ, from: "02079460123" });
    await caller.established;
    await state(page, "ringing");
    await page.getByRole("button", { name: "Answer", exact: true }).first().click();
    await hearsTone(page, CALLER_HZ);
    await hears(caller, AGENT_HZ);

    await page.goto("about:blank");
    await hearsMusic(caller, AGENT_HZ);
    await expect
      .poll(() => likeness(caller?.heard() ?? new Int16Array(), sentence("agent.cutOff")), { timeout: 15_000 })
      .toBeGreaterThan(0.8);
    await page.goto(centre.program.url);
    await state(page, "talking");
    await hearsTone(page, CALLER_HZ);
    await hears(caller, AGENT_HZ);

    const other = await browser.context.newPage();
    await page.close();
    await hearsMusic(caller, AGENT_HZ);
    await other.goto(centre.program.url);
    await state(other, "talking");
    await hearsTone(other, CALLER_HZ);
    await hears(caller, AGENT_HZ);

    const wake = sleepWell("chromium");
    onTestFinished(wake);
    await hearsMusic(caller, AGENT_HZ);
    wake();
    await hears(caller, AGENT_HZ);
    await hearsTone(other, CALLER_HZ);

    await caller.hangUp();
    await state(other, "wrapUp");
    const contacts = (await centre.admin.call("contactsList", { query: {} })).items;
    expect(contacts).toHaveLength(1);
    const kinds = (await centre.admin.call("contactGet", { params: { contactId: contacts[0]?.contactId ?? "" } })).timeline.map(
      (entry) => entry.kind,
    );
    expect(kinds).toContain("agentMediaLost");
    expect(kinds).toContain("agentMediaRestored");
  },
  180_000,
);
