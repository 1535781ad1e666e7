-- What is asked at every join, and each minute, must not read what months have left behind.
CREATE INDEX stays_open ON stays (consultation_id, participant_id, joined_at) WHERE left_at IS NULL;
CREATE INDEX stays_participant ON stays (participant_id);
CREATE INDEX consultations_open ON consultations (ends_at) WHERE state = 'open';
