import { readUint16, writeUint16 } from "./packet.ts";

// Keys as telephone-events (RFC 4733 §2.3): event, end bit, volume, duration in timestamp units.

export const TELEPHONE_EVENT_BYTES = 4;
const DIGITS = "0123456789*#ABCD";
/** Packets that say the end, since one may be lost (RFC 4733 §2.5.1.4). */
const END_PACKETS = 3;
const VOLUME_DBM0 = 10;
/** Packets of an event come no later than this (5 s at 8 kHz). */
const STRAGGLER_UNITS_MAX = 40_000;

export type TelephoneEvent = { readonly event: number; readonly end: boolean; readonly volume: number; readonly duration: number };

export function parseTelephoneEvent(payload: Uint8Array, start = 0, end = payload.length): TelephoneEvent | null {
  if (end - start < TELEPHONE_EVENT_BYTES) return null;
  const flags = payload[start + 1] as number;
  return { event: payload[start] as number, end: (flags & 0x80) !== 0, volume: flags & 0x3f, duration: readUint16(payload, start + 2) };
}

export function writeTelephoneEvent(bytes: Uint8Array, offset: number, event: TelephoneEvent): void {
  bytes[offset] = event.event;
  bytes[offset + 1] = (event.end ? 0x80 : 0) | (event.volume & 0x3f);
  writeUint16(bytes, offset + 2, Math.min(0xffff, event.duration));
}

/** The key of an event number 0–15, or null for events that are no keys. */
export function digitOfEvent(event: number): string | null {
  return DIGITS[event] ?? null;
}

/** The event number of a key, or null. */
export function eventOfDigit(digit: string): number | null {
  const event = DIGITS.indexOf(digit.toUpperCase());
  return digit.length === 1 && event >= 0 ? event : null;
}

/**
 * Says each key once. An event is named by (SSRC, timestamp): all its packets bear one timestamp. The marker is not asked for,
 * since its packet may be lost; whichever packet comes first, even the last of the event, tells the key.
 */
export class TelephoneEventDetector {
  #ssrc: number | null = null;
  #timestamp = 0;

  /** The key where this packet begins an event not yet seen, else null. */
  received(packet: { readonly ssrc: number; readonly timestamp: number; readonly event: TelephoneEvent }): string | null {
    if (this.#ssrc === packet.ssrc) {
      // The retransmitted end of the event before may follow the beginning of the next one: older is seen. Much older is a clock
      // that was set back.
      const difference = (packet.timestamp - this.#timestamp) | 0;
      if (difference <= 0 && difference > -STRAGGLER_UNITS_MAX) return null;
    }
    const digit = digitOfEvent(packet.event.event);
    if (digit === null) return null;
    this.#ssrc = packet.ssrc;
    this.#timestamp = packet.timestamp;
    return digit;
  }
}

/** The payloads of one key press, one per packet, 20 ms apart; all bear the timestamp of the first, which has the marker. */
export function buildTelephoneEvent(digit: string, durationSamples: number, stepSamples: number): readonly Uint8Array[] {
  const event = eventOfDigit(digit);
  if (event === null) return [];
  const payloads: Uint8Array[] = [];
  for (let duration = stepSamples; duration < durationSamples; duration += stepSamples) payloads.push(payloadOf(event, false, duration));
  for (let i = 0; i < END_PACKETS; i += 1) payloads.push(payloadOf(event, true, durationSamples));
  return payloads;
}

function payloadOf(event: number, end: boolean, duration: number): Uint8Array {
  const payload = new Uint8Array(TELEPHONE_EVENT_BYTES);
  writeTelephoneEvent(payload, 0, { event, end, volume: VOLUME_DBM0, duration });
  return payload;
}
