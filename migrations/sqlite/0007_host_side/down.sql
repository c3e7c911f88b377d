DROP TABLE booking_remarks;
ALTER TABLE attendees DROP COLUMN attendance;
ALTER TABLE bookings DROP COLUMN private_note;
