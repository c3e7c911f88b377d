//! Rooms without a booking: another program asks for one by the API, tells people itself, and Jitsi opens it like any
//! other.

use roomkey_tests::{Backend, Client, Host, TestApp, instant, on_both, rfc3339};
use serde_json::{Value, json};

on_both!(
    a_program_makes_a_room_and_jitsi_opens_it,
    a_room_takes_time_only_where_that_is_asked,
    a_repeat_with_a_key_makes_no_second_room,
    what_is_wrong_is_said_by_field,
    rooms_are_listed_part_by_part,
    commands_do_the_same,
    the_host_sees_on_a_page_what_programs_made_and_what_went_on,
    the_host_closes_a_room_on_the_page,
    the_page_is_read_part_by_part,
);

const ROOMS: &str = "/api/v1/rooms";

fn at_eight(backend: Backend) -> (TestApp, Client) {
    let app = TestApp::on(backend).clock("2027-03-01 08:00:00").start_with_ada();
    let key = app.key("ada", "rooms:write");
    (app, key)
}

fn wanted(start: &str, end: &str) -> Value {
    json!({"start": format!("2027-03-01T{start}:00Z"), "end": format!("2027-03-01T{end}:00Z")})
}

fn text<'a>(made: &'a Value, field: &str) -> &'a str {
    made[field].as_str().unwrap_or_else(|| panic!("no {field} in {made:#}"))
}

fn a_program_makes_a_room_and_jitsi_opens_it(backend: Backend) {
    let (mut app, key) = at_eight(backend);
    let mut full = wanted("12:00", "13:30");
    (full["max_occupants"], full["lobby"], full["label"]) = (json!(4), json!(true), json!("Board"));
    let reply = key.post_json(ROOMS, &full).expect(201);
    let made = reply.json();
    let path = format!("{ROOMS}/{}", text(&made, "id"));
    assert_eq!(reply.header("location"), path);
    for (field, value) in [
        ("label", json!("Board")),
        ("start", json!("2027-03-01T12:00:00Z")),
        ("end", json!("2027-03-01T13:30:00Z")),
        ("opens_at", json!("2027-03-01T12:00:00Z")),
        ("closes_at", json!("2027-03-01T13:30:00Z")),
        ("max_occupants", json!(4)),
        ("lobby", json!(true)),
        ("blocks", json!(false)),
    ] {
        assert_eq!(made[field], value, "{field} of {made}");
    }
    let (name, password) = (text(&made, "name"), text(&made, "password"));
    assert_eq!(text(&made, "url"), format!("https://meet.example.org/{name}"));
    assert!(name.len() == 32 && password.len() >= 14, "{made}");

    // Not a minute early, but for the clocks' difference; and told in the host's zone.
    let early = app.ask(name).expect(403).json();
    assert!(text(&early, "message").contains("12:00 (London time)"), "{early}");
    app.restart_at("2027-03-01 11:58:30");
    app.ask(name).expect(403);
    app.restart_at("2027-03-01 11:59:10");
    let granted = app.ask(name).expect(200).json();
    for (field, value) in [
        ("name", json!(name)),
        ("password", json!(password)),
        ("lobby", json!(true)),
        ("max_occupants", json!(6)),
        ("duration", json!(90 * 60)),
    ] {
        assert_eq!(granted[field], value, "{field} of {granted}");
    }
    let conference = format!("/conference/{}", text(&granted, "id"));
    assert_eq!(app.prosody().get(&conference).expect(200).json(), granted);
    let open = app.key("ada", "rooms:write").get(&path).expect(200).json();
    assert_eq!(open["conferences"].as_array().map(Vec::len), Some(1), "{open}");
    app.prosody().send("DELETE", &conference, None, &[]).expect(204);
    app.ask(name).expect(200);

    // Closed by hand, it opens no more.
    let key = app.key("ada", "rooms:write");
    for _ in 0..2 {
        let closed = key.send("DELETE", &path, None, &[]).expect(200).json();
        assert!(text(&closed, "revoked_at").starts_with("2027-03-01T1"), "{closed}");
    }
    let closed = app.ask(name).expect(403).json();
    assert!(text(&closed, "message").contains("closed"), "{closed}");
    let gone = key.get(&path).expect(200).json();
    assert_eq!(gone["conferences"].as_array().map(Vec::len), Some(2), "{gone}");
}

