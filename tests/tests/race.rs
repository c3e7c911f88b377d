//! 64 clients want the same and overlapping times of one host's two event types at once: one of them gets it.

use std::sync::Barrier;
use std::thread;

use chrono::Duration;
use roomkey_tests::{Backend, TestApp, instant, long_run, on_both, rfc3339};

on_both!(one_of_64_clients_gets_the_time);

const CLIENTS: usize = 64;
/// Event type and minutes after the round's hour: every two of these share the quarter before the next hour.
const WISHES: [(&str, i64); 7] = [
    ("hour", 0),
    ("hour", 15),
    ("hour", 30),
    ("hour", 45),
    ("three-quarters", 15),
    ("three-quarters", 30),
    ("three-quarters", 45),
];

fn one_of_64_clients_gets_the_time(backend: Backend) {
    let rounds: usize = if long_run() { 200 } else { 30 };
    let app = TestApp::on(backend).without_limits().start_with_ada();
    let grid = ["--increment", "15", "--title", "A race"];
    app.add_event_type("ada", "hour", &[&["--duration", "60"], &grid[..]].concat());
    app.add_event_type("ada", "three-quarters", &[&["--duration", "45"], &grid[..]].concat());
    let first = app.noon_in_days(2);

    let barrier = Barrier::new(CLIENTS);
    let answers: Vec<Vec<(u16, String)>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (app, barrier) = (&app, &barrier);
                scope.spawn(move || {
                    let client = app.client();
                    let email = format!("client{number}@customers.example");
                    let mut answers = Vec::with_capacity(rounds);
                    for round in 0..rounds {
                        // Half of the clients want the very same time, the others one that overlaps it.
                        let (event, minutes) = if number % 2 == 0 {
                            WISHES[round % 7]
                        } else {
                            WISHES[(number / 2) % 7]
                        };
                        let hours =
                            Duration::hours(2 * i64::try_from(round).expect("a small number"));
                        let start = first + hours + Duration::minutes(minutes);
                        let request = app.request(event, &rfc3339(start), "A client", &email);
                        barrier.wait();
                        let reply = client.post_json("/api/v1/bookings", &request);
                        let code = if reply.status == 201 {
                            String::new()
                        } else {
                            reply.problem(reply.status)
                        };
                        answers.push((reply.status, code));
                    }
                    answers
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().expect("a client")).collect()
    });

    for round in 0..rounds {
        let of_round: Vec<&(u16, String)> = answers.iter().map(|client| &client[round]).collect();
        let won = of_round.iter().filter(|answer| answer.0 == 201).count();
        assert_eq!(won, 1, "round {round}: {of_round:?}");
        let lost =
            of_round.iter().filter(|answer| answer.0 == 409 && answer.1 == "slot_taken").count();
        assert_eq!(lost, CLIENTS - 1, "round {round}: {of_round:?}");
    }

    let listed =
        app.cli(&["booking", "list", "--host", "ada", "--limit", "10000", "--json"]).json();
    let mut spans: Vec<_> = listed
        .as_array()
        .expect("a list")
        .iter()
        .map(|each| {
            (instant(each["start"].as_str().unwrap()), instant(each["end"].as_str().unwrap()))
        })
        .collect();
    spans.sort();
    assert_eq!(spans.len(), rounds);
    assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0), "no two overlap: {spans:?}");
    no_overlap_in_the_database(&app, rounds);
}

/// Asks the tables themselves, not the program.
fn no_overlap_in_the_database(app: &TestApp, rounds: usize) {
    let held =
        app.database().number("SELECT count(*) AS n FROM bookings WHERE status = 'confirmed'");
    assert_eq!(usize::try_from(held).expect("a count"), rounds);
    let overlaps = app.database().number(
        "SELECT count(*) AS n FROM bookings a JOIN bookings b ON a.id < b.id \
         AND a.start_at < b.end_at AND b.start_at < a.end_at \
         WHERE a.status = 'confirmed' AND b.status = 'confirmed'",
    );
    assert_eq!(overlaps, 0);
}
