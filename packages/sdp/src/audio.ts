// RFC 3264 offer and answer for one audio stream, plain RTP or as a browser sends it (RFC 8829, 8839, 8842, 9143).
import { printCrypto, readCryptos } from "./crypto.ts";
import type { SdpCrypto } from "./crypto.ts";
import { attributeGet, printSdp } from "./session-description.ts";
import type { MediaDescription, SdpAttribute, SessionDescription } from "./session-description.ts";

export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";
export type AudioCodec = { readonly name: "PCMU" | "PCMA"; readonly payloadType: number };
export type TransportAddress = { readonly address: string; readonly port: number };
export type IceCandidate = TransportAddress & {
  readonly foundation: string;
  readonly component: number;
  readonly protocol: string;
  readonly type: string;
};
export type Fingerprint = { readonly algorithm: string; readonly value: string };
export type Setup = "active" | "passive" | "actpass";

/** The peer's audio stream, from its offer or its answer. */
export type RemoteAudio = {
  readonly kind: "plain" | "browser";
  readonly mediaIndex: number;
  readonly codec: AudioCodec;
  /** telephone-event/8000; null where the peer has none. */
  readonly telephoneEventPayloadType: number | null;
  /** Where its RTP is wanted; null on a legacy hold (0.0.0.0) and for browsers whose candidates decide. */
  readonly remote: TransportAddress | null;
  /** As the peer says it, with a legacy hold turned into the direction that it means. */
  readonly direction: Direction;
  readonly ptimeMs: number | null;
  /** The longest packets that the peer takes (a=maxptime). */
  readonly maxPtimeMs: number | null;
  readonly mid: string | null;
  readonly isRtcpMux: boolean;
  readonly ice: {
    readonly ufrag: string;
    readonly pwd: string;
    readonly isLite: boolean;
    readonly candidates: readonly IceCandidate[];
  } | null;
  readonly dtls: { readonly fingerprint: Fingerprint; readonly setup: Setup } | null;
  /** Keys offered in the description (RFC 4568). Beside RTP/AVP they are an offer that may be passed over (RFC 8643). */
  readonly cryptos: readonly SdpCrypto[];
};

export type AudioFailure = "noAudio" | "noCommonCodec" | "noAddress" | "incompleteIce" | "incompleteDtls" | "noCrypto";

/** What we put into a description of ours. */
export type LocalAudio = {
  readonly origin: { readonly sessionId: string; readonly version: number; readonly address: string };
  readonly port: number;
  readonly direction: Direction;
  /** What our offer names, the one that we like best first; absent: PCMU, PCMA. */
  readonly codecs?: readonly AudioCodec["name"][];
  /** How long packets we like to get; absent: 20. */
  readonly ptimeMs?: number;
  /** The payload type of telephone-event in our offers; null: we want none, neither in offers nor in answers. Absent: 101. */
  readonly telephoneEventPayloadType?: number | null;
  /** Keys of ours in the description: several in an offer, the accepted one with its tag in an answer. An offer is RTP/SAVP then. */
  readonly cryptos?: readonly SdpCrypto[];
  /** The offer stays RTP/AVP beside its keys: who can't seal takes it in clear (RFC 8643). */
  readonly isSealingOptional?: boolean;
  /** Present for a browser leg. */
  readonly browser?: {
    readonly ufrag: string;
    readonly pwd: string;
    /** One host candidate for each advertised address. */
    readonly candidates: readonly TransportAddress[];
    readonly fingerprint: Fingerprint;
    readonly ssrc: number;
    readonly cname: string;
    readonly streamId: string;
  };
};

/** The payload type of telephone-event in our own offers. */
const TELEPHONE_EVENT_PAYLOAD_TYPE = 101;
const OWN_CODECS: readonly AudioCodec["name"][] = ["PCMU", "PCMA"];
const BROWSER_PROTOCOL = "UDP/TLS/RTP/SAVPF";
const SDES_PROTOCOL = "RTP/SAVP";
const DIRECTIONS: readonly string[] = ["sendrecv", "sendonly", "recvonly", "inactive"];

/**
 * Reads the first usable audio stream of an offer or answer: its first supported codec, in its own order. RTP/SAVP with keys in the
 * description is usable only to who can encrypt so.
 */
export function readAudio(
  session: SessionDescription,
  can: { readonly sdes: boolean } = { sdes: false },
): { readonly ok: true; readonly audio: RemoteAudio } | { readonly ok: false; readonly reason: AudioFailure } {
  let reason: AudioFailure = "noAudio";
  for (const [mediaIndex, media] of session.media.entries()) {
    if (media.kind !== "audio" || media.port === 0 || !isSupportedProtocol(media.protocol, can.sdes)) continue;
    const read = readMedia(session, media, { mediaIndex, sdes: can.sdes });
    if (typeof read !== "string") return { ok: true, audio: read };
    reason = read;
  }
  return { ok: false, reason };
}

