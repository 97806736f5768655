-- What core has durably consumed of each edge's events, and the recordings.
call platform.make_schema('telephony');

-- No organisation: an edge serves all of them. Only the doors touch it.
create table telephony.edge_seen (
  node text not null,
  epoch bigint not null,
  through bigint not null,
  at bigint not null,
  primary key (node, epoch)
);
grant select, insert, update, delete on telephony.edge_seen to allo_door;

-- The writer may only insert, and the mark only goes up: rows put into the view become the mark.
create view telephony.edge_mark as select node, epoch, through, at from telephony.edge_seen where false;
grant insert on telephony.edge_mark to allo_log;
create function doors.edge_mark_stored() returns trigger language plpgsql as $$
begin
  insert into telephony.edge_seen (node, epoch, through, at) values (new.node, new.epoch, new.through, new.at)
  on conflict (node, epoch) do update set through = greatest(telephony.edge_seen.through, excluded.through), at = excluded.at;
  return new;
end
$$;
create trigger edge_mark_stored instead of insert on telephony.edge_mark for each row execute function doors.edge_mark_stored();
call platform.make_door('doors.edge_mark_stored()');

create function doors.edge_seen_through(of_node text, of_epoch bigint) returns bigint language sql stable
begin atomic
  select coalesce(max(through), 0) from telephony.edge_seen where node = of_node and epoch = of_epoch;
end;
call platform.make_door('doors.edge_seen_through(text, bigint)');

-- Each fact of a recording; the row of telephony.recording is kept from them in the same transaction.
create table telephony.recording_event (
  organisation_id text not null,
  project_id text not null,
  recording_id text not null,
  contact_id text not null,
  kind text not null check (kind in ('prepared', 'started', 'saved', 'failed', 'cut', 'unused')),
  at bigint not null,
  payload jsonb not null,
  wrapped_key bytea,
  primary key (recording_id, kind)
);
call platform.protect_log('telephony.recording_event');

create table telephony.recording (
  organisation_id text not null,
  project_id text not null,
  recording_id text primary key,
  contact_id text not null,
  state text not null check (state in ('prepared', 'recording', 'saved', 'cut', 'failed', 'unused')),
  -- The recording's key, wrapped by the key of `key_subject`: the contact, then the customer once known.
  wrapped_key bytea not null,
  key_subject text not null,
  -- Below ALLO_DATA.
  file_path text not null,
  prepared_at bigint not null,
  started_at bigint,
  duration_ms bigint,
  bytes bigint,
  sha256_hex text
);
call platform.protect('telephony.recording', 'select, update');
call platform.open_to_doors('telephony.recording', 'select, insert, update');
create index recording_by_contact on telephony.recording (contact_id);

create function doors.recording_event_stored() returns trigger language plpgsql as $$
begin
  case new.kind
    when 'prepared' then
      insert into telephony.recording
        (organisation_id, project_id, recording_id, contact_id, state, wrapped_key, key_subject, file_path, prepared_at)
      values (new.organisation_id, new.project_id, new.recording_id, new.contact_id, 'prepared', new.wrapped_key, new.contact_id,
        new.payload ->> 'filePath', new.at)
      on conflict (recording_id) do nothing;
    when 'started' then
      update telephony.recording set state = 'recording', started_at = new.at where recording_id = new.recording_id and state = 'prepared';
    when 'saved' then
      update telephony.recording set state = 'saved', duration_ms = (new.payload ->> 'durationMs')::bigint, bytes = (new.payload ->> 'bytes')::bigint,
        sha256_hex = new.payload ->> 'sha256Hex'
      where recording_id = new.recording_id and state in ('prepared', 'recording', 'cut');
    when 'failed' then
      update telephony.recording set state = 'failed' where recording_id = new.recording_id and state in ('prepared', 'recording');
    when 'cut' then
      update telephony.recording set state = 'cut' where recording_id = new.recording_id and state in ('prepared', 'recording');
    when 'unused' then
      update telephony.recording set state = 'unused' where recording_id = new.recording_id and state = 'prepared';
    else null;
  end case;
  return null;
end
$$;
create trigger recording_event_stored after insert on telephony.recording_event for each row execute function doors.recording_event_stored();
call platform.make_door('doors.recording_event_stored()');

create function doors.recording_owner(of_recording text) returns table (organisation_id text, project_id text, contact_id text) language sql stable
begin atomic
  select recording.organisation_id, recording.project_id, recording.contact_id from telephony.recording where recording.recording_id = of_recording;
end;
call platform.make_door('doors.recording_owner(text)');
