// What a recording session tells of what is recorded in it: application/rs-metadata+xml (RFC 7865).
import type { Instant } from "@allo/kernel";

export const recordingMetadataTypes = {
  metadata: "application/rs-metadata+xml",
  /** With this a recorder asks for all of it anew (RFC 7866 §7.1.1.2). */
  request: "application/rs-metadata-request",
  /** RFC 7866 §9.1: what the body is for. */
  disposition: "recording-session",
} as const;

/** Ids are 128 random bits in base64 (RFC 7865 §6.10); each is the same from the first word of it to the last. */
export type RecordingMetadata = {
  /** complete: all there is. partial: what changed since the last word. */
  readonly mode: "complete" | "partial";
  readonly session: RecordedSession;
  readonly participants: readonly RecordedParticipant[];
  /** In a partial one: those that are new, or none. */
  readonly streams: readonly RecordedStream[];
};

export type RecordedSession = {
  readonly id: string;
  /** Call-ID and tags of the talk itself where one dialog stands for it; null: many do. */
  readonly sipSessionId: string | null;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  /** By what the talk is found here: names and values of ours, in a namespace of our own. */
  readonly references: readonly { readonly name: string; readonly value: string }[];
};

export type RecordedParticipant = {
  readonly id: string;
  /** Who it is: a URI, and a name where one is known. */
  readonly aor: string;
  readonly name: string | null;
  readonly joinedAt: Instant;
  readonly leftAt: Instant | null;
  /** Ids of the streams in which they are heard, and that they hear. */
  readonly sends: readonly string[];
  readonly hears: readonly string[];
};

/** `label` is that of the stream in the session description (RFC 4574). */
export type RecordedStream = { readonly id: string; readonly label: string };

const NAMESPACE = "urn:ietf:params:xml:ns:recording:1";
const OWN_NAMESPACE = "urn:allo:recording:1";

/** Prints the document. Whatever stands in names and addresses stays text: nothing in them is read as markup. */
export function printRecordingMetadata({ mode, session, participants, streams }: RecordingMetadata): string {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<recording xmlns="${NAMESPACE}"${session.references.length === 0 ? "" : ` xmlns:allo="${OWN_NAMESPACE}"`}>`,
    `  <datamode>${mode}</datamode>`,
    `  <session session_id="${text(session.id)}">`,
    ...(session.sipSessionId === null ? [] : [`    <sipSessionID>${text(session.sipSessionId)}</sipSessionID>`]),
    `    <start-time>${time(session.startedAt)}</start-time>`,
    ...(session.endedAt === null ? [] : [`    <stop-time>${time(session.endedAt)}</stop-time>`]),
    ...session.references.map(({ name, value }) => `    <allo:${name}>${text(value)}</allo:${name}>`),
    "  </session>",
    ...participants.flatMap(participantLines),
    ...streams.flatMap(({ id, label }) => [
      `  <stream stream_id="${text(id)}" session_id="${text(session.id)}">`,
      `    <label>${text(label)}</label>`,
      "  </stream>",
    ]),
    `  <sessionrecordingassoc session_id="${text(session.id)}">`,
    `    <associate-time>${time(session.startedAt)}</associate-time>`,
    ...(session.endedAt === null ? [] : [`    <disassociate-time>${time(session.endedAt)}</disassociate-time>`]),
    "  </sessionrecordingassoc>",
    ...participants.flatMap((participant) => sessionLines(participant, session.id)),
    ...participants.flatMap(streamLines),
    "</recording>",
  ];
  return `${lines.join("\r\n")}\r\n`;
}

function participantLines({ id, aor, name }: RecordedParticipant): readonly string[] {
  const named = name === null ? [] : [`      <name>${text(name)}</name>`];
  return [
    `  <participant participant_id="${text(id)}">`,
    `    <nameID aor="${text(aor)}"${name === null ? "/>" : ">"}`,
    ...named,
    ...(name === null ? [] : ["    </nameID>"]),
    "  </participant>",
  ];
}

function sessionLines({ id, joinedAt, leftAt }: RecordedParticipant, sessionId: string): readonly string[] {
  return [
    `  <participantsessionassoc participant_id="${text(id)}" session_id="${text(sessionId)}">`,
    `    <associate-time>${time(joinedAt)}</associate-time>`,
    ...(leftAt === null ? [] : [`    <disassociate-time>${time(leftAt)}</disassociate-time>`]),
    "  </participantsessionassoc>",
  ];
}

function streamLines({ id, sends, hears }: RecordedParticipant): readonly string[] {
  return [
    `  <participantstreamassoc participant_id="${text(id)}">`,
    ...sends.map((stream) => `    <send>${text(stream)}</send>`),
    ...hears.map((stream) => `    <recv>${text(stream)}</recv>`),
    "  </participantstreamassoc>",
  ];
}

function time(at: Instant): string {
  return new Date(at).toISOString();
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** XML 1.0 §2.2 has no place for control characters and halves of surrogate pairs: they are left out. */
function text(value: string): string {
  return value
    .toWellFormed()
    .replaceAll(/[^\t\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "")
    .replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}
