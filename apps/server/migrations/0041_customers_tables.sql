-- Who calls. A customer is unique per project.
call platform.make_schema('customers');

create table customers.customer (
  organisation_id text not null,
  project_id text not null,
  customer_id text primary key,
  name text not null,
  -- Folded for sorting (customers/core/search-key.ts).
  name_key text not null,
  note text not null,
  language text check (language in ('en', 'ru', 'fa')),
  fields jsonb not null,
  created_at bigint not null,
  updated_at bigint not null,
  last_contact_at bigint,
  version integer not null default 1
);
call platform.protect('customers.customer', 'select, insert, update');
call platform.open_to_doors('customers.customer', 'select');
create index customer_by_name on customers.customer (organisation_id, name_key, customer_id);

create table customers.identity (
  organisation_id text not null,
  project_id text not null,
  kind text not null check (kind in ('phone', 'email')),
  -- E.164, or the e-mail in lower case.
  value text not null,
  shown text not null,
  customer_id text not null references customers.customer,
  position smallint not null,
  constraint identity_unique primary key (project_id, kind, value)
);
call platform.protect('customers.identity');
create index identity_by_customer on customers.identity (customer_id, position);

create table customers.field (
  organisation_id text not null,
  field_id text primary key,
  names jsonb not null,
  type text not null check (type in ('text', 'number', 'date')),
  position integer not null,
  retired boolean not null default false
);
call platform.protect('customers.field', 'select, insert, update');

-- Search as one types. Forced row-level security would turn the trigram indexes into full scans, since `like` isn't leakproof: the
-- application role has no grant here, and comes in by the two doors below, which filter by the scope of the transaction.
create table customers.search (
  organisation_id text not null,
  project_id text not null,
  customer_id text primary key,
  -- Name and e-mails in the folded, ASCII-only spelling of customers/core/search-key.ts: pg_trgm sees no letters beyond ASCII where the
  -- database's locale is C.
  words text not null,
  -- Numbers without "+", each after a space.
  digits text not null
);
call platform.protect('customers.search', '');
call platform.open_to_doors('customers.search', 'select, insert, update');

do $trigrams$
begin
  create extension if not exists pg_trgm with schema platform;
exception when others then
  raise notice 'pg_trgm is not available (%): searching customers reads all of an organisation''s', sqlerrm;
end
$trigrams$;
do $indexes$
declare
  home text := (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm');
begin
  if home is null then
    create index search_by_organisation on customers.search (organisation_id);
  else
    execute format('create index search_by_words on customers.search using gin (words %I.gin_trgm_ops)', home);
    execute format('create index search_by_digits on customers.search using gin (digits %I.gin_trgm_ops)', home);
  end if;
end
$indexes$;

create function doors.customer_search_is_indexed() returns boolean language sql stable
begin atomic
  select exists (select from pg_extension where extname = 'pg_trgm');
end;
call platform.make_door('doors.customer_search_is_indexed()');

-- The search row of a customer of this scope; of another's, nothing.
create function doors.customer_search_put(of_customer text, new_words text, new_digits text) returns void language sql
begin atomic
  insert into customers.search (organisation_id, project_id, customer_id, words, digits)
  select c.organisation_id, c.project_id, c.customer_id, new_words, new_digits
  from customers.customer c
  where c.customer_id = of_customer and c.organisation_id = platform.organisation_id() and platform.may_see_project(c.project_id)
  on conflict (customer_id) do update set words = excluded.words, digits = excluded.digits;
end;
call platform.make_door('doors.customer_search_put(text, text, text)', 'allo_app');

-- Customers of this scope whose words hold every term and whose digits hold one of the fragments; either may be empty, not both.
-- The statement is built with literals, since only then does the planner see what the patterns are worth. Rank 0: each term begins a word.
create function doors.customer_search(terms text[], fragments text[], take integer)
  returns table (customer_id text, rank integer) language plpgsql stable as $$
declare
  scope text := format('s.organisation_id = %L', platform.organisation_id());
  begins text := '';
  holds text := '';
  digits text := '';
  term text;
  shortest integer := coalesce((select min(length(t)) from unnest(terms) t), 3);
begin
  if platform.organisation_id() is null or cardinality(terms) + cardinality(fragments) = 0 then
    return;
  end if;
  if current_setting('allo.project_ids', true) is distinct from '*' then
    scope := scope || format(' and s.project_id = any (string_to_array(%L, '',''))', coalesce(current_setting('allo.project_ids', true), ''));
  end if;
  foreach term in array terms loop
    begins := begins || format(' and s.words like %L', '% ' || term || '%');
    holds := holds || format(' and s.words like %L', '%' || term || '%');
  end loop;
  foreach term in array fragments loop
    digits := digits || case when digits = '' then '' else ' or ' end || format('s.digits like %L', '%' || term || '%');
  end loop;
  if digits <> '' then
    digits := format(' and (%s)', digits);
  end if;
  return query execute format('select s.customer_id, 0 from customers.search s where %s%s%s limit %s', scope, begins, digits, take);
  -- A term of one or two characters has no trigram of its own: it is looked for at the beginning of words only.
  if cardinality(terms) > 0 and shortest >= 3 then
    return query execute format('select s.customer_id, 1 from customers.search s where %s%s%s limit %s', scope, holds, digits, take);
  end if;
end
$$;
call platform.make_door('doors.customer_search(text[], text[], integer)', 'allo_app');
