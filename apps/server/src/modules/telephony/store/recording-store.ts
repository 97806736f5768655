import type { ContactId, Epoch, Instant, OrganisationId, ProjectId, RecordingId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import type { LogRecord, LogStream } from "../../contacts/index.ts";

export const recordingEventStream: LogStream = {
  name: "recordingEvent",
  insertSql: `insert into telephony.recording_event (organisation_id, project_id, recording_id, contact_id, kind, at, payload, wrapped_key)
    select organisation_id, project_id, recording_id, contact_id, kind, at, payload, decode(wrapped_key, 'base64')
    from jsonb_to_recordset($1::jsonb) as rows (organisation_id text, project_id text, recording_id text, contact_id text, kind text, at bigint, payload jsonb, wrapped_key text)
    on conflict do nothing`,
};
/** The mark of what core has durably consumed of an edge; it only goes up. */
export const edgeMarkStream: LogStream = {
  name: "edgeMark",
  insertSql: `insert into telephony.edge_mark (node, epoch, through, at)
    select node, epoch, through, at from jsonb_to_recordset($1::jsonb) as rows (node text, epoch bigint, through bigint, at bigint)`,
};

export type RecordingOwner = { readonly organisationId: OrganisationId; readonly projectId: ProjectId; readonly contactId: ContactId };
export type RecordingEvent =
  | { readonly kind: "prepared"; readonly filePath: string; readonly wrappedKey: Uint8Array }
  | { readonly kind: "saved"; readonly durationMs: number; readonly bytes: number; readonly sha256Hex: string }
  | { readonly kind: "failed"; readonly reason: string }
  /** Made smaller: the file that it is from now on, and the sum of the one that it was. */
  | {
      readonly kind: "shrunk";
      readonly filePath: string;
      readonly bytes: number;
      readonly sha256Hex: string;
      readonly beforeSha256Hex: string;
    }
  | { readonly kind: "started" | "cut" | "unused" };

export function recordingRecord(owner: RecordingOwner, recordingId: RecordingId, at: Instant, event: RecordingEvent): LogRecord {
  const { kind, ...rest } = event;
  const { wrappedKey, ...payload } = { wrappedKey: null, ...rest };
  return {
    stream: recordingEventStream.name,
    row: {
      organisation_id: owner.organisationId,
      project_id: owner.projectId,
      recording_id: recordingId,
      contact_id: owner.contactId,
      kind,
      at,
      payload,
      wrapped_key: wrappedKey === null ? null : Buffer.from(wrappedKey).toString("base64"),
    },
  };
}

export function edgeMarkRecord(edge: Epoch, through: number, at: Instant): LogRecord {
  return { stream: edgeMarkStream.name, row: { node: edge.node, epoch: edge.epoch, through, at } };
}

export type RecordingRow = {
  readonly recordingId: RecordingId;
  readonly contactId: ContactId;
  readonly projectId: ProjectId;
  readonly state: "prepared" | "recording";
};

/** Recordings that were begun or prepared and have no end yet. */
export async function recordingListUnfinished(tx: Tx): Promise<readonly RecordingRow[]> {
  const rows = await tx.query<{ recording_id: RecordingId; contact_id: ContactId; project_id: ProjectId; state: RecordingRow["state"] }>(
    "select recording_id, contact_id, project_id, state from telephony.recording where state in ('prepared', 'recording')",
  );
  return rows.map((row) => ({ recordingId: row.recording_id, contactId: row.contact_id, projectId: row.project_id, state: row.state }));
}

export async function recordingOwnerFetch(tx: Tx, recordingId: RecordingId): Promise<RecordingOwner | null> {
  const rows = await tx.query<{ organisation_id: OrganisationId; project_id: ProjectId; contact_id: ContactId }>(
    "select organisation_id, project_id, contact_id from doors.recording_owner($1)",
    [recordingId],
  );
  const row = rows[0];
  return row === undefined ? null : { organisationId: row.organisation_id, projectId: row.project_id, contactId: row.contact_id };
}

export async function edgeSeenFetch(tx: Tx, edge: Epoch): Promise<number> {
  const rows = await tx.query<{ through: number }>("select doors.edge_seen_through($1, $2) as through", [edge.node, edge.epoch]);
  return rows[0]?.through ?? 0;
}
