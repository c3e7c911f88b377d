ALTER TABLE bookings DROP COLUMN location_detail;
ALTER TABLE bookings DROP COLUMN location_kind;
ALTER TABLE bookings DROP COLUMN answers;
ALTER TABLE event_types DROP COLUMN location_detail;
ALTER TABLE event_types DROP COLUMN location_kind;
ALTER TABLE event_types DROP COLUMN questions;
