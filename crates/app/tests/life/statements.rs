//! How many SQL statements each use case takes. A number that rises is a regression: each statement is a way to
//! PostgreSQL and back, in a booking while the host is locked. And each finds its rows by an index.
use std::{collections::BTreeSet, sync::Mutex};

use diesel::{
    QueryableByName, RunQueryDsl, SqliteConnection,
    connection::{Connection, Instrumentation, InstrumentationEvent, set_default_instrumentation},
    sql_query,
    sql_types::Text,
};
use roomkey_app::{Answer, Idempotency, IdempotencyScope, Page, RoomFilter, Wanted};
use roomkey_core::{
    availability::Slot,
    booking::Side,
    event_type::{Limit, Measure, Period, Terms},
    room::RoomRequest,
    time::{Instant, Minutes, Span},
};
use roomkey_store::{Backend, BookingDetails};

use crate::world::{World, cancellation, request, run};

/// All that were sent since it was last emptied.
static SENT: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Counter;

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            SENT.lock().unwrap().push(query.to_string());
        }
    }
}

/// On SQLite and on PostgreSQL, which locks the host by a statement of its own; with BEGIN and COMMIT.
const EXPECTED: &[(&str, usize, usize)] = &[
    ("free times of 1 days, 0 booked", 2, 2),
    ("free times of 1 days under limits", 3, 3),
    ("free times of 30 days, 0 booked", 2, 2),
    ("free times of 30 days under limits", 3, 3),
    ("free times of 92 days, 0 booked", 2, 2),
    ("free times of 92 days under limits", 3, 3),
    ("free times of 1 days, 20 booked", 2, 2),
    ("free times of 1 days under limits", 3, 3),
    ("free times of 30 days, 20 booked", 2, 2),
    ("free times of 30 days under limits", 3, 3),
    ("free times of 92 days, 20 booked", 2, 2),
    ("free times of 92 days under limits", 3, 3),
    ("why a time is free", 2, 2),
    ("a booking", 12, 7),
    ("with a key", 15, 10),
    ("its repeat", 4, 4),
    ("under limits", 13, 8),
    ("a request", 11, 7),
    ("a yes", 10, 11),
    ("a no", 10, 11),
    ("its page", 2, 2),
    ("a move", 18, 19),
    ("Jitsi's question, too early", 1, 1),
    ("Jitsi's question", 5, 5),
    ("Jitsi's question once more", 1, 1),
    ("Jitsi's end", 5, 5),
    ("its end", 12, 13),
    ("a room alone", 4, 4),
    ("rooms alone", 5, 5),
    ("past rooms alone", 5, 5),
];

const NOW: Instant = Instant::from_seconds(1_796_000_000);
const DAY: Minutes = Minutes(24 * 60);

#[test]
fn sqlite() {
    run(each_use_case_takes_so_many_statements(Backend::Sqlite));
}

#[test]
fn postgres() {
    run(each_use_case_takes_so_many_statements(Backend::Postgres));
}

/// What each use case took, and all statements of them.
#[derive(Default)]
struct Taken(Vec<(String, usize)>, BTreeSet<String>);

impl Taken {
    /// Counts what a future sends.
    async fn by<T>(&mut self, what: impl Into<String>, asked: impl Future<Output = T>) -> T {
        SENT.lock().unwrap().clear();
        let given = asked.await;
        let sent = std::mem::take(&mut *SENT.lock().unwrap());
        let what = what.into();
        println!("{what}:\n  {}", sent.join("\n  "));
        self.0.push((what, sent.len()));
        // Without the values.
        self.1
            .extend(sent.into_iter().filter_map(|sql| Some(sql.split_once(" -- ")?.0.to_owned())));
        given
    }
}

