//! Bookings of one customer each: booked, answered, cancelled and moved.

use chrono::Duration;
use roomkey_tests::{Backend, Booked, on_both, rfc3339};
use serde_json::json;

use crate::servers::{Servers, of, rounds};

on_both!(
    one_of_many_books,
    a_request_is_answered_once_while_others_want_its_time,
    a_request_is_confirmed_and_cancelled_at_once,
    a_booking_moves_while_others_want_both_its_times,
);

fn one_of_many_books(backend: Backend) {
    let servers = Servers::start(backend);
    let answers = servers.race(|racer, round| {
        // A quarter of an hour behind the first booking comes too close as well.
        let start = servers.time(round) + Duration::minutes([0, 60][racer.number / 2 % 2]);
        ("book", racer.book(&servers, "call", start))
    });
    for (round, counts) in answers.iter().enumerate() {
        assert_eq!(of(counts, "book", 201), 1, "round {round}: {counts:?}");
    }
    let held = "SELECT count(*) AS n FROM bookings WHERE status = 'confirmed'";
    assert_eq!(servers.number(held), rounds());
    servers.check();
}

fn a_request_is_answered_once_while_others_want_its_time(backend: Backend) {
    let servers = Servers::start(backend);
    let asked: Vec<Booked> =
        (0..rounds()).map(|round| servers.book("asking", servers.time(round))).collect();
    let answers = servers.race(|racer, round| match racer.number % 3 {
        // Every second round nobody says no: the time stays the request's own.
        0 if round % 2 == 0 => ("no", racer.act(&asked[round], "decline", &json!({}))),
        0 | 1 => ("yes", racer.act(&asked[round], "confirm", &json!({}))),
        _ => ("book", racer.book(&servers, "call", servers.time(round))),
    });
    for (round, counts) in answers.iter().enumerate() {
        let shown = format!("round {round}: {counts:?}");
        let (yes, no) = (of(counts, "yes", 200), of(counts, "no", 200));
        assert_eq!(yes + no, 1, "{shown}");
        // After a no the time is free, for one of those who come then.
        assert!(of(counts, "book", 201) <= no, "{shown}");
        let status = if yes == 1 { "confirmed" } else { "declined" };
        assert_eq!(servers.status(&asked[round]), (status.to_owned(), 2), "{shown}");
    }
    servers.check();
}

fn a_request_is_confirmed_and_cancelled_at_once(backend: Backend) {
    let servers = Servers::start(backend);
    let asked: Vec<Booked> =
        (0..rounds()).map(|round| servers.book("asking", servers.time(round))).collect();
    let answers = servers.race(|racer, round| match racer.number % 4 {
        0 | 1 => ("yes", racer.act(&asked[round], "confirm", &json!({}))),
        2 => ("host cancels", racer.act(&asked[round], "cancel", &json!({}))),
        _ => {
            ("customer cancels", racer.form(&asked[round], "cancel", &[("reason", String::new())]))
        }
    });
    for (round, counts) in answers.iter().enumerate() {
        let shown = format!("round {round}: {counts:?}");
        let yes = of(counts, "yes", 200);
        assert!(yes <= 1, "{shown}");
        let by_host = of(counts, "host cancels", 200);
        assert_eq!(by_host + of(counts, "customer cancels", 303), 1, "{shown}");
        // Cancelled in the end, whether it was confirmed before or not.
        let version = 2 + u64::try_from(yes).expect("one at most");
        assert_eq!(servers.status(&asked[round]), ("cancelled".to_owned(), version), "{shown}");
    }
    servers.check();
}

fn a_booking_moves_while_others_want_both_its_times(backend: Backend) {
    let servers = Servers::start(backend);
    let early = |round| servers.time(round);
    let late = |round| servers.time(round) + Duration::hours(2);
    let other = |round| servers.time(round) + Duration::hours(4);
    let movers: Vec<Booked> =
        (0..rounds()).map(|round| servers.book("call", early(round))).collect();
    let followers: Vec<Booked> =
        (0..rounds()).map(|round| servers.book("call", other(round))).collect();
    let answers = servers.race(|racer, round| match racer.number % 5 {
        0 => {
            let to = json!({"start": rfc3339(late(round))});
            ("moves", racer.act(&movers[round], "reschedule", &to))
        }
        1 => {
            let fields = [("slot", rfc3339(late(round))), ("tz", "UTC".to_owned())];
            ("moves by link", racer.form(&movers[round], "reschedule", &fields))
        }
        // Into the time that becomes free.
        2 => {
            let to = json!({"start": rfc3339(early(round))});
            ("follows", racer.act(&followers[round], "reschedule", &to))
        }
        3 => ("books the freed", racer.book(&servers, "call", early(round))),
        _ => ("books the wanted", racer.book(&servers, "call", late(round))),
    });
    for (round, counts) in answers.iter().enumerate() {
        let shown = format!("round {round}: {counts:?}");
        // Who moved it there once is told so again.
        let moved = of(counts, "moves", 200) + of(counts, "moves by link", 303) > 0;
        let followed = of(counts, "follows", 200) > 0;
        let booked = |what| of(counts, what, 201);
        // One of those who wanted the later time has it; its old one is free only if it moved away.
        assert_eq!(booked("books the wanted") + usize::from(moved), 1, "{shown}");
        let freed = booked("books the freed") + usize::from(followed);
        assert!(freed <= usize::from(moved), "{shown}");
        let version = |booked: bool| ("confirmed".to_owned(), 1 + u64::from(booked));
        assert_eq!(servers.status(&movers[round]), version(moved), "{shown}");
        assert_eq!(servers.status(&followers[round]), version(followed), "{shown}");
    }
    servers.check();
}
