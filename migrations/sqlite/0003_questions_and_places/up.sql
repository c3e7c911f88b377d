-- What customers are asked, as JSON: it is always read and written whole.
ALTER TABLE event_types ADD COLUMN questions TEXT NOT NULL DEFAULT '[]';
-- Where they meet, and the number, place or address that it takes.
ALTER TABLE event_types ADD COLUMN location_kind TEXT NOT NULL DEFAULT 'jitsi'
    CHECK (location_kind IN ('jitsi', 'phone', 'call', 'in_person', 'link'));
ALTER TABLE event_types ADD COLUMN location_detail TEXT NOT NULL DEFAULT '';

-- Answers with the words of their questions, and the place, as they were when it was booked. Only a booking that
-- meets at Jitsi has a room.
ALTER TABLE bookings ADD COLUMN answers TEXT NOT NULL DEFAULT '[]';
ALTER TABLE bookings ADD COLUMN location_kind TEXT NOT NULL DEFAULT 'jitsi'
    CHECK (location_kind IN ('jitsi', 'phone', 'call', 'in_person', 'link'));
ALTER TABLE bookings ADD COLUMN location_detail TEXT NOT NULL DEFAULT '';
