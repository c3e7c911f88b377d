//! The database is not there yet, goes away, falls silent, or is held by somebody else; clients that never finish.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use roomkey_tests::{
    Backend, Booked, Lock, Relay, SOON, SmtpSink, TestApp, instant, on_both, rfc3339, wait_until,
};

on_both!(
    a_first_grant_that_waits_for_a_lock_is_a_503_and_the_next_is_given,
    a_first_grant_that_has_no_place_is_a_503_and_the_next_is_given,
    a_lock_that_somebody_holds_is_a_503_for_writers_only,
    two_servers_send_each_mail_once_and_the_second_takes_over,
);

const BO: &str = "bo@customers.example";
const ADA: &str = "ada@hosts.example";

#[test]
fn a_start_waits_for_a_database_that_is_still_coming_up() {
    let relay = Relay::to_cluster();
    let mut app = TestApp::on(Backend::Postgres).prepare();
    app.set("database_url", relay.url_of(app.database()));
    relay.cut();
    app.spawn();
    app.wait_for_line("the database does not answer yet");
    relay.open();
    let internal = app.internal_client();
    wait_until("the server to be ready", SOON, || {
        let reply = internal.try_send("GET", "/readyz", None, &[]).ok()?;
        (reply.status == 200).then_some(())
    });
    // What waiting does not mend stops the start.
    app.stop();
    app.set("database_url", relay.url_of(app.database()).replace("/test_", "/no_test_"));
    app.spawn();
    assert_eq!(app.wait_end().code(), Some(1));
    assert!(app.stderr().contains("does not exist"), "{}", app.stderr());
}

/// The mail has left and the database is away longer than the claim on it lasts: the worker knows all the same.
fn leaves_once(app: &TestApp, sink: &SmtpSink, away: impl FnOnce()) {
    app.book("intro", app.noon_in_days(2));
    wait_until("the mails to be handed over", SOON, || {
        let handed = |event: &serde_json::Value| event["at"] == "data";
        (sink.events().iter().filter(|event| handed(event)).count() >= 1).then_some(())
    });
    away();
    let sent = "SELECT count(*) AS n FROM outbox_messages WHERE state = 'sent'";
    wait_until("the mails to be noted", SOON * 3, || {
        (app.database().number(sent) == 2).then_some(())
    });
    thread::sleep(Duration::from_secs(2));
    assert_eq!((sink.tries(BO), sink.tries(ADA)), (1, 1), "{:#?}", sink.events());
}

/// Longer than a claim.
const AWAY: Duration = Duration::from_secs(14);

#[test]
fn a_mail_that_left_is_not_sent_again_after_sqlite_was_locked() {
    let sink = SmtpSink::start();
    sink.fail(&json!([{"at": "data", "delay": 2}]));
    let app = TestApp::on(Backend::Sqlite).set("mail.url", sink.url()).start_with_ada();
    leaves_once(&app, &sink, || {
        let _lock = Lock::on(app.database());
        thread::sleep(AWAY);
    });
}

#[test]
fn a_mail_that_left_is_not_sent_again_after_postgres_was_away() {
    let (sink, relay) = (SmtpSink::start(), Relay::to_cluster());
    sink.fail(&json!([{"at": "data", "delay": 2}]));
    let mut app = TestApp::on(Backend::Postgres).set("mail.url", sink.url()).prepare();
    app.set("database_url", relay.url_of(app.database()));
    app.start();
    app.add_host(&roomkey_tests::Host::ada());
    app.set_schedule(&roomkey_tests::Host::ada(), &["mon-sun 00:00-24:00"]);
    app.add_event_type("ada", "intro", &["--title", "Intro call", "--duration", "30"]);
    leaves_once(&app, &sink, || {
        relay.cut();
        thread::sleep(AWAY);
        relay.open();
    });
}

