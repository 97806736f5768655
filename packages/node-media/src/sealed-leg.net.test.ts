import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import type { MediaEvent } from "@allo/media";
import { FRAME_SAMPLES, SILENCE_BYTE } from "@allo/media";
import { parseRtp, writeRtpHeader } from "@allo/rtp";
import { SrtpReceiver, SrtpSender, SRTP_TAG_BYTES } from "@allo/srtp";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ThreadedMediaEngine } from "./engine.ts";

let engine: ThreadedMediaEngine;
let socket: Socket;
const events: MediaEvent[] = [];
beforeEach(async () => {
  events.length = 0;
  engine = new ThreadedMediaEngine({ clock: { now: () => performance.timeOrigin + performance.now() }, workers: 1 });
  engine.onEvent((event) => events.push(event));
  socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  socket.close();
  await engine.close();
});

const master = (bytes: Uint8Array) => ({ key: bytes.subarray(0, 16), salt: bytes.subarray(16, 30) });

it("[6.4] a leg with keys of its description sends sealed audio and hears sealed audio alone", async () => {
  const keys = { send: new Uint8Array(randomBytes(30)), receive: new Uint8Array(randomBytes(30)) };
  const heard: Uint8Array[] = [];
  socket.on("message", (bytes) => void heard.push(bytes));
  const remote = {
    address: "127.0.0.1",
    port: socket.address().port,
    codec: "PCMU" as const,
    dtmfPayloadType: 101,
    behindNat: false,
    signalledFrom: null,
    srtp: keys,
  };
  const { port } = await engine.openPlainLeg({ legId: "a", bindAddress: "127.0.0.1", remote, mediaTimeoutMs: null });
  let sequence = 0;
  const frame = (): Uint8Array => {
    const bytes = new Uint8Array(12 + FRAME_SAMPLES + SRTP_TAG_BYTES).fill(SILENCE_BYTE.PCMU);
    sequence += 1;
    writeRtpHeader(bytes, { payloadType: 0, sequence, timestamp: sequence * FRAME_SAMPLES, ssrc: 7, marker: false });
    return bytes;
  };
  const flowing = () => events.filter((event) => event.kind === "mediaFlowing").length;
  const figures = async () => (await engine.legFigures("a"))?.packetsReceived ?? 0;
  for (let i = 0; i < 20; i += 1) socket.send(frame().subarray(0, 12 + FRAME_SAMPLES), port, "127.0.0.1");
  // What the leg says is sealed by our key, and each packet by its own number.
  await expect.poll(() => heard.filter((bytes) => (bytes[1] as number) < 192).length).toBeGreaterThan(5);
  expect([flowing(), await figures()]).toEqual([0, 0]);
  const receiver = new SrtpReceiver(master(keys.send));
  const [first] = heard.filter((bytes) => (bytes[1] as number) < 192);
  const sealed = Uint8Array.from(first as Uint8Array);
  expect(sealed.subarray(12, 40).every((byte) => byte === SILENCE_BYTE.PCMU)).toBe(false);
  const length = receiver.unprotectRtp(sealed);
  expect(length).toBe(12 + FRAME_SAMPLES);
  expect(parseRtp(sealed.subarray(0, 12 + FRAME_SAMPLES))).toMatchObject({ ok: true });
  expect(sealed.subarray(12, 12 + FRAME_SAMPLES).every((byte) => byte === SILENCE_BYTE.PCMU)).toBe(true);
  const sender = new SrtpSender(master(keys.receive));
  for (let i = 0; i < 20; i += 1) {
    const bytes = frame();
    socket.send(bytes, 0, sender.protectRtp(bytes, 12 + FRAME_SAMPLES), port, "127.0.0.1");
  }
  await expect.poll(figures).toBe(20);
  await expect.poll(flowing).toBe(1);
});

it("a leg that is to send nothing for a while sends nothing, and goes on under the same keys and count", async () => {
  const keys = { send: new Uint8Array(randomBytes(30)), receive: new Uint8Array(randomBytes(30)) };
  const heard: Uint8Array[] = [];
  socket.on("message", (bytes) => void heard.push(bytes));
  const remote = {
    address: "127.0.0.1",
    port: socket.address().port,
    codec: "PCMA" as const,
    dtmfPayloadType: null,
    behindNat: false,
    signalledFrom: null,
    srtp: keys,
  };
  // Another leg tells how time goes.
  const beside = createSocket("udp4");
  await new Promise<void>((resolve) => beside.bind(0, "127.0.0.1", resolve));
  let ticks = 0;
  beside.on("message", () => void (ticks += 1));
  const clockwork = { ...remote, port: beside.address().port, srtp: null };
  await engine.openPlainLeg({ legId: "clock", bindAddress: "127.0.0.1", remote: clockwork, mediaTimeoutMs: null });
  await engine.openPlainLeg({ legId: "a", bindAddress: "127.0.0.1", remote, mediaTimeoutMs: null });
  const packets = () => heard.filter((bytes) => (bytes[1] as number) < 192);
  await expect.poll(() => packets().length).toBeGreaterThan(5);
  engine.updatePlainLeg("a", null);
  await engine.legFigures("a");
  const [before, at] = [packets().length, ticks];
  await expect.poll(() => ticks).toBeGreaterThan(at + 25);
  expect(packets().length - before).toBeLessThan(3);
  engine.updatePlainLeg("a", remote);
  await expect.poll(() => packets().length).toBeGreaterThan(before + 10);
  const receiver = new SrtpReceiver(master(keys.send));
  const numbers = packets().map((bytes) => {
    expect(receiver.unprotectRtp(Uint8Array.from(bytes))).toBe(12 + FRAME_SAMPLES);
    return ((bytes[2] as number) << 8) | (bytes[3] as number);
  });
  expect(new Set(numbers).size).toBe(numbers.length);
  beside.close();
});
