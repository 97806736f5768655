// Opus in Ogg (RFC 3533, RFC 7845), as much as a recording needs: one stream, every page whole packets of 20 ms.

/** Granule positions and the pre-skip count at this rate, whatever the sound's own is (RFC 7845 §4). */
export const OPUS_GRANULE_RATE = 48_000;
/** What an encoder looks ahead, and so what a decoder gives first and nobody should hear: 6.5 ms. */
export const OPUS_PRE_SKIP = 312;
/** A packet of up to this takes one place in a page's table of lengths. */
const LACING_MAX = 255;
const HEADER_BYTES = 27;
const SEGMENTS_MAX = 255;
const CAPTURE = ascii("OggS");
const HEAD = ascii("OpusHead");
const TAGS = ascii("OpusTags");

export type OggPage = {
  readonly granule: number;
  readonly serial: number;
  readonly sequence: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly packets: readonly Uint8Array[];
};
export type OpusHead = { readonly channels: number; readonly preSkip: number; readonly inputRate: number };
const HEAD_FIXED_BYTES = 21;

/**
 * The identification header (RFC 7845 §5.1) of channels that each are a stream of their own: mapping family 1, none coupled. A coupled
 * pair at such rates would let each side be heard on the other.
 */
export function opusHead({ channels, preSkip, inputRate }: OpusHead): Uint8Array {
  const bytes = new Uint8Array(HEAD_FIXED_BYTES + channels);
  const view = new DataView(bytes.buffer);
  bytes.set(HEAD);
  bytes[8] = 1;
  bytes[9] = channels;
  view.setUint16(10, preSkip, true);
  view.setUint32(12, inputRate, true);
  bytes[18] = 1;
  bytes[19] = channels;
  for (let channel = 0; channel < channels; channel += 1) bytes[HEAD_FIXED_BYTES + channel] = channel;
  return bytes;
}

export function parseOpusHead(bytes: Uint8Array): OpusHead | null {
  if (bytes.length < HEAD_FIXED_BYTES || !HEAD.every((byte, i) => bytes[i] === byte) || (bytes[8] as number) >> 4 !== 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const channels = bytes[9] as number;
  const isOurs = bytes[18] === 1 && bytes[19] === channels && bytes[20] === 0 && bytes.length === HEAD_FIXED_BYTES + channels;
  if (channels < 1 || channels > 2 || !isOurs) return null;
  return { channels, preSkip: view.getUint16(10, true), inputRate: view.getUint32(12, true) };
}

/** The comment header (RFC 7845 §5.2): who made it, and nothing about anybody. */
export function opusTags(vendor: string): Uint8Array {
  const name = ascii(vendor);
  const bytes = new Uint8Array(8 + 4 + name.length + 4);
  bytes.set(TAGS);
  new DataView(bytes.buffer).setUint32(8, name.length, true);
  bytes.set(name, 12);
  return bytes;
}

/** Packets of one frame each as one packet of several streams: all but the last say how long they are (RFC 6716 appendix B). */
export function joinOpusStreams(packets: readonly Uint8Array[]): Uint8Array {
  const parts = packets.flatMap((packet, i) => {
    if (i === packets.length - 1) return [packet];
    const length = packet.length - 1;
    const first = length < 252 ? length : 252 + (length & 3);
    return [packet.subarray(0, 1), Uint8Array.from(length < 252 ? [first] : [first, (length - first) >> 2]), packet.subarray(1)];
  });
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The packet of each stream; null where it isn't as `joinOpusStreams` makes it. */
export function splitOpusStreams(bytes: Uint8Array, streams: number): readonly Uint8Array[] | null {
  const packets: Uint8Array[] = [];
  let at = 0;
  for (let stream = 0; stream < streams - 1; stream += 1) {
    // One frame to a packet (code 0), then its length.
    const toc = bytes[at];
    const first = bytes[at + 1];
    if (toc === undefined || first === undefined || (toc & 3) !== 0) return null;
    const isLong = first >= 252;
    const second = bytes[at + 2];
    if (isLong && second === undefined) return null;
    const length = isLong ? (second as number) * 4 + first : first;
    const start = at + (isLong ? 3 : 2);
    if (start + length > bytes.length) return null;
    const packet = new Uint8Array(1 + length);
    packet[0] = toc;
    packet.set(bytes.subarray(start, start + length), 1);
    packets.push(packet);
    at = start + length;
  }
  if (at >= bytes.length) return null;
  return [...packets, bytes.subarray(at)];
}

/** A page of whole packets (RFC 3533 §6). The caller sees to it that they fit. */
export function writeOggPage({ granule, serial, sequence, isFirst, isLast, packets }: OggPage): Uint8Array {
  const lacing = packets.flatMap((packet) => lacingOf(packet.length));
  if (lacing.length > SEGMENTS_MAX) throw new RangeError("too much for one page");
  const body = packets.reduce((sum, packet) => sum + packet.length, 0);
  const bytes = new Uint8Array(HEADER_BYTES + lacing.length + body);
  const view = new DataView(bytes.buffer);
  bytes.set(CAPTURE);
  bytes[5] = (isFirst ? 2 : 0) | (isLast ? 4 : 0);
  view.setBigUint64(6, BigInt(granule), true);
  view.setUint32(14, serial, true);
  view.setUint32(18, sequence, true);
  bytes[26] = lacing.length;
  bytes.set(lacing, HEADER_BYTES);
  let at = HEADER_BYTES + lacing.length;
  for (const packet of packets) {
    bytes.set(packet, at);
    at += packet.length;
  }
  view.setUint32(22, crcOf(bytes), true);
  return bytes;
}

/** The page that `bytes` are, no more and no less; null where they are none, or changed. */
export function parseOggPage(bytes: Uint8Array): OggPage | null {
  if (bytes.length < HEADER_BYTES || !CAPTURE.every((byte, i) => bytes[i] === byte) || bytes[4] !== 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const segments = bytes[26] as number;
  const flags = bytes[5] as number;
  let at = HEADER_BYTES + segments;
  // A packet that came from the page before, or goes on in the next, is none of ours.
  if (at > bytes.length || (flags & 1) !== 0) return null;
  const packets: Uint8Array[] = [];
  let length = 0;
  for (let i = 0; i < segments; i += 1) {
    const lacing = bytes[HEADER_BYTES + i] as number;
    length += lacing;
    if (lacing === LACING_MAX) continue;
    if (at + length > bytes.length) return null;
    packets.push(bytes.subarray(at, at + length));
    at += length;
    length = 0;
  }
  if (length > 0 || at !== bytes.length) return null;
  const unsigned = Uint8Array.from(bytes);
  unsigned.fill(0, 22, 26);
  if (crcOf(unsigned) !== view.getUint32(22, true)) return null;
  return {
    granule: Number(view.getBigUint64(6, true)),
    serial: view.getUint32(14, true),
    sequence: view.getUint32(18, true),
    isFirst: (flags & 2) !== 0,
    isLast: (flags & 4) !== 0,
    packets,
  };
}

function lacingOf(length: number): number[] {
  return [...Array.from({ length: Math.floor(length / LACING_MAX) }, () => LACING_MAX), length % LACING_MAX];
}

/** CRC-32 with polynomial 0x04c11db7, not reflected, from zero (RFC 3533 §6). */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 0x8000_0000) !== 0 ? (value << 1) ^ 0x04c1_1db7 : value << 1;
  return value >>> 0;
});

function crcOf(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ byte) & 0xff] as number)) >>> 0;
  return crc;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
