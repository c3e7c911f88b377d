//! What Jitsi's Prosody asks on the internal listener, with its requests as they were recorded.
//!
//! The rules of the answers are the plugin's: never a JSON null, never a 5xx but 503, a string id, a string message.

use roomkey_tests::{Backend, Booked, Client, Reply, TestApp, instant, on_both, rfc3339};
use serde_json::Value;

on_both!(
    a_room_is_granted_exactly_inside_its_window,
    the_event_types_policy_reaches_jitsi,
    the_end_of_a_conference_is_not_the_end_of_the_booking,
    unknown_names_are_not_found_and_tell_nothing,
    a_cancelled_booking_opens_no_room,
    only_the_bearer_of_the_token_is_answered,
    broken_requests_are_refused_in_words,
    other_calls_are_refused_in_words,
    head_is_get_without_a_body,
    wrong_tokens_are_limited_and_right_ones_are_not,
    only_listed_addresses_are_answered,
    rooms_under_a_tenant_are_asked_for_by_its_name,
);

/// Ada's clock stands at 08:00 UTC; the booking is from 12:00 to 12:30, so its room is open 11:50 to 12:45.
fn booked_for_noon(backend: Backend) -> (TestApp, Booked) {
    let app = TestApp::on(backend).clock("2027-03-01 08:00:00").start_with_ada();
    let booked = app.book("intro", instant("2027-03-01T12:00:00Z"));
    (app, booked)
}

fn a_room_is_granted_exactly_inside_its_window(backend: Backend) {
    let (mut app, booked) = booked_for_noon(backend);
    let room = booked.text("/room/name").to_owned();
    assert_eq!(booked.text("/room/opens_at"), "2027-03-01T11:50:00Z");
    assert_eq!(booked.text("/room/closes_at"), "2027-03-01T12:45:00Z");

    let early = refusal(&app.ask(&room), 403);
    assert!(early.contains("11:50"), "the opening time is named: {early}");
    assert!(early.contains("London"), "and its zone: {early}");
    no_pii(&early, &booked);

    // One minute of skew between the clocks is granted, not more.
    app.restart_at("2027-03-01 11:48:30");
    refusal(&app.ask(&room), 403);
    app.restart_at("2027-03-01 11:49:10");
    let granted = grant(&app.ask(&room), &room);
    assert_eq!(granted["password"].as_str(), Some(booked.text("/room/password")));
    assert_eq!(starts(&granted), "2027-03-01T11:50:00Z");
    assert_eq!(granted["duration"].as_i64(), Some(55 * 60));
    assert!(granted.get("lobby").is_none_or(|lobby| lobby == false), "{granted}");
    assert!(granted.get("max_occupants").is_none(), "left out: {granted}");

    // Prosody asks again after a restart, and two shards ask at once: always the same answer.
    for _ in 0..3 {
        assert_eq!(grant(&app.ask(&room), &room), granted);
    }
    let id = granted["id"].as_str().expect("an id");
    assert_eq!(grant(&app.prosody().get(&format!("/conference/{id}")), &room), granted);

    app.restart_at("2027-03-01 12:44:50");
    assert_eq!(grant(&app.ask(&room), &room), granted, "the same to the last minute");
    app.restart_at("2027-03-01 12:45:01");
    no_pii(&refusal(&app.ask(&room), 403), &booked);
}

fn the_event_types_policy_reaches_jitsi(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-03-01 08:00:00").start_with_ada();
    let options = [
        "--title",
        "Board",
        "--duration",
        "60",
        "--early",
        "30",
        "--grace",
        "5",
        "--max-occupants",
        "4",
        "--lobby",
    ];
    app.add_event_type("ada", "board", &options);
    let booked = app.book("board", instant("2027-03-01T09:00:00Z"));
    let room = booked.text("/room/name");
    assert_eq!(booked.value()["room"]["max_occupants"], 4);
    assert_eq!(booked.value()["room"]["lobby"], true);

    let mut app = app;
    app.restart_at("2027-03-01 08:31:00");
    let granted = grant(&app.ask(room), room);
    assert_eq!(starts(&granted), "2027-03-01T08:30:00Z");
    assert_eq!(granted["duration"].as_i64(), Some(95 * 60));
    assert_eq!(granted["lobby"], true);
    assert_eq!(granted["max_occupants"].as_i64(), Some(6), "two more, for ghosts");
}

