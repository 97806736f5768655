import { Readable } from "node:stream";
import type { RecordingMeta } from "@allo/contract";
import { openRecording, type RecordingReader } from "@allo/node-media";
import type { Clock, Instant } from "@allo/kernel";
import { MINUTE_MS } from "@allo/kernel";
import { ApiError, notFound } from "../../../platform/api-error.ts";
import type { Database, Scope } from "../../../platform/db.ts";
import type { Principal } from "../../../platform/http.ts";
import type { Audit } from "../../identity/index.ts";
import type { Contacts } from "../service.ts";
import { readRange } from "./byte-range.ts";
import type { LogReader } from "../lookback/log-reader.ts";
import { markersOf } from "./markers.ts";
import { pathBelow } from "./recording-path.ts";
import type { RecordingKeys, RecordingShelf, StoredRecording } from "./ports.ts";

export const playbackLimits = {
  /** Read, decrypted and sent at a time: about eight seconds. */
  bytesPerStep: 262_144,
  peaksPerSecond: 10,
  /** Of a longer recording each peak covers more time. */
  peaksMax: 4_000,
  wavesKeptMax: 100,
  /** One entry in the audit chain per session and recording in this time. */
  playedAgainAfterMs: 10 * MINUTE_MS,
  playedKeptMax: 20_000,
} as const;

export type RecordingAudio = {
  readonly status: 200 | 206;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
};
export type Playback = {
  meta(principal: Principal, recordingId: string): Promise<RecordingMeta>;
  /** The WAV file or the part of it that `range` asks for. The playing is in the audit chain before the first byte is given. */
  audio(
    by: { readonly principal: Principal; readonly address: string },
    recordingId: string,
    range: string | undefined,
  ): Promise<RecordingAudio>;
};

