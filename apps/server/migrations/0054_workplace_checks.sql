-- Checks of workplaces, and lines that agents found without sound.
call platform.make_schema('workplace');

create table workplace.desk_check (
  organisation_id text not null,
  check_id text primary key,
  person_id text not null,
  at bigint not null,
  took_ms integer not null,
  skip_reason text,
  skip_words text,
  -- Null where it was skipped before anything was measured.
  figures jsonb,
  results jsonb not null
);
call platform.protect('workplace.desk_check', 'select, insert, delete');
create index desk_check_by_person on workplace.desk_check (organisation_id, person_id, at desc);

create table workplace.sound_report (
  organisation_id text not null,
  project_id text not null,
  report_id text primary key,
  contact_id text not null,
  person_id text not null,
  at bigint not null,
  findings jsonb not null,
  silent_ms bigint,
  caller jsonb,
  agent jsonb,
  browser jsonb not null,
  constraint sound_report_once unique (contact_id, person_id)
);
call platform.protect('workplace.sound_report', 'select, insert, delete');
create index sound_report_by_time on workplace.sound_report (organisation_id, at desc, report_id);

-- A talk without sound counts in no handle time.
alter table reporting.segment add column no_sound boolean not null default false;
