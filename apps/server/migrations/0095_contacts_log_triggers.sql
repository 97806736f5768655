-- What is kept from the contacts' log is kept once a statement: the log's writer puts many rows in at once.
drop trigger contact_event_stored on contacts.contact_event;
drop trigger contact_events_due on contacts.contact_event;
drop function doors.contact_event_stored();
drop function doors.contact_events_due();

create function doors.contact_events_stored() returns trigger language plpgsql as $$
declare
  arrived boolean;
  closed text[];
  wrapped_up boolean;
  coded text[];
begin
  insert into contacts.projection_due (organisation_id, project_id, contact_id, sequence)
  select organisation_id, project_id, contact_id, max(sequence) from stored group by organisation_id, project_id, contact_id;

  select coalesce(bool_or(kind = 'contactArrived'), false), array_agg(contact_id) filter (where kind = 'contactClosed'),
    coalesce(bool_or(kind = 'wrapUpEnded'), false), array_agg(contact_id) filter (where kind = 'contactCoded')
  into arrived, closed, wrapped_up, coded from stored;
  -- Within one statement a contact's events have their own order: it arrives before it is closed, its wrap-up ends before a code comes late.
  if arrived then
    insert into contacts.open_contact (organisation_id, project_id, contact_id, started_at)
    select organisation_id, project_id, contact_id, at from stored where kind = 'contactArrived' and (closed is null or contact_id <> all (closed))
    on conflict (contact_id) do nothing;
  end if;
  if closed is not null then
    delete from contacts.open_contact where contact_id = any (closed);
  end if;
  if wrapped_up then
    insert into contacts.not_coded (organisation_id, project_id, contact_id, person_id, since)
    select organisation_id, project_id, contact_id, payload ->> 'agentId', at from stored where kind = 'wrapUpEnded' and not (payload ->> 'coded')::boolean
    on conflict (contact_id) do nothing;
  end if;
  if coded is not null then
    delete from contacts.not_coded where contact_id = any (coded);
  end if;
  return null;
end
$$;
create trigger contact_events_stored after insert on contacts.contact_event
  referencing new table as stored for each statement execute function doors.contact_events_stored();
call platform.make_door('doors.contact_events_stored()');
