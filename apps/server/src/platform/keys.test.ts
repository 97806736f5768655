import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OrganisationId } from "@allo/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSubjectKeys, keyLimits, KeyStoreError, MissingKeyError, type SubjectKeys } from "./keys.ts";

const ORG = "org_one" as OrganisationId;
const OTHER = "org_two" as OrganisationId;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

describe("keys of subjects", () => {
  let folder: string;
  let keys: SubjectKeys;
  const fresh = (masterKey?: Uint8Array) => createSubjectKeys({ keysFolder: folder, masterKey });
  const subjectsFile = () => join(folder, "subjects", ORG);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "allo-keys-"));
    keys = fresh();
  });
  afterEach(async () => {
    await keys.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("seals and opens, bound to subject, organisation and context", async () => {
    await keys.create(ORG, "con_1");
    await keys.create(ORG, "con_2");
    await keys.create(OTHER, "con_1");
    const sealed = keys.seal(ORG, "con_1", "+7 495 123-45-67 گذر", "contact.caller");
    expect(Buffer.from(sealed).includes(Buffer.from("495"))).toBe(false);
    const opened = keys.open(ORG, "con_1", sealed, "contact.caller");
    expect(opened.ok && text(opened.value)).toBe("+7 495 123-45-67 گذر");
    expect(keys.open(ORG, "con_1", sealed, "contact.note")).toEqual({ ok: false, failure: "tampered" });
    expect(keys.open(ORG, "con_2", sealed, "contact.caller")).toEqual({ ok: false, failure: "tampered" });
    expect(keys.open(OTHER, "con_1", sealed, "contact.caller")).toEqual({ ok: false, failure: "tampered" });
    expect(keys.seal(ORG, "con_1", "x", "c")).not.toEqual(keys.seal(ORG, "con_1", "x", "c"));
  });

  it("finds every changed byte and every cut", async () => {
    await keys.create(ORG, "con_1");
    const sealed = keys.seal(ORG, "con_1", "secret", "c");
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(keys.open(ORG, "con_1", changed, "c").ok).toBe(false);
      expect(keys.open(ORG, "con_1", sealed.subarray(0, index), "c").ok).toBe(false);
    }
  });

  it("says that there is no key, and seals nothing without one", () => {
    expect(keys.open(ORG, "con_9", new Uint8Array(40), "c")).toEqual({ ok: false, failure: "noKey" });
    expect(() => keys.seal(ORG, "con_9", "x", "c")).toThrow(MissingKeyError);
    expect(() => keys.newRecordingKey(ORG, "con_9")).toThrow(MissingKeyError);
  });

  it("has a key on disk when create has resolved, also after a torn last line", async () => {
    await keys.create(ORG, "con_1");
    const sealed = keys.seal(ORG, "con_1", "kept", "c");
    appendFileSync(subjectsFile(), "con_2 AAAA"); // the machine stopped in the middle of a write
    const after = fresh(); // nothing was closed: as after kill -9
    const opened = after.open(ORG, "con_1", sealed, "c");
    expect(opened.ok && text(opened.value)).toBe("kept");
    await after.create(ORG, "con_2");
    await after.close();
    const again = fresh();
    expect(again.open(ORG, "con_2", again.seal(ORG, "con_2", "x", "c"), "c").ok).toBe(true);
    await again.close();
  });

  it("makes one key for a subject however many ask at once", async () => {
    await Promise.all(Array.from({ length: 200 }, (_, index) => keys.create(ORG, `con_${index % 20}`)));
    const lines = readFileSync(subjectsFile(), "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(20);
    expect(new Set(lines.map((line) => line.split(" ")[0])).size).toBe(20);
    const sealed = keys.seal(ORG, "con_3", "x", "c");
    await keys.create(ORG, "con_3");
    expect(keys.open(ORG, "con_3", sealed, "c").ok).toBe(true);
  });

  it("opens what the oldest of very many keys sealed, in this start and the next", async () => {
    await keys.create(ORG, "con_first");
    const sealed = keys.seal(ORG, "con_first", "kept", "c");
    await Promise.all(Array.from({ length: keyLimits.recentMax + 100 }, (_, index) => keys.create(ORG, `con_${index}`)));
    for (const each of [keys, fresh()]) {
      const opened = each.open(ORG, "con_first", sealed, "c");
      expect(opened.ok && text(opened.value)).toBe("kept");
      await each.create(ORG, "con_first"); // stays as it is
      expect(each.open(ORG, "con_first", sealed, "c").ok).toBe(true);
      expect(each.open(ORG, "con_none", sealed, "c")).toEqual({ ok: false, failure: "noKey" });
      if (each !== keys) await each.close();
    }
  });

  it("refuses a damaged store instead of making new keys", async () => {
    await keys.create(ORG, "con_1");
    const lines = readFileSync(subjectsFile(), "utf8");
    writeFileSync(subjectsFile(), lines.replace(/ ..../, " AAAA"));
    expect(() => fresh().open(ORG, "con_1", new Uint8Array(40), "c")).toThrow(KeyStoreError);
    writeFileSync(subjectsFile(), lines.replace("con_1", "con_7")); // a key moved to another subject
    expect(() => fresh().open(ORG, "con_1", new Uint8Array(40), "c")).toThrow(KeyStoreError);
    writeFileSync(join(folder, "organisations", `${ORG}.key`), "short");
    expect(() => fresh().blindIndex(ORG, "phone", "1")).toThrow(KeyStoreError);
    await expect(keys.create(ORG, "../../etc/passwd")).rejects.toThrow(KeyStoreError);
    expect(() => fresh().blindIndex("org_../x" as OrganisationId, "phone", "1")).toThrow(KeyStoreError);
  });

  it("wraps a recording's key and wraps it anew for the customer", async () => {
    await keys.create(ORG, "con_1");
    await keys.create(ORG, "cus_1");
    const { key, wrapped } = keys.newRecordingKey(ORG, "con_1");
    expect(key).toHaveLength(32);
    const moved = keys.rewrap(ORG, "con_1", "cus_1", wrapped);
    const opened = keys.unwrapRecordingKey(ORG, "cus_1", moved);
    expect(opened.ok && Buffer.from(opened.value).equals(Buffer.from(key))).toBe(true);
    expect(keys.unwrapRecordingKey(ORG, "con_1", moved)).toEqual({ ok: false, failure: "tampered" });
    expect(() => keys.rewrap(ORG, "cus_1", "con_1", wrapped)).toThrow(MissingKeyError);
  });

  it("gives one blind index for one value of an organisation, and tells nothing across them", () => {
    expect(keys.blindIndex(ORG, "phone", "+7495")).toBe(fresh().blindIndex(ORG, "phone", "+7495"));
    expect(keys.blindIndex(ORG, "phone", "+7495")).not.toBe(keys.blindIndex(OTHER, "phone", "+7495"));
    expect(keys.blindIndex(ORG, "phone", "x")).not.toBe(keys.blindIndex(ORG, "email", "x"));
  });

  it("keeps its files to itself, and no organisation's key on disk where a master is given", async () => {
    await keys.create(ORG, "con_1");
    expect(statSync(join(folder, "organisations", `${ORG}.key`)).mode & 0o777).toBe(0o600);
    expect(statSync(subjectsFile()).mode & 0o777).toBe(0o600);
    const elsewhere = createSubjectKeys({ keysFolder: join(folder, "elsewhere"), masterKey: new Uint8Array(32).fill(7) });
    await elsewhere.create(ORG, "con_1");
    expect(readdirSync(join(folder, "elsewhere", "organisations"))).toEqual([]);
    await elsewhere.close();
  });
});
