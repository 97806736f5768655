import type { Result } from "@allo/kernel";
import { fail, ok, utf8Decode, utf8Encode } from "@allo/kernel";
import { crc32 } from "./crc32.ts";

// STUN messages (RFC 8489) as far as ICE-lite needs them: Binding with short-term credentials and FINGERPRINT.

/** HMAC-SHA1 with the password as its key. The primitive comes from outside: this package knows no cryptography. */
export type HmacSha1 = (message: Uint8Array) => Uint8Array;
export type StunClass = "request" | "indication" | "success" | "error";
export type StunAddress = { readonly address: string; readonly port: number };
export type StunAttribute = { readonly type: number; readonly value: Uint8Array };
export type StunMessage = {
  readonly messageClass: StunClass;
  readonly method: number;
  /** 12 bytes. */
  readonly transactionId: Uint8Array;
  readonly attributes: readonly StunAttribute[];
  /** Offset of MESSAGE-INTEGRITY in the message, or null where there is none. */
  readonly integrityOffset: number | null;
  readonly hasFingerprint: boolean;
};
export type StunFailure = "tooShort" | "notStun" | "wrongLength" | "attributeExceedsMessage" | "wrongFingerprint";

export const STUN_BINDING = 0x001;
export const STUN_ATTRIBUTE = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  software: 0x8022,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
} as const;
const MAGIC_COOKIE = 0x2112a442;
const FINGERPRINT_XOR = 0x5354554e;
const HEADER_BYTES = 20;
const INTEGRITY_BYTES = 20;
const CLASSES: readonly StunClass[] = ["request", "indication", "success", "error"];

/** Reads a message; a wrong FINGERPRINT fails it. Integrity is checked apart, when the key is known. */
export function parseStun(bytes: Uint8Array): Result<StunMessage, StunFailure> {
  if (bytes.length < HEADER_BYTES) return fail("tooShort");
  const view = viewOf(bytes);
  const type = view.getUint16(0);
  if (type >> 14 !== 0 || view.getUint32(4) !== MAGIC_COOKIE) return fail("notStun");
  const length = view.getUint16(2);
  if (length % 4 !== 0 || HEADER_BYTES + length !== bytes.length) return fail("wrongLength");
  const attributes: StunAttribute[] = [];
  let integrityOffset: number | null = null;
  let hasFingerprint = false;
  let offset = HEADER_BYTES;
  while (offset < bytes.length) {
    if (offset + 4 > bytes.length) return fail("attributeExceedsMessage");
    const attributeType = view.getUint16(offset);
    const valueLength = view.getUint16(offset + 2);
    const end = offset + 4 + valueLength;
    if (end > bytes.length) return fail("attributeExceedsMessage");
    if (attributeType === STUN_ATTRIBUTE.fingerprint) {
      // RFC 8489 §14.7: the last attribute, over everything before it.
      if (valueLength !== 4 || end !== bytes.length) return fail("wrongFingerprint");
      if (view.getUint32(offset + 4) !== (crc32(bytes, 0, offset) ^ FINGERPRINT_XOR) >>> 0) return fail("wrongFingerprint");
      hasFingerprint = true;
    } else if (integrityOffset === null) {
      // RFC 8489 §14.5: what follows MESSAGE-INTEGRITY, except FINGERPRINT, is not authenticated and is ignored.
      if (attributeType === STUN_ATTRIBUTE.messageIntegrity && valueLength === INTEGRITY_BYTES) integrityOffset = offset;
      attributes.push({ type: attributeType, value: bytes.subarray(offset + 4, end) });
    }
    offset = end + ((4 - (valueLength % 4)) % 4);
  }
  const classBits = ((type >> 7) & 0x2) | ((type >> 4) & 0x1);
  return ok({
    messageClass: CLASSES[classBits] as StunClass,
    method: (type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2),
    transactionId: bytes.subarray(8, HEADER_BYTES),
    attributes,
    integrityOffset,
    hasFingerprint,
  });
}

/** Whether MESSAGE-INTEGRITY was made with this key (RFC 8489 §14.5: the length field counts up to that attribute only). */
export function hasValidIntegrity(bytes: Uint8Array, message: StunMessage, hmac: HmacSha1): boolean {
  if (message.integrityOffset === null) return false;
  const covered = bytes.slice(0, message.integrityOffset);
  viewOf(covered).setUint16(2, message.integrityOffset + 4 + INTEGRITY_BYTES - HEADER_BYTES);
  const expected = hmac(covered);
  let difference = 0;
  for (let i = 0; i < INTEGRITY_BYTES; i += 1) difference |= (expected[i] as number) ^ (bytes[message.integrityOffset + 4 + i] as number);
  return difference === 0;
}

export function findAttribute(message: StunMessage, type: number): Uint8Array | null {
  return message.attributes.find((attribute) => attribute.type === type)?.value ?? null;
}

export function usernameOf(message: StunMessage): string | null {
  const value = findAttribute(message, STUN_ATTRIBUTE.username);
  return value === null ? null : utf8Decode(value);
}

