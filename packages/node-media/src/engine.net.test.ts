import { randomBytes } from "node:crypto";
import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Codec, LegPath, MediaEvent, PlainLegOpened, PlainLegOptions, PlainRemote } from "@allo/media";
import {
  decodeG711,
  DtmfDetector,
  encodeG711,
  fillDtmf,
  FRAME_SAMPLES,
  generateTone,
  loudness,
  SILENCE_BYTE,
  STATIC_PAYLOAD_TYPE,
  toneShare,
} from "@allo/media";
import { buildTelephoneEvent, parseRtcp, parseRtp, parseTelephoneEvent, writeRtpHeader } from "@allo/rtp";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { ThreadedMediaEngine } from "./engine.ts";
import { openRecording } from "./open-recording.ts";

const DTMF_PAYLOAD_TYPE = 101;
const WAIT_MS = 15_000;

/** A desk phone: says a tone for as long as it is told to, keeps what it hears. */
class TestPhone {
  readonly socket: Socket;
  readonly codec: Codec;
  readonly heard: Uint8Array[] = [];
  readonly control: Uint8Array[] = [];
  readonly ssrc = randomBytes(4).readUInt32BE();
  sequence = 65_500;
  timestamp = 4_294_960_000;
  #tone: Uint8Array = new Uint8Array(0);
  #position = 0;
  #timer: NodeJS.Timeout | null = null;

  private constructor(socket: Socket, codec: Codec) {
    this.socket = socket;
    this.codec = codec;
    socket.on("message", (bytes) => ((bytes[1] as number) >= 192 && (bytes[1] as number) <= 223 ? this.control : this.heard).push(bytes));
  }

  static async open(codec: Codec, address = "127.0.0.1"): Promise<TestPhone> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, address, resolve));
    return new TestPhone(socket, codec);
  }

  get remote(): PlainRemote {
    return {
      address: "127.0.0.1",
      port: this.socket.address().port,
      codec: this.codec,
      dtmfPayloadType: DTMF_PAYLOAD_TYPE,
      behindNat: false,
      signalledFrom: null,
    };
  }

  say(frequencyHz: number, port: number): void {
    this.#say(encodeG711(this.codec, generateTone({ frequencyHz, durationMs: 1_000 })), port);
  }

  #say(sound: Uint8Array, port: number, framesMax = Number.POSITIVE_INFINITY): void {
    this.stop();
    this.#tone = sound;
    this.#position = 0;
    const startedAt = performance.now();
    let frames = 0;
    // A busy machine's timer is late: what is due is sent then, so that the phone's clock is right.
    this.#timer = setInterval(() => {
      for (; frames < framesMax && frames * 20 <= performance.now() - startedAt; frames += 1) {
        const frame = this.#tone.subarray(this.#position, this.#position + FRAME_SAMPLES);
        this.#position = (this.#position + FRAME_SAMPLES) % this.#tone.length;
        this.send(STATIC_PAYLOAD_TYPE[this.codec], frame, port);
        this.timestamp = (this.timestamp + FRAME_SAMPLES) >>> 0;
      }
    }, 20);
  }

  /** A key as tones, for 400 ms. */
  sayKey(digit: string, port: number): void {
    const tone = new Int16Array(3_200);
    fillDtmf(digit, 0, tone);
    this.#say(encodeG711(this.codec, tone), port, 20);
  }

  press(digit: string, port: number): void {
    buildTelephoneEvent(digit, 800, 160).forEach((payload, i) => this.send(DTMF_PAYLOAD_TYPE, payload, port, i === 0));
    this.timestamp = (this.timestamp + 1_600) >>> 0;
  }

  send(payloadType: number, payload: Uint8Array, port: number, marker = false): void {
    const packet = new Uint8Array(12 + payload.length);
    this.sequence = (this.sequence + 1) & 0xffff;
    writeRtpHeader(packet, { payloadType, marker, sequence: this.sequence, timestamp: this.timestamp, ssrc: this.ssrc });
    packet.set(payload, 12);
    this.socket.send(packet, port, "127.0.0.1");
  }

  /** The share of one tone in the newest frames heard; 0 while fewer have come. */
  toneHeard(frequencyHz: number, frames = 15): number {
    const newest = this.heard.slice(-frames);
    return newest.length < frames ? 0 : toneShare(this.samplesOf(newest), frequencyHz);
  }

  loudnessHeard(frames = 15): number {
    return loudness(this.samplesOf(this.heard.slice(-frames)));
  }

  samplesOf(packets: readonly Uint8Array[]): Int16Array {
    const payload = packets.filter((packet) => ((packet[1] as number) & 0x7f) !== DTMF_PAYLOAD_TYPE).map((packet) => packet.subarray(12));
    return decodeG711(this.codec, Buffer.concat(payload));
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  close(): void {
    this.stop();
    this.socket.close();
  }
}

/** An engine that tells what has happened in it, and can be emptied. */
class TestEngine extends ThreadedMediaEngine {
  readonly events: MediaEvent[] = [];
  readonly #workers: number;
  readonly #legIds = new Set<string>();
  readonly #audioIds = new Set<string>();

  constructor(sockets: "ffi" | "dgram", workers: number) {
    super({ clock: { now: () => Date.now() }, workers, sockets });
    this.#workers = workers;
    this.onEvent((event) => this.events.push(event));
  }

  override openPlainLeg(leg: PlainLegOptions): Promise<PlainLegOpened> {
    this.#legIds.add(leg.legId);
    return super.openPlainLeg(leg);
  }
  override setAudio(audioId: string, samples: Int16Array): void {
    this.#audioIds.add(audioId);
    super.setAudio(audioId, samples);
  }

