-- Trunks: the ways to carriers. Read whole into memory at the start; settings stand as jsonb in the contract's own shape.
call platform.make_schema('trunks');

create table trunks.trunk (
  organisation_id text not null,
  trunk_id text primary key,
  settings jsonb not null,
  -- Of our account with the carrier: sealed with the trunk's own key, which the organisation's key wraps.
  password_sealed bytea,
  -- By which the carrier of a digest trunk shows itself; the name is unique in the whole installation, the edge knows it by nothing else.
  inbound_username text unique,
  inbound_ha1_md5 text,
  inbound_ha1_sha256 text,
  retired boolean not null default false,
  created_at bigint not null,
  version integer not null default 1
);
create index trunk_by_organisation on trunks.trunk (organisation_id, created_at);
call platform.protect('trunks.trunk', 'select, insert, update');
