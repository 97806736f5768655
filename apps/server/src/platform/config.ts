// The environment, read once at the start of a process and checked as a whole: a wrong setting is a sentence, never a surprise later.
// docs/CONFIGURATION.md shows the same table; a test compares the two.
import { isIP } from "node:net";
import { availableParallelism, hostname } from "node:os";
import { join, resolve } from "node:path";
import { fail, ok, type Result } from "@allo/kernel";
import { socketPath } from "./socket-path.ts";

export type Role = "edge" | "core";
/** `auto`: a local authority as soon as other machines can reach the program. */
export type TlsMode = "auto" | "off" | "local" | "acme";
export type MediaSockets = "auto" | "ffi" | "dgram";
export type LogLevel = "debug" | "info" | "warn" | "error";
export type PortRange = { readonly first: number; readonly last: number };

export type Config = {
  /** Absolute. Everything that Allo keeps is below it. */
  readonly dataFolder: string;
  readonly httpPort: number;
  readonly sipPort: number;
  readonly phonePort: number;
  /** SIP over TLS, for carriers and devices. */
  readonly sipTlsPort: number;
  readonly rtpPorts: PortRange;
  readonly bind: string;
  /** What goes into SDP and Contact when it isn't the bound address (behind NAT). */
  readonly publicAddress: string | undefined;
  /** Networks that reach us by the bound address although a public one is set. */
  readonly localNetworks: readonly string[];
  readonly roles: readonly Role[];
  readonly mediaWorkers: number;
  /** By which sockets audio goes: the C library's, Node's, or the first where they work. */
  readonly mediaSockets: MediaSockets;
  readonly log: { readonly level: LogLevel; readonly toStdout: boolean };
  /** undefined: the embedded PostgreSQL. */
  readonly databaseUrl: string | undefined;
  readonly tls: { readonly certPath: string; readonly keyPath: string } | undefined;
  readonly tlsMode: TlsMode;
  /** Of a certificate by a public authority. Without name and e-mail the screens may give them. */
  readonly acme: {
    readonly name: string | undefined;
    readonly email: string | undefined;
    readonly directory: string;
    /** Certificate of a private ACME server, a PEM file. */
    readonly caPath: string | undefined;
  };
  /** Relays for browsers whose network lets no UDP through; undefined: none. */
  readonly turn: { readonly urls: readonly string[]; readonly secret: string } | undefined;
  /** Addresses and networks whose X-Forwarded headers are believed. */
  readonly trustedProxies: readonly string[];
  readonly origins: readonly string[];
  /** Pages whose softphones may register over WebSocket, beside our own and those of `origins`. */
  readonly softphoneOrigins: "any" | "none" | readonly string[];
  /** Path of the Unix socket that joins edge and core on one machine. */
  readonly bus: string;
  readonly nodeName: string;
  /** How long calls may go on after a stop was ordered. */
  readonly drainMsMax: number;
  /** The organisation's key from the environment instead of ALLO_DATA/keys; 32 bytes. */
  readonly organisationKey: Uint8Array | undefined;
  /** The data are invented: every page says so. */
  readonly isDemonstration: boolean;
  /** Whether a copy of our own database is kept before a new version changes it. */
  readonly upgradeCopy: boolean;
  /** Sentences about settings that were ignored. */
  readonly warnings: readonly string[];
};

export type ConfigProblem = { readonly variable: string; readonly sentence: string };

