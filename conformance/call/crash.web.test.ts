// What survives: each process killed in the middle of calls, PostgreSQL frozen, the roles split in two.
import { expect, onTestFinished, test } from "vitest";
import { parseWav } from "@allo/media";
import { baresipDial, hasBaresip, hasChromium, openBrowser, startProgram, type BaresipCall } from "@allo/testkit";
import type { Page } from "playwright-core";
import { goReady, hearsTone, signIn, state } from "./agent-page.ts";
import { createApiClient, MAIN, openCentre, PASSWORD, type ApiClient, type Centre } from "./centre.ts";
import { bestShare, hears, channelsOf, longestGapMs } from "./listening.ts";

const CALLER_HZ = 620; // far from the ringing tone of 425 Hz
const AGENT_HZ = 1_000;
const able = hasBaresip() && hasChromium() ? test : test.skip;

type Talk = { readonly centre: Centre; readonly page: Page; readonly caller: BaresipCall; readonly callers: BaresipCall[] };

/** One call talking, and `waiting` more in the queue in this order. */
async function talk(centre: Centre, waiting = 0): Promise<Talk> {
  const browser = await openBrowser({ toneHz: AGENT_HZ });
  const callers: BaresipCall[] = [];
  onTestFinished(async () => {
    for (const each of callers) each.kill();
    await browser.close();
  });
  const page = await signIn(browser, centre.program.url, { email: centre.agentEmail, password: centre.password });
  await goReady(page);
  await expect.poll(async () => (await centre.agent.call("deskGet")).phone.proven, { timeout: 20_000 }).toBe(true);
  const dial = async (from: string): Promise<BaresipCall> => {
    const call = baresipDial({
      uri: `sip:${centre.number}@127.0.0.1:${centre.program.sipPort}`,
      toneHz: CALLER_HZ,
      from,
      toneSeconds: 180,
    });
    callers.push(call);
    await call.established;
    return call;
  };
  const caller = await dial("02079460100");
  await state(page, "ringing");
  await page.getByRole("button", { name: "Answer", exact: true }).first().click();
  await state(page, "talking");
  await hearsTone(page, CALLER_HZ);
  await hears(caller, AGENT_HZ);
  for (let i = 1; i <= waiting; i += 1) {
    await dial(`0207946010${i}`);
    await expect.poll(async () => (await centre.admin.call("floorGet")).waiting.length, { timeout: 20_000 }).toBe(i);
  }
  return { centre, page, caller, callers };
}

async function contactsOf(client: ApiClient) {
  return (await client.call("contactsList", { query: { limit: 100 } })).items;
}

async function signedIn(url: string): Promise<ApiClient> {
  const client = createApiClient(url);
  await client.call("sessionCreate", { body: { email: "ada@example.test", password: PASSWORD } });
  return client;
}

able(
  "core is killed: the talk keeps its sound, the queue its order, and the call ends with its history whole",
  async () => {
    const centre = await openCentre();
    onTestFinished(() => centre.program.stop());
    const { page, caller, callers } = await talk(centre, 2);
    const orderBefore = (await centre.admin.call("floorGet")).waiting.map((each) => each.contactId);
    const again = centre.program.line(/core serves again/);
    centre.program.kill("core");
    await again;
    await expect
      .poll(async () => (await centre.admin.call("floorGet")).waiting.map((each) => each.contactId), { timeout: 30_000 })
      .toEqual(orderBefore);
    await hears(caller, AGENT_HZ);
    expect(longestGapMs(caller.heard(), AGENT_HZ)).toBeLessThanOrEqual(200);
    await state(page, "talking");
    await page.getByRole("button", { name: "Hang up" }).first().click();
    await state(page, "wrapUp");
    for (const each of callers) await each.hangUp();
    await expect
      .poll(async () => (await contactsOf(centre.admin)).every((row) => row.state === "closed" || row.state === "wrapUp"), {
        timeout: 20_000,
      })
      .toBe(true);
    const rows = await contactsOf(centre.admin);
    expect(rows).toHaveLength(3);
    // The talk waits for its result; the two who waited hung up.
    expect(rows.map((row) => row.outcome).toSorted()).toEqual(["abandoned", "abandoned", null]);
    expect(rows.find((row) => row.outcome === null)).toMatchObject({ state: "wrapUp", agentName: centre.agentName });
  },
  180_000,
);

