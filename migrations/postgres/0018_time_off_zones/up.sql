-- Each time off has a zone of its own. Those from before were read in whichever schedule was asked: they get the zone
-- of their host's default schedule.
UPDATE users SET time_off = (
    SELECT jsonb_agg(
        listed.off || jsonb_build_object('zone', coalesce(
            (SELECT schedules.time_zone FROM schedules WHERE schedules.user_id = users.id AND schedules.is_default),
            users.time_zone
        ))
        ORDER BY listed.place
    )::text
    FROM jsonb_array_elements(users.time_off::jsonb) WITH ORDINALITY AS listed (off, place)
) WHERE time_off <> '[]';
