import type { Instant, Result } from "@allo/kernel";
import { fail, ok } from "@allo/kernel";
import type { Codec } from "./engine-port.ts";
import { SAMPLE_RATE } from "./g711.ts";

// The file of a recording: a header in clear, then chunks encrypted one by one with AES-256-GCM, so that any place can be
// reached without reading what is before it, and a file cut off by a crash plays up to its last whole chunk.
//
//   header (40 bytes, big-endian)
//     0  8  "ALLOREC1"
//     8  1  version, 1
//     9  1  law: 0 = PCMU, 8 = PCMA (the RTP payload types)
//    10  1  channels, 2: left, right
//    11  1  zero
//    12  4  sampling rate, 8000
//    16  4  bytes of clear sound in a chunk; every chunk but the last has exactly so many
//    20  8  begin, epoch milliseconds, as a double
//    28  8  nonce prefix, random for each recording
//    36  4  zero
//   chunk i = 0, 1, …
//     0  4  bytes of clear sound; the highest bit is set on the last chunk
//     4  n  cipher text
//    4+n 16 tag
//
// Sound: one byte of G.711 per sample, channels interleaved. Nonce: prefix, then the chunk's index (4 bytes). Additional data:
// the header, the index, the chunk's length word. So a chunk can't be moved, a header can't be changed, and a file that ends
// without its last chunk is known to be cut. The key (32 bytes) is the recording's own and stands nowhere in the file.
//
// Version 2 is a recording that was made smaller later: what is sealed is an Ogg Opus file (ogg-opus.ts), the headers in chunk 0 and
// a page of two seconds in each that follows, so that chunks differ in size. At 16 stands the size of the largest, at 36 how many
// samples each side has; the law is the one that it was recorded with.

export const RECORDING_VERSION = 1;
export const RECORDING_VERSION_OPUS = 2;
export const RECORDING_HEADER_BYTES = 40;
export const RECORDING_CHANNELS = 2;
export const RECORDING_CHUNK_MS = 2_000;
export const RECORDING_CHUNK_BYTES = (RECORDING_CHUNK_MS * SAMPLE_RATE * RECORDING_CHANNELS) / 1_000;
export const RECORDING_KEY_BYTES = 32;
export const RECORDING_NONCE_PREFIX_BYTES = 8;
export const RECORDING_TAG_BYTES = 16;
export const RECORDING_LENGTH_BYTES = 4;
/** A header that claims larger chunks is not ours. */
const CHUNK_BYTES_MAX = 1 << 20;
const LAST_FLAG = 0x8000_0000;
const MAGIC = Uint8Array.from("ALLOREC1", (letter) => letter.charCodeAt(0));

export type RecordingHeader = {
  readonly codec: Codec;
  readonly channels: number;
  readonly sampleRate: number;
  readonly chunkBytes: number;
  readonly startedAt: Instant;
  readonly noncePrefix: Uint8Array;
  /** Of a recording in Opus: samples of each side. Absent: the sound is G.711. */
  readonly opusSamples?: number;
};
export type RecordingHeaderFailure = "notARecording" | "unknownVersion" | "malformed";
/** Where one chunk lies in the file. */
export type RecordingChunkPlace = {
  readonly index: number;
  readonly offset: number;
  readonly clearBytes: number;
  readonly isLast: boolean;
};
export type RecordingLayout = {
  readonly chunkCount: number;
  readonly clearBytes: number;
  /** "complete" as far as framing can say: the tags decide. "truncated": the last chunk is missing. "tampered": framing broken. */
  readonly state: "complete" | "truncated" | "tampered";
};

