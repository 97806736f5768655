// A real ACME authority (Debian's pebble) asks for a name, finds its challenge over HTTP and gives a certificate; and what is said where
// it gives none.
import { spawn, type ChildProcess } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as tlsConnect } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { freePort } from "@allo/testkit";
import { failureOf } from "./acme-client.ts";
import { makeAuthority, makeLeaf } from "./certificates.ts";
import { createFrontDoor, type FrontDoor } from "./front-door.ts";
import { acmeLimits } from "./limits.ts";
import { acmePauseMs, createTlsKeeper, type TlsKeeper } from "./tls-keeper.ts";

const hasPebble = existsSync("/usr/bin/pebble") && existsSync("/usr/bin/pebble-challtestsrv");
const folder = mkdtempSync(join(tmpdir(), "allo-acme-"));
const children: ChildProcess[] = [];
const keepers: TlsKeeper[] = [];
let server: Server;
let door: FrontDoor;
let httpPort: number;
let directory: string;
let management: number;
let current: TlsKeeper | null = null;
const caPath = join(folder, "pebble-ca.pem");

function start(program: string, args: readonly string[]): void {
  children.push(
    spawn(program, args, {
      stdio: "ignore",
      env: { PATH: "/usr/bin", PEBBLE_VA_NOSLEEP: "1", PEBBLE_AUTHZREUSE: "0", PEBBLE_WFE_NONCEREJECT: "20" },
    }),
  );
}

const read = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { rejectUnauthorized: false }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += String(chunk)));
      answer.on("end", () => resolve(text));
    });
    asked.on("error", reject);
    asked.end();
  });

