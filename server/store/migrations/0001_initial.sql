-- The first schema. SERIAL_KEY and APPEND_ONLY(table) are the dialects' differences, expanded by migrate.c.
-- Times are microseconds since the Unix epoch; booleans are 0 and 1; secrets are kept as hashes, or wrapped by the master key.

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE sites (
    id TEXT PRIMARY KEY,
    parent_id TEXT REFERENCES sites (id),
    kind TEXT NOT NULL CHECK (kind IN ('province', 'hospital', 'branch', 'clinic')),
    name TEXT NOT NULL,
    search TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX sites_parent ON sites (parent_id);

CREATE TABLE rooms (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES sites (id),
    name TEXT NOT NULL,
    search TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX rooms_site ON rooms (site_id);

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    title TEXT,
    role TEXT NOT NULL CHECK (role IN ('admin', 'doctor')),
    site_id TEXT REFERENCES sites (id),
    language TEXT NOT NULL DEFAULT 'vi',
    active BIGINT NOT NULL DEFAULT 1,
    password_hash TEXT NOT NULL,
    must_change_password BIGINT NOT NULL DEFAULT 0,
    search TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    password_changed_at BIGINT
);

-- People signed in at the panel. id is the hash of what the cookie holds.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    csrf TEXT NOT NULL,
    language TEXT,
    address TEXT,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Software. token_hash is unique; the token itself is shown once.
CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_by TEXT REFERENCES users (id),
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);

-- Sign-in attempts and the like, counted per key ("account:…", "address:…").
CREATE TABLE throttles (
    key TEXT PRIMARY KEY,
    count BIGINT NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT
);

CREATE TABLE kiosks (
    id TEXT PRIMARY KEY,
    room_id TEXT NOT NULL REFERENCES rooms (id),
    name TEXT NOT NULL,
    token_hash TEXT UNIQUE,
    paired_at BIGINT NOT NULL,
    paired_by TEXT,
    last_seen_at BIGINT,
    removed_at BIGINT
);
CREATE INDEX kiosks_room ON kiosks (room_id);

CREATE TABLE kiosk_pairings (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    secret_hash TEXT NOT NULL,
    address TEXT,
    kiosk_id TEXT REFERENCES kiosks (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX kiosk_pairings_expiry ON kiosk_pairings (expires_at);

CREATE TABLE patients (
    id TEXT PRIMARY KEY,
    identifier_system TEXT NOT NULL,
    identifier_value TEXT NOT NULL,
    name TEXT NOT NULL,
    birth_date TEXT,
    sex TEXT NOT NULL CHECK (sex IN ('male', 'female', 'other', 'unknown')),
    search TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (identifier_system, identifier_value)
);

CREATE TABLE consultations (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('scheduled', 'emergency', 'tele-exam', 'teaching')),
    title TEXT NOT NULL,
    language TEXT NOT NULL DEFAULT 'vi',
    state TEXT NOT NULL CHECK (state IN ('booked', 'open', 'ended', 'cancelled')),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    cancelled_at BIGINT,
    cancel_reason TEXT,
    room_id TEXT REFERENCES rooms (id),
    patient_id TEXT REFERENCES patients (id),
    waiting_room BIGINT NOT NULL DEFAULT 0,
    search TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX consultations_time ON consultations (starts_at, id);
CREATE INDEX consultations_room ON consultations (room_id, starts_at);
CREATE INDEX consultations_patient ON consultations (patient_id, starts_at);

CREATE TABLE participants (
    id TEXT PRIMARY KEY,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL
        CHECK (role IN ('host', 'specialist', 'doctor', 'patient', 'interpreter', 'observer', 'kiosk')),
    user_id TEXT REFERENCES users (id),
    kiosk_id TEXT REFERENCES kiosks (id),
    place TEXT,
    created_at BIGINT NOT NULL,
    removed_at BIGINT
);
CREATE INDEX participants_consultation ON participants (consultation_id);
CREATE INDEX participants_user ON participants (user_id);

-- When somebody was really there, one row per stay.
CREATE TABLE stays (
    id TEXT PRIMARY KEY,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    participant_id TEXT NOT NULL REFERENCES participants (id),
    joined_at BIGINT NOT NULL,
    left_at BIGINT,
    reason TEXT,
    quality TEXT
);
CREATE INDEX stays_consultation ON stays (consultation_id, joined_at);

-- The ledger of consents: what was said when; the newest row for a person and purpose is in force.
CREATE TABLE consents (
    seq SERIAL_KEY,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    participant_id TEXT NOT NULL REFERENCES participants (id),
    purpose TEXT NOT NULL,
    granted BIGINT NOT NULL,
    for_patient BIGINT NOT NULL,
    language TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX consents_consultation ON consents (consultation_id, seq);
APPEND_ONLY(consents);

CREATE TABLE chat (
    seq SERIAL_KEY,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    participant_id TEXT NOT NULL REFERENCES participants (id),
    text TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX chat_consultation ON chat (consultation_id, seq);

-- key is the recording's own, wrapped by the master key. lease: the node that renders it, and until when.
CREATE TABLE recordings (
    id TEXT PRIMARY KEY,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    state TEXT NOT NULL CHECK (state IN ('recording', 'rendering', 'ready', 'failed')),
    started_by TEXT REFERENCES participants (id),
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    key TEXT NOT NULL,
    progress BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_attempt_at BIGINT,
    lease_owner TEXT,
    lease_until BIGINT,
    last_error TEXT,
    ready_at BIGINT
);
CREATE INDEX recordings_consultation ON recordings (consultation_id);
CREATE INDEX recordings_state ON recordings (state, next_attempt_at);

-- The pieces of the journal: a new one after a media worker died. chain: hex SHA-256 that the segment continues from.
CREATE TABLE recording_segments (
    recording_id TEXT NOT NULL REFERENCES recordings (id),
    number BIGINT NOT NULL,
    path TEXT NOT NULL,
    chain TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (recording_id, number)
);

CREATE TABLE recording_files (
    recording_id TEXT NOT NULL REFERENCES recordings (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('composed', 'track', 'poster', 'manifest')),
    type TEXT NOT NULL,
    path TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha1 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    duration_ms BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (recording_id, name)
);

CREATE TABLE recording_gaps (
    seq SERIAL_KEY,
    recording_id TEXT NOT NULL REFERENCES recordings (id),
    track TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    to_ms BIGINT NOT NULL,
    cause TEXT NOT NULL
);
CREATE INDEX recording_gaps_recording ON recording_gaps (recording_id, seq);

CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until BIGINT,
    active BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL
);

-- The transactional outbox: a row is written in the transaction of the event it tells of. once: never the same thing twice.
-- attempts: all that were made; failures: those since it last was told to begin anew.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    once TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('fhir', 'webhook')),
    event TEXT NOT NULL,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    recording_id TEXT REFERENCES recordings (id),
    webhook_id TEXT REFERENCES webhooks (id) ON DELETE SET NULL,
    target TEXT NOT NULL,
    payload TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivering', 'delivered', 'failed')),
    attempts BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0,
    next_attempt_at BIGINT,
    lease_owner TEXT,
    lease_until BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    delivered_at BIGINT
);
CREATE INDEX outbox_due ON outbox (state, next_attempt_at);
CREATE INDEX outbox_consultation ON outbox (consultation_id);

-- Who did what. hash covers the row and the row before, so that a missing or altered row shows.
CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT,
    consultation_id TEXT,
    detail TEXT,
    address TEXT,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_consultation ON audit (consultation_id, seq);
CREATE INDEX audit_time ON audit (at);
APPEND_ONLY(audit);
