//! Bookings that wait for the host's answer: what is kept, who is told, and what becomes of them.

use roomkey_tests::{Backend, Booked, Client, Host, TestApp, on_both};
use serde_json::json;

on_both!(
    a_request_keeps_its_time_and_has_no_room,
    a_host_confirms_on_the_page_and_the_room_is_there,
    a_host_declines_and_the_time_is_free,
    a_request_that_nobody_answers_expires,
    a_customer_takes_a_request_back,
    only_its_host_answers_a_request,
    answers_by_programs_and_commands,
    the_editor_knows_it,
    one_answer_counts,
);

const ADA: &str = "ada@hosts.example";
const BO: &str = "bo@customers.example";
const START: &str = "2027-07-05T09:00:00Z";

/// London, Thursday 1 July 2027, 09:00. Requests are answered within two hours.
fn app(backend: Backend) -> TestApp {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start_with_ada();
    let options = [
        "--title",
        "Visit",
        "--duration",
        "30",
        "--requires-confirmation",
        "--confirm-within",
        "120",
    ];
    app.add_event_type("ada", "visit", &options);
    app
}

fn ask(app: &TestApp, start: &str) -> Booked {
    let request = app.request("visit", start, "Bo Berg", BO);
    Booked::from_json(app.client().post_json("/api/v1/bookings", &request).expect(201).json())
}

/// The host's page of the booking, by the link in the mail.
fn host_page(app: &TestApp) -> String {
    let mail = app.mailbox().wait_for("the request", |mail| {
        mail.is_to(ADA) && mail.part("subject").starts_with("Requested: ")
    });
    let link = mail.link("/b/");
    link[link.find("/b/").expect("a path")..].to_owned()
}

fn status(app: &TestApp, booked: &Booked) -> String {
    let shown = app.cli(&["booking", "show", booked.id(), "--json"]).json();
    shown["status"].as_str().expect("a status").to_owned()
}

fn is_free(app: &TestApp) -> bool {
    app.slots("ada", "visit", "2027-07-05", "2027-07-05").iter().any(|slot| slot == START)
}

fn a_request_keeps_its_time_and_has_no_room(backend: Backend) {
    let app = app(backend);
    let offer = app.client().page("/ada/visit").text();
    assert!(offer.contains("Ada Lovelace confirms each booking"), "{offer}");
    let form = app.client().page(&format!("/ada/visit?slot={START}&tz=UTC")).form("/ada/visit");
    let form = form.set("name", "Bo Berg").set("email", BO);
    let page = app.client().page(&app.client().submit(&form).expect(303).location());
    let text = page.text();
    assert!(text.contains("Your request is with Ada Lovelace"), "{text}");
    // Two hours from nine in London, in the customer's own zone.
    assert!(text.contains("Thursday 1 July 2027 at 10:00 UTC time"), "{text}");
    assert!(!text.contains("Password") && !page.links().iter().any(|l| l.contains("/join")));
    assert!(!is_free(&app));
    assert_eq!(app.database().number("SELECT count(*) FROM rooms"), 0);
    let taken = app.request("intro", START, "Cy Cole", "cy@customers.example");
    assert_eq!(app.client().post_json("/api/v1/bookings", &taken).problem(409), "slot_taken");

    // Mails to both, and nothing for calendars.
    for who in [ADA, BO] {
        let mail = app.mailbox().wait_for("the request", |mail| mail.is_to(who));
        assert!(mail.value()["calendar"].is_null(), "{}", mail.value());
        assert!(mail.part("subject").starts_with("Requested: Visit"), "{}", mail.part("subject"));
        let until = if who == ADA { "11:00" } else { "10:00" };
        assert!(mail.part("text").contains(until), "{}", mail.part("text"));
        assert!(!mail.part("text").to_lowercase().contains("password"));
    }
}

fn a_host_confirms_on_the_page_and_the_room_is_there(backend: Backend) {
    let app = app(backend);
    let booked = ask(&app, START);
    assert_eq!((booked.text("/status"), booked.value()["room"].is_null()), ("pending", true));
    let path = host_page(&app);
    // Who only looks, a mail scanner among them, changes nothing.
    let before = app.database().dump_of("bookings");
    app.client().get(&path).expect(200);
    app.client().get(&format!("{path}/confirm")).expect(405);
    app.client().get(&format!("{path}/decline")).expect(405);
    assert_eq!(app.database().dump_of("bookings"), before);

    let form = app.client().page(&path).form(&format!("{path}/confirm"));
    app.client().submit(&form).expect(303);
    let shown = app.cli(&["booking", "show", booked.id(), "--json"]).json();
    assert_eq!((&shown["status"], &shown["version"]), (&json!("confirmed"), &json!(2)));
    let room = shown["room"]["name"].as_str().expect("a room");
    assert!(app.client().page(booked.page()).text().contains("Password"));
    for who in [ADA, BO] {
        let mail = app.mailbox().wait_for_invite(who, "REQUEST");
        assert_eq!(mail.sequence(), 0, "the first that calendars hear of it");
    }
    // Too early, but there is such a room.
    let asked = app.ask(room);
    assert_eq!(asked.status, 403, "{}", asked.body);
    // Once more is an error that changes nothing.
    let reply = app.client().submit(&form).expect(422);
    assert!(reply.body.contains("Nothing was changed"), "{}", reply.body);
    assert_eq!(status(&app, &booked), "confirmed");
}

