/** Samples of one channel between −1 and 1, and how many of them make a second. */
export interface Sound {
  readonly rateHz: number;
  readonly samples: Float64Array;
}

const PCM_FORMAT = 1;
const BYTES_PER_SAMPLE = 2;
const HEADER_BYTES = 44;
const FULL_SCALE = 32_768;

/** Reads 16-bit PCM mono out of a WAV file; throws on anything else, as only our own makers' output comes here. */
export function readWav(bytes: Uint8Array): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (ascii(bytes, 0) !== "RIFF" || ascii(bytes, 8) !== "WAVE") throw new Error("not a WAV file");
  let rateHz = 0;
  let offset = 12;
  while (offset + 8 <= bytes.byteLength) {
    const name = ascii(bytes, offset);
    const declared = view.getUint32(offset + 4, true);
    const start = offset + 8;
    if (name === "fmt ") {
      const format = view.getUint16(start, true);
      const channels = view.getUint16(start + 2, true);
      const bits = view.getUint16(start + 14, true);
      if (format !== PCM_FORMAT || channels !== 1 || bits !== 16) throw new Error("not 16-bit PCM mono");
      rateHz = view.getUint32(start + 4, true);
    }
    if (name === "data") {
      // A synthesiser that writes to a pipe declares a length it cannot know: take what is really there.
      const length = Math.min(declared, bytes.byteLength - start);
      const samples = new Float64Array(Math.floor(length / BYTES_PER_SAMPLE));
      for (let i = 0; i < samples.length; i += 1) samples[i] = view.getInt16(start + i * BYTES_PER_SAMPLE, true) / FULL_SCALE;
      return { rateHz, samples };
    }
    offset = start + declared + (declared % 2);
  }
  throw new Error("no data in the WAV file");
}

/** Writes 16-bit PCM mono, each sample rounded; louder than full scale is clipped. */
export function writeWav(sound: Sound): Uint8Array {
  const dataBytes = sound.samples.length * BYTES_PER_SAMPLE;
  const bytes = new Uint8Array(HEADER_BYTES + dataBytes);
  const view = new DataView(bytes.buffer);
  putAscii(bytes, 0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  putAscii(bytes, 8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM_FORMAT, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sound.rateHz, true);
  view.setUint32(28, sound.rateHz * BYTES_PER_SAMPLE, true);
  view.setUint16(32, BYTES_PER_SAMPLE, true);
  view.setUint16(34, 16, true);
  putAscii(bytes, 36, "data");
  view.setUint32(40, dataBytes, true);
  sound.samples.forEach((sample, i) => {
    const value = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sample * FULL_SCALE)));
    view.setInt16(HEADER_BYTES + i * BYTES_PER_SAMPLE, value, true);
  });
  return bytes;
}

function ascii(bytes: Uint8Array, offset: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4));
}

function putAscii(bytes: Uint8Array, offset: number, text: string): void {
  for (let i = 0; i < text.length; i += 1) bytes[offset + i] = text.charCodeAt(i);
}
