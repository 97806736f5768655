// RFC 7616 and RFC 8760: digest with several challenges, stateless nonces and strictly rising nonce counts.
import { utf8Encode } from "@allo/kernel";
import type { Hash, Hmac, Instant } from "@allo/kernel";
import { headerAll } from "./message.ts";
import type { SipHeader, SipRequest } from "./message.ts";
import { parseAuthParams } from "./parse.ts";
import { paramGet, parseUri, quote, unquote } from "./uri.ts";

export const digestLimits = {
  nonceLifetimeMs: 300_000,
  /** Nonces whose last count is remembered; the oldest is forgotten first and is then stale. */
  noncesMax: 50_000,
  credentialsPerRequestMax: 8,
} as const;

/** In the order of preference in which they are offered. */
export type DigestAlgorithm = "SHA-256" | "MD5";

/** What is stored of a password: H(user:realm:password) for each algorithm; never the password. */
export type DigestCredentials = { readonly sha256: string; readonly md5: string };

export type DigestVerdict =
  | { readonly kind: "accepted"; readonly user: string }
  /** Answer 401 with these headers: the same for a wrong password and an unknown user. */
  | {
      readonly kind: "challenged";
      readonly headers: readonly SipHeader[];
      readonly isStale: boolean;
      readonly user: string | null;
      /** A wrong password or an unknown name, under a nonce of ours that came from this source: no forged address. */
      readonly isWrong: boolean;
    };

export type DigestServer = {
  readonly challenge: (fields: { at: Instant; source: string; isStale?: boolean }) => readonly SipHeader[];
  /** `source` binds a nonce to where it was asked from (an address). `credentials` gives null for an unknown user. */
  readonly verify: (fields: {
    at: Instant;
    source: string;
    request: SipRequest;
    credentials: (user: string) => DigestCredentials | null;
  }) => DigestVerdict;
};

/** Hashes a password for storage. */
export function digestCredentials(hash: Hash, fields: { user: string; realm: string; password: string }): DigestCredentials {
  const text = `${fields.user}:${fields.realm}:${fields.password}`;
  return { sha256: hash.sha256Hex(text), md5: hash.md5Hex(text) };
}

export function createDigestServer(options: {
  readonly hash: Hash;
  readonly hmac: Hmac;
  readonly realm: string;
  readonly algorithms?: readonly DigestAlgorithm[];
  readonly nonceLifetimeMs?: number;
}): DigestServer {
  const { hash, hmac, realm } = options;
  const algorithms = options.algorithms ?? ["SHA-256", "MD5"];
  const lifetimeMs = options.nonceLifetimeMs ?? digestLimits.nonceLifetimeMs;
  const counts = new Map<string, number>();
  let serial = 0;
  // An unknown user is checked against these, so that the answer takes the same work and the same time.
  const nobody: DigestCredentials = { sha256: "0".repeat(64), md5: "0".repeat(32) };

  const seal = (at: string, number: string, source: string): string =>
    hex(hmac(utf8Encode(`${at}|${number}|${source}|${realm}`))).slice(0, 32);

  function challenge({ at, source, isStale = false }: { at: Instant; source: string; isStale?: boolean }): readonly SipHeader[] {
    serial += 1;
    const time = Math.floor(at).toString(16);
    const number = serial.toString(16);
    const nonce = `${time}-${number}-${seal(time, number, source)}`;
    return algorithms.map((algorithm) => ({
      name: "WWW-Authenticate",
      value: `Digest realm=${quote(realm)}, nonce="${nonce}", qop="auth", algorithm=${algorithm}${isStale ? ", stale=true" : ""}`,
    }));
  }

  function nonceState(nonce: string, at: Instant, source: string): "good" | "old" | "foreign" {
    const [time = "", number = "", mark = "", ...rest] = nonce.split("-");
    if (rest.length > 0 || !equalText(mark, seal(time, number, source))) return "foreign";
    const age = at - Number.parseInt(time, 16);
    return age >= 0 && age <= lifetimeMs ? "good" : "old";
  }

  function verify(fields: {
    at: Instant;
    source: string;
    request: SipRequest;
    credentials: (user: string) => DigestCredentials | null;
  }): DigestVerdict {
    const { at, source, request } = fields;
    let isStale = false;
    let triedUser: string | null = null;
    let isWrong = false;
    for (const value of headerAll(request, "Authorization").slice(0, digestLimits.credentialsPerRequestMax)) {
      const given = readDigest(value);
      if (given === null || given.realm !== realm || given.qop !== "auth") continue;
      const algorithm = algorithms.find((each) => each === given.algorithm);
      const count = /^[0-9a-fA-F]{8}$/.test(given.nc) ? Number.parseInt(given.nc, 16) : 0;
      if (algorithm === undefined || count === 0 || given.cnonce === "" || !isSameTarget(given.uri, request)) continue;
      triedUser = given.user;
      const known = fields.credentials(given.user);
      const stored = known ?? nobody;
      const digest = algorithm === "SHA-256" ? hash.sha256Hex : hash.md5Hex;
      const expected = digestResponse(digest, {
        ha1: algorithm === "SHA-256" ? stored.sha256 : stored.md5,
        method: request.method,
        uri: given.uri,
        nonce: given.nonce,
        nc: given.nc,
        cnonce: given.cnonce,
        qop: "auth",
      });
      const isRight = equalText(expected, given.response.toLowerCase()) && known !== null;
      const state = nonceState(given.nonce, at, source);
      if (!isRight) {
        isWrong ||= state === "good";
        continue;
      }
      if (state !== "good") {
        // RFC 7616 §3.3: the password was right, only the nonce has aged, so the client need not ask its user again.
        isStale ||= state === "old";
        continue;
      }
      const last = counts.get(given.nonce) ?? 0;
      if (count <= last) continue;
      counts.delete(given.nonce);
      counts.set(given.nonce, count);
      if (counts.size > digestLimits.noncesMax) counts.delete(counts.keys().next().value as string);
      return { kind: "accepted", user: given.user };
    }
    return { kind: "challenged", headers: challenge({ at, source, isStale }), isStale, user: triedUser, isWrong };
  }

  return { challenge, verify };
}

