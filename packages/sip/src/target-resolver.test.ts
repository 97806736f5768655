import { createPrng } from "@allo/kernel";
import { describe, expect, it } from "vitest";
import { beginHealth, createTargetResolver, goesOn, mayGoOn, orderByHealth, orderByWeight, stepHealth } from "./index.ts";
import type { DnsPort, HealthState, NaptrRecord, SrvRecord } from "./index.ts";

function zone(records: {
  naptr?: Record<string, readonly NaptrRecord[]>;
  srv?: Record<string, readonly SrvRecord[]>;
  a?: Record<string, readonly string[]>;
}) {
  const asked: string[] = [];
  let isAway = false;
  const answer =
    <T>(type: string, table: Record<string, readonly T[]> | undefined) =>
    (name: string) => {
      asked.push(`${type} ${name}`);
      return Promise.resolve(isAway ? null : { records: table?.[name] ?? [], ttlSeconds: 60 });
    };
  const dns: DnsPort = {
    naptr: answer("NAPTR", records.naptr),
    srv: answer("SRV", records.srv),
    addresses: answer("A", records.a),
  };
  return { dns, asked, away: (value: boolean) => (isAway = value) };
}
const resolver = (dns: DnsPort) => createTargetResolver({ dns, prng: createPrng("seed") });
const name = (host: string, fields: { port?: number; transport?: "udp" | "tcp" | "tls" } = {}) => ({
  host,
  port: fields.port ?? null,
  transport: fields.transport ?? null,
});
const short = (targets: readonly { address: string; port: number; transport: string }[]) =>
  targets.map(({ address, port, transport }) => `${transport} ${address}:${port}`);

describe("the targets of a carrier's name", () => {
  it("sip-rtp 6.2 RFC 3263: come from SRV before A, in order of priority", async () => {
    const { dns, asked } = zone({
      srv: {
        "_sip._udp.carrier.example": [
          { priority: 20, weight: 0, port: 5070, name: "b.carrier.example" },
          { priority: 10, weight: 0, port: 5060, name: "a.carrier.example" },
        ],
      },
      a: { "a.carrier.example": ["192.0.2.1"], "b.carrier.example": ["192.0.2.2"], "carrier.example": ["192.0.2.9"] },
    });
    expect(short(await resolver(dns).resolve(name("carrier.example", { transport: "udp" }), 0))).toEqual([
      "udp 192.0.2.1:5060",
      "udp 192.0.2.2:5070",
    ]);
    expect(asked).not.toContain("A carrier.example");
  });

  it("sip-rtp 6.2 RFC 3263: follow NAPTR where neither port nor transport is set, and name the certificate after the carrier", async () => {
    const { dns } = zone({
      naptr: {
        "carrier.example": [
          { order: 2, preference: 1, flags: "s", service: "SIP+D2U", replacement: "_sip._udp.carrier.example" },
          { order: 1, preference: 1, flags: "s", service: "SIPS+D2T", replacement: "_sips._tcp.carrier.example" },
          { order: 0, preference: 1, flags: "u", service: "E2U+sip", replacement: "" },
        ],
      },
      srv: {
        "_sips._tcp.carrier.example": [{ priority: 1, weight: 1, port: 5061, name: "tls.carrier.example" }],
        "_sip._udp.carrier.example": [{ priority: 1, weight: 1, port: 5060, name: "udp.carrier.example" }],
      },
      a: { "tls.carrier.example": ["192.0.2.3"], "udp.carrier.example": ["192.0.2.4", "2001:db8::4"] },
    });
    const targets = await resolver(dns).resolve(name("carrier.example"), 0);
    expect(short(targets)).toEqual(["tls 192.0.2.3:5061", "udp 192.0.2.4:5060", "udp 2001:db8::4:5060"]);
    expect(targets[0]?.host).toBe("carrier.example");
  });

  it("are the address alone where a port or an address is set, and the plain address where DNS knows no SRV", async () => {
    const { dns, asked } = zone({ a: { "carrier.example": ["192.0.2.9"] } });
    const it = resolver(dns);
    expect(short(await it.resolve(name("192.0.2.7"), 0))).toEqual(["udp 192.0.2.7:5060"]);
    expect(short(await it.resolve(name("[2001:db8::1]", { transport: "tls" }), 0))).toEqual(["tls 2001:db8::1:5061"]);
    expect(short(await it.resolve(name("carrier.example", { port: 5080, transport: "tcp" }), 0))).toEqual(["tcp 192.0.2.9:5080"]);
    expect(asked).toEqual(["A carrier.example"]);
    expect(short(await it.resolve(name("carrier.example"), 0))).toEqual(["udp 192.0.2.9:5060"]);
    expect(await it.resolve(name("nowhere.example"), 0)).toEqual([]);
  });

  it("are asked again when their time is over, and the last ones serve while no DNS server answers", async () => {
    const world = zone({ a: { "carrier.example": ["192.0.2.9"] } });
    const it = resolver(world.dns);
    const ask = (at: number) => it.resolve(name("carrier.example", { port: 5060 }), at);
    await ask(0);
    await ask(59_000);
    expect(world.asked).toHaveLength(1);
    world.away(true);
    expect(short(await ask(61_000))).toEqual(["udp 192.0.2.9:5060"]);
    expect(world.asked).toHaveLength(2);
    expect(await ask(90_000_000)).toEqual([]);
  });

  it("of one priority share calls by weight; the one of weight 0 is tried last but is there", () => {
    const records = [
      { priority: 1, weight: 90, name: "big" },
      { priority: 1, weight: 10, name: "small" },
      { priority: 1, weight: 0, name: "spare" },
    ];
    const prng = createPrng("weights");
    const first = new Map<string, number>();
    for (let i = 0; i < 2_000; i += 1) {
      const order = orderByWeight(records, prng);
      expect(order).toHaveLength(3);
      first.set(order[0]?.name ?? "", (first.get(order[0]?.name ?? "") ?? 0) + 1);
    }
    expect(first.get("big")).toBeGreaterThan(1_700);
    expect(first.get("small")).toBeGreaterThan(120);
    expect(first.get("spare") ?? 0).toBeLessThan(60);
  });
});

