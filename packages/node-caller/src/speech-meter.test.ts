import { expect, test } from "vitest";
import { encodeG711, generateTone } from "@allo/media";
import { SILENT_DBFS, SpeechMeter } from "./speech-meter.ts";

const FRAME = 160;

function feed(meter: SpeechMeter, samples: Int16Array): void {
  const bytes = encodeG711("PCMU", samples);
  for (let at = 0; at + FRAME <= bytes.length; at += FRAME) meter.heard("PCMU", bytes, at, at + FRAME);
}
const tone = (amplitude: number, durationMs: number): Int16Array => generateTone({ frequencyHz: 440, durationMs, amplitude });
/** Noise that is the same in every run. */
function noise(amplitude: number, durationMs: number): Int16Array {
  let seed = 1;
  return Int16Array.from({ length: durationMs * 8 }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.round((seed / 0x7fff_ffff - 0.5) * 2 * amplitude);
  });
}

test("a muted microphone is no speech, and its level is silence", () => {
  const meter = new SpeechMeter();
  feed(meter, new Int16Array(8_000 * 15));
  expect(meter.speechMs).toBe(0);
  expect(meter.levelDbfs()).toBeLessThanOrEqual(-70);
  expect(new SpeechMeter().levelDbfs()).toBe(SILENT_DBFS);
});

test("the noise of a room is no speech; a voice over it is", () => {
  const meter = new SpeechMeter();
  feed(meter, noise(250, 10_000)); // about -47 dBFS
  const ofNoise = meter.speechMs;
  expect(ofNoise).toBeLessThan(300);
  feed(meter, tone(6_000, 700));
  expect(meter.speechMs - ofNoise).toBeGreaterThanOrEqual(600);
  expect(meter.levelDbfs()).toBeGreaterThan(-20);
});

test("loud music before doesn't deafen: counted anew, a voice is heard at once", () => {
  const meter = new SpeechMeter();
  feed(meter, tone(12_000, 30_000));
  meter.anew();
  expect(meter.speechMs).toBe(0);
  feed(meter, tone(2_000, 700)); // about -27 dBFS, as a browser's microphone gives it
  expect(meter.speechMs).toBeGreaterThanOrEqual(600);
});

test("when nothing comes any more the level falls within half a second", () => {
  const meter = new SpeechMeter();
  feed(meter, tone(8_000, 1_000));
  expect(meter.levelDbfs()).toBeGreaterThan(-20);
  for (let frame = 0; frame < 25; frame += 1) meter.silence();
  expect(meter.levelDbfs()).toBe(SILENT_DBFS);
});
