import type { NameAddr, Param, Uri } from "./uri.ts";

/** One header field: canonical name, unfolded value. Repeated fields stay separate and in order. */
export type SipHeader = { readonly name: string; readonly value: string };

/** One Via value. `sentBy` is host:port as written, for transaction matching. */
export type Via = {
  readonly transport: string;
  readonly host: string;
  readonly port: number | null;
  readonly params: readonly Param[];
};

export type CSeq = { readonly number: number; readonly method: string };

type MessageCore = {
  /** The truth for printing; the typed fields below were parsed from it. */
  readonly headers: readonly SipHeader[];
  readonly body: Uint8Array;
  readonly vias: readonly Via[];
  readonly from: NameAddr;
  readonly to: NameAddr;
  readonly callId: string;
  readonly cseq: CSeq;
};

export type SipRequest = MessageCore & { readonly kind: "request"; readonly method: string; readonly uri: Uri };
export type SipResponse = MessageCore & { readonly kind: "response"; readonly status: number; readonly reason: string };
export type SipMessage = SipRequest | SipResponse;

/** Why bytes are no SIP message, with what could be saved of them to answer statelessly. */
export type SipParseFailure = {
  readonly ok: false;
  readonly reason: string;
  /** Byte offset of the line at fault. */
  readonly offset: number;
  /** What to answer a request with; null where it must be dropped (a response, or nothing to answer to). */
  readonly statusCode: number | null;
  readonly method: string | null;
  /** Via, From, To, Call-ID and CSeq as they came, in order. */
  readonly salvaged: readonly SipHeader[];
};

export type SipParseResult = { readonly ok: true; readonly message: SipMessage } | SipParseFailure;

/** Content of a message body for building. */
export type SipBody = { readonly contentType: string; readonly bytes: Uint8Array };

const COMPACT: ReadonlyMap<string, string> = new Map([
  ["a", "Accept-Contact"],
  ["b", "Referred-By"],
  ["c", "Content-Type"],
  ["d", "Request-Disposition"],
  ["e", "Content-Encoding"],
  ["f", "From"],
  ["i", "Call-ID"],
  ["j", "Reject-Contact"],
  ["k", "Supported"],
  ["l", "Content-Length"],
  ["m", "Contact"],
  ["o", "Event"],
  ["r", "Refer-To"],
  ["s", "Subject"],
  ["t", "To"],
  ["u", "Allow-Events"],
  ["v", "Via"],
  ["x", "Session-Expires"],
]);

const CANONICAL: ReadonlyMap<string, string> = new Map(
  [
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Allow",
    "Allow-Events",
    "Authentication-Info",
    "Authorization",
    "Call-ID",
    "Contact",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "CSeq",
    "Date",
    "Diversion",
    "Event",
    "Expires",
    "From",
    "Max-Forwards",
    "Min-Expires",
    "Min-SE",
    "P-Asserted-Identity",
    "Path",
    "Privacy",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Require",
    "RAck",
    "Reason",
    "Record-Route",
    "Refer-Sub",
    "Refer-To",
    "Referred-By",
    "Replaces",
    "Require",
    "Retry-After",
    "Route",
    "RSeq",
    "Server",
    "Session-Expires",
    "Subject",
    "Subscription-State",
    "Supported",
    "To",
    "Unsupported",
    "User-Agent",
    "Via",
    "Warning",
    "WWW-Authenticate",
  ].map((name) => [name.toLowerCase(), name]),
);

/** Header fields that may stand once only; two of them are refused, since readers differ in which they take. */
export const SINGLE_HEADERS: ReadonlySet<string> = new Set([
  "To",
  "From",
  "Call-ID",
  "CSeq",
  "Content-Length",
  "Content-Type",
  "Max-Forwards",
  "Expires",
  "Min-Expires",
  "Event",
  "RSeq",
  "RAck",
  "Refer-Sub",
  "Refer-To",
  "Referred-By",
  "Replaces",
  "Session-Expires",
  "Min-SE",
  "Date",
  "Subject",
  "Content-Disposition",
  "Subscription-State",
]);

/** As nearly all write them. */
const USUAL: ReadonlyMap<string, string> = new Map([...CANONICAL.values()].map((name) => [name, name]));

/** The full name of a header in its usual capitals; unknown names keep theirs. */
export function canonicalName(name: string): string {
  const usual = USUAL.get(name);
  if (usual !== undefined) return usual;
  const lower = name.toLowerCase();
  return COMPACT.get(lower) ?? CANONICAL.get(lower) ?? name;
}

/** The first value of a header, or null. */
export function headerGet(message: { readonly headers: readonly SipHeader[] }, name: string): string | null {
  const canonical = canonicalName(name);
  for (const header of message.headers) if (isNamed(header, canonical)) return header.value;
  return null;
}

/** Headers of messages bear their canonical names: only one that is nowhere known may be written otherwise. */
function isNamed(header: SipHeader, canonical: string): boolean {
  return header.name === canonical || (!USUAL.has(canonical) && header.name.toLowerCase() === canonical.toLowerCase());
}

/** All values of a header, one per field line. */
export function headerAll(message: { readonly headers: readonly SipHeader[] }, name: string): readonly string[] {
  const canonical = canonicalName(name);
  return message.headers.filter((header) => isNamed(header, canonical)).map((header) => header.value);
}

/** The comma-separated tokens of a header over all its lines (Supported, Require, Allow); empty where it is absent. */
export function headerTokens(message: { readonly headers: readonly SipHeader[] }, name: string): readonly string[] {
  return headerAll(message, name)
    .flatMap((value) => value.split(","))
    .map((token) => token.trim())
    .filter((token) => token.length > 0);
}

/** The media type of the body in lower case without parameters; null without Content-Type. */
export function contentTypeOf(message: { readonly headers: readonly SipHeader[] }): string | null {
  const value = headerGet(message, "Content-Type");
  return value === null ? null : (value.split(";")[0] as string).trim().toLowerCase().replaceAll(" ", "");
}

/** The default reason phrase of a status code. */
export function reasonPhrase(status: number): string {
  return REASONS.get(status) ?? REASONS.get(Math.floor(status / 100) * 100) ?? "Unknown";
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [100, "Trying"],
  [180, "Ringing"],
  [181, "Call Is Being Forwarded"],
  [182, "Queued"],
  [183, "Session Progress"],
  [200, "OK"],
  [202, "Accepted"],
  [300, "Multiple Choices"],
  [302, "Moved Temporarily"],
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [406, "Not Acceptable"],
  [407, "Proxy Authentication Required"],
  [408, "Request Timeout"],
  [413, "Request Entity Too Large"],
  [415, "Unsupported Media Type"],
  [416, "Unsupported URI Scheme"],
  [420, "Bad Extension"],
  [421, "Extension Required"],
  [422, "Session Interval Too Small"],
  [423, "Interval Too Brief"],
  [480, "Temporarily Unavailable"],
  [481, "Call/Transaction Does Not Exist"],
  [482, "Loop Detected"],
  [483, "Too Many Hops"],
  [484, "Address Incomplete"],
  [486, "Busy Here"],
  [487, "Request Terminated"],
  [488, "Not Acceptable Here"],
  [489, "Bad Event"],
  [491, "Request Pending"],
  [500, "Server Internal Error"],
  [501, "Not Implemented"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
  [504, "Server Time-out"],
  [505, "Version Not Supported"],
  [513, "Message Too Large"],
  [600, "Busy Everywhere"],
  [603, "Decline"],
  [604, "Does Not Exist Anywhere"],
  [606, "Not Acceptable"],
]);
