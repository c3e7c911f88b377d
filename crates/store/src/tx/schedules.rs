//! Schedules and time off, read and written whole.

use std::collections::BTreeMap;

use diesel::prelude::*;
use roomkey_core::{
    availability::{DayHours, LocalRange, Schedule, TimeOff, WEEK, WeeklyHours},
    ids::{ScheduleId, UserId},
    text::Title,
    time::{LocalDate, LocalDateTime, MinuteOfDay, Weekday},
};

use super::Tx;
use crate::{
    StoreError,
    row::{WALL, parse, signed},
    schema::{event_types, schedules, users},
};

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
    for (day, hours) in WEEK.into_iter().zip(stored) {
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
    name: String,
    is_default: bool,
    time_zone: String,
    weekly: String,
    overrides: String,
}

impl ScheduleRow {
    pub(crate) fn read(&self) -> Result<Schedule, StoreError> {
        Ok(Schedule {
            id: parse("schedules.id", &self.id)?,
            owner: parse("schedules.user_id", &self.user_id)?,
            name: Title::from_stored(self.name.clone()),
            is_default: self.is_default,
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
            name: schedule.name.to_string(),
            is_default: schedule.is_default,
            time_zone: schedule.time_zone.to_string(),
            weekly: serde_json::to_string(&weekly).map_err(fault)?,
            overrides: serde_json::to_string(&overrides).map_err(fault)?,
        })
    }
}

impl Tx<'_> {
    /// A host's default schedule.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn default_schedule(&mut self, owner: UserId) -> Result<Option<Schedule>, StoreError> {
        let row: Option<ScheduleRow> = self.one(|c| {
            schedules::table
                .filter(schedules::user_id.eq(owner.to_string()))
                .filter(schedules::is_default)
                .select(ScheduleRow::as_select())
                .load(c)
        })?;
        row.map(|row| row.read()).transpose()
    }

    /// All schedules of a host: the default one, then the others by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn schedules(&mut self, owner: UserId) -> Result<Vec<Schedule>, StoreError> {
        let rows: Vec<ScheduleRow> = self.run(|c| {
            schedules::table
                .filter(schedules::user_id.eq(owner.to_string()))
                .order((schedules::is_default.desc(), schedules::name))
                .select(ScheduleRow::as_select())
                .load(c)
        })?;
        rows.iter().map(ScheduleRow::read).collect()
    }

    /// Stores a schedule in place of the one with its id, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] if its owner has another of that name.
    pub fn save_schedule(&mut self, schedule: &Schedule) -> Result<(), StoreError> {
        let row = ScheduleRow::new(schedule)?;
        self.run(|c| {
            diesel::delete(schedules::table.find(&row.id)).execute(c)?;
            diesel::insert_into(schedules::table).values(&row).execute(c)
        })
        .map(drop)
    }

    /// Makes one of a host's schedules the default one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_default_schedule(
        &mut self,
        owner: UserId,
        id: ScheduleId,
    ) -> Result<(), StoreError> {
        let of_owner = schedules::user_id.eq(owner.to_string());
        self.run(|c| {
            diesel::update(schedules::table.filter(of_owner.clone()))
                .set(schedules::is_default.eq(false))
                .execute(c)?;
            diesel::update(schedules::table.find(id.to_string()).filter(of_owner))
                .set(schedules::is_default.eq(true))
                .execute(c)
        })
        .map(drop)
    }

    /// Removes one of a host's schedules; event types that named it have the default one then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_schedule(&mut self, owner: UserId, id: ScheduleId) -> Result<(), StoreError> {
        self.run(|c| {
            diesel::update(
                event_types::table
                    .filter(event_types::host_id.eq(owner.to_string()))
                    .filter(event_types::schedule_id.eq(id.to_string())),
            )
            .set(event_types::schedule_id.eq(None::<String>))
            .execute(c)?;
            diesel::delete(
                schedules::table
                    .find(id.to_string())
                    .filter(schedules::user_id.eq(owner.to_string())),
            )
            .execute(c)
        })
        .map(drop)
    }

    /// When a host is away, by start.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn time_off(&mut self, owner: UserId) -> Result<Vec<TimeOff>, StoreError> {
        let text: Option<String> =
            self.one(|c| users::table.find(owner.to_string()).select(users::time_off).load(c))?;
        text.map_or(Ok(Vec::new()), |text| read_time_off(&text))
    }

    /// Stores when a host is away, in place of what was known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_time_off(&mut self, owner: UserId, all: &[TimeOff]) -> Result<(), StoreError> {
        let text = write_time_off(all)?;
        self.run(|c| {
            diesel::update(users::table.find(owner.to_string()))
                .set(users::time_off.eq(text))
                .execute(c)
        })
        .map(drop)
    }

    /// Stores on which day a host's weeks start.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_week_start(&mut self, owner: UserId, day: Weekday) -> Result<(), StoreError> {
        let number = signed(day.number_from_monday());
        self.run(|c| {
            diesel::update(users::table.find(owner.to_string()))
                .set(users::week_start.eq(number))
                .execute(c)
        })
        .map(drop)
    }
}

/// A time off as it is stored: wall time to the minute, and the name of its zone.
#[derive(serde::Serialize, serde::Deserialize)]
struct StoredTimeOff {
    from: String,
    to: String,
    zone: String,
    reason: Option<String>,
}

pub(crate) fn read_time_off(text: &str) -> Result<Vec<TimeOff>, StoreError> {
    let read = |stored: StoredTimeOff| {
        let wall = |text: &str| LocalDateTime::parse_from_str(text, WALL).ok();
        let reason = stored.reason.map(Title::from_stored);
        let zone = stored.zone.parse().ok()?;
        TimeOff::new(wall(&stored.from)?, wall(&stored.to)?, zone, reason).ok()
    };
    serde_json::from_str::<Vec<StoredTimeOff>>(text)
        .ok()
        .and_then(|all| all.into_iter().map(read).collect())
        .ok_or(StoreError::Unreadable("users.time_off"))
}

fn write_time_off(all: &[TimeOff]) -> Result<String, StoreError> {
    let write = |off: &TimeOff| StoredTimeOff {
        from: off.from().format(WALL).to_string(),
        to: off.to().format(WALL).to_string(),
        zone: off.time_zone().name().to_owned(),
        reason: off.reason().map(Title::to_string),
    };
    serde_json::to_string(&all.iter().map(write).collect::<Vec<_>>())
        .map_err(|error| StoreError::Fault(error.to_string()))
}
