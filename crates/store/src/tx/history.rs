//! What happened to bookings. Each version of a booking has one entry, which the transaction that made the
//! version writes; what makes no version is a remark. Neither is ever changed. Order is by version and number, never
//! by the time: the clocks of two machines differ.

use diesel::prelude::*;
use roomkey_core::{
    booking::{
        Attendance, Booking, Change, Event, Happening, Proposal, ProposalEnd, ProposalState, Side,
    },
    ids::{AttendeeId, BookingId},
    text::{Note, PersonName},
    time::Instant,
};

use super::Tx;
use crate::{
    StoreError,
    connection::natively,
    row::{parse, signed},
    schema::{attendees, booking_events, booking_remarks, bookings},
};

/// Who does what nobody does.
const TIME: &str = "time";

#[derive(Queryable, Selectable)]
#[diesel(table_name = booking_events)]
struct EventRow {
    version: i32,
    at: i64,
    actor: String,
    kind: String,
    from_start: Option<i64>,
    to_start: Option<i64>,
    note: Option<String>,
}

/// A booking's change, to be written.
#[derive(Insertable)]
#[diesel(table_name = booking_events, treat_none_as_default_value = false)]
pub(super) struct ChangeRow {
    booking_id: String,
    version: i32,
    at: i64,
    actor: &'static str,
    kind: &'static str,
}

impl ChangeRow {
    /// By nobody is what time does.
    pub(super) fn new(
        booking: BookingId,
        version: u32,
        at: Instant,
        by: Option<Side>,
        change: Change,
    ) -> Self {
        Self {
            booking_id: booking.to_string(),
            version: signed(version),
            at: at.micros(),
            actor: by.map_or(TIME, Side::as_str),
            kind: change.as_str(),
        }
    }
}

impl EventRow {
    /// `ending` is what was said when the booking ended before its time: it stands at the booking.
    fn read(self, ending: Option<&Note>) -> Result<Event, StoreError> {
        let Self { at, actor, kind, from_start, to_start, note, .. } = self;
        let what = if kind == Happening::MOVED {
            let moved = from_start.zip(to_start);
            let (from, to) = moved.ok_or(StoreError::Unreadable("booking_events.from_start"))?;
            Happening::Moved {
                from: Instant::from_micros(from),
                to: Instant::from_micros(to),
                note: note.map(Note::from_stored).filter(|note| !note.is_empty()),
            }
        } else {
            let change = parse::<Change>("booking_events.kind", &kind)?;
            let said = if change.is_end() { ending.cloned() } else { note.map(Note::from_stored) };
            Happening::Became { change, note: said.filter(|note| !note.is_empty()) }
        };
        Ok(Event { at: Instant::from_micros(at), by: read_actor(&actor)?, what })
    }
}

/// A remark, after its version, with the name of whom it is about.
type RemarkRow = (i32, i64, String, String, Option<String>);

fn read_remark((_, at, actor, kind, name): RemarkRow) -> Result<Event, StoreError> {
    let what = if kind == Happening::NOTED {
        Happening::Noted
    } else if kind == Happening::EXTENDED {
        Happening::Extended
    } else {
        let attendance = parse("booking_remarks.kind", &kind)?;
        Happening::Marked { attendance, name: name.map(PersonName::from_stored) }
    };
    Ok(Event { at: Instant::from_micros(at), by: read_actor(&actor)?, what })
}

/// That something was proposed, and how that ended, unless by a move or another change that has its own entry.
fn told(proposal: Proposal) -> Vec<Event> {
    let Proposal { by, starts, note, made_at, state, ended_at, answer, .. } = proposal;
    let said = |note: Note| Some(note).filter(|note| !note.is_empty());
    let what = Happening::Proposed { starts, note: said(note) };
    let mut events = vec![Event { at: made_at, by: Some(by), what }];
    let (end, ended_by) = match state {
        ProposalState::Declined => (ProposalEnd::Declined, Some(by.other())),
        ProposalState::Withdrawn => (ProposalEnd::Withdrawn, Some(by)),
        ProposalState::Lapsed => (ProposalEnd::Lapsed, None),
        ProposalState::Open | ProposalState::Accepted | ProposalState::Void => return events,
    };
    if let Some(at) = ended_at {
        let what = Happening::ProposalEnded { end, note: said(answer) };
        events.push(Event { at, by: ended_by, what });
    }
    events
}

fn read_actor(actor: &str) -> Result<Option<Side>, StoreError> {
    if actor == TIME { Ok(None) } else { parse("booking_events.actor", actor).map(Some) }
}

/// A remark of the host's, who is locked.
#[derive(Debug, Clone, Copy)]
pub struct Remark {
    /// On which booking.
    pub booking: BookingId,
    /// Its version then.
    pub version: u32,
    /// When.
    pub at: Instant,
}