/** Every setting with its default ("" means: none) and what it does, in the words of docs/CONFIGURATION.md. */
export const settings = {
  ALLO_DATA: { fallback: "./data", about: "Folder of everything Allo keeps: database, keys, recordings, logs" },
  ALLO_HTTP_PORT: { fallback: "8080", about: "Screens, API and the browser phone; 0 takes any free port" },
  ALLO_SIP_PORT: { fallback: "5060", about: "SIP of trunks and listed networks, UDP and TCP; 0 takes any free port" },
  ALLO_SIP_PHONE_PORT: { fallback: "5070", about: "SIP of registered devices, UDP and TCP; 0 takes any free port" },
  ALLO_SIP_TLS_PORT: {
    fallback: "5061",
    about: "SIP over TLS, for carriers and devices, open once there is a certificate; 0 takes any free port",
  },
  ALLO_RTP_PORTS: { fallback: "20000-29999", about: "UDP ports of audio, first-last; 0 takes any free ports" },
  ALLO_BIND: { fallback: "127.0.0.1", about: "Address that all of these listen on; 0.0.0.0 or :: for every network" },
  ALLO_PUBLIC_ADDRESS: { fallback: "", about: "Address that the outside sees, where it isn't the bound one" },
  ALLO_LOCAL_NETWORKS: {
    fallback: "",
    about:
      "Networks that see the bound address although ALLO_PUBLIC_ADDRESS is set, such as 10.0.0.0/8; networks of this machine's interfaces always do",
  },
  ALLO_ROLES: { fallback: "edge,core", about: "What runs here: edge, core" },
  ALLO_MEDIA_WORKERS: { fallback: "auto", about: "Threads of audio; auto is one fewer than the processor's cores" },
  ALLO_MEDIA: {
    fallback: "auto",
    about: "Sockets of audio: ffi (the C library's, quick, Linux), dgram (Node's), or auto: ffi where it works",
  },
  ALLO_LOG: { fallback: "info", about: "debug, info, warn or error; with `,stdout` the log is shown as well as written to ALLO_DATA/logs" },
  DATABASE_URL: { fallback: "", about: "A PostgreSQL 15 or newer, as postgresql://…; without it Allo runs its own" },
  ALLO_TLS: { fallback: "auto", about: "HTTPS: auto (a local authority once other machines can reach Allo), off, local or acme" },
  ALLO_TLS_CERT: { fallback: "", about: "Certificate chain for HTTPS, a PEM file" },
  ALLO_TLS_KEY: { fallback: "", about: "Key of that certificate, a PEM file" },
  ALLO_PUBLIC_NAME: { fallback: "", about: "Public host name to get a certificate for by ACME" },
  ALLO_ACME_EMAIL: { fallback: "", about: "Whom the ACME authority writes to; setting it agrees to that authority's terms" },
  ALLO_ACME_DIRECTORY: { fallback: "https://acme-v02.api.letsencrypt.org/directory", about: "The ACME authority's directory" },
  ALLO_ACME_CA: { fallback: "", about: "Certificate by which a private ACME authority is known, a PEM file" },
  ALLO_TRUSTED_PROXIES: { fallback: "", about: "Addresses or networks of reverse proxies whose X-Forwarded headers are believed" },
  ALLO_TURN_URLS: {
    fallback: "",
    about: "Relays for agents behind hard networks, separated by commas: turn:host:3478?transport=udp, turns:host:443?transport=tcp",
  },
  ALLO_TURN_SECRET: {
    fallback: "",
    about: "The secret that Allo and those relays share (coturn: static-auth-secret), 16 characters at least",
  },
  ALLO_ORIGINS: { fallback: "", about: "Further web origins that browsers may come from, separated by commas" },
  ALLO_SOFTPHONE_ORIGINS: {
    fallback: "",
    about:
      "Web pages whose softphones may register over wss://host/sip, beside our own, separated by commas; * for any; none closes that door, also for programs that are no page",
  },
  ALLO_BUS: { fallback: "", about: "Unix socket between edge and core; by default in ALLO_DATA/run" },
  ALLO_NODE: { fallback: "", about: "This machine's name in events and leases; by default the host's name" },
  ALLO_DRAIN_SECONDS: {
    fallback: "300",
    about: "Seconds, 14400 at most, for which calls may go on to their end after a stop; 0 ends them at once",
  },
  ALLO_UPGRADE_COPY: { fallback: "on", about: "on or off: keep a copy of our own database before a new version changes it" },
  ALLO_ORG_KEY: { fallback: "", about: "Key of the organisation, 32 bytes in base64, instead of the one in ALLO_DATA/keys" },
  ALLO_DEMO: {
    fallback: "0",
    about: "1 where the data are invented, as `npm run demo` sets it: every page says that it is a demonstration",
  },
} as const satisfies Readonly<Record<string, { readonly fallback: string; readonly about: string }>>;

