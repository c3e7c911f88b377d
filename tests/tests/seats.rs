//! Several customers book the same time: each has a booking, a page and links of their own, and they share the host's
//! time and the room.

use roomkey_tests::{Backend, Booked, Host, TestApp, on_both};
use serde_json::{Value, json};

on_both!(
    a_time_is_shared_until_its_seats_are_taken,
    each_has_a_page_and_cancels_alone,
    a_room_is_open_while_anybody_is_expected,
    who_is_put_out_is_not_told_that_the_room_is_closed,
    who_is_put_out_knows_the_room_no_longer,
    names_are_shown_if_the_host_says_so,
    a_seat_moves_alone,
    a_seat_moves_over_its_own_time,
    a_request_keeps_a_seat,
    who_fills_in_the_form_keeps_one_seat,
    a_session_counts_once_for_limits,
    the_editor_knows_seats,
);

const ADA: &str = "ada@hosts.example";
const START: &str = "2027-07-05T09:00:00Z";
const LATER: &str = "2027-07-05T11:00:00Z";

/// London, Thursday 1 July 2027, 09:00.
fn app(backend: Backend, options: &[&str]) -> TestApp {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start_with_ada();
    let usual = ["--title", "Workshop", "--duration", "60"];
    app.add_event_type("ada", "group", &[&usual[..], options].concat());
    app
}

fn ask(app: &TestApp, start: &str, name: &str) -> roomkey_tests::Reply {
    let email = format!("{}@customers.example", name.to_lowercase());
    app.client().post_json("/api/v1/bookings", &app.request("group", start, name, &email))
}

fn sit(app: &TestApp, start: &str, name: &str) -> Booked {
    Booked::from_json(ask(app, start, name).expect(201).json())
}

/// How many seats the API says are left at a time; none if it is not offered.
fn seats_left(app: &TestApp, start: &str) -> Option<u64> {
    let query = "host=ada&event=group&from=2027-07-05&to=2027-07-05&tz=UTC";
    let offered = app.client().get(&format!("/api/v1/slots?{query}")).expect(200).json();
    let slots = offered["slots"].as_array().expect("a list").clone();
    let slot = slots.into_iter().find(|slot| slot["start"] == start)?;
    Some(slot["seats_left"].as_u64().expect("a number of seats"))
}

fn shown(app: &TestApp, booked: &Booked) -> Value {
    app.cli(&["booking", "show", booked.id(), "--json"]).json()
}

fn room(app: &TestApp, booked: &Booked) -> Option<String> {
    shown(app, booked)["room"]["name"].as_str().map(str::to_owned)
}

fn cancel(app: &TestApp, booked: &Booked) {
    let path = format!("/b/{}/cancel", booked.token());
    app.client().submit(&app.client().page(&path).form(&path)).expect(303);
}

fn a_time_is_shared_until_its_seats_are_taken(backend: Backend) {
    let app = app(backend, &["--seats", "2"]);
    assert_eq!(seats_left(&app, START), Some(2));
    let page = app.client().page("/ada/group?date=2027-07-05&tz=UTC").text();
    assert!(page.contains("Up to 2 people at the same time"), "{page}");
    assert!(page.contains("2 seats left"), "{page}");
    let bo = sit(&app, START, "Bo");
    assert_eq!(seats_left(&app, START), Some(1));
    let page = app.client().page("/ada/group?date=2027-07-05&tz=UTC").text();
    assert!(page.contains("1 seat left"), "{page}");
    // Nothing else of the host's may be then, nor a session that begins within it.
    let other = app.request("intro", START, "Di", "di@customers.example");
    assert_eq!(app.client().post_json("/api/v1/bookings", &other).problem(409), "slot_taken");
    let cy = sit(&app, START, "Cy");
    assert_ne!(bo.id(), cy.id());
    assert_ne!(bo.page(), cy.page());
    assert_eq!(bo.text("/room/name"), cy.text("/room/name"));
    assert_eq!(bo.text("/room/password"), cy.text("/room/password"));
    assert_eq!(seats_left(&app, START), None);
    assert_eq!(ask(&app, START, "Di").problem(409), "slot_taken");
    assert_eq!(seats_left(&app, LATER), Some(2));
    // Each gets an invitation of their own, and neither learns of the other.
    for (who, other) in [("bo", "Cy"), ("cy", "Bo")] {
        let mail = app.mailbox().wait_for_invite(&format!("{who}@customers.example"), "REQUEST");
        let all = mail.value().to_string();
        assert!(!all.contains(&format!("{}@customers", other.to_lowercase())), "{all}");
    }
    assert_eq!(bo.value()["attendees"].as_array().map(Vec::len), Some(1));
}

