import type { ContactId, Instant, OrganisationId, ProjectId, RecordingId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import type { RecordingFailureSums, ShelvedRecording, StoredRecording } from "../../contacts/index.ts";

type Row = {
  organisation_id: OrganisationId;
  project_id: ProjectId;
  recording_id: RecordingId;
  contact_id: ContactId;
  state: StoredRecording["state"];
  wrapped_key: Uint8Array;
  key_subject: string;
  file_path: string;
  started_at: number | null;
};

export type ShelvedRow = Row & { readonly bytes: number | null; readonly sha256_hex: string | null; readonly failure: string | null };
/** Of telephony.recording as r. */
export const SHELVED_COLUMNS = `r.organisation_id, r.project_id, r.recording_id, r.contact_id, r.state, r.wrapped_key, r.key_subject,
  r.file_path, r.started_at, r.bytes, r.sha256_hex`;

export async function recordingStoredFetch(tx: Tx, recordingId: string): Promise<StoredRecording | null> {
  const [row] = await tx.query<Row>(
    "select organisation_id, project_id, recording_id, contact_id, state, wrapped_key, key_subject, file_path, started_at from telephony.recording where recording_id = $1",
    [recordingId],
  );
  if (row === undefined) return null;
  return storedOf(row);
}

export async function recordingShelvedList(
  tx: Tx,
  contactIds: readonly ContactId[],
  recordingId: string | null,
): Promise<readonly ShelvedRecording[]> {
  const rows = await tx.query<ShelvedRow>(
    `select ${SHELVED_COLUMNS}, e.payload ->> 'reason' as failure
     from telephony.recording r
     left join telephony.recording_event e on e.recording_id = r.recording_id and e.kind = 'failed'
     where r.contact_id = any ($1) and ($2::text is null or r.recording_id = $2) order by r.prepared_at, r.recording_id`,
    [contactIds, recordingId],
  );
  return rows.map(shelvedOf);
}

/** What was saved and what failed, both by an index; a saved one is the word that recording works again. */
export async function recordingFailureSums(tx: Tx, from: Instant): Promise<RecordingFailureSums> {
  const [row] = await tx.query<{ calls: number; since: Instant | null; last: Instant | null }>(
    `with saved as (
       select max(started_at) as at from telephony.recording
       where state = 'saved' and encoding = 'g711' and shrink_failure is null and started_at >= $1
     )
     select count(distinct e.contact_id)::int as calls, min(e.at) as since, max(e.at) as last
     from telephony.recording_event e where e.kind = 'failed' and e.at >= greatest($1, (select at + 1 from saved))`,
    [from],
  );
  return { calls: row?.calls ?? 0, since: row?.since ?? null, last: row?.last ?? null };
}

export function shelvedOf(row: ShelvedRow): ShelvedRecording {
  return { ...storedOf(row), bytes: row.bytes, sha256Hex: row.sha256_hex, failure: row.failure ?? "" };
}

function storedOf(row: Row): StoredRecording {
  return {
    organisationId: row.organisation_id,
    projectId: row.project_id,
    recordingId: row.recording_id,
    contactId: row.contact_id,
    state: row.state,
    wrappedKey: row.wrapped_key,
    keySubject: row.key_subject,
    filePath: row.file_path,
    startedAt: row.started_at,
  };
}

/** Locks a contact's recordings whose keys are wrapped by another subject. */
export async function recordingWrappedList(
  tx: Tx,
  { contactId, notBy }: { readonly contactId: ContactId; readonly notBy: string },
): Promise<readonly { readonly recordingId: RecordingId; readonly keySubject: string; readonly wrappedKey: Uint8Array }[]> {
  const rows = await tx.query<{ recording_id: RecordingId; key_subject: string; wrapped_key: Uint8Array }>(
    "select recording_id, key_subject, wrapped_key from telephony.recording where contact_id = $1 and key_subject <> $2 order by recording_id for update",
    [contactId, notBy],
  );
  return rows.map((row) => ({ recordingId: row.recording_id, keySubject: row.key_subject, wrappedKey: row.wrapped_key }));
}

export async function recordingRewrapInTx(
  tx: Tx,
  {
    recordingId,
    keySubject,
    wrappedKey,
  }: { readonly recordingId: RecordingId; readonly keySubject: string; readonly wrappedKey: Uint8Array },
): Promise<void> {
  await tx.query("update telephony.recording set key_subject = $2, wrapped_key = $3 where recording_id = $1", [
    recordingId,
    keySubject,
    Buffer.from(wrappedKey),
  ]);
}
