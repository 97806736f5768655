// Several bodies in one message: multipart/mixed (RFC 2046 §5.1, RFC 5621).
import { utf8Decode, utf8Encode } from "@allo/kernel";
import type { SipBody } from "./message.ts";

export const multipartLimits = { partsMax: 16, headerBytesMax: 4_096, boundaryCharsMax: 70 } as const;

/** One of several bodies; `disposition` is its Content-Disposition, where it has one. */
export type BodyPart = SipBody & { readonly disposition?: string };

export const MULTIPART = "multipart/mixed";

/** Puts bodies into one. The boundary must stand in none of them: take what nobody can guess. */
export function multipartBody(parts: readonly BodyPart[], boundary: string): SipBody {
  const pieces: Uint8Array[] = [];
  for (const { contentType, disposition, bytes } of parts) {
    const said = disposition === undefined ? "" : `Content-Disposition: ${disposition}\r\n`;
    pieces.push(utf8Encode(`--${boundary}\r\nContent-Type: ${contentType}\r\n${said}\r\n`), bytes, utf8Encode("\r\n"));
  }
  pieces.push(utf8Encode(`--${boundary}--\r\n`));
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return { contentType: `${MULTIPART};boundary=${boundary}`, bytes: whole };
}

/**
 * Takes a multipart body apart; `contentType` is the header's whole value, types are told in lower case and without parameters. Null where
 * it is malformed or of more parts than partsMax. A part of parts stays one. Never throws, linear in its bytes.
 */
export function multipartParts(contentType: string, body: Uint8Array): readonly BodyPart[] | null {
  const named = /;\s*boundary\s*=\s*(?:"([^"\r\n]{1,70})"|([^\s;",]{1,70}))/i.exec(contentType);
  const boundary = named?.[1] ?? named?.[2];
  if (boundary === undefined) return null;
  const delimiter = utf8Encode(`--${boundary}`);
  const parts: BodyPart[] = [];
  let start = -1;
  for (let at = findDelimiter(body, delimiter, 0); at >= 0;) {
    if (start >= 0) {
      // The line break before a delimiter belongs to it.
      const part = parts.length < multipartLimits.partsMax ? readPart(body.subarray(start, Math.max(start, at - 2))) : null;
      if (part === null) return null;
      parts.push(part);
    }
    const after = at + delimiter.length;
    if (body[after] === DASH && body[after + 1] === DASH) return parts.length === 0 ? null : parts;
    const lineEnd = body.indexOf(LF, after);
    if (lineEnd < 0) return null;
    start = lineEnd + 1;
    at = findDelimiter(body, delimiter, start);
  }
  // RFC 2046 §5.1.1: without the last delimiter nobody knows whether all of it came.
  return null;
}

const CR = 13;
const LF = 10;
const DASH = 45;
const SPACE = 32;
const TAB = 9;

/** The next delimiter at the beginning of a line. */
function findDelimiter(body: Uint8Array, delimiter: Uint8Array, from: number): number {
  let at = from;
  while (at + delimiter.length <= body.length) {
    if (isDelimiterAt(body, delimiter, at)) return at;
    const lineEnd = body.indexOf(LF, at);
    if (lineEnd < 0) return -1;
    at = lineEnd + 1;
  }
  return -1;
}

function isDelimiterAt(body: Uint8Array, wanted: Uint8Array, at: number): boolean {
  for (let i = 0; i < wanted.length; i += 1) if (body[at + i] !== wanted[i]) return false;
  // A longer boundary may begin with the same letters: behind ours stands white space, or the dashes of the last one.
  const next = body[at + wanted.length];
  return next === CR || next === LF || next === SPACE || next === TAB || (next === DASH && body[at + wanted.length + 1] === DASH);
}

function readPart(bytes: Uint8Array): BodyPart | null {
  // A part may begin with the empty line: then it is text/plain (RFC 2046 §5.1).
  let headerEnd = bytes[0] === CR && bytes[1] === LF ? 0 : -1;
  for (let at = bytes.indexOf(LF); headerEnd < 0 && at >= 0 && at < multipartLimits.headerBytesMax; at = bytes.indexOf(LF, at + 1))
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) headerEnd = at + 1;
  if (headerEnd < 0) return null;
  let contentType = "text/plain";
  let disposition: string | undefined;
  for (const line of utf8Decode(bytes.subarray(0, headerEnd))
    .replaceAll(/\r\n[ \t]+/g, " ")
    .split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "content-type") contentType = (value.split(";")[0] as string).trim().toLowerCase();
    else if (name === "content-disposition") disposition = value;
  }
  return { contentType, bytes: bytes.subarray(headerEnd + 2), ...(disposition === undefined ? {} : { disposition }) };
}
