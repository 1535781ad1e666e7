-- A consult room's call for help, one row for each press of its button. A room that calls again while the consultation is
-- still open calls into the same.
CREATE TABLE emergency_calls (
    id TEXT PRIMARY KEY,
    consultation_id TEXT NOT NULL REFERENCES consultations (id),
    kiosk_id TEXT NOT NULL REFERENCES kiosks (id),
    press TEXT NOT NULL,
    called_at BIGINT NOT NULL,
    answered_at BIGINT,
    answered_by TEXT REFERENCES users (id),
    UNIQUE (kiosk_id, press)
);
CREATE INDEX emergency_calls_kiosk ON emergency_calls (kiosk_id, called_at);
CREATE INDEX emergency_calls_time ON emergency_calls (called_at);

-- Who was called: all who were on call then, and whoever else answered or declined. wave: server/emergency.h.
CREATE TABLE emergency_rings (
    call_id TEXT NOT NULL REFERENCES emergency_calls (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    wave BIGINT NOT NULL,
    specialty TEXT,
    declined_at BIGINT,
    PRIMARY KEY (call_id, user_id)
);
