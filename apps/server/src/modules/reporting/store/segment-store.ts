import type { ContactId, Instant, OrganisationId, ProjectId } from "@allo/kernel";
import type { Tx } from "../../../platform/db.ts";
import type { Segment } from "../core/kpi.ts";

export type SegmentRecord = Segment & {
  readonly organisationId: OrganisationId;
  readonly projectId: ProjectId;
  readonly contactId: ContactId;
  readonly sequence: number;
  readonly numberId: string;
  readonly agentId: string | null;
};

/** Writes segments; one that holds as much of the log already stays. */
export async function segmentPutInTx(tx: Tx, segments: readonly SegmentRecord[]): Promise<void> {
  if (segments.length === 0) return;
  const rows = segments.map((segment) => ({
    organisation_id: segment.organisationId,
    project_id: segment.projectId,
    contact_id: segment.contactId,
    visit: segment.visit,
    sequence: segment.sequence,
    queue_id: segment.queueId,
    number_id: segment.numberId,
    enqueued_at: segment.enqueuedAt,
    answered_at: segment.answeredAt,
    exit_at: segment.exitAt,
    exit: segment.exit,
    agent_id: segment.agentId,
    connected_ms: segment.connectedMs,
    hold_ms: segment.holdMs,
    wrap_up_ms: segment.wrapUpMs,
    rings: segment.rings,
    missed_rings: segment.missedRings,
    service_level_ms: segment.serviceLevelMs,
    short_abandon_ms: segment.shortAbandonMs,
    no_sound: segment.noSound,
    final: segment.final,
  }));
  await tx.query(
    `insert into reporting.segment (${COLUMNS})
     select ${COLUMNS} from jsonb_to_recordset($1::jsonb) as rows (organisation_id text, project_id text, contact_id text, visit smallint, sequence integer, queue_id text,
       number_id text, enqueued_at bigint, answered_at bigint, exit_at bigint, exit text, agent_id text, connected_ms bigint, hold_ms bigint, wrap_up_ms bigint, rings integer,
       missed_rings integer, service_level_ms bigint, short_abandon_ms bigint, no_sound boolean, final boolean)
     on conflict (contact_id, visit) do update set sequence = excluded.sequence, answered_at = excluded.answered_at, exit_at = excluded.exit_at, exit = excluded.exit,
       agent_id = excluded.agent_id, connected_ms = excluded.connected_ms, hold_ms = excluded.hold_ms, wrap_up_ms = excluded.wrap_up_ms, rings = excluded.rings,
       missed_rings = excluded.missed_rings, no_sound = excluded.no_sound, final = excluded.final
     where reporting.segment.sequence < excluded.sequence`,
    [JSON.stringify(rows)],
  );
}

export async function segmentListBetween(
  tx: Tx,
  { from, to }: { readonly from: Instant; readonly to: Instant },
): Promise<readonly SegmentRecord[]> {
  const rows = await tx.query<Row>(
    `select ${COLUMNS} from reporting.segment where enqueued_at >= $1 and enqueued_at < $2 order by contact_id, visit`,
    [from, to],
  );
  return rows.map(toRecord);
}

/** Forgets what was projected; the log is untouched. */
export async function segmentClearInTx(tx: Tx): Promise<void> {
  await tx.query("delete from reporting.segment");
}

const COLUMNS = `organisation_id, project_id, contact_id, visit, sequence, queue_id, number_id, enqueued_at, answered_at, exit_at, exit, agent_id, connected_ms, hold_ms,
  wrap_up_ms, rings, missed_rings, service_level_ms, short_abandon_ms, no_sound, final`;
type Row = {
  organisation_id: OrganisationId;
  project_id: ProjectId;
  contact_id: ContactId;
  visit: number;
  sequence: number;
  queue_id: string;
  number_id: string;
  enqueued_at: number;
  answered_at: number | null;
  exit_at: number | null;
  exit: Segment["exit"];
  agent_id: string | null;
  connected_ms: number;
  hold_ms: number;
  wrap_up_ms: number;
  rings: number;
  missed_rings: number;
  service_level_ms: number;
  short_abandon_ms: number;
  no_sound: boolean;
  final: boolean;
};

function toRecord(row: Row): SegmentRecord {
  return {
    organisationId: row.organisation_id,
    projectId: row.project_id,
    contactId: row.contact_id,
    visit: row.visit,
    sequence: row.sequence,
    queueId: row.queue_id,
    numberId: row.number_id,
    enqueuedAt: row.enqueued_at,
    answeredAt: row.answered_at,
    exitAt: row.exit_at,
    exit: row.exit,
    agentId: row.agent_id,
    connectedMs: row.connected_ms,
    holdMs: row.hold_ms,
    wrapUpMs: row.wrap_up_ms,
    rings: row.rings,
    missedRings: row.missed_rings,
    serviceLevelMs: row.service_level_ms,
    shortAbandonMs: row.short_abandon_ms,
    noSound: row.no_sound,
    final: row.final,
  };
}
