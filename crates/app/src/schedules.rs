//! When a host can be booked, and when they are away.

use std::collections::BTreeMap;

use roomkey_core::{
    availability::{DayHours, Schedule, TimeOff, WeeklyHours},
    ids::{ScheduleId, UserId},
    text::Title,
    time::{Instant, LocalDate, Minutes, TimeZone, Weekday},
};
use roomkey_store::{Constraint, StoreError, Tx};

use crate::App;

/// The most schedules of a host.
const MOST_SCHEDULES: usize = 50;
/// How long a time off is remembered after its end.
const LONG_AGO: Minutes = Minutes(31 * 24 * 60);
/// The most times off of a host.
const MOST_TIMES_OFF: usize = 200;

/// The schedule was not stored.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The host has none with that id.
    #[error("there is no such schedule")]
    Unknown,
    /// The host has one with that name.
    #[error("another of your schedules has this name, choose another")]
    NameTaken,
    /// The default schedule is the one that can not go.
    #[error("this is the default schedule; make another one the default first")]
    IsDefault,
    /// There are enough.
    #[error("there are {MOST_SCHEDULES} schedules already, delete one first")]
    TooMany,
    /// The database.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ScheduleError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Constraint(Constraint::ScheduleName) => Self::NameTaken,
            other => Self::Store(other),
        }
    }
}

/// The time off was not stored.
#[derive(Debug, thiserror::Error)]
pub enum TimeOffError {
    /// There are enough.
    #[error("there are {MOST_TIMES_OFF} times off already, remove some first")]
    TooMany,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// A host's schedules: the default one, which every account has from the start, then the others
    /// by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn schedules(&self, owner: UserId) -> Result<Vec<Schedule>, StoreError> {
        self.store.read(move |tx| tx.schedules(owner)).await
    }

    /// Replaces a host's default schedule. Without `overrides` the present ones stay.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_schedule(
        &self,
        owner: UserId,
        time_zone: TimeZone,
        weekly: WeeklyHours,
        overrides: Option<BTreeMap<LocalDate, DayHours>>,
    ) -> Result<Schedule, StoreError> {
        let fresh = ScheduleId::new(self.now(), self.entropy());
        self.store
            .write(move |tx| {
                let mut schedule = match tx.default_schedule(owner)? {
                    Some(present) => present,
                    None => first_schedule(fresh, owner, time_zone),
                };
                schedule.time_zone = time_zone;
                schedule.weekly.clone_from(&weekly);
                if let Some(overrides) = &overrides {
                    schedule.overrides.clone_from(overrides);
                }
                tx.save_schedule(&schedule)?;
                Ok(schedule)
            })
            .await
    }

    /// Replaces the host's schedule of that name, or makes it if there is none; says whether it was made.
    ///
    /// # Errors
    /// [`ScheduleError`].
    pub async fn set_named_schedule(
        &self,
        owner: UserId,
        name: Title,
        time_zone: TimeZone,
        weekly: WeeklyHours,
        overrides: BTreeMap<LocalDate, DayHours>,
    ) -> Result<(Schedule, bool), ScheduleError> {
        let id = ScheduleId::new(self.now(), self.entropy());
        let is_default = false;
        let fresh = Schedule { id, owner, name, is_default, time_zone, weekly, overrides };
        self.store
            .write(move |tx| {
                let present = tx.schedules(owner)?;
                let found = present.iter().find(|schedule| schedule.name == fresh.name);
                let schedule = match found {
                    Some(Schedule { id, is_default, .. }) => {
                        Schedule { id: *id, is_default: *is_default, ..fresh.clone() }
                    }
                    None if present.len() >= MOST_SCHEDULES => return Err(ScheduleError::TooMany),
                    None => fresh.clone(),
                };
                tx.save_schedule(&schedule)?;
                Ok((schedule, found.is_none()))
            })
            .await
    }

    /// Makes a schedule beside the default one, with the same hours.
    ///
    /// # Errors
    /// [`ScheduleError`].
    pub async fn add_schedule(
        &self,
        owner: UserId,
        name: Title,
    ) -> Result<Schedule, ScheduleError> {
        let fresh = ScheduleId::new(self.now(), self.entropy());
        self.store
            .write(move |tx| {
                let present = tx.schedules(owner)?;
                if present.len() >= MOST_SCHEDULES {
                    return Err(ScheduleError::TooMany);
                }
                let like = present.into_iter().next().ok_or(ScheduleError::Unknown)?;
                let schedule = Schedule {
                    id: fresh,
                    name: name.clone(),
                    is_default: false,
                    overrides: BTreeMap::new(),
                    ..like
                };
                tx.save_schedule(&schedule)?;
                Ok(schedule)
            })
            .await
    }

    /// Changes one of a host's schedules.
    ///
    /// # Errors
    /// [`ScheduleError`].
    pub async fn change_schedule(
        &self,
        owner: UserId,
        id: ScheduleId,
        change: impl Fn(&mut Schedule) + Send + 'static,
    ) -> Result<Schedule, ScheduleError> {
        self.store
            .write(move |tx| {
                let mut schedule = own(tx, owner, id)?;
                change(&mut schedule);
                tx.save_schedule(&schedule)?;
                Ok(schedule)
            })
            .await
    }

    /// Makes one of a host's schedules the default one.
    ///
    /// # Errors
    /// [`ScheduleError`].
    pub async fn make_default_schedule(
        &self,
        owner: UserId,
        id: ScheduleId,
    ) -> Result<(), ScheduleError> {
        self.store
            .write(move |tx| {
                let schedule = own(tx, owner, id)?;
                Ok(tx.set_default_schedule(owner, schedule.id)?)
            })
            .await
    }

    /// Removes one of a host's schedules; event types that named it have the default one then.
    ///
    /// # Errors
    /// [`ScheduleError`].
    pub async fn delete_schedule(
        &self,
        owner: UserId,
        id: ScheduleId,
    ) -> Result<(), ScheduleError> {
        self.store
            .write(move |tx| {
                if own(tx, owner, id)?.is_default {
                    return Err(ScheduleError::IsDefault);
                }
                Ok(tx.delete_schedule(owner, id)?)
            })
            .await
    }

    /// When a host is away, by start.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn time_off(&self, owner: UserId) -> Result<Vec<TimeOff>, StoreError> {
        self.store.read(move |tx| tx.time_off(owner)).await
    }

    /// Notes that a host is away. Times off that were over a month ago are forgotten.
    ///
    /// # Errors
    /// [`TimeOffError`].
    pub async fn add_time_off(&self, owner: UserId, new: TimeOff) -> Result<(), TimeOffError> {
        let now = self.now();
        self.store.write(move |tx| note_time_off(tx, owner, &new, now)).await
    }

    /// Forgets a time off.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_time_off(&self, owner: UserId, gone: TimeOff) -> Result<(), StoreError> {
        self.store
            .write(move |tx| {
                let mut all = tx.time_off(owner)?;
                all.retain(|off| *off != gone);
                tx.save_time_off(owner, &all)
            })
            .await
    }

    /// Sets on which day a host's weeks start.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_week_start(&self, owner: UserId, day: Weekday) -> Result<(), StoreError> {
        self.store.write(move |tx| tx.set_week_start(owner, day)).await
    }
}

