-- Earlier calls of a caller are read from the list's rows; under row-level security this index could never be used for them.
drop index contacts.contact_event_by_caller;
