//! 64 clients at once, on PostgreSQL at two server processes over one database: booking, confirming, declining,
//! cancelling and moving the same bookings and times. Whoever comes first, no two bookings meet, and what was
//! acknowledged is what is stored.

use std::{
    collections::BTreeMap,
    sync::{
        Barrier, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use chrono::{DateTime, Duration, Utc};
use roomkey_tests::{
    Backend, Booked, Client, SOON, TestApp, instant, long_run, on_both, rfc3339, wait_until,
};
use serde_json::{Value, json};

on_both!(
    one_of_many_books,
    a_request_is_answered_once_while_others_want_its_time,
    a_request_is_confirmed_and_cancelled_at_once,
    a_booking_moves_while_others_want_both_its_times,
    a_time_that_many_wait_for_becomes_free,
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

/// Customers who wait for one time, visitors who want it, and its customer, who gives it up: one of them has it in the
/// end, and nobody is offered what another has.
fn a_time_that_many_wait_for_becomes_free(backend: Backend) {
    let servers = Servers::start(backend);
    let line = Line::form(&servers);
    let answers = servers.race(|racer, round| {
        let waits = racer.number / 8 % WAITING;
        match racer.number % 8 {
            _ if round >= line.held.len() => ("rests", 200),
            0 => ("gives it up", racer.act(&line.held[round], "cancel", &json!({}))),
            // The first in line does not want it any more.
            1 if waits == 0 => {
                let leave = [("do".to_owned(), "leave".to_owned())];
                let page = format!("/w/{}", line.token(round, waits));
                ("leaves", racer.customer.post_form(&page, &leave).status)
            }
            // As long as it is somebody else's turn, they come again.
            1 | 2 => {
                let book = |_| line.book(&racer.customer, round, waits);
                let tries: Vec<u16> = (0..8).map(book).collect();
                let unusual = tries.iter().find(|status| ![303, 422].contains(*status));
                ("takes the offer", *unusual.or(tries.iter().min()).expect("a try"))
            }
            3 | 4 => {
                let page = format!("/w/{}", line.token(round, waits));
                ("looks", racer.customer.get(&page).status)
            }
            // In every second round nobody else comes.
            _ if round % 2 == 0 => ("rests", 200),
            _ => {
                let name = format!("visitor{}@customers.example", racer.number);
                let request = servers.first.request(RARE, &line.days[round], "A visitor", &name);
                ("visits", racer.customer.post_json(BOOKINGS, &request).status)
            }
        }
    });
    let both = "SELECT count(*) AS n FROM waiting_entries JOIN bookings ON start_at = offered_start \
         WHERE state = 'offered' AND status = 'confirmed'";
    let twice = "SELECT count(*) AS n FROM (SELECT day FROM waiting_entries WHERE state = 'offered' \
         GROUP BY day HAVING count(*) > 1) AS twice";
    for (round, counts) in answers.iter().enumerate().take(line.held.len()) {
        let shown = format!("round {round}: {counts:?}");
        assert_eq!(of(counts, "gives it up", 200), 1, "{shown}");
        let usual = counts.keys().all(|(what, status)| match *what {
            "visits" => [201, 409].contains(status),
            "takes the offer" | "leaves" => [303, 422].contains(status),
            _ => [200, 409].contains(status),
        });
        assert!(usual, "{shown}");
        let won = of(counts, "visits", 201) + of(counts, "takes the offer", 303);
        assert!(won <= 1, "{shown}");
        assert_eq!(line.count_booked(&servers, round), won, "{shown}");
        // Where the offer came after the last try, whose it is books now.
        if won == 0 {
            let customer = servers.first.client();
            let book = |waits| line.book(&customer, round, waits) == 303;
            wait_until("somebody's turn", SOON, || (0..WAITING).find(|waits| book(*waits)));
        }
        assert_eq!(line.count_booked(&servers, round), 1, "{shown}");
    }
    assert_eq!(servers.number(twice), 0, "one time is offered to one");
    assert_eq!(servers.number(both), 0, "nobody is offered what another has");
    servers.check();
}

/// So many wait for each time.
const WAITING: usize = 4;
const RARE: &str = "rare";

/// Days with one time each, who has it, and who waits for it.
struct Line {
    days: Vec<String>,
    held: Vec<Booked>,
    /// The links to the pages of those who wait, by address.
    tokens: BTreeMap<String, String>,
}

impl Line {
    fn form(servers: &Servers) -> Self {
        let app = &servers.first;
        let options = ["--title", "Rare", "--duration", "60", "--increment", "1440"];
        let more = ["--waiting-list", "30", "--window-days", "730"];
        app.add_event_type("ada", RARE, &[&options[..], &more].concat());
        let day = |round: usize| {
            let noon = app.noon_in_days(3 + i64::try_from(round).expect("a round"));
            let date = noon.date_naive().to_string();
            app.slots("ada", RARE, &date, &date).first().expect("a free time").clone()
        };
        let days: Vec<String> = (0..rounds().min(600)).map(day).collect();
        let held = days.iter().map(|day| {
            let request = app.request(RARE, day, "Ann Adler", "ann@customers.example");
            let reply = app.client().post_json(BOOKINGS, &request).expect(201);
            Booked::from_json(reply.json())
        });
        let held = held.collect();
        let path = format!("/ada/{RARE}/waiting-list");
        let form = app.client().page(&path).form(&path).set("name", "Who waits");
        for (round, day) in days.iter().enumerate() {
            // The hour of London's midnight.
            let date = (instant(day) + Duration::hours(2)).date_naive().to_string();
            for waits in 0..WAITING {
                let form = form.clone().set("day", &date).set("email", Self::email(round, waits));
                app.client().submit(&form).expect(303);
            }
        }
        let queued = "SELECT count(*) AS n FROM outbox_messages WHERE finished_at IS NULL";
        wait_until("all mail", SOON * 6, || (servers.number(queued) == 0).then_some(()));
        let mails = app.mailbox().all();
        let tokens = mails
            .iter()
            .filter(|mail| mail.part("subject").starts_with("On the waiting list: "))
            .map(|mail| {
                let to = mail.value()["to"][0].as_str().expect("an address").to_owned();
                let link = mail.link("/w/");
                (to, link[link.rfind('/').expect("a path") + 1..].to_owned())
            });
        Self { tokens: tokens.collect(), days, held }
    }

    fn email(round: usize, waits: usize) -> String {
        format!("waits{round}.{waits}@customers.example")
    }

    fn token(&self, round: usize, waits: usize) -> &str {
        &self.tokens[&Self::email(round, waits)]
    }

    /// Whoever waits sends the form for their time.
    fn book(&self, customer: &Client, round: usize, waits: usize) -> u16 {
        let (email, token) = (Self::email(round, waits), self.token(round, waits));
        let form = [
            ("slot", self.days[round].as_str()),
            ("tz", "UTC"),
            ("name", "Who waits"),
            ("email", &email),
            ("waiting", token),
            // Anew each time: who has it can not be told so again.
            ("idempotency_key", &fresh_key()),
        ];
        let form = form.map(|(name, text)| (name.to_owned(), text.to_owned()));
        customer.post_form(&format!("/ada/{RARE}"), &form).status
    }

    fn count_booked(&self, servers: &Servers, round: usize) -> usize {
        let start = instant(&self.days[round]).timestamp_micros();
        servers.number(&format!(
            "SELECT count(*) AS n FROM bookings WHERE status = 'confirmed' AND start_at = {start}"
        ))
    }
}

fn fresh_key() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("try-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
