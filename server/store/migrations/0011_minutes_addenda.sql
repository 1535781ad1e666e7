-- What corrects or supplements minutes that all have signed. content: what its author signed, byte for byte (canonical JSON); it names
-- the minutes' hash and that of the addendum before it. Nothing of it can ever be changed.
CREATE TABLE minutes_addenda (
    consultation_id TEXT NOT NULL REFERENCES minutes (consultation_id),
    number BIGINT NOT NULL,
    participant_id TEXT NOT NULL REFERENCES participants (id),
    method TEXT NOT NULL CHECK (method IN ('account', 'ticket')),
    at BIGINT NOT NULL,
    content TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    jws TEXT NOT NULL,
    PRIMARY KEY (consultation_id, number)
);
APPEND_ONLY(minutes_addenda);

-- PDF (base64), each made once. addendum 0: the minutes themselves.
CREATE TABLE minutes_papers (
    consultation_id TEXT NOT NULL REFERENCES minutes (consultation_id),
    addendum BIGINT NOT NULL,
    pdf TEXT NOT NULL,
    PRIMARY KEY (consultation_id, addendum)
);
INSERT INTO minutes_papers (consultation_id, addendum, pdf) SELECT consultation_id, 0, pdf FROM minutes WHERE pdf IS NOT NULL;
ALTER TABLE minutes DROP COLUMN pdf;
