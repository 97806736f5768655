import type { CallTraceEntry } from "@allo/contract";
import type { Instant } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { pcapOf, textOf } from "./capture.ts";
import { ladderOf } from "./ladder.ts";

const local = { address: "192.0.2.1", port: 5060 };
const carrier = { address: "198.51.100.7", port: 5080 };
const entry = (ms: number, direction: "in" | "out", text: string, over: Partial<CallTraceEntry> = {}): CallTraceEntry => ({
  at: ms as Instant,
  direction,
  transport: "udp",
  local,
  remote: carrier,
  text,
  ...over,
});
const SDP = "v=0\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n";
const INVITE = `INVITE sip:100@allo SIP/2.0\r\nCSeq: 1  INVITE\r\nCall-ID: a\r\nContent-Type: application/sdp\r\n\r\n${SDP}`;

describe("a ladder", () => {
  it("says who said what to whom, and where the audio should go", () => {
    const { parties, steps } = ladderOf([
      entry(0, "in", INVITE),
      entry(500, "in", INVITE),
      entry(510, "out", "SIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n"),
      entry(600, "out", "INVITE sip:x@y SIP/2.0\r\n\r\n", { remote: { address: "2001:db8::5", port: 5061 }, transport: "tls" }),
    ]);
    expect(parties.map(({ kind, place }) => `${kind} ${place.address}`)).toEqual([
      "allo 192.0.2.1",
      "peer 198.51.100.7",
      "peer 2001:db8::5",
    ]);
    expect(steps.map(({ label, kind, isRepeat, cseq }) => [label, kind, isRepeat, cseq])).toEqual([
      ["INVITE", "request", false, "1 INVITE"],
      ["INVITE", "request", true, "1 INVITE"],
      ["180 Ringing", "progress", false, "1 INVITE"],
      ["INVITE", "request", false, ""],
    ]);
    expect(steps[0]).toMatchObject({ to: "allo", from: parties[1]?.partyId });
    expect(steps[0]?.media).toEqual({
      address: "203.0.113.9",
      port: 4000,
      profile: "RTP/AVP",
      codecs: ["PCMA", "PCMU", "telephone-event"],
      direction: "sendonly",
    });
    expect(steps[2]?.media).toBeNull();
  });

  it("is drawn of any bytes", () => {
    for (const text of ["", "\r\n\r\n", "m=audio", "SIP/2.0 999 x", "x\r\n\r\nm=audio 99999999 a b\r\n", "é".repeat(9_000)])
      expect(ladderOf([entry(1, "in", text)]).steps).toHaveLength(1);
  });
});

describe("a capture file", () => {
  it("holds each message as one datagram with right sums", () => {
    const file = Buffer.from(
      pcapOf([entry(1_500, "in", "OPTIONS"), entry(2_000, "out", "odd", { remote: { address: "2001:db8::5", port: 5061 } })]),
    );
    expect(file.readUInt32LE(0)).toBe(0xa1b2c3d4);
    const first = file.subarray(24);
    expect([first.readUInt32LE(0), first.readUInt32LE(4), first.readUInt32LE(8)]).toEqual([1, 500_000, 20 + 8 + 7]);
    const packet = first.subarray(16, 16 + 35);
    expect([...packet.subarray(12, 20)]).toEqual([198, 51, 100, 7, 192, 0, 2, 1]);
    expect(sumOf(packet.subarray(0, 20))).toBe(0xffff);
    expect(packet.readUInt16BE(20)).toBe(5080);
    expect(packet.subarray(28).toString()).toBe("OPTIONS");
    const second = first.subarray(16 + 35);
    const v6 = second.subarray(16);
    expect(v6[0]).toBe(0x60);
    expect(v6.subarray(24, 40).toString("hex")).toBe("20010db8000000000000000000000005");
    const pseudo = Buffer.concat([v6.subarray(8, 40), Buffer.from([0, 0, 0, 11, 0, 0, 0, 17]), v6.subarray(40, 51)]);
    expect(sumOf(pseudo)).toBe(0xffff);
  });

  it("gives a hidden media key a key's form: analysers take the description for malformed without", () => {
    const text = Buffer.from(pcapOf([entry(0, "in", `${INVITE}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***\r\n`)])).toString("latin1");
    expect(text).toMatch(/inline:HIDDEN\/{34}\r\n$/);
  });

  it("has a readable twin", () => {
    expect(textOf([entry(0, "out", "BYE sip:a SIP/2.0\r\n\r\n")])).toContain(
      "--- 1970-01-01T00:00:00.000Z UDP 192.0.2.1:5060 -> 198.51.100.7:5080\nBYE sip:a",
    );
  });
});

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let place = 0; place < bytes.length; place += 2) sum += ((bytes[place] ?? 0) << 8) | (bytes[place + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}
