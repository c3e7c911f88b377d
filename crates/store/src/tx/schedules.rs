//! Schedules, read and written whole.

use std::collections::BTreeMap;

use diesel::prelude::*;
use roomkey_core::{
    availability::{DayHours, LocalRange, Schedule, WeeklyHours},
    ids::UserId,
    time::{LocalDate, MinuteOfDay},
};

use super::Tx;
use crate::{StoreError, row::parse, schema::schedules};

/// The ranges of a day as they are stored: minutes after midnight.
type StoredDay = Vec<(u16, u16)>;

fn store_day(hours: &DayHours) -> StoredDay {
    hours.ranges().iter().map(|range| (range.from().get(), range.to().get())).collect()
}

fn read_day(stored: StoredDay) -> Option<DayHours> {
    let range = |(from, to)| LocalRange::new(MinuteOfDay::new(from)?, MinuteOfDay::new(to)?).ok();
    DayHours::new(stored.into_iter().map(range).collect::<Option<_>>()?).ok()
}

fn read_weekly(text: &str) -> Option<WeeklyHours> {
    let stored: [StoredDay; 7] = serde_json::from_str(text).ok()?;
    let mut week = WeeklyHours::default();
    let days: Vec<_> = week.days().map(|(day, _)| day).collect();
    for (day, hours) in days.into_iter().zip(stored) {
        week.set(day, read_day(hours)?);
    }
    Some(week)
}

fn read_overrides(text: &str) -> Option<BTreeMap<LocalDate, DayHours>> {
    let stored: BTreeMap<String, StoredDay> = serde_json::from_str(text).ok()?;
    stored.into_iter().map(|(date, day)| Some((date.parse().ok()?, read_day(day)?))).collect()
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schedules)]
pub(crate) struct ScheduleRow {
    id: String,
    user_id: String,
    time_zone: String,
    weekly: String,
    overrides: String,
}

impl ScheduleRow {
    pub(crate) fn read(&self) -> Result<Schedule, StoreError> {
        Ok(Schedule {
            id: parse("schedules.id", &self.id)?,
            owner: parse("schedules.user_id", &self.user_id)?,
            time_zone: parse("schedules.time_zone", &self.time_zone)?,
            weekly: read_weekly(&self.weekly).ok_or(StoreError::Unreadable("schedules.weekly"))?,
            overrides: read_overrides(&self.overrides)
                .ok_or(StoreError::Unreadable("schedules.overrides"))?,
        })
    }

    fn new(schedule: &Schedule) -> Result<Self, StoreError> {
        let fault = |error: serde_json::Error| StoreError::Fault(error.to_string());
        let weekly: Vec<_> = schedule.weekly.days().map(|(_, hours)| store_day(hours)).collect();
        let overrides: BTreeMap<_, _> = schedule
            .overrides
            .iter()
            .map(|(date, hours)| (date.to_string(), store_day(hours)))
            .collect();
        Ok(Self {
            id: schedule.id.to_string(),
            user_id: schedule.owner.to_string(),
            time_zone: schedule.time_zone.to_string(),
            weekly: serde_json::to_string(&weekly).map_err(fault)?,
            overrides: serde_json::to_string(&overrides).map_err(fault)?,
        })
    }
}

impl Tx<'_> {
    /// A host's schedule.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn schedule(&mut self, owner: UserId) -> Result<Option<Schedule>, StoreError> {
        let row: Option<ScheduleRow> = self.one(|c| {
            schedules::table
                .filter(schedules::user_id.eq(owner.to_string()))
                .select(ScheduleRow::as_select())
                .load(c)
        })?;
        row.map(|row| row.read()).transpose()
    }

    /// Stores a host's schedule in place of the one before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_schedule(&mut self, schedule: &Schedule) -> Result<(), StoreError> {
        let row = ScheduleRow::new(schedule)?;
        self.run(|c| {
            diesel::delete(schedules::table.filter(schedules::user_id.eq(&row.user_id)))
                .execute(c)?;
            diesel::insert_into(schedules::table).values(&row).execute(c)
        })
        .map(drop)
    }
}
