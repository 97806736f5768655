// Who may knock on the phones' door, and how often: buckets for each source, locks after wrong passwords, blocks with an end. Decided before
// a byte is parsed. Whoever proved a password lately is held by a far wider bucket and by no block of their neighbours.
import type { BlockedSource, BlockReason, UnlistedSource } from "@allo/contract";
import { MINUTE_MS, SECOND_MS, type Instant } from "@allo/kernel";

export const shieldLimits = {
  /** Messages a second of a source that has proved nothing, and at once. */
  strangerPerSecond: 10,
  strangerBurst: 60,
  /** Of all of them together: what strangers may cost. */
  strangersPerSecond: 500,
  strangersBurst: 1_000,
  /** Of a source behind which a password was right within `provenMs`: an office with hundreds of phones. */
  provenPerSecond: 500,
  provenBurst: 2_000,
  provenMs: 60 * MINUTE_MS,
  /** Dropped within a window: the source is blocked for a while. Its address may be forged, so the while is short. */
  dropsMax: 300,
  dropsWindowMs: 10 * SECOND_MS,
  floodBlockMs: 2 * MINUTE_MS,
  /** Wrong passwords under a nonce of ours, which proves that the source receives what we send. */
  failuresMax: 10,
  networkFailuresMax: 40,
  userFailuresMax: 20,
  failuresWindowMs: 5 * MINUTE_MS,
  /** Asked who it is, and never said so. */
  challengesMax: 100,
  malformedMax: 20,
  windowMs: MINUTE_MS,
  /** Doubled with each block of the same source, up to the longest. */
  blockMs: 15 * MINUTE_MS,
  blockMsMax: 24 * 60 * MINUTE_MS,
  /** After so long without one, blocks begin short again. */
  forgivenMs: 7 * 24 * 60 * MINUTE_MS,
  strangersMax: 20_000,
  provenMax: 20_000,
  countersMax: 20_000,
  blocksMax: 5_000,
  unlistedMax: 200,
  unlistedMs: 60 * MINUTE_MS,
  /** Told to core. */
  toldMax: 500,
} as const;

/** User agents that only scanners write. */
const SCANNERS = /friendly-scanner|sipvicious|sipcli|sundayddr|vaxsip|pplsip|sip-scan|smap|sipsak|iwar|svmap|svwar|svcrack/i;

export function isScanner(userAgent: string | null): boolean {
  return userAgent !== null && SCANNERS.test(userAgent);
}

type Bucket = { tokens: number; at: Instant };
type Source = Bucket & { drops: number; dropsSince: Instant };
type Counter = { count: number; since: Instant };
type Block = {
  readonly source: string;
  readonly kind: BlockedSource["kind"];
  readonly why: BlockReason;
  readonly since: Instant;
  until: Instant;
  dropped: number;
};

export type Shield = {
  /** Whether this source is blocked now; asked before a connection is accepted. */
  readonly isBlocked: (address: string, at: Instant) => boolean;
  /** Whether this message is looked at; takes a token. */
  readonly admits: (address: string, at: Instant) => boolean;
  /** The right password came from there. */
  readonly proved: (address: string, user: string, at: Instant) => void;
  /** A wrong password, or a name that isn't there: the same here too. */
  readonly failed: (address: string, user: string, at: Instant) => void;
  readonly challenged: (address: string, at: Instant) => void;
  readonly malformed: (address: string, at: Instant) => void;
  readonly scanned: (address: string, at: Instant) => void;
  /** Whether this name is answered 401 whatever is sent: guessed at too often, from elsewhere than its phone. */
  readonly isLocked: (user: string, address: string, at: Instant) => boolean;
  /** Someone that no number lists knocked on the trunks' door, and was not answered. */
  readonly unlisted: (address: string, at: Instant) => void;
  readonly lift: (source: string) => void;
  /** Forgets what has lapsed. */
  readonly tidy: (at: Instant) => void;
  /** Grows whenever a block began or ended. */
  readonly version: () => number;
  readonly blocked: (at: Instant) => readonly BlockedSource[];
  readonly unlistedSources: () => readonly UnlistedSource[];
  readonly size: () => number;
};

export type ShieldLimits = { readonly [K in keyof typeof shieldLimits]: number };

