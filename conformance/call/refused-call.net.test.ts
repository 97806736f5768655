// Callers who can't be served: each hears the sentence of his cause in the number's language, and stands in the lost calls with it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { weekOf } from "@allo/contract";
import { parseWav } from "@allo/media";
import { baresipDial, hasBaresip, type BaresipCall } from "@allo/testkit";
import { createApiClient, linkToken, openCentre, PASSWORD, type Centre } from "./centre.ts";
import { likeness } from "./listening.ts";

const able = hasBaresip() ? test : test.skip;
let centre: Centre;

beforeAll(async () => {
  if (hasBaresip()) centre = await openCentre({ language: "ru" });
});
afterAll(() => centre?.program.stop());

function dial(from: string, codec: "PCMU" | "PCMA" = "PCMU"): BaresipCall {
  const call = baresipDial({ uri: `sip:${centre.number}@127.0.0.1:${centre.program.sipPort}`, toneHz: 620, from, codec });
  onTestFinished(() => call.kill());
  return call;
}

const sentence = (name: string): Int16Array => {
  const wav = parseWav(readFileSync(fileURLToPath(new URL(`../../apps/server/audio/ru/${name}.wav`, import.meta.url))));
  if (!wav.ok) throw new Error(wav.failure);
  return wav.value.samples;
};

async function lostCall(number: string) {
  const find = async () => (await centre.admin.call("lostCallsList", { query: {} })).items.find((row) => row.callerNumber === number);
  await expect.poll(find, { timeout: 20_000 }).toBeDefined();
  return find();
}

async function queueSettings(change: Record<string, unknown>): Promise<void> {
  const queue = (await centre.admin.call("queuesList")).items.find((each) => each.queueId === centre.queueId);
  await centre.admin.call("queueUpdate", { params: { queueId: centre.queueId }, body: { ...change, version: queue?.version ?? 0 } });
}

able(
  "nobody signed in: greeting with the notice, then the sentence, in Russian; over PCMA",
  async () => {
    const call = dial("02079460111", "PCMA");
    await call.established;
    await call.closed;
    expect(likeness(call.heard(), sentence("greeting.notice"))).toBeGreaterThan(0.8);
    expect(likeness(call.heard(), sentence("refuse.nobody"))).toBeGreaterThan(0.8);
    expect(likeness(call.heard(), sentence("refuse.queueFull"))).toBeLessThan(0.5);
    expect(await lostCall("+442079460111")).toMatchObject({ state: "open", cause: { by: "system", why: "nobodySignedIn" } });
  },
  60_000,
);

able(
  "too many calls: refused before the answer with the sentence as early media",
  async () => {
    const [number] = (await centre.admin.call("numbersList")).items;
    await centre.admin.call("numberUpdate", {
      params: { numberId: number?.numberId ?? "" },
      body: { callsMax: 1, version: number?.version ?? 0 },
    });
    const first = dial("02079460121");
    await first.established;
    const second = dial("02079460122");
    const words = await second.closed;
    const [again] = (await centre.admin.call("numbersList")).items;
    await centre.admin.call("numberUpdate", {
      params: { numberId: again?.numberId ?? "" },
      body: { callsMax: 50, version: again?.version ?? 0 },
    });
    expect(words).toMatch(/486|503/);
    expect(likeness(second.heard(), sentence("refuse.tooManyCalls"))).toBeGreaterThan(0.8);
    expect(await lostCall("+442079460122")).toMatchObject({ cause: { why: "tooManyCalls" } });
    await first.hangUp();
  },
  60_000,
);

able(
  "outside the opening hours: refused before the answer with the sentence as early media, then answered again",
  async () => {
    const hours = await centre.admin.call("hoursCreate", {
      body: { names: { en: "", ru: "Никогда", fa: "" }, timeZone: null, week: weekOf(() => []), exceptions: [] },
    });
    const set = async (hoursId: string | null): Promise<void> => {
      const [number] = (await centre.admin.call("numbersList")).items;
      await centre.admin.call("numberUpdate", {
        params: { numberId: number?.numberId ?? "" },
        body: { hoursId, version: number?.version ?? 0 },
      });
    };
    await set(hours.hoursId);
    const offeredBefore = (await centre.admin.call("floorGet")).queues[0]?.today.offered;
    const call = dial("02079460151");
    expect(await call.closed).toMatch(/480/);
    expect(likeness(call.heard(), sentence("refuse.closed"))).toBeGreaterThan(0.8);
    expect(await lostCall("+442079460151")).toMatchObject({ state: "open", waitMs: 0, cause: { by: "system", why: "closed" } });
    expect((await centre.admin.call("floorGet")).queues[0]?.today.offered).toBe(offeredBefore);
    await set(null);
    const again = dial("02079460152");
    await again.established;
    await again.hangUp();
  },
  60_000,
);

