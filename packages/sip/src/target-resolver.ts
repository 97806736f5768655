// RFC 3263: from the name of a peer to addresses in the order in which they are tried. SRV comes before A (§4.2).
import type { Instant, Prng } from "@allo/kernel";
import { parseHostPort } from "./uri.ts";

export const resolverLimits = {
  targetsMax: 16,
  cacheEntriesMax: 1_000,
  ttlSecondsMin: 5,
  ttlSecondsMax: 3_600,
  /** A name that isn't there is asked again after so long. */
  negativeTtlSeconds: 10,
  /** While no server answers, what was known last is used for so long: a carrier doesn't move because our DNS is away. */
  staleMsMax: 86_400_000,
} as const;

export type TrunkTransport = "udp" | "tcp" | "tls";

export type NaptrRecord = {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
};
export type SrvRecord = { readonly priority: number; readonly weight: number; readonly port: number; readonly name: string };

/** Records with their time to live; null where no server answered. An empty list: the name has none. */
export type DnsAnswer<T> = { readonly records: readonly T[]; readonly ttlSeconds: number } | null;

export type DnsPort = {
  readonly naptr: (name: string) => Promise<DnsAnswer<NaptrRecord>>;
  readonly srv: (name: string) => Promise<DnsAnswer<SrvRecord>>;
  /** IPv4 and IPv6 addresses, in the order to try. */
  readonly addresses: (name: string) => Promise<DnsAnswer<string>>;
};

/** A peer as it is set up. `port` or `transport` null: DNS says. */
export type PeerName = {
  readonly host: string;
  readonly port: number | null;
  readonly transport: TrunkTransport | null;
};

export type PeerAddress = {
  readonly address: string;
  readonly port: number;
  readonly transport: TrunkTransport;
  /** The name that a certificate must be for (RFC 5922 §7.2: the one that was asked for, not what SRV gave). */
  readonly host: string;
};

export type TargetResolver = {
  /** Addresses in the order to try, at most targetsMax; empty where the name has none. */
  readonly resolve: (peer: PeerName, at: Instant) => Promise<readonly PeerAddress[]>;
  /** Forgets what is cached: an administrator asked for a fresh look. */
  readonly forget: () => void;
};

const SERVICES: ReadonlyMap<string, TrunkTransport> = new Map([
  ["sip+d2u", "udp"],
  ["sip+d2t", "tcp"],
  ["sips+d2t", "tls"],
]);
const SRV_PREFIX: Readonly<Record<TrunkTransport, string>> = { udp: "_sip._udp.", tcp: "_sip._tcp.", tls: "_sips._tcp." };

export function createTargetResolver(options: { readonly dns: DnsPort; readonly prng: Prng }): TargetResolver {
  const { dns, prng } = options;
  const cache = new Map<string, { readonly records: readonly unknown[]; readonly until: Instant; readonly staleUntil: Instant }>();

  async function ask<T>(type: string, name: string, at: Instant, query: (name: string) => Promise<DnsAnswer<T>>): Promise<readonly T[]> {
    const key = `${type} ${name.toLowerCase()}`;
    const known = cache.get(key);
    if (known !== undefined && known.until > at) return known.records as readonly T[];
    const answer = await query(name);
    if (answer === null) return known !== undefined && known.staleUntil > at ? (known.records as readonly T[]) : [];
    const seconds =
      answer.records.length === 0
        ? resolverLimits.negativeTtlSeconds
        : Math.min(resolverLimits.ttlSecondsMax, Math.max(resolverLimits.ttlSecondsMin, answer.ttlSeconds));
    cache.delete(key);
    cache.set(key, { records: answer.records, until: at + seconds * 1_000, staleUntil: at + resolverLimits.staleMsMax });
    if (cache.size > resolverLimits.cacheEntriesMax) cache.delete(cache.keys().next().value as string);
    return answer.records;
  }

  async function addressesOf(host: string, port: number, transport: TrunkTransport, name: string, at: Instant): Promise<PeerAddress[]> {
    if (isAddress(host)) return [{ address: bare(host), port, transport, host: name }];
    const found = await ask("A", host, at, dns.addresses);
    return found.map((address) => ({ address, port, transport, host: name }));
  }

  async function bySrv(srvName: string, transport: TrunkTransport, host: string, at: Instant): Promise<PeerAddress[]> {
    const records = await ask("SRV", srvName, at, dns.srv);
    const targets: PeerAddress[] = [];
    for (const { name, port } of orderByWeight(records, prng)) {
      // RFC 2782: a single "." says that the service is decidedly not there.
      if (name === "" || name === "." || port === 0) continue;
      targets.push(...(await addressesOf(name, port, transport, host, at)));
      if (targets.length >= resolverLimits.targetsMax) break;
    }
    return targets;
  }

  async function resolve(peer: PeerName, at: Instant): Promise<readonly PeerAddress[]> {
    const { host } = peer;
    const transport = peer.transport ?? "udp";
    if (isAddress(host) || peer.port !== null)
      return cut(await addressesOf(host, peer.port ?? defaultPort(transport), transport, bare(host), at));
    if (peer.transport !== null) {
      const found = await bySrv(SRV_PREFIX[transport] + host, transport, host, at);
      return cut(found.length > 0 ? found : await addressesOf(host, defaultPort(transport), transport, host, at));
    }
    const naptr = (await ask("NAPTR", host, at, dns.naptr))
      .filter((record) => record.flags.toLowerCase() === "s" && SERVICES.has(record.service.toLowerCase()))
      .toSorted((a, b) => a.order - b.order || a.preference - b.preference);
    const targets: PeerAddress[] = [];
    for (const record of naptr) {
      targets.push(...(await bySrv(record.replacement, SERVICES.get(record.service.toLowerCase()) as TrunkTransport, host, at)));
    }
    if (targets.length > 0) return cut(targets);
    for (const each of ["udp", "tcp", "tls"] as const) {
      const found = await bySrv(SRV_PREFIX[each] + host, each, host, at);
      if (found.length > 0) return cut(found);
    }
    return cut(await addressesOf(host, defaultPort(transport), transport, host, at));
  }

  return { resolve, forget: () => cache.clear() };
}

/** RFC 2782: by priority; among equals by chance in proportion to weight, those of weight 0 last but not never. */
export function orderByWeight<T extends { readonly priority: number; readonly weight: number }>(
  records: readonly T[],
  prng: Prng,
): readonly T[] {
  const ordered: T[] = [];
  const priorities = [...new Set(records.map((record) => record.priority))].toSorted((a, b) => a - b);
  for (const priority of priorities) {
    const left = records.filter((record) => record.priority === priority).toSorted((a, b) => a.weight - b.weight);
    while (left.length > 0) {
      const total = left.reduce((sum, record) => sum + record.weight, 0);
      const mark = prng.below(total + 1);
      let sum = 0;
      const index = left.findIndex((record) => (sum += record.weight) >= mark);
      ordered.push(...left.splice(index, 1));
    }
  }
  return ordered;
}

export function defaultPort(transport: TrunkTransport): number {
  return transport === "tls" ? 5061 : 5060;
}

function cut(targets: readonly PeerAddress[]): readonly PeerAddress[] {
  return targets.slice(0, resolverLimits.targetsMax);
}

function bare(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

/** An IPv4 or IPv6 address, the latter in brackets or bare. */
function isAddress(host: string): boolean {
  if (host.includes(":")) return parseHostPort(host.startsWith("[") ? host : `[${host}]`) !== null;
  const parts = host.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}
