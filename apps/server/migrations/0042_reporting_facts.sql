-- Facts that all figures are computed from, kept from the contacts' log by a projector and rebuildable from it.
call platform.make_schema('reporting');

-- One row for each visit to a queue (visit 1, 2, …). Visit 0: a caller turned away at the queue's door, who never waited.
create table reporting.segment (
  organisation_id text not null,
  project_id text not null,
  contact_id text not null,
  visit smallint not null,
  sequence integer not null,
  queue_id text not null,
  number_id text not null,
  enqueued_at bigint not null,
  answered_at bigint,
  exit_at bigint,
  exit text check (exit in ('answered', 'abandoned', 'abandonedAlerting', 'flowOut', 'systemDisconnect', 'refused')),
  agent_id text,
  -- Both sides joined, hold included.
  connected_ms bigint not null,
  hold_ms bigint not null,
  wrap_up_ms bigint not null,
  rings integer not null,
  missed_rings integer not null,
  -- The policy that applied when the contact began.
  service_level_ms bigint not null,
  short_abandon_ms bigint not null,
  -- Nothing can change any more.
  final boolean not null,
  primary key (contact_id, visit)
);
call platform.protect('reporting.segment');
create index segment_by_time on reporting.segment (organisation_id, enqueued_at);
create index segment_by_queue on reporting.segment (organisation_id, queue_id, enqueued_at);
