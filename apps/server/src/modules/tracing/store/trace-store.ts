import type { CallId, ContactId, OrganisationId, ProjectId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";

export type StoredTrace = { readonly callId: CallId; readonly sealed: Uint8Array; readonly expiresAt: number };

export async function traceInsert(
  tx: Tx,
  trace: StoredTrace & {
    readonly organisationId: OrganisationId;
    readonly projectId: ProjectId;
    readonly contactId: ContactId;
    readonly at: number;
  },
): Promise<void> {
  await tx.query(
    `insert into tracing.call_trace (organisation_id, project_id, contact_id, call_id, at, expires_at, sealed)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    [trace.organisationId, trace.projectId, trace.contactId, trace.callId, trace.at, trace.expiresAt, trace.sealed],
  );
}

/** In the order of the calls; those past their time are not given, whether or not they were removed already. */
export async function traceListOf(tx: Tx, contactId: ContactId, at: number, rowsMax: number): Promise<readonly StoredTrace[]> {
  const rows = await tx.query<{ call_id: CallId; sealed: Buffer; expires_at: number }>(
    `select call_id, sealed, expires_at from tracing.call_trace
     where organisation_id = (select platform.organisation_id()) and contact_id = $1 and expires_at > $2 order by at, call_id limit $3`,
    [contactId, at, rowsMax],
  );
  return rows.map((row) => ({ callId: row.call_id, sealed: row.sealed, expiresAt: row.expires_at }));
}

/** How many were removed; at most `rowsMax` at a time. */
export async function traceTrim(tx: Tx, at: number, rowsMax: number): Promise<number> {
  const rows = await tx.query<{ call_id: string }>(
    `delete from tracing.call_trace where ctid = any (array(
       select ctid from tracing.call_trace where organisation_id = (select platform.organisation_id()) and expires_at <= $1 limit $2))
     returning call_id`,
    [at, rowsMax],
  );
  return rows.length;
}

export type StoredSetting = { readonly keepDays: number; readonly version: number };

export async function settingFetch(tx: Tx): Promise<StoredSetting | null> {
  const [row] = await tx.query<{ keep_days: number; version: number }>("select keep_days, version from tracing.setting");
  return row === undefined ? null : { keepDays: row.keep_days, version: row.version };
}

/** False where somebody was faster: the row has another version. */
export async function settingPut(tx: Tx, organisationId: OrganisationId, setting: StoredSetting): Promise<boolean> {
  const rows = await tx.query<{ version: number }>(
    `insert into tracing.setting as kept (organisation_id, keep_days, version) values ($1, $2, $3 + 1)
     on conflict (organisation_id) do update set keep_days = excluded.keep_days, version = kept.version + 1 where kept.version = $3
     returning version`,
    [organisationId, setting.keepDays, setting.version],
  );
  return rows.length === 1;
}
