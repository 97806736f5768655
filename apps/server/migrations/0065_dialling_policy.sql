-- Outgoing calls: which numbers may be called, each decision about one, and the switch that stops them all.
call platform.make_schema('dialling');

create table dialling.policy (
  organisation_id text primary key,
  settings jsonb not null,
  version integer not null,
  updated_at bigint not null
);
call platform.protect('dialling.policy', 'select, insert, update');

create table dialling.stop (
  organisation_id text not null,
  stop_id text primary key,
  at bigint not null,
  cause text not null check (cause in ('callsPerMinute', 'costPerHour', 'byHand')),
  limit_value double precision,
  value double precision,
  stopped_by text,
  reason text not null default '',
  lifted_at bigint,
  lifted_by text,
  lift_reason text
);
call platform.protect('dialling.stop', 'select, insert, update');
-- One at a time.
create unique index stop_open on dialling.stop (organisation_id) where lifted_at is null;
create index stop_by_time on dialling.stop (organisation_id, at desc);

create table dialling.decision (
  organisation_id text not null,
  decision_id text primary key,
  at bigint not null,
  kind text not null,
  person_id text,
  of_project_id text,
  trunk_id text,
  -- The number with its middle hidden: a customer's number is kept nowhere in clear.
  shown text,
  country text,
  range text not null,
  allowed boolean not null,
  reasons jsonb not null,
  -- What was known of the use made so far.
  usage jsonb not null,
  cost_per_minute bigint,
  state text not null check (state in ('refused', 'open', 'settled', 'released')),
  ended_at bigint,
  talk_ms bigint,
  cost bigint
);
call platform.protect('dialling.decision', 'select, insert, update, delete');
create index decision_by_time on dialling.decision (organisation_id, at desc, decision_id desc);
create index decision_by_outcome on dialling.decision (organisation_id, allowed, at desc, decision_id desc);
create index decision_by_person on dialling.decision (organisation_id, person_id, at desc, decision_id desc);
create index decision_open on dialling.decision (organisation_id) where state = 'open';
