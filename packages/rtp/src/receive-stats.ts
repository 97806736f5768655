import type { Instant } from "@allo/kernel";
import type { RtpHeader } from "./packet.ts";
import { sequenceDifference } from "./packet.ts";

const SEQUENCE_JUMP_MAX = 3_000;

export type ReportBlock = {
  readonly ssrc: number;
  /** Fraction lost since the previous report, in 1/256. */
  readonly fractionLost: number;
  readonly packetsLost: number;
  readonly highestSequence: number;
  /** In timestamp units. */
  readonly jitter: number;
  readonly lastSenderReport: number;
  readonly delaySinceLastSenderReport: number;
};

/** Loss and jitter of what one peer sends (RFC 3550 A.1, A.3, A.8), summed over the SSRCs it used one after another. */
export class RtpReceiveStats {
  packetsReceived = 0;
  lastPacketAt: Instant | null = null;
  readonly #clockRate: number;
  #ssrc: number | null = null;
  #baseSequence = 0;
  #maxSequence = 0;
  #cycles = 0;
  #receivedOfSource = 0;
  #lostBefore = 0;
  #jitter = 0;
  #transit = 0;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #senderReport = 0;
  #senderReportAt: Instant | null = null;

  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  get ssrc(): number | null {
    return this.#ssrc;
  }

  /** Packets that never came (RFC 3550 A.3); duplicates count against it, so it can be negative for a moment. */
  get packetsLost(): number {
    return this.#lostBefore + this.#lostOfSource();
  }

  get jitterMs(): number {
    return (this.#jitter / this.#clockRate) * 1_000;
  }

  received(header: RtpHeader, at: Instant): void {
    this.packetsReceived += 1;
    this.lastPacketAt = at;
    const delta = sequenceDifference(header.sequence, this.#maxSequence);
    if (this.#ssrc !== header.ssrc || Math.abs(delta) > SEQUENCE_JUMP_MAX) {
      this.#begin(header);
    } else if (delta > 0) {
      if (header.sequence < this.#maxSequence) this.#cycles += 0x10000;
      this.#maxSequence = header.sequence;
    }
    this.#receivedOfSource += 1;
    const transit = (((at * this.#clockRate) / 1_000) % 0x1_0000_0000) - header.timestamp;
    if (this.#receivedOfSource > 1) {
      let difference = Math.abs(transit - this.#transit);
      if (difference > 0x8000_0000) difference = Math.abs(difference - 0x1_0000_0000);
      // A jump of the peer's clock (hold, new source behind one SSRC) is no jitter.
      if (difference < this.#clockRate) this.#jitter += (difference - this.#jitter) / 16;
    }
    this.#transit = transit;
  }

  /** Remembers the middle 32 bits of the peer's NTP time for the report that answers it. */
  senderReportReceived(ntpMiddle: number, at: Instant): void {
    this.#senderReport = ntpMiddle >>> 0;
    this.#senderReportAt = at;
  }

  /** The block for our next report, or null before anything came. Begins a new interval for `fractionLost`. */
  report(at: Instant): ReportBlock | null {
    if (this.#ssrc === null) return null;
    const expected = this.#expected();
    const expectedInterval = expected - this.#expectedPrior;
    const lostInterval = expectedInterval - (this.#receivedOfSource - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = this.#receivedOfSource;
    return {
      ssrc: this.#ssrc,
      fractionLost: expectedInterval <= 0 || lostInterval <= 0 ? 0 : Math.min(255, Math.floor((lostInterval * 256) / expectedInterval)),
      packetsLost: Math.max(-0x800000, Math.min(0x7fffff, this.#lostOfSource())),
      highestSequence: (this.#cycles + this.#maxSequence) >>> 0,
      jitter: Math.round(this.#jitter),
      lastSenderReport: this.#senderReport,
      delaySinceLastSenderReport: this.#senderReportAt === null ? 0 : Math.round(((at - this.#senderReportAt) * 65_536) / 1_000),
    };
  }

  #begin(header: RtpHeader): void {
    this.#lostBefore += this.#lostOfSource();
    this.#ssrc = header.ssrc;
    this.#baseSequence = header.sequence;
    this.#maxSequence = header.sequence;
    this.#cycles = 0;
    this.#receivedOfSource = 0;
    this.#expectedPrior = 0;
    this.#receivedPrior = 0;
  }

  #expected(): number {
    return this.#ssrc === null ? 0 : this.#cycles + this.#maxSequence - this.#baseSequence + 1;
  }

  #lostOfSource(): number {
    return this.#expected() - this.#receivedOfSource;
  }
}
