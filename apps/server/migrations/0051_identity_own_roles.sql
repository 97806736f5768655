-- Roles of an organisation's own. A person holds built-in ones, own ones or both; what he may do is the union.
create table identity.role (
  organisation_id text not null,
  role_id text primary key,
  names jsonb not null,
  description jsonb not null,
  -- Words of the contract; one that a later version no longer knows grants nothing.
  permissions text[] not null,
  retired boolean not null default false,
  created_at bigint not null,
  version integer not null default 1
);
call platform.protect('identity.role', 'select, insert, update');
call platform.open_to_doors('identity.role', 'select');

alter table identity.person add column own_role_ids text[] not null default '{}';
alter table identity.person drop constraint person_roles_check;
alter table identity.person add constraint person_roles_check check (
  cardinality(roles) <= 3 and cardinality(own_role_ids) <= 20 and cardinality(roles) + cardinality(own_role_ids) >= 1
);

-- The same, with what the person's own roles grant.
drop function doors.session_find(bytea, bigint, bigint);
create function doors.session_find(hash bytea, at bigint, idle_ms bigint)
  returns table (organisation_id text, session_id text, person_id text, created_at bigint, last_seen_at bigint,
    name text, roles text[], status text, own_permissions text[])
  language sql
begin atomic
  update identity.session s set last_seen_at = at
  where s.token_hash = hash and s.ended_at is null and s.last_seen_at < at - 60000 and s.last_seen_at > at - idle_ms;
  select s.organisation_id, s.session_id, s.person_id, s.created_at, s.last_seen_at, p.name, p.roles, p.status,
    coalesce((select array_agg(distinct granted.permission)
      from identity.role r cross join unnest(r.permissions) as granted (permission)
      where r.role_id = any (p.own_role_ids) and not r.retired), '{}')
  from identity.session s join identity.person p on p.person_id = s.person_id
  where s.token_hash = hash and s.ended_at is null;
end;
call platform.make_door('doors.session_find(bytea, bigint, bigint)');