fn each_has_a_page_and_cancels_alone(backend: Backend) {
    let app = app(backend, &["--seats", "3"]);
    let (bo, cy) = (sit(&app, START, "Bo"), sit(&app, START, "Cy"));
    let text = app.client().page(bo.page()).text();
    assert!(!text.contains("Cy"), "{text}");
    let path = format!("/b/{}/cancel", bo.token());
    let question = app.client().page(&path).text();
    assert!(!question.contains("the room closes"), "{question}");
    cancel(&app, &bo);
    let text = app.client().page(bo.page()).text();
    assert!(text.contains("cancelled") && !text.contains("Password"), "{text}");
    assert_eq!(shown(&app, &bo)["room"], Value::Null);
    assert_eq!(seats_left(&app, START), Some(2));
    assert_eq!(shown(&app, &cy)["status"], "confirmed");
    assert_eq!(shown(&app, &cy)["version"], 1, "nothing has changed for others");
    assert_eq!(room(&app, &cy).as_deref(), Some(cy.text("/room/name")));
    // Who comes later finds the same room, also after all who came first are gone.
    let di = sit(&app, START, "Di");
    assert_eq!(di.text("/room/name"), cy.text("/room/name"));
    cancel(&app, &cy);
    assert_eq!(room(&app, &di).as_deref(), Some(cy.text("/room/name")));
    cancel(&app, &di);
    assert_eq!(seats_left(&app, START), Some(3));
    let own = app.request("intro", START, "Ed", "ed@customers.example");
    app.client().post_json("/api/v1/bookings", &own).expect(201);
}

fn who_is_put_out_is_not_told_that_the_room_is_closed(backend: Backend) {
    let mut app = app(backend, &["--seats", "3"]);
    let (bo, cy) = (sit(&app, START, "Bo"), sit(&app, START, "Cy"));
    app.mailbox().wait_for_invite("bo@customers.example", "REQUEST");
    let (name, password) = (bo.text("/room/name"), bo.text("/room/password"));
    let key = app.key("ada", "bookings:write");
    let page = shown(&app, &bo)["links"]["page"].as_str().expect("a page").to_owned();
    let own = page[page.find("/b/").expect("a path")..].to_owned();
    let question = app.client().page(&format!("{own}/cancel")).text();
    assert!(question.contains("The seat becomes free for others"), "{question}");
    let path = format!("/api/v1/bookings/{}/cancel", bo.id());
    let reason = "Another group suits you more";
    let told = key.post_json(&path, &json!({"reason": reason, "keep_room": true}));
    assert_eq!(told.expect(200).json()["room"], Value::Null);
    let says_nothing_wrong = |text: &str, what: &str| {
        let lower = text.to_lowercase();
        for wrong in ["room is closed", "room closes", "room will not open", "the time is free"] {
            assert!(!lower.contains(wrong), "{what}: {text}");
        }
        assert!(!text.contains(name) && !text.contains(password), "{what}: {text}");
    };
    for to in ["bo@customers.example", ADA] {
        let mail = app.mailbox().wait_for_invite(to, "CANCEL");
        for part in ["text", "html"] {
            says_nothing_wrong(mail.part(part), to);
        }
        says_nothing_wrong(mail.value()["calendar"]["raw"].as_str().expect("raw"), to);
        let frees = "The seat is free for others again.";
        assert_eq!(mail.part("text").contains(frees), to == ADA, "{}", mail.part("text"));
    }
    app.restart_at("2027-07-05 08:55:00");
    for path in [bo.page().to_owned(), format!("{}/join", bo.page()), own] {
        let text = app.client().page(&path).text();
        says_nothing_wrong(&text, &path);
        assert!(text.contains("cancelled"), "{text}");
    }
    let door = app.client().page(&format!("{}/join", bo.page()));
    assert!(door.text().contains("This link no longer leads to the room"), "{}", door.text());
    assert!(!door.has_form("/join"));
    // The other one's is open.
    assert_eq!(app.ask(name).status, 200);
    assert!(app.client().page(&format!("{}/join", cy.page())).has_form("/join"));
}