fn a_host_declines_and_the_time_is_free(backend: Backend) {
    let app = app(backend);
    let booked = ask(&app, START);
    let path = host_page(&app);
    let form = app.client().page(&path).form(&format!("{path}/decline"));
    let long = "x".repeat(2001);
    let refused = app.client().submit(&form.clone().set("decline_reason", &long)).expect(422);
    let page = refused.page();
    assert!(page.marked().contains("decline_reason"));
    let form = page.form(&format!("{path}/decline"));
    assert_eq!(form.value("decline_reason"), Some(long.as_str()));
    app.client().submit(&form.set("decline_reason", "Away that day")).expect(303);
    assert_eq!(status(&app, &booked), "declined");
    assert!(is_free(&app));
    let mail = app.mailbox().wait_for("the answer", |mail| {
        mail.is_to(BO) && mail.part("subject").starts_with("Declined: ")
    });
    assert!(mail.part("text").contains("Away that day"), "{}", mail.part("text"));
    assert!(mail.value()["calendar"].is_null());
    let text = app.client().page(booked.page()).text();
    assert!(text.contains("declined") && text.contains("Away that day"), "{text}");
    let again = Booked::from_json(ask(&app, START).value().clone());
    assert_eq!(again.text("/status"), "pending");
}

fn a_request_that_nobody_answers_expires(backend: Backend) {
    let mut app = app(backend);
    let booked = ask(&app, START);
    let path = host_page(&app);
    let form = app.client().page(&path).form(&format!("{path}/confirm"));
    app.restart_at("2027-07-01 10:00:01");
    for who in [ADA, BO] {
        app.mailbox().wait_for("word of it", |mail| {
            mail.is_to(who) && mail.part("subject").starts_with("Expired: ")
        });
    }
    assert_eq!(status(&app, &booked), "expired");
    assert!(is_free(&app));
    app.client().submit(&form).expect(422);
    assert_eq!(status(&app, &booked), "expired");
    assert!(app.client().page(booked.page()).text().contains("expired"));
    assert_eq!(app.database().number("SELECT count(*) FROM rooms"), 0);

    // Asked for shortly before it begins, it lapses when it begins.
    let soon = ask(&app, "2027-07-01T10:30:00Z");
    app.restart_at("2027-07-01 10:30:01");
    app.mailbox().wait_for("word of it", |mail| {
        mail.is_to(BO)
            && mail.part("subject").starts_with("Expired: ")
            && mail.part("text").contains(soon.id())
    });
}

fn a_customer_takes_a_request_back(backend: Backend) {
    let app = app(backend);
    let booked = ask(&app, START);
    let path = format!("/b/{}/cancel", booked.token());
    app.client().submit(&app.client().page(&path).form(&path)).expect(303);
    assert_eq!(status(&app, &booked), "cancelled");
    assert!(is_free(&app));
    let waiting = "SELECT count(*) FROM bookings WHERE expires_at IS NOT NULL";
    assert_eq!(app.database().number(waiting), 0);
    let page = host_page(&app);
    assert!(!app.client().page(&page).has_form("/confirm"));
}

fn only_its_host_answers_a_request(backend: Backend) {
    let app = app(backend);
    let booked = ask(&app, START);
    for act in ["confirm", "decline"] {
        let path = format!("/b/{}/{act}", booked.token());
        assert!(!app.client().page(booked.page()).has_form(&path));
        app.client().post_form(&path, &[]).expect(404);
        app.add_host_if_missing();
        let eve = app.key("eve", "bookings:write");
        let path = format!("/api/v1/bookings/{}/{act}", booked.id());
        assert_eq!(eve.post_json(&path, &json!({})).problem(404), "not_found");
        let reader = app.key("ada", "bookings:read");
        reader.post_json(&path, &json!({})).expect(403);
        app.client().post_json(&path, &json!({})).expect(401);
    }
    assert_eq!(status(&app, &booked), "pending");
}

trait Eve {
    fn add_host_if_missing(&self);
}

