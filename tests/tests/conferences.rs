//! Rooms as Jitsi opened them: what of it is kept, and that hosts see it.

use roomkey_tests::{Backend, Booked, Client, Host, TestApp, instant, on_both};
use serde_json::{Value, json};

on_both!(
    the_host_sees_when_the_room_was_open,
    what_old_rooms_say_counts_for_them_alone,
    many_questions_at_once_are_one_conference,
);

/// The body and the headers of a question as Prosody 0.12 was seen to send it, but for the name.
fn recorded(name: &str) -> (Vec<u8>, [(&'static str, &'static str); 2]) {
    let body =
        format!("name={name}&mail_owner=alice%40meet.test&start_time=2026-11-24T02%3a10%3a30.000Z");
    let headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("User-Agent", "Prosody (0.12.3; posix)"),
    ];
    (body.into_bytes(), headers)
}

fn ask(prosody: &Client, name: &str) -> (u16, Value) {
    let (body, headers) = recorded(name);
    let reply = prosody.send("POST", "/conference", Some(body), &headers);
    (reply.status, reply.json())
}

/// Ada's clock stands at 08:00 UTC; the booking is from 12:00 to 12:30, so its room is open 11:50 to 12:45.
fn booked_for_noon(backend: Backend) -> (TestApp, Booked) {
    let app = TestApp::on(backend).clock("2027-03-01 08:00:00").start_with_ada();
    let booked = app.book("intro", instant("2027-03-01T12:00:00Z"));
    (app, booked)
}

fn kept(app: &TestApp, id: &str) -> Value {
    let found = app.cli(&["booking", "show", id, "--json"]).json();
    found["conferences"].clone()
}

fn the_host_sees_when_the_room_was_open(backend: Backend) {
    let (mut app, booked) = booked_for_noon(backend);
    let room = booked.text("/room/name").to_owned();
    let prosody = app.prosody();
    assert_eq!(ask(&prosody, &room).0, 403);
    assert_eq!(kept(&app, booked.id()), json!([]), "a refusal opens nothing");

    app.restart_at("2027-03-01 11:55:00");
    let (status, granted) = ask(&app.prosody(), &room);
    assert_eq!(status, 200, "{granted}");
    let path = format!("/conference/{}", granted["id"].as_str().expect("an id"));
    app.restart_at("2027-03-01 12:20:00");
    assert_eq!(ask(&app.prosody(), &room), (200, granted.clone()), "after a restart of ours");
    app.prosody().send("DELETE", &path, None, &[]).expect(204);
    app.restart_at("2027-03-01 12:25:00");
    assert_eq!(ask(&app.prosody(), &room), (200, granted), "after a coffee");

    let key = app.key("ada", "bookings:read");
    let found = key.get(&format!("/api/v1/bookings/{}", booked.id())).expect(200).json();
    let open = &found["conferences"];
    assert_eq!(open, &kept(&app, booked.id()));
    assert_eq!(open.as_array().map(Vec::len), Some(2), "{open}");
    assert!(
        open[0]["opened_at"].as_str().is_some_and(|at| at.starts_with("2027-03-01T11:55:0")),
        "{open}"
    );
    assert!(
        open[0]["ended_at"].as_str().is_some_and(|at| at.starts_with("2027-03-01T12:20:0")),
        "{open}"
    );
    assert_eq!(open[0]["ended_by"], "empty");
    assert!(open[1].get("ended_at").is_none(), "it goes on: {open}");

    let ada = app.sign_in(&Host::ada());
    let page = found["links"]["page"].as_str().and_then(|page| page.split_once("/b/"));
    let page = format!("/b/{}", page.expect("the host's page").1);
    let shown = ada.page(&page).text();
    assert!(shown.contains("Opened at 11:55 , empty at 12:20, after 2"), "{shown}");
    assert!(shown.contains("Opened at 12:25 , still open"), "{shown}");
    let customer = app.client().page(booked.page()).text();
    assert!(!customer.contains("Opened at"), "not to the customer: {customer}");

    // Prosody was killed, and tells nothing: the clock ends it.
    app.restart_at("2027-03-01 12:46:00");
    let ended = kept(&app, booked.id());
    assert_eq!(ended[1]["ended_at"], "2027-03-01T12:45:00Z", "{ended}");
    assert_eq!(ended[1]["ended_by"], "window");
    assert_eq!(ask(&app.prosody(), &room).0, 403);
    assert_eq!(kept(&app, booked.id()).as_array().map(Vec::len), Some(2));
}

fn what_old_rooms_say_counts_for_them_alone(backend: Backend) {
    let mut app = TestApp::on(backend).clock("2027-03-01 08:00:00").start_with_ada();
    let options = ["--title", "A word", "--duration", "30", "--increment", "5"];
    app.add_event_type("ada", "word", &options);
    let booked = app.book("word", instant("2027-03-01T12:00:00Z"));
    app.restart_at("2027-03-01 11:55:00");
    let old = booked.text("/room/name").to_owned();
    let (_, granted) = ask(&app.prosody(), &old);
    let old_path = format!("/conference/{}", granted["id"].as_str().expect("an id"));

    app.cli(&["booking", "move", booked.id(), "--start", "2027-03-01T12:05:00Z"]).done();
    let key = app.key("ada", "bookings:read");
    let found = key.get(&format!("/api/v1/bookings/{}", booked.id())).expect(200).json();
    let new = found["room"]["name"].as_str().expect("a new room").to_owned();
    let prosody = app.prosody();
    assert_eq!(ask(&prosody, &old).0, 403, "the old one opens no more");
    assert_eq!(ask(&prosody, &new).0, 200);
    prosody.send("DELETE", &old_path, None, &[]).expect(204);
    assert_eq!(ask(&prosody, &new).0, 200);
    let kept = kept(&app, booked.id());
    assert_eq!(kept.as_array().map(Vec::len), Some(2), "{kept}");
    assert_eq!(kept[0]["ended_by"], "empty", "{kept}");
    assert!(kept[1].get("ended_by").is_none(), "the new one goes on: {kept}");
}

fn many_questions_at_once_are_one_conference(backend: Backend) {
    let (mut app, booked) = booked_for_noon(backend);
    app.restart_at("2027-03-01 11:55:00");
    let room = booked.text("/room/name");
    let answers: Vec<(u16, Value)> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..16).map(|_| scope.spawn(|| ask(&app.prosody(), room))).collect();
        asked.into_iter().map(|asked| asked.join().expect("an answer")).collect()
    });
    assert!(answers.iter().all(|answer| answer.0 == 200 && *answer == answers[0]), "{answers:?}");
    let kept = kept(&app, booked.id());
    assert_eq!(kept.as_array().map(Vec::len), Some(1), "{kept}");
}
