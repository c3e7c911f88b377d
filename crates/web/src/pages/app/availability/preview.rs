//! The next two weeks as customers see them.

use roomkey_core::{
    availability::{Schedule, Slot},
    event_type::{EventType, Visibility},
    time::{LocalDate, Minutes, Span},
};

use crate::{
    Web,
    failure::Failure,
    session::SignedIn,
    view::{Clock, TimeOfDay, long_date},
};

/// Days that are shown.
const DAYS: u32 = 14;
/// Times of a day that are named.
const NAMED: usize = 6;

/// Free times of one of the event types that have the schedule.
#[derive(Debug)]
pub(crate) struct Preview {
    pub(crate) title: String,
    /// To the page that customers see; to the editor where they need a link.
    pub(crate) path: String,
    pub(crate) city: String,
    pub(crate) days: Vec<PreviewDay>,
}

/// A day with its first free times.
#[derive(Debug)]
pub(crate) struct PreviewDay {
    pub(crate) name: String,
    pub(crate) times: Vec<TimeOfDay>,
    /// How many more there are.
    pub(crate) more: usize,
}

/// An event type that has the schedule.
#[derive(Debug)]
pub(crate) struct UsedBy {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) previewed: bool,
}

/// The event types that can be booked by a schedule.
pub(super) fn users<'a>(events: &'a [EventType], schedule: &Schedule) -> Vec<&'a EventType> {
    events.iter().filter(|event| event.terms.is_by(schedule)).collect()
}

impl Preview {
    pub(super) async fn of(
        web: &Web,
        host: &SignedIn,
        event: &EventType,
        schedule: &Schedule,
    ) -> Result<Self, Failure> {
        let now = web.app.now();
        let zone = schedule.time_zone;
        let today = zone.date(now);
        let range = Span::lasting(now, Minutes(DAYS * 24 * 60));
        let slots = web.app.own_slots(host.user(), event.id, None, range).await?.slots;
        let day = |date: LocalDate| {
            let on_date = |slot: &&Slot| zone.date(slot.start) == date;
            let mut times: Vec<TimeOfDay> = slots
                .iter()
                .filter(on_date)
                .map(|slot| TimeOfDay::at(zone, slot.start, Clock::TwentyFour))
                .collect();
            let more = times.len().saturating_sub(NAMED);
            times.truncate(NAMED);
            PreviewDay { name: long_date(date), times, more }
        };
        Ok(Self {
            title: event.terms.title.to_string(),
            path: match event.terms.visibility {
                Visibility::Link => format!("/app/event-types/{}", event.terms.slug),
                _ => format!("/{}/{}", host.user().handle, event.terms.slug),
            },
            city: zone.city(),
            days: today.iter_days().take(DAYS as usize).map(day).collect(),
        })
    }
}
