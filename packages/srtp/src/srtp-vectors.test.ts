import { createCipheriv, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aesCounterMode, expandAesKey } from "./aes.ts";
import { HmacSha1Key } from "./hmac-sha1.ts";
import { deriveKey } from "./key-derivation.ts";

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").toUpperCase();
const wordsOf = (bytes: Uint8Array): Uint32Array => Uint32Array.from({ length: 4 }, (_, i) => Buffer.from(bytes).readUInt32BE(4 * i));

describe("sip-rtp 6.4 RFC 3711: appendix B", () => {
  test("B.2: the key stream of counter mode", () => {
    const stream = new Uint8Array(0xff02 * 16);
    const keys = expandAesKey(bytesOf("2B7E151628AED2A6ABF7158809CF4F3C"));
    aesCounterMode(keys, wordsOf(bytesOf("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000")), stream, 0, stream.length);
    expect(hexOf(stream.subarray(0, 48))).toBe(
      "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0",
    );
    expect(hexOf(stream.subarray(0xfeff * 16))).toBe(
      "EC8CDF7398607CB0F2D21675EA9EA1E4362B7C3C6773516318A077D7FC5073AE6A2CC3787889374FBEB4C81B17BA6C44",
    );
  });

  test("B.3: keys derived from the master key", () => {
    const master = { key: bytesOf("E1F97A0D3E018BE0D64FA32C06DE4139"), salt: bytesOf("0EC675AD498AFEEBB6960B3AABE6") };
    expect(hexOf(deriveKey(master, 0, 16))).toBe("C61E7A93744F39EE10734AFE3FF7A087");
    expect(hexOf(deriveKey(master, 2, 14))).toBe("30CBBC08863D8C85D49DB34A9AE1");
    expect(hexOf(deriveKey(master, 1, 20))).toBe("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
  });
});

describe("our primitives against OpenSSL's", () => {
  test("counter mode of any length", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.uint8Array({ minLength: 14, maxLength: 14 }),
        fc.uint8Array({ maxLength: 400 }),
        (key, iv, clear) => {
          const block = new Uint8Array(16);
          block.set(iv);
          const cipher = createCipheriv("aes-128-ctr", key, block);
          const ours = clear.slice();
          aesCounterMode(expandAesKey(key), wordsOf(block), ours, 0, ours.length);
          expect(hexOf(ours)).toBe(hexOf(Buffer.concat([cipher.update(clear), cipher.final()])));
        },
      ),
    );
  });

  test("HMAC-SHA1 of any length, with and without a word behind", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.uint8Array({ maxLength: 300 }),
        fc.option(fc.nat()),
        (key, message, word) => {
          const hmac = createHmac("sha1", key).update(message);
          if (word !== null) hmac.update(Buffer.from(Uint32Array.of(word).buffer).swap32());
          const ours = new HmacSha1Key(key).sign(message, 0, message.length, word);
          expect(hexOf(Buffer.from(Uint32Array.from(ours).buffer).swap32())).toBe(hexOf(hmac.digest()));
        },
      ),
    );
  });
});
