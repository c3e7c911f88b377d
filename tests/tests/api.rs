//! The JSON API: slots, bookings, idempotency, keys and their scopes.

use std::thread;

use chrono::Duration;
use roomkey_tests::{Backend, Booked, Client, Host, Reply, TestApp, instant, on_both, rfc3339};
use serde_json::{Value, json};

on_both!(
    slots_are_the_free_times_between_two_dates,
    slots_refuse_what_they_cannot_answer,
    a_booking_is_told_in_full,
    a_time_is_booked_once_and_only_when_offered,
    a_repeated_request_makes_one_booking,
    a_refused_request_leaves_no_record_of_its_key,
    only_what_books_counts_against_the_limit,
    a_repeat_is_answered_whatever_the_host_has_changed,
    a_key_sees_its_own_hosts_bookings_only,
    bookings_are_listed_in_parts,
    cancelling_ends_a_booking_once,
    scopes_are_held,
    answers_are_json_with_their_headers,
    other_methods_are_refused_with_those_that_are_taken,
    head_is_get_without_a_body,
    content_types_are_read_as_http_has_them,
    lists_take_every_status_of_a_booking,
    unknown_answers_and_details_are_named_with_what_there_is,
);

fn slots_are_the_free_times_between_two_dates(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-03-22 10:05:00").start();
    let ada = Host::ada();
    app.add_host(&ada);
    app.set_schedule(&ada, &["mon-fri 09:00-12:00,13:00-17:00"]);
    app.add_event_type("ada", "intro", &["--title", "Intro call", "--duration", "60"]);

    // Monday to next Monday. Today's passed hours are gone; London's clocks go forward on the Sunday.
    let slots = app.slots("ada", "intro", "2027-03-22", "2027-03-29");
    let on = |date: &str| -> Vec<&str> {
        slots.iter().filter(|slot| slot.starts_with(date)).map(|slot| &slot[11..16]).collect()
    };
    assert_eq!(on("2027-03-22"), ["11:00", "13:00", "14:00", "15:00", "16:00"]);
    assert_eq!(on("2027-03-23"), ["09:00", "10:00", "11:00", "13:00", "14:00", "15:00", "16:00"]);
    assert!(on("2027-03-27").is_empty() && on("2027-03-28").is_empty());
    assert_eq!(on("2027-03-29"), ["08:00", "09:00", "10:00", "12:00", "13:00", "14:00", "15:00"]);

    // In another zone: the same instants with that zone's offset, and its own dates.
    let query = "host=ada&event=intro&from=2027-03-24&to=2027-03-24&tz=Asia/Tokyo";
    let reply = app.client().get(&format!("/api/v1/slots?{query}")).expect(200).json();
    assert_eq!(reply["time_zone"], "Asia/Tokyo");
    let found = reply["slots"].as_array().expect("a list");
    let starts: Vec<&str> = found.iter().filter_map(|slot| slot["start"].as_str()).collect();
    // Tuesday 15:00 and 16:00 UTC, then Wednesday up to 14:00 UTC are Wednesday in Tokyo.
    let expected = [
        "2027-03-23T15:00:00Z",
        "2027-03-23T16:00:00Z",
        "2027-03-24T09:00:00Z",
        "2027-03-24T10:00:00Z",
        "2027-03-24T11:00:00Z",
        "2027-03-24T13:00:00Z",
        "2027-03-24T14:00:00Z",
    ];
    assert_eq!(starts.iter().map(|start| rfc3339(instant(start))).collect::<Vec<_>>(), expected);
    for slot in found {
        let [start, end] =
            ["start", "end"].map(|name| instant(slot[name].as_str().expect("a time")));
        assert_eq!(end - start, Duration::minutes(60));
    }

    // What is booked is no longer free, and what overlaps it neither.
    app.book("intro", instant("2027-03-23T10:00:00Z"));
    let left = app.slots("ada", "intro", "2027-03-23", "2027-03-23");
    assert!(!left.contains(&"2027-03-23T10:00:00Z".to_owned()));
    assert_eq!(left.len(), 6);
}

