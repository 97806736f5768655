export type { DigitPace, DigitStep } from "./digit-sender.ts";
export { DigitSender } from "./digit-sender.ts";
export { FarEndStats } from "./far-end-stats.ts";
export type { RtpOutStreamOptions } from "./out-stream.ts";
export { RtpOutStream } from "./out-stream.ts";
export type { DatagramKind, RtpFailure, RtpHeader } from "./packet.ts";
export {
  classifyDatagram,
  createRtpHeader,
  parseRtp,
  parseRtpInto,
  readUint16,
  readUint32,
  RTP_HEADER_BYTES,
  RTP_PACKET_BYTES_MAX,
  sequenceDifference,
  timestampDifference,
  writeRtpHeader,
  writeUint16,
  writeUint32,
} from "./packet.ts";
export type { ReportBlock } from "./receive-stats.ts";
export { RtpReceiveStats } from "./receive-stats.ts";
export type { RtcpFailure, RtcpMessage, RtcpReport, SenderFigures } from "./rtcp.ts";
export { buildRtcp, parseRtcp, RTCP_INTERVAL_MS } from "./rtcp.ts";
export type { SignalledSource, SourcePacket, TransportAddress } from "./source-lock.ts";
export { CANDIDATES_MAX, PACKETS_TO_LATCH, REBIND_SILENCE_MS, RELATCH_SILENCE_MS, SourceLock } from "./source-lock.ts";
export type { TelephoneEvent } from "./telephone-event.ts";
export {
  buildTelephoneEvent,
  digitOfEvent,
  eventOfDigit,
  parseTelephoneEvent,
  TELEPHONE_EVENT_BYTES,
  TelephoneEventDetector,
  writeTelephoneEvent,
} from "./telephone-event.ts";
