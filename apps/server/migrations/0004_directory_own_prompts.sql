-- Greetings and music that the organisation has added to the shipped ones; their recordings stand in directory.prompt. Nothing is deleted: a
-- retired one can be taken into use again, and the audit names it.
create table directory.own_prompt (
  organisation_id text not null,
  audio_id text not null,
  kind text not null check (kind in ('greeting', 'music')),
  title text not null,
  -- It says that calls are recorded.
  says_notice boolean not null,
  retired boolean not null default false,
  created_at bigint not null,
  primary key (organisation_id, audio_id)
);
call platform.protect('directory.own_prompt', 'select, insert, update');