/** Reads the stream in this place alone: where a description has several that each say something else. */
export function readAudioAt(
  session: SessionDescription,
  mediaIndex: number,
  can: { readonly sdes: boolean } = { sdes: false },
): ReturnType<typeof readAudio> {
  const media = session.media[mediaIndex];
  if (media === undefined || media.kind !== "audio" || media.port === 0 || !isSupportedProtocol(media.protocol, can.sdes))
    return { ok: false, reason: "noAudio" };
  const read = readMedia(session, media, { mediaIndex, sdes: can.sdes });
  return typeof read === "string" ? { ok: false, reason: read } : { ok: true, audio: read };
}

/** Our answer: as many m-lines as the offer in its order, all but the chosen one refused with port 0 (RFC 3264 §6). */
export function createAnswer(offer: SessionDescription, chosen: RemoteAudio, local: LocalAudio): Uint8Array {
  const media = offer.media.map((offered, index): MediaDescription => {
    if (index !== chosen.mediaIndex) {
      const mid = attributeGet(offered.attributes, "mid");
      return {
        ...refused(offered),
        attributes: typeof mid === "string" && local.browser !== undefined ? [{ name: "mid", value: mid }] : [],
      };
    }
    return audioMedia(local, {
      protocol: offered.protocol,
      codecs: [chosen.codec],
      telephoneEventPayloadType: local.telephoneEventPayloadType === null ? null : chosen.telephoneEventPayloadType,
      mid: chosen.mid,
      setup: "passive",
      direction: answerDirection(chosen.direction, local.direction),
      hasRtcpMux: chosen.isRtcpMux,
    });
  });
  const offersBundle = hasBundle(offer);
  return printSdp(describe(local, media, offersBundle && chosen.mid !== null ? chosen.mid : null));
}

/**
 * Our offer: PCMU, PCMA and telephone-event; ICE-lite and DTLS actpass for a browser. Also for offerless INVITEs. `before` is what stood
 * until now: its m-lines keep their number and places (RFC 3264 §8), ours takes the place of its audio, the others stay refused.
 */
export function createOffer(local: LocalAudio, before?: SessionDescription): Uint8Array {
  const isBrowser = local.browser !== undefined;
  const media = audioMedia(local, {
    protocol: isBrowser ? BROWSER_PROTOCOL : local.cryptos === undefined || local.isSealingOptional === true ? "RTP/AVP" : SDES_PROTOCOL,
    codecs: (local.codecs ?? OWN_CODECS).map((name) => ({ name, payloadType: name === "PCMU" ? 0 : 8 })),
    telephoneEventPayloadType:
      local.telephoneEventPayloadType === undefined ? TELEPHONE_EVENT_PAYLOAD_TYPE : local.telephoneEventPayloadType,
    mid: isBrowser ? "0" : null,
    setup: "actpass",
    direction: local.direction,
    hasRtcpMux: isBrowser,
  });
  const standing = before?.media.findIndex((each) => each.kind === "audio" && each.port !== 0) ?? -1;
  const audioIndex = standing >= 0 ? standing : (before?.media.findIndex((each) => each.kind === "audio") ?? -1);
  const lines = (before?.media ?? []).map((each, index): MediaDescription => (index === audioIndex ? media : refused(each)));
  if (audioIndex < 0) lines.push(media);
  return printSdp(describe(local, lines, isBrowser ? "0" : null));
}

/** RFC 3264 §6: a stream that we don't take. */
function refused(media: MediaDescription): MediaDescription {
  return { kind: media.kind, port: 0, protocol: media.protocol, formats: media.formats.slice(0, 1), connection: null, attributes: [] };
}

/** RFC 3264 §6.1: what may be answered to an offered direction, at most what we want. */
export function answerDirection(offered: Direction, wanted: Direction): Direction {
  const sends = (offered === "sendrecv" || offered === "recvonly") && (wanted === "sendrecv" || wanted === "sendonly");
  const receives = (offered === "sendrecv" || offered === "sendonly") && (wanted === "sendrecv" || wanted === "recvonly");
  return directionOf(sends, receives);
}

/** Whether the peer's direction puts us on hold: it does not want to hear us. */
export function isHold(audio: RemoteAudio): boolean {
  return audio.direction === "sendonly" || audio.direction === "inactive";
}

