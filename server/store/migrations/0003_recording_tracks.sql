-- Whose the sources in a recording are: files and gaps name them by their track.
CREATE TABLE recording_tracks (
    recording_id TEXT NOT NULL REFERENCES recordings (id),
    track TEXT NOT NULL,
    participant_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    file TEXT,
    PRIMARY KEY (recording_id, track)
);
