import { utf8Decode, utf8Encode } from "@allo/kernel";
import { parseSdp, readAudio } from "@allo/sdp";
import { describe, expect, it } from "vitest";
import type { TrunkSealing } from "@allo/contract";
import { answerCaller, offerToCaller, readCallerMedia, type LocalMedia, type MediaHabits } from "./session-description.ts";

const srtpKey = Uint8Array.from({ length: 30 }, (_, index) => index);
const theirs = Uint8Array.from({ length: 30 }, (_, index) => 200 - index);
const local: LocalMedia = { address: "192.0.2.1", port: 20_000, sessionId: "1", srtpKey };
const habits: MediaHabits = { codecs: ["PCMA", "PCMU"], srtp: "off", ptimeMs: 20, keys: "auto", keysPayloadType: 101 };
const offer = (protocol: string, ...lines: readonly string[]): Uint8Array =>
  utf8Encode(
    `v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 40000 ${protocol} 8\r\n${lines.map((line) => `${line}\r\n`).join("")}`,
  );
const inline = Buffer.from(theirs).toString("base64");

describe("audio sealed by keys in the descriptions", () => {
  it("is answered under the offer's tag with a key of ours, and read with theirs", () => {
    const sealed = offer(
      "RTP/SAVP",
      `a=crypto:1 AEAD_AES_128_GCM inline:${Buffer.alloc(28).toString("base64")}`,
      `a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:${inline}`,
    );
    const answer = answerCaller(sealed, local, 1);
    expect(utf8Decode(answer ?? new Uint8Array())).toContain(
      `a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.from(srtpKey).toString("base64")}`,
    );
    expect(readCallerMedia(sealed, "192.0.2.2", local)).toMatchObject({ srtp: { send: srtpKey, receive: theirs } });
  });

  it("is refused where no suite of ours is offered, and absent where nothing is", () => {
    const odd = offer("RTP/SAVP", `a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:${inline}`);
    expect([answerCaller(odd, local, 1), readCallerMedia(odd, "192.0.2.2", local)]).toEqual([null, null]);
    expect(readCallerMedia(offer("RTP/AVP"), "192.0.2.2", local)).toMatchObject({ srtp: null });
    expect(utf8Decode(answerCaller(offer("RTP/AVP"), local, 1) ?? new Uint8Array())).not.toContain("crypto");
  });

  it("is offered by us as the trunk says: not at all, so that it may be passed over, or alone", () => {
    const read = (bytes: Uint8Array) => {
      const parsed = parseSdp(bytes);
      const audio = parsed.ok ? readAudio(parsed.session, { sdes: true }) : null;
      return audio?.ok === true && parsed.ok
        ? [parsed.session.media[0]?.protocol, audio.audio.cryptos.map((crypto) => crypto.suite).join()]
        : null;
    };
    const of = (srtp: TrunkSealing) => read(offerToCaller({ ...local, habits: { ...habits, srtp } }, 1));
    expect([of("off"), of("optional"), of("required")]).toEqual([
      ["RTP/AVP", ""],
      ["RTP/AVP", "AES_CM_128_HMAC_SHA1_80"],
      ["RTP/SAVP", "AES_CM_128_HMAC_SHA1_80"],
    ]);
    expect(read(offerToCaller(local, 1))).toEqual(["RTP/AVP", ""]);
  });

  it("is no condition beside RTP/AVP: keys of ours are taken, odd ones passed over, and those that nobody asked for too (RFC 8643)", () => {
    const soft = offer("RTP/AVP", `a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:${inline}`);
    const answer = utf8Decode(answerCaller(soft, local, 1) ?? new Uint8Array());
    expect([/m=audio \d+ (\S+)/.exec(answer)?.[1], answer.includes("a=crypto:3 ")]).toEqual(["RTP/AVP", true]);
    expect(readCallerMedia(soft, "192.0.2.2", local)).toMatchObject({ srtp: { receive: theirs } });
    const odd = offer("RTP/AVP", `a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:${inline}`);
    expect(readCallerMedia(odd, "192.0.2.2", local)).toMatchObject({ srtp: null });
    expect(utf8Decode(answerCaller(odd, local, 1) ?? new Uint8Array())).not.toContain("crypto");
    expect(readCallerMedia(soft, "192.0.2.2", { srtpKey, isAnswer: true })).toMatchObject({ srtp: null });
    const optional = { srtpKey, habits: { ...habits, srtp: "optional" as const }, isAnswer: true };
    expect(readCallerMedia(soft, "192.0.2.2", optional)).toMatchObject({ srtp: { send: srtpKey, receive: theirs } });
  });

  it("is required where the trunk says so: what comes in clear is neither answered nor taken for an answer", () => {
    const strict = { ...local, habits: { ...habits, srtp: "required" as const } };
    const clear = offer("RTP/AVP");
    expect([answerCaller(clear, strict, 1), readCallerMedia(clear, "192.0.2.2", strict)]).toEqual([null, null]);
    expect(readCallerMedia(clear, "192.0.2.2", { ...strict, isAnswer: true })).toBeNull();
    const sealed = offer("RTP/SAVP", `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${inline}`);
    expect(readCallerMedia(sealed, "192.0.2.2", { ...strict, isAnswer: true })).toMatchObject({ srtp: { receive: theirs } });
  });
});

