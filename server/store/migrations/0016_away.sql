-- When the page of a stay lost its socket; NULL while it has one. The stay goes on for a while, as it may come back.
ALTER TABLE stays ADD COLUMN away_at BIGINT;
