import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeG711, decodeSample, encodeG711, encodeSample, SILENCE_BYTE, transcodeTable } from "./g711.ts";
import { wavePeaks } from "./peaks.ts";
import { resample, toTelephony } from "./resample.ts";
import { SequencePlayer } from "./sequence-player.ts";
import { generateTone, loudness, toneShare } from "./tone.ts";
import { buildWav, parseWav } from "./wav.ts";

describe("G.711", () => {
  test("known values of both laws", () => {
    // ITU-T G.711 tables 1a–2b: the ends of the first and last segments, and zero.
    expect([0x80, 0x00, 0xff, 0x7f].map((byte) => decodeSample("PCMU", byte))).toEqual([32_124, -32_124, 0, 0]);
    expect([0xaa, 0x2a, 0xd5, 0x55].map((byte) => decodeSample("PCMA", byte))).toEqual([32_256, -32_256, 8, -8]);
    expect(encodeSample("PCMU", 0)).toBe(SILENCE_BYTE.PCMU);
    expect(encodeSample("PCMA", 0)).toBe(SILENCE_BYTE.PCMA);
    expect([32_767, -32_768].map((sample) => encodeSample("PCMU", sample))).toEqual([0x80, 0x00]);
    expect([32_767, -32_768].map((sample) => encodeSample("PCMA", sample))).toEqual([0xaa, 0x2a]);
  });

  test("G.711's 1 kHz digital milliwatt has the level of 0 dBm0", () => {
    const periodMu = Uint8Array.of(0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e);
    const periodA = Uint8Array.of(0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4);
    const many = (period: Uint8Array): Uint8Array => Uint8Array.from({ length: 800 }, (_, i) => period[i % 8] as number);
    // 0 dBm0 lies 3.17 dB (µ) and 3.14 dB (A) below a sine that reaches the virtual decision value 8159 (µ) or 4096 (A).
    expect(20 * Math.log10((loudness(decodeG711("PCMU", many(periodMu))) * Math.SQRT2) / (4 * 8_159))).toBeCloseTo(-3.17, 1);
    expect(20 * Math.log10((loudness(decodeG711("PCMA", many(periodA))) * Math.SQRT2) / (8 * 4_096))).toBeCloseTo(-3.14, 1);
    expect(toneShare(decodeG711("PCMU", many(periodMu)), 1_000)).toBeGreaterThan(0.999);
  });

  test("every byte survives decoding and encoding, except that µ-law's two zeros are one", () => {
    for (let byte = 0; byte < 256; byte += 1) {
      expect(encodeSample("PCMA", decodeSample("PCMA", byte))).toBe(byte);
      expect(encodeSample("PCMU", decodeSample("PCMU", byte))).toBe(byte === 0x7f ? 0xff : byte);
    }
  });

  test("the error of a sample stays within its segment's step", () => {
    fc.assert(
      fc.property(fc.integer({ min: -32_000, max: 32_000 }), fc.constantFrom("PCMU" as const, "PCMA" as const), (sample, codec) => {
        expect(Math.abs(decodeSample(codec, encodeSample(codec, sample)) - sample)).toBeLessThanOrEqual(
          Math.max(16, Math.abs(sample) / 16),
        );
      }),
    );
  });

  test("changing the law keeps the sound", () => {
    const tone = generateTone({ frequencyHz: 1_000, durationMs: 100 });
    const table = transcodeTable("PCMU", "PCMA");
    const changed = encodeG711("PCMU", tone).map((byte) => table?.[byte] ?? 0);
    expect(toneShare(decodeG711("PCMA", changed), 1_000)).toBeGreaterThan(0.999);
    expect(table?.[SILENCE_BYTE.PCMU]).toBe(SILENCE_BYTE.PCMA);
  });
});

describe("WAV", () => {
  test("what is built is read back", () => {
    fc.assert(
      fc.property(fc.int16Array({ minLength: 1, maxLength: 200 }), fc.constantFrom(8_000, 44_100, 48_000), (samples, sampleRate) => {
        expect(parseWav(buildWav({ sampleRate, channels: 1, samples }))).toEqual({ ok: true, value: { sampleRate, channels: 1, samples } });
      }),
    );
  });

  test("any bytes, and any damage to a good file, give sound or a failure, never a throw", () => {
    const good = buildWav({ sampleRate: 16_000, channels: 2, samples: generateTone({ frequencyHz: 440, durationMs: 10 }) });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void parseWav(bytes)));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, value, length) => {
        const bad = good.slice(0, length);
        if (at < bad.length) bad[at] = value;
        parseWav(bad);
      }),
    );
    expect(parseWav(new Uint8Array(0))).toEqual({ ok: false, failure: "notWav" });
  });
});

describe("resampling", () => {
  test.each([
    [44_100, 1],
    [48_000, 2],
    [16_000, 1],
    [22_050, 2],
    [11_025, 1],
  ])("a tone at %i Hz with %i channel(s) stays the tone, as loud", (sampleRate, channels) => {
    const tone = generateTone({ frequencyHz: 1_000, durationMs: 500, sampleRate });
    const samples = Int16Array.from({ length: tone.length * channels }, (_, i) => tone[Math.floor(i / channels)] as number);
    const out = toTelephony({ sampleRate, channels, samples });
    expect(out.length).toBeCloseTo(4_000, -1);
    const middle = out.subarray(400, 3_600);
    expect(toneShare(middle, 1_000)).toBeGreaterThan(0.999);
    expect(loudness(middle) / loudness(tone)).toBeCloseTo(1, 2);
  });

  test("what a telephone can't carry does not fold back into what it can", () => {
    const high = generateTone({ frequencyHz: 5_500, durationMs: 500, sampleRate: 44_100 });
    const out = resample(high, 44_100, 8_000);
    expect(20 * Math.log10(loudness(out.subarray(400, 3_600)) / loudness(high))).toBeLessThan(-55);
  });
});

test("peaks follow the loud parts", () => {
  const samples = Int16Array.from([...new Int16Array(100), ...generateTone({ frequencyHz: 1_000, durationMs: 12.5, amplitude: 16_384 })]);
  const peaks = wavePeaks(samples, 2);
  expect(peaks[0]).toBe(0);
  expect(peaks[1]).toBeCloseTo(0.5, 2);
});

test("a sequence joins its items to the sample, whatever the frame", () => {
  const audio = new Map(
    [
      ["a", 100],
      ["b", 250],
    ].map(
      ([id, length], n) =>
        [id, { PCMU: new Uint8Array(Number(length)).fill(n + 1), PCMA: new Uint8Array(Number(length)).fill(n + 1) }] as const,
    ),
  );
  const player = new SequencePlayer({
    token: "t",
    items: [
      { kind: "audio", audioId: "a" },
      { kind: "silence", durationMs: 5 },
      { kind: "audio", audioId: "b" },
    ],
    audioOf: (id) => audio.get(id),
  });
  const heard: number[] = [];
  const frame = new Uint8Array(160);
  let frames = 0;
  for (let ended = false; !ended; frames += 1) {
    ended = player.fill("PCMU", frame, 0, 160);
    heard.push(...frame);
  }
  const expected = [
    ...Array.from({ length: 100 }, () => 1),
    ...Array.from({ length: 40 }, () => 0xff),
    ...Array.from({ length: 250 }, () => 2),
  ];
  expect(heard.slice(0, 390)).toEqual(expected);
  expect(heard.slice(390).every((byte) => byte === 0xff)).toBe(true);
  expect(frames).toBe(3);
});
