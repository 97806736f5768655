-- Organisations, people, sessions, one-time links and the audit chain.
call platform.make_schema('identity');

create table identity.organisation (
  organisation_id text primary key,
  name text not null,
  default_country text not null,
  time_zone text not null,
  default_language text not null,
  created_at bigint not null,
  version integer not null default 1
);
call platform.protect('identity.organisation', 'select, insert, update');
call platform.open_to_doors('identity.organisation', 'select');

create table identity.person (
  organisation_id text not null,
  person_id text primary key,
  name text not null,
  email text not null,
  -- Lower-cased: what signing in looks up.
  email_key text not null,
  roles text[] not null check (cardinality(roles) between 1 and 3),
  status text not null check (status in ('invited', 'active', 'blocked', 'retired')),
  -- What unblocking gives back.
  status_before_block text check (status_before_block in ('invited', 'active')),
  language text not null check (language in ('en', 'ru', 'fa')),
  theme text not null default 'system' check (theme in ('light', 'dark', 'system')),
  password_hash text,
  created_at bigint not null,
  last_signed_in_at bigint,
  version integer not null default 1
);
-- One e-mail is one login of the whole installation; who is retired frees it.
create unique index person_email_key on identity.person (email_key) where status <> 'retired';
create index person_by_name on identity.person (organisation_id, lower(name), person_id);
call platform.protect('identity.person', 'select, insert, update');
call platform.open_to_doors('identity.person', 'select');

create table identity.session (
  organisation_id text not null,
  session_id text primary key,
  person_id text not null references identity.person,
  -- SHA-256 of the cookie's token: the token itself is nowhere.
  token_hash bytea not null unique,
  created_at bigint not null,
  last_seen_at bigint not null,
  ended_at bigint,
  end_cause text check (end_cause in ('signedOut', 'passwordChanged', 'blocked', 'retired', 'lapsed', 'replaced'))
);
create index session_open_by_person on identity.session (person_id) where ended_at is null;
call platform.protect('identity.session', 'select, insert, update');
call platform.open_to_doors('identity.session', 'select, update');

create table identity.one_time_link (
  organisation_id text not null,
  link_id text primary key,
  person_id text not null references identity.person,
  purpose text not null check (purpose in ('invitation', 'reset')),
  token_hash bytea not null unique,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint,
  revoked_at bigint
);
create index one_time_link_open on identity.one_time_link (person_id) where used_at is null and revoked_at is null;
call platform.protect('identity.one_time_link', 'select, insert, update');
call platform.open_to_doors('identity.one_time_link', 'select');

-- Each entry holds the hash of the one before it: a change or a gap shows.
create table identity.audit (
  organisation_id text not null,
  sequence bigint not null,
  audit_id text not null,
  at bigint not null,
  actor_id text,
  actor_name text not null,
  action text not null,
  object_type text not null,
  object_id text not null,
  before jsonb not null,
  after jsonb not null,
  address text not null,
  previous_hash text not null,
  hash text not null,
  primary key (organisation_id, sequence)
);
create index audit_by_object on identity.audit (organisation_id, object_type, sequence desc);
create index audit_by_actor on identity.audit (organisation_id, actor_id, sequence desc);
call platform.protect('identity.audit', 'select, insert');

-- The first organisation's one-time token; one row, no organisation yet.
create table identity.setup_token (
  only_row boolean primary key default true check (only_row),
  token_hash bytea not null,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);
grant select, insert, update on identity.setup_token to allo_door;

create function doors.organisations() returns setof text language sql stable
begin atomic
  select organisation_id from identity.organisation order by created_at, organisation_id;
end;
call platform.make_door('doors.organisations()');

create function doors.setup_token_set(hash bytea, at bigint, until bigint) returns boolean language sql
begin atomic
  insert into identity.setup_token (token_hash, created_at, expires_at)
  select hash, at, until where not exists (select from identity.organisation)
  on conflict (only_row) do update
  set token_hash = excluded.token_hash, created_at = excluded.created_at, expires_at = excluded.expires_at, used_at = null
  returning true;
end;
call platform.make_door('doors.setup_token_set(bytea, bigint, bigint)');

-- Called in the transaction that makes the first organisation, before its row is inserted. The row lock lets only one through.
create function doors.setup_token_use(hash bytea, at bigint) returns boolean language sql
begin atomic
  update identity.setup_token set used_at = at
  where token_hash = hash and used_at is null and expires_at > at and not exists (select from identity.organisation)
  returning true;
end;
call platform.make_door('doors.setup_token_use(bytea, bigint)', 'allo_app');

create function doors.login_find(wanted_key text)
  returns table (organisation_id text, person_id text, status text, password_hash text) language sql stable
begin atomic
  select p.organisation_id, p.person_id, p.status, p.password_hash
  from identity.person p where p.email_key = wanted_key and p.status <> 'retired';
end;
call platform.make_door('doors.login_find(text)');

-- The open session of a cookie with its person; notes that it was seen, once a minute at most.
create function doors.session_find(hash bytea, at bigint, idle_ms bigint)
  returns table (organisation_id text, session_id text, person_id text, created_at bigint, last_seen_at bigint,
    name text, roles text[], status text)
  language sql
begin atomic
  update identity.session s set last_seen_at = at
  where s.token_hash = hash and s.ended_at is null and s.last_seen_at < at - 60000 and s.last_seen_at > at - idle_ms;
  select s.organisation_id, s.session_id, s.person_id, s.created_at, s.last_seen_at, p.name, p.roles, p.status
  from identity.session s join identity.person p on p.person_id = s.person_id
  where s.token_hash = hash and s.ended_at is null;
end;
call platform.make_door('doors.session_find(bytea, bigint, bigint)');

create function doors.link_find(hash bytea)
  returns table (organisation_id text, link_id text, person_id text, purpose text, expires_at bigint, used_at bigint, revoked_at bigint)
  language sql stable
begin atomic
  select l.organisation_id, l.link_id, l.person_id, l.purpose, l.expires_at, l.used_at, l.revoked_at
  from identity.one_time_link l where l.token_hash = hash;
end;
call platform.make_door('doors.link_find(bytea)');
