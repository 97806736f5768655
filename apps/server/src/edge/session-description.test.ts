import { utf8Decode, utf8Encode } from "@allo/kernel";
import { parseSdp, readAudio } from "@allo/sdp";
import { describe, expect, it } from "vitest";
import { answerCaller, offerToCaller, readCallerMedia, type LocalMedia } from "./session-description.ts";

const srtpKey = Uint8Array.from({ length: 30 }, (_, index) => index);
const theirs = Uint8Array.from({ length: 30 }, (_, index) => 200 - index);
const local: LocalMedia = { address: "192.0.2.1", port: 20_000, sessionId: "1", srtpKey };
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

  it("is offered by us where the trunk asks for it", () => {
    const read = (bytes: Uint8Array) => {
      const parsed = parseSdp(bytes);
      const audio = parsed.ok ? readAudio(parsed.session, { sdes: true }) : null;
      return audio?.ok === true ? audio.audio.cryptos.map((crypto) => crypto.suite) : null;
    };
    expect(read(offerToCaller({ ...local, offersSrtp: true }, 1))).toEqual(["AES_CM_128_HMAC_SHA1_80"]);
    expect(read(offerToCaller(local, 1))).toEqual([]);
  });

  it("sip-rtp 6.6.13: names the codecs in the order that the trunk likes", () => {
    const line = (codecs: LocalMedia["codecs"]) =>
      /m=audio .*/.exec(utf8Decode(offerToCaller({ ...local, ...(codecs === undefined ? {} : { codecs }) }, 1)))?.[0].trim();
    expect(line(["PCMA", "PCMU"])).toBe("m=audio 20000 RTP/AVP 8 0 101");
    expect(line(["PCMA"])).toBe("m=audio 20000 RTP/AVP 8 101");
    expect(line(undefined)).toBe("m=audio 20000 RTP/AVP 0 8 101");
  });
});
