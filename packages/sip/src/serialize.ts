import { fail, ok, utf8Encode } from "@allo/kernel";
import type { Result } from "@allo/kernel";
import { canonicalName, headerAll, headerGet, reasonPhrase } from "./message.ts";
import type { CSeq, SipBody, SipHeader, SipMessage, SipRequest, SipResponse, Via } from "./message.ts";
import { isToken } from "./scanner.ts";
import { paramGet, paramSet, printNameAddr, printParams, printUri, tagOf } from "./uri.ts";
import type { NameAddr, Uri } from "./uri.ts";

export type SerializeFailure = { readonly kind: "invalidHeaderName" | "lineBreakInHeader"; readonly header: string };

const EMPTY = new Uint8Array(0);

/**
 * Prints a message. Content-Length is always written from the body. A CR, LF or NUL in any line is refused: nothing that
 * came from outside can add a header (security.md, "header injection").
 */
export function serializeMessage(message: SipMessage): Result<Uint8Array, SerializeFailure> {
  const start =
    message.kind === "request" ? `${message.method} ${printUri(message.uri)} SIP/2.0` : `SIP/2.0 ${message.status} ${message.reason}`;
  if (breaksLine(start)) return fail({ kind: "lineBreakInHeader", header: "start line" });
  let text = `${start}\r\n`;
  for (const { name, value } of message.headers) {
    if (name === "Content-Length") continue;
    if (!isToken(name)) return fail({ kind: "invalidHeaderName", header: name });
    if (breaksLine(value)) return fail({ kind: "lineBreakInHeader", header: name });
    text += `${name}: ${value}\r\n`;
  }
  text += `Content-Length: ${message.body.length}\r\n\r\n`;
  const head = utf8Encode(text);
  const bytes = new Uint8Array(head.length + message.body.length);
  bytes.set(head, 0);
  bytes.set(message.body, head.length);
  return ok(bytes);
}

/** Builds a request. Via, From, To, Call-ID, CSeq and Max-Forwards come from the fields; the rest from `headers`. */
export function createRequest(fields: {
  readonly method: string;
  readonly uri: Uri;
  readonly vias: readonly Via[];
  readonly from: NameAddr;
  readonly to: NameAddr;
  readonly callId: string;
  readonly cseq: number;
  readonly maxForwards?: number;
  readonly headers?: readonly SipHeader[];
  readonly body?: SipBody | null;
}): SipRequest {
  const cseq: CSeq = { number: fields.cseq, method: fields.method };
  const body = fields.body ?? null;
  const headers: SipHeader[] = [
    ...fields.vias.map((via) => ({ name: "Via", value: printVia(via) })),
    { name: "Max-Forwards", value: String(fields.maxForwards ?? 70) },
    { name: "From", value: printNameAddr(fields.from) },
    { name: "To", value: printNameAddr(fields.to) },
    { name: "Call-ID", value: fields.callId },
    { name: "CSeq", value: `${cseq.number} ${cseq.method}` },
    ...(fields.headers ?? []).map((header) => ({ name: canonicalName(header.name), value: header.value })),
  ];
  if (body !== null) headers.push({ name: "Content-Type", value: body.contentType });
  return {
    kind: "request",
    method: fields.method,
    uri: fields.uri,
    headers,
    body: body?.bytes ?? EMPTY,
    vias: fields.vias,
    from: fields.from,
    to: fields.to,
    callId: fields.callId,
    cseq,
  };
}

/**
 * Builds a response: Via, From, To, Call-ID and CSeq are copied (RFC 3261 §8.2.6.2), Record-Route too where it makes a
 * dialog, and the To tag is added where the request had none and `toTag` is given.
 */
export function createResponse(
  request: SipRequest,
  status: number,
  fields: {
    readonly reason?: string;
    readonly toTag?: string;
    readonly headers?: readonly SipHeader[];
    readonly body?: SipBody | null;
  } = {},
): SipResponse {
  const headers: SipHeader[] = [];
  for (const header of request.headers) {
    if (header.name === "Via" || header.name === "From" || header.name === "Call-ID" || header.name === "CSeq") headers.push(header);
  }
  const to =
    fields.toTag !== undefined && tagOf(request.to) === null
      ? { ...request.to, params: paramSet(request.to.params, "tag", fields.toTag) }
      : request.to;
  headers.push({ name: "To", value: to === request.to ? (headerGet(request, "To") ?? printNameAddr(to)) : printNameAddr(to) });
  if (request.method === "INVITE" && status > 100 && status < 300) {
    for (const value of headerAll(request, "Record-Route")) headers.push({ name: "Record-Route", value });
  }
  if (status === 100) {
    for (const value of headerAll(request, "Timestamp")) headers.push({ name: "Timestamp", value });
  }
  for (const header of fields.headers ?? []) headers.push({ name: canonicalName(header.name), value: header.value });
  const body = fields.body ?? null;
  if (body !== null) headers.push({ name: "Content-Type", value: body.contentType });
  return {
    kind: "response",
    status,
    reason: fields.reason ?? reasonPhrase(status),
    headers,
    body: body?.bytes ?? EMPTY,
    vias: request.vias,
    from: request.from,
    to,
    callId: request.callId,
    cseq: request.cseq,
  };
}

/** The message with headers put in place of all of their names; a null value only removes. */
export function withHeader<M extends SipMessage>(message: M, name: string, value: string | null): M {
  const canonical = canonicalName(name);
  const headers = message.headers.filter((header) => header.name !== canonical);
  if (value !== null) headers.push({ name: canonical, value });
  return { ...message, headers };
}

/** The message with its topmost Via value replaced, typed and printed form alike. */
export function withTopVia<M extends SipMessage>(message: M, via: Via): M {
  const vias = [via, ...message.vias.slice(1)];
  const headers = message.headers.filter((header) => header.name !== "Via");
  return { ...message, vias, headers: [...vias.map((each) => ({ name: "Via", value: printVia(each) })), ...headers] };
}

/** Prints one Via value. */
export function printVia(via: Via): string {
  const port = via.port === null ? "" : `:${via.port}`;
  return `SIP/2.0/${via.transport} ${via.host}${port}${printParams(via.params)}`;
}

/** The branch of a Via; null where it has none (RFC 2543). */
export function branchOf(via: Via): string | null {
  return paramGet(via.params, "branch") ?? null;
}

function breaksLine(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 13 || c === 10) return true;
  }
  return false;
}
