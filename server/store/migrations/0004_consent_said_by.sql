-- Who gave a device's consent: it has no page to be asked on. NULL: the participant's own word.
ALTER TABLE consents ADD COLUMN said_by TEXT;
