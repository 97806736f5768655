-- Projects can be renamed and retired; numbers have opening hours.
alter table directory.project add column version integer not null default 1;

-- When numbers take calls. `settings` holds the week, the exceptions and the time zone in the contract's own shape.
create table directory.hours (
  organisation_id text not null,
  hours_id text primary key,
  settings jsonb not null,
  retired boolean not null default false,
  created_at bigint not null,
  version integer not null default 1
);
call platform.protect('directory.hours', 'select, insert, update');

-- Null: it always takes calls.
alter table directory.phone_number add column hours_id text references directory.hours;
