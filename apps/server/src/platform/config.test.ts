import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Config, loadConfig, settings } from "./config.ts";

function load(env: Record<string, string> = {}): Config {
  const loaded = loadConfig(env, "/srv/allo");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.failure));
  return loaded.value;
}

function complaints(env: Record<string, string>): string[] {
  const loaded = loadConfig(env, "/srv/allo");
  return loaded.ok ? [] : loaded.failure.map((problem) => problem.sentence);
}

describe("configuration from the environment", () => {
  test("nothing needs to be set", () => {
    expect(load()).toMatchObject({
      dataFolder: "/srv/allo/data",
      httpPort: 8080,
      sipPort: 5060,
      phonePort: 5070,
      sipTlsPort: 5061,
      rtpPorts: { first: 20_000, last: 29_999 },
      bind: "127.0.0.1",
      roles: ["edge", "core"],
      log: { level: "info", toStdout: false },
      bus: "/srv/allo/data/run/bus.sock",
      databaseUrl: undefined,
      tls: undefined,
      publicAddress: undefined,
      organisationKey: undefined,
      upgradeCopy: true,
      drainMsMax: 300_000,
      isDemonstration: false,
      origins: [],
      softphoneOrigins: [],
      warnings: [],
    });
  });

  test("an empty variable counts as not set", () => {
    expect(load({ ALLO_HTTP_PORT: "", DATABASE_URL: " " })).toMatchObject({ httpPort: 8080, databaseUrl: undefined });
  });

  test("every setting is taken over", () => {
    const key = Buffer.alloc(32, 7).toString("base64");
    expect(
      load({
        ALLO_DATA: "/var/allo",
        ALLO_HTTP_PORT: "0",
        ALLO_SIP_PORT: "0",
        ALLO_SIP_PHONE_PORT: "0",
        ALLO_SIP_TLS_PORT: "5062",
        ALLO_LOCAL_NETWORKS: "10.1.0.0/16",
        ALLO_RTP_PORTS: "40000-40099",
        ALLO_BIND: "::",
        ALLO_PUBLIC_ADDRESS: "pbx.example.com",
        ALLO_ROLES: "core, edge",
        ALLO_MEDIA_WORKERS: "3",
        ALLO_MEDIA: "dgram",
        ALLO_LOG: "debug,stdout",
        DATABASE_URL: "postgresql://a:b@db/allo",
        ALLO_TLS_CERT: "cert.pem",
        ALLO_TLS_KEY: "/etc/key.pem",
        ALLO_DEMO: "1",
        ALLO_PUBLIC_NAME: "Desk.example.com",
        ALLO_ACME_EMAIL: "it@example.com",
        ALLO_ACME_DIRECTORY: "https://ca.example/directory",
        ALLO_ACME_CA: "ca.pem",
        ALLO_TRUSTED_PROXIES: "10.0.0.7, fd00::/8",
        ALLO_ORIGINS: "https://a.example,http://localhost:5173",
        ALLO_SOFTPHONE_ORIGINS: "https://crm.example",
        ALLO_BUS: "/run/allo.sock",
        ALLO_NODE: "north-1",
        ALLO_ORG_KEY: key,
        ALLO_UPGRADE_COPY: "off",
        ALLO_DRAIN_SECONDS: "90",
      }),
    ).toEqual({
      dataFolder: "/var/allo",
      httpPort: 0,
      sipPort: 0,
      phonePort: 0,
      sipTlsPort: 5062,
      rtpPorts: { first: 40_000, last: 40_099 },
      bind: "::",
      publicAddress: "pbx.example.com",
      localNetworks: ["10.1.0.0/16"],
      roles: ["edge", "core"],
      mediaWorkers: 3,
      mediaSockets: "dgram",
      log: { level: "debug", toStdout: true },
      databaseUrl: "postgresql://a:b@db/allo",
      tls: { certPath: "/srv/allo/cert.pem", keyPath: "/etc/key.pem" },
      tlsMode: "auto",
      acme: {
        name: "desk.example.com",
        email: "it@example.com",
        directory: "https://ca.example/directory",
        caPath: "/srv/allo/ca.pem",
      },
      trustedProxies: ["10.0.0.7", "fd00::/8"],
      origins: ["https://a.example", "http://localhost:5173"],
      softphoneOrigins: ["https://crm.example"],
      bus: "/run/allo.sock",
      nodeName: "north-1",
      drainMsMax: 90_000,
      organisationKey: new Uint8Array(32).fill(7),
      isDemonstration: true,
      upgradeCopy: false,
      warnings: [],
    });
  });

  test.each([
    [{ ALLO_HTTP_PORT: "http" }, "ALLO_HTTP_PORT"],
    [{ ALLO_SIP_PORT: "70000" }, "ALLO_SIP_PORT"],
    [{ ALLO_SIP_PORT: "-1" }, "ALLO_SIP_PORT"],
    [{ ALLO_HTTP_PORT: "5060" }, "ALLO_SIP_PORT and ALLO_HTTP_PORT are both 5060"],
    [{ ALLO_RTP_PORTS: "30000" }, "ALLO_RTP_PORTS"],
    [{ ALLO_RTP_PORTS: "30000-20000" }, "ALLO_RTP_PORTS"],
    [{ ALLO_RTP_PORTS: "5000-5065" }, "holds 5060, the port of ALLO_SIP_PORT"],
    [{ ALLO_BIND: "localhost" }, "ALLO_BIND"],
    [{ ALLO_PUBLIC_ADDRESS: "not a host" }, "ALLO_PUBLIC_ADDRESS"],
    [{ ALLO_ROLES: "edge,kernel" }, '"kernel"'],
    [{ ALLO_ROLES: "," }, "ALLO_ROLES"],
    [{ ALLO_MEDIA_WORKERS: "0" }, "ALLO_MEDIA_WORKERS"],
    [{ ALLO_MEDIA: "udp" }, 'ALLO_MEDIA must be auto, ffi or dgram, not "udp"'],
    [{ ALLO_LOG: "loud" }, "ALLO_LOG"],
    [{ DATABASE_URL: "mysql://x/y" }, "DATABASE_URL"],
    [{ ALLO_TLS_CERT: "a.pem" }, "ALLO_TLS_KEY is missing"],
    [{ ALLO_TLS_KEY: "a.pem" }, "ALLO_TLS_CERT is missing"],
    [{ ALLO_TLS: "on" }, "ALLO_TLS"],
    [{ ALLO_TLS: "local", ALLO_TLS_CERT: "a.pem", ALLO_TLS_KEY: "b.pem" }, "ALLO_TLS is local, but ALLO_TLS_CERT"],
    [{ ALLO_TLS: "acme", ALLO_ACME_EMAIL: "a@b" }, "ALLO_PUBLIC_NAME is missing"],
    [{ ALLO_TLS: "acme", ALLO_PUBLIC_NAME: "desk.example.com" }, "ALLO_ACME_EMAIL is missing"],
    [{ ALLO_PUBLIC_NAME: "10.0.0.1" }, "ALLO_PUBLIC_NAME"],
    [{ ALLO_PUBLIC_NAME: "desk" }, "ALLO_PUBLIC_NAME"],
    [{ ALLO_ACME_EMAIL: "nobody" }, "ALLO_ACME_EMAIL"],
    [{ ALLO_ACME_DIRECTORY: "http://ca.example/" }, "ALLO_ACME_DIRECTORY"],
    [{ ALLO_TRUSTED_PROXIES: "10.0.0.0/33" }, "ALLO_TRUSTED_PROXIES"],
    [{ ALLO_TRUSTED_PROXIES: "proxy.example" }, "ALLO_TRUSTED_PROXIES"],
    [{ ALLO_ORIGINS: "https://a.example/path" }, "ALLO_ORIGINS"],
    [{ ALLO_SOFTPHONE_ORIGINS: "*,https://a.example" }, "ALLO_SOFTPHONE_ORIGINS"],
    [{ ALLO_NODE: "a b" }, "ALLO_NODE"],
    [{ ALLO_DEMO: "yes" }, "ALLO_DEMO"],
    [{ ALLO_DRAIN_SECONDS: "5 min" }, "ALLO_DRAIN_SECONDS"],
    [{ ALLO_DRAIN_SECONDS: "14401" }, "from 0 to 14400"],
    [{ ALLO_ORG_KEY: "c2hvcnQ=" }, "ALLO_ORG_KEY"],
  ])("%j is refused in one sentence", (env, words) => {
    const found = complaints(env);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(words);
    expect(found[0]).toMatch(/\.$/);
  });

  test("all problems are told at once", () => {
    expect(complaints({ ALLO_HTTP_PORT: "x", ALLO_BIND: "y", ALLO_LOG: "z" })).toHaveLength(3);
  });

  test("a refused database address isn't repeated, since it holds a password", () => {
    expect(complaints({ DATABASE_URL: "mysql://me:hidden@x/y" }).join()).not.toContain("hidden");
  });

  test("a misspelt setting is named, settings between our own programs aren't", () => {
    expect(load({ ALLO_HTP_PORT: "1", ALLO_TEST_X: "1", ALLO_CHILD_ROLE: "edge" }).warnings).toEqual([
      "ALLO_HTP_PORT is not a setting of Allo: it is ignored.",
    ]);
  });

  test("a deep data folder gets its socket in a short one, the same for every process", () => {
    const deep = `/srv/${"deep/".repeat(30)}allo`;
    expect(load({ ALLO_DATA: deep }).bus.length).toBeLessThanOrEqual(103);
    expect(load({ ALLO_DATA: deep }).bus).toBe(load({ ALLO_DATA: deep }).bus);
    expect(load({ ALLO_DATA: deep }).bus).not.toBe(load({ ALLO_DATA: `${deep}2` }).bus);
  });

  test("the table in docs/CONFIGURATION.md says what the code does", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../../docs/CONFIGURATION.md"), "utf8");
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\| (.+) \|$/gm)].map(([, name, fallback, about]) => [
      name,
      fallback ?? "",
      about,
    ]);
    expect(rows).toEqual(Object.entries(settings).map(([name, { fallback, about }]) => [name, fallback, about]));
  });

  test("relays need their secret, and an address of theirs", () => {
    const urls = "turn:relay.example.com:3478?transport=udp, turns:[2001:db8::1]:443?transport=tcp";
    expect(load({ ALLO_TURN_URLS: urls, ALLO_TURN_SECRET: "0123456789abcdef" }).turn).toEqual({
      urls: ["turn:relay.example.com:3478?transport=udp", "turns:[2001:db8::1]:443?transport=tcp"],
      secret: "0123456789abcdef",
    });
    expect(load({ ALLO_TURN_SECRET: "0123456789abcdef" }).turn).toBeUndefined();
    expect(complaints({ ALLO_TURN_URLS: urls })).toEqual(["ALLO_TURN_SECRET is missing: ALLO_TURN_URLS needs the relays' secret."]);
    const [short] = complaints({ ALLO_TURN_URLS: urls, ALLO_TURN_SECRET: "hunter2" });
    expect(short).toBe("ALLO_TURN_SECRET must have 16 characters at least.");
    expect(complaints({ ALLO_TURN_URLS: "https://relay.example.com", ALLO_TURN_SECRET: "0123456789abcdef" })[0]).toMatch(
      /must be relays such as/,
    );
  });
});
