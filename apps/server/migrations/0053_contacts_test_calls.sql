-- Test calls of the built-in caller stand in the list of contacts, marked; no figure counts them.
alter table contacts.contact_row add column is_test boolean not null default false;
