// Trunks and recorders elsewhere: things of one kind that an organisation sets up and the edge follows. Held in memory by organisation, written
// with their audit entry, with what the edge says of each.
import { X509Certificate } from "node:crypto";
import type { Clock, Instant, OrganisationId } from "@allo/kernel";
import { ApiError, notFound } from "./api-error.ts";
import type { Database, Tx } from "./db.ts";
import { differences } from "./differences.ts";
import type { SubjectKeys } from "./keys.ts";
import type { Principal } from "./principal.ts";

export type By = { readonly principal: Principal; readonly address: string };
type Note = { readonly action: string; readonly objectId: string; readonly before: object | null; readonly after: object };
type AuditWriter = {
  write(
    tx: Tx,
    entry: Note & { readonly actor: Principal; readonly objectType: string; readonly address: string; readonly at: Instant },
  ): Promise<void>;
};

export type EdgeBook<Kept, State, Line> = {
  load(organisationIds: readonly OrganisationId[]): Promise<void>;
  /** Throws `starting` before it was read. */
  of(principal: Principal): readonly Kept[];
  /** Throws `notFound`. */
  find(principal: Principal, id: string): Kept;
  /** Of an organisation that may not have been read yet. */
  standing(organisationId: OrganisationId): readonly Kept[];
  all(): readonly (readonly [OrganisationId, readonly Kept[]])[];
  /** `run` and the audit entry in one transaction; afterwards the book is read again and listeners are told. */
  write(by: By, note: Note, run: (tx: Tx) => Promise<void>): Promise<void>;
  onChanged(listener: (organisationId: OrganisationId) => void): void;
  stateOf(id: string): State | undefined;
  forgetState(id: string): void;
  /** Newest first. */
  logOf(id: string): Line[];
  /** What the edge says; of what isn't known here nothing is kept. */
  noteState(id: string, state: State): void;
  noteLine(id: string, line: Line): void;
};

export function createEdgeBook<Kept, State, Line>({
  db,
  clock,
  audit,
  objectType,
  list,
  idOf,
  logLinesMax,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: AuditWriter;
  readonly objectType: string;
  readonly list: (tx: Tx) => Promise<readonly Kept[]>;
  readonly idOf: (kept: Kept) => string;
  /** Kept in memory for each. */
  readonly logLinesMax: number;
}): EdgeBook<Kept, State, Line> {
  const books = new Map<OrganisationId, readonly Kept[]>();
  const known = new Set<string>();
  const states = new Map<string, State>();
  const logs = new Map<string, Line[]>();
  const listeners: ((organisationId: OrganisationId) => void)[] = [];

  const read = async (organisationId: OrganisationId): Promise<void> => {
    const all = await db.withScope({ organisationId, projectIds: "*" }, list);
    books.set(organisationId, all);
    for (const kept of all) known.add(idOf(kept));
  };
  const of = ({ organisationId }: Principal): readonly Kept[] => {
    const book = books.get(organisationId);
    if (book === undefined) throw new ApiError("starting", 503);
    return book;
  };

  return {
    async load(organisationIds) {
      for (const organisationId of organisationIds) await read(organisationId);
    },
    of,
    find(principal, id) {
      const kept = of(principal).find((each) => idOf(each) === id);
      if (kept === undefined) throw notFound();
      return kept;
    },
    standing: (organisationId) => books.get(organisationId) ?? [],
    all: () => [...books],
    async write({ principal, address }, note, run) {
      await db.withScope(principal, async (tx) => {
        await run(tx);
        const [before, after] = note.before === null ? [null, note.after] : differences(note.before, note.after);
        await audit.write(tx, {
          actor: principal,
          action: note.action,
          objectType,
          objectId: note.objectId,
          before,
          after,
          address,
          at: clock.now(),
        });
      });
      await read(principal.organisationId);
      for (const listener of listeners) listener(principal.organisationId);
    },
    onChanged: (listener) => void listeners.push(listener),
    stateOf: (id) => states.get(id),
    forgetState: (id) => void states.delete(id),
    logOf: (id) => (logs.get(id) ?? []).toReversed(),
    noteState(id, state) {
      if (known.has(id)) states.set(id, state);
    },
    noteLine(id, line) {
      if (!known.has(id)) return;
      const log = logs.get(id) ?? [];
      log.push(line);
      if (log.length > logLinesMax) log.shift();
      logs.set(id, log);
    },
  };
}

/** The settings with what was given put over them, and which of them it changes. */
export function changedSettings<S extends { readonly name: string }>(
  before: S,
  body: Partial<S>,
): { readonly settings: S; readonly changed: string[] } {
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as Partial<S>;
  const changed = Object.keys(given).filter((key) => JSON.stringify(given[key as keyof S]) !== JSON.stringify(before[key as keyof S]));
  return { settings: { ...before, ...given, name: (given.name ?? before.name).trim() }, changed };
}

/** What the audit list may say of settings with a certificate: its text says nothing to a reader. */
export function auditedSettings<S extends { readonly tls: { readonly caPem: string | null } }>(settings: S): S {
  return { ...settings, tls: { ...settings.tls, caPem: settings.tls.caPem === null ? null : "…" } };
}

export function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== "";
  } catch {
    return false;
  }
}

/** Passwords that we show to others, each sealed by the key of what it belongs to. */
export function createSealedPasswords(keys: Pick<SubjectKeys, "seal" | "open">, context: string) {
  return {
    /** What is kept from now on. `password` undefined: as it was; null: none. */
    next(
      organisationId: OrganisationId,
      subjectId: string,
      password: string | null | undefined,
      before: Uint8Array | null,
    ): Uint8Array | null {
      if (password === undefined) return before;
      return password === null ? null : keys.seal(organisationId, subjectId, password, context);
    },
    /** "" where there is none; the failure where it can't be opened. */
    open(
      organisationId: OrganisationId,
      subjectId: string,
      sealed: Uint8Array | null,
    ): { readonly ok: true; readonly password: string } | { readonly ok: false; readonly failure: string } {
      if (sealed === null) return { ok: true, password: "" };
      const opened = keys.open(organisationId, subjectId, sealed, context);
      return opened.ok ? { ok: true, password: Buffer.from(opened.value).toString("utf8") } : opened;
    },
  };
}
