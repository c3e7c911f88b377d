//! `kill -9`, or the database gone, at every point of a change: before and after each statement that writes, before the
//! commit, and after it before the answer. Nothing that was done is lost, nothing half-done is seen, and whoever asks
//! again gets what they asked for, once.

use std::{cell::Cell, collections::BTreeMap, thread, time::Duration};

use chrono::Duration as Time;
use roomkey_tests::{
    Backend, Booked, Client, Reply, SOON, TestApp, long_run, on_both, rfc3339, wait_until,
};
use serde_json::{Value, json};

on_both!(a_kill_leaves_all_of_a_change_or_nothing);

const CHANGES: [Change; 4] = [Change::Book, Change::Confirm, Change::Move, Change::Cancel];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Book,
    Confirm,
    Move,
    Cancel,
}

/// A request that makes a change.
struct Asked {
    path: String,
    body: Value,
    /// What it is answered, also when it is made again after it was granted.
    granted: u16,
    again: u16,
}

/// How many rows there are in each table, and sums that every change of a row makes other ones.
type Counts = BTreeMap<String, i64>;

struct Stage {
    app: TestApp,
    key: Client,
    times: Cell<i64>,
    requests: Cell<u32>,
    /// Gives [`Counts`] in one query.
    select: String,
}

impl Stage {
    fn new(backend: Backend) -> Self {
        // No worker: nothing but the requests writes.
        let app = TestApp::on(backend)
            .without_limits()
            .with_stops()
            .set("secret_key", "5d".repeat(32))
            .argument("--only=web,reservations")
            .start_with_ada();
        let asking = ["--title", "Ask me", "--duration", "30", "--requires-confirmation"];
        app.add_event_type("ada", "asking", &asking);
        let key = app.key("ada", "bookings:write");
        let tables = app.database().row_counts().into_keys();
        let mut numbers: Vec<(String, String)> =
            tables.map(|table| (table.clone(), format!("count(*) FROM {table}"))).collect();
        let sums = [
            ("versions", "sum(version) FROM bookings"),
            ("sequences", "sum(ical_sequence) FROM bookings"),
            ("bookings at", "sum(start_at / 60000000) FROM bookings"),
            ("held at", "sum(start_at / 60000000) FROM booking_hosts WHERE held"),
            ("confirmed", "count(*) FROM bookings WHERE status = 'confirmed'"),
            ("cancelled", "count(*) FROM bookings WHERE status = 'cancelled'"),
            ("live", "count(*) FROM rooms WHERE NOT revoked"),
            ("queued", "count(*) FROM outbox_messages WHERE state = 'queued'"),
        ];
        numbers.extend(sums.map(|(name, sum)| (name.to_owned(), sum.to_owned())));
        let number = |(name, sum): &(String, String)| {
            let (what, of) = sum.split_once(" FROM ").expect("a table");
            format!("SELECT '{name}' AS name, CAST({what} AS BIGINT) AS number FROM {of}")
        };
        let select = numbers.iter().map(number).collect::<Vec<_>>().join(" UNION ALL ");
        let (times, requests) = (Cell::new(0), Cell::new(0));
        let stage = Self { app, key, times, requests, select };
        // The first of all ties the database to the secret key as well.
        stage.booked("intro");
        stage
    }

    fn time(&self) -> String {
        let number = self.times.replace(self.times.get() + 1);
        rfc3339(self.app.noon_in_days(1) + Time::minutes(30 * number))
    }

    fn booked(&self, event: &str) -> String {
        let request = self.app.request(event, &self.time(), "Bo Berg", "bo@customers.example");
        let reply = self.app.client().post_json("/api/v1/bookings", &request).expect(201);
        Booked::from_json(reply.json()).id().to_owned()
    }

    /// A change that can be made now.
    fn asked(&self, change: Change) -> Asked {
        let of = |event: &str, act: &str, body: Value, again| {
            let path = format!("/api/v1/bookings/{}/{act}", self.booked(event));
            Asked { path, body, granted: 200, again }
        };
        match change {
            Change::Book => {
                let (start, bo) = (self.time(), ("Bo Berg", "bo@customers.example"));
                let body = self.app.request("intro", &start, bo.0, bo.1);
                Asked { path: "/api/v1/bookings".into(), body, granted: 201, again: 201 }
            }
            Change::Confirm => of("asking", "confirm", json!({}), 409),
            Change::Move => of("intro", "reschedule", json!({"start": self.time()}), 200),
            Change::Cancel => of("intro", "cancel", json!({}), 409),
        }
    }

    /// Sends it; `None` if no answer came.
    fn send(&self, asked: &Asked) -> Option<Reply> {
        send(&self.key.clone().at(self.app.base()), asked, self.requests.get())
    }

    /// What a change makes other, where nothing comes in between.
    fn rehearse(&self, change: Change) -> Counts {
        let asked = self.asked(change);
        self.requests.set(self.requests.get() + 1);
        let before = self.counts();
        assert_eq!(self.send(&asked).expect("an answer").status, asked.granted, "{change:?}");
        difference(&before, &self.counts())
    }

    /// What is stored, in numbers.
    fn counts(&self) -> Counts {
        let rows = self.app.database().rows(&self.select);
        let number =
            |row: &Value| Some((row["name"].as_str()?.to_owned(), row["number"].as_i64()?));
        rows.iter().map(|row| number(row).expect("a name and a number")).collect()
    }

