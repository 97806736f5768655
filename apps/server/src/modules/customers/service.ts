import type { BodyOf, Customer, CustomerHit, QueryOf } from "@allo/contract";
import type { Clock, ContactId, CustomerId, IdSource, OrganisationId, ProjectId } from "@allo/kernel";
import { ApiError, invalidField, notFound, staleVersion } from "../../platform/api-error.ts";
import { decodeCursor, encodeCursor } from "../../platform/cursor.ts";
import { DatabaseAwayError, isUniqueViolation, type Database, type Scope, type Tx } from "../../platform/db.ts";
import { createEventBus, type EventBus } from "../../platform/events.ts";
import type { Principal } from "../../platform/http.ts";
import type { Logger } from "../../platform/log.ts";
import {
  assertMayRead,
  type Contacts,
  type ContactFacts,
  type CallerHistory,
  type CustomerDirectory,
  type CustomerName,
  type CustomerNames,
  type Projection,
  type RecordingShelf,
} from "../contacts/index.ts";
import type { Audit } from "../identity/index.ts";
import { checkFields } from "./core/customer-rules.ts";
import { guardedValues, openValues, shutFields } from "./core/protected-fields.ts";
import { foldName, readSearch, searchDigits, searchWords } from "./core/search-key.ts";
import { createKnownCallers } from "./known-callers.ts";
import { readPhone } from "./phone-number.ts";
import {
  customerFetch,
  customerInsert,
  customerList,
  customerListByIds,
  customerListByNumbers,
  customersSeenInTx,
  customerUpdate,
  identityList,
  identityReplaceInTx,
  searchFind,
  searchPutInTx,
  type CustomerRow,
  type IdentityRow,
} from "./store/customer-store.ts";
import { fieldList, type FieldRow } from "./store/field-store.ts";

export const customerLimits = {
  pageDefault: 50,
  /** A search gives its best; whoever wants others types on. */
  searchCandidatesMax: 300,
  namesAskedMax: 500,
  /** Callers remembered while the database is away. */
  unrecognisedMax: 5_000,
  /** Numbers whose customer, or that there is none, is remembered. */
  knownCallersMax: 2_000,
} as const;

export type CustomersEvents = {
  customerChanged: { readonly organisationId: OrganisationId; readonly projectId: ProjectId; readonly customerId: CustomerId };
};
type Change = { readonly principal: Principal; readonly address: string };
/** What this module needs to know of an organisation. */
export type CustomerSettings = {
  country(organisationId: OrganisationId): string;
  projectIds(organisationId: OrganisationId): readonly ProjectId[];
};

export type CustomersDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly keys: { create(organisationId: OrganisationId, subjectId: string): Promise<void> };
  readonly audit: Pick<Audit, "write">;
  readonly contacts: Contacts;
  readonly recordings: Pick<RecordingShelf, "rewrap">;
  readonly history: CallerHistory;
  readonly settings: CustomerSettings;
  readonly log: Logger;
};

export type Customers = CustomerDirectory &
  CustomerNames & {
    readonly events: EventBus<CustomersEvents>;
    /** Ties recordings' keys and the date of the last contact to the customer. */
    readonly projection: Projection;
    /** Who calls from this number, in E.164; null: nobody known. */
    identify(call: {
      readonly organisationId: OrganisationId;
      readonly projectId: ProjectId;
      readonly number: string;
    }): Promise<CustomerName | null>;
    search(principal: Principal, query: QueryOf<"customersSearch">): Promise<{ items: CustomerHit[]; nextCursor: string | null }>;
    fetch(principal: Principal, customerId: string): Promise<Customer>;
    create(by: Change, body: BodyOf<"customerCreate">): Promise<Customer>;
    update(by: Change, customerId: string, body: BodyOf<"customerUpdate">): Promise<Customer>;
    /** Ties a contact to a customer of the same project. */
    tie(principal: Principal, contactId: ContactId, customerId: string): Promise<void>;
    /** Says once where searching can't use its index. */
    start(): Promise<void>;
  };

