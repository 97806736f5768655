import type { RemoteInfo } from "node:dgram";
import { createSocket } from "node:dgram";
import type { BindOptions, MediaSocket, MediaSockets } from "./media-socket.ts";
import { RECEIVE_BUFFER_BYTES } from "./media-socket.ts";

/** Node's own sockets: they run wherever Node does. */
export const dgramSockets: MediaSockets = {
  bind,
  createSendBuffers: (bytes) => Array.from({ length: SEND_BUFFERS }, () => Buffer.alloc(bytes)),
};

/** The kernel has long taken a packet when its buffer's turn comes again. */
const SEND_BUFFERS = 512;

function bind(options: BindOptions): Promise<MediaSocket> {
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
      socket.on("message", (bytes: Buffer, from: RemoteInfo) => options.onDatagram(bytes, bytes.length, from.address, from.port));
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
        only: () => undefined,
        close: () => {
          if (!open) return;
          open = false;
          socket.close();
        },
      });
    });
  });
}

function ignoreSocketError(): void {
  // See where it is registered.
}
