-- A room as Jitsi opened it: from the first time that it was allowed until Jitsi says that it is empty, or until the
-- window's end that Jitsi was told.
CREATE TABLE conferences (
    id         TEXT NOT NULL PRIMARY KEY,
    room_id    TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    opened_at  BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    emptied_at BIGINT,
    CHECK (ends_at >= opened_at AND emptied_at BETWEEN opened_at AND ends_at)
);
CREATE INDEX conferences_room_id_opened_at_idx ON conferences (room_id, opened_at);
-- One at a time for each window: Jitsi asks again, and by several Prosodys at once.
CREATE UNIQUE INDEX conferences_room_id_ends_at_open_key ON conferences (room_id, ends_at) WHERE emptied_at IS NULL;
