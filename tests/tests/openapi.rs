//! `/api/openapi.json`: the whole API is in it, and real requests and answers are as it says.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use roomkey_tests::{Backend, Client, TestApp, on_both, rfc3339};
use serde_json::{Value, json};

on_both!(requests_and_answers_are_as_the_document_says);

const DOCUMENT: &str = "/api/openapi.json";

#[test]
fn the_document_is_served_to_everybody_and_kept_by_caches() {
    let app = TestApp::on(Backend::Sqlite).start();
    let reply = app.client().get(DOCUMENT).expect(200);
    assert_eq!(reply.header("content-type"), "application/json");
    assert!(reply.header("cache-control").contains("max-age"), "{reply:?}");
    let document = reply.json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
    assert_eq!(document["info"]["title"], "Roomkey");
    let tag = reply.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() > 8, "{tag}");
    for held in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let again = app.client().header("If-None-Match", held.as_str()).get(DOCUMENT);
        assert_eq!((again.status, again.octets), (304, 0), "{held}");
        assert_eq!(again.header("etag"), tag);
    }
    app.client().header("If-None-Match", "\"other\"").get(DOCUMENT).expect(200);
    let head = app.client().send("HEAD", DOCUMENT, None, &[]).expect(200);
    assert_eq!((head.header("etag"), head.octets), (tag.as_str(), 0));
    // A restart of the same program makes the same document.
    let mut app = app;
    app.restart();
    assert_eq!(app.client().get(DOCUMENT).header("etag"), tag);
}

#[test]
fn every_route_is_in_the_document_with_its_methods() {
    let app = TestApp::on(Backend::Sqlite).start();
    let document = app.client().get(DOCUMENT).expect(200).json();
    let paths = document["paths"].as_object().expect("paths");
    let routes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/web/src/api.rs");
    let routes = std::fs::read_to_string(routes).expect("the routes");
    let routes: BTreeSet<String> = routes
        .split("at(\"/v1/")
        .skip(1)
        .filter_map(|rest| Some(format!("/api/v1/{}", rest.split('"').next()?)))
        .collect();
    assert!(routes.len() >= 4, "{routes:?}");
    assert_eq!(routes, paths.keys().cloned().collect());
    for (path, operations) in paths {
        let mut methods: BTreeSet<String> =
            operations.as_object().expect("operations").keys().map(|m| m.to_uppercase()).collect();
        if methods.contains("GET") {
            methods.insert("HEAD".to_owned());
        }
        let reply = app.client().send("TRACE", &path.replace("{id}", "x"), None, &[]).expect(405);
        let allowed: BTreeSet<String> =
            reply.header("allow").split(", ").map(str::to_owned).collect();
        assert_eq!(methods, allowed, "{path}");
    }
    // Who needs a key, and who may do without.
    let security = |path: &str, method: &str| document["paths"][path][method]["security"].clone();
    assert_eq!(security("/api/v1/slots", "get"), json!([{}]));
    let booking = security("/api/v1/bookings", "post");
    assert!(booking.as_array().is_some_and(|ways| ways.contains(&json!({}))), "{booking}");
    for (path, method) in [
        ("/api/v1/bookings", "get"),
        ("/api/v1/bookings/{id}", "get"),
        ("/api/v1/bookings/{id}/cancel", "post"),
        ("/api/v1/bookings/{id}/reschedule", "post"),
    ] {
        let needed = security(path, method);
        let name = needed[0].as_object().and_then(|way| way.keys().next()).expect("a scheme");
        let scheme = &document["components"]["securitySchemes"][name];
        assert_eq!((&scheme["type"], &scheme["scheme"]), (&json!("http"), &json!("bearer")));
        assert_eq!(needed.as_array().map(Vec::len), Some(1), "{path}: nobody without a key");
    }
}

