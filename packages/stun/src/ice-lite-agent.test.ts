import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import type { IceLiteCommand } from "./ice-lite-agent.ts";
import { CONSENT_LIFETIME_MS, IceLiteAgent } from "./ice-lite-agent.ts";
import type { HmacSha1, StunAttribute } from "./message.ts";
import { buildStun, findAttribute, parseStun, readXorMappedAddress, STUN_ATTRIBUTE, STUN_BINDING, usernameAttribute } from "./message.ts";

const hmacOf =
  (password: string): HmacSha1 =>
  (message) =>
    createHmac("sha1", password).update(message).digest();
const newAgent = (): IceLiteAgent => new IceLiteAgent({ localUfrag: "ours", remoteUfrag: "theirs", hmac: hmacOf("password") });
const wifi = { address: "192.0.2.1", port: 1_000 };
const mobile = { address: "2001:db8::1", port: 2_000 };
const transactionId = Uint8Array.from({ length: 12 }, (_, i) => i);
const controlling: StunAttribute = { type: STUN_ATTRIBUTE.iceControlling, value: new Uint8Array(8) };
const useCandidate: StunAttribute = { type: STUN_ATTRIBUTE.useCandidate, value: new Uint8Array(0) };

function check(
  options: {
    readonly username?: string;
    readonly password?: string;
    readonly attributes?: readonly StunAttribute[];
    readonly fingerprint?: boolean;
  } = {},
): Uint8Array {
  return buildStun({
    messageClass: "request",
    method: STUN_BINDING,
    transactionId,
    attributes: [usernameAttribute(options.username ?? "ours:theirs"), ...(options.attributes ?? [controlling])],
    hmac: hmacOf(options.password ?? "password"),
    fingerprint: options.fingerprint ?? true,
  });
}

function answerIn(commands: readonly IceLiteCommand[]): {
  readonly messageClass: string;
  readonly code: number | null;
  readonly mapped: unknown;
} {
  const send = commands.find((command) => command.kind === "send");
  if (send?.kind !== "send") throw new Error("no answer");
  const parsed = parseStun(send.bytes);
  if (!parsed.ok) throw new Error(parsed.failure);
  const code = findAttribute(parsed.value, STUN_ATTRIBUTE.errorCode);
  const mapped = findAttribute(parsed.value, STUN_ATTRIBUTE.xorMappedAddress);
  return {
    messageClass: parsed.value.messageClass,
    code: code === null ? null : (code[2] as number) * 100 + (code[3] as number),
    mapped: mapped && readXorMappedAddress(mapped, transactionId),
  };
}

test("sip-rtp 6.3 RFC 8445, 7675: a valid check is answered with the address it came from, and that address is believed", () => {
  const agent = newAgent();
  expect(agent.isValid(wifi, 0)).toBe(false);
  expect(answerIn(agent.received(check(), wifi, 0))).toEqual({ messageClass: "success", code: null, mapped: wifi });
  expect(agent.isValid(wifi, 0)).toBe(true);
  expect(agent.isValid({ ...wifi, port: 1_001 }, 0)).toBe(false);
  expect(agent.selected).toBeNull();
});

test("sip-rtp 6.3 RFC 8445, 7675: the newest nomination decides where media goes, and consent is told at most once a second", () => {
  const agent = newAgent();
  const nominate = (from: typeof wifi, at: number): readonly string[] =>
    agent.received(check({ attributes: [controlling, useCandidate] }), from, at).map((command) => command.kind);
  expect(nominate(wifi, 0)).toEqual(["send", "selected", "consentFresh"]);
  expect(nominate(wifi, 500)).toEqual(["send"]);
  expect(nominate(wifi, 1_000)).toEqual(["send", "consentFresh"]);
  expect(nominate(mobile, 1_100)).toEqual(["send", "selected"]);
  expect(agent.selected).toEqual(mobile);
});

test("sip-rtp 6.3 RFC 8445, 7675: an address lapses without checks", () => {
  const agent = newAgent();
  agent.received(check(), wifi, 0);
  expect(agent.isValid(wifi, CONSENT_LIFETIME_MS - 1)).toBe(true);
  expect(agent.isValid(wifi, CONSENT_LIFETIME_MS)).toBe(false);
});

test.each([
  ["another user name", check({ username: "ours:other" })],
  ["another password", check({ password: "guess" })],
  ["no fingerprint", check({ fingerprint: false })],
  [
    "an answer instead of a request",
    buildStun({
      messageClass: "success",
      method: STUN_BINDING,
      transactionId,
      attributes: [],
      hmac: hmacOf("password"),
      fingerprint: true,
    }),
  ],
  [
    "no integrity",
    buildStun({
      messageClass: "request",
      method: STUN_BINDING,
      transactionId,
      attributes: [usernameAttribute("ours:theirs")],
      hmac: null,
      fingerprint: true,
    }),
  ],
])("a check with %s gets no answer and makes nothing valid", (_what, bytes) => {
  const agent = newAgent();
  expect(agent.received(bytes, wifi, 0)).toEqual([]);
  expect(agent.isValid(wifi, 0)).toBe(false);
});

test("sip-rtp 6.3 RFC 8445, 7675: a controlled peer is told of the role conflict, and an unknown required attribute is named", () => {
  const agent = newAgent();
  const controlled = { type: STUN_ATTRIBUTE.iceControlled, value: new Uint8Array(8) };
  expect(answerIn(agent.received(check({ attributes: [controlled, useCandidate] }), wifi, 0))).toMatchObject({
    messageClass: "error",
    code: 487,
  });
  expect(answerIn(agent.received(check({ attributes: [controlling, { type: 0x7777, value: new Uint8Array(4) }] }), wifi, 0))).toMatchObject(
    { code: 420 },
  );
  expect(agent.isValid(wifi, 0)).toBe(false);
});

test("sip-rtp 6.3 RFC 8445, 7675: after a restart of ICE checks bear the new name, and the old address stays believed until it lapses", () => {
  const agent = newAgent();
  agent.received(check({ attributes: [controlling, useCandidate] }), wifi, 0);
  agent.setRemoteUfrag("fresh");
  expect(agent.received(check(), wifi, 10)).toEqual([]);
  expect(agent.isValid(wifi, 10)).toBe(true);
  agent.received(check({ username: "ours:fresh", attributes: [controlling, useCandidate] }), mobile, 20);
  expect(agent.selected).toEqual(mobile);
});
