import { utf8Decode, utf8Encode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { createRecordingOffer, readRecordingAnswer } from "./recording.ts";

const stream = { direction: "sendonly", crypto: null } as const;
const offer = (streams: Parameters<typeof createRecordingOffer>[0]["streams"]): string =>
  utf8Decode(createRecordingOffer({ sessionId: "7", version: 2, address: "192.0.2.1", streams }));

describe("a recording session's description", () => {
  it("offers each side as a stream with a label, sent only", () => {
    expect(
      offer([
        { ...stream, port: 4000, label: "1" },
        { ...stream, port: 4002, label: "2", direction: "inactive" },
      ]).split("\r\n"),
    ).toEqual([
      "v=0",
      "o=- 7 2 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 192.0.2.1",
      "t=0 0",
      "m=audio 4000 RTP/AVP 8 0",
      "a=rtpmap:8 PCMA/8000",
      "a=rtpmap:0 PCMU/8000",
      "a=ptime:20",
      "a=label:1",
      "a=sendonly",
      "m=audio 4002 RTP/AVP 8 0",
      "a=rtpmap:8 PCMA/8000",
      "a=rtpmap:0 PCMU/8000",
      "a=ptime:20",
      "a=label:2",
      "a=inactive",
      "",
    ]);
  });

  it("is sealed where it has keys", () => {
    const keySalt = new Uint8Array(30).fill(1);
    const crypto = { tag: 1, suite: "AES_CM_128_HMAC_SHA1_80", keys: [{ keySalt, lifetimeLog2: null, mki: null }], sessionParams: [] };
    expect(offer([{ ...stream, port: 4000, label: "1", crypto }])).toMatch(
      /m=audio 4000 RTP\/SAVP 8 0\r\n[^]*a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:/,
    );
  });

  it("is answered stream by stream: one may be refused, and the place of each counts", () => {
    const answer = [
      "v=0",
      "o=- 1 1 IN IP4 192.0.2.9",
      "s=-",
      "c=IN IP4 192.0.2.9",
      "t=0 0",
      "m=audio 0 RTP/AVP 8",
      "m=audio 5002 RTP/AVP 0",
      "a=recvonly",
      "",
    ].join("\r\n");
    const read = readRecordingAnswer(utf8Encode(answer), 2);
    expect(read?.[0]).toBeNull();
    expect(read?.[1]).toMatchObject({ remote: { address: "192.0.2.9", port: 5002 }, codec: { name: "PCMU" }, direction: "recvonly" });
    expect(readRecordingAnswer(utf8Encode("v=0"), 2)).toBeNull();
  });
});