able(
  "edge is killed: every contact closes with its cause and stands in the lost calls, the cut talk too",
  async () => {
    const centre = await openCentre();
    onTestFinished(() => centre.program.stop());
    await talk(centre, 2);
    const again = centre.program.line(/edge serves again/);
    centre.program.kill("edge");
    await again;
    await expect
      .poll(async () => (await contactsOf(centre.admin)).filter((row) => row.cause?.why === "edgeLost").length, { timeout: 30_000 })
      .toBe(3);
    const lostCalls = async () => (await centre.admin.call("lostCallsList", { query: {} })).items;
    await expect
      .poll(async () => (await lostCalls()).map((row) => row.callerNumber).toSorted(), { timeout: 20_000 })
      .toEqual(["+442079460100", "+442079460101", "+442079460102"]);
    const lost = await lostCalls();
    expect(lost.every((row) => row.cause.why === "edgeLost" && row.owedSince !== null && row.queueId === centre.queueId)).toBe(true);
    expect((await centre.admin.call("lostCallsList", { query: { state: "open", owed: true } })).items).toHaveLength(3);
  },
  180_000,
);

able(
  "everything is killed: after the next start every answered call has its contact, none is open, and the recording plays",
  async () => {
    const centre = await openCentre({ program: await startProgram({ main: MAIN }) });
    const { folder } = centre.program;
    const { caller } = await talk(centre, 1);
    await expect.poll(() => caller.heard().length, { timeout: 30_000 }).toBeGreaterThan(8_000 * 12);
    const killedAt = Date.now();
    await centre.program.killAll();
    const next = await startProgram({ main: MAIN, folder });
    onTestFinished(() => next.stop());
    const admin = await signedIn(next.url);
    await expect.poll(async () => (await contactsOf(admin)).filter((row) => row.state !== "closed").length, { timeout: 60_000 }).toBe(0);
    const rows = await contactsOf(admin);
    expect(rows).toHaveLength(2);
    const talked = rows.find((row) => row.recordingId !== null);
    expect(talked).toMatchObject({ outcome: "answered", cause: { by: "system" } });
    const kinds = (await admin.call("contactGet", { params: { contactId: talked?.contactId ?? "" } })).timeline;
    expect(kinds.map((entry) => entry.kind)).toContain("bridged");
    const audio = await admin.bytes("recordingAudio", { recordingId: talked?.recordingId ?? "" });
    expect(audio.status).toBe(200);
    const wav = parseWav(new Uint8Array(await audio.arrayBuffer()));
    if (!wav.ok) throw new Error(wav.failure);
    const { left, right } = channelsOf(wav.value.samples);
    expect(bestShare(left, CALLER_HZ)).toBeGreaterThan(0.8);
    expect(bestShare(right, AGENT_HZ)).toBeGreaterThan(0.6);
    const bridgedAt = kinds.find((entry) => entry.kind === "bridged")?.at ?? 0;
    expect(killedAt - bridgedAt - (left.length / 8_000) * 1_000, "lost of the recording").toBeLessThanOrEqual(3_500);
  },
  240_000,
);

able(
  "PostgreSQL stands still for 30 s: the talk goes on, a new caller hears a sentence, nothing is lost or doubled",
  async () => {
    const centre = await openCentre();
    onTestFinished(() => centre.program.stop());
    const { caller } = await talk(centre);
    const thaw = centre.program.freezePostgres();
    onTestFinished(thaw);
    const frozenAt = performance.now();
    const refused = baresipDial({
      uri: `sip:${centre.number}@127.0.0.1:${centre.program.sipPort}`,
      toneHz: CALLER_HZ,
      from: "02079460177",
    });
    onTestFinished(() => refused.kill());
    expect(await refused.closed).toMatch(/503/);
    await hears(caller, AGENT_HZ);
    await expect.poll(() => performance.now() - frozenAt, { timeout: 40_000, interval: 500 }).toBeGreaterThan(30_000);
    expect(longestGapMs(caller.heard(), AGENT_HZ)).toBeLessThanOrEqual(200);
    thaw();
    await caller.hangUp();
    await expect.poll(async () => (await contactsOf(centre.admin)).length, { timeout: 60_000 }).toBe(2);
    await expect
      .poll(async () => (await contactsOf(centre.admin)).find((row) => row.callerNumber === "+442079460177")?.cause?.why, {
        timeout: 60_000,
      })
      .toBe("technical");
    await expect
      .poll(async () => (await centre.admin.call("lostCallsList", { query: {} })).items.map((row) => row.callerNumber))
      .toEqual(["+442079460177"]);
  },
  240_000,
);

able(
  "the roles split in two programs on one machine carry the same call",
  async () => {
    const core = await startProgram({ main: MAIN, roles: "core" });
    onTestFinished(() => core.stop());
    const edge = await startProgram({ main: MAIN, roles: "edge", folder: core.folder });
    onTestFinished(() => edge.stop());
    const centre = await openCentre({ program: { ...core, sipPort: edge.sipPort, phonePort: edge.phonePort } });
    const { page, caller } = await talk(centre);
    await page.getByRole("button", { name: "Hang up" }).first().click();
    await caller.closed;
    await state(page, "wrapUp");
  },
  180_000,
);
