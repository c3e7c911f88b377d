-- For how many minutes a time that becomes free is kept for who waits for it; without it nobody waits.
ALTER TABLE event_types ADD COLUMN waiting_list INTEGER CHECK (waiting_list BETWEEN 5 AND 1440);

-- Who waits for a time. The link to their page is looked up by hash and sent from the sealed copy. day and until are dates in
-- the zone of the schedule, and without a day any suits; from over_at on, nothing does. Who has yet to show that the
-- address is theirs has no in_line_since. What is offered is kept by a row of slot_holds, too.
CREATE TABLE waiting_entries (
    id            TEXT NOT NULL PRIMARY KEY,
    event_type_id TEXT NOT NULL REFERENCES event_types (id) ON DELETE CASCADE,
    host_id       TEXT NOT NULL REFERENCES users (id),
    token_hash    TEXT NOT NULL CONSTRAINT waiting_entries_token_hash_key UNIQUE,
    token_sealed  TEXT NOT NULL,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL,
    email_folded  TEXT NOT NULL,
    time_zone     TEXT NOT NULL,
    duration      INTEGER NOT NULL,
    day           TEXT,
    until         TEXT,
    joined_at     BIGINT NOT NULL,
    in_line_since BIGINT,
    over_at       BIGINT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('waiting', 'offered', 'booked', 'left', 'lapsed')),
    offered_start BIGINT,
    offered_end   BIGINT,
    offered_until BIGINT,
    ended_at      BIGINT,
    CHECK ((state IN ('waiting', 'offered')) = (ended_at IS NULL)),
    CHECK (state <> 'offered' OR (offered_start IS NOT NULL AND offered_end IS NOT NULL AND offered_until IS NOT NULL))
);
-- The line: where nobody waits, nothing is in it.
CREATE INDEX waiting_entries_line_idx ON waiting_entries (event_type_id, in_line_since, id) WHERE ended_at IS NULL;
CREATE INDEX waiting_entries_host_id_idx ON waiting_entries (host_id) WHERE ended_at IS NULL;
-- One for each address, event type and day.
CREATE UNIQUE INDEX waiting_entries_live_key ON waiting_entries (event_type_id, email_folded, coalesce(day, ''))
    WHERE ended_at IS NULL;

-- A mail to one of them is about no booking. SQLite alters no CHECK. What is stored stays as it is, so that the rule's words
-- can be changed where they stand (https://sqlite.org/lang_altertable.html, "making other kinds of table schema
-- changes"); a new table in this one's place would have to know the columns of every other step.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
    '(kind = ''password_reset'') = (booking_id IS NULL)',
    '(kind IN (''password_reset'', ''waiting_joined'', ''waiting_offered'')) = (booking_id IS NULL)')
    WHERE type = 'table' AND name = 'outbox_messages';
PRAGMA writable_schema = RESET;
ALTER TABLE outbox_messages ADD COLUMN entry_id TEXT;
