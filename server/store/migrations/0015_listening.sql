-- When a page of this session last asked whether an emergency rings: not a use of the session, which may go idle meanwhile.
ALTER TABLE sessions ADD COLUMN listened_at BIGINT NOT NULL DEFAULT 0;
