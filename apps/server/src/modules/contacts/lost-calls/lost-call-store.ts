import type { EndCause, LostCall } from "@allo/contract";
import type { ContactId, CustomerId, Instant, LostCallId, OrganisationId, PersonId, ProjectId, QueueId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import type { CallerMoment, LostCallState } from "./lost-call-rules.ts";
import type { LostEntry } from "./take-in.ts";

export type LostCallRow = Omit<LostCall, "callerNumber" | "customerName" | "settledByName"> & {
  readonly organisationId: OrganisationId;
  readonly sealedCaller: string | null;
  /** The contact by whose key the caller is sealed. */
  readonly sealedBy: ContactId;
  readonly settledBy: PersonId | null;
  readonly isAnonymous: boolean;
};
export const lostCallLimits = { pageDefault: 50, countedKeptMax: 20_000 } as const;

/** A contact's moment, as it is counted once. */
export type SeenMoment = {
  readonly contactId: ContactId;
  readonly how: CallerMoment["how"];
  readonly at: Instant;
  readonly projectId: ProjectId;
  readonly callerIndex: string | null;
  readonly lostCallId: LostCallId | null;
};

/** Which moments of these contacts were counted before, each as `contact how`. */
export async function seenNames(tx: Tx, contactIds: readonly ContactId[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ contact_id: ContactId; how: string }>(
    "select contact_id, how from contacts.lost_call_seen where contact_id = any ($1)",
    [contactIds],
    "lostSeen",
  );
  return new Set(rows.map((row) => `${row.contact_id} ${row.how}`));
}

export async function seenInsertInTx(tx: Tx, organisationId: OrganisationId, all: readonly SeenMoment[]): Promise<void> {
  await tx.query(
    `insert into contacts.lost_call_seen (organisation_id, project_id, contact_id, how, at, caller_index, lost_call_id)
     select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[])`,
    [
      organisationId,
      all.map(({ projectId }) => projectId),
      all.map(({ contactId }) => contactId),
      all.map(({ how }) => how),
      all.map(({ at }) => at),
      all.map(({ callerIndex }) => callerIndex),
      all.map(({ lostCallId }) => lostCallId),
    ],
  );
}

/** When these callers were answered after that time. */
export async function answeredList(
  tx: Tx,
  callerIndexes: readonly string[],
  after: Instant,
): Promise<readonly { readonly projectId: ProjectId; readonly callerIndex: string; readonly at: Instant }[]> {
  const rows = await tx.query<{ project_id: ProjectId; caller_index: string; at: Instant }>(
    "select project_id, caller_index, at from contacts.lost_call_seen where how = 'answered' and caller_index = any ($1) and at > $2",
    [callerIndexes, after],
    "lostAnswered",
  );
  return rows.map((row) => ({ projectId: row.project_id, callerIndex: row.caller_index, at: row.at }));
}

/** The open entries of these callers, locked. */
export async function entryListForUpdate(
  tx: Tx,
  projectIds: readonly ProjectId[],
  callerIndexes: readonly string[],
): Promise<readonly LostEntry[]> {
  const rows = await tx.query<EntryRow>(
    `select project_id, lost_call_id, caller_index, encode(sealed_caller, 'base64') as sealed_caller, sealed_by, customer_id, queue_id, last_at, wait_ms, call_count, cause,
       state, settled_at, owed_since, contact_ids
     from contacts.lost_call where state = 'open' and project_id = any ($1) and caller_index = any ($2) order by lost_call_id for update`,
    [projectIds, callerIndexes],
    "lostEntries",
  );
  return rows.map((row) => ({
    projectId: row.project_id,
    lostCallId: row.lost_call_id,
    callerIndex: row.caller_index,
    sealedCaller: row.sealed_caller,
    sealedBy: row.sealed_by,
    customerId: row.customer_id,
    queueId: row.queue_id,
    lastAt: row.last_at,
    waitMs: row.wait_ms,
    callCount: row.call_count,
    cause: row.cause,
    state: row.state,
    settledAt: row.settled_at,
    owedSince: row.owed_since,
    contactIds: row.contact_ids,
  }));
}

const ENTRY_TYPE = `(project_id text, lost_call_id text, caller_index text, sealed_caller text, sealed_by text, customer_id text, queue_id text, last_at bigint,
  wait_ms bigint, call_count integer, cause jsonb, state text, settled_at bigint, owed_since bigint, contact_ids text[])`;

export async function entryInsertInTx(tx: Tx, organisationId: OrganisationId, entries: readonly LostEntry[]): Promise<void> {
  await tx.query(
    `insert into contacts.lost_call (organisation_id, project_id, lost_call_id, caller_index, sealed_caller, sealed_by, customer_id, queue_id, last_at, wait_ms, call_count,
       cause, state, settled_at, owed_since, contact_ids)
     select $1, project_id, lost_call_id, caller_index, decode(sealed_caller, 'base64'), sealed_by, customer_id, queue_id, last_at, wait_ms, call_count, cause, state,
       settled_at, owed_since, contact_ids
     from jsonb_to_recordset($2::jsonb) as rows ${ENTRY_TYPE}`,
    [organisationId, entriesJson(entries)],
  );
}

/** What calls change in an entry; the rows must be locked. */
export async function entryUpdateInTx(tx: Tx, entries: readonly LostEntry[]): Promise<void> {
  await tx.query(
    `update contacts.lost_call l set sealed_caller = decode(r.sealed_caller, 'base64'), sealed_by = r.sealed_by, customer_id = r.customer_id, queue_id = r.queue_id,
       last_at = r.last_at, wait_ms = r.wait_ms, call_count = r.call_count, cause = r.cause, state = r.state, settled_at = r.settled_at, owed_since = r.owed_since, contact_ids = r.contact_ids,
       version = l.version + 1
     from jsonb_to_recordset($1::jsonb) as r ${ENTRY_TYPE} where l.lost_call_id = r.lost_call_id`,
    [entriesJson(entries)],
  );
}

function entriesJson(entries: readonly LostEntry[]): string {
  return JSON.stringify(
    entries.map((entry) => ({
      project_id: entry.projectId,
      lost_call_id: entry.lostCallId,
      caller_index: entry.callerIndex,
      sealed_caller: entry.sealedCaller,
      sealed_by: entry.sealedBy,
      customer_id: entry.customerId,
      queue_id: entry.queueId,
      last_at: entry.lastAt,
      wait_ms: entry.waitMs,
      call_count: entry.callCount,
      cause: entry.cause,
      state: entry.state,
      settled_at: entry.settledAt,
      owed_since: entry.owedSince,
      contact_ids: entry.contactIds,
    })),
  );
}

/** Whose calls these were has become known. Gives the entries that didn't say so yet. */
export async function lostCallCustomersInTx(
  tx: Tx,
  contactIds: readonly ContactId[],
  customerIds: readonly CustomerId[],
): Promise<readonly { readonly lostCallId: LostCallId; readonly projectId: ProjectId }[]> {
  const rows = await tx.query<{ lost_call_id: LostCallId; project_id: ProjectId }>(
    `update contacts.lost_call l set customer_id = tied.customer_id
     from unnest($1::text[], $2::text[]) as tied (contact_id, customer_id) join contacts.lost_call_seen s on s.contact_id = tied.contact_id and s.how = 'lost'
     where l.lost_call_id = s.lost_call_id and l.customer_id is distinct from tied.customer_id returning l.lost_call_id, l.project_id`,
    [contactIds, customerIds],
  );
  return rows.map((row) => ({ lostCallId: row.lost_call_id, projectId: row.project_id }));
}

const COLUMNS = `organisation_id, project_id, lost_call_id, caller_index is null as is_anonymous, encode(sealed_caller, 'base64') as sealed_caller, sealed_by, customer_id,
  queue_id, last_at, wait_ms, call_count, attempts, cause, state, settled_at, settled_by, reason, owed_since, contact_ids, version`;

export function lostCallListSql(filter: {
  readonly after: readonly [number, string] | null;
  readonly limit: number;
  readonly state: "open" | "settled" | undefined;
  readonly owed: boolean;
  readonly projectId: string | undefined;
  readonly queueId: string | undefined;
}): { readonly sql: string; readonly values: readonly unknown[] } {
  const values: unknown[] = [];
  const given = (value: unknown): string => `$${values.push(value)}`;
  const conditions: string[] = [];
  if (filter.state !== undefined) conditions.push(filter.state === "open" ? "state = 'open'" : "state <> 'open'");
  if (filter.owed) conditions.push("owed_since is not null");
  if (filter.projectId !== undefined) conditions.push(`project_id = ${given(filter.projectId)}`);
  if (filter.queueId !== undefined) conditions.push(`queue_id = ${given(filter.queueId)}`);
  if (filter.after !== null)
    conditions.push(`(last_at, lost_call_id) < (${given(filter.after[0])}::bigint, ${given(filter.after[1])}::text)`);
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  return {
    sql: `select ${COLUMNS} from contacts.lost_call ${where} order by last_at desc, lost_call_id desc limit ${given(filter.limit)}`,
    values,
  };
}

export async function lostCallList(tx: Tx, filter: Parameters<typeof lostCallListSql>[0]): Promise<readonly LostCallRow[]> {
  const { sql, values } = lostCallListSql(filter);
  return (await tx.query<Row>(sql, values)).map(toLostCall);
}

export async function lostCallFetchForUpdate(tx: Tx, lostCallId: string): Promise<LostCallRow | null> {
  const [row] = await tx.query<Row>(`select ${COLUMNS} from contacts.lost_call where lost_call_id = $1 for update`, [lostCallId]);
  return row === undefined ? null : toLostCall(row);
}

/** Writes what people change; the row must be locked by the caller. */
export async function lostCallUpdate(tx: Tx, next: LostCallRow): Promise<LostCallRow> {
  const [row] = await tx.query<Row>(
    `update contacts.lost_call set state = $2, settled_at = $3, settled_by = $4, reason = $5, attempts = $6, version = version + 1 where lost_call_id = $1 returning ${COLUMNS}`,
    [next.lostCallId, next.state, next.settledAt, next.settledBy, next.reason, next.attempts],
  );
  if (row === undefined) throw new Error("the lost call's row is gone");
  return toLostCall(row);
}

type EntryRow = {
  project_id: ProjectId;
  lost_call_id: LostCallId;
  caller_index: string | null;
  sealed_caller: string | null;
  sealed_by: ContactId;
  customer_id: CustomerId | null;
  queue_id: QueueId | null;
  last_at: number;
  wait_ms: number;
  call_count: number;
  cause: EndCause;
  state: LostCallState;
  settled_at: number | null;
  owed_since: number | null;
  contact_ids: ContactId[];
};

type Row = {
  organisation_id: OrganisationId;
  project_id: ProjectId;
  lost_call_id: LostCallId;
  is_anonymous: boolean;
  sealed_caller: string | null;
  sealed_by: ContactId;
  customer_id: CustomerId | null;
  queue_id: QueueId | null;
  last_at: number;
  wait_ms: number;
  call_count: number;
  attempts: number;
  cause: EndCause;
  state: LostCallState;
  settled_at: number | null;
  settled_by: PersonId | null;
  reason: string | null;
  owed_since: number | null;
  contact_ids: ContactId[];
  version: number;
};

function toLostCall(row: Row): LostCallRow {
  return {
    organisationId: row.organisation_id,
    projectId: row.project_id,
    lostCallId: row.lost_call_id,
    isAnonymous: row.is_anonymous,
    sealedCaller: row.sealed_caller,
    sealedBy: row.sealed_by,
    customerId: row.customer_id,
    queueId: row.queue_id,
    lastAt: row.last_at,
    waitMs: row.wait_ms,
    callCount: row.call_count,
    attempts: row.attempts,
    cause: row.cause,
    state: row.state,
    settledAt: row.settled_at,
    settledBy: row.settled_by,
    reason: row.reason,
    owedSince: row.owed_since,
    contactIds: row.contact_ids,
    version: row.version,
  };
}
