//! Event types, and what it takes to offer one.

use diesel::{dsl::exists, prelude::*};
use roomkey_core::{
    account::User,
    availability::{Schedule, TimeOff},
    event_type::EventType,
    ids::{EventTypeId, UserId},
    time::Instant,
};

use super::{
    Tx,
    schedules::{ScheduleRow, read_time_off},
};
use crate::{
    StoreError,
    connection::{Conn, natively},
    locked::HostLocked,
    row::{EventTypeRow, UserRow},
    schema::{event_types, schedules, slot_holds, users},
};

/// What an offer is made of, apart from what takes the host's time.
#[derive(Debug, Clone)]
pub struct OfferFacts {
    /// With whom.
    pub host: User,
    /// What.
    pub event_type: EventType,
    /// By which hours.
    pub schedule: Schedule,
    /// When the host is away all the same.
    pub time_off: Vec<TimeOff>,
    /// Whether any of the host's times is kept for somebody who fills in a form, so that
    /// [`Tx::holds`] is worth a look. Only a moment's truth without the host's lock.
    pub has_holds: bool,
}

/// Which offer is asked for.
#[derive(Debug, Clone, Copy)]
pub enum OfferKey<'a> {
    /// By its address. The texts come from a request as they are: what could not be a handle or slug
    /// is simply not found.
    Address {
        /// The host's handle.
        handle: &'a str,
        /// The event type's slug.
        slug: &'a str,
    },
    /// A host's own.
    Own(UserId, EventTypeId),
}

type FactsRow = (UserRow, EventTypeRow, ScheduleRow, String, bool);

/// All that an offer is made of; macros, since the queries' types can not be written down.
macro_rules! offer_facts {
    ($now:expr) => {{
        let is_the_one = schedules::id.nullable().eq(event_types::schedule_id);
        let is_default = event_types::schedule_id.is_null().and(schedules::is_default);
        let of_host = schedules::user_id.eq(event_types::host_id);
        let holds = slot_holds::table
            .filter(slot_holds::host_id.eq(users::id))
            .filter(slot_holds::expires_at.gt($now.micros()));
        event_types::table
            .inner_join(users::table)
            .inner_join(schedules::table.on(of_host.and(is_the_one.or(is_default))))
            .select((
                UserRow::as_select(),
                EventTypeRow::as_select(),
                ScheduleRow::as_select(),
                users::time_off,
                exists(holds),
            ))
    }};
}

macro_rules! at_address {
    ($facts:expr, $handle:expr, $slug:expr) => {
        $facts.filter(users::handle.eq($handle)).filter(event_types::slug.eq($slug))
    };
}

macro_rules! of_host {
    ($facts:expr, $host:expr, $id:expr) => {
        $facts
            .filter(event_types::id.eq($id.to_string()))
            .filter(event_types::host_id.eq($host.to_string()))
    };
}

fn read_facts(row: FactsRow) -> Result<OfferFacts, StoreError> {
    let (host, event_type, schedule, time_off, has_holds) = row;
    Ok(OfferFacts {
        host: host.read()?,
        event_type: event_type.read()?,
        schedule: schedule.read()?,
        time_off: read_time_off(&time_off)?,
        has_holds,
    })
}

impl Tx<'_> {
    /// The facts of an offer, in one look-up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn offer_facts(
        &mut self,
        key: OfferKey<'_>,
        now: Instant,
    ) -> Result<Option<OfferFacts>, StoreError> {
        let row = match key {
            OfferKey::Address { handle, slug } => self
                .one(|c| natively!(c, c => at_address!(offer_facts!(now), handle, slug).load(c))),
            OfferKey::Own(host, id) => {
                self.one(|c| natively!(c, c => of_host!(offer_facts!(now), host, id).load(c)))
            }
        };
        row?.map(read_facts).transpose()
    }

    /// The facts of an offer, in the same look-up that locks its host: no other booking of theirs is made from then on
    /// until the transaction ends. On SQLite whoever writes is alone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lock_offer_facts(
        &mut self,
        key: OfferKey<'_>,
        now: Instant,
    ) -> Result<Option<OfferFacts>, StoreError> {
        let row = match key {
            OfferKey::Address { handle, slug } => self.one(|c| match c {
                Conn::Pg(c) => HostLocked(at_address!(offer_facts!(now), handle, slug)).load(c),
                Conn::Sqlite(c) => at_address!(offer_facts!(now), handle, slug).load(c),
            }),
            OfferKey::Own(host, id) => self.one(|c| match c {
                Conn::Pg(c) => HostLocked(of_host!(offer_facts!(now), host, id)).load(c),
                Conn::Sqlite(c) => of_host!(offer_facts!(now), host, id).load(c),
            }),
        };
        row?.map(read_facts).transpose()
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
