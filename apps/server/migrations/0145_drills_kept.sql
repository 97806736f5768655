-- What drills found: the last ones of each organisation. The result is absent while one goes on, and for ever where the program stopped meanwhile.
call platform.make_schema('drills');

create table drills.drill (
  organisation_id text not null,
  drill_id text primary key,
  target text not null check (target in ('core', 'edge')),
  version text not null,
  by_name text not null,
  caller_count integer not null,
  started_at bigint not null,
  ended_at bigint,
  result jsonb
);
create index drill_by_time on drills.drill (organisation_id, started_at desc, drill_id desc);
call platform.protect('drills.drill', 'select, insert, update, delete');
