-- Roles, and the procedures by which every later migration shuts its tables. Works as a superuser and as an owner with CREATEROLE.
--
--   call platform.make_schema('identity')                    schema, usable by the roles below
--   call platform.protect('identity.person')                 forced row-level security by organisation (and project_id, where the
--                                                            table has one); allo_app may select, insert, update, delete
--   call platform.protect('identity.audit', 'select, insert')   the same with fewer verbs
--   call platform.protect_log('contacts.event')              append-only log: allo_log inserts for any organisation, allo_app reads its own
--   call platform.open_to_doors('identity.person', 'select') what the doors may see, across organisations
--   call platform.make_door('doors.login_find(text)')        a security definer function: only allo_system may call it
--   call platform.make_door('doors.customer_search(text, int)', 'allo_app')   … or only allo_app, filtering
--                                                            by platform.organisation_id()
--
-- allo_app     works inside one organisation, under forced row-level security
-- allo_log     inserts into event logs and journals, for any organisation, and reads nothing
-- allo_system  calls the doors of schema `doors`, and touches no table
-- allo_door    owns the doors; nobody is ever connected as it
create schema if not exists platform;
create schema doors;

do $roles$
declare
  wanted text;
begin
  foreach wanted in array array['allo_app', 'allo_log', 'allo_system', 'allo_door'] loop
    begin
      execute format('create role %I nologin noinherit', wanted);
    exception when duplicate_object or unique_violation then
      null; -- roles belong to the whole server: another database of Allo made it
    end;
    if not pg_has_role(current_user, wanted, 'member') then
      execute format('grant %I to current_user', wanted);
    end if;
  end loop;
end
$roles$;

grant usage on schema platform, doors to allo_app, allo_log, allo_system, allo_door;
-- A function's new owner needs CREATE on its schema at the moment it is given the function.
grant create on schema doors to allo_door;
alter default privileges in schema doors revoke execute on functions from public;

-- The scope of the transaction; set_config(…, true) of platform/db.ts is its only source.
create function platform.organisation_id() returns text language sql stable parallel safe
  return nullif(current_setting('allo.organisation_id', true), '');
create function platform.may_see_project(project_id text) returns boolean language sql stable parallel safe
  return current_setting('allo.project_ids', true) = '*'
    or project_id = any (string_to_array(current_setting('allo.project_ids', true), ','));

create procedure platform.make_schema(schema_name text) language plpgsql as $$
begin
  execute format('create schema if not exists %I', schema_name);
  execute format('grant usage on schema %I to allo_app, allo_log, allo_door', schema_name);
end
$$;

create procedure platform.protect(target regclass, app_may text default 'select, insert, update, delete') language plpgsql as $$
declare
  has_project boolean := exists (
    select from pg_attribute where attrelid = target and attname = 'project_id' and not attisdropped);
  -- The scalar subqueries are evaluated once a statement, not once a row.
  allowed text := 'organisation_id = (select platform.organisation_id())';
begin
  if has_project then
    allowed := allowed || ' and (select current_setting(''allo.project_ids'', true) = ''*'''
      || ' or project_id = any (string_to_array(current_setting(''allo.project_ids'', true), '','')))';
  end if;
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy organisation on %s to allo_app using (%s) with check (%s)', target, allowed, allowed);
  if app_may <> '' then
    execute format('grant %s on %s to allo_app', app_may, target);
  end if;
end
$$;

create procedure platform.protect_log(target regclass) language plpgsql as $$
begin
  call platform.protect(target, 'select');
  execute format('create policy append on %s for insert to allo_log with check (organisation_id is not null)', target);
  execute format('grant insert on %s to allo_log', target);
end
$$;

create procedure platform.open_to_doors(target regclass, verbs text) language plpgsql as $$
begin
  if not exists (select from pg_policy where polrelid = target and polname = 'doors') then
    execute format('create policy doors on %s to allo_door using (true) with check (true)', target);
  end if;
  execute format('grant %s on %s to allo_door', verbs, target);
end
$$;

create procedure platform.make_door(signature text, caller text default 'allo_system') language plpgsql as $$
begin
  execute format('alter function %s security definer', signature);
  execute format('alter function %s set search_path = pg_catalog, pg_temp', signature);
  execute format('revoke execute on function %s from public', signature);
  execute format('grant execute on function %s to %I', signature, caller);
  execute format('alter function %s owner to allo_door', signature);
end
$$;

-- How often each process of each node has started: half of (node, epoch), by which recovery knows what has lapsed.
create table platform.epoch (
  node text primary key,
  epoch bigint not null,
  started_at bigint not null
);
grant select, insert, update on platform.epoch to allo_door;

create function doors.epoch_next(of_node text, at bigint) returns bigint language sql
begin atomic
  insert into platform.epoch (node, epoch, started_at) values (of_node, 1, at)
  on conflict (node) do update set epoch = platform.epoch.epoch + 1, started_at = excluded.started_at
  returning epoch;
end;
call platform.make_door('doors.epoch_next(text, bigint)');
