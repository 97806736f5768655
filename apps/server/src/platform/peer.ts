// Who is at the other end of a request: directly, or through reverse proxies that the settings name. What anybody else writes into
// X-Forwarded headers is not believed.
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import type { TLSSocket } from "node:tls";
import { plainAddress } from "./plain-address.ts";
import { addressNear, isLoopback } from "./tls/own-addresses.ts";

export type Peer = {
  readonly address: string;
  /** The browser speaks HTTPS: to us, or to a trusted proxy that says so. */
  readonly isSecure: boolean;
  /** Cookies are bound to HTTPS: also where an unnamed proxy must be speaking it, since all origins are HTTPS. */
  readonly usesSecureCookies: boolean;
  /** As the browser asked for it, with the port where it isn't the scheme's own; "" where it said none that is one. */
  readonly host: string;
  /** The address of ours that the peer reaches: where its audio goes. */
  readonly localAddress: string;
  readonly isProxied: boolean;
};

export const peerLimits = { hopsMax: 20, hostCharactersMax: 261 } as const;

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const known = new WeakMap<IncomingMessage, Peer>();

/** What is known of a request's sender; noted once at the door, the bare socket where it wasn't. */
export function peerOf(request: IncomingMessage): Peer {
  return known.get(request) ?? readPeer(request, { isTrusted: () => false, assumesSecureCookies: false });
}

/** Reads senders by the settings, once per request. */
export function createPeerReader({
  trustedProxies,
  origins,
}: {
  readonly trustedProxies: readonly string[];
  readonly origins: readonly string[];
}): (request: IncomingMessage) => Peer {
  const isTrusted = networkCheck(trustedProxies);
  // A proxy in front of us that wasn't named: then every origin that browsers may come from is given, and is HTTPS.
  const assumesSecureCookies = origins.length > 0 && origins.every((origin) => origin.startsWith("https:"));
  return (request) => {
    const found = known.get(request);
    if (found !== undefined) return found;
    const peer = readPeer(request, { isTrusted, assumesSecureCookies });
    known.set(request, peer);
    return peer;
  };
}

/** Addresses and networks as a test of one address. */
export function networkCheck(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const family = address.includes(":") ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 6 ? "ipv6" : "ipv4");
  };
}

function readPeer(
  request: IncomingMessage,
  { isTrusted, assumesSecureCookies }: { readonly isTrusted: (address: string) => boolean; readonly assumesSecureCookies: boolean },
): Peer {
  const direct = plainAddress(request.socket.remoteAddress ?? "");
  const local = plainAddress(request.socket.localAddress ?? "");
  const isEncrypted = (request.socket as Partial<TLSSocket>).encrypted === true;
  const forwarded = isTrusted(direct) ? readForwarded(request.headers, isTrusted) : null;
  const address = forwarded?.address ?? direct;
  // Between a proxy and us there may be plain HTTP: what the browser speaks is what the proxy says, and only that.
  const isSecure = forwarded?.protocol == null ? isEncrypted : forwarded.protocol === "https";
  return {
    address,
    isSecure,
    usesSecureCookies: isSecure || assumesSecureCookies,
    host: forwarded?.host ?? hostIn(request.headers.host),
    // Behind a proxy on this machine the socket's own end is loopback, where no audio of another machine arrives.
    localAddress: forwarded !== null && isLoopback(local) && !isLoopback(address) ? (addressNear(address) ?? local) : local,
    isProxied: forwarded !== null,
  };
}

/** What a trusted proxy says, from the nearest hop outwards: the first address that isn't a proxy of ours is the sender. */
export function readForwarded(
  headers: IncomingMessage["headers"],
  isTrusted: (address: string) => boolean,
): { readonly address: string | null; readonly protocol: "http" | "https" | null; readonly host: string | null } {
  const hops = listOf(headers["x-forwarded-for"]).toReversed().slice(0, peerLimits.hopsMax);
  let address: string | null = null;
  for (const hop of hops) {
    const read = addressIn(hop);
    if (read === null) break; // what stands before something unreadable is anyone's word
    address = read;
    if (!isTrusted(read)) break;
  }
  const protocol = listOf(headers["x-forwarded-proto"]).at(-1)?.toLowerCase();
  return {
    address,
    protocol: protocol === "https" || protocol === "http" ? protocol : null,
    host: hostIn(listOf(headers["x-forwarded-host"]).at(-1)) || null,
  };
}

function listOf(header: string | string[] | undefined): string[] {
  return (Array.isArray(header) ? header.join(",") : (header ?? ""))
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** An address with or without brackets and port. */
function addressIn(hop: string): string | null {
  const bare = /^\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?$/.exec(hop)?.[1] ?? /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(hop)?.[1] ?? hop;
  return isIP(bare) === 0 ? null : plainAddress(bare);
}

function hostIn(header: string | undefined): string {
  const host = header?.trim() ?? "";
  return host.length <= peerLimits.hostCharactersMax && HOST.test(host) ? host : "";
}
