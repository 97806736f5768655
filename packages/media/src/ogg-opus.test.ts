import fc from "fast-check";
import { expect, test } from "vitest";
import { joinOpusStreams, opusHead, opusTags, parseOggPage, parseOpusHead, splitOpusStreams, writeOggPage } from "./ogg-opus.ts";

const packet = fc.uint8Array({ maxLength: 600 });
const page = fc.record({
  granule: fc.nat(2 ** 40),
  serial: fc.nat(0xffff_ffff),
  sequence: fc.nat(100_000),
  isFirst: fc.boolean(),
  isLast: fc.boolean(),
  packets: fc.array(packet, { maxLength: 80 }),
});

test("[RFC 3533 §6] a page is read as it was written, packets of 255 bytes and its multiples included", () => {
  fc.assert(
    fc.property(page, (given) => {
      const read = parseOggPage(writeOggPage(given));
      expect(read && { ...read, packets: read.packets.map((each) => [...each]) }).toEqual({
        ...given,
        packets: given.packets.map((each) => [...each]),
      });
    }),
  );
  const whole = { granule: 0, serial: 1, sequence: 0, isFirst: false, isLast: true, packets: [new Uint8Array(255), new Uint8Array(510)] };
  expect(parseOggPage(writeOggPage(whole))?.packets.map(({ length }) => length)).toEqual([255, 510]);
});

test("a page with any byte changed, cut or lengthened is none", () => {
  const bytes = writeOggPage({
    granule: 960,
    serial: 7,
    sequence: 2,
    isFirst: false,
    isLast: false,
    packets: [new Uint8Array(40).fill(9)],
  });
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ by;
      expect(parseOggPage(changed)).toBeNull();
    }),
  );
  expect(parseOggPage(bytes.subarray(0, -1))).toBeNull();
  expect(parseOggPage(new Uint8Array([...bytes, 0]))).toBeNull();
});

test("[RFC 7845 §5] the two headers", () => {
  const head = opusHead({ channels: 2, preSkip: 312, inputRate: 8_000 });
  expect(Buffer.from(head).toString("hex")).toBe(`${Buffer.from("OpusHead").toString("hex")}01023801401f00000000010200` + "0001");
  expect(parseOpusHead(head)).toEqual({ channels: 2, preSkip: 312, inputRate: 8_000 });
  expect(parseOpusHead(head.subarray(0, 22))).toBeNull();
  expect(Buffer.from(opusTags("Allo")).toString("latin1")).toBe("OpusTags\x04\0\0\0Allo\0\0\0\0");
});

test("[RFC 6716 appendix B] packets of several streams are told apart again, whatever their lengths; what is cut is refused", () => {
  const single = fc.uint8Array({ minLength: 1, maxLength: 1_276 }).map((bytes) => bytes.map((byte, i) => (i === 0 ? byte & 0xfc : byte)));
  fc.assert(
    fc.property(fc.array(single, { minLength: 1, maxLength: 3 }), (packets) => {
      const joined = joinOpusStreams(packets);
      expect(splitOpusStreams(joined, packets.length)?.map((each) => [...each])).toEqual(packets.map((each) => [...each]));
      const last = packets.at(-1)?.length ?? 0;
      if (packets.length > 1) expect(splitOpusStreams(joined.subarray(0, joined.length - last), packets.length)).toBeNull();
    }),
  );
});
