import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { cutBelowTelephoneBand, join, normalise, shape, TELEPHONE_HZ, toTelephoneRate, trim } from "./audio/dsp.ts";
import { DEMO_UTTERANCES, type DemoUtterance } from "./audio/demo-voices.ts";
import { composeSounds } from "./audio/music.ts";
import { SPOKEN_PHRASES } from "./audio/phrases.ts";
import type { Language } from "./audio/phrases.ts";
import { readWav, writeWav } from "./audio/wav.ts";

/*
 * Makes every sound that callers hear into apps/server/audio, with its catalogue. Needs the Debian packages named in the
 * README there; the product itself needs none of them, as the sounds are kept in the repository.
 *
 *   node tools/make-audio.ts            everything
 *   node tools/make-audio.ts --music    only what needs no synthesiser
 *   node tools/make-audio.ts --demo     only the voices of the demonstration, into apps/server/src/demo/voices
 */

const OUT_DIR = joinPath(import.meta.dirname, "..", "apps", "server", "audio");
const DEMO_DIR = joinPath(import.meta.dirname, "..", "apps", "server", "src", "demo", "voices");
const LEADING_SILENCE_MS = 200;
const TRAILING_SILENCE_MS = 150;
const SENTENCE_PAUSE_MS = 380;
const SPEECH_LEVEL_DBFS = -20;
const SPEECH_CEILING_DBFS = -3.5;

interface Voice {
  readonly engine: string;
  readonly voice: string;
  readonly licence: string;
  /** Lift of the band around 2.2 kHz, where consonants are told apart on a telephone. */
  readonly presenceDb: number;
  synthesise(sentence: string, toFile: string): void;
}

interface CatalogueEntry {
  readonly audioId: string;
  readonly language: Language | null;
  readonly file: string;
  readonly text: string;
  readonly durationMs: number;
  readonly sha256: string;
  readonly engine: string;
  readonly voice: string;
  readonly licence: string;
}

const VOICES: Readonly<Record<Language, Voice>> = {
  en: {
    engine: "Festival 2.5 (HTS)",
    voice: "cmu_us_slt_arctic_hts",
    licence: "Carnegie Mellon University, EST-2003 (permissive: use, copy, modify and licence without fee)",
    presenceDb: 3,
    synthesise: (sentence, toFile) => festival("(voice_cmu_us_slt_arctic_hts)", EN_RATE, sentence, toFile),
  },
  ru: {
    engine: "eSpeak NG 1.51",
    voice: "ru",
    licence: "program GPL-3.0-or-later; the sound it makes is free of that licence",
    presenceDb: 2,
    synthesise: (sentence, toFile) => run("espeak-ng", ["-v", "ru", "-s", "140", "-p", "52", "-g", "1", "-w", toFile, sentence]),
  },
  fa: {
    engine: "eSpeak NG 1.51",
    voice: "fa+f2",
    licence: "program GPL-3.0-or-later; the sound it makes is free of that licence",
    presenceDb: 1,
    synthesise: (sentence, toFile) => run("espeak-ng", ["-v", "fa+f2", "-s", "155", "-p", "45", "-w", toFile, bySound(sentence)]),
  },
};

/** The HTS voice of itself reads about 165 words a minute; callers on a bad line need fewer. */
const EN_RATE = '(set! hts_engine_params (append hts_engine_params (list (list "-r" 0.76))))';

/** Wraps each stretch between commas as phonemes: the comma must stay outside to be heard as a pause. */
function bySound(sentence: string): string {
  return `${sentence
    .split(", ")
    .map((stretch) => `[[${stretch}]]`)
    .join(", ")}.`;
}

function festival(voice: string, settings: string, sentence: string, toFile: string): void {
  run("text2wave", ["-o", toFile, "-eval", `(begin ${voice} ${settings})`], sentence);
}

function run(command: string, args: readonly string[], input = ""): void {
  const result = spawnSync(command, args, { input, encoding: "utf8" });
  if (result.error !== undefined) throw new Error(`${command} could not be started: ${result.error.message}`);
  if (result.status !== 0) throw new Error(`${command} failed: ${result.stderr}`);
}

