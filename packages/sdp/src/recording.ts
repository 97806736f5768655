// The description of a recording session: one stream for each side of a talk, sent and never received (RFC 7866 §7.1.1).
import { readAudioAt } from "./audio.ts";
import type { AudioCodec, RemoteAudio } from "./audio.ts";
import { printCrypto } from "./crypto.ts";
import type { SdpCrypto } from "./crypto.ts";
import { parseSdp, printSdp } from "./session-description.ts";
import type { MediaDescription, SdpAttribute } from "./session-description.ts";

export type RecordedStreamOffer = {
  readonly port: number;
  /** By which the metadata names it (RFC 4574). */
  readonly label: string;
  /** inactive: nothing is sent for now, nothing is to be kept. */
  readonly direction: "sendonly" | "inactive";
  /** Keys of ours; null: in clear. */
  readonly crypto: SdpCrypto | null;
};

const CODECS: readonly AudioCodec[] = [
  { name: "PCMA", payloadType: 8 },
  { name: "PCMU", payloadType: 0 },
];

export function createRecordingOffer(offer: {
  readonly sessionId: string;
  readonly version: number;
  readonly address: string;
  readonly streams: readonly RecordedStreamOffer[];
}): Uint8Array {
  const { sessionId, version, address, streams } = offer;
  return printSdp({
    origin: { username: "-", sessionId, version: String(version), address },
    name: "-",
    connection: address,
    attributes: [],
    media: streams.map(mediaOf),
  });
}

function mediaOf({ port, label, direction, crypto }: RecordedStreamOffer): MediaDescription {
  const attributes: SdpAttribute[] = [
    ...CODECS.map(({ name, payloadType }) => ({ name: "rtpmap", value: `${payloadType} ${name}/8000` })),
    { name: "ptime", value: "20" },
    { name: "label", value: label },
    { name: direction, value: null },
    ...(crypto === null ? [] : [{ name: "crypto", value: printCrypto(crypto) }]),
  ];
  const formats = CODECS.map(({ payloadType }) => String(payloadType));
  return { kind: "audio", port, protocol: crypto === null ? "RTP/AVP" : "RTP/SAVP", formats, connection: null, attributes };
}

/**
 * What the recorder takes of the streams that were offered, in their order; a stream that it refuses, or that can't be sent as it wants it,
 * is null; one without an address has its place and is wanted nowhere now. Null in all: it is no description.
 */
export function readRecordingAnswer(sdp: Uint8Array, streams: number): readonly (RemoteAudio | null)[] | null {
  const parsed = parseSdp(sdp);
  if (!parsed.ok) return null;
  return Array.from({ length: streams }, (_, index) => {
    const read = readAudioAt(parsed.session, index, { sdes: true });
    return read.ok && read.audio.kind === "plain" ? read.audio : null;
  });
}
