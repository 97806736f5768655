// A desk phone that is not ours as an agent's phone: baresip registers, is chosen at the desk, rings for a queue's call, has the talk and
// passes it on by its own key; and a carrier's side (SIPp) that passes on a talk.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { newTrunkHabits, type Device, type DeskState, type ResponseOf } from "@allo/contract";
import { baresipAnswer, baresipDial, baresipPhone, freePort, hasBaresip, type BaresipCall, type BaresipPhone } from "@allo/testkit";
import { answered, hasSipp, OFFER, recv, request, response, send, sipp } from "../sipp/scenario.ts";
import { recordingServer } from "../sipp/recording-server.ts";
import { carrierTarget, carrierTrunk } from "./carrier-trunk.ts";
import { openCentre, type Centre } from "./centre.ts";
import { hears, hearsMusic } from "./listening.ts";
import { openDesk } from "./open-desk.ts";

const able = hasBaresip() ? test : test.skip;
const [CALLER_HZ, AGENT_HZ, OUTSIDE_HZ] = [620, 1_300, 900];
/** A number of Ofcom's for fiction. */
const OUTSIDE = "+442079460123";
let centre: Centre;
let shutDesk: (() => void) | undefined;
let secret: ResponseOf<"deviceCreate">;
let phone: BaresipPhone;

beforeAll(async () => {
  if (!hasBaresip()) return;
  centre = await openCentre();
  const agentId = (await centre.agent.call("sessionGet")).personId;
  secret = await centre.admin.call("deviceCreate", { body: { name: "Desk 7", personId: agentId } });
  shutDesk = await openDesk(centre);
  phone = openPhone();
  await phone.registered;
  await centre.agent.call("deskPhonePut", { body: { deviceId: secret.device.deviceId } });
  await vi.waitFor(async () => expect((await desk()).phone.proven).toBe(true), { timeout: 25_000 });
  await centre.agent.call("deskReady");
}, 120_000);
afterAll(async () => {
  shutDesk?.();
  await phone?.close();
  await centre?.program.stop();
});

function openPhone(): BaresipPhone {
  const { username, password } = secret;
  return baresipPhone({ username, password, port: centre.program.phonePort, toneHz: AGENT_HZ });
}
function dial(from: string): BaresipCall {
  const call = baresipDial({ uri: `sip:${centre.number}@127.0.0.1:${centre.program.sipPort}`, toneHz: CALLER_HZ, from });
  onTestFinished(() => call.kill());
  return call;
}
const desk = (): Promise<DeskState> => centre.agent.call("deskGet");
const deviceNow = async (): Promise<Device | undefined> =>
  (await centre.admin.call("devicesList")).items.find(({ deviceId }) => deviceId === secret.device.deviceId);
async function deskIs(state: DeskState["state"]): Promise<void> {
  await expect.poll(async () => (await desk()).state).toBe(state);
}
async function rings(who: BaresipPhone): Promise<void> {
  await expect.poll(() => who.ringing()).not.toBeNull();
}
async function finish(): Promise<void> {
  await deskIs("wrapUp");
  const contactId = (await desk()).contact?.contactId ?? "";
  const [code] = (await centre.agent.call("wrapUpCodesList")).items;
  await centre.agent.call("wrapUpFinish", { params: { contactId }, body: { wrapUpCodeId: code?.wrapUpCodeId ?? null, note: "" } });
  await deskIs("ready");
}

