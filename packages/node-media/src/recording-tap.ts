import type { Instant } from "@allo/kernel";
import type { Codec } from "@allo/media";
import { SAMPLE_RATE, SILENCE_BYTE, transcodeTable } from "@allo/media";
import { timestampDifference } from "@allo/rtp";
import type { RecordingPiece, RecordingSide } from "./worker-messages.ts";

/** A worker gives the recorder a side's sound in pieces of so long. */
export const SEGMENT_SAMPLES = 2 * SAMPLE_RATE;
/** Packets late by less than this still find their place. */
const GRACE_SAMPLES = 0.2 * SAMPLE_RATE;
/** The peer's clock and ours may part by so much before the sound is placed anew by its arrival. */
const DRIFT_SAMPLES_MAX = 0.4 * SAMPLE_RATE;

/** Places what one leg says on one side of a recording: by RTP timestamp, gaps filled with silence. */
export class RecordingTap {
  readonly recordingNumber: number;
  readonly side: RecordingSide;
  readonly #codec: Codec;
  readonly #startedAt: Instant;
  readonly #send: (piece: RecordingPiece, transfer: readonly ArrayBuffer[]) => void;
  #segmentStart = 0;
  /** Two segments: the one that fills, and what is early for the next. */
  #window: Uint8Array;
  #used = false;
  #anchorSample = 0;
  #anchorTimestamp = 0;
  #anchorSsrc: number | null = null;

  constructor(options: {
    readonly recordingNumber: number;
    readonly side: RecordingSide;
    readonly codec: Codec;
    readonly startedAt: Instant;
    readonly at: Instant;
    readonly send: (piece: RecordingPiece, transfer: readonly ArrayBuffer[]) => void;
  }) {
    this.recordingNumber = options.recordingNumber;
    this.side = options.side;
    this.#codec = options.codec;
    this.#startedAt = options.startedAt;
    this.#send = options.send;
    // All taps share the grid of the recording, so that the recorder can write a chunk as soon as its time is over.
    this.#segmentStart = Math.max(0, Math.floor(this.#sampleAt(options.at) / SEGMENT_SAMPLES)) * SEGMENT_SAMPLES;
    this.#window = this.#emptyWindow();
  }

  /** Takes the payload bytes[start, end) of law `codec`. */
  take(packet: {
    readonly codec: Codec;
    readonly ssrc: number;
    readonly timestamp: number;
    readonly bytes: Uint8Array;
    readonly start: number;
    readonly end: number;
    readonly at: Instant;
  }): void {
    const arrival = this.#sampleAt(packet.at);
    let sample = this.#anchorSample + timestampDifference(packet.timestamp, this.#anchorTimestamp);
    if (this.#anchorSsrc !== packet.ssrc || Math.abs(sample - arrival) > DRIFT_SAMPLES_MAX) {
      this.#anchorSsrc = packet.ssrc;
      this.#anchorTimestamp = packet.timestamp;
      this.#anchorSample = arrival;
      sample = arrival;
    }
    const samples = packet.end - packet.start;
    while (sample + samples > this.#segmentStart + 2 * SEGMENT_SAMPLES) this.#flushSegment();
    let offset = sample - this.#segmentStart;
    let from = packet.start;
    if (offset < 0) {
      from -= offset;
      offset = 0;
      if (from >= packet.end) return;
    }
    const table = transcodeTable(packet.codec, this.#codec);
    if (table === null) {
      this.#window.set(packet.bytes.subarray(from, packet.end), offset);
    } else {
      for (let i = from; i < packet.end; i += 1) this.#window[offset + i - from] = table[packet.bytes[i] as number] as number;
    }
    this.#used = true;
  }

  /** Gives away what is complete at `at`. */
  tick(at: Instant): void {
    while (this.#sampleAt(at) >= this.#segmentStart + SEGMENT_SAMPLES + GRACE_SAMPLES) this.#flushSegment();
  }

  /** Gives away everything: the tap ends. */
  flush(): void {
    if (!this.#used) return;
    this.#post(this.#window);
    this.#used = false;
  }

  #flushSegment(): void {
    const rest = this.#emptyWindow();
    if (this.#used) {
      rest.set(this.#window.subarray(SEGMENT_SAMPLES), 0);
      this.#post(this.#window.slice(0, SEGMENT_SAMPLES));
      this.#used = rest.some((byte) => byte !== SILENCE_BYTE[this.#codec]);
    }
    this.#window = rest;
    this.#segmentStart += SEGMENT_SAMPLES;
  }

  #post(bytes: Uint8Array): void {
    const own = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
    this.#send(
      { kind: "piece", recordingNumber: this.recordingNumber, side: this.side, startSample: this.#segmentStart, bytes: own },
      own.buffer instanceof ArrayBuffer ? [own.buffer] : [],
    );
  }

  #sampleAt(at: Instant): number {
    return Math.round(((at - this.#startedAt) * SAMPLE_RATE) / 1_000);
  }

  #emptyWindow(): Uint8Array {
    return new Uint8Array(2 * SEGMENT_SAMPLES).fill(SILENCE_BYTE[this.#codec]);
  }
}
