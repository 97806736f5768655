import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { canonicalJson, findBreak, FIRST_HASH, hashEntry, type ChainedEntry } from "./audit-chain.ts";

const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");

function chain(count: number): (ChainedEntry & { hash: string })[] {
  const entries: (ChainedEntry & { hash: string })[] = [];
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const entry: ChainedEntry = {
      organisationId: "org_1",
      sequence,
      auditId: `aud_${sequence}`,
      at: sequence,
      actorId: null,
      actorName: "system",
      action: "change",
      objectType: "queue",
      objectId: "que_1",
      before: { a: 1, b: [1, { c: "х" }] },
      after: null,
      address: "",
      previousHash: entries.at(-1)?.hash ?? FIRST_HASH,
    };
    entries.push({ ...entry, hash: hashEntry(entry, sha256Hex) });
  }
  return entries;
}

describe("the audit chain", () => {
  it("holds as written, whatever the order of keys", () => {
    const entries = chain(4).map((entry) => ({ ...entry, before: { b: [1, { c: "х" }], a: 1 } }));
    expect(findBreak(entries, sha256Hex)).toBeNull();
  });

  it("shows a changed entry, a missing one and one put in between", () => {
    const changed = chain(4).map((entry) => (entry.sequence === 2 ? { ...entry, after: { a: 2 } } : entry));
    expect(findBreak(changed, sha256Hex)).toEqual({ sequence: 2, reason: "hash" });
    expect(
      findBreak(
        chain(4).filter((entry) => entry.sequence !== 3),
        sha256Hex,
      ),
    ).toEqual({ sequence: 3, reason: "gap" });
    const rehashed = chain(4).map((entry) => {
      if (entry.sequence !== 2) return entry;
      const { hash: _hash, ...rest } = { ...entry, after: { a: 2 } };
      return { ...rest, hash: hashEntry(rest, sha256Hex) };
    });
    expect(findBreak(rehashed, sha256Hex)).toEqual({ sequence: 3, reason: "previousHash" });
  });

  it("prints JSON with sorted keys and without what is undefined", () => {
    expect(canonicalJson({ b: undefined, c: null, a: [undefined, "ё"] })).toBe('{"a":[null,"ё"],"c":null}');
  });
});
