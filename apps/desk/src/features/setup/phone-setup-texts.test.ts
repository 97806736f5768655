import type { DeviceSecret } from "@allo/contract";
import { expect, it } from "vitest";
import { baresipLine, grandstreamPath, isOnlyHere, linphoneLink, serverOf, transportAtFirst, waveCode } from "./phone-setup-texts.ts";

const secret = (over: Partial<DeviceSecret> = {}): DeviceSecret => ({
  device: { name: "Front <desk>" } as DeviceSecret["device"],
  domain: "allo.example",
  port: 5070,
  tlsPort: 5061,
  tlsIsKnown: true,
  webSocketUrl: "wss://allo.example/sip",
  username: "abc",
  password: "p4ss",
  link: { url: "https://allo.example/api/v1/phone-setup/token", expiresAt: 1 },
  ...over,
});

it("encrypts at first only where the phone knows the certificate", () => {
  expect(transportAtFirst(secret())).toBe("tls");
  expect(transportAtFirst(secret({ tlsIsKnown: false }))).toBe("udp");
  expect(transportAtFirst(secret({ tlsPort: null }))).toBe("udp");
});

it("names the port of the transport, and puts an IPv6 address into brackets", () => {
  expect(serverOf(secret(), "tls")).toBe("allo.example:5061");
  expect(serverOf(secret(), "tcp")).toBe("allo.example:5070");
  expect(serverOf(secret({ domain: "2001:db8::1" }), "udp")).toBe("[2001:db8::1]:5070");
});

it("gives Linphone an address with its transport, and Grandstream the same without the scheme, which it has a field for", () => {
  expect(linphoneLink(secret(), "tls")).toBe("https://allo.example/api/v1/phone-setup/token.tls");
  expect(grandstreamPath(secret(), "udp")).toBe("allo.example/api/v1/phone-setup/token.udp");
});

it("writes Wave's code so that no name breaks it", () => {
  const code = new DOMParser().parseFromString(waveCode(secret(), "tcp"), "text/xml");
  expect(code.querySelector("AccountName")?.textContent).toBe("Front <desk>");
  expect(code.querySelector("RegisterServer")?.textContent).toBe("allo.example:5070");
  expect(code.querySelector("AuthPass")?.textContent).toBe("p4ss");
});

it("writes baresip's line with sealed audio over TLS alone", () => {
  expect(baresipLine(secret(), "udp")).toBe(
    "<sip:abc@allo.example:5070;transport=udp>;auth_user=abc;auth_pass=p4ss;regint=600;audio_codecs=PCMA,PCMU",
  );
  expect(baresipLine(secret(), "tls")).toMatch(/^<sip:abc@allo\.example:5061;transport=tls>.*;mediaenc=srtp$/);
});

it("knows an address that no phone elsewhere can reach", () => {
  expect(isOnlyHere(secret({ domain: "localhost" }))).toBe(true);
  expect(isOnlyHere(secret({ domain: "127.0.0.1" }))).toBe(true);
  expect(isOnlyHere(secret())).toBe(false);
});