fn slots_refuse_what_they_cannot_answer(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let ask = |query: &str| app.client().get(&format!("/api/v1/slots?{query}"));
    for wrong in [
        "host=ada&event=intro&from=2027-01-01&to=2027-04-03&tz=UTC",
        "host=ada&event=intro&from=2027-02-30&to=2027-03-01&tz=UTC",
        "host=ada&event=intro&from=2027-01-02&to=2027-01-01&tz=UTC",
        "host=ada&event=intro&from=2027-01-01&to=2027-01-02&tz=Mars/Olympus",
        "host=ada&event=intro&from=yesterday&to=2027-01-02&tz=UTC",
        "host=ada&event=intro&to=2027-01-02&tz=UTC",
        "event=intro&from=2027-01-01&to=2027-01-02&tz=UTC",
        "host=ada&event=intro&from=99999-01-01&to=99999-01-02&tz=UTC",
        "host=ada&event=intro&from=2027-01-01&to=2027-01-02&tz=UTC&duration=x",
        "",
    ] {
        let reply = ask(wrong);
        assert!([400, 422].contains(&reply.status), "{wrong}: {reply:?}");
        reply.problem(reply.status);
    }
    ask("host=ada&event=intro&from=2027-01-01&to=2027-04-02&tz=UTC").expect(200);
    ask("host=nobody&event=intro&from=2027-01-01&to=2027-01-02&tz=UTC").problem(404);
    ask("host=ada&event=nothing&from=2027-01-01&to=2027-01-02&tz=UTC").problem(404);
    // The end of time is a question like any other.
    let far = ask("host=ada&event=intro&from=9999-12-30&to=9999-12-31&tz=UTC");
    assert!([200, 400, 422].contains(&far.status), "{far:?}");
}

fn a_booking_is_told_in_full(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let start = app.noon_in_days(3);
    let mut request = app.request("intro", &rfc3339(start), "Bo Berg", "bo@customers.example");
    request["answers"] = json!({"note": "First line\nSecond\tline"});
    let reply = app.client().post_json("/api/v1/bookings", &request).expect(201);
    let booked = Booked::from_json(reply.json());
    let value = booked.value();

    assert_eq!(booked.text("/status"), "confirmed");
    assert_eq!(value["version"], 1);
    assert_eq!(booked.text("/start"), rfc3339(start));
    assert_eq!(booked.text("/end"), rfc3339(start + Duration::minutes(30)));
    assert_eq!(value["event"], json!({"slug": "intro", "title": "Intro call"}));
    let host = json!({"handle": "ada", "name": "Ada Lovelace", "time_zone": "Europe/London"});
    assert_eq!(value["host"], host);
    let attendee = &value["attendees"][0];
    assert_eq!(attendee["name"], "Bo Berg");
    assert_eq!(attendee["email"], "bo@customers.example");
    assert_eq!(attendee["time_zone"], "Europe/Berlin");
    assert_eq!(value["answers"]["note"], "First line\nSecond\tline");

    let room = booked.text("/room/name");
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    assert!(
        room.len() >= 25 && room.chars().all(plain),
        "128 random bits need 25 characters: {room}"
    );
    assert_eq!(booked.text("/room/url"), format!("https://meet.example.org/{room}"));
    assert_eq!(booked.text("/room/opens_at"), rfc3339(start - Duration::minutes(10)));
    assert_eq!(booked.text("/room/closes_at"), rfc3339(start + Duration::minutes(45)));
    assert_eq!(value["room"]["max_occupants"], Value::Null);
    assert_eq!(value["room"]["lobby"], false);
    is_readable_password(booked.text("/room/password"));

    let page = format!("{}/b/{}", app.base(), booked.token());
    assert_eq!(booked.text("/links/page"), page);
    assert_eq!(booked.text("/links/join"), format!("{page}/join"));
    assert_eq!(booked.text("/links/calendar"), format!("{page}/calendar.ics"));
    assert!(booked.token().len() >= 43, "256 random bits: {}", booked.token());

    // Nothing of one booking's secrets is another's.
    let other = app.book("intro", start + Duration::hours(1));
    for part in ["/id", "/room/name", "/room/password", "/links/page"] {
        assert_ne!(booked.text(part), other.text(part), "{part}");
    }
    let dump = app.database().dump();
    assert!(dump.contains(booked.id()));
    for secret in [booked.token(), booked.text("/room/password"), room] {
        assert!(!dump.contains(secret), "{secret} is stored in the clear");
    }
}

