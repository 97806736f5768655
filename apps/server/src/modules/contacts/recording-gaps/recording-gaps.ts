import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { recordingGapPeriodMsMax, type RecordingCheck, type RecordingGapReport } from "@allo/contract";
import { DAY_MS, HOUR_MS, type Clock, type ContactId, type Instant, type OrganisationId } from "@allo/kernel";
import { openRecording } from "@allo/node-media";
import { ApiError, invalidField, notFound } from "../../../platform/api-error.ts";
import type { Database, Scope } from "../../../platform/db.ts";
import type { Api, Principal } from "../../../platform/http.ts";
import type { Audit } from "../../identity/index.ts";
import type { RecordingPolicy } from "../core/events.ts";
import type { LogReader, ReadLine } from "../lookback/log-reader.ts";
import { pathBelow } from "../playback/recording-path.ts";
import type { RecordingKeys, RecordingShelf, ShelvedRecording } from "../playback/ports.ts";
import { gapsOf, type KeptRecording, type TalkFacts } from "./gap-rules.ts";

export const recordingGapLimits = {
  gapsShownMax: 500,
  /** Files asked for at a time: a day of a large centre has thousands. */
  filesAtOnce: 32,
  /** What failed earlier is told by the report alone. */
  failingFromMs: DAY_MS,
  /** Where no recording is saved afterwards, as in the night, failures are no longer news after so long. */
  failingForMs: HOUR_MS,
} as const;

export type RecordingGapsDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Pick<LogReader, "arrivals" | "lines">;
  readonly recordings: Pick<RecordingShelf, "failures" | "find" | "listOf">;
  readonly keys: RecordingKeys;
  readonly audit: Pick<Audit, "write">;
  readonly people: { nameOf(organisationId: OrganisationId, personId: string): string };
  /** ALLO_DATA */
  readonly dataFolder: string;
};

