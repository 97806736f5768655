// By which names and addresses this machine is reached, and which of them are for a local network only.
import { BlockList, isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { plainAddress } from "../plain-address.ts";
import { tlsLimits } from "./limits.ts";

/** Ranges that no public authority gives a certificate for. RFC 1918, 6598, 3927, 1122, 4193, 4291. */
export const privateNetworks = [
  { address: "10.0.0.0", bits: 8 },
  { address: "172.16.0.0", bits: 12 },
  { address: "192.168.0.0", bits: 16 },
  { address: "100.64.0.0", bits: 10 },
  { address: "169.254.0.0", bits: 16 },
  { address: "127.0.0.0", bits: 8 },
  { address: "fc00::", bits: 7 },
  { address: "fe80::", bits: 10 },
  { address: "::1", bits: 128 },
] as const;

/** Endings that public DNS never has: RFC 6761, 6762, 8375, ICANN's .internal, and what offices use. */
export const privateEndings = ["localhost", "local", "internal", "lan", "home", "corp", "home.arpa"] as const;

const privateList = new BlockList();
for (const { address, bits } of privateNetworks) privateList.addSubnet(address, bits, address.includes(":") ? "ipv6" : "ipv4");

export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && privateList.check(address, family === 6 ? "ipv6" : "ipv4");
}

export function isLoopback(address: string): boolean {
  const plain = plainAddress(address);
  return plain === "::1" || plain === "localhost" || plain.startsWith("127.");
}

/** A single label, or a name below an ending that is never public. */
export function isPrivateName(name: string): boolean {
  return !name.includes(".") || privateEndings.some((ending) => name === ending || name.endsWith(`.${ending}`));
}

/** Addresses of this machine that others can reach: no loopback, none that needs a zone. */
export function outsideAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((each) => !each.internal && !(each.family === "IPv6" && each.address.toLowerCase().startsWith("fe80:")))
    .map((each) => each.address)
    .slice(0, tlsLimits.addressesMax);
}

/** Of our addresses the one in the peer's own network, else the first of its family: where it can send audio to. */
export function addressNear(peer: string): string | null {
  const family = isIP(peer) === 6 ? "IPv6" : "IPv4";
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((each) => !each.internal && each.family === family && !each.address.toLowerCase().startsWith("fe80:"));
  const near = own.find((each) => {
    const bits = Number(each.cidr?.split("/")[1] ?? "");
    if (!Number.isInteger(bits)) return false;
    const network = new BlockList();
    network.addSubnet(each.address, bits, family === "IPv6" ? "ipv6" : "ipv4");
    return network.check(peer, family === "IPv6" ? "ipv6" : "ipv4");
  });
  return (near ?? own[0])?.address ?? null;
}

/** This machine's names as others of the network may type them. */
export function ownNames(): readonly string[] {
  const host = hostname().toLowerCase();
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(host) || isIP(host) !== 0) return ["localhost"];
  return [...new Set(["localhost", host, ...(host.includes(".") ? [] : [`${host}.local`])])];
}

export function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
