import type { Instant } from "@allo/kernel";
import type { ReportBlock } from "./receive-stats.ts";
import { NTP_EPOCH_OFFSET_SECONDS } from "./rtcp.ts";

/** A round trip longer than this is a report that answers something else. */
const ROUND_TRIP_MS_MAX = 10_000;
/** How much a new round trip counts against those before. */
const ROUND_TRIP_WEIGHT = 1 / 4;

/** What a peer reports of the packets that it gets from us, and how long the way there and back takes (RFC 3550 §6.4.1). */
export class FarEndStats {
  /** Of all that we sent; null before the first report. */
  packetsLost: number | null = null;
  jitterMs = 0;
  roundTripMs: number | null = null;
  readonly #clockRate: number;

  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** Takes the block that is about our stream, of a report that came at `at`. */
  reported(block: ReportBlock, at: Instant): void {
    // Duplicates count against losses, and a peer may say what it likes: a loss below none is none.
    this.packetsLost = Math.max(0, block.packetsLost);
    this.jitterMs = (block.jitter / this.#clockRate) * 1_000;
    if (block.lastSenderReport === 0) return;
    const ticks = (ntpMiddleOf(at) - block.lastSenderReport - block.delaySinceLastSenderReport) | 0;
    const roundTripMs = (ticks * 1_000) / 65_536;
    // Clocks of two machines round differently: a little less than nothing is nothing.
    if (roundTripMs < -5 || roundTripMs > ROUND_TRIP_MS_MAX) return;
    const taken = Math.max(0, roundTripMs);
    this.roundTripMs = this.roundTripMs === null ? taken : this.roundTripMs + (taken - this.roundTripMs) * ROUND_TRIP_WEIGHT;
  }
}

/** The middle 32 bits of the NTP time of an instant, in 1/65 536 s, as our sender reports bear it. */
function ntpMiddleOf(at: Instant): number {
  const seconds = Math.floor(at / 1_000);
  return ((((seconds + NTP_EPOCH_OFFSET_SECONDS) % 0x10000) << 16) | Math.floor((at / 1_000 - seconds) * 65_536)) >>> 0;
}
