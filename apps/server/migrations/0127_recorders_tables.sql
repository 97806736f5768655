-- Recorders elsewhere (SIPREC). Read whole into memory at the start; settings stand as jsonb in the contract's own shape.
call platform.make_schema('recorders');

create table recorders.recorder (
  organisation_id text not null,
  recorder_id text primary key,
  settings jsonb not null,
  -- Sealed with the recorder's own key, which the organisation's key wraps.
  password_sealed bytea,
  retired boolean not null default false,
  created_at bigint not null,
  version integer not null default 1
);
create index recorder_by_organisation on recorders.recorder (organisation_id, created_at);
call platform.protect('recorders.recorder', 'select, insert, update');