fn requests_and_answers_are_as_the_document_says(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let options = ["--title", "Board", "--duration", "60", "--max-occupants", "4", "--lobby"];
    app.add_event_type("ada", "board", &options);
    let (stranger, host) = (app.client(), app.key("ada", "bookings:write"));
    let (reader, wrong) =
        (app.key("ada", "bookings:read"), app.client().header("Authorization", "Bearer rk_wrong"));
    let noon = app.noon_in_days(3);
    let date = noon.date_naive();
    let bookings = "/api/v1/bookings";
    let mut talk = Exchanges::default();

    let slots = format!("host=ada&event=intro&from={date}&to={date}&tz=Europe/Berlin&duration=30");
    talk.get(&stranger, "/api/v1/slots", &format!("/api/v1/slots?{slots}"), 200);
    talk.get(&stranger, "/api/v1/slots", "/api/v1/slots?host=ada", 400);
    let unknown = slots.replace("ada", "nobody");
    talk.get(&stranger, "/api/v1/slots", &format!("/api/v1/slots?{unknown}"), 404);

    let mut full = app.request("board", &rfc3339(noon), "Bo Berg", "bo@customers.example");
    full["duration"] = json!(60);
    full["attendee"]["locale"] = json!("en");
    full["answers"] = json!({"note": "About the garden."});
    full["guests"] = json!([]);
    let least = app.request("intro", &rfc3339(noon), "Cy Cole", "cy@customers.example");
    let id = talk.post(&host, bookings, bookings, &full, 201)["id"].clone();
    let id = id.as_str().expect("an id");
    talk.post(&stranger, bookings, bookings, &least, 409);
    let later = with(&least, "start", &rfc3339(noon + chrono::Duration::hours(1)));
    let keyed = stranger.clone().header("Idempotency-Key", "one");
    talk.post(&keyed, bookings, bookings, &later, 201);
    let other = with(&later, "start", &rfc3339(noon + chrono::Duration::hours(2)));
    talk.post(&keyed, bookings, bookings, &other, 422);
    let never = with(&later, "start", &rfc3339(noon + chrono::Duration::minutes(7)));
    talk.post(&stranger, bookings, bookings, &never, 422);
    let nowhere = with(&later, "event", "nothing");
    talk.post(&stranger, bookings, bookings, &nowhere, 404);
    talk.post(&wrong, bookings, bookings, &later, 401);
    talk.post(&reader, bookings, bookings, &later, 403);
    talk.wrong_body(&stranger, bookings, bookings, "{}", "application/json", 422);
    talk.wrong_body(&stranger, bookings, bookings, "[", "application/json", 400);
    talk.wrong_body(&stranger, bookings, bookings, "x", "text/plain", 415);

    let made = ["event-link", "add", "--host", "ada", "--event", "intro", "--uses", "1", "--json"];
    let link = app.cli(&made).json()["url"].as_str().expect("an address").to_owned();
    let link = link.split_once("?link=").expect("a link").1;
    let by_link = with(&least, "link", link);
    let by_link = with(&by_link, "start", &rfc3339(noon + chrono::Duration::hours(4)));
    talk.post(&stranger, bookings, bookings, &by_link, 201);
    talk.post(&stranger, bookings, bookings, &by_link, 410);
    let slots = format!("/api/v1/slots?{slots}&link={link}");
    talk.get(&stranger, "/api/v1/slots", &slots, 410);
    let at = rfc3339(noon);
    let explain = format!("/api/v1/slots/explain?host=ada&event=intro&at={at}&link={link}");
    talk.get(&stranger, "/api/v1/slots/explain", &explain, 410);

    app.add_event_type("ada", "proof", &["--title", "Proof", "--duration", "30", "--email-proof"]);
    let unproven = with(&least, "event", "proof");
    let unproven = with(&unproven, "start", &rfc3339(noon + chrono::Duration::days(2)));
    let made = talk.post(&stranger, bookings, bookings, &unproven, 201);
    assert_eq!((&made["status"], &made["links"]["join"]), (&json!("unverified"), &json!(null)));
    talk.get(&reader, bookings, "/api/v1/bookings?status=unverified", 200);

    talk.get(&reader, bookings, "/api/v1/bookings?status=confirmed&limit=1", 200);
    talk.get(&reader, bookings, "/api/v1/bookings?status=pending", 200);
    talk.get(&reader, bookings, "/api/v1/bookings?status=lost", 400);
    talk.get(&stranger, bookings, bookings, 401);
    talk.get(&app.key("ada", "webhooks:write"), bookings, bookings, 403);
    let one = "/api/v1/bookings/{id}";
    talk.get(&reader, one, &format!("{bookings}/{id}"), 200);
    talk.get(&reader, one, "/api/v1/bookings/no-such-id", 404);
    talk.get(&stranger, one, &format!("{bookings}/{id}"), 401);

    let reschedule = "/api/v1/bookings/{id}/reschedule";
    let at = format!("{bookings}/{id}/reschedule");
    let to =
        |hours| json!({"start": rfc3339(noon + chrono::Duration::hours(hours)), "note": "Ill"});
    talk.post(&reader, reschedule, &at, &to(5), 403);
    talk.post(&stranger, reschedule, &at, &to(5), 401);
    talk.post(&host, reschedule, &at, &to(5), 200);
    talk.post(&host, reschedule, &at, &to(1), 409);
    talk.post(&host, reschedule, &at, &to(10_000), 422);
    talk.post(&host, reschedule, "/api/v1/bookings/no-such-id/reschedule", &to(5), 404);
    talk.wrong_body(&host, reschedule, &at, "{\"start\": 3}", "application/json", 422);

    for (act, body, status) in [
        ("propose", json!({"starts": [rfc3339(noon + chrono::Duration::hours(7))]}), 200),
        ("propose", json!({"starts": [rfc3339(noon + chrono::Duration::hours(10_000))]}), 422),
        // The host's own wish is not the host's to answer.
        ("accept-move", json!({}), 409),
        ("decline-move", json!({"reason": "No"}), 409),
    ] {
        let (path, at) = (format!("{bookings}/{{id}}/{act}"), format!("{bookings}/{id}/{act}"));
        talk.post(&reader, &path, &at, &body, 403);
        talk.post(&stranger, &path, &at, &body, 401);
        talk.post(&host, &path, &at, &body, status);
        talk.post(&host, &path, &format!("{bookings}/no-such-id/{act}"), &body, 404);
    }

    let guests = "/api/v1/bookings/{id}/guests";
    let at = format!("{bookings}/{id}/guests");
    let email = |name: &str| json!({"email": format!("{name}@guests.example")});
    talk.post(&reader, guests, &at, &email("di"), 403);
    talk.post(&stranger, guests, &at, &email("di"), 401);
    talk.post(&host, guests, &at, &email("di"), 200);
    talk.post(&host, guests, "/api/v1/bookings/no-such-id/guests", &email("di"), 404);
    talk.wrong_body(&host, guests, &at, "{\"email\": 3}", "application/json", 422);
    for guest in ["ed", "flo", "gus", "hal"] {
        talk.post(&host, guests, &at, &email(guest), 200);
    }
    talk.post(&host, guests, &at, &email("ida"), 422);

    let private = json!({"private_note": "Wants the large one"});
    let at = format!("{bookings}/{id}");
    talk.patch(&reader, one, &at, &private, 403);
    talk.patch(&stranger, one, &at, &private, 401);
    talk.patch(&host, one, &at, &private, 200);
    talk.patch(&host, one, "/api/v1/bookings/no-such-id", &private, 404);
    let history = talk.get(&reader, one, &at, 200)["history"].clone();
    assert_eq!(history.as_array().map(Vec::len), Some(9), "{history}");
    for act in ["attended", "no-show"] {
        let (path, at) = (format!("{one}/{act}"), format!("{at}/{act}"));
        talk.post(&reader, &path, &at, &json!({}), 403);
        talk.post(&stranger, &path, &at, &json!({}), 401);
        talk.post(&host, &path, &at, &json!({"attendee": "bo@customers.example"}), 409);
        let nowhere = format!("/api/v1/bookings/no-such-id/{act}");
        talk.post(&host, &path, &nowhere, &json!({}), 404);
        talk.wrong_body(&host, &path, &at, "{\"attendee\": 3}", "application/json", 422);
    }

    let cancel = "/api/v1/bookings/{id}/cancel";
    let at = format!("{bookings}/{id}/cancel");
    talk.post(&reader, cancel, &at, &json!({}), 403);
    talk.post(&stranger, cancel, &at, &json!({}), 401);
    talk.post(&host, cancel, &at, &json!({"reason": "Ada is ill"}), 200);
    talk.post(&host, cancel, &at, &json!({}), 409);
    talk.post(&host, guests, &format!("{bookings}/{id}/guests"), &email("ida"), 409);
    talk.post(&host, cancel, "/api/v1/bookings/no-such-id/cancel", &json!({}), 404);
    talk.wrong_body(&host, cancel, &at, "{\"reason\": 3}", "application/json", 422);
    let at = format!("{bookings}/{id}/reschedule");
    talk.post(&host, reschedule, &at, &to(6), 409);

    rooms_are_as_the_document_says(&app, &mut talk);

    let document = app.client().get(DOCUMENT).expect(200).json();
    let told = complaints(&json!({ "document": document, "exchanges": talk.0 }));
    assert!(told.is_empty(), "{told:#?}");
    // And what would be wrong is found.
    let booking = talk.0.iter().find(|one| one["status"] == 201).expect("a booking");
    for (field, wrong) in [("status", json!("lost")), ("room", json!({})), ("more", json!(1))] {
        let mut other = booking.clone();
        other["answer"][field] = wrong;
        let told = complaints(&json!({ "document": document, "exchanges": [other] }));
        assert!(!told.is_empty(), "{field}");
    }
}

