import Type from "typebox";
import type { Static } from "typebox";
import { one, type Route } from "../route.ts";
import { Id, Timestamp } from "../schemas.ts";

export const recordingGapPeriodMsMax = 8 * 86_400_000;

/** Why a talk that should have been recorded can't be heard whole. */
export const RecordingGapReason = Type.Enum([
  "neverStarted",
  "failed",
  "unfinished",
  "cut",
  "fileMissing",
  "fileChanged",
  /** The recorder elsewhere that should have it too has none of it, or not all. */
  "copyMissing",
  "copyCut",
]);
export type RecordingGapReason = Static<typeof RecordingGapReason>;
export const RecordingGap = Type.Object({
  contactId: Id,
  recordingId: Type.Union([Id, Type.Null()]),
  /** When the talk began, as near as is known. */
  at: Timestamp,
  queueId: Id,
  agentId: Type.Union([Id, Type.Null()]),
  agentName: Type.Union([Type.String(), Type.Null()]),
  reason: RecordingGapReason,
  /** The engine's own word for a failure; "" where there is none. */
  detail: Type.String(),
});
export type RecordingGap = Static<typeof RecordingGap>;

const Count = Type.Integer({ minimum: 0 });
export const RecordingGapReport = Type.Object({
  from: Timestamp,
  to: Timestamp,
  /** Talks of the contacts that arrived in the period. */
  talks: Count,
  /** Of queues that weren't recorded when the call came. */
  notWanted: Count,
  whole: Count,
  /** Their key was erased with the customer: lawful, no gap. */
  erased: Count,
  /** Calls that go on, or ended a moment ago. */
  underWay: Count,
  gapCount: Count,
  /** The newest first, five hundred at most. */
  gaps: Type.Array(RecordingGap),
});
export type RecordingGapReport = Static<typeof RecordingGapReport>;

export const RecordingCheck = Type.Object({
  /** whole: every chunk opens and the file's sum is the one that was noted when it was saved. */
  verdict: Type.Enum(["whole", "cut", "changed", "missing", "erased", "unfinished"]),
  sha256Hex: Type.Union([Type.String(), Type.Null()]),
});
export type RecordingCheck = Static<typeof RecordingCheck>;

/** Recordings that fail now: since the last one that was saved had begun, and within the last hour. */
export const RecordingFailures = Type.Object({
  /** Calls of which something is not recorded; 0: none fails now. */
  calls: Count,
  since: Type.Union([Timestamp, Type.Null()]),
});
export type RecordingFailures = Static<typeof RecordingFailures>;

/** Whether what should have been recorded can be heard. */
export const recordingGapRoutes = {
  recordingGapsGet: {
    method: "GET",
    path: "/recording-gaps",
    access: ["recordings.play"],
    tag: "contacts",
    summary: "Talks of a period of at most eight days without a whole recording, and why",
    query: Type.Object({ from: Timestamp, to: Timestamp }),
    response: RecordingGapReport,
  },
  recordingFailuresGet: {
    method: "GET",
    path: "/recording-failures",
    access: ["floor.read"],
    tag: "floor",
    summary: "How many calls of the last day are not recorded since recordings began to fail; none once one is saved again",
    response: RecordingFailures,
  },
  recordingCheck: {
    method: "POST",
    path: "/recordings/:recordingId/check",
    access: ["recordings.play"],
    tag: "contacts",
    summary: "Reads a recording's file whole and says whether it is as it was saved; each check is logged",
    params: one("recordingId"),
    response: RecordingCheck,
  },
} as const satisfies Record<string, Route>;
