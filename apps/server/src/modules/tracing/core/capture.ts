// A call's messages as files that others read: a capture for packet analysers, and plain text.
import type { CallTraceEntry } from "@allo/contract";

const LINKTYPE_RAW = 101;
const IP_UDP = 17;
/** In base64: key and salt of AES-128 (RFC 4568 §6.1). */
const SDES_KEY_CHARACTERS = 40;

/**
 * A capture file (pcap 2.4, microseconds) of raw IP packets. Each message is one UDP datagram between its two addresses, also where it went by
 * TCP, TLS or WebSocket: analysers then read it as SIP without keys. Addresses that are none become 0.0.0.0.
 */
export function pcapOf(entries: readonly CallTraceEntry[]): Uint8Array {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262_144, 16);
  head.writeUInt32LE(LINKTYPE_RAW, 20);
  const parts: Uint8Array[] = [head];
  for (const entry of entries) {
    const [from, to] = entry.direction === "in" ? [entry.remote, entry.local] : [entry.local, entry.remote];
    const packet = packetOf(from, to, Buffer.from(readable(entry.text), "utf8"));
    const record = Buffer.alloc(16);
    record.writeUInt32LE(Math.floor(entry.at / 1_000), 0);
    record.writeUInt32LE(Math.floor((entry.at % 1_000) * 1_000), 4);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    parts.push(record, packet);
  }
  return Buffer.concat(parts);
}

/** Each message under a line with its time (UTC), transport and direction. */
export function textOf(entries: readonly CallTraceEntry[]): string {
  return entries
    .map((entry) => {
      const remote = placeOf(entry.remote);
      const local = placeOf(entry.local);
      const way = entry.direction === "in" ? `${remote} -> ${local}` : `${local} -> ${remote}`;
      return `--- ${new Date(entry.at).toISOString()} ${entry.transport.toUpperCase()} ${way}\n${entry.text.replaceAll("\r\n", "\n")}\n`;
    })
    .join("\n");
}

/** Analysers call a description malformed whose hidden key (RFC 4568) isn't of a key's form. */
function readable(text: string): string {
  return text.replaceAll("inline:***", `inline:${"HIDDEN".padEnd(SDES_KEY_CHARACTERS, "/")}`);
}

type Place = { readonly address: string; readonly port: number };

function placeOf({ address, port }: Place): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function packetOf(from: Place, to: Place, payload: Buffer): Buffer {
  const source = addressBytes(from.address);
  const target = addressBytes(to.address);
  const isV6 = source.length === 16 || target.length === 16;
  const [src, dst] = isV6 ? [asV6(source), asV6(target)] : [source, target];
  const udp = Buffer.alloc(8 + payload.length);
  udp.writeUInt16BE(from.port & 0xffff, 0);
  udp.writeUInt16BE(to.port & 0xffff, 2);
  udp.writeUInt16BE(udp.length, 4);
  payload.copy(udp, 8);
  const pseudo = Buffer.alloc(8);
  pseudo.writeUInt32BE(udp.length, 0);
  pseudo.writeUInt32BE(IP_UDP, 4);
  // A sum of zero would say "none" (RFC 768).
  udp.writeUInt16BE(checksum([src, dst, pseudo, udp]) || 0xffff, 6);
  return Buffer.concat([isV6 ? headerV6(src, dst, udp.length) : headerV4(src, dst, udp.length), udp]);
}

function headerV4(src: Buffer, dst: Buffer, length: number): Buffer {
  const head = Buffer.alloc(20);
  head[0] = 0x45;
  head.writeUInt16BE(20 + length, 2);
  head[8] = 64;
  head[9] = IP_UDP;
  src.copy(head, 12);
  dst.copy(head, 16);
  head.writeUInt16BE(checksum([head]), 10);
  return head;
}

function headerV6(src: Buffer, dst: Buffer, length: number): Buffer {
  const head = Buffer.alloc(40);
  head[0] = 0x60;
  head.writeUInt16BE(length, 4);
  head[6] = IP_UDP;
  head[7] = 64;
  src.copy(head, 8);
  dst.copy(head, 24);
  return head;
}

/** The one's complement sum of RFC 1071. */
function checksum(parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let place = 0; place < part.length; place += 2) sum += ((part[place] ?? 0) << 8) | (part[place + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function addressBytes(address: string): Buffer {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (v4 !== null) return Buffer.from(v4.slice(1, 5).map(Number));
  if (!/^[0-9a-f:]{2,39}$/i.test(address) || !address.includes(":")) return Buffer.alloc(4);
  const [head = "", tail] = address.split("::", 2);
  const groups = (text: string): number[] => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16) & 0xffff));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const bytes = Buffer.alloc(16);
  before.slice(0, 8).forEach((group, place) => bytes.writeUInt16BE(group, place * 2));
  after.slice(0, 8).forEach((group, place) => bytes.writeUInt16BE(group, 16 - (Math.min(after.length, 8) - place) * 2));
  return bytes;
}

function asV6(address: Buffer): Buffer {
  return address.length === 16 ? address : Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff]), address]);
}
