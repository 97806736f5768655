-- What trunks say of packets, keys, sealing, ringing and trunk groups. What was a yes or no of sealed audio becomes a choice of three: who
-- had it on got offers over TLS that could not be taken in clear.
alter table trunks.trunk no force row level security;
update trunks.trunk
set settings = jsonb_set(
  settings,
  '{habits}',
  '{"ptimeMs": 20, "keys": "auto", "keysPayloadType": 101, "ringing": "carrier", "trunkGroup": null}'::jsonb
    || (settings -> 'habits')
    || jsonb_build_object('srtp', case
      when settings #>> '{habits,srtp}' is distinct from 'true' then 'off'
      when settings @? '$.targets[*] ? (@.transport != "tls")' then 'optional'
      else 'required'
    end)
);
alter table trunks.trunk force row level security;