able(
  "rings with the caller's number, is picked up, and both hear each other; hung up there, the agent ended the call",
  { timeout: 90_000 },
  async () => {
    const caller = dial("02079460777");
    await rings(phone);
    expect(phone.ringing()).toContain("+442079460777");
    expect((await deviceNow())?.state).toMatchObject({ call: "ringing", canRing: true });
    phone.answer();
    await hears(caller, AGENT_HZ);
    await hears(phone, CALLER_HZ);
    await deskIs("talking");
    expect((await deviceNow())?.state).toMatchObject({ call: "talking", contacts: [{ transport: "udp", answers: true }] });

    // Held at the phone itself, the customer hears music and the desk shows it.
    phone.hold();
    await hearsMusic(caller, AGENT_HZ);
    await expect.poll(async () => (await desk()).contact?.heldSince ?? null).not.toBeNull();
    phone.resume();
    await hears(caller, AGENT_HZ);
    await expect.poll(async () => (await desk()).contact?.heldSince).toBeNull();

    phone.putDown();
    await caller.closed;
    await deskIs("wrapUp");
    expect((await desk()).contact?.cause).toMatchObject({ by: "agent", why: "hungUp" });
    const { items: log } = await centre.admin.call("deviceLog", { params: { deviceId: secret.device.deviceId } });
    expect(log.map(({ what }) => what).toReversed()).toEqual(["registered", "ringing", "talking", "callOver"]);
    await finish();
  },
);

able("declined there, the caller goes on waiting; hung up on the screen, the phone is hung up", { timeout: 90_000 }, async () => {
  const caller = dial("02079460778");
  await rings(phone);
  phone.putDown();
  await deskIs("ready");
  await hearsMusic(caller, AGENT_HZ);
  // Nobody else is there: it rings again after a while.
  await rings(phone);
  phone.answer();
  await deskIs("talking");
  await hears(caller, AGENT_HZ);
  const closedBefore = phone.counts().closed;
  await centre.agent.call("contactHangUp", { params: { contactId: (await desk()).contact?.contactId ?? "" } });
  await expect.poll(() => phone.counts().closed).toBeGreaterThan(closedBefore);
  await caller.closed;
  await finish();
});

able("one that is gone gets no calls and says so; back, it rings for who has waited", { timeout: 90_000 }, async () => {
  await phone.close();
  await expect.poll(async () => (await desk()).phone.proven).toBe(false);
  expect((await deviceNow())?.state).toMatchObject({ canRing: false, contacts: [], trouble: { what: "unregistered" } });
  const caller = dial("02079460779");
  await caller.established;
  await hearsMusic(caller, AGENT_HZ);
  expect((await desk()).state).toBe("ready");
  phone = openPhone();
  await rings(phone);
  phone.answer();
  await hears(caller, AGENT_HZ);
  await hears(phone, CALLER_HZ);
  await caller.hangUp();
  await finish();
});

/** The carrier, at this port of 127.0.0.1; it may ask us to call for it. */
async function useTrunk(port: number): Promise<void> {
  const { trunk } = await centre.admin.call("trunkCreate", {
    body: carrierTrunk({ targets: [carrierTarget(port)], habits: { ...newTrunkHabits(), optionsSeconds: 0, takesRefer: true } }),
  });
  onTestFinished(async () => {
    const { trunkId, version } = trunk;
    await centre.admin.call("trunkUpdate", { params: { trunkId }, body: { version, retired: true } });
  });
}
async function allowCallsOut(): Promise<void> {
  const { suggested, version } = await centre.admin.call("dialPolicyGet");
  await centre.admin.call("dialPolicyPut", { body: { policy: { ...suggested, enabled: true, countries: ["GB"] }, version } });
}

/** Somebody outside who is reached by a trunk of ours, and may be called. */
async function outsideByCarrier() {
  await allowCallsOut();
  const port = await freePort();
  const outside = baresipAnswer({ port, from: OUTSIDE, toneHz: OUTSIDE_HZ });
  onTestFinished(() => outside.kill());
  await useTrunk(port);
  return { port, outside };
}

