import { utf8Decode } from "@allo/kernel";
import { messageLimits } from "./limits.ts";
import { canonicalName, SINGLE_HEADERS } from "./message.ts";
import type { CSeq, SipHeader, SipMessage, SipParseFailure, SipParseResult, Via } from "./message.ts";
import { isToken, isTokenCode, Scanner } from "./scanner.ts";
import { parseDecimal, parseNameAddr, parseNameAddrList, parseUri, scanParams } from "./uri.ts";
import type { NameAddr, Param, Uri } from "./uri.ts";

const SALVAGED: ReadonlySet<string> = new Set(["Via", "From", "To", "Call-ID", "CSeq"]);
const ADDRESS_LISTS: readonly string[] = ["Route", "Record-Route", "Path"];
const EMPTY = new Uint8Array(0);
/** RFC 3261 §8.1.1.5: a CSeq number is below 2^31. */
const CSEQ_MAX = 2 ** 31 - 1;

type StartLine =
  | { readonly kind: "request"; readonly method: string; readonly uri: Uri }
  | { readonly kind: "response"; readonly status: number; readonly reason: string };

type Fault = { readonly reason: string; readonly offset: number; readonly statusCode: number };
type Line = { readonly text: string; readonly offset: number };
type Block = { readonly lines: readonly Line[]; readonly bodyStart: number; readonly fault: Fault | null };

/**
 * Parses one message: a datagram, a WebSocket frame or one framed stream message. Strict and linear; never throws.
 * Octets after Content-Length are ignored (RFC 3261 §18.3). A failure keeps what is needed to answer it statelessly.
 */
export function parseMessage(bytes: Uint8Array): SipParseResult {
  const start = skipLeadingCrlf(bytes);
  const block = splitLines(bytes.length > messageLimits.messageBytesMax ? bytes.subarray(0, messageLimits.messageBytesMax) : bytes, start);
  let fault: Fault | null = null;
  const blame = (reason: string, offset: number, statusCode = 400): void => {
    fault ??= { reason, offset, statusCode };
  };
  if (bytes.length > messageLimits.messageBytesMax) blame("message is larger than messageBytesMax", messageLimits.messageBytesMax, 513);

  const first = block.lines[0];
  if (first === undefined) return failure({ reason: "message is empty", offset: 0, statusCode: 400 }, null, true, []);
  const isResponse = first.text.slice(0, 4).toUpperCase() === "SIP/";
  const startLine = isResponse ? parseStatusLine(first) : parseRequestLine(first);
  const method = isResponse ? null : methodOf(first.text);
  if ("statusCode" in startLine) blame(startLine.reason, startLine.offset, startLine.statusCode);
  if (block.fault !== null) blame(block.fault.reason, block.fault.offset, block.fault.statusCode);

  const headers: SipHeader[] = [];
  const seen = new Set<string>();
  for (let i = 1; i < block.lines.length; i += 1) {
    const line = block.lines[i] as Line;
    const header = parseHeaderLine(line.text);
    if (header === null) {
      blame("header line has no valid name", line.offset);
      continue;
    }
    if (SINGLE_HEADERS.has(header.name)) {
      if (seen.has(header.name)) blame(`${header.name} stands twice`, line.offset);
      seen.add(header.name);
    }
    if (headers.length >= messageLimits.headersMax) {
      blame("more headers than headersMax", line.offset, 513);
      break;
    }
    headers.push(header);
  }

  const typed = parseTyped(headers, first.offset, blame);
  if (typed.cseq !== null && method !== null && typed.cseq.method !== method) blame("CSeq method differs from the request's", first.offset);
  let body = bytes.subarray(Math.min(block.bodyStart, bytes.length));
  if (typed.contentLength !== null) {
    if (typed.contentLength > body.length) blame("Content-Length is larger than the body", first.offset);
    body = body.subarray(0, typed.contentLength);
  }
  const { from, to, callId, cseq } = typed;
  if (fault !== null || from === null || to === null || callId === null || cseq === null || "statusCode" in startLine) {
    const final = fault ?? { reason: "mandatory header is missing", offset: first.offset, statusCode: 400 };
    return failure(final, method, isResponse, headers);
  }
  const message: SipMessage = { ...startLine, headers, body: body.length === 0 ? EMPTY : body, vias: typed.vias, from, to, callId, cseq };
  return { ok: true, message };
}

/** Parses the values of one Via header line; null where any is malformed. */
export function parseViaList(text: string): readonly Via[] | null {
  const scanner = new Scanner(text);
  const vias: Via[] = [];
  for (;;) {
    const via = scanVia(scanner);
    if (via === null) return null;
    vias.push(via);
    if (scanner.atEnd()) return vias;
    if (!scanner.take(",")) return null;
  }
}

