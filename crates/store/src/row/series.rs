use diesel::prelude::*;
use roomkey_core::{
    booking::{Booking, Occurrence, Rule, WallTime},
    time::LocalDateTime,
};

use super::{WALL, parse, signed, unsigned};
use crate::{StoreError, schema::booking_series};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = booking_series)]
pub(crate) struct SeriesRow {
    id: String,
    event_type_id: String,
    every: String,
    wall_start: String,
    schedule_zone: String,
    occurrences: i32,
    ical_uid: String,
}

fn wall_time(column: &'static str, text: &str) -> Result<LocalDateTime, StoreError> {
    LocalDateTime::parse_from_str(text, WALL).map_err(|_| StoreError::Unreadable(column))
}

impl SeriesRow {
    /// The series that a booking is in.
    pub(crate) fn new(booking: &Booking, occurrence: &Occurrence) -> Self {
        let Rule { every, first } = occurrence.rule;
        Self {
            id: occurrence.series.to_string(),
            event_type_id: booking.event_type.to_string(),
            every: every.as_str().to_owned(),
            wall_start: first.local.format(WALL).to_string(),
            schedule_zone: first.zone.name().to_owned(),
            occurrences: signed(occurrence.of),
            ical_uid: occurrence.ical_uid.clone(),
        }
    }

    /// What the booking with that index and original wall time is in it.
    pub(crate) fn read(&self, index: i32, original: &str) -> Result<Occurrence, StoreError> {
        Ok(Occurrence {
            series: parse("booking_series.id", &self.id)?,
            rule: Rule {
                every: parse("booking_series.every", &self.every)?,
                first: WallTime {
                    local: wall_time("booking_series.wall_start", &self.wall_start)?,
                    zone: parse("booking_series.schedule_zone", &self.schedule_zone)?,
                },
            },
            of: unsigned(self.occurrences),
            index: unsigned(index),
            original: wall_time("bookings.series_start", original)?,
            ical_uid: self.ical_uid.clone(),
        })
    }
}
