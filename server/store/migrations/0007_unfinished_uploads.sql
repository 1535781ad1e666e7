-- The sweep asks every minute which uploads were never finished.
CREATE INDEX files_unfinished ON files (created_at) WHERE state IN ('announced', 'uploading');
