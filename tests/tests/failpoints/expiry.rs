//! Requests that nobody answers in time: the worker ends them, and nobody asks it to.

use chrono::{DateTime, Duration, Utc};
use roomkey_tests::{Backend, SOON, TestApp, instant, long_run, rfc3339, wait_until};
use serde_json::json;

/// The first that an expiry writes.
const FIRST: &str = "before UPDATE \"bookings\" SET";
/// A point that nothing has.
const NEVER: usize = 1_000_000;
/// No worker: nothing lapses.
const REQUESTS_ALONE: &str = "--only=web,reservations";
/// One alone, and a series of three.
const BOOKINGS: i64 = 4;
/// Both sides are told of each.
const MAILS: i64 = 4;

/// A server that is stopped between one round and the next, each some days after the last.
struct Stage {
    app: TestApp,
    now: DateTime<Utc>,
}

/// What is stored of expiries, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Left {
    expired: i64,
    held: i64,
    noted: i64,
    mails: i64,
}

impl Left {
    /// What there is once all has lapsed that was asked for.
    fn lapsed(self) -> Self {
        let Self { expired, held, noted, mails } = self;
        Self {
            expired: expired + BOOKINGS,
            held: held - BOOKINGS,
            noted: noted + BOOKINGS,
            mails: mails + MAILS,
        }
    }
}

impl Stage {
    fn new(backend: Backend) -> Self {
        let mut app = TestApp::on(backend)
            .clock("2027-07-01 08:00:00")
            .without_limits()
            .with_stops()
            .set("secret_key", "5d".repeat(32))
            .argument(REQUESTS_ALONE)
            .start_with_ada();
        let asking = ["--title", "A call", "--duration", "30", "--window-days", "365"];
        let more = ["--requires-confirmation", "--confirm-within", "60", "--series", "3"];
        app.add_event_type("ada", "asking", &[&asking[..], &more].concat());
        app.stop();
        Self { app, now: instant("2027-07-01T08:00:00Z") }
    }

    fn start_in(&mut self, hours: i64, arguments: &[&str], mail: &str) {
        self.now += Duration::hours(hours);
        self.app.set_clock(&self.now.format("%Y-%m-%d %H:%M:%S").to_string());
        self.app.set_arguments(arguments);
        self.app.set("mail.url", mail);
        self.app.start();
    }

    /// Somebody asks for a time, and for a series. Nobody is there who ends it, or sends mail.
    fn ask(&mut self) {
        self.start_in(24, &[REQUESTS_ALONE], "mailbox://");
        let noon = self.app.noon_in_days(30);
        for start in [noon, noon + Duration::hours(1)] {
            let mut request =
                self.app.request("asking", &rfc3339(start), "Bo Berg", "bo@customers.example");
            if start > noon {
                request["repeat"] = json!({"every": "week", "count": BOOKINGS - 1});
            }
            self.app.client().post_json("/api/v1/bookings", &request).expect(201);
        }
        self.app.stop();
    }

    fn left(&self) -> Left {
        let number =
            |what: &str| self.app.database().number(&format!("SELECT count(*) FROM {what}"));
        Left {
            expired: number("bookings WHERE status = 'expired'"),
            held: number("booking_hosts WHERE held"),
            noted: number("booking_events WHERE kind = 'expired'"),
            mails: number("outbox_messages WHERE kind = 'expired'"),
        }
    }

    /// The worker comes again, and does what is left to do.
    fn finish(&mut self, before: Left, at: &str) {
        self.start_in(3, &[], "mailbox://");
        let waits = "SELECT count(*) FROM outbox_messages WHERE finished_at IS NULL";
        let app = &self.app;
        wait_until("its end", SOON, || {
            let is_all = self.left().expired == before.lapsed().expired;
            (is_all && app.database().number(waits) == 0).then_some(())
        });
        assert_eq!(self.left(), before.lapsed(), "{at}: and then");
        let told = app.mailbox().all().into_iter();
        let expired = told.filter(|mail| mail.part("subject").starts_with("Expired: "));
        assert_eq!(i64::try_from(expired.count()), Ok(self.left().mails), "{at}: mails that left");
    }
}

pub(crate) fn a_kill_of_the_worker_leaves_all_of_an_expiry_or_nothing(backend: Backend) {
    let mut stage = Stage::new(backend);
    // Where nothing comes in between, and which points there are.
    stage.ask();
    let before = stage.left();
    stage.app.stop_from(FIRST, NEVER);
    stage.finish(before, "in peace");
    let mut places = stage.app.passed();
    let end = places.iter().position(|place| place == "after COMMIT").expect("a commit");
    places.truncate(end + 1);
    println!("{places:?}");
    assert!(places.iter().any(|place| place == "after INSERT INTO \"outbox_messages\""));
    stage.app.go_on();
    stage.app.stop();

    // In a normal run some of them are enough.
    let is_wanted =
        |point: &usize| long_run() || [0, end / 3, 2 * end / 3, end - 1, end].contains(point);
    for point in (0..places.len()).filter(is_wanted) {
        stage.ask();
        let before = stage.left();
        stage.app.stop_from(FIRST, point);
        // What is committed must not be on its way already: then a second copy were no wonder.
        stage.start_in(3, &[], "smtp://127.0.0.1:9");
        let place = wait_until("a stop", SOON, || stage.app.stands_at());
        assert_eq!(place, places[point]);
        stage.app.signal("KILL");
        stage.app.wait_end();
        stage.app.go_on();
        let at = format!("killed {place}");
        let is_done = place == "after COMMIT";
        let should_be = if is_done { before.lapsed() } else { before };
        assert_eq!(stage.left(), should_be, "{at}");
        stage.finish(before, &at);
        stage.app.stop();
    }
}
