-- One seat of each session keeps the time; the old rule has no place for the others. The bookings stay.
UPDATE booking_hosts SET held = FALSE WHERE held AND session_id IS NOT NULL AND booking_id <>
    (SELECT min(other.booking_id) FROM booking_hosts AS other
     WHERE other.held AND other.session_id = booking_hosts.session_id);
DROP TRIGGER booking_hosts_seats ON booking_hosts;
DROP FUNCTION booking_hosts_count_seats;
ALTER TABLE booking_hosts DROP CONSTRAINT booking_hosts_host_id_span_excl;
ALTER TABLE booking_hosts DROP CONSTRAINT booking_hosts_host_id_lead_excl;
DROP INDEX rooms_session_id_live_key;
DROP INDEX bookings_session_id_idx;
ALTER TABLE rooms DROP COLUMN session_id;
ALTER TABLE booking_hosts DROP COLUMN session_id;
ALTER TABLE bookings DROP COLUMN session_id;
ALTER TABLE event_types DROP COLUMN shows_attendees;
ALTER TABLE event_types DROP COLUMN seats;
DROP TABLE group_sessions;
ALTER TABLE booking_hosts
    ADD CONSTRAINT booking_hosts_host_id_span_excl EXCLUDE USING gist
        (host_id WITH =, int8range(start_at, end_at + buffer_after) WITH &&) WHERE (held),
    ADD CONSTRAINT booking_hosts_host_id_lead_excl EXCLUDE USING gist
        (host_id WITH =, int8range(start_at - buffer_before, end_at) WITH &&) WHERE (held);
