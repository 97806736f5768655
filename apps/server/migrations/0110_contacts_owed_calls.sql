-- A caller lost by a fault of ours is owed a call back: since when. It stays owed however often they call in vain after that.
alter table contacts.lost_call add column owed_since bigint;
-- Of all organisations at once: the owner looks past row-level security for a moment.
alter table contacts.lost_call no force row level security;
update contacts.lost_call set owed_since = last_at where state = 'open' and cause ->> 'why' in ('technical', 'edgeLost', 'coreLost', 'shutdown');
alter table contacts.lost_call force row level security;
create index lost_call_owed on contacts.lost_call (organisation_id, last_at desc, lost_call_id desc) where state = 'open' and owed_since is not null;
