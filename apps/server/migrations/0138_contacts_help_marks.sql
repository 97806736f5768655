-- Leads who were asked into a talk: one row each, kept from the contacts' log.
create table contacts.help_request (
  organisation_id text not null,
  project_id text not null,
  contact_id text not null,
  number integer not null,
  queue_id text not null,
  agent_id text not null,
  about text not null,
  asked_at bigint not null,
  ended_at bigint,
  how text,
  answered_by text,
  primary key (contact_id, number)
);
call platform.protect('contacts.help_request');
create index help_request_by_time on contacts.help_request (organisation_id, asked_at desc, contact_id desc, number desc);

-- What a lead may want to look at: insults or threats, an agent's voice that jumped, both speaking over each other.
alter table contacts.contact_row add column is_abuse boolean not null default false;
alter table contacts.contact_row add column is_loud boolean not null default false;
alter table contacts.contact_row add column is_talk_over boolean not null default false;
create index contact_row_abuse on contacts.contact_row (organisation_id, started_at desc, contact_id desc) where is_abuse;
create index contact_row_loud on contacts.contact_row (organisation_id, started_at desc, contact_id desc) where is_loud;
create index contact_row_talk_over on contacts.contact_row (organisation_id, started_at desc, contact_id desc) where is_talk_over;
