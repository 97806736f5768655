import { createPrng, utf8Decode, utf8Encode } from "@allo/kernel";
import { headerGet, parseMessage, serializeMessage } from "@allo/sip";
import { parseSdp, printSdp } from "@allo/sdp";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tortureFixtures } from "./fixtures/torture.ts";
import { contactsOf, feed } from "./uas.ts";

const SEED = 20_261_121;
const sound = tortureFixtures.map((fixture) => utf8Encode(fixture.text)).filter((bytes) => parseMessage(bytes).ok);

describe("torture messages of our own", () => {
  it.each(tortureFixtures.map((fixture) => [fixture.name, fixture] as const))("%s", (_name, { text, accept }) => {
    const outcome = feed(utf8Encode(text));
    expect(accept, `${outcome.verdict}: ${outcome.drops.join()} ${outcome.answers.join("\n")}`).toContain(outcome.verdict);
  });

  it("with %-escapes keep them: two Contacts that differ in NULs stay two", () => {
    const fixture = tortureFixtures.find((each) => each.name.startsWith("NUL escape"));
    const parsed = parseMessage(utf8Encode(fixture?.text ?? ""));
    expect(parsed.ok && headerGet(parsed.message, "m")).toBe("<sip:%00@h>, <sip:%00%00@h>");
  });

  it("with headers in the Request-URI never turn them into headers", () => {
    const fixture = tortureFixtures.find((each) => each.name === "headers in the Request-URI");
    const outcome = feed(utf8Encode(fixture?.text ?? ""));
    expect(outcome.request === null ? null : headerGet(outcome.request, "Route")).toBeNull();
    expect(contactsOf(outcome)).toEqual(["<sip:ines@198.51.100.7>"]);
  });
});

describe("printing", () => {
  it("is stable: what is printed parses to what prints the same", () => {
    for (const bytes of sound) {
      const first = parseMessage(bytes);
      if (!first.ok) throw new Error(first.reason);
      const printed = serializeMessage(first.message);
      if (!printed.ok) throw new Error(printed.failure.kind);
      const second = parseMessage(printed.value);
      if (!second.ok) throw new Error(second.reason);
      const again = serializeMessage(second.message);
      expect(again.ok && utf8Decode(again.value)).toBe(utf8Decode(printed.value));
      expect({ ...second.message, headers: [] }).toEqual({ ...first.message, headers: [] });
    }
  });

  it("never lets a header value become another header", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom("\r", "\n", "\r\n"), fc.string(), (before, lineBreak, after) => {
        const base = parseMessage(sound[0] as Uint8Array);
        if (!base.ok) return false;
        const message = { ...base.message, headers: [...base.message.headers, { name: "X-Name", value: `${before}${lineBreak}${after}` }] };
        return !serializeMessage(message).ok;
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe("hostile bytes", () => {
  it("never make the stack throw, nor answer an answer", () => {
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 }), fc.nat(), (pick, edits, cut) => {
        const bytes = (sound[pick] as Uint8Array).slice();
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        const outcome = feed(bytes.subarray(0, bytes.length - (cut % 3 === 0 ? cut % bytes.length : 0)));
        return !utf8Decode(bytes).startsWith("SIP/2.0") || outcome.answers.length === 0;
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  });

  it("are parsed in linear time: a message of 64 KiB of any repeated character takes no longer than 250 ms", () => {
    const prng = createPrng("linear");
    for (const unit of ['"', "<", ",", ";", "%", "\\", " \r\n ", ":", "@", "(", "a=", '"\\']) {
      const line = unit.repeat(Math.floor(8_000 / unit.length));
      const bytes = utf8Encode(
        `INVITE sip:a@b SIP/2.0\r\nVia: ${line}\r\nContact: ${line}\r\nTo: ${line}\r\nFrom: ${line}\r\nRoute: ${line}\r\nX: ${prng.below(9)}\r\n\r\n`,
      );
      const began = performance.now();
      parseMessage(bytes);
      expect(performance.now() - began).toBeLessThan(250);
    }
  });

  it("in a session description are a reason, never a throw, and what parses prints stable", () => {
    const base = utf8Encode(
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n",
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 10 }), (edits) => {
        const bytes = base.slice();
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        const parsed = parseSdp(bytes);
        if (!parsed.ok) return parsed.reason.length > 0;
        const printed = printSdp(parsed.session);
        const again = parseSdp(printed);
        return again.ok && utf8Decode(printSdp(again.session)) === utf8Decode(printed);
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  });
});
