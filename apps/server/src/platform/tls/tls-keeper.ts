// Which certificate is shown, and that there is a good one: given files, an authority of our own, or a public one. Certificates are
// renewed while connections stand; each change is told to the front door.
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import type { AccessState, AcmeFailure, CertificateFacts } from "@allo/contract";
import type { Clock } from "@allo/kernel";
import type { TlsMode } from "../config.ts";
import { describeError } from "../describe-error.ts";
import { AcmeError, acmeTerms, newAccountKey, orderCertificate } from "./acme-client.ts";
import {
  belongTogether,
  covers,
  isDue,
  makeAuthority,
  makeLeaf,
  readCertificate,
  renewalAt,
  type KeyAndCertificate,
} from "./certificates.ts";
import { createTlsFiles } from "./files.ts";
import { acmeLimits } from "./limits.ts";
import { isLoopback, isPrivateAddress, isPrivateName, outsideAddresses, ownNames } from "./own-addresses.ts";

export type TlsOptions = {
  readonly dataFolder: string;
  readonly bind: string;
  readonly mode: TlsMode;
  readonly given: { readonly certPath: string; readonly keyPath: string } | undefined;
  readonly acme: {
    readonly name: string | undefined;
    readonly email: string | undefined;
    readonly directory: string;
    readonly caPath: string | undefined;
  };
  /** Further web origins; where all are HTTPS, a proxy speaks it for us. */
  readonly origins: readonly string[];
  readonly publicAddress: string | undefined;
  readonly clock: Clock;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  /** What this machine is called and reached by; others in tests. */
  readonly ownHosts?: () => readonly string[];
};

/** What the screens changed; kept in ALLO_DATA/tls/settings.json. */
export type StoredAccess = { readonly isReachable: boolean; readonly acme: { readonly name: string; readonly email: string } | null };

export type Credentials = {
  /** For whoever asks by address, or by a name that has none of its own. */
  readonly standard: KeyAndCertificate;
  readonly named: { readonly name: string; readonly pair: KeyAndCertificate } | null;
};

export type TlsPlan = {
  readonly base: "none" | "given" | "local";
  readonly acme: { readonly name: string; readonly email: string } | null;
};

export type TlsKeeper = {
  /** Reads what is there and makes what is missing; before anything listens. Throws where a given file can't be read. */
  start(): Promise<void>;
  /** Looks after everything once: renews what is due, reads given files that changed, tries the public authority when its time has come. */
  tend(): Promise<void>;
  credentials(): Credentials | null;
  onCredentials(listener: (credentials: Credentials | null) => void): void;
  /** What a public authority finds below /.well-known/acme-challenge/. */
  challenge(token: string): string | null;
  /** Browsers may be told to stay with HTTPS: the certificate is one that all of them know. */
  isLasting(): boolean;
  mode(): AccessState["mode"];
  plan(): TlsPlan;
  stored(): StoredAccess;
  store(next: StoredAccess): Promise<void>;
  certificate(): CertificateFacts | null;
  /** Our own authority's certificate, once there is one. Its key never leaves the keeper. */
  authority(): { readonly pem: string; readonly facts: CertificateFacts } | null;
  covers(host: string): boolean;
  acme(): Pick<AccessState["acme"], "state" | "failure" | "nextTryAt" | "name" | "email">;
  /** Forgets the pause after a failure, and tries. */
  tryAcme(): void;
  terms(): Promise<string | null>;
  close(): void;
};

type AcmeRecord = { failures: number; nextTryAt: number | null; failure: { code: AcmeFailure; said: string; at: number } | null };

/** Where certificates come from, by settings and by what the screens chose. */
export function planTls({
  mode,
  isGiven,
  bind,
  origins,
  acme,
  stored,
}: Pick<TlsOptions, "mode" | "bind" | "origins"> & {
  readonly isGiven: boolean;
  readonly acme: { readonly name: string | undefined; readonly email: string | undefined };
  readonly stored: StoredAccess;
}): TlsPlan {
  if (isGiven) return { base: "given", acme: null };
  if (mode === "off") return { base: "none", acme: null };
  const fromSettings = acme.name !== undefined && acme.email !== undefined ? { name: acme.name, email: acme.email } : null;
  const wanted = mode === "local" ? null : (fromSettings ?? stored.acme);
  const isBehindProxy = origins.length > 0 && origins.every((origin) => origin.startsWith("https:"));
  const isNeeded = mode !== "auto" || wanted !== null || stored.isReachable || (!isLoopback(bind) && !isBehindProxy);
  return { base: isNeeded ? "local" : "none", acme: wanted };
}

