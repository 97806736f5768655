// What a recording session tells of what is recorded in it: application/rs-metadata+xml (RFC 7865).
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "@allo/kernel";
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

/** It is over with the BYE: nothing more is told of it then. */
export type RecordedSession = {
  readonly id: string;
  readonly startedAt: Instant;
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
/** From 1 March of the year 0. */
const DAYS_BEFORE_1970 = 719_468;
const DAYS_OF_ERA = 146_097;

/** Prints the document. Whatever stands in names and addresses stays text: nothing in them is read as markup. */
export function printRecordingMetadata({ mode, session, participants, streams }: RecordingMetadata): string {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<recording xmlns="${NAMESPACE}"${session.references.length === 0 ? "" : ` xmlns:allo="${OWN_NAMESPACE}"`}>`,
    `  <datamode>${mode}</datamode>`,
    `  <session session_id="${text(session.id)}">`,
    `    <start-time>${time(session.startedAt)}</start-time>`,
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

/** RFC 3339, in UTC. The calendar is counted in eras of 400 years that begin in March: the leap day is then the last of its year. */
function time(at: Instant): string {
  const days = Math.floor(at / DAY_MS);
  const shifted = days + DAYS_BEFORE_1970;
  const era = Math.floor(shifted / DAYS_OF_ERA);
  const ofEra = shifted - era * DAYS_OF_ERA;
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
  const ofDay = Math.trunc(at - days * DAY_MS);
  const pad = (value: number, places = 2): string => String(value).padStart(places, "0");
  const clock = [Math.floor(ofDay / HOUR_MS), Math.floor(ofDay / MINUTE_MS) % 60, Math.floor(ofDay / SECOND_MS) % 60].map((each) =>
    pad(each),
  );
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}T${clock.join(":")}.${pad(ofDay % SECOND_MS, 3)}Z`;
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** XML 1.0 §2.2 has no place for control characters and halves of surrogate pairs: they are left out. */
function text(value: string): string {
  return value
    .replaceAll(/[^\t\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "")
    .replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}
