import { describe, expect, it } from "vitest";
import { scrubMessage } from "./scrub.ts";

const message = (...lines: readonly string[]): string => lines.join("\r\n");

describe("what is kept of a message for looking at", () => {
  it("keeps who tried and hides what proves it", () => {
    const kept = scrubMessage(
      message(
        "REGISTER sip:example.com SIP/2.0",
        'Authorization: Digest username="bob", realm="example.com", nonce="n1", uri="sip:example.com", response="0123456789abcdef", cnonce="c1", qop=auth, nc=00000001',
        "Call-ID: 1@host",
        "",
        "",
      ),
    );
    expect(kept).toContain('username="bob"');
    expect(kept).toContain('realm="example.com"');
    expect(kept).toContain("nc=00000001");
    for (const secret of ["0123456789abcdef", '"n1"', '"c1"']) expect(kept).not.toContain(secret);
  });

  it("hides credentials folded over lines, and those that aren't a digest", () => {
    const folded = scrubMessage(
      message("INVITE sip:a@b SIP/2.0", 'Proxy-Authorization: Digest username="x",', '  response="feed"', "", ""),
    );
    expect(folded).not.toContain("feed");
    expect(scrubMessage(message("INVITE sip:a@b SIP/2.0", "Authorization: Basic Ym9iOnNlY3JldA==", "", ""))).not.toContain("Ym9i");
    expect(scrubMessage(message("INVITE sip:a@b SIP/2.0", "Cookie: allo=secret", "", ""))).not.toContain("secret");
  });

  it("hides media keys and ICE passwords, and keeps where the media goes", () => {
    const kept = scrubMessage(
      message(
        "INVITE sip:a@b SIP/2.0",
        "Content-Type: application/sdp",
        "",
        "v=0",
        "c=IN IP4 192.0.2.1",
        "m=audio 4000 RTP/SAVP 0",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4",
        "a=ice-pwd:asd88fgpdd777uzjYhagZg",
        "a=key-mgmt:mikey AQAFgM0XflABAAAAAAAAAAAAAAsAyO",
        "",
      ),
    );
    expect(kept).toContain("m=audio 4000 RTP/SAVP 0");
    expect(kept).toContain("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***");
    expect(kept).not.toMatch(/WVNf|asd88|AQAF/);
  });

  it("hides the key that was pressed and leaves out bodies of other types", () => {
    const relay = scrubMessage(message("INFO sip:a@b SIP/2.0", "c: application/dtmf-relay", "", "Signal=5", "Duration=160", ""));
    expect(relay).not.toContain("Signal=5");
    expect(relay).toContain("Duration=160");
    expect(scrubMessage(message("INFO sip:a@b SIP/2.0", "Content-Type: application/dtmf", "", "7"))).toContain(
      "1 characters of application/dtmf left out",
    );
    expect(scrubMessage(message("MESSAGE sip:a@b SIP/2.0", "Content-Type: text/plain", "", "my card is 4111"))).not.toContain("4111");
  });

  it("takes any text", () => {
    for (const text of ["", "\r\n\r\n", ":", "INVITE", "a\r\n \r\n\tb\r\n\r\nc", "x".repeat(100_000)])
      expect(typeof scrubMessage(text)).toBe("string");
  });
});
