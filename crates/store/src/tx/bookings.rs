//! Bookings with all that belongs to them.

use std::mem;

use diesel::prelude::*;
use roomkey_core::{
    account::User,
    booking::{
        Assignment, Booking, Cancellation, Change, Happening, Move, NewBooking, Side, Status,
    },
    event_type::EventType,
    ids::{AttendeeId, BookingId, GroupSessionId, SeriesId},
    notice::Moved,
    room::Room,
    text::Note,
    time::Instant,
    token::{Token, TokenHash},
};

use super::{Tx, history::ChangeRow};
use crate::{
    StoreError, Vault,
    connection::natively,
    row::{
        AttendeeRow, BookingRow, EventTypeRow, RoomRow, SeriesRow, UserRow, WALL, parse, signed,
    },
    schema::{
        attendees, booking_events, booking_hosts, booking_links, booking_series, bookings,
        event_types, rooms, users,
    },
    together::{self, First, together},
};

diesel::alias!(
    pub(super) const HOST_LINKS: Alias<HostLinks> = booking_links as host_links;
    pub(super) const CUSTOMER_LINKS: Alias<CustomerLinks> = booking_links as customer_links;
    pub(super) const SHARED_ROOMS: Alias<SharedRooms> = rooms as shared_rooms;
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

pub(super) type DetailsRow = (
    BookingRow,
    EventTypeRow,
    UserRow,
    AttendeeRow,
    Option<RoomRow>,
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
                rooms::table
                    .on(rooms::booking_id
                        .eq(bookings::id.nullable())
                        .and(diesel::dsl::not(rooms::revoked))),
            )
            // Seats share the room of their session, whichever of them it was made for. In a join of its own: SQLite
            // looks at all rooms where either of two columns may fit.
            .left_join(
                SHARED_ROOMS.on(SHARED_ROOMS
                    .field(rooms::session_id)
                    .eq(bookings::session_id)
                    .and(diesel::dsl::not(SHARED_ROOMS.field(rooms::revoked)))),
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
                SHARED_ROOMS.fields(rooms::all_columns).nullable(),
                Option::<SeriesRow>::as_select(),
                HOST_LINKS.field(booking_links::token_sealed),
                CUSTOMER_LINKS.field(booking_links::token_sealed),
            ))
    };
}
pub(super) use details;

const LINK: &str = "booking_links.token";

pub(super) fn names(states: &[Status]) -> Vec<&'static str> {
    states.iter().map(|status| status.as_str()).collect()
}

fn open_link(vault: &Vault, sealed: &str) -> Result<Token, StoreError> {
    parse(LINK, &vault.open(LINK, sealed)?)
}

pub(super) fn read(vault: &Vault, row: DetailsRow) -> Result<BookingDetails, StoreError> {
    let (mut booking, event_type, host, attendee, own, shared, series, host_link, customer_link) =
        row;
    let private_note = Note::from_stored(mem::take(&mut booking.private_note));
    let booking = booking.read(&attendee, series.as_ref())?;
    let room = shared.or(own).filter(|_| booking.status == Status::Confirmed);
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
            booking_hosts::assigned_at.eq(booking.created_at.micros()),
            booking_hosts::assigned_because.eq(Assignment::Booked.as_str()),
        );
        if let Some((session, seats)) = booking.session.zip(*seats) {
            self.open_session(session, booking, booking.span, seats)?;
        }
        let change = match booking.status {
            Status::Pending => Change::Requested,
            Status::Unverified => Change::Unverified,
            _ => Change::Booked,
        };
        let (id, version) = (booking.id, booking.version);
        let changed = ChangeRow::new(id, version, booking.created_at, Some(*by), change);
        // Before all that names it, for SQLite.
        let row = diesel::insert_into(bookings::table).values(BookingRow::from(booking));
        let rest = together!(
            diesel::insert_into(booking_hosts::table).values(held),
            diesel::insert_into(attendees::table).values(AttendeeRow::new(booking)),
            diesel::insert_into(booking_links::table).values([host_link, customer_link]),
            diesel::insert_into(booking_events::table).values(changed),
        );
        self.run(|c| match room {
            Some(room) => {
                let room = diesel::insert_into(rooms::table).values(room);
                together::execute(c, First(row, First(room, rest)))
            }
            None => together::execute(c, First(row, rest)),
        })?;
        self.insert_guest_links(booking.id, &booking.guests, guest_tokens)?;
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

    /// The bookings that are confirmed for a session, by when they were made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn confirmed_in_session(
        &mut self,
        session: GroupSessionId,
    ) -> Result<Vec<BookingDetails>, StoreError> {
        let of_session = bookings::session_id
            .eq(session.to_string())
            .and(bookings::status.eq(Status::Confirmed.as_str()));
        let rows: Vec<DetailsRow> =
            self.run(|c| details!().filter(of_session).order(bookings::id).load(c))?;
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
}
