import type { Result } from "@allo/kernel";
import { fail, ok } from "@allo/kernel";

// RTP packets (RFC 3550 §5.1) as views over bytes: the relay path neither copies nor allocates.

/** A parsed header. Mutable, so that one can be filled again for each packet of a worker. */
export type RtpHeader = {
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** Where the payload begins: behind CSRCs and header extension. */
  payloadStart: number;
  /** Where the payload ends: before padding. */
  payloadEnd: number;
};
export type RtpFailure = "tooShort" | "wrongVersion" | "headerExceedsPacket" | "wrongPadding";

export const RTP_HEADER_BYTES = 12;
/** Larger datagrams are no audio of ours; they are dropped before they are read. */
export const RTP_PACKET_BYTES_MAX = 1_500;

export function createRtpHeader(): RtpHeader {
  return { payloadType: 0, marker: false, sequence: 0, timestamp: 0, ssrc: 0, payloadStart: 0, payloadEnd: 0 };
}

/** Fills `header` from the packet in bytes[0, length). Returns null, or why it is no RTP packet. */
export function parseRtpInto(header: RtpHeader, bytes: Uint8Array, length = bytes.length): RtpFailure | null {
  if (length < RTP_HEADER_BYTES) return "tooShort";
  const first = bytes[0] as number;
  if (first >> 6 !== 2) return "wrongVersion";
  let start = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (start + 4 > length) return "headerExceedsPacket";
    start += 4 + 4 * readUint16(bytes, start + 2);
  }
  if (start > length) return "headerExceedsPacket";
  let end = length;
  if ((first & 0x20) !== 0) {
    const padding = bytes[length - 1] as number;
    if (padding === 0 || start + padding > length) return "wrongPadding";
    end -= padding;
  }
  const second = bytes[1] as number;
  header.marker = (second & 0x80) !== 0;
  header.payloadType = second & 0x7f;
  header.sequence = readUint16(bytes, 2);
  header.timestamp = readUint32(bytes, 4);
  header.ssrc = readUint32(bytes, 8);
  header.payloadStart = start;
  header.payloadEnd = end;
  return null;
}

/** Parses a packet into a header of its own. */
export function parseRtp(bytes: Uint8Array): Result<RtpHeader, RtpFailure> {
  const header = createRtpHeader();
  const failure = parseRtpInto(header, bytes);
  return failure === null ? ok(header) : fail(failure);
}

/** Writes a plain 12-byte header (no CSRC, extension, padding) at `offset`. */
export function writeRtpHeader(
  bytes: Uint8Array,
  fields: Pick<RtpHeader, "payloadType" | "marker" | "sequence" | "timestamp" | "ssrc">,
  offset = 0,
): void {
  bytes[offset] = 0x80;
  bytes[offset + 1] = (fields.marker ? 0x80 : 0) | fields.payloadType;
  writeUint16(bytes, offset + 2, fields.sequence);
  writeUint32(bytes, offset + 4, fields.timestamp);
  writeUint32(bytes, offset + 8, fields.ssrc);
}

/** What kind of datagram came to a socket that carries everything (RFC 7983 §7). */
export type DatagramKind = "stun" | "dtls" | "rtp" | "rtcp" | "unknown";

export function classifyDatagram(bytes: Uint8Array, length = bytes.length): DatagramKind {
  if (length === 0) return "unknown";
  const first = bytes[0] as number;
  if (first <= 3) return "stun";
  if (first >= 20 && first <= 63) return "dtls";
  if (first < 128 || first > 191) return "unknown";
  const second = length < 2 ? 0 : (bytes[1] as number);
  // RFC 5761 §4: RTCP packet types 192–223 are never used as RTP payload types with marker.
  return second >= 192 && second <= 223 ? "rtcp" : "rtp";
}

/** The difference a − b of two 16-bit sequence numbers, in −32768…32767. */
export function sequenceDifference(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** The difference a − b of two 32-bit timestamps, as a signed number. */
export function timestampDifference(a: number, b: number): number {
  return (a - b) | 0;
}

export function readUint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] as number) << 24) |
      ((bytes[offset + 1] as number) << 16) |
      ((bytes[offset + 2] as number) << 8) |
      (bytes[offset + 3] as number)) >>>
    0
  );
}

export function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = (value >>> 8) & 0xff;
  bytes[offset + 1] = value & 0xff;
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = (value >>> 24) & 0xff;
  bytes[offset + 1] = (value >>> 16) & 0xff;
  bytes[offset + 2] = (value >>> 8) & 0xff;
  bytes[offset + 3] = value & 0xff;
}
