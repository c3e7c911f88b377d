DROP INDEX outbox_messages_proposal_key;
DELETE FROM outbox_messages WHERE proposal_id IS NOT NULL;
ALTER TABLE outbox_messages DROP COLUMN proposal_id;
DROP TABLE booking_proposals;
