import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FarEndStats } from "./far-end-stats.ts";
import { RtpOutStream } from "./out-stream.ts";
import type { RtpHeader } from "./packet.ts";
import { parseRtp } from "./packet.ts";
import { RtpReceiveStats } from "./receive-stats.ts";
import { buildRtcp, parseRtcp } from "./rtcp.ts";
import { PACKETS_TO_LATCH, REBIND_SILENCE_MS, RELATCH_SILENCE_MS, SourceLock } from "./source-lock.ts";
import { buildTelephoneEvent, parseTelephoneEvent, TelephoneEventDetector } from "./telephone-event.ts";

const headerOf = (fields: Partial<RtpHeader>): RtpHeader => ({
  payloadType: 0,
  marker: false,
  sequence: 0,
  timestamp: 0,
  ssrc: 1,
  payloadStart: 12,
  payloadEnd: 172,
  ...fields,
});

describe("an outgoing stream", () => {
  test("whatever sources follow one another, numbers go on without gap and time never goes back", () => {
    const step = fc.record({
      source: fc.integer({ min: 0, max: 3 }),
      sequence: fc.nat(0xffff),
      timestamp: fc.nat(),
      packets: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const stream = new RtpOutStream({ ssrc: 7, firstSequence: 65_530, firstTimestamp: 0xffff_ff00, clockRate: 8_000 });
        const bytes = new Uint8Array(172);
        let at = 1_000;
        let before: RtpHeader | null = null;
        for (const [number, { source, sequence, timestamp, packets }] of steps.entries()) {
          for (let i = 0; i < packets; i += 1) {
            at += 20;
            if (source === 0) stream.writeOwn(bytes, 0, { source, payloadType: 0, at, samples: 160 });
            else {
              const header = headerOf({ ssrc: number, sequence: (sequence + i) & 0xffff, timestamp: (timestamp + 160 * i) >>> 0 });
              if (!stream.writeRelayed(bytes, 0, { header, source, payloadType: 0, at })) continue;
            }
            const parsed = parseRtp(bytes);
            if (!parsed.ok) throw new Error(parsed.failure);
            if (before !== null) {
              expect((parsed.value.timestamp - before.timestamp) | 0).toBeGreaterThanOrEqual(0);
              expect((parsed.value.sequence - before.sequence) & 0xffff).toBeLessThanOrEqual(0x1000);
            }
            before = { ...parsed.value };
          }
        }
      }),
    );
  });

  test("losses and reordering of the source pass on as they are; a straggler of the source before is dropped", () => {
    const stream = new RtpOutStream({ ssrc: 7, firstSequence: 100, firstTimestamp: 0, clockRate: 8_000 });
    const bytes = new Uint8Array(172);
    const relay = (source: number, sequence: number): number | null => {
      const header = headerOf({ ssrc: source, sequence, timestamp: sequence * 160 });
      if (!stream.writeRelayed(bytes, 0, { header, source, payloadType: 0, at: sequence * 20 })) return null;
      const parsed = parseRtp(bytes);
      return parsed.ok ? parsed.value.sequence : null;
    };
    expect([relay(1, 500), relay(1, 502), relay(1, 501), relay(1, 505)]).toEqual([100, 102, 101, 105]);
    expect([relay(2, 9_000), relay(2, 8_999), relay(2, 9_001)]).toEqual([106, null, 107]);
  });
});

describe("figures of what comes in", () => {
  test("loss is what the sequence numbers miss, across the wrap", () => {
    const stats = new RtpReceiveStats(8_000);
    for (let i = 0; i < 100; i += 1)
      if (i % 10 !== 3) stats.received(headerOf({ sequence: (65_500 + i) & 0xffff, timestamp: i * 160 }), i * 20);
    expect(stats.packetsLost).toBe(10);
    expect(stats.jitterMs).toBeCloseTo(0, 5);
    expect(stats.report(2_000)).toMatchObject({
      packetsLost: 10,
      fractionLost: Math.floor((10 * 256) / 100),
      highestSequence: 0x10000 + 63,
    });
  });

  test("packets alternately 10 ms early and late have a jitter near the difference of 20 ms", () => {
    const stats = new RtpReceiveStats(8_000);
    for (let i = 0; i < 500; i += 1) stats.received(headerOf({ sequence: i, timestamp: i * 160 }), i * 20 + (i % 2 === 0 ? 10 : -10));
    expect(stats.jitterMs).toBeCloseTo(20, 0);
  });

  test("a new SSRC is a new sender, not a loss", () => {
    const stats = new RtpReceiveStats(8_000);
    for (let i = 0; i < 10; i += 1) stats.received(headerOf({ sequence: i, ssrc: 1 }), i * 20);
    for (let i = 0; i < 10; i += 1) stats.received(headerOf({ sequence: 40_000 + i, ssrc: 2 }), 200 + i * 20);
    expect(stats.packetsLost).toBe(0);
    expect(stats.packetsReceived).toBe(20);
  });
});

