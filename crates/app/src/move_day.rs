//! A host moves all that is left of a day to another day, each booking to the same time by the clock.

use std::collections::BTreeSet;

use roomkey_core::{
    account::User,
    booking::{MoveRequest, Side},
    ids::BookingId,
    text::Note,
    time::{Edge, LocalDate},
};
use roomkey_store::{StoreError, Tx};

use crate::{App, Day, MoveError, cancel_day::day};

/// Where a day's bookings are to go.
#[derive(Debug, Clone)]
pub struct DayMove {
    /// The day.
    pub date: LocalDate,
    /// The other one.
    pub to: LocalDate,
    /// The bookings that the host has seen. With one more on that day nothing is done.
    pub seen: BTreeSet<BookingId>,
    /// What all their customers are told.
    pub note: Note,
}

/// Nothing is moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveDayError {
    /// There are bookings that the host has not seen.
    #[error("there is another booking on that day by now; look at it again")]
    Changed,
    /// Some of them can not be moved there, each with the reason.
    #[error("{} of the bookings can not be moved there", .0.len())]
    Bookings(Vec<(BookingId, MoveError)>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Moves all that is left of a day: all of it, or nothing. Says how many bookings it were.
    ///
    /// # Errors
    /// [`MoveDayError`]; then nothing is changed.
    pub async fn move_day(&self, host: &User, wanted: DayMove) -> Result<usize, MoveDayError> {
        let (app, host) = (self.clone(), host.clone());
        let moved = self.store.write(move |tx| app.move_day_in(tx, &host, &wanted)).await?;
        self.wake_mail();
        Ok(moved)
    }

    fn move_day_in(
        &self,
        tx: &mut Tx<'_>,
        host: &User,
        wanted: &DayMove,
    ) -> Result<usize, MoveDayError> {
        // From here on nobody books that day.
        tx.lock_host(host.id)?;
        let Day { bookings, zone, .. } = day(tx, host, wanted.date, self.now())?;
        if bookings.iter().any(|found| !wanted.seen.contains(&found.booking.id)) {
            return Err(MoveDayError::Changed);
        }
        // Those that go first make room for those that follow, if the two days are that close.
        let mut in_order: Vec<_> = bookings.iter().map(|found| &found.booking).collect();
        if wanted.to > wanted.date {
            in_order.reverse();
        }
        let mut wrong = Vec::new();
        for booking in in_order {
            let time = zone.local(booking.span.start).time();
            let start = zone.resolve_local(wanted.to.and_time(time), Edge::Start);
            let request =
                MoveRequest { start, by: Side::Host, note: wanted.note.clone(), agreed: false };
            match self.move_in(tx, host.id, booking.id, &request) {
                Ok(_) => {}
                Err(MoveError::Store(error)) => return Err(error.into()),
                // What the schema refused has ended the transaction.
                Err(error @ MoveError::Taken) => {
                    return Err(MoveDayError::Bookings(vec![(booking.id, error)]));
                }
                Err(error) => wrong.push((booking.id, error)),
            }
        }
        if wrong.is_empty() { Ok(bookings.len()) } else { Err(MoveDayError::Bookings(wrong)) }
    }
}
