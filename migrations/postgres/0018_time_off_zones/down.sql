-- The wall time stays, the zone is lost.
UPDATE users SET time_off = (
    SELECT jsonb_agg(listed.off - 'zone' ORDER BY listed.place)::text
    FROM jsonb_array_elements(users.time_off::jsonb) WITH ORDINALITY AS listed (off, place)
) WHERE time_off <> '[]';
