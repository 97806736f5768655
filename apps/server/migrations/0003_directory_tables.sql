-- What administrators set up. Read whole into memory at the start; nothing searches it by content, so settings that only the program reads
-- stand as jsonb in the contract's own shape.
call platform.make_schema('directory');

create table directory.project (
  organisation_id text not null,
  project_id text primary key,
  name text not null,
  -- In-house: one project that no screen shows.
  hidden boolean not null,
  retired boolean not null default false,
  created_at bigint not null
);
call platform.protect('directory.project', 'select, insert, update');

create table directory.skill (
  organisation_id text not null,
  skill_id text primary key,
  names jsonb not null,
  retired boolean not null default false,
  version integer not null default 1
);
call platform.protect('directory.skill', 'select, insert, update');

create table directory.person_skill (
  organisation_id text not null,
  person_id text not null,
  skill_id text not null references directory.skill,
  level smallint not null check (level between 1 and 5),
  primary key (person_id, skill_id)
);
call platform.protect('directory.person_skill', 'select, insert, delete');

create table directory.queue (
  organisation_id text not null,
  project_id text not null references directory.project,
  queue_id text primary key,
  settings jsonb not null,
  retired boolean not null default false,
  created_at bigint not null,
  version integer not null default 1
);
call platform.protect('directory.queue', 'select, insert, update');

create table directory.queue_member (
  organisation_id text not null,
  queue_id text not null references directory.queue,
  person_id text not null,
  level smallint not null check (level between 1 and 5),
  primary key (queue_id, person_id)
);
call platform.protect('directory.queue_member', 'select, insert, delete');

create table directory.phone_number (
  organisation_id text not null,
  number_id text primary key,
  e164 text,
  queue_id text not null references directory.queue,
  settings jsonb not null,
  retired boolean not null default false,
  created_at bigint not null,
  version integer not null default 1
);
call platform.protect('directory.phone_number', 'select, insert, update');

-- Each spelling that callers dial belongs to one number of one organisation in the whole installation; retired numbers free theirs.
create table directory.dialled (
  dialled text primary key,
  organisation_id text not null,
  number_id text not null references directory.phone_number
);
create index dialled_by_number on directory.dialled (number_id);
call platform.protect('directory.dialled', 'select, insert, delete');
call platform.open_to_doors('directory.dialled', 'select');

create function doors.dialled_find(wanted text[]) returns table (dialled text, organisation_id text, number_id text) language sql stable
begin atomic
  select d.dialled, d.organisation_id, d.number_id from directory.dialled d where d.dialled = any (wanted);
end;
call platform.make_door('doors.dialled_find(text[])');

create table directory.device (
  organisation_id text not null,
  device_id text primary key,
  person_id text,
  name text not null,
  username text not null unique,
  realm text not null,
  -- Digest secrets (RFC 7616 §3.4.2, H(username:realm:password)): the password itself is nowhere.
  ha1_md5 text not null,
  ha1_sha256 text not null,
  retired boolean not null default false,
  created_at bigint not null
);
call platform.protect('directory.device', 'select, insert, update');

create table directory.wrap_up_code (
  organisation_id text not null,
  wrap_up_code_id text primary key,
  names jsonb not null,
  position integer not null,
  retired boolean not null default false,
  version integer not null default 1
);
call platform.protect('directory.wrap_up_code', 'select, insert, update');

create table directory.not_ready_reason (
  organisation_id text not null,
  reason_id text primary key,
  -- Stable word for figures and screens; "custom" for the organisation's own.
  code text not null,
  -- Set by the program, never chosen by an agent.
  system boolean not null,
  names jsonb not null,
  position integer not null,
  max_minutes integer check (max_minutes between 1 and 480),
  retired boolean not null default false,
  version integer not null default 1
);
call platform.protect('directory.not_ready_reason', 'select, insert, update');

-- Shipped prompts that the organisation replaced by its own. The sound is a file below ALLO_DATA/prompts.
create table directory.prompt (
  organisation_id text not null,
  audio_id text not null,
  -- 'any' for music and tones.
  language text not null check (language in ('en', 'ru', 'fa', 'any')),
  file_name text not null,
  duration_ms integer not null,
  version integer not null,
  replaced_at bigint not null,
  replaced_by text not null,
  primary key (organisation_id, audio_id, language)
);
call platform.protect('directory.prompt', 'select, insert, update, delete');
