//! The outbox: mails that are due because something was committed.

use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_query,
    sql_types::BigInt,
};
use roomkey_core::{
    booking::{Booking, ProposalState, Side, Status},
    ids::{BookingId, OutboxId, SeriesId},
    notice::{
        BookingLetter, Content, Letter, Notice, Occasion, ProofLetter, Recipient, SeriesLetter,
        SeriesPart, WaitingLetter, WaitingOccasion,
    },
    proof_key::Purpose,
    time::{Instant, Minutes},
    token::Token,
    waiting_list::State,
};

use super::{Tx, bookings::BookingDetails, waiting_list::WaitingEntry};
use crate::{
    StoreError,
    connection::{Conn, natively},
    row::{UserRow, parse, signed, unsigned},
    schema::{booking_events, bookings, outbox_messages as outbox, users},
};

const QUEUED: &str = "queued";
const CLAIMED: &str = "claimed";
const SUPERSEDED: &str = "superseded";
const SENT: &str = "sent";
const FAILED: &str = "failed";
/// How long a mail that can not be read waits before it is tried again.
const UNREADABLE_WAITS: Minutes = Minutes(10);
/// Due at once, whatever the clocks of this and other machines say.
const AT_ONCE: Instant = Instant::EPOCH;
const RESET: &str = "password_reset";
const PROOF: &str = "proof";
const TOKEN: &str = "outbox_messages.token";

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
struct OutboxRow {
    id: String,
    kind: String,
    booking_id: Option<String>,
    version: i32,
    sequence: i32,
    side: Option<String>,
    guest_id: Option<String>,
    proposal_id: Option<String>,
    entry_id: Option<String>,
    user_id: Option<String>,
    token_sealed: Option<String>,
    expires_at: Option<i64>,
    queued_at: i64,
    attempts: i32,
    series_id: Option<String>,
}

diesel::alias!(const EARLIER: Alias<Earlier> = outbox as earlier);

const DATABASE_CLOCK: &str =
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros";

#[derive(QueryableByName)]
struct Micros {
    #[diesel(sql_type = BigInt)]
    micros: i64,
}

fn side(to: Recipient) -> Option<&'static str> {
    match to {
        Recipient::Side(side) => Some(side.as_str()),
        Recipient::Guest(_) => None,
    }
}

fn guest(to: Recipient) -> Option<String> {
    match to {
        Recipient::Side(_) => None,
        Recipient::Guest(guest) => Some(guest.to_string()),
    }
}