fn who_is_put_out_knows_the_room_no_longer(backend: Backend) {
    let mut app = app(backend, &["--seats", "4"]);
    let (bo, cy, di) = (sit(&app, START, "Bo"), sit(&app, START, "Cy"), sit(&app, START, "Di"));
    let known = bo.text("/room/name").to_owned();
    let addresses = ["bo@customers.example", "cy@customers.example", "di@customers.example"];
    for to in addresses {
        app.mailbox().wait_for_invite(to, "REQUEST");
    }
    let host_page = |booked: &Booked| {
        let page = shown(&app, booked)["links"]["page"].as_str().expect("a page").to_owned();
        page[page.find("/b/").expect("a path")..].to_owned()
    };
    let versions = |booked: &Booked| {
        let shown = shown(&app, booked);
        (shown["version"].as_u64().expect("a number"), shown["status"].clone())
    };
    let before = [versions(&cy), versions(&di)];
    // Whom the customer's own page does not ask.
    let own = format!("{}/cancel", bo.page());
    assert!(!app.client().page(&own).text().contains("keep the room"));
    let path = format!("{}/cancel", host_page(&bo));
    // The short way has no room for that choice.
    let page = app.client().page(&host_page(&bo));
    assert!(page.select("[data-dialog='cancel']").is_empty());
    assert_eq!(app.client().page(bo.page()).select("[data-dialog='cancel']").len(), 1);
    let question = app.client().page(&path);
    assert!(question.text().contains("The others keep the room"), "{}", question.text());
    app.client().submit(&question.form(&path)).expect(303);
    let name = room(&app, &cy).expect("a room");
    assert_ne!(name, known);
    assert_eq!(room(&app, &di), Some(name.clone()));
    for (booked, (version, status)) in [&cy, &di].into_iter().zip(before) {
        assert_eq!(versions(booked), (version + 1, status));
        let history = &shown(&app, booked)["history"];
        let last = history.as_array().and_then(|all| all.last()).expect("a change");
        assert_eq!(
            (&last["kind"], &last["by"]),
            (&json!("room_renewed"), &json!("host")),
            "{history}"
        );
    }
    // All who stay are told; their calendars change the same entry.
    for to in &addresses[1..] {
        let mail = app.mailbox().wait_for("the new room", |mail| {
            mail.is_to(to) && mail.part("text").contains("There is a new room for this booking")
        });
        assert!(mail.part("text").contains(&name), "{}", mail.part("text"));
        let raw = mail.value()["calendar"]["raw"].as_str().expect("raw").to_owned();
        assert!(raw.contains("METHOD:REQUEST") && !raw.contains("SEQUENCE:0"), "{raw}");
    }
    let goodbye = app.mailbox().wait_for_invite(addresses[0], "CANCEL");
    assert!(!goodbye.value().to_string().contains(&name));
    app.restart_at("2027-07-05 08:55:00");
    assert_eq!(app.ask(&known).status, 403);
    assert_eq!(app.ask(&name).status, 200);
    // Nobody stays behind the last one.
    for booked in [&cy, &di] {
        app.cli(&["booking", "cancel", booked.id()]).done();
    }
    assert_eq!(app.ask(&name).status, 403);
}

fn a_room_is_open_while_anybody_is_expected(backend: Backend) {
    let mut app = app(backend, &["--seats", "3"]);
    let (bo, cy) = (sit(&app, START, "Bo"), sit(&app, START, "Cy"));
    let name = bo.text("/room/name").to_owned();
    cancel(&app, &bo);
    app.restart_at("2027-07-05 08:55:00");
    let granted = app.ask(&name);
    assert_eq!(granted.status, 200, "{}", granted.body);
    assert!(app.client().page(&format!("{}/join", cy.page())).has_form("/join"));
    cancel(&app, &cy);
    assert_eq!(app.ask(&name).status, 403);
    // A room that everybody has left is not opened again for those who come after.
    let di = sit(&app, START, "Di");
    assert_ne!(di.text("/room/name"), name);
    assert_eq!(app.ask(di.text("/room/name")).status, 200);
    assert_eq!(app.ask(&name).status, 403);
}