#[track_caller]
fn is_readable_password(password: &str) {
    let parts: Vec<&str> = password.split('-').collect();
    assert_eq!(parts.len(), 4, "three words and digits: {password}");
    assert!(
        parts[..3].iter().all(|word| word.chars().all(|c| c.is_ascii_lowercase())),
        "{password}"
    );
    assert!(
        parts[3].len() == 5 && parts[3].chars().all(|c| ('2'..='9').contains(&c)),
        "{password}"
    );
}

fn a_time_is_booked_once_and_only_when_offered(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let noon = app.noon_in_days(3);
    let post = |start: String, email: &str| {
        let request = app.request("intro", &start, "Bo Berg", email);
        app.client().post_json("/api/v1/bookings", &request)
    };
    post(rfc3339(noon), "bo@customers.example").expect(201);
    assert_eq!(post(rfc3339(noon), "cy@customers.example").problem(409), "slot_taken");
    // The same instant with another offset is the same time.
    let elsewhere = noon.with_timezone(&chrono_tz::Asia::Kathmandu).to_rfc3339();
    assert_eq!(post(elsewhere, "cy@customers.example").problem(409), "slot_taken");

    for never_offered in [
        rfc3339(noon + Duration::minutes(31)),
        rfc3339(noon - Duration::days(10)),
        rfc3339(noon + Duration::days(90)),
        "9999-12-31T12:00:00Z".to_owned(),
    ] {
        let problem = post(never_offered.clone(), "cy@customers.example").problem(422);
        assert_eq!(problem, "slot_unavailable", "{never_offered}");
    }
    let mut unknown = app.request("nothing", &rfc3339(noon), "Bo", "bo@customers.example");
    app.client().post_json("/api/v1/bookings", &unknown).problem(404);
    unknown["event"] = json!("intro");
    unknown["host"] = json!("nobody");
    app.client().post_json("/api/v1/bookings", &unknown).problem(404);
    assert_eq!(bookings(&app), 1);
}

fn a_repeated_request_makes_one_booking(backend: Backend) {
    let app = TestApp::on(backend).without_limits().start_with_ada();
    let noon = app.noon_in_days(3);
    let request = app.request("intro", &rfc3339(noon), "Bo Berg", "bo@customers.example");
    let first = post_with_key(&app.client(), &request, "a-key").expect(201).json();
    let again = post_with_key(&app.client(), &request, "a-key").expect(201).json();
    assert_eq!(first, again);

    let mut other = request.clone();
    other["start"] = json!(rfc3339(noon + Duration::hours(1)));
    let reused = post_with_key(&app.client(), &other, "a-key");
    assert_eq!(reused.problem(422), "idempotency_key_reused");

    // The scope of an anonymous key is host, event and email; that of a signed one is the API key.
    let mut stranger = other.clone();
    stranger["attendee"]["email"] = json!("cy@customers.example");
    let strangers = post_with_key(&app.client(), &stranger, "a-key").expect(201).json();
    assert_ne!(strangers["id"], first["id"]);
    let key = app.key("ada", "bookings:write");
    other["start"] = json!(rfc3339(noon + Duration::hours(2)));
    let by_host = post_with_key(&key, &other, "a-key").expect(201).json();
    assert_eq!(post_with_key(&key, &other, "a-key").expect(201).json(), by_host);

    // Twenty at once: each is told of the same booking, or that it is being made.
    let mut burst = request;
    burst["start"] = json!(rfc3339(noon + Duration::hours(3)));
    let replies: Vec<Reply> = thread::scope(|scope| {
        let sent: Vec<_> = (0..20)
            .map(|_| {
                let (app, burst) = (&app, &burst);
                scope.spawn(move || post_with_key(&app.client(), burst, "burst"))
            })
            .collect();
        sent.into_iter().map(|one| one.join().expect("an answer")).collect()
    });
    let made: Vec<Value> =
        replies.iter().filter(|reply| reply.status == 201).map(Reply::json).collect();
    assert!(!made.is_empty());
    assert!(made.iter().all(|booking| booking["id"] == made[0]["id"]), "{made:#?}");
    for refused in replies.iter().filter(|reply| reply.status != 201) {
        assert_ne!(refused.problem(409), "slot_taken", "a repeat is not a rival");
    }
    assert_eq!(bookings(&app), 4);
}

