// Envelope encryption: what belongs to a subject (a contact, a customer) is sealed by the subject's key; that key is wrapped by the
// organisation's key, and stored in a file of its own, outside the database and its backups. Losing a subject's key is how it is erased.
//
//   ALLO_DATA/keys/organisations/<org>.key   32 bytes; or one master in ALLO_ORG_KEY, from which each organisation's is derived
//   ALLO_DATA/keys/subjects/<org>            append-only: one line per key, fsynced before create() resolves
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fail, ok, type OrganisationId, type Result } from "@allo/kernel";
import { KeyIndex } from "./key-index.ts";

export type KeyFailure = "noKey" | "tampered";

export type SubjectKeys = {
  /** Durable when resolved. A key that exists stays as it is. */
  create(org: OrganisationId, subjectId: string): Promise<void>;
  /** AES-256-GCM; `context` is bound to it and must be the same for opening. Throws MissingKeyError without a key: create() comes first. */
  seal(org: OrganisationId, subjectId: string, plain: Uint8Array | string, context: string): Uint8Array;
  open(org: OrganisationId, subjectId: string, sealed: Uint8Array, context: string): Result<Uint8Array, KeyFailure>;
  newRecordingKey(org: OrganisationId, subjectId: string): { key: Uint8Array; wrapped: Uint8Array };
  unwrapRecordingKey(org: OrganisationId, subjectId: string, wrapped: Uint8Array): Result<Uint8Array, KeyFailure>;
  /** A recording's key for another subject: when the contact's customer becomes known. Throws where it can't be unwrapped. */
  rewrap(org: OrganisationId, fromSubject: string, toSubject: string, wrapped: Uint8Array): Uint8Array;
  /** HMAC for exact look-ups of numbers and addresses without storing them in clear. */
  blindIndex(org: OrganisationId, kind: string, value: string): string;
  close(): Promise<void>;
};

export class MissingKeyError extends Error {
  override readonly name = "MissingKeyError";
  readonly code = "missingKey";
}

/** A key file that can't be read as one: nothing is guessed or overwritten. */
export class KeyStoreError extends Error {
  override readonly name = "KeyStoreError";
  readonly code = "keyStoreDamaged";
}

/** Keys of the newest contacts are asked for again and again; an older one is read from the file. */
export const keyLimits = {
  recentMax: 4_096,
  linesCheckedAtStart: 1_000,
  /** From one write of new keys to the next: many calls share an fsync. One alone doesn't wait. */
  writeEveryMs: 10,
} as const;

const KEY_BYTES = 32;
/** An id, a space, the wrapped key in base64 and the end of the line. */
const LINE_BYTES_MAX = 256;
const READ_BYTES = 1_048_576;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEAL_VERSION = 1;
const RECORDING_CONTEXT = "recording-key";
const SUBJECT_ID = /^[a-z]{3}_[0-9A-Za-z-]{1,60}$/;
const ORGANISATION_ID = /^org_[0-9A-Za-z-]{1,60}$/;

type Store = {
  readonly organisationKey: Buffer;
  readonly indexKey: Buffer;
  /** Of the file's lines. */
  readonly index: KeyIndex;
  /** Keys used lately, least recent first. */
  readonly recent: Map<string, Buffer>;
  readonly path: string;
  /** For reading; opened by the first key that isn't recent. */
  reader: number | null;
  /** Opened by the first create. */
  file: FileHandle | null;
  /** Up to here the file holds whole lines. */
  sizeBytes: number;
  /** Lines that wait for the next write and fsync, which all of them share. */
  pending: {
    readonly subjectId: string;
    readonly key: Buffer;
    readonly line: string;
    readonly done: () => void;
    readonly failed: (error: unknown) => void;
  }[];
  readonly creating: Map<string, Promise<void>>;
  writing: boolean;
  /** When the last write began. */
  writtenAt: number;
};

