import type { Instant } from "@allo/kernel";
import type { Codec, DtmfDetector } from "@allo/media";
import { FRAME_MS, SILENCE_BYTE } from "@allo/media";
import type { RtpHeader } from "@allo/rtp";

/** What a masked leg says waits so long: a key is known for one only after it has begun to sound. */
const MASK_LEAD_MS = 60;
/** What it says so long after a sign of a key is hidden: keys' tones leak around their events. */
const MASK_HOLD_MS = 120;

export type HeldPacket = { readonly codec: Codec; readonly header: RtpHeader; readonly bytes: Uint8Array; readonly at: Instant };
type Held = HeldPacket & { isHidden: boolean };

/**
 * Hides the keys of one leg: its packets are held back a little, and those that hold a part of a key, or lie beside one, become
 * silence. Speech goes through late but whole.
 */
export class KeyMask {
  readonly #tones: DtmfDetector;
  #held: Held[] = [];
  #hiddenUntil: Instant = Number.NEGATIVE_INFINITY;

  /** `tones` is the leg's own detector: what it has heard so far counts. */
  constructor(tones: DtmfDetector) {
    this.#tones = tones;
  }

  /** A telephone-event came: the key sounds now, where it sounds at all. */
  keyPressed(at: Instant): void {
    for (const held of this.#held) held.isHidden = true;
    this.#hiddenUntil = at + MASK_HOLD_MS;
  }

  /** Takes a packet and gives those whose time has come. `key`: a key that became sure by its tones. */
  take(codec: Codec, header: RtpHeader, bytes: Uint8Array, at: Instant): { readonly key: string | null; readonly due: HeldPacket[] } {
    const key = this.#tones.received(codec, bytes, header.payloadStart, header.payloadEnd);
    this.#held.push({
      codec,
      header: { ...header },
      bytes: Uint8Array.from(bytes.subarray(0, header.payloadEnd)),
      at,
      isHidden: at < this.#hiddenUntil,
    });
    if (this.#tones.isSuspect) this.keyPressed(at);
    let count = 0;
    // The timer that hands packets over may be a little late or early.
    while (count < this.#held.length && at - (this.#held[count] as Held).at >= MASK_LEAD_MS - FRAME_MS / 2) count += 1;
    return { key, due: this.#given(count) };
  }

  /** Everything that still waits: the mask is taken off. */
  drain(): HeldPacket[] {
    return this.#given(this.#held.length);
  }

  #given(count: number): HeldPacket[] {
    const due = this.#held.splice(0, count);
    for (const { isHidden, codec, bytes, header } of due)
      if (isHidden) bytes.fill(SILENCE_BYTE[codec], header.payloadStart, header.payloadEnd);
    return due;
  }
}
