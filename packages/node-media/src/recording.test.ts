import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeG711, generateTone, parseWav, RECORDING_CHUNK_BYTES, RECORDING_HEADER_BYTES, toneShare } from "@allo/media";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RecordingReader } from "./open-recording.ts";
import { openRecording } from "./open-recording.ts";
import { RecordingWriter } from "./recording-writer.ts";

const STARTED_AT = 1_700_000_000_000;
const key = randomBytes(32);
let folder: string;
let filePath: string;
let readers: RecordingReader[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "allo-recording-"));
  filePath = join(folder, "a", "b", "x.rec");
  readers = [];
});
afterEach(async () => {
  for (const reader of readers) await reader.close();
  rmSync(folder, { recursive: true });
});

const tone = (frequencyHz: number, durationMs: number): Uint8Array => encodeG711("PCMA", generateTone({ frequencyHz, durationMs }));
function record(durationMs: number): ReturnType<RecordingWriter["finish"]> {
  const writer = new RecordingWriter({ recordingId: "x", filePath, key, codec: "PCMA", startedAt: STARTED_AT });
  for (let second = 0; second * 1_000 < durationMs; second += 1) {
    writer.place({ side: "left", startSample: second * 8_000, bytes: tone(800, 1_000) });
    writer.place({ side: "right", startSample: second * 8_000, bytes: tone(1_300, 1_000) });
    writer.writeDue(STARTED_AT + second * 1_000);
  }
  return writer.finish(STARTED_AT + durationMs);
}
async function openIt(path = filePath): Promise<RecordingReader> {
  const opened = await openRecording(path, key);
  if (!opened.ok) throw new Error(opened.failure);
  readers.push(opened.value);
  return opened.value;
}

test.each([0, 20, 1_999, 2_000, 2_001, 4_000, 7_300])("a recording of %i ms is complete and as long as it was", async (durationMs) => {
  const saved = record(durationMs);
  const reader = await openIt();
  expect(saved.durationMs).toBe(durationMs);
  expect(saved.bytes).toBe(readFileSync(filePath).length);
  expect(reader.info).toMatchObject({ codec: "PCMA", state: "complete", durationMs, startedAt: STARTED_AT });
  expect(await reader.verify()).toBe("complete");
});

test("any part of the WAV file is the same as that part of the whole", async () => {
  record(5_500);
  const reader = await openIt();
  const whole = await reader.readWav({ from: 0, to: reader.wavBytes });
  if (!whole.ok) throw new Error(whole.failure);
  expect(whole.value.length).toBe(reader.wavBytes);
  const wav = parseWav(whole.value);
  if (!wav.ok) throw new Error(wav.failure);
  expect(wav.value).toMatchObject({ sampleRate: 8_000, channels: 2 });
  expect(
    toneShare(
      wav.value.samples.filter((_, i) => i % 2 === 0),
      800,
    ),
  ).toBeGreaterThan(0.99);
  expect(
    toneShare(
      wav.value.samples.filter((_, i) => i % 2 === 1),
      1_300,
    ),
  ).toBeGreaterThan(0.99);
  await fc.assert(
    fc.asyncProperty(fc.nat(reader.wavBytes + 100), fc.nat(70_000), async (from, length) => {
      const part = await reader.readWav({ from, to: from + length });
      expect(part.ok && Buffer.compare(part.value, whole.value.subarray(from, from + length))).toBe(0);
    }),
    { numRuns: 40 },
  );
});

test("a file cut anywhere plays up to its last whole chunk and says truncated", async () => {
  record(7_300);
  const whole = readFileSync(filePath);
  const stride = 4 + RECORDING_CHUNK_BYTES + 16;
  for (const length of [
    RECORDING_HEADER_BYTES,
    RECORDING_HEADER_BYTES + 3,
    200,
    RECORDING_HEADER_BYTES + stride,
    RECORDING_HEADER_BYTES + 2 * stride + 500,
    whole.length - 1,
  ]) {
    const cut = join(folder, `${length}.rec`);
    writeFileSync(cut, whole.subarray(0, length));
    const reader = await openIt(cut);
    expect(reader.info.state).toBe("truncated");
    expect(reader.info.durationMs).toBe(2_000 * Math.floor((length - RECORDING_HEADER_BYTES) / stride));
    expect(await reader.verify()).toBe("truncated");
  }
});

test("a file changed anywhere, or whose chunks change places, says tampered", async () => {
  record(5_000);
  const whole = readFileSync(filePath);
  const stride = 4 + RECORDING_CHUNK_BYTES + 16;
  const first = RECORDING_HEADER_BYTES;
  const swapped = Buffer.concat([
    whole.subarray(0, first),
    whole.subarray(first + stride, first + 2 * stride),
    whole.subarray(first, first + stride),
    whole.subarray(first + 2 * stride),
  ]);
  const changed = [12, 21, 30]
    .map((step) => first + step * 2_000)
    .map((at) => Buffer.from(whole.map((byte, i) => (i === at ? byte ^ 1 : byte))));
  const longer = Buffer.concat([whole, Buffer.from([0])]);
  const earlier = Buffer.from(whole.map((byte, i) => (i === 27 ? byte ^ 1 : byte)));
  for (const [i, bytes] of [swapped, ...changed, longer, earlier].entries()) {
    const path = join(folder, `${i}.rec`);
    writeFileSync(path, bytes);
    const reader = await openIt(path);
    expect(await reader.verify()).toBe("tampered");
  }
});

test("what is no recording fails, and nothing is written over another", async () => {
  writeFileSync(join(folder, "x"), randomBytes(500));
  expect(await openRecording(join(folder, "x"), key)).toEqual({ ok: false, failure: "notARecording" });
  expect(await openRecording(join(folder, "none"), key)).toEqual({ ok: false, failure: "notFound" });
  record(100);
  expect(() => record(100)).toThrow("EEXIST");
});

test("legs that follow one another within a chunk leave each other's sound", async () => {
  const writer = new RecordingWriter({ recordingId: "x", filePath, key, codec: "PCMA", startedAt: STARTED_AT });
  const silence = new Uint8Array(16_000).fill(0xd5);
  const early = silence.slice();
  early.set(tone(800, 500), 0);
  const late = silence.slice();
  late.set(tone(1_300, 500), 8_000);
  writer.place({ side: "right", startSample: 0, bytes: early });
  writer.place({ side: "right", startSample: 0, bytes: late });
  writer.finish(STARTED_AT + 2_000);
  const pcm = await (await openIt()).readPcm({ fromMs: 0, toMs: 2_000 });
  if (!pcm.ok) throw new Error(pcm.failure);
  const right = pcm.value.filter((_, i) => i % 2 === 1);
  expect(toneShare(right.subarray(0, 4_000), 800)).toBeGreaterThan(0.99);
  expect(toneShare(right.subarray(8_000, 12_000), 1_300)).toBeGreaterThan(0.99);
});