#[test]
fn a_silent_database_is_a_503_until_it_speaks_again() {
    let relay = Relay::to_cluster();
    let mut app = TestApp::on(Backend::Postgres).prepare();
    app.set("database_url", relay.url_of(app.database()));
    app.start();
    app.add_host(&roomkey_tests::Host::ada());
    app.set_schedule(&roomkey_tests::Host::ada(), &["mon-sun 00:00-24:00"]);
    app.add_event_type("ada", "intro", &["--title", "Intro call", "--duration", "30"]);
    let booked = app.book("intro", app.noon_in_days(2));

    let noon = rfc3339(app.noon_in_days(3));
    let request = app.request("intro", &noon, "Cy Cole", "cy@customers.example");
    relay.fall_silent();
    let unsure = app.client().post_json("/api/v1/bookings", &request);
    unsure.problem(503);
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(app.internal_client().get("/readyz").status, 503));
        scope.spawn(|| assert_eq!(app.internal_client().get("/healthz").status, 200));
        scope.spawn(|| {
            let metrics = app.internal_client().get("/metrics").expect(200).body;
            assert!(!metrics.contains("roomkey_mail_waiting"), "{metrics}");
        });
        scope.spawn(|| {
            let away = app.ask(booked.text("/room/name"));
            assert_eq!(away.status, 503, "{away:?}");
            assert!(away.json()["message"].is_string(), "{away:?}");
        });
        scope.spawn(|| {
            let page = app.client().get(booked.page()).expect(503);
            assert!(!page.header("retry-after").is_empty(), "{page:?}");
        });
    });
    relay.open();
    wait_until("the database to be back", SOON, || {
        (app.client().get(booked.page()).status == 200).then_some(())
    });

    // What was asked meanwhile may have been done when it woke up. Whoever was told that nothing was
    // done can rely on it.
    let again = app.client().post_json("/api/v1/bookings", &request);
    if unsure.body.contains("Nothing was done") || again.status == 201 {
        again.expect(201);
    } else {
        assert!(unsure.body.contains("may have been done"), "{unsure:?}");
        assert_eq!(again.problem(409), "slot_taken");
    }

    // Nor does it hold up a stop.
    relay.fall_silent();
    app.internal_client().get("/readyz").expect(503);
    app.stop();
}

#[test]
fn a_standby_is_a_503_for_writers_until_it_is_promoted() {
    let app = TestApp::on(Backend::Postgres).start_with_ada();
    let request =
        app.request("intro", &rfc3339(app.noon_in_days(2)), "Bo Berg", "bo@customers.example");
    app.database().set_read_only(true);
    wait_until("the standby to be spoken to", SOON, || {
        let reply = app.client().post_json("/api/v1/bookings", &request);
        assert_ne!(reply.status, 201, "{reply:?}");
        (reply.status == 503).then_some(())
    });
    app.client().get("/ada/intro").expect(200);
    app.database().set_read_only(false);
    wait_until("the primary to be spoken to", SOON, || {
        let reply = app.client().post_json("/api/v1/bookings", &request);
        (reply.status == 201).then_some(())
    });
}

fn a_lock_that_somebody_holds_is_a_503_for_writers_only(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let request = app.request("intro", &rfc3339(app.noon_in_days(2)), "Bo Berg", BO);
    let held = Lock::on(app.database());
    let refused = app.client().post_json("/api/v1/bookings", &request);
    refused.problem(503);
    assert!(!refused.header("retry-after").is_empty(), "{refused:?}");
    app.client().get("/ada/intro").expect(200);
    drop(held);
    app.client().post_json("/api/v1/bookings", &request).expect(201);
}

/// A booking whose room is open, and of which Jitsi was told nothing yet.
fn open_room(backend: Backend) -> (TestApp, Booked) {
    let mut app = TestApp::on(backend).clock("2027-03-01 08:00:00").start_with_ada();
    let booked = app.book("intro", instant("2027-03-01T12:00:00Z"));
    app.restart_at("2027-03-01 11:55:00");
    (app, booked)
}

