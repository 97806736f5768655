// Which talks should have a recording, and which of them have one that can be heard whole. Pure.
import type { RecordingGapReason } from "@allo/contract";
import { MINUTE_MS, type Instant } from "@allo/kernel";

export const gapLimits = {
  /** A recording whose call is over for so long should be saved. */
  savedWithinMs: 10 * MINUTE_MS,
} as const;

/** What the log says of one contact. */
export type TalkFacts = {
  readonly contactId: string;
  readonly queueId: string;
  readonly record: boolean;
  readonly isTest: boolean;
  /** The recording goes on while the caller waits: one file has all their talks. */
  readonly isOneForAll: boolean;
  /** Each time caller and agent were joined. */
  readonly talks: readonly { readonly at: Instant; readonly agentId: string }[];
  readonly endedAt: Instant | null;
  /** Where a recorder elsewhere should have the same: what was said of it. Null: none should. */
  readonly copy: { readonly started: number; readonly failures: readonly { readonly at: Instant; readonly why: string }[] } | null;
};
/** What the shelf and the disk say of one recording. `file`: null where it wasn't looked for. */
export type KeptRecording = {
  readonly recordingId: string;
  readonly contactId: string;
  readonly state: "prepared" | "recording" | "saved" | "cut" | "failed" | "unused";
  readonly startedAt: Instant | null;
  readonly failure: string;
  readonly isErased: boolean;
  readonly file: { readonly bytes: number | null; readonly expected: number | null } | null;
};
export type Gap = {
  readonly contactId: string;
  readonly recordingId: string | null;
  readonly at: Instant;
  readonly queueId: string;
  readonly agentId: string | null;
  readonly reason: RecordingGapReason;
  readonly detail: string;
};
export type GapSums = { talks: number; notWanted: number; whole: number; erased: number; underWay: number };

/** Every talk is counted once: notWanted, whole, erased, underWay or a gap. */
export function gapsOf(
  contacts: readonly TalkFacts[],
  recordings: readonly KeptRecording[],
  now: Instant,
): { readonly sums: Readonly<GapSums>; readonly gaps: readonly Gap[] } {
  const sums: GapSums = { talks: 0, notWanted: 0, whole: 0, erased: 0, underWay: 0 };
  const gaps: Gap[] = [];
  const byContact = Map.groupBy(recordings, ({ contactId }) => contactId);
  for (const contact of contacts) {
    if (contact.isTest || contact.talks.length === 0) continue;
    sums.talks += contact.talks.length;
    if (!contact.record) {
      sums.notWanted += contact.talks.length;
      continue;
    }
    const isSettled = contact.endedAt !== null && now - contact.endedAt >= gapLimits.savedWithinMs;
    const begun = (byContact.get(contact.contactId) ?? []).filter(({ state }) => state !== "unused" && state !== "prepared");
    // One that goes on while the caller waits holds every talk since it began.
    const ofTalk = contact.isOneForAll
      ? contact.talks.map(({ at }) =>
          inOrder(begun)
            .filter(({ startedAt }) => (startedAt ?? 0) <= at)
            .slice(-1),
        )
      : recordingsOfTalks(contact.talks, begun);
    contact.talks.forEach((talk, place) => {
      const recording = worstOf(ofTalk[place] ?? [], isSettled);
      const own = recording === undefined ? (isSettled ? "neverStarted" : "underWay") : verdictOf(recording, isSettled);
      // What is missing elsewhere counts where nothing is missing here: one talk is one gap.
      const elsewhere = own === "whole" ? copyVerdict(contact) : null;
      const verdict = elsewhere?.reason ?? own;
      if (verdict === "whole" || verdict === "erased" || verdict === "underWay") {
        sums[verdict] += 1;
        return;
      }
      gaps.push({
        contactId: contact.contactId,
        recordingId: recording?.recordingId ?? null,
        at: talk.at,
        queueId: contact.queueId,
        agentId: talk.agentId,
        reason: verdict,
        detail: elsewhere?.detail ?? recording?.failure ?? "",
      });
    });
  }
  return { sums, gaps: gaps.toSorted((one, other) => other.at - one.at) };
}

/** Which recordings each talk has. One begins with its talk; one that never began is of a talk that has no other. */
function recordingsOfTalks(talks: TalkFacts["talks"], begun: readonly KeptRecording[]): readonly (readonly KeptRecording[])[] {
  const ofTalk = talks.map((): KeptRecording[] => []);
  const without: KeptRecording[] = [];
  for (const recording of inOrder(begun)) {
    const { startedAt } = recording;
    if (startedAt === null) without.push(recording);
    else ofTalk[nearest(talks, startedAt)]?.push(recording);
  }
  for (const recording of without) ofTalk.find((own) => own.length === 0)?.push(recording);
  return ofTalk;
}

function nearest(talks: TalkFacts["talks"], at: Instant): number {
  const away = (place: number): number => Math.abs((talks[place]?.at ?? Number.POSITIVE_INFINITY) - at);
  return talks.reduce((best, _talk, place) => (away(place) < away(best) ? place : best), 0);
}

/** Where a talk's recording was begun anew, the talk is as whole as the worst part of it. */
function worstOf(parts: readonly KeptRecording[], isSettled: boolean): KeptRecording | undefined {
  return parts.find((part) => verdictOf(part, isSettled) !== "whole") ?? parts[0];
}

function inOrder(recordings: readonly KeptRecording[]): readonly KeptRecording[] {
  return recordings.toSorted((one, other) => (one.startedAt ?? 0) - (other.startedAt ?? 0));
}

function copyVerdict({ copy }: TalkFacts): { readonly reason: "copyMissing" | "copyCut"; readonly detail: string } | null {
  if (copy === null || (copy.started > 0 && copy.failures.length === 0)) return null;
  return { reason: copy.started === 0 ? "copyMissing" : "copyCut", detail: copy.failures.at(-1)?.why ?? "" };
}

function verdictOf(recording: KeptRecording, isSettled: boolean): RecordingGapReason | "whole" | "erased" | "underWay" {
  if (recording.isErased) return "erased";
  switch (recording.state) {
    case "failed":
      return "failed";
    case "prepared":
    case "recording":
    case "unused":
      return isSettled ? "unfinished" : "underWay";
    case "cut":
    case "saved": {
      const { file } = recording;
      if (file !== null && file.bytes === null) return "fileMissing";
      if (recording.state === "cut") return "cut";
      return file !== null && file.expected !== null && file.bytes !== file.expected ? "fileChanged" : "whole";
    }
    default:
      return recording.state satisfies never;
  }
}