impl Eve for TestApp {
    fn add_host_if_missing(&self) {
        if self.database().number("SELECT count(*) FROM users WHERE handle = 'eve'") == 0 {
            self.add_host(&Host::new("eve", "Eve", "UTC"));
        }
    }
}

fn answers_by_programs_and_commands(backend: Backend) {
    let app = app(backend);
    let key = app.key("ada", "bookings:write");
    let answer = |id: &str, act: &str| {
        let path = format!("/api/v1/bookings/{id}/{act}");
        key.post_json(&path, &json!({"reason": "No"}))
    };
    let first = ask(&app, START);
    let confirmed = answer(first.id(), "confirm").expect(200).json();
    assert_eq!(confirmed["status"], "confirmed");
    assert!(confirmed["room"]["password"].is_string());
    assert_eq!(answer(first.id(), "confirm").problem(409), "invalid_transition");
    assert_eq!(answer(first.id(), "decline").problem(409), "invalid_transition");
    let second = ask(&app, "2027-07-06T09:00:00Z");
    let declined = answer(second.id(), "decline").expect(200).json();
    assert_eq!((&declined["status"], &declined["version"]), (&json!("declined"), &json!(2)));
    let listed = key.get("/api/v1/bookings?status=declined").expect(200).json();
    assert_eq!(listed["bookings"].as_array().map(Vec::len), Some(1));

    let third = ask(&app, "2027-07-07T09:00:00Z");
    app.cli(&["booking", "confirm", third.id()]).done();
    assert!(app.cli(&["booking", "decline", third.id()]).refused().contains("confirmed"));
    let fourth = ask(&app, "2027-07-08T09:00:00Z");
    app.cli(&["booking", "decline", fourth.id(), "--reason", "Away"]).done();
    assert_eq!(status(&app, &fourth), "declined");
    // Who books in the host's name has the host's yes.
    let mut request = app.request("visit", "2027-07-09T09:00:00Z", "Di Dorn", BO);
    request["answers"] = json!({});
    let own = key.post_json("/api/v1/bookings", &request).expect(201).json();
    assert_eq!(own["status"], "confirmed");
}

fn the_editor_knows_it(backend: Backend) {
    let app = app(backend);
    let browser: Client = app.sign_in(&Host::ada());
    let path = "/app/event-types/visit";
    let form = browser.page(path).form(path);
    assert_eq!(form.value("requires_confirmation"), Some("on"));
    assert_eq!(form.value("confirm_within"), Some("120"));
    let refused = browser.submit(&form.clone().set("confirm_within", "3")).expect(422).page();
    assert!(refused.marked().contains("confirm_within"));
    browser.submit(&form.without("requires_confirmation")).expect(303);
    assert_eq!(ask(&app, START).text("/status"), "confirmed");
    // In the list, a request can be answered at once.
    let form = browser.page(path).form(path).force("requires_confirmation", "on");
    browser.submit(&form).expect(303);
    let asked = ask(&app, "2027-07-06T09:00:00Z");
    let form = browser.page("/app/bookings").form("/confirm");
    browser.submit(&form).expect(303);
    assert_eq!(status(&app, &asked), "confirmed");
}

/// Confirmed, declined and taken back at the same time, by many: one of them happens, whole.
fn one_answer_counts(backend: Backend) {
    let app = app(backend);
    let key = app.key("ada", "bookings:write");
    for round in 0..10 {
        let start = format!("2027-07-{:02}T09:00:00Z", 5 + round);
        let booked = ask(&app, &start);
        let answers: Vec<u16> = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..24)
                .map(|racer| {
                    let (key, id) = (key.clone(), booked.id());
                    scope.spawn(move || {
                        let act = ["confirm", "decline", "cancel"][racer % 3];
                        let path = format!("/api/v1/bookings/{id}/{act}");
                        key.post_json(&path, &json!({})).status
                    })
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().expect("a racer")).collect()
        });
        assert!(answers.iter().all(|status| [200, 409].contains(status)), "{answers:?}");
        let shown = app.cli(&["booking", "show", booked.id(), "--json"]).json();
        // A confirmed one may be called off after it.
        let won = answers.iter().filter(|status| **status == 200).count();
        assert_eq!(shown["version"], json!(1 + won), "{answers:?} {shown}");
        let live = format!(
            "SELECT count(*) FROM rooms WHERE booking_id = '{}' AND NOT revoked",
            booked.id()
        );
        let confirmed = i64::from(shown["status"] == "confirmed");
        assert_eq!(app.database().number(&live), confirmed);
        let held = format!(
            "SELECT count(*) FROM booking_hosts WHERE booking_id = '{}' AND held",
            booked.id()
        );
        assert_eq!(app.database().number(&held), confirmed);
    }
}
