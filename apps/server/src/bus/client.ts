import { connect, type Socket } from "node:net";
import type { FromCore, FromEdge } from "@allo/contract";
import type { Logger } from "../platform/log.ts";
import { createFrameReader, createFrameWriter } from "./frames.ts";

export const BusClientLimits = { reconnectMsMin: 50, reconnectMsMax: 1_000 } as const;

export type BusClient = {
  readonly send: (message: FromEdge) => void;
  readonly isConnected: () => boolean;
  readonly close: () => void;
};

/** The edge's end of the bus: connects, and connects again for ever. What is sent while disconnected is dropped: the outbox resends. */
export function createBusClient(options: {
  readonly path: string;
  readonly log: Logger;
  readonly onConnected: () => void;
  readonly onMessage: (message: FromCore) => void;
  readonly onDisconnected: () => void;
}): BusClient {
  let socket: Socket | null = null;
  let writer: ReturnType<typeof createFrameWriter> | null = null;
  let connected = false;
  let closed = false;
  let retryMs: number = BusClientLimits.reconnectMsMin;
  let retry: NodeJS.Timeout | null = null;

  const open = (): void => {
    retry = null;
    const current = connect(options.path);
    const reader = createFrameReader();
    writer = createFrameWriter({ write: (bytes) => !current.destroyed && current.write(bytes) });
    socket = current;
    current.on("connect", () => {
      connected = true;
      retryMs = BusClientLimits.reconnectMsMin;
      options.onConnected();
    });
    current.on("data", (bytes: Buffer) => {
      const result = reader.push(bytes);
      if (!result.ok) {
        options.log.error({ reason: result.failure }, "bus connection closed: its frames can't be read");
        current.destroy();
        return;
      }
      for (const message of result.value) options.onMessage(message as FromCore);
    });
    current.on("error", (error: NodeJS.ErrnoException) => options.log.debug({ code: error.code }, "bus is away"));
    current.on("close", () => {
      const was = connected;
      connected = false;
      socket = null;
      if (was) options.onDisconnected();
      if (closed) return;
      retry = setTimeout(open, retryMs);
      retryMs = Math.min(retryMs * 2, BusClientLimits.reconnectMsMax);
    });
  };
  open();

  return {
    send: (message) => {
      if (connected) writer?.send(message);
    },
    isConnected: () => connected,
    close: () => {
      closed = true;
      if (retry !== null) clearTimeout(retry);
      writer?.flush();
      socket?.destroy();
    },
  };
}
