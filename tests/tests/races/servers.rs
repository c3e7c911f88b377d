//! The stage of all races, and what must hold after each.

use std::{
    collections::BTreeMap,
    sync::{Barrier, Mutex},
    thread,
};

use chrono::{DateTime, Duration, Utc};
use roomkey_tests::{Backend, Booked, Client, TestApp, long_run, rfc3339};
use serde_json::Value;

pub(crate) const CLIENTS: usize = 64;
pub(crate) const BOOKINGS: &str = "/api/v1/bookings";

pub(crate) fn rounds() -> usize {
    if long_run() { 1000 } else { 10 }
}

/// How often who did what was answered how.
pub(crate) type Counts<'a> = BTreeMap<(&'a str, u16), usize>;

/// One or two servers, and Ada's event types: with buffers, so that neighbours meet, too.
pub(crate) struct Servers {
    pub(crate) first: TestApp,
    second: Option<TestApp>,
    /// In two days, also when a race goes on past midnight.
    pub(crate) noon: DateTime<Utc>,
    /// One caller with Ada's key at each server, to be cloned.
    keys: Mutex<Vec<Client>>,
}

impl Servers {
    pub(crate) fn start(backend: Backend) -> Self {
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
        let noon = first.noon_in_days(2);
        Self { first, second, noon, keys: Mutex::new(keys) }
    }

    /// Ada's program, at one server after the other.
    fn key(&self, number: usize) -> Client {
        let keys = self.keys.lock().expect("the keys");
        keys[number % keys.len()].clone()
    }

    /// The start of a round's time; the next round's is far enough away.
    pub(crate) fn time(&self, round: usize) -> DateTime<Utc> {
        self.noon + Duration::hours(8 * i64::try_from(round).expect("a round"))
    }

    pub(crate) fn request(&self, event: &str, start: DateTime<Utc>, client: usize) -> Value {
        let email = format!("client{client}@customers.example");
        self.first.request(event, &rfc3339(start), "A client", &email)
    }

    pub(crate) fn book(&self, event: &str, start: DateTime<Utc>) -> Booked {
        let request = self.request(event, start, CLIENTS);
        let reply = self.first.client().post_json(BOOKINGS, &request).expect(201);
        Booked::from_json(reply.json())
    }

    /// In each round all clients do something at once. How often each was answered how, by round.
    pub(crate) fn race<'a>(
        &self,
        act: impl Fn(&Racer, usize) -> (&'a str, u16) + Sync,
    ) -> Vec<Counts<'a>> {
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
                let mut counts = Counts::new();
                for client in &answers {
                    *counts.entry(client[round]).or_default() += 1;
                }
                let failed = counts.keys().any(|(_, status)| *status >= 500);
                assert!(!failed, "round {round}: {counts:?}");
                counts
            })
            .collect()
    }

    pub(crate) fn number(&self, select: &str) -> usize {
        usize::try_from(self.first.database().number(select)).expect("a count")
    }

    pub(crate) fn status(&self, booked: &Booked) -> (String, u64) {
        let now = self.key(0).get(&format!("{BOOKINGS}/{}", booked.id())).expect(200).json();
        let status = now["status"].as_str().expect("a status").to_owned();
        (status, now["version"].as_u64().expect("a version"))
    }

    /// Asks the tables themselves, not the program.
    pub(crate) fn check(&self) {
        let meeting = "SELECT count(*) AS n FROM booking_hosts a JOIN booking_hosts b \
             ON a.host_id = b.host_id AND a.booking_id <> b.booking_id AND a.held AND b.held \
             AND coalesce(a.session_id, a.booking_id) <> coalesce(b.session_id, b.booking_id) \
             AND a.start_at <= b.start_at AND b.start_at < a.end_at \
             + CASE WHEN a.buffer_after > b.buffer_before THEN a.buffer_after ELSE b.buffer_before END";
        assert_eq!(self.number(meeting), 0, "bookings that meet");
        let apart = "SELECT count(*) AS n FROM bookings JOIN booking_hosts ON booking_id = id \
             WHERE bookings.start_at <> booking_hosts.start_at OR bookings.end_at <> booking_hosts.end_at \
             OR held <> (status IN ('pending', 'confirmed'))";
        assert_eq!(self.number(apart), 0, "bookings that hold another time than their own");
        let roomless = "SELECT count(*) AS n FROM (SELECT bookings.id FROM bookings \
             LEFT JOIN rooms ON booking_id = bookings.id AND NOT revoked \
             WHERE bookings.session_id IS NULL GROUP BY bookings.id, status \
             HAVING count(rooms.id) <> CASE WHEN status = 'confirmed' THEN 1 ELSE 0 END) AS wrong";
        assert_eq!(self.number(roomless), 0, "bookings without their one live room");
        let sessions = "SELECT count(*) AS n FROM (SELECT group_sessions.id FROM group_sessions \
             LEFT JOIN rooms ON session_id = group_sessions.id AND NOT revoked \
             GROUP BY group_sessions.id, taken \
             HAVING count(rooms.id) <> CASE WHEN taken > 0 THEN 1 ELSE 0 END) AS wrong";
        assert_eq!(self.number(sessions), 0, "sessions without their one live room");
        let seats = "SELECT count(*) AS n FROM group_sessions WHERE taken > seats OR taken <> \
             (SELECT count(*) FROM booking_hosts WHERE held AND session_id = group_sessions.id)";
        assert_eq!(self.number(seats), 0, "sessions with other seats than are taken");
        let history = "SELECT count(*) AS n FROM bookings WHERE version <> \
             (SELECT count(*) FROM booking_events WHERE booking_id = bookings.id)";
        assert_eq!(self.number(history), 0, "bookings with another version than changes");
        for server in [Some(&self.first), self.second.as_ref()].into_iter().flatten() {
            assert!(!server.logs().contains("panicked"), "{}", server.logs());
        }
    }
}

/// One of the clients, at one of the servers.
pub(crate) struct Racer {
    pub(crate) number: usize,
    key: Client,
    pub(crate) customer: Client,
}

impl Racer {
    /// What Ada's program does to a booking.
    pub(crate) fn act(&self, booked: &Booked, act: &str, body: &Value) -> u16 {
        let reply = self.key.post_json(&format!("{BOOKINGS}/{}/{act}", booked.id()), body);
        if reply.status >= 400 {
            reply.problem(reply.status);
        }
        reply.status
    }

    pub(crate) fn book(&self, servers: &Servers, event: &str, start: DateTime<Utc>) -> u16 {
        self.ask(&servers.request(event, start, self.number))
    }

    /// Booked, or too late.
    pub(crate) fn ask(&self, request: &Value) -> u16 {
        let reply = self.customer.post_json(BOOKINGS, request);
        assert!(reply.status == 201 || reply.problem(409) == "slot_taken", "{reply:?}");
        reply.status
    }

    /// A customer's form on a page of the booking.
    pub(crate) fn form(&self, booked: &Booked, page: &str, fields: &[(&str, String)]) -> u16 {
        let fields: Vec<_> =
            fields.iter().map(|(name, text)| ((*name).into(), text.clone())).collect();
        self.customer.post_form(&format!("{}/{page}", booked.page()), &fields).status
    }
}

pub(crate) fn of(counts: &Counts, what: &str, status: u16) -> usize {
    counts.get(&(what, status)).copied().unwrap_or_default()
}
