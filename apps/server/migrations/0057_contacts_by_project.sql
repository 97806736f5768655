-- Lists of one project's contacts and lost calls, newest first.
create index contact_row_by_project on contacts.contact_row (organisation_id, project_id, started_at desc, contact_id desc);
create index lost_call_by_project on contacts.lost_call (organisation_id, project_id, last_at desc, lost_call_id desc);
