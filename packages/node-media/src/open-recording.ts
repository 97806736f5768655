import { createDecipheriv, createSecretKey } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import type { Instant, Result } from "@allo/kernel";
import { fail, ok } from "@allo/kernel";
import type { Codec, RecordingHeader, RecordingLayout } from "@allo/media";
import {
  buildWavHeader,
  chunkAdditionalData,
  chunkNonce,
  chunkOffset,
  chunksOfRange,
  decodeG711,
  layoutOf,
  parseRecordingHeader,
  RECORDING_HEADER_BYTES,
  RECORDING_KEY_BYTES,
  RECORDING_LENGTH_BYTES,
  RECORDING_TAG_BYTES,
  WAV_HEADER_BYTES,
  writeChunkLength,
} from "@allo/media";

export type RecordingReadFailure = "notFound" | "notARecording" | "wrongKeyOrTampered";
export type RecordingInfo = {
  readonly codec: Codec;
  readonly channels: number;
  readonly sampleRate: number;
  readonly startedAt: Instant;
  readonly durationMs: number;
  /** "truncated": cut by a crash, plays up to its last whole chunk. "tampered": the framing was changed. */
  readonly state: "complete" | "truncated" | "tampered";
};
/** Bytes [from, to) of something. */
export type ByteRange = { readonly from: number; readonly to: number };
export type RecordingPeaks = { readonly left: Float32Array; readonly right: Float32Array };
export type RecordingReader = {
  readonly info: RecordingInfo;
  /** The size of the recording as a WAV file (16 bits, stereo). */
  readonly wavBytes: number;
  /** Any part of that WAV file: only the chunks it needs are read. */
  readonly readWav: (range: ByteRange) => Promise<Result<Uint8Array, RecordingReadFailure>>;
  /** Linear samples, interleaved, of [fromMs, toMs). */
  readonly readPcm: (range: { readonly fromMs: number; readonly toMs: number }) => Promise<Result<Int16Array, RecordingReadFailure>>;
  readonly peaks: (buckets: number) => Promise<Result<RecordingPeaks, RecordingReadFailure>>;
  /** Checks every chunk's tag. */
  readonly verify: () => Promise<RecordingInfo["state"]>;
  readonly close: () => Promise<void>;
};

/** Chunks decrypted for one step of a long read: 64 s of sound. */
const CHUNKS_PER_STEP = 32;

