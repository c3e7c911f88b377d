//! Event types, and what it takes to offer one.

use diesel::prelude::*;
use roomkey_core::{
    account::User,
    availability::Schedule,
    event_type::EventType,
    ids::{EventTypeId, UserId},
    time::Instant,
};

use super::{Tx, schedules::ScheduleRow};
use crate::{
    StoreError,
    row::{EventTypeRow, UserRow},
    schema::{event_types, schedules, users},
};

impl Tx<'_> {
    /// The host, event type and schedule behind an address, in one look-up. The texts come from a
    /// request as they are: what could not be a handle or slug is simply not found.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn offer_facts(
        &mut self,
        handle: &str,
        slug: &str,
    ) -> Result<Option<(User, EventType, Schedule)>, StoreError> {
        let row: Option<(UserRow, EventTypeRow, ScheduleRow)> = self.one(|c| {
            event_types::table
                .inner_join(users::table.inner_join(schedules::table))
                .filter(users::handle.eq(handle))
                .filter(event_types::slug.eq(slug))
                .select((UserRow::as_select(), EventTypeRow::as_select(), ScheduleRow::as_select()))
                .load(c)
        })?;
        row.map(|(user, event_type, schedule)| {
            Ok((user.read()?, event_type.read()?, schedule.read()?))
        })
        .transpose()
    }

    /// One event type of a host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn event_type(
        &mut self,
        host: UserId,
        id: EventTypeId,
    ) -> Result<Option<EventType>, StoreError> {
        let row: Option<EventTypeRow> = self.one(|c| {
            event_types::table
                .filter(event_types::id.eq(id.to_string()))
                .filter(event_types::host_id.eq(host.to_string()))
                .select(EventTypeRow::as_select())
                .load(c)
        })?;
        row.map(|row| row.read()).transpose()
    }

    /// All event types of a host, by title.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn event_types(&mut self, host: UserId) -> Result<Vec<EventType>, StoreError> {
        let rows: Vec<EventTypeRow> = self.run(|c| {
            event_types::table
                .filter(event_types::host_id.eq(host.to_string()))
                .order((event_types::title, event_types::id))
                .select(EventTypeRow::as_select())
                .load(c)
        })?;
        rows.iter().map(EventTypeRow::read).collect()
    }

    /// Stores a new event type.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] if the host has one with that slug.
    pub fn insert_event_type(
        &mut self,
        event_type: &EventType,
        now: Instant,
    ) -> Result<(), StoreError> {
        let row = EventTypeRow::from(event_type);
        self.run(|c| {
            diesel::insert_into(event_types::table)
                .values((row, event_types::created_at.eq(now.micros())))
                .execute(c)
        })
        .map(drop)
    }

    /// Stores an event type's new terms. Bookings keep those they were made with.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] if the host has another with that slug.
    pub fn update_event_type(&mut self, event_type: &EventType) -> Result<(), StoreError> {
        let row = EventTypeRow::from(event_type);
        self.run(|c| {
            diesel::update(
                event_types::table
                    .filter(event_types::id.eq(event_type.id.to_string()))
                    .filter(event_types::host_id.eq(event_type.host.to_string())),
            )
            .set(&row)
            .execute(c)
        })
        .map(drop)
    }
}