/** Parses "12 INVITE"; null where malformed or out of range. */
export function parseCSeq(text: string): CSeq | null {
  const scanner = new Scanner(text);
  const digits = scanner.token();
  const space = scanner.pos;
  scanner.skipSpace();
  if (digits === null || scanner.pos === space) return null;
  const method = scanner.token();
  const number = parseDecimal(digits, CSEQ_MAX);
  return method === null || number === null || !scanner.atEnd() ? null : { number, method };
}

/** "name=value" pairs of an Authorization or WWW-Authenticate value after its scheme; null where malformed. */
export function parseAuthParams(text: string): { readonly scheme: string; readonly params: readonly Param[] } | null {
  const scanner = new Scanner(text);
  scanner.skipSpace();
  const scheme = scanner.token();
  if (scheme === null) return null;
  const params: Param[] = [];
  for (;;) {
    scanner.skipSpace();
    const name = scanner.token();
    if (name === null) return null;
    scanner.skipSpace();
    if (!scanner.take("=")) return null;
    scanner.skipSpace();
    const value = scanner.peek() === '"' ? scanner.quotedString() : scanner.paramValue();
    if (value === null || params.length >= 32) return null;
    params.push({ name: name.toLowerCase(), value });
    scanner.skipSpace();
    if (scanner.atEnd()) return { scheme: scheme.toLowerCase(), params };
    if (!scanner.take(",")) return null;
  }
}

type Typed = {
  vias: Via[];
  from: NameAddr | null;
  to: NameAddr | null;
  callId: string | null;
  cseq: CSeq | null;
  contentLength: number | null;
};

function parseTyped(
  headers: readonly SipHeader[],
  offset: number,
  blame: (reason: string, offset: number, status?: number) => void,
): Typed {
  const typed: Typed = { vias: [], from: null, to: null, callId: null, cseq: null, contentLength: null };
  for (const { name, value } of headers) {
    switch (name) {
      case "Via": {
        const vias = parseViaList(value);
        if (vias === null) blame("Via is malformed", offset);
        else typed.vias.push(...vias);
        break;
      }
      case "From":
      case "To": {
        const address = parseNameAddr(value);
        if (address === null) blame(`${name} is malformed`, offset);
        else if (name === "From") typed.from ??= address;
        else typed.to ??= address;
        break;
      }
      case "Call-ID":
        if (!isCallId(value)) blame("Call-ID is malformed", offset);
        else typed.callId ??= value;
        break;
      case "CSeq":
        typed.cseq ??= parseCSeq(value);
        if (typed.cseq === null) blame("CSeq is malformed or out of range", offset);
        break;
      case "Content-Length":
        typed.contentLength ??= parseDecimal(value, 0x7fff_ffff);
        if (typed.contentLength === null) blame("Content-Length is no number", offset);
        break;
      case "Max-Forwards":
        if (parseDecimal(value, 255) === null) blame("Max-Forwards is no number up to 255", offset);
        break;
      case "Contact":
        if (value !== "*" && parseNameAddrList(value) === null) blame("Contact is malformed", offset);
        break;
      default:
        if (ADDRESS_LISTS.includes(name) && parseNameAddrList(value) === null) blame(`${name} is malformed`, offset);
    }
  }
  if (typed.vias.length > messageLimits.viasMax) blame("more Via values than viasMax", offset, 513);
  if (typed.vias.length === 0) blame("Via is missing", offset);
  for (const [name, value] of [
    ["From", typed.from],
    ["To", typed.to],
    ["Call-ID", typed.callId],
    ["CSeq", typed.cseq],
  ] as const) {
    if (value === null) blame(`${name} is missing`, offset);
  }
  return typed;
}

function failure(fault: Fault, method: string | null, isResponse: boolean, headers: readonly SipHeader[]): SipParseFailure {
  const salvaged = headers.filter((header) => SALVAGED.has(header.name));
  // Without a Via there is nowhere to answer to; an ACK and a response are never answered.
  const answerable = !isResponse && method !== "ACK" && salvaged.some((header) => header.name === "Via");
  return { ok: false, reason: fault.reason, offset: fault.offset, statusCode: answerable ? fault.statusCode : null, method, salvaged };
}

function skipLeadingCrlf(bytes: Uint8Array): number {
  let at = 0;
  while (bytes[at] === 13 && bytes[at + 1] === 10) at += 2;
  return at;
}

