import { randomInt } from "node:crypto";

/** Where a datagram goes or comes from. Aimed at by identity: an object that changes would not be noticed. */
export type SocketTarget = { readonly address: string; readonly port: number };
/** A leg's UDP socket. */
export type MediaSocket = {
  readonly port: number;
  /** Sends bytes[0, length). The bytes may be reused only after the worker's ring of send buffers has come round. */
  readonly send: (bytes: Uint8Array, length: number, target: SocketTarget) => void;
  /**
   * From now on only this source is of interest, until null takes it back or it has been silent for so long that a lock on it
   * lapses. A hint that saves work: it may be ignored, and datagrams of others may still come.
   */
  readonly only: (source: SocketTarget | null) => void;
  readonly close: () => void;
};
/**
 * A datagram has come: bytes[0, length). They are valid during the call only and may be overwritten; what lies behind them is no
 * part of it, and room if there is any.
 */
export type DatagramListener = (bytes: Uint8Array, length: number, address: string, port: number) => void;
export type BindOptions = { readonly address: string; readonly port: number; readonly onDatagram: DatagramListener };
/** A worker's sockets: by Node's dgram (`DgramSockets`), or without Node's event loop (`EpollSockets`). */
export type MediaSockets = {
  /** Binds one datagram socket; port 0 takes any. Rejects with a `code` where the address or port can't be had. */
  readonly bind: (options: BindOptions) => Promise<MediaSocket>;
  /** Buffers to send from, as many as have to be used in turn so that none is overwritten before the kernel has it. */
  readonly createSendBuffers: (bytes: number) => readonly Uint8Array[];
};
export type RtpPorts = { readonly min: number; readonly max: number } | "ephemeral";
export type MediaSocketPair = { readonly rtp: MediaSocket; readonly rtcp: MediaSocket | null };

/** Attempts before a range counts as full. */
const BIND_ATTEMPTS_MAX = 200;
/** Holds a burst of 20 ms frames while the worker is busy; the kernel caps it at net.core.rmem_max. */
export const RECEIVE_BUFFER_BYTES = 1_048_576;

/** An even port for RTP and the next for RTCP (RFC 3550 §11), drawn at random so that it can't be guessed. */
export async function bindMediaPair(options: {
  readonly sockets: MediaSockets;
  readonly address: string;
  readonly ports: RtpPorts;
  readonly onRtp: DatagramListener;
  readonly onRtcp: DatagramListener | null;
}): Promise<MediaSocketPair> {
  const { sockets, address } = options;
  let lastError: unknown = new Error("no port pair is free");
  for (let attempt = 0; attempt < BIND_ATTEMPTS_MAX; attempt += 1) {
    let rtp: MediaSocket | null = null;
    try {
      rtp = await sockets.bind({ address, port: drawPort(options.ports), onDatagram: options.onRtp });
      if (options.onRtcp === null) return { rtp, rtcp: null };
      return { rtp, rtcp: await sockets.bind({ address, port: rtp.port + 1, onDatagram: options.onRtcp }) };
    } catch (error) {
      rtp?.close();
      const code = error instanceof Error && "code" in error ? error.code : null;
      if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
      lastError = error;
    }
  }
  throw lastError;
}

/** Where systems take ports for whoever doesn't ask for one (RFC 6056 §3.2). */
const EPHEMERAL = { min: 32_768, max: 60_999 } as const;

function drawPort(wanted: RtpPorts): number {
  const ports = wanted === "ephemeral" ? EPHEMERAL : wanted;
  const firstEven = ports.min + (ports.min % 2);
  const pairs = Math.floor((ports.max - firstEven + 1) / 2);
  return pairs <= 1 ? firstEven : firstEven + 2 * randomInt(pairs);
}