export function createPlayback({
  database,
  contacts,
  log,
  recordings,
  keys,
  clock,
  audit,
  dataFolder,
}: {
  readonly database: Database;
  readonly contacts: Pick<Contacts, "load">;
  readonly log: Pick<LogReader, "lines">;
  readonly recordings: RecordingShelf;
  readonly keys: RecordingKeys;
  readonly clock: Clock;
  readonly audit: Pick<Audit, "write">;
  /** ALLO_DATA: what `filePath` of a recording is below. */
  readonly dataFolder: string;
}): Playback {
  const waves = new Map<string, RecordingMeta>();
  const played = new Map<string, Instant>();

  const scopeOf = (principal: Principal): Scope => ({ organisationId: principal.organisationId, projectIds: principal.projectIds });

  /** The recording, where this person may hear it. Another organisation's or project's doesn't exist. */
  const find = async (principal: Principal, recordingId: string): Promise<StoredRecording> => {
    const scope = scopeOf(principal);
    const recording = await recordings.find(scope, recordingId);
    if (recording === null || recording.state === "unused") throw notFound();
    if (principal.permissions.has("recordings.play")) return recording;
    const facts = await contacts.load(scope, recording.contactId);
    const talked =
      facts !== null && (facts.agentId === principal.personId || facts.segments.some(({ agentId }) => agentId === principal.personId));
    if (!talked) throw new ApiError("notYourContact", 403);
    return recording;
  };

  const open = async (recording: StoredRecording): Promise<RecordingReader> => {
    const key = keys.unwrapRecordingKey(recording.organisationId, recording.keySubject, recording.wrappedKey);
    if (!key.ok) throw key.failure === "noKey" ? new ApiError("recordingErased", 410, "Its key was erased") : damaged();
    const opened = await openRecording(pathOf(recording), key.value);
    if (opened.ok) return opened.value;
    throw opened.failure === "notFound" ? new ApiError("recordingMissing", 410, "Its file is not there") : damaged();
  };

  const pathOf = ({ filePath }: StoredRecording): string => {
    const path = pathBelow(dataFolder, filePath);
    if (path === null) throw damaged();
    return path;
  };

  const notePlaying = async (
    { principal, address }: { readonly principal: Principal; readonly address: string },
    recording: StoredRecording,
    range: string,
  ): Promise<void> => {
    const at = clock.now();
    const name = `${principal.sessionId} ${recording.recordingId}`;
    const last = played.get(name);
    if (last !== undefined && at - last < playbackLimits.playedAgainAfterMs) return;
    await database.withScope(scopeOf(principal), (tx) =>
      audit.write(tx, {
        actor: principal,
        action: "recording.played",
        objectType: "recording",
        objectId: recording.recordingId,
        before: null,
        after: { contactId: recording.contactId, bytes: range },
        address,
        at,
      }),
    );
    played.delete(name);
    played.set(name, at);
    const [oldest] = played.keys();
    if (played.size > playbackLimits.playedKeptMax && oldest !== undefined) played.delete(oldest);
  };

  return {
    async meta(principal, recordingId) {
      const recording = await find(principal, recordingId);
      const known = waves.get(recordingId);
      if (known !== undefined) return known;
      const reader = await open(recording);
      try {
        const { durationMs, startedAt, state } = reader.info;
        const seconds = durationMs / 1_000;
        const count = Math.min(playbackLimits.peaksMax, Math.ceil(seconds * playbackLimits.peaksPerSecond));
        const peaks = await reader.peaks(count);
        if (!peaks.ok) throw damaged();
        const beganAt = recording.startedAt ?? startedAt;
        const lines = await log.lines(scopeOf(principal), [recording.contactId]);
        const meta: RecordingMeta = {
          recordingId,
          state: shownState(recording, state),
          startedAt: beganAt,
          durationMs,
          markers: markersOf(lines, { recordingId, startedAt: beganAt, durationMs }),
          peaks: {
            left: rounded(peaks.value.left),
            right: rounded(peaks.value.right),
            perSecond: seconds === 0 ? playbackLimits.peaksPerSecond : count / seconds,
          },
        };
        if (meta.state !== "recording") {
          waves.set(recordingId, meta);
          const [oldest] = waves.keys();
          if (waves.size > playbackLimits.wavesKeptMax && oldest !== undefined) waves.delete(oldest);
        }
        return meta;
      } finally {
        await reader.close();
      }
    },

    async audio(by, recordingId, rangeHeader) {
      const recording = await find(by.principal, recordingId);
      const reader = await open(recording);
      try {
        const size = reader.wavBytes;
        const range = readRange(rangeHeader, size);
        if (range.kind === "unsatisfiable") throw new ApiError("rangeNotSatisfiable", 416, `It has ${size} bytes`);
        const { from, to } = range.kind === "part" ? range : { from: 0, to: size };
        const firstStep = await readStep(reader, from, to);
        await notePlaying(by, recording, `${from}-${to - 1}`);
        const headers: Record<string, string> = {
          "accept-ranges": "bytes",
          "content-type": "audio/wav",
          "content-length": String(to - from),
        };
        if (range.kind === "part") headers["content-range"] = `bytes ${from}-${to - 1}/${size}`;
        const body = Readable.from(steps(reader, firstStep, from, to), { objectMode: false });
        body.once("close", () => void reader.close()); // however the listener leaves
        return { status: range.kind === "part" ? 206 : 200, headers, body };
      } catch (error) {
        await reader.close();
        throw error;
      }
    },
  };
}

async function readStep(reader: RecordingReader, from: number, to: number): Promise<Uint8Array> {
  const part = await reader.readWav({ from, to: Math.min(to, from + playbackLimits.bytesPerStep) });
  if (!part.ok) throw damaged();
  return part.value;
}

async function* steps(reader: RecordingReader, firstStep: Uint8Array, from: number, to: number): AsyncGenerator<Uint8Array> {
  yield firstStep;
  for (let place = from + firstStep.length; place < to;) {
    const step = await readStep(reader, place, to);
    place += step.length;
    yield step;
  }
}

/** A file without its last chunk was cut by a crash, whatever the row says; it plays up to its last whole chunk. */
function shownState(recording: StoredRecording, file: "complete" | "truncated" | "tampered"): RecordingMeta["state"] {
  switch (recording.state) {
    case "prepared":
    case "recording":
      return "recording";
    case "failed":
      return "failed";
    default:
      return recording.state === "cut" || file !== "complete" ? "cut" : "saved";
  }
}

function rounded(peaks: Float32Array): number[] {
  return Array.from(peaks, (peak) => Math.round(peak * 1_000) / 1_000);
}

function damaged(): ApiError {
  return new ApiError("recordingDamaged", 409, "Its file or key was changed");
}
