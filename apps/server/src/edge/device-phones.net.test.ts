// A desk phone that isn't ours (baresip) as an agent's phone, at an edge as a process with a core played by the test.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFailed, onTestFinished, test } from "vitest";
import type { DeviceState, EdgeConfig } from "@allo/contract";
import type { CallId, ContactId, InternalCallId, NumberId, OfferId, PersonId, PhoneId } from "@allo/kernel";
import { SAMPLE_RATE, toneShare } from "@allo/media";
import { baresipDial, baresipPhone, hasBaresip, type BaresipCall, type BaresipPhone } from "@allo/testkit";
import type { PlayedCore } from "./fixtures/played-core.ts";
import { deviceConfig, phonesConfig, startPhonesEdge } from "./fixtures/phones-edge.ts";
import type { StartedEdge } from "./fixtures/started-edge.ts";

const able = hasBaresip() ? test : test.skip;
const [CALLER_HZ, AGENT_HZ, MUSIC_HZ] = [620, 1_300, 2_500] as const;
const PASSWORD = "a-long-password-of-a-device";
const PHONE = "dev_7" as PhoneId;

let edge: StartedEdge;
let core: PlayedCore;
let ports: StartedEdge["ports"];
/** How many reports on the phone are of an earlier test. */
let reportsBefore = 0;
const state = (): DeviceState | null => core.devices.slice(reportsBefore).at(-1)?.state ?? null;

type Change = { readonly autoAnswer?: boolean; readonly offersSrtp?: boolean };
const devices = (change: Change = {}) => [deviceConfig(PHONE, "desk-7", PASSWORD, change)];
const config = (folder: string, change: Change = {}): EdgeConfig => phonesConfig(folder, devices(change));

beforeAll(async () => {
  edge = await startPhonesEdge(MUSIC_HZ, devices());
  ({ core, ports } = edge);
});
afterAll(() => edge.stop());

async function hears(who: { readonly heard: () => Int16Array }, hz: number): Promise<void> {
  await expect.poll(() => toneShare(who.heard().slice(-SAMPLE_RATE), hz), { message: `${hz} Hz is heard` }).toBeGreaterThan(0.6);
}
function openPhone(options: Partial<Parameters<typeof baresipPhone>[0]> = {}): BaresipPhone {
  const phone = baresipPhone({ username: "desk-7", password: PASSWORD, port: ports.phone, toneHz: AGENT_HZ, ...options });
  onTestFinished(() => phone.close());
  onTestFailed(() => void process.stderr.write(phone.output()));
  return phone;
}
/** Nothing of earlier phones is left. */
async function register(
  options: Partial<Parameters<typeof baresipPhone>[0]> = {},
  change: Parameters<typeof config>[1] = {},
): Promise<BaresipPhone> {
  core.post({ kind: "edgeConfig", config: { ...config(edge.folder), devices: [] } });
  core.post({ kind: "edgeConfig", config: config(edge.folder, change) });
  // Read before the phone registers: what comes by the phones' door may overtake it, and then the phone would be forgotten.
  const testCallId = `read_${core.admitted.length}`;
  const whose = { testCallId, personId: "per_1" as PersonId };
  core.command({ kind: "admitCaller", source: { address: "127.0.0.1", port: 1 }, numberId: "num_1" as NumberId, until: 0, test: whose });
  await expect.poll(() => core.admitted).toContain(testCallId);
  reportsBefore = core.devices.length;
  const phone = openPhone(options);
  await phone.registered;
  await expect.poll(state).toMatchObject({ canRing: true });
  return phone;
}

let serial = 0;
/** A caller in the queue's music, offered to the phone. */
async function offered(shown = { number: "+442079460777", name: null as string | null }) {
  const from = core.events.length;
  serial += 1;
  const caller = baresipDial({ uri: `sip:600@127.0.0.1:${ports.sip}`, toneHz: CALLER_HZ });
  onTestFinished(() => caller.kill());
  const { callId } = await core.until("callArrived", from);
  core.command({
    kind: "acceptCall",
    callId,
    contactId: `con_${serial}` as ContactId,
    token: "greeting",
    greeting: [],
    thenLoop: "music.main",
  });
  await caller.established;
  const offerId = `off_${serial}` as OfferId;
  core.command({ kind: "ringPhone", phoneId: PHONE, audioId: "tone.ring", offerId, shown });
  return { from, caller, callId, offerId };
}
function bridge({ callId, offerId }: { readonly callId: CallId; readonly offerId: OfferId }): void {
  core.command({ kind: "stopRinging", phoneId: PHONE });
  core.command({ kind: "bridge", callId, offerId, phoneId: PHONE, personId: "per_1" as PersonId, recording: null, holdLoop: "music.main" });
}
async function bothHear(caller: BaresipCall, phone: BaresipPhone): Promise<void> {
  await hears(caller, AGENT_HZ);
  await hears(phone, CALLER_HZ);
}

