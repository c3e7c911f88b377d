//! The program that stands still at a point of a change, and what its database holds.

use std::{cell::Cell, collections::BTreeMap, thread};

use roomkey_tests::{Backend, Client, Host, Reply, SOON, TestApp, wait_until};
use serde_json::Value;

use crate::changes::{Asked, Change, Content, Who};

/// How many rows there are in each table, and sums that every change of a row makes other ones.
pub(crate) type Counts = BTreeMap<String, i64>;

/// Of times and texts, which differ from one request to the next, it counts only whether there is more or less.
const ROUGHLY: char = '~';
const SUMS: [(&str, &str); 16] = [
    ("versions", "sum(version) FROM bookings"),
    ("sequences", "sum(ical_sequence) FROM bookings"),
    ("~bookings", "sum(start_at / 60000000) FROM bookings"),
    ("~held", "sum(start_at / 60000000) FROM booking_hosts WHERE held"),
    ("held", "count(*) FROM booking_hosts WHERE held"),
    ("confirmed", "count(*) FROM bookings WHERE status = 'confirmed'"),
    ("cancelled", "count(*) FROM bookings WHERE status = 'cancelled'"),
    ("verified", "count(*) FROM attendees WHERE verified_at IS NOT NULL"),
    ("live rooms", "count(*) FROM rooms WHERE NOT revoked"),
    ("queued", "count(*) FROM outbox_messages WHERE state = 'queued'"),
    ("seats taken", "sum(taken) FROM group_sessions"),
    (
        "guests removed",
        "sum((length(guests) - length(replace(guests, '\"removed\":true', ''))) / 14) FROM bookings",
    ),
    ("open proposals", "count(*) FROM booking_proposals WHERE state = 'open'"),
    ("waiting", "count(*) FROM waiting_entries WHERE ended_at IS NULL"),
    ("~days off", "sum(length(time_off)) FROM users"),
    ("~opened", "sum(opened_at / 60000000) FROM conferences"),
];
/// A point that no change has.
const NEVER: usize = 1_000_000;
/// No worker: nothing but the requests writes.
const REQUESTS_ALONE: &str = "--only=web,reservations";

pub(crate) struct Stage {
    pub(crate) app: TestApp,
    pub(crate) key: Client,
    pub(crate) ada: Client,
    pub(crate) numbers: Cell<i64>,
    pub(crate) series: Cell<i64>,
    pub(crate) rare: Cell<i64>,
    /// Gives [`Counts`] in one query.
    select: String,
}

impl Stage {
    pub(crate) fn new(backend: Backend) -> Self {
        let app = TestApp::on(backend)
            .without_limits()
            .with_stops()
            .set("secret_key", "5d".repeat(32))
            .argument(REQUESTS_ALONE)
            .start_with_ada();
        let (key, ada) = (app.key("ada", "bookings:write"), app.sign_in(&Host::ada()));
        let tables = app.database().row_counts().into_keys();
        let counts = tables.map(|table| (table.clone(), format!("count(*) FROM {table}")));
        let sums = SUMS.map(|(name, sum)| (name.to_owned(), sum.to_owned()));
        let number = |(name, sum): (String, String)| {
            let (what, of) = sum.split_once(" FROM ").expect("a table");
            format!(
                "SELECT '{name}' AS name, CAST(coalesce({what}, 0) AS BIGINT) AS number FROM {of}"
            )
        };
        let select = counts.chain(sums).map(number).collect::<Vec<_>>().join(" UNION ALL ");
        let (numbers, series, rare) = <_>::default();
        let stage = Self { app, key, ada, numbers, series, rare, select };
        stage.furnish();
        // The first of all ties the database to the secret key as well.
        stage.booked("call");
        stage
    }

    /// So many requests for a change that can be made now.
    pub(crate) fn prepare(&mut self, change: Change, count: usize) -> Vec<Asked> {
        if !change.needs_worker() {
            return (0..count).map(|_| self.asked(change)).collect();
        }
        self.run_with(&[]);
        let asked = (0..count).map(|_| self.asked(change)).collect();
        let waits = "SELECT count(*) AS n FROM outbox_messages WHERE finished_at IS NULL";
        let database = self.app.database();
        wait_until("all mail", SOON, || (database.number(waits) == 0).then_some(()));
        self.run_with(&[REQUESTS_ALONE]);
        asked
    }

    fn run_with(&mut self, arguments: &[&str]) {
        self.app.stop();
        self.app.set_arguments(arguments);
        self.start();
    }

