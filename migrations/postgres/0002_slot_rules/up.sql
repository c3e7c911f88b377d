-- Several schedules of a host, one of them the default.
ALTER TABLE schedules ADD COLUMN name TEXT NOT NULL DEFAULT 'Working hours';
ALTER TABLE schedules ADD COLUMN is_default BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE schedules ALTER COLUMN name DROP DEFAULT;
ALTER TABLE schedules ALTER COLUMN is_default DROP DEFAULT;
ALTER TABLE schedules DROP CONSTRAINT schedules_user_id_key;
ALTER TABLE schedules ADD CONSTRAINT schedules_user_id_name_key UNIQUE (user_id, name);
CREATE UNIQUE INDEX schedules_user_id_default_key ON schedules (user_id) WHERE is_default;

-- time_off is JSON: it is always read and written whole.
ALTER TABLE users ADD COLUMN time_off TEXT NOT NULL DEFAULT '[]';
-- 1 is Monday.
ALTER TABLE users ADD COLUMN week_start INTEGER NOT NULL DEFAULT 1 CHECK (week_start BETWEEN 1 AND 7);

-- Without schedule_id the host's default schedule holds. It is no reference: SQLite could not take the column back.
ALTER TABLE event_types ADD COLUMN schedule_id TEXT;
-- JSON, as they are always read and written whole.
ALTER TABLE event_types ADD COLUMN other_durations TEXT NOT NULL DEFAULT '[]';
ALTER TABLE event_types ADD COLUMN limits TEXT NOT NULL DEFAULT '[]';
ALTER TABLE event_types ADD COLUMN grid_offset INTEGER NOT NULL DEFAULT 0 CHECK (grid_offset BETWEEN 0 AND 1439);
-- Whether one start follows the other by the length that is booked, whatever increment says.
ALTER TABLE event_types ADD COLUMN increment_follows BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE event_types SET increment_follows = TRUE WHERE increment = duration;
-- window_days counts days or business days; of dates, it says nothing.
ALTER TABLE event_types ADD COLUMN window_kind TEXT NOT NULL DEFAULT 'days'
    CHECK (window_kind IN ('days', 'business_days', 'dates'));
ALTER TABLE event_types ADD COLUMN window_first TEXT;
ALTER TABLE event_types ADD COLUMN window_last TEXT;

-- What counts for limits, so that the bookings themselves are not read.
CREATE INDEX bookings_event_type_id_start_at_idx ON bookings (event_type_id, start_at, end_at, status);

-- Times that are kept while somebody fills in the form, one for each visitor. They lapse by themselves: whoever
-- asks for free times looks at expires_at.
CREATE TABLE slot_holds (
    holder        TEXT NOT NULL PRIMARY KEY,
    client        TEXT NOT NULL,
    host_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    event_type_id TEXT NOT NULL REFERENCES event_types (id) ON DELETE CASCADE,
    start_at      BIGINT NOT NULL,
    end_at        BIGINT NOT NULL,
    buffer_before BIGINT NOT NULL,
    buffer_after  BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);
CREATE INDEX slot_holds_host_id_start_at_idx ON slot_holds (host_id, start_at);
CREATE INDEX slot_holds_client_idx ON slot_holds (client);
CREATE INDEX slot_holds_expires_at_idx ON slot_holds (expires_at);

-- What the clock of the schedule's zone showed at the start, when that was agreed on. Zone data may change
-- afterwards. Bookings from before have neither.
ALTER TABLE bookings ADD COLUMN schedule_zone TEXT;
ALTER TABLE bookings ADD COLUMN wall_start TEXT;

-- Whether the host's page lists it; and whether the password stands in calendar entries, which others may see.
ALTER TABLE event_types ADD COLUMN visibility TEXT NOT NULL DEFAULT 'public'
    CHECK (visibility IN ('public', 'hidden', 'link'));
ALTER TABLE event_types ADD COLUMN password_in_calendar BOOLEAN NOT NULL DEFAULT FALSE;
