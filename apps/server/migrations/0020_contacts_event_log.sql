-- The contact's and the agent's event logs, and what is kept up to date from them in the same transaction.
call platform.make_schema('contacts');

create table contacts.contact_event (
  organisation_id text not null,
  project_id text not null,
  contact_id text not null,
  sequence integer not null,
  kind text not null,
  at bigint not null,
  schema_version smallint not null,
  writer_node text not null,
  writer_epoch bigint not null,
  -- The edge's event that this one comes from, by which a repeated one is known.
  source_node text,
  source_epoch bigint,
  source_sequence bigint,
  payload jsonb not null,
  sealed bytea,
  primary key (contact_id, sequence)
);
call platform.protect_log('contacts.contact_event');
create index contact_event_by_caller on contacts.contact_event (organisation_id, (payload ->> 'callerIndex'), at) where kind = 'contactArrived';
create index contact_event_by_time on contacts.contact_event (organisation_id, at);

create table contacts.agent_event (
  organisation_id text not null,
  person_id text not null,
  writer_node text not null,
  writer_epoch bigint not null,
  sequence integer not null,
  kind text not null,
  at bigint not null,
  schema_version smallint not null,
  payload jsonb not null,
  primary key (person_id, writer_node, writer_epoch, sequence)
);
call platform.protect_log('contacts.agent_event');
create index agent_event_by_time on contacts.agent_event (organisation_id, person_id, at);

-- Contacts that are not closed: what a new start of the core has to look after.
create table contacts.open_contact (
  organisation_id text not null,
  project_id text not null,
  contact_id text primary key,
  started_at bigint not null
);
call platform.protect('contacts.open_contact', 'select');
call platform.open_to_doors('contacts.open_contact', 'select, insert, delete');

-- Contacts that wait for their agent's code.
create table contacts.not_coded (
  organisation_id text not null,
  project_id text not null,
  contact_id text primary key,
  person_id text not null,
  since bigint not null
);
call platform.protect('contacts.not_coded', 'select');
call platform.open_to_doors('contacts.not_coded', 'select, insert, delete');
create index not_coded_by_person on contacts.not_coded (organisation_id, person_id, since);

create function doors.contact_event_stored() returns trigger language plpgsql as $$
begin
  case new.kind
    when 'contactArrived' then
      insert into contacts.open_contact (organisation_id, project_id, contact_id, started_at)
      values (new.organisation_id, new.project_id, new.contact_id, new.at) on conflict (contact_id) do nothing;
    when 'contactClosed' then
      delete from contacts.open_contact where contact_id = new.contact_id;
    when 'wrapUpEnded' then
      if not (new.payload ->> 'coded')::boolean then
        insert into contacts.not_coded (organisation_id, project_id, contact_id, person_id, since)
        values (new.organisation_id, new.project_id, new.contact_id, new.payload ->> 'agentId', new.at) on conflict (contact_id) do nothing;
      end if;
    when 'contactCoded' then
      delete from contacts.not_coded where contact_id = new.contact_id;
    else null;
  end case;
  return null;
end
$$;
create trigger contact_event_stored after insert on contacts.contact_event
  for each row when (new.kind in ('contactArrived', 'contactClosed', 'wrapUpEnded', 'contactCoded'))
  execute function doors.contact_event_stored();
call platform.make_door('doors.contact_event_stored()');

-- Notes are sealed by the key of the contact's subject; the log holds their ids.
create table contacts.note (
  organisation_id text not null,
  project_id text not null,
  note_id text primary key,
  contact_id text not null,
  author_id text not null,
  at bigint not null,
  sealed bytea not null
);
call platform.protect('contacts.note');
create index note_by_contact on contacts.note (contact_id, at);

create table contacts.note_draft (
  organisation_id text not null,
  project_id text not null,
  contact_id text not null,
  person_id text not null,
  at bigint not null,
  sealed bytea not null,
  primary key (contact_id, person_id)
);
call platform.protect('contacts.note_draft');
