-- A field that says nothing, and can't be changed, before the caller is verified: 0 for all, 1 by questions, 2 by a code or a voice.
alter table customers.field add column verify_level smallint not null default 0 check (verify_level between 0 and 2);
