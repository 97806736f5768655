import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import type { Instant } from "@allo/kernel";
import type { Codec, MediaEvent, WebrtcRemote } from "@allo/media";
import type { TransportAddress } from "@allo/rtp";
import { classifyDatagram, createRtpHeader, parseRtpInto, RTP_PACKET_BYTES_MAX } from "@allo/rtp";
import { SRTCP_TRAILER_BYTES, SrtpReceiver, SrtpSender } from "@allo/srtp";
import { IceLiteAgent } from "@allo/stun";
import type { AcceptedPacket, LegTransport } from "./media-leg.ts";
import type { MediaSocket, MediaSockets, RtpPorts } from "./media-socket.ts";
import { bindMediaPair } from "./media-socket.ts";
import type { FromHandshake, ToHandshake } from "./worker-messages.ts";

/** A DTLS datagram larger than this is none of a browser's. */
const DTLS_DATAGRAM_BYTES_MAX = 4_096;

export type WebrtcTransportOptions = {
  readonly legId: string;
  readonly number: number;
  readonly bindAddress: string;
  /** Null: checks from anywhere are looked at. */
  readonly sources: readonly string[] | null;
  readonly sockets: MediaSockets;
  readonly ports: RtpPorts;
  /** Null: our offer isn't answered yet. */
  readonly remote: WebrtcRemote | null;
  readonly now: () => Instant;
  readonly postHandshake: (message: ToHandshake) => void;
  readonly onEvent: (event: MediaEvent) => void;
  readonly onRtp: AcceptedPacket;
  readonly onRtcp: (bytes: Uint8Array, at: Instant) => void;
};

/** Binds a browser's leg and expects its handshake. */
export async function openWebrtcTransport(options: WebrtcTransportOptions): Promise<WebrtcTransport> {
  const cell: { transport: WebrtcTransport | null } = { transport: null };
  const sockets = await bindMediaPair({
    sockets: options.sockets,
    address: options.bindAddress,
    ports: options.ports,
    onRtp: (bytes, length, address, port) => cell.transport?.received(bytes, length, address, port),
    onRtcp: null,
  });
  cell.transport = new WebrtcTransport(options, sockets.rtp);
  return cell.transport;
}

/**
 * A browser's leg: one socket for ICE-lite, DTLS and SRTP (RFC 7983). Nothing counts that did not come from a checked address. A
 * class, as `PlainTransport` is, so that all legs have one shape.
 */
export class WebrtcTransport implements LegTransport {
  readonly kind = "webrtc";
  readonly port: number;
  readonly iceUfrag = randomBytes(4).toString("hex");
  readonly icePwd = randomBytes(16).toString("hex");
  readonly #options: WebrtcTransportOptions;
  readonly #socket: MediaSocket;
  readonly #agent: IceLiteAgent;
  readonly #header = createRtpHeader();
  #remote: WebrtcRemote | null;
  #sender: SrtpSender | null = null;
  #receiver: SrtpReceiver | null = null;
  #attempt = 0;
  #dtlsSource: TransportAddress | null = null;

