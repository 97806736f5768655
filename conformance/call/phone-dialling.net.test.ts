// Desk phones that are not ours (baresip) are lifted and dial: a colleague by extension, a number outside by a carrier's trunk (SIPp, baresip),
// and what may not be called. Tones prove the sound of both directions.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFailed, onTestFinished, test, vi } from "vitest";
import type { DeskState } from "@allo/contract";
import { encodeG711, generateTone, parseWav } from "@allo/media";
import { baresipAnswer, baresipPhone, freePort, hasBaresip, type BaresipPhone } from "@allo/testkit";
import { hasSipp, OFFER, recv, response, send, sipp } from "../sipp/scenario.ts";
import { carrierTarget, carrierTrunk } from "./carrier-trunk.ts";
import { createApiClient, linkToken, openCentre, PASSWORD, type ApiClient, type Centre } from "./centre.ts";
import { bestShare, channelsOf, hears, hearsMusic } from "./listening.ts";
import { openDesk } from "./open-desk.ts";

const able = hasBaresip() ? test : test.skip;
const [SARA_HZ, BORIS_HZ, OUTSIDE_HZ] = [1_300, 1_900, 900];
/** A number of Ofcom's for fiction, and as it is dialled in its country. */
const [OUTSIDE, OUTSIDE_DIALLED] = ["+442079460123", "02079460123"];
const [FORBIDDEN, BORIS_EXTENSION] = ["0033142685300", "202"];

type Agent = { readonly api: ApiClient; readonly deviceId: string; readonly phone: BaresipPhone };
const shut: (() => unknown)[] = [];
let centre: Centre;
let sara: Agent;
let boris: Agent;

beforeAll(async () => {
  if (!hasBaresip()) return;
  centre = await openCentre();
  shut.push(() => centre.program.stop());
  const { admin, queueId } = centre;
  const at = { params: { queueId } };
  const queue = (await admin.call("queuesList")).items.find((each) => each.queueId === queueId);
  await admin.call("queueUpdate", { ...at, body: { version: queue?.version ?? 0, recordOutgoing: "notice" } });
  const { suggested, version } = await admin.call("dialPolicyGet");
  await admin.call("dialPolicyPut", { body: { policy: { ...suggested, enabled: true, countries: ["GB"] }, version } });

  const { person, invitation } = await admin.call("personCreate", {
    body: { name: "Boris Orlov", email: "boris@example.test", roles: ["agent"], language: "en" },
  });
  const borisApi = createApiClient(centre.program.url);
  await borisApi.call("linkUse", { params: { token: linkToken(invitation.url) }, body: { password: PASSWORD } });
  sara = await sitDown(centre.agent, { extension: "201", toneHz: SARA_HZ, personId: (await centre.agent.call("sessionGet")).personId });
  boris = await sitDown(borisApi, { extension: BORIS_EXTENSION, toneHz: BORIS_HZ, personId: person.personId });
}, 120_000);
afterAll(async () => {
  for (const each of shut.toReversed()) await each();
});

/** At the desk, ready, with a phone of their own chosen. */
async function sitDown(
  api: ApiClient,
  who: { readonly extension: string; readonly toneHz: number; readonly personId: string },
): Promise<Agent> {
  const { admin, program } = centre;
  const { extension, toneHz, personId } = who;
  const { device, username, password } = await admin.call("deviceCreate", { body: { name: `Desk ${extension}`, personId } });
  const { deviceId, version } = device;
  await admin.call("deviceUpdate", { params: { deviceId }, body: { extension, version } });
  shut.push(await openDesk({ ...centre, agent: api }));
  const phone = baresipPhone({ username, password, port: program.phonePort, toneHz });
  shut.push(() => phone.close());
  await phone.registered;
  await api.call("deskPhonePut", { body: { deviceId } });
  await vi.waitFor(async () => expect((await api.call("deskGet")).phone.proven).toBe(true), { timeout: 25_000 });
  await api.call("deskReady");
  return { api, deviceId, phone };
}
const desk = ({ api }: Agent): Promise<DeskState> => api.call("deskGet");
/** Free again, at the desk and at the phone. */
async function free(...agents: readonly Agent[]): Promise<void> {
  for (const each of agents) {
    await expect.poll(async () => await desk(each)).toMatchObject({ state: "ready", contact: null, internalCall: null });
    await expect.poll(() => calls(each)).toBe("idle");
  }
}
const calls = async ({ deviceId }: Agent) =>
  (await centre.admin.call("devicesList")).items.find((each) => each.deviceId === deviceId)?.state?.call;
