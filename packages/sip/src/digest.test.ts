import { createHash, createHmac } from "node:crypto";
import { utf8Encode } from "@allo/kernel";
import type { Hash } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { createDigestServer, digestAnswer, digestCredentials, digestResponse, headerGet, parseMessage } from "./index.ts";
import type { SipRequest } from "./index.ts";

const hash: Hash = {
  md5Hex: (text) => createHash("md5").update(text).digest("hex"),
  sha256Hex: (text) => createHash("sha256").update(text).digest("hex"),
};
const server = () => createDigestServer({ hash, hmac: (message) => createHmac("sha256", "key").update(message).digest(), realm: "allo" });
const stored = digestCredentials(hash, { user: "phone", realm: "allo", password: "secret" });
const credentials = (user: string) => (user === "phone" ? stored : null);

function request(authorization: readonly string[] = []): SipRequest {
  const parsed = parseMessage(
    utf8Encode(
      `REGISTER sip:allo SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:phone@allo>;tag=1\r\nTo: <sip:phone@allo>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n${authorization
        .map((value) => `Authorization: ${value}\r\n`)
        .join("")}\r\n`,
    ),
  );
  if (!parsed.ok || parsed.message.kind !== "request") throw new Error("request does not parse");
  return parsed.message;
}

function answer(challenges: readonly string[], fields: { user?: string; password?: string; nc?: number; uri?: string } = {}): string {
  return digestAnswer(hash, {
    challenges,
    method: "REGISTER",
    uri: fields.uri ?? "sip:allo",
    user: fields.user ?? "phone",
    password: fields.password ?? "secret",
    realm: "allo",
    cnonce: "cn",
    nc: fields.nc ?? 1,
  }) as string;
}

const values = (headers: readonly { readonly value: string }[]) => headers.map((header) => header.value);
const source = "192.0.2.1";

describe("digest", () => {
  it.each([
    ["MD5", hash.md5Hex, "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", hash.sha256Hex, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ] as const)("sip-rtp 6.2 RFC 7616: gives the vector of RFC 7616 §3.9.1 for %s", (_name, digest, expected) => {
    expect(
      digestResponse(digest, {
        ha1: digest("Mufasa:http-auth@example.org:Circle of Life"),
        method: "GET",
        uri: "/dir/index.html",
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        nc: "00000001",
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        qop: "auth",
      }),
    ).toBe(expected);
  });

  it.each([
    ["MD5 with qop", hash.md5Hex, "auth", "89eb0059246c02b2f6ee02c7961d5ea3"],
    ["SHA-256 with qop", hash.sha256Hex, "auth", "b3b5a6c69453abafaab9ae4dccdac90a076b6c80615d5f3498e7433b6e93bf4f"],
    ["MD5 without qop", hash.md5Hex, null, "bf57e4e0d0bffc0fbaedce64d59add5e"],
  ] as const)("sip-rtp 6.2 RFC 7616: gives the SIP vector of bob for %s", (_name, digest, qop, expected) => {
    expect(
      digestResponse(digest, {
        ha1: digest("bob:biloxi.com:zanzibar"),
        method: "INVITE",
        uri: "sip:bob@biloxi.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        nc: "00000001",
        cnonce: "0a4f113b",
        qop,
      }),
    ).toBe(expected);
  });

  it("offers SHA-256 before MD5 and accepts an answer to either", () => {
    const digest = server();
    const challenges = values(digest.challenge({ at: 0, source }));
    expect(challenges.map((value) => /algorithm=(\S+)/.exec(value)?.[1])).toEqual(["SHA-256", "MD5"]);
    for (const offered of [challenges, challenges.slice(1)]) {
      const fresh = values(digest.challenge({ at: 0, source })).slice(2 - offered.length);
      expect(digest.verify({ at: 10, source, request: request([answer(fresh)]), credentials })).toEqual({
        kind: "accepted",
        user: "phone",
      });
    }
  });

  it("answers a wrong password and an unknown user alike but for the nonce", () => {
    const digest = server();
    const plain = (fields: { user?: string; password?: string }) => {
      const verdict = digest.verify({
        at: 5,
        source,
        request: request([answer(values(digest.challenge({ at: 0, source })), fields)]),
        credentials,
      });
      return verdict.kind === "challenged" ? values(verdict.headers).map((value) => value.replace(/nonce="[^"]*"/, "")) : verdict;
    };
    expect(plain({ password: "wrong" })).toEqual(plain({ user: "nobody" }));
    expect(plain({ password: "wrong" })).toHaveLength(2);
  });

  it("takes each nonce count once and only rising", () => {
    const digest = server();
    const challenges = values(digest.challenge({ at: 0, source }));
    const kinds = [1, 1, 2, 5, 4, 6].map(
      (nc) => digest.verify({ at: 1, source, request: request([answer(challenges, { nc })]), credentials }).kind,
    );
    expect(kinds).toEqual(["accepted", "challenged", "accepted", "accepted", "challenged", "accepted"]);
  });

  it("says stale for an old nonce with the right password, and not for a wrong one, a foreign nonce or another source", () => {
    const digest = server();
    const challenges = values(digest.challenge({ at: 0, source }));
    const at = 400_000;
    const verdict = (value: string, from = source) => digest.verify({ at, source: from, request: request([value]), credentials });
    expect(verdict(answer(challenges))).toMatchObject({ kind: "challenged", isStale: true });
    expect(verdict(answer(challenges, { password: "x" }))).toMatchObject({ isStale: false });
    expect(verdict(answer(challenges), "192.0.2.9")).toMatchObject({ isStale: false });
    expect(verdict(answer(challenges.map((each) => each.replace(/nonce="[^"]*"/, 'nonce="0-1-ff"'))))).toMatchObject({ isStale: false });
  });

  it("refuses an answer made for another request", () => {
    const digest = server();
    const challenges = values(digest.challenge({ at: 0, source }));
    expect(digest.verify({ at: 1, source, request: request([answer(challenges, { uri: "sip:elsewhere" })]), credentials }).kind).toBe(
      "challenged",
    );
  });

  it("treats an unknown scheme and malformed values as no credentials", () => {
    const digest = server();
    const bad = ["NoOneKnowsThisScheme opaque-data=here", "Digest", 'Digest username="phone', "Digest nc=00000001,,"];
    expect(digest.verify({ at: 1, source, request: request(bad), credentials }).kind).toBe("challenged");
    expect(headerGet(request(bad), "authorization")).toBe(bad[0]);
  });

  it("as a client answers only its own realm", () => {
    expect(
      digestAnswer(hash, {
        challenges: ['Digest realm="evil", nonce="1", qop="auth"'],
        method: "BYE",
        uri: "sip:a",
        user: "u",
        password: "p",
        realm: "carrier",
        cnonce: "c",
        nc: 1,
      }),
    ).toBeNull();
  });
});
