import fc from "fast-check";
import { expect, test } from "vitest";
import { createFrameReader, createFrameWriter, encodeFrame } from "./frames.ts";

test("messages survive any cutting of the stream", () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue(), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (messages, cuts) => {
        const bytes = Buffer.concat(messages.map((message) => encodeFrame(message)));
        const reader = createFrameReader();
        const seen: unknown[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const length = cuts[turn % cuts.length] as number;
          const result = reader.push(bytes.subarray(at, at + length));
          if (result.ok) seen.push(...result.value);
          at += length;
        }
        expect(JSON.stringify(seen)).toBe(JSON.stringify(messages));
      },
    ),
  );
});

test("a frame that says it is longer than the limit is refused before its bytes are kept", () => {
  const result = createFrameReader().push(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  expect(result).toEqual({ ok: false, failure: "tooLong" });
});

test("a frame that is not JSON is refused", () => {
  const result = createFrameReader().push(Buffer.from([0, 0, 0, 1, 0x7b]));
  expect(result).toEqual({ ok: false, failure: "notJson" });
});

test("messages of one turn are written at once, in their order; what waits can be written out at the end", async () => {
  const writes: Buffer[] = [];
  const writer = createFrameWriter({ write: (bytes) => writes.push(bytes) });
  for (const message of [1, 2, 3]) writer.send(message);
  expect(writes).toEqual([]);
  await new Promise(setImmediate);
  expect(writes).toEqual([Buffer.concat([1, 2, 3].map((message) => encodeFrame(message)))]);
  writer.send(4);
  writer.flush();
  await new Promise(setImmediate);
  expect(writes.slice(1)).toEqual([encodeFrame(4)]);
});
