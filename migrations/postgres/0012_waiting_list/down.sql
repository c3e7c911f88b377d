DELETE FROM outbox_messages WHERE entry_id IS NOT NULL;
ALTER TABLE outbox_messages DROP CONSTRAINT outbox_messages_check;
ALTER TABLE outbox_messages ADD CONSTRAINT outbox_messages_check CHECK ((kind = 'password_reset') = (booking_id IS NULL));
ALTER TABLE outbox_messages DROP COLUMN entry_id;
-- What was kept for them is free.
DELETE FROM slot_holds WHERE holder IN (SELECT token_hash FROM waiting_entries);
DROP TABLE waiting_entries;
ALTER TABLE event_types DROP COLUMN waiting_list;
