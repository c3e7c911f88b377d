//! Random questions to the slot engine, most of them around clock changes.

use std::sync::LazyLock;

use proptest::{collection::vec, prelude::*, sample::select};
use roomkey_core::{
    availability::{Busy, DayHours, LocalRange, Occupant, Schedule, TimeOff, WEEK, WeeklyHours},
    event_type::{Buffers, Dates, Grid, Limit, Limits, Measure, Period, Terms, Window},
    time::{Instant, LocalDate, MICROS_PER_MINUTE, MinuteOfDay, Minutes, Span, TimeZone},
};

use crate::case::{Booked, Case, schedule, terms};

/// Zones with every odd habit that is still in use: changes at midnight and of half an hour or two
/// hours, offsets of quarter hours, days far ahead and far behind, changes that follow the moon.
const ZONES: [&str; 24] = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/Los_Angeles",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "UTC",
];

/// 2024-01-01T00:00:00Z and 2038-01-01T00:00:00Z, in days since the epoch.
const DAYS: std::ops::Range<i64> = 19_723..24_837;

const MICROS_PER_DAY: i64 = 1440 * MICROS_PER_MINUTE;

/// Each zone with the days on which its clocks change.
static CHANGES: LazyLock<Vec<(TimeZone, Vec<i64>)>> = LazyLock::new(|| {
    ZONES
        .iter()
        .map(|name| {
            let zone: TimeZone = name.parse().unwrap();
            let offset = |day| zone.offset_seconds(Instant::from_micros(day * MICROS_PER_DAY));
            (zone, DAYS.filter(|day| offset(*day) != offset(day + 1)).collect())
        })
        .collect()
});

/// A question with everything that the engine weighs.
pub(crate) fn case() -> impl Strategy<Value = Case> {
    place()
        .prop_flat_map(|(zone, now)| {
            let range = (-1440_i64..4 * 1440, 1_i64..4 * 1440).prop_map(move |(from, length)| {
                let start = now.plus_micros(from * MICROS_PER_MINUTE);
                Span { start, end: start.plus_micros(length * MICROS_PER_MINUTE) }
            });
            let terms = (event_terms(), window(zone.date(now)))
                .prop_map(|(terms, window)| Terms { window, ..terms });
            let away = vec(time_off(zone, now), 0..3);
            (hours(zone, now), away, terms, Just(now), range)
        })
        .prop_flat_map(|(schedule, time_off, terms, now, range)| {
            let bookings = vec((booking_near(range), any::<bool>()), 0..8);
            let elsewhere = prop_oneof![Just(Vec::new()), vec(booking_near(range), 0..4)];
            let host = (Just(schedule), Just(time_off), select(&WEEK));
            (host, Just(terms), (bookings, elsewhere), Just(now), Just(range))
        })
        .prop_map(|((schedule, time_off, week_start), terms, taken, now, range)| {
            let bookings = taken.0.into_iter().map(|(busy, counts)| Booked { busy, counts });
            Case {
                schedule,
                time_off,
                week_start,
                terms,
                seats: None,
                bookings: bookings.collect(),
                elsewhere: taken.1.into_iter().map(|busy| busy.span).collect(),
                now,
                range,
            }
        })
}

/// The same for sessions that several people can book: some of their times are offered ones.
pub(crate) fn seated_case() -> impl Strategy<Value = Case> {
    let sessions = vec((any::<prop::sample::Index>(), 0..4_u32), 0..4);
    (case(), sessions).prop_map(|(mut case, sessions)| {
        for (choice, seats_left) in sessions {
            let slots = case.slots();
            if slots.is_empty() {
                break;
            }
            let (span, buffers) = (choice.get(&slots).span(), case.terms.buffers);
            let busy = Busy { span, buffers, by: Occupant::Session { seats_left } };
            case.bookings.push(Booked { busy, counts: true });
        }
        case.seats = Some(4);
        case
    })
}

/// Hours or days near a moment, in the zone of the schedule or any other.
pub(crate) fn time_off(of_schedule: TimeZone, near: Instant) -> impl Strategy<Value = TimeOff> {
    let zone = prop_oneof![1 => Just(of_schedule), 1 => select(&ZONES).prop_map(|name| name.parse().unwrap())];
    let step = prop_oneof![2 => Just(1440_i64), 2 => Just(30), 1 => Just(1)];
    (zone, step, -5760..8640_i64, prop_oneof![3 => 1..600_i64, 1 => 1..4320_i64]).prop_map(
        move |(zone, step, from, length): (TimeZone, _, _, i64)| {
            let midnight = zone.date(near).and_hms_opt(0, 0, 0).unwrap();
            let round = |minutes: i64| minutes.div_euclid(step) * step;
            let from = midnight + chrono::Duration::minutes(round(from));
            let to = from + chrono::Duration::minutes(round(length).max(step));
            TimeOff::new(from, to, zone, None).unwrap()
        },
    )
}

