// A phone that is in no call is lifted and dials, at an edge as a process with a core played by the test.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import type { DeviceState, EdgeConfig, EdgeEvent } from "@allo/contract";
import type { InternalCallId, OfferId, PersonId, PhoneId } from "@allo/kernel";
import { buildWav, generateTone, SAMPLE_RATE } from "@allo/media";
import { playPhone, type PlayedPhone } from "./fixtures/played-phone.ts";
import { deviceConfig, phonesConfig, startPhonesEdge } from "./fixtures/phones-edge.ts";
import type { StartedEdge } from "./fixtures/started-edge.ts";

const [RING_HZ, ANN_HZ, BOB_HZ, MUSIC_HZ, SENTENCE_HZ] = [3_100, 1_300, 900, 2_500, 1_900] as const;
const PASSWORD = "a-long-password-of-a-device";
const [ANNS, BOBS] = ["dev_201" as PhoneId, "dev_202" as PhoneId];
const [ANN, BOB] = ["per_ann" as PersonId, "per_bob" as PersonId];
type Asked = Extract<EdgeEvent, { kind: "phoneDialAsked" }>;

let edge: StartedEdge;
let core: StartedEdge["core"];
let ann: PlayedPhone;
let bob: PlayedPhone;
let serial = 0;

const devices = ["201", "202"].map((name) => deviceConfig(`dev_${name}`, name, PASSWORD));
function config(folder: string): EdgeConfig {
  const base = phonesConfig(folder, devices);
  const tones = { "tone.ring": RING_HZ, "say.why": SENTENCE_HZ };
  const more = Object.entries(tones).map(([audioId, frequencyHz]) => {
    const filePath = join(folder, `${audioId}.wav`);
    const samples = generateTone({ frequencyHz, durationMs: 1_000, amplitude: 8_000 });
    writeFileSync(filePath, buildWav({ sampleRate: SAMPLE_RATE, channels: 1, samples }));
    return { audioId, filePath, version: 1 };
  });
  return { ...base, audio: [...base.audio, ...more] };
}
async function phoneOf(username: string, toneHz: number, otherHz: number): Promise<PlayedPhone> {
  // Its second line is the one it dials on.
  const tones = { first: toneHz, second: toneHz, others: [otherHz, RING_HZ, MUSIC_HZ, SENTENCE_HZ] };
  const phone = await playPhone({ username, password: PASSWORD, port: edge.ports.phone, tones });
  expect(await phone.register()).toBe(200);
  await expect.poll(() => stateOf(`dev_${username}`)?.canRing).toBe(true);
  return phone;
}
const stateOf = (deviceId: string): DeviceState | undefined => core.devices.findLast((each) => each.deviceId === deviceId)?.state;

beforeAll(async () => {
  edge = await startPhonesEdge(MUSIC_HZ, devices);
  ({ core } = edge);
  core.post({ kind: "edgeConfig", config: config(edge.folder) });
}, 60_000);
beforeEach(async () => {
  ann = await phoneOf("201", ANN_HZ, BOB_HZ);
  bob = await phoneOf("202", BOB_HZ, ANN_HZ);
});
afterEach(async () => {
  await ann.close();
  await bob.close();
});
afterAll(async () => {
  await edge.stop();
});

async function until<K extends EdgeEvent["kind"]>(kind: K, from: number): Promise<Extract<EdgeEvent, { kind: K }>> {
  const find = () => core.events.slice(from).find((event): event is Extract<EdgeEvent, { kind: K }> => event.kind === kind);
  await expect.poll(find, { message: kind }).toBeDefined();
  return find() as Extract<EdgeEvent, { kind: K }>;
}
async function dials(user: string): Promise<{ readonly dialogId: string; readonly asked: Asked; readonly from: number }> {
  const from = core.events.length;
  const dialogId = ann.dial(user);
  return { dialogId, asked: await until("phoneDialAsked", from), from };
}
function begin({ token }: Asked): InternalCallId {
  serial += 1;
  const internalCallId = `int_${serial}` as InternalCallId;
  core.command({
    kind: "beginInternal",
    internalCallId,
    caller: { phoneId: ANNS, personId: ANN },
    calleeId: BOB,
    shown: { number: null, name: "Bob" },
    ringback: "tone.ring",
    holdLoop: "music.main",
    dialToken: token,
  });
  return internalCallId;
}
const progress = (dialogId: string): readonly number[] =>
  ann.of("inviteProgressed").flatMap((event) => (event.dialogId === dialogId ? [event.response.status] : []));
async function rejected(dialogId: string): Promise<readonly [number, string | undefined]> {
  const find = () => ann.of("inviteRejected").find((event) => event.dialogId === dialogId);
  await expect.poll(find).toBeDefined();
  return [find()?.status ?? 0, find()?.response?.reason];
}
async function idle(): Promise<void> {
  await expect.poll(() => stateOf("dev_201")?.call).toBe("idle");
}

