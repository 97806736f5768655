-- Recordings that were made smaller when they were old enough: where they lie now, and what they were.
alter table telephony.recording
  add column encoding text not null default 'g711' check (encoding in ('g711', 'opus')),
  add column bytes_before bigint,
  -- Of the original until it is removed.
  add column path_before text,
  -- Why it stays as it is; null: it was not tried, or has been done.
  add column shrink_failure text;
create index recording_to_shrink on telephony.recording (organisation_id, started_at)
  where state = 'saved' and encoding = 'g711' and shrink_failure is null;
create index recording_left_over on telephony.recording (organisation_id) where path_before is not null;

alter table telephony.recording_event drop constraint recording_event_kind_check;
alter table telephony.recording_event add constraint recording_event_kind_check
  check (kind in ('prepared', 'started', 'saved', 'failed', 'cut', 'unused', 'shrunk'));

drop trigger recording_event_stored on telephony.recording_event;
drop function doors.recording_event_stored();
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
    when 'shrunk' then
      update telephony.recording set encoding = 'opus', path_before = file_path, bytes_before = bytes, file_path = new.payload ->> 'filePath',
        bytes = (new.payload ->> 'bytes')::bigint, sha256_hex = new.payload ->> 'sha256Hex'
      where recording_id = new.recording_id and state = 'saved' and encoding = 'g711';
    else null;
  end case;
  return null;
end
$$;
create trigger recording_event_stored after insert on telephony.recording_event for each row execute function doors.recording_event_stored();
call platform.make_door('doors.recording_event_stored()');

create table telephony.storage_setting (
  organisation_id text primary key,
  -- 0: never.
  opus_after_days integer not null check (opus_after_days between 0 and 3650),
  version integer not null
);
call platform.protect('telephony.storage_setting', 'select, insert, update');
