//! `/{handle}/{slug}`: month, day and times of an event type, in the visitor's time zone.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::{Movable, MoveError, OfferError, Offered, Page as Address};
use roomkey_core::{
    account::User,
    availability::{Refusal, Slot},
    event_type::{Bounds, EventType},
    question::Questions,
    time::{Instant, LocalDate, Minutes, Span, TimeZone, parse_date},
    token::Token,
};

use super::{details, page, shell, waiting_list};
use crate::{
    Web, address,
    failure::Failure,
    form::Form,
    view::{
        Clock, Meets, Month, MonthKey, Shell, TimeOfDay, Trail, When, ZoneOptions, date_seen_from,
        initials, long_date, nearby,
    },
    visitor,
};

/// Who is booked.
#[derive(Debug)]
pub(crate) struct HostCard {
    pub(crate) handle: String,
    pub(crate) name: String,
    pub(crate) initials: String,
    pub(crate) city: String,
}

/// What is booked.
#[derive(Debug)]
pub(crate) struct EventCard {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) length: String,
    pub(crate) minutes: u32,
    pub(crate) meets: Meets,
    /// Whether the host is asked first.
    pub(crate) asks_first: bool,
    /// How many can book the same time, where that is more than one.
    pub(crate) seats: Option<u32>,
    /// How many people a customer may bring along.
    pub(crate) guests: u32,
}

/// The booking that is to be moved.
#[derive(Debug)]
pub(crate) struct Moving {
    pub(crate) when: When,
    /// The other side's name.
    pub(crate) other: String,
    /// The path of the booking's page.
    pub(crate) path: String,
    /// Which bookings of its series can be moved; none where there are no others.
    pub(crate) scopes: Vec<ScopeChoice>,
}

/// Which bookings of a series are moved.
#[derive(Debug)]
pub(crate) struct ScopeChoice {
    pub(crate) text: &'static str,
    pub(crate) trail: Trail,
    pub(crate) chosen: bool,
}

/// A length that can be chosen.
#[derive(Debug)]
pub(crate) struct Length {
    pub(crate) text: String,
    pub(crate) query: String,
    pub(crate) chosen: bool,
}

/// One of the first free times.
#[derive(Debug)]
pub(crate) struct Chip {
    pub(crate) start: Instant,
    pub(crate) label: String,
}

/// A time of the chosen day.
#[derive(Debug)]
pub(crate) struct SlotLink {
    pub(crate) start: Instant,
    pub(crate) from: TimeOfDay,
    pub(crate) to: TimeOfDay,
    /// For how many more people there is room, where several can book the same time.
    pub(crate) seats_left: Option<u32>,
}

/// Morning, afternoon or evening.
#[derive(Debug)]
pub(crate) struct DayPart {
    pub(crate) name: &'static str,
    pub(crate) slots: Vec<SlotLink>,
}

/// The chosen day. No date where the month has none to choose.
#[derive(Debug, Default)]
pub(crate) struct DayTimes {
    pub(crate) date: Option<LocalDate>,
    pub(crate) title: String,
    pub(crate) parts: Vec<DayPart>,
}

/// Where the next free time is, when the shown day or month has none.
#[derive(Debug)]
pub(crate) struct NextFree {
    pub(crate) date: LocalDate,
    pub(crate) day: String,
    pub(crate) month: MonthKey,
    pub(crate) month_name: String,
    /// Whether it comes after what is shown; otherwise it is the first of all.
    pub(crate) later: bool,
}

/// In which zone times are shown.
pub(crate) struct ZoneChoice {
    pub(crate) options: ZoneOptions,
    pub(crate) city: String,
    /// By the visitor; otherwise it is the host's.
    pub(crate) chosen: bool,
}

#[derive(Template)]
#[template(path = "pages/booking.html")]
pub(crate) struct Page {
    shell: Shell,
    host: HostCard,
    event: EventCard,
    /// The booking that gets another time.
    moving: Option<Moving>,
    /// To choose from, where there are several.
    lengths: Vec<Length>,
    /// A change of the clocks in the month that is shown.
    clock_change: Option<String>,
    /// What there is to say of a time that was asked for and is not free.
    gone: Option<String>,
    first: Vec<Chip>,
    month: Month,
    day: DayTimes,
    next_free: Option<NextFree>,
    /// The path of the waiting list, if there is one.
    waiting_list: Option<String>,
    zone: ZoneChoice,
    clock: Clock,
    trail: Trail,
}