/** How long to wait after so many failures in a row. */
export function acmePauseMs({
  failures,
  code,
  retryAfterMs,
}: {
  failures: number;
  code: AcmeFailure;
  retryAfterMs: number | null;
}): number {
  const doubled = Math.min(acmeLimits.retryMsMax, acmeLimits.retryMsMin * 2 ** Math.min(20, Math.max(0, failures - 1)));
  return Math.max(doubled, retryAfterMs ?? 0, code === "rateLimited" ? acmeLimits.rateLimitedMsMin : 0);
}

export function createTlsKeeper(options: TlsOptions): TlsKeeper {
  const { clock, log } = options;
  const files = createTlsFiles(options.dataFolder);
  const listeners: ((credentials: Credentials | null) => void)[] = [];
  const challenges = new Map<string, string>();
  const aborter = new AbortController();
  let stored: StoredAccess = { isReachable: false, acme: null };
  let given: { pair: KeyAndCertificate; changedAt: number } | null = null;
  let authority: KeyAndCertificate | null = null;
  /** What the authority may sign beyond local names and addresses. */
  let permitted: readonly string[] = [];
  let leaf: KeyAndCertificate | null = null;
  let bought: { name: string; pair: KeyAndCertificate } | null = null;
  let record: AcmeRecord = { failures: 0, nextTryAt: null, failure: null };
  let working: Promise<void> | null = null;
  let tending: Promise<void> | null = null;
  let told: string | null = null;

  const plan = (): TlsPlan =>
    planTls({
      mode: options.mode,
      isGiven: options.given !== undefined,
      bind: options.bind,
      origins: options.origins,
      acme: options.acme,
      stored,
    });

  const credentials = (): Credentials | null => {
    const { base, acme } = plan();
    if (base === "given") return given === null ? null : { standard: given.pair, named: null };
    if (base === "none" || leaf === null) return null;
    return { standard: leaf, named: acme !== null && bought?.name === acme.name ? bought : null };
  };
  const tell = (): void => {
    const now = credentials();
    const key = now === null ? "" : now.standard.certificate + (now.named?.pair.certificate ?? "");
    if (key === told) return;
    told = key;
    for (const listener of listeners) listener(now);
  };

  const hosts = (): readonly string[] => {
    const own = options.ownHosts?.() ?? [...ownNames(), ...outsideAddresses()];
    const further = [options.bind, options.publicAddress ?? "", ...options.origins.map((origin) => URL.parse(origin)?.hostname ?? "")];
    return [...new Set([...own, ...further, "localhost", "127.0.0.1", "::1"])].filter(
      (host) => host !== "" && host !== "0.0.0.0" && host !== "::",
    );
  };

  const readGiven = (): void => {
    if (options.given === undefined) return;
    const { certPath, keyPath } = options.given;
    const changedAt = Math.max(statSync(certPath).mtimeMs, statSync(keyPath).mtimeMs);
    if (given?.changedAt === changedAt) return;
    const pair = { certificate: readFileSync(certPath, "utf8"), key: readFileSync(keyPath, "utf8") };
    if (!belongTogether(pair)) throw new Error("the certificate of ALLO_TLS_CERT and the key of ALLO_TLS_KEY don't belong together");
    if (given !== null) log.info({ event: "certificateLoaded" }, "The given certificate changed and is in use");
    given = { pair, changedAt };
  };

  /** Makes the authority once, and the leaf whenever it is due or this machine is reached by something that it doesn't name. */
  const tendLocal = async (): Promise<void> => {
    const now = clock.now();
    const all = hosts();
    if (authority === null) {
      authority = files.readPair("authority");
      if (authority !== null && (!belongTogether(authority) || (readCertificate(authority.certificate)?.validUntil ?? 0) <= now))
        authority = null;
      const kept: unknown = parseRecord(files.read("authority.json"))["permitted"];
      permitted = Array.isArray(kept) ? kept.filter((each) => typeof each === "string") : [];
    }
    if (authority === null) {
      permitted = all.filter((host) => !maySign([], host));
      const label = ownNames().find((name) => name !== "localhost") ?? "localhost";
      authority = await makeAuthority({ name: `Allo ${label.slice(0, 40)} ${new Date(now).toISOString().slice(0, 10)}`, permitted, now });
      files.write("authority.json", JSON.stringify({ permitted }));
      files.writePair("authority", authority);
      leaf = null;
      log.info({ event: "authorityMade" }, "A local certificate authority was made");
    }
    leaf ??= files.readPair("local");
    const facts = leaf === null ? null : readCertificate(leaf.certificate);
    const isOurs =
      leaf !== null &&
      belongTogether(leaf) &&
      new X509Certificate(leaf.certificate).verify(new X509Certificate(authority.certificate).publicKey);
    const permittedNow = all.filter((host) => maySign(permitted, host));
    const current = leaf;
    if (
      current !== null &&
      facts !== null &&
      isOurs &&
      !isDue(facts, now) &&
      permittedNow.every((host) => covers(current.certificate, host))
    )
      return;
    leaf = await makeLeaf({ authority, names: permittedNow, now });
    files.writePair("local", leaf);
    log.info({ event: "certificateMade", names: permittedNow.length }, "A local certificate was made");
  };

  const tendAcme = (wanted: { readonly name: string; readonly email: string }): void => {
    const now = clock.now();
    if (bought?.name !== wanted.name) {
      const pair = files.readPair(`acme-${wanted.name}`);
      bought = pair !== null && belongTogether(pair) ? { name: wanted.name, pair } : null;
    }
    const facts = bought === null ? null : readCertificate(bought.pair.certificate);
    if (working !== null || aborter.signal.aborted || (facts !== null && !isDue(facts, now)) || now < (record.nextTryAt ?? 0)) return;
    working = order(wanted).finally(() => {
      working = null;
    });
  };

  const order = async (wanted: { readonly name: string; readonly email: string }): Promise<void> => {
    const { directory, caPath } = options.acme;
    const account = `acme-account-${createHash("sha256").update(directory).digest("hex").slice(0, 12)}.pem`;
    try {
      const accountKey = files.read(account) ?? newAccountKey();
      files.write(account, accountKey);
      const pair = await orderCertificate(
        {
          directory,
          ca: caPath === undefined ? undefined : readFileSync(caPath, "utf8"),
          accountKey,
          putChallenge: (token, answer) => void challenges.set(token, answer),
          takeChallenge: (token) => void challenges.delete(token),
          signal: aborter.signal,
        },
        wanted,
      );
      if (!belongTogether(pair)) throw new AcmeError("authorityFailed", "The authority's certificate isn't for our key.");
      files.writePair(`acme-${wanted.name}`, pair);
      bought = { name: wanted.name, pair };
      record = { failures: 0, nextTryAt: null, failure: null };
      log.info({ event: "certificateBought", name: wanted.name }, "A public authority gave a certificate");
      tell();
    } catch (error) {
      if (aborter.signal.aborted) return;
      const at = clock.now();
      const known =
        error instanceof AcmeError ? error : new AcmeError("storeFailed", error instanceof Error ? error.message : String(error));
      const failures = record.failures + 1;
      const pauseMs = acmePauseMs({ failures, code: known.code, retryAfterMs: known.retryAfterMs });
      record = { failures, nextTryAt: at + pauseMs, failure: { code: known.code, said: known.said, at } };
      log.warn(
        { event: "certificateRefused", code: known.code, said: known.said, error: describeError(error) },
        "No certificate from the public authority",
      );
    }
    writeRecord();
  };

  const writeRecord = (): void => {
    try {
      files.write("acme-state.json", JSON.stringify(record));
    } catch (error) {
      log.warn({ event: "acmeStateNotKept", error: describeError(error) }, "How the last try went can't be kept");
    }
  };

  const tendOnce = async (): Promise<void> => {
    const { base, acme } = plan();
    if (base === "given") readGiven();
    if (base === "local") await tendLocal();
    if (acme !== null) tendAcme(acme);
    tell();
  };
  const tend = (): Promise<void> =>
    (tending ??= tendOnce().finally(() => {
      tending = null;
    }));

  const shown = (): KeyAndCertificate | null => {
    const now = credentials();
    return now?.named?.pair ?? now?.standard ?? null;
  };

  return {
    async start() {
      stored = readStored(files.read("settings.json"));
      record = readRecord(files.read("acme-state.json"));
      await tend();
    },
    tend,
    credentials,
    onCredentials: (listener) => void listeners.push(listener),
    challenge: (token) => challenges.get(token) ?? null,
    isLasting: () => {
      const now = credentials();
      return plan().base === "given" || now?.named != null;
    },
    mode: () => {
      const now = credentials();
      if (now === null) return "none";
      if (plan().base === "given") return "given";
      return now.named === null ? "local" : "acme";
    },
    plan,
    stored: () => stored,
    async store(next) {
      const isOtherName = next.acme?.name !== stored.acme?.name || next.acme?.email !== stored.acme?.email;
      files.write("settings.json", JSON.stringify(next));
      stored = next;
      if (isOtherName) {
        record = { failures: 0, nextTryAt: null, failure: null };
        writeRecord();
      }
      await tending;
      await tend();
    },
    certificate: () => {
      const pair = shown();
      return pair === null ? null : readCertificate(pair.certificate);
    },
    authority: () => {
      const facts = authority === null ? null : readCertificate(authority.certificate);
      return authority === null || facts === null ? null : { pem: authority.certificate, facts };
    },
    covers: (host) => {
      const now = credentials();
      if (now === null) return false;
      return now.named?.name === host ? covers(now.named.pair.certificate, host) : covers(now.standard.certificate, host);
    },
    acme: () => {
      const { acme } = plan();
      if (acme === null) return { state: "off", name: null, email: null, failure: null, nextTryAt: null };
      const facts = bought?.name === acme.name ? readCertificate(bought.pair.certificate) : null;
      const isValid = facts !== null && clock.now() < facts.validUntil;
      const state = working !== null ? "working" : isValid ? "valid" : record.failure !== null ? "failed" : "waiting";
      return {
        state,
        name: acme.name,
        email: acme.email,
        failure: record.failure,
        nextTryAt: record.nextTryAt ?? (facts === null ? null : renewalAt(facts)),
      };
    },
    tryAcme() {
      const { acme } = plan();
      if (acme === null) return;
      record = { ...record, nextTryAt: null };
      tendAcme(acme);
    },
    terms: () =>
      acmeTerms({
        directory: options.acme.directory,
        ca: options.acme.caPath === undefined ? undefined : readFileSync(options.acme.caPath, "utf8"),
      }),
    close() {
      aborter.abort();
    },
  };
}

/** Our authority may sign local names and addresses, and what this machine had beyond those when the authority was made. */
function maySign(permitted: readonly string[], host: string): boolean {
  if (permitted.includes(host) || host === "localhost") return true;
  return isIP(host) === 0 ? isPrivateName(host) && host.includes(".") : isPrivateAddress(host);
}

function readStored(text: string | null): StoredAccess {
  const read = parseRecord(text);
  const acme = read["acme"];
  const isWhole = typeof acme === "object" && acme !== null && "name" in acme && "email" in acme;
  return {
    isReachable: read["isReachable"] === true,
    acme: isWhole && typeof acme.name === "string" && typeof acme.email === "string" ? { name: acme.name, email: acme.email } : null,
  };
}

function readRecord(text: string | null): AcmeRecord {
  const read = parseRecord(text) as Partial<AcmeRecord>;
  return { failures: Number(read.failures ?? 0) || 0, nextTryAt: read.nextTryAt ?? null, failure: read.failure ?? null };
}

function parseRecord(text: string | null): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(text ?? "{}");
    return typeof read === "object" && read !== null ? (read as Record<string, unknown>) : {};
  } catch {
    return {}; // a torn file is as good as none: the screens set it again
  }
}