/// Notes that a host is away, and forgets what was over long ago.
pub(crate) fn note_time_off(
    tx: &mut Tx<'_>,
    owner: UserId,
    new: &TimeOff,
    now: Instant,
) -> Result<(), TimeOffError> {
    let long_ago = now.minus(LONG_AGO);
    let mut all = tx.time_off(owner)?;
    all.retain(|off| off.span().end > long_ago && off != new);
    if all.len() >= MOST_TIMES_OFF {
        return Err(TimeOffError::TooMany);
    }
    all.push(new.clone());
    all.sort_by_key(|off| (off.span().start, off.span().end));
    Ok(tx.save_time_off(owner, &all)?)
}

/// One of a host's own schedules.
fn own(tx: &mut Tx<'_>, owner: UserId, id: ScheduleId) -> Result<Schedule, ScheduleError> {
    let found = tx.schedules(owner)?.into_iter().find(|schedule| schedule.id == id);
    found.ok_or(ScheduleError::Unknown)
}

/// The schedule that every account has from the start.
pub(crate) fn first_schedule(id: ScheduleId, owner: UserId, time_zone: TimeZone) -> Schedule {
    Schedule {
        id,
        owner,
        name: Title::from_stored(Schedule::FIRST_NAME.to_owned()),
        is_default: true,
        time_zone,
        weekly: WeeklyHours::office(),
        overrides: BTreeMap::new(),
    }
}
