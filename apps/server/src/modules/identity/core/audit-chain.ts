import type { Instant } from "@allo/kernel";

/** An audit entry as it is hashed and stored. `before` and `after` hold only JSON values. */
export type ChainedEntry = {
  readonly organisationId: string;
  readonly sequence: number;
  readonly auditId: string;
  readonly at: Instant;
  readonly actorId: string | null;
  readonly actorName: string;
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly address: string;
  readonly previousHash: string;
};

export const FIRST_HASH = "0".repeat(64);

/** The hash that stands in this entry and in the next one. */
export function hashEntry(entry: ChainedEntry, sha256Hex: (text: string) => string): string {
  return sha256Hex(canonicalJson(entry));
}

/** Where the chain first breaks, or null where it holds. `entries` in order of sequence, from the first. */
export function findBreak(
  entries: readonly (ChainedEntry & { readonly hash: string })[],
  sha256Hex: (text: string) => string,
): { readonly sequence: number; readonly reason: "gap" | "previousHash" | "hash" } | null {
  let previousHash = FIRST_HASH;
  let expected = 1;
  for (const { hash, ...entry } of entries) {
    if (entry.sequence !== expected) return { sequence: expected, reason: "gap" };
    if (entry.previousHash !== previousHash) return { sequence: expected, reason: "previousHash" };
    if (hashEntry(entry, sha256Hex) !== hash) return { sequence: expected, reason: "hash" };
    previousHash = hash;
    expected += 1;
  }
  return null;
}

/** JSON with sorted keys: the same text whatever order a database gives the keys back in. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonicalJson(each ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${pairs.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}
