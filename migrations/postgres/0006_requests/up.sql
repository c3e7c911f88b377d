-- Within how many minutes the host answers a request; without it bookings need no answer.
ALTER TABLE event_types ADD COLUMN confirm_within INTEGER CHECK (confirm_within BETWEEN 5 AND 43200);

-- What may lapse, soonest first.
CREATE INDEX bookings_expires_at_idx ON bookings (expires_at) WHERE expires_at IS NOT NULL;
