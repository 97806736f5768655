import { decodeG711, DtmfDetector, encodeG711, fillDtmf, FRAME_SAMPLES, generateTone, toneShare } from "@allo/media";
import { createRtpHeader } from "@allo/rtp";
import { expect, test } from "vitest";
import { KeyMask, type HeldPacket } from "./key-mask.ts";

const SPEECH_HZ = 300;

/** What comes out of a mask for what is said, in frames of `frameMs`. */
function through(mask: KeyMask, samples: Int16Array, frameMs = 20): { readonly heard: Int16Array; readonly keys: string } {
  const frame = (FRAME_SAMPLES * frameMs) / 20;
  const out: HeldPacket[] = [];
  let keys = "";
  for (let at = 0; at + frame <= samples.length; at += frame) {
    const payload = encodeG711("PCMU", samples.subarray(at, at + frame));
    const bytes = new Uint8Array(12 + payload.length);
    bytes.set(payload, 12);
    const header = { ...createRtpHeader(), timestamp: at, payloadStart: 12, payloadEnd: bytes.length };
    const { key, due } = mask.take("PCMU", header, bytes, at / 8);
    keys += key ?? "";
    out.push(...due);
  }
  out.push(...mask.drain());
  expect(out.map(({ header }) => header.timestamp)).toEqual(out.map((_, i) => i * frame));
  return { heard: decodeG711("PCMU", Buffer.concat(out.map(({ bytes, header }) => bytes.subarray(header.payloadStart)))), keys };
}

/** A second of speech, a key of 80 ms that begins `offset` samples into a frame, a second of speech. */
function speechWithKey(digit: string, offset: number): Int16Array {
  const speech = generateTone({ frequencyHz: SPEECH_HZ, durationMs: 2_400 });
  const key = new Int16Array(640);
  fillDtmf(digit, 0, key);
  speech.set(key, 8_000 + offset);
  return speech;
}

test.each([20, 60])(
  "nothing is left of a key that is a tone, wherever in a frame of %d ms it begins; speech goes through whole",
  (frameMs) => {
    for (const digit of ["1", "5", "9", "0", "#"]) {
      for (let offset = 0; offset < 160; offset += 23) {
        const { heard, keys } = through(new KeyMask(new DtmfDetector()), speechWithKey(digit, offset), frameMs);
        expect(keys).toBe(digit);
        const around = heard.subarray(8_000 + offset - 80, 8_000 + offset + 720);
        expect(Math.max(...around.map(Math.abs)), `${digit} at ${offset}`).toBeLessThan(16);
        expect(toneShare(heard.subarray(0, 7_000), SPEECH_HZ)).toBeGreaterThan(0.99);
        expect(toneShare(heard.subarray(12_000), SPEECH_HZ)).toBeGreaterThan(0.99);
      }
    }
  },
);

test("an event hides what sounds beside it, before and after", () => {
  const mask = new KeyMask(new DtmfDetector());
  const speech = encodeG711("PCMU", generateTone({ frequencyHz: SPEECH_HZ, durationMs: 20 }));
  const due: HeldPacket[] = [];
  for (let at = 0; at < 400; at += 20) {
    if (at === 200) mask.keyPressed(at);
    due.push(...mask.take("PCMU", { ...createRtpHeader(), payloadStart: 0, payloadEnd: 160 }, speech, at).due);
  }
  due.push(...mask.drain());
  const hidden = due.filter(({ bytes }) => bytes.every((byte) => byte === 0xff)).map(({ at }) => at);
  expect(hidden[0]).toBeLessThanOrEqual(160);
  expect(hidden.at(-1)).toBe(300);
  expect(hidden).not.toContain(100);
});
