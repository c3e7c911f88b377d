-- The older program would send its mails to addresses that are not known to be anybody's: what waits for a proof ends.
UPDATE booking_hosts SET held = FALSE WHERE booking_id IN (SELECT id FROM bookings WHERE status = 'unverified');
UPDATE bookings SET status = 'expired', expires_at = NULL, version = version + 1 WHERE status = 'unverified';
DELETE FROM outbox_messages WHERE kind = 'proof';
ALTER TABLE attendees DROP COLUMN lent_link;
ALTER TABLE attendees DROP COLUMN verified_at;
ALTER TABLE attendees DROP COLUMN proof_asked;
ALTER TABLE event_types DROP COLUMN email_proof;
