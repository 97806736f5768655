import { utf8Decode, utf8Encode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { createStreamFramer, streamLimits } from "./index.ts";

const MESSAGE = "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 4\r\n\r\nbody";
const show = (outputs: readonly { readonly kind: string; readonly bytes?: Uint8Array | null; readonly reason?: string }[]) =>
  outputs.map((output) => (output.kind === "message" ? utf8Decode(output.bytes as Uint8Array) : (output.reason ?? output.kind)));

describe("the stream framer", () => {
  it("sip-rtp 6.1.15: cuts messages alike however the bytes are chunked", () => {
    const bytes = utf8Encode(`\r\n\r\n${MESSAGE}${MESSAGE}\r\n\r\n\r\n${MESSAGE}`);
    for (const size of [1, 2, 3, 7, 50, 1_000]) {
      const framer = createStreamFramer();
      const out: string[] = [];
      for (let i = 0; i < bytes.length; i += size) out.push(...show(framer.push(0, bytes.subarray(i, i + size))));
      expect(out.filter((each) => each !== "ping")).toEqual([MESSAGE, MESSAGE, MESSAGE]);
      expect(out.filter((each) => each === "ping").length).toBeGreaterThanOrEqual(2);
      expect(framer.bufferedBytes()).toBe(0);
    }
  });

  it.each([
    ["Content-Length: -5", "Content-Length is missing or wrong"],
    ["X: 1", "Content-Length is missing or wrong"],
    ["Content-Length: 1\r\nl: 2", "Content-Length is missing or wrong"],
    ["Content-Length: 99999999", "message is larger than messageBytesMax"],
    [`X: ${"a".repeat(streamLimits.headerBytesMax + 10)}`, "Content-Length is missing or wrong"],
  ])("breaks at %#: a stream that can't be framed is not read further", (header, reason) => {
    const framer = createStreamFramer();
    expect(show(framer.push(0, utf8Encode(`A b C\r\n${header}\r\n\r\n`)))).toEqual([reason]);
    expect(framer.push(0, utf8Encode(MESSAGE))).toEqual([]);
  });

  it("ends a header that never ends and a message that comes a byte at a time for too long", () => {
    expect(show(createStreamFramer().push(0, utf8Encode("A".repeat(streamLimits.headerBytesMax + 1))))).toEqual([
      "header block is larger than headerBytesMax",
    ]);
    const slow = createStreamFramer();
    slow.push(0, utf8Encode("OPT"));
    expect(slow.deadline()).toBe(streamLimits.messageReadMsMax);
    expect(show(slow.push(streamLimits.messageReadMsMax + 1, utf8Encode("I")))).toEqual(["message took longer than messageReadMsMax"]);
  });
});
