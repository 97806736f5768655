// RFC 4568: SRTP keys in the session description, for trunks whose signalling is TLS.
import { attributeGet } from "./session-description.ts";
import type { SdpAttribute } from "./session-description.ts";

export const cryptoLimits = { linesMax: 16, keysMax: 4, tagMax: 999_999_999 } as const;

export type CryptoKey = {
  /** Master key, then master salt. */
  readonly keySalt: Uint8Array;
  /** Packets that it may protect, as a power of two; null where nothing is said. */
  readonly lifetimeLog2: number | null;
  readonly mki: { readonly value: number; readonly lengthBytes: number } | null;
};
export type SdpCrypto = {
  readonly tag: number;
  readonly suite: string;
  readonly keys: readonly CryptoKey[];
  readonly sessionParams: readonly string[];
};

/** Master key and salt in bytes, by suite (RFC 4568 §6.2, RFC 7714 §14.2). */
export const cryptoSuites: ReadonlyMap<string, number> = new Map([
  ["AES_CM_128_HMAC_SHA1_80", 30],
  ["AES_CM_128_HMAC_SHA1_32", 30],
  ["AEAD_AES_128_GCM", 28],
]);

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The value of one a=crypto; null where it is malformed. A suite that we don't know is read, its key in whatever length it has. */
export function parseCrypto(value: string): SdpCrypto | null {
  const [tag, suite, keyParams, ...sessionParams] = value.trim().split(/ +/);
  if (tag === undefined || !/^(0|[1-9][0-9]{0,8})$/.test(tag) || !suite || !/^[A-Za-z0-9_]{1,64}$/.test(suite) || !keyParams) return null;
  const keys: CryptoKey[] = [];
  for (const param of keyParams.split(";")) {
    const key = keys.length < cryptoLimits.keysMax ? parseKey(param) : null;
    if (key === null) return null;
    const bytes = cryptoSuites.get(suite);
    if (bytes !== undefined && key.keySalt.length !== bytes) return null;
    keys.push(key);
  }
  return { tag: Number(tag), suite, keys, sessionParams };
}

/** The value of a=crypto. */
export function printCrypto(crypto: SdpCrypto): string {
  const keys = crypto.keys.map((key) => {
    const lifetime = key.lifetimeLog2 === null ? "" : `|2^${key.lifetimeLog2}`;
    const mki = key.mki === null ? "" : `|${key.mki.value}:${key.mki.lengthBytes}`;
    return `inline:${toBase64(key.keySalt)}${lifetime}${mki}`;
  });
  return [String(crypto.tag), crypto.suite, keys.join(";"), ...crypto.sessionParams].join(" ");
}

/** All readable a=crypto of a media, in their order; those that are malformed are left out (RFC 4568 §5.1.2: never chosen). */
export function readCryptos(attributes: readonly SdpAttribute[]): readonly SdpCrypto[] {
  if (attributeGet(attributes, "crypto") === undefined) return [];
  const tags = new Set<number>();
  return attributes
    .filter((attribute) => attribute.name === "crypto" && attribute.value !== null)
    .slice(0, cryptoLimits.linesMax)
    .flatMap((attribute) => parseCrypto(attribute.value as string) ?? [])
    .filter((crypto) => !tags.has(crypto.tag) && tags.add(crypto.tag));
}

/**
 * The line to accept: the first that holds a suite of ours and asks for nothing that we lack. One key without MKI, and no session parameter
 * but those that may be left unread (RFC 4568 §6.3.7: "-" before the name).
 */
export function chooseCrypto(offered: readonly SdpCrypto[], suites: readonly string[]): SdpCrypto | null {
  return (
    offered.find(
      ({ suite, keys, sessionParams }) =>
        suites.includes(suite) &&
        keys.length === 1 &&
        keys[0]?.mki === null &&
        sessionParams.every((param) => param.startsWith("-") || param.startsWith("WSH=")),
    ) ?? null
  );
}

function parseKey(text: string): CryptoKey | null {
  const match = /^inline:([A-Za-z0-9+/]{8,128}={0,2})((?:\|[^|]{1,20}){0,2})$/.exec(text);
  const keySalt = match === null ? null : fromBase64(match[1] as string);
  if (match === null || keySalt === null) return null;
  let lifetimeLog2: number | null = null;
  let mki: CryptoKey["mki"] = null;
  for (const part of (match[2] as string).split("|").slice(1)) {
    const power = /^2\^([1-9][0-9]?)$/.exec(part)?.[1];
    const named = /^([0-9]{1,10}):([0-9]{1,3})$/.exec(part);
    if (named !== null && mki === null && Number(named[2]) >= 1 && Number(named[2]) <= 128) {
      mki = { value: Number(named[1]), lengthBytes: Number(named[2]) };
    } else if (lifetimeLog2 === null && mki === null && power !== undefined) lifetimeLog2 = Number(power);
    else if (lifetimeLog2 === null && mki === null && /^[1-9][0-9]{0,15}$/.test(part)) lifetimeLog2 = Math.floor(Math.log2(Number(part)));
    else return null;
  }
  if (lifetimeLog2 !== null && lifetimeLog2 > 48) return null;
  return { keySalt, lifetimeLog2, mki };
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const word = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let part = 0; part < 4; part += 1) text += i + part > bytes.length ? "=" : ALPHABET.charAt((word >> (18 - 6 * part)) & 63);
  }
  return text;
}

function fromBase64(text: string): Uint8Array | null {
  const digits = text.replace(/=+$/, "");
  if (digits.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let word = 0;
  let at = 0;
  for (let i = 0; i < digits.length; i += 1) {
    word = (word << 6) | ALPHABET.indexOf(digits.charAt(i));
    if (i % 4 === 0) continue;
    bytes[at] = (word >> (6 - 2 * (i % 4))) & 255;
    at += 1;
  }
  return bytes;
}