fn rooms_are_as_the_document_says(app: &TestApp, talk: &mut Exchanges) {
    let (rooms, one) = ("/api/v1/rooms", "/api/v1/rooms/{id}");
    let (key, other, stranger) =
        (app.key("ada", "rooms:write"), app.key("ada", "bookings:write"), app.client());
    let noon = app.noon_in_days(4);
    let at = |hours| rfc3339(noon + chrono::Duration::hours(hours));
    let least = json!({"start": at(0), "end": at(1)});
    let mut full = json!({"start": at(0), "end": at(1), "max_occupants": 4, "lobby": true});
    (full["label"], full["blocks"]) = (json!("Board"), json!(true));
    talk.post(&stranger, rooms, rooms, &least, 401);
    talk.post(&other, rooms, rooms, &least, 403);
    let keyed = key.clone().header("Idempotency-Key", "one");
    talk.post(&keyed, rooms, rooms, &least, 201);
    talk.post(&keyed, rooms, rooms, &full, 422);
    let id = talk.post(&key, rooms, rooms, &full, 201)["id"].clone();
    talk.post(&key, rooms, rooms, &full, 409);
    talk.post(&key, rooms, rooms, &with(&least, "end", &at(0)), 422);
    talk.wrong_body(&key, rooms, rooms, "[", "application/json", 400);
    talk.wrong_body(&key, rooms, rooms, "x", "text/plain", 415);
    let path = format!("{rooms}/{}", id.as_str().expect("an id"));
    for (client, status) in [(&stranger, 401), (&other, 403), (&key, 200)] {
        talk.get(client, rooms, "/api/v1/rooms?limit=1", status);
        talk.get(client, one, &path, status);
    }
    talk.get(&key, rooms, "/api/v1/rooms?limit=0", 400);
    talk.get(&key, one, "/api/v1/rooms/no-such-id", 404);
    talk.delete(&stranger, one, &path, 401);
    talk.delete(&other, one, &path, 403);
    talk.delete(&key, one, "/api/v1/rooms/no-such-id", 404);
    for _ in 0..2 {
        talk.delete(&key, one, &path, 200);
    }
    talk.get(&key, one, &path, 200);
}

