import type { DialPolicy, DialStop } from "@allo/contract";
import type { Instant, OrganisationId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

export type StoredPolicy = { readonly settings: Partial<DialPolicy>; readonly version: number };
export type StoredStop = Omit<DialStop, "byName"> & { readonly stoppedBy: string | null };

export async function policyFetch(tx: Tx): Promise<StoredPolicy | null> {
  const [row] = await tx.query<StoredPolicy>("select settings, version from dialling.policy");
  return row ?? null;
}

/** False where the row is no longer of this version. */
export async function policyPut(
  tx: Tx,
  given: { readonly organisationId: OrganisationId; readonly settings: DialPolicy; readonly version: number; readonly at: Instant },
): Promise<boolean> {
  const rows = await tx.query<{ version: number }>(
    `insert into dialling.policy as kept (organisation_id, settings, version, updated_at)
     select $1, $2::jsonb, $3::integer + 1, $4 where $3::integer = 0 or exists (select from dialling.policy)
     on conflict (organisation_id) do update set settings = excluded.settings, version = kept.version + 1, updated_at = excluded.updated_at
       where kept.version = $3::integer
     returning version`,
    [given.organisationId, JSON.stringify(given.settings), given.version, given.at],
  );
  return rows.length === 1;
}

type StopRow = {
  stop_id: string;
  at: number;
  cause: DialStop["cause"];
  limit_value: number | null;
  value: number | null;
  stopped_by: string | null;
  reason: string;
};

export async function stopFetchOpen(tx: Tx): Promise<StoredStop | null> {
  const [row] = await tx.query<StopRow>(
    "select stop_id, at, cause, limit_value, value, stopped_by, reason from dialling.stop where lifted_at is null",
  );
  if (row === undefined) return null;
  return {
    stopId: row.stop_id,
    at: row.at,
    cause: row.cause,
    limit: row.limit_value,
    value: row.value,
    stoppedBy: row.stopped_by,
    reason: row.reason,
  };
}

/** When the last one was lifted; null where none ever was. */
export async function stopLastLiftedAt(tx: Tx): Promise<Instant | null> {
  const [row] = await tx.query<{ at: number | null }>(
    "select lifted_at as at from dialling.stop where lifted_at is not null order by at desc limit 1",
  );
  return row?.at ?? null;
}

export async function stopInsert(tx: Tx, organisationId: OrganisationId, stop: StoredStop): Promise<void> {
  await tx.query(
    `insert into dialling.stop (organisation_id, stop_id, at, cause, limit_value, value, stopped_by, reason)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [organisationId, stop.stopId, stop.at, stop.cause, stop.limit, stop.value, stop.stoppedBy, stop.reason],
  );
}

export async function stopLift(
  tx: Tx,
  given: { readonly stopId: string; readonly at: Instant; readonly personId: string; readonly reason: string },
): Promise<void> {
  await tx.query("update dialling.stop set lifted_at = $2, lifted_by = $3, lift_reason = $4 where stop_id = $1", [
    given.stopId,
    given.at,
    given.personId,
    given.reason,
  ]);
}
