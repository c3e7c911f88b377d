//! Bookings with all that belongs to them.

use std::{collections::BTreeMap, mem};

use diesel::{define_sql_function, prelude::*, sql_types::Text};
use roomkey_core::{
    account::User,
    availability::{Busy, Occupant},
    booking::{
        Attendance, Booking, Cancellation, Change, Happening, Move, NewBooking, Side, Status,
    },
    event_type::{EventType, LONGEST},
    ids::{AttendeeId, BookingId, EventTypeId, SeriesId, UserId},
    notice::Moved,
    room::Room,
    text::Note,
    time::{Instant, Span},
    token::{Token, TokenHash},
};

use super::Tx;
use crate::{
    StoreError, Vault,
    connection::natively,
    row::{
        AttendeeRow, BookingRow, EventTypeRow, RoomRow, SeriesRow, UserRow, WALL, buffers, parse,
        signed, span,
    },
    schema::{
        attendees, booking_events, booking_hosts, booking_links, booking_series, bookings,
        event_types, rooms, users,
    },
};

diesel::alias!(
    const HOST_LINKS: Alias<HostLinks> = booking_links as host_links;
    const CUSTOMER_LINKS: Alias<CustomerLinks> = booking_links as customer_links;
);

/// A booking with all that its page, its mails and the API show.
#[derive(Debug, Clone)]
pub struct BookingDetails {
    /// The booking.
    pub booking: Booking,
    /// What was booked.
    pub event_type: EventType,
    /// With whom.
    pub host: User,
    /// Its live room; none unless it is confirmed.
    pub room: Option<Room>,
    /// What the host notes for themselves. Not in the booking, which mails are made of.
    pub private_note: Note,
    /// The host's link to it.
    pub host_link: Token,
    /// The customer's link to it.
    pub customer_link: Token,
}

impl BookingDetails {
    /// The link of one side.
    pub const fn link(&self, side: Side) -> &Token {
        match side {
            Side::Host => &self.host_link,
            Side::Customer => &self.customer_link,
        }
    }
}

/// A place in a list of bookings: after the booking that starts then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// That booking's start.
    pub start: Instant,
    /// That booking.
    pub id: BookingId,
}

/// Which bookings of a host to list, in which order.
#[derive(Debug, Clone, Copy)]
pub struct BookingFilter {
    /// Only those in one of these states.
    pub states: Option<&'static [Status]>,
    /// Also those of customers who were asked to show that the address is theirs, and did not (yet).
    pub unproven: bool,
    /// Only those that end after this.
    pub from: Option<Instant>,
    /// Only those that start before this.
    pub to: Option<Instant>,
    /// Latest start first.
    pub latest_first: bool,
    /// Only those that come after this place in the order.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: u32,
}

/// What a list of bookings is narrowed to, besides [`BookingFilter`].
#[derive(Debug, Clone, Default)]
pub struct BookingSearch {
    /// Only those with this in the customer's name or address, or in the event type's title; the case of
    /// ASCII letters does not matter. Every character stands for itself.
    pub text: Option<String>,
    /// Only those of this event type.
    pub event_type: Option<EventTypeId>,
    /// Only those that have ended by then.
    pub over_by: Option<Instant>,
    /// Only those of which the host marked so.
    pub attendance: Option<Attendance>,
}

define_sql_function! {
    /// SQLite folds ASCII only.
    fn lower(text: Text) -> Text;
}

/// Before a character in a pattern of LIKE that stands for itself.
const ESCAPE: char = '!';

