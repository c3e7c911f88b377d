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
DELETE FROM schedules WHERE NOT is_default;
DROP INDEX schedules_user_id_default_key;
ALTER TABLE schedules DROP CONSTRAINT schedules_user_id_name_key;
ALTER TABLE schedules ADD CONSTRAINT schedules_user_id_key UNIQUE (user_id);
ALTER TABLE schedules DROP COLUMN is_default;
ALTER TABLE schedules DROP COLUMN name;
