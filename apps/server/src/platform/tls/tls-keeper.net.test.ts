// Certificates over time, in a data folder of their own: made once, renewed in time, changed with the machine's addresses.
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { covers, makeAuthority, makeLeaf, type KeyAndCertificate } from "./certificates.ts";
import { appleProfile, guessSystem, installLanguage } from "./install-page.ts";
import { tlsLimits } from "./limits.ts";
import { createTlsKeeper, planTls, type TlsKeeper, type TlsOptions } from "./tls-keeper.ts";

const DAY_MS = 86_400_000;
const root = mkdtempSync(join(tmpdir(), "allo-keeper-"));
let folder: string;
let now: number;
let hosts: string[];
beforeEach(() => {
  folder = mkdtempSync(join(root, "data-"));
  now = Date.now();
  hosts = ["box.local", "192.168.1.5"];
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function keeper(over: Partial<TlsOptions> = {}): TlsKeeper {
  return createTlsKeeper({
    dataFolder: folder,
    bind: "0.0.0.0",
    mode: "auto",
    given: undefined,
    acme: { name: undefined, email: undefined, directory: "https://127.0.0.1:1/", caPath: undefined },
    origins: [],
    publicAddress: undefined,
    clock: { now: () => now },
    log: { info: () => undefined, warn: () => undefined },
    ownHosts: () => hosts,
    ...over,
  });
}
async function started(over: Partial<TlsOptions> = {}): Promise<TlsKeeper> {
  const made = keeper(over);
  await made.start();
  return made;
}
const shown = (of: TlsKeeper) => of.certificate()?.fingerprint;

describe("the local authority", () => {
  it("is made once and found again; its certificate too", async () => {
    const first = await started();
    expect(first.certificate()?.names).toEqual(["box.local", "192.168.1.5", "localhost", "127.0.0.1", "::1"]);
    expect((first.certificate()?.validUntil ?? Infinity) - now).toBeLessThanOrEqual(397 * DAY_MS);
    const second = await started();
    expect(second.authority()?.facts.fingerprint).toBe(first.authority()?.facts.fingerprint);
    expect(shown(second)).toBe(shown(first));
  });

  it("signs a new certificate when a third of the life is left, and tells the door", async () => {
    const of = await started();
    const before = shown(of);
    let told = 0;
    of.onCredentials(() => (told += 1));
    now += (tlsLimits.leafDays * 2 * DAY_MS) / 3 - 2 * DAY_MS;
    await of.tend();
    expect([shown(of), told]).toEqual([before, 0]);
    now += 3 * DAY_MS;
    await of.tend();
    expect(shown(of)).not.toBe(before);
    expect(told).toBe(1);
  });

  it("signs a new one when the machine is reached by another address, and no name of the public DNS that came later", async () => {
    const of = await started();
    const before = shown(of);
    hosts = ["box.local", "10.1.2.3"];
    await of.tend();
    expect(shown(of)).not.toBe(before);
    expect([of.covers("10.1.2.3"), of.covers("192.168.1.5")]).toEqual([true, false]);
    hosts = ["box.local", "10.1.2.3", "bank.example.com", "203.0.113.9"];
    await of.tend();
    expect([of.covers("bank.example.com"), of.covers("203.0.113.9"), of.covers("10.1.2.3")]).toEqual([false, false, true]);
  });

  it("may sign what this machine had on its first day, private or not", async () => {
    hosts = ["desk.example.com", "203.0.113.9"];
    const of = await started();
    expect([of.covers("desk.example.com"), of.covers("203.0.113.9")]).toEqual([true, true]);
    expect((await started()).covers("203.0.113.9")).toBe(true);
  });

  it("is made anew where its file is torn, and the leaf with it", async () => {
    const first = await started();
    writeFileSync(join(folder, "tls/authority.pem"), readFileSync(join(folder, "tls/authority.pem"), "utf8").slice(0, 300));
    const second = await started();
    expect(second.authority()?.facts.fingerprint).not.toBe(first.authority()?.facts.fingerprint);
    expect(shown(second)).not.toBe(shown(first));
  });

  it("is not made where nobody else can come in", async () => {
    expect((await started({ bind: "127.0.0.1" })).credentials()).toBeNull();
    expect((await started({ mode: "off" })).credentials()).toBeNull();
    const of = await started({ bind: "127.0.0.1" });
    await of.store({ isReachable: true, acme: null });
    expect(of.mode()).toBe("local");
    expect((await started({ bind: "127.0.0.1" })).mode()).toBe("local");
  });
});

describe("a given certificate", () => {
  const write = (pair: KeyAndCertificate, at: number): void => {
    for (const [name, text] of [
      ["cert.pem", pair.certificate],
      ["key.pem", pair.key],
    ] as const) {
      writeFileSync(join(folder, name), text);
      utimesSync(join(folder, name), at, at);
    }
  };
  it("is read again when its files change, and the old one stays in use while they don't fit each other", async () => {
    const authority = await makeAuthority({ name: "Theirs", permitted: [], now });
    const [one, two] = [await makeLeaf({ authority, names: ["a.local"], now }), await makeLeaf({ authority, names: ["b.local"], now })];
    write(one, 1);
    const of = await started({ given: { certPath: join(folder, "cert.pem"), keyPath: join(folder, "key.pem") } });
    expect([of.mode(), of.covers("a.local"), of.isLasting()]).toEqual(["given", true, true]);
    write({ certificate: two.certificate, key: one.key }, 2);
    await expect(of.tend()).rejects.toThrow("don't belong together");
    expect(of.covers("a.local")).toBe(true);
    write(two, 3);
    await of.tend();
    expect(of.covers("b.local")).toBe(true);
    expect(covers(of.credentials()?.standard.certificate ?? "", "b.local")).toBe(true);
  });
});

it("plans by settings first, then by what the screens chose, then by who can come in", () => {
  const nobody = { name: undefined, email: undefined };
  const base = {
    mode: "auto",
    isGiven: false,
    bind: "127.0.0.1",
    origins: [],
    acme: nobody,
    stored: { isReachable: false, acme: null },
  } as const;
  const wish = { name: "desk.example.com", email: "it@example.com" };
  expect(planTls(base)).toEqual({ base: "none", acme: null });
  expect(planTls({ ...base, bind: "::" }).base).toBe("local");
  expect(planTls({ ...base, bind: "::", origins: ["https://desk.example.com"] }).base).toBe("none"); // a proxy speaks HTTPS for us
  expect(planTls({ ...base, stored: { isReachable: true, acme: null } }).base).toBe("local");
  expect(planTls({ ...base, stored: { isReachable: false, acme: wish } })).toEqual({ base: "local", acme: wish });
  expect(planTls({ ...base, mode: "local", stored: { isReachable: false, acme: wish } })).toEqual({ base: "local", acme: null });
  expect(planTls({ ...base, mode: "off", bind: "::", stored: { isReachable: true, acme: wish } })).toEqual({ base: "none", acme: null });
  expect(planTls({ ...base, acme: wish, stored: { isReachable: false, acme: { name: "x.example", email: "y@z" } } }).acme).toEqual(wish);
  expect(planTls({ ...base, isGiven: true, bind: "::" })).toEqual({ base: "given", acme: null });
});

it("opens the install page in the reader's language, at the reader's system", () => {
  expect(installLanguage("ru", "fa")).toBe("ru");
  expect(installLanguage("xx", "de-DE,fa-IR;q=0.8,en;q=0.5")).toBe("fa");
  expect(installLanguage(undefined, undefined)).toBe("en");
  expect(guessSystem("Mozilla/5.0 (Linux; Android 14) Chrome/130")).toBe("android");
  expect(guessSystem("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)")).toBe("ios");
  expect(guessSystem("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe("firefox");
  expect(guessSystem("Mozilla/5.0 (Windows NT 10.0; Win64; x64)")).toBe("windows");
  expect(guessSystem(undefined)).toBeNull();
});

it("makes the same Apple profile of the same authority, and another of another", () => {
  const of = (byte: number) => appleProfile({ der: Uint8Array.of(byte), name: "A & <B>" });
  expect(of(1)).toBe(of(1));
  expect(of(1)).not.toBe(of(2));
  expect(of(1)).toContain("<string>A &amp; &lt;B&gt;</string>");
});