fn a_refused_request_leaves_no_record_of_its_key(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let noon = app.noon_in_days(3);
    app.book("intro", noon);
    let mut request = app.request("intro", &rfc3339(noon), "Cy Cole", "cy@customers.example");
    assert_eq!(post_with_key(&app.client(), &request, "mine").problem(409), "slot_taken");
    request["start"] = json!(rfc3339(noon + Duration::hours(1)));
    post_with_key(&app.client(), &request, "mine").expect(201);

    for bad in ["", &"k".repeat(1000)] {
        let reply = post_with_key(&app.client(), &request, bad);
        assert!([400, 422].contains(&reply.status), "{bad:?}: {reply:?}");
    }
}

fn only_what_books_counts_against_the_limit(backend: Backend) {
    let mut app = TestApp::on(backend).start_with_ada();
    let noon = app.noon_in_days(3);
    let at = |number: i32| {
        let start = rfc3339(noon + Duration::minutes(30) * number);
        app.request("intro", &start, "Bo Berg", "bo@customers.example")
    };
    let first = post_with_key(&app.client(), &at(0), "key 0").expect(201).json();
    for _ in 0..30 {
        let refused = app.client().post_json("/api/v1/bookings", &at(0));
        assert_eq!(refused.problem(409), "slot_taken");
        assert_eq!(post_with_key(&app.client(), &at(0), "key 0").expect(201).json(), first);
    }
    let limited = (1..40)
        .map(|number| app.client().post_json("/api/v1/bookings", &at(number)))
        .find(|reply| reply.status != 201)
        .expect("a limit");
    limited.problem(429);
    // The wait runs from the first of them, not from the last try.
    // The clock is set to whole seconds: the next one, so that no fraction is taken from the six hours.
    let later = app.now() + Duration::hours(6) + Duration::seconds(1);
    let later = later.format("%Y-%m-%d %H:%M:%S").to_string();
    let (request, repeat) = (at(40), at(0));
    app.restart_at(&later);
    let limited = app.client().post_json("/api/v1/bookings", &request);
    limited.problem(429);
    let wait: u32 = limited.header("retry-after").parse().expect("seconds");
    assert!((17 * 3600..=18 * 3600).contains(&wait), "18 hours are left: {wait}");
    assert!(bookings(&app) >= 10, "a limit that people do not meet");
    assert_eq!(post_with_key(&app.client(), &repeat, "key 0").expect(201).json(), first);
}

fn a_repeat_is_answered_whatever_the_host_has_changed(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let mut request =
        app.request("intro", &rfc3339(app.noon_in_days(3)), "Bo", "bo@customers.example");
    request["duration"] = json!(30);
    let first = post_with_key(&app.client(), &request, "a-key").expect(201).json();
    let browser = app.sign_in(&Host::ada());
    let editor = browser.page("/app/event-types").links();
    let editor =
        editor.into_iter().find(|link| link.contains("intro") && link.starts_with("/app/"));
    let editor = editor.expect("the editor");
    let form = browser.page(&editor).form(&editor).set("duration", "45").set("slug", "longer");
    browser.submit(&form).expect(303);
    let again = post_with_key(&app.client(), &request, "a-key").expect(201).json();
    assert_eq!(again["id"], first["id"]);
}