describe("sip-rtp 6.4 RTCP", () => {
  test("what is reported is read back", () => {
    const block = {
      ssrc: 9,
      fractionLost: 12,
      packetsLost: -3,
      highestSequence: 70_000,
      jitter: 55,
      lastSenderReport: 0xabcdef01,
      delaySinceLastSenderReport: 65_536,
    };
    const sender = { at: 1_700_000_000_500, rtpTimestamp: 123_456, packetsSent: 50, octetsSent: 8_000 };
    const bytes = buildRtcp({ ssrc: 5, cname: "абв", sender, block, goodbye: true });
    expect(bytes.length % 4).toBe(0);
    const parsed = parseRtcp(bytes);
    if (!parsed.ok) throw new Error(parsed.failure);
    const seconds = 1_700_000_000 + 2_208_988_800;
    expect(parsed.value).toEqual([
      { kind: "senderReport", ssrc: 5, ntpMiddle: (((seconds & 0xffff) << 16) | 0x8000) >>> 0, rtpTimestamp: 123_456, blocks: [block] },
      { kind: "other", packetType: 202 },
      { kind: "goodbye", ssrc: 5 },
    ]);
  });

  test("any bytes give messages or a failure, never a throw", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => void parseRtcp(bytes)));
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 204 }),
        fc.uint8Array({ maxLength: 60 }),
        (type, rest) => void parseRtcp(Uint8Array.of(0x81, type, 0, 6, ...rest)),
      ),
    );
  });
});

describe("sip-rtp 6.4 RFC 4733: keys", () => {
  const played = (digits: string): readonly { readonly timestamp: number; readonly payload: Uint8Array }[] =>
    [...digits].flatMap((digit, i) =>
      buildTelephoneEvent(digit, 1_600, 160).map((payload) => ({ timestamp: (0xffff_f000 + i * 3_200) >>> 0, payload })),
    );

  test("each is told once, whichever packets of it are lost", () => {
    const digits = "1124*#0A";
    const packets = played(digits);
    const perKey = packets.length / digits.length;
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: packets.length, maxLength: packets.length }), (kept) => {
        const detector = new TelephoneEventDetector();
        const told: string[] = [];
        packets.forEach(({ timestamp, payload }, i) => {
          // At least the very last packet of each key arrives.
          const event = parseTelephoneEvent(payload);
          if (event === null || (!kept[i] && (i + 1) % perKey !== 0)) return;
          const digit = detector.received({ ssrc: 1, timestamp, event });
          if (digit !== null) told.push(digit);
        });
        expect(told.join("")).toBe(digits);
      }),
    );
  });

  test("an end sent again after the next key has begun tells nothing", () => {
    const detector = new TelephoneEventDetector();
    const end = { event: 1, end: true, volume: 10, duration: 800 };
    expect(detector.received({ ssrc: 1, timestamp: 100, event: end })).toBe("1");
    expect(detector.received({ ssrc: 1, timestamp: 900, event: { ...end, event: 2 } })).toBe("2");
    expect(detector.received({ ssrc: 1, timestamp: 100, event: end })).toBeNull();
    expect(detector.received({ ssrc: 1, timestamp: 1_700, event: { ...end, event: 66 } })).toBeNull();
  });
});

