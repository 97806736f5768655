import type { KeyObject } from "node:crypto";
import { createCipheriv, createHash, createSecretKey, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Instant } from "@allo/kernel";
import type { Codec } from "@allo/media";
import {
  chunkAdditionalData,
  chunkNonce,
  decodeSample,
  encodeSample,
  RECORDING_CHANNELS,
  RECORDING_CHUNK_BYTES,
  RECORDING_CHUNK_MS,
  RECORDING_NONCE_PREFIX_BYTES,
  SAMPLE_RATE,
  SILENCE_BYTE,
  softClip,
  writeChunkLength,
  writeRecordingHeader,
} from "@allo/media";
import type { RecordingSide } from "./worker-messages.ts";

const CHUNK_SAMPLES = RECORDING_CHUNK_BYTES / RECORDING_CHANNELS;
/** A chunk is written so long after its end: a worker's own grace, its house-keeping and the way here fit into it. */
const WRITE_AFTER_MS = 700;
/** Chunks that may be open at once; sound placed further ahead is nobody's. */
const OPEN_CHUNKS_MAX = 4;

export type RecordingSaved = { readonly durationMs: number; readonly bytes: number; readonly sha256Hex: string };

/**
 * One recording's file. Everything is synchronous and belongs to the recorder's thread: one write at a time, in order, for all
 * recordings. Errors of the file system are thrown to the recorder, which gives the recording up.
 */
export class RecordingWriter {
  readonly recordingId: string;
  readonly #codec: Codec;
  readonly #startedAt: Instant;
  readonly #key: KeyObject;
  readonly #noncePrefix = randomBytes(RECORDING_NONCE_PREFIX_BYTES);
  readonly #header: Uint8Array;
  readonly #hash = createHash("sha256");
  readonly #chunks = new Map<number, Uint8Array>();
  #file: number;
  #nextIndex = 0;
  #bytes = 0;
  #clearBytes = 0;

  constructor(options: {
    readonly recordingId: string;
    readonly filePath: string;
    readonly key: Uint8Array;
    readonly codec: Codec;
    readonly startedAt: Instant;
  }) {
    this.recordingId = options.recordingId;
    this.#codec = options.codec;
    this.#startedAt = options.startedAt;
    this.#key = createSecretKey(options.key);
    this.#header = writeRecordingHeader({
      codec: options.codec,
      channels: RECORDING_CHANNELS,
      sampleRate: SAMPLE_RATE,
      chunkBytes: RECORDING_CHUNK_BYTES,
      startedAt: options.startedAt,
      noncePrefix: this.#noncePrefix,
    });
    makeFolder(dirname(options.filePath));
    // Never over another recording; nobody else's eyes.
    this.#file = openSync(options.filePath, "wx", 0o600);
    this.#write(this.#header);
  }

  /** Lays a side's sound into the open chunks: legs that follow one another share a chunk, those that speak at once are summed. */
  place(piece: { readonly side: RecordingSide; readonly startSample: number; readonly bytes: Uint8Array }): void {
    const silence = SILENCE_BYTE[this.#codec];
    const channel = piece.side === "left" ? 0 : 1;
    let index = -1;
    let chunk: Uint8Array | null = null;
    for (let i = 0; i < piece.bytes.length; i += 1) {
      const byte = piece.bytes[i] as number;
      if (byte === silence) continue;
      const sample = piece.startSample + i;
      const at = Math.floor(sample / CHUNK_SAMPLES);
      if (at !== index) {
        index = at;
        chunk = this.#openChunk(at);
      }
      if (chunk === null) continue;
      const place = (sample - index * CHUNK_SAMPLES) * RECORDING_CHANNELS + channel;
      const other = chunk[place] as number;
      chunk[place] = other === silence ? byte : sumOf(this.#codec, other, byte);
    }
  }

  /** Writes the chunks whose time is over. */
  writeDue(now: Instant): void {
    while (now >= this.#startedAt + (this.#nextIndex + 1) * RECORDING_CHUNK_MS + WRITE_AFTER_MS)
      this.#writeChunk(RECORDING_CHUNK_BYTES, false);
  }

  /** Writes the rest and the mark of the end, and makes it durable. */
  finish(endedAt: Instant): RecordingSaved {
    const totalBytes = Math.max(0, Math.round(((endedAt - this.#startedAt) * SAMPLE_RATE) / 1_000)) * RECORDING_CHANNELS;
    while (totalBytes - this.#clearBytes > RECORDING_CHUNK_BYTES) this.#writeChunk(RECORDING_CHUNK_BYTES, false);
    this.#writeChunk(Math.max(0, totalBytes - this.#clearBytes), true);
    fsyncSync(this.#file);
    closeSync(this.#file);
    this.#file = -1;
    const durationMs = Math.round((this.#clearBytes / RECORDING_CHANNELS / SAMPLE_RATE) * 1_000);
    return { durationMs, bytes: this.#bytes, sha256Hex: this.#hash.digest("hex") };
  }

  /** Lets go of the file as it is: readable up to its last whole chunk. */
  abandon(): void {
    if (this.#file < 0) return;
    closeSync(this.#file);
    this.#file = -1;
  }

  #openChunk(index: number): Uint8Array | null {
    if (index < this.#nextIndex || index >= this.#nextIndex + OPEN_CHUNKS_MAX) return null;
    const known = this.#chunks.get(index);
    if (known !== undefined) return known;
    const chunk = this.#emptyChunk();
    this.#chunks.set(index, chunk);
    return chunk;
  }

  #emptyChunk(): Uint8Array {
    return new Uint8Array(RECORDING_CHUNK_BYTES).fill(SILENCE_BYTE[this.#codec]);
  }

  #writeChunk(clearBytes: number, isLast: boolean): void {
    const index = this.#nextIndex;
    const clear = (this.#chunks.get(index) ?? this.#emptyChunk()).subarray(0, clearBytes);
    this.#chunks.delete(index);
    this.#nextIndex += 1;
    const length = writeChunkLength(clearBytes, isLast);
    const cipher = createCipheriv("aes-256-gcm", this.#key, chunkNonce(this.#noncePrefix, index));
    cipher.setAAD(chunkAdditionalData(this.#header, index, length));
    const sealed = Buffer.concat([length, cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
    this.#write(sealed);
    this.#clearBytes += clearBytes;
  }

  #write(bytes: Uint8Array): void {
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#file, bytes, written);
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }
}

function sumOf(codec: Codec, a: number, b: number): number {
  return encodeSample(codec, softClip(decodeSample(codec, a) + decodeSample(codec, b)));
}

/** Node's own recursive mkdir never returns where a file system answers ENOENT to a folder's making, as /proc does. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
}
