import { createHmac, randomBytes } from "node:crypto";
import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import type { MediaEvent, WebrtcRemote } from "@allo/media";
import { decodeG711, encodeG711, FRAME_SAMPLES, generateTone, toneShare } from "@allo/media";
import { buildTelephoneEvent, classifyDatagram, writeRtpHeader } from "@allo/rtp";
import { SRTP_TAG_BYTES, SrtpReceiver, SrtpSender } from "@allo/srtp";
import { buildStun, parseStun, STUN_ATTRIBUTE, STUN_BINDING, usernameAttribute } from "@allo/stun";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DtlsClient, HashAlgorithm, SignatureAlgorithm } from "werift-dtls/lib/dtls/src/index.js";
import type { DtlsCertificate } from "./dtls-handshake.ts";
import { makeCertificate } from "./dtls-handshake.ts";
import { ThreadedMediaEngine } from "./engine.ts";

const WAIT_MS = 5_000;
const DTMF_PAYLOAD_TYPE = 126;
const signatureHash = { hash: HashAlgorithm.sha256_4, signature: SignatureAlgorithm.ecdsa_3 };

type Opened = { readonly port: number; readonly iceUfrag: string; readonly icePwd: string };

/** What a browser does on the wire: checks with nomination, DTLS as client, SRTP. */
class TestBrowser {
  readonly heard: Uint8Array[] = [];
  readonly answers: Uint8Array[] = [];
  checksSent = 0;
  readonly remote: WebrtcRemote;
  readonly #certificate: DtlsCertificate;
  #socket: Socket;
  #leg: Opened | null = null;
  #client: DtlsClient | null = null;
  #sender: SrtpSender | null = null;
  #receiver: SrtpReceiver | null = null;
  #checks: NodeJS.Timeout | null = null;
  #talk: NodeJS.Timeout | null = null;
  #sequence = 1_000;
  #timestamp = 0;

  private constructor(socket: Socket, certificate: DtlsCertificate) {
    this.#socket = socket;
    this.#certificate = certificate;
    const credentials = { iceUfrag: "brow", icePwd: randomBytes(12).toString("hex") };
    this.remote = {
      ...credentials,
      fingerprint: certificate.fingerprint,
      codec: "PCMA",
      payloadType: 8,
      dtmfPayloadType: DTMF_PAYLOAD_TYPE,
    };
    this.#listen();
  }

  /** With `key` the browser signs with another key than its certificate's. */
  static async open(key?: string): Promise<TestBrowser> {
    const certificate = await makeCertificate();
    return new TestBrowser(await openSocket(), { ...certificate, keyPem: key ?? certificate.keyPem });
  }

  get isConnected(): boolean {
    return this.#sender !== null;
  }

  check(leg: Opened): void {
    this.#leg = leg;
    this.#checks ??= setInterval(() => this.#sendCheck(), 50);
    this.#sendCheck();
  }

  shakeHands(): void {
    const client = new DtlsClient({
      cert: this.#certificate.certPem,
      key: this.#certificate.keyPem,
      signatureHash,
      srtpProfiles: [7, 1],
      extendedMasterSecret: true,
      transport: {
        type: "test",
        address: { address: "", family: "", port: 0 },
        closed: false,
        onData: () => undefined,
        send: async (bytes: Uint8Array) => this.send(bytes),
        close: async () => undefined,
      },
    });
    this.#client = client;
    client.onConnect.subscribe(() => {
      const keys = client.extractSessionKeys(16, 14);
      this.#sender = new SrtpSender({ key: keys.localKey as Uint8Array, salt: keys.localSalt as Uint8Array });
      this.#receiver = new SrtpReceiver({ key: keys.remoteKey as Uint8Array, salt: keys.remoteSalt as Uint8Array });
    });
    client.onError.subscribe(() => undefined);
    void client.connect().catch(() => undefined);
  }

