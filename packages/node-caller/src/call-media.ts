// One call's sound: what it sends with each tick of 20 ms, and what it makes of the packets that come. No socket, no clock.
import { decodeG711, encodeG711, FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE, SILENCE_BYTE, type Codec, type EncodedAudio } from "@allo/media";
import {
  buildTelephoneEvent,
  createRtpHeader,
  eventOfDigit,
  parseRtpInto,
  RTP_HEADER_BYTES,
  RtpReceiveStats,
  sequenceDifference,
  writeRtpHeader,
} from "@allo/rtp";
import type { Instant } from "@allo/kernel";
import { callerLimits } from "./caller-limits.ts";
import type { CallerHearing } from "./caller-types.ts";
import { SpeechMeter } from "./speech-meter.ts";

/** Sound in both laws, to be said in any number of calls without encoding it again. */
export function encodeVoice(samples: Int16Array): EncodedAudio {
  return { PCMU: encodeG711("PCMU", samples), PCMA: encodeG711("PCMA", samples) };
}

export type MediaAnswer = {
  readonly codec: Codec;
  readonly payloadType: number;
  readonly eventPayloadType: number | null;
  readonly sends: boolean;
};
type Playing = { readonly voice: EncodedAudio; at: number; readonly done: (how: "completed" | "cut") => void };

const PACKET_BYTES = RTP_HEADER_BYTES + FRAME_SAMPLES;
const header = createRtpHeader(); // of the packet being read; nothing keeps it

export class CallMedia {
  readonly #ssrc: number;
  #sequence: number;
  #timestamp: number;
  #answer: MediaAnswer | null = null;
  #playing: Playing | null = null;
  /** Packets of key presses still to go; null is a pause of one frame. */
  readonly #keys: ({ readonly payload: Uint8Array; readonly timestamp: number; readonly isFirst: boolean } | null)[] = [];
  #keyTimestamp = 0;
  #isFirstPacket = true;
  readonly #stats = new RtpReceiveStats(SAMPLE_RATE);
  readonly #meter = new SpeechMeter();
  #lastPacketAt: Instant | null = null;
  #lastSequence: number | null = null;
  #sourcesBegun = 0;
  #onFrame: ((samples: Int16Array) => void) | null = null;

  constructor(start: { readonly ssrc: number; readonly sequence: number; readonly timestamp: number }) {
    this.#ssrc = start.ssrc >>> 0;
    this.#sequence = start.sequence & 0xffff;
    this.#timestamp = start.timestamp >>> 0;
  }

  get lastPacketAt(): Instant | null {
    return this.#lastPacketAt;
  }
  get hasAnswer(): boolean {
    return this.#answer !== null;
  }

  answered(answer: MediaAnswer): void {
    this.#answer = answer;
  }

  onFrame(listener: ((samples: Int16Array) => void) | null): void {
    this.#onFrame = listener;
  }

  play(voice: EncodedAudio): Promise<"completed" | "cut"> {
    this.stop();
    return new Promise((done) => {
      this.#playing = { voice, at: 0, done };
    });
  }

  /** Cuts what is being said. */
  stop(): void {
    const cut = this.#playing;
    this.#playing = null;
    cut?.done("cut");
  }

