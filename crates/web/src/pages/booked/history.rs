//! What happened to a booking, in words for its host.

use roomkey_app::Found;
use roomkey_core::{
    booking::{Attendance, Change, Event, Happening, ProposalEnd, Side},
    room::EXTENSION,
    text::PersonName,
    time::{Instant, TimeZone},
};

use crate::view::{Clock, TimeOfDay, date_with_year};

/// One thing that happened.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) at: Instant,
    /// In the host's zone.
    pub(crate) when: String,
    pub(crate) icon: &'static str,
    pub(crate) text: String,
    /// What was said about it; empty if nothing.
    pub(crate) note: String,
}

/// A booking's history, the latest last.
pub(super) fn entries(found: &Found, history: &[Event]) -> Vec<Entry> {
    let (zone, customer) =
        (found.details.host.time_zone, found.details.booking.attendee.name.as_str());
    history.iter().map(|event| Entry::new(event, zone, customer)).collect()
}

impl Entry {
    fn new(event: &Event, zone: TimeZone, customer: &str) -> Self {
        let who = match event.by {
            Some(Side::Host) => " by you".to_owned(),
            Some(Side::Customer) => format!(" by {customer}"),
            None => String::new(),
        };
        let (icon, text) = match &event.what {
            Happening::Became { change: Change::Booked, note: Some(_) } => {
                ("check", format!("Booked{who}, although it was not offered"))
            }
            Happening::Became { change, .. } => match change {
                Change::Unverified => {
                    ("clock", format!("Asked for{who}, whose address is not proven"))
                }
                Change::Verified => ("check", format!("Address proven{who}")),
                Change::Requested => ("clock", format!("Requested{who}")),
                Change::Booked => ("check", format!("Booked{who}")),
                Change::Confirmed => ("check", format!("Confirmed{who}")),
                Change::Declined => ("x", format!("Declined{who}")),
                Change::Expired => ("clock", "Expired, for nobody answered".to_owned()),
                Change::GuestAdded => ("users", format!("Guest added{who}")),
                Change::GuestRemoved => ("x", format!("Guest removed{who}")),
                Change::RoomRenewed => ("door", format!("New room, for somebody was put out{who}")),
                Change::Cancelled => ("x", format!("Cancelled{who}")),
            },
            Happening::Moved { from, to, .. } => {
                let (from, to) = (moment(zone, *from), moment(zone, *to));
                ("calendar", format!("Moved{who} from {from} to {to}"))
            }
            Happening::Proposed { starts, .. } => {
                let starts: Vec<_> = starts.iter().map(|at| moment(zone, *at)).collect();
                let what = if event.by == Some(Side::Host) { "Proposed" } else { "Asked for" };
                ("calendar", format!("{what}{who}: {}", starts.join("; ")))
            }
            Happening::ProposalEnded { end, .. } => match end {
                ProposalEnd::Declined => ("x", format!("Declined{who}; the time stays")),
                ProposalEnd::Withdrawn => ("x", format!("Taken back{who}; the time stays")),
                ProposalEnd::Lapsed => ("clock", "Not answered in time; the time stays".to_owned()),
            },
            Happening::Extended => ("door", format!("Room kept open {EXTENSION} longer{who}")),
            Happening::Noted => ("pencil", format!("Private note changed{who}")),
            Happening::Marked { attendance, name } => {
                let name = name.as_ref().map_or("Somebody", PersonName::as_str);
                match attendance {
                    Attendance::Attended => ("check", format!("{name} marked as attended{who}")),
                    Attendance::NoShow => ("x", format!("{name} marked as no-show{who}")),
                }
            }
        };
        let note = event.what.note().map(ToString::to_string).unwrap_or_default();
        Self { at: event.at, when: moment(zone, event.at), icon, text, note }
    }
}

/// `Thursday 8 October 2026 at 23:55`.
fn moment(zone: TimeZone, at: Instant) -> String {
    format!("{} at {}", date_with_year(zone.date(at)), TimeOfDay::at(zone, at, Clock::TwentyFour))
}

#[cfg(test)]
impl Entry {
    pub(super) fn samples() -> Vec<Self> {
        let note = Some("Line <b>bold</b>".parse().unwrap());
        let moved =
            Happening::Moved { from: Instant::EPOCH, to: Instant::EPOCH, note: note.clone() };
        let changes = Change::ALL.map(|change| Happening::Became { change, note: note.clone() });
        let by = [Some(Side::Host), Some(Side::Customer), None].into_iter().cycle();
        let name = Some("Bo <b>bold</b>".parse().unwrap());
        let marked =
            Attendance::ALL.map(|attendance| Happening::Marked { attendance, name: name.clone() });
        let proposed = Happening::Proposed { starts: vec![Instant::EPOCH], note: note.clone() };
        let ended =
            ProposalEnd::ALL.map(|end| Happening::ProposalEnded { end, note: note.clone() });
        let events =
            changes.into_iter().chain([moved, proposed, Happening::Noted, Happening::Extended]);
        let events = events.chain(ended).chain(marked).zip(by);
        let events = events.map(|(what, by)| Event { at: Instant::EPOCH, by, what });
        events.map(|event| Self::new(&event, TimeZone::UTC, "Bo <b>bold</b>")).collect()
    }
}