/// Jitsi asks, and is told to come again, in words and before it gives up, which is after five seconds. Nothing is stored.
#[track_caller]
fn is_away(app: &TestApp, room: &str) {
    let begun = Instant::now();
    let reply = app.ask(room);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(!reply.header("retry-after").is_empty(), "{reply:?}");
    let message = reply.json()["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("Try again"), "{reply:?}");
    assert_eq!(conferences(app), 0, "nothing half-done");
}

fn conferences(app: &TestApp) -> i64 {
    app.database().number("SELECT count(*) AS n FROM conferences")
}

fn a_first_grant_that_waits_for_a_lock_is_a_503_and_the_next_is_given(backend: Backend) {
    let (app, booked) = open_room(backend);
    let room = booked.text("/room/name");
    let held = Lock::on(app.database());
    is_away(&app, room);
    // What only reads is answered all the time.
    app.ask("nosuchroom").expect(404);
    drop(held);
    // What waited for the lock is undone before anything else is written.
    app.book("intro", instant("2027-03-01T16:00:00Z"));
    assert_eq!(conferences(&app), 0, "it is not written too late");
    let granted = app.ask(room).expect(200).json();
    assert_eq!(conferences(&app), 1);
    let _held = Lock::on(app.database());
    assert_eq!(app.ask(room).expect(200).json(), granted, "a repeat only reads");
}

fn a_first_grant_that_has_no_place_is_a_503_and_the_next_is_given(backend: Backend) {
    let (app, booked) = open_room(backend);
    let room = booked.text("/room/name");
    // In the words of a full disk, where such a row is written.
    let (fill, empty): (&[&str], &[&str]) = match backend {
        Backend::Sqlite => (
            &["CREATE TRIGGER full_disk BEFORE INSERT ON conferences \
               BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"],
            &["DROP TRIGGER full_disk"],
        ),
        Backend::Postgres => (
            &[
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 RAISE EXCEPTION 'could not extend file: No space left on device' \
                 USING ERRCODE = 'disk_full'; END $$",
                "CREATE TRIGGER full_disk BEFORE INSERT ON conferences \
                 FOR EACH ROW EXECUTE FUNCTION full_disk()",
            ],
            &["DROP TRIGGER full_disk ON conferences"],
        ),
    };
    for sql in fill {
        app.database().execute(sql);
    }
    for _ in 0..2 {
        is_away(&app, room);
    }
    for sql in empty {
        app.database().execute(sql);
    }
    app.ask(room).expect(200);
    assert_eq!(conferences(&app), 1);
}

fn two_servers_send_each_mail_once_and_the_second_takes_over(backend: Backend) {
    // A server that takes its time: the second starts while the first's mails are under way.
    let sink = SmtpSink::start();
    sink.fail(&json!([{"at": "data", "delay": 3}]));
    let first = TestApp::on(backend).set("mail.url", sink.url()).start_with_ada();
    first.book("intro", first.noon_in_days(2));
    wait_until("the mails to be under way", SOON, || {
        let under_way = "SELECT count(*) AS n FROM outbox_messages WHERE state = 'claimed'";
        (first.database().number(under_way) == 2).then_some(())
    });
    let mut second = TestApp::on(backend).prepare();
    second.set("mail.url", sink.url());
    second.set("database_url", first.database().url());
    second.set("data_dir", first.data_dir().display().to_string());
    second.start();
    let mut mailbox = sink.mailbox();
    for who in [BO, ADA] {
        mailbox.wait_for_invite(who, "REQUEST");
    }
    let sent = "SELECT count(*) AS n FROM outbox_messages WHERE state = 'sent'";
    let all_noted = |mails: i64| {
        wait_until("the mails to be noted", SOON, || {
            (first.database().number(sent) == mails).then_some(())
        });
    };
    all_noted(2);
    first.signal("KILL");
    let noon = rfc3339(first.noon_in_days(3));
    let request = second.request("intro", &noon, "Cy Cole", "cy@customers.example");
    second.client().post_json("/api/v1/bookings", &request).expect(201);
    mailbox.wait_for_invite("cy@customers.example", "REQUEST");
    all_noted(4);
    assert_eq!(sink.count(), 4);
}

#[test]
fn a_log_that_nobody_reads_any_more_stops_nothing() {
    let mut app = TestApp::on(Backend::Sqlite).set("log.level", "debug").prepare();
    app.add_host(&roomkey_tests::Host::ada());
    app.set_schedule(&roomkey_tests::Host::ada(), &["mon-sun 00:00-24:00"]);
    app.add_event_type("ada", "intro", &["--title", "Intro call", "--duration", "30"]);
    app.start_into_closed_pipes();
    let booked = app.book("intro", app.noon_in_days(2));
    assert_eq!(app.ask(booked.text("/room/name")).status, 403, "early");
    app.mailbox().wait_for_invite(BO, "REQUEST");
    app.stop();
}

#[test]
fn a_body_that_never_ends_is_refused() {
    let app = TestApp::on(Backend::Sqlite).start_with_ada();
    let form = "Content-Type: application/x-www-form-urlencoded";
    let token = format!("{form}\r\nAuthorization: Bearer {}", app.reservations_token());
    let (pages, internal) = (app.base(), app.internal_client().base().to_owned());
    let requests = [
        (&pages, "/ada/intro", form, 408),
        (&pages, "/api/v1/bookings", "Content-Type: application/json", 408),
        (&internal, "/conference", token.as_str(), 400),
    ];
    thread::scope(|scope| {
        for (base, path, headers, status) in requests {
            scope.spawn(move || {
                let address = base.trim_start_matches("http://");
                let mut stream = TcpStream::connect(address).expect("a connection");
                stream.set_read_timeout(Some(Duration::from_secs(40))).expect("a time limit");
                let head = format!(
                    "POST {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: {base}\r\n{headers}\r\n\
                     Content-Length: 500\r\n\r\nname=half"
                );
                stream.write_all(head.as_bytes()).expect("send half of it");
                let mut answer = String::new();
                stream.read_to_string(&mut answer).expect("an answer and the end");
                let start = format!("HTTP/1.1 {status}");
                assert!(answer.starts_with(&start), "{path}: {answer}");
            });
        }
    });
}