fn the_end_of_a_conference_is_not_the_end_of_the_booking(backend: Backend) {
    let (mut app, booked) = booked_for_noon(backend);
    let room = booked.text("/room/name");
    app.restart_at("2027-03-01 11:55:00");
    let granted = grant(&app.ask(room), room);
    let path = format!("/conference/{}", granted["id"].as_str().expect("an id"));

    let prosody = app.prosody();
    for _ in 0..2 {
        let ended = prosody.send("DELETE", &path, None, &[]);
        assert!((200..300).contains(&ended.status), "also when repeated: {ended:?}");
    }
    let again = grant(&app.ask(room), room);
    assert_eq!(again["password"], granted["password"]);
    assert_eq!(again["start_time"], granted["start_time"]);
    assert_eq!(again["duration"], granted["duration"]);

    let unknown = prosody.send("DELETE", "/conference/no-such-conference", None, &[]);
    refusal(&unknown, 404);
    refusal(&prosody.get("/conference/no-such-conference"), 404);
}

fn unknown_names_are_not_found_and_tell_nothing(backend: Backend) {
    let (mut app, booked) = booked_for_noon(backend);
    app.restart_at("2027-03-01 11:55:00");
    let room = booked.text("/room/name");
    let shouted = room.to_uppercase();
    let in_tenant = format!("%5bacme%5d{room}");
    let names = [
        "standup",
        "__jicofo-health-check-1",
        "caf%25c3%25a9",
        "%00",
        "%ff%fe",
        &"x".repeat(1000),
        &shouted,
        &in_tenant,
        &format!("{room}x"),
        &format!("%20{room}"),
        &room[1..],
    ];
    let messages: Vec<String> = names.iter().map(|name| refusal(&app.ask(name), 404)).collect();
    assert!(messages.windows(2).all(|pair| pair[0] == pair[1]), "no oracle: {messages:?}");
}

fn a_cancelled_booking_opens_no_room(backend: Backend) {
    let (mut app, booked) = booked_for_noon(backend);
    app.restart_at("2027-03-01 11:55:00");
    let room = booked.text("/room/name");
    grant(&app.ask(room), room);
    app.cli(&["booking", "cancel", booked.id()]).done();
    let reply = app.ask(room);
    assert!([403, 404, 410].contains(&reply.status), "{reply:?}");
    no_pii(&refusal(&reply, reply.status), &booked);
}

fn only_the_bearer_of_the_token_is_answered(backend: Backend) {
    let app = TestApp::on(backend)
        .set("jitsi.reservations_token_previous", "the-token-before-its-rotation-0123456789")
        .start_with_ada();
    let body = || Some(b"name=x&start_time=2026-11-24T02%3a10%3a30.000Z&mail_owner=a%40b".to_vec());
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let ask = |client: Client| client.send("POST", "/conference", body(), &[form]);
    let token = app.reservations_token();
    for wrong in ["", "Bearer", "Bearer ", "Bearer wrong", "Basic cm9vbTprZXk=", &token[1..], token]
    {
        let client = app.internal_client().header("Authorization", wrong);
        refusal(&ask(client.clone()), 401);
        refusal(&client.get("/conference/x"), 401);
        refusal(&client.send("DELETE", "/conference/x", None, &[]), 401);
    }
    refusal(&ask(app.internal_client()), 401);
    refusal(&ask(app.prosody()), 404);
    let previous = "Bearer the-token-before-its-rotation-0123456789";
    refusal(&ask(app.internal_client().header("Authorization", previous)), 404);

    // None of it is on the public listener.
    let public = app.client().header("Authorization", format!("Bearer {token}"));
    assert!([403, 404].contains(&ask(public.clone()).status));
    for path in ["/conference/x", "/healthz", "/readyz", "/metrics"] {
        assert_eq!(public.get(path).status, 404, "{path}");
    }
}

fn wrong_tokens_are_limited_and_right_ones_are_not(backend: Backend) {
    let app = TestApp::on(backend).set("log.level", "debug").start_with_ada();
    let stranger = app.internal_client().header("Authorization", "Bearer a-wrong-one-0123456789");
    let lines = app.logs().lines().count();
    let statuses: Vec<u16> = (0..130).map(|_| stranger.get("/conference/x").status).collect();
    assert!(statuses[..100].iter().all(|status| *status == 401), "{statuses:?}");
    assert!(statuses[101..].iter().all(|status| *status == 429), "{statuses:?}");
    let limited = stranger.get("/conference/x");
    refusal(&limited, 429);
    assert!(
        limited.header("retry-after").parse::<u32>().is_ok_and(|wait| (1..=61).contains(&wait))
    );
    // Prosody, which may share the address, is not locked out.
    refusal(&app.ask("x"), 404);
    let metrics = app.internal_client().get("/metrics").expect(200).body;
    for (reason, least) in [("token", 100), ("too_many", 30)] {
        let name = format!("roomkey_reservations_refused_total{{reason=\"{reason}\"}} ");
        let counted = metrics.lines().find_map(|line| line.strip_prefix(&name));
        let counted = counted.and_then(|counted| counted.parse::<u32>().ok());
        assert!(counted.is_some_and(|counted| counted >= least), "{reason}: {counted:?}");
    }
    assert!(app.logs().lines().count() < lines + 50, "nothing of each: {}", app.logs());

    let app = TestApp::on(backend).without_limits().start_with_ada();
    let stranger = app.internal_client().header("Authorization", "Bearer a-wrong-one-0123456789");
    assert!((0..120).all(|_| stranger.get("/conference/x").status == 401));
}

