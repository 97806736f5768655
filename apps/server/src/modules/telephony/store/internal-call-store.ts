import type { InternalOutcome } from "@allo/contract";
import type { Instant, InternalCallId, OrganisationId, PersonId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

export type StoredInternalCall = {
  readonly internalCallId: InternalCallId;
  readonly callerId: PersonId;
  readonly calleeId: PersonId;
  readonly startedAt: Instant;
  readonly answeredAt: Instant | null;
  readonly endedAt: Instant;
  readonly outcome: InternalOutcome;
  readonly missed: boolean;
};

/** Counted no further. */
const MISSED_COUNT_MAX = 100;

/** Said twice it stands once: an edge tells of an end again after a restart. */
export async function internalCallInsert(tx: Tx, organisationId: OrganisationId, call: StoredInternalCall): Promise<void> {
  await tx.query(
    `insert into telephony.internal_call
       (organisation_id, internal_call_id, caller_id, callee_id, started_at, answered_at, ended_at, outcome, missed)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (internal_call_id) do nothing`,
    [
      organisationId,
      call.internalCallId,
      call.callerId,
      call.calleeId,
      call.startedAt,
      call.answeredAt,
      call.endedAt,
      call.outcome,
      call.missed,
    ],
  );
}

type Row = {
  internal_call_id: InternalCallId;
  caller_id: PersonId;
  callee_id: PersonId;
  started_at: number;
  answered_at: number | null;
  ended_at: number;
  outcome: InternalOutcome;
  missed: boolean;
};

/** Newest first, after the given place. `of`: one of the two is among these people; with `personId` one of them is that person too. */
export async function internalCallList(
  tx: Tx,
  {
    of,
    personId,
    after,
    limit,
  }: {
    readonly of: readonly PersonId[] | "*";
    readonly personId: PersonId | null;
    readonly after: { readonly startedAt: number; readonly internalCallId: string } | null;
    readonly limit: number;
  },
): Promise<readonly StoredInternalCall[]> {
  const values: unknown[] = [limit];
  const wheres: string[] = [];
  const bind = (value: unknown): string => `$${String(values.push(value))}`;
  if (after !== null) wheres.push(`(started_at, internal_call_id) < (${bind(after.startedAt)}, ${bind(after.internalCallId)})`);
  if (of !== "*") {
    const people = bind(of);
    wheres.push(`(caller_id = any (${people}) or callee_id = any (${people}))`);
  }
  if (personId !== null) {
    const person = bind(personId);
    wheres.push(`(caller_id = ${person} or callee_id = ${person})`);
  }
  const rows = await tx.query<Row>(
    `select internal_call_id, caller_id, callee_id, started_at, answered_at, ended_at, outcome, missed
     from telephony.internal_call ${wheres.length === 0 ? "" : `where ${wheres.join(" and ")}`}
     order by started_at desc, internal_call_id desc limit $1`,
    values,
  );
  return rows.map((row) => ({
    internalCallId: row.internal_call_id,
    callerId: row.caller_id,
    calleeId: row.callee_id,
    startedAt: row.started_at,
    answeredAt: row.answered_at,
    endedAt: row.ended_at,
    outcome: row.outcome,
    missed: row.missed,
  }));
}

/** What this person missed since they looked last, but for those with whom they have spoken since. */
export async function internalCallMissedCount(tx: Tx, personId: PersonId): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    `select count(*)::integer as count from (
       select from telephony.internal_call as missed
       where callee_id = $1 and missed
         and started_at > coalesce((select seen_at from telephony.internal_call_seen where person_id = $1), 0)
         and not exists (
           select from telephony.internal_call as later
           where later.outcome = 'answered' and later.started_at > missed.started_at
             and ((later.caller_id = $1 and later.callee_id = missed.caller_id)
               or (later.caller_id = missed.caller_id and later.callee_id = $1)))
       order by started_at desc limit $2
     ) as unseen`,
    [personId, MISSED_COUNT_MAX],
  );
  return row?.count ?? 0;
}

/** All until then. */
export async function internalCallSeenPut(tx: Tx, organisationId: OrganisationId, personId: PersonId, at: Instant): Promise<void> {
  await tx.query(
    `insert into telephony.internal_call_seen (organisation_id, person_id, seen_at) values ($1, $2, $3)
     on conflict (person_id) do update set seen_at = excluded.seen_at`,
    [organisationId, personId, at],
  );
}

export async function internalCallTrim(tx: Tx, before: Instant): Promise<void> {
  await tx.query("delete from telephony.internal_call where started_at < $1", [before]);
}
