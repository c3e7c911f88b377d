//! What Jitsi's `event_sync` tells: who was in the room, in any order, again, or never; and a room that its host keeps open
//! longer.

use roomkey_tests::{Backend, Booked, Client, Host, Reply, TestApp, instant, on_both};
use serde_json::{Value, json};

on_both!(
    the_host_sees_who_was_there_and_how_long,
    events_in_any_order_and_again_come_to_the_same,
    whoever_comes_second_hears_that_somebody_is_there,
    a_no_show_is_suggested_where_nobody_met,
    other_rooms_and_broken_events_change_nothing,
    events_have_a_token_of_their_own,
    a_room_is_kept_open_while_nothing_follows,
);

/// Ada's clock stands at 11:55 UTC; the booking is from 12:00 to 12:30, so its room is open 11:50 to 12:45.
fn open_room(backend: Backend) -> (TestApp, Booked) {
    let mut app = TestApp::on(backend).clock("2027-03-01 08:00:00").start_with_ada();
    let booked = app.book("intro", instant("2027-03-01T12:00:00Z"));
    app.restart_at("2027-03-01 11:55:00");
    (app, booked)
}

/// Seconds since 1970 of a time of that day.
fn at(time: &str) -> i64 {
    instant(&format!("2027-03-01T{time}:00Z")).timestamp()
}

fn tell(client: &Client, what: &str, body: &Value) -> Reply {
    let octets = Some(body.to_string().into_bytes());
    client.send("POST", &format!("/events/{what}"), octets, &[("Content-Type", "application/json")])
}

/// An event as `event_sync` was seen to send it.
fn event(room: &str, name: &str, more: &Value) -> Value {
    let mut event = json!({
        "event_name": name, "room_name": room, "is_breakout": false,
        "room_jid": format!("{room}@conference.meet.example.org"),
    });
    for (field, value) in more.as_object().expect("fields") {
        event[field] = value.clone();
    }
    event
}

fn occupant(room: &str, nick: &str, who: Option<&str>, from: &str, to: Option<&str>) -> Value {
    let mut occupant = json!({
        "occupant_jid": format!("{room}@conference.meet.example.org/{nick}"), "joined_at": at(from),
    });
    if let Some(who) = who {
        (occupant["id"], occupant["name"]) = (json!(who.to_lowercase()), json!(who));
    }
    if let Some(to) = to {
        occupant["left_at"] = json!(at(to));
    }
    occupant
}

fn shown(app: &TestApp, booked: &Booked) -> Value {
    app.cli(&["booking", "show", booked.id(), "--json"]).json()
}

fn hosts_page(app: &TestApp, booked: &Booked) -> String {
    let key = app.key("ada", "bookings:read");
    let found = key.get(&format!("/api/v1/bookings/{}", booked.id())).expect(200).json();
    let page = found["links"]["page"].as_str().and_then(|page| page.split_once("/b/"));
    format!("/b/{}", page.expect("the host's page").1)
}

/// All that is told of a meeting of Ada and Bo, from 12:00 to 12:28, after which Ada stays for two minutes.
fn meeting(room: &str) -> Vec<(&'static str, Value)> {
    let (ada, bo) = (Some("Ada"), Some("Bo"));
    let joined = |nick, who, from| json!({"occupant": occupant(room, nick, who, from, None)});
    let left = |nick, who, from, to| json!({"occupant": occupant(room, nick, who, from, Some(to))});
    let all = [
        occupant(room, "aaaa", ada, "11:58", Some("12:30")),
        occupant(room, "bbbb", bo, "12:00", Some("12:28")),
    ];
    let gone =
        json!({"created_at": at("11:58"), "destroyed_at": at("12:30"), "all_occupants": all});
    [
        ("room/created", "muc-room-created", json!({"created_at": at("11:58")})),
        ("occupant/joined", "muc-occupant-joined", joined("aaaa", ada, "11:58")),
        ("occupant/joined", "muc-occupant-joined", joined("bbbb", bo, "12:00")),
        ("occupant/left", "muc-occupant-left", left("bbbb", bo, "12:00", "12:28")),
        ("occupant/left", "muc-occupant-left", left("aaaa", ada, "11:58", "12:30")),
        ("room/destroyed", "muc-room-destroyed", gone),
    ]
    .into_iter()
    .map(|(path, name, more)| (path, event(room, name, &more)))
    .collect()
}