test("hears it ring before anything is answered, is answered with the colleague, holds, and is put down", { timeout: 60_000 }, async () => {
  const { dialogId, asked, from } = await dials("202");
  expect(asked).toMatchObject({ phoneId: ANNS, destination: "202", onlyForHelp: false });
  expect(stateOf("dev_201")?.call).toBe("dialling");
  const internalCallId = begin(asked);
  await until("internalReady", from);
  await expect.poll(() => ann.second.hears()).toEqual([RING_HZ]);
  expect(progress(dialogId)).toContain(183);
  expect(ann.of("inviteAnswered").some((event) => event.dialogId === dialogId)).toBe(false);

  const offerId = "off_1" as OfferId;
  core.command({ kind: "joinInternal", internalCallId, phoneId: BOBS, offerId, shown: { number: null, name: "Ann" } });
  const { dialogId: bobs } = await bob.rung();
  bob.answer(bobs);
  await until("internalJoined", from);
  await expect.poll(() => ann.of("inviteAnswered").some((event) => event.dialogId === dialogId)).toBe(true);
  await expect.poll(() => [ann.second.hears(), bob.first.hears()]).toEqual([[BOB_HZ], [ANN_HZ]]);
  expect(stateOf("dev_201")?.call).toBe("talking");

  ann.hold(dialogId, "sendonly");
  await expect.poll(() => bob.first.hears()).toEqual([MUSIC_HZ]);
  ann.hold(dialogId, "sendrecv");
  await expect.poll(() => [ann.second.hears(), bob.first.hears()]).toEqual([[BOB_HZ], [ANN_HZ]]);

  ann.hangUp(dialogId);
  expect(await until("internalEnded", from)).toMatchObject({ internalCallId, why: "hungUp" });
  await expect.poll(() => bob.of("dialogEnded").some((event) => event.dialogId === bobs)).toBe(true);
  await idle();
});

test("given up before the answer, its call is over; so it is where core asked for it too late", { timeout: 60_000 }, async () => {
  const { dialogId, asked, from } = await dials("202");
  begin(asked);
  await until("internalReady", from);
  ann.cancel(dialogId);
  expect(await until("internalEnded", from)).toMatchObject({ why: "hungUp", answeredAt: null });
  await idle();

  const again = await dials("202");
  ann.cancel(again.dialogId);
  await idle();
  begin(again.asked);
  expect(await until("internalEnded", again.from)).toMatchObject({ why: "phoneGone" });
});

test("core's no is the status and the phrase that the phone shows, after a sentence where there is one", { timeout: 60_000 }, async () => {
  const refused = await dials("+33142685300");
  core.command({ kind: "tellPhone", phoneId: ANNS, token: refused.asked.token, status: 403, reason: "This number may not be called" });
  expect(await rejected(refused.dialogId)).toEqual([403, "This number may not be called"]);
  await idle();
  expect(stateOf("dev_201")?.trouble).toMatchObject({ what: "dialRefused", status: 403 });

  const told = await dials("202");
  core.command({ kind: "tellPhone", phoneId: ANNS, token: told.asked.token, status: 503, audioIds: ["say.why"] });
  await expect.poll(() => ann.second.hears()).toEqual([SENTENCE_HZ]);
  expect(await rejected(told.dialogId)).toEqual([503, "Service Unavailable"]);
  await idle();

  // What became of a call that had begun, said before it is ended.
  const begun = await dials("202");
  const internalCallId = begin(begun.asked);
  await until("internalReady", begun.from);
  core.command({ kind: "tellPhone", phoneId: ANNS, token: begun.asked.token, status: 603, reason: "Declined" });
  core.command({ kind: "endInternal", internalCallId });
  expect(await rejected(begun.dialogId)).toEqual([603, "Declined"]);
});

test("a customer who is offered meanwhile rings at it; what was dialled gives way", { timeout: 60_000 }, async () => {
  const { dialogId } = await dials("202");
  core.command({
    kind: "ringPhone",
    phoneId: ANNS,
    audioId: "tone.ring",
    offerId: "off_2" as OfferId,
    shown: { number: "+442079460777", name: null },
  });
  expect(await rejected(dialogId)).toEqual([486, "Busy Here"]);
  await ann.rung();
  core.command({ kind: "stopRinging", phoneId: ANNS });
  await idle();
});

test("without a password that is right it dials nothing, and a second call of one that dials is busy", { timeout: 60_000 }, async () => {
  const from = core.events.length;
  const stranger = await playPhone({
    username: "201",
    password: "a-wrong-one",
    port: edge.ports.phone,
    tones: { first: ANN_HZ, second: ANN_HZ, others: [] },
  });
  onTestFinished(() => stranger.close());
  stranger.dial("202");
  await expect.poll(() => stranger.of("inviteRejected").map(({ status }) => status)).toEqual([401]);
  expect(core.events.slice(from).some(({ kind }) => kind === "phoneDialAsked")).toBe(false);

  const { dialogId, asked } = await dials("202");
  const second = ann.dial("+442079460123");
  expect(await rejected(second)).toEqual([486, "Busy Here"]);
  core.command({ kind: "tellPhone", phoneId: ANNS, token: asked.token, status: 404 });
  expect(await rejected(dialogId)).toEqual([404, "Not Found"]);
});