describe("what a trunk says of codecs, packets and keys", () => {
  const offered = (of: Partial<MediaHabits> | null): string =>
    utf8Decode(offerToCaller(of === null ? local : { ...local, habits: { ...habits, ...of } }, 1));
  const line = (of: Partial<MediaHabits> | null) => /m=audio .*/.exec(offered(of))?.[0].trim();
  const theirOffer = (...lines: readonly string[]): Uint8Array =>
    utf8Encode(
      `v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 96\r\na=rtpmap:96 telephone-event/8000\r\n${lines.map((each) => `${each}\r\n`).join("")}`,
    );
  const taken = (sdp: Uint8Array, of: Partial<MediaHabits> | null) =>
    readCallerMedia(sdp, "192.0.2.2", of === null ? local : { srtpKey, habits: { ...habits, ...of } });

  it("sip-rtp 6.6.13: names the codecs in the order that the trunk likes", () => {
    expect(line({})).toBe("m=audio 20000 RTP/AVP 8 0 101");
    expect(line({ codecs: ["PCMA"] })).toBe("m=audio 20000 RTP/AVP 8 101");
    expect(line(null)).toBe("m=audio 20000 RTP/AVP 0 8 101");
  });

  it("sip-rtp 6.6.13: asks for packets as long as the trunk says, in offers and answers", () => {
    for (const ptimeMs of [10, 20, 30, 40, 60] as const) {
      expect(offered({ ptimeMs })).toContain(`a=ptime:${ptimeMs}\r\n`);
      const answer = answerCaller(theirOffer("a=ptime:20"), { ...local, habits: { ...habits, ptimeMs } }, 1);
      expect(utf8Decode(answer ?? new Uint8Array())).toContain(`a=ptime:${ptimeMs}\r\n`);
    }
  });

  it("sip-rtp 6.6.13: sends packets as long as the peer asks for, at most what it takes; else as the trunk says, else as they come", () => {
    const packetMs = (of: Partial<MediaHabits> | null, ...lines: readonly string[]) =>
      (taken(theirOffer(...lines), of) as { packetMs?: number | null }).packetMs;
    expect(packetMs({ ptimeMs: 40 }, "a=ptime:30")).toBe(30);
    expect(packetMs({ ptimeMs: 40 })).toBe(40);
    expect(packetMs({ ptimeMs: 40 }, "a=maxptime:20")).toBe(20);
    expect(packetMs({ ptimeMs: 20 }, "a=ptime:200")).toBe(60);
    expect(packetMs({ ptimeMs: 20 }, "a=ptime:5")).toBe(10);
    expect(packetMs({ ptimeMs: 20 }, "a=ptime:25")).toBe(20);
    expect(packetMs(null, "a=ptime:30")).toBe(30);
    expect(packetMs(null)).toBeNull();
  });

  it("sip-rtp 6.6.13: names keys by the trunk's number, takes the peer's own, and by SIP INFO or tones names none", () => {
    expect(line({ keysPayloadType: 96 })).toBe("m=audio 20000 RTP/AVP 8 0 96");
    expect([line({ keys: "info" }), line({ keys: "tones" })]).toEqual(["m=audio 20000 RTP/AVP 8 0", "m=audio 20000 RTP/AVP 8 0"]);
    const answer = (keys: MediaHabits["keys"]) =>
      utf8Decode(answerCaller(theirOffer(), { ...local, habits: { ...habits, keys } }, 1) ?? new Uint8Array()).includes("telephone-event");
    expect([answer("auto"), answer("events"), answer("info"), answer("tones")]).toEqual([true, true, false, false]);
  });

  it("sip-rtp 6.6.13: keys are events, tones, or neither, as the trunk says and the peer can", () => {
    const without = utf8Encode("v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n");
    const keys = (sdp: Uint8Array, mode: MediaHabits["keys"]) => {
      const read = taken(sdp, { keys: mode }) as { dtmfPayloadType: number | null; keysElsewhere?: boolean };
      return [read.dtmfPayloadType, read.keysElsewhere];
    };
    expect([keys(theirOffer(), "auto"), keys(without, "auto")]).toEqual([
      [96, false],
      [null, false],
    ]);
    expect([keys(theirOffer(), "events"), keys(without, "events")]).toEqual([
      [96, false],
      [101, false],
    ]);
    expect([keys(theirOffer(), "info"), keys(theirOffer(), "tones")]).toEqual([
      [null, true],
      [null, false],
    ]);
  });
});
