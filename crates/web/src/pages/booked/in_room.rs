//! What went on in a booking's room, in words for its host.

use roomkey_app::Found;
use roomkey_core::{
    booking::Status,
    event_type::Location,
    room::{Conference, Ended, Person, Presence},
    time::{Instant, MICROS_PER_MINUTE, Minutes},
};

use super::moment;
use crate::{Web, failure::Failure};

/// A room as Jitsi opened it.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) opened_at: Instant,
    /// In the host's zone.
    pub(crate) opened: String,
    /// How it ended, and how long it lasted; none while it goes on.
    pub(crate) ended: Option<String>,
}

/// Somebody who was in the room.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) name: String,
    /// From when to when.
    pub(crate) times: String,
}

/// The button that keeps the room open longer.
#[derive(Debug)]
pub(crate) struct Extend {
    /// Until when it is open now.
    pub(crate) until: Instant,
    /// Until when it would be.
    pub(crate) to: String,
}

/// All that is shown of the room.
#[derive(Debug, Default)]
pub(crate) struct InRoom {
    /// The rooms as Jitsi opened them, the latest last.
    pub(crate) openings: Vec<Opening>,
    /// Who was there, where Jitsi tells.
    pub(crate) visitors: Vec<Visitor>,
    /// How long at least two were there at once.
    pub(crate) together: Option<String>,
    pub(crate) extend: Option<Extend>,
    /// When Jitsi ends what it opened, if that is before the room closes.
    pub(crate) ends_before: Option<String>,
    pub(crate) closes: String,
    /// Why it may have been a no-show.
    pub(crate) nobody: Option<&'static str>,
}

impl InRoom {
    pub(super) async fn of(web: &Web, found: &Found) -> Result<Self, Failure> {
        let (booking, now) = (&found.details.booking, found.now);
        if booking.location != Location::Jitsi {
            return Ok(Self::default());
        }
        let conferences = web.app.conferences(booking).await?;
        let presence = web.app.presence(booking).await?;
        let room = found.details.room.as_ref();
        let extend = match room {
            Some(room) => {
                let to = web.app.may_extend(room, booking).await?;
                to.map(|to| Extend { until: room.window.end, to: moment(found, to) })
            }
            None => None,
        };
        let end = room.map(|room| room.window.end);
        let before = |each: &&Conference| {
            each.ended(now).is_none() && end.is_some_and(|end| each.ends_at < end)
        };
        let ends_before = conferences.iter().find(before);
        let together = presence.as_ref().filter(|presence| presence.is_meeting());
        Ok(Self {
            ends_before: ends_before.map(|each| moment(found, each.ends_at)),
            closes: end.map(|end| moment(found, end)).unwrap_or_default(),
            openings: openings(&conferences, now, |at| moment(found, at)),
            visitors: visitors(presence.as_ref(), |at| moment(found, at)),
            together: together.map(|presence| lasted(presence.together)),
            nobody: nobody(web, found, presence.as_ref(), &conferences).await?,
            extend,
        })
    }

    /// Whether there is anything to show.
    pub(crate) const fn is_empty(&self) -> bool {
        self.openings.is_empty() && self.visitors.is_empty() && self.extend.is_none()
    }
}

/// The rooms as Jitsi opened them, in the words that `moment` has for times.
pub(crate) fn openings(
    conferences: &[Conference],
    now: Instant,
    moment: impl Fn(Instant) -> String,
) -> Vec<Opening> {
    let opening = |conference: &Conference| Opening {
        opened_at: conference.opened_at,
        opened: moment(conference.opened_at),
        ended: conference.ended(now).map(|ended| {
            let at = moment(ended.at());
            let lasted = lasted(ended.at().since(conference.opened_at));
            match ended {
                Ended::Empty(_) => format!("empty {at}, after {lasted}"),
                Ended::InTime(_) => format!("closed {at}, after {lasted}, for its time was over"),
            }
        }),
    };
    conferences.iter().map(opening).collect()
}

/// Who was there, likewise.
pub(crate) fn visitors(
    presence: Option<&Presence>,
    moment: impl Fn(Instant) -> String,
) -> Vec<Visitor> {
    let time = |(from, to): &(Instant, Option<Instant>)| {
        let from = moment(*from);
        match to {
            Some(to) => format!("{from} until {}", moment(*to).trim_start_matches("at ")),
            None => format!("since {}", from.trim_start_matches("at ")),
        }
    };
    let visitor = |person: &Person| Visitor {
        name: person.name.clone().unwrap_or_else(|| "Somebody".to_owned()),
        times: person.times.iter().map(time).collect::<Vec<_>>().join("; "),
    };
    presence.map(|presence| presence.people.iter().map(visitor).collect()).unwrap_or_default()
}

/// Why nobody may have come, once the booking is over and as long as the host has not said.
async fn nobody(
    web: &Web,
    found: &Found,
    presence: Option<&Presence>,
    conferences: &[Conference],
) -> Result<Option<&'static str>, Failure> {
    let booking = &found.details.booking;
    let is_open_question = booking.status == Status::Confirmed
        && booking.span.end <= found.now
        && booking.attendee.attendance.is_none();
    if !is_open_question {
        return Ok(None);
    }
    Ok(match presence {
        Some(presence) if presence.people.is_empty() => Some("Nobody came into the room."),
        Some(presence) if !presence.is_meeting() => {
            Some("Nobody met in the room: there was never more than one person.")
        }
        Some(_) => None,
        // Jitsi asks for every room, and did not for this one.
        None => match &found.details.room {
            Some(room)
                if conferences.is_empty() && web.app.remembers_rooms_at(room, booking).await? =>
            {
                Some("Nobody opened the room.")
            }
            _ => None,
        },
    })
}

/// In whole minutes, or `less than a minute`.
pub(crate) fn lasted(micros: i64) -> String {
    match u32::try_from(micros / MICROS_PER_MINUTE) {
        Ok(minutes @ 1..) => Minutes(minutes).to_string(),
        _ => "less than a minute".to_owned(),
    }
}

#[cfg(test)]
impl InRoom {
    pub(super) fn sample() -> Self {
        let opening = |ended: Option<&str>| Opening {
            opened_at: Instant::EPOCH,
            opened: "at 12:35".into(),
            ended: ended.map(str::to_owned),
        };
        let times = "at 12:35 until 12:50; since 13:00".into();
        Self {
            openings: vec![opening(Some("empty at 12:50, after 15 minutes")), opening(None)],
            visitors: vec![Visitor { name: "Bo <b>bold</b>".into(), times }],
            together: Some("15 minutes".into()),
            extend: Some(Extend { until: Instant::EPOCH, to: "at 14:00".into() }),
            ends_before: Some("at 13:45".into()),
            closes: "at 14:00".into(),
            nobody: Some("Nobody opened the room."),
        }
    }
}
