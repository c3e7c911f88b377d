//! Who is to be reminded of what, and who does not want to be.

use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use roomkey_core::{
    booking::{Change, Happening, Side, Status},
    event_type::Reminders,
    ids::{BookingId, EventTypeId, UserId},
    notice::Occasion,
    text::EmailAddress,
    time::{Instant, Minutes},
};

use super::Tx;
use crate::{
    StoreError,
    connection::natively,
    row::{parse, read_reminders},
    schema::{booking_events, bookings, event_types, outbox_messages as outbox, reminder_opt_outs},
};

diesel::alias!(const OTHER_SEATS: Alias<OtherSeats> = bookings as other_seats);

/// What a list without reminders looks like.
const NONE: &str = "[]";
/// By what somebody learns when a booking is. Whoever learnt it after the moment of a reminder needs none.
const TELLS_WHEN: [&str; 4] = [
    Change::Booked.as_str(),
    Change::Confirmed.as_str(),
    Change::Verified.as_str(),
    Happening::MOVED,
];

/// A mail that is due: one side of a booking is to be reminded of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueReminder {
    /// Of which booking.
    pub booking: BookingId,
    /// Whose it is.
    pub host: UserId,
    /// Which side.
    pub side: Side,
    /// How long before the start the reminder is for.
    pub before: Minutes,
}

impl Tx<'_> {
    /// Which reminders are due and not in the outbox yet, at most about `most`. What begins, or whose next reminder
    /// is due, needs the earlier one no longer. Of a session its host is reminded once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn due_reminders(
        &mut self,
        now: Instant,
        most: usize,
    ) -> Result<Vec<DueReminder>, StoreError> {
        let mut due = Vec::new();
        for (event_type, host, reminders) in self.event_types_that_remind()? {
            for side in [Side::Customer, Side::Host] {
                for (before, next) in reminders.with_next(side) {
                    let found = self.reminders_due(event_type, side, before, next, now)?;
                    due.extend(found.into_iter().map(|booking| DueReminder {
                        booking,
                        host,
                        side,
                        before,
                    }));
                    if due.len() >= most {
                        return Ok(due);
                    }
                }
            }
        }
        Ok(due)
    }

    fn event_types_that_remind(
        &mut self,
    ) -> Result<Vec<(EventTypeId, UserId, Reminders)>, StoreError> {
        let rows: Vec<(String, String, String, String)> = self.run(|c| {
            event_types::table
                .filter(
                    event_types::customer_reminders
                        .ne(NONE)
                        .or(event_types::host_reminders.ne(NONE)),
                )
                .order(event_types::id)
                .select((
                    event_types::id,
                    event_types::host_id,
                    event_types::customer_reminders,
                    event_types::host_reminders,
                ))
                .load(c)
        })?;
        rows.into_iter()
            .map(|(id, host, customer, own)| {
                let id = parse("event_types.id", &id)?;
                let host = parse("event_types.host_id", &host)?;
                Ok((id, host, read_reminders(&customer, &own)?))
            })
            .collect()
    }

    fn reminders_due(
        &mut self,
        event_type: EventTypeId,
        side: Side,
        before: Minutes,
        next: Minutes,
        now: Instant,
    ) -> Result<Vec<BookingId>, StoreError> {
        let kind = Occasion::Reminder(before).name();
        let moment = || bookings::start_at - before.micros();
        let learnt_later = booking_events::table
            .filter(booking_events::booking_id.eq(bookings::id))
            .filter(booking_events::kind.eq_any(TELLS_WHEN))
            .filter(booking_events::at.ge(moment()));
        let reminded = outbox::table
            .filter(outbox::booking_id.eq(bookings::id.nullable()))
            .filter(outbox::kind.eq(kind))
            .filter(outbox::side.eq(side.as_str()))
            .filter(outbox::queued_at.ge(moment()));
        let due = bookings::table
            .filter(bookings::event_type_id.eq(event_type.to_string()))
            .filter(bookings::status.eq(Status::Confirmed.as_str()))
            .filter(bookings::start_at.gt(now.plus(next).micros()))
            .filter(bookings::start_at.le(now.plus(before).micros()))
            .filter(not(exists(learnt_later)))
            .filter(not(exists(reminded)))
            .order((bookings::start_at, bookings::id))
            .select(bookings::id);
        let ids: Vec<String> = self.run(|c| match side {
            Side::Customer => due.load(c),
            Side::Host => {
                let seated = OTHER_SEATS
                    .filter(OTHER_SEATS.field(bookings::session_id).eq(bookings::session_id))
                    .filter(OTHER_SEATS.field(bookings::status).eq(Status::Confirmed.as_str()))
                    .filter(OTHER_SEATS.field(bookings::id).lt(bookings::id));
                due.filter(not(exists(seated))).load(c)
            }
        })?;
        ids.iter().map(|id| parse("bookings.id", id)).collect()
    }

    /// Whether whoever has that address wants no reminders of a host's bookings.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn has_opted_out(
        &mut self,
        host: UserId,
        email: &EmailAddress,
    ) -> Result<bool, StoreError> {
        let row = reminder_opt_outs::table.find((host.to_string(), email.folded()));
        self.run(|c| diesel::select(exists(row)).get_result(c))
    }

    /// Notes whether whoever has that address wants reminders of a host's bookings.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn want_reminders(
        &mut self,
        host: UserId,
        email: &EmailAddress,
        wanted: bool,
        now: Instant,
    ) -> Result<(), StoreError> {
        let (host, email) = (host.to_string(), email.folded());
        if wanted {
            let row = reminder_opt_outs::table.find((host, email));
            return self.run(|c| diesel::delete(row).execute(c)).map(drop);
        }
        let row = (
            reminder_opt_outs::host_id.eq(host),
            reminder_opt_outs::email_folded.eq(email),
            reminder_opt_outs::at.eq(now.micros()),
        );
        self.run(|c| {
            natively!(c, c => diesel::insert_into(reminder_opt_outs::table)
                .values(row)
                .on_conflict_do_nothing()
                .execute(c))
        })
        .map(drop)
    }
}