beforeAll(async () => {
  server = createServer((asked, answer) => {
    const found = current?.challenge((asked.url ?? "").split("/").at(-1) ?? "") ?? null;
    answer.statusCode = found === null ? 404 : 200;
    answer.end(found ?? "nothing here");
  });
  door = createFrontDoor(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  httpPort = (server.address() as AddressInfo).port;
  if (!hasPebble) return;
  const now = Date.now();
  const authority = await makeAuthority({ name: "pebble", permitted: [], now });
  const leaf = await makeLeaf({ authority, names: ["localhost", "127.0.0.1"], now });
  writeFileSync(caPath, authority.certificate);
  writeFileSync(join(folder, "cert.pem"), leaf.certificate);
  writeFileSync(join(folder, "key.pem"), leaf.key);
  const [listen, dns, dnsManagement] = [await freePort(), await freePort(), await freePort()];
  management = await freePort();
  const config = join(folder, "pebble.json");
  writeFileSync(
    config,
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${listen}`,
        managementListenAddress: `127.0.0.1:${management}`,
        certificate: join(folder, "cert.pem"),
        privateKey: join(folder, "key.pem"),
        httpPort,
        tlsPort: 1,
        ocspResponderURL: "",
        externalAccountBindingRequired: false,
        domainBlocklist: ["blocked.example"],
      },
    }),
  );
  start("/usr/bin/pebble-challtestsrv", [
    ...["-dns01", `127.0.0.1:${dns}`, "-management", `127.0.0.1:${dnsManagement}`, "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""],
    ...["-http01", "", "-https01", "", "-tlsalpn01", ""],
  ]);
  start("/usr/bin/pebble", ["-config", config, "-dnsserver", `127.0.0.1:${dns}`, "-strict", "false"]);
  directory = `https://127.0.0.1:${listen}/dir`;
  await vi.waitFor(async () => expect(await read(directory)).toContain("newOrder"), { timeout: 25_000 });
});
afterAll(async () => {
  for (const child of children) child.kill();
  door.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  for (const keeper of keepers.splice(0)) keeper.close();
  current = null;
});

async function keep({
  name = "desk.example.com",
  data = mkdtempSync(join(folder, "data-")),
  clock = { now: () => Date.now() },
  at = directory,
} = {}) {
  const keeper = createTlsKeeper({
    dataFolder: data,
    bind: "127.0.0.1",
    mode: "acme",
    given: undefined,
    acme: { name, email: "it@example.com", directory: at, caPath: existsSync(caPath) ? caPath : undefined },
    origins: [],
    publicAddress: undefined,
    clock,
    log: { info: () => undefined, warn: () => undefined },
    ownHosts: () => ["box.local"],
  });
  keepers.push(keeper);
  current = keeper;
  keeper.onCredentials(door.use);
  await keeper.start();
  return { keeper, data };
}

describe.skipIf(!hasPebble)("a public authority", () => {
  it("gives a certificate that is in use at once, is found again after a restart, and is renewed when a third of its life is left", async () => {
    let skew = 0;
    const clock = { now: () => Date.now() + skew };
    const { keeper, data } = await keep({ clock });
    expect(keeper.mode()).toBe("local"); // its own authority stands in
    await expect.poll(() => keeper.acme(), { message: "the certificate is there" }).toMatchObject({ state: "valid", failure: null });
    expect(keeper.mode()).toBe("acme");
    expect(keeper.challenge("anything")).toBeNull();

    const root = await read(`https://127.0.0.1:${management}/roots/0`);
    const socket = tlsConnect({ host: "127.0.0.1", port: httpPort, servername: "desk.example.com", ca: root });
    await once(socket, "secureConnect");
    const shown = socket.getPeerCertificate().fingerprint256;
    socket.destroy();
    expect(keeper.certificate()).toMatchObject({ fingerprint: shown, names: ["desk.example.com"] });
    for (const file of readdirSync(join(data, "tls"))) expect([file, statSync(join(data, "tls", file)).mode & 0o077]).toEqual([file, 0]);

    keeper.close();
    const again = (await keep({ data, clock })).keeper;
    expect(again.certificate()?.fingerprint).toBe(shown);
    expect(again.acme().state).toBe("valid");

    const { validFrom, validUntil } = again.certificate()!;
    skew = validUntil - (validUntil - validFrom) / 3 - Date.now() - 60_000;
    await again.tend();
    expect(again.acme().state).toBe("valid");
    skew += 120_000;
    await again.tend();
    await expect.poll(() => again.certificate()?.fingerprint, { message: "a new one is in use" }).not.toBe(shown);
  });

  it("is asked again later, with growing pauses, where the name leads to another server", async () => {
    const { keeper, data } = await keep({ name: "desk2.example.com" });
    current = null; // whoever answers on port 80 knows nothing of the challenge
    await expect.poll(() => keeper.acme().state, { message: "it fails" }).toBe("failed");
    expect(keeper.acme().failure?.code).toBe("namePointsElsewhere");
    expect(keeper.acme().failure?.said).not.toBe("");
    const next = keeper.acme().nextTryAt ?? 0;
    expect(next - Date.now()).toBeGreaterThan(acmeLimits.retryMsMin / 2);
    expect(keeper.mode()).toBe("local");

    keeper.close();
    const again = (await keep({ name: "desk2.example.com", data })).keeper;
    expect(again.acme()).toMatchObject({ state: "failed", nextTryAt: next }); // a restart doesn't hammer the authority
    again.tryAcme();
    await expect.poll(() => again.acme().state, { message: "tried by hand" }).toBe("valid");
  });

  it("says that it refuses a name", async () => {
    const { keeper } = await keep({ name: "blocked.example" });
    await expect.poll(() => keeper.acme().failure?.code).toBe("nameRefused");
  });

  it("shows no terms that a browser couldn't open as a page: pebble's are a data: address", async () => {
    const { keeper } = await keep({ name: "desk3.example.com" });
    expect(await keeper.terms()).toBeNull();
  });
});

it("says that the authority is away where nobody listens there", async () => {
  const { keeper } = await keep({ at: `https://127.0.0.1:${await freePort()}/dir` });
  await expect.poll(() => keeper.acme().failure?.code).toBe("authorityAway");
});

it("tells from the authority's problem which side has to act", () => {
  const of = (type: string, sub?: string) =>
    failureOf({
      type: `urn:ietf:params:acme:error:${type}`,
      detail: "x",
      ...(sub === undefined ? {} : { subproblems: [{ type: `urn:ietf:params:acme:error:${sub}` }] }),
    }).code;
  expect(of("dns")).toBe("nameNotFound");
  expect(of("connection")).toBe("portClosed");
  expect(of("unauthorized")).toBe("namePointsElsewhere");
  expect(of("rateLimited")).toBe("rateLimited");
  expect(of("caa")).toBe("notAllowedByDns");
  expect(of("compound", "connection")).toBe("portClosed");
  expect(of("serverInternal")).toBe("authorityFailed");
  expect(failureOf(undefined).code).toBe("authorityFailed");
});

it("doubles its pauses up to a bound, and heeds what the authority asks for", () => {
  const pause = (failures: number, retryAfterMs: number | null = null) => acmePauseMs({ failures, code: "portClosed", retryAfterMs });
  expect(pause(1)).toBe(acmeLimits.retryMsMin);
  expect(pause(3)).toBe(4 * acmeLimits.retryMsMin);
  expect(pause(500)).toBe(acmeLimits.retryMsMax);
  expect(pause(1, 7_200_000)).toBe(7_200_000);
  expect(acmePauseMs({ failures: 1, code: "rateLimited", retryAfterMs: null })).toBe(acmeLimits.rateLimitedMsMin);
});

it("writes a certificate that the X.509 of others reads", async () => {
  const made = await makeAuthority({ name: "Allo", permitted: [], now: Date.now() });
  expect(new X509Certificate(made.certificate).ca).toBe(true);
});
