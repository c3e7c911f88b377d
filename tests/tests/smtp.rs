//! Mail over a real SMTP server that is away, slow, encrypted, choosy, or cuts the line.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::Duration as Hours;
use roomkey_tests::{Backend, SOON, SmtpSink, TestApp, Tls, on_both, wait_until};
use serde_json::json;

on_both!(
    mail_goes_encrypted_and_signed_in_to_a_server_of_ones_own_authority,
    mail_waits_for_a_server_that_is_away,
    mail_that_is_put_off_arrives_once,
    mail_that_is_refused_is_given_up_where_it_can_be_seen,
    a_connection_cut_before_the_last_answer_may_double_a_mail_but_not_lose_it,
    a_slow_server_does_not_make_a_second_copy,
    one_dead_recipient_delays_nobody,
    a_stop_lets_the_mail_under_way_end,
    mail_test_shows_the_conversation,
);

const BO: &str = "bo@customers.example";
const ADA: &str = "ada@hosts.example";
const LOGIN: &str = "bot@example.org:p:/ss word";
/// [`LOGIN`] as it stands in a URL.
const ENCODED_LOGIN: &str = "bot%40example.org:p%3A%2Fss%20word";

/// Until after the first retry, which comes after five seconds, give or take one.
const RETRIED: Duration = Duration::from_secs(30);

fn mail_goes_encrypted_and_signed_in_to_a_server_of_ones_own_authority(backend: Backend) {
    for tls in [Tls::StartTls, Tls::Implicit] {
        let sink = SmtpSink::with(tls, Some(LOGIN));
        let app = TestApp::on(backend)
            .set("mail.url", sink.url_as(ENCODED_LOGIN))
            .set("mail.ca_file", sink.ca_file().display().to_string())
            .start_with_ada();
        app.book("intro", app.noon_in_days(1));
        let mut mailbox = sink.mailbox();
        for to in [BO, ADA] {
            mailbox.wait_for_invite(to, "REQUEST");
        }
        for event in sink.events() {
            assert_eq!(event["encrypted"], true, "{event}");
            assert_eq!(event["user"], "bot@example.org", "{event}");
        }
        for secret in ["p:/ss word", "p%3A%2Fss"] {
            assert!(!app.logs().contains(secret), "a password in the log");
        }
    }
}

fn mail_waits_for_a_server_that_is_away(backend: Backend) {
    let mut sink = SmtpSink::start();
    sink.stop();
    let app = TestApp::on(backend).set("mail.url", sink.url()).start_with_ada();
    app.book("intro", app.noon_in_days(1));
    app.wait_for_line("mail not sent yet");
    assert!(!app.logs().contains(BO), "no address in the log");
    // An alarm can see it, though no mail has been sent.
    assert_eq!(metric(&app, "roomkey_mail_waiting "), Some(2.0));
    let age = metric(&app, "roomkey_mail_waiting_oldest_seconds ").expect("an age");
    assert!(age > 0.0 && age < 60.0, "{age}");
    sink.resume();
    arrives_once(&sink, &[BO, ADA]);
    wait_until("both to be noted", SOON, || {
        (metric(&app, "roomkey_mail_waiting ") == Some(0.0)).then_some(())
    });
    assert_eq!(metric(&app, "roomkey_mail_waiting_oldest_seconds "), Some(0.0));
}

/// The value on the line of `/metrics` that begins so.
fn metric(app: &TestApp, name: &str) -> Option<f64> {
    let metrics = app.internal_client().get("/metrics").expect(200);
    metrics.body.lines().find_map(|line| line.strip_prefix(name)?.parse().ok())
}

fn mail_that_is_put_off_arrives_once(backend: Backend) {
    let sink = SmtpSink::start();
    sink.fail(&json!([
        {"at": "rcpt", "to": BO, "times": 1, "reply": "450 4.2.0 greylisted"},
        {"at": "data", "to": ADA, "times": 1, "reply": "452 4.3.1 out of space"},
    ]));
    let app = TestApp::on(backend).set("mail.url", sink.url()).start_with_ada();
    app.book("intro", app.noon_in_days(1));
    arrives_once(&sink, &[BO, ADA]);
    assert_eq!((sink.tries(BO), sink.tries(ADA)), (2, 2));
}

fn mail_that_is_refused_is_given_up_where_it_can_be_seen(backend: Backend) {
    let sink = SmtpSink::start();
    sink.fail(&json!([
        {"at": "rcpt", "to": BO, "reply": "550 5.1.1 <bo@customers.example> is unknown here"},
        {"at": "data", "to": "cy@customers.example", "reply": "554 5.6.0 not in this form"},
    ]));
    let app = TestApp::on(backend).without_limits().set("mail.url", sink.url()).start_with_ada();
    let noon = app.noon_in_days(1);
    app.book("intro", noon);
    let request = app.request(
        "intro",
        &roomkey_tests::rfc3339(noon + Hours::hours(1)),
        "Cy",
        "cy@customers.example",
    );
    app.client().post_json("/api/v1/bookings", &request).expect(201);
    let given_up = || app.logs().matches("mail given up").count();
    wait_until("both to be given up", SOON, || (given_up() == 2).then_some(()));
    let metrics = app.internal_client().get("/metrics").expect(200);
    assert!(
        metrics.body.contains("roomkey_mail_failed_total{outcome=\"given_up\"} 2"),
        "{}",
        metrics.body
    );
    assert!(!app.logs().contains(BO), "the server's words, which name people, stay out of the log");
    // The others' mails are not harmed, and the refused ones are left alone from now on.
    wait_until("Ada's mails", SOON, || (sink.count() == 2).then_some(()));
    std::thread::sleep(Duration::from_secs(8));
    assert_eq!((sink.tries(BO), sink.tries("cy@customers.example")), (1, 1));
}

