-- What the host notes for themselves about a booking; empty if nothing.
ALTER TABLE bookings ADD COLUMN private_note TEXT NOT NULL DEFAULT '';

-- Whether somebody came, as the host marked it; of the time that the booking has.
ALTER TABLE attendees ADD COLUMN attendance TEXT CHECK (attendance IN ('attended', 'no_show'));

-- The part of a booking's history that makes no version: notes and marks. Not rows of booking_events: there each
-- version has one row, which the key holds to, and mails look moves up by version. Only added to, like those. It says
-- that a note was written, not what: what the host takes out of a note is gone. They are in order by the booking's
-- version then and by number, for clocks may differ. attendee_id is no reference: the row stays when its person is removed.
CREATE TABLE booking_remarks (
    booking_id  TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL CHECK (number >= 1),
    version     INTEGER NOT NULL,
    at          BIGINT NOT NULL,
    actor       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    attendee_id TEXT,
    PRIMARY KEY (booking_id, number)
);
