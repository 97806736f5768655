// AES-128 (FIPS 197), encryption only: counter mode needs no more. Tables of 32-bit words, filled from the field's arithmetic.
// Table look-ups take time that depends on the data: whoever shares the processor's cache with this process could in principle
// learn from it. `SrtpPrimitives` is the port by which a constant-time back end takes its place.

const SBOX = new Uint8Array(256);
const T0 = new Uint32Array(256);
const T1 = new Uint32Array(256);
const T2 = new Uint32Array(256);
const T3 = new Uint32Array(256);
const ROUNDS = 10;
export const AES_BLOCK_BYTES = 16;

fillTables();

/** The 44 round-key words of a 16-byte key. */
export function expandAesKey(key: Uint8Array): Uint32Array {
  const words = new Uint32Array(4 * (ROUNDS + 1));
  for (let i = 0; i < 4; i += 1) {
    words[i] =
      ((key[4 * i] as number) << 24) | ((key[4 * i + 1] as number) << 16) | ((key[4 * i + 2] as number) << 8) | (key[4 * i + 3] as number);
  }
  let constant = 1;
  for (let i = 4; i < words.length; i += 1) {
    let word = words[i - 1] as number;
    if (i % 4 === 0) {
      word = substitute((word << 8) | (word >>> 24)) ^ (constant << 24);
      constant = double(constant);
    }
    words[i] = (words[i - 4] as number) ^ word;
  }
  return words;
}

/**
 * XORs bytes[start, end) with the key stream of counter mode (RFC 3711 §4.1.1). `iv` are the four words of the first counter
 * block; its last 16 bits count the blocks.
 */
export function aesCounterMode(keys: Uint32Array, iv: Uint32Array, bytes: Uint8Array, start: number, end: number): void {
  const i0 = iv[0] as number;
  const i1 = iv[1] as number;
  const i2 = iv[2] as number;
  const i3 = iv[3] as number;
  let block = 0;
  for (let offset = start; offset < end; offset += AES_BLOCK_BYTES) {
    let s0 = i0 ^ (keys[0] as number);
    let s1 = i1 ^ (keys[1] as number);
    let s2 = i2 ^ (keys[2] as number);
    let s3 = (i3 + block) ^ (keys[3] as number);
    block += 1;
    let k = 4;
    for (let round = 1; round < ROUNDS; round += 1) {
      const t0 =
        (T0[s0 >>> 24] as number) ^
        (T1[(s1 >>> 16) & 0xff] as number) ^
        (T2[(s2 >>> 8) & 0xff] as number) ^
        (T3[s3 & 0xff] as number) ^
        (keys[k] as number);
      const t1 =
        (T0[s1 >>> 24] as number) ^
        (T1[(s2 >>> 16) & 0xff] as number) ^
        (T2[(s3 >>> 8) & 0xff] as number) ^
        (T3[s0 & 0xff] as number) ^
        (keys[k + 1] as number);
      const t2 =
        (T0[s2 >>> 24] as number) ^
        (T1[(s3 >>> 16) & 0xff] as number) ^
        (T2[(s0 >>> 8) & 0xff] as number) ^
        (T3[s1 & 0xff] as number) ^
        (keys[k + 2] as number);
      const t3 =
        (T0[s3 >>> 24] as number) ^
        (T1[(s0 >>> 16) & 0xff] as number) ^
        (T2[(s1 >>> 8) & 0xff] as number) ^
        (T3[s2 & 0xff] as number) ^
        (keys[k + 3] as number);
      s0 = t0;
      s1 = t1;
      s2 = t2;
      s3 = t3;
      k += 4;
    }
    const o0 = lastRound(s0, s1, s2, s3) ^ (keys[40] as number);
    const o1 = lastRound(s1, s2, s3, s0) ^ (keys[41] as number);
    const o2 = lastRound(s2, s3, s0, s1) ^ (keys[42] as number);
    const o3 = lastRound(s3, s0, s1, s2) ^ (keys[43] as number);
    if (offset + AES_BLOCK_BYTES <= end) {
      xorWord(bytes, offset, o0);
      xorWord(bytes, offset + 4, o1);
      xorWord(bytes, offset + 8, o2);
      xorWord(bytes, offset + 12, o3);
    } else {
      for (let i = 0; offset + i < end; i += 1) {
        const word = i < 4 ? o0 : i < 8 ? o1 : i < 12 ? o2 : o3;
        bytes[offset + i] = (bytes[offset + i] as number) ^ ((word >>> (24 - 8 * (i & 3))) & 0xff);
      }
    }
  }
}

function xorWord(bytes: Uint8Array, offset: number, word: number): void {
  bytes[offset] = (bytes[offset] as number) ^ (word >>> 24);
  bytes[offset + 1] = (bytes[offset + 1] as number) ^ ((word >>> 16) & 0xff);
  bytes[offset + 2] = (bytes[offset + 2] as number) ^ ((word >>> 8) & 0xff);
  bytes[offset + 3] = (bytes[offset + 3] as number) ^ (word & 0xff);
}

function lastRound(a: number, b: number, c: number, d: number): number {
  return (
    ((SBOX[a >>> 24] as number) << 24) |
    ((SBOX[(b >>> 16) & 0xff] as number) << 16) |
    ((SBOX[(c >>> 8) & 0xff] as number) << 8) |
    (SBOX[d & 0xff] as number)
  );
}

function substitute(word: number): number {
  return lastRound(word >>> 0, word >>> 0, word >>> 0, word >>> 0);
}

function double(value: number): number {
  return ((value << 1) ^ ((value & 0x80) === 0 ? 0 : 0x11b)) & 0xff;
}

function fillTables(): void {
  // p walks the field by powers of 3, q by their inverses; the affine map of FIPS 197 §5.1.1 makes the S-box.
  let p = 1;
  let q = 1;
  do {
    p = p ^ double(p);
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q &= 0xff;
    if ((q & 0x80) !== 0) q ^= 0x09;
    const rotated = q ^ rotate8(q, 1) ^ rotate8(q, 2) ^ rotate8(q, 3) ^ rotate8(q, 4);
    SBOX[p] = rotated ^ 0x63;
  } while (p !== 1);
  SBOX[0] = 0x63;
  for (let i = 0; i < 256; i += 1) {
    const s = SBOX[i] as number;
    const word = ((double(s) << 24) | (s << 16) | (s << 8) | (double(s) ^ s)) >>> 0;
    T0[i] = word;
    T1[i] = (word >>> 8) | (word << 24);
    T2[i] = (word >>> 16) | (word << 16);
    T3[i] = (word >>> 24) | (word << 8);
  }
}

function rotate8(value: number, bits: number): number {
  return ((value << bits) | (value >>> (8 - bits))) & 0xff;
}
