-- The on-call roster. site_id: whose rooms, with everything below it, the person is on call for; NULL: for all.
CREATE TABLE shifts (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    site_id TEXT REFERENCES sites (id),
    specialty TEXT,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX shifts_time ON shifts (starts_at, id);
CREATE INDEX shifts_user ON shifts (user_id);
