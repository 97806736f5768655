import type { Instant, Result } from "@allo/kernel";
import { fail, ok, utf8Encode } from "@allo/kernel";
import { readUint16, readUint32, writeUint16, writeUint32 } from "./packet.ts";
import type { ReportBlock } from "./receive-stats.ts";

// RTCP compound packets (RFC 3550 §6): sender and receiver reports with the CNAME that each compound must bear (§6.1).

export const RTCP_INTERVAL_MS = 5_000;
const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const GOODBYE = 203;
export const NTP_EPOCH_OFFSET_SECONDS = 2_208_988_800;
const REPORT_BLOCK_BYTES = 24;

export type SenderFigures = {
  readonly at: Instant;
  readonly rtpTimestamp: number;
  readonly packetsSent: number;
  readonly octetsSent: number;
};
export type RtcpReport = {
  readonly ssrc: number;
  readonly cname: string;
  /** Null: nothing sent yet, so a receiver report. */
  readonly sender: SenderFigures | null;
  readonly block: ReportBlock | null;
  readonly goodbye: boolean;
};

export type RtcpMessage =
  | {
      readonly kind: "senderReport";
      readonly ssrc: number;
      readonly ntpMiddle: number;
      readonly rtpTimestamp: number;
      readonly blocks: readonly ReportBlock[];
    }
  | { readonly kind: "receiverReport"; readonly ssrc: number; readonly blocks: readonly ReportBlock[] }
  | { readonly kind: "goodbye"; readonly ssrc: number }
  | { readonly kind: "other"; readonly packetType: number };
export type RtcpFailure = "tooShort" | "wrongVersion" | "lengthExceedsPacket";

/** One compound packet: SR or RR, SDES with CNAME, and BYE where the leg ends. */
export function buildRtcp(report: RtcpReport): Uint8Array {
  const cname = utf8Encode(report.cname).subarray(0, 255);
  const reportBytes = 8 + (report.sender === null ? 0 : 20) + (report.block === null ? 0 : REPORT_BLOCK_BYTES);
  // The items of a chunk end with at least one zero octet and fill a 32-bit word (§6.5).
  const descriptionBytes = 8 + Math.ceil((2 + cname.length + 1) / 4) * 4;
  const bytes = new Uint8Array(reportBytes + descriptionBytes + (report.goodbye ? 8 : 0));
  writePacketHeader(bytes, 0, {
    count: report.block === null ? 0 : 1,
    type: report.sender === null ? RECEIVER_REPORT : SENDER_REPORT,
    length: reportBytes,
  });
  writeUint32(bytes, 4, report.ssrc);
  let offset = 8;
  if (report.sender !== null) {
    const seconds = Math.floor(report.sender.at / 1_000);
    writeUint32(bytes, offset, (seconds + NTP_EPOCH_OFFSET_SECONDS) % 0x1_0000_0000);
    writeUint32(bytes, offset + 4, Math.floor((report.sender.at / 1_000 - seconds) * 0x1_0000_0000));
    writeUint32(bytes, offset + 8, report.sender.rtpTimestamp);
    writeUint32(bytes, offset + 12, report.sender.packetsSent);
    writeUint32(bytes, offset + 16, report.sender.octetsSent);
    offset += 20;
  }
  if (report.block !== null) {
    writeReportBlock(bytes, offset, report.block);
    offset += REPORT_BLOCK_BYTES;
  }
  writePacketHeader(bytes, offset, { count: 1, type: SOURCE_DESCRIPTION, length: descriptionBytes });
  writeUint32(bytes, offset + 4, report.ssrc);
  bytes[offset + 8] = 1;
  bytes[offset + 9] = cname.length;
  bytes.set(cname, offset + 10);
  offset += descriptionBytes;
  if (report.goodbye) {
    writePacketHeader(bytes, offset, { count: 1, type: GOODBYE, length: 8 });
    writeUint32(bytes, offset + 4, report.ssrc);
  }
  return bytes;
}

