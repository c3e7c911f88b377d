//! Series in calendars: one event that recurs by a rule, and what differs from it.
//!
//! A rule goes by the wall clock of a zone, so it is told in local time with a TZID, and the zone's own clock
//! changes come along (RFC 5545 3.6.5): they are from the data that the program itself goes by.

use std::fmt::Write as _;

use calcard::{
    common::PartialDateTime,
    icalendar::{
        ICalendarComponent, ICalendarComponentType, ICalendarDay, ICalendarFrequency,
        ICalendarParameter, ICalendarProperty, ICalendarRecurrenceRule, ICalendarWeekday, Uri,
    },
};

use super::{Invite, Method, render};
use crate::{
    booking::{Every, Occurrence, Place, Rule, Side},
    time::{
        Datelike as _, Instant, LocalDateTime, OffsetChange, Span, TimeZone, Timelike as _, Weekday,
    },
};

/// A new series: an event that recurs, with a copy of it for each occurrence that is not when the rule says.
/// `invites` are the occurrences that stand, in order; none makes nothing.
pub fn series_request(invites: &[Invite<'_>]) -> Option<String> {
    let (first, last) = (invites.first()?, invites.last()?);
    let master = Master {
        first,
        invites,
        begins: first.booking.series.as_ref()?,
        ends: last.booking.series.as_ref()?,
    };
    let method = Some(Method::Request);
    let elsewhere = invites.iter().filter(|invite| {
        let start = invite.booking.span.start;
        invite.booking.series.as_ref().is_some_and(|occurrence| occurrence.is_elsewhere(start))
    });
    let events = std::iter::once(master.event()).chain(elsewhere.map(|each| each.event(method)));
    Some(render(zone(first, last), events.collect(), method))
}

/// Several occurrences that were changed at once. With `whole`, what is struck out is the series with that
/// SEQUENCE, and not each of them.
pub fn series_changes(
    invites: &[Invite<'_>],
    method: Method,
    whole: Option<u32>,
) -> Option<String> {
    let (first, last) = (invites.first()?, invites.last()?);
    let zone = zone(first, last);
    if let Some(sequence) = whole {
        let mut event = Invite { sequence, ..*first }.event(Some(method));
        event.entries.retain(|entry| entry.name != ICalendarProperty::RecurrenceId);
        return Some(render(Vec::new(), vec![event], Some(method)));
    }
    let events = invites.iter().map(|invite| invite.event(Some(method))).collect();
    Some(render(zone, events, Some(method)))
}

/// The zone of a series over all that its events name.
fn zone(first: &Invite<'_>, last: &Invite<'_>) -> Vec<ICalendarComponent> {
    let (Some(begins), Some(ends)) = (&first.booking.series, &last.booking.series) else {
        return Vec::new();
    };
    let start = begins.rule.instant(begins.original);
    let end = ends.rule.instant(ends.original).max(last.booking.span.end);
    timezone(begins.rule.first.zone, Span { start, end: end.plus_micros(1) })
}

impl Invite<'_> {
    /// The zone by which the event names the occurrence that it is.
    pub(super) fn zone(&self) -> Vec<ICalendarComponent> {
        zone(self, self)
    }

    pub(super) fn add_recurrence_id(&self, event: &mut ICalendarComponent) {
        if let Some(Occurrence { rule, original, .. }) = &self.booking.series {
            add_local(event, ICalendarProperty::RecurrenceId, *original, rule);
        }
    }
}

/// The event that recurs.
struct Master<'a> {
    first: &'a Invite<'a>,
    invites: &'a [Invite<'a>],
    begins: &'a Occurrence,
    ends: &'a Occurrence,
}

impl Master<'_> {
    fn event(&self) -> ICalendarComponent {
        let (first, rule) = (self.first, &self.begins.rule);
        let mut event = Invite { sequence: 0, ..*first }.event(Some(Method::Request));
        event.entries.retain(|entry| {
            !matches!(
                entry.name,
                ICalendarProperty::RecurrenceId
                    | ICalendarProperty::Dtstart
                    | ICalendarProperty::Dtend
                    | ICalendarProperty::Description
                    | ICalendarProperty::Location
                    | ICalendarProperty::Conference
                    | ICalendarProperty::Url
            )
        });
        let length = first.booking.span.end.since(first.booking.span.start);
        let start = rule.instant(self.begins.original);
        let end = rule.first.zone.local(start.plus_micros(length));
        add_local(&mut event, ICalendarProperty::Dtstart, self.begins.original, rule);
        add_local(&mut event, ICalendarProperty::Dtend, end, rule);
        let times = self.times();
        let count = u32::try_from(times.len()).ok();
        event.add_property(ICalendarProperty::Rrule, recurrence(rule, count));
        for time in times {
            let is_booked = |invite: &Invite<'_>| {
                invite.booking.series.as_ref().is_some_and(|each| each.original == time)
            };
            if !self.invites.iter().any(is_booked) {
                add_local(&mut event, ICalendarProperty::Exdate, time, rule);
            }
        }
        let page = first.site.booking_page(first.link);
        let place = match first.booking.place(first.reader, &first.host.name) {
            Some(Place { text, .. }) => text,
            None => page.clone(),
        };
        event.add_property(ICalendarProperty::Description, self.description());
        event.add_property(ICalendarProperty::Location, place);
        event.add_property(ICalendarProperty::Url, Uri::Location(page));
        event
    }

    /// What the rule comes to, from the first that stands to the last.
    fn times(&self) -> Vec<LocalDateTime> {
        let mut steps = 1;
        loop {
            let times = self.begins.rule.plan(steps).times;
            // A rule has no more steps than there are months in the longest series of fifth weekdays.
            if times.last() >= Some(&self.ends.original) || steps > MOST_STEPS {
                let from = self.begins.original;
                return times.into_iter().filter(|time| *time >= from).collect();
            }
            steps += 1;
        }
    }

    /// Each date has a page, and a room, of its own.
    fn description(&self) -> String {
        let zone = match self.first.reader {
            Side::Customer => self.first.booking.attendee.time_zone,
            Side::Host => self.first.host.time_zone,
        };
        let mut text = format!(
            "{}\n\nEach date has a page of its own ({} time):",
            self.first.summary(),
            zone.city()
        );
        for invite in self.invites {
            let local = zone.local(invite.booking.span.start);
            let page = invite.site.booking_page(invite.link);
            // Writing to a String cannot fail.
            let _ = write!(text, "\n{}: {page}", local.format("%a %-d %b %Y, %H:%M"));
            if let Some(password) = invite.told_password() {
                text += "\nPassword: ";
                text += password;
            }
        }
        text
    }
}

