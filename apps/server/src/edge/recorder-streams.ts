// The two streams of a recording session: what is said of them, where they go, what goes into them.
import type { LegPath, PlainRemote } from "@allo/media";
import { chooseCrypto, createRecordingOffer, readRecordingAnswer, type RemoteAudio, type SdpCrypto } from "@allo/sdp";

export const SIDES = ["left", "right"] as const;
export type Side = (typeof SIDES)[number];
/** By which the streams are named in description and metadata. */
export const STREAM_LABELS: Readonly<Record<Side, string>> = { left: "1", right: "2" };
/** Master key and salt of AES_CM_128_HMAC_SHA1_80, the one suite that the media engine speaks. */
export const STREAM_KEY_BYTES = 30;
const SDES_SUITE = "AES_CM_128_HMAC_SHA1_80";

/** `id` is the metadata's, `remote` where the recorder wants it; null: nowhere now, or never where it is refused. */
export type Stream = {
  readonly id: string;
  readonly legId: string;
  readonly port: number;
  readonly key: Uint8Array;
  remote: PlainRemote | null;
  isRefused: boolean;
};
export type Streams = Readonly<Record<Side, Stream>>;

export function describeStreams(
  streams: Streams,
  fields: {
    readonly sessionId: string;
    readonly version: number;
    readonly address: string;
    readonly isSealed: boolean;
    readonly directionOf: (side: Side) => "sendonly" | "inactive";
    /** RFC 3264 §6: in an answer a stream that is refused has no port. */
    readonly isAnswer: boolean;
  },
): Uint8Array {
  const { sessionId, version, address, isSealed, directionOf, isAnswer } = fields;
  return createRecordingOffer({
    sessionId,
    version,
    address,
    streams: SIDES.map((side) => ({
      port: isAnswer && streams[side].isRefused ? 0 : streams[side].port,
      label: STREAM_LABELS[side],
      direction: directionOf(side),
      crypto: isSealed ? cryptoOf(streams[side].key) : null,
    })),
  });
}

/**
 * Turns the streams to where the recorder wants them from now on: how many of them it wants now, and how many it keeps a place for. Null: it
 * is no description, or it refuses all of them; then they stay as they were.
 */
export function turnStreams(
  streams: Streams,
  sdp: Uint8Array,
  isSealed: boolean,
): { readonly wanted: number; readonly kept: number } | null {
  const read = readRecordingAnswer(sdp, SIDES.length) ?? [];
  const places = SIDES.map((side, index) => placeOf(read[index] ?? null, streams[side].key, isSealed));
  const kept = places.filter((place) => place !== "refused").length;
  if (kept === 0) return null;
  for (const [index, side] of SIDES.entries()) {
    const place = places[index] ?? "refused";
    streams[side].isRefused = place === "refused";
    streams[side].remote = typeof place === "string" ? null : place;
  }
  return { wanted: SIDES.filter((side) => streams[side].remote !== null).length, kept };
}

/** What a stream's leg hears. */
export function streamPath(voices: readonly string[]): LegPath {
  const [only, ...others] = voices;
  if (only === undefined) return { kind: "silence" };
  return others.length === 0 ? { kind: "bridge", peerLegId: only } : { kind: "mix", voices: voices.map((legId) => ({ legId })) };
}

/** Where one stream is wanted, and how. Refused, too: what it wants in clear where it is to be sealed. */
function placeOf(audio: RemoteAudio | null, key: Uint8Array, isSealed: boolean): PlainRemote | "refused" | "later" {
  if (audio === null) return "refused";
  const crypto = isSealed ? chooseCrypto(audio.cryptos, [SDES_SUITE]) : null;
  const theirs = crypto?.keys[0]?.keySalt;
  if (isSealed && theirs === undefined) return "refused";
  if (audio.remote === null || audio.direction === "inactive" || audio.direction === "sendonly") return "later";
  return {
    address: audio.remote.address,
    port: audio.remote.port,
    codec: audio.codec.name,
    dtmfPayloadType: null,
    // Keys that the parties press are no part of what is kept here either.
    keysElsewhere: true,
    behindNat: false,
    signalledFrom: null,
    packetMs: 20,
    srtp: theirs === undefined ? null : { send: key, receive: theirs },
  };
}

function cryptoOf(keySalt: Uint8Array): SdpCrypto {
  return { tag: 1, suite: SDES_SUITE, keys: [{ keySalt, lifetimeLog2: null, mki: null }], sessionParams: [] };
}