  constructor(options: WebrtcTransportOptions, socket: MediaSocket) {
    this.#options = options;
    this.#socket = socket;
    this.#remote = options.remote;
    this.port = socket.port;
    const hmacKey = createSecretKey(Buffer.from(this.icePwd, "utf8"));
    this.#agent = new IceLiteAgent({
      localUfrag: this.iceUfrag,
      // Nobody's name begins with a space: no check is believed before the answer is here.
      remoteUfrag: options.remote?.iceUfrag ?? " ",
      hmac: (message) => createHmac("sha1", hmacKey).update(message).digest(),
    });
    if (options.remote !== null) this.#beginHandshake(options.remote.fingerprint);
  }

  get codec(): Codec {
    return this.#remote?.codec ?? "PCMU";
  }

  get payloadType(): number {
    return this.#remote?.payloadType ?? 0;
  }

  get dtmfPayloadType(): number | null {
    return this.#remote?.dtmfPayloadType ?? null;
  }

  get packetMs(): null {
    return null;
  }

  get keysElsewhere(): boolean {
    return false;
  }

  get ready(): boolean {
    // RFC 7675 §5.1: without consent nothing is sent.
    const { selected } = this.#agent;
    return this.#sender !== null && selected !== null && this.#agent.isValid(selected, this.#options.now());
  }

  sendRtp(bytes: Uint8Array, length: number): void {
    const target = this.#agent.selected;
    if (this.#sender === null || target === null) return;
    const protectedLength = this.#sender.protectRtp(bytes, length);
    if (protectedLength > 0) this.#socket.send(bytes, protectedLength, target);
  }

  sendRtcp(bytes: Uint8Array): void {
    const target = this.#agent.selected;
    if (this.#sender === null || target === null) return;
    const buffer = new Uint8Array(bytes.length + SRTCP_TRAILER_BYTES);
    buffer.set(bytes);
    this.#socket.send(buffer, this.#sender.protectRtcp(buffer, bytes.length), target);
  }

  setRemote(next: WebrtcRemote): void {
    const isSameBrowser = next.fingerprint === this.#remote?.fingerprint;
    this.#remote = next;
    this.#agent.setRemoteUfrag(next.iceUfrag);
    if (isSameBrowser) return;
    // RFC 8842 §5: another fingerprint is another DTLS association; its media waits for its own keys.
    this.#sender = null;
    this.#receiver = null;
    this.#beginHandshake(next.fingerprint);
  }

  handshakeSaid(message: FromHandshake): void {
    if (message.attempt !== this.#attempt) return;
    const { legId, onEvent } = this.#options;
    const at = Math.round(this.#options.now());
    switch (message.kind) {
      case "send": {
        // A browser may shake hands before it has nominated.
        const target = this.#agent.selected ?? this.#dtlsSource;
        if (target !== null) this.#socket.send(message.bytes, message.bytes.length, target);
        return;
      }
      case "connected":
        this.#sender = new SrtpSender({ key: message.keys.localKey, salt: message.keys.localSalt });
        this.#receiver = new SrtpReceiver({ key: message.keys.remoteKey, salt: message.keys.remoteSalt });
        return onEvent({ kind: "dtlsConnected", legId, at });
      case "failed":
        return onEvent({ kind: "dtlsFailed", legId, at, reason: message.reason });
    }
  }

  close(): void {
    this.#options.postHandshake({ kind: "end", number: this.#options.number });
    this.#socket.close();
  }

  received(bytes: Uint8Array, length: number, address: string, port: number): void {
    const at = this.#options.now();
    const from = { address, port };
    const kind = classifyDatagram(bytes, length);
    if (kind === "stun") {
      const { sources } = this.#options;
      if (sources === null || sources.includes(address)) this.#check(bytes.subarray(0, length), from, at);
      return;
    }
    if (!this.#agent.isValid(from, at)) return;
    if (kind === "dtls") {
      if (length > DTLS_DATAGRAM_BYTES_MAX) return;
      this.#dtlsSource = from;
      this.#options.postHandshake({ kind: "record", number: this.#options.number, bytes: Uint8Array.from(bytes.subarray(0, length)) });
      return;
    }
    const receiver = this.#receiver;
    if (receiver === null || length > RTP_PACKET_BYTES_MAX) return;
    if (kind === "rtcp") {
      const clearLength = receiver.unprotectRtcp(bytes.subarray(0, length));
      if (typeof clearLength === "number") this.#options.onRtcp(bytes.subarray(0, clearLength), at);
    } else if (kind === "rtp") {
      const clearLength = receiver.unprotectRtp(bytes, length);
      if (typeof clearLength === "number" && parseRtpInto(this.#header, bytes, clearLength) === null)
        this.#options.onRtp(this.#header, bytes, at);
    }
  }

  #check(bytes: Uint8Array, from: TransportAddress, at: Instant): void {
    const { legId, onEvent } = this.#options;
    for (const command of this.#agent.received(bytes, from, at)) {
      if (command.kind === "send") this.#socket.send(command.bytes, command.bytes.length, command.to);
      else if (command.kind === "consentFresh") onEvent({ kind: "consentFresh", legId, at: Math.round(at) });
    }
  }

  #beginHandshake(fingerprint: string): void {
    const { number, postHandshake } = this.#options;
    this.#attempt += 1;
    postHandshake({ kind: "begin", number, attempt: this.#attempt, fingerprint });
  }
}