fn a_key_sees_its_own_hosts_bookings_only(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    app.add_host(&Host::new("eve", "Eve Adams", "America/New_York"));
    let booked = app.book("intro", app.noon_in_days(3));
    let path = format!("/api/v1/bookings/{}", booked.id());

    let ada = app.key("ada", "bookings:write");
    let seen = Booked::from_json(ada.get(&path).expect(200).json());
    assert_eq!(seen.text("/room/password"), booked.text("/room/password"));
    assert_ne!(seen.token(), booked.token(), "the host has a link of their own");
    app.client().get(seen.page()).expect(200);

    let foreign = app.key("eve", "bookings:write").get(&path);
    let missing = app.key("eve", "bookings:write").get("/api/v1/bookings/no-such-booking");
    assert_eq!(foreign.problem(404), missing.problem(404));
    let cancel = app.key("eve", "bookings:write").post_json(&format!("{path}/cancel"), &json!({}));
    cancel.problem(404);
    for nobody in [
        app.client(),
        app.client().header("Authorization", "Bearer rk_wrong"),
        app.client().header("Authorization", format!("Bearer {}", booked.token())),
        app.client().header("Authorization", format!("Bearer {}", app.reservations_token())),
    ] {
        nobody.get(&path).problem(401);
        nobody.post_json(&format!("{path}/cancel"), &json!({})).problem(401);
    }
    // A key that is no key is not taken for no key.
    let wrong = app.client().header("Authorization", "Bearer rk_wrong");
    let request = app.request("intro", &rfc3339(app.noon_in_days(4)), "Bo", "bo@customers.example");
    wrong.post_json("/api/v1/bookings", &request).problem(401);
    assert_eq!(ada.get(&path).expect(200).json()["status"], "confirmed");
}

fn bookings_are_listed_in_parts(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    app.add_host(&Host::new("eve", "Eve Adams", "America/New_York"));
    let noon = app.noon_in_days(3);
    let made: Vec<Booked> =
        (0..5).map(|day| app.book("intro", noon + Duration::days(day))).collect();
    let key = app.key("ada", "bookings:write");
    key.post_json(&format!("/api/v1/bookings/{}/cancel", made[4].id()), &json!({})).expect(200);
    let ids = |reply: &Value| -> Vec<String> {
        let listed = reply["bookings"].as_array().expect("a list").iter();
        listed.filter_map(|each| Some(each["id"].as_str()?.to_owned())).collect()
    };
    let expected: Vec<String> = made.iter().map(|booked| booked.id().to_owned()).collect();

    let mut seen = Vec::new();
    let mut cursor = String::new();
    for _ in 0..3 {
        let part = key.get(&format!("/api/v1/bookings?limit=2&cursor={cursor}")).expect(200).json();
        seen.extend(ids(&part));
        part["next_cursor"].as_str().unwrap_or_default().clone_into(&mut cursor);
    }
    assert_eq!(seen, expected, "each once, by start");
    assert!(cursor.is_empty(), "the last part says so");

    let list = |query: &str| ids(&key.get(&format!("/api/v1/bookings?{query}")).expect(200).json());
    assert_eq!(list("status=confirmed"), expected[..4]);
    assert_eq!(list("status=cancelled"), expected[4..]);
    let second = (noon + Duration::days(1)).date_naive();
    assert_eq!(list(&format!("from={second}&to={second}")), expected[1..2]);
    for wrong in [
        "status=lost",
        "from=2027-02-30",
        "limit=0",
        "limit=100000",
        "limit=x",
        "cursor=x",
        "cursor=%00",
    ] {
        let reply = key.get(&format!("/api/v1/bookings?{wrong}"));
        assert!([400, 422].contains(&reply.status), "{wrong}: {reply:?}");
        reply.problem(reply.status);
    }
    let eves = app.key("eve", "bookings:read").get("/api/v1/bookings").expect(200).json();
    assert!(ids(&eves).is_empty(), "{eves}");
    app.client().get("/api/v1/bookings").problem(401);
}

