import { isIPv4, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

// Addresses as the kernel has them (ip(7), ipv6(7)) and as Node writes them.

export const AF_INET = 2;
export const AF_INET6 = 10;
/** A `sockaddr_in6`, the longer of the two. */
export const SOCKET_ADDRESS_BYTES = 28;
const SOCKET_ADDRESS_V4_BYTES = 16;
const PORT_MAX = 65_535;

/** Writes the address at `offset`; returns its length, or 0 where it is none of this family or the port is no port. */
export function writeSocketAddress(
  view: DataView,
  offset: number,
  address: { readonly address: string; readonly port: number },
  family: typeof AF_INET | typeof AF_INET6,
): number {
  const { port } = address;
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) return 0;
  if (family === AF_INET ? !isIPv4(address.address) : !isIPv6(address.address)) return 0;
  view.setUint16(offset, family, true);
  view.setUint16(offset + 2, port);
  if (family === AF_INET) {
    for (const [i, part] of address.address.split(".").entries()) view.setUint8(offset + 4 + i, Number(part));
    view.setBigUint64(offset + 8, 0n);
    return SOCKET_ADDRESS_V4_BYTES;
  }
  const [text = "", zone] = address.address.split("%");
  view.setUint32(offset + 4, 0);
  for (const [i, group] of groupsOf(text).entries()) view.setUint16(offset + 8 + 2 * i, group);
  view.setUint32(offset + 24, zone === undefined ? 0 : scopeOf(zone), true);
  return SOCKET_ADDRESS_BYTES;
}

export function readPort(view: DataView, offset: number): number {
  return view.getUint16(offset + 2);
}

/** The address's text as Node gives it: RFC 5952, an IPv4 one inside IPv6 with dots, a link-local one with its zone. */
export function readAddress(view: DataView, offset: number): string {
  if (view.getUint16(offset, true) === AF_INET) return dotted(view, offset + 4);
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(offset + 8 + 2 * i));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return `::ffff:${dotted(view, offset + 20)}`;
  const scope = view.getUint32(offset + 24, true);
  return `${compressed(groups)}${scope === 0 ? "" : `%${zoneOf(scope)}`}`;
}

function dotted(view: DataView, offset: number): string {
  return [0, 1, 2, 3].map((i) => view.getUint8(offset + i)).join(".");
}

/** The eight groups of an address that `isIPv6` has accepted, without its zone. */
function groupsOf(text: string): readonly number[] {
  const [head = "", tail] = text.split("::");
  const [before, after] = [partsOf(head), partsOf(tail ?? "")];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

function partsOf(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(":").flatMap((part) => {
    if (!part.includes(".")) return [Number.parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

/** The longest run of zeros, of two at least and the first among equals, becomes "::". */
function compressed(groups: readonly number[]): string {
  let [start, length] = [0, 0];
  for (let from = 0; from < groups.length; from += 1) {
    let to = from;
    while (groups[to] === 0) to += 1;
    if (to - from > length) [start, length] = [from, to - from];
  }
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

function scopeOf(zone: string): number {
  const known = networkInterfaces()[zone]?.find((entry) => entry.family === "IPv6" && entry.scopeid !== 0);
  return known?.scopeid ?? (/^\d{1,9}$/.test(zone) ? Number(zone) : 0);
}

function zoneOf(scope: number): string {
  const known = Object.entries(networkInterfaces()).find(([, entries]) =>
    entries?.some((entry) => entry.family === "IPv6" && entry.scopeid === scope),
  );
  return known?.[0] ?? String(scope);
}
