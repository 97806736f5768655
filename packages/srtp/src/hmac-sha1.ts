// HMAC-SHA1 (RFC 2104, FIPS 180-4) whose two key blocks are hashed once per key, so that a packet costs only its own blocks.

const BLOCK_BYTES = 64;
export const SHA1_BYTES = 20;
const INITIAL = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);

/** One key's HMAC. Not re-entrant: one instance belongs to one thread. */
export class HmacSha1Key {
  readonly #inner: Uint32Array;
  readonly #outer: Uint32Array;
  readonly #state = new Uint32Array(5);
  readonly #words = new Int32Array(80);
  readonly #tail = new Uint8Array(2 * BLOCK_BYTES);
  readonly #digestBlock = new Uint8Array(BLOCK_BYTES);

  /** `key` up to 64 bytes. */
  constructor(key: Uint8Array) {
    const block = new Uint8Array(BLOCK_BYTES);
    this.#inner = this.#keyState(block, key, 0x36);
    this.#outer = this.#keyState(block, key, 0x5c);
    this.#digestBlock[SHA1_BYTES] = 0x80;
    new DataView(this.#digestBlock.buffer).setUint32(60, (BLOCK_BYTES + SHA1_BYTES) * 8);
  }

  /** The five words of the HMAC over bytes[start, end) followed, where given, by one 32-bit word. Valid until the next call. */
  sign(bytes: Uint8Array, start: number, end: number, word: number | null): Uint32Array {
    const state = this.#state;
    state.set(this.#inner);
    let offset = start;
    for (; offset + BLOCK_BYTES <= end; offset += BLOCK_BYTES) compress(state, this.#words, bytes, offset);
    const tail = this.#tail;
    let length = 0;
    while (offset < end) tail[length++] = bytes[offset++] as number;
    if (word !== null) {
      tail[length++] = word >>> 24;
      tail[length++] = (word >>> 16) & 0xff;
      tail[length++] = (word >>> 8) & 0xff;
      tail[length++] = word & 0xff;
    }
    const bits = (BLOCK_BYTES + end - start + (word === null ? 0 : 4)) * 8;
    tail[length++] = 0x80;
    const tailBytes = length > BLOCK_BYTES - 8 ? 2 * BLOCK_BYTES : BLOCK_BYTES;
    tail.fill(0, length, tailBytes - 4);
    writeWord(tail, tailBytes - 4, bits);
    compress(state, this.#words, tail, 0);
    if (tailBytes > BLOCK_BYTES) compress(state, this.#words, tail, BLOCK_BYTES);
    for (let i = 0; i < 5; i += 1) writeWord(this.#digestBlock, 4 * i, state[i] as number);
    state.set(this.#outer);
    compress(state, this.#words, this.#digestBlock, 0);
    return state;
  }

  #keyState(block: Uint8Array, key: Uint8Array, pad: number): Uint32Array {
    for (let i = 0; i < BLOCK_BYTES; i += 1) block[i] = (key[i] ?? 0) ^ pad;
    const state = Uint32Array.from(INITIAL);
    compress(state, this.#words, block, 0);
    return state;
  }
}

function compress(state: Uint32Array, w: Int32Array, bytes: Uint8Array, offset: number): void {
  for (let i = 0; i < 16; i += 1) {
    const at = offset + 4 * i;
    w[i] = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  }
  for (let i = 16; i < 80; i += 1) {
    const x = (w[i - 3] as number) ^ (w[i - 8] as number) ^ (w[i - 14] as number) ^ (w[i - 16] as number);
    w[i] = (x << 1) | (x >>> 31);
  }
  let a = (state[0] as number) | 0;
  let b = (state[1] as number) | 0;
  let c = (state[2] as number) | 0;
  let d = (state[3] as number) | 0;
  let e = (state[4] as number) | 0;
  let t = 0;
  for (let i = 0; i < 20; i += 1) {
    t = (((a << 5) | (a >>> 27)) + ((b & c) | (~b & d)) + e + 0x5a827999 + (w[i] as number)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  for (let i = 20; i < 40; i += 1) {
    t = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0x6ed9eba1 + (w[i] as number)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  for (let i = 40; i < 60; i += 1) {
    t = (((a << 5) | (a >>> 27)) + ((b & c) | (b & d) | (c & d)) + e + 0x8f1bbcdc + (w[i] as number)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  for (let i = 60; i < 80; i += 1) {
    t = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0xca62c1d6 + (w[i] as number)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
  state[4] = (state[4] as number) + e;
}

function writeWord(bytes: Uint8Array, offset: number, word: number): void {
  bytes[offset] = word >>> 24;
  bytes[offset + 1] = (word >>> 16) & 0xff;
  bytes[offset + 2] = (word >>> 8) & 0xff;
  bytes[offset + 3] = word & 0xff;
}
