-- People whom a customer brings along. What has been published so far has none unless its host says so.
ALTER TABLE event_types ADD COLUMN guests INTEGER NOT NULL DEFAULT 0 CHECK (guests BETWEEN 0 AND 20);
-- Who they are, as JSON: always read and written whole. Those who were taken off again stay in it, to be told so.
ALTER TABLE bookings ADD COLUMN guests TEXT NOT NULL DEFAULT '[]';

-- Their links: looked up by hash, sent from the sealed copy. That of a guest who was taken off leads nowhere.
CREATE TABLE guest_links (
    token_hash   TEXT NOT NULL PRIMARY KEY,
    token_sealed TEXT NOT NULL,
    booking_id   TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    guest_id     TEXT NOT NULL CONSTRAINT guest_links_guest_id_key UNIQUE
);
CREATE INDEX guest_links_booking_id_idx ON guest_links (booking_id);

-- A mail to a guest has no side.
ALTER TABLE outbox_messages ADD COLUMN guest_id TEXT;
CREATE UNIQUE INDEX outbox_messages_guest_key ON outbox_messages (booking_id, version, guest_id, kind)
    WHERE guest_id IS NOT NULL;
