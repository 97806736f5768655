import { test, onTestFinished } from "vitest";
import { baresipDial, openBrowser } from "@allo/testkit";
import { toneShare, loudness } from "@allo/media";
import { goReady, signIn, state } from "./agent-page.ts";
import { openCentre } from "./centre.ts";
test("dbg", async () => {
  const centre = await openCentre({ env: { ALLO_LOG: "debug" } });
  const browser = await openBrowser({ toneHz: 1000 });
  onTestFinished(async () => { await browser.close(); await centre.program.stop(); console.log(centre.program.logs()); });
  await browser.context.addInitScript(() => {
    const O = window.RTCPeerConnection; (window as any).pcs = [];
    window.RTCPeerConnection = class extends O { constructor(c?: RTCConfiguration) { super(c); (window as any).pcs.push(this); } };
  });
  const page = await signIn(browser, centre.program.url, { email: centre.agentEmail, password: centre.password });
  await goReady(page);
  await new Promise((r) => setTimeout(r, 4000));
  const caller = baresipDial({ uri: `sip:600@127.0.0.1:${centre.program.sipPort}`, toneHz: 440, from: "02079460123" });
  await caller.established;
  await state(page, "ringing");
  await page.getByRole("button", { name: "Answer", exact: true }).first().click();
  await state(page, "talking");
  await new Promise((r) => setTimeout(r, 4000));
  console.log("CALLER", toneShare(caller.heard().slice(-8000), 1000), loudness(caller.heard().slice(-8000)));
  console.log("STATS", await page.evaluate(async () => {
    const out: unknown[] = [];
    for (const pc of (window as any).pcs as RTCPeerConnection[]) { const r = await pc.getStats(); out.push(pc.connectionState); r.forEach((s: any) => { if (["inbound-rtp", "outbound-rtp", "codec", "media-source"].includes(s.type)) out.push({ t: s.type, pr: s.packetsReceived, ps: s.packetsSent, al: s.audioLevel, e: s.totalAudioEnergy, j: s.jitterBufferEmittedCount, c: s.concealedSamples, m: s.mimeType, lost: s.packetsLost, disc: s.packetsDiscarded }); }); }
    const h = (window as any).alloHeard; out.push(h?.length);
    out.push(h?.map((x: any) => { const b = new Float32Array(x.analyser.frequencyBinCount); x.analyser.getFloatFrequencyData(b); let i = 0; b.forEach((v, k) => { if (k > 0 && v > b[i]!) i = k; }); return [i * x.rate / 8192, b[i], x.analyser.context.state]; }));
    return JSON.stringify(out);
  }));
  caller.kill();
}, 120000);