export function createCustomers(deps: CustomersDeps): Customers {
  const { database, clock, ids, keys, audit, contacts, recordings, history, settings, log } = deps;
  const events: EventBus<CustomersEvents> = createEventBus((error, kind) =>
    log.error({ err: error, kind }, "a listener of customers failed"),
  );
  const inScope = <T>(principal: Principal, run: (tx: Tx) => Promise<T>): Promise<T> =>
    database.withScope({ organisationId: principal.organisationId, projectIds: principal.projectIds }, run).catch((error: unknown) => {
      if (isUniqueViolation(error, "identity_unique")) {
        throw new ApiError("alreadyExists", 409, "Another customer has this number or e-mail", [
          { path: "identities", code: "alreadyExists", message: "belongs to another customer" },
        ]);
      }
      throw error;
    });

  const knownCallers = createKnownCallers({ keptMax: customerLimits.knownCallersMax });
  const byNumbers: CustomerNames["byNumbers"] = async (organisationId, projectId, numbers) => {
    const found = new Map<string, CustomerName>();
    const unknown: string[] = [];
    for (const number of numbers.slice(0, customerLimits.namesAskedMax)) {
      const known = knownCallers.find(projectId, number);
      if (known === undefined) unknown.push(number);
      else if (known !== null) found.set(number, known);
    }
    if (unknown.length === 0) return found;
    const keep = knownCallers.asking();
    const rows = await database.withScope({ organisationId, projectIds: [projectId] }, (tx) =>
      customerListByNumbers(tx, projectId, unknown),
    );
    const read = new Map(rows.map(({ number, customerId, name }) => [number, { customerId, name }]));
    keep(projectId, unknown, read);
    return new Map([...found, ...read]);
  };
  const identify: Customers["identify"] = async ({ organisationId, projectId, number }) =>
    (await byNumbers(organisationId, projectId, [number])).get(number) ?? null;

  const recognise = (facts: ContactFacts, customers: ReadonlyMap<string, CustomerName>): void => {
    const found = customers.get(contacts.callerOf(facts).number ?? "");
    // Someone may have said meanwhile who it is.
    if (found !== undefined && contacts.facts(facts.contactId)?.customerId === null)
      contacts.apply(facts.contactId, { kind: "customerTied", customerId: found.customerId, by: null });
  };
  /** Callers who came while the database was away. */
  const unrecognised = new Set<ContactId>();
  const lookUp = async (callers: readonly ContactFacts[]): Promise<void> => {
    const [first] = callers;
    if (first === undefined) return;
    try {
      const numbers = new Set(callers.flatMap((facts) => contacts.callerOf(facts).number ?? []));
      const found = await byNumbers(first.organisationId, first.projectId, [...numbers]);
      for (const facts of callers) recognise(facts, found);
    } catch (error) {
      for (const { contactId } of callers) {
        if (error instanceof DatabaseAwayError && unrecognised.size < customerLimits.unrecognisedMax) unrecognised.add(contactId);
        else log.warn({ err: error, contactId }, "a caller could not be looked up");
      }
    }
  };
  /** Callers whose contacts were committed together are looked up together. */
  let arrived: ContactFacts[] = [];
  const lookUpSoon = (facts: ContactFacts): void => {
    if (facts.customerId !== null) return;
    if (arrived.push(facts) > 1) return;
    queueMicrotask(() => {
      const all = arrived;
      arrived = [];
      for (const ofProject of Map.groupBy(all, ({ organisationId, projectId }) => `${organisationId} ${projectId}`).values())
        for (let from = 0; from < ofProject.length; from += customerLimits.namesAskedMax)
          void lookUp(ofProject.slice(from, from + customerLimits.namesAskedMax));
    });
  };
  contacts.events.on("contactChanged", ({ facts, kinds, committed }) => {
    if (kinds.includes("contactArrived")) committed.then(() => lookUpSoon(facts)).catch(() => undefined); // the writer has said so
  });
  database.onUp(() => {
    const waiting = [...unrecognised];
    unrecognised.clear();
    for (const contactId of waiting) {
      const facts = contacts.facts(contactId);
      if (facts !== undefined) lookUpSoon(facts);
    }
  });

  const readIdentities = (organisationId: OrganisationId, given: Customer["identities"]): readonly IdentityRow[] => {
    const country = settings.country(organisationId);
    const seen = new Set<string>();
    return given.flatMap(({ kind, value }, index) => {
      const text = value.trim();
      const key = kind === "phone" ? readPhone(text, country) : readEmail(text);
      if (key === null)
        throw invalidField(
          `identities.${index}.value`,
          kind === "phone" ? "notANumber" : "notAnEmail",
          kind === "phone" ? "is not a telephone number" : "is not an e-mail",
        );
      if (seen.has(`${kind} ${key}`)) return [];
      seen.add(`${kind} ${key}`);
      return [{ kind, value: key, shown: kind === "phone" ? key : text }];
    });
  };

  /** How far the caller whose card this is has proved who they are, to the person who has them on the line or has just had. */
  const levelFor = (principal: Principal, customerId: string): number => {
    if (principal.permissions.has("customers.protected")) return Number.POSITIVE_INFINITY;
    const levels = contacts.openList().flatMap(({ customerId: of, organisationId, phase, verification }) => {
      const isTheirs = (phase.kind === "talking" || phase.kind === "wrapUp") && phase.agentId === principal.personId;
      return isTheirs && of === customerId && organisationId === principal.organisationId ? [verification.level] : [];
    });
    return Math.max(0, ...levels);
  };
  const shown = (
    principal: Principal,
    row: CustomerRow,
    identities: readonly IdentityRow[] | undefined,
    kinds: readonly FieldRow[],
  ): Customer => {
    const { fields, withheld } = openValues(row.fields, shutFields(kinds, levelFor(principal, row.customerId)));
    return { ...presentCustomer(row, identities), fields: { ...fields }, withheld: [...withheld] };
  };

  const readFields = (
    given: Readonly<Record<string, string>>,
    before: Readonly<Record<string, string>>,
    kinds: readonly FieldRow[],
  ): Record<string, string> => {
    const checked = checkFields(given, kinds, before);
    if (!checked.ok) throw invalidField(checked.failure.path, checked.failure.code, "is not a value of this field");
    return { ...checked.value };
  };
  /** As `readFields`, where some of the card is shut to whoever changes it. */
  const readOpenFields = (
    principal: Principal,
    before: CustomerRow,
    given: Readonly<Record<string, string>>,
    kinds: readonly FieldRow[],
  ): Record<string, string> => {
    const guarded = guardedValues(given, before.fields, shutFields(kinds, levelFor(principal, before.customerId)));
    if (guarded.ok) return readFields(guarded.value, before.fields, kinds);
    throw new ApiError("verificationNeeded", 403, "The caller is not verified for this field", [
      { path: guarded.failure.path, code: "verificationNeeded", message: "needs a verified caller" },
    ]);
  };

  const save = async (tx: Tx, customer: CustomerRow, identities: readonly IdentityRow[]): Promise<void> => {
    await identityReplaceInTx(tx, customer, identities);
    const ofKind = (kind: IdentityRow["kind"]): readonly string[] =>
      identities.filter((identity) => identity.kind === kind).map(({ value }) => value);
    await searchPutInTx(tx, customer.customerId, searchWords([customer.name, ...ofKind("email")]), searchDigits(ofKind("phone")));
  };

  const readName = (name: string): string => {
    const trimmed = name.trim();
    if (trimmed === "") throw invalidField("name", "empty", "must not be empty");
    return trimmed;
  };

  /** Only that project, if it is one of theirs. */
  const within = (principal: Principal, projectId: string | undefined): Principal => {
    if (projectId === undefined) return principal;
    const { projectIds } = principal;
    return { ...principal, projectIds: projectIds === "*" || projectIds.includes(projectId as ProjectId) ? [projectId as ProjectId] : [] };
  };

  const projectFor = (principal: Principal, wanted: string | undefined): ProjectId => {
    const known = settings
      .projectIds(principal.organisationId)
      .filter((projectId) => principal.projectIds === "*" || principal.projectIds.includes(projectId));
    const projectId = wanted === undefined ? known[0] : known.find((each) => each === wanted);
    if (projectId === undefined) throw invalidField("projectId", "unknownProject", "is not a project of yours");
    return projectId;
  };

  /** A number that becomes someone's brings its earlier contacts with it. */
  const tieEarlier = async (customer: CustomerRow, identities: readonly IdentityRow[]): Promise<void> => {
    const place = { organisationId: customer.organisationId, projectId: customer.projectId as ProjectId };
    const numbers = identities.filter(({ kind }) => kind === "phone").map(({ value }) => value);
    for (const contactId of await history.untied(place, numbers)) {
      const scope: Scope = { organisationId: place.organisationId, projectIds: [place.projectId] };
      if ((await contacts.load(scope, contactId))?.customerId !== null) continue; // someone has said so meanwhile
      await contacts.applyCommitted(scope, contactId, { kind: "customerTied", customerId: customer.customerId as CustomerId, by: null });
    }
  };
  const tieEarlierSoon = (customer: CustomerRow, identities: readonly IdentityRow[]): void => {
    tieEarlier(customer, identities).catch((error: unknown) =>
      log.warn({ err: error, customerId: customer.customerId }, "a customer's earlier contacts could not be tied"),
    );
  };

  const changed = (organisationId: OrganisationId, customer: CustomerRow): void => {
    knownCallers.forget();
    events.emit("customerChanged", {
      organisationId,
      projectId: customer.projectId as ProjectId,
      customerId: customer.customerId as CustomerId,
    });
  };

  /** When each customer of these contacts last called. */
  const lastSeen = (all: readonly ContactFacts[]): ReadonlyMap<CustomerId, number> => {
    const seen = new Map<CustomerId, number>();
    for (const { customerId, startedAt, test } of all)
      if (customerId !== null && test === null) seen.set(customerId, Math.max(seen.get(customerId) ?? 0, startedAt));
    return seen;
  };

  /** Re-wraps what is over, so that nothing that is being written changes its key. Idempotent, and repeated with each change of the contact. */
  const follow = async (scope: Scope, facts: ContactFacts): Promise<void> => {
    const { customerId, contactId, endedAt } = facts;
    if (customerId === null || facts.test !== null) return;
    if (endedAt === null || facts.recordings.length === 0) return;
    try {
      await recordings.rewrap(scope, contactId, customerId);
    } catch (error) {
      // An erased key can't be wrapped anew: the recording stays as it is, and so does everything else of the contact.
      if (error instanceof DatabaseAwayError) throw error;
      log.warn({ err: error, contactId }, "a recording's key could not be tied to the customer");
    }
  };

  return {
    events,
    projection: {
      name: "customers",
      async apply(scope, all) {
        const seen = lastSeen(all);
        if (seen.size > 0) await database.withScope(scope, (tx) => customersSeenInTx(tx, seen));
        for (const facts of all) await follow(scope, facts);
      },
    },
    identify,
    byNumbers,
    byNumber: (organisationId, projectId, number) => identify({ organisationId, projectId, number }),
    async byId(organisationId, customerId) {
      const row = await database.withScope({ organisationId, projectIds: "*" }, (tx) => customerFetch(tx, customerId));
      return row === null ? null : { customerId, name: row.name };
    },
    async namesOf(organisationId, customerIds) {
      if (customerIds.length === 0) return new Map();
      const rows = await database.withScope({ organisationId, projectIds: "*" }, (tx) =>
        customerListByIds(tx, customerIds.slice(0, customerLimits.namesAskedMax)),
      );
      return new Map(rows.map((row) => [row.customerId as CustomerId, row.name]));
    },

    async search(principal, query) {
      const limit = query.limit ?? customerLimits.pageDefault;
      const { terms, fragments } = readSearch(query.q ?? "");
      const isSearch = terms.length + fragments.length > 0;
      return inScope(within(principal, query.projectId), async (tx) => {
        const found = isSearch
          ? await findRanked(tx, { terms, fragments, typed: query.q ?? "" })
          : await customerList(tx, { after: decodeCursor(query.cursor), limit: limit + 1 });
        const rows = found.slice(0, limit);
        const identities = await identityList(
          tx,
          rows.map(({ customerId }) => customerId),
        );
        const last = rows.at(-1);
        return {
          items: rows.map((row) => ({
            customerId: row.customerId,
            projectId: row.projectId,
            name: row.name,
            identities: shownIdentities(identities.get(row.customerId)),
            lastContactAt: row.lastContactAt,
          })),
          nextCursor: !isSearch && found.length > limit && last !== undefined ? encodeCursor([last.nameKey, last.customerId]) : null,
        };
      });
    },

    fetch: (principal, customerId) =>
      inScope(principal, async (tx) => {
        const row = await customerFetch(tx, customerId);
        if (row === null) throw notFound();
        return shown(principal, row, (await identityList(tx, [customerId])).get(customerId), await fieldList(tx));
      }),

    async create(by, body) {
      const { organisationId } = by.principal;
      const projectId = projectFor(by.principal, body.projectId);
      const identities = readIdentities(organisationId, body.identities);
      const customerId = ids.next("cus") as CustomerId;
      const name = readName(body.name);
      await keys.create(organisationId, customerId); // before its row: a customer without a key could not be sealed for
      const at = clock.now();
      const row = await inScope(by.principal, async (tx) => {
        const kinds = await fieldList(tx);
        const made: CustomerRow = {
          organisationId,
          projectId,
          customerId,
          name,
          nameKey: foldName(name),
          note: body.note,
          language: body.language,
          fields: readFields(body.fields, {}, kinds),
          createdAt: at,
          updatedAt: at,
          lastContactAt: null,
          version: 1,
        };
        await customerInsert(tx, made);
        await save(tx, made, identities);
        // The chain holds which parts were given and never what they say: it outlives a customer's erasure.
        await audit.write(tx, {
          actor: by.principal,
          action: "customer.create",
          objectType: "customer",
          objectId: customerId,
          before: null,
          after: { projectId },
          address: by.address,
          at,
        });
        return { made, card: shown(by.principal, made, identities, kinds) };
      });
      changed(organisationId, row.made);
      tieEarlierSoon(row.made, identities);
      return row.card;
    },

    async update(by, customerId, { version, ...wanted }) {
      const { organisationId } = by.principal;
      const given = wanted.identities === undefined ? null : readIdentities(organisationId, wanted.identities);
      const saved = await inScope(by.principal, async (tx) => {
        const before = await customerFetch(tx, customerId, "forUpdate");
        if (before === null) throw notFound();
        const stood = (await identityList(tx, [customerId])).get(customerId) ?? [];
        const kinds = await fieldList(tx);
        if (wanted.projectId !== undefined && wanted.projectId !== before.projectId)
          throw invalidField("projectId", "fixed", "can't be changed");
        const name = wanted.name === undefined ? before.name : readName(wanted.name);
        const next: CustomerRow = {
          ...before,
          name,
          nameKey: foldName(name),
          note: wanted.note ?? before.note,
          language: wanted.language === undefined ? before.language : wanted.language,
          fields: wanted.fields === undefined ? before.fields : readOpenFields(by.principal, before, wanted.fields, kinds),
          updatedAt: clock.now(),
        };
        const identities = given ?? stood;
        const parts = changedParts(before, next, stood, identities);
        if (before.version !== version) throw staleVersion(parts);
        const row = await customerUpdate(tx, next);
        await save(tx, row, identities);
        await audit.write(tx, {
          actor: by.principal,
          action: "customer.change",
          objectType: "customer",
          objectId: customerId,
          before: { version: before.version },
          after: { version: row.version, parts },
          address: by.address,
          at: row.updatedAt,
        });
        return { row, identities, card: shown(by.principal, row, identities, kinds) };
      });
      changed(organisationId, saved.row);
      if (given !== null) tieEarlierSoon(saved.row, saved.identities);
      return saved.card;
    },

    async tie(principal, contactId, customerId) {
      const scope: Scope = { organisationId: principal.organisationId, projectIds: principal.projectIds };
      const facts = await contacts.load(scope, contactId);
      if (facts === null) throw notFound();
      assertMayRead(principal, facts);
      const row = await database.withScope(scope, (tx) => customerFetch(tx, customerId));
      // A customer belongs to one project, and so does a contact.
      if (row === null || row.projectId !== facts.projectId) throw notFound();
      await contacts.applyCommitted(scope, contactId, {
        kind: "customerTied",
        customerId: row.customerId as CustomerId,
        by: principal.personId,
      });
    },

    async start() {
      const [row] = await database.withDoors((tx) =>
        tx.query<{ indexed: boolean }>("select doors.customer_search_is_indexed() as indexed"),
      );
      if (row?.indexed === false)
        log.warn(
          { event: "searchNotIndexed" },
          "PostgreSQL has no pg_trgm: searching customers reads all of an organisation's, and is slow for many",
        );
    },
  };
}

