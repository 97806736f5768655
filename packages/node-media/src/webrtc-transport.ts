import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import type { Instant } from "@allo/kernel";
import type { Codec, MediaEvent, WebrtcRemote } from "@allo/media";
import type { TransportAddress } from "@allo/rtp";
import { classifyDatagram, createRtpHeader, parseRtpInto, RTP_PACKET_BYTES_MAX } from "@allo/rtp";
import { SRTCP_TRAILER_BYTES, SrtpReceiver, SrtpSender } from "@allo/srtp";
import { IceLiteAgent } from "@allo/stun";
import type { AcceptedPacket, LegTransport } from "./media-leg.ts";
import type { MediaSockets, RtpPorts } from "./media-socket.ts";
import { bindMediaPair } from "./media-socket.ts";
import type { FromHandshake, ToHandshake } from "./worker-messages.ts";

/** A DTLS datagram larger than this is none of a browser's. */
const DTLS_DATAGRAM_BYTES_MAX = 4_096;

export type WebrtcTransport = LegTransport & {
  readonly kind: "webrtc";
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly setRemote: (remote: WebrtcRemote) => void;
  readonly handshakeSaid: (message: FromHandshake) => void;
};

export type WebrtcTransportOptions = {
  readonly legId: string;
  readonly number: number;
  readonly bindAddress: string;
  /** Null: checks from anywhere are looked at. */
  readonly sources: readonly string[] | null;
  readonly sockets: MediaSockets;
  readonly ports: RtpPorts;
  readonly remote: WebrtcRemote;
  readonly now: () => Instant;
  readonly postHandshake: (message: ToHandshake) => void;
  readonly onEvent: (event: MediaEvent) => void;
  readonly onRtp: AcceptedPacket;
  readonly onRtcp: (bytes: Uint8Array, at: Instant) => void;
};

/** A browser's leg: one socket for ICE-lite, DTLS and SRTP (RFC 7983). Nothing counts that did not come from a checked address. */
export async function openWebrtcTransport(options: WebrtcTransportOptions): Promise<WebrtcTransport> {
  const iceUfrag = randomBytes(4).toString("hex");
  const icePwd = randomBytes(16).toString("hex");
  const hmacKey = createSecretKey(Buffer.from(icePwd, "utf8"));
  const agent = new IceLiteAgent({
    localUfrag: iceUfrag,
    remoteUfrag: options.remote.iceUfrag,
    hmac: (message) => createHmac("sha1", hmacKey).update(message).digest(),
  });
  const header = createRtpHeader();
  let remote = options.remote;
  let sender: SrtpSender | null = null;
  let receiver: SrtpReceiver | null = null;
  let attempt = 1;
  let dtlsSource: TransportAddress | null = null;

  const receive = (bytes: Uint8Array, length: number, address: string, port: number): void => {
    const at = options.now();
    const from = { address, port };
    const kind = classifyDatagram(bytes, length);
    if (kind === "stun") {
      if (options.sources === null || options.sources.includes(address)) check(bytes.subarray(0, length), from, at);
      return;
    }
    if (!agent.isValid(from, at)) return;
    if (kind === "dtls") {
      if (length > DTLS_DATAGRAM_BYTES_MAX) return;
      dtlsSource = from;
      options.postHandshake({ kind: "record", number: options.number, bytes: bytes.slice(0, length) });
      return;
    }
    if (receiver === null || length > RTP_PACKET_BYTES_MAX) return;
    if (kind === "rtcp") {
      const clearLength = receiver.unprotectRtcp(bytes.subarray(0, length));
      if (typeof clearLength === "number") options.onRtcp(bytes.subarray(0, clearLength), at);
    } else if (kind === "rtp") {
      const clearLength = receiver.unprotectRtp(bytes, length);
      if (typeof clearLength === "number" && parseRtpInto(header, bytes, clearLength) === null) options.onRtp(header, bytes, at);
    }
  };
  const check = (bytes: Uint8Array, from: { readonly address: string; readonly port: number }, at: Instant): void => {
    for (const command of agent.received(bytes, from, at)) {
      if (command.kind === "send") sockets.rtp.send(command.bytes, command.bytes.length, command.to);
      else if (command.kind === "consentFresh") options.onEvent({ kind: "consentFresh", legId: options.legId, at: Math.round(at) });
    }
  };

  const sockets = await bindMediaPair({
    sockets: options.sockets,
    address: options.bindAddress,
    ports: options.ports,
    onRtp: receive,
    onRtcp: null,
  });
  options.postHandshake({ kind: "begin", number: options.number, attempt, fingerprint: remote.fingerprint });
  return {
    kind: "webrtc",
    port: sockets.rtp.port,
    iceUfrag,
    icePwd,
    get codec(): Codec {
      return remote.codec;
    },
    get payloadType(): number {
      return remote.payloadType;
    },
    get dtmfPayloadType(): number | null {
      return remote.dtmfPayloadType;
    },
    get ready(): boolean {
      // RFC 7675 §5.1: without consent nothing is sent.
      return sender !== null && agent.selected !== null && agent.isValid(agent.selected, options.now());
    },
    sendRtp: (bytes, length) => {
      const target = agent.selected;
      if (sender === null || target === null) return;
      const protectedLength = sender.protectRtp(bytes, length);
      if (protectedLength > 0) sockets.rtp.send(bytes, protectedLength, target);
    },
    sendRtcp: (bytes) => {
      const target = agent.selected;
      if (sender === null || target === null) return;
      const buffer = new Uint8Array(bytes.length + SRTCP_TRAILER_BYTES);
      buffer.set(bytes);
      sockets.rtp.send(buffer, sender.protectRtcp(buffer, bytes.length), target);
    },
    setRemote: (next) => {
      const isSameBrowser = next.fingerprint === remote.fingerprint;
      remote = next;
      agent.setRemoteUfrag(next.iceUfrag);
      if (isSameBrowser) return;
      // RFC 8842 §5: another fingerprint is another DTLS association; its media waits for its own keys.
      sender = null;
      receiver = null;
      attempt += 1;
      options.postHandshake({ kind: "begin", number: options.number, attempt, fingerprint: next.fingerprint });
    },
    handshakeSaid: (message) => {
      if (message.attempt !== attempt) return;
      const at = Math.round(options.now());
      switch (message.kind) {
        case "send": {
          // A browser may shake hands before it has nominated.
          const target = agent.selected ?? dtlsSource;
          if (target !== null) sockets.rtp.send(message.bytes, message.bytes.length, target);
          return;
        }
        case "connected":
          sender = new SrtpSender({ key: message.keys.localKey, salt: message.keys.localSalt });
          receiver = new SrtpReceiver({ key: message.keys.remoteKey, salt: message.keys.remoteSalt });
          return options.onEvent({ kind: "dtlsConnected", legId: options.legId, at });
        case "failed":
          return options.onEvent({ kind: "dtlsFailed", legId: options.legId, at, reason: message.reason });
      }
    },
    close: () => {
      options.postHandshake({ kind: "end", number: options.number });
      sockets.rtp.close();
    },
  };
}
