import { readFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { describe, expect, it } from "vitest";
import { activeRms, cutBelowTelephoneBand, join, normalise, peak, rms, TELEPHONE_HZ, toDb, toTelephoneRate, trim } from "./dsp.ts";
import { composeSounds, pitchOf } from "./music.ts";
import { SPOKEN_PHRASES } from "./phrases.ts";
import { readWav, writeWav } from "./wav.ts";

const AUDIO_DIR = joinPath(import.meta.dirname, "..", "..", "apps", "server", "audio");

function tone(hz: number, rateHz: number, seconds: number, gain = 0.5): Float64Array {
  return new Float64Array(rateHz * seconds).map((_, i) => gain * Math.sin((2 * Math.PI * hz * i) / rateHz));
}

describe("a WAV file", () => {
  it("is read as it was written", () => {
    const samples = Float64Array.from([0, 0.5, -0.5, -1, 32_767 / 32_768]);
    expect(readWav(writeWav({ rateHz: 16_000, samples }))).toEqual({ rateHz: 16_000, samples });
  });

  it("clips what is louder than full scale", () => {
    expect([...readWav(writeWav({ rateHz: 8000, samples: Float64Array.from([2, -2]) })).samples]).toEqual([32_767 / 32_768, -1]);
  });

  it("is refused when it is no 16-bit mono", () => {
    const stereo = writeWav({ rateHz: 8000, samples: new Float64Array(4) });
    new DataView(stereo.buffer).setUint16(22, 2, true);
    expect(() => readWav(stereo)).toThrow("not 16-bit PCM mono");
    expect(() => readWav(new Uint8Array(64))).toThrow("not a WAV file");
  });
});

describe("the way to the telephone band", () => {
  it("keeps a voice tone and its length", () => {
    const out = toTelephoneRate({ rateHz: 32_000, samples: tone(1000, 32_000, 1) }).samples;
    expect(out).toHaveLength(TELEPHONE_HZ);
    expect(toDb(rms(out.subarray(200, 7800)))).toBeCloseTo(toDb(0.5 / Math.SQRT2), 1);
  });

  it.each([4500, 5000, 7000])("takes a tone of %i Hz away, which would come back as another tone", (hz) => {
    const out = toTelephoneRate({ rateHz: 22_050, samples: tone(hz, 22_050, 1) }).samples;
    expect(toDb(rms(out.subarray(200, 7800)))).toBeLessThan(-55);
  });

  it("cuts hum and direct current, but not speech", () => {
    expect(toDb(rms(cutBelowTelephoneBand(tone(50, TELEPHONE_HZ, 1)).subarray(2000)))).toBeLessThan(-60);
    expect(Math.abs(cutBelowTelephoneBand(new Float64Array(8000).fill(0.5)).at(-1) ?? 1)).toBeLessThan(1e-6);
    expect(toDb(rms(cutBelowTelephoneBand(tone(800, TELEPHONE_HZ, 1)).subarray(2000)))).toBeCloseTo(toDb(0.5 / Math.SQRT2), 0);
  });
});

describe("the level", () => {
  it("is that of speech, pauses left out, and no peak passes the ceiling", () => {
    const speech = join([tone(700, TELEPHONE_HZ, 1, 0.02), tone(700, TELEPHONE_HZ, 1, 0.03)], [500, 900, 500]);
    speech[9000] = 0.3;
    const out = normalise(speech, -20, -3.5);
    expect(toDb(activeRms(out))).toBeCloseTo(-20, 0);
    expect(toDb(peak(out))).toBeLessThanOrEqual(-3.5 + 1e-9);
  });

  it("lets no silence stand at the ends and rises from nothing", () => {
    const out = trim(join([tone(700, TELEPHONE_HZ, 1)], [800, 800]));
    expect(out.length).toBeGreaterThanOrEqual(TELEPHONE_HZ);
    expect(out.length).toBeLessThan(TELEPHONE_HZ * 1.15);
    expect(Math.abs(out[0] ?? 1) + Math.abs(out.at(-1) ?? 1)).toBeLessThan(1e-6);
  });
});

describe("the music", () => {
  it("knows its notes", () => {
    expect(["C4", "A4", "F#4", "Bb3"].map(pitchOf)).toEqual([60, 69, 66, 58]);
    expect(() => pitchOf("H4")).toThrow("no such note: H4");
  });

  it("sounds as it is shipped", () => {
    for (const { audioId, samples } of composeSounds()) {
      const shipped = readWav(readFileSync(joinPath(AUDIO_DIR, `${audioId}.wav`))).samples;
      expect(shipped).toHaveLength(samples.length);
      // Sines may differ in their last bit between machines; more than one step of 16 bits is another tune.
      expect(shipped.every((x, i) => Math.abs(x - (samples[i] ?? 9)) < 2 / 32_768)).toBe(true);
    }
  }, 60_000);
});

describe("the phrases", () => {
  it("give the synthesiser every Persian word as sounds, and as many words as are written", () => {
    for (const { spoken, text } of SPOKEN_PHRASES.filter((phrase) => phrase.language === "fa")) {
      const written = text.split(/[\s]+/u).length;
      expect(spoken.join(" ")).toMatch(/^[a-zA-Z0-9?:', ]+$/u);
      expect(spoken.join(" ").split(" ")).toHaveLength(written);
    }
  });

  it("leave no Russian preposition or silent letter to be read by its letters", () => {
    const read = SPOKEN_PHRASES.filter((phrase) => phrase.language === "ru").flatMap((phrase) => phrase.spoken);
    for (const sentence of read) expect(sentence).not.toMatch(/(?:^|\s)(?:К|к|за|до|До|из|у)\s|Здравствуй|ожалуйста/u);
  });
});
