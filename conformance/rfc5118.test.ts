// The ten cases of RFC 5118 in messages of our own: what IPv6 makes hard, and what may come of it.
import { utf8Encode } from "@allo/kernel";
import { parseSdp, readAudio } from "@allo/sdp";
import { parseMessage, parseUri, serializeMessage } from "@allo/sip";
import { describe, expect, it } from "vitest";
import { feed } from "./uas.ts";

type Parts = {
  readonly uri?: string;
  readonly via?: string;
  readonly contact?: string;
  readonly more?: string;
  readonly body?: string;
  readonly toTag?: string;
};

function message(method: string, parts: Parts = {}): Uint8Array {
  const body = parts.body ?? "";
  return utf8Encode(
    [
      `${method} ${parts.uri ?? "sip:desk@[2001:db8::20]"} SIP/2.0`,
      `Via: ${parts.via ?? "SIP/2.0/UDP [2001:db8::30:4];branch=z9hG4bKallo6"}`,
      `From: "Ines" <sip:ines@example.org>;tag=six`,
      `To: <sip:desk@[2001:db8::20]>${parts.toTag ?? ""}`,
      "Call-ID: six@[2001:db8::30:4]",
      `CSeq: 5 ${method}`,
      "Max-Forwards: 70",
      ...(parts.contact === "" ? [] : [`Contact: ${parts.contact ?? "<sip:ines@[2001:db8::30:4]>"}`]),
      ...(parts.more === undefined ? [] : [parts.more]),
      ...(body === "" ? [] : ["Content-Type: application/sdp"]),
      `Content-Length: ${body.length}`,
      "",
      body,
    ].join("\r\n"),
  );
}

const sdp = (...lines: readonly string[]): string => ["v=0", "o=ines 9 1 IN IP6 2001:db8::30:4", "s=-", ...lines, ""].join("\r\n");

/** What comes back from the engine's parser, printed and parsed again. */
function reparsed(bytes: Uint8Array) {
  const first = parseMessage(bytes);
  if (!first.ok) throw new Error(first.reason);
  const printed = serializeMessage(first.message);
  const second = printed.ok ? parseMessage(printed.value) : first;
  if (!second.ok) throw new Error(second.reason);
  return second.message;
}

