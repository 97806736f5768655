import fc from "fast-check";
import { expect, test } from "vitest";
import { createRingMemory, RelayRing, RING_BYTES } from "./relay-ring.ts";

test("what is written is read once, in order and whole, however writing and reading alternate", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 2_048 }), fc.integer({ min: 1, max: 60 })), { maxLength: 60 }), (rounds) => {
      const memory = createRingMemory();
      const [writer, reader] = [new RelayRing(memory), new RelayRing(memory)];
      let [next, expected] = [0, 0];
      for (const [length, count] of rounds) {
        for (let i = 0; i < count; i += 1) {
          if (writer.write(new Uint8Array(length).fill(next % 251))) next += 1;
        }
        reader.readAll((packet) => {
          if (packet.length > 0) expect(packet[0]).toBe(expected % 251);
          expect(packet.every((byte) => byte === packet[0])).toBe(true);
          expected += 1;
        });
        expect(expected).toBe(next);
      }
      expect(writer.takeDropped()).toBe(0);
    }),
    { numRuns: 40 },
  );
});

test("a reader that stands still costs the newest packets, and nothing else once it goes on", () => {
  const memory = createRingMemory();
  const [writer, reader] = [new RelayRing(memory), new RelayRing(memory)];
  let written = 0;
  while (writer.write(Uint8Array.of(written & 0xff, written >> 8, 0))) written += 1;
  expect(written).toBe(RING_BYTES / 8);
  expect(writer.takeDropped()).toBe(1);
  expect(writer.write(new Uint8Array(3_000))).toBe(false);
  let read = 0;
  reader.readAll((packet) => {
    expect((packet[0] as number) + 256 * (packet[1] as number)).toBe(read);
    read += 1;
  });
  expect(read).toBe(written);
  expect(writer.write(Uint8Array.of(1))).toBe(true);
});
