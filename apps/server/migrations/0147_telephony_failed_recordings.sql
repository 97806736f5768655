-- The floor asks every few seconds whether recordings fail.
create index recording_event_failed on telephony.recording_event (organisation_id, at) where kind = 'failed';