  pressKeys(digits: string): boolean {
    if (this.#answer === null || this.#answer.eventPayloadType === null) return false;
    if (digits.length > callerLimits.digitsMax || this.#keys.length > callerLimits.digitsMax * 8) return false;
    if ([...digits].some((digit) => eventOfDigit(digit) === null)) return false;
    const pause = Math.ceil(callerLimits.digitPauseMs / FRAME_MS);
    for (const digit of digits) {
      const payloads = buildTelephoneEvent(digit, (callerLimits.digitMs * SAMPLE_RATE) / 1_000, FRAME_SAMPLES);
      payloads.forEach((payload, index) => this.#keys.push({ payload, timestamp: 0, isFirst: index === 0 }));
      for (let i = 0; i < pause; i += 1) this.#keys.push(null);
    }
    return true;
  }

  /** Writes the packet of this tick; its length, or 0 where nothing is to be sent. */
  writePacket(bytes: Uint8Array): number {
    const answer = this.#answer;
    if (answer === null) return 0;
    const timestamp = this.#timestamp;
    const sequence = this.#sequence;
    this.#timestamp = (timestamp + FRAME_SAMPLES) >>> 0;
    if (!answer.sends) return 0;
    this.#sequence = (sequence + 1) & 0xffff;
    const key = this.#keys.shift();
    if (key !== undefined && key !== null && answer.eventPayloadType !== null) {
      // RFC 4733 §2.5.1.1: all packets of one event bear the timestamp of its beginning; the first has the marker.
      if (key.isFirst) this.#keyTimestamp = timestamp;
      writeRtpHeader(bytes, {
        payloadType: answer.eventPayloadType,
        marker: key.isFirst,
        sequence,
        timestamp: this.#keyTimestamp,
        ssrc: this.#ssrc,
      });
      bytes.set(key.payload, RTP_HEADER_BYTES);
      return RTP_HEADER_BYTES + key.payload.length;
    }
    writeRtpHeader(bytes, { payloadType: answer.payloadType, marker: this.#isFirstPacket, sequence, timestamp, ssrc: this.#ssrc });
    this.#isFirstPacket = false;
    this.#fillFrame(answer.codec, bytes);
    return PACKET_BYTES;
  }

  #fillFrame(codec: Codec, bytes: Uint8Array): void {
    const playing = this.#playing;
    if (playing === null) {
      bytes.fill(SILENCE_BYTE[codec], RTP_HEADER_BYTES, PACKET_BYTES);
      return;
    }
    const voice = playing.voice[codec];
    const frame = voice.subarray(playing.at, playing.at + FRAME_SAMPLES);
    bytes.set(frame, RTP_HEADER_BYTES);
    if (frame.length < FRAME_SAMPLES) bytes.fill(SILENCE_BYTE[codec], RTP_HEADER_BYTES + frame.length, PACKET_BYTES);
    playing.at += FRAME_SAMPLES;
    if (playing.at < voice.length) return;
    this.#playing = null;
    playing.done("completed");
  }

  /** Takes a datagram; true where it was the first packet of the peer's sound. Anything else is passed over. */
  received(bytes: Uint8Array, at: Instant): boolean {
    const answer = this.#answer;
    if (answer === null || parseRtpInto(header, bytes) !== null) return false;
    if (header.payloadType !== answer.payloadType && header.payloadType !== answer.eventPayloadType) return false;
    const isFirst = this.#lastPacketAt === null;
    this.#lastPacketAt = at;
    this.#stats.received(header, at);
    // A packet that came late or twice is counted, and not heard again.
    const isNew =
      this.#lastSequence === null || this.#stats.ssrc !== header.ssrc || sequenceDifference(header.sequence, this.#lastSequence) !== 0;
    this.#lastSequence = header.sequence;
    if (header.payloadType === answer.payloadType && isNew) {
      if (header.marker) this.#sourcesBegun += 1;
      this.#meter.heard(answer.codec, bytes, header.payloadStart, header.payloadEnd);
      this.#onFrame?.(decodeG711(answer.codec, bytes.subarray(header.payloadStart, header.payloadEnd)));
    }
    return isFirst;
  }

  /** Called with each tick: a line on which nothing came for a while is a silent one. */
  tick(at: Instant): void {
    if (this.#lastPacketAt !== null && at - this.#lastPacketAt > SILENCE_AFTER_MS) this.#meter.silence();
  }

  hearAnew(): void {
    this.#meter.anew();
  }

  hearing(): CallerHearing {
    return {
      packets: this.#stats.packetsReceived,
      lostPackets: Math.max(0, this.#stats.packetsLost),
      levelDbfs: this.#meter.levelDbfs(),
      speechMs: this.#meter.speechMs,
      sourcesBegun: this.#sourcesBegun,
    };
  }
}

const SILENCE_AFTER_MS = 3 * FRAME_MS;