/** Reads a compound packet. A part whose length is wrong fails the whole: a forger's guess is not half believed. */
export function parseRtcp(bytes: Uint8Array): Result<readonly RtcpMessage[], RtcpFailure> {
  const messages: RtcpMessage[] = [];
  let offset = 0;
  if (bytes.length < 8) return fail("tooShort");
  while (offset < bytes.length) {
    if (offset + 4 > bytes.length) return fail("tooShort");
    const first = bytes[offset] as number;
    if (first >> 6 !== 2) return fail("wrongVersion");
    const count = first & 0x1f;
    const packetType = bytes[offset + 1] as number;
    const end = offset + 4 * (readUint16(bytes, offset + 2) + 1);
    if (end > bytes.length) return fail("lengthExceedsPacket");
    const message = parseMessage(bytes, { offset, end, count, packetType });
    if (message === null) return fail("lengthExceedsPacket");
    messages.push(message);
    offset = end;
  }
  return ok(messages);
}

function parseMessage(
  bytes: Uint8Array,
  part: { readonly offset: number; readonly end: number; readonly count: number; readonly packetType: number },
): RtcpMessage | null {
  const { offset, end, count, packetType } = part;
  if (packetType === SENDER_REPORT) {
    if (offset + 28 + count * REPORT_BLOCK_BYTES > end) return null;
    return {
      kind: "senderReport",
      ssrc: readUint32(bytes, offset + 4),
      ntpMiddle: readUint32(bytes, offset + 10),
      rtpTimestamp: readUint32(bytes, offset + 16),
      blocks: readReportBlocks(bytes, offset + 28, count),
    };
  }
  if (packetType === RECEIVER_REPORT) {
    if (offset + 8 + count * REPORT_BLOCK_BYTES > end) return null;
    return { kind: "receiverReport", ssrc: readUint32(bytes, offset + 4), blocks: readReportBlocks(bytes, offset + 8, count) };
  }
  if (packetType === GOODBYE && count > 0) {
    return offset + 8 > end ? null : { kind: "goodbye", ssrc: readUint32(bytes, offset + 4) };
  }
  return { kind: "other", packetType };
}

function readReportBlocks(bytes: Uint8Array, start: number, count: number): readonly ReportBlock[] {
  const blocks: ReportBlock[] = [];
  for (let i = 0; i < count; i += 1) {
    const offset = start + i * REPORT_BLOCK_BYTES;
    blocks.push({
      ssrc: readUint32(bytes, offset),
      fractionLost: bytes[offset + 4] as number,
      packetsLost: (readUint32(bytes, offset + 4) << 8) >> 8,
      highestSequence: readUint32(bytes, offset + 8),
      jitter: readUint32(bytes, offset + 12),
      lastSenderReport: readUint32(bytes, offset + 16),
      delaySinceLastSenderReport: readUint32(bytes, offset + 20),
    });
  }
  return blocks;
}

function writeReportBlock(bytes: Uint8Array, offset: number, block: ReportBlock): void {
  writeUint32(bytes, offset, block.ssrc);
  writeUint32(bytes, offset + 4, ((block.fractionLost & 0xff) << 24) | (block.packetsLost & 0xffffff));
  writeUint32(bytes, offset + 8, block.highestSequence);
  writeUint32(bytes, offset + 12, block.jitter);
  writeUint32(bytes, offset + 16, block.lastSenderReport);
  writeUint32(bytes, offset + 20, block.delaySinceLastSenderReport);
}

function writePacketHeader(
  bytes: Uint8Array,
  offset: number,
  part: { readonly count: number; readonly type: number; readonly length: number },
): void {
  bytes[offset] = 0x80 | part.count;
  bytes[offset + 1] = part.type;
  writeUint16(bytes, offset + 2, part.length / 4 - 1);
}
