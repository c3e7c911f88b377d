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
ALTER TABLE bookings ADD COLUMN status_now TEXT NOT NULL DEFAULT 'cancelled'
    CHECK (status_now IN ('confirmed', 'cancelled'));
UPDATE bookings SET status_now = status WHERE status = 'confirmed';
DROP INDEX bookings_event_type_id_start_at_idx;
ALTER TABLE bookings DROP COLUMN status;
ALTER TABLE bookings RENAME COLUMN status_now TO status;
CREATE INDEX bookings_event_type_id_start_at_idx ON bookings (event_type_id, start_at, end_at, status);

-- Mails of kinds that the older program does not know can not be kept.
CREATE TABLE outbox_messages_new (
    id            TEXT NOT NULL PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('booked', 'cancelled', 'password_reset')),
    booking_id    TEXT REFERENCES bookings (id) ON DELETE CASCADE,
    version       INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    side          TEXT CHECK (side IN ('host', 'customer')),
    user_id       TEXT,
    token_sealed  TEXT,
    expires_at    BIGINT,
    queued_at     BIGINT NOT NULL,
    due_at        BIGINT NOT NULL,
    attempts      INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('queued', 'claimed', 'sent', 'failed', 'superseded')),
    claimed_by    TEXT,
    claimed_until BIGINT,
    message_id    TEXT,
    finished_at   BIGINT,
    last_error    TEXT,
    CONSTRAINT outbox_messages_booking_id_sequence_side_kind_key UNIQUE (booking_id, sequence, side, kind),
    CHECK ((kind = 'password_reset') = (booking_id IS NULL))
);
INSERT INTO outbox_messages_new (id, kind, booking_id, version, sequence, side, user_id, token_sealed, expires_at, queued_at, due_at, attempts,
    state, claimed_by, claimed_until, message_id, finished_at, last_error)
    SELECT id, kind, booking_id, version, sequence, side, user_id, token_sealed, expires_at, queued_at, due_at, attempts,
    state, claimed_by, claimed_until, message_id, finished_at, last_error
    FROM outbox_messages
    WHERE kind IN ('booked', 'cancelled', 'password_reset');
DROP TABLE outbox_messages;
ALTER TABLE outbox_messages_new RENAME TO outbox_messages;
CREATE INDEX outbox_messages_due_at_idx ON outbox_messages (due_at) WHERE finished_at IS NULL;