export function createSubjectKeys({
  keysFolder,
  masterKey,
}: {
  /** ALLO_DATA/keys */
  readonly keysFolder: string;
  /** ALLO_ORG_KEY: then no organisation's key is on this disk. */
  readonly masterKey: Uint8Array | undefined;
}): SubjectKeys {
  const organisationsFolder = join(keysFolder, "organisations");
  const subjectsFolder = join(keysFolder, "subjects");
  for (const folder of [keysFolder, organisationsFolder, subjectsFolder]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stores = new Map<OrganisationId, Store>();

  const storeOf = (org: OrganisationId): Store => {
    let store = stores.get(org);
    if (store === undefined) {
      if (!ORGANISATION_ID.test(org)) throw new KeyStoreError("the id of an organisation has no such form");
      store = openStore(org);
      stores.set(org, store);
    }
    return store;
  };

  const openStore = (org: OrganisationId): Store => {
    const organisationKey =
      masterKey === undefined ? loadOrganisationKey(organisationsFolder, org) : derive(masterKey, `organisation ${org}`);
    const path = join(subjectsFolder, org);
    return {
      organisationKey,
      indexKey: derive(organisationKey, "blind index"),
      index: indexSubjects(path, org, organisationKey),
      recent: new Map(),
      path,
      reader: null,
      file: null,
      sizeBytes: existsSync(path) ? statSync(path).size : 0,
      pending: [],
      creating: new Map(),
      writing: false,
      writtenAt: Number.NEGATIVE_INFINITY,
    };
  };

  const remember = (store: Store, subjectId: string, key: Buffer): Buffer => {
    store.recent.delete(subjectId);
    store.recent.set(subjectId, key);
    const [oldest] = store.recent.keys();
    if (store.recent.size > keyLimits.recentMax && oldest !== undefined) store.recent.delete(oldest);
    return key;
  };

  const find = (org: OrganisationId, subjectId: string): Buffer | undefined => {
    const store = storeOf(org);
    const recent = store.recent.get(subjectId);
    if (recent !== undefined) return recent;
    for (const place of store.index.places(subjectId)) {
      store.reader ??= openSync(store.path, "r");
      const line = Buffer.alloc(LINE_BYTES_MAX);
      const bytes = readSync(store.reader, line, 0, LINE_BYTES_MAX, place);
      const text = line.toString("latin1", 0, bytes);
      const end = text.indexOf("\n");
      if (end < 0 || !text.startsWith(`${subjectId} `)) continue; // another's with the same print
      return remember(store, subjectId, openLine(text.slice(0, end), { path: store.path, org, organisationKey: store.organisationKey }));
    }
    return undefined;
  };

  const keyOf = (org: OrganisationId, subjectId: string): Buffer => {
    const key = find(org, subjectId);
    if (key === undefined) throw new MissingKeyError("a subject has no key");
    return key;
  };

  const flush = async (store: Store): Promise<void> => {
    if (store.writing) return;
    store.writing = true;
    try {
      const file = (store.file ??= await open(store.path, "a", 0o600));
      while (store.pending.length > 0) {
        const waitMs = store.writtenAt + keyLimits.writeEveryMs - performance.now();
        if (waitMs > 0) await sleep(waitMs);
        store.writtenAt = performance.now();
        const batch = store.pending;
        store.pending = [];
        const text = batch.map((each) => each.line).join("");
        try {
          await file.appendFile(text);
          await file.datasync();
          for (const each of batch) {
            store.index.add(each.subjectId, store.sizeBytes);
            store.sizeBytes += each.line.length;
            remember(store, each.subjectId, each.key);
            each.done();
          }
        } catch (error) {
          // A full disk may have taken half a line: what follows must not stick to it.
          for (const each of batch) each.failed(error);
          await file.truncate(store.sizeBytes);
        }
      }
    } catch (error) {
      for (const each of store.pending.splice(0)) each.failed(error); // the file could not be opened or mended
    } finally {
      store.writing = false;
    }
  };

  const self: SubjectKeys = {
    create(org, subjectId) {
      const store = storeOf(org);
      if (!SUBJECT_ID.test(subjectId)) return Promise.reject(new KeyStoreError("the id of a subject has no such form"));
      const underWay = store.creating.get(subjectId);
      if (underWay !== undefined) return underWay;
      if (find(org, subjectId) !== undefined) return Promise.resolve();
      const key = randomBytes(KEY_BYTES);
      const wrapped = encrypt(store.organisationKey, key, wrapContext(org, subjectId));
      const line = `${subjectId} ${Buffer.from(wrapped).toString("base64")}\n`;
      const created = new Promise<void>((done, failed) => {
        store.pending.push({ subjectId, key, line, done, failed });
      }).finally(() => store.creating.delete(subjectId));
      store.creating.set(subjectId, created);
      void flush(store);
      return created;
    },
    seal: (org, subjectId, plain, context) =>
      encrypt(keyOf(org, subjectId), typeof plain === "string" ? Buffer.from(plain, "utf8") : plain, context),
    open(org, subjectId, sealed, context) {
      const key = find(org, subjectId);
      return key === undefined ? fail("noKey") : decrypt(key, sealed, context);
    },
    newRecordingKey(org, subjectId) {
      const key = randomBytes(KEY_BYTES);
      return { key, wrapped: encrypt(keyOf(org, subjectId), key, RECORDING_CONTEXT) };
    },
    unwrapRecordingKey: (org, subjectId, wrapped) => self.open(org, subjectId, wrapped, RECORDING_CONTEXT),
    rewrap(org, fromSubject, toSubject, wrapped) {
      const key = self.open(org, fromSubject, wrapped, RECORDING_CONTEXT);
      if (!key.ok) throw new MissingKeyError(`a recording's key can't be unwrapped: ${key.failure}`);
      return encrypt(keyOf(org, toSubject), key.value, RECORDING_CONTEXT);
    },
    // The length stands before the kind, so that no two pairs give one message.
    blindIndex: (org, kind, value) =>
      createHmac("sha256", storeOf(org).indexKey).update(`${kind.length}:${kind}${value}`).digest("base64url"),
    async close() {
      for (const store of stores.values()) {
        await Promise.allSettled(store.creating.values());
        await store.file?.close();
        if (store.reader !== null) closeSync(store.reader);
      }
      stores.clear();
    },
  };
  return self;
}

function loadOrganisationKey(folder: string, org: OrganisationId): Buffer {
  const path = join(folder, `${org}.key`);
  if (!existsSync(path)) {
    const key = randomBytes(KEY_BYTES);
    const temporary = `${path}.new`;
    const file = openSync(temporary, "w", 0o600);
    writeSync(file, key);
    fsyncSync(file);
    closeSync(file);
    renameSync(temporary, path);
    const directory = openSync(folder, "r");
    fsyncSync(directory);
    closeSync(directory);
    return key;
  }
  const key = readFileSync(path);
  if (key.length !== KEY_BYTES) throw new KeyStoreError(`${path} is not a key of ${KEY_BYTES} bytes: restore it from its backup`);
  return key;
}

/**
 * Where each line stands. The first and the last lines are opened, so that a wrong key or a damaged file is found at the start; another
 * one that can't be opened is found when it is needed. A last line without its end was being written when the machine stopped: nobody was
 * told that it is there, so it is cut off.
 */
function indexSubjects(path: string, org: OrganisationId, organisationKey: Buffer): KeyIndex {
  const index = new KeyIndex();
  if (!existsSync(path)) return index;
  const lastLines: string[] = [];
  const file = openSync(path, "r+");
  try {
    const bytes = Buffer.alloc(READ_BYTES);
    let rest = "";
    let place = 0;
    for (let read = readSync(file, bytes); read > 0; read = readSync(file, bytes)) {
      const lines = (rest + bytes.toString("latin1", 0, read)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line !== "") {
          index.add(line.slice(0, line.indexOf(" ")), place);
          if (index.size <= keyLimits.linesCheckedAtStart) openLine(line, { path, org, organisationKey });
          else lastLines.push(line);
        }
        place += line.length + 1;
      }
      lastLines.splice(0, lastLines.length - keyLimits.linesCheckedAtStart);
    }
    for (const line of lastLines) openLine(line, { path, org, organisationKey });
    if (rest !== "") {
      ftruncateSync(file, place);
      fsyncSync(file);
    }
  } finally {
    closeSync(file);
  }
  return index;
}