for (const transport of ["udp", "tcp"] as const) {
  able(
    `over ${transport.toUpperCase()} it rings with who calls, is picked up and talks; hold there is hold, putting it down ends the talk`,
    async () => {
      const phone = await register({ transport });
      expect(state()).toMatchObject({ contacts: [{ transport, address: "127.0.0.1", answers: true }], call: "idle" });
      expect(state()?.contacts[0]?.userAgent).toMatch(/baresip/i);
      const call = await offered();
      await expect.poll(() => phone.ringing() ?? "").toContain("+442079460777");
      await expect.poll(() => state()?.call).toBe("ringing");
      phone.answer();
      expect(await core.until("phoneAnswered", call.from)).toMatchObject({ phoneId: PHONE, offerId: call.offerId });
      bridge(call);
      await core.until("callBridged", call.from);
      await bothHear(call.caller, phone);
      await expect.poll(() => state()?.call).toBe("talking");
      phone.hold();
      await core.until("callHeld", call.from);
      await hears(call.caller, MUSIC_HZ);
      phone.resume();
      await core.until("callResumed", call.from);
      await hears(call.caller, AGENT_HZ);
      phone.putDown();
      expect(await core.until("callEnded", call.from)).toMatchObject({ cause: { by: "agent", why: "hungUp" } });
      await call.caller.closed;
      await expect.poll(state).toMatchObject({ call: "idle", trouble: null, contacts: [{ answers: true }] });
      expect(state()?.contacts[0]?.roundTripMs).toBeGreaterThanOrEqual(0);
      // The ladder of the call shows the phone's messages too.
      const ladder = () => core.traces.find(({ callId }) => callId === call.callId)?.entries.map(({ text }) => text) ?? [];
      await expect.poll(() => ladder().some((text) => text.startsWith("INVITE sip:desk-7"))).toBe(true);
    },
    20_000,
  );
}

able(
  "declined there it is said so, and the caller goes on hearing music; an offer taken back stops the ringing",
  async () => {
    const phone = await register();
    const call = await offered();
    await expect.poll(() => phone.ringing()).not.toBeNull();
    phone.putDown();
    const refused = await core.until("phoneRefused", call.from);
    expect(refused).toMatchObject({ offerId: call.offerId });
    expect(["declined", "busy"]).toContain(refused.why);
    await hears(call.caller, MUSIC_HZ);
    const from = core.events.length;
    const closedBefore = phone.counts().closed;
    core.command({
      kind: "ringPhone",
      phoneId: PHONE,
      audioId: "tone.ring",
      offerId: "off_again" as OfferId,
      shown: { number: null, name: null },
    });
    await expect.poll(() => phone.ringing()).not.toBeNull();
    core.command({ kind: "stopRinging", phoneId: PHONE });
    await expect.poll(() => phone.counts().closed).toBeGreaterThan(closedBefore);
    expect(core.events.slice(from).filter(({ kind }) => kind === "phoneRefused")).toEqual([]);
  },
  60_000,
);

able(
  "answered on the screen, a phone that may answers by itself; a name too long for one datagram comes by TCP",
  async () => {
    const phone = await register({}, { autoAnswer: true });
    const call = await offered({ number: "+442079460777", name: "A very long name ".repeat(70) });
    await expect.poll(() => phone.ringing() ?? "").toContain("+442079460777");
    const closedBefore = phone.counts().closed;
    bridge(call);
    // Debian's baresip doesn't know how: its person helps the second call, which asks for it.
    await expect.poll(() => phone.counts().closed).toBeGreaterThan(closedBefore);
    await expect.poll(() => phone.ringing()).not.toBeNull();
    phone.answer();
    await core.until("callBridged", call.from);
    await bothHear(call.caller, phone);
    // Hung up on the screen: the phone is hung up too.
    core.command({ kind: "hangUp", callId: call.callId, cause: { by: "agent", why: "hungUp" } });
    await expect.poll(() => phone.counts().closed).toBeGreaterThan(1);
    expect(core.events.slice(call.from).some(({ kind }) => kind === "phoneRefused")).toBe(false);
  },
  60_000,
);