/// A pattern of LIKE for texts that hold this one.
fn holding(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.chars() {
        if matches!(character, '%' | '_' | ESCAPE) {
            pattern.push(ESCAPE);
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// From when to when, the buffers before and after, and the session.
type BusyRow = (i64, i64, i64, i64, Option<String>);

type DetailsRow = (
    BookingRow,
    EventTypeRow,
    UserRow,
    AttendeeRow,
    Option<RoomRow>,
    Option<SeriesRow>,
    String,
    String,
);

/// All of a booking in one query; macros, since its type can not be written down.
macro_rules! details {
    () => {
        bookings::table
            .inner_join(event_types::table)
            .inner_join(users::table.on(users::id.eq(bookings::host_id)))
            .inner_join(attendees::table)
            .inner_join(
                HOST_LINKS.on(HOST_LINKS
                    .field(booking_links::booking_id)
                    .eq(bookings::id)
                    .and(HOST_LINKS.field(booking_links::side).eq("host"))),
            )
            .inner_join(
                CUSTOMER_LINKS.on(CUSTOMER_LINKS
                    .field(booking_links::booking_id)
                    .eq(bookings::id)
                    .and(CUSTOMER_LINKS.field(booking_links::side).eq("customer"))),
            )
            .left_join(
                // Seats share the room of their session, whichever of them it was made for.
                rooms::table.on(diesel::dsl::not(rooms::revoked).and(
                    rooms::booking_id
                        .eq(bookings::id)
                        .nullable()
                        .or(rooms::session_id.eq(bookings::session_id)),
                )),
            )
            .left_join(
                booking_series::table.on(booking_series::id.nullable().eq(bookings::series_id)),
            )
            .select((
                BookingRow::as_select(),
                EventTypeRow::as_select(),
                UserRow::as_select(),
                AttendeeRow::as_select(),
                Option::<RoomRow>::as_select(),
                Option::<SeriesRow>::as_select(),
                HOST_LINKS.field(booking_links::token_sealed),
                CUSTOMER_LINKS.field(booking_links::token_sealed),
            ))
    };
}

const LINK: &str = "booking_links.token";

fn names(states: &[Status]) -> Vec<&'static str> {
    states.iter().map(|status| status.as_str()).collect()
}

fn open_link(vault: &Vault, sealed: &str) -> Result<Token, StoreError> {
    parse(LINK, &vault.open(LINK, sealed)?)
}

fn read(vault: &Vault, row: DetailsRow) -> Result<BookingDetails, StoreError> {
    let (mut booking, event_type, host, attendee, room, series, host_link, customer_link) = row;
    let private_note = Note::from_stored(mem::take(&mut booking.private_note));
    let booking = booking.read(&attendee, series.as_ref())?;
    let room = room.filter(|_| booking.status == Status::Confirmed);
    Ok(BookingDetails {
        booking,
        event_type: event_type.read()?,
        host: host.read()?,
        room: room.map(|room| room.read(vault)).transpose()?,
        private_note,
        host_link: open_link(vault, &host_link)?,
        customer_link: open_link(vault, &customer_link)?,
    })
}

impl Tx<'_> {
    /// The times at which a host is taken, as far as a booking that starts in `around` could come
    /// too close to them, `but` for some bookings. Several customers can book `seats` of that event type at
    /// the same time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn busy_times(
        &mut self,
        host: UserId,
        around: Span,
        but: impl IntoIterator<Item = BookingId>,
        seats: Option<(EventTypeId, u32)>,
    ) -> Result<Vec<Busy>, StoreError> {
        // Bounded by the longest booking and buffer, so that the index serves it.
        let from = around.start.minus(LONGEST).minus(LONGEST).micros();
        let to = around.end.plus(LONGEST).plus(LONGEST).micros();
        let but: Vec<String> = but.into_iter().map(|but| but.to_string()).collect();
        let query = booking_hosts::table
            .filter(booking_hosts::held)
            .filter(booking_hosts::host_id.eq(host.to_string()))
            .filter(booking_hosts::start_at.gt(from))
            .filter(booking_hosts::start_at.lt(to))
            .select((
                booking_hosts::start_at,
                booking_hosts::end_at,
                booking_hosts::buffer_before,
                booking_hosts::buffer_after,
                booking_hosts::session_id,
            ));
        let rows: Vec<BusyRow> = if but.is_empty() {
            self.run(|c| natively!(c, c => query.load(c)))?
        } else {
            self.run(
                |c| natively!(c, c => query.filter(booking_hosts::booking_id.ne_all(but)).load(c)),
            )?
        };
        let (alone, together): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.4.is_none());
        let busy = |&(start, end, before, after, _): &BusyRow, by| {
            let (span, buffers) = (span(start, end), buffers(before, after));
            Busy { span, buffers, by }
        };
        let mut all: Vec<Busy> = alone.iter().map(|row| busy(row, Occupant::Booking)).collect();
        if together.is_empty() {
            return Ok(all);
        }
        let reach = Span { start: Instant::from_micros(from), end: Instant::from_micros(to) };
        let ours = match seats {
            Some((event_type, _)) => self.sessions_of(event_type, reach)?,
            None => Vec::new(),
        };
        // All seats of a session have the same span.
        let mut sessions: BTreeMap<&str, (&BusyRow, u32)> = BTreeMap::new();
        for row in &together {
            sessions.entry(row.4.as_deref().unwrap_or_default()).or_insert((row, 0)).1 += 1;
        }
        all.extend(sessions.into_iter().map(|(session, (row, taken))| {
            let is_ours = ours.iter().any(|id| id == session);
            let by = match seats {
                Some((_, seats)) if is_ours => {
                    Occupant::Session { seats_left: seats.saturating_sub(taken) }
                }
                _ => Occupant::Booking,
            };
            busy(row, by)
        }));
        Ok(all)
    }

    /// The bookings of an event type that start in `around` and count for its limits, `but` for some.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn counted(
        &mut self,
        event_type: EventTypeId,
        around: Span,
        but: impl IntoIterator<Item = BookingId>,
    ) -> Result<Vec<Span>, StoreError> {
        let holding = names(Status::HOLDING);
        let mut query = bookings::table
            .filter(bookings::event_type_id.eq(event_type.to_string()))
            .filter(bookings::start_at.ge(around.start.micros()))
            .filter(bookings::start_at.lt(around.end.micros()))
            .filter(bookings::status.eq_any(holding))
            .select((bookings::start_at, bookings::end_at))
            .into_boxed();
        for but in but {
            query = query.filter(bookings::id.ne(but.to_string()));
        }
        // A session counts once: no other two bookings of a host have the same time.
        let mut rows: Vec<(i64, i64)> = self.run(|c| query.load(c))?;
        rows.sort_unstable();
        rows.dedup();
        Ok(rows.into_iter().map(|(start, end)| span(start, end)).collect())
    }

    /// Stores a new booking with its room, links and history. Mails and idempotency record are the
    /// caller's, in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] with [`Constraint::BookingOverlap`](crate::Constraint) if the
    /// host is taken, with [`Constraint::SessionFull`](crate::Constraint) if the last seat is.
    pub fn insert_booking(&mut self, new: &NewBooking) -> Result<(), StoreError> {
        self.check_key()?;
        let NewBooking {
            booking, room, seats, host_token, customer_token, guest_tokens, by, ..
        } = new;
        let id = booking.id.to_string();
        let link = |token: &Token, side: Side| {
            Ok::<_, StoreError>((
                booking_links::token_hash.eq(token.hash().to_hex()),
                booking_links::token_sealed.eq(self.vault.seal(LINK, token.expose())?),
                booking_links::booking_id.eq(id.clone()),
                booking_links::side.eq(side.as_str()),
            ))
        };
        let host_link = link(host_token, Side::Host)?;
        let customer_link = link(customer_token, Side::Customer)?;
        let room = room.as_ref();
        let room = room.map(|room| RoomRow::new(room, booking.session, self.vault)).transpose()?;
        let held = (
            booking_hosts::booking_id.eq(&id),
            booking_hosts::host_id.eq(booking.host.to_string()),
            booking_hosts::start_at.eq(booking.span.start.micros()),
            booking_hosts::end_at.eq(booking.span.end.micros()),
            booking_hosts::buffer_before.eq(booking.buffers.before.micros()),
            booking_hosts::buffer_after.eq(booking.buffers.after.micros()),
            booking_hosts::held.eq(booking.status.holds_time()),
            booking_hosts::session_id.eq(booking.session.map(|session| session.to_string())),
        );
        if let Some((session, seats)) = booking.session.zip(*seats) {
            self.open_session(session, booking, booking.span, seats)?;
        }
        self.run(|c| {
            natively!(c, c => {
                diesel::insert_into(bookings::table).values(BookingRow::from(booking)).execute(c)?;
                diesel::insert_into(booking_hosts::table).values(held).execute(c)?;
                diesel::insert_into(attendees::table).values(AttendeeRow::new(booking)).execute(c)?;
                diesel::insert_into(booking_links::table).values(host_link).execute(c)?;
                diesel::insert_into(booking_links::table).values(customer_link).execute(c)?;
                match room {
                    Some(room) => diesel::insert_into(rooms::table).values(room).execute(c),
                    None => Ok(0),
                }
            })
        })?;
        self.insert_guest_links(booking, guest_tokens)?;
        let change = match booking.status {
            Status::Pending => Change::Requested,
            Status::Unverified => Change::Unverified,
            _ => Change::Booked,
        };
        let (id, version) = (booking.id, booking.version);
        self.insert_change(id, version, booking.created_at, Some(*by), change)?;
        if new.despite.is_empty() { Ok(()) } else { self.note_change(id, version, &new.despite) }
    }

    /// Calls a booking off: frees its time, revokes its room, writes its history. The caller has
    /// locked the host and read the booking in this transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn cancel_booking(
        &mut self,
        booking: &Booking,
        cancellation: &Cancellation,
        now: Instant,
    ) -> Result<(), StoreError> {
        let id = booking.id.to_string();
        self.run(|c| {
            diesel::update(bookings::table.find(&id))
                .set((
                    bookings::status.eq(Status::Cancelled.as_str()),
                    bookings::version.eq(signed(cancellation.version)),
                    bookings::ical_sequence.eq(signed(cancellation.ical_sequence)),
                    bookings::expires_at.eq(None::<i64>),
                    bookings::cancelled_by.eq(cancellation.by.as_str()),
                    bookings::cancel_reason.eq(cancellation.reason.as_str()),
                ))
                .execute(c)?;
            diesel::update(booking_hosts::table.filter(booking_hosts::booking_id.eq(&id)))
                .set(booking_hosts::held.eq(false))
                .execute(c)
        })?;
        self.leave_room(booking)?;
        self.void_proposal(booking.id, now)?;
        let (version, by) = (cancellation.version, Some(cancellation.by));
        self.insert_change(booking.id, version, now, by, Change::Cancelled)
    }

    /// Moves a booking: its time, its room and its history. The caller has locked the host and read the
    /// booking in this transaction; false if it is not what it was then.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] with [`Constraint::BookingOverlap`](crate::Constraint) if the
    /// host is taken.
    pub fn move_booking(
        &mut self,
        booking: &Booking,
        moved: &Move,
        now: Instant,
    ) -> Result<bool, StoreError> {
        self.check_key()?;
        let id = booking.id.to_string();
        let session = moved.seat.map(|(session, _)| session);
        let room = moved.room.as_ref();
        let room = room.map(|room| RoomRow::new(room, session, self.vault)).transpose()?;
        let session = session.map(|session| session.to_string());
        let (start, end) = (moved.to.start.micros(), moved.to.end.micros());
        let changed = self.run(|c| {
            let as_it_was = bookings::table
                .filter(bookings::id.eq(&id))
                .filter(bookings::version.eq(signed(booking.version)));
            diesel::update(as_it_was)
                .set((
                    bookings::version.eq(signed(moved.version)),
                    bookings::ical_sequence.eq(signed(moved.ical_sequence)),
                    bookings::start_at.eq(start),
                    bookings::end_at.eq(end),
                    bookings::schedule_zone.eq(moved.agreed.zone.name()),
                    bookings::wall_start.eq(moved.agreed.local.format(WALL).to_string()),
                    bookings::session_id.eq(&session),
                ))
                .execute(c)
        })?;
        if changed == 0 {
            return Ok(false);
        }
        if let Some((session, seats)) = moved.seat {
            self.open_session(session, booking, moved.to, seats)?;
        }
        self.leave_room(booking)?;
        self.void_proposal(booking.id, now)?;
        self.run(|c| {
            diesel::update(booking_hosts::table.filter(booking_hosts::booking_id.eq(&id)))
                .set((
                    booking_hosts::start_at.eq(start),
                    booking_hosts::end_at.eq(end),
                    booking_hosts::session_id.eq(&session),
                ))
                .execute(c)?;
            if booking.attendee.attendance.is_some() {
                diesel::update(attendees::table.filter(attendees::booking_id.eq(&id)))
                    .set(attendees::attendance.eq(None::<String>))
                    .execute(c)?;
            }
            room.map_or(Ok(0), |room| diesel::insert_into(rooms::table).values(room).execute(c))
        })?;
        let values = (
            booking_events::booking_id.eq(&id),
            booking_events::version.eq(signed(moved.version)),
            booking_events::at.eq(now.micros()),
            booking_events::actor.eq(moved.by.as_str()),
            booking_events::kind.eq(Happening::MOVED),
            booking_events::from_start.eq(moved.from.start.micros()),
            booking_events::to_start.eq(start),
            booking_events::note.eq(moved.note.as_str()),
        );
        self.run(|c| diesel::insert_into(booking_events::table).values(values).execute(c))?;
        Ok(true)
    }

    /// How a booking came to its time: what was said at its last move, and when
    /// it started for somebody who knows of the versions up to `told` only.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn last_move(
        &mut self,
        booking: BookingId,
        version: u32,
        told: u32,
    ) -> Result<Option<Moved>, StoreError> {
        type Row = (i32, String, Option<i64>, Option<String>);
        let rows: Vec<Row> = self.run(|c| {
            booking_events::table
                .filter(booking_events::booking_id.eq(booking.to_string()))
                .filter(booking_events::kind.eq(Happening::MOVED))
                .filter(booking_events::version.gt(signed(told)))
                .filter(booking_events::version.le(signed(version)))
                .order(booking_events::version)
                .select((
                    booking_events::version,
                    booking_events::actor,
                    booking_events::from_start,
                    booking_events::note,
                ))
                .load(c)
        })?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(None) };
        let Some(was) = first.2 else { return Ok(None) };
        Ok(Some(Moved {
            was: Instant::from_micros(was),
            by: parse("booking_events.actor", &last.1)?,
            note: Note::from_stored(last.3.clone().unwrap_or_default()),
        }))
    }

    /// When a booking was called off, if it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn cancelled_at(&mut self, booking: BookingId) -> Result<Option<Instant>, StoreError> {
        let at: Option<i64> = self.one(|c| {
            booking_events::table
                .filter(booking_events::booking_id.eq(booking.to_string()))
                .filter(booking_events::kind.eq(Change::Cancelled.as_str()))
                .select(booking_events::at)
                .load(c)
        })?;
        Ok(at.map(Instant::from_micros))
    }

    /// One booking.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn booking(&mut self, id: BookingId) -> Result<Option<BookingDetails>, StoreError> {
        let row: Option<DetailsRow> = self.one(
            |c| natively!(c, c => details!().filter(bookings::id.eq(id.to_string())).load(c)),
        )?;
        row.map(|row| read(self.vault, row)).transpose()
    }

    /// All bookings of a series, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn series_bookings(&mut self, series: SeriesId) -> Result<Vec<BookingDetails>, StoreError> {
        let of_series = bookings::series_id.eq(series.to_string());
        let rows: Vec<DetailsRow> =
            self.run(|c| details!().filter(of_series).order(bookings::series_index).load(c))?;
        rows.into_iter().map(|row| read(self.vault, row)).collect()
    }

    /// The booking of a person on the customer's side.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn booking_of(
        &mut self,
        attendee: AttendeeId,
    ) -> Result<Option<BookingDetails>, StoreError> {
        let row: Option<DetailsRow> =
            self.one(|c| details!().filter(attendees::id.eq(attendee.to_string())).load(c))?;
        row.map(|row| read(self.vault, row)).transpose()
    }

    /// The booking behind a link, and whose link it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn booking_by_link(
        &mut self,
        token: TokenHash,
    ) -> Result<Option<(Side, BookingDetails)>, StoreError> {
        let found: Option<(String, String)> = self.one(|c| {
            booking_links::table
                .find(token.to_hex())
                .select((booking_links::booking_id, booking_links::side))
                .load(c)
        })?;
        let Some((id, side)) = found else { return Ok(None) };
        let side = parse("booking_links.side", &side)?;
        let booking = self.booking(parse("booking_links.booking_id", &id)?)?;
        Ok(booking.map(|booking| (side, booking)))
    }

    /// Bookings of a host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn bookings(
        &mut self,
        host: UserId,
        filter: &BookingFilter,
    ) -> Result<Vec<BookingDetails>, StoreError> {
        self.find_bookings(host, filter, &BookingSearch::default())
    }

    /// Those bookings of a host that are searched for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn find_bookings(
        &mut self,
        host: UserId,
        filter: &BookingFilter,
        search: &BookingSearch,
    ) -> Result<Vec<BookingDetails>, StoreError> {
        let mut query = details!().filter(bookings::host_id.eq(host.to_string())).into_boxed();
        if let Some(states) = filter.states {
            query = query.filter(bookings::status.eq_any(names(states)));
        }
        if !filter.unproven {
            let is_proven = attendees::verified_at.is_not_null();
            query = query.filter(diesel::dsl::not(attendees::proof_asked).or(is_proven));
        }
        if let Some(from) = filter.from {
            query = query.filter(bookings::end_at.gt(from.micros()));
            // No booking is longer: this bound is what the index can use.
            query = query.filter(bookings::start_at.gt(from.minus(LONGEST).micros()));
        }
        if let Some(to) = filter.to {
            query = query.filter(bookings::start_at.lt(to.micros()));
        }
        if let Some(event_type) = search.event_type {
            query = query.filter(bookings::event_type_id.eq(event_type.to_string()));
        }
        if let Some(over_by) = search.over_by {
            query = query.filter(bookings::end_at.le(over_by.micros()));
        }
        if let Some(attendance) = search.attendance {
            query = query.filter(attendees::attendance.eq(attendance.as_str()));
        }
        if let Some(text) = &search.text {
            let pattern = || lower(holding(text));
            let name = lower(attendees::name).like(pattern()).escape(ESCAPE);
            let email = lower(attendees::email).like(pattern()).escape(ESCAPE);
            let title = lower(event_types::title).like(pattern()).escape(ESCAPE);
            query = query.filter(name.or(email).or(title));
        }
        if let Some(Cursor { start, id }) = filter.after {
            let (start, id) = (start.micros(), id.to_string());
            query = if filter.latest_first {
                let same = bookings::start_at.eq(start).and(bookings::id.lt(id));
                query.filter(bookings::start_at.lt(start).or(same))
            } else {
                let same = bookings::start_at.eq(start).and(bookings::id.gt(id));
                query.filter(bookings::start_at.gt(start).or(same))
            };
        }
        query = if filter.latest_first {
            query.order((bookings::start_at.desc(), bookings::id.desc()))
        } else {
            query.order((bookings::start_at, bookings::id))
        };
        let rows: Vec<DetailsRow> = self.run(|c| query.limit(filter.limit.into()).load(c))?;
        rows.into_iter().map(|row| read(self.vault, row)).collect()
    }
}