fn cancelling_ends_a_booking_once(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let noon = app.noon_in_days(3);
    let booked = app.book("intro", noon);
    let key = app.key("ada", "bookings:write");
    let path = format!("/api/v1/bookings/{}/cancel", booked.id());
    let cancelled = key.post_json(&path, &json!({"reason": "I am ill"})).expect(200).json();
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(cancelled["version"], 2);
    assert_eq!(cancelled["room"], Value::Null, "the room is gone");
    assert_eq!(key.post_json(&path, &json!({})).problem(409), "invalid_transition");

    // The time is free again.
    let start = rfc3339(noon);
    let date = &start[..10];
    assert!(app.slots("ada", "intro", date, date).contains(&start));
    app.book("intro", noon);
}

fn scopes_are_held(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let booked = app.book("intro", app.noon_in_days(3));
    let path = format!("/api/v1/bookings/{}", booked.id());
    let reader = app.key("ada", "bookings:read");
    reader.get(&path).expect(200);
    reader.post_json(&format!("{path}/cancel"), &json!({})).problem(403);
    let request = app.request("intro", &rfc3339(app.noon_in_days(4)), "Bo", "bo@customers.example");
    reader.post_json("/api/v1/bookings", &request).problem(403);
    let other = app.key("ada", "webhooks:write");
    other.get(&path).problem(403);
    // Write implies read.
    app.key("ada", "bookings:write").get(&path).expect(200);
}

fn answers_are_json_with_their_headers(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let client = app.client();
    assert!(client.get("/api/v1/no-such-thing").status == 404);
    client.get("/api/v1/no-such-thing").problem(404);
    let reply = client.send("PUT", "/api/v1/bookings", Some(b"{}".to_vec()), &[]);
    assert!([404, 405].contains(&reply.status), "{reply:?}");
    reply.problem(reply.status);

    let booked = client.post_json(
        "/api/v1/bookings",
        &app.request("intro", &rfc3339(app.noon_in_days(2)), "Bo", "bo@customers.example"),
    );
    assert!(booked.header("content-type").starts_with("application/json"));
    assert!(booked.header("cache-control").contains("no-store"), "it holds a password: {booked:?}");
    assert!(!booked.header("x-request-id").is_empty(), "{booked:?}");
    // Programs need no Origin; a foreign page's script is not let in by CORS.
    assert!(booked.header("access-control-allow-credentials").is_empty());
}

fn other_methods_are_refused_with_those_that_are_taken(backend: Backend) {
    let app = TestApp::on(backend).start();
    for (path, taken, others) in [
        ("/api/v1/slots", "GET, HEAD", &["POST", "PUT", "DELETE", "PATCH", "OPTIONS"][..]),
        ("/api/v1/bookings", "GET, HEAD, POST", &["PUT", "DELETE", "PATCH"]),
        ("/api/v1/bookings/some-id", "GET, HEAD, PATCH", &["POST", "PUT", "DELETE"]),
        ("/api/v1/bookings/some-id/cancel", "POST", &["GET", "HEAD", "PUT"]),
    ] {
        for method in others {
            let reply = app.client().send(method, path, None, &[]);
            assert_eq!((reply.status, reply.header("allow")), (405, taken), "{method} {path}");
            if *method != "HEAD" {
                assert_eq!(reply.problem(405), "method_not_allowed");
            }
        }
    }
}

fn head_is_get_without_a_body(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let booked = app.book("intro", app.noon_in_days(3));
    let key = app.key("ada", "bookings:read");
    let date = app.noon_in_days(4).date_naive();
    for path in [
        format!("/api/v1/slots?host=ada&event=intro&from={date}&to={date}&tz=UTC"),
        "/api/v1/bookings".to_owned(),
        format!("/api/v1/bookings/{}", booked.id()),
    ] {
        let [get, head] = ["GET", "HEAD"].map(|method| key.send(method, &path, None, &[]));
        assert_eq!((get.status, head.status), (200, 200), "{path}");
        assert_eq!(head.body, "", "{path}");
        for header in ["content-type", "cache-control"] {
            assert_eq!(head.header(header), get.header(header), "{path}: {header}");
        }
    }
    app.client().send("HEAD", "/api/v1/bookings", None, &[]).expect(401);
}

