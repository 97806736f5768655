-- Desk phones and softphones that take calls: what a device can do, and which phone of theirs rings at a person's.
alter table directory.device
  -- It answers by itself where an INVITE asks it to (Call-Info answer-after, Alert-Info, Answer-Mode).
  add column auto_answer boolean not null default false,
  -- Over TLS its audio is sealed by keys in the descriptions (SDES).
  add column offers_srtp boolean not null default false,
  add column version integer not null default 1;

create index device_of_person on directory.device (organisation_id, person_id) where person_id is not null;

-- Who isn't in it has their calls in the browser.
create table directory.phone_choice (
  organisation_id text not null,
  person_id text primary key,
  device_id text not null references directory.device (device_id),
  chosen_at bigint not null
);
call platform.protect('directory.phone_choice', 'select, insert, update, delete');
