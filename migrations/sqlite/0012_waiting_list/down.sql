DELETE FROM outbox_messages WHERE entry_id IS NOT NULL;
ALTER TABLE outbox_messages DROP COLUMN entry_id;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
    '(kind IN (''password_reset'', ''waiting_joined'', ''waiting_offered'')) = (booking_id IS NULL)',
    '(kind = ''password_reset'') = (booking_id IS NULL)')
    WHERE type = 'table' AND name = 'outbox_messages';
PRAGMA writable_schema = RESET;
-- What was kept for them is free.
DELETE FROM slot_holds WHERE holder IN (SELECT token_hash FROM waiting_entries);
DROP TABLE waiting_entries;
ALTER TABLE event_types DROP COLUMN waiting_list;
