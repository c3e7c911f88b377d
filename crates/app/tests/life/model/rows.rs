//! The database as lines of text, and what must not be in it.

/// All that bookings left, but for what is sealed.
pub(crate) const SELECT: &str = "
SELECT 'booking ' || id || ' ' || status || ' ' || CAST(version AS TEXT) || ' ' || CAST(ical_sequence AS TEXT)
    || ' ' || CAST(start_at AS TEXT) || '-' || CAST(end_at AS TEXT) || ' ' || ical_uid
    || ' ' || CAST(coalesce(expires_at, 0) AS TEXT) AS line FROM bookings
UNION ALL
SELECT 'span ' || booking_id || ' ' || CAST(start_at AS TEXT) || '-' || CAST(end_at AS TEXT)
    || ' ' || CAST(buffer_before AS TEXT) || '+' || CAST(buffer_after AS TEXT)
    || CASE WHEN held THEN ' held' ELSE ' free' END FROM booking_hosts
UNION ALL
SELECT 'attendee ' || booking_id || ' ' || email || CASE WHEN proof_asked THEN ' asked' ELSE '' END
    || coalesce(' ' || CAST(verified_at AS TEXT), '') FROM attendees
UNION ALL
SELECT 'link ' || booking_id || ' ' || side || ' ' || token_hash FROM booking_links
UNION ALL
SELECT 'room ' || CASE WHEN session_id IS NULL THEN booking_id || ' ' || CAST(generation AS TEXT) ELSE 'shared' END
    || ' ' || id
    || ' ' || CAST(opens_at AS TEXT) || '-' || CAST(closes_at AS TEXT)
    || CASE WHEN revoked THEN ' revoked' ELSE ' live' END FROM rooms
UNION ALL
SELECT 'event ' || booking_id || ' ' || CAST(version AS TEXT) || ' ' || kind || ' ' || actor FROM booking_events
UNION ALL
SELECT 'hold ' || holder || ' ' || event_type_id || ' ' || CAST(start_at AS TEXT) || '-' || CAST(end_at AS TEXT)
    || ' ' || CAST(expires_at AS TEXT) FROM slot_holds
UNION ALL
SELECT 'key ' || key || ' ' || booking_id || ' ' || CAST(created_at AS TEXT) FROM idempotency_records
UNION ALL
SELECT 'guests ' || id || ' ' || guests FROM bookings WHERE guests <> '[]'
UNION ALL
SELECT 'proposal ' || booking_id || ' ' || id || ' ' || CAST(version AS TEXT) || ' ' || by_side || ' ' || starts
    || ' ' || CAST(made_at AS TEXT) || '-' || CAST(expires_at AS TEXT) || ' ' || state FROM booking_proposals
UNION ALL
SELECT 'guest link ' || booking_id || ' ' || guest_id FROM guest_links
UNION ALL
SELECT 'in series ' || id || ' ' || series_id || ' ' || CAST(series_index AS TEXT) || ' ' || series_start FROM bookings
    WHERE series_id IS NOT NULL
UNION ALL
SELECT 'series ' || id || ' ' || every || ' ' || wall_start || ' ' || CAST(occurrences AS TEXT) || ' ' || ical_uid
    FROM booking_series
UNION ALL
SELECT 'waiting ' || id || ' ' || event_type_id || ' ' || email || ' ' || coalesce(day, 'any')
    || ' ' || CAST(joined_at AS TEXT) || ' ' || CAST(coalesce(in_line_since, 0) AS TEXT)
    || ' ' || CAST(over_at AS TEXT) || ' ' || state || ' ' || CAST(coalesce(offered_start, 0) AS TEXT)
    || '-' || CAST(coalesce(offered_end, 0) AS TEXT) || ' ' || CAST(coalesce(offered_until, 0) AS TEXT)
    FROM waiting_entries
UNION ALL
SELECT 'mail to waiting ' || entry_id || ' ' || kind || ' ' || state FROM outbox_messages WHERE entry_id IS NOT NULL
UNION ALL
SELECT 'mail ' || booking_id || ' ' || CAST(version AS TEXT) || ' ' || CAST(sequence AS TEXT)
    || ' ' || coalesce(side, guest_id, proposal_id)
    || ' ' || kind || ' ' || state || coalesce(' of ' || series_id, '')
    FROM outbox_messages WHERE booking_id IS NOT NULL";

/// Two bookings of one host that meet, their buffers included, and are no seats of one session (invariant 1); confirmed
/// bookings whose place is Jitsi without exactly one live room, and others with one (3); more seats than there are (7); a
/// series of which only a part waits for somebody's yes.
pub(crate) const BROKEN: &str = "
SELECT 'too close: ' || a.booking_id || ' and ' || b.booking_id AS line FROM booking_hosts a
    JOIN booking_hosts b ON a.host_id = b.host_id AND a.booking_id <> b.booking_id AND a.held AND b.held
    AND coalesce(a.session_id, a.booking_id) <> coalesce(b.session_id, b.booking_id)
    AND a.start_at <= b.start_at AND b.start_at < a.end_at
        + CASE WHEN a.buffer_after > b.buffer_before THEN a.buffer_after ELSE b.buffer_before END
UNION ALL
SELECT 'live rooms: ' || CAST(count(rooms.id) AS TEXT) || ' of ' || bookings.id FROM bookings
    LEFT JOIN rooms ON NOT rooms.revoked
        AND (rooms.booking_id = bookings.id OR rooms.session_id = bookings.session_id)
    GROUP BY bookings.id, bookings.status, bookings.location_kind, bookings.session_id
    HAVING CASE WHEN bookings.status = 'confirmed' AND bookings.location_kind = 'jitsi' THEN count(rooms.id) <> 1
        ELSE bookings.session_id IS NULL AND count(rooms.id) <> 0 END
UNION ALL
SELECT 'a live room for nobody: ' || rooms.id FROM rooms WHERE NOT revoked AND session_id IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM bookings WHERE bookings.session_id = rooms.session_id AND bookings.status = 'confirmed')
UNION ALL
SELECT 'too many seats: ' || booking_hosts.session_id FROM booking_hosts
    JOIN bookings ON bookings.id = booking_id JOIN event_types ON event_types.id = event_type_id
    WHERE held AND booking_hosts.session_id IS NOT NULL
    GROUP BY booking_hosts.session_id, seats HAVING count(*) > seats
UNION ALL
SELECT 'answered by half: ' || a.id || ' and ' || b.id FROM bookings a JOIN bookings b
    ON a.series_id = b.series_id AND a.status IN ('unverified', 'pending')
    AND (a.status <> b.status OR a.expires_at <> b.expires_at)";
