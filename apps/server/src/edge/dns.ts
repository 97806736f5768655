// DNS for trunks: NAPTR, SRV and addresses by the machine's own resolver.
import { Resolver } from "node:dns/promises";
import type { DnsAnswer, DnsPort } from "@allo/sip";

export const dnsLimits = {
  timeoutMs: 2_000,
  tries: 2,
  /** Node tells no time to live of NAPTR and SRV: looked at again after so long. */
  serviceTtlSeconds: 60,
} as const;

/** The name is there but has none of these, or isn't there at all: an answer. Anything else is none. */
const NOTHING: ReadonlySet<string> = new Set(["ENODATA", "ENOTFOUND", "ENONAME"]);

export function createDns(servers: readonly string[] = []): DnsPort {
  const resolver = new Resolver({ timeout: dnsLimits.timeoutMs, tries: dnsLimits.tries });
  if (servers.length > 0) resolver.setServers([...servers]);
  async function ask<T>(query: () => Promise<DnsAnswer<T>>): Promise<DnsAnswer<T>> {
    try {
      return await query();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      return NOTHING.has(code) ? { records: [], ttlSeconds: 0 } : null;
    }
  }
  return {
    naptr: (name) => ask(async () => ({ records: await resolver.resolveNaptr(name), ttlSeconds: dnsLimits.serviceTtlSeconds })),
    srv: (name) => ask(async () => ({ records: await resolver.resolveSrv(name), ttlSeconds: dnsLimits.serviceTtlSeconds })),
    addresses: async (name) => {
      const four = await ask(async () => read(await resolver.resolve4(name, { ttl: true })));
      const six = await ask(async () => read(await resolver.resolve6(name, { ttl: true })));
      if (four === null && six === null) return null;
      const answers = [four, six].filter((each) => each !== null);
      return {
        records: answers.flatMap((each) => each.records),
        ttlSeconds: Math.min(...answers.filter((each) => each.records.length > 0).map((each) => each.ttlSeconds), 3_600),
      };
    },
  };
}

function read(records: readonly { readonly address: string; readonly ttl: number }[]): DnsAnswer<string> {
  return { records: records.map(({ address }) => address), ttlSeconds: Math.min(...records.map(({ ttl }) => ttl), 3_600) };
}