impl Tx<'_> {
    /// Puts a mail into the outbox, due at once. A mail about a booking takes the place of those
    /// about an earlier version that have not left yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn enqueue(
        &mut self,
        id: OutboxId,
        notice: &Notice,
        now: Instant,
    ) -> Result<(), StoreError> {
        let common = (
            outbox::id.eq(id.to_string()),
            outbox::queued_at.eq(now.micros()),
            outbox::due_at.eq(AT_ONCE.micros()),
            outbox::attempts.eq(0),
            outbox::state.eq(QUEUED),
        );
        match notice {
            Notice::Booking { booking, version, sequence, occasion, to } => {
                let booking = booking.to_string();
                if *version > 1 {
                    self.supersede(&booking, *version, *to, now)?;
                }
                let values = (
                    common,
                    outbox::kind.eq(occasion.as_str()),
                    outbox::booking_id.eq(booking),
                    outbox::version.eq(signed(*version)),
                    outbox::sequence.eq(signed(*sequence)),
                    outbox::side.eq(side(*to)),
                    outbox::guest_id.eq(guest(*to)),
                );
                self.run(|c| {
                    natively!(c, c => diesel::insert_into(outbox::table).values(values).execute(c))
                })
            }
            Notice::Proposal { booking, proposal, occasion } => {
                let values = (
                    common,
                    outbox::kind.eq(occasion.as_str()),
                    outbox::booking_id.eq(booking.to_string()),
                    outbox::version.eq(0),
                    outbox::sequence.eq(0),
                    outbox::proposal_id.eq(proposal.to_string()),
                );
                self.run(|c| diesel::insert_into(outbox::table).values(values).execute(c))
            }
            Notice::Series { series, booking, version, sequence, occasion, to } => {
                let values = (
                    common,
                    outbox::kind.eq(occasion.as_str()),
                    outbox::booking_id.eq(booking.to_string()),
                    outbox::version.eq(signed(*version)),
                    outbox::sequence.eq(signed(*sequence)),
                    outbox::side.eq(to.as_str()),
                    outbox::series_id.eq(series.to_string()),
                );
                self.run(|c| diesel::insert_into(outbox::table).values(values).execute(c))
            }
            // With the first version of its booking: a mail about a later one takes its place.
            Notice::Proof { booking } => {
                let values = (
                    common,
                    outbox::kind.eq(PROOF),
                    outbox::booking_id.eq(booking.to_string()),
                    outbox::version.eq(1),
                    outbox::sequence.eq(0),
                    outbox::side.eq(Side::Customer.as_str()),
                );
                self.run(|c| diesel::insert_into(outbox::table).values(values).execute(c))
            }
            Notice::Waiting { entry, occasion } => {
                let values = (
                    common,
                    outbox::kind.eq(occasion.as_str()),
                    outbox::entry_id.eq(entry.to_string()),
                    outbox::version.eq(0),
                    outbox::sequence.eq(0),
                );
                self.run(|c| diesel::insert_into(outbox::table).values(values).execute(c))
            }
            Notice::PasswordReset { user, token, expires_at } => {
                let values = (
                    common,
                    outbox::kind.eq(RESET),
                    outbox::version.eq(0),
                    outbox::sequence.eq(0),
                    outbox::user_id.eq(user.to_string()),
                    outbox::token_sealed.eq(self.vault.seal(TOKEN, token.expose())?),
                    outbox::expires_at.eq(expires_at.micros()),
                );
                self.run(|c| diesel::insert_into(outbox::table).values(values).execute(c))
            }
        }
        .map(drop)
    }

    fn supersede(
        &mut self,
        booking: &str,
        version: u32,
        to: Recipient,
        now: Instant,
    ) -> Result<(), StoreError> {
        let older = outbox::table
            .filter(outbox::booking_id.eq(booking))
            .filter(outbox::version.lt(signed(version)))
            .filter(outbox::state.eq(QUEUED))
            // What tells of others as well goes all the same, and leaves this one out.
            .filter(outbox::series_id.is_null());
        let given_up = (outbox::state.eq(SUPERSEDED), outbox::finished_at.eq(now.micros()));
        self.run(|c| match to {
            Recipient::Side(side) => {
                let own = older.filter(outbox::side.eq(side.as_str()));
                diesel::update(own).set(given_up).execute(c)
            }
            Recipient::Guest(guest) => {
                let own = older.filter(outbox::guest_id.eq(guest.to_string()));
                diesel::update(own).set(given_up).execute(c)
            }
        })
        .map(drop)
    }

    /// Claims mails that are due, those whose claim has lapsed among them, for the time of `lease`
    /// in microseconds. A mail about an earlier version of its booking is laid aside, and not
    /// returned.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claim_mail(
        &mut self,
        worker: &str,
        now: Instant,
        lease: i64,
        limit: u32,
    ) -> Result<Vec<Letter>, StoreError> {
        let clock = self.lease_clock(now)?;
        let mut letters = Vec::new();
        for row in self.due(now, clock, limit)? {
            match self.letter(&row, now) {
                Ok(Some(letter)) => {
                    self.mark_claimed(&row, worker, clock.plus_micros(lease))?;
                    letters.push(letter);
                }
                Ok(None) => self.supersede_one(&row.id, now)?,
                // One mail that can not be read must not hold up all others; it waits, for a
                // wrong secret key can be put right.
                Err(error @ StoreError::Unreadable(_)) => {
                    tracing::error!(mail = row.id, %error, "a mail waits");
                    self.postpone(&row.id, &error.to_string(), now.plus(UNREADABLE_WAITS))?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(letters)
    }

    fn postpone(&mut self, id: &str, error: &str, until: Instant) -> Result<(), StoreError> {
        self.run(|c| {
            diesel::update(outbox::table.find(id))
                .set((
                    outbox::state.eq(QUEUED),
                    outbox::due_at.eq(until.micros()),
                    outbox::last_error.eq(error),
                ))
                .execute(c)
        })
        .map(drop)
    }

    fn mark_claimed(
        &mut self,
        row: &OutboxRow,
        worker: &str,
        lapses_at: Instant,
    ) -> Result<(), StoreError> {
        self.run(|c| {
            diesel::update(outbox::table.find(&row.id))
                .set((
                    outbox::state.eq(CLAIMED),
                    outbox::claimed_by.eq(worker),
                    outbox::claimed_until.eq(lapses_at.micros()),
                    outbox::attempts.eq(row.attempts + 1),
                ))
                .execute(c)
        })
        .map(drop)
    }

    fn supersede_one(&mut self, id: &str, now: Instant) -> Result<(), StoreError> {
        self.run(|c| {
            diesel::update(outbox::table.find(id))
                .set((outbox::state.eq(SUPERSEDED), outbox::finished_at.eq(now.micros())))
                .execute(c)
        })
        .map(drop)
    }

    /// What claims are measured by: on PostgreSQL its own clock, since workers run on machines
    /// whose clocks may differ; SQLite's workers run on one.
    fn lease_clock(&mut self, now: Instant) -> Result<Instant, StoreError> {
        let clock: Vec<Micros> = self.run(|c| match c {
            Conn::Pg(c) => sql_query(DATABASE_CLOCK).load(c),
            Conn::Sqlite(_) => Ok(Vec::new()),
        })?;
        Ok(clock.first().map_or(now, |clock| Instant::from_micros(clock.micros)))
    }

    fn due(
        &mut self,
        now: Instant,
        clock: Instant,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        macro_rules! query {
            () => {
                outbox::table
                    .filter(outbox::finished_at.is_null())
                    .filter(
                        outbox::state.eq(QUEUED).and(outbox::due_at.le(now.micros())).or(
                            outbox::state
                                .eq(CLAIMED)
                                .and(outbox::claimed_until.is_not_null())
                                .and(outbox::claimed_until.assume_not_null().le(clock.micros())),
                        ),
                    )
                    // What was told first must arrive first: an earlier mail about the same booking to
                    // the same person is under way.
                    .filter(not(exists(
                        EARLIER
                            .filter(EARLIER.field(outbox::booking_id).eq(outbox::booking_id))
                            .filter(
                                EARLIER
                                    .field(outbox::side)
                                    .eq(outbox::side)
                                    .or(EARLIER.field(outbox::guest_id).eq(outbox::guest_id)),
                            )
                            .filter(EARLIER.field(outbox::version).lt(outbox::version))
                            .filter(EARLIER.field(outbox::state).eq(CLAIMED))
                            .filter(EARLIER.field(outbox::claimed_until).gt(clock.micros())),
                    )))
                    // Or one about several bookings, of which this is one: that does not give way to it. It is not
                    // waited for while it waits itself.
                    .filter(not(exists(
                        EARLIER
                            .filter(
                                EARLIER
                                    .field(outbox::state)
                                    .eq(CLAIMED)
                                    .and(
                                        EARLIER
                                            .field(outbox::claimed_until)
                                            .assume_not_null()
                                            .gt(clock.micros()),
                                    )
                                    .or(EARLIER
                                        .field(outbox::state)
                                        .eq(QUEUED)
                                        .and(EARLIER.field(outbox::due_at).le(now.micros()))),
                            )
                            .filter(EARLIER.field(outbox::id).lt(outbox::id))
                            .filter(EARLIER.field(outbox::side).eq(outbox::side))
                            .filter(EARLIER.field(outbox::series_id).is_not_null())
                            .filter(
                                EARLIER.field(outbox::series_id).eq_any(
                                    bookings::table
                                        .filter(bookings::id.nullable().eq(outbox::booking_id))
                                        .select(bookings::series_id),
                                ),
                            ),
                    )))
                    // Ids are in the order of time.
                    .order((outbox::due_at, outbox::id))
                    .limit(limit.into())
                    .select(OutboxRow::as_select())
            };
        }
        self.run(|c| match c {
            Conn::Pg(c) => query!().for_update().skip_locked().load(c),
            Conn::Sqlite(c) => query!().load(c),
        })
    }

    /// A row with all the facts that its text needs; none if it is out of date.
    fn letter(&mut self, row: &OutboxRow, now: Instant) -> Result<Option<Letter>, StoreError> {
        let content = match row.kind.as_str() {
            RESET => self.reset_content(row, now)?,
            PROOF => self.proof_content(row, now)?,
            _ if row.proposal_id.is_some() => self.proposal_content(row, now)?,
            kind if let Ok(occasion) = kind.parse() => self.waiting_content(row, occasion, now)?,
            _ => match &row.series_id {
                Some(series) => {
                    self.series_content(row, parse("outbox_messages.series_id", series)?)?
                }
                None => self.booking_content(row)?,
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

    fn booking_content(&mut self, row: &OutboxRow) -> Result<Option<Content>, StoreError> {
        let Some(booking) = &row.booking_id else { return Ok(None) };
        let booking: BookingId = parse("outbox_messages.booking_id", booking)?;
        let recipient = match (&row.side, &row.guest_id) {
            (Some(side), _) => Recipient::Side(parse("outbox_messages.side", side)?),
            (None, Some(guest)) => Recipient::Guest(parse("outbox_messages.guest_id", guest)?),
            (None, None) => return Ok(None),
        };
        let occasion: Occasion = parse("outbox_messages.kind", &row.kind)?;
        let (version, sequence) = (unsigned(row.version), unsigned(row.sequence));
        let Some(found) = self.booking(booking)? else { return Ok(None) };
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
            occasion == Occasion::Cancelled
        } else {
            found.booking.version == version && (guest.is_some() || row.side.is_some())
        };
        if !stands {
            return Ok(None);
        }
        // It may have taken the place of an earlier mail, and tells what that would have told.
        let (occasion, moved) = match occasion {
            Occasion::Moved | Occasion::Changed => {
                let told = self.told(booking, version, recipient)?;
                match self.last_move(booking, version, told)? {
                    Some(moved) => (Occasion::Moved, Some(moved)),
                    None if told == 0 && occasion == Occasion::Changed => (Occasion::Booked, None),
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
            | Occasion::ProposalLapsed => (occasion, None),
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
        let changed = match occasion {
            Occasion::Booked => None,
            _ => Some(self.changed_together(
                series,
                occasion,
                Instant::from_micros(row.queued_at),
            )?),
        };
        let was = |found: &BookingDetails| match &changed {
            None => stands(found).then_some(None),
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
            (WaitingOccasion::Joined, state) => !state.is_end(),
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

    /// Notes that a claimed mail has left. A claim that lapsed meanwhile makes no difference: the
    /// mail is gone either way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mail_sent(
        &mut self,
        id: OutboxId,
        message_id: &str,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.run(|c| {
            diesel::update(outbox::table.find(id.to_string()))
                .set((
                    outbox::state.eq(SENT),
                    outbox::message_id.eq(message_id),
                    outbox::finished_at.eq(now.micros()),
                    outbox::token_sealed.eq(None::<String>),
                    outbox::last_error.eq(None::<String>),
                ))
                .execute(c)
        })
        .map(drop)
    }

    /// Notes that a claimed mail did not leave: it is due again at `retry_at`, or given up. Only
    /// the holder of the claim may say so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mail_failed(
        &mut self,
        id: OutboxId,
        worker: &str,
        error: &str,
        retry_at: Option<Instant>,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.run(|c| {
            let claimed = outbox::table
                .filter(outbox::id.eq(id.to_string()))
                .filter(outbox::state.eq(CLAIMED))
                .filter(outbox::claimed_by.eq(worker));
            match retry_at {
                Some(at) => diesel::update(claimed)
                    .set((
                        outbox::state.eq(QUEUED),
                        outbox::due_at.eq(at.micros()),
                        outbox::last_error.eq(error),
                    ))
                    .execute(c),
                None => diesel::update(claimed)
                    .set((
                        outbox::state.eq(FAILED),
                        outbox::finished_at.eq(now.micros()),
                        outbox::last_error.eq(error),
                    ))
                    .execute(c),
            }
        })
        .map(drop)
    }

    /// Makes a claim last for `lease` microseconds from now, as long as it is still this worker's.
    /// Says whether it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn renew_mail_claim(
        &mut self,
        id: OutboxId,
        worker: &str,
        now: Instant,
        lease: i64,
    ) -> Result<bool, StoreError> {
        let lapses_at = self.lease_clock(now)?.plus_micros(lease);
        self.run(|c| {
            diesel::update(
                outbox::table
                    .filter(outbox::id.eq(id.to_string()))
                    .filter(outbox::state.eq(CLAIMED))
                    .filter(outbox::claimed_by.eq(worker)),
            )
            .set(outbox::claimed_until.eq(lapses_at.micros()))
            .execute(c)
        })
        .map(|rows| rows == 1)
    }

    /// Makes every claimed mail due at once: at the start of the only worker there is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn release_mail_claims(&mut self) -> Result<usize, StoreError> {
        self.run(|c| {
            diesel::update(outbox::table.filter(outbox::state.eq(CLAIMED)))
                .set((outbox::state.eq(QUEUED), outbox::due_at.eq(AT_ONCE.micros())))
                .execute(c)
        })
    }

    /// When the next mail is due: at once, also where a claim has lapsed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_mail_due(&mut self, now: Instant) -> Result<Option<Instant>, StoreError> {
        let queued: Option<i64> = self.run(|c| {
            outbox::table
                .filter(outbox::finished_at.is_null())
                .filter(outbox::state.eq(QUEUED))
                .select(diesel::dsl::min(outbox::due_at))
                .get_result(c)
        })?;
        let lapses: Option<i64> = self.run(|c| {
            outbox::table
                .filter(outbox::finished_at.is_null())
                .filter(outbox::state.eq(CLAIMED))
                .select(diesel::dsl::min(outbox::claimed_until))
                .get_result(c)
        })?;
        match lapses {
            Some(at) if at <= self.lease_clock(now)?.micros() => Ok(Some(AT_ONCE)),
            _ => Ok(queued.map(Instant::from_micros)),
        }
    }

    /// The mails that have not left, and are not given up: how many, and when the oldest of them
    /// was queued.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mail_waiting(&mut self) -> Result<(i64, Option<Instant>), StoreError> {
        let (count, oldest): (i64, Option<i64>) = self.run(|c| {
            outbox::table
                .filter(outbox::finished_at.is_null())
                .select((diesel::dsl::count_star(), diesel::dsl::min(outbox::queued_at)))
                .get_result(c)
        })?;
        Ok((count, oldest.map(Instant::from_micros)))
    }
}
