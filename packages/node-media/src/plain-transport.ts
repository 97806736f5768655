import { isIP } from "node:net";
import type { Instant } from "@allo/kernel";
import type { Codec, PlainRemote } from "@allo/media";
import { STATIC_PAYLOAD_TYPE } from "@allo/media";
import { classifyDatagram, createRtpHeader, parseRtpInto, RTP_PACKET_BYTES_MAX, SourceLock } from "@allo/rtp";
import type { AcceptedPacket, LegTransport } from "./media-leg.ts";
import type { MediaSockets, RtpPorts } from "./media-socket.ts";
import { bindMediaPair } from "./media-socket.ts";

const COMFORT_NOISE_PAYLOAD_TYPE = 13;
/** The old way to hold (RFC 2543); the kernel would take it for this machine. */
const NOBODY: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

export type PlainTransport = LegTransport & { readonly kind: "plain"; readonly setRemote: (remote: PlainRemote | null) => void };

/** Symmetric RTP for carriers and desk phones: what is believed is decided by `SourceLock`, where we send too. */
export async function openPlainTransport(options: {
  readonly sockets: MediaSockets;
  readonly bindAddress: string;
  readonly ports: RtpPorts;
  readonly now: () => Instant;
  readonly onRtp: AcceptedPacket;
  readonly onRtcp: (bytes: Uint8Array, at: Instant) => void;
}): Promise<PlainTransport> {
  const lock = new SourceLock();
  const ipVersion = isIP(options.bindAddress);
  const header = createRtpHeader();
  let remote: PlainRemote | null = null;

  const receiveRtp = (bytes: Uint8Array, length: number, address: string, port: number): void => {
    if (length > RTP_PACKET_BYTES_MAX) return;
    const kind = classifyDatagram(bytes, length);
    if (kind === "rtcp") return receiveRtcp(bytes, length, address);
    if (kind !== "rtp" || remote === null || parseRtpInto(header, bytes, length) !== null) return;
    if (!isNegotiated(header.payloadType, remote)) return;
    const { ssrc, sequence, payloadType } = header;
    const at = options.now();
    if (!lock.accepts({ address, port, ssrc, sequence, payloadType }, at)) return;
    sockets.rtp.only(lock.locked);
    options.onRtp(header, bytes, at);
  };
  const receiveRtcp = (bytes: Uint8Array, length: number, address: string): void => {
    if (length <= RTP_PACKET_BYTES_MAX && lock.acceptsControl(address)) options.onRtcp(bytes.subarray(0, length), options.now());
  };

  const sockets = await bindMediaPair({
    sockets: options.sockets,
    address: options.bindAddress,
    ports: options.ports,
    onRtp: receiveRtp,
    onRtcp: receiveRtcp,
  });
  return {
    kind: "plain",
    port: sockets.rtp.port,
    get codec(): Codec | null {
      return remote?.codec ?? null;
    },
    get payloadType(): number {
      return STATIC_PAYLOAD_TYPE[remote?.codec ?? "PCMU"];
    },
    get dtmfPayloadType(): number | null {
      return remote?.dtmfPayloadType ?? null;
    },
    get ready(): boolean {
      return remote !== null && lock.target !== null;
    },
    sendRtp: (bytes, length) => {
      const target = lock.target;
      if (target !== null) sockets.rtp.send(bytes, length, target);
    },
    sendRtcp: (bytes) => {
      const target = lock.target;
      if (target !== null && target.port < 65_535)
        sockets.rtcp?.send(bytes, bytes.length, { address: target.address, port: target.port + 1 });
    },
    setRemote: (next) => {
      remote = next;
      // What an SDP says is hostile: a name, the other IP version or a port that is none is nowhere to send to.
      const isReachable =
        next !== null && isIP(next.address) === ipVersion && !NOBODY.has(next.address) && next.port > 0 && next.port <= 65_535;
      lock.signal(isReachable ? next : null);
      // Whoever may be latched onto now must be heard; what comes from the one who keeps the lock closes it again.
      sockets.rtp.only(null);
    },
    close: () => {
      sockets.rtp.close();
      sockets.rtcp?.close();
    },
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
