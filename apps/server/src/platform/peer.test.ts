import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPeerReader, networkCheck, peerLimits, peerOf, readForwarded } from "./peer.ts";

function request(
  headers: Record<string, string | string[]>,
  { from = "192.0.2.9", at = "127.0.0.1", encrypted = false }: { from?: string; at?: string; encrypted?: boolean } = {},
): IncomingMessage {
  const socket = new Socket();
  Object.defineProperties(socket, {
    remoteAddress: { value: from },
    localAddress: { value: at },
    ...(encrypted ? { encrypted: { value: true } } : {}),
  });
  const made = new IncomingMessage(socket);
  Object.assign(made.headers, headers);
  return made;
}
const behind = createPeerReader({ trustedProxies: ["10.0.0.0/8", "fd00::7"], origins: [] });
const hostile = { "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https", "x-forwarded-host": "bank.example", host: "desk.example" };

describe("the sender of a request", () => {
  it("is the socket's own end, whatever a stranger writes", () => {
    expect(behind(request(hostile))).toEqual({
      address: "192.0.2.9",
      isSecure: false,
      usesSecureCookies: false,
      host: "desk.example",
      localAddress: "127.0.0.1",
      isProxied: false,
    });
    expect(behind(request(hostile, { from: "127.0.0.1" })).address).toBe("127.0.0.1");
    expect(peerOf(request(hostile)).address).toBe("192.0.2.9");
  });

  it("is who a trusted proxy names, with what the browser spoke", () => {
    const peer = behind(
      request(
        { "x-forwarded-for": "203.0.113.5", "x-forwarded-proto": "https", "x-forwarded-host": "desk.example.com", host: "10.0.0.2:8080" },
        { from: "::ffff:10.0.0.1", at: "10.0.0.2" },
      ),
    );
    expect(peer).toMatchObject({
      address: "203.0.113.5",
      isSecure: true,
      usesSecureCookies: true,
      host: "desk.example.com",
      isProxied: true,
    });
  });

  it("isn't who the sender put before the proxy's word", () => {
    const of = (forwarded: string | string[]) => behind(request({ "x-forwarded-for": forwarded }, { from: "10.0.0.1" })).address;
    expect(of("127.0.0.1, 203.0.113.5")).toBe("203.0.113.5");
    expect(of("1.1.1.1, 203.0.113.5, 10.0.0.9")).toBe("203.0.113.5"); // two proxies of ours
    expect(of(["1.1.1.1", "203.0.113.5"])).toBe("203.0.113.5");
    expect(of("127.0.0.1, rubbish, 10.0.0.9")).toBe("10.0.0.9");
    expect(of("rubbish")).toBe("10.0.0.1");
    expect(of("[2001:db8::1]:4711")).toBe("2001:db8::1");
    expect(of("203.0.113.5:4711")).toBe("203.0.113.5");
    expect(of(Array.from({ length: 5_000 }, () => "10.0.0.3"))).toBe("10.0.0.3");
  });

  it("spoke HTTPS only if the nearest proxy says so", () => {
    const of = (headers: Record<string, string>, encrypted = false) => behind(request(headers, { from: "10.0.0.1", encrypted })).isSecure;
    expect(of({ "x-forwarded-proto": "https, http" })).toBe(false);
    expect(of({ "x-forwarded-proto": "HTTPS" })).toBe(true);
    expect(of({ "x-forwarded-proto": "javascript" })).toBe(false);
    expect(of({ "x-forwarded-proto": "http" }, true)).toBe(false);
    expect(of({}, true)).toBe(true);
  });

  it("asked for a host that is one, or for none", () => {
    const of = (host: string) => behind(request({ host })).host;
    expect(of("desk.example:8443")).toBe("desk.example:8443");
    expect(of("[fd00::2]:8080")).toBe("[fd00::2]:8080");
    for (const bad of ["a b", "evil.example/x", 'x"onload=', "<script>", "a\r\nb", "", ".", "x".repeat(300), "host:port"])
      expect(of(bad)).toBe("");
  });

  it("gets cookies bound to HTTPS where every origin is HTTPS, though the proxy isn't named", () => {
    const read = createPeerReader({ trustedProxies: [], origins: ["https://desk.example"] });
    expect(read(request({ host: "x" }))).toMatchObject({ isSecure: false, usesSecureCookies: true });
  });

  it("is reached, behind a proxy on this machine, by an address that its audio can reach", () => {
    const read = createPeerReader({ trustedProxies: ["127.0.0.1"], origins: [] });
    const peer = read(request({ "x-forwarded-for": "203.0.113.5" }, { from: "127.0.0.1", at: "127.0.0.1" }));
    expect(peer.address).toBe("203.0.113.5");
    expect(networkCheck(["127.0.0.0/8"])(peer.localAddress)).toBe(peer.localAddress === "127.0.0.1");
  });

  it("never makes the reader throw, nor believes more hops than there may be", () => {
    const isTrusted = networkCheck(["10.0.0.0/8"]);
    const text = fc.string({ maxLength: 60 });
    fc.assert(
      fc.property(fc.record({ "x-forwarded-for": text, "x-forwarded-proto": text, "x-forwarded-host": text }), (headers) => {
        const read = readForwarded(headers, isTrusted);
        expect(read.host === null || /^[A-Za-z0-9[][A-Za-z0-9:._\]-]*$/.test(read.host)).toBe(true);
      }),
    );
    const outside = ["203.0.113.5", ...Array.from({ length: peerLimits.hopsMax }, () => "10.0.0.3")].join(",");
    expect(readForwarded({ "x-forwarded-for": outside }, isTrusted).address).toBe("10.0.0.3");
  });
});