type Setting = keyof typeof settings;
/** Set by the supervisor, the tests and the start script for each other; no settings of a user. */
const INTERNAL = /^ALLO_(TEST_|BENCH_|CHILD_|BOOTSTRAP_)/;
const ROLES: readonly Role[] = ["edge", "core"];
const TLS_MODES: readonly TlsMode[] = ["auto", "off", "local", "acme"];
const MEDIA_SOCKETS: readonly MediaSockets[] = ["auto", "ffi", "dgram"];
const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const PORT_MAX = 65_535;
const RTP_PORTS_MIN = 4; // one call has two legs, each with a port for RTP and one for RTCP
const MEDIA_WORKERS_MAX = 64;
const ORGANISATION_KEY_BYTES = 32;
const TURN_SECRET_CHARACTERS_MIN = 16;
const TURN_URLS_MAX = 8;
/** RFC 7065. */
const TURN_URL = /^turns?:(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(:\d{1,5})?(\?transport=(udp|tcp))?$/;
const DRAIN_SECONDS_MAX = 14_400;
const NODE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Reads and checks all settings. On failure every problem is listed, not only the first. */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>>,
  folder: string = process.cwd(),
): Result<Config, ConfigProblem[]> {
  const problems: ConfigProblem[] = [];
  const text = (name: Setting): string => {
    const given = env[name]?.trim();
    return given === undefined || given === "" ? settings[name].fallback : given;
  };
  const optional = (name: Setting): string | undefined => (text(name) === "" ? undefined : text(name));
  const reject = (variable: Setting, sentence: string): void => {
    problems.push({ variable, sentence: `${variable} ${sentence}.` });
  };
  const port = (name: Setting): number => {
    const value = parsePort(text(name));
    if (value === undefined) reject(name, `must be a port number from 0 to ${PORT_MAX}, not "${text(name)}"`);
    return value ?? 0;
  };

  const dataFolder = resolve(folder, text("ALLO_DATA"));
  const httpPort = port("ALLO_HTTP_PORT");
  const sipPort = port("ALLO_SIP_PORT");
  const phonePort = port("ALLO_SIP_PHONE_PORT");
  const sipTlsPort = port("ALLO_SIP_TLS_PORT");
  const taken = new Map<number, Setting>();
  for (const [name, value] of [
    ["ALLO_HTTP_PORT", httpPort],
    ["ALLO_SIP_TLS_PORT", sipTlsPort],
    ["ALLO_SIP_PORT", sipPort],
    ["ALLO_SIP_PHONE_PORT", phonePort],
  ] as const) {
    const other = taken.get(value);
    if (value !== 0 && other !== undefined) reject(name, `and ${other} are both ${value}: each needs a port of its own`);
    taken.set(value, name);
  }

  const rtpPorts = parseRange(text("ALLO_RTP_PORTS"));
  if (rtpPorts === undefined) {
    reject(
      "ALLO_RTP_PORTS",
      `must be first-last, from 1024 to ${PORT_MAX}, ${RTP_PORTS_MIN} ports at least, or 0, not "${text("ALLO_RTP_PORTS")}"`,
    );
  }
  for (const [name, value] of [
    ["ALLO_SIP_PORT", sipPort],
    ["ALLO_SIP_PHONE_PORT", phonePort],
  ] as const) {
    if (rtpPorts !== undefined && value !== 0 && value >= rtpPorts.first && value <= rtpPorts.last)
      reject("ALLO_RTP_PORTS", `holds ${value}, the port of ${name}`);
  }

  const bind = text("ALLO_BIND");
  if (isIP(bind) === 0) reject("ALLO_BIND", `must be an IP address, not "${bind}"`);
  const publicAddress = optional("ALLO_PUBLIC_ADDRESS");
  if (publicAddress !== undefined && !isHost(publicAddress))
    reject("ALLO_PUBLIC_ADDRESS", `must be an IP address or a host name, not "${publicAddress}"`);

  const localNetworks = parseList(text("ALLO_LOCAL_NETWORKS"));
  const badNetwork = localNetworks.find((network) => !isNetwork(network));
  if (badNetwork !== undefined) reject("ALLO_LOCAL_NETWORKS", `must be addresses or networks such as 10.0.0.0/24, not "${badNetwork}"`);

  const roles = parseList(text("ALLO_ROLES"));
  const unknownRole = roles.find((role) => !isRole(role));
  if (unknownRole !== undefined) reject("ALLO_ROLES", `knows edge and core, not "${unknownRole}"`);
  if (roles.length === 0) reject("ALLO_ROLES", "names no role");

  const mediaWorkers = parseWorkers(text("ALLO_MEDIA_WORKERS"));
  if (mediaWorkers === undefined)
    reject("ALLO_MEDIA_WORKERS", `must be auto or a number from 1 to ${MEDIA_WORKERS_MAX}, not "${text("ALLO_MEDIA_WORKERS")}"`);

  const mediaSockets = MEDIA_SOCKETS.find((known) => known === text("ALLO_MEDIA"));
  if (mediaSockets === undefined) reject("ALLO_MEDIA", `must be auto, ffi or dgram, not "${text("ALLO_MEDIA")}"`);

  const log = parseLog(text("ALLO_LOG"));
  if (log === undefined) reject("ALLO_LOG", `must be debug, info, warn or error, with or without ",stdout", not "${text("ALLO_LOG")}"`);

  const databaseUrl = optional("DATABASE_URL");
  // The value isn't repeated in the sentence: it holds a password.
  if (databaseUrl !== undefined && !isPostgresUrl(databaseUrl))
    reject("DATABASE_URL", "must be of the form postgresql://user:password@host:5432/database");

  const certPath = optional("ALLO_TLS_CERT");
  const keyPath = optional("ALLO_TLS_KEY");
  if (certPath !== undefined && keyPath === undefined) reject("ALLO_TLS_KEY", "is missing: ALLO_TLS_CERT needs its key");
  if (certPath === undefined && keyPath !== undefined) reject("ALLO_TLS_CERT", "is missing: ALLO_TLS_KEY needs its certificate");

  const tlsMode = TLS_MODES.find((mode) => mode === text("ALLO_TLS"));
  if (tlsMode === undefined) reject("ALLO_TLS", `must be auto, off, local or acme, not "${text("ALLO_TLS")}"`);
  if (certPath !== undefined && tlsMode !== undefined && tlsMode !== "auto")
    reject("ALLO_TLS", `is ${tlsMode}, but ALLO_TLS_CERT gives a certificate: take one of the two away`);
  const acmeName = optional("ALLO_PUBLIC_NAME")?.toLowerCase();
  if (acmeName !== undefined && (!isHost(acmeName) || isIP(acmeName) !== 0 || !acmeName.includes(".")))
    reject("ALLO_PUBLIC_NAME", `must be a host name of the public DNS, not "${acmeName}"`);
  const acmeEmail = optional("ALLO_ACME_EMAIL");
  if (acmeEmail !== undefined && !/^[^\s@]+@[^\s@]+$/.test(acmeEmail))
    reject("ALLO_ACME_EMAIL", `must be an e-mail address, not "${acmeEmail}"`);
  if (tlsMode === "acme" && acmeName === undefined) reject("ALLO_PUBLIC_NAME", "is missing: ALLO_TLS=acme needs a name");
  if (tlsMode === "acme" && acmeEmail === undefined) reject("ALLO_ACME_EMAIL", "is missing: ALLO_TLS=acme needs an address to write to");
  const acmeDirectory = text("ALLO_ACME_DIRECTORY");
  if (URL.parse(acmeDirectory)?.protocol !== "https:")
    reject("ALLO_ACME_DIRECTORY", `must be an address that begins with https://, not "${acmeDirectory}"`);
  const acmeCaPath = optional("ALLO_ACME_CA");

  const trustedProxies = parseList(text("ALLO_TRUSTED_PROXIES"));
  const badProxy = trustedProxies.find((network) => !isNetwork(network));
  if (badProxy !== undefined) reject("ALLO_TRUSTED_PROXIES", `must be addresses or networks such as 10.0.0.0/24, not "${badProxy}"`);

  const turnUrls = parseList(text("ALLO_TURN_URLS"));
  const badTurn = turnUrls.find((url) => !TURN_URL.test(url));
  if (badTurn !== undefined) reject("ALLO_TURN_URLS", `must be relays such as turns:relay.example.com:443?transport=tcp, not "${badTurn}"`);
  if (turnUrls.length > TURN_URLS_MAX) reject("ALLO_TURN_URLS", `may name ${TURN_URLS_MAX} relays, these are ${turnUrls.length}`);
  const turnSecret = optional("ALLO_TURN_SECRET");
  if (turnUrls.length > 0 && turnSecret === undefined) reject("ALLO_TURN_SECRET", "is missing: ALLO_TURN_URLS needs the relays' secret");
  // The value isn't repeated in the sentence.
  if (turnSecret !== undefined && turnSecret.length < TURN_SECRET_CHARACTERS_MIN)
    reject("ALLO_TURN_SECRET", `must have ${TURN_SECRET_CHARACTERS_MIN} characters at least`);

  const origins = parseList(text("ALLO_ORIGINS"));
  const badOrigin = origins.find((origin) => !isOrigin(origin));
  if (badOrigin !== undefined) reject("ALLO_ORIGINS", `must be origins such as https://desk.example.com, not "${badOrigin}"`);

  const softphoneList = parseList(text("ALLO_SOFTPHONE_ORIGINS"));
  const softphoneWord = softphoneList.length === 1 ? softphoneList[0] : undefined;
  const softphoneOrigins = softphoneWord === "*" ? "any" : softphoneWord === "none" ? "none" : softphoneList;
  const badPage = typeof softphoneOrigins === "string" ? undefined : softphoneOrigins.find((origin) => !isOrigin(origin));
  if (badPage !== undefined)
    reject("ALLO_SOFTPHONE_ORIGINS", `must be *, none, or origins such as https://crm.example.com, not "${badPage}"`);

  const busGiven = optional("ALLO_BUS");
  const nodeName = optional("ALLO_NODE") ?? hostname().replaceAll(/[^A-Za-z0-9._-]/g, "-");
  if (!NODE_NAME.test(nodeName)) reject("ALLO_NODE", `must be letters, digits, dots and dashes, 63 at most, not "${nodeName}"`);

  const drainText = text("ALLO_DRAIN_SECONDS");
  const drainSeconds = /^\d{1,5}$/.test(drainText) ? Number(drainText) : Number.NaN;
  if (!(drainSeconds <= DRAIN_SECONDS_MAX))
    reject("ALLO_DRAIN_SECONDS", `must be a number of seconds from 0 to ${DRAIN_SECONDS_MAX}, not "${drainText}"`);

  const upgradeCopy = text("ALLO_UPGRADE_COPY");
  if (upgradeCopy !== "on" && upgradeCopy !== "off") reject("ALLO_UPGRADE_COPY", `must be on or off, not "${upgradeCopy}"`);

  const keyText = optional("ALLO_ORG_KEY");
  const organisationKey = keyText === undefined ? undefined : new Uint8Array(Buffer.from(keyText, "base64"));
  if (organisationKey !== undefined && organisationKey.length !== ORGANISATION_KEY_BYTES) {
    reject("ALLO_ORG_KEY", `must be ${ORGANISATION_KEY_BYTES} bytes in base64, these are ${organisationKey.length}`);
  }

  const demo = text("ALLO_DEMO");
  if (demo !== "0" && demo !== "1") reject("ALLO_DEMO", `must be 0 or 1, not "${demo}"`);

  if (
    problems.length > 0 ||
    rtpPorts === undefined ||
    mediaWorkers === undefined ||
    mediaSockets === undefined ||
    log === undefined ||
    tlsMode === undefined
  )
    return fail(problems);
  return ok({
    dataFolder,
    httpPort,
    sipPort,
    phonePort,
    sipTlsPort,
    rtpPorts,
    bind,
    publicAddress,
    localNetworks,
    roles: ROLES.filter((role) => roles.includes(role)),
    mediaWorkers,
    mediaSockets,
    log,
    databaseUrl,
    tls:
      certPath === undefined || keyPath === undefined
        ? undefined
        : { certPath: resolve(folder, certPath), keyPath: resolve(folder, keyPath) },
    tlsMode,
    acme: {
      name: acmeName,
      email: acmeEmail,
      directory: acmeDirectory,
      caPath: acmeCaPath === undefined ? undefined : resolve(folder, acmeCaPath),
    },
    turn: turnUrls.length === 0 || turnSecret === undefined ? undefined : { urls: turnUrls, secret: turnSecret },
    trustedProxies,
    origins,
    softphoneOrigins,
    bus: busGiven === undefined ? socketPath(join(dataFolder, "run"), "bus.sock") : resolve(folder, busGiven),
    nodeName,
    drainMsMax: drainSeconds * 1_000,
    organisationKey,
    upgradeCopy: upgradeCopy === "on",
    isDemonstration: demo === "1",
    warnings: Object.keys(env)
      .filter((name) => name.startsWith("ALLO_") && !(name in settings) && !INTERNAL.test(name))
      .map((name) => `${name} is not a setting of Allo: it is ignored.`),
  });
}