#[allow(clippy::await_holding_lock, reason = "so that the other test waits for all of this one")]
async fn each_use_case_takes_so_many_statements(backend: Backend) {
    let _alone = crate::alone();
    set_default_instrumentation(|| Some(Box::new(Counter))).unwrap();
    let world = World::new(backend, 1, NOW, 1);
    let mut taken = Taken::default();
    let app = &world.app;
    let host = world.host("ada", "mon-sun 00:00-24:00").await;
    let terms = |slug: &str| {
        let (slug, title) = (slug.parse().unwrap(), "A call".parse().unwrap());
        Terms::usual(slug, title, "".parse().unwrap(), Minutes(30))
    };
    app.create_event_type(host.id, terms("intro")).await.unwrap();
    let mut limited = terms("limited");
    limited.limits.set(Limit { period: Period::Day, measure: Measure::Bookings, most: 40 });
    app.create_event_type(host.id, limited).await.unwrap();
    let asking = Terms { confirm_within: Some(DAY), ..terms("asking") };
    app.create_event_type(host.id, asking).await.unwrap();
    let page = |slug: &str| Page::new("ada".into(), slug.into());

    // A connection is set up when it is first used.
    let free: Vec<Slot> = app.slots(page("intro"), None, days(59)).await.unwrap().slots;
    let mut free = free.iter().map(|slot| slot.start).step_by(2);
    let mut next = || free.next().unwrap();

    // Facts and busy times: two, whatever the range and however much is booked in it.
    for booked in [0, 20] {
        for _ in 0..booked {
            book(&world, page("intro"), next(), None).await;
        }
        for range in [1, 30, 92] {
            let what = format!("free times of {range} days, {booked} booked");
            taken.by(what, app.slots(page("intro"), None, days(range))).await.unwrap();
            let what = format!("free times of {range} days under limits");
            taken.by(what, app.slots(page("limited"), None, days(range))).await.unwrap();
        }
    }
    let start = next();
    taken.by("why a time is free", app.explain(page("intro"), None, start)).await.unwrap();

    taken.by("a booking", book(&world, page("intro"), next(), None)).await;
    let booked = taken.by("with a key", book(&world, page("intro"), start, Some("k"))).await;
    taken.by("its repeat", book(&world, page("intro"), start, Some("k"))).await;
    taken.by("under limits", book(&world, page("limited"), next(), None)).await;
    let asked = taken.by("a request", book(&world, page("asking"), next(), None)).await;
    let (id, other) = (asked.booking.id, next());
    taken.by("a yes", app.answer_own(host.id, id, Answer::Confirm)).await.unwrap();
    let asked = book(&world, page("asking"), next(), None).await;
    let (id, no) = (asked.booking.id, Answer::Decline("No".parse().unwrap()));
    taken.by("a no", app.answer_own(host.id, id, no)).await.unwrap();

    let (link, id) = (&booked.customer_link, booked.booking.id);
    taken.by("its page", app.booking_by_link(link)).await.unwrap();
    let note = || "".parse().unwrap();
    taken.by("a move", app.move_by_link(link, other, note())).await.unwrap();
    let room = app.booking(host.id, id).await.unwrap().unwrap().room.unwrap();
    let name = room.name.expose().to_owned();
    taken.by("Jitsi's question, too early", app.ask_for_room(&name, None)).await.unwrap();
    world.clock.set(room.window.start);
    taken.by("Jitsi's question", app.ask_for_room(&name, None)).await.unwrap();
    taken.by("Jitsi's question once more", app.ask_for_room(&name, None)).await.unwrap();
    taken.by("Jitsi's end", app.room_is_empty(&room.id.to_string(), None)).await.unwrap();
    taken.by("its end", app.cancel_own(host.id, id, cancellation())).await.unwrap();

    for number in 0..3 {
        let request = alone(app.now(), number);
        let made = app.add_standalone_room(host.id, None, request, None);
        match number {
            0 => taken.by("a room alone", made).await.unwrap(),
            _ => made.await.unwrap(),
        };
    }
    let all = RoomFilter { limit: 50, ..RoomFilter::default() };
    let listed = taken.by("rooms alone", app.listed_rooms(host.id, all)).await.unwrap();
    assert_eq!(listed.len(), 3);
    world.clock.set(app.now().plus(DAY));
    let past = RoomFilter { over_by: Some(app.now()), latest_first: true, ..all };
    let listed = taken.by("past rooms alone", app.listed_rooms(host.id, past)).await.unwrap();
    assert_eq!(listed.len(), 3);

    let expected = EXPECTED.iter().map(|(what, sqlite, postgres)| {
        let number = if backend == Backend::Sqlite { sqlite } else { postgres };
        ((*what).to_owned(), *number)
    });
    assert_eq!(taken.0, expected.collect::<Vec<_>>());
    if let Some(file) = world.url().strip_prefix("sqlite://") {
        assert_eq!(scans(file, &taken.1), Vec::<String>::new());
    }
}

/// What a program asks for at `now`.
fn alone(now: Instant, hours: u32) -> RoomRequest {
    let start = now.plus(Minutes(60 * hours));
    RoomRequest {
        span: Span { start, end: start.plus(Minutes(30)) },
        max_occupants: None,
        lobby: false,
        label: None,
        blocks: false,
        server: None,
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The statements that go through all rows of a table, with what SQLite says of it. (`PostgreSQL` does so in small
/// tables whatever the indexes, so it can not be asked here.)
fn scans(file: &str, statements: &BTreeSet<String>) -> Vec<String> {
    assert!(statements.iter().any(|sql| sql.starts_with("SELECT")), "{statements:?}");
    let mut conn = SqliteConnection::establish(file).unwrap();
    let is_planned = |sql: &&String| !sql.starts_with("BEGIN") && !sql.starts_with("COMMIT");
    let plan = |sql: &String| {
        let steps: Vec<Step> =
            sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut conn).unwrap();
        // Several rows that an INSERT brings along are no table.
        let is_scan =
            |detail: &str| detail.starts_with("SCAN ") && !detail.contains("VALUES CLAUSE");
        let scan = |step: Step| is_scan(&step.detail).then_some(step.detail);
        steps.into_iter().filter_map(scan).map(|scan| format!("{scan}: {sql}")).collect::<Vec<_>>()
    };
    statements.iter().filter(is_planned).flat_map(plan).collect()
}

/// From tomorrow on.
fn days(number: u32) -> Span {
    Span::lasting(NOW.plus(DAY), Minutes(number * DAY.0))
}

async fn book(world: &World, page: Page, start: Instant, key: Option<&str>) -> BookingDetails {
    let scope = IdempotencyScope::Anonymous;
    let key = key.map(|key| Idempotency { scope, key: key.to_owned() });
    let (page, request) = (Wanted::Page(page), request(start, "Bo", Side::Customer));
    world.app.book(page, None, request, key, None).await.unwrap().details
}
