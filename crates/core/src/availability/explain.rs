//! Why a time can not be booked, as its host is told.

use std::fmt;

use super::{Offer, Refusal};
use crate::{
    event_type::{Limit, Measure, Period},
    time::{Datelike, Instant, LocalDate, Minutes, Span, day_name},
};

/// A refusal in full, in the zone of the schedule: `Thursday's limit of 4 bookings is reached`.
///
/// For the host alone: it says what the host's day looks like. Customers are told the [`Refusal`].
#[derive(Debug, Clone, Copy)]
pub struct Reason<'a> {
    /// What was asked.
    pub offer: &'a Offer<'a>,
    /// About which start.
    pub start: Instant,
    /// What speaks against it.
    pub refusal: Refusal,
    /// The names of the host's calendars, in the order of
    /// [`BusyElsewhere::calendar`](super::BusyElsewhere::calendar).
    pub calendars: &'a [String],
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.refusal {
            Refusal::Past => write!(f, "It is in the past"),
            Refusal::InsideMinimumNotice { earliest } => {
                let notice = self.offer.terms.min_notice;
                write!(f, "It is inside the minimum notice of {notice}, which ends at ")?;
                write!(f, "{} on {}", self.clock(earliest), long_date(self.date(earliest)))
            }
            Refusal::BeforeWindow { first } => {
                write!(f, "It is before the first date that can be booked, {}", long_date(first))
            }
            Refusal::BeyondWindow { last } => {
                write!(f, "It is after the last date that can be booked now, {}", long_date(last))
            }
            Refusal::TimeOff { span } => self.time_off(f, span),
            Refusal::OutsideHours => self.outside_hours(f),
            Refusal::OffGrid => {
                let grid = self.offer.terms.grid;
                let every = grid.increment.unwrap_or(self.offer.duration);
                write!(f, "Bookings start every {every}")?;
                if grid.offset != Minutes(0) {
                    write!(f, ", the first {} after the hours begin,", grid.offset)?;
                }
                write!(f, " and not at {}", self.clock(self.start))
            }
            Refusal::Taken { by } => {
                write!(f, "There is a booking from {}", self.span(by))?;
                self.buffers(f, by)
            }
            Refusal::Held { by } => {
                write!(f, "Somebody is filling in the form for {}", self.span(by))?;
                self.buffers(f, by)
            }
            Refusal::BusyElsewhere { by, calendar } => {
                match self.calendars.get(calendar) {
                    Some(name) => write!(f, "Busy in {name}, {}", self.span(by))?,
                    None => write!(f, "Busy in another calendar, {}", self.span(by))?,
                }
                self.buffers(f, by)
            }
            Refusal::LimitReached { limit, first } => self.limit(f, limit, first),
        }
    }
}

impl Reason<'_> {
    fn time_off(&self, f: &mut fmt::Formatter<'_>, span: Span) -> fmt::Result {
        let off = self.offer.time_off.iter().find(|off| off.span() == span);
        match off.and_then(|off| off.reason()) {
            Some(reason) => write!(f, "You are away ({reason})")?,
            None => write!(f, "You are away")?,
        }
        write!(f, ", {}", self.span(span))
    }

    fn outside_hours(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Offer { schedule, duration, .. } = self.offer;
        let date = self.date(self.start);
        let hours = schedule.hours_on(date).ranges();
        let end = self.start.plus(*duration);
        let (from, to) = (self.clock(self.start), self.clock(end));
        write!(f, "{from} – {to} is not all inside your hours: ")?;
        let note = |day: LocalDate| {
            if schedule.overrides.contains_key(&day) { " (an override)" } else { "" }
        };
        let night = date.pred_opt().and_then(|eve| {
            let last = schedule.hours_on(eve).ranges().last()?;
            last.is_past_midnight().then_some((eve, last.to()))
        });
        if let Some((eve, until)) = night {
            let name = day_name(eve.weekday());
            write!(f, "{name}'s hours{} go on until {}, and ", note(eve), until.wall())?;
        }
        let day = long_date(date);
        if hours.is_empty() {
            let after = if night.is_some() { " after that" } else { "" };
            return write!(f, "{day} is closed{after}{}", note(date));
        }
        write!(f, "{day} is open ")?;
        for (place, range) in hours.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{} – {}", range.from().wall(), range.to().wall())?;
        }
        f.write_str(note(date))
    }

    fn limit(&self, f: &mut fmt::Formatter<'_>, limit: Limit, first: LocalDate) -> fmt::Result {
        let most = match limit.measure {
            Measure::Bookings if limit.most == 1 => "1 booking".to_owned(),
            Measure::Bookings => format!("{} bookings", limit.most),
            Measure::Minutes => Minutes(limit.most).to_string(),
        };
        match limit.period {
            Period::Day => write!(f, "{}'s limit of {most}", day_name(first.weekday()))?,
            Period::Week => {
                write!(f, "The limit of {most} in the week from {}", long_date(first))?;
            }
            Period::Month => write!(f, "The limit of {most} in {}", first.format("%B %Y"))?,
            Period::Year => write!(f, "The limit of {most} in {}", first.year())?,
        }
        match limit.measure {
            Measure::Bookings => f.write_str(" is reached"),
            Measure::Minutes => write!(f, " has no room for {}", self.offer.duration),
        }
    }

    /// Where it is not the time itself that is in the way.
    fn buffers(&self, f: &mut fmt::Formatter<'_>, by: Span) -> fmt::Result {
        if by.overlaps(Span::lasting(self.start, self.offer.duration)) {
            return Ok(());
        }
        f.write_str(", too close with the buffers")
    }

    /// `09:00 – 09:30 on Thursday 3 December`; over several days, both with their dates.
    fn span(&self, span: Span) -> String {
        let (from, to) = (self.clock(span.start), self.clock(span.end));
        let [first, last] = [span.start, span.end].map(|at| self.date(at));
        if first == last {
            format!("{from} – {to} on {}", long_date(first))
        } else {
            format!("{from} on {} – {to} on {}", long_date(first), long_date(last))
        }
    }

    fn clock(&self, at: Instant) -> String {
        let zone = self.offer.schedule.time_zone;
        let local = zone.local(at);
        if zone.instants(local).count() > 1 {
            return format!("{} ({})", local.format("%H:%M"), zone.utc_offset(at));
        }
        local.format("%H:%M").to_string()
    }

    fn date(&self, at: Instant) -> LocalDate {
        self.offer.schedule.time_zone.date(at)
    }
}

/// `Thursday 3 December 2026`.
fn long_date(date: LocalDate) -> String {
    date.format("%A %-d %B %Y").to_string()
}
