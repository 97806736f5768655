import type { Instant, OrganisationId } from "@allo/kernel";
import type { RecordingStorage } from "@allo/contract";
import type { Tx } from "../../../platform/db.ts";
import type { ShelvedRecording } from "../../contacts/index.ts";
import { shelvedOf, SHELVED_COLUMNS, type ShelvedRow } from "./shelf-store.ts";

export type StorageSetting = Pick<RecordingStorage, "opusAfterDays" | "version">;

export async function storageSettingFetch(tx: Tx): Promise<StorageSetting | null> {
  const [row] = await tx.query<{ opus_after_days: number; version: number }>(
    "select opus_after_days, version from telephony.storage_setting",
  );
  return row === undefined ? null : { opusAfterDays: row.opus_after_days, version: row.version };
}

/** False where somebody was faster: the row has another version. */
export async function storageSettingPut(tx: Tx, organisationId: OrganisationId, setting: StorageSetting): Promise<boolean> {
  const rows = await tx.query<{ version: number }>(
    `insert into telephony.storage_setting as kept (organisation_id, opus_after_days, version) values ($1, $2, $3 + 1)
     on conflict (organisation_id) do update set opus_after_days = excluded.opus_after_days, version = kept.version + 1
       where kept.version = $3
     returning version`,
    [organisationId, setting.opusAfterDays, setting.version],
  );
  return rows.length === 1;
}

/** The oldest that were saved before `before` and can be made smaller. */
export async function recordingListDue(tx: Tx, before: Instant, rowsMax: number): Promise<readonly ShelvedRecording[]> {
  const rows = await tx.query<ShelvedRow>(
    `select ${SHELVED_COLUMNS}, null as failure from telephony.recording r
     where r.organisation_id = (select platform.organisation_id()) and r.state = 'saved' and r.encoding = 'g711'
       and r.shrink_failure is null and r.started_at < $1
     order by r.started_at limit $2`,
    [before, rowsMax],
  );
  return rows.map(shelvedOf);
}

/** Those whose original has yet to be removed. */
export async function recordingListLeftOver(
  tx: Tx,
  rowsMax: number,
): Promise<readonly { readonly recordingId: string; readonly pathBefore: string }[]> {
  const rows = await tx.query<{ recording_id: string; path_before: string }>(
    `select recording_id, path_before from telephony.recording
     where organisation_id = (select platform.organisation_id()) and path_before is not null limit $1`,
    [rowsMax],
  );
  return rows.map((row) => ({ recordingId: row.recording_id, pathBefore: row.path_before }));
}

export async function recordingOriginalGone(tx: Tx, recordingId: string): Promise<void> {
  await tx.query("update telephony.recording set path_before = null where recording_id = $1", [recordingId]);
}

export async function recordingShrinkRefused(tx: Tx, recordingId: string, reason: string): Promise<void> {
  await tx.query("update telephony.recording set shrink_failure = $2 where recording_id = $1 and encoding = 'g711'", [recordingId, reason]);
}

export async function recordingStorageSums(tx: Tx, before: Instant): Promise<RecordingStorage["kept"]> {
  const [row] = await tx.query<Record<"recordings" | "bytes" | "smaller" | "saved" | "due" | "refused", number>>(
    `select count(*)::int as recordings, coalesce(sum(bytes), 0)::bigint as bytes,
       (count(*) filter (where encoding = 'opus'))::int as smaller,
       coalesce(sum(bytes_before - bytes) filter (where encoding = 'opus'), 0)::bigint as saved,
       (count(*) filter (where encoding = 'g711' and state = 'saved' and shrink_failure is null and started_at < $1))::int as due,
       (count(*) filter (where shrink_failure is not null))::int as refused
     from telephony.recording where organisation_id = (select platform.organisation_id()) and state in ('saved', 'cut')`,
    [before],
  );
  return {
    recordings: row?.recordings ?? 0,
    bytes: Math.max(0, row?.bytes ?? 0),
    smaller: row?.smaller ?? 0,
    bytesSaved: Math.max(0, row?.saved ?? 0),
    due: row?.due ?? 0,
    refused: row?.refused ?? 0,
  };
}