able(
  "its transfer key passes the customer on past the gate, and the agent is in wrap-up; refused, it is called back and has the customer again",
  { timeout: 90_000 },
  async () => {
    const { port, outside } = await outsideByCarrier();
    const caller = dial("02079460780");
    await rings(phone);
    phone.answer();
    await hears(caller, AGENT_HZ);
    // Not a country that may be called. This phone hangs up when it hears of that.
    phone.transfer("sip:+33142685300@127.0.0.1");
    await expect.poll(() => phone.output()).toContain("transfer failure: 603");
    await hearsMusic(caller, AGENT_HZ);
    await rings(phone);
    phone.answer();
    await hears(caller, AGENT_HZ);
    await hears(phone, CALLER_HZ);
    expect((await desk()).contact).toMatchObject({ heldSince: null, mediaLostSince: null });

    phone.transfer(`sip:${OUTSIDE}@127.0.0.1`);
    await outside.established;
    await hears(caller, OUTSIDE_HZ);
    await hears(outside, CALLER_HZ);
    const contactId = (await desk()).contact?.contactId ?? "";
    await finish();
    await caller.hangUp();
    await outside.closed;
    await expect
      .poll(async () => (await centre.admin.call("contactGet", { params: { contactId } })).contact)
      .toMatchObject({ outcome: "answered", agentName: centre.agentName });
    // The outside party's line stands in the ladder of the customer's call.
    await expect.poll(() => ladder(contactId)).toEqual(expect.arrayContaining([`> INVITE ${port}`, `< 200 ${port}`, `> BYE ${port}`]));
  },
);

/** What was said to and by whom, as the ladder of this contact shows it. */
async function ladder(contactId: string): Promise<readonly string[]> {
  const { items } = await centre.admin.call("contactTraceGet", { params: { contactId } });
  return items.flatMap(({ parties, steps }) =>
    steps.map(({ from, to, label }) => {
      const peer = parties.find(({ partyId }) => partyId === (from === "allo" ? to : from));
      return `${from === "allo" ? ">" : "<"} ${label.split(" ")[0]} ${peer?.place.port}`;
    }),
  );
}
const phonePort = async (): Promise<number> => (await deviceNow())?.state?.contacts[0]?.port ?? 0;

able(
  "a call placed with it shows the phone's and the carrier's messages, also when nobody answers there",
  { timeout: 90_000 },
  async () => {
    const { port, outside } = await outsideByCarrier();
    await centre.agent.call("callPlace", { body: { number: OUTSIDE } });
    await rings(phone);
    phone.answer();
    await hears(phone, OUTSIDE_HZ);
    const contactId = (await desk()).contact?.contactId ?? "";
    await outside.hangUp();
    await finish();
    const own = await phonePort();
    const whole = [`> INVITE ${own}`, `< 200 ${own}`, `> BYE ${own}`, `> INVITE ${port}`, `< 200 ${port}`, `< BYE ${port}`];
    await expect.poll(() => ladder(contactId)).toEqual(expect.arrayContaining(whole));

    // Put down before anybody is called: the phone's own messages are all there is.
    await centre.agent.call("callPlace", { body: { number: OUTSIDE } });
    await rings(phone);
    const given = (await desk()).contact?.contactId ?? "";
    phone.putDown();
    await expect.poll(async () => (await desk()).lastDial?.contactId).toBe(given);
    await expect.poll(() => ladder(given)).toEqual(expect.arrayContaining([`> INVITE ${own}`]));
    expect((await ladder(given)).filter((step) => step.endsWith(` ${port}`))).toEqual([]);
  },
);

/** Asks again until the talk has begun, then answers what it is told of the transfer, until we hang up. */
const refersInTalk = (referTo: string): readonly string[] => [
  '<label id="1"/>',
  send(request("REFER", { inDialog: true, cseq: "[cseq+10]", branch: "[branch]-[cseq]", contact: true, more: `Refer-To: ${referTo}\n` }), {
    repeats: true,
  }),
  '<recv response="202" optional="true" next="2"/>',
  '<recv response="603" timeout="8000"/>',
  '<pause milliseconds="300" next="1"/>',
  '<label id="2"/>',
  '<recv request="NOTIFY" optional="true" next="3"/>',
  '<recv request="BYE" timeout="15000" next="4"/>',
  '<label id="3"/>',
  send(response("200 OK")).replace("<send", '<send next="2"'),
  '<label id="4"/>',
  send(response("200 OK")),
];