fn names_are_shown_if_the_host_says_so(backend: Backend) {
    let app = app(backend, &["--seats", "3", "--show-attendees"]);
    let (bo, cy) = (sit(&app, START, "Bo"), sit(&app, START, "Cy"));
    let text = app.client().page(bo.page()).text();
    assert!(text.contains("Also there") && text.contains("Cy"), "{text}");
    assert!(!text.contains("cy@"), "names, not addresses: {text}");
    cancel(&app, &bo);
    assert!(!app.client().page(bo.page()).text().contains("Cy"), "no longer one of them");
    let text = app.client().page(cy.page()).text();
    assert!(!text.contains("Also there"), "{text}");
    let di = sit(&app, START, "Di");
    // The host sees it whatever is set.
    let browser = app.sign_in(&Host::ada());
    let path = "/app/event-types/group";
    browser.submit(&browser.page(path).form(path).without("shows_attendees")).expect(303);
    assert!(!app.client().page(di.page()).text().contains("Also there"));
    let mail = app
        .mailbox()
        .wait_for("Di's booking", |mail| mail.is_to(ADA) && mail.part("text").contains("Di"));
    let link = mail.link("/b/");
    let path = link[link.find("/b/").expect("a path")..].trim_end_matches("/join");
    let text = app.client().page(path).text();
    assert!(text.contains("Also there") && text.contains("Cy"), "{text}");
}

fn a_seat_moves_alone(backend: Backend) {
    let app = app(backend, &["--seats", "2"]);
    let (bo, cy) = (sit(&app, START, "Bo"), sit(&app, START, "Cy"));
    let (di, shared) = (sit(&app, LATER, "Di"), bo.text("/room/name").to_owned());
    let path = format!("/b/{}/reschedule", bo.token());
    let to = |start: &str| {
        let wanted = [("slot".to_owned(), start.to_owned())];
        app.client().post_form(&path, &wanted).status
    };
    // To those who are there already.
    assert_eq!(to(LATER), 303);
    assert_eq!(room(&app, &bo).as_deref(), Some(di.text("/room/name")));
    assert_eq!(room(&app, &cy), Some(shared.clone()), "whom Bo left keep their room");
    assert_eq!((seats_left(&app, START), seats_left(&app, LATER)), (Some(1), None));
    let moved = shown(&app, &bo);
    assert_eq!((&moved["version"], &moved["start"]), (&json!(2), &json!(LATER)));
    // To a time of its own, and back to where it began.
    assert_eq!(to("2027-07-05T13:00:00Z"), 303);
    let alone = room(&app, &bo).expect("a room");
    assert!(![di.text("/room/name"), &shared].contains(&alone.as_str()));
    assert_eq!(to(START), 303);
    assert_eq!(room(&app, &bo), Some(shared));
    assert_eq!(app.ask(&alone).status, 403);
    assert_eq!((seats_left(&app, START), seats_left(&app, LATER)), (None, Some(1)));
    // Others are still expected in the room that was left.
    let mail = app.mailbox().wait_for("word of it", |mail| {
        mail.is_to("bo@customers.example") && mail.part("subject").starts_with("Moved: ")
    });
    for part in ["text", "html"] {
        assert!(!mail.part(part).contains("old room is closed"), "{}", mail.part(part));
    }
    // Not to a session that is full.
    let path = format!("/b/{}/reschedule", di.token());
    let wanted = [("slot".to_owned(), START.to_owned())];
    app.client().post_form(&path, &wanted).expect(422);
    let counted = "SELECT count(*) FROM group_sessions WHERE taken <> (SELECT count(*) FROM booking_hosts WHERE held \
                   AND session_id = group_sessions.id)";
    assert_eq!(app.database().number(counted), 0);
}

fn a_seat_moves_over_its_own_time(backend: Backend) {
    let app = app(backend, &["--seats", "2", "--increment", "30"]);
    let bo = sit(&app, START, "Bo");
    let path = format!("/b/{}/reschedule", bo.token());
    let half_past = "2027-07-05T09:30:00Z";
    let wanted = [("slot".to_owned(), half_past.to_owned())];
    app.client().post_form(&path, &wanted).expect(303);
    assert_eq!(shown(&app, &bo)["start"], half_past);
    // Not into a session that the others stay in.
    let (cy, later) = (sit(&app, half_past, "Cy"), "2027-07-05T10:00:00Z");
    let wanted = [("slot".to_owned(), later.to_owned())];
    app.client().post_form(&path, &wanted).expect(422);
    assert_eq!(shown(&app, &cy)["start"], half_past);
}

