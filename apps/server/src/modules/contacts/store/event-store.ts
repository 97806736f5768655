import type { ContactId, OrganisationId, PersonId, ProjectId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import { readContactEvent, type AgentEvent, type ContactEvent, type ContactEventBody } from "../core/events.ts";
import type { LogRecord, LogStream } from "../log-writer.ts";

export const contactEventStream: LogStream = {
  name: "contactEvent",
  insertSql: `insert into contacts.contact_event
      (organisation_id, project_id, contact_id, sequence, kind, at, schema_version, writer_node, writer_epoch, source_node, source_epoch, source_sequence, payload, sealed)
    select organisation_id, project_id, contact_id, sequence, kind, at, schema_version, writer_node, writer_epoch, source_node, source_epoch, source_sequence, payload,
      decode(sealed, 'base64')
    from jsonb_to_recordset($1::jsonb) as rows (organisation_id text, project_id text, contact_id text, sequence integer, kind text, at bigint, schema_version smallint,
      writer_node text, writer_epoch bigint, source_node text, source_epoch bigint, source_sequence bigint, payload jsonb, sealed text)
    on conflict do nothing`,
};

export const agentEventStream: LogStream = {
  name: "agentEvent",
  insertSql: `insert into contacts.agent_event (organisation_id, person_id, writer_node, writer_epoch, sequence, kind, at, schema_version, payload)
    select organisation_id, person_id, writer_node, writer_epoch, sequence, kind, at, schema_version, payload
    from jsonb_to_recordset($1::jsonb) as rows (organisation_id text, person_id text, writer_node text, writer_epoch bigint, sequence integer, kind text, at bigint,
      schema_version smallint, payload jsonb)
    on conflict do nothing`,
};

export function contactEventRecord(event: ContactEvent): LogRecord {
  const { kind, ...payload } = event.body;
  return {
    stream: contactEventStream.name,
    row: {
      organisation_id: event.organisationId,
      project_id: event.projectId,
      contact_id: event.contactId,
      sequence: event.sequence,
      kind,
      at: event.at,
      schema_version: event.schemaVersion,
      writer_node: event.writer.node,
      writer_epoch: event.writer.epoch,
      source_node: event.source?.edge.node ?? null,
      source_epoch: event.source?.edge.epoch ?? null,
      source_sequence: event.source?.sequence ?? null,
      payload,
      sealed: event.sealed,
    },
  };
}

export function agentEventRecord(event: AgentEvent): LogRecord {
  return {
    stream: agentEventStream.name,
    row: {
      organisation_id: event.organisationId,
      person_id: event.personId,
      writer_node: event.writer.node,
      writer_epoch: event.writer.epoch,
      sequence: event.sequence,
      kind: event.kind,
      at: event.at,
      schema_version: event.schemaVersion,
      payload: event.payload,
    },
  };
}

type ContactEventRow = {
  organisation_id: OrganisationId;
  project_id: ProjectId;
  contact_id: ContactId;
  sequence: number;
  kind: string;
  at: number;
  schema_version: number;
  writer_node: string;
  writer_epoch: number;
  source_node: string | null;
  source_epoch: number | null;
  source_sequence: number | null;
  payload: Record<string, unknown>;
  sealed: string | null;
};

/** The events of these contacts, each contact's in order. */
export async function contactEventList(tx: Tx, contactIds: readonly ContactId[]): Promise<readonly ContactEvent[]> {
  if (contactIds.length === 0) return [];
  const rows = await tx.query<ContactEventRow>(
    `select organisation_id, project_id, contact_id, sequence, kind, at, schema_version, writer_node, writer_epoch, source_node, source_epoch, source_sequence, payload,
       encode(sealed, 'base64') as sealed
     from contacts.contact_event where contact_id = any ($1) order by contact_id, sequence`,
    [contactIds],
  );
  return rows.map(toEvent);
}

export async function openContactList(tx: Tx): Promise<readonly ContactId[]> {
  const rows = await tx.query<{ contact_id: ContactId }>("select contact_id from contacts.open_contact order by started_at, contact_id");
  return rows.map((row) => row.contact_id);
}

export async function notCodedList(tx: Tx, personId: PersonId, limit: number): Promise<readonly ContactId[]> {
  const rows = await tx.query<{ contact_id: ContactId }>(
    "select contact_id from contacts.not_coded where person_id = $1 order by since, contact_id limit $2",
    [personId, limit],
  );
  return rows.map((row) => row.contact_id);
}

/** How many contacts wait for a code, by person. */
export async function notCodedCounts(tx: Tx): Promise<ReadonlyMap<PersonId, number>> {
  const rows = await tx.query<{ person_id: PersonId; count: number }>(
    "select person_id, count(*)::integer as count from contacts.not_coded group by person_id",
  );
  return new Map(rows.map((row) => [row.person_id, row.count]));
}

function toEvent(row: ContactEventRow): ContactEvent {
  const source =
    row.source_node === null || row.source_epoch === null || row.source_sequence === null
      ? null
      : { edge: { node: row.source_node, epoch: row.source_epoch }, sequence: row.source_sequence };
  return readContactEvent({
    organisationId: row.organisation_id,
    projectId: row.project_id,
    contactId: row.contact_id,
    sequence: row.sequence,
    at: row.at,
    schemaVersion: row.schema_version,
    writer: { node: row.writer_node, epoch: row.writer_epoch },
    source,
    body: { kind: row.kind, ...row.payload } as unknown as ContactEventBody,
    sealed: row.sealed === null ? null : row.sealed.replaceAll("\n", ""),
  });
}
