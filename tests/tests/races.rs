//! 64 clients at once, on PostgreSQL at two server processes over one database: booking, confirming, declining,
//! cancelling and moving the same bookings and times. Whoever comes first, no two bookings meet, and what was
//! acknowledged is what is stored.

use std::{
    collections::BTreeMap,
    sync::{Barrier, Mutex},
    thread,
};

use chrono::{DateTime, Duration, Utc};
use roomkey_tests::{Backend, Booked, Client, TestApp, long_run, on_both, rfc3339};
use serde_json::{Value, json};

on_both!(
    one_of_many_books,
    a_request_is_answered_once_while_others_want_its_time,
    a_request_is_confirmed_and_cancelled_at_once,
    a_booking_moves_while_others_want_both_its_times,
);

const CLIENTS: usize = 64;
const BOOKINGS: &str = "/api/v1/bookings";

fn rounds() -> usize {
    if long_run() { 1000 } else { 10 }
}

/// One or two servers, and Ada's event types: with buffers, so that neighbours meet, too.
struct Servers {
    first: TestApp,
    second: Option<TestApp>,
    /// One caller with Ada's key at each server, to be cloned.
    keys: Mutex<Vec<Client>>,
}

impl Servers {
    fn start(backend: Backend) -> Self {
        let first = TestApp::on(backend).without_limits().start_with_ada();
        for (slug, more) in [("call", None), ("asking", Some("--requires-confirmation"))] {
            let mut options = vec!["--title", "A race", "--duration", "60", "--increment", "15"];
            options.extend(["--buffer-after", "15", "--window-days", "730"]);
            options.extend(more);
            first.add_event_type("ada", slug, &options);
        }
        // SQLite is one process's own.
        let second = (backend == Backend::Postgres).then(|| {
            let mut second = TestApp::on(backend).without_limits().prepare();
            second.set("database_url", first.database().url());
            second.set("data_dir", first.data_dir().display().to_string());
            second.start();
            second
        });
        let key = first.key("ada", "bookings:write");
        let bases = [Some(&first), second.as_ref()].into_iter().flatten().map(TestApp::base);
        let keys: Vec<Client> = bases.map(|base| key.clone().at(base)).collect();
        Self { first, second, keys: Mutex::new(keys) }
    }

    /// Ada's program, at one server after the other.
    fn key(&self, number: usize) -> Client {
        let keys = self.keys.lock().expect("the keys");
        keys[number % keys.len()].clone()
    }

    /// The start of a round's time; the next round's is far enough away.
    fn time(&self, round: usize) -> DateTime<Utc> {
        self.first.noon_in_days(2) + Duration::hours(8 * i64::try_from(round).expect("a round"))
    }

    fn request(&self, event: &str, start: DateTime<Utc>, client: usize) -> Value {
        let email = format!("client{client}@customers.example");
        self.first.request(event, &rfc3339(start), "A client", &email)
    }

    fn book(&self, event: &str, start: DateTime<Utc>) -> Booked {
        let request = self.request(event, start, CLIENTS);
        let reply = self.first.client().post_json(BOOKINGS, &request).expect(201);
        Booked::from_json(reply.json())
    }

