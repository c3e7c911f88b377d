//! Series, which hold bookings together.

use std::collections::BTreeMap;

use diesel::prelude::*;
use roomkey_core::{
    booking::{Booking, Change, Happening, Occurrence},
    ids::{BookingId, SeriesId},
    notice::Occasion,
    time::Instant,
};

use super::Tx;
use crate::{
    StoreError,
    row::{SeriesRow, parse},
    schema::{booking_events, booking_series, bookings},
};

impl Tx<'_> {
    /// Stores the series that a booking is the first of; the bookings come after it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn insert_series(
        &mut self,
        booking: &Booking,
        occurrence: &Occurrence,
    ) -> Result<(), StoreError> {
        let row = SeriesRow::new(booking, occurrence);
        self.run(|c| diesel::insert_into(booking_series::table).values(row).execute(c)).map(drop)
    }

    /// The bookings of a series that were changed in one transaction, the one of that moment, and have not been
    /// changed since; with their starts before, if they were moved. The moment tells transactions apart: the host
    /// is locked in each.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) fn changed_together(
        &mut self,
        series: SeriesId,
        occasion: Occasion,
        at: Instant,
    ) -> Result<BTreeMap<BookingId, Option<Instant>>, StoreError> {
        let kind = match occasion {
            Occasion::Moved => Happening::MOVED,
            _ => Change::Cancelled.as_str(),
        };
        let rows: Vec<(String, Option<i64>)> = self.run(|c| {
            booking_events::table
                .inner_join(bookings::table.on(bookings::id.eq(booking_events::booking_id)))
                .filter(bookings::series_id.eq(series.to_string()))
                .filter(booking_events::version.eq(bookings::version))
                .filter(booking_events::kind.eq(kind))
                .filter(booking_events::at.eq(at.micros()))
                .select((booking_events::booking_id, booking_events::from_start))
                .load(c)
        })?;
        rows.into_iter()
            .map(|(id, from)| {
                Ok((parse("booking_events.booking_id", &id)?, from.map(Instant::from_micros)))
            })
            .collect()
    }
}
