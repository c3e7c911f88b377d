-- The wall time stays, the zone is lost.
UPDATE users SET time_off = (
    SELECT json_group_array(json_remove(off.value, '$.zone') ORDER BY off.key) FROM json_each(users.time_off) AS off
) WHERE time_off <> '[]';
