import { parseRtpInto, createRtpHeader, readUint16, readUint32, writeUint32 } from "@allo/rtp";
import type { MasterKey, PrimitivesFactory, SrtpKeys } from "./key-derivation.ts";
import { deriveKeys, tablePrimitives } from "./key-derivation.ts";
import { ReplayWindow } from "./replay-window.ts";

// SRTP and SRTCP with AES_CM_128_HMAC_SHA1_80 (RFC 3711), on whole packets in place.

export const SRTP_TAG_BYTES = 10;
/** What protection adds to an RTCP packet: the index with its E bit, and the tag. */
export const SRTCP_TRAILER_BYTES = 4 + SRTP_TAG_BYTES;
/** SSRCs followed at once in one direction: a browser's leg has one, and one more after a change of track. */
export const SOURCES_MAX = 16;
const ENCRYPTED_FLAG = 0x8000_0000;
const RTCP_HEADER_BYTES = 8;

export type SrtpFailure = "tooShort" | "malformed" | "replayed" | "wrongTag" | "tooManySources";

type Source = { rollover: number; highestSequence: number; readonly window: ReplayWindow };

/** Our own direction: one instance per leg. */
export class SrtpSender {
  readonly #rtp: SrtpKeys;
  readonly #rtcp: SrtpKeys;
  readonly #iv = new Uint32Array(4);
  readonly #header = createRtpHeader();
  readonly #sources = new Map<number, Source>();
  #rtcpIndex = 0;

  constructor(master: MasterKey, primitives: PrimitivesFactory = tablePrimitives) {
    this.#rtp = deriveKeys(master, "rtp", primitives);
    this.#rtcp = deriveKeys(master, "rtcp", primitives);
  }

