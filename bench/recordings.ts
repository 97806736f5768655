/*
 * npm run bench -- recordings [--minutes 10] [--json]: what making an old recording smaller takes, and what it saves. The talk is spoken by
 * the shipped sentences, one side after the other with pauses, as people speak; encoding, comparing and reading back are timed apart.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { must } from "@allo/kernel";
import { encodeG711, parseWav, RECORDING_CHUNK_MS, SAMPLE_RATE, toTelephony } from "@allo/media";
import { openRecording, shrinkRecording } from "@allo/node-media";
import { RecordingWriter } from "../packages/node-media/src/recording-writer.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" }, json: { type: "boolean", default: false } } });
const durationMs = Math.min(60, Math.max(1, Number(values.minutes))) * 60_000;
const folder = mkdtempSync(join(tmpdir(), "allo-bench-recordings-"));
const [filePath, targetPath, key] = [join(folder, "x.alr"), join(folder, "x.opus.alr"), randomBytes(32)];
try {
  record();
  const before = statSync(filePath).size;
  const [shrinkMs, made] = await timed(() => shrinkRecording({ filePath, targetPath, key, expectedSha256Hex: null }));
  if (!made.ok) throw new Error(made.reason);
  const [lossless, smaller] = [await readThrough(filePath), await readThrough(targetPath)];
  const rows = [
    { what: "lossless, bytes a minute", value: Math.round((before * 60_000) / durationMs) },
    { what: "in Opus, bytes a minute", value: Math.round((made.bytes * 60_000) / durationMs) },
    { what: "times smaller", value: rounded(before / made.bytes) },
    { what: "made smaller and compared, times faster than it was spoken", value: rounded(durationMs / shrinkMs) },
    { what: "waveform of the lossless one, ms a minute of sound", value: rounded((lossless * 60_000) / durationMs) },
    { what: "waveform of the smaller one, ms a minute of sound", value: rounded((smaller * 60_000) / durationMs) },
  ];
  if (values.json) console.log(JSON.stringify({ bench: "recordings", rows }));
  else console.table(rows);
} finally {
  rmSync(folder, { recursive: true });
}

function record(): void {
  const sentences = sentencesOf("en");
  const writer = new RecordingWriter({ recordingId: "x", filePath, key, codec: "PCMA", startedAt: 0 });
  let turn = 0;
  for (let at = 0; at < (durationMs * SAMPLE_RATE) / 1_000; turn += 1) {
    const bytes = must(sentences[turn % sentences.length]);
    writer.place({ side: turn % 2 === 0 ? "left" : "right", startSample: at, bytes });
    at += bytes.length + SAMPLE_RATE / 2;
    writer.writeDue((at * 1_000) / SAMPLE_RATE - RECORDING_CHUNK_MS);
  }
  writer.finish(durationMs);
}

function sentencesOf(language: string): Uint8Array[] {
  const audio = fileURLToPath(new URL(`../apps/server/audio/${language}/`, import.meta.url));
  return readdirSync(audio)
    .filter((name) => name.endsWith(".wav"))
    .flatMap((name) => {
      const wav = parseWav(readFileSync(join(audio, name)));
      // The recorder keeps four chunks open: longer sentences are said in part.
      return wav.ok ? [encodeG711("PCMA", toTelephony(wav.value).subarray(0, 2 * SAMPLE_RATE))] : [];
    });
}

async function readThrough(path: string): Promise<number> {
  const opened = await openRecording(path, key);
  if (!opened.ok) throw new Error(opened.failure);
  const [ms] = await timed(() => opened.value.peaks(1_000));
  await opened.value.close();
  return ms;
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [number, T]> {
  const began = performance.now();
  const result = await work();
  return [performance.now() - began, result];
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
