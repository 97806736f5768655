-- Who may go into whose talks as a mentor.
create table directory.mentor (
  organisation_id text not null,
  trainee_id text not null,
  mentor_id text not null check (mentor_id <> trainee_id),
  primary key (organisation_id, trainee_id, mentor_id)
);
call platform.protect('directory.mentor', 'select, insert, delete');

-- What names a project in an agent's ear where calls connect by themselves; null: the shipped sentence.
alter table directory.project add column name_audio_id text;
alter table directory.own_prompt drop constraint own_prompt_kind_check;
alter table directory.own_prompt add constraint own_prompt_kind_check check (kind in ('greeting', 'music', 'name'));
