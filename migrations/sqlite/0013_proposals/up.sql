-- Other times that one side of a booking would like. What came of it stays, for the history. starts is JSON: it is
-- always read and written whole. version is the booking's when it was made.
CREATE TABLE booking_proposals (
    id         TEXT NOT NULL PRIMARY KEY,
    booking_id TEXT NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
    version    INTEGER NOT NULL,
    by_side    TEXT NOT NULL CHECK (by_side IN ('host', 'customer')),
    starts     TEXT NOT NULL,
    note       TEXT NOT NULL,
    made_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'lapsed', 'withdrawn', 'void')),
    ended_at   BIGINT,
    answer     TEXT NOT NULL,
    CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE INDEX booking_proposals_booking_id_idx ON booking_proposals (booking_id);
CREATE UNIQUE INDEX booking_proposals_open_key ON booking_proposals (booking_id) WHERE state = 'open';
CREATE INDEX booking_proposals_expires_at_idx ON booking_proposals (expires_at) WHERE state = 'open';

-- A mail about one has no side: it goes to the side that the proposal says.
ALTER TABLE outbox_messages ADD COLUMN proposal_id TEXT;
CREATE UNIQUE INDEX outbox_messages_proposal_key ON outbox_messages (proposal_id, kind) WHERE proposal_id IS NOT NULL;
