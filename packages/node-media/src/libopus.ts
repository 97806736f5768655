import { createRequire } from "node:module";

// libopus in WebAssembly, from the package opusscript. Its own wrapper puts samples at twice the address that it has asked for, and keeps
// views of a memory that may grow: so the compiled library is called here itself, with buffers of our own.

type Handler = {
  _encode(pcmAt: number, pcmBytes: number, packetAt: number, frameSamples: number): number;
  _decode(packetAt: number, packetBytes: number, pcmAt: number): number;
  _encoder_ctl(request: number, value: number): number;
};
type Native = {
  readonly HEAPU8: Uint8Array;
  readonly HEAPU16: Uint16Array;
  _malloc(bytes: number): number;
  readonly OpusScriptHandler: (new (sampleRate: number, channels: number, application: number) => Handler) & {
    destroy_handler(handler: Handler): void;
  };
};

const APPLICATION_VOIP = 2_048;
const PACKET_BYTES_MAX = 3 * 1_276;
/** 120 ms at 48 kHz, the most that a packet can hold. */
const PCM_SAMPLES_MAX = 5_760;

let loaded: { readonly native: Native; readonly packetAt: number; readonly pcmAt: number } | null = null;

/** The library, loaded when first needed; one packet and one frame of memory serve all who use it, one after another. */
function libopus(): NonNullable<typeof loaded> {
  if (loaded !== null) return loaded;
  const native = (createRequire(import.meta.url)("opusscript/build/opusscript_native_wasm.js") as () => Native)();
  // Each byte of a sample has a place of 16 bits.
  loaded = { native, packetAt: native._malloc(PACKET_BYTES_MAX), pcmAt: native._malloc(4 * PCM_SAMPLES_MAX) };
  return loaded;
}

/** Encodes and decodes one mono stream of speech. Close it: its memory is the library's. */
export class OpusStream {
  readonly #handler: Handler;

  constructor(sampleRate: number) {
    this.#handler = new (libopus().native.OpusScriptHandler)(sampleRate, 1, APPLICATION_VOIP);
  }

  /** An encoder's setting (opus_defines.h). */
  set(request: number, value: number): void {
    must(this.#handler._encoder_ctl(request, value));
  }

  /** One packet. */
  encode(samples: Int16Array): Uint8Array {
    const { native, packetAt, pcmAt } = libopus();
    const pcm = native.HEAPU16.subarray(pcmAt / 2, pcmAt / 2 + 2 * samples.length);
    for (let i = 0; i < samples.length; i += 1) {
      const sample = samples[i] as number;
      pcm[2 * i] = sample & 0xff;
      pcm[2 * i + 1] = (sample >> 8) & 0xff;
    }
    const bytes = must(this.#handler._encode(pcmAt, 2 * samples.length, packetAt, samples.length));
    return native.HEAPU8.slice(packetAt, packetAt + bytes);
  }

  /** Its samples; null where it is no packet. */
  decode(packet: Uint8Array): Int16Array | null {
    if (packet.length === 0 || packet.length > PACKET_BYTES_MAX) return null;
    const { native, packetAt, pcmAt } = libopus();
    native.HEAPU8.set(packet, packetAt);
    const count = this.#handler._decode(packetAt, packet.length, pcmAt);
    if (count < 0) return null;
    const pcm = native.HEAPU16.subarray(pcmAt / 2, pcmAt / 2 + 2 * count);
    return Int16Array.from({ length: count }, (_, i) => (pcm[2 * i] as number) | ((pcm[2 * i + 1] as number) << 8));
  }

  close(): void {
    libopus().native.OpusScriptHandler.destroy_handler(this.#handler);
  }
}

function must(result: number): number {
  if (result < 0) throw new Error(`libopus answered ${String(result)}`);
  return result;
}
