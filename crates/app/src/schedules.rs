//! When a host can be booked.

use std::collections::BTreeMap;

use roomkey_core::{
    availability::{DayHours, Schedule, WeeklyHours},
    ids::{ScheduleId, UserId},
    time::{LocalDate, TimeZone},
};
use roomkey_store::StoreError;

use crate::App;

impl App {
    /// A host's schedule. Every account has one from the start.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn schedule(&self, owner: UserId) -> Result<Option<Schedule>, StoreError> {
        self.store.read(move |tx| tx.schedule(owner)).await
    }

    /// Replaces a host's schedule. Without `overrides` the present ones stay.
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
                let present = tx.schedule(owner)?;
                let schedule = Schedule {
                    id: present.as_ref().map_or(fresh, |schedule| schedule.id),
                    owner,
                    time_zone,
                    weekly: weekly.clone(),
                    overrides: overrides
                        .clone()
                        .or(present.map(|schedule| schedule.overrides))
                        .unwrap_or_default(),
                };
                tx.save_schedule(&schedule)?;
                Ok(schedule)
            })
            .await
    }
}
