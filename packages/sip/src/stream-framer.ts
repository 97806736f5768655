// RFC 3261 §18.3: messages on a stream are framed by Content-Length; RFC 5626 §4.4.1: CRLF keep-alives between them.
import { utf8Decode } from "@allo/kernel";
import type { Instant } from "@allo/kernel";
import { messageLimits, streamLimits } from "./limits.ts";

export type FramerOutput =
  | { readonly kind: "message"; readonly bytes: Uint8Array }
  /** CRLFCRLF: answer with one CRLF. */
  | { readonly kind: "ping" }
  /** The stream can't be read any further: hand `bytes` to the stack (it may answer 400), then close the connection. */
  | { readonly kind: "broken"; readonly reason: string; readonly bytes: Uint8Array | null };

export type StreamFramer = {
  readonly push: (at: Instant, chunk: Uint8Array) => readonly FramerOutput[];
  /** When an unfinished message is too late; null while none has begun. */
  readonly deadline: () => Instant | null;
  readonly bufferedBytes: () => number;
};

/** Cuts one connection's bytes into messages. After `broken` it takes nothing more. */
export function createStreamFramer(): StreamFramer {
  let buffer = new Uint8Array(4_096);
  let length = 0;
  /** Up to here no end of header has been found: every byte is looked at once. */
  let scanned = 0;
  /** Where the body of the message in the buffer begins; 0 until its header has ended. */
  let headEnd = 0;
  let beganAt: Instant | null = null;
  let isBroken = false;

  function append(chunk: Uint8Array): void {
    if (length + chunk.length > buffer.length) {
      const larger = new Uint8Array(Math.max(buffer.length * 2, length + chunk.length));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer.set(chunk, length);
    length += chunk.length;
  }

  function consume(count: number): void {
    buffer.copyWithin(0, count, length);
    length -= count;
    scanned = 0;
    headEnd = 0;
  }

  function push(at: Instant, chunk: Uint8Array): readonly FramerOutput[] {
    if (isBroken) return [];
    const outputs: FramerOutput[] = [];
    const fail = (reason: string, bytes: Uint8Array | null): readonly FramerOutput[] => {
      isBroken = true;
      beganAt = null;
      outputs.push({ kind: "broken", reason, bytes });
      return outputs;
    };
    append(chunk);
    for (;;) {
      while (length >= 2 && buffer[0] === 13 && buffer[1] === 10) {
        const isPing = length >= 4 && buffer[2] === 13 && buffer[3] === 10;
        if (isPing) outputs.push({ kind: "ping" });
        else if (length < 4) break;
        consume(isPing ? 4 : 2);
      }
      // A lone CRLF may be half of a ping; it is dropped once a message follows it.
      if (length === 0 || (length < 4 && buffer[0] === 13)) {
        beganAt = null;
        return outputs;
      }
      beganAt ??= at;
      if (at - beganAt > streamLimits.messageReadMsMax) return fail("message took longer than messageReadMsMax", null);
      const end = headEnd > 0 ? headEnd : findHeaderEnd(buffer, Math.max(0, scanned - 3), length);
      scanned = length;
      if (end < 0) {
        return length > streamLimits.headerBytesMax ? fail("header block is larger than headerBytesMax", null) : outputs;
      }
      headEnd = end;
      const size = contentLength(utf8Decode(buffer, 0, end));
      if (size === null) return fail("Content-Length is missing or wrong", buffer.slice(0, end));
      if (end + size > messageLimits.messageBytesMax) return fail("message is larger than messageBytesMax", buffer.slice(0, end));
      if (end + size > length) return outputs;
      outputs.push({ kind: "message", bytes: buffer.slice(0, end + size) });
      consume(end + size);
      beganAt = null;
    }
  }

  return { push, deadline: () => (beganAt === null ? null : beganAt + streamLimits.messageReadMsMax), bufferedBytes: () => length };
}

function findHeaderEnd(buffer: Uint8Array, from: number, length: number): number {
  for (let i = from; i + 3 < length; i += 1) {
    if (buffer[i] === 13 && buffer[i + 1] === 10 && buffer[i + 2] === 13 && buffer[i + 3] === 10) return i + 4;
  }
  return -1;
}

/** RFC 3261 §20.14: on a stream it is mandatory; two of them or a wrong one end the connection. */
function contentLength(head: string): number | null {
  let size: number | null = null;
  for (const line of head.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    if (name !== "content-length" && name !== "l") continue;
    const value = line.slice(colon + 1).trim();
    if (size !== null || !/^[0-9]{1,9}$/.test(value)) return null;
    size = Number(value);
  }
  return size;
}
