import { isIP } from "node:net";
import type { Instant } from "@allo/kernel";
import type { Codec, PlainRemote } from "@allo/media";
import { STATIC_PAYLOAD_TYPE } from "@allo/media";
import { classifyDatagram, createRtpHeader, parseRtpInto, RTP_PACKET_BYTES_MAX, SourceLock } from "@allo/rtp";
import type { AcceptedPacket, LegTransport } from "./media-leg.ts";
import type { MediaSocketPair, MediaSockets, RtpPorts } from "./media-socket.ts";
import { bindMediaPair } from "./media-socket.ts";

const COMFORT_NOISE_PAYLOAD_TYPE = 13;
/** The old way to hold (RFC 2543); the kernel would take it for this machine. */
const NOBODY: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

export type PlainTransportOptions = {
  readonly sockets: MediaSockets;
  readonly bindAddress: string;
  readonly ports: RtpPorts;
  readonly now: () => Instant;
  readonly onRtp: AcceptedPacket;
  readonly onRtcp: (bytes: Uint8Array, at: Instant) => void;
};

/** Binds a leg's two sockets. */
export async function openPlainTransport(options: PlainTransportOptions): Promise<PlainTransport> {
  const cell: { transport: PlainTransport | null } = { transport: null };
  const pair = await bindMediaPair({
    sockets: options.sockets,
    address: options.bindAddress,
    ports: options.ports,
    onRtp: (bytes, length, address, port) => cell.transport?.rtpReceived(bytes, length, address, port),
    onRtcp: (bytes, length, address) => cell.transport?.rtcpReceived(bytes, length, address),
  });
  cell.transport = new PlainTransport(options, pair);
  return cell.transport;
}

/**
 * Symmetric RTP for carriers and desk phones: what is believed is decided by `SourceLock`, where we send too. A class and no object
 * with getters: the engine would give each leg's a shape of its own, and every look at one would be a search.
 */
export class PlainTransport implements LegTransport {
  readonly kind = "plain";
  readonly port: number;
  readonly #options: PlainTransportOptions;
  readonly #sockets: MediaSocketPair;
  readonly #lock = new SourceLock();
  readonly #ipVersion: number;
  readonly #header = createRtpHeader();
  #remote: PlainRemote | null = null;

  constructor(options: PlainTransportOptions, sockets: MediaSocketPair) {
    this.#options = options;
    this.#sockets = sockets;
    this.#ipVersion = isIP(options.bindAddress);
    this.port = sockets.rtp.port;
  }

  get codec(): Codec | null {
    return this.#remote === null ? null : this.#remote.codec;
  }

  get payloadType(): number {
    return STATIC_PAYLOAD_TYPE[this.#remote?.codec ?? "PCMU"];
  }

  get dtmfPayloadType(): number | null {
    return this.#remote === null ? null : this.#remote.dtmfPayloadType;
  }

  get ready(): boolean {
    return this.#remote !== null && this.#lock.target !== null;
  }

  sendRtp(bytes: Uint8Array, length: number): void {
    const target = this.#lock.target;
    if (target !== null) this.#sockets.rtp.send(bytes, length, target);
  }

  sendRtcp(bytes: Uint8Array): void {
    const target = this.#lock.target;
    if (target !== null && target.port < 65_535)
      this.#sockets.rtcp?.send(bytes, bytes.length, { address: target.address, port: target.port + 1 });
  }

  setRemote(next: PlainRemote | null): void {
    this.#remote = next;
    // What an SDP says is hostile: a name, the other IP version or a port that is none is nowhere to send to.
    const isReachable =
      next !== null && isIP(next.address) === this.#ipVersion && !NOBODY.has(next.address) && next.port > 0 && next.port <= 65_535;
    this.#lock.signal(isReachable ? next : null);
    // Whoever may be latched onto now must be heard; what comes from the one who keeps the lock closes it again.
    this.#sockets.rtp.only(null);
  }

  close(): void {
    this.#sockets.rtp.close();
    this.#sockets.rtcp?.close();
  }

  rtpReceived(bytes: Uint8Array, length: number, address: string, port: number): void {
    if (length > RTP_PACKET_BYTES_MAX) return;
    const kind = classifyDatagram(bytes, length);
    if (kind === "rtcp") return this.rtcpReceived(bytes, length, address);
    const header = this.#header;
    if (kind !== "rtp" || this.#remote === null || parseRtpInto(header, bytes, length) !== null) return;
    if (!isNegotiated(header.payloadType, this.#remote)) return;
    const { ssrc, sequence, payloadType } = header;
    const at = this.#options.now();
    if (!this.#lock.accepts({ address, port, ssrc, sequence, payloadType }, at)) return;
    this.#sockets.rtp.only(this.#lock.locked);
    this.#options.onRtp(header, bytes, at);
  }

  rtcpReceived(bytes: Uint8Array, length: number, address: string): void {
    if (length <= RTP_PACKET_BYTES_MAX && this.#lock.acceptsControl(address))
      this.#options.onRtcp(bytes.subarray(0, length), this.#options.now());
  }
}

/** Both laws are always taken: after a change of codec the old one is still in flight. */
function isNegotiated(payloadType: number, remote: PlainRemote): boolean {
  return (
    payloadType === STATIC_PAYLOAD_TYPE.PCMU ||
    payloadType === STATIC_PAYLOAD_TYPE.PCMA ||
    payloadType === remote.dtmfPayloadType ||
    payloadType === COMFORT_NOISE_PAYLOAD_TYPE
  );
}
