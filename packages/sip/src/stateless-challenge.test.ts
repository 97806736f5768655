import { expect, it } from "vitest";
import { utf8Decode, utf8Encode } from "@allo/kernel";
import { statelessChallenge } from "./stateless-challenge.ts";
import type { SipFlow } from "./stack-types.ts";

const flow: SipFlow = {
  id: "udp-1",
  transport: "udp",
  local: { address: "192.0.2.1", port: 5070 },
  remote: { address: "203.0.113.7", port: 40_000 },
};
const means = {
  challenge: () => [{ name: "WWW-Authenticate", value: 'Digest realm="allo", nonce="1"' }],
  hmac: (bytes: Uint8Array) => Uint8Array.from({ length: 32 }, (_each, index) => (bytes[index % bytes.length] ?? 0) ^ index),
};
const request = (method: string, extra: readonly string[] = [], to = "<sip:desk@allo>"): Uint8Array =>
  utf8Encode(
    [
      `${method} sip:allo SIP/2.0`,
      "Via: SIP/2.0/UDP 10.0.0.5:5062;branch=z9hG4bKa1;rport",
      "Max-Forwards: 70",
      "From: <sip:desk@allo>;tag=f1",
      `To: ${to}`,
      "Call-ID: c1@10.0.0.5",
      `CSeq: 7 ${method}`,
      "User-Agent: friendly-scanner",
      ...extra,
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n"),
  );

it("asks who it is, to the source, with the same words for the same request", () => {
  const first = statelessChallenge(request("REGISTER"), flow, means);
  const text = utf8Decode(first?.bytes ?? new Uint8Array());
  expect(text.split("\r\n")[0]).toBe("SIP/2.0 401 Unauthorized");
  expect(text).toContain("received=203.0.113.7");
  expect(text).toContain("rport=40000");
  expect(text).toMatch(/To: <sip:desk@allo>;tag=[0-9a-f]{20}/);
  expect(first?.to).toEqual(flow.remote);
  expect(first?.userAgent).toBe("friendly-scanner");
  expect(statelessChallenge(request("REGISTER"), flow, means)).toEqual(first);
});

it("leaves to the stack what bears credentials in any spelling, belongs to a dialog, or is no request", () => {
  for (const name of ["Authorization", "authorization", "AUTHORIZATION", "aUTHorization"])
    expect(statelessChallenge(request("INVITE", [`${name}: Digest username="x"`]), flow, means), name).toBeNull();
  expect(statelessChallenge(request("BYE", [], "<sip:desk@allo>;tag=t1"), flow, means)).toBeNull();
  expect(statelessChallenge(request("ACK"), flow, means)).toBeNull();
  expect(statelessChallenge(request("CANCEL"), flow, means)).toBeNull();
  expect(statelessChallenge(utf8Encode("SIP/2.0 200 OK\r\n\r\n"), flow, means)).toBeNull();
  expect(statelessChallenge(utf8Encode("INVITE sip:x SIP/2.0\r\nnonsense\r\n\r\n"), flow, means)).toBeNull();
  expect(statelessChallenge(utf8Encode("\r\n\r\n"), flow, means)).toBeNull();
});

it("is not fooled by the word elsewhere in a message", () => {
  expect(statelessChallenge(request("INVITE", ["Subject: authorization: Digest"]), flow, means)).not.toBeNull();
  expect(statelessChallenge(request("INVITE", ["Proxy-Authorization: Digest"]), flow, means)).not.toBeNull();
});