export function writeRecordingHeader(header: RecordingHeader): Uint8Array {
  const bytes = new Uint8Array(RECORDING_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  bytes[8] = header.opusSamples === undefined ? RECORDING_VERSION : RECORDING_VERSION_OPUS;
  bytes[9] = header.codec === "PCMU" ? 0 : 8;
  bytes[10] = header.channels;
  view.setUint32(12, header.sampleRate);
  view.setUint32(16, header.chunkBytes);
  view.setFloat64(20, header.startedAt);
  bytes.set(header.noncePrefix.subarray(0, RECORDING_NONCE_PREFIX_BYTES), 28);
  view.setUint32(36, header.opusSamples ?? 0);
  return bytes;
}

export function parseRecordingHeader(bytes: Uint8Array): Result<RecordingHeader, RecordingHeaderFailure> {
  if (bytes.length < RECORDING_HEADER_BYTES || !MAGIC.every((byte, i) => bytes[i] === byte)) return fail("notARecording");
  const version = bytes[8];
  if (version !== RECORDING_VERSION && version !== RECORDING_VERSION_OPUS) return fail("unknownVersion");
  const view = new DataView(bytes.buffer, bytes.byteOffset, RECORDING_HEADER_BYTES);
  const law = bytes[9];
  const channels = bytes[10] as number;
  const sampleRate = view.getUint32(12);
  const chunkBytes = view.getUint32(16);
  const startedAt = view.getFloat64(20);
  const wellFormed =
    (law === 0 || law === 8) &&
    channels >= 1 &&
    channels <= 2 &&
    sampleRate === SAMPLE_RATE &&
    chunkBytes > 0 &&
    chunkBytes <= CHUNK_BYTES_MAX &&
    (version === RECORDING_VERSION_OPUS || chunkBytes % channels === 0) &&
    Number.isFinite(startedAt);
  if (!wellFormed) return fail("malformed");
  return ok({
    codec: law === 0 ? "PCMU" : "PCMA",
    channels,
    sampleRate,
    chunkBytes,
    startedAt,
    noncePrefix: bytes.slice(28, 28 + RECORDING_NONCE_PREFIX_BYTES),
    ...(version === RECORDING_VERSION_OPUS ? { opusSamples: view.getUint32(36) } : {}),
  });
}

/** The length word of a chunk. */
export function writeChunkLength(clearBytes: number, isLast: boolean): Uint8Array {
  const bytes = new Uint8Array(RECORDING_LENGTH_BYTES);
  new DataView(bytes.buffer).setUint32(0, (clearBytes | (isLast ? LAST_FLAG : 0)) >>> 0);
  return bytes;
}

export function chunkNonce(noncePrefix: Uint8Array, index: number): Uint8Array {
  const nonce = new Uint8Array(RECORDING_NONCE_PREFIX_BYTES + 4);
  nonce.set(noncePrefix);
  new DataView(nonce.buffer).setUint32(RECORDING_NONCE_PREFIX_BYTES, index);
  return nonce;
}

/** What a chunk's tag covers beside its cipher text. */
export function chunkAdditionalData(header: Uint8Array, index: number, length: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(RECORDING_HEADER_BYTES + 4 + RECORDING_LENGTH_BYTES);
  bytes.set(header.subarray(0, RECORDING_HEADER_BYTES));
  new DataView(bytes.buffer).setUint32(RECORDING_HEADER_BYTES, index);
  bytes.set(length, RECORDING_HEADER_BYTES + 4);
  return bytes;
}

/** Where chunk `index` begins: all before the last are of one size. */
export function chunkOffset(header: RecordingHeader, index: number): number {
  return RECORDING_HEADER_BYTES + index * (RECORDING_LENGTH_BYTES + header.chunkBytes + RECORDING_TAG_BYTES);
}

/**
 * What a file of `fileBytes` holds. `lengthAt` reads the length word at an offset; it is asked at most twice, since only the
 * last chunk can be of another size.
 */
export function layoutOf(header: RecordingHeader, fileBytes: number, lengthAt: (offset: number) => Uint8Array): RecordingLayout {
  const stride = chunkOffset(header, 1) - RECORDING_HEADER_BYTES;
  const body = Math.max(0, fileBytes - RECORDING_HEADER_BYTES);
  const whole = Math.floor(body / stride);
  const rest = body - whole * stride;
  const clearOfWhole = whole * header.chunkBytes;
  const cut: RecordingLayout = { chunkCount: whole, clearBytes: clearOfWhole, state: "truncated" };
  const tampered: RecordingLayout = { chunkCount: whole, clearBytes: clearOfWhole, state: "tampered" };
  if (whole > 0) {
    const last = readChunkLength(lengthAt(chunkOffset(header, whole - 1)));
    if (last.clearBytes !== header.chunkBytes)
      return last.isLast && last.clearBytes < header.chunkBytes
        ? tampered
        : { ...tampered, chunkCount: whole - 1, clearBytes: clearOfWhole - header.chunkBytes };
    if (last.isLast) return rest === 0 ? { chunkCount: whole, clearBytes: clearOfWhole, state: "complete" } : tampered;
  }
  if (rest < RECORDING_LENGTH_BYTES) return cut;
  const tail = readChunkLength(lengthAt(chunkOffset(header, whole)));
  // A cut chunk announces more than is there; a whole short one is the last.
  if (tail.isLast && RECORDING_LENGTH_BYTES + tail.clearBytes + RECORDING_TAG_BYTES === rest) {
    return { chunkCount: whole + 1, clearBytes: clearOfWhole + tail.clearBytes, state: "complete" };
  }
  if (tail.clearBytes > header.chunkBytes || (!tail.isLast && tail.clearBytes !== header.chunkBytes)) return tampered;
  return RECORDING_LENGTH_BYTES + tail.clearBytes + RECORDING_TAG_BYTES > rest ? cut : tampered;
}

/** The places of the chunks that hold clear bytes [from, to) of a laid-out file. */
export function chunksOfRange(
  header: RecordingHeader,
  layout: RecordingLayout,
  range: { readonly from: number; readonly to: number },
): readonly RecordingChunkPlace[] {
  const places: RecordingChunkPlace[] = [];
  const to = Math.min(range.to, layout.clearBytes);
  for (let index = Math.floor(Math.max(0, range.from) / header.chunkBytes); index * header.chunkBytes < to; index += 1) {
    const isFinal = index === layout.chunkCount - 1;
    places.push({
      index,
      offset: chunkOffset(header, index),
      clearBytes: Math.min(header.chunkBytes, layout.clearBytes - index * header.chunkBytes),
      isLast: isFinal && layout.state === "complete",
    });
  }
  return places;
}

/** The chunks of a file whose chunks differ in size: their places, and what framing can say of the whole. */
export function walkChunks(
  header: RecordingHeader,
  fileBytes: number,
  lengthAt: (offset: number) => Uint8Array,
): { readonly places: readonly RecordingChunkPlace[]; readonly state: RecordingLayout["state"] } {
  const places: RecordingChunkPlace[] = [];
  let offset = RECORDING_HEADER_BYTES;
  while (offset + RECORDING_LENGTH_BYTES + RECORDING_TAG_BYTES <= fileBytes) {
    const { clearBytes, isLast } = readChunkLength(lengthAt(offset));
    if (clearBytes > header.chunkBytes) return { places, state: "tampered" };
    const end = offset + RECORDING_LENGTH_BYTES + clearBytes + RECORDING_TAG_BYTES;
    if (end > fileBytes) return { places, state: "truncated" };
    places.push({ index: places.length, offset, clearBytes, isLast });
    if (isLast) return { places, state: end === fileBytes ? "complete" : "tampered" };
    offset = end;
  }
  return { places, state: "truncated" };
}

/** What a length word says. */
export function readChunkLength(bytes: Uint8Array): { readonly clearBytes: number; readonly isLast: boolean } {
  if (bytes.length < RECORDING_LENGTH_BYTES) return { clearBytes: 0, isLast: false };
  const word = new DataView(bytes.buffer, bytes.byteOffset, RECORDING_LENGTH_BYTES).getUint32(0);
  return { clearBytes: word & ~LAST_FLAG, isLast: (word & LAST_FLAG) !== 0 };
}
