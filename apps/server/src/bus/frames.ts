// Length-prefixed JSON on a stream: 4 bytes of length, big-endian, then the text. A frame over the limit ends the connection.
import { BusLimits } from "@allo/contract";
import { fail, ok, type Result } from "@allo/kernel";

const PREFIX_BYTES = 4;

/** One frame ready to be written. */
export function encodeFrame(message: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(message), "utf8");
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + text.length);
  frame.writeUInt32BE(text.length, 0);
  text.copy(frame, PREFIX_BYTES);
  return frame;
}

/** Writes frames to a stream; those of one turn of the event loop go together. */
export function createFrameWriter(stream: { readonly write: (bytes: Buffer) => unknown }): {
  readonly send: (message: unknown) => void;
  /** Writes what still waits. */
  readonly flush: () => void;
} {
  let waiting: Buffer[] = [];
  const flush = (): void => {
    const [only, ...more] = waiting;
    if (only === undefined) return;
    stream.write(more.length === 0 ? only : Buffer.concat(waiting));
    waiting = [];
  };
  return {
    send: (message) => {
      if (waiting.push(encodeFrame(message)) === 1) setImmediate(flush);
    },
    flush,
  };
}

/** Cuts a stream into messages; after a failure the connection is of no use. */
export function createFrameReader(): { push: (bytes: Buffer) => Result<readonly unknown[], "tooLong" | "notJson"> } {
  let pending: Buffer = Buffer.alloc(0);
  return {
    push: (bytes) => {
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      const messages: unknown[] = [];
      while (pending.length >= PREFIX_BYTES) {
        const length = pending.readUInt32BE(0);
        if (length > BusLimits.frameBytesMax) return fail("tooLong");
        if (pending.length < PREFIX_BYTES + length) break;
        const text = pending.toString("utf8", PREFIX_BYTES, PREFIX_BYTES + length);
        pending = pending.subarray(PREFIX_BYTES + length);
        try {
          messages.push(JSON.parse(text));
        } catch {
          return fail("notJson");
        }
      }
      return ok(messages);
    },
  };
}
