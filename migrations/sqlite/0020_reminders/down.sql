DELETE FROM outbox_messages WHERE kind LIKE 'reminder-%';
DROP TABLE reminder_opt_outs;
ALTER TABLE event_types DROP COLUMN host_reminders;
ALTER TABLE event_types DROP COLUMN customer_reminders;
