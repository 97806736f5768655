-- A field that is filled in with what must not be kept: nothing of the call is recorded meanwhile.
alter table customers.field add column pauses_recording boolean not null default false;