/// More than the weeks or months of the longest series.
const MOST_STEPS: u32 = 100;

fn recurrence(rule: &Rule, count: Option<u32>) -> ICalendarRecurrenceRule {
    let (freq, interval) = match rule.every {
        Every::Week => (ICalendarFrequency::Weekly, None),
        Every::TwoWeeks => (ICalendarFrequency::Weekly, Some(2)),
        Every::Month => (ICalendarFrequency::Monthly, None),
    };
    let weekday = ICalendarDay {
        ordwk: i16::try_from(rule.week_of_month()).ok(),
        weekday: weekday(rule.first.local.weekday()),
    };
    let byday = if rule.every == Every::Month { vec![weekday] } else { Vec::new() };
    ICalendarRecurrenceRule { freq, count, interval, byday, ..ICalendarRecurrenceRule::default() }
}

const fn weekday(day: Weekday) -> ICalendarWeekday {
    match day {
        Weekday::Mon => ICalendarWeekday::Monday,
        Weekday::Tue => ICalendarWeekday::Tuesday,
        Weekday::Wed => ICalendarWeekday::Wednesday,
        Weekday::Thu => ICalendarWeekday::Thursday,
        Weekday::Fri => ICalendarWeekday::Friday,
        Weekday::Sat => ICalendarWeekday::Saturday,
        Weekday::Sun => ICalendarWeekday::Sunday,
    }
}

/// A wall time of the series' zone.
fn add_local(
    event: &mut ICalendarComponent,
    name: ICalendarProperty,
    time: LocalDateTime,
    rule: &Rule,
) {
    let zone = ICalendarParameter::tzid(rule.first.zone.name().to_owned());
    event.add_property_with_params(name, [zone], local(time));
}

fn local(time: LocalDateTime) -> PartialDateTime {
    let small = |number: u32| u8::try_from(number).ok();
    PartialDateTime {
        year: u16::try_from(time.year()).ok(),
        month: small(time.month()),
        day: small(time.day()),
        hour: small(time.hour()),
        minute: small(time.minute()),
        second: small(time.second()),
        ..PartialDateTime::default()
    }
}

/// A VTIMEZONE that holds in `span`, and its parts: one for each change of the clocks.
fn timezone(zone: TimeZone, span: Span) -> Vec<ICalendarComponent> {
    let mut whole = ICalendarComponent::new(ICalendarComponentType::VTimezone);
    whole.add_property(ICalendarProperty::Tzid, zone.name().to_owned());
    std::iter::once(whole).chain(zone.offsets_in(span).iter().map(observance)).collect()
}

fn observance(change: &OffsetChange) -> ICalendarComponent {
    let kind = if change.is_dst {
        ICalendarComponentType::Daylight
    } else {
        ICalendarComponentType::Standard
    };
    let mut part = ICalendarComponent::new(kind);
    // As the clocks showed it before they were changed.
    let onset =
        change.at.unwrap_or(Instant::EPOCH).plus_micros(i64::from(change.before) * 1_000_000);
    part.add_property(ICalendarProperty::Dtstart, local(TimeZone::UTC.local(onset)));
    part.add_property(ICalendarProperty::Tzoffsetfrom, offset(change.before));
    part.add_property(ICalendarProperty::Tzoffsetto, offset(change.after));
    if let Some(name) = &change.abbreviation {
        part.add_property(ICalendarProperty::Tzname, name.clone());
    }
    part
}

/// `+0530`.
fn offset(seconds: i32) -> String {
    let (sign, seconds) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let rest = if rest == 0 { String::new() } else { format!("{rest:02}") };
    format!("{sign}{hours:02}{minutes:02}{rest}")
}