/** Builds a message; with a key MESSAGE-INTEGRITY is added, and FINGERPRINT where asked for. */
export function buildStun(message: {
  readonly messageClass: StunClass;
  readonly method: number;
  readonly transactionId: Uint8Array;
  readonly attributes: readonly StunAttribute[];
  readonly hmac: HmacSha1 | null;
  readonly fingerprint: boolean;
}): Uint8Array {
  const attributeBytes = message.attributes.reduce((sum, attribute) => sum + 4 + padded(attribute.value.length), 0);
  const total = HEADER_BYTES + attributeBytes + (message.hmac === null ? 0 : 4 + INTEGRITY_BYTES) + (message.fingerprint ? 8 : 0);
  const bytes = new Uint8Array(total);
  const view = viewOf(bytes);
  const classBits = CLASSES.indexOf(message.messageClass);
  const { method } = message;
  view.setUint16(
    0,
    (method & 0x000f) | ((method & 0x0070) << 1) | ((method & 0x0f80) << 2) | ((classBits & 0x2) << 7) | ((classBits & 0x1) << 4),
  );
  view.setUint32(4, MAGIC_COOKIE);
  bytes.set(message.transactionId.subarray(0, 12), 8);
  let offset = HEADER_BYTES;
  for (const attribute of message.attributes) {
    view.setUint16(offset, attribute.type);
    view.setUint16(offset + 2, attribute.value.length);
    bytes.set(attribute.value, offset + 4);
    offset += 4 + padded(attribute.value.length);
  }
  if (message.hmac !== null) {
    view.setUint16(2, offset + 4 + INTEGRITY_BYTES - HEADER_BYTES);
    const integrity = message.hmac(bytes.slice(0, offset));
    view.setUint16(offset, STUN_ATTRIBUTE.messageIntegrity);
    view.setUint16(offset + 2, INTEGRITY_BYTES);
    bytes.set(integrity.subarray(0, INTEGRITY_BYTES), offset + 4);
    offset += 4 + INTEGRITY_BYTES;
  }
  view.setUint16(2, total - HEADER_BYTES);
  if (message.fingerprint) {
    view.setUint16(offset, STUN_ATTRIBUTE.fingerprint);
    view.setUint16(offset + 2, 4);
    view.setUint32(offset + 4, (crc32(bytes, 0, offset) ^ FINGERPRINT_XOR) >>> 0);
  }
  return bytes;
}

export function usernameAttribute(username: string): StunAttribute {
  return { type: STUN_ATTRIBUTE.username, value: utf8Encode(username) };
}

/** XOR-MAPPED-ADDRESS (RFC 8489 §14.2). Null: the text is no IP address. */
export function xorMappedAddressAttribute(source: StunAddress, transactionId: Uint8Array): StunAttribute | null {
  const address = parseAddress(source.address);
  if (address === null) return null;
  const value = new Uint8Array(4 + address.length);
  const view = viewOf(value);
  value[1] = address.length === 4 ? 1 : 2;
  view.setUint16(2, source.port ^ (MAGIC_COOKIE >>> 16));
  const mask = addressMask(transactionId);
  for (let i = 0; i < address.length; i += 1) value[4 + i] = (address[i] as number) ^ (mask[i] as number);
  return { type: STUN_ATTRIBUTE.xorMappedAddress, value };
}

export function readXorMappedAddress(value: Uint8Array, transactionId: Uint8Array): StunAddress | null {
  const length = value[1] === 1 ? 4 : value[1] === 2 ? 16 : 0;
  if (length === 0 || value.length !== 4 + length) return null;
  const mask = addressMask(transactionId);
  const address = Array.from(value.subarray(4), (byte, i) => byte ^ (mask[i] as number));
  const port = viewOf(value).getUint16(2) ^ (MAGIC_COOKIE >>> 16);
  if (length === 4) return { address: address.join("."), port };
  const groups = Array.from({ length: 8 }, (_, i) => (((address[2 * i] as number) << 8) | (address[2 * i + 1] as number)).toString(16));
  return { address: groups.join(":"), port };
}

export function errorCodeAttribute(code: number, reason: string): StunAttribute {
  const text = utf8Encode(reason);
  const value = new Uint8Array(4 + text.length);
  value[2] = Math.floor(code / 100);
  value[3] = code % 100;
  value.set(text, 4);
  return { type: STUN_ATTRIBUTE.errorCode, value };
}

function parseAddress(text: string): readonly number[] | null {
  if (!text.includes(":")) return parseDotted(text);
  const zone = text.indexOf("%");
  const plain = zone < 0 ? text : text.slice(0, zone);
  const halves = plain.split("::");
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] as string);
  const tail = parseGroups(halves[1] ?? "");
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 0) return null;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

function parseGroups(text: string): readonly number[] | null {
  if (text === "") return [];
  const bytes: number[] = [];
  for (const group of text.split(":")) {
    if (group.includes(".")) {
      const dotted = parseDotted(group);
      if (dotted === null) return null;
      bytes.push(...dotted);
      continue;
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
    const value = Number.parseInt(group, 16);
    bytes.push(value >> 8, value & 0xff);
  }
  return bytes;
}

function parseDotted(text: string): readonly number[] | null {
  const parts = text.split(".").map(Number);
  return parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255) ? parts : null;
}

function addressMask(transactionId: Uint8Array): Uint8Array {
  const mask = new Uint8Array(16);
  viewOf(mask).setUint32(0, MAGIC_COOKIE);
  mask.set(transactionId.subarray(0, 12), 4);
  return mask;
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
