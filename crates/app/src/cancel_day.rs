//! A host calls off all that is left of a day: they are ill, or the place is closed.

use std::collections::BTreeSet;

use roomkey_core::{
    account::User,
    availability::TimeOff,
    booking::{Side, Status},
    ids::{BookingId, UserId},
    text::{Note, Title},
    time::{Instant, LocalDate, Span, TimeZone},
};
use roomkey_store::{BookingDetails, BookingFilter, StoreError, Tx};

use crate::{App, CancelError, TimeOffError, schedules::note_time_off};

/// Bookings of a day at most.
const MOST: u32 = 5_000;

/// A day of a host, by the clock of their default schedule.
#[derive(Debug, Clone)]
pub struct Day {
    /// Which.
    pub date: LocalDate,
    /// Where.
    pub zone: TimeZone,
    /// The bookings that begin on it, keep their time and are not over, by start.
    pub bookings: Vec<BookingDetails>,
}

/// What becomes of a day.
#[derive(Debug, Clone)]
pub struct DayOff {
    /// Which.
    pub date: LocalDate,
    /// The bookings that the host has seen. With one more on that day nothing is done.
    pub seen: BTreeSet<BookingId>,
    /// What all their customers are told.
    pub reason: Note,
    /// Whether nobody can book that day from then on.
    pub block: bool,
}

/// The day stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum CancelDayError {
    /// There are bookings that the host has not seen.
    #[error("there is another booking on that day by now; look at it again")]
    Changed,
    /// It can not be blocked.
    #[error(transparent)]
    TimeOff(#[from] TimeOffError),
    /// One of the bookings was not called off.
    #[error(transparent)]
    Cancel(#[from] CancelError),
}

impl From<StoreError> for CancelDayError {
    fn from(error: StoreError) -> Self {
        Self::Cancel(error.into())
    }
}

impl App {
    /// What there is on a day of a host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn day(&self, host: &User, date: LocalDate) -> Result<Day, StoreError> {
        let (host, now) = (host.clone(), self.now());
        self.store.read(move |tx| day(tx, &host, date, now)).await
    }

    /// The date that it is for a host, by the clock of their default schedule.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn today(&self, host: &User) -> Result<LocalDate, StoreError> {
        let (host, now) = (host.clone(), self.now());
        self.store.read(move |tx| Ok(zone(tx, &host)?.date(now))).await
    }

    /// Calls off all that is left of a day, and blocks it if that is asked for: all of it, or nothing.
    /// Says how many bookings it were.
    ///
    /// # Errors
    /// [`CancelDayError`]; then nothing is changed.
    pub async fn cancel_day(&self, host: &User, off: DayOff) -> Result<usize, CancelDayError> {
        let (app, host) = (self.clone(), host.clone());
        let cancelled = self.store.write(move |tx| app.cancel_day_in(tx, &host, &off)).await?;
        self.wake_mail();
        Ok(cancelled)
    }

    fn cancel_day_in(
        &self,
        tx: &mut Tx<'_>,
        host: &User,
        off: &DayOff,
    ) -> Result<usize, CancelDayError> {
        // From here on nobody books that day.
        tx.lock_host(host.id)?;
        let now = self.now();
        let Day { bookings, zone, .. } = day(tx, host, off.date, now)?;
        if bookings.iter().any(|found| !off.seen.contains(&found.booking.id)) {
            return Err(CancelDayError::Changed);
        }
        for present in &bookings {
            self.cancel_present(tx, present, Side::Host, &off.reason, now)?;
        }
        if let Some(whole) = whole_day(off.date, zone).filter(|_| off.block) {
            note_time_off(tx, host.id, &whole, now)?;
        }
        Ok(bookings.len())
    }
}

fn zone(tx: &mut Tx<'_>, host: &User) -> Result<TimeZone, StoreError> {
    let schedule = tx.default_schedule(host.id)?;
    Ok(schedule.map_or(host.time_zone, |schedule| schedule.time_zone))
}

pub(crate) fn day(
    tx: &mut Tx<'_>,
    host: &User,
    date: LocalDate,
    now: Instant,
) -> Result<Day, StoreError> {
    let zone = zone(tx, host)?;
    let end = date.succ_opt().map_or(Instant::MAX, |next| zone.start_of(next));
    let bookings = left_of(tx, host.id, Span { start: zone.start_of(date), end }, now)?;
    Ok(Day { date, zone, bookings })
}

/// The bookings that begin in a span, keep their time and are not over.
fn left_of(
    tx: &mut Tx<'_>,
    host: UserId,
    span: Span,
    now: Instant,
) -> Result<Vec<BookingDetails>, StoreError> {
    let filter = BookingFilter {
        states: Some(Status::HOLDING),
        unproven: true,
        from: Some(span.start.max(now)),
        to: Some(span.end),
        latest_first: false,
        after: None,
        limit: MOST,
    };
    let mut found = tx.bookings(host, &filter)?;
    // What began the day before may reach into it.
    found.retain(|details| details.booking.span.start >= span.start);
    Ok(found)
}

/// A day of a zone as a time off.
fn whole_day(date: LocalDate, zone: TimeZone) -> Option<TimeOff> {
    let (from, to) = (date.and_hms_opt(0, 0, 0)?, date.succ_opt()?.and_hms_opt(0, 0, 0)?);
    TimeOff::new(from, to, zone, Some(Title::from_stored(REASON.to_owned()))).ok()
}

/// What stands beside the time off, for the host.
const REASON: &str = "Day cancelled";
