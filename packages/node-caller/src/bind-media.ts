import { createSocket, type Socket } from "node:dgram";

/** A UDP socket at this literal address, on any free port. Rejects where the address isn't this machine's. */
export async function bindMedia(address: string, bufferBytes: number): Promise<Socket> {
  const isIpv6 = address.includes(":");
  const socket = createSocket({
    type: isIpv6 ? "udp6" : "udp4",
    // Addresses are always literal: answering at once spares a trip through the resolver for each packet.
    lookup: (hostname, _options, callback) => callback(null, hostname, isIpv6 ? 6 : 4),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address, port: 0, exclusive: true }, () => {
      socket.removeListener("error", reject);
      resolve();
    });
  });
  // ICMP of a peer that has gone arrives here; the silence of its line is what tells of it.
  socket.on("error", () => undefined);
  try {
    socket.setRecvBufferSize(bufferBytes);
  } catch {
    // A kernel that refuses keeps its default: only bursts suffer, which the figures show.
  }
  return socket;
}