fn a_connection_cut_before_the_last_answer_may_double_a_mail_but_not_lose_it(backend: Backend) {
    let sink = SmtpSink::start();
    sink.fail(&json!([{"at": "data", "to": BO, "times": 1, "cut": true}]));
    let app = TestApp::on(backend).set("mail.url", sink.url()).start_with_ada();
    app.book("intro", app.noon_in_days(1));
    wait_until("the mail, its double, and Ada's", RETRIED, || (sink.count() == 3).then_some(()));
    let to_bo: Vec<_> = sink.mailbox().all().into_iter().filter(|mail| mail.is_to(BO)).collect();
    let ids: BTreeSet<_> = to_bo.iter().map(|mail| mail.part("message_id").to_owned()).collect();
    assert_eq!((to_bo.len(), ids.len()), (2, 1), "recognisably the same mail");
    for part in ["subject", "text", "html"] {
        assert_eq!(to_bo[0].part(part), to_bo[1].part(part));
    }
    assert_eq!(to_bo[0].calendar("raw"), to_bo[1].calendar("raw"));
}

fn a_slow_server_does_not_make_a_second_copy(backend: Backend) {
    let sink = SmtpSink::start();
    // Longer than a worker's claim lasts without being renewed.
    sink.fail(&json!([{"at": "data", "delay": 13}]));
    let app = TestApp::on(backend).set("mail.url", sink.url()).start_with_ada();
    app.book("intro", app.noon_in_days(1));
    arrives_once(&sink, &[BO, ADA]);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!((sink.tries(BO), sink.tries(ADA)), (1, 1));
}

fn one_dead_recipient_delays_nobody(backend: Backend) {
    let sink = SmtpSink::start();
    sink.fail(&json!([{"at": "rcpt", "to": BO, "delay": 30}]));
    let app = TestApp::on(backend).without_limits().set("mail.url", sink.url()).start_with_ada();
    let noon = app.noon_in_days(1);
    app.book("intro", noon);
    wait_until("the slow recipient", SOON, || (sink.tries(BO) == 1).then_some(()));
    let others = ["cy@customers.example", "di@customers.example", "ed@customers.example"];
    for (hours, email) in (1..).zip(others) {
        let start = roomkey_tests::rfc3339(noon + Hours::hours(hours));
        let request = app.request("intro", &start, "Another", email);
        app.client().post_json("/api/v1/bookings", &request).expect(201);
    }
    // Three to the others and four to Ada, while Bo's still hangs.
    wait_until("the others' mails", Duration::from_secs(10), || (sink.count() == 7).then_some(()));
    assert!(!sink.mailbox().all().iter().any(|mail| mail.is_to(BO)));
}

fn a_stop_lets_the_mail_under_way_end(backend: Backend) {
    let sink = SmtpSink::start();
    sink.fail(&json!([{"at": "data", "delay": 2}]));
    let mut app = TestApp::on(backend).set("mail.url", sink.url()).start_with_ada();
    app.book("intro", app.noon_in_days(1));
    wait_until("both under way", SOON, || {
        (sink.tries(BO) == 1 && sink.tries(ADA) == 1).then_some(())
    });
    app.stop();
    assert_eq!(sink.count(), 2, "what was under way has arrived");
    app.start();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!((sink.tries(BO), sink.tries(ADA)), (1, 1), "and is known to have");
}

fn mail_test_shows_the_conversation(backend: Backend) {
    let sink = SmtpSink::with(Tls::StartTls, Some(LOGIN));
    let mut app = TestApp::on(backend)
        .set("mail.url", sink.url_as(ENCODED_LOGIN))
        .set("mail.ca_file", sink.ca_file().display().to_string())
        .prepare();
    let output = app.cli(&["mail", "test", "--to", BO]);
    let conversation = output.done();
    for line in ["> STARTTLS", "> AUTH", "> MAIL FROM:<no-reply@localhost>", "< 250 kept"] {
        assert!(conversation.contains(line), "{line:?} is missing in {conversation}");
    }
    assert!(!conversation.contains("p:/ss word"), "{conversation}");
    let mail = sink.mailbox().wait_for("the test mail", |mail| mail.is_to(BO));
    assert_eq!(mail.header("auto-submitted"), ["auto-generated"]);

    // A server that nobody vouches for, a wrong password, a server without STARTTLS, and none.
    let plain = SmtpSink::start();
    let stranger = SmtpSink::with(Tls::StartTls, None);
    app.set("mail.ca_file", stranger.ca_file().display().to_string());
    app.cli(&["mail", "test", "--to", BO]).refused();
    app.set("mail.ca_file", sink.ca_file().display().to_string());
    app.set("mail.url", sink.url_as("bot%40example.org:wrong"));
    app.cli(&["mail", "test", "--to", BO]).refused();
    app.set("mail.url", plain.url().replace("smtp+plain://", "smtp://"));
    app.cli(&["mail", "test", "--to", BO]).refused();
    app.set("mail.url", "smtp+plain://127.0.0.1:1");
    app.cli(&["mail", "test", "--to", BO]).refused();
    assert_eq!((sink.count(), plain.count()), (1, 0), "nothing goes where it should not");
}

/// Waits for one mail to each, and checks that nobody got more than one.
#[track_caller]
fn arrives_once(sink: &SmtpSink, people: &[&str]) {
    wait_until("all mails", RETRIED, || (sink.count() >= people.len()).then_some(()));
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for mail in sink.mailbox().all() {
        *copies
            .entry(mail.value()["to"][0].as_str().unwrap_or_default().to_owned())
            .or_default() += 1;
    }
    let expected = people.iter().map(|to| ((*to).to_owned(), 1)).collect();
    assert_eq!(copies, expected);
}
