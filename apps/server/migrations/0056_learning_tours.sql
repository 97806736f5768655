-- Tours begun and finished, one row a person and tour.
call platform.make_schema('learning');

create table learning.tour (
  organisation_id text not null,
  person_id text not null,
  tour text not null check (tour in ('agent', 'lead')),
  state text not null check (state in ('later', 'begun', 'finished')),
  step text not null,
  begun_at bigint,
  finished_at bigint,
  updated_at bigint not null,
  primary key (organisation_id, person_id, tour)
);
call platform.protect('learning.tour', 'select, insert, update');
