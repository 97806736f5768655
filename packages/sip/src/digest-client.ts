// The client's side of digest (RFC 3261 §22, RFC 8760): answers the challenges of one account with one peer.
import type { Hash } from "@allo/kernel";
import { digestAnswer } from "./digest.ts";
import { headerAll } from "./message.ts";
import type { SipHeader, SipRequest } from "./message.ts";
import { parseAuthParams } from "./parse.ts";
import { createRequest } from "./serialize.ts";
import type { Authenticate } from "./stack-types.ts";
import { paramGet, printUri, unquote } from "./uri.ts";

export const digestClientLimits = { noncesMax: 64, challengesPerResponseMax: 8 } as const;

/** Headers that createRequest writes itself, and those of an answer to another challenge. */
const STRUCTURAL: ReadonlySet<string> = new Set(["Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Content-Type", "Content-Length"]);

/**
 * Answers challenges for one account. With a realm given, a challenge of any other is not answered; without one the first that
 * we support is. A request that already carried credentials for a realm is answered again only where the nonce had aged.
 */
export function createDigestClient(options: {
  readonly hash: Hash;
  readonly newCnonce: () => string;
  readonly user: string;
  readonly password: string;
  readonly realm: string | null;
}): Authenticate {
  /** How often each nonce was used: RFC 7616 §3.4 wants the count to rise. */
  const uses = new Map<string, number>();
  return ({ request, response }) => {
    if (request.method === "BYE" || request.method === "ACK" || request.method === "CANCEL") return null;
    const isProxy = response.status === 407;
    const name = isProxy ? "Proxy-Authorization" : "Authorization";
    const tried = headerAll(request, name).map((value) => readDigest(value)?.realm);
    for (const challenge of headerAll(response, isProxy ? "Proxy-Authenticate" : "WWW-Authenticate").slice(
      0,
      digestClientLimits.challengesPerResponseMax,
    )) {
      const read = readDigest(challenge);
      if (read === null || (options.realm !== null && read.realm !== options.realm)) continue;
      if (tried.includes(read.realm) && !read.isStale) continue;
      const nc = (uses.get(read.nonce) ?? 0) + 1;
      const value = digestAnswer(options.hash, {
        challenges: [challenge],
        method: request.method,
        uri: printUri(request.uri),
        user: options.user,
        password: options.password,
        realm: read.realm,
        cnonce: options.newCnonce(),
        nc,
      });
      if (value === null) continue;
      uses.delete(read.nonce);
      uses.set(read.nonce, nc);
      if (uses.size > digestClientLimits.noncesMax) uses.delete(uses.keys().next().value as string);
      return { name, value };
    }
    return null;
  };
}

/** The same request again with credentials: its own CSeq, no Via yet; earlier credentials of the other kind stay. */
export function authorisedRequest(request: SipRequest, credentials: SipHeader, cseq: number): SipRequest {
  const contentType = headerAll(request, "Content-Type")[0];
  return createRequest({
    method: request.method,
    uri: request.uri,
    vias: [],
    from: request.from,
    to: request.to,
    callId: request.callId,
    cseq,
    headers: [...request.headers.filter(({ name }) => !STRUCTURAL.has(name) && name !== credentials.name), credentials],
    body: request.body.length === 0 || contentType === undefined ? null : { contentType, bytes: request.body },
  });
}

function readDigest(value: string): { readonly realm: string; readonly nonce: string; readonly isStale: boolean } | null {
  const parsed = parseAuthParams(value);
  if (parsed === null || parsed.scheme !== "digest") return null;
  const get = (name: string): string => unquote(paramGet(parsed.params, name) ?? "");
  return { realm: get("realm"), nonce: get("nonce"), isStale: get("stale").toLowerCase() === "true" };
}
