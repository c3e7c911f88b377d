//! Other times that one side of a booking would like.

use diesel::prelude::*;
use roomkey_core::{
    booking::{Booking, Proposal, ProposalState, Side},
    ids::{BookingId, UserId},
    text::Note,
    time::{Instant, Span},
};

use super::{Tx, holds::Hold};
use crate::{
    StoreError,
    row::{parse, signed},
    schema::{booking_proposals as proposals, bookings},
};

/// In place of the address from which a visitor keeps a time.
const CLIENT: &str = "proposal";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = proposals)]
struct ProposalRow {
    id: String,
    booking_id: String,
    version: i32,
    by_side: String,
    starts: String,
    note: String,
    made_at: i64,
    expires_at: i64,
    state: String,
    ended_at: Option<i64>,
    answer: String,
}

impl ProposalRow {
    fn new(booking: &Booking, proposal: &Proposal) -> Self {
        let starts: Vec<i64> = proposal.starts.iter().map(|start| start.micros()).collect();
        Self {
            id: proposal.id.to_string(),
            booking_id: booking.id.to_string(),
            version: signed(booking.version),
            by_side: proposal.by.as_str().to_owned(),
            starts: serde_json::json!(starts).to_string(),
            note: proposal.note.to_string(),
            made_at: proposal.made_at.micros(),
            expires_at: proposal.expires_at.micros(),
            state: proposal.state.as_str().to_owned(),
            ended_at: proposal.ended_at.map(Instant::micros),
            answer: proposal.answer.to_string(),
        }
    }

    fn read(self) -> Result<Proposal, StoreError> {
        let starts: Vec<i64> = serde_json::from_str(&self.starts)
            .map_err(|_| StoreError::Unreadable("booking_proposals.starts"))?;
        Ok(Proposal {
            id: parse("booking_proposals.id", &self.id)?,
            by: parse("booking_proposals.by_side", &self.by_side)?,
            starts: starts.into_iter().map(Instant::from_micros).collect(),
            note: Note::from_stored(self.note),
            made_at: Instant::from_micros(self.made_at),
            expires_at: Instant::from_micros(self.expires_at),
            state: parse("booking_proposals.state", &self.state)?,
            ended_at: self.ended_at.map(Instant::from_micros),
            answer: Note::from_stored(self.answer),
        })
    }
}

