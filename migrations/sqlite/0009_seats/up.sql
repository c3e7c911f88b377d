-- Several customers book the same time, each with a booking of their own: a seat in a session. Seats of one session do
-- not keep each other out; otherwise no two bookings of a host overlap, as before.
CREATE TABLE group_sessions (
    id            TEXT NOT NULL PRIMARY KEY,
    event_type_id TEXT NOT NULL REFERENCES event_types (id) ON DELETE CASCADE,
    host_id       TEXT NOT NULL REFERENCES users (id),
    start_at      BIGINT NOT NULL,
    end_at        BIGINT NOT NULL,
    seats         INTEGER NOT NULL,
    -- Counted by triggers, from the spans that hold time: no way to book can forget it.
    taken         INTEGER NOT NULL,
    CONSTRAINT group_sessions_taken_check CHECK (taken BETWEEN 0 AND seats),
    CONSTRAINT group_sessions_event_type_id_start_at_end_at_key UNIQUE (event_type_id, start_at, end_at)
);

-- How many customers can book the same time, where that is more than one, and whether they see each other's names.
ALTER TABLE event_types ADD COLUMN seats INTEGER CHECK (seats BETWEEN 2 AND 500);
ALTER TABLE event_types ADD COLUMN shows_attendees BOOLEAN NOT NULL DEFAULT FALSE;

-- The session, for a seat. The room of a session belongs to one of its confirmed seats and is the room of all.
ALTER TABLE bookings ADD COLUMN session_id TEXT;
CREATE INDEX bookings_session_id_idx ON bookings (session_id, status) WHERE session_id IS NOT NULL;
ALTER TABLE booking_hosts ADD COLUMN session_id TEXT;
ALTER TABLE rooms ADD COLUMN session_id TEXT;
CREATE UNIQUE INDEX rooms_session_id_live_key ON rooms (session_id) WHERE session_id IS NOT NULL AND NOT revoked;

-- With the session, which free times need too.
DROP INDEX booking_hosts_host_id_start_at_idx;
CREATE INDEX booking_hosts_host_id_start_at_idx
    ON booking_hosts (host_id, start_at, end_at, buffer_before, buffer_after, held, session_id) WHERE held;

DROP TRIGGER booking_hosts_span_insert;
DROP TRIGGER booking_hosts_span_update;
CREATE TRIGGER booking_hosts_span_insert BEFORE INSERT ON booking_hosts WHEN NEW.held
BEGIN
    SELECT RAISE(ABORT, 'booking_hosts_host_id_span_excl') WHERE EXISTS (
        SELECT 1 FROM booking_hosts AS other
        WHERE other.held AND other.host_id = NEW.host_id
          AND coalesce(other.session_id, other.booking_id) <> coalesce(NEW.session_id, NEW.booking_id)
          AND other.start_at > NEW.start_at - 172800000000
          AND other.start_at < NEW.end_at + 86400000000
          AND NEW.start_at < other.end_at + max(other.buffer_after, NEW.buffer_before)
          AND other.start_at < NEW.end_at + max(NEW.buffer_after, other.buffer_before)
    );
END;
CREATE TRIGGER booking_hosts_span_update BEFORE UPDATE ON booking_hosts WHEN NEW.held
BEGIN
    SELECT RAISE(ABORT, 'booking_hosts_host_id_span_excl') WHERE EXISTS (
        SELECT 1 FROM booking_hosts AS other
        WHERE other.held AND other.host_id = NEW.host_id
          -- A seat that is moved leaves its session: its own former span is not in its way.
          AND other.booking_id <> NEW.booking_id
          AND coalesce(other.session_id, other.booking_id) <> coalesce(NEW.session_id, NEW.booking_id)
          AND other.start_at > NEW.start_at - 172800000000
          AND other.start_at < NEW.end_at + 86400000000
          AND NEW.start_at < other.end_at + max(other.buffer_after, NEW.buffer_before)
          AND other.start_at < NEW.end_at + max(NEW.buffer_after, other.buffer_before)
    );
END;

CREATE TRIGGER booking_hosts_seat_insert AFTER INSERT ON booking_hosts WHEN NEW.held AND NEW.session_id IS NOT NULL
BEGIN
    UPDATE group_sessions SET taken = taken + 1 WHERE id = NEW.session_id;
END;
CREATE TRIGGER booking_hosts_seat_update AFTER UPDATE OF held, session_id ON booking_hosts
    WHEN OLD.session_id IS NOT NULL OR NEW.session_id IS NOT NULL
BEGIN
    UPDATE group_sessions SET taken = taken - 1 WHERE OLD.held AND id = OLD.session_id;
    UPDATE group_sessions SET taken = taken + 1 WHERE NEW.held AND id = NEW.session_id;
END;
CREATE TRIGGER booking_hosts_seat_delete AFTER DELETE ON booking_hosts WHEN OLD.held AND OLD.session_id IS NOT NULL
BEGIN
    UPDATE group_sessions SET taken = taken - 1 WHERE id = OLD.session_id;
END;
