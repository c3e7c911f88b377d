DROP TABLE stays;
DROP TABLE meetings;
-- Rooms without a booking are closed, and free the time that they took.
DELETE FROM rooms WHERE booking_id IS NULL;
DROP TRIGGER rooms_delete_span;
DROP TRIGGER bookings_delete_span;
DELETE FROM idempotency_records WHERE room_id IS NOT NULL;
ALTER TABLE idempotency_records DROP COLUMN room_id;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
    'booking_id      TEXT REFERENCES bookings (id) ON DELETE CASCADE',
    'booking_id      TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE')
    WHERE type = 'table' AND name = 'rooms';
UPDATE sqlite_schema SET sql = replace(sql,
    'booking_id    TEXT NOT NULL',
    'booking_id    TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE')
    WHERE type = 'table' AND name = 'booking_hosts';
UPDATE sqlite_schema SET sql = replace(sql,
    'booking_id TEXT REFERENCES bookings (id) ON DELETE CASCADE',
    'booking_id TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE')
    WHERE type = 'table' AND name = 'idempotency_records';
PRAGMA writable_schema = RESET;
DROP TABLE standalone_rooms;
DROP TABLE conferences;