fn only_listed_addresses_are_answered(backend: Backend) {
    let mut app = TestApp::on(backend)
        .set("jitsi.reservations_allow", "192.0.2.0/24, 2001:db8::/32")
        .start_with_ada();
    refusal(&app.ask("x"), 403);
    refusal(&app.internal_client().get("/conference/x"), 403);
    app.internal_client().get("/healthz").expect(200);
    for listed in ["127.0.0.1", "192.0.2.1,127.0.0.0/8"] {
        app.set("jitsi.reservations_allow", listed);
        app.restart();
        refusal(&app.ask("x"), 404);
        refusal(&app.internal_client().get("/conference/x"), 401);
    }
}

fn rooms_under_a_tenant_are_asked_for_by_its_name(backend: Backend) {
    let mut app = TestApp::on(backend)
        .clock("2027-03-01 08:00:00")
        .set("jitsi.tenant", "acme")
        .start_with_ada();
    let booked = app.book("intro", instant("2027-03-01T12:00:00Z"));
    let room = booked.text("/room/name");
    assert_eq!(booked.text("/room/url"), format!("https://meet.example.org/acme/{room}"));
    app.restart_at("2027-03-01 11:55:00");
    let join = app.client().post_form(&format!("{}/join", booked.page()), &[]).expect(303);
    assert_eq!(join.location(), format!("https://meet.example.org/acme/{room}"));
    // As Prosody writes it, brackets and all.
    let node = format!("[acme]{room}");
    let granted = grant(&app.ask(&format!("%5bacme%5d{room}")), &node);
    let id = granted["id"].as_str().expect("an id");
    assert_eq!(grant(&app.prosody().get(&format!("/conference/{id}")), &node), granted);
    for other in [room.to_owned(), format!("%5bother%5d{room}"), format!("%5bAcme%5d{room}")] {
        refusal(&app.ask(&other), 404);
    }
}

fn broken_requests_are_refused_in_words(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let prosody = app.prosody();
    let form = "application/x-www-form-urlencoded";
    let huge = format!("name={}", "a".repeat(3_000_000));
    let broken = [
        (form, ""),
        (form, "name="),
        (form, "start_time=2026-11-24T02%3a10%3a30.000Z"),
        (form, "%%%"),
        (form, "name=a&name=b"),
        (form, huge.as_str()),
        ("application/json", "{\"name\": null}"),
        ("text/plain", "name=a"),
    ];
    for (kind, body) in broken {
        let reply = prosody.send(
            "POST",
            "/conference",
            Some(body.as_bytes().to_vec()),
            &[("Content-Type", kind)],
        );
        refusal(&reply, reply.status);
    }
    for method in ["GET", "DELETE"] {
        for id in ["%00", "..%2f..", "364758328.0", &"x".repeat(2000)] {
            let reply = prosody.send(method, &format!("/conference/{id}"), None, &[]);
            refusal(&reply, reply.status);
        }
    }
}

fn other_calls_are_refused_in_words(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let prosody = app.prosody();
    for (path, taken, others) in [
        ("/conference", "POST", &["GET", "HEAD", "PUT", "DELETE", "PATCH"][..]),
        ("/conference/some-id", "DELETE, GET, HEAD", &["POST", "PUT", "PATCH"]),
        ("/healthz", "GET, HEAD", &["POST", "DELETE"]),
        ("/readyz", "GET, HEAD", &["POST"]),
        ("/metrics", "GET, HEAD", &["PUT"]),
    ] {
        for method in others {
            let reply = prosody.send(method, path, None, &[]);
            assert_eq!(reply.header("allow"), taken, "{method} {path}: {reply:?}");
            if *method == "HEAD" {
                assert_eq!(reply.status, 405);
            } else {
                refusal(&reply, 405);
            }
        }
    }
    // The plugin joins prefix and path as they are: a slash at the prefix's end makes two of it.
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    for path in ["/conference/", "//conference", "/conference/a/b", "/", "/events", "/nothing"] {
        let reply = prosody.send("POST", path, Some(b"name=x".to_vec()), &form);
        let message = refusal(&reply, 404);
        assert!(message.contains("reservations_api_prefix"), "{path}: {message}");
        refusal(&prosody.get(path), 404);
    }
    refusal(&prosody.get("/conference/%ff"), 404);
}

