-- What looking back reads: kept from the contacts' log by a projector, and rebuildable from it. Lost calls are not a projection only:
-- people work on them.

-- Contacts whose log has grown since the projector last saw them. Filled in the transaction of the log itself, so that nothing is missed
-- by a crash; only ever inserted to by the log, so that the projector's deletes can't make the log wait.
create table contacts.projection_due (
  organisation_id text not null,
  project_id text not null,
  contact_id text not null,
  sequence integer not null,
  primary key (contact_id, sequence)
);
call platform.protect('contacts.projection_due', 'select, insert, delete');
call platform.open_to_doors('contacts.projection_due', 'insert');

create function doors.contact_events_due() returns trigger language plpgsql as $$
begin
  insert into contacts.projection_due (organisation_id, project_id, contact_id, sequence)
  select organisation_id, project_id, contact_id, max(sequence) from stored group by organisation_id, project_id, contact_id;
  return null;
end
$$;
create trigger contact_events_due after insert on contacts.contact_event
  referencing new table as stored for each statement execute function doors.contact_events_due();
call platform.make_door('doors.contact_events_due()');

create table contacts.contact_row (
  organisation_id text not null,
  project_id text not null,
  contact_id text primary key,
  -- The last event of the log that this row holds.
  sequence integer not null,
  channel text not null,
  state text not null,
  started_at bigint not null,
  ended_at bigint,
  number_id text not null,
  queue_id text not null,
  language text not null,
  agent_id text,
  outcome text,
  cause jsonb,
  wait_ms bigint,
  talk_ms bigint,
  hold_ms bigint,
  wrap_up_ms bigint,
  wrap_up_code_id text,
  not_coded boolean not null,
  recording_id text,
  customer_id text,
  caller text not null,
  -- HMAC of the number, for exact look-ups; the number itself is sealed by the contact's key.
  caller_index text,
  sealed_caller bytea
);
call platform.protect('contacts.contact_row');
-- Filters that must use an index under row-level security are equalities and orders of text and bigint: their operators are leakproof.
create index contact_row_by_time on contacts.contact_row (organisation_id, started_at desc, contact_id desc);
create index contact_row_by_queue on contacts.contact_row (organisation_id, queue_id, started_at desc, contact_id desc);
create index contact_row_by_outcome on contacts.contact_row (organisation_id, outcome, started_at desc, contact_id desc);
create index contact_row_by_customer on contacts.contact_row (organisation_id, customer_id, started_at desc, contact_id desc) where customer_id is not null;
create index contact_row_by_caller on contacts.contact_row (organisation_id, caller_index, started_at desc, contact_id desc) where caller_index is not null;
create index contact_row_not_coded on contacts.contact_row (organisation_id, started_at desc, contact_id desc) where not_coded;

-- Who took part: rang or talked. One row each, since an array's operators aren't leakproof.
create table contacts.contact_agent (
  organisation_id text not null,
  project_id text not null,
  contact_id text not null,
  person_id text not null,
  started_at bigint not null,
  primary key (contact_id, person_id)
);
call platform.protect('contacts.contact_agent');
create index contact_agent_by_person on contacts.contact_agent (organisation_id, person_id, started_at desc, contact_id desc);

create table contacts.lost_call (
  organisation_id text not null,
  project_id text not null,
  lost_call_id text primary key,
  -- Null: anonymous, or no number that can be read; such calls are never merged.
  caller_index text,
  -- The last contact's caller, sealed by that contact's key.
  sealed_caller bytea,
  sealed_by text not null,
  customer_id text,
  queue_id text,
  last_at bigint not null,
  wait_ms bigint not null,
  call_count integer not null,
  attempts integer not null default 0,
  cause jsonb not null,
  state text not null check (state in ('open', 'calledAgain', 'calledBack', 'unreachable', 'dismissed')),
  settled_at bigint,
  settled_by text,
  reason text,
  contact_ids text[] not null,
  version integer not null default 1
);
call platform.protect('contacts.lost_call', 'select, insert, update');
create unique index lost_call_open_number on contacts.lost_call (project_id, caller_index) where state = 'open' and caller_index is not null;
create index lost_call_open on contacts.lost_call (organisation_id, last_at desc, lost_call_id desc) where state = 'open';
create index lost_call_by_time on contacts.lost_call (organisation_id, last_at desc, lost_call_id desc);
create index lost_call_by_queue on contacts.lost_call (organisation_id, queue_id, last_at desc, lost_call_id desc);

-- Each contact counts once as lost and once as answered, however often the projector sees it.
create table contacts.lost_call_seen (
  organisation_id text not null,
  project_id text not null,
  contact_id text not null,
  how text not null check (how in ('lost', 'answered')),
  at bigint not null,
  caller_index text,
  lost_call_id text,
  primary key (contact_id, how)
);
call platform.protect('contacts.lost_call_seen', 'select, insert, update');
create index lost_call_seen_answered on contacts.lost_call_seen (organisation_id, caller_index, at desc) where how = 'answered' and caller_index is not null;
