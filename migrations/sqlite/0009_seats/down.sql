-- One seat of each session keeps the time; the old rule has no place for the others. The bookings stay.
UPDATE booking_hosts SET held = FALSE WHERE held AND session_id IS NOT NULL AND booking_id <>
    (SELECT min(other.booking_id) FROM booking_hosts AS other
     WHERE other.held AND other.session_id = booking_hosts.session_id);
DROP TRIGGER booking_hosts_seat_insert;
DROP TRIGGER booking_hosts_seat_update;
DROP TRIGGER booking_hosts_seat_delete;
DROP TRIGGER booking_hosts_span_insert;
DROP TRIGGER booking_hosts_span_update;
DROP INDEX booking_hosts_host_id_start_at_idx;
DROP INDEX rooms_session_id_live_key;
DROP INDEX bookings_session_id_idx;
ALTER TABLE rooms DROP COLUMN session_id;
ALTER TABLE booking_hosts DROP COLUMN session_id;
ALTER TABLE bookings DROP COLUMN session_id;
ALTER TABLE event_types DROP COLUMN shows_attendees;
ALTER TABLE event_types DROP COLUMN seats;
DROP TABLE group_sessions;
CREATE INDEX booking_hosts_host_id_start_at_idx
    ON booking_hosts (host_id, start_at, end_at, buffer_before, buffer_after, held) WHERE held;
CREATE TRIGGER booking_hosts_span_insert BEFORE INSERT ON booking_hosts WHEN NEW.held
BEGIN
    SELECT RAISE(ABORT, 'booking_hosts_host_id_span_excl') WHERE EXISTS (
        SELECT 1 FROM booking_hosts AS other
        WHERE other.held AND other.host_id = NEW.host_id
          AND other.booking_id <> NEW.booking_id
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
          AND other.booking_id <> NEW.booking_id
          AND other.start_at > NEW.start_at - 172800000000
          AND other.start_at < NEW.end_at + 86400000000
          AND NEW.start_at < other.end_at + max(other.buffer_after, NEW.buffer_before)
          AND other.start_at < NEW.end_at + max(NEW.buffer_after, other.buffer_before)
    );
END;
