DROP INDEX bookings_expires_at_idx;
ALTER TABLE event_types DROP COLUMN confirm_within;
