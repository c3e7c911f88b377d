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

-- A room without a booking: a program made it for its host, to be opened from start to end.
CREATE TABLE standalone_rooms (
    room_id    TEXT NOT NULL PRIMARY KEY REFERENCES rooms (id) ON DELETE CASCADE,
    host_id    TEXT NOT NULL REFERENCES users (id),
    label      TEXT NOT NULL,
    start_at   BIGINT NOT NULL,
    end_at     BIGINT NOT NULL,
    -- Whether it takes the host's time, as a booking does.
    blocks     BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    CHECK (end_at > start_at AND end_at - start_at <= 86400000000)
);
CREATE INDEX standalone_rooms_host_id_start_at_idx ON standalone_rooms (host_id, start_at, room_id);

-- Its row in rooms has no booking, and the record of its idempotency key names the room. One that takes the host's time
-- stands among those that hold it, under the room's id: what holds time is a booking or such a room, so that no reference
-- can say which; the triggers below take the reference's place. SQLite alters no constraint, but what is stored stays as it
-- is, so that the words can be changed where they stand (https://sqlite.org/lang_altertable.html, "making other kinds of
-- table schema changes").
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
    'booking_id      TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE',
    'booking_id      TEXT REFERENCES bookings (id) ON DELETE CASCADE')
    WHERE type = 'table' AND name = 'rooms';
UPDATE sqlite_schema SET sql = replace(sql,
    'booking_id    TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE',
    'booking_id    TEXT NOT NULL')
    WHERE type = 'table' AND name = 'booking_hosts';
UPDATE sqlite_schema SET sql = replace(sql,
    'booking_id TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE',
    'booking_id TEXT REFERENCES bookings (id) ON DELETE CASCADE')
    WHERE type = 'table' AND name = 'idempotency_records';
PRAGMA writable_schema = RESET;
ALTER TABLE idempotency_records ADD COLUMN room_id TEXT REFERENCES rooms (id) ON DELETE CASCADE
    CHECK ((booking_id IS NULL) <> (room_id IS NULL));
CREATE TRIGGER bookings_delete_span AFTER DELETE ON bookings
BEGIN
    DELETE FROM booking_hosts WHERE booking_id = OLD.id;
END;
CREATE TRIGGER rooms_delete_span AFTER DELETE ON rooms WHEN OLD.booking_id IS NULL
BEGIN
    DELETE FROM booking_hosts WHERE booking_id = OLD.id;
END;

-- What Jitsi's events tell of a room: when it was made and gone, and who came and went, one connection's stay by itself.
-- Events come in any order, again, or never: rows are only added, and completed.
CREATE TABLE meetings (
    room_id      TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL,
    destroyed_at BIGINT,
    PRIMARY KEY (room_id, created_at)
) WITHOUT ROWID;
CREATE TABLE stays (
    room_id   TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    occupant  TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    left_at   BIGINT,
    person    TEXT,
    name      TEXT,
    -- Whether it is from the summary that Jitsi gives when the room is gone.
    summed    BOOLEAN NOT NULL,
    PRIMARY KEY (room_id, occupant, joined_at)
) WITHOUT ROWID;