fn a_room_takes_time_only_where_that_is_asked(backend: Backend) {
    let (app, key) = at_eight(backend);
    let free = || app.slots("ada", "intro", "2027-03-01", "2027-03-01");
    let all = free();
    assert!(all.contains(&"2027-03-01T12:00:00Z".to_owned()), "{all:?}");
    key.post_json(ROOMS, &wanted("12:00", "13:00")).expect(201);
    assert_eq!(free(), all, "it takes no time");

    let mut blocking = wanted("12:00", "13:00");
    blocking["blocks"] = json!(true);
    let made = key.post_json(ROOMS, &blocking).expect(201).json();
    assert_eq!(made["blocks"], true);
    let left: Vec<String> = all.iter().filter(|at| !at.contains("T12:")).cloned().collect();
    assert_eq!(free(), left);
    let request = app.request("intro", "2027-03-01T12:30:00Z", "Bo Berg", "bo@customers.example");
    assert_eq!(app.client().post_json("/api/v1/bookings", &request).problem(409), "slot_taken");
    assert_eq!(key.post_json(ROOMS, &blocking).problem(409), "slot_taken");
    let reasons =
        app.client().get("/api/v1/slots/explain?host=ada&event=intro&at=2027-03-01T12:30:00Z");
    assert_eq!(reasons.expect(200).json()["reasons"][0]["code"], "taken");

    // A booking is in its way as well, and nothing is left of what was refused.
    app.book("intro", instant("2027-03-01T14:00:00Z"));
    let mut meets = wanted("13:30", "14:01");
    meets["blocks"] = json!(true);
    assert_eq!(key.post_json(ROOMS, &meets).problem(409), "slot_taken");
    let listed = key.get(ROOMS).expect(200).json();
    assert_eq!(listed["rooms"].as_array().map(Vec::len), Some(2), "{listed}");

    key.send("DELETE", &format!("{ROOMS}/{}", text(&made, "id")), None, &[]).expect(200);
    app.book("intro", instant("2027-03-01T12:30:00Z"));
}