function parsePort(value: string): number | undefined {
  if (!/^\d{1,5}$/.test(value)) return undefined;
  const number = Number(value);
  return number <= PORT_MAX ? number : undefined;
}

function parseRange(value: string): PortRange | undefined {
  if (value === "0") return { first: 0, last: 0 };
  const match = /^(\d{4,5})-(\d{4,5})$/.exec(value);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2]);
  return first >= 1024 && last <= PORT_MAX && last - first + 1 >= RTP_PORTS_MIN ? { first, last } : undefined;
}

function parseList(value: string): string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function isRole(value: string): value is Role {
  return ROLES.some((role) => role === value);
}

function parseWorkers(value: string): number | undefined {
  if (value === "auto") return Math.min(MEDIA_WORKERS_MAX, Math.max(1, availableParallelism() - 1));
  const number = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  return number >= 1 && number <= MEDIA_WORKERS_MAX ? number : undefined;
}

function parseLog(value: string): Config["log"] | undefined {
  const [name, ...rest] = parseList(value);
  const level = LEVELS.find((known) => known === name);
  if (level === undefined || rest.some((word) => word !== "stdout")) return undefined;
  return { level, toStdout: rest.includes("stdout") };
}

function isHost(value: string): boolean {
  return isIP(value) !== 0 || /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9-]{1,63})*$/.test(value);
}

function isNetwork(value: string): boolean {
  const [address = "", bits, ...rest] = value.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
}

function isPostgresUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && (url.protocol === "postgresql:" || url.protocol === "postgres:") && url.pathname.length > 1;
}

function isOrigin(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && url.origin === value && (url.protocol === "https:" || url.protocol === "http:");
}
