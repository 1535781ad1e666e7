-- A page of patients is read from here alone, in order; idle sessions are found at each sign-in without reading all of them.
CREATE INDEX patients_search ON patients (search, id);
CREATE INDEX sessions_seen ON sessions (last_seen_at);
