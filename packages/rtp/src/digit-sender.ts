import { eventOfDigit } from "./telephone-event.ts";

/** A key shorter than this is not sure to be heard, a pause shorter than this may melt two keys into one (RFC 4733 §2.5.1.3). */
const KEY_MS_MIN = 40;
const KEY_MS_MAX = 2_000;
const PAUSE_MS_MAX = 2_000;
const KEY_MS_DEFAULT = 100;
const PAUSE_MS_DEFAULT = 60;
/** What a comma stands for, as in numbers that people store. */
const COMMA_MS = 1_000;
/** Keys that may wait; more in one go is nobody's finger. */
const WAITING_KEYS_MAX = 128;
/** The last packet of a key is said three times: now and in the next two frames, which the pause holds. */
const END_REPEATS = 2;

export type DigitPace = { readonly durationMs?: number; readonly gapMs?: number };

/** What goes out in one frame while keys are being sent. */
export type DigitStep =
  /** The key sounds since `startSamples` and up to `endSamples` after its beginning; the packet says `endSamples`. */
  | { readonly kind: "key"; readonly event: number; readonly startSamples: number; readonly endSamples: number; readonly isEnd: boolean }
  /** Between keys. `repeats`: the end of the key that was, said again. */
  | { readonly kind: "pause"; readonly repeats: { readonly event: number; readonly endSamples: number } | null };

type Waiting = { readonly event: number | null; readonly frames: number; readonly pauseFrames: number };

/** Presses keys one after another, frame by frame. Signs that are no keys are passed over; a comma waits for a second. */
export class DigitSender {
  readonly #frameMs: number;
  readonly #frameSamples: number;
  readonly #waiting: Waiting[] = [];
  #frame = 0;

  constructor(frame: { readonly ms: number; readonly samples: number }) {
    this.#frameMs = frame.ms;
    this.#frameSamples = frame.samples;
  }

  /** Adds keys behind those that wait. */
  press(digits: string, pace: DigitPace = {}): void {
    const frames = this.#framesOf(pace.durationMs ?? KEY_MS_DEFAULT, KEY_MS_MAX);
    const pauseFrames = this.#framesOf(pace.gapMs ?? PAUSE_MS_DEFAULT, PAUSE_MS_MAX);
    for (const digit of digits) {
      if (this.#waiting.length >= WAITING_KEYS_MAX) return;
      const event = eventOfDigit(digit);
      if (event !== null) this.#waiting.push({ event, frames, pauseFrames });
      else if (digit === ",") this.#waiting.push({ event: null, frames: 0, pauseFrames: COMMA_MS / this.#frameMs });
    }
  }

  /** What goes out in this frame, or null: all is said. */
  next(): DigitStep | null {
    const current = this.#waiting[0];
    if (current === undefined) return null;
    const { event, frames, pauseFrames } = current;
    this.#frame += 1;
    const frame = this.#frame;
    if (event !== null && frame <= frames) {
      const endSamples = frame * this.#frameSamples;
      return { kind: "key", event, startSamples: endSamples - this.#frameSamples, endSamples, isEnd: frame === frames };
    }
    if (frame >= frames + pauseFrames) {
      this.#waiting.shift();
      this.#frame = 0;
    }
    const repeats = event !== null && frame - frames <= END_REPEATS ? { event, endSamples: frames * this.#frameSamples } : null;
    return { kind: "pause", repeats };
  }

  #framesOf(ms: number, max: number): number {
    return Math.ceil(Math.max(KEY_MS_MIN, Math.min(max, ms)) / this.#frameMs);
  }
}
