import type { RemoteInfo } from "node:dgram";
import { createSocket } from "node:dgram";
import { randomInt } from "node:crypto";

/** A leg's UDP socket. The port exists so that another back end (FFI and epoll) can take dgram's place. */
export type MediaSocket = {
  readonly port: number;
  /** Sends bytes[0, length). The bytes may be reused only after the worker's ring of send buffers has come round. */
  readonly send: (bytes: Uint8Array, length: number, target: { readonly address: string; readonly port: number }) => void;
  readonly close: () => void;
};
export type DatagramListener = (bytes: Uint8Array, address: string, port: number) => void;
export type RtpPorts = { readonly min: number; readonly max: number } | "ephemeral";
export type MediaSocketPair = { readonly rtp: MediaSocket; readonly rtcp: MediaSocket | null };

/** Attempts before a range counts as full. */
const BIND_ATTEMPTS_MAX = 200;
/** Holds a burst of 20 ms frames while the worker is busy; the kernel caps it at net.core.rmem_max. */
const RECEIVE_BUFFER_BYTES = 1_048_576;

/** Binds one datagram socket; port 0 takes any. Rejects where the address or port can't be had. */
export function bindMediaSocket(options: {
  readonly address: string;
  readonly port: number;
  readonly onDatagram: DatagramListener;
}): Promise<MediaSocket> {
  const ipv6 = options.address.includes(":");
  const socket = createSocket({
    type: ipv6 ? "udp6" : "udp4",
    // Addresses are always literal: answering at once spares a trip through the resolver for each packet.
    lookup: (hostname, _options, callback) => callback(null, hostname, ipv6 ? 6 : 4),
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: options.address, port: options.port, exclusive: true }, () => {
      socket.removeListener("error", reject);
      // ICMP "port unreachable" of a peer that has gone arrives here; the media timeout is what tells of it.
      socket.on("error", ignoreSocketError);
      socket.on("message", (bytes: Buffer, from: RemoteInfo) => options.onDatagram(bytes, from.address, from.port));
      try {
        socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
      } catch {
        // A kernel that refuses keeps its default: only bursts suffer.
      }
      let open = true;
      resolve({
        port: socket.address().port,
        send: (bytes, length, target) => {
          if (open) socket.send(bytes, 0, length, target.port, target.address);
        },
        close: () => {
          if (!open) return;
          open = false;
          socket.close();
        },
      });
    });
  });
}

/** An even port for RTP and the next for RTCP (RFC 3550 §11), drawn at random so that it can't be guessed. */
export async function bindMediaPair(options: {
  readonly address: string;
  readonly ports: RtpPorts;
  readonly onRtp: DatagramListener;
  readonly onRtcp: DatagramListener | null;
}): Promise<MediaSocketPair> {
  let lastError: unknown = new Error("no port pair is free");
  for (let attempt = 0; attempt < BIND_ATTEMPTS_MAX; attempt += 1) {
    let rtp: MediaSocket | null = null;
    try {
      rtp = await bindMediaSocket({ address: options.address, port: drawPort(options.ports), onDatagram: options.onRtp });
      if (options.onRtcp === null) return { rtp, rtcp: null };
      if (rtp.port % 2 === 0 && rtp.port < 65_535) {
        const rtcp = await bindMediaSocket({ address: options.address, port: rtp.port + 1, onDatagram: options.onRtcp });
        return { rtp, rtcp };
      }
      rtp.close();
    } catch (error) {
      rtp?.close();
      const code = error instanceof Error && "code" in error ? error.code : null;
      if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
      lastError = error;
    }
  }
  throw lastError;
}

function drawPort(ports: RtpPorts): number {
  if (ports === "ephemeral") return 0;
  const firstEven = ports.min + (ports.min % 2);
  const pairs = Math.floor((ports.max - firstEven + 1) / 2);
  return pairs <= 1 ? firstEven : firstEven + 2 * randomInt(pairs);
}

function ignoreSocketError(): void {
  // See where it is registered.
}