const DAY: Minutes = Minutes(24 * 60);
/// How far the first free times may lie ahead.
const SOON: Minutes = Minutes(14 * 24 * 60);
/// Months that begin this soon still show the first free times.
const NEAR_MONTH: Minutes = Minutes(45 * 24 * 60);

/// Answers that a link to the page may give already, besides those to questions (`q_ID`).
const PREFILL: [&str; 2] = ["name", "email"];
/// An answer that is longer is not carried on: every link of the page has it in it.
const PREFILL_BYTES: usize = 300;
/// So many answers are.
const MOST_PREFILL: usize = Questions::MOST + 3;

/// What the visitor asks for.
#[derive(Debug)]
pub(super) struct Asked {
    date: Option<LocalDate>,
    month: Option<MonthKey>,
    pub(super) slot: Option<Instant>,
    /// What speaks against it.
    refusal: Option<Refusal>,
    pub(super) trail: Trail,
}

impl Asked {
    /// In which times are shown: the visitor's zone, or as long as that is unknown the host's.
    fn zone(&self, offered: &Offered) -> TimeZone {
        self.trail.zone.unwrap_or(offered.host.time_zone)
    }

    /// Whatever does not read as what it should be was not asked for.
    pub(super) fn read(query: &Form) -> Self {
        let date = parse_date(query.get("date")).ok();
        Self {
            date,
            month: date.map(MonthKey::of).or_else(|| MonthKey::parse(query.get("month"))),
            // A plus sign that nobody escaped arrives as a space.
            slot: Instant::parse(&query.get("slot").replace(' ', "+")).ok(),
            refusal: None,
            trail: Trail {
                link: address::link(query),
                waiting: address::waiting(query),
                zone: query.get("tz").parse().ok(),
                clock: Clock::parse(query.get("h")),
                duration: Bounds::DURATION.parse(query.get("duration")).ok().map(Minutes),
                scope: None,
                prefill: query
                    .pairs()
                    .filter(|(name, text)| {
                        let is_answer = name.strip_prefix("q_").is_some_and(|id| id.len() <= 40);
                        (is_answer || PREFILL.contains(name))
                            && (1..=PREFILL_BYTES).contains(&text.len())
                    })
                    .take(MOST_PREFILL)
                    .map(|(name, text)| (name.to_owned(), text.to_owned()))
                    .collect(),
            },
        }
    }
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Failure> {
    let (handle, slug) = path.into_inner();
    let mut address = address::of(&handle, &slug).ok_or(Failure::NotFound)?;
    address.holders = visitor::holder(&request, &web).into_iter().collect();
    let query = Form::query(&request);
    let mut asked = Asked::read(&query);
    address.link = asked.trail.link.as_ref().map(Token::hash);
    address.waiting = asked.trail.waiting.as_ref().map(Token::hash);
    if let Some(start) = asked.slot {
        let moment = Span::moment(start);
        let offered =
            find_times(&web, &Source::Page(&address), asked.trail.duration, moment).await?;
        if let Some(slot) = offered.slots.first() {
            return details::show(&request, &web, &offered, *slot, &query, &asked.trail);
        }
        let zone = asked.trail.zone.unwrap_or(offered.host.time_zone);
        asked.date = Some(zone.date(start));
        asked.month = asked.date.map(MonthKey::of);
        let explained = web.app.explain(address.clone(), Some(offered.duration), start).await;
        let reasons = explained.map(|explained| explained.reasons).unwrap_or_default();
        asked.refusal = reasons.first().map(|(refusal, _)| *refusal);
    }
    pick(StatusCode::OK, &request, &web, &Source::Page(&address), asked, None).await
}

/// Whose free times a page shows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'a> {
    /// Those of an event type, to book one.
    Page(&'a Address),
    /// Those to which a booking can be moved.
    Booking(Movable),
}

/// The page with month, day and times; the links on it are to itself.
pub(super) async fn pick(
    status: StatusCode,
    request: &HttpRequest,
    web: &Web,
    source: &Source<'_>,
    mut asked: Asked,
    moving: Option<Moving>,
) -> Result<HttpResponse, Failure> {
    if let (Some(start), Some(zone), None) = (asked.slot, asked.trail.zone, asked.date) {
        asked.date = Some(zone.date(start));
        asked.month = asked.date.map(MonthKey::of);
    }
    let (offered, key) = month_of_times(web, source, &asked).await?;
    let next_free = match asked.date {
        Some(date) if !on(&offered.slots, asked.zone(&offered), date).is_empty() => None,
        None if first_in(&offered, &asked.trail, key).is_some() => None,
        _ => next_free(web, source, &offered, &asked, key).await?,
    };
    page(status, &Page::new(request, &asked, key, &offered, next_free, moving))
}

/// The free times of an event type, of its usual length where it has not the one that is asked for.
pub(super) async fn find_times(
    web: &Web,
    source: &Source<'_>,
    duration: Option<Minutes>,
    range: Span,
) -> Result<Offered, Failure> {
    let address = match source {
        Source::Page(address) => *address,
        Source::Booking(movable) => return to_move(web, *movable, range).await,
    };
    match web.app.slots(address.clone(), duration, range).await {
        Err(OfferError::Duration(_)) => Ok(web.app.slots(address.clone(), None, range).await?),
        result => Ok(result?),
    }
}

async fn to_move(web: &Web, movable: Movable, range: Span) -> Result<Offered, Failure> {
    match web.app.slots_to_move(movable, range).await {
        Ok(offered) => Ok(offered),
        Err(MoveError::Store(error)) => Err(error.into()),
        Err(_) => Err(Failure::NotFound),
    }
}

/// The times of the month that is to be shown, and which month that is: the one that was asked for,
/// else this one, else the first with a free time.
async fn month_of_times(
    web: &Web,
    source: &Source<'_>,
    asked: &Asked,
) -> Result<(Offered, MonthKey), Failure> {
    let now = web.app.now();
    let zone = asked.trail.zone;
    let this_month = MonthKey::of(zone.unwrap_or(TimeZone::UTC).date(now));
    let key = asked.month.unwrap_or(this_month);
    let offered =
        find_times(web, source, asked.trail.duration, range_to_show(key, zone, now)).await?;
    // Only now is the host's zone known, in which it may be another month already.
    let at_home = MonthKey::of(zone.unwrap_or(offered.host.time_zone).date(now));
    let key = asked.month.unwrap_or(at_home);
    if asked.month.is_some() || first_in(&offered, &asked.trail, key).is_some() {
        return Ok((offered, key));
    }
    let Some(next) = next_free(web, source, &offered, asked, key).await? else {
        return Ok((offered, key));
    };
    let key = MonthKey::of(zone.unwrap_or(offered.host.time_zone).date(next.start));
    let offered =
        find_times(web, source, asked.trail.duration, range_to_show(key, zone, now)).await?;
    Ok((offered, key))
}

/// When times start that a month's page shows. Of an unknown zone, all that it could be; of a month
/// close by, also those before it, for the first free times.
fn range_to_show(key: MonthKey, zone: Option<TimeZone>, now: Instant) -> Span {
    let zone_or_utc = zone.unwrap_or(TimeZone::UTC);
    let margin = if zone.is_some() { Minutes(0) } else { DAY };
    let start = zone_or_utc.start_of(key.first()).minus(margin);
    let end = zone_or_utc.start_of(key.next().first()).plus(margin);
    if start < now.plus(NEAR_MONTH) && now < end {
        Span { start: now, end: end.max(now.plus(SOON)) }
    } else {
        Span { start, end }
    }
}

/// The first free time of a month.
fn first_in(offered: &Offered, trail: &Trail, key: MonthKey) -> Option<Slot> {
    let zone = trail.zone.unwrap_or(offered.host.time_zone);
    between(&offered.slots, zone, key.first(), key.next().first()).first().copied()
}

/// The first free time after the day that was asked for, else after a month; if there is none, the
/// first of all. Neither day nor month has one itself.
async fn next_free(
    web: &Web,
    source: &Source<'_>,
    offered: &Offered,
    asked: &Asked,
    key: MonthKey,
) -> Result<Option<Slot>, Failure> {
    let shown = asked.zone(offered).start_of(asked.date.unwrap_or(key.last()));
    let known = between(&offered.slots, asked.zone(offered), key.first(), key.next().first());
    if let Some(slot) = known.iter().find(|slot| slot.start >= shown) {
        return Ok(Some(*slot));
    }
    let zone = offered.schedule.time_zone;
    let window_end = zone.start_of(offered.last_date).plus(DAY).plus(DAY);
    for start in [shown, offered.now] {
        let rest = Span { start: start.max(offered.now), end: window_end };
        if rest.start < rest.end {
            let later = find_times(web, source, asked.trail.duration, rest).await?;
            if let Some(slot) = later.slots.first() {
                return Ok(Some(*slot));
            }
        }
    }
    Ok(None)
}

/// That a time is not free: that somebody was quicker, if that is so.
fn gone(time: &str, refusal: Option<Refusal>) -> String {
    match refusal {
        Some(refusal) if !refusal.is_taken() => format!("{time} can not be booked: {refusal}."),
        _ => format!("{time} is no longer free."),
    }
}

/// The slots that start on the local dates from `from` to before `to`.
fn between(slots: &[Slot], zone: TimeZone, from: LocalDate, to: LocalDate) -> &[Slot] {
    let (from, to) = (zone.start_of(from), zone.start_of(to));
    let first = slots.partition_point(|slot| slot.start < from);
    let end = slots.partition_point(|slot| slot.start < to);
    slots.get(first..end).unwrap_or_default()
}

fn on(slots: &[Slot], zone: TimeZone, date: LocalDate) -> &[Slot] {
    between(slots, zone, date, date.succ_opt().unwrap_or(date))
}

/// How many slots start on each day of a month, the first day first.
fn times_by_day(slots: &[Slot], zone: TimeZone, key: MonthKey) -> Vec<u32> {
    let mut rest = slots;
    key.days()
        .map(|date| {
            let midnight = zone.start_of(date.succ_opt().unwrap_or(date));
            let (today, later) = rest.split_at(rest.partition_point(|slot| slot.start < midnight));
            rest = later;
            u32::try_from(today.len()).unwrap_or(u32::MAX)
        })
        .collect()
}

/// The lengths of an event type that has several, each with the way to it.
fn lengths(
    event_type: &EventType,
    chosen: Minutes,
    trail: &Trail,
    asked: &Asked,
    key: MonthKey,
) -> Vec<Length> {
    let terms = &event_type.terms;
    if terms.other_durations.is_empty() {
        return Vec::new();
    }
    let place = match asked.date {
        Some(date) => format!("date={date}"),
        None => format!("month={key}"),
    };
    let length = |duration: Minutes| {
        let trail = trail.with_duration((duration != terms.duration).then_some(duration));
        let query = format!("{place}{trail}");
        Length { text: duration.to_string(), query, chosen: duration == chosen }
    };
    terms.durations().into_iter().map(length).collect()
}

/// What a change of the zone's clocks in a month means, if there is one to come.
fn clock_change(zone: TimeZone, key: MonthKey, now: Instant) -> Option<String> {
    let (from, to) = (zone.start_of(key.first()).max(now), zone.start_of(key.next().first()));
    let change = zone.steady(from).until();
    let (before, after) =
        (zone.offset_seconds(change.plus_micros(-1)), zone.offset_seconds(change));
    if from >= to || change >= to || before == after {
        return None;
    }
    let way = if after > before { "forward" } else { "back" };
    let (city, day) = (zone.city(), long_date(zone.date(change)));
    Some(format!("The clocks in {city} go {way} on {day}. Times after it are in the new time."))
}

impl HostCard {
    pub(crate) fn new(host: &User) -> Self {
        Self {
            handle: host.handle.to_string(),
            name: host.name.to_string(),
            initials: initials(host.name.as_str()),
            city: host.time_zone.city(),
        }
    }
}

impl EventCard {
    pub(crate) fn new(event_type: &EventType, duration: Minutes) -> Self {
        let terms = &event_type.terms;
        Self {
            slug: terms.slug.to_string(),
            title: terms.title.to_string(),
            description: terms.description.to_string(),
            length: duration.to_string(),
            minutes: duration.0,
            meets: Meets::new(&terms.location),
            asks_first: terms.confirm_within.is_some(),
            seats: terms.seats,
            guests: terms.most_guests(),
        }
    }
}

impl Chip {
    pub(crate) fn new(slot: &Slot, zone: TimeZone, today: LocalDate, clock: Clock) -> Self {
        Self { start: slot.start, label: nearby(zone, slot.start, today, clock) }
    }
}

impl DayTimes {
    fn new(date: LocalDate, slots: &[Slot], zone: TimeZone, clock: Clock) -> Self {
        let mut parts = [("Morning", 0), ("Afternoon", 12 * 60), ("Evening", 17 * 60)]
            .map(|(name, from)| (from, DayPart { name, slots: Vec::new() }));
        for slot in slots {
            let from = TimeOfDay::at(zone, slot.start, clock);
            let to = TimeOfDay::at(zone, slot.end, clock);
            let link = SlotLink { start: slot.start, from, to, seats_left: slot.seats_left };
            if let Some((_, part)) = parts.iter_mut().rev().find(|(at, _)| *at <= from.minute()) {
                part.slots.push(link);
            }
        }
        Self {
            date: Some(date),
            title: long_date(date),
            parts: parts
                .into_iter()
                .map(|(_, part)| part)
                .filter(|part| !part.slots.is_empty())
                .collect(),
        }
    }
}

impl Page {
    fn new(
        request: &HttpRequest,
        asked: &Asked,
        key: MonthKey,
        offered: &Offered,
        next_free: Option<Slot>,
        moving: Option<Moving>,
    ) -> Self {
        let Offered { host, event_type, schedule, duration, slots, last_date, now, .. } = offered;
        let usual = *duration == event_type.terms.duration;
        let trail = asked.trail.with_duration((!usual).then_some(*duration));
        let clock = trail.clock;
        let zone = trail.zone.unwrap_or(host.time_zone);
        let today = zone.date(*now);
        let last_moment = schedule.time_zone.start_of(*last_date).plus(DAY);
        let (this_month, last_month) = (MonthKey::of(today), MonthKey::of(zone.date(last_moment)));

        let in_month = between(slots, zone, key.first(), key.next().first());
        let chosen = asked.date.or_else(|| in_month.first().map(|slot| zone.date(slot.start)));
        let day = chosen.map(|date| DayTimes::new(date, on(in_month, zone, date), zone, clock));
        let soon = now.plus(SOON);
        let shows_soon = slots.first().is_some_and(|slot| slot.start < soon);
        let first = slots.iter().take(if shows_soon { 3 } else { 0 });
        let is_full = |date: &LocalDate| on(in_month, zone, *date).is_empty();
        let waiting_list = event_type
            .terms
            .waiting_list()
            .filter(|_| moving.is_none())
            .map(|_| waiting_list::path(host, event_type, chosen.filter(is_full), &trail));
        Self {
            shell: shell(request),
            host: HostCard::new(host),
            event: EventCard::new(event_type, *duration),
            lengths: match moving {
                None => lengths(event_type, *duration, &trail, asked, key),
                Some(_) => Vec::new(),
            },
            moving,
            clock_change: clock_change(zone, key, *now),
            gone: asked.slot.map(|start| gone(&nearby(zone, start, today, clock), asked.refusal)),
            first: first.map(|slot| Chip::new(slot, zone, today, clock)).collect(),
            month: Month::new(
                key,
                (
                    (key > this_month).then(|| key.previous()),
                    (key < last_month).then(|| key.next()),
                ),
                today,
                chosen,
                &times_by_day(in_month, zone, key),
                host.week_start,
            ),
            day: day.unwrap_or_default(),
            next_free: next_free.map(|slot| {
                let date = zone.date(slot.start);
                let month = MonthKey::of(date);
                NextFree {
                    date,
                    day: date_seen_from(key.year(), date),
                    month,
                    month_name: month.seen_from(key.year()),
                    later: date > asked.date.unwrap_or(key.last()),
                }
            }),
            waiting_list,
            zone: ZoneChoice {
                options: ZoneOptions::new(zone, [host.time_zone], *now),
                city: zone.city(),
                chosen: trail.zone.is_some(),
            },
            clock,
            trail,
        }
    }
}

#[cfg(test)]
impl HostCard {
    pub(crate) fn sample() -> Self {
        Self {
            handle: "ada".into(),
            name: "Ada <b>bold</b>".into(),
            initials: "AL".into(),
            city: "London".into(),
        }
    }
}

#[cfg(test)]
impl EventCard {
    pub(crate) fn sample() -> Self {
        Self {
            slug: "intro".into(),
            title: "Intro call".into(),
            description: "What you plan.".into(),
            length: "30 minutes".into(),
            minutes: 30,
            meets: Meets::new(&roomkey_core::event_type::Location::Jitsi),
            asks_first: true,
            seats: Some(5),
            guests: 3,
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let zone: roomkey_core::time::TimeZone = "Europe/London".parse().unwrap();
        let start = Instant::parse("2026-10-08T11:45:00Z").unwrap();
        let (today, chosen) = (zone.date(Instant::EPOCH), zone.date(start));
        let key = MonthKey::of(chosen);
        let time = |at| TimeOfDay::at(zone, at, Clock::Twelve);
        let page = |day: DayTimes, free: u32, next_free: Option<NextFree>| Self {
            shell: Shell::default(),
            host: HostCard::sample(),
            event: EventCard::sample(),
            moving: next_free.is_none().then(|| Moving {
                when: When::sample(),
                other: "Bo <b>bold</b>".into(),
                path: "/b/token".into(),
                scopes: [true, false]
                    .map(|chosen| ScopeChoice {
                        text: "Only this date",
                        trail: Trail::default()
                            .with_scope(Some(roomkey_core::booking::SeriesScope::All)),
                        chosen,
                    })
                    .into(),
            }),
            lengths: [30, 60]
                .map(|minutes| Length {
                    text: Minutes(minutes).to_string(),
                    query: "month=2026-10".into(),
                    chosen: minutes == 30,
                })
                .into(),
            clock_change: Some("The clocks in London go back on Sunday 25 October.".into()),
            gone: (free == 0).then(|| gone("12:45", None)),
            first: vec![Chip { start, label: "Today 12:45".into() }],
            month: Month::new(
                key,
                (None, Some(key.next())),
                today,
                day.date,
                &[free; 31],
                roomkey_core::time::Weekday::Mon,
            ),
            day,
            next_free,
            waiting_list: Some("/ada/intro/waiting-list?date=2026-10-08".into()),
            zone: ZoneChoice {
                options: ZoneOptions::new(zone, [], start),
                city: zone.city(),
                chosen: free > 0,
            },
            clock: Clock::Twelve,
            trail: Trail { zone: Some(zone), clock: Clock::Twelve, ..Trail::default() },
        };
        let slot = SlotLink { start, from: time(start), to: time(start), seats_left: Some(3) };
        let day = DayTimes {
            date: Some(chosen),
            title: "Thursday 8 October".into(),
            parts: vec![DayPart { name: "Afternoon", slots: vec![slot] }],
        };
        let next = || NextFree {
            date: key.next().first(),
            day: "Monday 2 November".into(),
            month: key.next(),
            month_name: key.next().seen_from(key.year()),
            later: true,
        };
        let empty = || DayTimes { parts: Vec::new(), date: day.date, title: day.title.clone() };
        vec![
            page(empty(), 9, Some(next())),
            page(empty(), 0, None),
            page(day, 9, None),
            page(DayTimes::default(), 0, Some(next())),
            page(DayTimes::default(), 0, None),
        ]
    }
}
