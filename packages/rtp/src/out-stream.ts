import type { Instant } from "@allo/kernel";
import type { RtpHeader } from "./packet.ts";
import { sequenceDifference, timestampDifference, writeRtpHeader } from "./packet.ts";

/** A relayed source that jumps by more than this began anew (RFC 3550 A.1, MAX_DROPOUT): it is joined on like a new source. */
const SEQUENCE_JUMP_MAX = 3_000;
const TIMESTAMP_JUMP_MAX_SECONDS = 10;

/** After a longer pause own packets take up the time that has passed instead of following directly. */
const OWN_PAUSE_MAX_MS = 300;

export type RtpOutStreamOptions = {
  readonly ssrc: number;
  readonly firstSequence: number;
  readonly firstTimestamp: number;
  readonly clockRate: number;
};

/**
 * What one receiver sees of us: one SSRC whose sequence numbers and timestamps go on whichever source is heard. Sources are
 * named by a number of the caller's; the first packet of another source bears the marker (RFC 3551 §4.1).
 */
export class RtpOutStream {
  readonly ssrc: number;
  readonly clockRate: number;
  packetsSent = 0;
  octetsSent = 0;
  lastSentAt: Instant | null = null;
  #highestSequence: number;
  #highestTimestamp: number;
  /** When the highest timestamp was first sent: all packets of one key bear the same. */
  #highestAt: Instant = 0;
  #highestSamples = 0;
  #source: number | null = null;
  #sourceSsrc = 0;
  #sourceSequence = 0;
  #sourceTimestamp = 0;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  #firstOfSource = 0;

  constructor(options: RtpOutStreamOptions) {
    this.ssrc = options.ssrc >>> 0;
    this.clockRate = options.clockRate;
    this.#highestSequence = (options.firstSequence - 1) & 0xffff;
    this.#highestTimestamp = options.firstTimestamp >>> 0;
  }

  get lastTimestamp(): number {
    return this.#highestTimestamp;
  }

  /** The timestamp that a sample played at `at` has in this stream. */
  timestampAt(at: Instant): number {
    if (this.lastSentAt === null) return this.#highestTimestamp;
    const elapsed = Math.round(((at - this.#highestAt) * this.clockRate) / 1_000);
    return (this.#highestTimestamp + Math.max(0, elapsed)) >>> 0;
  }

  /** Writes the header of a relayed packet before its payload at `offset`. False: too late, drop it. */
  writeRelayed(
    bytes: Uint8Array,
    offset: number,
    packet: { readonly header: RtpHeader; readonly source: number; readonly payloadType: number; readonly at: Instant },
  ): boolean {
    const { header } = packet;
    const joined =
      this.#source !== packet.source ||
      this.#sourceSsrc !== header.ssrc ||
      Math.abs(sequenceDifference(header.sequence, this.#sourceSequence)) > SEQUENCE_JUMP_MAX ||
      Math.abs(timestampDifference(header.timestamp, this.#sourceTimestamp)) > TIMESTAMP_JUMP_MAX_SECONDS * this.clockRate;
    if (joined) {
      this.#source = packet.source;
      this.#sourceSsrc = header.ssrc;
      this.#sequenceOffset = this.#highestSequence + 1 - header.sequence;
      this.#timestampOffset = this.#nextTimestamp(packet.at) - header.timestamp;
      this.#firstOfSource = (this.#highestSequence + 1) & 0xffff;
    }
    const sequence = (header.sequence + this.#sequenceOffset) & 0xffff;
    // A straggler from before the join would repeat a number that another source has already used.
    if (sequenceDifference(sequence, this.#firstOfSource) < 0 && sequenceDifference(sequence, this.#highestSequence) <= 0) return false;
    const timestamp = (header.timestamp + this.#timestampOffset) >>> 0;
    const payloadBytes = header.payloadEnd - header.payloadStart;
    writeRtpHeader(
      bytes,
      { payloadType: packet.payloadType, marker: header.marker || joined, sequence, timestamp, ssrc: this.ssrc },
      offset,
    );
    if (joined || sequenceDifference(sequence, this.#highestSequence) > 0) {
      // Far behind the first of this source the comparison above would wrap: keep it within reach.
      if (sequenceDifference(sequence, this.#firstOfSource) > 0x2000) this.#firstOfSource = (sequence - 0x1000) & 0xffff;
      this.#sourceSequence = header.sequence;
      this.#sourceTimestamp = header.timestamp;
      this.#advance(sequence, timestamp, payloadBytes, packet.at);
    }
    this.#count(payloadBytes, packet.at);
    return true;
  }

  /** Writes the header of a packet of our own making: `samples` long, directly following what was sent before. */
  writeOwn(
    bytes: Uint8Array,
    offset: number,
    packet: { readonly source: number; readonly payloadType: number; readonly at: Instant; readonly samples: number },
  ): void {
    const paused = this.lastSentAt !== null && packet.at - this.lastSentAt > OWN_PAUSE_MAX_MS;
    const joined = this.#source !== packet.source || paused;
    const timestamp = joined ? this.#nextTimestamp(packet.at) : (this.#highestTimestamp + this.#highestSamples) >>> 0;
    this.#source = packet.source;
    const sequence = (this.#highestSequence + 1) & 0xffff;
    writeRtpHeader(bytes, { payloadType: packet.payloadType, marker: joined, sequence, timestamp, ssrc: this.ssrc }, offset);
    this.#advance(sequence, timestamp, packet.samples, packet.at);
    this.#count(packet.samples, packet.at);
  }

  /**
   * Writes the header of a packet of a key of our own, a telephone-event: all packets of the key bear the timestamp of the first,
   * which has the marker. `samples`: how long the key has sounded with this packet.
   */
  writeKey(
    bytes: Uint8Array,
    offset: number,
    packet: {
      readonly source: number;
      readonly payloadType: number;
      readonly at: Instant;
      readonly isFirst: boolean;
      readonly samples: number;
      readonly octets: number;
    },
  ): void {
    const timestamp = packet.isFirst ? this.#nextTimestamp(packet.at) : this.#highestTimestamp;
    const samples = packet.isFirst ? packet.samples : Math.max(this.#highestSamples, packet.samples);
    this.#source = packet.source;
    const sequence = (this.#highestSequence + 1) & 0xffff;
    writeRtpHeader(bytes, { payloadType: packet.payloadType, marker: packet.isFirst, sequence, timestamp, ssrc: this.ssrc }, offset);
    this.#advance(sequence, timestamp, samples, packet.at);
    this.#count(packet.octets, packet.at);
  }

  /** Time passes in which nothing of ours sounds: what comes next begins after it, even where the clock is late. */
  pause(samples: number): void {
    this.#highestSamples += samples;
  }

  #nextTimestamp(at: Instant): number {
    if (this.lastSentAt === null) return this.#highestTimestamp;
    const elapsed = Math.round(((at - this.#highestAt) * this.clockRate) / 1_000);
    return (this.#highestTimestamp + Math.max(this.#highestSamples, elapsed)) >>> 0;
  }

  #advance(sequence: number, timestamp: number, samples: number, at: Instant): void {
    this.#highestSequence = sequence;
    if (timestamp !== this.#highestTimestamp || this.lastSentAt === null) this.#highestAt = at;
    this.#highestTimestamp = timestamp;
    this.#highestSamples = samples;
    this.lastSentAt = at;
  }

  #count(octets: number, at: Instant): void {
    this.packetsSent += 1;
    this.octetsSent += octets;
    this.lastSentAt = at;
  }
}