describe("sip-rtp 6.4 symmetric RTP: the source lock", () => {
  const packetFrom = (address: string, port: number, sequence: number, ssrc = 1) => ({ address, port, ssrc, sequence, payloadType: 0 });
  const lockOn = (behindNat: boolean): SourceLock => {
    const lock = new SourceLock();
    lock.signal({ address: "10.0.0.1", port: 4_000, behindNat, signalledFrom: null });
    return lock;
  };

  test("the signalled address is believed at once, others never", () => {
    const lock = lockOn(false);
    for (let i = 0; i < 20; i += 1) expect(lock.accepts(packetFrom("10.0.0.2", 4_000, i), i)).toBe(false);
    expect(lock.accepts(packetFrom("10.0.0.1", 4_000, 1), 30)).toBe(true);
    expect(lock.target).toMatchObject({ address: "10.0.0.1", port: 4_000 });
  });

  test("behind NAT a source is believed after some packets in sequence of one SSRC", () => {
    const lock = lockOn(true);
    const taken = Array.from({ length: PACKETS_TO_LATCH }, (_, i) => lock.accepts(packetFrom("203.0.113.9", 9_999, i), i));
    expect(taken).toEqual([...Array.from({ length: PACKETS_TO_LATCH - 1 }, () => false), true]);
    expect(lock.target).toEqual({ address: "203.0.113.9", port: 9_999 });
  });

  test("a phone with two addresses is believed at the one its signalling comes from, and a third one never", () => {
    const lock = new SourceLock();
    lock.signal({ address: "10.0.0.1", port: 4_000, behindNat: false, signalledFrom: "127.0.0.1" });
    for (let i = 0; i < 20; i += 1) expect(lock.accepts(packetFrom("10.0.0.2", 4_000, i), i)).toBe(false);
    const taken = Array.from({ length: PACKETS_TO_LATCH }, (_, i) => lock.accepts(packetFrom("127.0.0.1", 9_958, i), i));
    expect(taken.at(-1)).toBe(true);
    expect(lock.target).toEqual({ address: "127.0.0.1", port: 9_958 });
  });

  test("behind NAT only the network that the signalling came from is believed, never a stranger who was first", () => {
    const lock = new SourceLock();
    lock.signal({ address: "10.0.0.1", port: 4_000, behindNat: true, signalledFrom: "203.0.113.9" });
    for (let i = 0; i < 20; i += 1) expect(lock.accepts(packetFrom("198.51.100.7", 4_000, i), i)).toBe(false);
    const taken = Array.from({ length: PACKETS_TO_LATCH }, (_, i) => lock.accepts(packetFrom("203.0.113.200", 5_004, i), i));
    expect(taken.at(-1)).toBe(true);
    expect(lock.target).toEqual({ address: "203.0.113.200", port: 5_004 });
  });

  test("RTCP is taken only from where media goes: the signalled address, and once it is locked the locked one alone", () => {
    const lock = new SourceLock();
    expect(lock.acceptsControl("10.0.0.1")).toBe(false);
    lock.signal({ address: "10.0.0.1", port: 4_000, behindNat: true, signalledFrom: "203.0.113.9" });
    expect([lock.acceptsControl("10.0.0.1"), lock.acceptsControl("198.51.100.7")]).toEqual([true, false]);
    for (let i = 0; i < PACKETS_TO_LATCH; i += 1) lock.accepts(packetFrom("203.0.113.9", 5_004, i), i);
    expect(["203.0.113.9", "10.0.0.1", "198.51.100.7"].map((address) => lock.acceptsControl(address))).toEqual([true, false, false]);
  });

  test("a line that loses and reorders is believed as soon as a good one", () => {
    const lock = lockOn(true);
    const taken = [5, 3, 8, 4].map((sequence, i) => lock.accepts(packetFrom("203.0.113.9", 9_999, sequence), i * 20));
    expect(taken).toEqual([false, false, false, true]);
  });

  test("packets far from each other, one again and again, or changing SSRCs never latch", () => {
    const lock = lockOn(true);
    for (let i = 0; i < 50; i += 1) expect(lock.accepts(packetFrom("203.0.113.9", 9_999, i * 9), i)).toBe(false);
    for (let i = 0; i < 50; i += 1) expect(lock.accepts(packetFrom("203.0.113.9", 9_999, 7_000), i)).toBe(false);
    for (let i = 0; i < 50; i += 1) expect(lock.accepts(packetFrom("203.0.113.9", 9_999, i, i), i)).toBe(false);
    expect(lock.target).toMatchObject({ address: "10.0.0.1", port: 4_000 });
  });

  test("a NAT that gives the phone another port in mid-call: the stream that goes on there is believed after a moment of silence", () => {
    const lock = lockOn(true);
    for (let i = 0; i < 100; i += 1) lock.accepts(packetFrom("203.0.113.9", 9_999, i), i * 20);
    const at = 99 * 20;
    // While the old port still speaks, and in the moment after it, nobody takes over.
    expect(lock.accepts(packetFrom("203.0.113.9", 7_777, 100), at + REBIND_SILENCE_MS - 1)).toBe(false);
    const taken = Array.from({ length: PACKETS_TO_LATCH }, (_, i) =>
      lock.accepts(packetFrom("203.0.113.9", 7_777, 120 + i), at + REBIND_SILENCE_MS + i * 20),
    );
    expect(taken).toEqual([false, false, false, true]);
    expect(lock.target).toEqual({ address: "203.0.113.9", port: 7_777 });
  });

  test("[RTP-BLEED] another stream, an older part of it or another network gets no call by that, however long the moment", () => {
    const strangers = [
      { address: "203.0.113.9", ssrc: 2, from: 120 },
      { address: "203.0.113.9", ssrc: 1, from: 40 },
      { address: "203.0.113.9", ssrc: 1, from: 9_000 },
      { address: "198.51.100.7", ssrc: 1, from: 120 },
    ];
    for (const { address, ssrc, from } of strangers) {
      const lock = new SourceLock();
      lock.signal({ address: "10.0.0.1", port: 4_000, behindNat: true, signalledFrom: "203.0.113.9" });
      for (let i = 0; i < 100; i += 1) lock.accepts(packetFrom("203.0.113.9", 9_999, i), i * 20);
      const at = 99 * 20 + RELATCH_SILENCE_MS - 21 * 20;
      for (let i = 0; i < 20; i += 1) expect(lock.accepts(packetFrom(address, 7_777, from + i, ssrc), at + i * 20)).toBe(false);
      expect(lock.target).toEqual({ address: "203.0.113.9", port: 9_999 });
    }
  });

  test("a lock is lost by silence or by new signalling, not by a refresh", () => {
    const lock = lockOn(true);
    for (let i = 0; i < PACKETS_TO_LATCH; i += 1) lock.accepts(packetFrom("203.0.113.9", 9_999, i), 0);
    lock.signal({ address: "10.0.0.1", port: 4_000, behindNat: true, signalledFrom: null });
    for (let i = 0; i < 20; i += 1) expect(lock.accepts(packetFrom("198.51.100.7", 7, i, 2), RELATCH_SILENCE_MS - 1)).toBe(false);
    const after = Array.from({ length: PACKETS_TO_LATCH }, (_, i) =>
      lock.accepts(packetFrom("198.51.100.7", 7, 100 + i, 2), RELATCH_SILENCE_MS),
    );
    expect(after.at(-1)).toBe(true);
    lock.signal({ address: "10.0.0.5", port: 5_000, behindNat: false, signalledFrom: null });
    expect(lock.target).toMatchObject({ address: "10.0.0.5", port: 5_000 });
    expect(lock.acceptsControl("198.51.100.7")).toBe(false);
  });
});