/** The client's side: an Authorization value for the first challenge that we support; null where there is none. */
export function digestAnswer(
  hash: Hash,
  fields: {
    readonly challenges: readonly string[];
    readonly method: string;
    readonly uri: string;
    readonly user: string;
    readonly password: string;
    /** Our peer's realm: a challenge of any other realm is not answered (digest leak). */
    readonly realm: string;
    readonly cnonce: string;
    readonly nc: number;
  },
): string | null {
  for (const challenge of fields.challenges) {
    const parsed = parseAuthParams(challenge);
    if (parsed === null || parsed.scheme !== "digest") continue;
    const get = (name: string): string => unquote(paramGet(parsed.params, name) ?? "");
    const algorithm = (get("algorithm") || "MD5").toUpperCase();
    if (get("realm") !== fields.realm || (algorithm !== "MD5" && algorithm !== "SHA-256")) continue;
    const hasQop = get("qop")
      .split(",")
      .map((each) => each.trim())
      .includes("auth");
    if (get("qop") !== "" && !hasQop) continue;
    const digest = algorithm === "MD5" ? hash.md5Hex : hash.sha256Hex;
    const nc = fields.nc.toString(16).padStart(8, "0");
    const response = digestResponse(digest, {
      ha1: digest(`${fields.user}:${fields.realm}:${fields.password}`),
      method: fields.method,
      uri: fields.uri,
      nonce: get("nonce"),
      nc,
      cnonce: fields.cnonce,
      qop: hasQop ? "auth" : null,
    });
    const opaque = get("opaque");
    return `Digest username=${quote(fields.user)}, realm=${quote(fields.realm)}, nonce=${quote(get("nonce"))}, uri=${quote(fields.uri)}, response="${response}", algorithm=${algorithm}${
      hasQop ? `, qop=auth, nc=${nc}, cnonce=${quote(fields.cnonce)}` : ""
    }${opaque === "" ? "" : `, opaque=${quote(opaque)}`}`;
  }
  return null;
}

/** RFC 7616 §3.4.1; without qop the form of RFC 2069. */
export function digestResponse(
  digest: (text: string) => string,
  fields: { ha1: string; method: string; uri: string; nonce: string; nc: string; cnonce: string; qop: "auth" | null },
): string {
  const ha2 = digest(`${fields.method}:${fields.uri}`);
  return fields.qop === null
    ? digest(`${fields.ha1}:${fields.nonce}:${ha2}`)
    : digest(`${fields.ha1}:${fields.nonce}:${fields.nc}:${fields.cnonce}:auth:${ha2}`);
}

function readDigest(value: string) {
  const parsed = parseAuthParams(value);
  if (parsed === null || parsed.scheme !== "digest") return null;
  const get = (name: string): string => unquote(paramGet(parsed.params, name) ?? "");
  return {
    user: get("username"),
    realm: get("realm"),
    nonce: get("nonce"),
    uri: get("uri"),
    response: get("response"),
    nc: get("nc"),
    cnonce: get("cnonce"),
    qop: get("qop"),
    algorithm: (get("algorithm") || "MD5").toUpperCase(),
  };
}

/** The digest must be for this request: user and host of its uri are the Request-URI's (a REGISTER has no user). */
function isSameTarget(text: string, request: SipRequest): boolean {
  const uri = parseUri(text);
  if (uri === null || uri.kind !== request.uri.kind) return false;
  if (uri.kind === "other" || request.uri.kind === "other") return uri.kind === "other" && text === `${uri.scheme}:${uri.rest}`;
  return uri.host === request.uri.host && uri.user === request.uri.user;
}

/** Compares without telling by its time where two texts differ. */
function equalText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i += 1) difference |= a.charCodeAt(i) ^ (i < b.length ? b.charCodeAt(i) : 0);
  return difference === 0;
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
