// Between session descriptions and the media engine: what we answer, and where audio goes.
import type { PlainRemote, WebrtcLegOpened, WebrtcRemote } from "@allo/media";
import {
  chooseCrypto,
  createAnswer,
  createOffer,
  isHold,
  parseSdp,
  readAudio,
  type LocalAudio,
  type SdpCrypto,
  type RemoteAudio,
  type SessionDescription,
} from "@allo/sdp";

/** Our side of a caller's leg. `sessionId` is the number in o=. */
export type LocalMedia = {
  readonly address: string;
  port: number;
  readonly sessionId: string;
  /** Our master key and salt, where this call's audio is sealed by keys in the descriptions (SDES). */
  readonly srtpKey: Uint8Array;
  /** Whether our own offers ask for it. */
  readonly offersSrtp?: boolean;
  /** What our own offers name, in the order of liking. */
  readonly codecs?: readonly ("PCMU" | "PCMA")[];
};

/** The one suite that the media engine speaks. */
const SDES_SUITE = "AES_CM_128_HMAC_SHA1_80";

/** Our answer to a caller's offer; null where it holds no audio that we know. */
export function answerCaller(offer: Uint8Array, local: LocalMedia, version: number): Uint8Array | null {
  const read = readDescription(offer);
  if (read === null || read.audio.kind !== "plain") return null;
  const answer = localAudio(local, version);
  if (read.audio.cryptos.length === 0) return createAnswer(read.session, read.audio, answer);
  const chosen = chooseCrypto(read.audio.cryptos, [SDES_SUITE]);
  return chosen === null ? null : createAnswer(read.session, read.audio, { ...answer, cryptos: [cryptoOf(local, chosen.tag)] });
}

/** Our offer to a caller who sent none (late offer). `before` is our last description in this call: its m-lines keep their places. */
export function offerToCaller(local: LocalMedia, version: number, before?: Uint8Array): Uint8Array {
  const standing = before === undefined ? null : parseSdp(before);
  const offer = localAudio(local, version);
  return createOffer(
    local.offersSrtp === true ? { ...offer, cryptos: [cryptoOf(local, 1)] } : offer,
    standing?.ok === true ? standing.session : undefined,
  );
}

/**
 * Where a caller wants audio: from his offer, or from his answer to ours. His media is taken from there or from where his
 * signalling comes; a private address in the description of a peer who comes from a public one is a peer behind NAT: latch onto
 * what arrives. "held": he wants none now. Null: nothing usable.
 */
export function readCallerMedia(sdp: Uint8Array, signalledFrom: string, local: Pick<LocalMedia, "srtpKey">): PlainRemote | "held" | null {
  const read = readDescription(sdp);
  if (read === null || read.audio.kind !== "plain") return null;
  const { remote, codec, telephoneEventPayloadType } = read.audio;
  if (remote === null) return "held";
  const chosen = chooseCrypto(read.audio.cryptos, [SDES_SUITE]);
  if (chosen === null && read.audio.cryptos.length > 0) return null;
  const theirs = chosen?.keys[0]?.keySalt;
  return {
    address: remote.address,
    port: remote.port,
    codec: codec.name,
    dtmfPayloadType: telephoneEventPayloadType,
    behindNat: remote.address !== signalledFrom && isPrivate(remote.address) && !isPrivate(signalledFrom) && !isLoopback(signalledFrom),
    signalledFrom: remote.address === signalledFrom ? null : signalledFrom,
    srtp: theirs === undefined ? null : { send: local.srtpKey, receive: theirs },
  };
}

/** Whether this description puts us on hold. */
export function isHolding(sdp: Uint8Array): boolean {
  const audio = readDescription(sdp)?.audio;
  return audio !== undefined && isHold(audio);
}

function cryptoOf(local: LocalMedia, tag: number): SdpCrypto {
  return { tag, suite: SDES_SUITE, keys: [{ keySalt: local.srtpKey, lifetimeLog2: null, mki: null }], sessionParams: [] };
}

/** A browser's offer of its standing connection; null where ICE, DTLS or the codec is missing. */
export function readBrowserOffer(sdp: Uint8Array): WebrtcRemote | null {
  const audio = readDescription(sdp)?.audio;
  if (audio === undefined || audio.kind !== "browser" || audio.ice === null || audio.dtls === null) return null;
  return {
    iceUfrag: audio.ice.ufrag,
    icePwd: audio.ice.pwd,
    fingerprint: `${audio.dtls.fingerprint.algorithm} ${audio.dtls.fingerprint.value}`,
    codec: audio.codec.name,
    payloadType: audio.codec.payloadType,
    dtmfPayloadType: audio.telephoneEventPayloadType,
  };
}

export function answerBrowser(
  offer: Uint8Array,
  local: WebrtcLegOpened & {
    readonly address: string;
    /** Further addresses of the same port. */
    readonly alsoAt: readonly string[];
    readonly sessionId: string;
    readonly version: number;
  },
): Uint8Array | null {
  const read = readDescription(offer);
  const [algorithm, value] = local.fingerprint.split(" ");
  if (read === null || algorithm === undefined || value === undefined) return null;
  return createAnswer(read.session, read.audio, {
    origin: { sessionId: local.sessionId, version: local.version, address: local.address },
    port: local.port,
    direction: "sendrecv",
    browser: {
      ufrag: local.iceUfrag,
      pwd: local.icePwd,
      candidates: [local.address, ...local.alsoAt].map((address) => ({ address, port: local.port })),
      fingerprint: { algorithm, value },
      ssrc: local.ssrc,
      cname: "allo",
      streamId: "allo",
    },
  });
}

function readDescription(sdp: Uint8Array): { readonly session: SessionDescription; readonly audio: RemoteAudio } | null {
  const parsed = parseSdp(sdp);
  if (!parsed.ok) return null;
  const read = readAudio(parsed.session, { sdes: true });
  return read.ok ? { session: parsed.session, audio: read.audio } : null;
}

function localAudio(local: LocalMedia, version: number): LocalAudio {
  return {
    origin: { sessionId: local.sessionId, version, address: local.address },
    port: local.port,
    direction: "sendrecv",
    ...(local.codecs === undefined ? {} : { codecs: local.codecs }),
  };
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** RFC 1918, RFC 6598 and unique local addresses. */
function isPrivate(address: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd])/i.test(address);
}
