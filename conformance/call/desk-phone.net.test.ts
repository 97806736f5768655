// A desk phone that is not ours as an agent's phone: baresip registers, is chosen at the desk, rings for a queue's call and has the talk.
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { Device, DeskState, ResponseOf } from "@allo/contract";
import { baresipDial, baresipPhone, hasBaresip, type BaresipCall, type BaresipPhone } from "@allo/testkit";
import { openCentre, type Centre } from "./centre.ts";
import { hears, hearsMusic } from "./listening.ts";
import { openDesk } from "./open-desk.ts";

const able = hasBaresip() ? test : test.skip;
const [CALLER_HZ, AGENT_HZ] = [620, 1_300];
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