function speak(voice: Voice, sentences: readonly string[], workDir: string): Float64Array {
  const pieces = sentences.map((sentence) => {
    const file = joinPath(workDir, "sentence.wav");
    voice.synthesise(sentence, file);
    const narrow = toTelephoneRate(readWav(readFileSync(file))).samples;
    return normalise(trim(shape(cutBelowTelephoneBand(narrow), 2200, voice.presenceDb)), SPEECH_LEVEL_DBFS, SPEECH_CEILING_DBFS);
  });
  const pauses = pieces.map((_, i) => (i === 0 ? LEADING_SILENCE_MS : SENTENCE_PAUSE_MS));
  return join(pieces, [...pauses, TRAILING_SILENCE_MS]);
}

function store(samples: Float64Array, entry: Omit<CatalogueEntry, "durationMs" | "sha256">): CatalogueEntry {
  const bytes = writeWav({ rateHz: TELEPHONE_HZ, samples });
  writeFileSync(joinPath(OUT_DIR, entry.file), bytes);
  const { audioId, language, file, text, engine, voice, licence } = entry;
  const durationMs = Math.round((samples.length * 1000) / TELEPHONE_HZ);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { audioId, language, file, text, durationMs, sha256, engine, voice, licence };
}

function makePhrases(): CatalogueEntry[] {
  const workDir = mkdtempSync(joinPath(tmpdir(), "allo-audio-"));
  try {
    return SPOKEN_PHRASES.map(({ audioId, language, text, spoken }) => {
      const voice = VOICES[language];
      mkdirSync(joinPath(OUT_DIR, language), { recursive: true });
      return store(speak(voice, spoken, workDir), {
        audioId,
        language,
        file: `${language}/${audioId}.wav`,
        text,
        engine: voice.engine,
        voice: voice.voice,
        licence: voice.licence,
      });
    });
  } finally {
    rmSync(workDir, { recursive: true });
  }
}

function demoVoice({ language, voice }: DemoUtterance): Voice {
  const usual = VOICES[language];
  if (language === "en") return usual;
  return {
    ...usual,
    synthesise: (sentence, toFile) =>
      run("espeak-ng", [
        "-v",
        voice,
        "-s",
        language === "fa" ? "155" : "145",
        "-w",
        toFile,
        language === "fa" ? bySound(sentence) : sentence,
      ]),
  };
}

/** What the demonstration's people say, with a list of it beside. */
function makeDemoVoices(): void {
  const workDir = mkdtempSync(joinPath(tmpdir(), "allo-audio-"));
  const counts = new Map<string, number>();
  try {
    const voices = DEMO_UTTERANCES.map((utterance) => {
      const { line, language, role, text, spoken } = utterance;
      const number = (counts.get(`${line}/${language}`) ?? 0) + 1;
      counts.set(`${line}/${language}`, number);
      mkdirSync(joinPath(DEMO_DIR, line), { recursive: true });
      const file = `${line}/${language}-${number}.wav`;
      const samples = speak(demoVoice(utterance), spoken, workDir);
      writeFileSync(joinPath(DEMO_DIR, file), writeWav({ rateHz: TELEPHONE_HZ, samples }));
      return { file, line, language, role, text, durationMs: Math.round((samples.length * 1000) / TELEPHONE_HZ) };
    });
    writeFileSync(joinPath(DEMO_DIR, "voices.json"), `${JSON.stringify(voices, null, 2)}\n`);
  } finally {
    rmSync(workDir, { recursive: true });
  }
}

function makeMusic(): CatalogueEntry[] {
  return composeSounds().map(({ audioId, text, samples }) =>
    store(samples, {
      audioId,
      language: null,
      file: `${audioId}.wav`,
      text,
      engine: "tools/make-audio.ts",
      voice: "composed here",
      licence: "Apache-2.0",
    }),
  );
}

function readCatalogue(): CatalogueEntry[] {
  return JSON.parse(readFileSync(joinPath(OUT_DIR, "catalogue.json"), "utf8")) as CatalogueEntry[];
}

function makeCatalogue(): void {
  mkdirSync(OUT_DIR, { recursive: true });
  const phrases = process.argv.includes("--music") ? readCatalogue().filter((entry) => entry.language !== null) : makePhrases();
  writeFileSync(joinPath(OUT_DIR, "catalogue.json"), `${JSON.stringify([...phrases, ...makeMusic()], null, 2)}\n`);
}

if (!process.argv.includes("--demo")) makeCatalogue();
if (!process.argv.includes("--music")) makeDemoVoices();