fn a_repeat_with_a_key_makes_no_second_room(backend: Backend) {
    let (app, key) = at_eight(backend);
    let keyed = key.clone().header("Idempotency-Key", "order-4711");
    let made = keyed.post_json(ROOMS, &wanted("12:00", "13:00")).expect(201).json();
    assert_eq!(keyed.post_json(ROOMS, &wanted("12:00", "13:00")).expect(201).json(), made);
    let other = keyed.post_json(ROOMS, &wanted("12:00", "13:30"));
    assert_eq!(other.problem(422), "idempotency_key_reused");
    let unkeyed = key.post_json(ROOMS, &wanted("12:00", "13:00")).expect(201).json();
    assert_ne!(unkeyed["id"], made["id"]);
    // Many at once.
    let keyed = key.header("Idempotency-Key", "order-4712");
    let ids: Vec<Value> = std::thread::scope(|scope| {
        let ask = |keyed: Client| keyed.post_json(ROOMS, &wanted("15:00", "16:00")).expect(201);
        let asked: Vec<_> = (0..8)
            .map(|_| {
                let keyed = keyed.clone();
                scope.spawn(move || ask(keyed).json())
            })
            .collect();
        asked.into_iter().map(|asked| asked.join().expect("a room")["id"].clone()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    // A key of both kinds keeps one memory for both.
    let both = app.key("ada", "bookings:write,rooms:write").header("Idempotency-Key", "x");
    let request = app.request("intro", "2027-03-01T10:00:00Z", "Bo Berg", "bo@customers.example");
    both.post_json("/api/v1/bookings", &request).expect(201);
    let reused = both.post_json(ROOMS, &wanted("12:00", "13:00"));
    assert_eq!(reused.problem(422), "idempotency_key_reused");
}

fn what_is_wrong_is_said_by_field(backend: Backend) {
    let (app, key) = at_eight(backend);
    let with = |field: &str, value: Value| {
        let mut asked = wanted("12:00", "13:00");
        asked[field] = value;
        asked
    };
    for (asked, field) in [
        (json!({"end": "2027-03-01T13:00:00Z"}), "start"),
        (json!({"start": "2027-03-01T13:00:00Z"}), "end"),
        (with("start", json!("noon")), "start"),
        (with("end", json!("2027-03-01T12:00:00Z")), "end"),
        (with("end", json!("2027-03-02T12:00:01Z")), "end"),
        (json!({"start": "2027-03-01T07:00:00Z", "end": "2027-03-01T07:59:00Z"}), "end"),
        (with("max_occupants", json!(0)), "max_occupants"),
        (with("max_occupants", json!("4")), "max_occupants"),
        (with("max_occupants", json!(501)), "max_occupants"),
        (with("lobby", json!("yes")), "lobby"),
        (with("blocks", json!(1)), "blocks"),
        (with("label", json!("a\u{0}b")), "label"),
        (with("label", json!("x".repeat(161))), "label"),
    ] {
        let reply = key.post_json(ROOMS, &asked);
        assert_eq!(reply.problem(422), "invalid_request", "{asked}");
        assert_eq!(reply.json()["fields"][0]["field"], field, "{asked}: {reply:?}");
    }
    // What has begun may still be opened.
    key.post_json(ROOMS, &wanted("07:30", "09:00")).expect(201);

    // Another host's room is none.
    app.add_host(&Host::new("eve", "Eve Evans", "Europe/Paris"));
    let made = key.post_json(ROOMS, &wanted("12:00", "13:00")).expect(201).json();
    let path = format!("{ROOMS}/{}", text(&made, "id"));
    let eve = app.key("eve", "rooms:write");
    assert_eq!(eve.get(&path).problem(404), "not_found");
    assert_eq!(eve.send("DELETE", &path, None, &[]).problem(404), "not_found");
    assert_eq!(eve.get(ROOMS).expect(200).json()["rooms"], json!([]));
    assert!(key.get(&path).expect(200).json().get("revoked_at").is_none());
    // Nor is a booking's room one of these.
    let booked = app.book("intro", instant("2027-03-01T14:00:00Z"));
    let of_booking = app.key("ada", "bookings:read");
    assert_eq!(of_booking.get(&path).problem(403), "forbidden");
    assert_eq!(key.get(&format!("{ROOMS}/{}", booked.id())).problem(404), "not_found");
}

fn rooms_are_listed_part_by_part(backend: Backend) {
    let (_app, key) = at_eight(backend);
    let ids: Vec<Value> = ["12", "10", "11", "12", "09"]
        .iter()
        .map(|hour| key.post_json(ROOMS, &wanted(&format!("{hour}:00"), &format!("{hour}:30"))))
        .map(|reply| reply.expect(201).json()["id"].clone())
        .collect();
    let in_order = json!([ids[4], ids[1], ids[2], ids[0], ids[3]]);
    let mut seen = Vec::new();
    let mut next = String::new();
    for _ in 0..5 {
        let part = key.get(&format!("{ROOMS}?limit=2{next}")).expect(200).json();
        let rooms = part["rooms"].as_array().expect("rooms");
        seen.extend(rooms.iter().map(|room| room["id"].clone()));
        match part["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(json!(seen), in_order);
    let some = "?from=2027-03-01T10:30:00Z&to=2027-03-01T11:00:01Z";
    let found = key.get(&format!("{ROOMS}{some}")).expect(200).json();
    assert_eq!(found["rooms"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found["rooms"][0]["id"], ids[2]);
    for wrong in ["?limit=201", "?from=noon", "?cursor=x"] {
        assert_eq!(key.get(&format!("{ROOMS}{wrong}")).problem(400), "invalid_request", "{wrong}");
    }
}

fn commands_do_the_same(backend: Backend) {
    let (app, key) = at_eight(backend);
    let span = ["--start", "2027-03-01T12:00:00Z", "--end", "2027-03-01T13:00:00Z"];
    let add = |more: &[&str]| {
        let arguments = ["room", "add", "--host", "ada"].iter().chain(&span).chain(more);
        app.cli(&arguments.copied().collect::<Vec<_>>())
    };
    let made = add(&["--label", "Board", "--max-occupants", "4", "--blocks", "--json"]).json();
    let id = text(&made, "id");
    assert_eq!(key.get(&format!("{ROOMS}/{id}")).expect(200).json()["name"], made["name"]);
    assert!(add(&["--blocks"]).refused().contains("taken"));
    assert!(add(&[]).done().contains("password"));
    let listed = app.cli(&["room", "list", "--host", "ada", "--json"]).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
    let shown = app.cli(&["room", "show", id, "--json"]).json();
    assert_eq!(shown["conferences"], json!([]));
    assert!(app.cli(&["room", "show", id]).done().contains("Board"));
    assert!(app.cli(&["room", "revoke", id]).done().contains("Closed"));
    assert!(text(&app.cli(&["room", "show", id, "--json"]).json(), "revoked_at").len() > 10);
    assert!(app.cli(&["room", "list", "--host", "ada"]).done().contains("closed  Board"));
    assert!(app.cli(&["room", "show", "no-such-room"]).refused().contains("no room"));
}

/// A program with a key that its host calls so.
fn program(app: &TestApp, name: &str) -> Client {
    let scope = ["--scope", "rooms:write", "--json"];
    let made =
        app.cli(&[&["api-key", "add", "--host", "ada", "--name", name], &scope[..]].concat());
    app.client().header("Authorization", format!("Bearer {}", text(&made.json(), "key")))
}

fn labelled(key: &Client, label: &str, start: &str, end: &str) -> Value {
    let mut asked = wanted(start, end);
    asked["label"] = json!(label);
    key.post_json(ROOMS, &asked).expect(201).json()
}

/// What stands on the page, from one text to another.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let rest = page.split_once(from).unwrap_or_else(|| panic!("no {from:?} in {page}")).1;
    rest.split_once(to).map_or(rest, |(part, _)| part)
}

fn the_host_sees_on_a_page_what_programs_made_and_what_went_on(backend: Backend) {
    let (mut app, _) = at_eight(backend);
    app.add_host(&Host::new("eve", "Eve Evans", "Europe/Paris"));
    let shop = program(&app, "The shop");
    let mut blocking = wanted("12:00", "13:30");
    (blocking["label"], blocking["blocks"]) = (json!("Board <b>meeting</b>"), json!(true));
    let board = shop.post_json(ROOMS, &blocking).expect(201).json();
    let closed = labelled(&shop, "Closed early", "12:15", "13:00");
    shop.send("DELETE", &format!("{ROOMS}/{}", text(&closed, "id")), None, &[]).expect(200);
    let by_hand = ["room", "add", "--host", "ada", "--start", "2027-03-01T11:55:00Z"];
    app.cli(&[&by_hand[..], &["--end", "2027-03-02T01:00:00Z"]].concat()).done();
    let over = labelled(&shop, "Early bird", "08:30", "09:00");
    let hers = app.key("eve", "rooms:write");
    labelled(&hers, "Of Eve alone", "12:00", "13:00");

    // It is found from the settings, by the host alone.
    let page = app.sign_in(&Host::ada()).page("/app/settings");
    assert!(page.links().contains(&"/app/rooms".to_owned()), "{:?}", page.links());
    assert_eq!(app.client().get("/app/rooms").status, 303);

    app.restart_at("2027-03-01 12:10:00");
    app.ask(text(&board, "name")).expect(200);
    let at = |time: &str| instant(&format!("2027-03-01T{time}:00Z")).timestamp();
    let stay = |nick: &str, who: &str, from: &str, to: &str| {
        json!({"occupant_jid": format!("r@c/{nick}"), "id": who, "name": who,
            "joined_at": at(from), "left_at": at(to)})
    };
    let all = [stay("a", "Ada", "12:10", "12:40"), stay("b", "Bo", "12:15", "12:35")];
    let gone = json!({"room_name": board["name"], "created_at": at("12:10"),
        "destroyed_at": at("12:40"), "all_occupants": all});
    app.prosody().post_json("/events/room/destroyed", &gone).expect(204);
    app.restart_at("2027-03-01 12:41:00");
    let asked = app.ask(text(&board, "name")).expect(200).json();
    app.restart_at("2027-03-01 12:45:00");
    let conference = format!("/conference/{}", text(&asked, "id"));
    app.prosody().send("DELETE", &conference, None, &[]).expect(204);

    let ada = app.sign_in(&Host::ada());
    let listed = ada.get("/app/rooms").expect(200);
    for secret in [&board["password"], &board["name"], &board["url"], &closed["name"]] {
        let secret = secret.as_str().expect("a secret");
        assert!(!listed.body.contains(secret), "{secret}: {}", listed.body);
    }
    let shown = listed.page().text();
    for foreign in ["Of Eve alone", "Early bird"] {
        assert!(!shown.contains(foreign), "{foreign}: {shown}");
    }
    // In their order: by hand, the board's, the one that was closed.
    let first = between(&shown, "11:55 – 01:00 on Tuesday 2 March", "Board");
    assert!(first.contains("Without a label") && first.contains("Open"), "{first}");
    assert!(!first.contains("Made by") && !first.contains("Takes your time"), "{first}");
    let second = between(&shown, "12:00 – 13:30", "12:15 – 13:00");
    for part in [
        "Board <b>meeting</b>",
        "Open",
        "Made by The shop",
        "Takes your time",
        "Opened at 12:10",
        "empty at 12:45, after",
        "Ada, at 12:10 until 12:40",
        "Bo, at 12:15 until 12:35",
        "Two or more at once for 20 minutes",
        "Close for good",
    ] {
        assert!(second.contains(part), "{part}: {second}");
    }
    let third = between(&shown, "12:15 – 13:00", "nothing more");
    assert!(third.contains("Closed early") && third.contains("Closed"), "{third}");
    assert!(!third.contains("Close for good") && !third.contains("Opened"), "{third}");

    let past = ada.page("/app/rooms?show=past").text();
    assert!(past.contains("Early bird") && past.contains("Over"), "{past}");
    assert!(!past.contains("Board") && !past.contains("Close for good"), "{past}");
    assert_eq!(over["label"], "Early bird");
    let eve = app.sign_in(&Host::new("eve", "Eve Evans", "Europe/Paris"));
    let shown = eve.page("/app/rooms").text();
    assert!(shown.contains("Of Eve alone") && !shown.contains("Board"), "{shown}");
}

fn the_host_closes_a_room_on_the_page(backend: Backend) {
    let (app, key) = at_eight(backend);
    app.add_host(&Host::new("eve", "Eve Evans", "Europe/Paris"));
    let made = labelled(&key, "Board", "12:00", "13:00");
    let form_path = format!("/app/rooms/{}/close", text(&made, "id"));
    let (ada, eve) =
        (app.sign_in(&Host::ada()), app.sign_in(&Host::new("eve", "Eve Evans", "Europe/Paris")));
    let is_closed = || {
        let shown = key.get(&format!("{ROOMS}/{}", text(&made, "id"))).expect(200).json();
        shown.get("revoked_at").is_some()
    };
    // Not without the form's token, not by another host, not by a look.
    assert_eq!(ada.post_form(&form_path, &[]).status, 403);
    let hers = eve.page("/app/settings").form("/sign-out");
    assert_eq!(eve.post_form(&form_path, hers.fields()).status, 404);
    assert_eq!(ada.get(&form_path).status, 405);
    assert!(!is_closed());

    let form = ada.page("/app/rooms").form("/close");
    assert_eq!(form.action(), form_path);
    for _ in 0..2 {
        let closed = ada.submit(&form).expect(303);
        assert_eq!(closed.location(), "/app/rooms?done=closed");
    }
    let shown = ada.page("/app/rooms?done=closed");
    assert!(shown.text().contains("Nobody can open that room any more"), "{}", shown.text());
    assert!(!shown.has_form("/close"));
    assert!(is_closed());
    assert!(app.ask(text(&made, "name")).expect(403).body.contains("closed"));
    let nothing = "/app/rooms/01a229f1-2800-79eb-a3d0-a17a5b999b52/close";
    assert_eq!(ada.post_form(nothing, form.fields()).status, 404);
    assert_eq!(ada.post_form("/app/rooms/x/close", form.fields()).status, 404);
}

fn the_page_is_read_part_by_part(backend: Backend) {
    let (app, key) = at_eight(backend);
    // Four begin at once: a part may end among them.
    for number in 0..53_i64 {
        let start = instant("2027-03-01T10:00:00Z") + chrono::Duration::minutes(number / 4);
        let end = start + chrono::Duration::minutes(5);
        let label = format!("Room {number}");
        let asked = json!({"start": rfc3339(start), "end": rfc3339(end), "label": label});
        key.post_json(ROOMS, &asked).expect(201);
    }
    let read = |app: &TestApp, first: &str| {
        let ada = app.sign_in(&Host::ada());
        let (mut seen, mut path, mut parts) = (Vec::new(), first.to_owned(), 0);
        loop {
            let page = ada.page(&path);
            seen.extend(page.texts(".bk__main > b"));
            parts += 1;
            let more = page.links().into_iter().find(|link| link.contains("after="));
            match more {
                Some(more) => path = more,
                None => return (seen, parts),
            }
        }
    };
    let (upcoming, parts) = read(&app, "/app/rooms");
    assert_eq!(parts, 2);
    let mut sorted = upcoming.clone();
    sorted.sort_by_key(|label| label[5..].parse::<u32>().expect("a number"));
    sorted.dedup();
    assert_eq!(sorted.len(), 53, "each once");
    assert!(upcoming[..4].contains(&"Room 0".to_owned()), "the first to begin: {upcoming:?}");
    assert_eq!(read(&app, "/app/rooms?show=past"), (Vec::new(), 1));

    let mut app = app;
    app.restart_at("2027-03-01 11:00:00");
    let (past, parts) = read(&app, "/app/rooms?show=past");
    assert_eq!(parts, 2);
    assert_eq!(past, upcoming.into_iter().rev().collect::<Vec<_>>());
    assert_eq!(read(&app, "/app/rooms"), (Vec::new(), 1));
    // What is no place in the list is the first part.
    let (all, _) = read(&app, "/app/rooms?show=past&after=nonsense");
    assert_eq!(all, past);
}

#[test]
fn where_jitsi_asks_for_no_password_none_is_given() {
    let app = TestApp::on(Backend::Sqlite)
        .clock("2027-03-01 08:00:00")
        .set("jitsi.mode", "link")
        .start_with_ada();
    let key = app.key("ada", "rooms:write");
    let made = key.post_json(ROOMS, &wanted("12:00", "13:00")).expect(201).json();
    assert_eq!(made["password"], Value::Null, "{made}");
    assert!(made.get("password").is_some());
}