    /// Starts it, and waits for what every start does: it forgets what is over.
    pub(crate) fn start(&mut self) {
        self.app.stop_at(NEVER);
        self.app.start();
        let is_done = || self.app.passed().iter().any(|place| place == "after COMMIT");
        wait_until("the start's own changes", SOON, || is_done().then_some(()));
        self.count_anew();
    }

    /// Whoever comes next passes the first point again.
    fn count_anew(&self) {
        self.app.go_on();
        self.app.client().get("/ada").expect(200);
    }

    /// What a change makes other, where nothing comes in between, and the points that it passes.
    pub(crate) fn rehearse(&mut self, change: Change) -> (Counts, Vec<String>) {
        let asked = self.prepare(change, 1).remove(0);
        let before = self.counts();
        self.app.stop_at(NEVER);
        let reply = send(&self.client(&asked), &asked).expect("an answer");
        assert_eq!(reply.status, asked.granted, "{change:?}: {reply:?}");
        let places = self.app.passed();
        self.count_anew();
        let whole = difference(&before, &self.counts());
        for (sign, more) in change.signs() {
            assert_eq!(whole.get(sign), Some(&more), "{sign} of {change:?}: {whole:?}");
        }
        let last = &places[places.len() - 2..];
        assert_eq!(last, ["before COMMIT", "after COMMIT"], "{change:?}: {places:?}");
        let commits = places.iter().filter(|place| *place == "after COMMIT").count();
        assert_eq!(commits, 1, "{change:?}: {places:?}");
        (whole, places)
    }

    /// What is stored, in numbers.
    pub(crate) fn counts(&self) -> Counts {
        let rows = self.app.database().rows(&self.select);
        let number =
            |row: &Value| Some((row["name"].as_str()?.to_owned(), row["number"].as_i64()?));
        rows.iter().map(|row| number(row).expect("a name and a number")).collect()
    }

    fn client(&self, asked: &Asked) -> Client {
        let client = match asked.who {
            Who::Prosody => return self.app.prosody(),
            Who::Key => self.key.clone(),
            Who::Customer => self.app.client(),
            Who::Ada => self.ada.clone(),
        };
        client.at(self.app.base())
    }

    /// Makes a change that stands still at a point, where something is done to the program; gives the point's name
    /// and the answer, if one came.
    pub(crate) fn stopped(
        &mut self,
        asked: &Asked,
        point: usize,
        meanwhile: impl FnOnce(&mut TestApp),
    ) -> (String, Option<Reply>) {
        self.app.stop_at(point);
        let client = self.client(asked);
        let app = &mut self.app;
        thread::scope(|scope| {
            let asking = scope.spawn(move || send(&client, asked));
            let place = wait_until("a stop", SOON, || app.stands_at());
            meanwhile(app);
            app.go_on();
            (place, asking.join().expect("the client"))
        })
    }

    /// Made again after a stop, it is there once.
    pub(crate) fn is_once(
        &self,
        asked: &Asked,
        is_done: bool,
        before: &Counts,
        whole: &Counts,
        at: &str,
    ) {
        let again = send(&self.client(asked), asked).expect("an answer");
        let status = if is_done { asked.again } else { asked.granted };
        assert_eq!(again.status, status, "{at}: {again:?}");
        let now = difference(before, &self.counts());
        assert_eq!(&now, whole, "{at}: made again");
    }
}

/// Sends it; `None` if no answer came.
fn send(client: &Client, asked: &Asked) -> Option<Reply> {
    let (kind, body) = match &asked.content {
        Content::Json(body) => ("application/json", body.to_string()),
        Content::Form(fields) => {
            let body = serde_urlencoded::to_string(fields).expect("a form");
            ("application/x-www-form-urlencoded", body)
        }
    };
    let origin = client.base().to_owned();
    let headers = [("Content-Type", kind), ("Origin", &origin), ("Idempotency-Key", &asked.key)];
    client.try_send("POST", &asked.path, Some(body.into_bytes()), &headers).ok()
}

/// What is more, or less.
pub(crate) fn difference(before: &Counts, after: &Counts) -> Counts {
    let more = |(name, number): (&String, &i64)| {
        let more = number - before[name];
        (name.clone(), if name.starts_with(ROUGHLY) { more.signum() } else { more })
    };
    after.iter().map(more).filter(|(_, more)| *more != 0).collect()
}
