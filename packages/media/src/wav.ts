import type { Result } from "@allo/kernel";
import { fail, ok } from "@allo/kernel";
import type { Codec } from "./engine-port.ts";
import { decodeG711 } from "./g711.ts";

// WAV (RIFF) with 16-bit PCM or G.711. What people upload is hostile until read: every length is checked, nothing throws.

export type WavAudio = {
  readonly sampleRate: number;
  readonly channels: number;
  /** Interleaved, 16 bits. */
  readonly samples: Int16Array;
};
export type WavFailure = "notWav" | "truncated" | "unsupportedFormat" | "malformed" | "tooLong" | "noSound";

export const WAV_HEADER_BYTES = 44;
/** An hour of stereo at 48 kHz is not a prompt. */
export const WAV_SAMPLES_MAX = 48_000 * 60 * 20;
const FORMAT_PCM = 1;
const FORMAT_A_LAW = 6;
const FORMAT_MU_LAW = 7;
const FORMAT_EXTENSIBLE = 0xfffe;
const SAMPLE_RATE_MIN = 4_000;
const SAMPLE_RATE_MAX = 192_000;

type WavFormat = { readonly format: number; readonly channels: number; readonly sampleRate: number; readonly bits: number };

export function parseWav(bytes: Uint8Array): Result<WavAudio, WavFailure> {
  if (bytes.length < 12) return fail("notWav");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (textAt(bytes, 0) !== "RIFF" || textAt(bytes, 8) !== "WAVE") return fail("notWav");
  let format: WavFormat | null = null;
  let offset = 12;
  while (offset + 8 <= bytes.length) {
    const name = textAt(bytes, offset);
    const size = view.getUint32(offset + 4, true);
    const start = offset + 8;
    if (name === "fmt ") {
      if (size < 16 || start + size > bytes.length) return fail("malformed");
      format = readFormat(view, start, size);
    } else if (name === "data") {
      if (format === null) return fail("malformed");
      // Recorders that were cut off, and streams, leave the size open: what is there counts.
      return readSamples(bytes.subarray(start, Math.min(bytes.length, start + size)), format);
    }
    offset = start + size + (size % 2);
  }
  return fail(format === null ? "malformed" : "truncated");
}

/** The 44 bytes before `dataBytes` of interleaved 16-bit samples. */
export function buildWavHeader(wav: { readonly sampleRate: number; readonly channels: number; readonly dataBytes: number }): Uint8Array {
  const bytes = new Uint8Array(WAV_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const blockBytes = wav.channels * 2;
  putText(bytes, 0, "RIFF");
  view.setUint32(4, WAV_HEADER_BYTES - 8 + wav.dataBytes, true);
  putText(bytes, 8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, FORMAT_PCM, true);
  view.setUint16(22, wav.channels, true);
  view.setUint32(24, wav.sampleRate, true);
  view.setUint32(28, wav.sampleRate * blockBytes, true);
  view.setUint16(32, blockBytes, true);
  view.setUint16(34, 16, true);
  putText(bytes, 36, "data");
  view.setUint32(40, wav.dataBytes, true);
  return bytes;
}

export function buildWav(audio: WavAudio): Uint8Array {
  const dataBytes = audio.samples.length * 2;
  const bytes = new Uint8Array(WAV_HEADER_BYTES + dataBytes);
  bytes.set(buildWavHeader({ sampleRate: audio.sampleRate, channels: audio.channels, dataBytes }));
  const view = new DataView(bytes.buffer);
  audio.samples.forEach((sample, i) => view.setInt16(WAV_HEADER_BYTES + 2 * i, sample, true));
  return bytes;
}

function readFormat(view: DataView, start: number, size: number): WavFormat {
  const tag = view.getUint16(start, true);
  return {
    // The extensible form names its codec in the first two bytes of a GUID.
    format: tag === FORMAT_EXTENSIBLE && size >= 26 ? view.getUint16(start + 24, true) : tag,
    channels: view.getUint16(start + 2, true),
    sampleRate: view.getUint32(start + 4, true),
    bits: view.getUint16(start + 14, true),
  };
}

function readSamples(data: Uint8Array, format: WavFormat): Result<WavAudio, WavFailure> {
  const { channels, sampleRate, bits } = format;
  if (channels < 1 || channels > 8 || sampleRate < SAMPLE_RATE_MIN || sampleRate > SAMPLE_RATE_MAX) return fail("unsupportedFormat");
  const law: Codec | null = format.format === FORMAT_MU_LAW ? "PCMU" : format.format === FORMAT_A_LAW ? "PCMA" : null;
  if (law === null ? format.format !== FORMAT_PCM || (bits !== 16 && bits !== 8 && bits !== 24) : bits !== 8)
    return fail("unsupportedFormat");
  const bytesPerSample = bits / 8;
  const count = Math.floor(data.length / bytesPerSample / channels) * channels;
  if (count === 0) return fail("noSound");
  if (count > WAV_SAMPLES_MAX) return fail("tooLong");
  if (law !== null) return ok({ sampleRate, channels, samples: decodeG711(law, data.subarray(0, count)) });
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const samples = new Int16Array(count);
  for (let i = 0; i < count; i += 1) {
    if (bits === 16) samples[i] = view.getInt16(2 * i, true);
    else if (bits === 24) samples[i] = view.getInt16(3 * i + 1, true);
    else samples[i] = ((data[i] as number) - 128) * 256;
  }
  return ok({ sampleRate, channels, samples });
}

function textAt(bytes: Uint8Array, offset: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4));
}

function putText(bytes: Uint8Array, offset: number, text: string): void {
  for (let i = 0; i < text.length; i += 1) bytes[offset + i] = text.charCodeAt(i);
}
