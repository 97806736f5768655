import { aesCounterMode, expandAesKey } from "./aes.ts";
import { HmacSha1Key } from "./hmac-sha1.ts";

export const MASTER_KEY_BYTES = 16;
export const MASTER_SALT_BYTES = 14;
const AUTHENTICATION_KEY_BYTES = 20;

export type MasterKey = { readonly key: Uint8Array; readonly salt: Uint8Array };
/** What protects packets: AES in counter mode and HMAC-SHA1 with their keys inside. A constant-time back end can take its place. */
export type SrtpPrimitives = {
  /** XORs bytes[start, end) with the key stream that begins at the counter block `iv` (four words). */
  readonly crypt: (iv: Uint32Array, bytes: Uint8Array, start: number, end: number) => void;
  /** The HMAC's words over bytes[start, end) and, where given, one more word; valid until the next call. */
  readonly sign: (bytes: Uint8Array, start: number, end: number, word: number | null) => Uint32Array;
};
export type SrtpKeys = { readonly primitives: SrtpPrimitives; readonly salt: Uint32Array };
export type PrimitivesFactory = (cipherKey: Uint8Array, authenticationKey: Uint8Array) => SrtpPrimitives;

/** The primitives of this package: tables, quick, not constant-time (see aes.ts). */
export const tablePrimitives: PrimitivesFactory = (cipherKey, authenticationKey) => {
  const words = expandAesKey(cipherKey);
  const hmac = new HmacSha1Key(authenticationKey);
  return {
    crypt: (iv, bytes, start, end) => aesCounterMode(words, iv, bytes, start, end),
    sign: (bytes, start, end, word) => hmac.sign(bytes, start, end, word),
  };
};

/** The keys of one direction, from its master key (RFC 3711 §4.3, key derivation rate 0). */
export function deriveKeys(master: MasterKey, use: "rtp" | "rtcp", primitives: PrimitivesFactory = tablePrimitives): SrtpKeys {
  const base = use === "rtp" ? 0 : 3;
  const cipherKey = deriveKey(master, base, MASTER_KEY_BYTES);
  const authenticationKey = deriveKey(master, base + 1, AUTHENTICATION_KEY_BYTES);
  const salt = deriveKey(master, base + 2, MASTER_SALT_BYTES);
  return { primitives: primitives(cipherKey, authenticationKey), salt: wordsOf(salt) };
}

/** One session key by its label (RFC 3711 §4.3.1): the key stream of the master key at (label · salt). */
export function deriveKey(master: MasterKey, label: number, length: number): Uint8Array {
  const block = new Uint8Array(16);
  block.set(master.salt.subarray(0, MASTER_SALT_BYTES));
  block[7] = (block[7] as number) ^ label;
  const out = new Uint8Array(length);
  aesCounterMode(expandAesKey(master.key), wordsOf(block), out, 0, length);
  return out;
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(4);
  for (let i = 0; i < 16; i += 1) words[i >> 2] = ((words[i >> 2] as number) << 8) | (bytes[i] ?? 0);
  return words;
}
