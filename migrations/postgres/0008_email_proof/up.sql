-- Whether customers show first that the address they give is theirs.
ALTER TABLE event_types ADD COLUMN email_proof BOOLEAN NOT NULL DEFAULT FALSE;

-- Whether they were asked to, and when they did.
ALTER TABLE attendees ADD COLUMN proof_asked BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE attendees ADD COLUMN verified_at BIGINT;
-- The link of the event type of which they took a use that it gets back if they do not.
ALTER TABLE attendees ADD COLUMN lent_link TEXT;