/** RFC 3264 §8: the version to print next: one more where the description changed, the same where it is repeated. */
export function nextVersion(
  previous: { readonly version: number; readonly sdp: Uint8Array } | null,
  make: (version: number) => Uint8Array,
): { readonly version: number; readonly sdp: Uint8Array } {
  if (previous === null) return { version: 1, sdp: make(1) };
  const same = make(previous.version);
  if (same.length === previous.sdp.length && same.every((byte, index) => byte === previous.sdp[index])) return previous;
  return { version: previous.version + 1, sdp: make(previous.version + 1) };
}

function readMedia(
  session: SessionDescription,
  media: MediaDescription,
  { mediaIndex, sdes }: { readonly mediaIndex: number; readonly sdes: boolean },
): RemoteAudio | AudioFailure {
  const maps = rtpMaps(media);
  let codec: AudioCodec | null = null;
  let telephoneEventPayloadType: number | null = null;
  for (const format of media.formats) {
    const payloadType = /^[0-9]{1,3}$/.test(format) ? Number(format) : 128;
    if (payloadType > 127) continue;
    const map = maps.get(payloadType) ?? (payloadType === 0 ? "pcmu/8000" : payloadType === 8 ? "pcma/8000" : "");
    if (codec === null && (map === "pcmu/8000" || map === "pcmu/8000/1")) codec = { name: "PCMU", payloadType };
    else if (codec === null && (map === "pcma/8000" || map === "pcma/8000/1")) codec = { name: "PCMA", payloadType };
    else if (telephoneEventPayloadType === null && map.startsWith("telephone-event/8000")) telephoneEventPayloadType = payloadType;
  }
  if (codec === null) return "noCommonCodec";
  const address = media.connection ?? session.connection;
  if (address === null) return "noAddress";
  const find = (name: string): string | null | undefined => attributeGet(media.attributes, name) ?? attributeGet(session.attributes, name);
  const isBrowser = media.protocol.includes("TLS");
  const isVoid = address === "0.0.0.0" || address === "::";
  const ufrag = find("ice-ufrag");
  const pwd = find("ice-pwd");
  if (isBrowser && (typeof ufrag !== "string" || typeof pwd !== "string")) return "incompleteIce";
  const fingerprint = parseFingerprint(find("fingerprint") ?? null);
  const setup = find("setup");
  if (isBrowser && fingerprint === null) return "incompleteDtls";
  const cryptos = media.protocol === SDES_PROTOCOL || (sdes && !isBrowser) ? readCryptos(media.attributes) : [];
  if (media.protocol === SDES_PROTOCOL && cryptos.length === 0) return "noCrypto";
  const said =
    media.attributes.find((each) => DIRECTIONS.includes(each.name)) ?? session.attributes.find((each) => DIRECTIONS.includes(each.name));
  const direction = (said?.name ?? "sendrecv") as Direction;
  const milliseconds = (name: string): number | null => {
    const value = attributeGet(media.attributes, name);
    return typeof value === "string" && /^[0-9]{1,3}$/.test(value) && Number(value) > 0 ? Number(value) : null;
  };
  const mid = attributeGet(media.attributes, "mid");
  return {
    kind: isBrowser ? "browser" : "plain",
    mediaIndex,
    codec,
    telephoneEventPayloadType,
    remote: isVoid || isBrowser ? null : { address, port: media.port },
    // RFC 3264 §8.4: 0.0.0.0 says "send me nothing" without saying it by a direction.
    direction: isVoid && !isBrowser ? directionOf(direction === "sendrecv" || direction === "sendonly", false) : direction,
    ptimeMs: milliseconds("ptime"),
    maxPtimeMs: milliseconds("maxptime"),
    mid: typeof mid === "string" ? mid : null,
    isRtcpMux: attributeGet(media.attributes, "rtcp-mux") !== undefined,
    ice:
      typeof ufrag === "string" && typeof pwd === "string"
        ? { ufrag, pwd, isLite: attributeGet(session.attributes, "ice-lite") !== undefined, candidates: readCandidates(media) }
        : null,
    dtls: fingerprint === null ? null : { fingerprint, setup: setup === "active" || setup === "passive" ? setup : "actpass" },
    cryptos,
  };
}

