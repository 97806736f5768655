-- One-time links by which a phone fetches its own configuration.
create table directory.phone_link (
  organisation_id text not null,
  link_id text primary key,
  device_id text not null references directory.device,
  -- SHA-256 of the link's token: the token itself is nowhere.
  token_hash bytea not null unique,
  -- The phone's password under a key made of the token: who has this table, but not the link, reads nothing. Null once it was fetched,
  -- revoked or lapsed.
  sealed bytea,
  -- The host that the phone is to register at.
  domain text not null,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);
create index phone_link_by_device on directory.phone_link (device_id) where sealed is not null;
create index phone_link_open on directory.phone_link (expires_at) where sealed is not null;
call platform.protect('directory.phone_link', 'select, insert, update');
call platform.open_to_doors('directory.phone_link', 'select');

create function doors.phone_link_find(hash bytea) returns table (organisation_id text, link_id text) language sql stable
begin atomic
  select l.organisation_id, l.link_id from directory.phone_link l where l.token_hash = hash and l.sealed is not null;
end;
call platform.make_door('doors.phone_link_find(bytea)');
