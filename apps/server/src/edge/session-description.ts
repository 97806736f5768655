// Between session descriptions and the media engine: what we answer, and where audio goes.
import type { TrunkKeyMode, TrunkPacketMs, TrunkSealing } from "@allo/contract";
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
  /** What is agreed with the carrier of this trunk; absent: nothing, as with phones and listed networks. */
  readonly habits?: MediaHabits;
  /** Of a softphone that speaks WebRTC: ICE, and keys by DTLS. */
  readonly browser?: BrowserMedia;
};

/** What a trunk says of descriptions and audio. */
export type MediaHabits = {
  /** What our own offers name, in the order of liking. */
  readonly codecs: readonly ("PCMU" | "PCMA")[];
  readonly srtp: TrunkSealing;
  readonly ptimeMs: TrunkPacketMs;
  readonly keys: TrunkKeyMode;
  readonly keysPayloadType: number;
};

/** Our leg towards a browser, with further addresses of the same port. */
export type BrowserMedia = WebrtcLegOpened & { readonly alsoAt: readonly string[] };

/** Packets for a peer are as long as it says, within these bounds and in steps of this. */
const PACKET_MS = { min: 10, max: 60, step: 10, usual: 20 } as const;

/** The one suite that the media engine speaks. */
const SDES_SUITE = "AES_CM_128_HMAC_SHA1_80";

/** Our answer to a caller's offer; null where it holds no audio that we know. */
export function answerCaller(offer: Uint8Array, local: LocalMedia, version: number): Uint8Array | null {
  const read = readDescription(offer);
  if (read === null || read.audio.kind !== (local.browser === undefined ? "plain" : "browser")) return null;
  const answer = localAudio(local, version);
  const sealing = sealingOf(read);
  if (sealing.kind === "none") return local.habits?.srtp === "required" ? null : createAnswer(read.session, read.audio, answer);
  if (sealing.kind === "unknown") return null;
  return createAnswer(read.session, read.audio, { ...answer, cryptos: [cryptoOf(local, sealing.crypto.tag)] });
}

/** Our offer to a caller who sent none (late offer). `before` is our last description in this call: its m-lines keep their places. */
export function offerToCaller(local: LocalMedia, version: number, before?: Uint8Array): Uint8Array {
  const standing = before === undefined ? null : parseSdp(before);
  const offer = localAudio(local, version);
  const srtp = local.habits?.srtp ?? "off";
  return createOffer(
    srtp === "off" ? offer : { ...offer, cryptos: [cryptoOf(local, 1)], isSealingOptional: srtp === "optional" },
    standing?.ok === true ? standing.session : undefined,
  );
}

/** Whether the peer says in this description that it sends nothing: a hold, in whichever words. */
export function isSilentPeer(sdp: Uint8Array): boolean {
  const direction = readDescription(sdp)?.audio.direction;
  return direction === "inactive" || direction === "recvonly";
}

/**
 * Where a caller wants audio: from his offer, or from his answer to ours. His media is taken from there or from where his
 * signalling comes; a private address in the description of a peer who comes from a public one is a peer behind NAT: latch onto
 * what arrives. "held": he wants none now. Null: nothing usable, or in clear where the trunk wants it sealed. What an answer says of
 * keys that we had not offered is nothing.
 */