  /** As it began: no leg, no audio, nothing that happened. */
  async empty(): Promise<void> {
    for (const legId of this.#legIds) this.closeLeg(legId);
    for (const audioId of this.#audioIds) this.removeAudio(audioId);
    // One leg more in each worker: what it had to say of the others has been said when it is open.
    const last = Array.from({ length: this.#workers }, (_, index) => `last ${index}`);
    await Promise.all(last.map((legId) => super.openPlainLeg({ legId, bindAddress: "127.0.0.1", remote: null, mediaTimeoutMs: null })));
    for (const legId of last) this.closeLeg(legId);
    for (const kept of [this.#legIds, this.#audioIds]) kept.clear();
    this.events.length = 0;
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The engines side by side, the tests of each in turn: they wait for sound more than they work. */
const IN_ORDER = { concurrent: false };
describe.concurrent.each([
  ["ffi", 1],
  ["ffi", 2],
  ["dgram", 2],
] as const)("the media engine on %s sockets with %i worker(s)", (sockets, workers) => {
  // The threads of an engine cost more than a test: all have the same one, as a centre has, and leave nothing in it.
  let shared: TestEngine;
  beforeAll(() => {
    shared = new TestEngine(sockets, workers);
  });
  afterAll(() => shared.close());

  const openEngine = async (onTestFinished: TestContext["onTestFinished"], { ofItsOwn = false } = {}) => {
    const engine = ofItsOwn ? new TestEngine(sockets, workers) : shared;
    const { events } = engine;
    const phones: TestPhone[] = [];
    const folder = await mkdtemp(join(tmpdir(), "allo-media-"));
    onTestFinished(async () => {
      for (const phone of phones) phone.close();
      await (ofItsOwn ? engine.close() : engine.empty());
      await rm(folder, { recursive: true });
    });
    const openLeg = async (
      legId: string,
      codec: Codec,
      options: {
        readonly mediaTimeoutMs?: number;
        readonly behindNat?: boolean;
        readonly dtmfPayloadType?: null;
        readonly packetMs?: number;
        readonly keysElsewhere?: boolean;
      } = {},
    ) => {
      const phone = await TestPhone.open(codec);
      phones.push(phone);
      const dtmfPayloadType = options.dtmfPayloadType === undefined ? DTMF_PAYLOAD_TYPE : null;
      const { packetMs = null, keysElsewhere = false } = options;
      const remote = { ...phone.remote, dtmfPayloadType, behindNat: options.behindNat ?? false, packetMs, keysElsewhere };
      const { port } = await engine.openPlainLeg({
        legId,
        bindAddress: "127.0.0.1",
        remote,
        mediaTimeoutMs: options.mediaTimeoutMs ?? null,
      });
      return { phone, port };
    };
    return {
      engine,
      phones,
      folder,
      openLeg,
      bridge: (a: string, b: string): void => {
        engine.setPath(a, { kind: "bridge", peerLegId: b });
        engine.setPath(b, { kind: "bridge", peerLegId: a });
      },
      happened: <K extends MediaEvent["kind"]>(kind: K) => events.filter((event): event is MediaEvent & { kind: K } => event.kind === kind),
      openParties: async () => {
        const customer = await openLeg("customer", "PCMA");
        const agent = await openLeg("agent", "PCMU");
        const lead = await openLeg("lead", "PCMU");
        customer.phone.say(600, customer.port);
        agent.phone.say(1_000, agent.port);
        lead.phone.say(1_700, lead.port);
        return { customer: customer.phone, agent: agent.phone, lead: lead.phone, customerPort: customer.port };
      },
    };
  };

  test.for([
    ["PCMU", "PCMU"],
    ["PCMU", "PCMA"],
    ["PCMA", "PCMU"],
  ] as const)("two bridged legs hear each other: %s and %s", IN_ORDER, async ([codecA, codecB], { onTestFinished }) => {
    const { engine, openLeg, bridge, happened } = await openEngine(onTestFinished);
    const a = await openLeg("a", codecA);
    const b = await openLeg("b", codecB);
    expect(engine.workerOfLeg("b")).toBe(workers - 1);
    bridge("a", "b");
    a.phone.say(800, a.port);
    b.phone.say(1_300, b.port);
    await until(() => a.phone.toneHeard(1_300) > 0.99 && b.phone.toneHeard(800) > 0.99, "tones in both directions");
    expect(a.phone.toneHeard(800)).toBeLessThan(0.01);
    expect(
      happened("mediaFlowing")
        .map((event) => event.legId)
        .toSorted(),
    ).toEqual(["a", "b"]);
  });

  test("a listener's sequence numbers, timestamps and SSRC go on when the source changes, and the marker says so", async ({
    onTestFinished,
  }) => {
    const { engine, openLeg, happened } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    const b = await openLeg("b", "PCMA");
    engine.setAudio("music", generateTone({ frequencyHz: 500, durationMs: 300 }));
    engine.setPath("a", { kind: "sequence", token: "t1", items: [{ kind: "loop", audioId: "music" }] });
    b.phone.say(1_300, b.port);
    await until(() => a.phone.toneHeard(500) > 0.98, "music");
    engine.setPath("a", { kind: "bridge", peerLegId: "b" });
    await until(() => a.phone.toneHeard(1_300) > 0.99, "the peer");
    engine.setPath("a", { kind: "sequence", token: "t2", items: [{ kind: "loop", audioId: "music" }] });
    await until(() => a.phone.toneHeard(500) > 0.98, "music again");
    const headers = a.phone.heard.map((packet) => parseRtp(packet)).flatMap((parsed) => (parsed.ok ? [parsed.value] : []));
    expect(new Set(headers.map((header) => header.ssrc)).size).toBe(1);
    for (const [i, header] of headers.slice(1).entries()) {
      const before = headers[i];
      if (before === undefined) throw new Error("unreachable");
      expect((header.sequence - before.sequence) & 0xffff).toBe(1);
      expect((header.timestamp - before.timestamp) >>> 0).toBeGreaterThanOrEqual(FRAME_SAMPLES);
      expect((header.timestamp - before.timestamp) >>> 0).toBeLessThan(8_000);
    }
    expect(headers.filter((header) => header.marker).length).toBeGreaterThanOrEqual(3);
    expect(happened("sequenceEnded")).toMatchObject([{ legId: "a", token: "t1", completed: false }]);
  });

  test("a sequence plays its items in order to the end and says so", IN_ORDER, async ({ onTestFinished }) => {
    const { engine, openLeg, happened } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMA");
    engine.setAudio("one", generateTone({ frequencyHz: 600, durationMs: 200 }));
    engine.setAudio("two", generateTone({ frequencyHz: 1_500, durationMs: 200 }));
    engine.setPath("a", {
      kind: "sequence",
      token: "greeting",
      items: [
        { kind: "audio", audioId: "one" },
        { kind: "silence", durationMs: 100 },
        { kind: "audio", audioId: "unknown" },
        { kind: "audio", audioId: "two" },
      ],
    });
    await until(() => happened("sequenceEnded").length > 0, "the end of the sequence");
    expect(happened("sequenceEnded")).toMatchObject([{ legId: "a", token: "greeting", completed: true }]);
    await until(() => a.phone.loudnessHeard(5) < 20, "silence after the end");
    const audible = a.phone.heard.filter((packet) => loudness(a.phone.samplesOf([packet])) > 1_000);
    expect(audible.length).toBe(20);
    expect(toneShare(a.phone.samplesOf(audible.slice(0, 10)), 600)).toBeGreaterThan(0.98);
    expect(toneShare(a.phone.samplesOf(audible.slice(10)), 1_500)).toBeGreaterThan(0.98);
  });

  test("music that is replaced is heard by whoever plays it from its next round", IN_ORDER, async ({ onTestFinished }) => {
    const { engine, openLeg } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    engine.setPath("a", { kind: "sequence", token: "m", items: [{ kind: "loop", audioId: "music" }] });
    await until(() => a.phone.heard.length > 5, "silence while there is no music");
    engine.setAudio("music", generateTone({ frequencyHz: 700, durationMs: 100 }));
    await until(() => a.phone.toneHeard(700, 10) > 0.95, "the first music");
    engine.setAudio("music", generateTone({ frequencyHz: 1_900, durationMs: 100 }));
    await until(() => a.phone.toneHeard(1_900, 10) > 0.95, "the second music");
  });

  test("who is muted is heard as silence, and heard again after it", IN_ORDER, async ({ onTestFinished }) => {
    const { engine, openLeg, bridge } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    const b = await openLeg("b", "PCMU");
    bridge("a", "b");
    a.phone.say(900, a.port);
    await until(() => b.phone.toneHeard(900) > 0.99, "the tone");
    engine.setMuted("a", true);
    await until(() => b.phone.loudnessHeard() < 20, "silence");
    engine.setMuted("a", false);
    await until(() => b.phone.toneHeard(900) > 0.99, "the tone again");
  });

  test(
    "sip-rtp 6.1.7 RFC 3264 §8.4: whoever holds gets no audio, what it would have heard goes on, and it hears again when it takes it back",
    IN_ORDER,
    async ({ onTestFinished }) => {
      const { engine, openLeg, bridge, happened } = await openEngine(onTestFinished);
      const a = await openLeg("a", "PCMU");
      const b = await openLeg("b", "PCMU");
      bridge("a", "b");
      a.phone.say(900, a.port);
      b.phone.say(1_500, b.port);
      await until(() => b.phone.toneHeard(900) > 0.99 && a.phone.toneHeard(1_500) > 0.99, "both tones");
      engine.setWanted("b", false);
      engine.setPath("b", { kind: "sequence", token: "told", items: [{ kind: "silence", durationMs: 200 }] });
      await until(() => happened("sequenceEnded").some(({ token }) => token === "told"), "the end of what it would have heard");
      const before = b.phone.heard.length;
      engine.setPath("b", { kind: "sequence", token: "more", items: [{ kind: "silence", durationMs: 200 }] });
      await until(() => happened("sequenceEnded").some(({ token }) => token === "more"), "more of it");
      expect(b.phone.heard).toHaveLength(before);
      // What it says is heard all the time.
      await until(() => a.phone.toneHeard(1_500) > 0.99, "the tone of who holds");
      engine.setPath("b", { kind: "bridge", peerLegId: "a" });
      engine.setWanted("b", true);
      await until(() => b.phone.heard.length > before + 20 && b.phone.toneHeard(900) > 0.99, "the tone again");
    },
  );

  const voices = (...legIds: string[]): LegPath => ({ kind: "mix", voices: legIds.map((legId) => ({ legId })) });

  test("listening, whispering, joining and taking over: each hears whom it may, and the customer's line has no break", async ({
    onTestFinished,
  }) => {
    const { engine, bridge, openParties } = await openEngine(onTestFinished);
    const { customer, agent, lead } = await openParties();
    const hears = (phone: TestPhone, frequenciesHz: readonly number[]): boolean =>
      [600, 1_000, 1_700].every((frequencyHz) => {
        const share = phone.toneHeard(frequencyHz);
        return frequenciesHz.includes(frequencyHz) ? share > 0.8 / frequenciesHz.length : share < 0.01;
      });
    const all = (expected: readonly (readonly [TestPhone, readonly number[]])[], what: string): Promise<void> =>
      until(() => expected.every(([phone, tones]) => hears(phone, tones)), what);
    bridge("customer", "agent");
    engine.setPath("lead", voices("customer", "agent"));
    await all(
      [
        [customer, [1_000]],
        [agent, [600]],
        [lead, [600, 1_000]],
      ],
      "listening",
    );
    // A list that names the listener, or one that is not there, is heard without them.
    engine.setPath("agent", voices("customer", "lead", "agent", "nobody"));
    await all(
      [
        [customer, [1_000]],
        [agent, [600, 1_700]],
        [lead, [600, 1_000]],
      ],
      "whispering",
    );
    engine.setPath("customer", voices("agent", "lead"));
    await all(
      [
        [customer, [1_000, 1_700]],
        [agent, [600, 1_700]],
        [lead, [600, 1_000]],
      ],
      "a talk of three",
    );
    engine.setMuted("agent", true);
    await all(
      [
        [customer, [1_700]],
        [lead, [600]],
      ],
      "a muted voice is heard by nobody",
    );
    engine.setPath("customer", voices("lead"));
    engine.setPath("lead", voices("customer"));
    engine.setPath("agent", voices());
    await all(
      [
        [customer, [1_700]],
        [lead, [600]],
        [agent, []],
      ],
      "the lead has taken over",
    );
    const packets = customer.heard.map((packet) => parseRtp(packet)).map((parsed) => (parsed.ok ? parsed.value : null));
    expect(new Set(packets.map((packet) => packet?.ssrc)).size).toBe(1);
    packets.forEach((packet, i) => {
      const next = packets[i + 1];
      if (next === undefined || next === null || packet === null) return;
      expect((next.sequence - packet.sequence) & 0xffff).toBe(1);
      const step = (next.timestamp - packet.timestamp) >>> 0;
      expect(step).toBeGreaterThanOrEqual(FRAME_SAMPLES);
      // No break that anybody would take for the end of the call, however busy the machine.
      expect(step).toBeLessThan(50 * FRAME_SAMPLES);
    });
  });

  test("a tone over the talk is heard by one party, and the talk goes on under it and after it", IN_ORDER, async ({ onTestFinished }) => {
    const { engine, bridge, happened, openParties } = await openEngine(onTestFinished);
    const { customer, agent } = await openParties();
    bridge("customer", "agent");
    engine.setAudio("reminder", generateTone({ frequencyHz: 2_500, durationMs: 600 }));
    await until(() => agent.toneHeard(600) > 0.99, "the customer");
    const over = { token: "r", items: [{ kind: "audio", audioId: "reminder" }] } as const;
    engine.setPath("agent", { kind: "mix", voices: [{ legId: "customer" }], over });
    await until(() => agent.toneHeard(600) > 0.3 && agent.toneHeard(2_500) > 0.3, "both");
    expect(customer.toneHeard(2_500)).toBeLessThan(0.01);
    await until(() => happened("sequenceEnded").length === 1, "its end");
    expect(happened("sequenceEnded")[0]).toMatchObject({ token: "r", completed: true });
    await until(() => agent.toneHeard(600) > 0.99, "the customer alone again");
  });

  test("a recording of several has all of ours on one side, and who whispers on neither", IN_ORDER, async ({ onTestFinished }) => {
    const { engine, folder, openLeg, happened, openParties } = await openEngine(onTestFinished);
    const { lead } = await openParties();
    const second = await openLeg("second", "PCMU");
    second.phone.say(2_300, second.port);
    engine.setPath("customer", voices("agent", "second"));
    engine.setPath("agent", voices("customer", "second", "lead"));
    await until(() => happened("mediaFlowing").length === 4, "media");
    const key = randomBytes(32);
    const filePath = join(folder, "many.rec");
    engine.startRecording({ recordingId: "many", left: "customer", right: ["agent", "second"], key, filePath });
    const since = lead.heard.length;
    await until(() => lead.heard.length > since + 110, "2.2 s");
    engine.setRecordingLegs("many", { left: ["customer"], right: ["second"] });
    await until(() => lead.heard.length > since + 160, "1 s more");
    engine.stopRecording("many");
    await until(() => happened("recordingSaved").length === 1, "the recording");
    const opened = await openRecording(filePath, key);
    if (!opened.ok) throw new Error(opened.failure);
    const side = async (channel: number, fromMs: number, toMs: number): Promise<Int16Array> => {
      const pcm = await opened.value.readPcm({ fromMs, toMs });
      if (!pcm.ok) throw new Error(pcm.failure);
      return pcm.value.filter((_, i) => i % 2 === channel);
    };
    expect(toneShare(await side(0, 200, 2_000), 600)).toBeGreaterThan(0.9);
    const both = await side(1, 200, 2_000);
    expect(Math.min(toneShare(both, 1_000), toneShare(both, 2_300))).toBeGreaterThan(0.4);
    expect(toneShare(both, 1_700)).toBeLessThan(0.01);
    expect(toneShare(await side(1, 2_500, 3_000), 2_300)).toBeGreaterThan(0.9);
    await opened.value.close();
  });

  test("a key is told once, however many packets say it, and reaches the peer as one event", IN_ORDER, async ({ onTestFinished }) => {
    const { openLeg, bridge, happened } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    const b = await openLeg("b", "PCMU");
    bridge("a", "b");
    a.phone.say(900, a.port);
    await until(() => b.phone.toneHeard(900) > 0.99, "the tone");
    a.phone.stop();
    for (const digit of ["1", "1", "#"]) a.phone.press(digit, a.port);
    await until(() => happened("digit").length >= 3, "three digits");
    expect(happened("digit").map((event) => event.digit)).toEqual(["1", "1", "#"]);
    const forwarded = (): number[] =>
      b.phone.heard
        .filter((packet) => ((packet[1] as number) & 0x7f) === DTMF_PAYLOAD_TYPE)
        .map((packet) => Buffer.from(packet).readUInt32BE(4));
    await until(() => forwarded().length === 21, "the forwarded events");
    expect(new Set(forwarded()).size).toBe(3);
  });

  const eventsHeard = (phone: TestPhone) =>
    phone.heard.flatMap((packet) => {
      const parsed = parseRtp(packet);
      if (!parsed.ok || parsed.value.payloadType !== DTMF_PAYLOAD_TYPE) return [];
      const event = parseTelephoneEvent(packet, parsed.value.payloadStart, parsed.value.payloadEnd);
      return event === null
        ? []
        : [{ ...event, timestamp: parsed.value.timestamp, marker: parsed.value.marker, sequence: parsed.value.sequence }];
    });

  test("keys sent to a phone are events as RFC 4733 has them, and the talk goes on behind them", IN_ORDER, async ({ onTestFinished }) => {
    const { engine, openLeg, bridge } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    const b = await openLeg("b", "PCMU");
    bridge("a", "b");
    a.phone.say(900, a.port);
    await until(() => b.phone.toneHeard(900) > 0.99, "the tone");
    engine.sendDigits("b", "19x#", { durationMs: 100, gapMs: 10 });
    await until(() => eventsHeard(b.phone).filter((event) => event.end).length === 9, "three keys");
    const keys = Map.groupBy(eventsHeard(b.phone), (event) => event.timestamp);
    expect([...keys.values()].map((packets) => packets[0]?.event)).toEqual([1, 9, 11]);
    for (const packets of keys.values()) {
      expect(packets.map((packet) => packet.duration)).toEqual([160, 320, 480, 640, 800, 800, 800]);
      expect(packets.map((packet) => packet.end)).toEqual([false, false, false, false, true, true, true]);
      expect(packets.map((packet) => packet.marker)).toEqual([true, false, false, false, false, false, false]);
    }
    const timestamps = [...keys.keys()];
    // 100 ms of key and at least 40 ms of pause, on the stream's own clock.
    timestamps.slice(1).forEach((timestamp, i) => expect((timestamp - (timestamps[i] ?? 0)) >>> 0).toBeGreaterThanOrEqual(1_120));
    await until(() => b.phone.toneHeard(900) > 0.99, "the talk again");
    const numbers = b.phone.heard.map((packet) => Buffer.from(packet).readUInt16BE(2));
    numbers.slice(1).forEach((number, i) => expect((number - (numbers[i] ?? 0)) & 0xffff).toBe(1));
  });

  test("a phone without telephone-events is sent tones, and its own tones are keys", IN_ORDER, async ({ onTestFinished }) => {
    const { engine, openLeg, happened } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMA", { dtmfPayloadType: null });
    engine.sendDigits("a", "5#");
    const keysHeard = (): string => {
      const detector = new DtmfDetector();
      return a.phone.heard.map((packet) => detector.received("PCMA", packet, 12, packet.length) ?? "").join("");
    };
    await until(() => keysHeard() === "5#", "two keys as tones");
    a.phone.sayKey("7", a.port);
    await until(() => happened("digit").length === 1, "the key");
    expect(happened("digit")[0]).toMatchObject({ legId: "a", digit: "7" });
  });

  test("a key that comes as an event is sounded towards a peer without events, and not where its keys go by signalling", async ({
    onTestFinished,
  }) => {
    const { engine, openLeg, happened } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    const b = await openLeg("b", "PCMA", { dtmfPayloadType: null });
    const c = await openLeg("c", "PCMA", { dtmfPayloadType: null, keysElsewhere: true });
    for (const legId of ["b", "c"]) engine.setPath(legId, { kind: "bridge", peerLegId: "a" });
    // Asked after it of each worker, and so answered when both hear the first.
    for (const legId of ["a", "b", "c"]) await engine.legFigures(legId);
    a.phone.press("8", a.port);
    const keysHeard = (phone: TestPhone): string => {
      const detector = new DtmfDetector();
      return phone.heard.map((packet) => detector.received("PCMA", packet, 12, packet.length) ?? "").join("");
    };
    await until(() => keysHeard(b.phone) === "8", "the key as a tone");
    // Its own tones are no keys either: they are said by signalling.
    c.phone.sayKey("7", c.port);
    b.phone.sayKey("6", b.port);
    await until(() => happened("digit").some((event) => event.legId === "b"), "the key of the other");
    await until(() => c.phone.heard.length > 40, "more of nothing");
    expect(happened("digit").map((event) => event.legId)).toEqual(["a", "b"]);
    expect(keysHeard(c.phone)).toBe("");
  });

  test.for([10, 30, 60])(
    "sip-rtp 6.6.13: a peer that asks for packets of %i ms gets them, played and relayed, without a break",
    IN_ORDER,
    async (packetMs, { onTestFinished }) => {
      const { engine, openLeg, bridge } = await openEngine(onTestFinished);
      const a = await openLeg("a", "PCMU");
      const b = await openLeg("b", "PCMA", { packetMs });
      const samples = packetMs * 8;
      engine.setAudio("music", generateTone({ frequencyHz: 500, durationMs: 1_000 }));
      engine.setPath("b", { kind: "sequence", token: "t", items: [{ kind: "loop", audioId: "music" }] });
      await until(() => b.phone.toneHeard(500) > 0.98, "music");
      bridge("a", "b");
      a.phone.say(900, a.port);
      await until(() => b.phone.toneHeard(900) > 0.98, "the peer");
      const headers = b.phone.heard.map((packet) => {
        const parsed = parseRtp(packet);
        if (!parsed.ok) throw new Error(parsed.failure);
        return { ...parsed.value, samples: parsed.value.payloadEnd - parsed.value.payloadStart };
      });
      // At the change of source the rest of the first may be a shorter packet.
      const odd = headers.filter((header) => header.samples !== samples);
      expect(odd.length).toBeLessThanOrEqual(2);
      headers.slice(1).forEach((header, i) => expect((header.sequence - (headers[i]?.sequence ?? 0)) & 0xffff).toBe(1));
      for (const [i, header] of headers.slice(-10).slice(1).entries())
        expect((header.timestamp - (headers.slice(-10)[i]?.timestamp ?? 0)) >>> 0).toBe(samples);
      // The keys of the other arrive as events of their own, whatever the length.
      a.phone.stop();
      a.phone.press("3", a.port);
      await until(() => eventsHeard(b.phone).some((event) => event.end), "the key");
      expect(eventsHeard(b.phone)[0]?.event).toBe(3);
    },
  );

  test("sip-rtp 6.6.13: packets of 30 ms are passed on in 20 where that is what the peer asks for", async ({ onTestFinished }) => {
    const { openLeg, bridge } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    const b = await openLeg("b", "PCMU", { packetMs: 20 });
    bridge("a", "b");
    const tone = encodeG711("PCMU", generateTone({ frequencyHz: 900, durationMs: 900 }));
    for (let at = 0; at + 240 <= tone.length; at += 240) {
      a.phone.send(STATIC_PAYLOAD_TYPE.PCMU, tone.subarray(at, at + 240), a.port);
      a.phone.timestamp = (a.phone.timestamp + 240) >>> 0;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until(() => b.phone.toneHeard(900) > 0.98, "the tone");
    expect(new Set(b.phone.heard.map((packet) => packet.length - 12))).toEqual(new Set([FRAME_SAMPLES]));
  });

  test("a masked caller's keys are told, and neither heard by the other party nor recorded", IN_ORDER, async ({ onTestFinished }) => {
    const { engine, folder, openLeg, bridge, happened } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    const b = await openLeg("b", "PCMU");
    bridge("a", "b");
    a.phone.say(300, a.port);
    await until(() => b.phone.toneHeard(300) > 0.99, "the talk");
    const key = randomBytes(32);
    const filePath = join(folder, "masked.rec");
    engine.startRecording({ recordingId: "masked", left: "a", right: "b", key, filePath });
    engine.setMasked("a", true);
    // Asked of the same worker after it, and so answered when the mask is on.
    await engine.legFigures("a");
    const since = b.phone.heard.length;
    a.phone.press("4", a.port);
    await until(() => happened("digit").length === 1, "the key");
    // A phone whose tones leak besides.
    a.phone.sayKey("4", a.port);
    await until(() => b.phone.heard.length > since + 40, "0.8 s");
    engine.setMasked("a", false);
    a.phone.say(300, a.port);
    await until(() => b.phone.toneHeard(300) > 0.99, "the talk again");
    engine.stopRecording("masked");
    await until(() => happened("recordingSaved").length === 1, "the recording");
    expect(eventsHeard(b.phone)).toHaveLength(0);
    const detector = new DtmfDetector();
    const heardKeys = b.phone.heard.map((packet) => detector.received("PCMU", packet, 12, packet.length) ?? "").join("");
    expect(heardKeys).toBe("");
    const opened = await openRecording(filePath, key);
    if (!opened.ok) throw new Error(opened.failure);
    const pcm = await opened.value.readPcm({ fromMs: 0, toMs: 10_000 });
    await opened.value.close();
    if (!pcm.ok) throw new Error(pcm.failure);
    const left = encodeG711(
      "PCMU",
      pcm.value.filter((_, i) => i % 2 === 0),
    );
    expect(new DtmfDetector().received("PCMU", left, 0, left.length)).toBeNull();
  });

  test("keys that are tones alone are cut out of what a masked caller says, who is heard meanwhile", async ({ onTestFinished }) => {
    const { engine, folder, openLeg, bridge, happened } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU", { dtmfPayloadType: null });
    const b = await openLeg("b", "PCMU");
    bridge("a", "b");
    const key = randomBytes(32);
    const filePath = join(folder, "tones.rec");
    engine.startRecording({ recordingId: "tones", left: "a", right: "b", key, filePath });
    engine.setMasked("a", true);
    await engine.legFigures("a");
    const since = b.phone.heard.length;
    a.phone.say(300, a.port);
    await until(() => b.phone.toneHeard(300) > 0.99, "speech under the mask");
    a.phone.sayKey("7", a.port);
    await until(() => happened("digit").length === 1, "the key");
    await until(() => b.phone.heard.length > since + 40, "0.8 s");
    a.phone.say(300, a.port);
    await until(() => b.phone.toneHeard(300) > 0.99, "speech after the key");
    engine.stopRecording("tones");
    await until(() => happened("recordingSaved").length === 1, "the recording");
    expect(happened("digit")[0]).toMatchObject({ legId: "a", digit: "7" });
    const opened = await openRecording(filePath, key);
    if (!opened.ok) throw new Error(opened.failure);
    const pcm = await opened.value.readPcm({ fromMs: 0, toMs: 10_000 });
    await opened.value.close();
    if (!pcm.ok) throw new Error(pcm.failure);
    const recorded = pcm.value.filter((_, i) => i % 2 === 0);
    expect(toneShare(recorded, 300)).toBeGreaterThan(0.1);
    const heard = b.phone.samplesOf(b.phone.heard.slice(since));
    for (const samples of [recorded, heard]) for (const tone of [852, 1_209]) expect(toneShare(samples, tone)).toBeLessThan(0.002);
  });

  test("a key that one of three presses reaches the others as one event each, and is no sound", IN_ORDER, async ({ onTestFinished }) => {
    const { engine, openParties } = await openEngine(onTestFinished);
    const { customer, agent, lead, customerPort } = await openParties();
    for (const [listener, ...others] of [
      ["customer", "agent", "lead"],
      ["agent", "customer", "lead"],
      ["lead", "customer", "agent"],
    ] as const)
      engine.setPath(listener, voices(...others));
    await until(() => lead.toneHeard(600) > 0.4 && lead.toneHeard(1_000) > 0.4, "all talk");
    customer.press("8", customerPort);
    const ends = (phone: TestPhone): number => eventsHeard(phone).filter((event) => event.event === 8 && event.end).length;
    await until(() => ends(agent) === 3 && ends(lead) === 3, "the key");
    expect(new Set(eventsHeard(agent).map((event) => event.timestamp)).size).toBe(1);
    expect(eventsHeard(customer)).toHaveLength(0);
    await until(() => agent.toneHeard(600) > 0.4 && agent.toneHeard(1_700) > 0.4, "the talk goes on");
  });

  test("[RTP-BLEED] a third address neither puts sound into a call nor draws it away", IN_ORDER, async ({ onTestFinished }) => {
    const { engine, phones, openLeg, bridge } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    const b = await openLeg("b", "PCMU");
    const stranger = await TestPhone.open("PCMU", "127.0.0.2");
    const neighbour = await TestPhone.open("PCMU");
    phones.push(stranger, neighbour);
    bridge("a", "b");
    a.phone.say(900, a.port);
    stranger.say(2_500, b.port);
    await until(() => b.phone.heard.length > 40 && a.phone.heard.length > 40, "0.8 s with a stranger before the phone has spoken");
    expect((await engine.legFigures("b"))?.packetsReceived).toBe(0);
    b.phone.say(1_300, b.port);
    await until(() => a.phone.toneHeard(1_300) > 0.99, "the phone");
    // Behind the phone's own address, but late: the lock is taken.
    neighbour.say(3_100, b.port);
    const heardSince = a.phone.heard.length;
    await until(() => a.phone.heard.length > heardSince + 40, "40 more packets");
    expect(a.phone.toneHeard(3_100, 40)).toBeLessThan(0.01);
    await until(() => a.phone.toneHeard(1_300) > 0.99 && b.phone.toneHeard(900) > 0.99, "both parties, still");
    expect(stranger.heard).toHaveLength(0);
    expect(neighbour.heard).toHaveLength(0);
  });

  test("a phone behind NAT is latched onto after a few packets in sequence, and then held against others", async ({ onTestFinished }) => {
    const { phones, openLeg, bridge } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    const nat = await openLeg("nat", "PCMU", { behindNat: true });
    const outside = await TestPhone.open("PCMU");
    const stranger = await TestPhone.open("PCMU");
    phones.push(outside, stranger);
    bridge("a", "nat");
    a.phone.say(900, a.port);
    outside.say(1_700, nat.port);
    await until(() => outside.toneHeard(900) > 0.99 && a.phone.toneHeard(1_700) > 0.99, "both directions through the NAT");
    stranger.say(2_500, nat.port);
    const heardSince = a.phone.heard.length;
    await until(() => a.phone.heard.length > heardSince + 40, "40 more packets");
    expect(a.phone.toneHeard(2_500, 40)).toBeLessThan(0.01);
    await until(() => a.phone.toneHeard(1_700) > 0.99, "the phone, still");
    expect(stranger.heard).toHaveLength(0);
  });

  test("media that stops is told once, and told again when it flows", IN_ORDER, async ({ onTestFinished }) => {
    const { openLeg, happened } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU", { mediaTimeoutMs: 300 });
    a.phone.say(900, a.port);
    await until(() => happened("mediaFlowing").length === 1, "media");
    a.phone.stop();
    await until(() => happened("mediaStopped").length === 1, "the stop");
    expect(happened("mediaStopped")[0]?.lastPacketAt).not.toBeNull();
    a.phone.say(900, a.port);
    await until(() => happened("mediaFlowing").length === 2, "media again");
    expect(happened("mediaStopped")).toHaveLength(1);
  });

  test("a bridged peer that says nothing is heard as silence, not as a dead line", IN_ORDER, async ({ onTestFinished }) => {
    const { openLeg, bridge } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    await openLeg("b", "PCMU");
    bridge("a", "b");
    await until(() => a.phone.heard.length > 20, "packets");
    expect(a.phone.heard.every((packet) => packet.subarray(12).every((byte) => byte === SILENCE_BYTE.PCMU))).toBe(true);
  });

  test("a recording has the left leg on the left, the right leg on the right, and the key is needed to hear it", async ({
    onTestFinished,
  }) => {
    const { engine, folder, openLeg, bridge, happened } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    const b = await openLeg("b", "PCMA");
    bridge("a", "b");
    a.phone.say(800, a.port);
    b.phone.say(1_300, b.port);
    await until(() => b.phone.toneHeard(800) > 0.99, "sound");
    const key = randomBytes(32);
    const filePath = join(folder, "r1.rec");
    engine.startRecording({ recordingId: "r1", left: "a", right: "b", key, filePath });
    const since = b.phone.heard.length;
    await until(() => b.phone.heard.length > since + 120, "2.4 s of talk");
    engine.stopRecording("r1");
    await until(() => happened("recordingSaved").length === 1, "the recording");
    const saved = happened("recordingSaved")[0];
    expect(saved?.durationMs).toBeGreaterThan(2_000);
    const opened = await openRecording(filePath, key);
    if (!opened.ok) throw new Error(opened.failure);
    const reader = opened.value;
    expect(reader.info).toMatchObject({ codec: "PCMU", channels: 2, state: "complete", durationMs: saved?.durationMs });
    expect(await reader.verify()).toBe("complete");
    const pcm = await reader.readPcm({ fromMs: 200, toMs: 2_200 });
    if (!pcm.ok) throw new Error(pcm.failure);
    const side = (channel: number): Int16Array => pcm.value.filter((_, i) => i % 2 === channel);
    expect(toneShare(side(0), 800)).toBeGreaterThan(0.9);
    expect(toneShare(side(1), 1_300)).toBeGreaterThan(0.9);
    const peaks = await reader.peaks(10);
    expect(peaks.ok && peaks.value.left[5]).toBeGreaterThan(0.2);
    await reader.close();
    const stranger = await openRecording(filePath, randomBytes(32));
    expect(stranger.ok && (await stranger.value.readPcm({ fromMs: 0, toMs: 1_000 }))).toEqual({ ok: false, failure: "wrongKeyOrTampered" });
    if (stranger.ok) await stranger.value.close();
  });

  test("a recording whose agent leg is replaced goes on with the other one", IN_ORDER, async ({ onTestFinished }) => {
    const { engine, folder, openLeg, happened } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    const b = await openLeg("b", "PCMU");
    a.phone.say(800, a.port);
    b.phone.say(1_300, b.port);
    await until(() => happened("mediaFlowing").length === 2, "media");
    const key = randomBytes(32);
    const filePath = join(folder, "r2.rec");
    engine.startRecording({ recordingId: "r2", left: null, right: "a", key, filePath });
    const since = a.phone.heard.length;
    await until(() => a.phone.heard.length > since + 40, "0.8 s");
    engine.setRecordingLegs("r2", { left: null, right: "b" });
    await until(() => a.phone.heard.length > since + 80, "1.6 s");
    engine.stopRecording("r2");
    await until(() => happened("recordingSaved").length === 1, "the recording");
    const opened = await openRecording(filePath, key);
    if (!opened.ok) throw new Error(opened.failure);
    const right = async (fromMs: number, toMs: number): Promise<Int16Array> => {
      const pcm = await opened.value.readPcm({ fromMs, toMs });
      if (!pcm.ok) throw new Error(pcm.failure);
      return pcm.value.filter((_, i) => i % 2 === 1);
    };
    expect(toneShare(await right(200, 600), 800)).toBeGreaterThan(0.95);
    expect(toneShare(await right(1_100, 1_500), 1_300)).toBeGreaterThan(0.95);
    await opened.value.close();
  });

  test("a recording that can't be written is told, and the call goes on", IN_ORDER, async ({ onTestFinished }) => {
    const { engine, openLeg, happened } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    engine.startRecording({ recordingId: "r3", left: "a", right: null, key: randomBytes(32), filePath: "/proc/none/r3.rec" });
    await until(() => happened("recordingFailed").length === 1, "the failure");
    expect(happened("recordingFailed")[0]?.recordingId).toBe("r3");
    await until(() => a.phone.heard.length > 5, "silence still flows");
  });

  test("when the recorder dies at most 3 s of a recording are lost, the call goes on, and the next recording works", async ({
    onTestFinished,
  }) => {
    const { engine, folder, openLeg, happened } = await openEngine(onTestFinished, { ofItsOwn: true });
    const a = await openLeg("a", "PCMU");
    a.phone.say(800, a.port);
    await until(() => happened("mediaFlowing").length === 1, "media");
    const key = randomBytes(32);
    const filePath = join(folder, "cut.rec");
    const startedAt = Date.now();
    engine.startRecording({ recordingId: "cut", left: "a", right: null, key, filePath });
    const twoChunksBytes = 40 + 2 * (4 + 32_000 + 16);
    await until(() => existsSync(filePath) && statSync(filePath).size >= twoChunksBytes, "two chunks of 2 s");
    // Just before this moment only the first chunk stood: what it left out is what a crash can cost.
    expect(Date.now() - startedAt - 2_000).toBeLessThanOrEqual(3_000);
    await engine.recorderThread().terminate();
    await until(() => happened("recordingFailed").length === 1, "the loss is told");
    const opened = await openRecording(filePath, key);
    if (!opened.ok) throw new Error(opened.failure);
    expect(opened.value.info).toMatchObject({ state: "truncated", durationMs: 4_000 });
    const pcm = await opened.value.readPcm({ fromMs: 500, toMs: 3_900 });
    expect(
      pcm.ok &&
        toneShare(
          pcm.value.filter((_, i) => i % 2 === 0),
          800,
        ),
    ).toBeGreaterThan(0.9);
    await opened.value.close();
    engine.startRecording({ recordingId: "next", left: "a", right: null, key, filePath: join(folder, "next.rec") });
    const since = a.phone.heard.length;
    await until(() => a.phone.heard.length > since + 20, "the call goes on");
    engine.stopRecording("next");
    await until(() => happened("recordingSaved").length === 1, "the next recording");
  });

  test("when a worker dies its legs are named, the others go on, and new legs can be opened", IN_ORDER, async ({ onTestFinished }) => {
    const { engine, openLeg, bridge, happened } = await openEngine(onTestFinished, { ofItsOwn: true });
    const a = await openLeg("a", "PCMU");
    const b = await openLeg("b", "PCMU");
    bridge("a", "b");
    engine.setAudio("music", generateTone({ frequencyHz: 700, durationMs: 100 }));
    const index = engine.workerOfLeg("b");
    if (index === null) throw new Error("no worker");
    await engine.workerThread(index)?.terminate();
    await until(() => happened("workerDied").length === 1, "the death");
    expect(happened("workerDied")[0]?.legIds).toEqual(workers === 1 ? ["a", "b"] : ["b"]);
    expect(await engine.legFigures("b")).toBeNull();
    const atItsPort = createSocket("udp4");
    await new Promise<void>((resolve, reject) => {
      atItsPort.once("error", reject);
      atItsPort.bind({ port: b.port, address: "127.0.0.1", exclusive: true }, resolve);
    });
    atItsPort.close();
    const heardSince = a.phone.heard.length;
    if (workers === 2) await until(() => a.phone.heard.length > heardSince + 5, "the other leg hears silence");
    const c = await openLeg("c", "PCMU");
    engine.setPath("c", { kind: "sequence", token: "m", items: [{ kind: "loop", audioId: "music" }] });
    await until(() => c.phone.toneHeard(700, 10) > 0.95, "music in the new worker");
  });

  test("what is commanded before the leg is open is done in order afterwards, and unknown legs are ignored", async ({ onTestFinished }) => {
    const { engine, phones } = await openEngine(onTestFinished);
    const phone = await TestPhone.open("PCMU");
    phones.push(phone);
    engine.setAudio("tone", generateTone({ frequencyHz: 700, durationMs: 100 }));
    const opening = engine.openPlainLeg({ legId: "late", bindAddress: "127.0.0.1", remote: phone.remote, mediaTimeoutMs: null });
    engine.setPath("late", { kind: "sequence", token: "m", items: [{ kind: "loop", audioId: "tone" }] });
    await opening;
    await until(() => phone.toneHeard(700, 10) > 0.95, "the tone");
    engine.setPath("nobody", { kind: "silence" });
    engine.closeLeg("nobody");
    expect(await engine.legFigures("nobody")).toBeNull();
    await engine.openPlainLeg({ legId: "beside", nearLegId: "late", bindAddress: "127.0.0.1", remote: null, mediaTimeoutMs: null });
    expect(engine.workerOfLeg("beside")).toBe(engine.workerOfLeg("late"));
    await expect(engine.openPlainLeg({ legId: "x", bindAddress: "192.0.2.1", remote: null, mediaTimeoutMs: null })).rejects.toThrow(
      "not opened",
    );
  });

  test.for([
    ["::1", 4_000],
    ["example.invalid", 4_000],
    ["0.0.0.0", 4_000],
    ["127.0.0.1", 0],
    ["127.0.0.1", 70_000],
    ["", -1],
  ] as const)("a remote %s port %i is nowhere to send to, and harms nobody", IN_ORDER, async ([address, port], { onTestFinished }) => {
    const { engine, openLeg, bridge, happened } = await openEngine(onTestFinished);
    const a = await openLeg("a", "PCMU");
    const remote = { address, port, codec: "PCMU", dtmfPayloadType: null, behindNat: false, signalledFrom: null } as const;
    await engine.openPlainLeg({ legId: "odd", nearLegId: "a", bindAddress: "127.0.0.1", remote, mediaTimeoutMs: null });
    a.phone.say(900, a.port);
    bridge("a", "odd");
    await until(() => a.phone.heard.length > 20, "the neighbour's silence goes on");
    expect((await engine.legFigures("odd"))?.packetsSent).toBe(0);
    expect(happened("workerDied")).toHaveLength(0);
  });

  test("a leg that closes says goodbye in RTCP to where its media went", IN_ORDER, async ({ onTestFinished }) => {
    const { engine } = await openEngine(onTestFinished);
    // Two neighbouring ports, as RFC 3550 §11 has them; where the second is taken, two others.
    const { rtp, rtcp, port } = await bindNeighbours();
    const control: Uint8Array[] = [];
    rtcp.on("message", (bytes) => control.push(bytes));
    let packets = 0;
    rtp.on("message", () => (packets += 1));
    const remote = { address: "127.0.0.1", port, codec: "PCMU", dtmfPayloadType: null, behindNat: false, signalledFrom: null } as const;
    await engine.openPlainLeg({ legId: "a", bindAddress: "127.0.0.1", remote, mediaTimeoutMs: null });
    await until(() => packets > 3, "media");
    engine.closeLeg("a");
    await until(() => control.length > 0, "the last report");
    const parsed = parseRtcp(control.at(-1) ?? new Uint8Array(0));
    rtp.close();
    rtcp.close();
    expect(parsed.ok && parsed.value.map((message) => message.kind)).toEqual(["senderReport", "other", "goodbye"]);
  });
});

async function bindNeighbours(): Promise<{ readonly rtp: Socket; readonly rtcp: Socket; readonly port: number }> {
  for (;;) {
    const [rtp, rtcp] = [createSocket("udp4"), createSocket("udp4")];
    await new Promise<void>((resolve) => rtp.bind(0, "127.0.0.1", resolve));
    const { port } = rtp.address();
    const isBound = await new Promise<boolean>((resolve) => {
      rtcp.once("error", () => resolve(false));
      rtcp.bind(port + 1, "127.0.0.1", () => resolve(true));
    });
    if (isBound) return { rtp, rtcp, port };
    for (const socket of [rtp, rtcp]) socket.close();
  }
}
