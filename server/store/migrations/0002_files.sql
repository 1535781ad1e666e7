-- Stills that were taken at the far end, and files sent in the chat. Contents lie sealed beside the recordings; key is the
-- file's own, wrapped by the master key. participant_id: whose camera it was, or who sends. marks: JSON, in picture
-- coordinates. A still is announced (its thumbnail seen by all) before its upload begins.
CREATE TABLE files (
    id TEXT PRIMARY KEY,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    participant_id TEXT NOT NULL REFERENCES participants (id),
    kind TEXT NOT NULL CHECK (kind IN ('still', 'chat')),
    state TEXT NOT NULL CHECK (state IN ('announced', 'uploading', 'ready', 'refused')),
    requested_by TEXT REFERENCES participants (id),
    source TEXT,
    name TEXT,
    type TEXT,
    width BIGINT,
    height BIGINT,
    size BIGINT,
    received BIGINT NOT NULL DEFAULT 0,
    key TEXT NOT NULL,
    sha1 TEXT,
    sha256 TEXT,
    marks TEXT,
    marked_at BIGINT,
    refusal TEXT,
    created_at BIGINT NOT NULL,
    ready_at BIGINT
);
CREATE INDEX files_consultation ON files (consultation_id, created_at, id);