impl Tx<'_> {
    /// Writes of a booking's change.
    pub(super) fn insert_change(
        &mut self,
        booking: BookingId,
        version: u32,
        at: Instant,
        by: Option<Side>,
        change: Change,
    ) -> Result<(), StoreError> {
        let row = ChangeRow::new(booking, version, at, by, change);
        self.run(|c| {
            natively!(c, c => diesel::insert_into(booking_events::table).values(row).execute(c))
        })
        .map(drop)
    }

    /// What there is to say about a change that was just written.
    pub(super) fn note_change(
        &mut self,
        booking: BookingId,
        version: u32,
        note: &Note,
    ) -> Result<(), StoreError> {
        let of = (booking.to_string(), signed(version));
        self.run(|c| {
            diesel::update(booking_events::table.find(of))
                .set(booking_events::note.eq(note.as_str()))
                .execute(c)
        })
        .map(drop)
    }

    /// Marks whether somebody came, and writes that down.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mark_attendee(
        &mut self,
        remark: Remark,
        attendee: AttendeeId,
        attendance: Attendance,
    ) -> Result<(), StoreError> {
        let id = attendee.to_string();
        self.run(|c| {
            diesel::update(attendees::table.find(&id))
                .set(attendees::attendance.eq(attendance.as_str()))
                .execute(c)
        })?;
        self.insert_remark(remark, attendance.as_str(), Some(id))
    }

    /// Replaces the host's private note, and writes down that it was replaced.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_private_note(&mut self, remark: Remark, note: &Note) -> Result<(), StoreError> {
        self.run(|c| {
            diesel::update(bookings::table.find(remark.booking.to_string()))
                .set(bookings::private_note.eq(note.as_str()))
                .execute(c)
        })?;
        self.insert_remark(remark, Happening::NOTED, None)
    }

    /// Writes down that a booking's room was kept open longer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note_extension(&mut self, remark: Remark) -> Result<(), StoreError> {
        self.insert_remark(remark, Happening::EXTENDED, None)
    }

    fn insert_remark(
        &mut self,
        Remark { booking, version, at }: Remark,
        kind: &str,
        attendee: Option<String>,
    ) -> Result<(), StoreError> {
        let booking = booking.to_string();
        let last: Option<i32> = self.run(|c| {
            booking_remarks::table
                .filter(booking_remarks::booking_id.eq(&booking))
                .select(diesel::dsl::max(booking_remarks::number))
                .get_result(c)
        })?;
        let values = (
            booking_remarks::booking_id.eq(booking),
            booking_remarks::number.eq(last.unwrap_or_default() + 1),
            booking_remarks::version.eq(signed(version)),
            booking_remarks::at.eq(at.micros()),
            booking_remarks::actor.eq(Side::Host.as_str()),
            booking_remarks::kind.eq(kind),
            booking_remarks::attendee_id.eq(attendee),
        );
        self.run(|c| diesel::insert_into(booking_remarks::table).values(values).execute(c))
            .map(drop)
    }

    /// What happened to a booking, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn history(&mut self, booking: &Booking) -> Result<Vec<Event>, StoreError> {
        let id = booking.id.to_string();
        let changes: Vec<EventRow> = self.run(|c| {
            booking_events::table
                .filter(booking_events::booking_id.eq(&id))
                .order(booking_events::version)
                .select(EventRow::as_select())
                .load(c)
        })?;
        let remarks: Vec<RemarkRow> = self.run(|c| {
            let about = attendees::id.nullable().eq(booking_remarks::attendee_id);
            booking_remarks::table
                .left_join(attendees::table.on(about))
                .filter(booking_remarks::booking_id.eq(&id))
                .order(booking_remarks::number)
                .select((
                    booking_remarks::version,
                    booking_remarks::at,
                    booking_remarks::actor,
                    booking_remarks::kind,
                    attendees::name.nullable(),
                ))
                .load(c)
        })?;
        let ending = booking.cancelled.as_ref().map(|(_, reason)| reason);
        let changes = changes.into_iter().map(|row| (row.version, row.read(ending)));
        let remarks = remarks.into_iter().map(|row| (row.0, read_remark(row)));
        let mut proposed = Vec::new();
        for (version, proposal) in self.proposals(booking.id)? {
            proposed.extend(told(proposal).into_iter().map(|event| (version, Ok(event))));
        }
        // Stable: what was said of a version comes after what made it.
        let mut history: Vec<_> = changes.chain(remarks).chain(proposed).collect();
        history.sort_by_key(|(version, _)| *version);
        history.into_iter().map(|(_, event)| event).collect()
    }
}