fn the_host_sees_who_was_there_and_how_long(backend: Backend) {
    let (mut app, booked) = open_room(backend);
    let room = booked.text("/room/name");
    let told = meeting(room);
    let prosody = app.prosody();
    for (path, body) in &told[..3] {
        tell(&prosody, path, body).expect(204);
    }
    app.restart_at("2027-03-01 12:10:00");
    let presence = shown(&app, &booked)["presence"].clone();
    assert_eq!(presence["people"].as_array().map(Vec::len), Some(2), "{presence}");
    assert!(presence["people"][0]["times"][0].get("left_at").is_none(), "{presence}");

    let prosody = app.prosody();
    for (path, body) in &told[3..] {
        tell(&prosody, path, body).expect(204);
    }
    app.restart_at("2027-03-01 12:50:00");
    let presence = shown(&app, &booked)["presence"].clone();
    let times = json!([{"joined_at": "2027-03-01T12:00:00Z", "left_at": "2027-03-01T12:28:00Z"}]);
    assert_eq!(presence["people"][1], json!({"id": "bo", "name": "Bo", "times": times}));
    assert_eq!(presence["together_seconds"], 28 * 60);
    let page = app.client().page(&hosts_page(&app, &booked)).text();
    assert!(page.contains("Bo, at 12:00 until 12:28"), "{page}");
    assert!(page.contains("at once for 28 minutes"), "{page}");
    assert!(!page.contains("Was it a no-show?"), "{page}");
    let customer = app.client().page(booked.page()).text();
    assert!(!customer.contains("until 12:28"), "{customer}");
    let told = app.client().get(&format!("/api/v1/bookings/{}", booked.id()));
    assert_eq!(told.status, 401);
}

fn events_in_any_order_and_again_come_to_the_same(backend: Backend) {
    let mut app = TestApp::on(backend).clock("2027-03-01 08:00:00").start_with_ada();
    let one = app.book("intro", instant("2027-03-01T12:00:00Z"));
    app.add_host(&Host::new("eve", "Eve Evans", "Europe/Paris"));
    app.add_event_type("eve", "intro", &["--title", "Intro call", "--duration", "30"]);
    let mut request = app.request("intro", "2027-03-01T12:00:00Z", "Bo", "bo@customers.example");
    request["host"] = json!("eve");
    let other = app.client().post_json("/api/v1/bookings", &request).expect(201);
    let other = Booked::from_json(other.json());
    app.restart_at("2027-03-01 12:50:00");
    let prosody = app.prosody();
    for (path, body) in &meeting(one.text("/room/name")) {
        tell(&prosody, path, body).expect(204);
    }
    let mut told = meeting(other.text("/room/name"));
    told.reverse();
    // The first to join was told of too late, twice, and that somebody came was lost.
    told.remove(3);
    let again = told.clone();
    for (path, body) in told.iter().chain(&again) {
        tell(&prosody, path, body).expect(204);
    }
    assert_eq!(shown(&app, &other)["presence"], shown(&app, &one)["presence"]);
}

fn whoever_comes_second_hears_that_somebody_is_there(backend: Backend) {
    let (app, booked) = open_room(backend);
    let room = booked.text("/room/name");
    let join = format!("{}/join", booked.page());
    let heard = || app.client().page(&join).text();
    assert!(!heard().contains("in the room already"));
    let host = app.database().rows("SELECT id FROM users WHERE handle = 'ada'");
    let host = host[0]["id"].as_str().expect("an id");
    let come = |nick: &str, id: Option<&str>| {
        let mut who = occupant(room, nick, None, "11:54", None);
        if let Some(id) = id {
            who["id"] = json!(id);
        }
        let body = event(room, "muc-occupant-joined", &json!({"occupant": who}));
        tell(&app.prosody(), "occupant/joined", &body).expect(204);
    };
    come("cccc", None);
    assert!(heard().contains("Somebody is in the room already"));
    come("aaaa", Some(host));
    assert!(heard().contains("The host is in the room already"));
}

fn a_no_show_is_suggested_where_nobody_met(backend: Backend) {
    let mut app = TestApp::on(backend).clock("2027-03-01 08:00:00").start_with_ada();
    let starts = ["10:00", "12:00", "13:00"];
    let bookings = starts.map(|at| app.book("intro", instant(&format!("2027-03-01T{at}:00Z"))));
    // To the first one came, to the second nobody, and of the third nothing is known but that Jitsi never asked.
    app.restart_at("2027-03-01 09:55:00");
    let room = bookings[0].text("/room/name");
    app.ask(room).expect(200);
    let alone = occupant(room, "aaaa", Some("Ada"), "09:56", Some("10:20"));
    let alone = event(room, "muc-occupant-left", &json!({"occupant": alone}));
    tell(&app.prosody(), "occupant/left", &alone).expect(204);
    app.restart_at("2027-03-01 11:55:00");
    let empty = bookings[1].text("/room/name");
    let more = json!({"created_at": at("11:55"), "destroyed_at": at("11:58"), "all_occupants": {}});
    let body = event(empty, "muc-room-destroyed", &more);
    tell(&app.prosody(), "room/destroyed", &body).expect(204);

    app.restart_at("2027-03-01 12:15:00");
    let text = |booked: &Booked| app.client().page(&hosts_page(&app, booked)).text();
    assert!(!text(&bookings[1]).contains("Was it a no-show?"), "it is not over");
    app.restart_at("2027-03-01 14:00:00");
    let text = |booked: &Booked| app.client().page(&hosts_page(&app, booked)).text();
    for (booked, why) in bookings.iter().zip([
        "never more than one person. Was it a no-show?",
        "Nobody came into the room. Was it a no-show?",
        "Nobody opened the room. Was it a no-show?",
    ]) {
        assert!(text(booked).contains(why), "{why}: {}", text(booked));
        assert!(!app.client().page(booked.page()).text().contains("no-show"));
    }
    // Once the host has said, nothing is suggested.
    app.cli(&["booking", "attended", bookings[0].id()]).done();
    assert!(!text(&bookings[0]).contains("Was it a no-show?"));
}