describe("what the far end reports", () => {
  const block = {
    ssrc: 1,
    fractionLost: 0,
    packetsLost: 7,
    highestSequence: 0,
    jitter: 80,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
  };

  test("the round trip is what lies between our report and its answer, without the peer's own delay", () => {
    const at = 1_900_000_000_123;
    const sent = parseRtcp(
      buildRtcp({ ssrc: 1, cname: "c", sender: { at, rtpTimestamp: 0, packetsSent: 1, octetsSent: 1 }, block: null, goodbye: false }),
    );
    const report = sent.ok ? sent.value[0] : undefined;
    if (report?.kind !== "senderReport") throw new Error("no sender report");
    const stats = new FarEndStats(8_000);
    stats.reported(block, at);
    expect(stats).toMatchObject({ packetsLost: 7, jitterMs: 10, roundTripMs: null });
    stats.reported({ ...block, packetsLost: -3, lastSenderReport: report.ntpMiddle, delaySinceLastSenderReport: 65_536 }, at + 1_000 + 80);
    expect(stats.packetsLost).toBe(0);
    expect(stats.roundTripMs).toBeCloseTo(80, 0);
    // A report that answers nothing of ours is not believed.
    stats.reported({ ...block, lastSenderReport: 12_345, delaySinceLastSenderReport: 0 }, at + 2_000);
    expect(stats.roundTripMs).toBeCloseTo(80, 0);
  });
});
