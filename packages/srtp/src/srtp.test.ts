import fc from "fast-check";
import { expect, test } from "vitest";
import { ReplayWindow } from "./replay-window.ts";
import { SRTCP_TRAILER_BYTES, SRTP_TAG_BYTES, SrtpReceiver, SrtpSender } from "./srtp.ts";

const master = { key: Uint8Array.from({ length: 16 }, (_, i) => i), salt: Uint8Array.from({ length: 14 }, (_, i) => 200 + i) };

function rtp(sequence: number, payload: Uint8Array, ssrc = 0xcafe): Uint8Array {
  const bytes = new Uint8Array(12 + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x80;
  bytes[1] = 8;
  view.setUint16(2, sequence & 0xffff);
  view.setUint32(4, sequence * 160);
  view.setUint32(8, ssrc);
  bytes.set(payload, 12);
  return bytes;
}

function protect(sender: SrtpSender, clear: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(clear.length + SRTP_TAG_BYTES);
  bytes.set(clear);
  return bytes.subarray(0, sender.protectRtp(bytes, clear.length));
}

test("what is protected is read back, whatever its length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (payload) => {
      const clear = rtp(7, payload);
      const bytes = protect(new SrtpSender(master), clear);
      const length = new SrtpReceiver(master).unprotectRtp(bytes);
      expect(length).toBe(clear.length);
      expect(bytes.subarray(0, clear.length)).toEqual(clear);
    }),
  );
});

test("the rollover counter follows across the wrap, with loss and reordering within reach", () => {
  const sender = new SrtpSender(master);
  const receiver = new SrtpReceiver(master);
  const packets = Array.from({ length: 400 }, (_, i) => protect(sender, rtp(65_300 + i, Uint8Array.of(i & 0xff))));
  const order = packets.map((_, i) => i).filter((i) => i % 7 !== 0);
  for (let i = 0; i + 3 < order.length; i += 4) [order[i], order[i + 3]] = [order[i + 3] as number, order[i] as number];
  for (const i of order) expect(receiver.unprotectRtp(packets[i] as Uint8Array)).toBe(13);
});

test("a packet seen before is refused, and so is one changed in any bit", () => {
  const sender = new SrtpSender(master);
  const receiver = new SrtpReceiver(master);
  const first = protect(sender, rtp(1, new Uint8Array(20)));
  expect(receiver.unprotectRtp(first.slice())).toBe(32);
  expect(receiver.unprotectRtp(first.slice())).toBe("replayed");
  const second = protect(sender, rtp(2, new Uint8Array(20)));
  for (let bit = 0; bit < second.length * 8; bit += 1) {
    const bad = second.slice();
    bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(typeof receiver.unprotectRtp(bad)).toBe("string");
  }
  expect(receiver.unprotectRtp(second.slice())).toBe(32);
});

test("RTCP is protected with its own index", () => {
  const sender = new SrtpSender(master);
  const receiver = new SrtpReceiver(master);
  const report = Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0xca, 0xfe, 1, 2, 3, 4);
  for (let i = 0; i < 3; i += 1) {
    const bytes = new Uint8Array(report.length + SRTCP_TRAILER_BYTES);
    bytes.set(report);
    expect(sender.protectRtcp(bytes, report.length)).toBe(bytes.length);
    expect(bytes.subarray(8, 12)).not.toEqual(report.subarray(8, 12));
    const copy = bytes.slice();
    expect(receiver.unprotectRtcp(bytes)).toBe(report.length);
    expect(bytes.subarray(0, report.length)).toEqual(report);
    expect(receiver.unprotectRtcp(copy)).toBe("replayed");
  }
});

test("any bytes are refused without a throw", () => {
  const receiver = new SrtpReceiver(master);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(typeof receiver.unprotectRtp(bytes.slice())).toBe("string");
      expect(typeof receiver.unprotectRtcp(bytes.slice())).toBe("string");
    }),
  );
});

test("the replay window agrees with a set of all indices, as far back as it reaches", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 200 }), (indices) => {
      const window = new ReplayWindow();
      const seen = new Set<number>();
      let highest = -1;
      for (const index of indices) {
        if (index > highest - 128) expect(window.isNew(index)).toBe(!seen.has(index));
        else expect(window.isNew(index)).toBe(false);
        if (!window.isNew(index)) continue;
        window.add(index);
        seen.add(index);
        highest = Math.max(highest, index);
      }
    }),
  );
});
