-- All states of a booking.
ALTER TABLE bookings DROP CONSTRAINT bookings_status_check;
ALTER TABLE bookings ADD CONSTRAINT bookings_status_check CHECK (status IN
    ('unverified', 'pending', 'confirmed', 'declined', 'expired', 'cancelled'));

-- Until when an unverified or pending booking keeps its time.
ALTER TABLE bookings ADD COLUMN expires_at BIGINT;

-- How many minutes before the start customers may last cancel, or move; 0 is until it begins.
ALTER TABLE event_types ADD COLUMN cancel_notice INTEGER NOT NULL DEFAULT 0 CHECK (cancel_notice BETWEEN 0 AND 525600);
ALTER TABLE event_types ADD COLUMN move_notice INTEGER NOT NULL DEFAULT 0 CHECK (move_notice BETWEEN 0 AND 525600);

-- From when to when a booking was moved, and what was said about it.
ALTER TABLE booking_events ADD COLUMN from_start BIGINT;
ALTER TABLE booking_events ADD COLUMN to_start BIGINT;
ALTER TABLE booking_events ADD COLUMN note TEXT;

-- One mail of a kind for each version of a booking: a change of its state may keep SEQUENCE. kind lists no kinds any
-- more: the program reads it as one that it knows, or says so, and on SQLite each new mail would need a new table.
ALTER TABLE outbox_messages DROP CONSTRAINT outbox_messages_kind_check;
ALTER TABLE outbox_messages DROP CONSTRAINT outbox_messages_booking_id_sequence_side_kind_key;
ALTER TABLE outbox_messages ADD CONSTRAINT outbox_messages_booking_id_version_side_kind_key
    UNIQUE (booking_id, version, side, kind);