describe("a call goes on to the next target", () => {
  it("sip-rtp 6.6.17: after silence, a broken connection, 408 and 5xx, never where the number or the person is the reason", () => {
    expect(goesOn({ kind: "timeout" })).toBe(true);
    expect(goesOn({ kind: "connectionFailed" })).toBe(true);
    for (const status of [408, 500, 502, 503, 504]) expect(goesOn({ kind: "answered", status })).toBe(true);
    for (const status of [200, 404, 484, 486, 487, 600, 603]) expect(goesOn({ kind: "answered", status }, [404, 486, 603])).toBe(false);
    expect(goesOn({ kind: "answered", status: 403 })).toBe(false);
    expect(goesOn({ kind: "answered", status: 403 }, [403])).toBe(true);
    expect([403, 404, 700].map(mayGoOn)).toEqual([true, false, false]);
  });
});

describe("the health of a target", () => {
  const step = (state: HealthState, event: Parameters<typeof stepHealth>[1]) => stepHealth(state, event, 30_000);
  const answered = (status: number, at = 0) =>
    ({ kind: "answered", at, status, roundTripMs: 12, retryAfterSeconds: null, byPing: true }) as const;

  it("sip-rtp 6.6.8: is up after any answer to OPTIONS, a 404 too", () => {
    for (const status of [200, 401, 403, 404, 405, 501]) expect(step(beginHealth(0), answered(status)).state.kind).toBe("up");
  });

  it("is degraded after one missed answer, down after two, asked more often then, and up with the next answer", () => {
    let { state } = step(beginHealth(0), answered(200));
    const missed = { kind: "missed", at: 1, reason: "noAnswer", byPing: true } as const;
    ({ state } = step(state, missed));
    expect(state).toMatchObject({ kind: "degraded", misses: 1 });
    const down = step(state, { ...missed, at: 2 });
    expect(down.state).toMatchObject({ kind: "down", since: 2, reason: "noAnswer" });
    expect(down.commands).toEqual([{ kind: "armTimer", afterMs: 10_000 }]);
    expect(step(down.state, answered(200, 3)).state).toMatchObject({ kind: "up", since: 3, misses: 0, reason: null });
  });

  it("puts a target that says 503 aside for the time it names; targets that are down are tried last, never left out", () => {
    const busy = step(beginHealth(0), { ...answered(503), retryAfterSeconds: 60 }).state;
    const down = step(beginHealth(0), { kind: "missed", at: 0, reason: "connectionFailed", byPing: true }).state;
    const up = step(beginHealth(0), answered(200)).state;
    const all = { busy, down, up } as const;
    const order = (at: number) => orderByHealth(["down", "busy", "up"] as const, (name) => all[name], at);
    expect(order(59_999)).toEqual(["up", "busy", "down"]);
    expect(order(60_000)).toEqual(["busy", "up", "down"]);
  });

  it("is told by calls without shifting the next OPTIONS", () => {
    expect(step(beginHealth(0), { kind: "missed", at: 0, reason: "noAnswer", byPing: false }).commands).toEqual([]);
  });
});