/** Splits the header block at CRLF and joins folded lines (RFC 3261 §7.3.1). A bare CR or LF is a fault, never an end of line. */
function splitLines(bytes: Uint8Array, start: number): Block {
  const lines: Line[] = [];
  let fault: Fault | null = null;
  let at = start;
  let lineStart = start;
  let pieces: string[] = [];
  let piecesOffset = start;
  let piecesLength = 0;
  const flush = (): void => {
    if (pieces.length > 0) lines.push({ text: pieces.join(" ").trimEnd(), offset: piecesOffset });
    pieces = [];
    piecesLength = 0;
  };
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    if (byte === 13 && bytes[at + 1] === 10) {
      if (at === lineStart) {
        flush();
        return { lines, bodyStart: at + 2, fault };
      }
      const lead = bytes[lineStart];
      const folded = (lead === 32 || lead === 9) && lines.length + pieces.length > 0;
      const length = at - lineStart;
      if (!folded || lines.length === 0) flush();
      piecesLength += length;
      if (piecesLength > messageLimits.headerLineBytesMax) {
        fault ??= { reason: "header line is longer than headerLineBytesMax", offset: lineStart, statusCode: 513 };
      } else {
        if (pieces.length === 0) piecesOffset = lineStart;
        const text = utf8Decode(bytes, lineStart, at);
        pieces.push(folded ? text.trim() : text);
      }
      if (lines.length > messageLimits.headersMax + 1) {
        flush();
        return { lines, bodyStart: bytes.length, fault: fault ?? { reason: "more headers than headersMax", offset: at, statusCode: 513 } };
      }
      at += 2;
      lineStart = at;
    } else {
      if ((byte === 13 || byte === 10) && fault === null) fault = { reason: "bare CR or LF in a header", offset: at, statusCode: 400 };
      at += 1;
    }
  }
  flush();
  return { lines, bodyStart: bytes.length, fault: fault ?? { reason: "header block has no end", offset: at, statusCode: 400 } };
}

function methodOf(text: string): string | null {
  const space = text.indexOf(" ");
  const method = space < 0 ? "" : text.slice(0, space);
  return isToken(method) ? method : null;
}

function parseRequestLine(line: Line): StartLine | Fault {
  const bad = (reason: string, statusCode = 400): Fault => ({ reason, offset: line.offset, statusCode });
  const first = line.text.indexOf(" ");
  const last = line.text.lastIndexOf(" ");
  const method = methodOf(line.text);
  if (method === null || last <= first) return bad("request line is malformed");
  const version = line.text.slice(last + 1).toUpperCase();
  if (!isVersion(version)) return bad("request line has no SIP version");
  if (version !== "SIP/2.0") return bad("SIP version is not 2.0", 505);
  const uri = parseUri(line.text.slice(first + 1, last));
  return uri === null ? bad("Request-URI is malformed") : { kind: "request", method, uri };
}

function parseStatusLine(line: Line): StartLine | Fault {
  const bad = (reason: string): Fault => ({ reason, offset: line.offset, statusCode: 400 });
  const text = line.text;
  if (text.slice(0, 8).toUpperCase() !== "SIP/2.0 ") return bad("status line is malformed");
  const status = parseDecimal(text.slice(8, 11), 699);
  if (status === null || status < 100 || (text.length > 11 && text[11] !== " ")) return bad("status code is not of three digits");
  return { kind: "response", status, reason: text.slice(12) };
}

function isVersion(text: string): boolean {
  if (!text.startsWith("SIP/")) return false;
  const dot = text.indexOf(".");
  return dot > 4 && parseDecimal(text.slice(4, dot), 999) !== null && parseDecimal(text.slice(dot + 1), 999) !== null;
}

function parseHeaderLine(text: string): SipHeader | null {
  let at = 0;
  while (isTokenCode(text.charCodeAt(at))) at += 1;
  if (at === 0) return null;
  const name = text.slice(0, at);
  while (text[at] === " " || text[at] === "\t") at += 1;
  return text[at] === ":" ? { name: canonicalName(name), value: text.slice(at + 1).trim() } : null;
}

function isCallId(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c <= 0x20 || c === 0x7f) return false;
  }
  return true;
}

function scanVia(scanner: Scanner): Via | null {
  scanner.skipSpace();
  if (scanner.token()?.toUpperCase() !== "SIP") return null;
  scanner.skipSpace();
  if (!scanner.take("/")) return null;
  scanner.skipSpace();
  if (scanner.token() !== "2.0") return null;
  scanner.skipSpace();
  if (!scanner.take("/")) return null;
  scanner.skipSpace();
  const transport = scanner.token();
  const gap = scanner.pos;
  scanner.skipSpace();
  if (transport === null || scanner.pos === gap) return null;
  const start = scanner.pos;
  if (scanner.peek() === "[") scanner.skipUntilAny("]");
  scanner.skipUntilAny(":;, \t");
  const host = scanner.text.slice(start, scanner.pos).toLowerCase();
  scanner.skipSpace();
  let port: number | null = null;
  if (scanner.take(":")) {
    scanner.skipSpace();
    port = parseDecimal(scanner.token() ?? "", 65_535);
    if (port === null) return null;
  }
  if (parseUri(`sip:${host}`) === null) return null;
  const params = scanParams(scanner);
  return params === null ? null : { transport: transport.toUpperCase(), host, port, params };
}
