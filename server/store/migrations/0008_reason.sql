-- Why the consultation was asked for, and what is known of the illness: the first of its papers.
ALTER TABLE consultations ADD COLUMN reason TEXT;