/** Where every term begins a word first, then by name. A number may also stand in a name ("Shop 911"). */
async function findRanked(
  tx: Tx,
  { terms, fragments, typed }: { readonly terms: readonly string[]; readonly fragments: readonly string[]; readonly typed: string },
): Promise<readonly CustomerRow[]> {
  const limit = customerLimits.searchCandidatesMax;
  const ranks = new Map(await searchFind(tx, { terms, fragments, limit }));
  if (fragments.length > 0) {
    const words = searchWords([typed])
      .split(" ")
      .filter((word) => word !== "");
    for (const [customerId, rank] of await searchFind(tx, { terms: words, fragments: [], limit }))
      if (!ranks.has(customerId)) ranks.set(customerId, rank + 1);
  }
  const rows = await customerListByIds(tx, [...ranks.keys()]);
  const rankOf = (row: CustomerRow): number => ranks.get(row.customerId) ?? 0;
  return rows.toSorted((a, b) => rankOf(a) - rankOf(b) || compareText(a.nameKey, b.nameKey) || compareText(a.customerId, b.customerId));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function readEmail(text: string): string | null {
  return /^[^@\s]+@[^@\s]+$/.test(text) ? text.normalize("NFC").toLowerCase() : null;
}

function shownIdentities(identities: readonly IdentityRow[] | undefined): Customer["identities"] {
  return (identities ?? []).map(({ kind, shown }) => ({ kind, value: shown }));
}

function presentCustomer(row: CustomerRow, identities: readonly IdentityRow[] | undefined): Customer {
  const { organisationId: _organisation, nameKey: _key, lastContactAt: _last, ...card } = row;
  return { ...card, identities: shownIdentities(identities) };
}

function changedParts(before: CustomerRow, next: CustomerRow, stood: readonly IdentityRow[], identities: readonly IdentityRow[]): string[] {
  const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);
  return [
    ...(["name", "note", "language", "fields"] as const).filter((part) => differs(before[part], next[part])),
    ...(differs(
      stood.map(({ kind, value }) => [kind, value]),
      identities.map(({ kind, value }) => [kind, value]),
    )
      ? ["identities"]
      : []),
  ];
}
