import type { KeyObject } from "node:crypto";
import { createCipheriv, createHash, createSecretKey, randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import type { Codec, RecordingHeader } from "@allo/media";
import {
  chunkAdditionalData,
  chunkNonce,
  FRAME_SAMPLES,
  joinOpusStreams,
  OPUS_GRANULE_RATE,
  OPUS_PRE_SKIP,
  opusHead,
  opusTags,
  parseOggPage,
  RECORDING_CHANNELS,
  RECORDING_NONCE_PREFIX_BYTES,
  SAMPLE_RATE,
  splitOpusStreams,
  writeChunkLength,
  writeOggPage,
  writeRecordingHeader,
} from "@allo/media";
import { OpusStream } from "./libopus.ts";

// The sound of a recording as Opus: each side a stream of its own, so that neither is heard on the other.

/** Of each side: speech of a telephone's band leaves nothing to be wished for by 16 kbit/s; a silent side takes next to none. */
const SIDE_BITS_PER_SECOND = 16_000;
const OPUS_SET_BITRATE = 4_002;
const OPUS_SET_COMPLEXITY = 4_010;
/** Half the work of the highest, and no difference at this band. */
const COMPLEXITY = 5;
const PACKETS_PER_PAGE = 100;
/** A decoder that begins in the middle has found its way after 80 ms; twice as much is given to it (RFC 7845 §4.6). */
const PREROLL_PACKETS = 8;
const SKIP_SAMPLES = (OPUS_PRE_SKIP * SAMPLE_RATE) / OPUS_GRANULE_RATE;
const GRANULE_PER_SAMPLE = OPUS_GRANULE_RATE / SAMPLE_RATE;
/** The largest page: a hundred packets of two sides, each as large as libopus may make one of so many bits. */
const PAGE_BYTES_MAX = 1 << 16;
const VENDOR = "Allo";

export type OpusWritten = { readonly bytes: number; readonly sha256Hex: string };

/** Writes one recording in Opus, and makes it durable. Whoever is there before is replaced. */
export async function writeOpusRecording(options: {
  readonly filePath: string;
  readonly key: Uint8Array;
  /** The law that it was recorded with. */
  readonly codec: Codec;
  readonly startedAt: number;
  /** Samples of each side. */
  readonly samples: number;
  /** Linear samples [from, to) of both sides, interleaved. */
  readonly read: (from: number, to: number) => Promise<Int16Array>;
}): Promise<OpusWritten> {
  const { samples } = options;
  const noncePrefix = randomBytes(RECORDING_NONCE_PREFIX_BYTES);
  const { codec, startedAt } = options;
  const header = writeRecordingHeader({
    codec,
    channels: RECORDING_CHANNELS,
    sampleRate: SAMPLE_RATE,
    chunkBytes: PAGE_BYTES_MAX,
    startedAt,
    noncePrefix,
    opusSamples: samples,
  });
  const seal = chunkSealer(createSecretKey(options.key), header, noncePrefix);
  const hash = createHash("sha256");
  const file = await open(options.filePath, "w", 0o600);
  const encoders = Array.from({ length: RECORDING_CHANNELS }, createEncoder);
  let bytes = 0;
  const write = async (part: Uint8Array): Promise<void> => {
    for (let written = 0; written < part.length;) written += (await file.write(part, written)).bytesWritten;
    hash.update(part);
    bytes += part.length;
  };
  try {
    await write(header);
    const serial = randomBytes(4).readUInt32BE();
    const head = opusHead({ channels: RECORDING_CHANNELS, preSkip: OPUS_PRE_SKIP, inputRate: SAMPLE_RATE });
    const first = [
      writeOggPage({ granule: 0, serial, sequence: 0, isFirst: true, isLast: false, packets: [head] }),
      writeOggPage({ granule: 0, serial, sequence: 1, isFirst: false, isLast: false, packets: [opusTags(VENDOR)] }),
    ];
    const packetCount = packetsOf(samples);
    const pageCount = Math.ceil(packetCount / PACKETS_PER_PAGE);
    await write(seal(Buffer.concat(first), false));
    for (let page = 0; page < pageCount; page += 1) {
      const from = page * PACKETS_PER_PAGE;
      const to = Math.min(packetCount, from + PACKETS_PER_PAGE);
      const isLast = page === pageCount - 1;
      // Behind the last sample silence is encoded, until the encoder has given all that it holds back.
      const clear = await options.read(Math.min(samples, from * FRAME_SAMPLES), Math.min(samples, to * FRAME_SAMPLES));
      const packets = Array.from({ length: to - from }, (_, i) => encodePacket(encoders, clear, i * FRAME_SAMPLES));
      const granule = isLast ? samples * GRANULE_PER_SAMPLE + OPUS_PRE_SKIP : to * FRAME_SAMPLES * GRANULE_PER_SAMPLE;
      await write(seal(writeOggPage({ granule, serial, sequence: page + 2, isFirst: false, isLast, packets }), isLast));
    }
    await file.sync();
  } finally {
    for (const encoder of encoders) encoder.close();
    await file.close();
  }
  return { bytes, sha256Hex: hash.digest("hex") };
}

/** Samples of a recording in Opus, from any place. `page` gives the clear bytes of a chunk, null where it isn't whole. */
export class OpusSound {
  readonly samples: number;
  readonly #page: (index: number) => Promise<Uint8Array | null>;
  readonly #decoders = Array.from({ length: RECORDING_CHANNELS }, () => new OpusStream(SAMPLE_RATE));
  #packets: { readonly page: number; readonly list: readonly Uint8Array[] } | null = null;
  #last: { readonly packet: number; readonly pcm: Int16Array } | null = null;

  constructor(header: RecordingHeader, page: (index: number) => Promise<Uint8Array | null>) {
    this.samples = header.opusSamples ?? 0;
    this.#page = page;
  }

  /** Of each side, in so many whole pages of sound. */
  static samplesOf(pages: number): number {
    return Math.max(0, pages * PACKETS_PER_PAGE * FRAME_SAMPLES - SKIP_SAMPLES);
  }

  /** Both sides interleaved, of samples [from, to); null where the file is damaged. */
  async read(from: number, to: number): Promise<Int16Array | null> {
    const out = new Int16Array(Math.max(0, to - from) * RECORDING_CHANNELS);
    if (out.length === 0) return out;
    const firstPacket = Math.floor((from + SKIP_SAMPLES) / FRAME_SAMPLES);
    const endPacket = packetsOf(to);
    for (let packet = this.#seek(firstPacket); packet < endPacket; packet += 1) {
      const pcm = await this.#decoded(packet);
      if (pcm === null) return null;
      if (packet < firstPacket) continue;
      // Where this packet's first sample lies among those that are wanted.
      const at = packet * FRAME_SAMPLES - SKIP_SAMPLES - from;
      const [start, end] = [Math.max(0, -at), Math.min(FRAME_SAMPLES, to - from - at)];
      out.set(pcm.subarray(start * RECORDING_CHANNELS, end * RECORDING_CHANNELS), (at + start) * RECORDING_CHANNELS);
    }
    return out;
  }

  close(): void {
    for (const decoder of this.#decoders) decoder.close();
  }

  /** Where to begin decoding, so that `packet` is right: where the decoders stand, or a little before it. */
  #seek(packet: number): number {
    const last = this.#last?.packet ?? -1;
    if (last === packet || last === packet - 1) return packet;
    this.#last = null;
    return Math.max(0, packet - PREROLL_PACKETS);
  }

  async #decoded(packet: number): Promise<Int16Array | null> {
    if (this.#last?.packet === packet) return this.#last.pcm;
    const page = Math.floor(packet / PACKETS_PER_PAGE) + 1;
    if (this.#packets?.page !== page) {
      const clear = await this.#page(page);
      const read = clear === null ? null : parseOggPage(clear);
      if (read === null) return null;
      this.#packets = { page, list: read.packets };
    }
    const bytes = this.#packets.list[packet % PACKETS_PER_PAGE];
    const streams = bytes === undefined ? null : splitOpusStreams(bytes, RECORDING_CHANNELS);
    if (streams === null) return null;
    const pcm = new Int16Array(FRAME_SAMPLES * RECORDING_CHANNELS);
    for (let channel = 0; channel < RECORDING_CHANNELS; channel += 1) {
      const decoded = this.#decoders[channel]?.decode(streams[channel] as Uint8Array);
      if (decoded?.length !== FRAME_SAMPLES) return null;
      for (let i = 0; i < FRAME_SAMPLES; i += 1) pcm[i * RECORDING_CHANNELS + channel] = decoded[i] as number;
    }
    this.#last = { packet, pcm };
    return pcm;
  }
}

/** How many packets give so many samples after what is skipped at the beginning. */
function packetsOf(samples: number): number {
  return Math.ceil((samples + SKIP_SAMPLES) / FRAME_SAMPLES);
}

function createEncoder(): OpusStream {
  const encoder = new OpusStream(SAMPLE_RATE);
  encoder.set(OPUS_SET_BITRATE, SIDE_BITS_PER_SECOND);
  encoder.set(OPUS_SET_COMPLEXITY, COMPLEXITY);
  return encoder;
}

/** One packet of 20 ms; beyond the samples given lies silence. */
function encodePacket(encoders: readonly OpusStream[], clear: Int16Array, from: number): Uint8Array {
  return joinOpusStreams(
    encoders.map((encoder, channel) => {
      return encoder.encode(Int16Array.from({ length: FRAME_SAMPLES }, (_, i) => clear[(from + i) * RECORDING_CHANNELS + channel] ?? 0));
    }),
  );
}

function chunkSealer(key: KeyObject, header: Uint8Array, noncePrefix: Uint8Array): (clear: Uint8Array, isLast: boolean) => Uint8Array {
  let index = 0;
  return (clear, isLast) => {
    const length = writeChunkLength(clear.length, isLast);
    const cipher = createCipheriv("aes-256-gcm", key, chunkNonce(noncePrefix, index));
    cipher.setAAD(chunkAdditionalData(header, index, length));
    index += 1;
    return Buffer.concat([length, cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
  };
}
