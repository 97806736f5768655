import { utf8Decode, utf8Encode } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import {
  addressOfRecord,
  createResponse,
  headerAll,
  parseAuthParams,
  parseCSeq,
  parseMessage,
  parseNameAddr,
  parseUri,
  parseViaList,
  printNameAddr,
  printUri,
  serializeMessage,
} from "./index.ts";

const INVITE =
  "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h:5070;branch=z9hG4bK1, SIP/2.0/TCP [2001:db8::1]\r\nFrom: <sip:x@y>;tag=1\r\nTo: sip:a@b;p=1\r\n" +
  "Call-ID: c\r\nCSeq: 1 INVITE\r\nRecord-Route: <sip:r1;lr>\r\nContent-Length: 3\r\n\r\nv=0 and more";

describe("parsing", () => {
  it("gives typed headers, the body cut at Content-Length, and bare-address parameters to the header", () => {
    const parsed = parseMessage(utf8Encode(INVITE));
    if (!parsed.ok || parsed.message.kind !== "request") throw new Error("does not parse");
    const { message } = parsed;
    expect(message.vias.map((via) => [via.transport, via.host, via.port])).toEqual([
      ["UDP", "h", 5070],
      ["TCP", "[2001:db8::1]", null],
    ]);
    expect(message.to.uri).toMatchObject({ user: "a", params: [] });
    expect(message.to.params).toEqual([{ name: "p", value: "1" }]);
    expect(utf8Decode(message.body)).toBe("v=0");
  });

  it("fails with the reason, the offset of the line and what is needed to answer it", () => {
    const failed = parseMessage(utf8Encode(INVITE.replace("CSeq: 1 INVITE", "CSeq: 1 INVITE\r\nto: sip:other@b")));
    expect(failed).toMatchObject({ ok: false, reason: "To stands twice", statusCode: 400, method: "INVITE" });
    expect(!failed.ok && failed.offset).toBe(INVITE.indexOf("Record-Route"));
    expect(!failed.ok && failed.salvaged.map((header) => header.name)).toEqual(["Via", "From", "To", "Call-ID", "CSeq", "To"]);
  });

  it("builds a response that copies what RFC 3261 §8.2.6 says and adds the tag", () => {
    const parsed = parseMessage(utf8Encode(INVITE));
    if (!parsed.ok || parsed.message.kind !== "request") throw new Error("does not parse");
    const response = createResponse(parsed.message, 180, { toTag: "t9" });
    const printed = serializeMessage(response);
    expect(printed.ok && utf8Decode(printed.value)).toMatch(
      /^SIP\/2\.0 180 Ringing\r\n[^]*To: <sip:a@b>;p=1;tag=t9\r\n[^]*Content-Length: 0\r\n\r\n$/,
    );
    expect(headerAll(response, "Record-Route")).toEqual(["<sip:r1;lr>"]);
    expect(headerAll(response, "Via")).toEqual(headerAll(parsed.message, "Via"));
  });

  it.each([
    "sip:a@b",
    "sips:a:pw@b.c:5061;transport=tcp;lr",
    "sip:[2001:db8::1]:5060",
    "sip:%00a@h?Subject=x",
    "tel:+4930",
    "sip:a;b=/?c@h",
  ])("prints the URI %s as it was", (text) => {
    const uri = parseUri(text);
    expect(uri === null ? null : printUri(uri)).toBe(text);
  });

  it.each(["", "sip:", "sip:@h", "sip:a@", "sip:a@h:99999", "sip:a@h;", "sip:a%2@h", "sip:a b@h", "sip:a@[::1", "1x:y", "sip:a@b@c"])(
    "refuses the URI %j",
    (text) => expect(parseUri(text)).toBeNull(),
  );

  it("quotes a display name so that it can't end its header", () => {
    const address = parseNameAddr('"a \\"b\\" \\\\" <sip:x@y>');
    expect(address?.displayName).toBe('a "b" \\');
    const evil = {
      displayName: 'x"\r\nRoute: <sip:evil>',
      uri: address?.uri ?? ({ kind: "other", scheme: "x", rest: "y" } as const),
      params: [],
    };
    expect(printNameAddr(evil)).toBe('"x\\"  Route: <sip:evil>" <sip:x@y>');
  });

  it("compares addresses-of-record with escapes undone once, users case-sensitive and hosts not", () => {
    const aor = (text: string) => addressOfRecord(parseUri(text) ?? { kind: "other", scheme: "x", rest: "" });
    expect(aor("sips:%61nna@HOST:99;x=1")).toBe("sip:anna@host");
    expect(aor("sip:Anna@host")).not.toBe(aor("sip:anna@host"));
    expect(aor("sip:%2561@host")).toBe("sip:%61@host");
    expect([aor("sip:host"), aor("tel:1")]).toEqual([null, null]);
  });

  it("reads CSeq, Via and authorisation parameters strictly", () => {
    expect(parseCSeq("0009 \t INVITE")).toEqual({ number: 9, method: "INVITE" });
    expect(["2147483648 INVITE", "-1 INVITE", "1", "1 INVITE x", "1INVITE"].map(parseCSeq)).toEqual([null, null, null, null, null]);
    expect(["SIP/2.0/UDP", "SIP/1.0/UDP h", "SIP/2.0/UDP h;;x", "SIP/2.0/UDP h:x", "SIP/2.0/UDP h,"].map(parseViaList)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(parseAuthParams('Digest a="x, y", b=z')).toEqual({
      scheme: "digest",
      params: [
        { name: "a", value: '"x, y"' },
        { name: "b", value: "z" },
      ],
    });
    expect(["Digest", "Digest a", 'Digest a="', "Digest a=1,", ""].map(parseAuthParams)).toEqual([null, null, null, null, null]);
  });
});
