-- The SIP messages of ended calls, sealed by the contact's key, until a set time.
call platform.make_schema('tracing');

create table tracing.call_trace (
  organisation_id text not null,
  project_id text not null,
  contact_id text not null,
  call_id text not null,
  at bigint not null,
  expires_at bigint not null,
  -- Compressed, then sealed.
  sealed bytea not null,
  primary key (organisation_id, contact_id, call_id)
);
call platform.protect('tracing.call_trace', 'select, insert, delete');
create index call_trace_by_expiry on tracing.call_trace (organisation_id, expires_at);

create table tracing.setting (
  organisation_id text primary key,
  keep_days integer not null check (keep_days between 0 and 90),
  version integer not null
);
call platform.protect('tracing.setting', 'select, insert, update');
