-- Calls that an agent placed stand in the list of contacts beside those that came.
alter table contacts.contact_row add column is_outbound boolean not null default false;