  say(frequencyHz: number): void {
    const tone = encodeG711("PCMA", generateTone({ frequencyHz, durationMs: 1_000 }));
    let position = 0;
    this.#talk = setInterval(() => {
      this.sendMedia(8, tone.subarray(position, position + FRAME_SAMPLES));
      position = (position + FRAME_SAMPLES) % tone.length;
      this.#timestamp += FRAME_SAMPLES;
    }, 20);
  }

  press(digit: string): void {
    for (const payload of buildTelephoneEvent(digit, 800, 160)) this.sendMedia(DTMF_PAYLOAD_TYPE, payload);
    this.#timestamp += 1_600;
  }

  sendMedia(payloadType: number, payload: Uint8Array): void {
    if (this.#sender === null) return;
    const packet = new Uint8Array(12 + payload.length + SRTP_TAG_BYTES);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    writeRtpHeader(packet, { payloadType, marker: false, sequence: this.#sequence, timestamp: this.#timestamp, ssrc: 0xb0b });
    packet.set(payload, 12);
    this.send(packet.subarray(0, this.#sender.protectRtp(packet, 12 + payload.length)));
  }

  /** The browser's network changes: another socket, the same keys. */
  async moveToAnotherAddress(): Promise<void> {
    this.#socket.close();
    this.#socket = await openSocket();
    this.#listen();
    this.heard.length = 0;
  }

  stopChecks(): void {
    if (this.#checks !== null) clearInterval(this.#checks);
    this.#checks = null;
  }

  send(bytes: Uint8Array): void {
    if (this.#leg !== null) this.#socket.send(bytes, this.#leg.port, "127.0.0.1");
  }

  useLeg(leg: Opened): void {
    this.#leg = leg;
  }

  toneHeard(frequencyHz: number): number {
    const newest = this.heard.slice(-15);
    return newest.length < 15 ? 0 : toneShare(decodeG711("PCMA", Buffer.concat(newest.map((packet) => packet.subarray(12)))), frequencyHz);
  }

  close(): void {
    this.stopChecks();
    if (this.#talk !== null) clearInterval(this.#talk);
    this.#socket.close();
  }

  #listen(): void {
    this.#socket.on("message", (bytes) => {
      const kind = classifyDatagram(bytes);
      if (kind === "stun") this.answers.push(bytes);
      else if (kind === "dtls") this.#client?.transport.socket.onData(bytes, ["", 0]);
      else if (kind === "rtp" && this.#receiver !== null) {
        const length = this.#receiver.unprotectRtp(bytes);
        if (typeof length === "number") this.heard.push(bytes.subarray(0, length));
      }
    });
  }

  #sendCheck(): void {
    this.checksSent += 1;
    const leg = this.#leg;
    if (leg === null) return;
    const bytes = buildStun({
      messageClass: "request",
      method: STUN_BINDING,
      transactionId: randomBytes(12),
      attributes: [
        usernameAttribute(`${leg.iceUfrag}:${this.remote.iceUfrag}`),
        { type: STUN_ATTRIBUTE.priority, value: Uint8Array.of(0x6e, 0, 1, 0xff) },
        { type: STUN_ATTRIBUTE.iceControlling, value: randomBytes(8) },
        { type: STUN_ATTRIBUTE.useCandidate, value: new Uint8Array(0) },
      ],
      hmac: (message) => createHmac("sha1", leg.icePwd).update(message).digest(),
      fingerprint: true,
    });
    this.send(bytes);
  }
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return socket;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe.each(["ffi", "dgram"] as const)("sip-rtp 6.3 RFC 5763, 5764: a browser's leg on %s sockets", (sockets) => {
  let engine: ThreadedMediaEngine;
  let events: MediaEvent[];
  let browsers: TestBrowser[];

  beforeEach(() => {
    engine = new ThreadedMediaEngine({ clock: { now: () => Date.now() }, workers: 2, sockets });
    events = [];
    browsers = [];
    engine.onEvent((event) => events.push(event));
  });

  afterEach(async () => {
    for (const browser of browsers) browser.close();
    await engine.close();
  });

  const happened = <K extends MediaEvent["kind"]>(kind: K) =>
    events.filter((event): event is MediaEvent & { kind: K } => event.kind === kind);
  const openBrowser = async (): Promise<TestBrowser> => {
    const browser = await TestBrowser.open();
    browsers.push(browser);
    return browser;
  };
  const openLeg = (legId: string, remote: WebrtcRemote | null) =>
    engine.openWebrtcLeg({ legId, bindAddress: "127.0.0.1", remote, mediaTimeoutMs: null });
  const connect = async (legId: string): Promise<TestBrowser> => {
    const browser = await openBrowser();
    browser.check(await openLeg(legId, browser.remote));
    await until(() => browser.answers.length > 0, "an answer to a check");
    browser.shakeHands();
    await until(() => browser.isConnected && happened("dtlsConnected").some((event) => event.legId === legId), "keys");
    return browser;
  };

  test("a browser checks, shakes hands, hears music and is heard, keys included", async () => {
    const a = await connect("a");
    const b = await connect("b");
    engine.setAudio("music", generateTone({ frequencyHz: 500, durationMs: 1_000 }));
    engine.setPath("a", { kind: "sequence", token: "m", items: [{ kind: "loop", audioId: "music" }] });
    engine.setPath("b", { kind: "bridge", peerLegId: "a" });
    a.say(1_100);
    await until(() => a.toneHeard(500) > 0.98 && b.toneHeard(1_100) > 0.98, "tones");
    a.press("7");
    await until(() => happened("digit").length === 1, "the key");
    expect(happened("digit")[0]).toMatchObject({ legId: "a", digit: "7" });
    expect(happened("consentFresh").length).toBeGreaterThan(0);
  });

  test("a leg that offers answers no check before it knows whose they are, then agrees on keys and is heard", async () => {
    const browser = await openBrowser();
    const leg = await openLeg("a", null);
    browser.check(leg);
    engine.setAudio("music", generateTone({ frequencyHz: 500, durationMs: 1_000 }));
    engine.setPath("a", { kind: "sequence", token: "m", items: [{ kind: "loop", audioId: "music" }] });
    // Asked after five checks, and answered by the worker that takes them.
    await until(() => browser.checksSent >= 5, "five checks");
    await engine.legFigures("a");
    expect(browser.answers).toHaveLength(0);
    engine.updateWebrtcLeg("a", browser.remote);
    await until(() => browser.answers.length > 0, "an answer to a check");
    browser.shakeHands();
    await until(() => browser.isConnected && browser.toneHeard(500) > 0.98, "keys and music");
  });

  test("a certificate other than the one the SDP promised gets no media", async () => {
    const browser = await openBrowser();
    const other = await makeCertificate();
    browser.check(await openLeg("a", { ...browser.remote, fingerprint: other.fingerprint }));
    await until(() => browser.answers.length > 0, "an answer");
    browser.shakeHands();
    await until(() => happened("dtlsFailed").length === 1, "the failure");
    expect(happened("dtlsFailed")[0]).toMatchObject({ legId: "a", reason: "fingerprintMismatch" });
    expect(happened("dtlsConnected")).toHaveLength(0);
  });

  test("who shows a certificate without owning its key gets no media", async () => {
    const thief = await TestBrowser.open((await makeCertificate()).keyPem);
    browsers.push(thief);
    thief.check(await openLeg("a", thief.remote));
    await until(() => thief.answers.length > 0, "an answer");
    thief.shakeHands();
    await until(() => happened("dtlsFailed").length === 1, "the failure");
    expect(happened("dtlsFailed")[0]).toMatchObject({ legId: "a", reason: "handshakeFailed" });
    expect(happened("dtlsConnected")).toHaveLength(0);
  });

  test("[DTLS-RACE] hellos from an unchecked address are not seen, and nonsense from a checked one tears nothing down", async () => {
    const browser = await openBrowser();
    const racer = await openBrowser();
    const leg = await openLeg("a", browser.remote);
    racer.useLeg(leg);
    racer.shakeHands();
    browser.check(leg);
    await until(() => browser.answers.length > 0, "an answer");
    for (const junk of ["16feff0000000000000000000b", "16feff00000000000000000010010000040000000000000004ffffffff", "140000", "16"])
      browser.send(Buffer.from(junk, "hex"));
    for (let i = 0; i < 20; i += 1) browser.send(Buffer.concat([Buffer.from("16fefd", "hex"), randomBytes(60)]));
    browser.shakeHands();
    await until(() => browser.isConnected && happened("dtlsConnected").length === 1, "keys in spite of all");
    expect(racer.isConnected).toBe(false);
    browser.say(900);
    await until(() => happened("mediaFlowing").length === 1, "media");
  });

  test("after a change of network media follows the newest nominated address with the same keys", async () => {
    const browser = await connect("a");
    engine.setAudio("music", generateTone({ frequencyHz: 500, durationMs: 1_000 }));
    engine.setPath("a", { kind: "sequence", token: "m", items: [{ kind: "loop", audioId: "music" }] });
    await until(() => browser.toneHeard(500) > 0.98, "music");
    await browser.moveToAnotherAddress();
    await until(() => browser.toneHeard(500) > 0.98, "music at the new address");
  });

  test("a check signed with another password is not answered, and media from a stranger is not taken", async () => {
    const browser = await connect("a");
    const stranger = await openBrowser();
    const packetsBefore = (await engine.legFigures("a"))?.packetsReceived;
    const opened = await openLeg("b", browser.remote);
    stranger.check({ ...opened, icePwd: "wrong".repeat(6) });
    for (let i = 0; i < 5; i += 1) stranger.send(Uint8Array.of(0x80, 8, 0, i, ...randomBytes(180)));
    const since = browser.answers.length;
    await until(() => browser.answers.length > since + 5, "the true one is still answered");
    expect(stranger.answers).toHaveLength(0);
    expect((await engine.legFigures("a"))?.packetsReceived).toBe(packetsBefore);
    expect(parseStun(browser.answers[0] as Uint8Array)).toMatchObject({ ok: true, value: { messageClass: "success" } });
  });
});
