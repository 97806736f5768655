-- Ready-made set-ups that were made in an organisation, and what undoing them did.
call platform.make_schema('presets');

create table presets.application (
  organisation_id text not null,
  application_id text primary key,
  -- Of the browser that asked: the same one again makes nothing a second time. Null: the first setup.
  request_id text,
  trade text not null,
  language text not null check (language in ('en', 'ru', 'fa')),
  applied_at bigint not null,
  applied_by text not null,
  applied_by_name text not null,
  -- [{kind, key, id, names, ...}]: what was made, as it was made.
  made jsonb not null,
  undone_at bigint,
  undone_by text,
  undone_by_name text,
  undone jsonb,
  constraint application_request unique (organisation_id, request_id)
);
call platform.protect('presets.application', 'select, insert, update');
