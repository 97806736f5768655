import { utf8Decode, utf8Encode } from "@allo/kernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { multipartBody, multipartParts } from "./multipart.ts";

const sdp = { contentType: "application/sdp", bytes: utf8Encode("v=0\r\ns=-\r\n") };
const metadata = { contentType: "application/rs-metadata+xml", disposition: "recording-session", bytes: utf8Encode("<recording/>") };
const take = (contentType: string, text: string) => multipartParts(contentType, utf8Encode(text));

describe("bodies in one message", () => {
  it("come apart as they were put together", () => {
    const whole = multipartBody([sdp, metadata], "b-1");
    expect(whole.contentType).toBe("multipart/mixed;boundary=b-1");
    expect(multipartParts(whole.contentType, whole.bytes)).toEqual([sdp, metadata]);
  });

  it("are read with a preamble, a quoted boundary, other letters and folded headers", () => {
    const parts = take(
      'Multipart/Mixed; boundary="a b"',
      'preamble\r\n--a b\r\ncontent-type: Application/SDP; charset="x"\r\nX-More: 1\r\n 2\r\n\r\nv=0\r\n--a b--\r\nepilogue',
    );
    expect(parts?.map(({ contentType, bytes }) => [contentType, utf8Decode(bytes)])).toEqual([["application/sdp", "v=0"]]);
  });

  it("keep a line that only looks like the boundary", () => {
    const parts = take("multipart/mixed;boundary=x", "--x\r\n\r\nsays --x in the line\r\n--xy\r\n--x--");
    expect(parts?.map(({ contentType, bytes }) => [contentType, utf8Decode(bytes)])).toEqual([
      ["text/plain", "says --x in the line\r\n--xy"],
    ]);
  });

  it("come apart as they were, whatever is in them; what is no such body is refused and never thrown at", () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 16 });
    fc.assert(
      fc.property(bodies, (all) => {
        const parts = all.map((bytes) => ({ contentType: "application/octet-stream", bytes }));
        const whole = multipartBody(parts, "nobody-guesses-this");
        expect(multipartParts(whole.contentType, whole.bytes)).toEqual(parts);
      }),
    );
    const pieces = fc.constantFrom("--x", "--x--", "\r\n", "\n", "Content-Type: a/b", ":", " ", "text", "\u0000");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), fc.constantFrom("multipart/mixed;boundary=x", 'x;boundary="', ""), (some, type) => {
        const parts = take(type, some.join(""));
        expect(parts === null || parts.length > 0).toBe(true);
      }),
    );
  });

  it.each([
    ["no boundary is named", "multipart/mixed", "--x\r\n\r\na\r\n--x--"],
    ["the last delimiter is missing", "multipart/mixed;boundary=x", "--x\r\n\r\na\r\n"],
    ["nothing is in it", "multipart/mixed;boundary=x", "--x--\r\n"],
    ["a part has no end of its header", "multipart/mixed;boundary=x", "--x\r\nContent-Type: a/b\r\n--x--"],
    ["there are too many parts", "multipart/mixed;boundary=x", `${"--x\r\n\r\na\r\n".repeat(17)}--x--`],
  ])("are refused where %s", (_, contentType, text) => {
    expect(take(contentType, text)).toBeNull();
  });
});