    /// In each round all clients do something at once. How often each was answered how, by round.
    fn race<'a>(
        &self,
        act: impl Fn(&Racer, usize) -> (&'a str, u16) + Sync,
    ) -> Vec<BTreeMap<(&'a str, u16), usize>> {
        let barrier = Barrier::new(CLIENTS);
        let answers: Vec<Vec<(&str, u16)>> = thread::scope(|scope| {
            let (act, barrier) = (&act, &barrier);
            let clients: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    let key = self.key(number);
                    let customer = Client::new(key.base());
                    scope.spawn(move || {
                        let racer = Racer { number, key, customer };
                        let in_round = |round| {
                            barrier.wait();
                            act(&racer, round)
                        };
                        (0..rounds()).map(in_round).collect()
                    })
                })
                .collect();
            clients.into_iter().map(|client| client.join().expect("a client")).collect()
        });
        (0..rounds())
            .map(|round| {
                let mut counts = BTreeMap::new();
                for client in &answers {
                    *counts.entry(client[round]).or_default() += 1;
                }
                let failed = counts.keys().any(|(_, status)| *status >= 500);
                assert!(!failed, "round {round}: {counts:?}");
                counts
            })
            .collect()
    }

    fn number(&self, select: &str) -> usize {
        usize::try_from(self.first.database().number(select)).expect("a count")
    }

    fn status(&self, booked: &Booked) -> (String, u64) {
        let now = self.key(0).get(&format!("{BOOKINGS}/{}", booked.id())).expect(200).json();
        let status = now["status"].as_str().expect("a status").to_owned();
        (status, now["version"].as_u64().expect("a version"))
    }

    /// Asks the tables themselves, not the program.
    fn check(&self) {
        let meeting = "SELECT count(*) AS n FROM booking_hosts a JOIN booking_hosts b \
             ON a.host_id = b.host_id AND a.booking_id <> b.booking_id AND a.held AND b.held \
             AND a.start_at <= b.start_at AND b.start_at < a.end_at \
             + CASE WHEN a.buffer_after > b.buffer_before THEN a.buffer_after ELSE b.buffer_before END";
        assert_eq!(self.number(meeting), 0, "bookings that meet");
        let apart = "SELECT count(*) AS n FROM bookings JOIN booking_hosts ON booking_id = id \
             WHERE bookings.start_at <> booking_hosts.start_at OR bookings.end_at <> booking_hosts.end_at \
             OR held <> (status IN ('pending', 'confirmed'))";
        assert_eq!(self.number(apart), 0, "bookings that hold another time than their own");
        let roomless = "SELECT count(*) AS n FROM (SELECT bookings.id FROM bookings \
             LEFT JOIN rooms ON booking_id = bookings.id AND NOT revoked GROUP BY bookings.id, status \
             HAVING count(rooms.id) <> CASE WHEN status = 'confirmed' THEN 1 ELSE 0 END) AS wrong";
        assert_eq!(self.number(roomless), 0, "bookings without their one live room");
        let history = "SELECT count(*) AS n FROM bookings WHERE version <> \
             (SELECT count(*) FROM booking_events WHERE booking_id = bookings.id)";
        assert_eq!(self.number(history), 0, "bookings with another version than changes");
        for server in [Some(&self.first), self.second.as_ref()].into_iter().flatten() {
            assert!(!server.logs().contains("panicked"), "{}", server.logs());
        }
    }
}

/// One of the clients, at one of the servers.
struct Racer {
    number: usize,
    key: Client,
    customer: Client,
}

impl Racer {
    /// What Ada's program does to a booking.
    fn act(&self, booked: &Booked, act: &str, body: &Value) -> u16 {
        let reply = self.key.post_json(&format!("{BOOKINGS}/{}/{act}", booked.id()), body);
        if reply.status >= 400 {
            reply.problem(reply.status);
        }
        reply.status
    }

    fn book(&self, servers: &Servers, event: &str, start: DateTime<Utc>) -> u16 {
        let reply = self.customer.post_json(BOOKINGS, &servers.request(event, start, self.number));
        assert!(reply.status == 201 || reply.problem(409) == "slot_taken", "{reply:?}");
        reply.status
    }

    /// A customer's form on a page of the booking.
    fn form(&self, booked: &Booked, page: &str, fields: &[(&str, String)]) -> u16 {
        let fields: Vec<_> =
            fields.iter().map(|(name, text)| ((*name).into(), text.clone())).collect();
        self.customer.post_form(&format!("{}/{page}", booked.page()), &fields).status
    }
}

fn of(counts: &BTreeMap<(&str, u16), usize>, what: &str, status: u16) -> usize {
    counts.get(&(what, status)).copied().unwrap_or_default()
}

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
