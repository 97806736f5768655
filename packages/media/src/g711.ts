import type { Codec } from "./engine-port.ts";

// G.711 by tables. The arithmetic that fills them is ITU-T G.711's (as in G.191's reference), on 16-bit linear samples.

export const SAMPLE_RATE = 8_000;
export const FRAME_MS = 20;
export const FRAME_SAMPLES = 160;
/** The byte that is heard as nothing. */
export const SILENCE_BYTE: Readonly<Record<Codec, number>> = { PCMU: 0xff, PCMA: 0xd5 };
export const STATIC_PAYLOAD_TYPE: Readonly<Record<Codec, number>> = { PCMU: 0, PCMA: 8 };

const DECODE: Readonly<Record<Codec, Int16Array>> = { PCMU: decodeTable(expandMuLaw), PCMA: decodeTable(expandALaw) };
const ENCODE: Readonly<Record<Codec, Uint8Array>> = { PCMU: encodeTable(compressMuLaw), PCMA: encodeTable(compressALaw) };
const MU_TO_A = DECODE.PCMU.reduce((table, sample, byte) => ((table[byte] = compressALaw(sample)), table), new Uint8Array(256));
const A_TO_MU = DECODE.PCMA.reduce((table, sample, byte) => ((table[byte] = compressMuLaw(sample)), table), new Uint8Array(256));

/** The linear sample of one byte. */
export function decodeSample(codec: Codec, byte: number): number {
  return DECODE[codec][byte & 0xff] as number;
}

/** The byte of one linear sample. */
export function encodeSample(codec: Codec, sample: number): number {
  return ENCODE[codec][(sample + 32_768) & 0xffff] as number;
}

export function decodeG711(codec: Codec, bytes: Uint8Array, out: Int16Array = new Int16Array(bytes.length)): Int16Array {
  const table = DECODE[codec];
  for (let i = 0; i < bytes.length; i += 1) out[i] = table[bytes[i] as number] as number;
  return out;
}

export function encodeG711(codec: Codec, samples: Int16Array, out: Uint8Array = new Uint8Array(samples.length)): Uint8Array {
  const table = ENCODE[codec];
  for (let i = 0; i < samples.length; i += 1) out[i] = table[(samples[i] as number) + 32_768] as number;
  return out;
}

/** The table that turns bytes of one law into the other's, or null where they are the same. */
export function transcodeTable(from: Codec, to: Codec): Uint8Array | null {
  if (from === to) return null;
  return from === "PCMU" ? MU_TO_A : A_TO_MU;
}

function compressMuLaw(sample: number): number {
  const magnitude = Math.min(0x1fff, (sample < 0 ? ~sample >> 2 : sample >> 2) + 33);
  let segment = 1;
  for (let rest = magnitude >> 6; rest !== 0; rest >>= 1) segment += 1;
  const byte = ((8 - segment) << 4) | (0x0f - ((magnitude >> segment) & 0x0f));
  return sample >= 0 ? byte | 0x80 : byte;
}

function expandMuLaw(byte: number): number {
  const inverted = ~byte;
  const exponent = (inverted >> 4) & 0x07;
  const step = 4 << (exponent + 1);
  const magnitude = (0x80 << exponent) + step * (inverted & 0x0f) + step / 2 - 4 * 33;
  return byte < 0x80 ? 0 - magnitude : magnitude;
}

function compressALaw(sample: number): number {
  let value = sample < 0 ? ~sample >> 4 : sample >> 4;
  if (value > 15) {
    let exponent = 1;
    while (value > 31) {
      value >>= 1;
      exponent += 1;
    }
    value = value - 16 + (exponent << 4);
  }
  return (sample >= 0 ? value | 0x80 : value) ^ 0x55;
}

function expandALaw(byte: number): number {
  const value = (byte ^ 0x55) & 0x7f;
  const exponent = value >> 4;
  let magnitude = value & 0x0f;
  if (exponent > 0) magnitude += 16;
  magnitude = (magnitude << 4) + 8;
  if (exponent > 1) magnitude <<= exponent - 1;
  return byte > 127 ? magnitude : -magnitude;
}

function decodeTable(expand: (byte: number) => number): Int16Array {
  return Int16Array.from({ length: 256 }, (_, byte) => expand(byte));
}

function encodeTable(compress: (sample: number) => number): Uint8Array {
  return Uint8Array.from({ length: 65_536 }, (_, index) => compress(index - 32_768));
}
