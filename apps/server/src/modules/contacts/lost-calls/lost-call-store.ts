import type { EndCause, LostCall } from "@allo/contract";
import type { ContactId, CustomerId, Instant, LostCallId, OrganisationId, PersonId, ProjectId, QueueId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import type { LostCallState } from "./lost-call-rules.ts";

export type LostCallRow = Omit<LostCall, "callerNumber" | "customerName" | "settledByName"> & {
  readonly organisationId: OrganisationId;
  readonly sealedCaller: string | null;
  /** The contact by whose key the caller is sealed. */
  readonly sealedBy: ContactId;
  readonly settledBy: PersonId | null;
  readonly isAnonymous: boolean;
};
export type LostContact = {
  readonly organisationId: OrganisationId;
  readonly projectId: ProjectId;
  readonly contactId: ContactId;
  readonly callerIndex: string | null;
  readonly sealedCaller: string | null;
  readonly customerId: CustomerId | null;
  readonly queueId: QueueId;
  readonly at: Instant;
  readonly waitMs: number;
  readonly cause: EndCause;
};
export const lostCallLimits = { contactIdsMax: 50, pageDefault: 50, countedKeptMax: 20_000 } as const;

/** False: this contact was counted so before. */
export async function seenInsertInTx(
  tx: Tx,
  seen: {
    readonly organisationId: OrganisationId;
    readonly projectId: ProjectId;
    readonly contactId: ContactId;
    readonly how: "lost" | "answered";
    readonly at: Instant;
    readonly callerIndex: string | null;
  },
): Promise<boolean> {
  const rows = await tx.query(
    `insert into contacts.lost_call_seen (organisation_id, project_id, contact_id, how, at, caller_index) values ($1, $2, $3, $4, $5, $6)
     on conflict do nothing returning contact_id`,
    [seen.organisationId, seen.projectId, seen.contactId, seen.how, seen.at, seen.callerIndex],
  );
  return rows.length > 0;
}

export async function seenTieInTx(tx: Tx, contactId: ContactId, lostCallId: LostCallId): Promise<void> {
  await tx.query("update contacts.lost_call_seen set lost_call_id = $2 where contact_id = $1 and how = 'lost'", [contactId, lostCallId]);
}

/** When this caller was first answered after that time; null: not yet. */
export async function answeredAfter(tx: Tx, lost: LostContact): Promise<Instant | null> {
  const [row] = await tx.query<{ at: number | null }>(
    "select min(at) as at from contacts.lost_call_seen where how = 'answered' and caller_index = $1 and project_id = $2 and at > $3",
    [lost.callerIndex, lost.projectId, lost.at],
  );
  return row?.at ?? null;
}

/** Adds a call to the open entry of its number; null where none is open. */
export async function lostCallMergeInTx(tx: Tx, lost: LostContact): Promise<LostCallId | null> {
  const [row] = await tx.query<{ lost_call_id: LostCallId }>(
    `update contacts.lost_call set call_count = call_count + 1, version = version + 1,
       contact_ids = (array[$3] || contact_ids)[1:${lostCallLimits.contactIdsMax}],
       sealed_caller = case when last_at <= $4 then decode($5, 'base64') else sealed_caller end, sealed_by = case when last_at <= $4 then $3 else sealed_by end,
       queue_id = case when last_at <= $4 then $6 else queue_id end, wait_ms = case when last_at <= $4 then $7 else wait_ms end,
       cause = case when last_at <= $4 then $8::jsonb else cause end, customer_id = coalesce($9, customer_id), last_at = greatest(last_at, $4)
     where project_id = $1 and caller_index = $2 and state = 'open' returning lost_call_id`,
    [
      lost.projectId,
      lost.callerIndex,
      lost.contactId,
      lost.at,
      lost.sealedCaller,
      lost.queueId,
      lost.waitMs,
      JSON.stringify(lost.cause),
      lost.customerId,
    ],
  );
  return row?.lost_call_id ?? null;
}

export async function lostCallInsertInTx(
  tx: Tx,
  lost: LostContact,
  entry: { readonly lostCallId: LostCallId; readonly state: LostCallState; readonly settledAt: Instant | null },
): Promise<void> {
  await tx.query(
    `insert into contacts.lost_call (organisation_id, project_id, lost_call_id, caller_index, sealed_caller, sealed_by, customer_id, queue_id, last_at, wait_ms, call_count, cause,
       state, settled_at, contact_ids)
     values ($1, $2, $3, $4, decode($5, 'base64'), $6, $7, $8, $9, $10, 1, $11::jsonb, $12, $13, array[$6])`,
    [
      lost.organisationId,
      lost.projectId,
      entry.lostCallId,
      lost.callerIndex,
      lost.sealedCaller,
      lost.contactId,
      lost.customerId,
      lost.queueId,
      lost.at,
      lost.waitMs,
      JSON.stringify(lost.cause),
      entry.state,
      entry.settledAt,
    ],
  );
}

/** The caller was answered: what was lost of them before is settled. */
export async function lostCallAnsweredInTx(
  tx: Tx,
  { projectId, callerIndex, at }: { readonly projectId: ProjectId; readonly callerIndex: string; readonly at: Instant },
): Promise<readonly LostCallId[]> {
  const rows = await tx.query<{ lost_call_id: LostCallId }>(
    `update contacts.lost_call set state = 'calledAgain', settled_at = $3, settled_by = null, reason = null, version = version + 1
     where project_id = $1 and caller_index = $2 and state = 'open' and last_at <= $3 returning lost_call_id`,
    [projectId, callerIndex, at],
  );
  return rows.map((row) => row.lost_call_id);
}

export async function lostCallCustomerInTx(tx: Tx, contactId: ContactId, customerId: CustomerId): Promise<readonly LostCallId[]> {
  const rows = await tx.query<{ lost_call_id: LostCallId }>(
    `update contacts.lost_call l set customer_id = $2 from contacts.lost_call_seen s
     where s.contact_id = $1 and s.how = 'lost' and l.lost_call_id = s.lost_call_id and l.customer_id is distinct from $2 returning l.lost_call_id`,
    [contactId, customerId],
  );
  return rows.map((row) => row.lost_call_id);
}

const COLUMNS = `organisation_id, project_id, lost_call_id, caller_index is null as is_anonymous, encode(sealed_caller, 'base64') as sealed_caller, sealed_by, customer_id,
  queue_id, last_at, wait_ms, call_count, attempts, cause, state, settled_at, settled_by, reason, contact_ids, version`;

export function lostCallListSql(filter: {
  readonly after: readonly [number, string] | null;
  readonly limit: number;
  readonly state: "open" | "settled" | undefined;
  readonly projectId: string | undefined;
  readonly queueId: string | undefined;
}): { readonly sql: string; readonly values: readonly unknown[] } {
  const values: unknown[] = [];
  const given = (value: unknown): string => `$${values.push(value)}`;
  const conditions: string[] = [];
  if (filter.state !== undefined) conditions.push(filter.state === "open" ? "state = 'open'" : "state <> 'open'");
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
    contactIds: row.contact_ids,
    version: row.version,
  };
}
