import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classifyDatagram, createRtpHeader, parseRtp, parseRtpInto, sequenceDifference, writeRtpHeader } from "./packet.ts";

const headerFields = fc.record({
  payloadType: fc.integer({ min: 0, max: 127 }),
  marker: fc.boolean(),
  sequence: fc.integer({ min: 0, max: 0xffff }),
  timestamp: fc.integer({ min: 0, max: 0xffffffff }),
  ssrc: fc.integer({ min: 0, max: 0xffffffff }),
});

describe("RTP packets", () => {
  test("a written header is read back", () => {
    fc.assert(
      fc.property(headerFields, fc.uint8Array({ maxLength: 200 }), (fields, payload) => {
        const bytes = new Uint8Array(12 + payload.length);
        writeRtpHeader(bytes, fields);
        bytes.set(payload, 12);
        expect(parseRtp(bytes)).toEqual({ ok: true, value: { ...fields, payloadStart: 12, payloadEnd: bytes.length } });
      }),
    );
  });

  test("the payload stands behind CSRCs and extension and before padding", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 15 }),
        fc.option(fc.integer({ min: 0, max: 20 })),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 9 }),
        (csrcs, words, payload, padding) => {
          const extension = words === null ? 0 : 4 + 4 * words;
          const bytes = new Uint8Array(12 + 4 * csrcs + extension + payload + padding);
          writeRtpHeader(bytes, { payloadType: 8, marker: false, sequence: 1, timestamp: 2, ssrc: 3 });
          bytes[0] = 0x80 | csrcs | (words === null ? 0 : 0x10) | (padding === 0 ? 0 : 0x20);
          if (words !== null) bytes[12 + 4 * csrcs + 3] = words;
          if (padding > 0) bytes[bytes.length - 1] = padding;
          const start = 12 + 4 * csrcs + extension;
          expect(parseRtp(bytes)).toMatchObject({ ok: true, value: { payloadStart: start, payloadEnd: start + payload } });
        },
      ),
    );
  });

  test("any bytes give a header inside the packet or a failure, never a throw", () => {
    const header = createRtpHeader();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        if (parseRtpInto(header, bytes) !== null) return;
        expect(header.payloadStart).toBeLessThanOrEqual(header.payloadEnd);
        expect(header.payloadEnd).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  test("sequence numbers are compared around their wrap", () => {
    expect(sequenceDifference(2, 65_535)).toBe(3);
    expect(sequenceDifference(65_535, 2)).toBe(-3);
  });

  test.each([
    [0x00, 1, "stun"],
    [0x16, 0xfe, "dtls"],
    [0x80, 0x00, "rtp"],
    [0x80, 0x88, "rtp"],
    [0x80, 200, "rtcp"],
    [0x40, 0, "unknown"],
  ] as const)("a datagram that begins with %i %i is %s (RFC 7983)", (first, second, kind) =>
    expect(classifyDatagram(Uint8Array.of(first, second))).toBe(kind),
  );
});