fn other_rooms_and_broken_events_change_nothing(backend: Backend) {
    let (app, booked) = open_room(backend);
    let (prosody, room) = (app.prosody(), booked.text("/room/name"));
    let before = app.database().dump();
    let joined = |room: &str, who: Value| event(room, "x", &json!({"occupant": who}));
    let mut breakout = joined(room, occupant(room, "a", None, "11:55", None));
    (breakout["is_breakout"], breakout["breakout_room_id"]) = (json!(true), json!("b"));
    for body in [
        joined("standup", occupant("standup", "a", None, "11:55", None)),
        joined(&room.to_uppercase(), occupant(room, "a", None, "11:55", None)),
        breakout,
        // Hours away from the room's time.
        joined(room, occupant(room, "a", None, "08:00", None)),
    ] {
        tell(&prosody, "occupant/joined", &body).expect(204);
    }
    for body in [json!({}), json!([]), json!(null), json!({"room_name": room}), json!("x")] {
        for path in ["room/created", "room/destroyed", "occupant/joined", "occupant/left"] {
            let reply = tell(&prosody, path, &body).expect(400).json();
            assert!(reply["message"].is_string(), "{reply}");
        }
    }
    let huge = json!({"room_name": room, "x": "y".repeat(1_000_000)});
    tell(&prosody, "occupant/joined", &huge).expect(400);
    tell(&prosody, "occupant/danced", &json!({})).expect(404);
    assert_eq!(prosody.get("/events/room/created").status, 405);
    let lines = |dump: String| {
        let lines = dump.lines().filter(|line| !line.contains("restrict "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(app.database().dump()), lines(before));
}

fn events_have_a_token_of_their_own(backend: Backend) {
    let app =
        TestApp::on(backend).set("jitsi.events_token", "events-alone-0123456789").start_with_ada();
    let told = json!({"room_name": "x", "created_at": 1});
    tell(&app.prosody(), "room/created", &told).expect(204);
    let alone = app.internal_client().header("Authorization", "Bearer events-alone-0123456789");
    tell(&alone, "room/created", &told).expect(204);
    assert_eq!(alone.get("/conference/x").status, 401, "it opens no room");
    for wrong in ["", "Bearer events-alone-012345678", "events-alone-0123456789"] {
        let client = app.internal_client().header("Authorization", wrong);
        tell(&client, "room/created", &told).expect(401);
    }
    assert!([403, 404].contains(&tell(&app.client(), "room/created", &told).status));
}

fn a_room_is_kept_open_while_nothing_follows(backend: Backend) {
    let (mut app, booked) = open_room(backend);
    let room = booked.text("/room/name").to_owned();
    app.ask(&room).expect(200);
    app.book("intro", instant("2027-03-01T13:00:00Z"));
    let page = hosts_page(&app, &booked);
    let ada = app.client();
    let extend = format!("{page}/extend");
    let shown = ada.page(&page);
    assert!(shown.text().contains("15 more minutes"), "{}", shown.text());
    let form = shown.form("/extend");
    // Pressed twice, it counts once; and the customer has no such button.
    for _ in 0..2 {
        ada.submit(&form).expect(303);
    }
    assert!(!ada.page(booked.page()).has_form("/extend"));
    let by_customer = format!("{}/extend", booked.page());
    assert_eq!(ada.post_form(&by_customer, &[]).status, 404);

    let after = ada.page(&page);
    assert!(after.text().contains("Jitsi ends this meeting at 12:45"), "{}", after.text());
    assert!(after.text().contains("Room kept open 15 minutes longer by you"), "{}", after.text());
    let found = app.cli(&["booking", "show", booked.id(), "--json"]).json();
    assert_eq!(found["room"]["closes_at"], "2027-03-01T13:00:00Z", "{found}");
    assert_eq!((&found["end"], &found["version"]), (&json!("2027-03-01T12:30:00Z"), &json!(1)));
    // The next booking begins then.
    assert!(!after.has_form("/extend"), "{}", after.text());
    let refused = ada.post_form(&extend, &[]).expect(422);
    assert!(refused.page().text().contains("you have something else then"));

    // What runs keeps its end; whoever comes again has the new one.
    app.restart_at("2027-03-01 12:46:00");
    let granted = app.ask(&room).expect(200).json();
    assert_eq!(granted["duration"], 70 * 60, "{granted}");
    let kept = app.cli(&["booking", "show", booked.id(), "--json"]).json()["conferences"].clone();
    assert_eq!(kept.as_array().map(Vec::len), Some(2), "{kept}");
    assert_eq!(kept[0]["ended_by"], "window", "{kept}");
    app.restart_at("2027-03-01 13:01:00");
    app.ask(&room).expect(403);
    assert_eq!(app.client().post_form(&extend, &[]).status, 422, "it is over");
}
