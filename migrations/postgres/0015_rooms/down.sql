DROP TABLE stays;
DROP TABLE meetings;
-- Rooms without a booking are closed, and free the time that they took.
DELETE FROM rooms WHERE booking_id IS NULL;
DROP TRIGGER rooms_delete_span ON rooms;
DROP TRIGGER bookings_delete_span ON bookings;
DROP FUNCTION booking_hosts_delete_span();
ALTER TABLE idempotency_records DROP COLUMN room_id;
ALTER TABLE idempotency_records ALTER COLUMN booking_id SET NOT NULL;
ALTER TABLE booking_hosts ADD CONSTRAINT booking_hosts_booking_id_fkey
    FOREIGN KEY (booking_id) REFERENCES bookings (id) ON DELETE CASCADE;
ALTER TABLE rooms ALTER COLUMN booking_id SET NOT NULL;
DROP TABLE standalone_rooms;
DROP TABLE conferences;