able(
  "queue full, then the longest wait: each with its own sentence and cause",
  async () => {
    // Somebody is at work but not ready: callers wait.
    const desk = await presentAgent();
    onTestFinished(() => desk.close());
    await queueSettings({ sizeMax: 1, waitMaxSeconds: 10 });
    const waiting = dial("02079460131");
    await waiting.established;
    await expect.poll(async () => (await centre.admin.call("floorGet")).waiting.length, { timeout: 20_000 }).toBe(1);
    const full = dial("02079460132");
    await full.established;
    await full.closed;
    expect(likeness(full.heard(), sentence("refuse.queueFull"))).toBeGreaterThan(0.8);
    expect(await lostCall("+442079460132")).toMatchObject({ cause: { why: "queueFull" } });
    await waiting.closed;
    expect(likeness(waiting.heard(), sentence("refuse.waitTooLong"))).toBeGreaterThan(0.8);
    const lost = await lostCall("+442079460131");
    expect(lost).toMatchObject({ cause: { why: "longestWaitPassed" } });
    expect(lost?.waitMs).toBeGreaterThanOrEqual(9_500);
    expect(lost?.waitMs).toBeLessThan(12_000);
  },
  90_000,
);

able(
  "an organisation's own greeting is heard by the next caller, and the notice after it, since the queue records",
  async () => {
    const [number] = (await centre.admin.call("numbersList")).items;
    const file = readFileSync(fileURLToPath(new URL("../../apps/server/audio/fa/call.goodbye.wav", import.meta.url)));
    const own = await centre.admin.upload(
      "promptCreate",
      { query: { kind: "greeting", title: "Наше приветствие", language: "ru", saysNotice: false } },
      file,
    );
    expect(own).toMatchObject({ own: true, title: "Наше приветствие", kind: "greeting" });
    await centre.admin.call("numberUpdate", {
      params: { numberId: number?.numberId ?? "" },
      body: { greetingAudioId: own.audioId, version: number?.version ?? 0 },
    });
    await expect(centre.admin.call("promptRetire", { params: { audioId: own.audioId } })).rejects.toThrow(/409/);
    const call = dial("02079460141");
    await call.established;
    await call.closed;
    const spoken = parseWav(file);
    if (!spoken.ok) throw new Error(spoken.failure);
    expect(likeness(call.heard(), spoken.value.samples)).toBeGreaterThan(0.8);
    expect(likeness(call.heard(), sentence("notice.recorded"))).toBeGreaterThan(0.8);
  },
  60_000,
);

/** An agent who has the desk open in a browser: present, not ready. */
async function presentAgent(): Promise<WebSocket> {
  const person = await centre.admin.call("personCreate", {
    body: { name: "Nina", email: `nina${Date.now()}@example.test`, roles: ["agent"], language: "ru" },
  });
  const client = createApiClient(centre.program.url);
  await client.call("linkUse", { params: { token: linkToken(person.invitation.url) }, body: { password: PASSWORD } });
  const members = (await centre.admin.call("queueMembersGet", { params: { queueId: centre.queueId } })).items;
  await centre.admin.call("queueMembersPut", {
    params: { queueId: centre.queueId },
    body: { items: [...members, { personId: person.person.personId, level: 3 }] },
  });
  const url = new URL("/api/v1/live", centre.program.url);
  url.protocol = "ws:";
  // Node's own client takes headers where a browser would send its cookie and origin by itself.
  const socket = new WebSocket(url, { headers: { cookie: client.cookie(), origin: new URL(centre.program.url).origin } } as never);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  socket.addEventListener("message", (event) => {
    if (String(event.data).includes('"ping"')) socket.send(JSON.stringify({ kind: "pong" }));
  });
  socket.send(JSON.stringify({ kind: "subscribe", topic: "desk" }));
  await expect.poll(async () => (await client.call("deskGet")).state, { timeout: 10_000 }).toBe("notReady");
  return socket;
}
