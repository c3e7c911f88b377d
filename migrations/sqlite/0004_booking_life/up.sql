-- All states of a booking. SQLite alters no CHECK, and a new table in this one's place would take its children with it:
-- a new column takes the old one's place. Its default is for the rows of that moment; who inserts names a state.
ALTER TABLE bookings ADD COLUMN status_now TEXT NOT NULL DEFAULT 'cancelled'
    CHECK (status_now IN ('unverified', 'pending', 'confirmed', 'declined', 'expired', 'cancelled'));
UPDATE bookings SET status_now = status;
DROP INDEX bookings_event_type_id_start_at_idx;
ALTER TABLE bookings DROP COLUMN status;
ALTER TABLE bookings RENAME COLUMN status_now TO status;
CREATE INDEX bookings_event_type_id_start_at_idx ON bookings (event_type_id, start_at, end_at, status);

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
-- more: the program reads it as one that it knows, or says so, and each new mail would need a new table here.
CREATE TABLE outbox_messages_new (
    id            TEXT NOT NULL PRIMARY KEY,
    kind          TEXT NOT NULL,
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
    CONSTRAINT outbox_messages_booking_id_version_side_kind_key UNIQUE (booking_id, version, side, kind),
    CHECK ((kind = 'password_reset') = (booking_id IS NULL))
);
INSERT INTO outbox_messages_new (id, kind, booking_id, version, sequence, side, user_id, token_sealed, expires_at, queued_at, due_at, attempts,
    state, claimed_by, claimed_until, message_id, finished_at, last_error)
    SELECT id, kind, booking_id, version, sequence, side, user_id, token_sealed, expires_at, queued_at, due_at, attempts,
    state, claimed_by, claimed_until, message_id, finished_at, last_error
    FROM outbox_messages;
DROP TABLE outbox_messages;
ALTER TABLE outbox_messages_new RENAME TO outbox_messages;
CREATE INDEX outbox_messages_due_at_idx ON outbox_messages (due_at) WHERE finished_at IS NULL;
