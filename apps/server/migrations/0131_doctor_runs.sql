-- What the network doctor found: the last looks of each organisation.
call platform.make_schema('doctor');

create table doctor.run (
  organisation_id text not null,
  run_id text primary key,
  started_at bigint not null,
  ended_at bigint not null,
  by_name text not null,
  findings jsonb not null
);
create index run_by_time on doctor.run (organisation_id, started_at desc, run_id desc);
call platform.protect('doctor.run', 'select, insert, delete');
