-- Each time off has a zone of its own. Those from before were read in whichever schedule was asked: they get the zone
-- of their host's default schedule.
UPDATE users SET time_off = (
    SELECT json_group_array(
        json_set(off.value, '$.zone', coalesce(
            (SELECT schedules.time_zone FROM schedules WHERE schedules.user_id = users.id AND schedules.is_default),
            users.time_zone
        ))
        ORDER BY off.key
    )
    FROM json_each(users.time_off) AS off
) WHERE time_off <> '[]';
