//! What a mail of the outbox says: its row with all the facts that its text needs.

use diesel::{dsl::exists, prelude::*};
use roomkey_core::{
    booking::{Booking, Change, Guest, ProposalState, Side, Status},
    ids::{BookingId, SeriesId},
    notice::{
        BookingLetter, Content, Letter, Occasion, ProofLetter, Recipient, SeriesLetter, SeriesPart,
        WaitingLetter, WaitingOccasion,
    },
    proof_key::Purpose,
    time::{Instant, Span},
    token::Token,
    waiting_list::State,
};

use super::{
    super::{Tx, bookings::BookingDetails, waiting_list::WaitingEntry},
    OutboxRow, PROOF, RESET, SENT, TOKEN,
};
use crate::{
    StoreError,
    row::{UserRow, parse, signed, unsigned},
    schema::{booking_events, bookings, outbox_messages as outbox, users},
};

impl Tx<'_> {
    /// A row with all the facts that its text needs; none if it is out of date.
    pub(super) fn letter(
        &mut self,
        row: &OutboxRow,
        now: Instant,
    ) -> Result<Option<Letter>, StoreError> {
        let content = match row.kind.as_str() {
            RESET => self.reset_content(row, now)?,
            PROOF => self.proof_content(row, now)?,
            _ if row.proposal_id.is_some() => self.proposal_content(row, now)?,
            kind if let Ok(occasion) = kind.parse() => self.waiting_content(row, occasion, now)?,
            _ => match &row.series_id {
                Some(series) => {
                    self.series_content(row, parse("outbox_messages.series_id", series)?)?
                }
                None => self.booking_content(row, now)?,
            },
        };
        let id = parse("outbox_messages.id", &row.id)?;
        Ok(content.map(|content| Letter {
            id,
            queued_at: Instant::from_micros(row.queued_at),
            attempts: unsigned(row.attempts),
            content,
        }))
    }

    fn booking_content(
        &mut self,
        row: &OutboxRow,
        now: Instant,
    ) -> Result<Option<Content>, StoreError> {
        let Some(booking) = &row.booking_id else { return Ok(None) };
        let booking: BookingId = parse("outbox_messages.booking_id", booking)?;
        let recipient = match (&row.side, &row.guest_id) {
            (Some(side), _) => Recipient::Side(parse("outbox_messages.side", side)?),
            (None, Some(guest)) => Recipient::Guest(parse("outbox_messages.guest_id", guest)?),
            (None, None) => return Ok(None),
        };
        let occasion: Occasion = parse("outbox_messages.kind", &row.kind)?;
        let (version, sequence) = (unsigned(row.version), unsigned(row.sequence));
        let Some(mut found) = self.booking(booking)? else { return Ok(None) };
        let (to, guest) = match recipient {
            Recipient::Side(side) => (side, None),
            Recipient::Guest(id) => {
                let guest = found.booking.guests.iter().find(|guest| guest.id == id);
                (Side::Customer, guest.cloned())
            }
        };
        // Whoever is no longer expected is told so, whatever has happened to the booking since.
        let is_goodbye = guest.as_ref().is_some_and(|guest| guest.removed);
        let stands = if is_goodbye {
            // They learn nothing of what has become of it since.
            if let Some(moved) = self.last_move(booking, found.booking.version, version)? {
                let length = found.booking.span.end.since(found.booking.span.start);
                found.booking.span = Span { start: moved.was, end: moved.was.plus_micros(length) };
            }
            found.booking.cancelled = None;
            occasion == Occasion::Cancelled
        } else {
            let is_reader = guest.is_some() || row.side.is_some();
            is_reader && self.is_current(&found.booking, version, recipient)?
        };
        if !stands || !self.is_worth_reminding(&found, occasion, to, guest.as_ref(), now)? {
            return Ok(None);
        }
        // It may have taken the place of an earlier mail, and tells what that would have told.
        let (occasion, moved) = match occasion {
            Occasion::Moved | Occasion::Changed | Occasion::GuestAdded => {
                let told = self.told(booking, version, recipient)?;
                match self.last_move(booking, version, told)? {
                    Some(moved) => (Occasion::Moved, Some(moved)),
                    None if told == 0 && occasion != Occasion::Moved => (Occasion::Booked, None),
                    None if self.is_room_new(booking, version, told)? => (Occasion::Changed, None),
                    None => (occasion, None),
                }
            }
            Occasion::Requested
            | Occasion::Declined
            | Occasion::Expired
            | Occasion::Booked
            | Occasion::Cancelled
            | Occasion::Proposed
            | Occasion::ProposalDeclined
            | Occasion::ProposalLapsed
            | Occasion::ProposalWithdrawn
            | Occasion::Reminder(_) => (occasion, None),
        };
        let link = match &guest {
            None => found.link(to).clone(),
            Some(guest) => match self.guest_link(guest.id)? {
                Some(link) => link,
                None => return Ok(None),
            },
        };
        Ok(Some(Content::Booking(Box::new(BookingLetter {
            occasion,
            to,
            guest,
            sequence,
            moved,
            proposal: None,
            booking: found.booking,
            event_type: found.event_type,
            host: found.host,
            room: found.room,
            link,
        }))))
    }

    /// Whether a mail still has a point if it is a reminder: the booking stands and has not begun, its host still
    /// wants that side reminded then, and whoever would read it wants to be.
    fn is_worth_reminding(
        &mut self,
        found: &BookingDetails,
        occasion: Occasion,
        to: Side,
        guest: Option<&Guest>,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let Occasion::Reminder(before) = occasion else { return Ok(true) };
        let booking = &found.booking;
        let is_wanted_by_host = found.event_type.terms.reminders.of(to).contains(&before);
        if booking.status != Status::Confirmed || booking.span.start <= now || !is_wanted_by_host {
            return Ok(false);
        }
        let reader = match to {
            Side::Host => return Ok(true),
            Side::Customer => guest.map_or(&booking.attendee.email, |guest| &guest.email),
        };
        Ok(!self.has_opted_out(booking.host, reader)?)
    }

    /// None if it is not so any more.
    fn proposal_content(
        &mut self,
        row: &OutboxRow,
        now: Instant,
    ) -> Result<Option<Content>, StoreError> {
        let (Some(booking), Some(id)) = (&row.booking_id, &row.proposal_id) else {
            return Ok(None);
        };
        let occasion: Occasion = parse("outbox_messages.kind", &row.kind)?;
        let Some(found) = self.booking(parse("outbox_messages.booking_id", booking)?)? else {
            return Ok(None);
        };
        let Some(proposal) = self.proposal(id)? else { return Ok(None) };
        let (holds, to) = match occasion {
            Occasion::Proposed => (proposal.is_open(now), proposal.answered_by()),
            Occasion::ProposalDeclined => (proposal.state == ProposalState::Declined, proposal.by),
            Occasion::ProposalWithdrawn => {
                let is_so = proposal.state == ProposalState::Withdrawn;
                (is_so && self.is_proposal_told(id)?, proposal.answered_by())
            }
            _ => (proposal.state == ProposalState::Lapsed, proposal.by),
        };
        if !holds || found.booking.status != Status::Confirmed {
            return Ok(None);
        }
        Ok(Some(Content::Booking(Box::new(BookingLetter {
            occasion,
            to,
            guest: None,
            sequence: found.booking.ical_sequence,
            moved: None,
            proposal: Some(proposal),
            link: found.link(to).clone(),
            booking: found.booking,
            event_type: found.event_type,
            host: found.host,
            room: found.room,
        }))))
    }

    /// None if there is nothing left to tell.
    fn series_content(
        &mut self,
        row: &OutboxRow,
        series: SeriesId,
    ) -> Result<Option<Content>, StoreError> {
        let Some(side) = &row.side else { return Ok(None) };
        let to: Side = parse("outbox_messages.side", side)?;
        let occasion: Occasion = parse("outbox_messages.kind", &row.kind)?;
        let all = self.series_bookings(series)?;
        let stands = |found: &BookingDetails| found.booking.status == Status::Confirmed;
        let is_end = !all.iter().any(stands);
        let told_of = match occasion {
            Occasion::Requested => Some(Status::Pending),
            Occasion::Declined => Some(Status::Declined),
            Occasion::Expired => Some(Status::Expired),
            Occasion::Booked => Some(Status::Confirmed),
            _ => None,
        };
        let changed = match told_of {
            Some(_) => None,
            None => Some(self.changed_together(
                series,
                occasion,
                Instant::from_micros(row.queued_at),
            )?),
        };
        let was = |found: &BookingDetails| match &changed {
            None => (Some(found.booking.status) == told_of).then_some(None),
            Some(changed) => changed.get(&found.booking.id).copied(),
        };
        let told: Vec<_> =
            all.into_iter().filter_map(|found| was(&found).map(|was| (found, was))).collect();
        let Some((first, _)) = told.first() else { return Ok(None) };
        let (event_type, host) = (first.event_type.clone(), first.host.clone());
        let (id, version) = (first.booking.id, first.booking.version);
        let changed = match occasion {
            Occasion::Moved => {
                let moved = self.last_move(id, version, version.saturating_sub(1))?;
                moved.map(|moved| (moved.by, moved.note))
            }
            _ => first.booking.cancelled.clone(),
        };
        let part = |(found, was): (BookingDetails, Option<Instant>)| SeriesPart {
            link: found.link(to).clone(),
            room: found.room,
            booking: found.booking,
            was,
        };
        Ok(Some(Content::Series(Box::new(SeriesLetter {
            occasion,
            to,
            sequence: unsigned(row.sequence),
            parts: told.into_iter().map(part).collect(),
            is_end,
            changed,
            event_type,
            host,
        }))))
    }

    /// None if the link would lead to nothing any more.
    fn proof_content(
        &mut self,
        row: &OutboxRow,
        now: Instant,
    ) -> Result<Option<Content>, StoreError> {
        let Some(booking) = &row.booking_id else { return Ok(None) };
        let found = self.booking(parse("outbox_messages.booking_id", booking)?)?;
        let waits = |booking: &Booking| {
            booking.status == Status::Unverified && booking.expires_at.is_some_and(|at| at > now)
        };
        let letter = |found: BookingDetails| ProofLetter {
            resent: unsigned(row.sequence),
            link: self.vault.proof_key.link(Purpose::Prove, found.booking.attendee.id),
            booking: found.booking,
            event_type: found.event_type,
            host: found.host,
        };
        let found = found.filter(|found| waits(&found.booking));
        Ok(found.map(|found| Content::Proof(Box::new(letter(found)))))
    }

    /// None if there is nothing to tell any more.
    fn waiting_content(
        &mut self,
        row: &OutboxRow,
        occasion: WaitingOccasion,
        now: Instant,
    ) -> Result<Option<Content>, StoreError> {
        let Some(id) = &row.entry_id else { return Ok(None) };
        let found = self.waiting_entry(parse("outbox_messages.entry_id", id)?)?;
        let Some(WaitingEntry { entry, token }) = found else { return Ok(None) };
        let is_told = match (occasion, entry.state_at(now)) {
            // Whoever is offered a time already is told that alone.
            (WaitingOccasion::Joined, state) => {
                !state.is_end() && !matches!(state, State::Offered(_))
            }
            (WaitingOccasion::Offered, state) => matches!(state, State::Offered(_)),
        };
        if !is_told {
            return Ok(None);
        }
        let Some(event_type) = self.event_type(entry.host, entry.event_type)? else {
            return Ok(None);
        };
        let host: Option<UserRow> = self.one(|c| {
            users::table.find(entry.host.to_string()).select(UserRow::as_select()).load(c)
        })?;
        let letter = |host: UserRow| {
            let host = host.read()?;
            let letter = WaitingLetter { occasion, entry, event_type, host, link: token };
            Ok(Content::Waiting(Box::new(letter)))
        };
        host.map(letter).transpose()
    }

    /// Whether a mail about that version is still worth sending: nothing has happened since but that guests came or
    /// went, of which its reader gets no mail.
    fn is_current(
        &mut self,
        booking: &Booking,
        version: u32,
        to: Recipient,
    ) -> Result<bool, StoreError> {
        if booking.version == version {
            return Ok(true);
        }
        let quiet = [Change::GuestAdded, Change::GuestRemoved].map(Change::as_str);
        let more = booking_events::table
            .filter(booking_events::booking_id.eq(booking.id.to_string()))
            .filter(booking_events::version.gt(signed(version)))
            .filter(booking_events::kind.ne_all(quiet));
        let later = outbox::table
            .filter(outbox::booking_id.eq(booking.id.to_string()))
            .filter(outbox::version.gt(signed(version)));
        let changed: bool = self.run(|c| diesel::select(exists(more)).get_result(c))?;
        let told: bool = self.run(|c| match to {
            Recipient::Side(side) => {
                diesel::select(exists(later.filter(outbox::side.eq(side.as_str())))).get_result(c)
            }
            Recipient::Guest(guest) => {
                let to_guest = later.filter(outbox::guest_id.eq(guest.to_string()));
                diesel::select(exists(to_guest)).get_result(c)
            }
        })?;
        Ok(!changed && !told)
    }

    /// Whether the room became another since a reader was told, because somebody was taken off or put out.
    fn is_room_new(
        &mut self,
        booking: BookingId,
        version: u32,
        told: u32,
    ) -> Result<bool, StoreError> {
        let kinds = [Change::GuestRemoved, Change::RoomRenewed].map(Change::as_str);
        let removed = booking_events::table
            .filter(booking_events::booking_id.eq(booking.to_string()))
            .filter(booking_events::kind.eq_any(kinds))
            .filter(booking_events::version.gt(signed(told)))
            .filter(booking_events::version.le(signed(version)));
        self.run(|c| diesel::select(exists(removed)).get_result(c))
    }

    /// The last version before this one of which somebody was told by a mail that has left;
    /// 0 if there is none.
    fn told(&mut self, booking: BookingId, version: u32, to: Recipient) -> Result<u32, StoreError> {
        let sent = outbox::table
            .filter(outbox::booking_id.eq(booking.to_string()))
            .filter(outbox::version.lt(signed(version)))
            .filter(outbox::state.eq(SENT))
            .select(diesel::dsl::max(outbox::version));
        let told: Option<i32> = self.run(|c| match to {
            Recipient::Side(side) => sent.filter(outbox::side.eq(side.as_str())).get_result(c),
            Recipient::Guest(guest) => {
                sent.filter(outbox::guest_id.eq(guest.to_string())).get_result(c)
            }
        })?;
        let Recipient::Side(side) = to else { return Ok(told.map_or(0, unsigned)) };
        // Or by one about several bookings of its series.
        let together = outbox::table
            .filter(outbox::state.eq(SENT))
            .filter(outbox::side.eq(side.as_str()))
            .filter(outbox::series_id.is_not_null())
            .filter(
                outbox::series_id.eq_any(
                    bookings::table
                        .filter(bookings::id.eq(booking.to_string()))
                        .select(bookings::series_id),
                ),
            )
            .select(outbox::queued_at);
        let together: Option<i32> = self.run(|c| {
            booking_events::table
                .filter(booking_events::booking_id.eq(booking.to_string()))
                .filter(booking_events::version.lt(signed(version)))
                .filter(booking_events::at.eq_any(together))
                .select(diesel::dsl::max(booking_events::version))
                .get_result(c)
        })?;
        Ok(told.max(together).map_or(0, unsigned))
    }

    fn reset_content(
        &mut self,
        row: &OutboxRow,
        now: Instant,
    ) -> Result<Option<Content>, StoreError> {
        let (Some(user), Some(sealed), Some(expires_at)) =
            (&row.user_id, &row.token_sealed, row.expires_at)
        else {
            return Ok(None);
        };
        let expires_at = Instant::from_micros(expires_at);
        if expires_at <= now {
            return Ok(None);
        }
        let token: Token = parse(TOKEN, &self.vault.open(TOKEN, sealed)?)?;
        let user: Option<UserRow> =
            self.one(|c| users::table.find(user).select(UserRow::as_select()).load(c))?;
        user.map(|user| Ok(Content::PasswordReset { user: user.read()?, token, expires_at }))
            .transpose()
    }
}