/** Opens a recording's file with its key (32 bytes). Close the reader. */
export async function openRecording(filePath: string, key: Uint8Array): Promise<Result<RecordingReader, RecordingReadFailure>> {
  if (key.length !== RECORDING_KEY_BYTES) return fail("wrongKeyOrTampered");
  let file: FileHandle;
  try {
    file = await open(filePath, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return fail("notFound");
    throw error;
  }
  const opened = await readRecording(file, key);
  if (!opened.ok) await file.close();
  return opened;
}

async function readRecording(file: FileHandle, key: Uint8Array): Promise<Result<RecordingReader, RecordingReadFailure>> {
  const headerBytes = await readAt(file, 0, RECORDING_HEADER_BYTES);
  const parsed = parseRecordingHeader(headerBytes);
  if (!parsed.ok) return fail("notARecording");
  const header = parsed.value;
  const { size } = await file.stat();
  const layout = await layoutOfFile(file, header, size);
  const source: Source = { file, header, headerBytes, layout, key: createSecretKey(key) };
  const blockBytes = header.channels;
  const info: RecordingInfo = {
    codec: header.codec,
    channels: header.channels,
    sampleRate: header.sampleRate,
    startedAt: header.startedAt,
    durationMs: Math.floor((layout.clearBytes / blockBytes / header.sampleRate) * 1_000),
    state: layout.state,
  };
  const dataBytes = layout.clearBytes * 2;
  const readClear = (from: number, to: number): Promise<Result<Uint8Array, RecordingReadFailure>> => readClearRange(source, { from, to });
  return ok({
    info,
    wavBytes: WAV_HEADER_BYTES + dataBytes,
    readWav: (range) => readWavRange(source, { from: Math.max(0, range.from), to: Math.min(range.to, WAV_HEADER_BYTES + dataBytes) }),
    readPcm: async (range) => {
      const byteAt = (ms: number): number =>
        Math.max(0, Math.min(layout.clearBytes, Math.floor((ms * header.sampleRate) / 1_000) * blockBytes));
      const clear = await readClear(byteAt(range.fromMs), byteAt(range.toMs));
      return clear.ok ? ok(decodeG711(header.codec, clear.value)) : clear;
    },
    peaks: (buckets) => readPeaks(source, buckets),
    verify: async () => {
      for (let index = 0; index < layout.chunkCount; index += CHUNKS_PER_STEP) {
        const step = await readClear(index * header.chunkBytes, (index + CHUNKS_PER_STEP) * header.chunkBytes);
        if (!step.ok) return "tampered";
      }
      // An empty last chunk holds no sound, but its tag is the proof that nothing is missing.
      if (layout.state === "complete" && layout.clearBytes === (layout.chunkCount - 1) * header.chunkBytes) {
        const index = layout.chunkCount - 1;
        const last = await readChunk(source, { index, offset: chunkOffset(header, index), clearBytes: 0, isLast: true });
        if (last === null) return "tampered";
      }
      return layout.state;
    },
    close: () => file.close(),
  });
}

type Source = {
  readonly file: FileHandle;
  readonly header: RecordingHeader;
  readonly headerBytes: Uint8Array;
  readonly layout: RecordingLayout;
  readonly key: ReturnType<typeof createSecretKey>;
};

async function layoutOfFile(file: FileHandle, header: RecordingHeader, size: number): Promise<RecordingLayout> {
  // Framing asks for at most two length words, around the end of the file: both are read before it is asked.
  const stride = chunkOffset(header, 1) - RECORDING_HEADER_BYTES;
  const whole = Math.max(0, Math.floor((size - RECORDING_HEADER_BYTES) / stride));
  const words = new Map<number, Uint8Array>();
  for (const index of [whole - 1, whole]) {
    if (index >= 0) words.set(chunkOffset(header, index), await readAt(file, chunkOffset(header, index), RECORDING_LENGTH_BYTES));
  }
  return layoutOf(header, size, (offset) => words.get(offset) ?? new Uint8Array(0));
}

async function readClearRange(source: Source, range: ByteRange): Promise<Result<Uint8Array, RecordingReadFailure>> {
  const to = Math.min(range.to, source.layout.clearBytes);
  const from = Math.min(Math.max(0, range.from), to);
  const out = new Uint8Array(to - from);
  for (const place of chunksOfRange(source.header, source.layout, { from, to })) {
    const clear = await readChunk(source, place);
    if (clear === null) return fail("wrongKeyOrTampered");
    const start = place.index * source.header.chunkBytes;
    out.set(clear.subarray(Math.max(0, from - start), Math.min(clear.length, to - start)), Math.max(0, start - from));
  }
  return ok(out);
}

async function readChunk(
  source: Source,
  place: { readonly index: number; readonly offset: number; readonly clearBytes: number; readonly isLast: boolean },
): Promise<Uint8Array | null> {
  const sealedBytes = RECORDING_LENGTH_BYTES + place.clearBytes + RECORDING_TAG_BYTES;
  const sealed = await readAt(source.file, place.offset, sealedBytes);
  if (sealed.length < sealedBytes) return null;
  const decipher = createDecipheriv("aes-256-gcm", source.key, chunkNonce(source.header.noncePrefix, place.index), {
    authTagLength: RECORDING_TAG_BYTES,
  });
  decipher.setAAD(chunkAdditionalData(source.headerBytes, place.index, writeChunkLength(place.clearBytes, place.isLast)));
  decipher.setAuthTag(sealed.subarray(sealedBytes - RECORDING_TAG_BYTES));
  const clear = decipher.update(sealed.subarray(RECORDING_LENGTH_BYTES, sealedBytes - RECORDING_TAG_BYTES));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return clear;
}

async function readWavRange(source: Source, range: ByteRange): Promise<Result<Uint8Array, RecordingReadFailure>> {
  const { header, layout } = source;
  if (range.to <= range.from) return ok(new Uint8Array(0));
  const out = new Uint8Array(range.to - range.from);
  if (range.from < WAV_HEADER_BYTES) {
    const head = buildWavHeader({ sampleRate: header.sampleRate, channels: header.channels, dataBytes: layout.clearBytes * 2 });
    out.set(head.subarray(range.from, Math.min(WAV_HEADER_BYTES, range.to)));
  }
  // One byte of the file is two of the WAV.
  const firstByte = Math.max(0, range.from - WAV_HEADER_BYTES);
  const endByte = Math.max(0, range.to - WAV_HEADER_BYTES);
  if (endByte === 0) return ok(out);
  const firstSample = firstByte >> 1;
  const clear = await readClearRange(source, { from: firstSample, to: Math.ceil(endByte / 2) });
  if (!clear.ok) return clear;
  const samples = decodeG711(header.codec, clear.value);
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, i) => view.setInt16(2 * i, sample, true));
  const skipped = firstByte - firstSample * 2;
  out.set(bytes.subarray(skipped, skipped + endByte - firstByte), Math.max(0, WAV_HEADER_BYTES - range.from));
  return ok(out);
}

async function readPeaks(source: Source, buckets: number): Promise<Result<RecordingPeaks, RecordingReadFailure>> {
  const { header, layout } = source;
  const peaks = { left: new Float32Array(buckets), right: new Float32Array(buckets) };
  const stepBytes = CHUNKS_PER_STEP * header.chunkBytes;
  for (let from = 0; from < layout.clearBytes; from += stepBytes) {
    const clear = await readClearRange(source, { from, to: from + stepBytes });
    if (!clear.ok) return clear;
    const samples = decodeG711(header.codec, clear.value);
    for (let i = 0; i < samples.length; i += 1) {
      const bucket = Math.floor(((from + i) * buckets) / layout.clearBytes);
      const side = header.channels === 2 && i % 2 === 1 ? peaks.right : peaks.left;
      const magnitude = Math.abs(samples[i] as number) / 32_768;
      if (magnitude > (side[bucket] as number)) side[bucket] = magnitude;
    }
  }
  return ok(peaks);
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