export function createShield(overrides: Partial<ShieldLimits> = {}): Shield {
  const limits: ShieldLimits = { ...shieldLimits, ...overrides };
  const strangers = new Map<string, Source>();
  const proven = new Map<string, Bucket & { provenAt: Instant; readonly users: Set<string> }>();
  const all: Bucket = { tokens: limits.strangersBurst, at: Number.NEGATIVE_INFINITY };
  const counters = new Map<string, Counter>();
  const blocks = new Map<string, Block>();
  const earlier = new Map<string, { times: number; at: Instant }>();
  const unlisted = new Map<string, { since: Instant; last: Instant; count: number }>();
  let networkBlocks = 0;
  let version = 0;

  const isProven = (address: string, at: Instant): boolean => {
    const known = proven.get(address);
    return known !== undefined && at - known.provenAt < limits.provenMs;
  };

  const blockOf = (key: string, at: Instant): Block | null => {
    const block = blocks.get(key);
    if (block === undefined) return null;
    if (at < block.until) return block;
    end(block);
    return null;
  };
  const end = (block: Block): void => {
    blocks.delete(block.source);
    if (block.kind === "network") networkBlocks -= 1;
    version += 1;
  };
  const block = (source: string, kind: BlockedSource["kind"], why: BlockReason, at: Instant): void => {
    if (blockOf(source, at) !== null) return;
    if (blocks.size >= limits.blocksMax) {
      const [oldest] = blocks.values();
      if (oldest !== undefined) end(oldest);
    }
    const before = earlier.get(source);
    const times = before === undefined || at - before.at > limits.forgivenMs ? 0 : before.times;
    put(earlier, source, { times: times + 1, at }, limits.blocksMax);
    const longMs = why === "flood" ? limits.floodBlockMs : limits.blockMs;
    const until = at + Math.min(limits.blockMsMax, longMs * 2 ** Math.min(times, 20));
    blocks.set(source, { source, kind, why, since: at, until, dropped: 0 });
    if (kind === "network") networkBlocks += 1;
    strangers.delete(source);
    version += 1;
  };

  /** Counts within a window; true when it is full, and then counts anew. */
  const isFull = (key: string, { max, windowMs }: { max: number; windowMs: number }, at: Instant): boolean => {
    const known = counters.get(key);
    const counter = known === undefined || at - known.since > windowMs ? { count: 0, since: at } : known;
    counter.count += 1;
    if (counter.count >= max) {
      counters.delete(key);
      return true;
    }
    put(counters, key, counter, limits.countersMax);
    return false;
  };

  const isBlocked: Shield["isBlocked"] = (address, at) => {
    if (blocks.size === 0 || isOwn(address) || isProven(address, at)) return false;
    const found = blockOf(address, at) ?? (networkBlocks === 0 ? null : blockOf(networkOf(address), at));
    if (found === null) return false;
    found.dropped += 1;
    return true;
  };

  return {
    isBlocked,
    admits(address, at) {
      if (isOwn(address)) return true;
      const known = proven.get(address);
      if (known !== undefined && at - known.provenAt < limits.provenMs) return take(known, limits.provenPerSecond, limits.provenBurst, at);
      if (isBlocked(address, at)) return false;
      let source = strangers.get(address);
      if (source === undefined) {
        source = { tokens: limits.strangerBurst, at, drops: 0, dropsSince: at };
        put(strangers, address, source, limits.strangersMax);
      }
      if (take(source, limits.strangerPerSecond, limits.strangerBurst, at))
        return take(all, limits.strangersPerSecond, limits.strangersBurst, at);
      if (at - source.dropsSince > limits.dropsWindowMs) {
        source.drops = 0;
        source.dropsSince = at;
      }
      source.drops += 1;
      if (source.drops >= limits.dropsMax) block(address, "address", "flood", at);
      return false;
    },
    proved(address, user, at) {
      if (isOwn(address)) return;
      const known = proven.get(address);
      if (known === undefined)
        put(proven, address, { tokens: limits.provenBurst, at, provenAt: at, users: new Set([user]) }, limits.provenMax);
      else {
        known.provenAt = at;
        if (known.users.size < 1_000) known.users.add(user);
      }
      strangers.delete(address);
      counters.delete(`failed ${address}`);
      counters.delete(`challenged ${address}`);
    },
    failed(address, user, at) {
      const window = { windowMs: limits.failuresWindowMs };
      // Not even our own machine may guess a name's password on and on.
      if (isFull(`user ${user}`, { max: limits.userFailuresMax, ...window }, at)) block(userKey(user), "user", "wrongPassword", at);
      if (isOwn(address)) return;
      if (isFull(`failed ${address}`, { max: limits.failuresMax, ...window }, at)) {
        proven.delete(address);
        block(address, "address", "wrongPassword", at);
      }
      const network = networkOf(address);
      if (isFull(`failed ${network}`, { max: limits.networkFailuresMax, ...window }, at)) block(network, "network", "wrongPassword", at);
    },
    challenged(address, at) {
      if (isOwn(address) || isProven(address, at)) return;
      const isTooMuch = isFull(`challenged ${address}`, { max: limits.challengesMax, windowMs: limits.windowMs }, at);
      if (isTooMuch) block(address, "address", "neverProves", at);
    },
    malformed(address, at) {
      if (isOwn(address) || isProven(address, at)) return;
      if (isFull(`malformed ${address}`, { max: limits.malformedMax, windowMs: limits.windowMs }, at))
        block(address, "address", "malformed", at);
    },
    scanned(address, at) {
      if (!isOwn(address) && !isProven(address, at)) block(address, "address", "scanner", at);
    },
    isLocked(user, address, at) {
      if (blocks.size === 0 || blockOf(userKey(user), at) === null) return false;
      return !(isProven(address, at) && proven.get(address)?.users.has(user) === true);
    },
    unlisted(address, at) {
      const known = unlisted.get(address);
      if (known !== undefined) {
        known.last = at;
        known.count += 1;
      } else if (unlisted.size < limits.unlistedMax) {
        unlisted.set(address, { since: at, last: at, count: 1 });
        version += 1;
      }
    },
    lift(source) {
      const found = blocks.get(source) ?? blocks.get(userKey(source));
      if (found === undefined) return;
      end(found);
      earlier.delete(found.source);
    },
    tidy(at) {
      for (const each of blocks.values()) if (at >= each.until) end(each);
      for (const [address, source] of strangers) if (at - source.at > MINUTE_MS) strangers.delete(address);
      for (const [address, source] of proven) if (at - source.provenAt > limits.provenMs) proven.delete(address);
      for (const [key, counter] of counters) if (at - counter.since > limits.failuresWindowMs) counters.delete(key);
      for (const [address, knock] of unlisted) {
        if (at - knock.last <= limits.unlistedMs) continue;
        unlisted.delete(address);
        version += 1;
      }
    },
    version: () => version,
    blocked: (at) =>
      [...blocks.values()]
        .filter((each) => at < each.until)
        .toSorted((a, b) => b.since - a.since)
        .slice(0, limits.toldMax)
        .map(({ source, ...rest }) => ({ ...rest, source: rest.kind === "user" ? source.slice(USER.length) : source })),
    unlistedSources: () => [...unlisted].map(([address, { since, last, count }]) => ({ address, since, last, count })),
    size: () => strangers.size + proven.size + counters.size + blocks.size + earlier.size + unlisted.size,
  };
}

const USER = "user ";
const userKey = (user: string): string => `${USER}${user}`;

/** The machine itself: nobody can write to us from there over a network. */
function isOwn(address: string): boolean {
  return address === "127.0.0.1" || address === "::1";
}

/** The neighbours whom one attacker may be: a /24 of IPv4, a /64 of IPv6. */
function networkOf(address: string): string {
  if (!address.includes(":")) return `${address.slice(0, address.lastIndexOf("."))}.0/24`;
  const [head = "", tail = ""] = address.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === "" ? [] : tail.split(":");
  const groups = address.includes("::")
    ? [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0"), ...last]
    : first;
  return `${groups.slice(0, 4).join(":")}::/64`;
}

function take(bucket: Bucket, perSecond: number, burst: number, at: Instant): boolean {
  const passed = at - bucket.at;
  if (passed > 0) {
    bucket.tokens = Math.min(burst, bucket.tokens + (passed * perSecond) / SECOND_MS);
    bucket.at = at;
  }
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

/** Keeps the newest: who came first goes first. */
function put<V>(map: Map<string, V>, key: string, value: V, max: number): void {
  if (!map.has(key) && map.size >= max) map.delete(map.keys().next().value as string);
  map.set(key, value);
}
