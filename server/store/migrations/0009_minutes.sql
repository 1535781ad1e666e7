-- The minutes of a consultation. text: what is typed, as JSON. From the first signature on content is what was signed, byte for byte
-- (canonical JSON), and sha256 its hash; with the last signature they are final, and pdf (base64) is made once.
CREATE TABLE minutes (
    consultation_id TEXT PRIMARY KEY REFERENCES consultations (id),
    version BIGINT NOT NULL,
    text TEXT NOT NULL,
    written_by TEXT REFERENCES participants (id),
    written_at BIGINT NOT NULL,
    content TEXT,
    sha256 TEXT,
    final_at BIGINT,
    pdf TEXT
);

-- jws: our word that this participant signed that hash then, and how they had shown who they are.
CREATE TABLE minutes_signatures (
    consultation_id TEXT NOT NULL REFERENCES minutes (consultation_id),
    part TEXT NOT NULL CHECK (part IN ('chair', 'secretary')),
    participant_id TEXT NOT NULL REFERENCES participants (id),
    method TEXT NOT NULL CHECK (method IN ('account', 'ticket')),
    at BIGINT NOT NULL,
    jws TEXT NOT NULL,
    PRIMARY KEY (consultation_id, part)
);