fn content_types_are_read_as_http_has_them(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let noon = app.noon_in_days(3);
    let post = |number: i32, kind: &str| {
        let start = rfc3339(noon + Duration::hours(1) * number);
        let request = app.request("intro", &start, "Bo Berg", "bo@customers.example");
        let body = request.to_string().into_bytes();
        app.client().send("POST", "/api/v1/bookings", Some(body), &[("Content-Type", kind)])
    };
    let json = ["Application/JSON", "APPLICATION/JSON; Charset=UTF-8", "application/json ;a=b"];
    for (kind, number) in json.iter().zip(0..) {
        post(number, kind).expect(201);
    }
    for kind in
        ["application/jsonx", "text/plain", "text/json", "application/x-www-form-urlencoded"]
    {
        assert_eq!(post(9, kind).problem(415), "invalid_request", "{kind}");
    }
}

fn lists_take_every_status_of_a_booking(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let booked = app.book("intro", app.noon_in_days(3));
    let key = app.key("ada", "bookings:read");
    for (status, expected) in [
        ("unverified", 0),
        ("pending", 0),
        ("confirmed", 1),
        ("declined", 0),
        ("expired", 0),
        ("cancelled", 0),
    ] {
        let list = key.get(&format!("/api/v1/bookings?status={status}")).expect(200).json();
        let list = list["bookings"].as_array().expect("a list").clone();
        assert_eq!(list.len(), expected, "{status}: {list:?}");
        assert!(list.iter().all(|each| each["id"] == booked.id()));
        let told = app.cli(&["booking", "list", "--status", status, "--json"]).json();
        assert_eq!(told.as_array().map(Vec::len), Some(expected), "{status}: {told}");
    }
    for wrong in ["lost", "Confirmed", "confirmed,cancelled"] {
        let reply = key.get(&format!("/api/v1/bookings?status={wrong}"));
        assert_eq!(reply.problem(400), "invalid_request");
        let field = reply.json()["fields"][0].clone();
        assert_eq!(field["field"], "status", "{field}");
        let message = field["message"].as_str().expect("a message");
        assert!(message.contains("pending") && message.contains("cancelled"), "{message}");
        app.cli(&["booking", "list", "--status", wrong]).wrong_usage();
    }
}

fn unknown_answers_and_details_are_named_with_what_there_is(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let start = rfc3339(app.noon_in_days(3));
    let wrong = |part: &str, name: &str| {
        let mut request = app.request("intro", &start, "Bo Berg", "bo@customers.example");
        request[part][name] = json!("something");
        let reply = app.client().post_json("/api/v1/bookings", &request);
        assert_eq!(reply.problem(422), "invalid_request");
        let field = reply.json()["fields"][0].clone();
        assert_eq!(field["field"], format!("{part}.{name}"));
        field["message"].as_str().expect("a message").to_owned()
    };
    assert_eq!(wrong("answers", "foo"), "There is no 'foo' in 'answers'; there is: note");
    assert_eq!(
        wrong("attendee", "phone"),
        "There is no 'phone' in 'attendee'; there is: name, email, time_zone, locale"
    );
    assert_eq!(bookings(&app), 0);
}

fn post_with_key(client: &Client, request: &Value, key: &str) -> Reply {
    client.clone().header("Idempotency-Key", key).post_json("/api/v1/bookings", request)
}

/// How many bookings Ada has, of any status.
fn bookings(app: &TestApp) -> usize {
    let listed = app.cli(&["booking", "list", "--host", "ada", "--json"]).json();
    listed.as_array().expect("a list").len()
}
