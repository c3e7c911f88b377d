-- Links that open an event type, looked up by hash; the sealed copy is for the host to copy again. Without uses_left
-- a link is for any number of bookings, without expires_at for ever. It counts down in the transaction of a booking.
CREATE TABLE event_links (
    id            TEXT NOT NULL PRIMARY KEY,
    event_type_id TEXT NOT NULL REFERENCES event_types (id) ON DELETE CASCADE,
    token_hash    TEXT NOT NULL CONSTRAINT event_links_token_hash_key UNIQUE,
    token_sealed  TEXT NOT NULL,
    name          TEXT NOT NULL,
    uses_left     INTEGER CHECK (uses_left >= 0),
    expires_at    BIGINT,
    prefill_name  TEXT,
    prefill_email TEXT,
    created_at    BIGINT NOT NULL
);
CREATE INDEX event_links_event_type_id_created_at_idx ON event_links (event_type_id, created_at);