/** The report of talks without a whole recording, and the check of one file. */
export function registerRecordingGaps(api: Api, deps: RecordingGapsDeps): void {
  const { database, clock, log, recordings, keys, audit, people, dataFolder } = deps;
  const running = new Set<OrganisationId>();

  const keptOf = async (recording: ShelvedRecording): Promise<KeptRecording> => {
    const { recordingId, contactId, state, startedAt, failure, bytes } = recording;
    const isErased = !keys.unwrapRecordingKey(recording.organisationId, recording.keySubject, recording.wrappedKey).ok;
    const path = state === "saved" || state === "cut" ? pathBelow(dataFolder, recording.filePath) : null;
    const size = path === null ? null : await stat(path).catch(() => null); // not there, or not ours to read: as good as missing
    const file = path === null ? null : { bytes: size?.size ?? null, expected: bytes };
    return { recordingId, contactId, state, startedAt, failure, isErased, file };
  };

  const report = async (principal: Principal, from: Instant, to: Instant): Promise<RecordingGapReport> => {
    const scope = scopeOf(principal);
    const arrived = await log.arrivals(scope, { from, to });
    const lines = Map.groupBy(await log.lines(scope, arrived), ({ contactId }) => contactId);
    const contacts = [...lines].flatMap(([contactId, list]) => talkFactsOf(contactId, list) ?? []);
    const wanted = contacts.filter(({ record, talks }) => record && talks.length > 0).map(({ contactId }) => contactId as ContactId);
    const shelved = await recordings.listOf(scope, wanted);
    const kept: KeptRecording[] = [];
    for (let at = 0; at < shelved.length; at += recordingGapLimits.filesAtOnce)
      kept.push(...(await Promise.all(shelved.slice(at, at + recordingGapLimits.filesAtOnce).map(keptOf))));
    const { sums, gaps } = gapsOf(contacts, kept, clock.now());
    const nameOf = (personId: string | null): string | null =>
      personId === null ? null : people.nameOf(principal.organisationId, personId) || null;
    return {
      from,
      to,
      ...sums,
      gapCount: gaps.length,
      gaps: gaps.slice(0, recordingGapLimits.gapsShownMax).map((gap) => ({ ...gap, agentName: nameOf(gap.agentId) })),
    };
  };

  api.on("recordingGapsGet", async ({ principal, query: { from, to } }) => {
    if (to <= from) throw invalidField("to", "notAfter", "must be after the beginning");
    if (to - from > recordingGapPeriodMsMax) throw invalidField("to", "tooLong", "must be within eight days of the beginning");
    const { organisationId } = principal;
    if (running.has(organisationId))
      throw new ApiError("unavailable", 503, "The recordings are being looked through already", undefined, 5);
    running.add(organisationId);
    try {
      return await report(principal, from as Instant, to as Instant);
    } finally {
      running.delete(organisationId);
    }
  });

  // The floor's word ends by itself: with a recording that begins later and is saved, or an hour after the last failure. That one began
  // is no word of it: a full disk lets a file begin, and takes nothing into it.
  api.on("recordingFailuresGet", async ({ principal }) => {
    const now = clock.now();
    const { calls, since, last } = await recordings.failures(scopeOf(principal), (now - recordingGapLimits.failingFromMs) as Instant);
    return last === null || now - last > recordingGapLimits.failingForMs ? { calls: 0, since: null } : { calls, since };
  });

  const check = async (principal: Principal, recordingId: string): Promise<RecordingCheck & { readonly contactId: ContactId }> => {
    const scope = scopeOf(principal);
    const recording = await recordings.find(scope, recordingId);
    if (recording === null || recording.state === "unused") throw notFound();
    const { contactId } = recording;
    if (recording.state === "prepared" || recording.state === "recording") return { contactId, verdict: "unfinished", sha256Hex: null };
    const key = keys.unwrapRecordingKey(recording.organisationId, recording.keySubject, recording.wrappedKey);
    if (!key.ok) return { contactId, verdict: key.failure === "noKey" ? "erased" : "changed", sha256Hex: null };
    const path = pathBelow(dataFolder, recording.filePath);
    if (path === null) return { contactId, verdict: "changed", sha256Hex: null };
    const opened = await openRecording(path, key.value);
    if (!opened.ok) return { contactId, verdict: opened.failure === "notFound" ? "missing" : "changed", sha256Hex: null };
    let state: "complete" | "truncated" | "tampered";
    try {
      state = await opened.value.verify();
    } finally {
      await opened.value.close();
    }
    const sha256Hex = await sumOf(path);
    if (state === "tampered") return { contactId, verdict: "changed", sha256Hex };
    const [noted] = await recordings.listOf(scope, [contactId], recordingId);
    // A crash or a full disk leaves a file without its end; one that was saved had its end.
    const isCut = recording.state === "cut" || recording.state === "failed";
    if (state === "truncated") return { contactId, verdict: isCut ? "cut" : "changed", sha256Hex };
    const isSame = noted?.sha256Hex == null || noted.sha256Hex === sha256Hex;
    return { contactId, verdict: isSame ? "whole" : "changed", sha256Hex };
  };

  api.on("recordingCheck", async ({ principal, address, params }) => {
    const { contactId, ...found } = await check(principal, params.recordingId);
    await database.withScope(scopeOf(principal), (tx) =>
      audit.write(tx, {
        actor: principal,
        action: "recording.checked",
        objectType: "recording",
        objectId: params.recordingId,
        before: null,
        after: { contactId, ...found },
        address,
        at: clock.now(),
      }),
    );
    return found;
  });
}

function talkFactsOf(contactId: string, lines: readonly ReadLine[]): TalkFacts | null {
  const arrived = lines.find(({ kind }) => kind === "contactArrived");
  const policy = arrived?.data["policy"];
  if (arrived === undefined || typeof policy !== "object" || policy === null) return null;
  const talks = lines
    .filter(({ kind }) => kind === "bridged")
    .map(({ at, data }) => ({ at, agentId: typeof data["agentId"] === "string" ? data["agentId"] : "" }));
  return {
    contactId,
    queueId: typeof arrived.data["queueId"] === "string" ? arrived.data["queueId"] : "",
    record: "record" in policy && policy.record === true,
    isOneForAll: "recording" in policy && (policy.recording as RecordingPolicy | undefined)?.waiting === true,
    isTest: arrived.data["test"] != null,
    talks,
    copy: copyFactsOf(policy, lines),
    endedAt: lines.find(({ kind }) => kind === "callEnded" || kind === "contactClosed")?.at ?? null,
  };
}

function copyFactsOf(policy: object, lines: readonly ReadLine[]): TalkFacts["copy"] {
  if (!("recording" in policy) || (policy.recording as RecordingPolicy | undefined)?.copyTo === undefined) return null;
  return {
    started: lines.filter(({ kind }) => kind === "copyStarted").length,
    failures: lines
      .filter(({ kind }) => kind === "copyFailed")
      .map(({ at, data }) => ({ at, why: typeof data["why"] === "string" ? data["why"] : "" })),
  };
}

async function sumOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function scopeOf({ organisationId, projectIds }: Principal): Scope {
  return { organisationId, projectIds };
}
