//! Lists of bookings: in parts, narrowed and searched.

use diesel::{define_sql_function, prelude::*, sql_types::Text};
use roomkey_core::{
    booking::{Attendance, Status},
    event_type::LONGEST,
    ids::{BookingId, EventTypeId, UserId},
    time::Instant,
};

use super::{
    Tx,
    bookings::{
        BookingDetails, CUSTOMER_LINKS, DetailsRow, HOST_LINKS, SHARED_ROOMS, details, names, read,
    },
};
use crate::{
    StoreError,
    row::{AttendeeRow, BookingRow, EventTypeRow, RoomRow, SeriesRow, UserRow},
    schema::{attendees, booking_links, booking_series, bookings, event_types, rooms, users},
};

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

impl Tx<'_> {
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
