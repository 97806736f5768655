import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DtmfDetector } from "./dtmf-detector.ts";
import { digitOfTones, fillDtmf, HIGH_HZ, LOW_HZ, PEAK_AT_0_DBM0 } from "./dtmf-tones.ts";
import type { Codec } from "./engine-port.ts";
import { encodeG711, FRAME_SAMPLES, SAMPLE_RATE } from "./g711.ts";
import { toTelephony } from "./resample.ts";
import { generateTone } from "./tone.ts";
import { parseWav } from "./wav.ts";

const KEYS = "123A456B789C*0#D";
const EACH_KEY = Array.from(KEYS);
const REPOSITORY = join(import.meta.dirname, "../../..");

function keysHeard(samples: Int16Array, codec: Codec = "PCMU"): string {
  const detector = new DtmfDetector();
  const bytes = encodeG711(codec, samples);
  let keys = "";
  for (let at = 0; at < bytes.length; at += FRAME_SAMPLES)
    keys += detector.received(codec, bytes, at, Math.min(bytes.length, at + FRAME_SAMPLES)) ?? "";
  return keys;
}

function pair(key: string, options: { durationMs: number; lowDbm0: number; highDbm0: number; offBy?: number }): Int16Array {
  const { durationMs, lowDbm0, highDbm0, offBy = 0 } = options;
  const index = KEYS.indexOf(key);
  const tone = (frequencyHz: number, dbm0: number): Int16Array =>
    generateTone({ frequencyHz: frequencyHz * (1 + offBy), durationMs, amplitude: PEAK_AT_0_DBM0 * 10 ** (dbm0 / 20) });
  const low = tone(LOW_HZ[Math.floor(index / 4)] as number, lowDbm0);
  const high = tone(HIGH_HZ[index % 4] as number, highDbm0);
  return low.map((sample, i) => Math.max(-32_768, Math.min(32_767, sample + (high[i] as number))));
}

const silence = (samples: number): Int16Array => new Int16Array(samples);
const concat = (...parts: readonly Int16Array[]): Int16Array => Int16Array.from(parts.flatMap((part) => [...part]));

describe("keys heard as tones", () => {
  test("every key of 50 ms is heard once, wherever it begins, at any level from −30 to 0 dBm0 and with any permitted twist", () => {
    expect(EACH_KEY.map((_, i) => digitOfTones(Math.floor(i / 4), i % 4)).join("")).toBe(KEYS);
    fc.assert(
      fc.property(
        fc.constantFrom(...EACH_KEY),
        fc.double({ min: -30, max: 0, noNaN: true }),
        fc.double({ min: -8, max: 4, noNaN: true }),
        fc.nat(400),
        fc.double({ min: -0.01, max: 0.01, noNaN: true }),
        fc.constantFrom<Codec>("PCMU", "PCMA"),
        (key, level, twist, offset, offBy, codec) => {
          const lowDbm0 = Math.max(-30, twist > 0 ? level - twist : level);
          const highDbm0 = Math.max(-30, twist > 0 ? level : level + twist);
          const sound = concat(silence(offset), pair(key, { durationMs: 50, lowDbm0, highDbm0, offBy }), silence(800));
          expect(keysHeard(sound, codec)).toBe(key);
        },
      ),
      {
        numRuns: 400,
        // All at once at its edge: the tones off by 1 %, the high one the stronger, their sum cut off.
        examples: [
          ["D", 0, 2.351054672691083, 167, -0.009999483196844128, "PCMA"],
          ["D", -1.3, 3.8, 213, -0.0099, "PCMA"],
        ],
      },
    );
  });

  test("keys that follow one another after 40 ms are all heard, the same one twice too", () => {
    const press = (key: string): Int16Array => concat(pair(key, { durationMs: 60, lowDbm0: -9, highDbm0: -7 }), silence(320));
    expect(keysHeard(concat(...Array.from("1155*00#D", press)))).toBe("1155*00#D");
    expect(keysHeard(concat(pair("5", { durationMs: 3_000, lowDbm0: -9, highDbm0: -7 }), silence(800)))).toBe("5");
  });

  test("what we send ourselves is heard as what it is", () => {
    const frame = (key: string): Int16Array => {
      const out = new Int16Array(SAMPLE_RATE / 10);
      fillDtmf(key, 0, out);
      return concat(out, silence(480));
    };
    expect(keysHeard(concat(...EACH_KEY.map(frame)))).toBe(KEYS);
    expect(Math.max(...pair("5", { durationMs: 50, lowDbm0: -9, highDbm0: -7 }))).toBeLessThan(PEAK_AT_0_DBM0);
  });

  test("one tone alone, tones beside the keys' and noise are no keys", () => {
    for (const frequencyHz of [...LOW_HZ, ...HIGH_HZ, 440, 1_000, 2_100])
      expect(keysHeard(generateTone({ frequencyHz, durationMs: 500 }))).toBe("");
    for (const offBy of [0.04, -0.04]) expect(keysHeard(pair("5", { durationMs: 300, lowDbm0: -9, highDbm0: -9, offBy }))).toBe("");
    let seed = 12_345;
    const noise = Int16Array.from({ length: 40_000 }, () => ((seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) >> 15) - 32_768);
    expect(keysHeard(noise)).toBe("");
  });

  test("in all speech and music that Allo ships no key is heard", () => {
    const wavs = ["apps/server/audio", "apps/server/src/demo/voices"].flatMap((folder) =>
      readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".wav"))
        .map((name) => join(REPOSITORY, folder, name)),
    );
    expect(wavs.length).toBeGreaterThan(90);
    const falseKeys = wavs.flatMap((path) => {
      const wav = parseWav(new Uint8Array(readFileSync(path)));
      if (!wav.ok) throw new Error(path);
      const keys = keysHeard(toTelephony(wav.value));
      return keys === "" ? [] : [{ path, keys }];
    });
    expect(falseKeys).toEqual([]);
  });

  test("a frame with a part of a key in it is suspected before the key is sure", () => {
    const detector = new DtmfDetector();
    const bytes = encodeG711("PCMU", concat(silence(160 + 60), pair("7", { durationMs: 100, lowDbm0: -9, highDbm0: -7 })));
    detector.received("PCMU", bytes, 0, 160);
    expect(detector.isSuspect).toBe(false);
    expect(detector.received("PCMU", bytes, 160, 320)).toBeNull();
    expect(detector.isSuspect).toBe(true);
  });
});
