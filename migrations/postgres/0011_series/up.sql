-- The same wall time again and again. Each occurrence is a booking of its own, as a seat is; this is what holds them
-- together. Dates that were left out are those of the rule without a booking.
CREATE TABLE booking_series (
    id            TEXT NOT NULL PRIMARY KEY,
    event_type_id TEXT NOT NULL REFERENCES event_types (id) ON DELETE CASCADE,
    every         TEXT NOT NULL CHECK (every IN ('week', 'two_weeks', 'month')),
    -- What was agreed on: the first date that the rule names, and where the clock hangs.
    wall_start    TEXT NOT NULL,
    schedule_zone TEXT NOT NULL,
    -- How many bookings it has.
    occurrences   INTEGER NOT NULL CHECK (occurrences >= 1),
    ical_uid      TEXT NOT NULL CONSTRAINT booking_series_ical_uid_key UNIQUE
);

-- How often an event type can be booked at once, where it can be booked repeatedly.
ALTER TABLE event_types ADD COLUMN series_most INTEGER CHECK (series_most BETWEEN 2 AND 52);

-- The series, which of its bookings this is, from 1, and at which wall time the rule has it, wherever it was moved.
ALTER TABLE bookings ADD COLUMN series_id TEXT;
ALTER TABLE bookings ADD COLUMN series_index INTEGER;
ALTER TABLE bookings ADD COLUMN series_start TEXT;
CREATE UNIQUE INDEX bookings_series_id_key ON bookings (series_id, series_index) WHERE series_id IS NOT NULL;

-- A mail about several bookings of a series: it stands at one of them and tells of all that it is about.
ALTER TABLE outbox_messages ADD COLUMN series_id TEXT;
-- Few mails are: each other one asks whether one of them goes before it.
CREATE INDEX outbox_messages_series_id_idx ON outbox_messages (series_id) WHERE series_id IS NOT NULL;
