import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import type { FromCore, FromEdge } from "@allo/contract";
import type { Logger } from "../platform/log.ts";
import { createFrameReader, createFrameWriter } from "./frames.ts";

export type BusConnection = {
  readonly id: number;
  readonly send: (message: FromCore) => void;
  readonly close: () => void;
};

export type BusServer = {
  /** Messages of every edge, in the order of each connection. */
  readonly onMessage: (listener: (message: FromEdge, connection: BusConnection) => void) => void;
  readonly onClosed: (listener: (connection: BusConnection) => void) => void;
  /** Ends connections and removes the socket. */
  readonly close: () => Promise<void>;
};

/** Core's end of the bus: a Unix socket that only this user may open. Rejects where the socket can't be made. */
export async function createBusServer(options: { readonly path: string; readonly log: Logger }): Promise<BusServer> {
  const messageListeners: ((message: FromEdge, connection: BusConnection) => void)[] = [];
  const closedListeners: ((connection: BusConnection) => void)[] = [];
  const sockets = new Set<Socket>();
  let lastId = 0;

  const server = createServer((socket) => {
    lastId += 1;
    const id = lastId;
    sockets.add(socket);
    const reader = createFrameReader();
    const writer = createFrameWriter({ write: (bytes) => !socket.destroyed && socket.write(bytes) });
    const connection: BusConnection = {
      id,
      send: (message) => writer.send(message),
      close: () => socket.destroy(),
    };
    socket.on("data", (bytes: Buffer) => {
      const result = reader.push(bytes);
      if (!result.ok) {
        options.log.error({ reason: result.failure }, "bus connection refused: its frames can't be read");
        socket.destroy();
        return;
      }
      // The other end is our own program behind a socket that only this user may open: its messages are typed, not parsed again.
      for (const message of result.value) for (const listener of messageListeners) listener(message as FromEdge, connection);
    });
    socket.on("error", (error) => options.log.warn({ err: error }, "bus connection broke"));
    socket.on("close", () => {
      sockets.delete(socket);
      for (const listener of closedListeners) listener(connection);
    });
  });

  mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
  // What stands there is a dead socket: the instance lock says that no other core lives on this data.
  rmSync(options.path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.path, () => {
      server.off("error", reject);
      chmodSync(options.path, 0o600);
      resolve();
    });
  });

  return {
    onMessage: (listener) => messageListeners.push(listener),
    onClosed: (listener) => closedListeners.push(listener),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
