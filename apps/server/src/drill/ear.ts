// What one caller of a drill goes through: when packets of sound came, and whether there was anything in them.
import type { Duration, Instant } from "@allo/kernel";

export const earLimits = {
  /** A packet brings 20 ms; one that comes within this of the last left no gap to be heard: a jitter buffer bridges it. */
  gapMsMin: 60,
  packetMs: 20,
  /** Quiet for so long at a stretch is silence; music and speech have shorter pauses. */
  quietMsMin: 1_000,
  /** The largest sample of a packet that is as good as none. */
  quietPeak: 60,
} as const;

export type EarMeasure = {
  /** Since the last packet; null where none ever came. */
  readonly sinceLastMs: Duration | null;
  /** Sound, not only packets, was heard within the last second. */
  readonly hears: boolean;
  readonly longestGapMs: Duration;
  readonly silentMs: Duration;
};

const HEARS_MS = 1_000;

/** Told of each packet as it comes. `begin` starts the counting; a gap that is open then counts from that moment. */
export class DrillEar {
  #lastAt: Instant | null = null;
  #lastSoundAt: Instant | null = null;
  #countsFrom: Instant | null = null;
  #longestGapMs = 0;
  #silentMs = 0;
  #quietMs = 0;

  heard(at: Instant, samples: Int16Array): void {
    this.#closeGap(at);
    this.#lastAt = at;
    if (isQuiet(samples)) this.#quietMs += earLimits.packetMs;
    else {
      this.#closeQuiet();
      this.#lastSoundAt = at;
    }
  }

  begin(at: Instant): void {
    this.#countsFrom = at;
    this.#longestGapMs = 0;
    this.#silentMs = 0;
    this.#quietMs = 0;
  }

  measure(at: Instant): EarMeasure {
    const open = this.#gapAt(at);
    const quiet = this.#quietMs >= earLimits.quietMsMin ? this.#quietMs : 0;
    return {
      sinceLastMs: this.#lastAt === null ? null : at - this.#lastAt,
      hears: this.#lastSoundAt !== null && at - this.#lastSoundAt < HEARS_MS,
      longestGapMs: Math.round(Math.max(this.#longestGapMs, open)),
      silentMs: Math.round(this.#silentMs + open + quiet),
    };
  }

  /** What has been missed by now, of what the last packet brought on. */
  #gapAt(at: Instant): Duration {
    if (this.#countsFrom === null || this.#lastAt === null) return 0;
    const since = Math.max(this.#lastAt, this.#countsFrom);
    return at - since > earLimits.gapMsMin ? at - since - earLimits.packetMs : 0;
  }

  #closeGap(at: Instant): void {
    const gap = this.#gapAt(at);
    this.#longestGapMs = Math.max(this.#longestGapMs, gap);
    this.#silentMs += gap;
  }

  #closeQuiet(): void {
    if (this.#quietMs >= earLimits.quietMsMin) this.#silentMs += this.#quietMs;
    this.#quietMs = 0;
  }
}

function isQuiet(samples: Int16Array): boolean {
  return samples.every((sample) => Math.abs(sample) <= earLimits.quietPeak);
}
