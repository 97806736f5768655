import { createCipheriv, createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { permissionsOf } from "@allo/contract";
import { DAY_MS, HOUR_MS, type ContactId, type RecordingId } from "@allo/kernel";
import {
  chunkAdditionalData,
  chunkNonce,
  encodeG711,
  generateTone,
  parseWav,
  RECORDING_CHANNELS,
  RECORDING_CHUNK_BYTES,
  SAMPLE_RATE,
  toneShare,
  writeChunkLength,
  writeRecordingHeader,
} from "@allo/media";
import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { playbackLimits } from "../modules/contacts/index.ts";
import type { Principal } from "../platform/http.ts";
import { ORGANISATION } from "../modules/telephony/fixtures/voice-world.ts";
import { LookbackWorld, PROJECT } from "./fixtures/lookback-world.ts";

const KEY = Buffer.alloc(32, 7); // what the worlds' keys unwrap to
const SECONDS = 5;

/** A recording as the recorder writes it: a tone on each side. */
function recordingFile(): Uint8Array {
  const left = generateTone({ frequencyHz: 440, durationMs: SECONDS * 1_000, amplitude: 16_384 });
  const right = generateTone({ frequencyHz: 1_000, durationMs: SECONDS * 1_000, amplitude: 8_192 });
  const clear = new Uint8Array(left.length * 2);
  const sides = [encodeG711("PCMA", left), encodeG711("PCMA", right)];
  for (let i = 0; i < left.length; i += 1) {
    clear[2 * i] = sides[0]![i]!;
    clear[2 * i + 1] = sides[1]![i]!;
  }
  const noncePrefix = Buffer.alloc(8, 3);
  const header = writeRecordingHeader({
    codec: "PCMA",
    channels: RECORDING_CHANNELS,
    sampleRate: SAMPLE_RATE,
    chunkBytes: RECORDING_CHUNK_BYTES,
    startedAt: 1_000,
    noncePrefix,
  });
  const parts: Uint8Array[] = [header];
  for (let index = 0; index * RECORDING_CHUNK_BYTES < clear.length; index += 1) {
    const chunk = clear.subarray(index * RECORDING_CHUNK_BYTES, (index + 1) * RECORDING_CHUNK_BYTES);
    const length = writeChunkLength(chunk.length, (index + 1) * RECORDING_CHUNK_BYTES >= clear.length);
    const cipher = createCipheriv("aes-256-gcm", KEY, chunkNonce(noncePrefix, index), { authTagLength: 16 });
    cipher.setAAD(chunkAdditionalData(header, index, length));
    parts.push(length, cipher.update(chunk), cipher.final(), cipher.getAuthTag());
  }
  return Buffer.concat(parts);
}

let world: LookbackWorld;
let recordingId: RecordingId;
let contactId: ContactId;
let path: string;
const whole = recordingFile();

beforeAll(async () => {
  world = await LookbackWorld.create();
  const { voice } = world;
  await voice.ready("ann");
  const id = await voice.callIn("cal_1");
  await voice.soon(() => voice.desk("ann").state === "ringing");
  await voice.answer("ann");
  contactId = voice.contactOf(id).contactId;
  recordingId = voice.contactOf(id).recordings[0]!.recordingId;
  voice.time.advance(SECONDS * 1_000);
  voice.edge.hangUp(id);
  voice.edge.recordingSaved(recordingId);
  await voice.soon(() => voice.contactOf(id).recordings[0]?.state === "saved");
  await world.settled();
  const { rows } = await voice.admin.query<{ file_path: string }>("select file_path from telephony.recording");
  path = join(voice.folder, rows[0]!.file_path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, whole);
});
afterAll(async () => {
  await world?.close();
});

const play = async (principal: Principal, range?: string) => {
  const { status, headers, body } = await world.back.playback.audio({ principal, address: "192.0.2.1" }, recordingId, range);
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(Buffer.from(part as Uint8Array));
  return { status, headers, bytes: Buffer.concat(parts) };
};

describe("a recording", () => {
  it("has its length and a waveform for each side", async () => {
    const meta = await world.call("recordingGet", world.principal("lead"), { params: { recordingId } });
    expect(meta).toMatchObject({ recordingId, state: "saved", durationMs: SECONDS * 1_000 });
    expect(meta.peaks.left).toHaveLength(SECONDS * playbackLimits.peaksPerSecond);
    expect(meta.peaks.perSecond).toBe(playbackLimits.peaksPerSecond);
    expect(Math.max(...meta.peaks.left)).toBeCloseTo(0.5, 1);
    expect(Math.max(...meta.peaks.right)).toBeCloseTo(0.25, 1);
  });

  it("plays as a stereo WAV file: the customer left, the agent right", async () => {
    const { status, headers, bytes } = await play(world.principal("lead"));
    expect([status, headers["content-length"], headers["accept-ranges"], headers["content-type"]]).toEqual([
      200,
      String(bytes.length),
      "bytes",
      "audio/wav",
    ]);
    const wav = parseWav(bytes);
    if (!wav.ok) throw new Error(wav.failure);
    expect([wav.value.channels, wav.value.sampleRate, wav.value.samples.length]).toEqual([2, SAMPLE_RATE, SECONDS * SAMPLE_RATE * 2]);
    const side = (channel: number) => wav.value.samples.filter((_, i) => i % 2 === channel);
    expect(toneShare(side(0), 440)).toBeGreaterThan(0.9);
    expect(toneShare(side(1), 1_000)).toBeGreaterThan(0.9);
  });

  it("is given in parts as they are asked for, over HTTP too", async () => {
    const { bytes } = await play(world.principal("lead"));
    const app = fastify();
    app.get("/audio", async (request, reply) => {
      await world.call("recordingAudio", world.principal("lead"), { params: { recordingId }, request, reply });
      return reply;
    });
    for (const [range, from, to] of [
      ["bytes=0-99", 0, 100],
      ["bytes=40-50", 40, 51],
      ["bytes=100001-140000", 100_001, 140_001],
      ["bytes=-7", bytes.length - 7, bytes.length],
    ] as const) {
      const part = await play(world.principal("lead"), range);
      expect([part.status, part.headers["content-range"]]).toEqual([206, `bytes ${from}-${to - 1}/${bytes.length}`]);
      expect(part.bytes.equals(bytes.subarray(from, to))).toBe(true);
      const answer = await app.inject({ url: "/audio", headers: { range } });
      expect([answer.statusCode, answer.headers["content-range"]]).toEqual([206, `bytes ${from}-${to - 1}/${bytes.length}`]);
      expect(answer.rawPayload.equals(bytes.subarray(from, to))).toBe(true);
    }
    const all = await app.inject({ url: "/audio" });
    expect([all.statusCode, all.rawPayload.equals(bytes), all.headers["cache-control"]]).toEqual([200, true, "private, no-store"]);
    await expect(play(world.principal("lead"), `bytes=${bytes.length}-`)).rejects.toMatchObject({ status: 416 });
    await app.close();
  });

  it("is noted in the audit chain once per session in ten minutes, before a byte is given", async () => {
    const { voice } = world;
    const before = await world.auditOf("recording.played");
    const first = world.principal("eva", "lead");
    await play(first, "bytes=0-99");
    await play(first, "bytes=100-199");
    const after = await world.auditOf("recording.played");
    expect(after.length - before.length).toBe(1);
    expect(after.at(-1)).toEqual({ object_id: recordingId, after: { contactId, bytes: "0-99" } });
    await play({ ...first, sessionId: "ses_eva2" as never });
    voice.time.advance(playbackLimits.playedAgainAfterMs);
    await play(first);
    expect((await world.auditOf("recording.played")).length - before.length).toBe(3);
    voice.database.away = true;
    await expect(play(world.principal("new", "lead"))).rejects.toThrow(/PostgreSQL/);
    voice.database.away = false;
  });

  it("is heard by whoever may play all, or talked in it; to others of other places it doesn't exist", async () => {
    await expect(play(world.principal("ann", "agent"))).resolves.toMatchObject({ status: 200 });
    await expect(play(world.principal("bob", "agent"))).rejects.toMatchObject({ status: 403 });
    const nothing: Principal = {
      ...world.principal("bob"),
      permissions: new Set([...permissionsOf(["lead"])].filter((permission) => permission !== "recordings.play")),
    };
    await expect(play(nothing)).rejects.toMatchObject({ status: 403 });
    for (const who of [world.stranger(), world.principal("lead", "lead", { projectIds: ["prj_other" as never] })]) {
      await expect(play(who)).rejects.toMatchObject({ status: 404 });
      await expect(world.call("recordingGet", who, { params: { recordingId } })).rejects.toMatchObject({ status: 404 });
    }
    await expect(world.call("recordingGet", world.principal("lead"), { params: { recordingId: "rec_none" } })).rejects.toMatchObject({
      status: 404,
    });
  });

  it("that a crash cut plays up to its last whole chunk, and says so", async () => {
    await world.back.close();
    await world.startBack(); // nothing is remembered
    writeFileSync(path, whole.subarray(0, whole.length - 1_000));
    expect(await world.call("recordingGet", world.principal("lead"), { params: { recordingId } })).toMatchObject({
      state: "cut",
      durationMs: 4_000,
    });
    expect(parseWav((await play(world.principal("lead"))).bytes)).toMatchObject({ ok: true });
    writeFileSync(path, whole);
  });

  it("that was changed, lost or erased is a clear answer", async () => {
    await world.back.close();
    await world.startBack();
    const lead = world.principal("lead");
    const changed = Buffer.from(whole);
    changed[200] = (changed[200] ?? 0) ^ 1;
    writeFileSync(path, changed);
    await expect(play(lead)).rejects.toMatchObject({ code: "recordingDamaged" });
    writeFileSync(path, whole);
    world.erased.add(contactId);
    await expect(play(lead)).rejects.toMatchObject({ code: "recordingErased", status: 410 });
    world.erased.clear();
    rmSync(path);
    await expect(world.call("recordingGet", lead, { params: { recordingId } })).rejects.toMatchObject({
      code: "recordingMissing",
      status: 410,
    });
    await expect(play(lead)).rejects.toMatchObject({ code: "recordingMissing", status: 410 });
    writeFileSync(path, whole);
    expect(readFileSync(path)).toHaveLength(whole.length);
  });
});

describe("gaps in recordings", () => {
  const report = (who = world.principal("lead")) =>
    world.call("recordingGapsGet", who, { query: { from: world.voice.time.now() - 7 * DAY_MS, to: world.voice.time.now() + 1 } });
  const noted = (bytes: number, sha256Hex: string) =>
    world.voice.admin.query("update telephony.recording set bytes = $1, sha256_hex = $2", [bytes, sha256Hex]);
  const sum = createHash("sha256").update(whole).digest("hex");
  const check = async () => (await world.call("recordingCheck", world.principal("lead"), { params: { recordingId } })).verdict;

  it("are those talks whose recording isn't there whole, with why; of other places nothing is said", async () => {
    await noted(whole.length, sum);
    expect(await report()).toMatchObject({ talks: 1, whole: 1, gapCount: 0 });
    rmSync(path);
    expect(await report()).toMatchObject({
      whole: 0,
      gapCount: 1,
      gaps: [{ contactId, recordingId, reason: "fileMissing", agentId: "per_ann", agentName: "Name of per_ann" }],
    });
    writeFileSync(path, whole.subarray(0, 100));
    expect((await report()).gaps).toMatchObject([{ reason: "fileChanged" }]);
    writeFileSync(path, whole);
    world.erased.add(contactId);
    expect(await report()).toMatchObject({ erased: 1, gapCount: 0 });
    world.erased.clear();
    expect(await report(world.stranger("lead"))).toMatchObject({ talks: 0 });
    expect(await report(world.principal("lead", "lead", { projectIds: ["prj_other" as never] }))).toMatchObject({ talks: 0 });
    const { from, to } = { from: 0, to: 9 * DAY_MS };
    await expect(world.call("recordingGapsGet", world.principal("lead"), { query: { from, to } })).rejects.toMatchObject({ status: 400 });
  });

  it("a file is checked against the sum that was noted when it was saved, and the check is in the audit chain", async () => {
    await noted(whole.length, sum);
    expect(await check()).toBe("whole");
    await noted(whole.length, "00".repeat(32));
    expect(await check()).toBe("changed");
    await noted(whole.length, sum);
    const changed = Buffer.from(whole);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    writeFileSync(path, changed);
    expect(await check()).toBe("changed");
    rmSync(path);
    expect(await check()).toBe("missing");
    writeFileSync(path, whole);
    expect(await world.auditOf("recording.checked")).toHaveLength(4);
    await expect(world.call("recordingCheck", world.stranger(), { params: { recordingId } })).rejects.toMatchObject({ status: 404 });
  });

  it("a file that ends where the disk was full is said to be cut, not changed, and what it holds can be heard", async () => {
    const stateIs = (state: string) => world.voice.admin.query("update telephony.recording set state = $1", [state]);
    await stateIs("failed");
    writeFileSync(path, whole.subarray(0, whole.length - 10));
    expect(await check()).toBe("cut");
    expect((await play(world.principal("lead"))).bytes.length).toBeGreaterThan(44);
    writeFileSync(path, whole);
    await stateIs("saved");
  });
});

describe("an old recording", () => {
  const storage = () => world.call("recordingStorageGet", world.principal("admin"), {});
  const put = (opusAfterDays: number, version: number) =>
    world.call("recordingStoragePut", world.principal("admin"), { body: { opusAfterDays, version } });
  const row = async () =>
    (
      await world.voice.admin.query<Record<"file_path" | "encoding" | "path_before" | "shrink_failure" | "sha256_hex", string | null>>(
        "select file_path, encoding, path_before, shrink_failure, sha256_hex from telephony.recording",
      )
    ).rows[0]!;
  const sum = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

  it("stays lossless unless the organisation wants it smaller, and until it is old enough", async () => {
    writeFileSync(path, whole);
    await world.voice.admin.query("update telephony.recording set bytes = $1, sha256_hex = $2", [whole.length, sum(whole)]);
    expect(await storage()).toMatchObject({
      opusAfterDays: 0,
      version: 0,
      kept: { recordings: 1, bytes: whole.length, smaller: 0, due: 0 },
    });
    expect(await put(30, 0)).toMatchObject({ opusAfterDays: 30, version: 1, kept: { due: 0 } });
    await expect(put(10, 0)).rejects.toMatchObject({ status: 409 });
    await world.back.shrinking.run();
    expect(await row()).toMatchObject({ encoding: "g711", path_before: null });
  });

  it("is left as it is where its file isn't the one that was saved", async () => {
    // Before the days pass: with them comes a look of its own.
    await world.voice.admin.query("update telephony.recording set sha256_hex = $1", ["00".repeat(32)]);
    world.voice.time.advance(31 * DAY_MS);
    void world.back.shrinking.run();
    await expect.poll(async () => (await row()).shrink_failure).toBe("damaged");
    expect(await storage()).toMatchObject({ kept: { due: 0, refused: 1 } });
    await world.voice.admin.query("update telephony.recording set sha256_hex = $1, shrink_failure = null", [sum(whole)]);
  });

  it("is made smaller when it is due: the log has both sums, the original goes, and it plays, is checked and has its waveform as before", async () => {
    const before = await world.call("recordingGet", world.principal("lead"), { params: { recordingId } });
    const poll = async (): Promise<string | null> => {
      // Between two recordings it rests.
      world.voice.time.advance(600_000);
      void world.back.shrinking.run();
      return (await row()).encoding;
    };
    await expect.poll(poll).toBe("opus");
    await expect.poll(async () => (await row()).path_before).toBeNull();
    expect(existsSync(path)).toBe(false);
    const { file_path: smaller } = await row();
    const bytes = readFileSync(join(world.voice.folder, smaller!));
    expect(bytes.length).toBeLessThan(whole.length / 3);
    const { rows } = await world.voice.admin.query<{ payload: object }>(
      "select payload from telephony.recording_event where kind = 'shrunk'",
    );
    expect(rows).toEqual([{ payload: { filePath: smaller, bytes: bytes.length, sha256Hex: sum(bytes), beforeSha256Hex: sum(whole) } }]);
    expect(await storage()).toMatchObject({
      kept: { recordings: 1, smaller: 1, bytes: bytes.length, bytesSaved: whole.length - bytes.length, due: 0 },
    });

    const played = await play(world.principal("lead"));
    const wav = parseWav(played.bytes);
    if (!wav.ok) throw new Error(wav.failure);
    expect(played.bytes.length).toBe(44 + SECONDS * SAMPLE_RATE * 4);
    const side = (channel: number) => wav.value.samples.filter((_, i) => i % 2 === channel);
    expect([toneShare(side(0), 440) > 0.95, toneShare(side(1), 1_000) > 0.95]).toEqual([true, true]);
    expect((await play(world.principal("lead"), "bytes=100000-100099")).bytes).toHaveLength(100);
    expect(await world.call("recordingCheck", world.principal("lead"), { params: { recordingId } })).toEqual({
      verdict: "whole",
      sha256Hex: sum(bytes),
    });
    expect(await world.call("recordingGet", world.principal("lead"), { params: { recordingId } })).toMatchObject({
      durationMs: before.durationMs,
    });
    expect(await world.auditOf("recording.storage")).toHaveLength(1);
  });
});

// The last of all: what it writes stays.
describe("recordings that fail", () => {
  it("are told on the floor while recordings fail: until one that began later is saved, or an hour has passed", async () => {
    const { voice } = world;
    const failing = (who = world.principal("lead")) => world.call("recordingFailuresGet", who, {});
    expect(await failing()).toEqual({ calls: 0, since: null });
    const row = async (id: string, kind: string, at: number, payload: object) => {
      const of = { organisation_id: ORGANISATION, project_id: PROJECT, recording_id: id, contact_id: `con_of_${id}` };
      voice.voice.writer.append([
        { stream: "recordingEvent", row: { ...of, kind, at, payload, wrapped_key: kind === "prepared" ? "AA==" : null } },
      ]);
      await voice.voice.writer.drained();
    };
    const begun = async (id: string, at: number) => {
      await row(id, "prepared", at, { filePath: `recordings/${id}.alr` });
      await row(id, "started", at, {});
    };
    const first = voice.time.now();
    await begun("rec_f1", first);
    await row("rec_f1", "failed", first + 1, { reason: "ENOSPC" });
    await begun("rec_f2", first + 2);
    await row("rec_f2", "failed", first + 3, { reason: "ENOSPC" });
    expect(await failing()).toEqual({ calls: 2, since: first + 1 });
    expect(await failing(world.stranger("lead"))).toEqual({ calls: 0, since: null });
    expect(await failing(world.principal("lead", "lead", { projectIds: ["prj_other" as never] }))).toMatchObject({ calls: 0 });
    // That one begins is no word of it; that it is saved is.
    await begun("rec_f3", first + 4);
    expect(await failing()).toMatchObject({ calls: 2 });
    await row("rec_f3", "saved", first + 5, { durationMs: 1, bytes: 1, sha256Hex: "ab".repeat(32) });
    expect(await failing()).toEqual({ calls: 0, since: null });
    await begun("rec_f4", first + 6);
    await row("rec_f4", "failed", first + 7, { reason: "ENOSPC" });
    expect(await failing()).toEqual({ calls: 1, since: first + 7 });
    voice.time.advance(HOUR_MS + 7);
    expect(await failing()).toMatchObject({ calls: 1 });
    voice.time.advance(1);
    expect(await failing()).toEqual({ calls: 0, since: null });
  });
});
