import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { HmacSha1 } from "./message.ts";
import {
  buildStun,
  findAttribute,
  hasValidIntegrity,
  parseStun,
  readXorMappedAddress,
  STUN_ATTRIBUTE,
  STUN_BINDING,
  usernameOf,
  xorMappedAddressAttribute,
} from "./message.ts";

const hmacOf =
  (password: string): HmacSha1 =>
  (message) =>
    createHmac("sha1", password).update(message).digest();
const PASSWORD = "VOkJxbRl1RmTxUk/WvJxBt";
const TRANSACTION_ID = Uint8Array.from(Buffer.from("b7e7a701bc34d686fa87dfae", "hex"));
const REQUEST =
  "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151263b36" +
  "000600096576746a3a68367659202020" +
  "00080014" +
  "9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2" +
  "80280004e57a3bcf";
const RESPONSE =
  "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643" +
  "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96";
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

describe("sip-rtp 6.3 RFC 5769: test vectors", () => {
  test("2.1: the request's fingerprint, integrity and user name hold", () => {
    const bytes = bytesOf(REQUEST);
    const parsed = parseStun(bytes);
    if (!parsed.ok) throw new Error(parsed.failure);
    expect(parsed.value).toMatchObject({ messageClass: "request", method: STUN_BINDING, hasFingerprint: true });
    expect(usernameOf(parsed.value)).toBe("evtj:h6vY");
    expect(hasValidIntegrity(bytes, parsed.value, hmacOf(PASSWORD))).toBe(true);
    expect(hasValidIntegrity(bytes, parsed.value, hmacOf("another"))).toBe(false);
  });

  test("2.2: the IPv4 response names the mapped address", () => {
    const bytes = bytesOf(RESPONSE);
    const parsed = parseStun(bytes);
    if (!parsed.ok) throw new Error(parsed.failure);
    expect(hasValidIntegrity(bytes, parsed.value, hmacOf(PASSWORD))).toBe(true);
    const mapped = findAttribute(parsed.value, STUN_ATTRIBUTE.xorMappedAddress);
    expect(mapped && readXorMappedAddress(mapped, TRANSACTION_ID)).toEqual({ address: "192.0.2.1", port: 32853 });
  });

  test("2.3: an IPv6 address is masked with the transaction id", () => {
    const attribute = xorMappedAddressAttribute({ address: "2001:db8:1234:5678:11:2233:4455:6677", port: 32853 }, TRANSACTION_ID);
    expect(attribute && Buffer.from(attribute.value).toString("hex")).toBe("0002a1470113a9faa5d3f179bc25f4b5bed2b9d9");
  });
});

describe("messages", () => {
  test("what is built is read back, signed and with its fingerprint", () => {
    const attribute = fc.record({ type: fc.integer({ min: 0x0024, max: 0x7fff }), value: fc.uint8Array({ maxLength: 40 }) });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), fc.array(attribute, { maxLength: 6 }), (transactionId, attributes) => {
        const bytes = buildStun({
          messageClass: "success",
          method: STUN_BINDING,
          transactionId,
          attributes,
          hmac: hmacOf("pwd"),
          fingerprint: true,
        });
        const parsed = parseStun(bytes);
        if (!parsed.ok) throw new Error(parsed.failure);
        expect(parsed.value.attributes.slice(0, -1)).toEqual(attributes);
        expect(hasValidIntegrity(bytes, parsed.value, hmacOf("pwd"))).toBe(true);
      }),
    );
  });

  test("any bytes give a message or a failure, never a throw", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseStun(bytes)));
  });

  test("a flipped bit anywhere breaks the fingerprint or the form", () => {
    const good = bytesOf(RESPONSE);
    for (let bit = 0; bit < good.length * 8; bit += 1) {
      const bad = good.slice();
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
      const parsed = parseStun(bad);
      expect(parsed.ok && parsed.value.hasFingerprint).toBe(false);
    }
  });
});