/// What was asked and answered.
#[derive(Default)]
struct Exchanges(Vec<Value>);

impl Exchanges {
    #[track_caller]
    fn get(&mut self, client: &Client, path: &str, address: &str, status: u16) -> Value {
        let reply = client.get(address).expect(status);
        self.note(path, "get", &Value::Null, reply.header("content-type"), status, reply.json())
    }

    #[track_caller]
    fn post(
        &mut self,
        client: &Client,
        path: &str,
        address: &str,
        body: &Value,
        status: u16,
    ) -> Value {
        let reply = client.post_json(address, body).expect(status);
        self.note(path, "post", body, reply.header("content-type"), status, reply.json())
    }

    #[track_caller]
    fn patch(&mut self, client: &Client, path: &str, address: &str, body: &Value, status: u16) {
        let octets = Some(body.to_string().into_bytes());
        let kind = [("Content-Type", "application/json")];
        let reply = client.send("PATCH", address, octets, &kind).expect(status);
        self.note(path, "patch", body, reply.header("content-type"), status, reply.json());
    }

    #[track_caller]
    fn delete(&mut self, client: &Client, path: &str, address: &str, status: u16) {
        let reply = client.send("DELETE", address, None, &[]).expect(status);
        let kind = reply.header("content-type");
        self.note(path, "delete", &Value::Null, kind, status, reply.json());
    }

    /// A body that the document does not allow.
    #[track_caller]
    fn wrong_body(
        &mut self,
        client: &Client,
        path: &str,
        address: &str,
        body: &str,
        kind: &str,
        status: u16,
    ) {
        let body = Some(body.as_bytes().to_vec());
        let reply = client.send("POST", address, body, &[("Content-Type", kind)]).expect(status);
        let kind = reply.header("content-type");
        self.note(path, "post", &Value::Null, kind, status, reply.json());
    }

    fn note(
        &mut self,
        path: &str,
        method: &str,
        request: &Value,
        kind: &str,
        status: u16,
        answer: Value,
    ) -> Value {
        self.0.push(json!({
            "path": path, "method": method, "request": request,
            "status": status, "type": kind, "answer": answer,
        }));
        answer
    }
}

fn with(request: &Value, field: &str, value: &str) -> Value {
    let mut request = request.clone();
    request[field] = json!(value);
    request
}

/// What an independent reader has to complain about.
fn complaints(given: &Value) -> Vec<String> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut reader = Command::new(tests.join(".venv/bin/python"))
        .arg(tests.join("tools/check_openapi.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python");
    let mut stdin = reader.stdin.take().expect("a pipe");
    stdin.write_all(given.to_string().as_bytes()).expect("write");
    drop(stdin);
    let output = reader.wait_with_output().expect("its end");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("a list of complaints")
}
