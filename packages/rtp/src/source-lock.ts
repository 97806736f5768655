import type { Instant } from "@allo/kernel";
import { sequenceDifference } from "./packet.ts";

// Symmetric RTP with constrained latching (RFC 4961, RFC 7362 §5). Whoever can guess a port must be able neither to put sound
// into a call nor to draw its sound away ("RTP bleed"): media goes only to the signalled address or to a source that has proved
// itself, and a source that holds the lock loses it only by silence or by new signalling.

/** Valid packets, near each other in sequence, of one SSRC and payload type, before a source that was not signalled is believed. */
export const PACKETS_TO_LATCH = 4;
/** A line that loses and reorders them is believed too: packets of 20 ms that come up to 160 ms late. */
const LATCH_STEP_MAX = 8;
/** A lock silent for so long may be taken over by any plausible source. */
export const RELATCH_SILENCE_MS = 5_000;
/**
 * A lock silent for so long may be taken over by whoever goes on with the very stream that fell silent: a NAT gave the phone another port.
 * SSRC and sequence are known to nobody who doesn't see the call's packets.
 */
export const REBIND_SILENCE_MS = 400;
/** So many packets may have been lost meanwhile: those of the longest silence, three times over. */
const REBIND_SEQUENCE_STEP_MAX = 750;
/** Sources watched at once while none is locked. */
export const CANDIDATES_MAX = 8;

export type TransportAddress = { readonly address: string; readonly port: number };
export type SignalledSource = TransportAddress & {
  readonly behindNat: boolean;
  /** Another address that may be latched onto. */ readonly signalledFrom: string | null;
};
export type SourcePacket = {
  readonly address: string;
  readonly port: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly payloadType: number;
};

type Candidate = { address: string; port: number; ssrc: number; payloadType: number; sequence: number; count: number };

export class SourceLock {
  #signalled: SignalledSource | null = null;
  #locked: TransportAddress | null = null;
  #lockedAt: Instant = 0;
  #lastSsrc = 0;
  #lastSequence = 0;
  #candidates: Candidate[] = [];

  /** New signalling. The same address again keeps the lock, so that a session refresh opens no window for a stranger. */
  signal(source: SignalledSource | null): void {
    const before = this.#signalled;
    this.#signalled = source;
    const same =
      before !== null &&
      source !== null &&
      before.address === source.address &&
      before.port === source.port &&
      before.behindNat === source.behindNat &&
      before.signalledFrom === source.signalledFrom;
    if (same) return;
    this.#locked = null;
    this.#candidates = [];
  }

  /** Where media is sent: the locked source, else the signalled address, else nowhere. */
  get target(): TransportAddress | null {
    if (this.#locked !== null) return this.#locked;
    return this.#signalled !== null && this.#signalled.port !== 0 ? this.#signalled : null;
  }

  get locked(): TransportAddress | null {
    return this.#locked;
  }

  /** Whether media from this source is accepted. Call it only for packets that parse and bear a negotiated payload type. */
  accepts(packet: SourcePacket, at: Instant): boolean {
    const locked = this.#locked;
    if (locked !== null && locked.port === packet.port && locked.address === packet.address) {
      this.#heard(packet, at);
      return true;
    }
    const signalled = this.#signalled;
    if (signalled === null) return false;
    if (locked !== null && at - this.#lockedAt < (this.#goesOn(packet) ? REBIND_SILENCE_MS : RELATCH_SILENCE_MS)) return false;
    if (packet.address === signalled.address && packet.port === signalled.port) {
      this.#lock(packet, at);
      return true;
    }
    if (!isPlausible(packet.address, signalled)) return false;
    if (!this.#proven(packet)) return false;
    this.#lock(packet, at);
    return true;
  }

  /** RTCP obeys the same lock: the address must be the media's, on any port (RFC 3550 §11 has it on the next one). */
  acceptsControl(address: string): boolean {
    return this.target?.address === address;
  }

  #proven(packet: SourcePacket): boolean {
    const known = this.#candidates.find((candidate) => candidate.port === packet.port && candidate.address === packet.address);
    if (known === undefined) {
      if (this.#candidates.length >= CANDIDATES_MAX) this.#candidates.shift();
      const { address, port, ssrc, payloadType, sequence } = packet;
      this.#candidates.push({ address, port, ssrc, payloadType, sequence, count: 1 });
      return PACKETS_TO_LATCH <= 1;
    }
    const step = sequenceDifference(packet.sequence, known.sequence);
    const follows =
      known.ssrc === packet.ssrc && known.payloadType === packet.payloadType && step !== 0 && Math.abs(step) <= LATCH_STEP_MAX;
    known.count = follows ? known.count + 1 : 1;
    known.ssrc = packet.ssrc;
    known.payloadType = packet.payloadType;
    if (!follows || step > 0) known.sequence = packet.sequence;
    return known.count >= PACKETS_TO_LATCH;
  }

  /** Whether a packet continues the locked source's stream. */
  #goesOn({ ssrc, sequence }: SourcePacket): boolean {
    const step = sequenceDifference(sequence, this.#lastSequence);
    return ssrc === this.#lastSsrc && step > 0 && step <= REBIND_SEQUENCE_STEP_MAX;
  }

  #lock(packet: SourcePacket, at: Instant): void {
    this.#locked = { address: packet.address, port: packet.port };
    this.#heard(packet, at);
    this.#candidates = [];
  }

  #heard({ ssrc, sequence }: SourcePacket, at: Instant): void {
    this.#lockedAt = at;
    this.#lastSsrc = ssrc;
    this.#lastSequence = sequence;
  }
}

/**
 * Whether media may come from there at all. Behind NAT the address is one that nobody signalled, but of the network that the signalling came
 * from: a provider's NAT gives neighbouring addresses, a stranger has another.
 */
function isPlausible(address: string, { address: signalled, behindNat, signalledFrom }: SignalledSource): boolean {
  if (address === signalled || address === signalledFrom) return true;
  if (!behindNat) return false;
  return signalledFrom === null || networkOf(address) === networkOf(signalledFrom);
}

/** The /24 of an IPv4 address; an IPv6 address has no NAT's neighbours and stands for itself. */
function networkOf(address: string): string {
  return address.includes(":") ? address : address.slice(0, address.lastIndexOf("."));
}
