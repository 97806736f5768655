// The path of one standing call: its description, and the controlling side of ICE towards a lite peer with one host candidate
// (RFC 8445 §2.5): every check nominates, and the same checks are the proof of consent (RFC 7675).
import { createHmac, createSecretKey, randomBytes, type KeyObject } from "node:crypto";
import { utf8Encode } from "@allo/kernel";
import { parseSdp, readAudio, type AudioCodec } from "@allo/sdp";
import { buildStun, hasValidIntegrity, parseStun, STUN_ATTRIBUTE, STUN_BINDING, usernameAttribute } from "@allo/stun";

const TRANSACTION_BYTES = 12;
/** Checks under way whose answers are still taken. */
const CHECKS_KEPT_MAX = 8;
/** RFC 8445 §5.1.2.1: type preference of a peer-reflexive candidate, the only one there can be. */
const PRIORITY = Uint8Array.of(0x6e, 0x00, 0x01, 0xff);

export type PathCredentials = { readonly ufrag: string; readonly pwd: string };
export type RemotePath = {
  readonly address: string;
  readonly port: number;
  readonly ufrag: string;
  readonly pwd: string;
  readonly fingerprint: string;
  readonly codec: AudioCodec;
  readonly telephoneEventPayloadType: number | null;
};

export function makeCredentials(): PathCredentials {
  return { ufrag: randomBytes(4).toString("hex"), pwd: randomBytes(16).toString("hex") };
}

/** The offer of a standing call, as a browser makes it: G.711, ICE, DTLS with us as either side, everything on one port. */
export function standingOffer(fields: PathCredentials & { readonly fingerprint: string; readonly ssrc: number }): Uint8Array {
  return utf8Encode(
    [
      "v=0",
      `o=- ${randomBytes(6).readUIntBE(0, 6)} 1 IN IP4 0.0.0.0`,
      "s=-",
      "t=0 0",
      "a=group:BUNDLE 0",
      "m=audio 9 UDP/TLS/RTP/SAVPF 8 0 101",
      "c=IN IP4 0.0.0.0",
      "a=rtpmap:8 PCMA/8000",
      "a=rtpmap:0 PCMU/8000",
      "a=rtpmap:101 telephone-event/8000",
      "a=ptime:20",
      "a=sendrecv",
      "a=rtcp-mux",
      "a=mid:0",
      `a=ice-ufrag:${fields.ufrag}`,
      `a=ice-pwd:${fields.pwd}`,
      `a=fingerprint:sha-256 ${fields.fingerprint}`,
      "a=setup:actpass",
      `a=ssrc:${fields.ssrc} cname:allo`,
      "",
    ].join("\r\n"),
  );
}

/** What the centre answered; null where it is nothing that this phone can use. */
export function readStandingAnswer(sdp: Uint8Array): RemotePath | null {
  const parsed = parseSdp(sdp);
  if (!parsed.ok) return null;
  const read = readAudio(parsed.session);
  if (!read.ok || read.audio.kind !== "browser" || read.audio.ice === null || read.audio.dtls === null) return null;
  const { ice, dtls, codec, telephoneEventPayloadType } = read.audio;
  const candidate = ice.candidates.find((each) => each.protocol === "udp" && each.component === 1);
  if (candidate === undefined || dtls.fingerprint.algorithm !== "sha-256" || dtls.setup === "active") return null;
  const { address, port } = candidate;
  return { address, port, ufrag: ice.ufrag, pwd: ice.pwd, fingerprint: dtls.fingerprint.value, codec, telephoneEventPayloadType };
}

/** Makes the checks of one path and knows their answers. */
export class PathChecks {
  readonly #username: string;
  readonly #key: KeyObject;
  readonly #tieBreaker = randomBytes(8);
  #underWay: string[] = [];

  constructor(local: PathCredentials, remote: RemotePath) {
    this.#username = `${remote.ufrag}:${local.ufrag}`;
    this.#key = createSecretKey(Buffer.from(remote.pwd, "utf8"));
  }

  next(): Uint8Array {
    const transactionId = randomBytes(TRANSACTION_BYTES);
    this.#underWay = [...this.#underWay.slice(1 - CHECKS_KEPT_MAX), transactionId.toString("hex")];
    return buildStun({
      messageClass: "request",
      method: STUN_BINDING,
      transactionId,
      attributes: [
        usernameAttribute(this.#username),
        { type: STUN_ATTRIBUTE.priority, value: PRIORITY },
        { type: STUN_ATTRIBUTE.iceControlling, value: this.#tieBreaker },
        { type: STUN_ATTRIBUTE.useCandidate, value: new Uint8Array(0) },
      ],
      hmac: (message) => this.#sign(message),
      fingerprint: true,
    });
  }

  /** Whether this is the signed answer to a check of ours. */
  isAnswer(bytes: Uint8Array): boolean {
    const parsed = parseStun(bytes);
    if (!parsed.ok || parsed.value.messageClass !== "success" || parsed.value.method !== STUN_BINDING) return false;
    const id = Buffer.from(parsed.value.transactionId).toString("hex");
    if (!this.#underWay.includes(id) || !hasValidIntegrity(bytes, parsed.value, (message) => this.#sign(message))) return false;
    this.#underWay = this.#underWay.filter((each) => each !== id);
    return true;
  }

  #sign(message: Uint8Array): Uint8Array {
    return createHmac("sha1", this.#key).update(message).digest();
  }
}
