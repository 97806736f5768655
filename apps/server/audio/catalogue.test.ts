import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { activeRms, peak, rms, toDb } from "../../../tools/audio/dsp.ts";
import { SPOKEN_PHRASES } from "../../../tools/audio/phrases.ts";
import { readWav } from "../../../tools/audio/wav.ts";

interface Entry {
  readonly audioId: string;
  readonly language: "en" | "ru" | "fa" | null;
  readonly file: string;
  readonly text: string;
  readonly durationMs: number;
  readonly sha256: string;
  readonly engine: string;
  readonly voice: string;
  readonly licence: string;
}

const DIR = import.meta.dirname;
const WAV_HEADER_BYTES = 44;
const LARGEST_FILE_BYTES = 1_000_000;
const PHRASES = [
  "greeting.notice",
  "greeting.plain",
  "greeting.isp",
  "greeting.bank",
  "greeting.taxi",
  "greeting.shop",
  "greeting.clinic",
  "greeting.outsourcer",
  "notice.recorded",
  "queue.allBusy",
  "queue.pleaseHold",
  "refuse.nobody",
  "refuse.queueFull",
  "refuse.waitTooLong",
  "refuse.tooManyCalls",
  "refuse.technical",
  "refuse.closed",
  "agent.cutOff",
  "agent.incoming",
  "call.goodbye",
  "test.caller",
  "test.hello",
  "test.heard",
  "test.notHeard",
];
const SOUNDS = ["music.main", "music.bright", "tone.ring", "tone.accept", "tone.end", "tone.reminder"];

const catalogue = JSON.parse(readFileSync(join(DIR, "catalogue.json"), "utf8")) as readonly Entry[];
const spoken = catalogue.filter((entry) => entry.language !== null);
const music = catalogue.filter((entry) => entry.audioId.startsWith("music."));

function bytesOf(entry: Entry): Uint8Array {
  return readFileSync(join(DIR, entry.file));
}

function samplesOf(entry: Entry): Float64Array {
  return readWav(bytesOf(entry)).samples;
}

describe("the catalogue", () => {
  it("has each phrase once in each language, and each sound once", () => {
    const expected = [
      ...["en", "ru", "fa"].flatMap((language) => PHRASES.map((id) => `${id}/${language}`)),
      ...SOUNDS.map((id) => `${id}/null`),
    ];
    expect(catalogue.map((entry) => `${entry.audioId}/${entry.language}`).toSorted()).toEqual(expected.toSorted());
  });

  it("names every sound file that lies beside it, and no other", () => {
    const files = readdirSync(DIR, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".wav"));
    expect(files.toSorted()).toEqual(catalogue.map((entry) => entry.file).toSorted());
  });

  it("shows the words that the maker speaks", () => {
    const texts = new Map(SPOKEN_PHRASES.map((phrase) => [`${phrase.audioId}/${phrase.language}`, phrase.text]));
    for (const entry of spoken) expect(entry.text).toBe(texts.get(`${entry.audioId}/${entry.language}`));
  });
});

describe.each(catalogue)("$file", (entry) => {
  it("is the file whose hash and duration the catalogue gives", () => {
    const bytes = bytesOf(entry);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(entry.sha256);
    expect(entry.durationMs).toBe(Math.round((bytes.length - WAV_HEADER_BYTES) / 16));
    expect(entry.engine && entry.voice && entry.licence && entry.text).not.toBe("");
  });

  it("is 16-bit PCM mono at 8 kHz and small enough to ship", () => {
    expect(readWav(bytesOf(entry)).rateHz).toBe(8000);
    expect(statSync(join(DIR, entry.file)).size).toBeLessThan(LARGEST_FILE_BYTES);
  });

  it("never peaks above -3 dBFS and holds no direct current", () => {
    const samples = samplesOf(entry);
    expect(toDb(peak(samples))).toBeLessThan(-3);
    expect(Math.abs(samples.reduce((sum, x) => sum + x, 0) / samples.length)).toBeLessThan(0.001);
  });
});

describe.each(spoken)("the speech of $file", (entry) => {
  it("is as loud as every other phrase", () => {
    expect(toDb(activeRms(samplesOf(entry)))).toBeGreaterThan(-21.5);
    expect(toDb(activeRms(samplesOf(entry)))).toBeLessThan(-18.5);
  });

  it("begins after 200 ms of silence, ends with 150 ms, and does not click at either edge", () => {
    const samples = samplesOf(entry);
    expect(peak(samples.subarray(0, 1600))).toBe(0);
    expect(peak(samples.subarray(samples.length - 1200))).toBe(0);
    expect(peak(samples.subarray(1600, 1608))).toBeLessThan(0.005);
    expect(peak(samples.subarray(samples.length - 1208, samples.length - 1200))).toBeLessThan(0.005);
  });

  it("takes about the time that a person takes to say it", () => {
    const letters = entry.text.replaceAll(/[^\p{L}]/gu, "").length;
    const lettersPerSecond = (letters * 1000) / entry.durationMs;
    // Persian writes no short vowels, so fewer letters stand for the same sounds.
    const [slowest, fastest] = entry.language === "fa" ? [5, 12] : [8, 16];
    expect(lettersPerSecond).toBeGreaterThan(slowest);
    expect(lettersPerSecond).toBeLessThan(fastest);
  });
});

describe.each(music)("the loop of $file", (entry) => {
  it("has no seam: the step from its end to its beginning is like any other step", () => {
    const samples = samplesOf(entry);
    const steps = samples.map((x, i) => Math.abs(x - (samples[i - 1] ?? 0))).subarray(1);
    const usual = steps.toSorted()[Math.floor(steps.length * 0.99)] ?? 0;
    expect(Math.abs((samples[0] ?? 0) - (samples.at(-1) ?? 0))).toBeLessThan(usual);
  });

  it("neither stops nor jumps in level at the seam", () => {
    const samples = samplesOf(entry);
    const before = toDb(rms(samples.subarray(samples.length - 800)));
    const after = toDb(rms(samples.subarray(0, 800)));
    expect(before).toBeGreaterThan(-45);
    expect(after).toBeGreaterThan(-45);
  });

  it("is quieter than speech, so that a phrase laid over it is understood", () => {
    expect(toDb(rms(samplesOf(entry)))).toBeLessThan(-21);
    expect(toDb(rms(samplesOf(entry)))).toBeGreaterThan(-30);
  });
});