fn head_is_get_without_a_body(backend: Backend) {
    let (mut app, booked) = booked_for_noon(backend);
    app.restart_at("2027-03-01 11:55:00");
    let room = booked.text("/room/name");
    let id = grant(&app.ask(room), room)["id"].as_str().expect("an id").to_owned();
    let prosody = app.prosody();
    for path in ["/healthz", "/readyz", "/metrics", &format!("/conference/{id}")] {
        let head = prosody.send("HEAD", path, None, &[]).expect(200);
        assert_eq!(head.body, "", "{path}");
        assert_eq!(head.header("content-type"), prosody.get(path).header("content-type"));
    }
    prosody.send("HEAD", "/conference/no-such-conference", None, &[]).expect(404);
    app.internal_client().send("HEAD", &format!("/conference/{id}"), None, &[]).expect(401);
}

#[test]
fn a_database_that_is_away_is_a_503_until_it_is_back() {
    let mut app = TestApp::on(Backend::Postgres).clock("2027-03-01 08:00:00").start_with_ada();
    let booked = app.book("intro", instant("2027-03-01T12:00:00Z"));
    let room = booked.text("/room/name");
    app.restart_at("2027-03-01 11:55:00");
    let granted = grant(&app.ask(room), room);

    app.database().set_reachable(false);
    let away = app.ask(room);
    assert_eq!(away.status, 503, "{away:?}");
    assert!(away.json()["message"].is_string(), "{away:?}");
    let id = granted["id"].as_str().expect("an id");
    assert_eq!(app.prosody().get(&format!("/conference/{id}")).status, 503);
    assert_eq!(app.internal_client().get("/readyz").status, 503);
    assert_eq!(app.internal_client().get("/healthz").status, 200, "the process itself lives");
    let page = app.client().get(booked.page()).expect(503);
    assert!(!page.header("retry-after").is_empty(), "{page:?}");
    let request = app.request("intro", "2027-03-02T12:00:00Z", "Cy", "cy@customers.example");
    app.client().post_json("/api/v1/bookings", &request).problem(503);

    app.database().set_reachable(true);
    let back = roomkey_tests::wait_until("the database to be back", roomkey_tests::SOON, || {
        let reply = app.ask(room);
        (reply.status == 200).then_some(reply)
    });
    assert_eq!(grant(&back, room), granted);
}

/// Checks an answer that lets the room be made, by the plugin's own rules.
#[track_caller]
fn grant(reply: &Reply, room: &str) -> Value {
    assert_eq!(reply.status, 200, "not granted: {reply:#?}");
    let granted = reply.json();
    no_nulls(&granted);
    let id = granted["id"].as_str().expect("the id is a string");
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    assert!(!id.is_empty() && id.chars().all(plain), "{id}");
    assert_eq!(granted["name"].as_str(), Some(room), "the name is the one that was asked for");
    assert!(granted["mail_owner"].is_string(), "{granted}");
    assert!(granted["duration"].is_number(), "{granted}");
    granted
}

/// Checks an answer that keeps the room closed, and gives its message.
#[track_caller]
fn refusal(reply: &Reply, status: u16) -> String {
    assert_eq!(reply.status, status, "{reply:#?}");
    assert!((400..500).contains(&status) && status != 409 && status != 419, "{reply:#?}");
    let refused = reply.json();
    no_nulls(&refused);
    let message = refused["message"].as_str().expect("a message in words").to_owned();
    assert!(!message.is_empty());
    message
}

#[track_caller]
fn no_nulls(value: &Value) {
    let object = value.as_object().expect("an object");
    assert!(object.values().all(|each| !each.is_null()), "a null wedges the room: {value}");
}

#[track_caller]
fn no_pii(message: &str, booked: &Booked) {
    for private in ["Bo", "Ada", "Lovelace", "Intro call", "@", booked.text("/room/password")] {
        assert!(!message.contains(private), "{private:?} in {message:?}");
    }
}

/// The window's start as an instant, whatever way it is written.
fn starts(granted: &Value) -> String {
    rfc3339(instant(granted["start_time"].as_str().expect("a start_time")))
}