fn window(today: LocalDate) -> impl Strategy<Value = Window> {
    let dates = (-3..8_i64, 0..8_i64).prop_map(move |(from, length)| {
        let first = today + chrono::Duration::days(from);
        Window::Dates(Dates::new(first, first + chrono::Duration::days(length)).unwrap())
    });
    prop_oneof![
        3 => (0..10_u16).prop_map(Window::Days),
        1 => (0..8_u16).prop_map(Window::BusinessDays),
        1 => dates,
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    let limit = (select(&Period::ALL), select(&Measure::ALL), 1..6_u32).prop_map(
        |(period, measure, most)| {
            let most = if measure == Measure::Minutes { most * 45 } else { most };
            Limit { period, measure, most }
        },
    );
    prop_oneof![2 => Just(Vec::new()), 1 => vec(limit, 1..3)].prop_map(|all| {
        let mut limits = Limits::default();
        for limit in all {
            limits.set(limit);
        }
        limits
    })
}

/// A zone and a present moment, three times of four just before a change of its clocks.
fn place() -> impl Strategy<Value = (TimeZone, Instant)> {
    (
        select(&**CHANGES),
        any::<prop::sample::Index>(),
        0..4_u8,
        -4 * 1440..1440_i64,
        within_minute(),
    )
        .prop_map(|((zone, changes), index, which, minutes, micros)| {
            let day = if which == 0 || changes.is_empty() {
                DAYS.start + i64::try_from(index.index(5_000)).unwrap()
            } else {
                *index.get(&changes)
            };
            let now = day * MICROS_PER_DAY + minutes * MICROS_PER_MINUTE + micros;
            (zone, Instant::from_micros(now))
        })
}

fn within_minute() -> impl Strategy<Value = i64> {
    prop_oneof![3 => Just(0), 1 => 0..MICROS_PER_MINUTE]
}

/// Weekly hours, and a few dates near `now` with hours of their own.
fn hours(zone: TimeZone, now: Instant) -> impl Strategy<Value = Schedule> {
    let today = zone.date(now);
    let date = (-3..9_i64).prop_map(move |days| today + chrono::Duration::days(days));
    (vec(day_hours(), 7), vec((date, day_hours()), 0..4)).prop_map(move |(week, dates)| {
        let mut weekly = WeeklyHours::default();
        for (day, hours) in (0_u8..7).zip(week) {
            weekly.set(day.try_into().unwrap(), hours);
        }
        let mut schedule = schedule(zone, weekly);
        schedule.overrides =
            dates.into_iter().collect::<std::collections::BTreeMap<LocalDate, _>>();
        schedule
    })
}

/// Ranges one after the other, often touching; the last may run past midnight.
fn day_hours() -> impl Strategy<Value = DayHours> {
    let step = prop_oneof![4 => Just(15_u16), 2 => Just(5), 1 => Just(1)];
    let gap = prop_oneof![2 => Just(0_u16), 3 => 0..600_u16];
    let length = prop_oneof![4 => 1..600_u16, 1 => Just(1440), 1 => 600..1440_u16];
    (step, vec((gap, length), 0..4)).prop_map(|(step, parts)| {
        let mut minute = 0;
        let mut ranges = Vec::new();
        for (gap, length) in parts {
            let from = (minute + gap) / step * step;
            let to = from + length.div_ceil(step) * step;
            let edges = MinuteOfDay::new(from).zip(MinuteOfDay::new(to));
            let range = edges.and_then(|(from, to)| LocalRange::new(from, to).ok());
            ranges.extend(range);
            minute = to;
        }
        DayHours::new(ranges).unwrap()
    })
}

pub(crate) fn event_terms() -> impl Strategy<Value = Terms> {
    let duration = prop_oneof![
        6 => select(&[5_u32, 10, 15, 20, 30, 45, 60, 90, 120]),
        1 => 5..=1440_u32,
        1 => Just(1440),
    ];
    let increment = prop_oneof![6 => select(&[5_u32, 10, 15, 20, 30, 45, 60]), 1 => 5..=1440_u32];
    let notice = prop_oneof![Just(0_u32), 0..240_u32, 0..4 * 1440_u32];
    let increment = prop_oneof![1 => Just(None), 2 => increment.prop_map(|i| Some(Minutes(i)))];
    let offset = prop_oneof![3 => Just(0), 1 => 1..90_u32];
    (duration, increment, offset, buffers(), notice, limits()).prop_map(
        |(duration, increment, offset, buffers, notice, limits)| Terms {
            grid: Grid { increment, offset: Minutes(offset) },
            buffers,
            min_notice: Minutes(notice),
            window: Window::Days(10),
            limits,
            ..terms(duration)
        },
    )
}

pub(crate) fn buffers() -> impl Strategy<Value = Buffers> {
    let buffer = || prop_oneof![3 => Just(0_u32), 3 => 0..=60_u32, 1 => 0..=1440_u32];
    (buffer(), buffer())
        .prop_map(|(before, after)| Buffers { before: Minutes(before), after: Minutes(after) })
}

/// A booking in reach of `range`, at any minute.
pub(crate) fn booking_near(range: Span) -> impl Strategy<Value = Busy> {
    let length = i64::from(range.minutes().0);
    let duration = prop_oneof![5 => 5..=120_u32, 1 => 5..=1440_u32];
    (-2880..length + 2880, duration, buffers()).prop_map(move |(offset, duration, buffers)| {
        let minute = range.start.micros() / MICROS_PER_MINUTE + offset;
        let start = Instant::from_micros(minute * MICROS_PER_MINUTE);
        let span = Span::lasting(start, Minutes(duration));
        Busy { span, buffers, by: Occupant::Booking }
    })
}