function audioMedia(
  local: LocalAudio,
  fields: {
    readonly protocol: string;
    readonly codecs: readonly AudioCodec[];
    readonly telephoneEventPayloadType: number | null;
    readonly mid: string | null;
    readonly setup: Setup;
    readonly direction: Direction;
    readonly hasRtcpMux: boolean;
  },
): MediaDescription {
  const event = fields.telephoneEventPayloadType;
  const attributes: SdpAttribute[] = fields.codecs.map((codec) => ({ name: "rtpmap", value: `${codec.payloadType} ${codec.name}/8000` }));
  if (event !== null) attributes.push({ name: "rtpmap", value: `${event} telephone-event/8000` }, { name: "fmtp", value: `${event} 0-15` });
  attributes.push({ name: "ptime", value: String(local.ptimeMs ?? 20) }, { name: fields.direction, value: null });
  for (const crypto of local.cryptos ?? []) attributes.push({ name: "crypto", value: printCrypto(crypto) });
  if (fields.hasRtcpMux) attributes.push({ name: "rtcp-mux", value: null });
  if (fields.mid !== null) attributes.push({ name: "mid", value: fields.mid });
  const { browser } = local;
  if (browser !== undefined) {
    attributes.push(
      { name: "ice-ufrag", value: browser.ufrag },
      { name: "ice-pwd", value: browser.pwd },
      { name: "fingerprint", value: `${browser.fingerprint.algorithm} ${browser.fingerprint.value}` },
      { name: "setup", value: fields.setup },
      ...browser.candidates.map((each, index) => ({
        // RFC 8445 §5.1.2.1: type preference 126 for host, local preference falls with the order, component 1.
        name: "candidate",
        value: `${index + 1} 1 udp ${2 ** 24 * 126 + 2 ** 8 * (65_535 - index) + 255} ${each.address} ${each.port} typ host`,
      })),
      { name: "end-of-candidates", value: null },
      { name: "msid", value: `${browser.streamId} ${browser.streamId}-audio` },
      { name: "ssrc", value: `${browser.ssrc} cname:${browser.cname}` },
      { name: "ssrc", value: `${browser.ssrc} msid:${browser.streamId} ${browser.streamId}-audio` },
    );
  }
  const formats = [...fields.codecs.map((codec) => String(codec.payloadType)), ...(event === null ? [] : [String(event)])];
  return { kind: "audio", port: local.port, protocol: fields.protocol, formats, connection: null, attributes };
}

function describe(local: LocalAudio, media: readonly MediaDescription[], bundleMid: string | null): SessionDescription {
  const attributes: SdpAttribute[] = [];
  if (local.browser !== undefined) attributes.push({ name: "ice-lite", value: null });
  if (bundleMid !== null) attributes.push({ name: "group", value: `BUNDLE ${bundleMid}` });
  if (local.browser !== undefined) attributes.push({ name: "msid-semantic", value: ` WMS ${local.browser.streamId}` });
  return {
    origin: { username: "-", sessionId: local.origin.sessionId, version: String(local.origin.version), address: local.origin.address },
    name: "-",
    connection: local.origin.address,
    attributes,
    media,
  };
}

function hasBundle(offer: SessionDescription): boolean {
  return offer.attributes.some((attribute) => attribute.name === "group" && (attribute.value ?? "").startsWith("BUNDLE"));
}

function directionOf(sends: boolean, receives: boolean): Direction {
  return sends ? (receives ? "sendrecv" : "sendonly") : receives ? "recvonly" : "inactive";
}

function isSupportedProtocol(protocol: string, sdes: boolean): boolean {
  if (protocol === SDES_PROTOCOL) return sdes;
  return protocol === "RTP/AVP" || protocol === "RTP/AVPF" || protocol === BROWSER_PROTOCOL || protocol === "UDP/TLS/RTP/SAVP";
}

function rtpMaps(media: MediaDescription): ReadonlyMap<number, string> {
  const maps = new Map<number, string>();
  for (const { name, value } of media.attributes) {
    if (name !== "rtpmap" || value === null) continue;
    const space = value.indexOf(" ");
    const payloadType = value.slice(0, space);
    if (space > 0 && /^[0-9]{1,3}$/.test(payloadType))
      maps.set(
        Number(payloadType),
        value
          .slice(space + 1)
          .trim()
          .toLowerCase(),
      );
  }
  return maps;
}

function readCandidates(media: MediaDescription): readonly IceCandidate[] {
  const candidates: IceCandidate[] = [];
  for (const { name, value } of media.attributes) {
    if (name !== "candidate" || value === null || candidates.length >= 64) continue;
    const [foundation, component, protocol, , address, port, , type] = value.split(" ");
    if (!foundation || !protocol || !address || !type || !/^[0-9]{1,5}$/.test(port ?? "") || Number(port) > 65_535) continue;
    candidates.push({ foundation, component: Number(component), protocol: protocol.toLowerCase(), address, port: Number(port), type });
  }
  return candidates;
}

function parseFingerprint(value: string | null): Fingerprint | null {
  const match = value === null ? null : /^([A-Za-z0-9-]{1,20}) ([0-9A-Fa-f:]{2,200})$/.exec(value.trim());
  return match === null ? null : { algorithm: (match[1] as string).toLowerCase(), value: (match[2] as string).toUpperCase() };
}
