-- A phone's extension: the short number by which colleagues pass calls on to its person.
alter table directory.device add column extension text check (extension ~ '^[0-9]{2,6}$');
create unique index device_extension on directory.device (organisation_id, extension) where not retired;