able("at two places at once both ring; picked up at one, the other stops and the talk is there", { timeout: 20_000 }, async () => {
  const here = await register();
  const there = openPhone({ transport: "tcp" });
  await there.registered;
  await expect.poll(() => state()?.contacts.length).toBe(2);
  const call = await offered();
  await expect.poll(() => [here.ringing(), there.ringing()].every((each) => each !== null)).toBe(true);
  there.answer();
  await core.until("phoneAnswered", call.from);
  bridge(call);
  await bothHear(call.caller, there);
  expect(here.ringing()).toBeNull();
  expect(here.counts().established).toBe(0);
  core.command({ kind: "hangUp", callId: call.callId, cause: { by: "agent", why: "hungUp" } });
  await call.caller.closed;
});

able(
  "one that is gone without a word is out of reach, and its person's place in a talk is kept until it is called again",
  async () => {
    const phone = await register();
    const call = await offered();
    await expect.poll(() => phone.ringing()).not.toBeNull();
    phone.answer();
    await core.until("phoneAnswered", call.from);
    bridge(call);
    await bothHear(call.caller, phone);
    phone.kill();
    await core.until("agentMediaLost", call.from);
    await hears(call.caller, MUSIC_HZ);
    const another = openPhone();
    await another.registered;
    core.command({ kind: "callPhone", phoneId: PHONE, personId: "per_1" as PersonId, shown: { number: null, name: null } });
    await expect.poll(() => another.ringing()).not.toBeNull();
    another.answer();
    await core.until("agentMediaRestored", call.from);
    await bothHear(call.caller, another);
    core.command({ kind: "hangUp", callId: call.callId, cause: { by: "system", why: "technical" } });
    await call.caller.closed;
  },
  90_000,
);

able(
  "over TLS its audio is sealed where that is set, both ways",
  async () => {
    const [key, cert] = [join(edge.folder, "tls.key"), join(edge.folder, "tls.pem")];
    const args = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(" ");
    execFileSync("openssl", [...args, "-keyout", key, "-out", cert, "-subj", "/CN=127.0.0.1"], { stdio: "ignore" });
    core.post({ kind: "ownCertificate", certificate: { certPem: readFileSync(cert, "utf8"), keyPem: readFileSync(key, "utf8") } });
    const phone = await register({ transport: "tls", port: ports.tls, sealsAudio: true }, { offersSrtp: true });
    expect(state()).toMatchObject({ contacts: [{ transport: "tls" }] });
    const call = await offered();
    await expect.poll(() => phone.ringing()).not.toBeNull();
    phone.answer();
    await core.until("phoneAnswered", call.from);
    bridge(call);
    await bothHear(call.caller, phone);
    phone.putDown();
    await core.until("callEnded", call.from);
  },
  60_000,
);

able(
  "two colleagues' phones: the caller's is called first, then the other; hold at one is music for the other, and putting one down frees both",
  async () => {
    const ann = await register();
    const second = deviceConfig("dev_8", "desk-8", PASSWORD);
    core.post({ kind: "edgeConfig", config: phonesConfig(edge.folder, [...devices(), second]) });
    const bob = openPhone({ username: "desk-8", toneHz: CALLER_HZ });
    await bob.registered;
    const from = core.events.length;
    const internalCallId = "int_1" as InternalCallId;
    const phoneId = "dev_8" as PhoneId;
    core.command({
      kind: "beginInternal",
      internalCallId,
      caller: { phoneId: PHONE, personId: "per_1" as PersonId },
      calleeId: "per_2" as PersonId,
      shown: { number: null, name: "Bob" },
      ringback: "music.main",
      holdLoop: "music.main",
    });
    await expect.poll(() => ann.ringing()).not.toBeNull();
    ann.answer();
    await core.until("internalReady", from);
    await hears(ann, MUSIC_HZ);
    const [offerId, shown] = ["off_int" as OfferId, { number: null, name: "Ann" }] as const;
    core.command({ kind: "ringPhone", phoneId, audioId: "tone.ring", offerId, shown });
    await expect.poll(() => bob.ringing()).not.toBeNull();
    bob.answer();
    expect(await core.until("phoneAnswered", from)).toMatchObject({ phoneId, offerId });
    core.command({ kind: "joinInternal", internalCallId, phoneId, offerId, shown });
    await core.until("internalJoined", from);
    await hears(ann, CALLER_HZ);
    await hears(bob, AGENT_HZ);
    bob.hold();
    expect(await core.until("internalSide", from)).toMatchObject({ personId: "per_2", held: true, away: false });
    await hears(ann, MUSIC_HZ);
    bob.resume();
    await hears(ann, CALLER_HZ);
    ann.putDown();
    expect(await core.until("internalEnded", from)).toMatchObject({ internalCallId, callerId: "per_1", calleeId: "per_2", why: "hungUp" });
    await expect.poll(() => bob.counts().closed).toBeGreaterThan(0);
  },
  60_000,
);
