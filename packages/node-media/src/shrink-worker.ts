import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { parentPort, workerData } from "node:worker_threads";
import { must } from "@allo/kernel";
import { RECORDING_CHANNELS, SAMPLE_RATE, WAV_HEADER_BYTES } from "@allo/media";
import type { RecordingReader } from "./open-recording.ts";
import { openRecording } from "./open-recording.ts";
import { writeOpusRecording } from "./opus-recording.ts";
import type { ShrinkOrder, ShrinkResult } from "./shrink.ts";

// A thread for one recording: encodes it, reads back what was written, and compares both before it says that it is done.

const STEP_SAMPLES = 2 * SAMPLE_RATE;
/** A rest shorter than this (100 ms) is the end of a word, and says nothing. */
const COMPARED_SAMPLES_MIN = SAMPLE_RATE / 10;
/** A side of a step that is quieter than this (−50 dBFS) holds nothing that could be compared. */
const QUIET_POWER = 10 ** (-50 / 10);
/** What was silent may not have become louder than this (−40 dBFS): one side would be heard on the other. */
const LEAK_POWER_MAX = 10 ** (-40 / 10);
/** By so much the loudness of a step may differ, and that of the whole. */
const STEP_DB_MAX = 6;
const WHOLE_DB_MAX = 1.5;

const order = workerData as ShrinkOrder;
must(parentPort, "runs as a worker thread").postMessage(await shrink());

async function shrink(): Promise<ShrinkResult> {
  const { filePath, targetPath, expectedSha256Hex } = order;
  const original = await openRecording(filePath, order.key);
  if (!original.ok) return { ok: false, reason: original.failure === "notFound" ? "missing" : "damaged" };
  const partPath = `${targetPath}.part`;
  try {
    const { info } = original.value;
    const beforeSha256Hex = await sumOf(filePath);
    const isAsSaved = expectedSha256Hex === null || expectedSha256Hex === beforeSha256Hex;
    if (!isAsSaved || info.encoding !== "g711" || (await original.value.verify()) !== "complete") return { ok: false, reason: "damaged" };
    const samples = (original.value.wavBytes - WAV_HEADER_BYTES) / (2 * RECORDING_CHANNELS);
    const written = await writeOpusRecording({
      filePath: partPath,
      key: order.key,
      codec: info.codec,
      startedAt: info.startedAt,
      samples,
      read: (from, to) => samplesOf(original.value, from, to),
    });
    const copy = await openRecording(partPath, order.key);
    if (!copy.ok) return { ok: false, reason: "notAlike" };
    try {
      if ((await copy.value.verify()) !== "complete" || !(await isAlike(original.value, copy.value, samples)))
        return { ok: false, reason: "notAlike" };
    } finally {
      await copy.value.close();
    }
    await rename(partPath, targetPath);
    await syncFolder(dirname(targetPath));
    return { ok: true, ...written, beforeSha256Hex, durationMs: info.durationMs };
  } finally {
    await original.value.close();
    await rm(partPath, { force: true });
  }
}

async function samplesOf(reader: RecordingReader, from: number, to: number): Promise<Int16Array> {
  const pcm = await reader.readPcm({ fromMs: (from * 1_000) / SAMPLE_RATE, toMs: (to * 1_000) / SAMPLE_RATE });
  if (!pcm.ok) throw new Error(`a recording changed while it was read: ${pcm.failure}`);
  return pcm.value;
}

/** Whether both sound alike, side by side and step by step: as long, as loud, and silent where it was silent. */
async function isAlike(original: RecordingReader, copy: RecordingReader, samples: number): Promise<boolean> {
  if (copy.wavBytes !== original.wavBytes) return false;
  const whole = Array.from({ length: RECORDING_CHANNELS }, () => ({ before: 0, after: 0 }));
  for (let from = 0; from < samples; from += STEP_SAMPLES) {
    const to = Math.min(samples, from + STEP_SAMPLES);
    if (to - from < COMPARED_SAMPLES_MIN) break;
    const [before, after] = [await samplesOf(original, from, to), await samplesOf(copy, from, to)];
    for (const [channel, sums] of whole.entries()) {
      const [was, is] = [powerOf(before, channel), powerOf(after, channel)];
      sums.before += was * (to - from);
      sums.after += is * (to - from);
      if (was < QUIET_POWER ? is > LEAK_POWER_MAX : Math.abs(decibels(is / was)) > STEP_DB_MAX) return false;
    }
  }
  return whole.every(({ before, after }) => before <= QUIET_POWER * samples || Math.abs(decibels(after / before)) <= WHOLE_DB_MAX);
}

/** The mean square of one side, of full scale. */
function powerOf(pcm: Int16Array, channel: number): number {
  let sum = 0;
  for (let i = channel; i < pcm.length; i += RECORDING_CHANNELS) sum += ((pcm[i] as number) / 32_768) ** 2;
  return pcm.length === 0 ? 0 : (sum * RECORDING_CHANNELS) / pcm.length;
}

function decibels(ratio: number): number {
  return 10 * Math.log10(ratio);
}

async function sumOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** The new name is on the disk before the old file may go. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