    /// Makes a change that stands still at a point, where something is done to the program; gives the point's name
    /// and the answer, if one came. No name: it has not so many points.
    fn stopped(
        &mut self,
        asked: &Asked,
        point: usize,
        meanwhile: impl FnOnce(&mut TestApp),
    ) -> (Option<String>, Option<Reply>) {
        self.requests.set(self.requests.get() + 1);
        self.app.stop_at(point);
        let (client, number) = (self.key.clone().at(self.app.base()), self.requests.get());
        let app = &mut self.app;
        thread::scope(|scope| {
            let asking = scope.spawn(move || send(&client, asked, number));
            let place = wait_until("a stop or an answer", SOON, || {
                let place = app.stands_at();
                (place.is_some() || asking.is_finished()).then_some(place)
            });
            if place.is_some() {
                meanwhile(app);
            }
            app.go_on();
            (place, asking.join().expect("the client"))
        })
    }

    /// Made again after a stop, it is there once.
    fn is_once(&self, asked: &Asked, is_done: bool, before: &Counts, whole: &Counts, at: &str) {
        let again = self.send(asked).expect("an answer");
        let status = if is_done { asked.again } else { asked.granted };
        assert_eq!(again.status, status, "{at}: {again:?}");
        let now = difference(before, &self.counts());
        assert_eq!(&now, whole, "{at}: made again");
    }
}

fn send(client: &Client, asked: &Asked, number: u32) -> Option<Reply> {
    let key = format!("request-{number}");
    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", key.as_str())];
    let body = asked.body.to_string().into_bytes();
    client.try_send("POST", &asked.path, Some(body), &headers).ok()
}

/// What is more, or less; of times, which differ from one booking to the next, only that.
fn difference(before: &Counts, after: &Counts) -> Counts {
    let more = |(name, number): (&String, &i64)| {
        let more = number - before[name];
        (name.clone(), if name.ends_with(" at") { more.signum() } else { more })
    };
    after.iter().map(more).filter(|(_, more)| *more != 0).collect()
}

/// The next point worth a stop: in a normal run one between two writes is enough.
fn after(point: usize, place: &str) -> usize {
    point + if long_run() || place == "before COMMIT" { 1 } else { 2 }
}

fn a_kill_leaves_all_of_a_change_or_nothing(backend: Backend) {
    let mut stage = Stage::new(backend);
    for change in CHANGES {
        let whole = stage.rehearse(change);
        assert!(whole["booking_events"] == 1 && whole["outbox_messages"] >= 1, "{whole:?}");
        let (mut point, mut places) = (0, Vec::new());
        loop {
            let asked = stage.asked(change);
            let before = stage.counts();
            let kill = |app: &mut TestApp| {
                app.signal("KILL");
                app.wait_end();
            };
            let (place, reply) = stage.stopped(&asked, point, kill);
            let Some(place) = place else {
                assert_eq!(reply.expect("an answer").status, asked.granted, "{change:?}");
                break;
            };
            let at = format!("{change:?} killed {place}");
            assert!(reply.is_none(), "{at}: {reply:?}");
            stage.app.start();
            let is_done = place == "after COMMIT";
            let left = difference(&before, &stage.counts());
            assert!(is_done || left.is_empty(), "{at}: there is {left:?} of it");
            assert!(!is_done || left == whole, "{at}: of {whole:?} there is {left:?}");
            stage.is_once(&asked, is_done, &before, &whole, &at);
            point = after(point, &place);
            places.push(place);
        }
        println!("{change:?} {places:?}");
        assert!(places.len() >= 5, "{places:?}");
        assert_eq!(places[places.len() - 2..], ["before COMMIT", "after COMMIT"], "{change:?}");
    }
}

#[test]
fn a_restart_of_postgres_leaves_all_of_a_change_or_nothing() {
    let mut stage = Stage::new(Backend::Postgres);
    for change in CHANGES {
        let whole = stage.rehearse(change);
        let mut point = 0;
        loop {
            let asked = stage.asked(change);
            let before = stage.counts();
            let restart = |app: &mut TestApp| {
                app.database().set_reachable(false);
                app.database().set_reachable(true);
            };
            let (place, reply) = stage.stopped(&asked, point, restart);
            let reply = reply.expect("an answer");
            let Some(place) = place else {
                assert_eq!(reply.status, asked.granted, "{change:?}");
                break;
            };
            let at = format!("{change:?}, the database gone {place}: {reply:?}");
            let is_done = match reply.status {
                503 => {
                    // The commit's answer was lost: what became of it is seen later.
                    let unsure = reply.body.contains("may have been done");
                    assert!(unsure || reply.body.contains("Nothing was done"), "{at}");
                    assert!(!unsure || place == "before COMMIT", "{at}");
                    difference(&before, &stage.counts()) == whole
                }
                status => {
                    assert_eq!(status, asked.granted, "{at}");
                    true
                }
            };
            wait_until("the database to be back", Duration::from_secs(20), || {
                (stage.app.internal_client().get("/readyz").status == 200).then_some(())
            });
            stage.is_once(&asked, is_done, &before, &whole, &at);
            point = after(point, &place);
        }
        assert!(point >= 8, "{change:?}: {point}");
    }
}
