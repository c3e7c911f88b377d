ALTER TABLE event_types DROP COLUMN password_in_calendar;
ALTER TABLE event_types DROP COLUMN visibility;
ALTER TABLE bookings DROP COLUMN wall_start;
ALTER TABLE bookings DROP COLUMN schedule_zone;
DROP TABLE slot_holds;
DROP INDEX bookings_event_type_id_start_at_idx;
ALTER TABLE event_types DROP COLUMN window_last;
ALTER TABLE event_types DROP COLUMN window_first;
ALTER TABLE event_types DROP COLUMN window_kind;
ALTER TABLE event_types DROP COLUMN increment_follows;
ALTER TABLE event_types DROP COLUMN grid_offset;
ALTER TABLE event_types DROP COLUMN limits;
ALTER TABLE event_types DROP COLUMN other_durations;
ALTER TABLE event_types DROP COLUMN schedule_id;
ALTER TABLE users DROP COLUMN week_start;
ALTER TABLE users DROP COLUMN time_off;

-- Only the default schedules fit.
CREATE TABLE schedules_old (
    id         TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL CONSTRAINT schedules_user_id_key UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    time_zone  TEXT NOT NULL,
    weekly     TEXT NOT NULL,
    overrides  TEXT NOT NULL
);
INSERT INTO schedules_old (id, user_id, time_zone, weekly, overrides)
    SELECT id, user_id, time_zone, weekly, overrides FROM schedules WHERE is_default;
DROP TABLE schedules;
ALTER TABLE schedules_old RENAME TO schedules;
