// What happened while a talk was recorded, by its place in the recording. Pure.
import type { RecordingMarker } from "@allo/contract";
import type { Instant } from "@allo/kernel";
import type { ReadLine } from "../lookback/log-reader.ts";

export const markerLimits = { markersMax: 200, beginningMs: 500 } as const;

/** In the order of the log; what happened before or after the recording is left out. */
export function markersOf(
  lines: readonly Pick<ReadLine, "kind" | "at" | "data">[],
  recording: { readonly recordingId: string; readonly startedAt: Instant; readonly durationMs: number },
): RecordingMarker[] {
  return lines
    .flatMap(({ kind, at, data }): RecordingMarker[] => {
      const what = markerKind(kind, data, recording.recordingId);
      const atMs = at - recording.startedAt;
      // A recording that begins with the talk needs no mark of it.
      if ((what === "answered" || what === "queued") && atMs < markerLimits.beginningMs) return [];
      return what === null || atMs < 0 || atMs > recording.durationMs ? [] : [{ atMs, kind: what }];
    })
    .slice(0, markerLimits.markersMax);
}

function markerKind(kind: string, data: Readonly<Record<string, unknown>>, recordingId: string): RecordingMarker["kind"] | null {
  switch (kind) {
    case "contactQueued":
    case "requeued":
      return "queued";
    case "bridged":
      return "answered";
    case "held":
      return "hold";
    case "resumed":
      return "holdEnd";
    case "recordingPaused":
      if (data["recordingId"] !== recordingId) return null;
      return data["paused"] === true ? "pause" : "pauseEnd";
    case "keysMasked":
      return data["masked"] === true ? "keysMasked" : "keysHeard";
    case "handedOver":
    case "transferred":
    case "passedOn":
    case "parked":
      return "transfer";
    case "partyJoined":
      return "joined";
    case "partyLeft":
      return "left";
    case "noteAdded":
      return "note";
    case "agentMediaLost":
      return "agentAway";
    case "agentMediaRestored":
      return "agentBack";
    default:
      return null;
  }
}
