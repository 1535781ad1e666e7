-- Stills go to the PACS: a kind of delivery of its own, which names its file. What may stand in a column cannot be changed
-- in place everywhere, so the table is made anew.
CREATE TABLE outbox_new (
    id TEXT PRIMARY KEY,
    once TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('fhir', 'dicom', 'webhook')),
    event TEXT NOT NULL,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    recording_id TEXT REFERENCES recordings (id),
    file_id TEXT REFERENCES files (id),
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
INSERT INTO outbox_new (id, once, kind, event, consultation_id, recording_id, webhook_id, target, payload, state, attempts,
    failures, next_attempt_at, lease_owner, lease_until, last_error, created_at, delivered_at)
SELECT id, once, kind, event, consultation_id, recording_id, webhook_id, target, payload, state, attempts,
    failures, next_attempt_at, lease_owner, lease_until, last_error, created_at, delivered_at FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
CREATE INDEX outbox_due ON outbox (state, next_attempt_at);
CREATE INDEX outbox_consultation ON outbox (consultation_id);
