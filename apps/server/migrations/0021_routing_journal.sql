-- The router's journal: each input of an organisation's router in the order consumed, and snapshots to start from.
call platform.make_schema('routing');

create table routing.journal (
  organisation_id text not null,
  position bigint not null,
  at bigint not null,
  writer_node text not null,
  writer_epoch bigint not null,
  input jsonb not null,
  primary key (organisation_id, position)
);
call platform.protect_log('routing.journal');

create table routing.snapshot (
  organisation_id text not null,
  position bigint not null,
  at bigint not null,
  snapshot jsonb not null,
  primary key (organisation_id, position)
);
call platform.protect_log('routing.snapshot');
-- Old snapshots are let go; the journal stays.
grant delete on routing.snapshot to allo_app;