export function readCallerMedia(
  sdp: Uint8Array,
  signalledFrom: string,
  local: Pick<LocalMedia, "srtpKey" | "habits"> & { readonly isAnswer?: boolean },
): PlainRemote | "held" | null {
  const read = readDescription(sdp);
  if (read === null || read.audio.kind !== "plain") return null;
  const { habits } = local;
  const { remote, codec, telephoneEventPayloadType } = read.audio;
  if (remote === null) return "held";
  const isUnasked = local.isAnswer === true && (habits?.srtp ?? "off") === "off";
  const sealing = isUnasked ? ({ kind: "none" } as const) : sealingOf(read);
  if (sealing.kind === "unknown" || (sealing.kind === "none" && habits?.srtp === "required")) return null;
  const theirs = sealing.kind === "sealed" ? sealing.crypto.keys[0]?.keySalt : undefined;
  return {
    address: remote.address,
    port: remote.port,
    codec: codec.name,
    dtmfPayloadType: keysPayloadTypeOf(telephoneEventPayloadType, habits),
    keysElsewhere: habits?.keys === "info",
    packetMs: packetMsOf(read.audio, habits),
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

type ReadAudio = NonNullable<ReturnType<typeof readDescription>>;

/** Keys of a suite that we speak; "unknown": the stream is sealed by another one. */
type Sealing = { readonly kind: "none" } | { readonly kind: "unknown" } | { readonly kind: "sealed"; readonly crypto: SdpCrypto };

function sealingOf({ session, audio }: ReadAudio): Sealing {
  if (audio.cryptos.length === 0) return { kind: "none" };
  const crypto = chooseCrypto(audio.cryptos, [SDES_SUITE]);
  if (crypto !== null) return { kind: "sealed", crypto };
  // RFC 8643 §3.1: beside RTP/AVP keys are an offer, no condition.
  return { kind: session.media[audio.mediaIndex]?.protocol === "RTP/SAVP" ? "unknown" : "none" };
}

/** By which number keys are events towards this peer; null: they are none. */
function keysPayloadTypeOf(offered: number | null, habits: MediaHabits | undefined): number | null {
  switch (habits?.keys ?? "auto") {
    case "auto":
      return offered;
    case "events":
      return offered ?? habits?.keysPayloadType ?? null;
    case "info":
    case "tones":
      return null;
  }
}

/** RFC 8866 §6.4: ptime is what its author likes to get, maxptime the most that it takes. */
function packetMsOf({ ptimeMs, maxPtimeMs }: ReadAudio["audio"], habits: MediaHabits | undefined): number | null {
  if (ptimeMs === null && maxPtimeMs === null && habits === undefined) return null;
  const wanted = Math.min(ptimeMs ?? habits?.ptimeMs ?? PACKET_MS.usual, maxPtimeMs ?? PACKET_MS.max, PACKET_MS.max);
  return Math.max(PACKET_MS.min, Math.floor(wanted / PACKET_MS.step) * PACKET_MS.step);
}

function cryptoOf(local: LocalMedia, tag: number): SdpCrypto {
  return { tag, suite: SDES_SUITE, keys: [{ keySalt: local.srtpKey, lifetimeLog2: null, mki: null }], sessionParams: [] };
}

/** What a browser offers, or answers to an offer of ours; null where ICE, DTLS or the codec is missing. */
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
  local: BrowserMedia & {
    readonly address: string;
    readonly sessionId: string;
    readonly version: number;
  },
): Uint8Array | null {
  const read = readDescription(offer);
  if (read === null) return null;
  return createAnswer(read.session, read.audio, {
    origin: { sessionId: local.sessionId, version: local.version, address: local.address },
    port: local.port,
    direction: "sendrecv",
    browser: browserSide(local, local.address),
  });
}

function browserSide(opened: BrowserMedia, address: string): NonNullable<LocalAudio["browser"]> {
  const [algorithm = "", value = ""] = opened.fingerprint.split(" ");
  return {
    ufrag: opened.iceUfrag,
    pwd: opened.icePwd,
    candidates: [address, ...opened.alsoAt].map((each) => ({ address: each, port: opened.port })),
    fingerprint: { algorithm, value },
    ssrc: opened.ssrc,
    cname: "allo",
    streamId: "allo",
  };
}

function readDescription(sdp: Uint8Array): { readonly session: SessionDescription; readonly audio: RemoteAudio } | null {
  const parsed = parseSdp(sdp);
  if (!parsed.ok) return null;
  const read = readAudio(parsed.session, { sdes: true });
  return read.ok ? { session: parsed.session, audio: read.audio } : null;
}

function localAudio(local: LocalMedia, version: number): LocalAudio {
  const { habits } = local;
  return {
    origin: { sessionId: local.sessionId, version, address: local.address },
    port: local.port,
    direction: "sendrecv",
    ...(habits === undefined
      ? {}
      : {
          codecs: habits.codecs,
          ptimeMs: habits.ptimeMs,
          telephoneEventPayloadType: habits.keys === "info" || habits.keys === "tones" ? null : habits.keysPayloadType,
        }),
    ...(local.browser === undefined ? {} : { browser: browserSide(local.browser, local.address) }),
  };
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** RFC 1918, RFC 6598 and unique local addresses. */
function isPrivate(address: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd])/i.test(address);
}