fn a_request_keeps_a_seat(backend: Backend) {
    let app = app(backend, &["--seats", "2", "--requires-confirmation"]);
    let (bo, cy) = (sit(&app, START, "Bo"), sit(&app, START, "Cy"));
    assert_eq!(seats_left(&app, START), None);
    assert_eq!(app.database().number("SELECT count(*) FROM rooms"), 0);
    app.cli(&["booking", "confirm", bo.id()]).done();
    assert_eq!(shown(&app, &cy)["room"], Value::Null, "nobody has a room before the yes");
    app.cli(&["booking", "confirm", cy.id()]).done();
    assert_eq!(room(&app, &cy), room(&app, &bo));
    assert!(room(&app, &bo).is_some());
    cancel(&app, &bo);
    let di = sit(&app, START, "Di");
    app.cli(&["booking", "decline", di.id()]).done();
    assert_eq!(seats_left(&app, START), Some(1));
    assert!(room(&app, &cy).is_some());
}

fn who_fills_in_the_form_keeps_one_seat(backend: Backend) {
    let app = app(backend, &["--seats", "2"]);
    let keep = |client: &roomkey_tests::Client| {
        let fields = [("slot", START), ("duration", "60")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        client.post_form("/ada/group/hold", &fields).status
    };
    let browsers = [app.client(), app.client(), app.client()];
    assert_eq!(keep(&browsers[0]), 204);
    assert_eq!(seats_left(&app, START), Some(1));
    assert_eq!(keep(&browsers[1]), 204);
    assert_eq!(seats_left(&app, START), None);
    assert_eq!(keep(&browsers[2]), 409);
    assert_eq!(ask(&app, START, "Di").problem(409), "slot_taken");
    let form = browsers[0].page(&format!("/ada/group?slot={START}&tz=UTC")).form("/ada/group");
    let form = form.set("name", "Bo").set("email", "bo@customers.example");
    browsers[0].submit(&form).expect(303);
    assert_eq!(ask(&app, START, "Di").problem(409), "slot_taken", "the other is kept still");
}

fn a_session_counts_once_for_limits(backend: Backend) {
    let app = app(backend, &["--seats", "3", "--limit", "1 booking a day"]);
    sit(&app, START, "Bo");
    assert_eq!((seats_left(&app, START), seats_left(&app, LATER)), (Some(2), None));
    sit(&app, START, "Cy");
    sit(&app, START, "Di");
    assert_eq!(ask(&app, LATER, "Ed").problem(422), "slot_unavailable");
}

fn the_editor_knows_seats(backend: Backend) {
    let app = app(backend, &["--seats", "4"]);
    let browser = app.sign_in(&Host::ada());
    let path = "/app/event-types/group";
    let form = browser.page(path).form(path);
    assert_eq!(form.value("seats"), Some("4"));
    let refused = browser.submit(&form.clone().set("seats", "501")).expect(422).page();
    assert!(refused.marked().contains("seats"));
    let bo = sit(&app, START, "Bo");
    // More seats count for sessions that some have booked already; so do fewer.
    browser.submit(&form.clone().set("seats", "6")).expect(303);
    assert_eq!(seats_left(&app, START), Some(5));
    sit(&app, START, "Cy");
    browser.submit(&form.clone().set("seats", "2")).expect(303);
    assert_eq!(seats_left(&app, START), None);
    assert_eq!(ask(&app, START, "Di").problem(409), "slot_taken");
    browser.submit(&form.set("seats", "1")).expect(303);
    let query = "host=ada&event=group&from=2027-07-05&to=2027-07-05&tz=UTC";
    let offered = app.client().get(&format!("/api/v1/slots?{query}")).expect(200);
    assert!(!offered.body.contains("seats_left"), "{}", offered.body);
    assert_eq!(shown(&app, &bo)["status"], "confirmed");
    assert_eq!(ask(&app, START, "Di").problem(409), "slot_taken");
}