test.skipIf(!hasBaresip() || !hasSipp)(
  "a carrier that passes a talk on by REFER has its other number called; who answers speaks with the agent in its place",
  { timeout: 90_000 },
  async () => {
    await allowCallsOut();
    const port = await freePort();
    const other = baresipAnswer({ port, from: OUTSIDE, toneHz: OUTSIDE_HZ });
    onTestFinished(() => other.kill());
    await useTrunk(port);
    const referring = sipp([...answered(centre.number), ...refersInTalk(`<sip:${OUTSIDE}@carrier.example>`)], {
      port: centre.program.sipPort,
    });
    await rings(phone);
    phone.answer();
    await referring;
    await other.established;
    await hears(phone, OUTSIDE_HZ);
    await hears(other, AGENT_HZ);
    await deskIs("talking");
    await other.hangUp();
    await finish();
  },
);

test.skipIf(!hasBaresip() || !hasSipp)(
  "one that names a dialog of its own is called with the Replaces that it wrote",
  { timeout: 90_000 },
  async () => {
    await allowCallsOut();
    const taking = Promise.withResolvers<number>();
    const taken = sipp(
      [
        recv("INVITE", { timeoutMs: 20_000, expects: [{ header: "Replaces", pattern: "other@pbx;to-tag=t1;from-tag=f1" }] }),
        send(response("200 OK", { tag: "other", contact: true, body: OFFER }), { repeats: true }),
        recv("ACK"),
        recv("BYE", { timeoutMs: 20_000 }),
        send(response("200 OK")),
      ],
      { onPort: taking.resolve },
    );
    await useTrunk(await taking.promise);
    const referTo = `<sip:${OUTSIDE}@carrier.example?Replaces=other%40pbx%3Bto-tag%3Dt1%3Bfrom-tag%3Df1>`;
    const referring = sipp([...answered(centre.number), ...refersInTalk(referTo)], { port: centre.program.sipPort });
    await rings(phone);
    phone.answer();
    await referring;
    await deskIs("talking");
    phone.putDown();
    await taken;
    await finish();
  },
);