function openLine(
  line: string,
  { path, org, organisationKey }: { readonly path: string; readonly org: OrganisationId; readonly organisationKey: Buffer },
): Buffer {
  const [subjectId = "", wrapped = ""] = line.split(" ");
  const key = decrypt(organisationKey, Buffer.from(wrapped, "base64"), wrapContext(org, subjectId));
  if (!key.ok)
    throw new KeyStoreError(`${path}: a line can't be opened by the organisation's key: restore the right key or file from its backup`);
  return Buffer.from(key.value);
}

function wrapContext(org: OrganisationId, subjectId: string): string {
  return `subject ${org} ${subjectId}`;
}

function derive(key: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", key, new Uint8Array(0), `allo ${purpose}`, KEY_BYTES)); // RFC 5869
}

/** version, nonce, ciphertext, tag. A nonce is drawn each time: one key seals far fewer than 2^32 texts (NIST SP 800-38D §8.3). */
function encrypt(key: Uint8Array, plain: Uint8Array, context: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context, "utf8"));
  return Buffer.concat([Buffer.of(SEAL_VERSION), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, sealed: Uint8Array, context: string): Result<Uint8Array, "tampered"> {
  if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== SEAL_VERSION) return fail("tampered");
  const body = sealed.subarray(1 + NONCE_BYTES, sealed.length - TAG_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(1, 1 + NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context, "utf8"));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return ok(Buffer.concat([decipher.update(body), decipher.final()]));
  } catch {
    return fail("tampered"); // the tag doesn't fit: another key, another context, or changed bytes
  }
}
