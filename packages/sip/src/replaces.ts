// RFC 3891 Replaces, and Refer-To (RFC 3515) that may carry it.
import { isToken, Scanner } from "./scanner.ts";
import { parseNameAddr, paramGet, printUri, scanParams, unescapeUser } from "./uri.ts";
import type { Uri } from "./uri.ts";

/** The dialog to be replaced, as its own end names it: `toTag` is the tag of whoever receives the header. */
export type Replaces = { readonly callId: string; readonly toTag: string; readonly fromTag: string; readonly earlyOnly: boolean };

/** Where a REFER points. */
export type ReferTarget = {
  /** Without the headers that stood after "?". */
  readonly uri: Uri;
  readonly displayName: string | null;
  /** What is to be sent there; INVITE where nothing is said. */
  readonly method: string;
  readonly replaces: Replaces | null;
};

/** Null where the value is malformed or a tag is missing (RFC 3891 §3: then 400). */
export function parseReplaces(value: string): Replaces | null {
  const end = value.search(/[;,\s]/);
  const callId = end < 0 ? value : value.slice(0, end);
  if (callId.length === 0) return null;
  const scanner = new Scanner(end < 0 ? "" : value.slice(end));
  const params = scanParams(scanner);
  if (params === null || !scanner.atEnd()) return null;
  const toTag = paramGet(params, "to-tag");
  const fromTag = paramGet(params, "from-tag");
  if (typeof toTag !== "string" || typeof fromTag !== "string") return null;
  if (params.filter((param) => param.name === "to-tag" || param.name === "from-tag").length !== 2) return null;
  return { callId, toTag, fromTag, earlyOnly: paramGet(params, "early-only") !== undefined };
}

export function printReplaces(replaces: Replaces): string {
  return `${replaces.callId};to-tag=${replaces.toTag};from-tag=${replaces.fromTag}${replaces.earlyOnly ? ";early-only" : ""}`;
}

/** Reads Refer-To; null where it is malformed, or holds a Replaces that is. Its other headers are never taken over. */
export function parseReferTo(value: string): ReferTarget | null {
  const address = parseNameAddr(value);
  if (address === null) return null;
  const { uri, displayName } = address;
  if (uri.kind !== "sip") return { uri, displayName, method: "INVITE", replaces: null };
  const method = paramGet(uri.params, "method") ?? "INVITE";
  if (!isToken(method)) return null;
  let replaces: Replaces | null = null;
  for (const field of (uri.headers ?? "").split("&")) {
    const equals = field.indexOf("=");
    if (equals < 0 || field.slice(0, equals).toLowerCase() !== "replaces") continue;
    replaces = parseReplaces(unescapeUser(field.slice(equals + 1)));
    if (replaces === null) return null;
  }
  const bare: Uri = { ...uri, headers: null, params: uri.params.filter((param) => param.name !== "method") };
  return { uri: bare, displayName, method: method.toUpperCase(), replaces };
}

/** A Refer-To value; Replaces goes in escaped (RFC 3891 §4). */
export function printReferTo(target: { readonly uri: Uri; readonly replaces?: Replaces | null }): string {
  const { uri, replaces } = target;
  if (!replaces) return `<${printUri(uri)}>`;
  return `<${printUri(uri)}?Replaces=${encodeURIComponent(printReplaces(replaces))}>`;
}