  /** Protects the packet in bytes[0, length); the tag is appended. Returns the new length, 0 where it is no RTP. */
  protectRtp(bytes: Uint8Array, length: number): number {
    const header = this.#header;
    if (parseRtpInto(header, bytes, length) !== null) return 0;
    let source = this.#sources.get(header.ssrc);
    if (source === undefined) {
      source = { rollover: 0, highestSequence: header.sequence, window: new ReplayWindow() };
      this.#sources.set(header.ssrc, source);
    }
    const rollover = guessRollover(source, header.sequence);
    advance(source, rollover, header.sequence);
    writeIv(this.#iv, this.#rtp.salt, header.ssrc, rollover, header.sequence);
    this.#rtp.primitives.crypt(this.#iv, bytes, header.payloadStart, length);
    writeTag(bytes, length, this.#rtp.primitives.sign(bytes, 0, length, rollover));
    return length + SRTP_TAG_BYTES;
  }

  /** Protects a compound packet; bytes must have room for `SRTCP_TRAILER_BYTES` more. */
  protectRtcp(bytes: Uint8Array, length: number): number {
    if (length < RTCP_HEADER_BYTES) return 0;
    const index = this.#rtcpIndex;
    this.#rtcpIndex = (index + 1) % ENCRYPTED_FLAG;
    const ssrc = readUint32(bytes, 4);
    writeIv(this.#iv, this.#rtcp.salt, ssrc, index >>> 16, index & 0xffff);
    this.#rtcp.primitives.crypt(this.#iv, bytes, RTCP_HEADER_BYTES, length);
    writeUint32(bytes, length, (ENCRYPTED_FLAG | index) >>> 0);
    writeTag(bytes, length + 4, this.#rtcp.primitives.sign(bytes, 0, length + 4, null));
    return length + SRTCP_TRAILER_BYTES;
  }
}

/** The peer's direction. Everything that fails is dropped by the caller; nothing changes before the tag is verified. */
export class SrtpReceiver {
  readonly #rtp: SrtpKeys;
  readonly #rtcp: SrtpKeys;
  readonly #iv = new Uint32Array(4);
  readonly #header = createRtpHeader();
  readonly #sources = new Map<number, Source>();
  readonly #rtcpWindows = new Map<number, ReplayWindow>();

  constructor(master: MasterKey, primitives: PrimitivesFactory = tablePrimitives) {
    this.#rtp = deriveKeys(master, "rtp", primitives);
    this.#rtcp = deriveKeys(master, "rtcp", primitives);
  }

  /** Verifies and decrypts the packet in bytes[0, protectedLength) in place. Returns the clear one's length, or why it is dropped. */
  unprotectRtp(bytes: Uint8Array, protectedLength = bytes.length): number | SrtpFailure {
    const length = protectedLength - SRTP_TAG_BYTES;
    const header = this.#header;
    if (length < 12) return "tooShort";
    // Padding is encrypted: only what stands before it can be read now.
    const first = bytes[0] as number;
    bytes[0] = first & ~0x20;
    const malformed = parseRtpInto(header, bytes, length) !== null;
    bytes[0] = first;
    if (malformed) return "malformed";
    const known = this.#sources.get(header.ssrc);
    if (known === undefined && this.#sources.size >= SOURCES_MAX) return "tooManySources";
    const source = known ?? { rollover: 0, highestSequence: header.sequence, window: new ReplayWindow() };
    const rollover = guessRollover(source, header.sequence);
    if (rollover < 0) return "replayed";
    const index = rollover * 0x10000 + header.sequence;
    if (!source.window.isNew(index)) return "replayed";
    if (!isTag(bytes, length, this.#rtp.primitives.sign(bytes, 0, length, rollover))) return "wrongTag";
    source.window.add(index);
    advance(source, rollover, header.sequence);
    if (known === undefined) this.#sources.set(header.ssrc, source);
    writeIv(this.#iv, this.#rtp.salt, header.ssrc, rollover, header.sequence);
    this.#rtp.primitives.crypt(this.#iv, bytes, header.payloadStart, length);
    return length;
  }

  unprotectRtcp(bytes: Uint8Array): number | SrtpFailure {
    const length = bytes.length - SRTCP_TRAILER_BYTES;
    if (length < RTCP_HEADER_BYTES) return "tooShort";
    const trailer = readUint32(bytes, length);
    const index = trailer & 0x7fff_ffff;
    const ssrc = readUint32(bytes, 4);
    const known = this.#rtcpWindows.get(ssrc);
    if (known === undefined && this.#rtcpWindows.size >= SOURCES_MAX) return "tooManySources";
    const window = known ?? new ReplayWindow();
    if (!window.isNew(index)) return "replayed";
    if (!isTag(bytes, length + 4, this.#rtcp.primitives.sign(bytes, 0, length + 4, null))) return "wrongTag";
    window.add(index);
    if (known === undefined) this.#rtcpWindows.set(ssrc, window);
    if ((trailer & ENCRYPTED_FLAG) !== 0) {
      writeIv(this.#iv, this.#rtcp.salt, ssrc, index >>> 16, index & 0xffff);
      this.#rtcp.primitives.crypt(this.#iv, bytes, RTCP_HEADER_BYTES, length);
    }
    return length;
  }
}

/** RFC 3711 appendix A: the rollover counter that puts this sequence number nearest to the newest. −1: before the first. */
function guessRollover(source: Source, sequence: number): number {
  const highest = source.highestSequence;
  if (highest < 0x8000) return sequence - highest > 0x8000 ? source.rollover - 1 : source.rollover;
  return highest - 0x8000 > sequence ? source.rollover + 1 : source.rollover;
}

function advance(source: Source, rollover: number, sequence: number): void {
  if (rollover > source.rollover || (rollover === source.rollover && sequence > source.highestSequence)) {
    source.rollover = rollover;
    source.highestSequence = sequence;
  }
}

/** RFC 3711 §4.1.1: salt·2^16 XOR ssrc·2^64 XOR index·2^16. */
function writeIv(iv: Uint32Array, salt: Uint32Array, ssrc: number, rollover: number, sequence: number): void {
  iv[0] = salt[0] as number;
  iv[1] = (salt[1] as number) ^ ssrc;
  iv[2] = (salt[2] as number) ^ rollover;
  iv[3] = (salt[3] as number) ^ (sequence << 16);
}

function writeTag(bytes: Uint8Array, offset: number, words: Uint32Array): void {
  writeUint32(bytes, offset, words[0] as number);
  writeUint32(bytes, offset + 4, words[1] as number);
  bytes[offset + 8] = (words[2] as number) >>> 24;
  bytes[offset + 9] = ((words[2] as number) >>> 16) & 0xff;
}

/** Compares in a time that does not tell where the first difference is. */
function isTag(bytes: Uint8Array, offset: number, words: Uint32Array): boolean {
  const difference =
    (readUint32(bytes, offset) ^ (words[0] as number)) |
    (readUint32(bytes, offset + 4) ^ (words[1] as number)) |
    (readUint16(bytes, offset + 8) ^ ((words[2] as number) >>> 16));
  return difference === 0;
}