/** What its log has of calls, newest last. */
const logged = async ({ deviceId }: Agent): Promise<readonly unknown[]> =>
  (await centre.admin.call("deviceLog", { params: { deviceId } })).items
    .toReversed()
    .flatMap(({ what, trouble, status }) => (what === "registered" ? [] : [trouble === null ? what : [trouble, status]]));
const outcomes = async () => (await sara.api.call("internalCallsList", { query: {} })).items.map(({ outcome }) => outcome).toReversed();
const contacts = async () => (await centre.admin.call("contactsList", { query: {} })).items;

/** A carrier on this port, which has its trunk until the test ends. */
async function useTrunk(port: number): Promise<void> {
  const { trunk } = await centre.admin.call("trunkCreate", { body: carrierTrunk({ targets: [carrierTarget(port)] }) });
  onTestFinished(async () => {
    const { trunkId, version } = trunk;
    await centre.admin.call("trunkUpdate", { params: { trunkId }, body: { version, retired: true } });
  });
}

/** A carrier that says its tone before any answer, and is given up. */
const EARLY = OFFER.replace("audio 6000", "audio [rtpstream_audio_port]");
async function speaksUntilGivenUp(): Promise<{ readonly over: Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "allo-early-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "tone.alaw");
  writeFileSync(file, encodeG711("PCMA", generateTone({ frequencyHz: OUTSIDE_HZ, durationMs: 5_000 })));
  const at = Promise.withResolvers<number>();
  const over = sipp(
    [
      recv("INVITE", { timeoutMs: 20_000 }),
      send(response("183 Session Progress", { tag: "early", contact: true, body: EARLY })),
      `<nop><action><exec rtp_stream="${file},-1,8"/></action></nop>`,
      recv("CANCEL", { timeoutMs: 20_000 }),
      send(response("200 OK", { tag: "early" })),
      send(response("487 Request Terminated", { tag: "early" }).replace("[last_CSeq:]", "CSeq: [last_cseq_number] INVITE"), {
        repeats: true,
      }),
      recv("ACK"),
    ],
    { onPort: at.resolve },
  );
  over.catch(() => undefined);
  await useTrunk(await at.promise);
  return { over };
}

able(
  "a colleague is dialled by extension: it rings in the ear, both hear each other, and either hangs up",
  { timeout: 60_000 },
  async () => {
    for (const [index, ends] of [boris, sara].entries()) {
      const other = ends === sara ? boris : sara;
      const before = other.phone.counts().closed;
      sara.phone.dial(BORIS_EXTENSION);
      await expect.poll(() => boris.phone.ringing() ?? "").toContain("Sara Agent");
      await hearsMusic(sara.phone, BORIS_HZ);
      expect([await calls(sara), sara.phone.counts().established]).toEqual(["dialling", index]);
      boris.phone.answer();
      await hears(sara.phone, BORIS_HZ);
      await hears(boris.phone, SARA_HZ);
      expect((await desk(sara)).internalCall).toMatchObject({ phase: "talking", side: "caller", name: "Boris Orlov" });
      ends.phone.putDown();
      await free(sara, boris);
      // Whoever puts it down doesn't say so in every case; the other always does.
      await expect.poll(() => other.phone.counts().closed).toBeGreaterThan(before);
    }
    await expect.poll(outcomes).toEqual(["answered", "answered"]);
    expect(await logged(sara)).toEqual(["dialled", "reached", "callOver", "dialled", "reached", "callOver"]);

    // Given up before the answer, it rings no longer.
    sara.phone.dial(BORIS_EXTENSION);
    await expect.poll(() => boris.phone.ringing()).not.toBeNull();
    sara.phone.putDown();
    await expect.poll(() => boris.phone.ringing()).toBeNull();
    await free(sara, boris);
    await expect.poll(outcomes).toEqual(["answered", "answered", "givenUp"]);
    expect(await contacts()).toEqual([]);
  },
);

