-- Colleagues who called each other. No customer's contact: nothing that counts contacts reads this table.
create table telephony.internal_call (
  organisation_id text not null,
  internal_call_id text primary key,
  caller_id text not null,
  callee_id text not null,
  started_at bigint not null,
  answered_at bigint,
  ended_at bigint not null,
  outcome text not null check (outcome in ('answered', 'notAnswered', 'declined', 'notAvailable', 'givenUp', 'failed')),
  -- It rang at who was called, and they neither took it nor said no.
  missed boolean not null,
  check ((outcome = 'answered') = (answered_at is not null))
);
-- Written once, and forgotten after a time.
call platform.protect('telephony.internal_call', 'select, insert, delete');
create index internal_call_by_start on telephony.internal_call (organisation_id, started_at desc, internal_call_id desc);
create index internal_call_by_caller on telephony.internal_call (organisation_id, caller_id, started_at desc, internal_call_id desc);
create index internal_call_by_callee on telephony.internal_call (organisation_id, callee_id, started_at desc, internal_call_id desc);

-- Until when somebody has seen which calls they missed.
create table telephony.internal_call_seen (
  organisation_id text not null,
  person_id text primary key,
  seen_at bigint not null
);
call platform.protect('telephony.internal_call_seen', 'select, insert, update');
