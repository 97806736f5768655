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
  readChunkLength,
  RECORDING_HEADER_BYTES,
  RECORDING_KEY_BYTES,
  RECORDING_LENGTH_BYTES,
  RECORDING_TAG_BYTES,
  SAMPLE_RATE,
  walkChunks,
  WAV_HEADER_BYTES,
  writeChunkLength,
} from "@allo/media";
import { OpusSound } from "./opus-recording.ts";

export type RecordingReadFailure = "notFound" | "notARecording" | "wrongKeyOrTampered";
export type RecordingInfo = {
  /** The law that it was recorded with. */
  readonly codec: Codec;
  /** As it was recorded, or made smaller since. */
  readonly encoding: "g711" | "opus";
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
  /** The whole as an Ogg Opus file, for those that are kept so; null for the others. */
  readonly readEncoded: (() => Promise<Result<Uint8Array, RecordingReadFailure>>) | null;
  /** Checks every chunk's tag. */
  readonly verify: () => Promise<RecordingInfo["state"]>;
  readonly close: () => Promise<void>;
};

/** Chunks decrypted for one step of a long read: 64 s of sound. */
const CHUNKS_PER_STEP = 32;
/** Samples taken in one step of a look through all of them: Opus is decoded in the caller's thread, 2 s are a few milliseconds. */
const SAMPLES_PER_STEP = 2 * SAMPLE_RATE;

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
  const secret = createSecretKey(key);
  if (header.opusSamples !== undefined) return ok(await opusReader({ file, header, headerBytes, key: secret }, size));
  const layout = await layoutOfFile(file, header, size);
  const source: Source = { file, header, headerBytes, layout, key: secret };
  const dataBytes = layout.clearBytes * 2;
  const readClear = (from: number, to: number): Promise<Result<Uint8Array, RecordingReadFailure>> => readClearRange(source, { from, to });
  const sound: Sound = {
    header,
    samples: Math.floor(layout.clearBytes / header.channels),
    read: async (from, to) => {
      const clear = await readClear(from * header.channels, to * header.channels);
      return clear.ok ? ok(decodeG711(header.codec, clear.value)) : clear;
    },
  };
  return ok({
    info: infoOf(sound, "g711", layout.state),
    wavBytes: WAV_HEADER_BYTES + dataBytes,
    ...readingsOf(sound),
    readEncoded: null,
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

/** One that was made smaller: every chunk has a length of its own, so that all of them are looked up first. */
async function opusReader(source: Omit<Source, "layout">, size: number): Promise<RecordingReader> {
  const { file, header } = source;
  const words = await lengthWords(file, header, size);
  const { places, state } = walkChunks(header, size, (offset) => words.get(offset) ?? new Uint8Array(0));
  const page = async (index: number): Promise<Uint8Array | null> => {
    const place = places[index];
    return place === undefined ? null : readChunk(source, place);
  };
  const opus = new OpusSound(header, page);
  // Of a file that was cut only the pages that are whole can be heard.
  const samples = state === "complete" ? opus.samples : Math.min(opus.samples, OpusSound.samplesOf(places.length - 1));
  const sound: Sound = {
    header,
    samples,
    read: async (from, to) => {
      const pcm = await opus.read(from, to);
      return pcm === null ? fail("wrongKeyOrTampered") : ok(pcm);
    },
  };
  return {
    info: infoOf(sound, "opus", state),
    wavBytes: WAV_HEADER_BYTES + samples * header.channels * 2,
    ...readingsOf(sound),
    readEncoded: async () => {
      const pages: Uint8Array[] = [];
      for (const place of places) {
        const clear = await readChunk(source, place);
        if (clear === null) return fail("wrongKeyOrTampered");
        pages.push(clear);
      }
      return ok(Buffer.concat(pages));
    },
    verify: async () => {
      for (const place of places) {
        const clear = await readChunk(source, place);
        if (clear === null) return "tampered";
      }
      return state;
    },
    close: async () => {
      opus.close();
      await file.close();
    },
  };
}

/** The length word of each chunk, found by following them. */
async function lengthWords(file: FileHandle, header: RecordingHeader, size: number): Promise<ReadonlyMap<number, Uint8Array>> {
  const words = new Map<number, Uint8Array>();
  for (let offset = RECORDING_HEADER_BYTES; offset < size;) {
    const word = await readAt(file, offset, RECORDING_LENGTH_BYTES);
    words.set(offset, word);
    const { clearBytes, isLast } = readChunkLength(word);
    if (isLast || clearBytes > header.chunkBytes) break;
    offset += RECORDING_LENGTH_BYTES + clearBytes + RECORDING_TAG_BYTES;
  }
  return words;
}

/** Linear samples of a recording, however they are kept. */
type Sound = {
  readonly header: RecordingHeader;
  /** Of each side. */
  readonly samples: number;
  readonly read: (from: number, to: number) => Promise<Result<Int16Array, RecordingReadFailure>>;
};

function infoOf(sound: Sound, encoding: RecordingInfo["encoding"], state: RecordingInfo["state"]): RecordingInfo {
  const { codec, channels, sampleRate, startedAt } = sound.header;
  const durationMs = Math.floor((sound.samples / sampleRate) * 1_000);
  return { codec, encoding, channels, sampleRate, startedAt, durationMs, state };
}

function readingsOf(sound: Sound): Pick<RecordingReader, "readWav" | "readPcm" | "peaks"> {
  const { header, samples } = sound;
  const wavBytes = WAV_HEADER_BYTES + samples * header.channels * 2;
  return {
    readWav: (range) => readWavRange(sound, { from: Math.max(0, range.from), to: Math.min(range.to, wavBytes) }),
    readPcm: (range) => {
      const sampleAt = (ms: number): number => Math.max(0, Math.min(samples, Math.floor((ms * header.sampleRate) / 1_000)));
      return sound.read(sampleAt(range.fromMs), sampleAt(range.toMs));
    },
    peaks: (buckets) => readPeaks(sound, buckets),
  };
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
  source: Omit<Source, "layout">,
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

async function readWavRange(sound: Sound, range: ByteRange): Promise<Result<Uint8Array, RecordingReadFailure>> {
  const { header } = sound;
  if (range.to <= range.from) return ok(new Uint8Array(0));
  const out = new Uint8Array(range.to - range.from);
  const blockBytes = 2 * header.channels;
  if (range.from < WAV_HEADER_BYTES) {
    const head = buildWavHeader({ sampleRate: header.sampleRate, channels: header.channels, dataBytes: sound.samples * blockBytes });
    out.set(head.subarray(range.from, Math.min(WAV_HEADER_BYTES, range.to)));
  }
  const firstByte = Math.max(0, range.from - WAV_HEADER_BYTES);
  const endByte = Math.max(0, range.to - WAV_HEADER_BYTES);
  if (endByte === 0) return ok(out);
  const first = Math.floor(firstByte / blockBytes);
  const pcm = await sound.read(first, Math.ceil(endByte / blockBytes));
  if (!pcm.ok) return pcm;
  const bytes = new Uint8Array(pcm.value.length * 2);
  const view = new DataView(bytes.buffer);
  pcm.value.forEach((sample, i) => view.setInt16(2 * i, sample, true));
  const skipped = firstByte - first * blockBytes;
  out.set(bytes.subarray(skipped, skipped + endByte - firstByte), Math.max(0, WAV_HEADER_BYTES - range.from));
  return ok(out);
}

async function readPeaks(sound: Sound, buckets: number): Promise<Result<RecordingPeaks, RecordingReadFailure>> {
  const { header, samples } = sound;
  const peaks = { left: new Float32Array(buckets), right: new Float32Array(buckets) };
  for (let from = 0; from < samples; from += SAMPLES_PER_STEP) {
    const pcm = await sound.read(from, Math.min(samples, from + SAMPLES_PER_STEP));
    if (!pcm.ok) return pcm;
    for (let i = 0; i < pcm.value.length; i += 1) {
      const bucket = Math.floor(((from + Math.floor(i / header.channels)) * buckets) / samples);
      const side = header.channels === 2 && i % 2 === 1 ? peaks.right : peaks.left;
      const magnitude = Math.abs(pcm.value[i] as number) / 32_768;
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