test.skipIf(!hasBaresip() || !hasSipp)(
  "a queue's talk goes to a recorder elsewhere too: late where that isn't there at first, without what is said in a pause, until it ends",
  { timeout: 120_000 },
  async () => {
    const { admin, agent, queueId } = centre;
    const away = { host: "127.0.0.1", port: 9, transport: "udp", user: null, accountUser: null, srtp: false, optionsSeconds: 0 } as const;
    const how = { pausedAs: "inactive", tls: { caPem: null, fingerprint: null } } as const;
    const made = await admin.call("recorderCreate", { body: { name: "Archive", enabled: true, ...away, ...how, password: null } });
    const recorderAt = { params: { recorderId: made.recorderId } };
    const queue = (await admin.call("queuesList")).items.find((each) => each.queueId === queueId);
    const of = { params: { queueId } };
    const chosen = await admin.call("queueUpdate", { ...of, body: { version: queue?.version ?? 0, recorderId: made.recorderId } });
    onTestFinished(async () => {
      await admin.call("queueUpdate", { ...of, body: { version: chosen.version, recorderId: null } });
    });

    await phone.close();
    phone = openPhone();
    await vi.waitFor(async () => expect((await desk()).phone.proven).toBe(true), { timeout: 25_000 });

    // Nobody is there: the talk goes on, and whoever leads the floor is told.
    const caller = dial("02079460780");
    await rings(phone);
    phone.answer();
    const missing = async (): Promise<number> => (await admin.call("recorderTroublesList")).items[0]?.missing ?? 0;
    await expect.poll(missing, { timeout: 20_000 }).toBe(1);
    await hears(caller, AGENT_HZ);
    await hears(phone, CALLER_HZ);

    // Set right while they talk, it has the rest of the talk: each side in a stream of its own.
    const server = await recordingServer();
    onTestFinished(server.close);
    await admin.call("recorderUpdate", { ...recorderAt, body: { version: made.version, port: server.port } });
    const [left, right] = server.ears;
    await hears(left, CALLER_HZ);
    await hears(right, AGENT_HZ);
    await expect.poll(missing).toBe(0);
    const [first] = server.told();
    expect(first).toContain('aor="sip:02079460780@');
    await expect.poll(() => server.told().at(-1)).toContain("<name>Sara Agent</name>");

    // A pause comes there as streams that stop, and that say so; what is said in it never does.
    const contactId = (await desk()).contact?.contactId ?? "";
    const paused = (isPaused: boolean) => agent.call("contactRecordingPut", { params: { contactId }, body: { paused: isPaused } });
    await paused(true);
    await expect.poll(() => server.told().at(-1)).toContain("a=inactive");
    const [packets, heardThen] = [left.packets() + right.packets(), caller.heard().length];
    await expect.poll(() => caller.heard().length).toBeGreaterThan(heardThen + 8_000);
    expect(left.packets() + right.packets() - packets).toBeLessThan(6);
    await paused(false);
    await expect.poll(() => server.told().at(-1)).not.toContain("a=inactive");
    await expect.poll(() => left.packets() + right.packets()).toBeGreaterThan(packets + 150);
    await hears(left, CALLER_HZ);
    await hears(right, AGENT_HZ);

    await caller.hangUp();
    await server.ended;
    const copied = async (): Promise<readonly unknown[]> =>
      (await admin.call("contactGet", { params: { contactId } })).timeline.flatMap((entry) =>
        entry.kind === "copyStarted" || entry.kind === "copyFailed" || entry.kind === "copyEnded" ? [[entry.kind, entry.details]] : [],
      );
    const { recorderId } = made;
    await expect.poll(copied).toEqual([
      ["copyFailed", expect.objectContaining({ recorderId })],
      ["copyStarted", { recorderId, again: false }],
      ["copyEnded", { recorderId, whole: false }],
    ]);
    await finish();
  },
);

able(
  "a talk that can't be recorded goes on, desk and floor say so, and it is recorded once that is over",
  { timeout: 90_000 },
  async () => {
    // A file in the folder's place: no recording can begin.
    const folder = join(centre.program.folder, "recordings");
    const aside = `${folder}.aside`;
    mkdirSync(folder, { recursive: true });
    renameSync(folder, aside);
    writeFileSync(folder, "");
    const heal = (): void => {
      if (!existsSync(aside)) return;
      rmSync(folder);
      renameSync(aside, folder);
    };
    onTestFinished(heal);
    const caller = dial("02079460781");
    await rings(phone);
    phone.answer();
    const recording = async (): Promise<string | undefined> => (await desk()).contact?.recording;
    await expect.poll(recording).toBe("failed");
    await hears(caller, AGENT_HZ);
    expect(await centre.admin.call("recordingFailuresGet")).toMatchObject({ calls: 1 });
    heal();
    await expect.poll(recording, { timeout: 20_000 }).toBe("on");
    await hears(phone, CALLER_HZ);
    const contactId = (await desk()).contact?.contactId ?? "";
    await caller.hangUp();
    const states = async () => (await centre.admin.call("contactGet", { params: { contactId } })).recordings.map(({ state }) => state);
    await expect.poll(states).toEqual(["failed", "saved"]);
    await expect.poll(() => centre.admin.call("recordingFailuresGet")).toMatchObject({ calls: 0, since: null });
    await finish();
  },
);
