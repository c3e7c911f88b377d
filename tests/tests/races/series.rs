//! Series against other series and single bookings: whole or not there.

use chrono::{DateTime, Duration, Utc};
use roomkey_tests::{Backend, Host, on_both};
use serde_json::json;

use crate::servers::{Servers, of, rounds};

on_both!(series_and_single_bookings_want_the_same_weeks);

/// In each of the first weeks somebody begins a series, so that each meets those that others began before.
const WEEKS: usize = 4;
const TIMES: usize = 3;
/// Rounds are two hours apart, until the last week of the last series would meet the first of another round.
const ROUNDS_A_WEEK: usize = 7 * 12;

fn series_and_single_bookings_want_the_same_weeks(backend: Backend) {
    let servers = Servers::start(backend);
    // In a zone without clock changes a week is as long as the next.
    let ada = Host::new("ada", "Ada Lovelace", "Etc/UTC");
    servers.first.set_schedule(&ada, &["mon-sun 00:00-24:00"]);
    let options = ["--title", "A lesson", "--duration", "60", "--increment", "15"];
    let more = ["--window-days", "730", "--series", &TIMES.to_string()];
    servers.first.add_event_type("ada", "lesson", &[&options[..], &more].concat());
    let answers = servers.race(|racer, round| {
        // At both servers the same.
        let (week, repeats) = (racer.number / 2 % WEEKS, racer.number / 8 % 2 == 0);
        let mut request = servers.request("lesson", time(&servers, round, week), racer.number);
        if !repeats {
            return ("alone", racer.ask(&request));
        }
        request["repeat"] = json!({"every": "week", "count": TIMES});
        ("series", racer.ask(&request))
    });
    let (mut alone, mut series) = (0, 0);
    for counts in &answers {
        alone += of(counts, "alone", 201);
        series += of(counts, "series", 201);
    }
    // Whoever else had it, nobody's first week stayed free.
    let weeks = (0..rounds()).flat_map(|round| (0..WEEKS).map(move |week| (round, week)));
    let starts = weeks.map(|(round, week)| time(&servers, round, week).timestamp_micros());
    let starts = starts.map(|start| start.to_string()).collect::<Vec<_>>().join(", ");
    let held = format!("booking_hosts WHERE held AND start_at IN ({starts})");
    let number = |select: &str| servers.number(&format!("SELECT count(*) AS n FROM {select}"));
    assert_eq!(number(&held), WEEKS * rounds());
    assert!(alone > 0 && series > 0, "{alone} alone, {series} series");
    assert_eq!(number("bookings WHERE status = 'confirmed'"), alone + TIMES * series);
    let whole = format!(
        "booking_series WHERE occurrences = {TIMES} AND occurrences = \
         (SELECT count(*) FROM bookings WHERE series_id = booking_series.id)"
    );
    assert_eq!((number("booking_series"), number(&whole)), (series, series));
    servers.check();
}

/// When a round wants its lesson, so many weeks on.
fn time(servers: &Servers, round: usize, week: usize) -> DateTime<Utc> {
    let weeks = round / ROUNDS_A_WEEK * (WEEKS + TIMES - 1) + week;
    let whole = |number: usize| i64::try_from(number).expect("a small number");
    let hours = Duration::hours(whole(round % ROUNDS_A_WEEK * 2));
    servers.noon + Duration::weeks(whole(weeks)) + hours
}
