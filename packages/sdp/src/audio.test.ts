import { utf8Decode, utf8Encode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import {
  answerDirection,
  chooseCrypto,
  createAnswer,
  createOffer,
  isHold,
  nextVersion,
  parseCrypto,
  parseSdp,
  printCrypto,
  printSdp,
  readAudio,
} from "./index.ts";
import type { Direction, LocalAudio, SessionDescription } from "./index.ts";

const local: LocalAudio = { origin: { sessionId: "77", version: 1, address: "192.0.2.10" }, port: 40_000, direction: "sendrecv" };
const browserLocal: LocalAudio = {
  ...local,
  browser: {
    ufrag: "abcd",
    pwd: "0123456789abcdef01234567",
    candidates: [
      { address: "192.0.2.10", port: 40_000 },
      { address: "10.0.0.1", port: 40_000 },
    ],
    fingerprint: { algorithm: "sha-256", value: "AA:BB" },
    ssrc: 1234,
    cname: "allo",
    streamId: "allo-1",
  },
};
const plain = [
  "v=0",
  "o=- 1 1 IN IP4 192.0.2.1",
  "s=-",
  "c=IN IP4 192.0.2.1",
  "t=0 0",
  "m=video 5000 RTP/AVP 31",
  "m=audio 6000 RTP/AVP 18 8 0 96",
  "a=rtpmap:18 G729/8000",
  "a=rtpmap:96 telephone-event/8000",
  "a=ptime:30",
  "m=audio 6002 RTP/AVP 0",
];
const browser = [
  "v=0",
  "o=- 9 2 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE 0",
  "a=msid-semantic: WMS x",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 126",
  "c=IN IP4 0.0.0.0",
  "a=ice-ufrag:Zz12",
  "a=ice-pwd:zzzzzzzzzzzzzzzzzzzzzzzz",
  "a=candidate:1 1 udp 2122260223 192.0.2.50 51000 typ host generation 0",
  "a=fingerprint:sha-256 00:11:22",
  "a=setup:actpass",
  "a=mid:0",
  "a=sendrecv",
  "a=rtcp-mux",
  "a=rtpmap:111 opus/48000/2",
  "a=rtpmap:126 telephone-event/8000",
];

function session(lines: readonly string[]): SessionDescription {
  const parsed = parseSdp(utf8Encode(lines.map((line) => `${line}\r\n`).join("")));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.session;
}

function audioOf(lines: readonly string[]) {
  const read = readAudio(session(lines));
  if (!read.ok) throw new Error(read.reason);
  return read.audio;
}

describe("answers to plain offers", () => {
  it("sip-rtp 6.6.13: take the first supported codec in the offer's order and the peer's own telephone-event number", () => {
    const audio = audioOf(plain);
    expect(audio).toMatchObject({
      kind: "plain",
      mediaIndex: 1,
      codec: { name: "PCMA", payloadType: 8 },
      telephoneEventPayloadType: 96,
      ptimeMs: 30,
    });
    expect(audio.remote).toEqual({ address: "192.0.2.1", port: 6000 });
  });

  it("keep the count and order of m-lines and refuse the others with port 0", () => {
    const answer = parseSdp(createAnswer(session(plain), audioOf(plain), local));
    if (!answer.ok) throw new Error(answer.reason);
    expect(answer.session.media.map((media) => [media.kind, media.port])).toEqual([
      ["video", 0],
      ["audio", 40_000],
      ["audio", 0],
    ]);
    expect(answer.session.media[1]?.formats).toEqual(["8", "96"]);
  });

  it("find no codec in an offer of G.729 alone", () => {
    expect(readAudio(session(["v=0", "o=- 1 1 IN IP4 1.1.1.1", "s=-", "c=IN IP4 1.1.1.1", "t=0 0", "m=audio 4 RTP/AVP 18"]))).toEqual({
      ok: false,
      reason: "noCommonCodec",
    });
  });

  it("read a connection of 0.0.0.0 as a hold and answer recvonly", () => {
    const held = plain.map((line) => (line.startsWith("c=") ? "c=IN IP4 0.0.0.0" : line));
    const audio = audioOf(held);
    expect(audio.remote).toBeNull();
    expect(isHold(audio)).toBe(true);
    expect(utf8Decode(createAnswer(session(held), audio, local))).toContain("a=recvonly");
  });

  it("never answer more than what was offered, over the whole table of directions", () => {
    const all: Direction[] = ["sendrecv", "sendonly", "recvonly", "inactive"];
    const table = all.map((offered) => all.map((wanted) => answerDirection(offered, wanted)));
    expect(table).toEqual([
      ["sendrecv", "sendonly", "recvonly", "inactive"],
      ["recvonly", "inactive", "recvonly", "inactive"],
      ["sendonly", "sendonly", "inactive", "inactive"],
      ["inactive", "inactive", "inactive", "inactive"],
    ]);
  });
});

describe("browser legs", () => {
  it("are answered ICE-lite and passive, with one host candidate for each address, mid, BUNDLE and rtcp-mux", () => {
    const audio = audioOf(browser);
    expect(audio).toMatchObject({
      kind: "browser",
      codec: { name: "PCMU", payloadType: 0 },
      telephoneEventPayloadType: 126,
      mid: "0",
      isRtcpMux: true,
    });
    expect(audio.ice?.candidates).toHaveLength(1);
    expect(audio.dtls).toEqual({ fingerprint: { algorithm: "sha-256", value: "00:11:22" }, setup: "actpass" });
    const text = utf8Decode(createAnswer(session(browser), audio, browserLocal));
    for (const line of [
      "a=ice-lite",
      "a=group:BUNDLE 0",
      "a=setup:passive",
      "a=mid:0",
      "a=rtcp-mux",
      "a=fingerprint:sha-256 AA:BB",
      "a=ssrc:1234 cname:allo",
    ]) {
      expect(text).toContain(`${line}\r\n`);
    }
    expect(text.match(/a=candidate:/g)).toHaveLength(2);
  });

  it("are offered actpass and our own answer to that offer reads back", () => {
    const offer = parseSdp(createOffer(browserLocal));
    if (!offer.ok) throw new Error(offer.reason);
    const read = readAudio(offer.session);
    expect(read).toMatchObject({
      ok: true,
      audio: { kind: "browser", codec: { name: "PCMU" }, dtls: { setup: "actpass" }, ice: { isLite: true } },
    });
  });

  it("without ICE credentials or fingerprint are refused with the reason", () => {
    expect(readAudio(session(browser.filter((line) => !line.includes("ice-pwd"))))).toEqual({ ok: false, reason: "incompleteIce" });
    expect(readAudio(session(browser.filter((line) => !line.includes("fingerprint"))))).toEqual({ ok: false, reason: "incompleteDtls" });
  });
});

describe("descriptions", () => {
  it("keep their version when repeated and raise it by one when changed", () => {
    const make = (direction: Direction) => (version: number) => createOffer({ ...local, direction, origin: { ...local.origin, version } });
    const first = nextVersion(null, make("sendrecv"));
    const same = nextVersion(first, make("sendrecv"));
    const held = nextVersion(same, make("sendonly"));
    expect([first.version, same.version, held.version]).toEqual([1, 1, 2]);
  });

  it("print as they were parsed", () => {
    const once = printSdp(session(browser));
    const again = parseSdp(once);
    if (!again.ok) throw new Error(again.reason);
    expect(printSdp(again.session)).toEqual(once);
  });

  it.each([
    ["", "description is empty"],
    ["v=1\r\n", "first line is not v=0"],
    ["v=0\r\no=x\r\n", "o= is malformed"],
    ["v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 70000 RTP/AVP 0\r\n", "m= is malformed"],
    [`v=0\r\no=- 1 1 IN IP4 h\r\n${"m=audio 1 RTP/AVP 0\r\n".repeat(65)}`, "more media than mediaMax"],
    [`v=0\r\n${"a=x\r\n".repeat(20_000)}`, "description is larger than sdpBytesMax"],
  ])("that are malformed are refused with a reason (%#)", (text, reason) => {
    expect(parseSdp(utf8Encode(text))).toMatchObject({ ok: false, reason });
  });
});

describe("found by fuzzing", () => {
  it("a connection of nothing but a TTL is malformed, not an empty address that could not be printed", () => {
    const text = ["v=0", "o=- 5 9 IN IP4 192.0.2.1", "s=-", "c=IN IP4 /92.0.2.9", "t=0 0", ""].join("\r\n");
    expect(parseSdp(utf8Encode(text))).toMatchObject({ ok: false, reason: "c= is malformed" });
    const multicast = parseSdp(utf8Encode(text.replace("/92.0.2.9", "233.252.0.1/127")));
    expect(multicast.ok && multicast.session.connection).toBe("233.252.0.1");
  });
});

describe("sip-rtp 6.2 RFC 3264, 6337: offer and answer", () => {
  const offerOf = (...lines: string[]): SessionDescription => {
    const head = ["v=0", "o=- 5 9 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"];
    const parsed = parseSdp(utf8Encode([...head, ...lines, ""].join("\r\n")));
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed.session;
  };
  const answerTo = (offer: SessionDescription): string => {
    const read = readAudio(offer);
    if (!read.ok) throw new Error(read.reason);
    return utf8Decode(createAnswer(offer, read.audio, local));
  };
  const mLines = (sdp: string): string[] => sdp.split("\r\n").filter((line) => line.startsWith("m="));

  it("sip-rtp 6.6.18: a T.38 stream beside audio is refused with port 0, and one alone is no audio (488)", () => {
    const both = offerOf("m=audio 6000 RTP/AVP 8", "m=image 6002 udptl t38");
    expect(mLines(answerTo(both))).toEqual(["m=audio 40000 RTP/AVP 8", "m=image 0 udptl t38"]);
    expect(readAudio(offerOf("m=image 6002 udptl t38"))).toEqual({ ok: false, reason: "noAudio" });
    expect(readAudio(offerOf("m=audio 0 RTP/AVP 8", "m=image 6002 udptl t38"))).toEqual({ ok: false, reason: "noAudio" });
  });

  it("an offer of ours after others keeps their m-lines, in number and order, with the refused ones at port 0", () => {
    const before = offerOf("m=video 5000 RTP/AVP 31", "m=audio 6000 RTP/AVP 8", "m=image 6002 udptl t38");
    expect(mLines(utf8Decode(createOffer(local, before)))).toEqual([
      "m=video 0 RTP/AVP 31",
      "m=audio 40000 RTP/AVP 0 8 101",
      "m=image 0 udptl t38",
    ]);
    expect(mLines(utf8Decode(createOffer(local, offerOf("m=image 6002 udptl t38"))))).toEqual([
      "m=image 0 udptl t38",
      "m=audio 40000 RTP/AVP 0 8 101",
    ]);
  });

  it.each([
    ["a=sendonly", "192.0.2.1", "recvonly"],
    ["a=inactive", "192.0.2.1", "inactive"],
    ["a=recvonly", "192.0.2.1", "sendonly"],
    ["a=sendrecv", "192.0.2.1", "sendrecv"],
    ["a=sendrecv", "0.0.0.0", "sendonly"],
    ["a=sendonly", "0.0.0.0", "inactive"],
  ] as const)("%s at %s is answered %s", (direction, address, expected) => {
    const offer = offerOf("m=audio 6000 RTP/AVP 8", `c=IN IP4 ${address}`, direction);
    const read = readAudio(offer);
    if (!read.ok) throw new Error(read.reason);
    // 0.0.0.0 means that he wants nothing sent (RFC 3264 §8.4): what is left is his own sending.
    const isVoid = address === "0.0.0.0";
    expect(read.audio.remote === null).toBe(isVoid);
    if (!isVoid) expect(answerTo(offer)).toContain(`a=${expected}`);
    else expect(["sendonly", "inactive"]).toContain(read.audio.direction);
    expect(isHold(read.audio)).toBe(direction === "a=sendonly" || direction === "a=inactive" || isVoid);
  });

  it("the answer names no codec that the offer did not, in the offer's numbers", () => {
    const offer = offerOf("m=audio 6000 RTP/AVP 18 97 8", "a=rtpmap:97 telephone-event/8000", "a=rtpmap:18 G729/8000");
    expect(mLines(answerTo(offer))).toEqual(["m=audio 40000 RTP/AVP 8 97"]);
  });
});

describe("sip-rtp 6.4 RFC 4568: SRTP keys in the description", () => {
  const key = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
  const text = (protocol: string, ...lines: string[]) =>
    utf8Encode(
      ["v=0", "o=- 5 9 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", `m=audio 6000 ${protocol} 8`, ...lines, ""].join("\r\n"),
    );

  it("are read, chosen and answered with the tag of the chosen line and a key of our own", () => {
    const parsed = parseSdp(text("RTP/SAVP", `a=crypto:1 F8_128_HMAC_SHA1_80 ${key}`, `a=crypto:2 AES_CM_128_HMAC_SHA1_80 ${key}|2^31`));
    const read = parsed.ok ? readAudio(parsed.session, { sdes: true }) : null;
    if (!parsed.ok || read?.ok !== true) throw new Error("unread");
    const chosen = chooseCrypto(read.audio.cryptos, ["AES_CM_128_HMAC_SHA1_80"]);
    expect(chosen).toMatchObject({ tag: 2, keys: [{ lifetimeLog2: 31, mki: null }] });
    const keySalt = Uint8Array.from({ length: 30 }, (_, index) => index * 7);
    const ours = { tag: 2, suite: "AES_CM_128_HMAC_SHA1_80", keys: [{ keySalt, lifetimeLog2: null, mki: null }], sessionParams: [] };
    const answer = utf8Decode(createAnswer(parsed.session, read.audio, { ...local, cryptos: [ours] }));
    expect(answer).toContain("m=audio 40000 RTP/SAVP 8\r\n");
    const line = /a=crypto:(.*)\r\n/.exec(answer)?.[1] ?? "";
    expect(parseCrypto(line)).toEqual(ours);
  });

  it("without which RTP/SAVP is unusable, and which nobody reads who cannot encrypt", () => {
    const bare = parseSdp(text("RTP/SAVP"));
    const keyed = parseSdp(text("RTP/SAVP", `a=crypto:1 AES_CM_128_HMAC_SHA1_80 ${key}`));
    if (!bare.ok || !keyed.ok) throw new Error("unread");
    expect(readAudio(bare.session, { sdes: true })).toEqual({ ok: false, reason: "noCrypto" });
    expect(readAudio(keyed.session)).toEqual({ ok: false, reason: "noAudio" });
    expect(utf8Decode(createOffer({ ...local, cryptos: [] }))).toContain("RTP/SAVP");
  });

  it.each([
    ["1 AES_CM_128_HMAC_SHA1_80 inline:AAAA", null],
    [`01 AES_CM_128_HMAC_SHA1_80 ${key}`, null],
    [`1 AES_CM_128_HMAC_SHA1_80 ${key}|2^31|1:4 KDR=10 -x`, "1 AES_CM_128_HMAC_SHA1_80"],
    [`1 AES_CM_128_HMAC_SHA1_80 ${key}|1:4`, "1 AES_CM_128_HMAC_SHA1_80"],
    [`1 AES_CM_128_HMAC_SHA1_80 ${key}|2^99`, null],
    [`1 AES_CM_128_HMAC_SHA1_80 clear:${key}`, null],
    ["", null],
  ])("read %j", (value, expected) => {
    const crypto = parseCrypto(value);
    if (expected === null) return expect(crypto).toBeNull();
    expect(crypto === null ? null : printCrypto(crypto)).toBe(value);
    // MKI and unknown session parameters are more than we can do.
    expect(chooseCrypto(crypto === null ? [] : [crypto], ["AES_CM_128_HMAC_SHA1_80"])).toBeNull();
  });
});
