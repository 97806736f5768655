import type { Codec } from "./engine-port.ts";
import { decodeSample, FRAME_SAMPLES } from "./g711.ts";

/** How long a packet waits for its tick beyond the one that is next: at first and at best, and at worst. */
export const VOICE_DELAY_SAMPLES_MIN = FRAME_SAMPLES;
export const VOICE_DELAY_SAMPLES_MAX = 3 * FRAME_SAMPLES;
/** Sound further ahead of or behind its time than this (200 ms) belongs to another clock: it is placed anew. */
const APART_SAMPLES_MAX = 10 * FRAME_SAMPLES;
/** So many new packets one after another that came too late: the peer's clock has stepped back. */
const LATE_RUN_MAX = 3;
/** A delay that so many packets (2 s) did not need is taken back. */
const WINDOW_PACKETS = 100;
/** A repeated packet comes within so many of the first. */
const SEEN_PACKETS = 16;
/** Holds the farthest place and the longest payload; a power of two. */
const RING_SAMPLES = 4_096;
const RING_MASK = RING_SAMPLES - 1;
/** Payloads longer than this are no G.711 of ours (100 ms). */
const PAYLOAD_SAMPLES_MAX = 800;

export type VoicePacket = {
  readonly codec: Codec;
  readonly ssrc: number;
  readonly timestamp: number;
  /** The payload is bytes[start, end). */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
};

/**
 * What one party says, for a mix: packets are placed by their RTP timestamps, frames of 20 ms are taken by the tick. The delay
 * between both adapts from one frame to three; what is absent is silence.
 */
export class VoiceBuffer {
  /** The samples of this tick. */
  readonly frame = new Int16Array(FRAME_SAMPLES);
  /** Whether there were any, or the frame is silence. */
  isPresent = false;
  readonly #ring = new Int16Array(RING_SAMPLES);
  /** Sample numbers on our clock: what the next tick takes, and the end of what has been placed. */
  #readAt = 0;
  #endAt = 0;
  #ssrc: number | null = null;
  /** The sample number of a timestamp: `timestamp` lies at `anchorSample`. */
  #anchorSample = 0;
  #anchorTimestamp = 0;
  #newestTimestamp = 0;
  readonly #seen = Array.from({ length: SEEN_PACKETS }, () => -1);
  #nextSeen = 0;
  #lateRun = 0;
  #windowPackets = 0;
  #windowSlackMin = Number.POSITIVE_INFINITY;
  #windowSlackMax = 0;
  #lastSlackMax = 0;

  put(packet: VoicePacket): void {
    const samples = packet.end - packet.start;
    if (samples <= 0 || samples > PAYLOAD_SAMPLES_MAX) return;
    let at = this.#anchorSample + ((packet.timestamp - this.#anchorTimestamp) | 0);
    if (packet.ssrc !== this.#ssrc || Math.abs(at - this.#readAt) > APART_SAMPLES_MAX) at = this.#placeAnew(packet);
    // A packet that comes twice says nothing of the delay.
    if (!this.#seen.includes(packet.timestamp)) at += this.#adapted(packet, at - this.#readAt);
    // Of what comes too late the rest that still has its time is kept.
    const skipped = Math.max(0, this.#readAt - at);
    for (let i = skipped; i < samples; i += 1)
      this.#ring[(at + i) & RING_MASK] = decodeSample(packet.codec, packet.bytes[packet.start + i] as number);
    if (skipped < samples) this.#endAt = Math.max(this.#endAt, at + samples);
  }

  /** Takes the samples of the next 20 ms into `frame`. */
  tick(): void {
    const from = this.#readAt;
    this.#readAt += FRAME_SAMPLES;
    const wasPresent = this.isPresent;
    this.isPresent = from < this.#endAt;
    if (!this.isPresent) {
      if (wasPresent) this.frame.fill(0);
      return;
    }
    for (let i = 0; i < FRAME_SAMPLES; i += 1) {
      const place = (from + i) & RING_MASK;
      this.frame[i] = this.#ring[place] as number;
      this.#ring[place] = 0;
    }
  }

  #placeAnew(packet: VoicePacket): number {
    this.#ssrc = packet.ssrc;
    this.#anchorTimestamp = packet.timestamp;
    this.#anchorSample = this.#readAt + VOICE_DELAY_SAMPLES_MIN;
    this.#newestTimestamp = packet.timestamp;
    this.#seen.fill(-1);
    this.#remember(packet.timestamp);
    this.#lateRun = 0;
    this.#beginWindow();
    this.#lastSlackMax = 0;
    return this.#anchorSample;
  }

  /** By how many samples this and all later packets move, for a new packet that has `slack` samples until its time. */
  #adapted(packet: VoicePacket, slack: number): number {
    this.#remember(packet.timestamp);
    const isNewest = ((packet.timestamp - this.#newestTimestamp) | 0) > 0;
    if (isNewest) this.#newestTimestamp = packet.timestamp;
    if (slack >= 0) {
      if (isNewest) this.#lateRun = 0;
      this.#windowSlackMin = Math.min(this.#windowSlackMin, slack);
      this.#windowSlackMax = Math.max(this.#windowSlackMax, slack);
      this.#windowPackets += 1;
      if (this.#windowPackets < WINDOW_PACKETS) return 0;
      const spare = Math.max(0, Math.floor((this.#windowSlackMin - VOICE_DELAY_SAMPLES_MIN) / FRAME_SAMPLES)) * FRAME_SAMPLES;
      this.#lastSlackMax = this.#windowSlackMax - spare;
      this.#beginWindow();
      return this.#move(-spare);
    }
    if (isNewest) this.#lateRun += 1;
    if (this.#lateRun >= LATE_RUN_MAX) return this.#placeAnew(packet) - (this.#readAt + slack);
    const room = VOICE_DELAY_SAMPLES_MAX - Math.max(this.#windowSlackMax, this.#lastSlackMax);
    const wanted = Math.ceil(-slack / FRAME_SAMPLES) * FRAME_SAMPLES;
    const moved = Math.max(0, Math.min(wanted, Math.floor(room / FRAME_SAMPLES) * FRAME_SAMPLES));
    this.#windowSlackMax += moved;
    this.#lastSlackMax += moved;
    return this.#move(moved);
  }

  #remember(timestamp: number): void {
    this.#seen[this.#nextSeen] = timestamp;
    this.#nextSeen = (this.#nextSeen + 1) % SEEN_PACKETS;
  }

  #move(samples: number): number {
    this.#anchorSample += samples;
    return samples;
  }

  #beginWindow(): void {
    this.#windowPackets = 0;
    this.#windowSlackMin = Number.POSITIVE_INFINITY;
    this.#windowSlackMax = 0;
  }
}
