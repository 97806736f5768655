import { EpollSockets, OpenDescriptors } from "./epoll-sockets.ts";
import type { Libc } from "./libc.ts";
import { loadLibc } from "./libc.ts";

/** "auto" takes the quick sockets where they work here, else Node's. */
export type SocketsWanted = "auto" | "ffi" | "dgram";
export type SocketsChosen = { readonly kind: "ffi"; readonly libc: Libc } | { readonly kind: "dgram"; readonly reason: string };

const TRIAL_TIMEOUT_MS = 1_000;

/** Tries out, with a datagram to ourselves, whether the quick sockets work on this machine. Throws where they are a must and don't. */
export function chooseSockets(wanted: SocketsWanted): SocketsChosen {
  if (wanted === "dgram") return { kind: "dgram", reason: "set so" };
  try {
    const libc = loadLibc();
    tryOut(libc);
    return { kind: "ffi", libc };
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split("\n", 1)[0] ?? "") : String(cause);
    if (wanted === "ffi") throw new Error(`the media sockets of the C library don't work here: ${reason}`, { cause });
    return { kind: "dgram", reason };
  }
}

/** A wrong idea of a structure's layout must show here and not in a call. */
function tryOut(libc: Libc): void {
  const sockets = new EpollSockets(libc, { wakeFd: null, descriptors: new OpenDescriptors() });
  try {
    let heard: { readonly text: string; readonly address: string; readonly port: number } | null = null;
    const receiver = sockets.bindNow({
      address: "127.0.0.1",
      port: 0,
      onDatagram: (bytes, length, address, port) =>
        (heard = { text: Buffer.from(bytes.subarray(0, length)).toString("latin1"), address, port }),
    });
    const sender = sockets.bindNow({ address: "127.0.0.1", port: 0, onDatagram: () => undefined });
    const target = { address: "127.0.0.1", port: receiver.port };
    for (const only of [null, target]) {
      heard = null;
      sender.only(only);
      sender.send(Buffer.from("is anybody there?", "latin1"), 9, target);
      sockets.serve(sockets.wait(TRIAL_TIMEOUT_MS), 0);
      const expected = { text: "is anybod", address: "127.0.0.1", port: sender.port };
      if (JSON.stringify(heard) !== JSON.stringify(expected)) throw new Error("a datagram to this machine itself did not arrive as sent");
    }
  } finally {
    sockets.close();
  }
}
