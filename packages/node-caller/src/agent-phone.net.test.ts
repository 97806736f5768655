// Agents' phones against the centre's own halves: its SIP engine and registrar as the desk's end, its media engine as the standing leg.
import { createPrng, utf8Decode, utf8Encode } from "@allo/kernel";
import type { MediaEvent, WebrtcLegOpened } from "@allo/media";
import { generateTone } from "@allo/media";
import { createMediaEngine } from "@allo/node-media";
import { createAnswer, parseSdp, readAudio } from "@allo/sdp";
import { createRegistrar, createSipStack, type SipCommand, type SipFlow, type SipUserEvent } from "@allo/sip";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAgentPhones, encodeVoice, type AgentPhone, type AgentPhones } from "./index.ts";

const clock = { now: () => Date.now() };
const IDENTITY = "sip:per_anna@127.0.0.1";
const flow: SipFlow = {
  id: "ws-1",
  transport: "ws",
  local: { address: "127.0.0.1", port: 0 },
  remote: { address: "127.0.0.1", port: 0 },
};

/** The centre's end of one person's WebSocket. */
function createCentre(send: (text: string) => void) {
  let serial = 0;
  const stack = createSipStack({
    ids: { next: (prefix) => `${prefix}${(serial += 1)}` },
    prng: createPrng("centre"),
    methods: ["REGISTER"],
  });
  const registrar = createRegistrar();
  const engine = createMediaEngine({ clock, workers: 1 });
  const media: MediaEvent[] = [];
  const legs: WebrtcLegOpened[] = [];
  let wrongFingerprint = false;
  engine.onEvent((event) => media.push(event));
  const run = (commands: readonly SipCommand[]): void => {
    for (const command of commands) {
      if (command.kind === "sendBytes") {
        const text = utf8Decode(command.bytes);
        queueMicrotask(() => send(text));
      } else if (command.kind === "emit") heed(command.event);
    }
  };
  const heed = (event: SipUserEvent): void => {
    if (event.kind === "requestReceived") {
      const answer = registrar.register({ at: clock.now(), request: event.request, flow, identity: IDENTITY });
      run(stack.respond(event.transactionId, { status: answer.status, headers: answer.headers }).commands);
    } else if (event.kind === "inviteReceived" && event.sdp !== null) void accept(event.dialogId, event.sdp);
  };
  const accept = async (dialogId: string, sdp: Uint8Array): Promise<void> => {
    const parsed = parseSdp(sdp);
    if (!parsed.ok) throw new Error(parsed.reason);
    const read = readAudio(parsed.session);
    if (!read.ok || read.audio.ice === null || read.audio.dtls === null) throw new Error("not a browser's offer");
    const { audio } = read;
    const legId = `leg-${legs.length + 1}`;
    const opened = await engine.openWebrtcLeg({
      legId,
      bindAddress: "127.0.0.1",
      mediaTimeoutMs: null,
      remote: {
        iceUfrag: read.audio.ice.ufrag,
        icePwd: read.audio.ice.pwd,
        fingerprint: `sha-256 ${read.audio.dtls.fingerprint.value}`,
        codec: audio.codec.name,
        payloadType: audio.codec.payloadType,
        dtmfPayloadType: audio.telephoneEventPayloadType,
      },
    });
    legs.push(opened);
    const [algorithm = "", value = ""] = opened.fingerprint.split(" ");
    const fingerprint = { algorithm, value: wrongFingerprint ? value.replaceAll(/[0-9A-F]/g, "0") : value };
    run(
      stack.inviteAccept(dialogId, {
        sdp: createAnswer(parsed.session, audio, {
          origin: { sessionId: "1", version: 1, address: "127.0.0.1" },
          port: opened.port,
          direction: "sendrecv",
          browser: {
            ufrag: opened.iceUfrag,
            pwd: opened.icePwd,
            candidates: [{ address: "127.0.0.1", port: opened.port }],
            fingerprint,
            ssrc: opened.ssrc,
            cname: "allo",
            streamId: "allo",
          },
        }),
      }).commands,
    );
  };
  return {
    engine,
    media,
    legs,
    received: (text: string) => run(stack.handle({ kind: "messageReceived", at: clock.now(), flow, bytes: utf8Encode(text) })),
    registrations: () => registrar.bindings(clock.now(), IDENTITY).length,
    answerWithAnotherFingerprint: () => {
      wrongFingerprint = true;
    },
  };
}

let phones: AgentPhones;
let phone: AgentPhone;
let centre: ReturnType<typeof createCentre>;

beforeEach(async () => {
  phones = await createAgentPhones({ bindAddress: "127.0.0.1", clock });
  centre = createCentre((text) => phone.received(text));
  phone = phones.open({ personId: "per_anna", domain: "127.0.0.1", send: (text) => queueMicrotask(() => centre.received(text)) });
});

afterEach(async () => {
  await phones.close();
  await centre.engine.close();
});

const happened = (kind: MediaEvent["kind"]): number => centre.media.filter((event) => event.kind === kind).length;

test("a phone registers, calls the desk, proves its path, is heard and hears", async () => {
  phone.linkUp();
  await expect.poll(() => phone.state()).toBe("up");
  expect(centre.registrations()).toBe(1);
  expect(happened("dtlsConnected")).toBe(1);
  expect(happened("consentFresh")).toBeGreaterThan(0);
  expect(happened("mediaFlowing")).toBe(0); // nothing is said yet
  centre.engine.setAudio("music", generateTone({ frequencyHz: 500, durationMs: 1_000 }));
  centre.engine.setPath("leg-1", { kind: "sequence", token: "m", items: [{ kind: "loop", audioId: "music" }] });
  phone.setVoice(true);
  expect(await phone.play(encodeVoice(generateTone({ frequencyHz: 900, durationMs: 200 })))).toBe("completed");
  await expect.poll(() => happened("mediaFlowing")).toBe(1);
  await expect.poll(() => phone.hearing().levelDbfs).toBeGreaterThan(-30);
  expect((await centre.engine.legFigures("leg-1"))?.packetsReceived).toBeGreaterThanOrEqual(10);
});

test("without its WebSocket the sound goes on, and afterwards the same standing call serves", async () => {
  phone.linkUp();
  await expect.poll(() => phone.state()).toBe("up");
  phone.linkDown();
  expect(phone.state()).toBe("up");
  const before = phone.hearing().packets;
  await expect.poll(() => phone.hearing().packets).toBeGreaterThan(before + 10);
  phone.linkUp();
  await expect.poll(() => centre.registrations()).toBe(1);
  expect(centre.legs).toHaveLength(1);
});

test("a centre that shows another certificate than it promised is not spoken with", async () => {
  centre.answerWithAnotherFingerprint();
  phone.linkUp();
  await expect.poll(() => centre.legs.length).toBeGreaterThan(1); // it tried, refused, and tried again
  expect(phone.state()).not.toBe("up");
  expect(phone.packetsSent()).toBe(0);
});
