ALTER TABLE booking_hosts DROP COLUMN previous_host_id;
ALTER TABLE booking_hosts DROP COLUMN assigned_because;
ALTER TABLE booking_hosts DROP COLUMN assigned_at;