describe("RFC 5118, IPv6 torture, fed as datagrams to the real stack", () => {
  it("sip-rtp 6.5 RFC 5118 §4.1: an IPv6 reference in the Request-URI, Via and Contact is valid", () => {
    const outcome = feed(message("REGISTER", { uri: "sip:[2001:db8::20]", more: "Expires: 600" }));
    expect(outcome.verdict).toBe("ok");
    expect(outcome.answers.join("")).toContain("<sip:ines@[2001:db8::30:4]>");
  });

  it("sip-rtp 6.5 RFC 5118 §4.2: an IPv6 address without brackets in the Request-URI is refused 400", () => {
    expect(feed(message("REGISTER", { uri: "sip:2001:db8::20", more: "Expires: 600" })).verdict).toBe("400");
    expect(parseUri("sip:2001:db8::20")).toBeNull();
  });

  it("sip-rtp 6.5 RFC 5118 §4.3: digits before the closing bracket are part of the address, not a port", () => {
    expect(feed(message("REGISTER", { uri: "sip:[2001:db8::20:5070]", more: "Expires: 600" })).verdict).toBe("ok");
    expect(parseUri("sip:[2001:db8::20:5070]")).toMatchObject({ host: "[2001:db8::20:5070]", port: null });
  });

  it("sip-rtp 6.5 RFC 5118 §4.4: digits after the closing bracket and a colon are a port", () => {
    expect(feed(message("REGISTER", { uri: "sip:[2001:db8::20]:5070", more: "Expires: 600" })).verdict).toBe("ok");
    expect(parseUri("sip:[2001:db8::20]:5070")).toMatchObject({ host: "[2001:db8::20]", port: 5070 });
  });

  it.each(["received=[2001:db8::30:ff]", "received=2001:db8::30:ff"])(
    "sip-rtp 6.5 RFC 5118 §4.5: a received parameter is taken with brackets or without: %s",
    (received) => {
      const via = `SIP/2.0/UDP [2001:db8::30:4];${received};branch=z9hG4bKallo6`;
      // The answer names a dialog that is not here: sound, and 481.
      const outcome = feed(message("BYE", { via, toTag: ";tag=x", contact: "" }));
      expect(outcome.verdict).toBe("ok");
      expect(outcome.answers.join("")).toMatch(/received=192\.0\.2\.66/);
      expect(reparsed(message("BYE", { via, toTag: ";tag=x" })).vias[0]?.host).toBe("[2001:db8::30:4]");
    },
  );

  it("sip-rtp 6.5 RFC 5118 §4.6: IPv6 addresses in a session description stand without brackets", () => {
    const body = sdp("c=IN IP6 2001:db8::30:5", "t=0 0", "m=audio 6000 RTP/AVP 0");
    const outcome = feed(message("INVITE", { body }));
    expect(outcome.verdict).toBe("ok");
    const parsed = parseSdp(utf8Encode(body));
    const read = parsed.ok ? readAudio(parsed.session) : null;
    expect(read?.ok === true ? read.audio.remote : null).toEqual({ address: "2001:db8::30:5", port: 6000 });
    const bracketed = parseSdp(utf8Encode(body.replace("2001:db8::30:5", "[2001:db8::30:5]")));
    const readBracketed = bracketed.ok ? readAudio(bracketed.session) : null;
    expect(readBracketed?.ok === true && readBracketed.audio.remote?.address === "2001:db8::30:5").toBe(false);
  });

  it("sip-rtp 6.5 RFC 5118 §4.7: IPv6 and IPv4 stand side by side in Via", () => {
    const via =
      "SIP/2.0/UDP [2001:db8::30:4]:6050;branch=z9hG4bKa, SIP/2.0/UDP 192.0.2.44;branch=z9hG4bKb, SIP/2.0/TCP [2001:db8::30:9]:6051;branch=z9hG4bKc";
    const parsed = reparsed(message("BYE", { via, toTag: ";tag=x" }));
    expect(parsed.vias.map((each) => [each.host, each.port])).toEqual([
      ["[2001:db8::30:4]", 6050],
      ["192.0.2.44", null],
      ["[2001:db8::30:9]", 6051],
    ]);
    expect(feed(message("BYE", { via, toTag: ";tag=x", contact: "" })).verdict).toBe("ok");
  });

  it("sip-rtp 6.5 RFC 5118 §4.8: two streams of one description may have addresses of both families", () => {
    const body = sdp("t=0 0", "m=video 6010 RTP/AVP 31", "c=IN IP6 2001:db8::30:5", "m=audio 6000 RTP/AVP 0", "c=IN IP4 192.0.2.44");
    expect(feed(message("INVITE", { body })).verdict).toBe("ok");
    const parsed = parseSdp(utf8Encode(body));
    const read = parsed.ok ? readAudio(parsed.session) : null;
    expect(read?.ok === true ? read.audio.remote : null).toEqual({ address: "192.0.2.44", port: 6000 });
  });

  it("sip-rtp 6.5 RFC 5118 §4.9: IPv4-mapped IPv6 addresses are taken in headers and description", () => {
    const body = sdp("c=IN IP6 ::ffff:192.0.2.44", "t=0 0", "m=audio 6000 RTP/AVP 0");
    const outcome = feed(
      message("INVITE", {
        body,
        contact: "<sip:ines@[::ffff:192.0.2.44]:5062>",
        via: "SIP/2.0/UDP [::ffff:192.0.2.44]:5062;branch=z9hG4bKmap",
      }),
    );
    expect(outcome.verdict).toBe("ok");
    const parsed = parseSdp(utf8Encode(body));
    const read = parsed.ok ? readAudio(parsed.session) : null;
    expect(read?.ok === true ? read.audio.remote?.address : null).toBe("::ffff:192.0.2.44");
  });

  it("sip-rtp 6.5 RFC 5118 §4.10: a colon too many before an embedded IPv4 address, as the grammar of RFC 3261 has it, crashes nothing and is given back as it came", () => {
    const outcome = feed(message("OPTIONS", { uri: "sip:desk@[2001:db8:::192.0.2.44]", contact: "" }));
    expect(["ok", "400"]).toContain(outcome.verdict);
    const parsed = parseUri("sip:desk@[2001:db8:::192.0.2.44]");
    if (parsed !== null) expect(parsed).toMatchObject({ host: "[2001:db8:::192.0.2.44]" });
  });
});
