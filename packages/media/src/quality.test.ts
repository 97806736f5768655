import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Codec } from "./engine-port.ts";
import { encodeG711, FRAME_SAMPLES } from "./g711.ts";
import { estimateMos } from "./line-quality.ts";
import { dbfsOf, SpeechMeter } from "./speech-meter.ts";
import { generateTone } from "./tone.ts";

describe("the estimate of a line's quality", () => {
  test("known points of the E-model for G.711: no fault, loss, delay", () => {
    const mos = (lostShare: number, roundTripMs = 0): number => estimateMos({ lostShare, roundTripMs, jitterMs: 0 });
    // R = 93.2 − 0.96 (40 ms of packets and play-out) gives 4.39.
    expect(mos(0)).toBeCloseTo(4.39, 2);
    // 1 % of random loss takes 95 · 1/26.1 = 3.64 from R, 5 % 15.78, 20 % 42.13.
    expect(mos(0.01)).toBeCloseTo(4.31, 1);
    expect(mos(0.05)).toBeCloseTo(3.9, 1);
    expect(mos(0.2)).toBeCloseTo(2.58, 1);
    // A satellite's 600 ms each way: R = 93.2 − 15.36 − 50.9 = 27.
    expect(mos(0, 1_200)).toBeCloseTo(1.5, 1);
  });

  test("more loss, jitter or delay never sounds better, and the score stays on its scale", () => {
    const way = fc.record({
      lostShare: fc.double({ min: 0, max: 1, noNaN: true }),
      jitterMs: fc.double({ min: 0, max: 500, noNaN: true }),
      roundTripMs: fc.option(fc.double({ min: 0, max: 5_000, noNaN: true })),
    });
    fc.assert(
      fc.property(way, fc.double({ min: 0, max: 1, noNaN: true }), (figures, more) => {
        const mos = estimateMos(figures);
        expect(mos).toBeGreaterThanOrEqual(1);
        expect(mos).toBeLessThanOrEqual(4.5);
        const worse = [
          { ...figures, lostShare: Math.min(1, figures.lostShare + more) },
          { ...figures, jitterMs: figures.jitterMs + 100 * more },
          { ...figures, roundTripMs: (figures.roundTripMs ?? 0) + 1_000 * more },
        ];
        // The cubic of G.107 annex B dips by less than 0.01 near its lower end.
        for (const other of worse) expect(estimateMos(other)).toBeLessThanOrEqual(mos + 0.01);
      }),
    );
  });
});

describe("the meter of speech", () => {
  const say = (meter: SpeechMeter, amplitude: number, frames: number, options: { codec?: Codec; hears?: boolean } = {}): void => {
    const codec = options.codec ?? "PCMU";
    const bytes = encodeG711(codec, generateTone({ frequencyHz: 400, durationMs: frames * 20, amplitude }));
    for (let at = 0; at < bytes.length; at += FRAME_SAMPLES) meter.received(codec, bytes, at, at + FRAME_SAMPLES, options.hears ?? false);
  };

  test.each<Codec>(["PCMU", "PCMA"])("the level of speech is that of the sine, pauses not counted (%s)", (codec) => {
    const meter = new SpeechMeter();
    say(meter, 3_277, 50, { codec });
    say(meter, 0, 50, { codec });
    const { loudPower, loudFrames, frames, speechFrames } = meter.counters();
    // A sine of a tenth of full scale: −20 dB, and 3 dB for its mean.
    expect(dbfsOf(loudPower / loudFrames)).toBeCloseTo(-23, 0);
    expect(frames).toBe(100);
    // Speech reaches a little into its pause.
    expect(speechFrames).toBe(59);
  });

  test("silence is no speech, and speaking while another is heard is talking over", () => {
    const meter = new SpeechMeter();
    say(meter, 40, 100);
    expect(meter.counters()).toMatchObject({ frames: 100, speechFrames: 0, loudFrames: 0 });
    expect(dbfsOf(0)).toBeNull();
    say(meter, 5_000, 30, { hears: false });
    say(meter, 5_000, 20, { hears: true });
    expect(meter.counters()).toMatchObject({ speechFrames: 50, talkOverFrames: 20 });
  });

  test("a voice that is cut off and one whose level jumps are told", () => {
    const meter = new SpeechMeter();
    say(meter, 1_500, 100);
    expect(meter.counters()).toMatchObject({ clippedSamples: 0, loudnessJumps: 0 });
    say(meter, 15_000, 50);
    expect(meter.counters().loudnessJumps).toBe(1);
    const square = encodeG711(
      "PCMU",
      Int16Array.from({ length: FRAME_SAMPLES }, (_, i) => (i % 20 < 10 ? 32_767 : -32_768)),
    );
    meter.received("PCMU", square, 0, FRAME_SAMPLES, false);
    expect(meter.counters().clippedSamples).toBe(FRAME_SAMPLES);
  });
});
