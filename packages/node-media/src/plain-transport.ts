import { isIP } from "node:net";
import type { Instant } from "@allo/kernel";
import type { Codec, PlainRemote, SdesKeys } from "@allo/media";
import { STATIC_PAYLOAD_TYPE } from "@allo/media";
import { SRTCP_TRAILER_BYTES, SrtpReceiver, SrtpSender } from "@allo/srtp";
import { classifyDatagram, createRtpHeader, parseRtpInto, RTP_PACKET_BYTES_MAX, SourceLock } from "@allo/rtp";
import type { AcceptedPacket, LegTransport } from "./media-leg.ts";
import type { MediaSocketPair, MediaSockets, RtpPorts } from "./media-socket.ts";
import { bindMediaPair } from "./media-socket.ts";

const COMFORT_NOISE_PAYLOAD_TYPE = 13;
/** The old way to hold (RFC 2543); the kernel would take it for this machine. */
const NOBODY: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

type Sealed = { readonly keys: SdesKeys; readonly sender: SrtpSender; readonly receiver: SrtpReceiver };

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
  #sealed: Sealed | null = null;

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

  get packetMs(): number | null {
    return this.#remote === null ? null : (this.#remote.packetMs ?? null);
  }

  get keysElsewhere(): boolean {
    return this.#remote !== null && this.#remote.keysElsewhere === true;
  }

  get ready(): boolean {
    return this.#remote !== null && this.#lock.target !== null;
  }

  sendRtp(bytes: Uint8Array, length: number): void {
    const target = this.#lock.target;
    if (target === null) return;
    const end = this.#sealed === null ? length : this.#sealed.sender.protectRtp(bytes, length);
    if (end > 0) this.#sockets.rtp.send(bytes, end, target);
  }

  sendRtcp(bytes: Uint8Array): void {
    const target = this.#lock.target;
    if (target === null || target.port >= 65_535) return;
    let end = bytes.length;
    let buffer = bytes;
    if (this.#sealed !== null) {
      buffer = new Uint8Array(bytes.length + SRTCP_TRAILER_BYTES);
      buffer.set(bytes);
      end = this.#sealed.sender.protectRtcp(buffer, bytes.length);
    }
    if (end > 0) this.#sockets.rtcp?.send(buffer, end, { address: target.address, port: target.port + 1 });
  }

  setRemote(next: PlainRemote | null): void {
    this.#remote = next;
    // Whoever is sent nothing for a while gets the next packet under the same count: a fresh one would repeat a key stream.
    if (next !== null) this.#sealed = sealWith(next.srtp ?? null, this.#sealed);
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
    if (kind !== "rtp" || this.#remote === null) return;
    const clearLength = this.#sealed === null ? length : this.#sealed.receiver.unprotectRtp(bytes, length);
    if (typeof clearLength !== "number" || parseRtpInto(header, bytes, clearLength) !== null) return;
    if (!isNegotiated(header.payloadType, this.#remote)) return;
    const { ssrc, sequence, payloadType } = header;
    const at = this.#options.now();
    if (!this.#lock.accepts({ address, port, ssrc, sequence, payloadType }, at)) return;
    this.#sockets.rtp.only(this.#lock.locked);
    this.#options.onRtp(header, bytes, at);
  }

  rtcpReceived(bytes: Uint8Array, length: number, address: string): void {
    if (length > RTP_PACKET_BYTES_MAX || !this.#lock.acceptsControl(address)) return;
    const clearLength = this.#sealed === null ? length : this.#sealed.receiver.unprotectRtcp(bytes.subarray(0, length));
    if (typeof clearLength === "number") this.#options.onRtcp(bytes.subarray(0, clearLength), this.#options.now());
  }
}

/** With the same keys as before the counters go on: beginning anew would repeat a key stream (RFC 3711 §9.1). */
function sealWith(keys: SdesKeys | null, before: Sealed | null): Sealed | null {
  if (keys === null) return null;
  const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, index) => byte === b[index]);
  const master = (bytes: Uint8Array): { key: Uint8Array; salt: Uint8Array } => ({
    key: bytes.subarray(0, 16),
    salt: bytes.subarray(16, 30),
  });
  return {
    keys,
    sender: before !== null && isSame(before.keys.send, keys.send) ? before.sender : new SrtpSender(master(keys.send)),
    receiver: before !== null && isSame(before.keys.receive, keys.receive) ? before.receiver : new SrtpReceiver(master(keys.receive)),
  };
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