test.skipIf(!hasBaresip() || !hasSipp)(
  "a number outside: what the carrier says early is heard before any answer; given up, no call and no wrap-up is left",
  { timeout: 60_000 },
  async () => {
    const { established } = sara.phone.counts();
    const carrier = await speaksUntilGivenUp();
    sara.phone.dial(OUTSIDE_DIALLED);
    await hears(sara.phone, OUTSIDE_HZ);
    expect([await calls(sara), sara.phone.counts().established]).toEqual(["dialling", established]);
    sara.phone.putDown();
    await carrier.over;
    await free(sara);
    const left = { direction: "out", callerNumber: OUTSIDE, state: "closed", recordingId: null };
    await expect.poll(contacts).toMatchObject([{ ...left, cause: { by: "agent", why: "cancelled" } }]);
  },
);

able(
  "answered outside, it is a call out as any: both are heard, it is recorded, and put down it is wrapped up",
  { timeout: 60_000 },
  async () => {
    const { admin } = centre;
    const { established } = sara.phone.counts();
    const port = await freePort();
    const far = baresipAnswer({ port, from: OUTSIDE, toneHz: OUTSIDE_HZ, rings: true });
    onTestFinished(() => far.kill());
    onTestFailed(() => void process.stderr.write(`${far.output()}\n${sara.phone.output()}\n`));
    await expect.poll(() => far.output()).toMatch(/ready/i);
    await useTrunk(port);
    sara.phone.dial(OUTSIDE_DIALLED);
    await expect.poll(() => far.output()).toContain("Incoming call");
    await hearsMusic(sara.phone, OUTSIDE_HZ);
    expect([await calls(sara), sara.phone.counts().established]).toEqual(["dialling", established]);
    const contactId = (await desk(sara)).contact?.contactId ?? "";
    far.answer();
    await far.established;
    await hears(far, SARA_HZ);
    await hears(sara.phone, OUTSIDE_HZ);
    expect(sara.phone.counts().established).toBe(established + 1);
    expect(await desk(sara)).toMatchObject({ state: "talking", contact: { contactId, callerNumber: OUTSIDE } });
    sara.phone.putDown();
    await far.closed;
    await expect.poll(async () => (await desk(sara)).state).toBe("wrapUp");

    const [code] = (await sara.api.call("wrapUpCodesList")).items;
    await sara.api.call("wrapUpFinish", { params: { contactId }, body: { wrapUpCodeId: code?.wrapUpCodeId ?? null, note: "" } });
    await free(sara);
    const row = async () => (await admin.call("contactGet", { params: { contactId } })).contact;
    await expect
      .poll(row)
      .toMatchObject({ direction: "out", outcome: "answered", agentName: "Sara Agent", cause: { by: "agent", why: "hungUp" } });
    const recordingId = (await row()).recordingId ?? "";
    await expect.poll(async () => (await admin.call("recordingGet", { params: { recordingId } })).state).toBe("saved");
    const wav = parseWav(new Uint8Array(await (await admin.bytes("recordingAudio", { recordingId })).arrayBuffer()));
    if (!wav.ok) throw new Error(wav.failure);
    const { left, right } = channelsOf(wav.value.samples);
    expect(Math.min(bestShare(left, OUTSIDE_HZ), bestShare(right, SARA_HZ))).toBeGreaterThan(0.6);
  },
);

able("what may not be called is refused with its status, and stands in the phone's log and at the desk", { timeout: 60_000 }, async () => {
  await useTrunk(await freePort());
  const before = (await contacts()).length;
  sara.phone.dial(FORBIDDEN);
  await expect.poll(() => sara.phone.output()).toContain("session closed: 403 This number may not be called");
  await expect.poll(async () => (await logged(sara)).slice(-2)).toEqual(["dialled", ["dialRefused", 403]]);
  expect((await desk(sara)).dialRefusal).toMatchObject({ code: "dialRefused", detail: "countryDenied" });
  await free(sara);
  expect(await contacts()).toHaveLength(before);
});
