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

ALTER TABLE booking_hosts DROP CONSTRAINT booking_hosts_host_id_span_excl;
ALTER TABLE booking_hosts DROP CONSTRAINT booking_hosts_host_id_lead_excl;
ALTER TABLE booking_hosts
    ADD CONSTRAINT booking_hosts_host_id_span_excl EXCLUDE USING gist
        (host_id WITH =, coalesce(session_id, booking_id) WITH <>, int8range(start_at, end_at + buffer_after) WITH &&)
        WHERE (held),
    ADD CONSTRAINT booking_hosts_host_id_lead_excl EXCLUDE USING gist
        (host_id WITH =, coalesce(session_id, booking_id) WITH <>, int8range(start_at - buffer_before, end_at) WITH &&)
        WHERE (held);

CREATE FUNCTION booking_hosts_count_seats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.held AND OLD.session_id IS NOT NULL THEN
        UPDATE group_sessions SET taken = taken - 1 WHERE id = OLD.session_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.held AND NEW.session_id IS NOT NULL THEN
        UPDATE group_sessions SET taken = taken + 1 WHERE id = NEW.session_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER booking_hosts_seats AFTER INSERT OR UPDATE OF held, session_id OR DELETE ON booking_hosts
    FOR EACH ROW EXECUTE FUNCTION booking_hosts_count_seats();
