-- The bookings stay, each by itself.
DELETE FROM outbox_messages WHERE series_id IS NOT NULL;
DROP INDEX outbox_messages_series_id_idx;
ALTER TABLE outbox_messages DROP COLUMN series_id;
DROP INDEX bookings_series_id_key;
ALTER TABLE bookings DROP COLUMN series_start;
ALTER TABLE bookings DROP COLUMN series_index;
ALTER TABLE bookings DROP COLUMN series_id;
ALTER TABLE event_types DROP COLUMN series_most;
DROP TABLE booking_series;
