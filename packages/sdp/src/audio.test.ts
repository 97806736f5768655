import { utf8Decode, utf8Encode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { answerDirection, createAnswer, createOffer, isHold, nextVersion, parseSdp, printSdp, readAudio } from "./index.ts";
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
  it("take the first supported codec in the offer's order and the peer's own telephone-event number", () => {
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
