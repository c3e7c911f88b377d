-- WITHOUT ROWID: short rows that are found by their texts lie in their primary key's own tree, one page less to
-- read and to write for each. Not those with long rows: whole rows as keys make a tree deep.

-- One row, sealed by the secret key: another key does not open it, and is refused at the start.
CREATE TABLE key_checks (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    sealed TEXT NOT NULL
);

CREATE TABLE users (
    id            TEXT NOT NULL PRIMARY KEY,
    email         TEXT NOT NULL,
    email_folded  TEXT NOT NULL CONSTRAINT users_email_folded_key UNIQUE,
    name          TEXT NOT NULL,
    handle        TEXT NOT NULL CONSTRAINT users_handle_key UNIQUE,
    password_hash TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    time_zone     TEXT NOT NULL,
    created_at    BIGINT NOT NULL
);

CREATE TABLE sessions (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

-- user_id refers to nobody where no account had the address: such a link takes as long to make, and never
-- works. It is no reference, here and in the outbox: to check one takes time where there is an account.
CREATE TABLE password_resets (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX password_resets_user_id_idx ON password_resets (user_id);

-- What is limited, and when it was tried: sign-in attempts, bookings, mails to one address.
CREATE TABLE attempts (
    id     TEXT NOT NULL PRIMARY KEY,
    bucket TEXT NOT NULL,
    at     BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX attempts_bucket_at_idx ON attempts (bucket, at);
CREATE INDEX attempts_at_idx ON attempts (at);

-- weekly and overrides are JSON: a schedule is always read and written whole.
CREATE TABLE schedules (
    id         TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL CONSTRAINT schedules_user_id_key UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    time_zone  TEXT NOT NULL,
    weekly     TEXT NOT NULL,
    overrides  TEXT NOT NULL
);

CREATE TABLE event_types (
    id            TEXT NOT NULL PRIMARY KEY,
    host_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    slug          TEXT NOT NULL,
    title         TEXT NOT NULL,
    description   TEXT NOT NULL,
    duration      INTEGER NOT NULL CHECK (duration BETWEEN 5 AND 1440),
    increment     INTEGER NOT NULL CHECK (increment BETWEEN 5 AND 1440),
    buffer_before INTEGER NOT NULL CHECK (buffer_before BETWEEN 0 AND 1440),
    buffer_after  INTEGER NOT NULL CHECK (buffer_after BETWEEN 0 AND 1440),
    min_notice    INTEGER NOT NULL CHECK (min_notice >= 0),
    window_days   INTEGER NOT NULL CHECK (window_days BETWEEN 0 AND 730),
    early         INTEGER NOT NULL CHECK (early BETWEEN 0 AND 1440),
    grace         INTEGER NOT NULL CHECK (grace BETWEEN 0 AND 1440),
    max_occupants INTEGER CHECK (max_occupants >= 1),
    lobby         BOOLEAN NOT NULL,
    created_at    BIGINT NOT NULL,
    CONSTRAINT event_types_host_id_slug_key UNIQUE (host_id, slug)
);

CREATE TABLE bookings (
    id            TEXT NOT NULL PRIMARY KEY,
    event_type_id TEXT NOT NULL REFERENCES event_types (id),
    host_id       TEXT NOT NULL REFERENCES users (id),
    status        TEXT NOT NULL CHECK (status IN ('confirmed', 'cancelled')),
    version       INTEGER NOT NULL CHECK (version >= 1),
    start_at      BIGINT NOT NULL,
    end_at        BIGINT NOT NULL,
    buffer_before BIGINT NOT NULL,
    buffer_after  BIGINT NOT NULL,
    ical_uid      TEXT NOT NULL CONSTRAINT bookings_ical_uid_key UNIQUE,
    ical_sequence INTEGER NOT NULL CHECK (ical_sequence >= 0),
    note          TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    cancelled_by  TEXT CHECK (cancelled_by IN ('host', 'customer')),
    cancel_reason TEXT,
    CHECK (end_at > start_at)
);
CREATE INDEX bookings_host_id_start_at_idx ON bookings (host_id, start_at, id);

-- The constrained table: who is taken when. See the net below.
CREATE TABLE booking_hosts (
    booking_id    TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    host_id       TEXT NOT NULL REFERENCES users (id),
    start_at      BIGINT NOT NULL,
    end_at        BIGINT NOT NULL,
    buffer_before BIGINT NOT NULL CHECK (buffer_before BETWEEN 0 AND 86400000000),
    buffer_after  BIGINT NOT NULL CHECK (buffer_after BETWEEN 0 AND 86400000000),
    held          BOOLEAN NOT NULL,
    PRIMARY KEY (booking_id, host_id),
    CHECK (end_at > start_at AND end_at - start_at <= 86400000000)
) WITHOUT ROWID;
-- With all that free times need (held among it, although it says where), so that the table itself is not read.
CREATE INDEX booking_hosts_host_id_start_at_idx
    ON booking_hosts (host_id, start_at, end_at, buffer_before, buffer_after, held) WHERE held;

CREATE TABLE attendees (
    id         TEXT NOT NULL PRIMARY KEY,
    booking_id TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    email      TEXT NOT NULL,
    time_zone  TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX attendees_booking_id_idx ON attendees (booking_id);

-- Links that must be sent again: looked up by hash, sent from the sealed copy.
CREATE TABLE booking_links (
    token_hash   TEXT NOT NULL PRIMARY KEY,
    token_sealed TEXT NOT NULL,
    booking_id   TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    side         TEXT NOT NULL CHECK (side IN ('host', 'customer')),
    CONSTRAINT booking_links_booking_id_side_key UNIQUE (booking_id, side)
);

CREATE TABLE booking_events (
    booking_id TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    version    INTEGER NOT NULL,
    at         BIGINT NOT NULL,
    actor      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    PRIMARY KEY (booking_id, version)
) WITHOUT ROWID;

CREATE TABLE rooms (
    id              TEXT NOT NULL PRIMARY KEY,
    booking_id      TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    generation      INTEGER NOT NULL CHECK (generation >= 1),
    name_hash       TEXT NOT NULL CONSTRAINT rooms_name_hash_key UNIQUE,
    name_sealed     TEXT NOT NULL,
    password_sealed TEXT NOT NULL,
    opens_at        BIGINT NOT NULL,
    closes_at       BIGINT NOT NULL,
    max_occupants   INTEGER CHECK (max_occupants >= 1),
    lobby           BOOLEAN NOT NULL,
    revoked         BOOLEAN NOT NULL,
    CONSTRAINT rooms_booking_id_generation_key UNIQUE (booking_id, generation)
);
-- One live generation of a booking's room.
CREATE UNIQUE INDEX rooms_booking_id_live_key ON rooms (booking_id) WHERE NOT revoked;

CREATE TABLE idempotency_records (
    scope      TEXT NOT NULL,
    key        TEXT NOT NULL,
    body_hash  TEXT NOT NULL,
    booking_id TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    CONSTRAINT idempotency_records_scope_key_key PRIMARY KEY (scope, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_records_created_at_idx ON idempotency_records (created_at);

CREATE TABLE outbox_messages (
    id            TEXT NOT NULL PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('booked', 'cancelled', 'password_reset')),
    booking_id    TEXT REFERENCES bookings (id) ON DELETE CASCADE,
    version       INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    side          TEXT CHECK (side IN ('host', 'customer')),
    user_id       TEXT,
    token_sealed  TEXT,
    expires_at    BIGINT,
    queued_at     BIGINT NOT NULL,
    due_at        BIGINT NOT NULL,
    attempts      INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('queued', 'claimed', 'sent', 'failed', 'superseded')),
    claimed_by    TEXT,
    claimed_until BIGINT,
    message_id    TEXT,
    finished_at   BIGINT,
    last_error    TEXT,
    CONSTRAINT outbox_messages_booking_id_sequence_side_kind_key UNIQUE (booking_id, sequence, side, kind),
    CHECK ((kind = 'password_reset') = (booking_id IS NULL))
);
-- due_at is when a queued mail may be sent, by the clock of whoever queued it: 0 is at once, whatever the
-- clocks say. claimed_until is by the database's own clock, on which workers on several machines agree.
CREATE INDEX outbox_messages_due_at_idx ON outbox_messages (due_at) WHERE finished_at IS NULL;

CREATE TABLE api_keys (
    id           TEXT NOT NULL PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    key_hash     TEXT NOT NULL CONSTRAINT api_keys_key_hash_key UNIQUE,
    scopes       TEXT NOT NULL,
    created_at   BIGINT NOT NULL
);

-- The net: two bookings need between them the larger of what the first wants after and the second
-- before. Bounded from below by the longest booking and buffer, so that it looks at neighbours only.
CREATE TRIGGER booking_hosts_span_insert BEFORE INSERT ON booking_hosts WHEN NEW.held
BEGIN
    SELECT RAISE(ABORT, 'booking_hosts_host_id_span_excl') WHERE EXISTS (
        SELECT 1 FROM booking_hosts AS other
        WHERE other.held AND other.host_id = NEW.host_id AND other.booking_id <> NEW.booking_id
          AND other.start_at > NEW.start_at - 172800000000
          AND other.start_at < NEW.end_at + 86400000000
          AND NEW.start_at < other.end_at + max(other.buffer_after, NEW.buffer_before)
          AND other.start_at < NEW.end_at + max(NEW.buffer_after, other.buffer_before)
    );
END;
CREATE TRIGGER booking_hosts_span_update BEFORE UPDATE ON booking_hosts WHEN NEW.held
BEGIN
    SELECT RAISE(ABORT, 'booking_hosts_host_id_span_excl') WHERE EXISTS (
        SELECT 1 FROM booking_hosts AS other
        WHERE other.held AND other.host_id = NEW.host_id AND other.booking_id <> NEW.booking_id
          AND other.start_at > NEW.start_at - 172800000000
          AND other.start_at < NEW.end_at + 86400000000
          AND NEW.start_at < other.end_at + max(other.buffer_after, NEW.buffer_before)
          AND other.start_at < NEW.end_at + max(NEW.buffer_after, other.buffer_before)
    );
END;
