-- A captions service takes part under a role of its own. A check cannot be altered everywhere, so the column gives way to a new one.
ALTER TABLE participants ADD COLUMN new_role TEXT NOT NULL DEFAULT 'doctor'
    CHECK (new_role IN ('host', 'specialist', 'doctor', 'patient', 'interpreter', 'observer', 'kiosk', 'captions'));
UPDATE participants SET new_role = role;
ALTER TABLE participants DROP COLUMN role;
ALTER TABLE participants RENAME COLUMN new_role TO role;
