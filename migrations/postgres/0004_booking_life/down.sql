ALTER TABLE booking_events DROP COLUMN note;
ALTER TABLE booking_events DROP COLUMN to_start;
ALTER TABLE booking_events DROP COLUMN from_start;
ALTER TABLE event_types DROP COLUMN move_notice;
ALTER TABLE event_types DROP COLUMN cancel_notice;
ALTER TABLE bookings DROP COLUMN expires_at;

-- States that the older schema does not know are over for it: their time is free and their room closed.
UPDATE booking_hosts SET held = FALSE WHERE booking_id IN
    (SELECT id FROM bookings WHERE status IN ('unverified', 'pending'));
UPDATE rooms SET revoked = TRUE WHERE booking_id IN
    (SELECT id FROM bookings WHERE status IN ('unverified', 'pending', 'declined', 'expired'));
UPDATE bookings SET status = 'cancelled' WHERE status <> 'confirmed';
ALTER TABLE bookings DROP CONSTRAINT bookings_status_check;
ALTER TABLE bookings ADD CONSTRAINT bookings_status_check CHECK (status IN ('confirmed', 'cancelled'));

-- Mails of kinds that the older program does not know can not be kept.
DELETE FROM outbox_messages WHERE kind NOT IN ('booked', 'cancelled', 'password_reset');
ALTER TABLE outbox_messages DROP CONSTRAINT outbox_messages_booking_id_version_side_kind_key;
ALTER TABLE outbox_messages ADD CONSTRAINT outbox_messages_booking_id_sequence_side_kind_key
    UNIQUE (booking_id, sequence, side, kind);
ALTER TABLE outbox_messages ADD CONSTRAINT outbox_messages_kind_check
    CHECK (kind IN ('booked', 'cancelled', 'password_reset'));