impl Tx<'_> {
    /// Stores a proposal in place of one that is open. The time that a customer asks for is kept.
    /// The caller has locked the host and read the booking in this transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_proposal(
        &mut self,
        booking: &Booking,
        proposal: &Proposal,
    ) -> Result<(), StoreError> {
        self.void_proposal(booking.id, proposal.made_at)?;
        let row = ProposalRow::new(booking, proposal);
        self.run(|c| diesel::insert_into(proposals::table).values(row).execute(c))?;
        let (Side::Customer, Some(&start)) = (proposal.by, proposal.starts.first()) else {
            return Ok(());
        };
        let length = booking.span.end.since(booking.span.start);
        self.place_hold(&Hold {
            holder: Proposal::holder(booking.id),
            client: CLIENT.to_owned(),
            host: booking.host,
            event_type: booking.event_type,
            span: Span { start, end: start.plus_micros(length) },
            buffers: booking.buffers,
            created_at: proposal.made_at,
            expires_at: proposal.expires_at,
        })
    }

    /// Ends a proposal that is open. False if it is not, any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end_proposal(
        &mut self,
        booking: BookingId,
        proposal: &Proposal,
        state: ProposalState,
        answer: &Note,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let open = proposals::table
            .filter(proposals::id.eq(proposal.id.to_string()))
            .filter(proposals::state.eq(ProposalState::Open.as_str()));
        let changed = self.run(|c| {
            diesel::update(open)
                .set((
                    proposals::state.eq(state.as_str()),
                    proposals::ended_at.eq(now.micros()),
                    proposals::answer.eq(answer.as_str()),
                ))
                .execute(c)
        })?;
        if changed == 1 && proposal.by == Side::Customer {
            self.drop_holds(&[Proposal::holder(booking)])?;
        }
        Ok(changed == 1)
    }

    /// What is open for a booking is so no more, since something else happened to it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) fn void_proposal(
        &mut self,
        booking: BookingId,
        now: Instant,
    ) -> Result<(), StoreError> {
        if let Some(open) = self.open_proposal(booking)? {
            self.end_proposal(booking, &open, ProposalState::Void, &open.answer, now)?;
        }
        Ok(())
    }

    /// What is open for a booking, lapsed or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_proposal(&mut self, booking: BookingId) -> Result<Option<Proposal>, StoreError> {
        let row: Option<ProposalRow> = self.one(|c| {
            proposals::table
                .filter(proposals::booking_id.eq(booking.to_string()))
                .filter(proposals::state.eq(ProposalState::Open.as_str()))
                .select(ProposalRow::as_select())
                .load(c)
        })?;
        row.map(ProposalRow::read).transpose()
    }

    /// A proposal, whatever became of it.
    pub(super) fn proposal(&mut self, id: &str) -> Result<Option<Proposal>, StoreError> {
        let row: Option<ProposalRow> =
            self.one(|c| proposals::table.find(id).select(ProposalRow::as_select()).load(c))?;
        row.map(ProposalRow::read).transpose()
    }

    /// All that was proposed for a booking, in order, each with the booking's version then.
    pub(super) fn proposals(
        &mut self,
        booking: BookingId,
    ) -> Result<Vec<(i32, Proposal)>, StoreError> {
        let rows: Vec<ProposalRow> = self.run(|c| {
            proposals::table
                .filter(proposals::booking_id.eq(booking.to_string()))
                .order(proposals::id)
                .select(ProposalRow::as_select())
                .load(c)
        })?;
        rows.into_iter().map(|row| Ok((row.version, row.read()?))).collect()
    }

    /// Bookings with what nobody answered in time, the longest ago first, and whose they are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lapsed_proposals(
        &mut self,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<(UserId, BookingId)>, StoreError> {
        let rows: Vec<(String, String)> = self.run(|c| {
            proposals::table
                .inner_join(bookings::table.on(bookings::id.eq(proposals::booking_id)))
                .filter(proposals::state.eq(ProposalState::Open.as_str()))
                .filter(proposals::expires_at.le(now.micros()))
                .order(proposals::expires_at)
                .limit(limit.into())
                .select((bookings::host_id, bookings::id))
                .load(c)
        })?;
        let read = |(host, id): (String, String)| {
            Ok((parse("bookings.host_id", &host)?, parse("bookings.id", &id)?))
        };
        rows.into_iter().map(read).collect()
    }

    /// When the next proposal lapses.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_proposal_lapse(&mut self) -> Result<Option<Instant>, StoreError> {
        let next: Option<i64> = self.run(|c| {
            proposals::table
                .filter(proposals::state.eq(ProposalState::Open.as_str()))
                .select(diesel::dsl::min(proposals::expires_at))
                .get_result(c)
        })?;
        Ok(next.map(Instant::from_micros))
    }

    /// Those bookings of a host whose customers ask for another time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn asked_to_move(
        &mut self,
        host: UserId,
        now: Instant,
    ) -> Result<Vec<BookingId>, StoreError> {
        let ids: Vec<String> = self.run(|c| {
            proposals::table
                .inner_join(bookings::table.on(bookings::id.eq(proposals::booking_id)))
                .filter(proposals::state.eq(ProposalState::Open.as_str()))
                .filter(proposals::by_side.eq(Side::Customer.as_str()))
                .filter(proposals::expires_at.gt(now.micros()))
                .filter(bookings::host_id.eq(host.to_string()))
                .select(bookings::id)
                .load(c)
        })?;
        ids.iter().map(|id| parse("bookings.id", id)).collect()
    }
}
