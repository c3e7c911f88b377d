DROP INDEX outbox_messages_guest_key;
DELETE FROM outbox_messages WHERE guest_id IS NOT NULL;
ALTER TABLE outbox_messages DROP COLUMN guest_id;
DROP TABLE guest_links;
ALTER TABLE bookings DROP COLUMN guests;
ALTER TABLE event_types DROP COLUMN guests;
