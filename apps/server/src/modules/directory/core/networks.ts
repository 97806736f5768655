// CIDR networks as administrators type them, made canonical: the host bits are cleared, a bare address is a network of one.

/** The canonical text, or null where it is no network. */
export function parseNetwork(text: string): string | null {
  const [address = "", bits, ...rest] = text.trim().split("/");
  if (rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return null;
  return address.includes(":") ? parseV6(address, bits) : parseV4(address, bits);
}

function parseV4(address: string, bits: string | undefined): string | null {
  const octets = address.split(".");
  if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)) return null;
  const length = bits === undefined ? 32 : Number(bits);
  if (length > 32) return null;
  return `${clear(octets.map(Number), 8, length).join(".")}/${length}`;
}

function parseV6(address: string, bits: string | undefined): string | null {
  const length = bits === undefined ? 128 : Number(bits);
  const groups = readGroups(address);
  if (groups === null || length > 128) return null;
  return `${printV6(clear(groups, 16, length))}/${length}`;
}

/** Eight numbers of 16 bits (RFC 4291 §2.2). */
function readGroups(address: string): number[] | null {
  const halves = address.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = halves.map(readHalf);
  if (head === undefined || head === null || tail === null) return null;
  if (tail === undefined) return head.length === 8 ? head : null;
  const missing = 8 - head.length - tail.length;
  return missing >= 1 ? [...head, ...Array.from({ length: missing }, () => 0), ...tail] : null;
}

function readHalf(half: string): number[] | null {
  if (half === "") return [];
  const groups: number[] = [];
  for (const part of half.split(":")) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
    groups.push(Number.parseInt(part, 16));
  }
  return groups;
}

/** Clears all bits after the first `length` of parts of `width` bits. */
function clear(parts: readonly number[], width: number, length: number): number[] {
  return parts.map((part, index) => {
    const kept = Math.min(width, Math.max(0, length - index * width));
    return part & ~((1 << (width - kept)) - 1) & ((1 << width) - 1);
  });
}

/** Lower case, the longest run of zeros as "::" (RFC 5952 §4). */
function printV6(groups: readonly number[]): string {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length && length >= 2) best = { start, length };
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  if (best.length === 0) return text(0, 8);
  return `${text(0, best.start)}::${text(best.start + best.length, 8)}`;
}
