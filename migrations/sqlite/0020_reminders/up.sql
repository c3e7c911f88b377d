-- How many minutes before a booking begins each side is reminded of it, as a JSON list. What there is already reminds nobody.
ALTER TABLE event_types ADD COLUMN customer_reminders TEXT NOT NULL DEFAULT '[]';
ALTER TABLE event_types ADD COLUMN host_reminders TEXT NOT NULL DEFAULT '[]';

-- Who wants no reminders of a host's bookings, by the folded address.
CREATE TABLE reminder_opt_outs (
    host_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email_folded TEXT NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (host_id, email_folded)
) WITHOUT ROWID;
