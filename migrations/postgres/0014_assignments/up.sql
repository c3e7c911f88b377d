-- Why a booking has the host that it has, and since when. Teams, which come later, choose one in turn and give bookings
-- to another host; until then every host has been booked. previous_host_id is who had it before.
ALTER TABLE booking_hosts ADD COLUMN assigned_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE booking_hosts ADD COLUMN assigned_because TEXT NOT NULL DEFAULT 'booked'
    CHECK (assigned_because IN ('booked', 'round_robin', 'reassigned'));
ALTER TABLE booking_hosts ADD COLUMN previous_host_id TEXT REFERENCES users (id);
UPDATE booking_hosts
SET assigned_at = (SELECT bookings.created_at FROM bookings WHERE bookings.id = booking_hosts.booking_id);
-- What is booked from now on says so itself.
ALTER TABLE booking_hosts ALTER COLUMN assigned_at DROP DEFAULT;
