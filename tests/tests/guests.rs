//! People whom a customer brings along: each is invited by a mail and a link of their own, may look and come, and
//! change nothing.

use roomkey_tests::{Backend, Booked, Client, Host, Mail, SOON, TestApp, on_both, wait_until};
use serde_json::{Value, json};

on_both!(
    each_guest_is_invited_by_a_link_of_their_own,
    a_guest_comes_and_changes_nothing,
    who_is_taken_off_is_told_and_the_room_is_another,
    guests_hear_of_moves_and_cancellation,
    guests_are_asked_for_on_the_form,
    as_many_as_the_event_type_allows,
    of_a_request_guests_hear_when_it_stands,
    the_host_takes_a_guest_off,
    an_address_gets_no_more_mail_by_being_a_guest,
    what_was_not_told_yet_is_told_with_the_next,
    a_guest_is_brought_along_later,
    one_more_is_refused_where_there_is_no_room,
    a_host_adds_a_guest_by_key,
    one_more_is_told_of_with_what_was_not_told_yet,
    who_is_taken_off_learns_nothing_of_what_comes_after,
);

const ADA: &str = "ada@hosts.example";
const BO: &str = "bo@customers.example";
const FAY: &str = "fay@customers.example";
const CY: &str = "cy@guests.example";
const DI: &str = "di@guests.example";
const START: &str = "2027-07-05T09:00:00Z";

/// London, Thursday 1 July 2027, 09:00.
fn app(backend: Backend) -> TestApp {
    TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start_with_ada()
}

fn ask(app: &TestApp, event: &str, guests: &[&str]) -> roomkey_tests::Reply {
    let mut request = app.request(event, START, "Bo Berg", BO);
    request["guests"] = json!(guests);
    request["answers"] = json!({"note": "Only for Ada."});
    app.client().post_json("/api/v1/bookings", &request)
}

fn book(app: &TestApp, guests: &[&str]) -> Booked {
    Booked::from_json(ask(app, "intro", guests).expect(201).json())
}

fn shown(app: &TestApp, booked: &Booked) -> Value {
    app.cli(&["booking", "show", booked.id(), "--json"]).json()
}

fn mail(app: &TestApp, to: &str, subject: &str) -> Mail {
    app.mailbox().wait_for(&format!("{subject} to {to}"), |mail| {
        mail.is_to(to) && mail.part("subject").starts_with(subject)
    })
}

/// The path of the page that a mail leads to.
fn page(mail: &Mail) -> String {
    let link = mail.link("/b/");
    let path = &link[link.find("/b/").expect("a path")..];
    path.trim_end_matches("/join").to_owned()
}

fn each_guest_is_invited_by_a_link_of_their_own(backend: Backend) {
    let app = app(backend);
    // Twice the same, and both sides among them: each gets one mail.
    let booked = book(&app, &[CY, "Cy@Guests.example", DI, BO, "Ada@Hosts.example"]);
    assert_eq!(booked.value()["guests"], json!([CY, DI]));
    assert_eq!(booked.value()["attendees"].as_array().map(Vec::len), Some(1));
    let mut pages = vec![booked.page().to_owned()];
    for (guest, other) in [(CY, DI), (DI, CY)] {
        let invite = app.mailbox().wait_for_invite(guest, "REQUEST");
        let text = invite.part("text");
        assert!(text.contains("Bo Berg brings you along"), "{text}");
        assert!(text.contains(booked.text("/room/password")), "{text}");
        let why = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(why.contains(&format!("Bo Berg gave {guest} for a booking with Ada")), "{text}");
        let all = invite.value().to_string();
        assert!(!all.contains(other), "guests learn nothing of each other: {all}");
        assert!(!all.contains("Only for Ada"), "nor may the customer write to them: {all}");
        assert!(!all.contains("/cancel") && !all.contains("/reschedule"), "{all}");
        assert!(!all.contains(booked.token()), "{all}");
        pages.push(page(&invite));
    }
    pages.sort();
    pages.dedup();
    assert_eq!(pages.len(), 3);
    // Calendars of the two sides have them all, in one event.
    for side in [ADA, BO] {
        let invite = app.mailbox().wait_for_invite(side, "REQUEST");
        let raw = invite.value()["calendar"]["raw"].as_str().expect("raw").replace("\r\n ", "");
        assert!(raw.contains(&format!("mailto:{CY}")) && raw.contains(&format!("mailto:{DI}")));
        let uid = app.mailbox().wait_for_invite(CY, "REQUEST");
        assert_eq!(invite.value()["calendar"]["uid"], uid.value()["calendar"]["uid"]);
    }
}

fn a_guest_comes_and_changes_nothing(backend: Backend) {
    let mut app = app(backend);
    let booked = book(&app, &[CY]);
    let path = page(&mail(&app, CY, "Booked: "));
    let shown_page = app.client().page(&path);
    let text = shown_page.text();
    assert!(text.contains("You’re expected"), "{text}");
    assert!(text.contains("Bo Berg booked this, and can move or cancel it"), "{text}");
    assert!(text.contains(booked.text("/room/password")), "{text}");
    assert!(!text.contains("Only for Ada") && !text.contains("Remove"), "{text}");
    assert!(!app.client().get(&path).body.contains(booked.token()));
    let before = app.database().dump_of("bookings");
    for act in ["cancel", "reschedule"] {
        app.client().get(&format!("{path}/{act}")).expect(404);
        app.client().post_form(&format!("{path}/{act}"), &[]).expect(404);
    }
    for act in ["confirm", "decline"] {
        app.client().post_form(&format!("{path}/{act}"), &[]).expect(404);
    }
    let form = app.client().page(booked.page()).form("/remove");
    let remove = form.action().to_owned();
    let with_own = remove.replace(booked.page(), &path);
    assert_ne!(with_own, remove);
    app.client().post_form(&with_own, &[]).expect(404);
    assert_eq!(app.database().dump_of("bookings"), before);
    let file = app.client().get(&format!("{path}/calendar.ics")).expect(200);
    assert!(file.body.contains("BEGIN:VEVENT") && !file.body.contains(booked.token()));
    app.restart_at("2027-07-05 08:55:00");
    let door = app.client().page(&format!("{path}/join"));
    let led = app.client().submit(&door.form("/join")).expect(303);
    assert!(led.location().ends_with(booked.text("/room/name")), "{}", led.location());
}

fn who_is_taken_off_is_told_and_the_room_is_another(backend: Backend) {
    let app = app(backend);
    let booked = book(&app, &[CY, DI]);
    let path = page(&mail(&app, CY, "Booked: "));
    for who in [ADA, BO, CY, DI] {
        mail(&app, who, "Booked: ");
    }
    let page_of_bo = app.client().page(booked.page());
    assert!(page_of_bo.text().contains(CY) && page_of_bo.text().contains(DI));
    app.client().submit(&page_of_bo.form("/remove")).expect(303);
    let after = shown(&app, &booked);
    assert_eq!((&after["guests"], &after["version"]), (&json!([DI]), &json!(2)));
    let (old, new) = (booked.text("/room/name"), after["room"]["name"].as_str().expect("a room"));
    assert_ne!(old, new);
    assert_ne!(booked.text("/room/password"), after["room"]["password"]);
    assert_eq!(app.ask(old).status, 403);
    app.client().get(&path).expect(404);
    app.client().get(&format!("{path}/join")).expect(404);
    // The one who is gone gets the cancellation, and nothing of the new room.
    let goodbye = app.mailbox().wait_for_invite(CY, "CANCEL");
    assert_eq!(goodbye.sequence(), 1);
    assert!(goodbye.part("text").contains("no longer expected"), "{}", goodbye.part("text"));
    assert!(!goodbye.value().to_string().contains(new));
    for who in [ADA, BO, DI] {
        let changed = mail(&app, who, "Changed: ");
        assert_eq!(changed.sequence(), 1);
        assert!(changed.part("text").contains(new), "{}", changed.part("text"));
        assert!(!changed.value().to_string().contains(CY), "{}", changed.value());
    }
    // Once more there is no such guest.
    let form = page_of_bo.form("/remove");
    app.client().post_form(form.action(), &[]).expect(404);
    assert_eq!(shown(&app, &booked)["version"], 2);
}

fn guests_hear_of_moves_and_cancellation(backend: Backend) {
    let app = app(backend);
    let booked = book(&app, &[CY]);
    let first = app.mailbox().wait_for_invite(CY, "REQUEST");
    let key = app.key("ada", "bookings:write");
    let path = format!("/api/v1/bookings/{}", booked.id());
    let to = json!({"start": "2027-07-06T09:00:00Z", "note": "The train is late."});
    key.post_json(&format!("{path}/reschedule"), &to).expect(200);
    let moved = mail(&app, CY, "Moved: ");
    assert!(moved.part("text").contains("Ada Lovelace has moved this booking"));
    assert_eq!(moved.sequence(), 1);
    assert_eq!(moved.value()["calendar"]["uid"], first.value()["calendar"]["uid"]);
    assert_eq!(page(&moved), page(&first), "the same link for life");
    key.post_json(&format!("{path}/cancel"), &json!({})).expect(200);
    let cancelled = app.mailbox().wait_for_invite(CY, "CANCEL");
    assert_eq!(cancelled.sequence(), 2);
    let text = app.client().page(&page(&first)).text();
    assert!(text.contains("Ada Lovelace cancelled it"), "{text}");
}

fn guests_are_asked_for_on_the_form(backend: Backend) {
    let app = app(backend);
    let form = app.client().page(&format!("/ada/intro?slot={START}&tz=UTC")).form("/ada/intro");
    let form = form.set("name", "Bo Berg").set("email", BO);
    let typed = format!("{CY}; nobody\n{DI}");
    let refused = app.client().submit(&form.clone().set("guests", &typed)).expect(422).page();
    assert!(refused.marked().contains("guests"));
    let again = refused.form("/ada/intro");
    assert_eq!(again.value("guests"), Some(typed.as_str()), "what was typed stays");
    let many: Vec<String> = (0..6).map(|n| format!("guest{n}@guests.example")).collect();
    let refused = app.client().submit(&form.clone().set("guests", many.join(","))).expect(422);
    assert!(refused.body.contains("At most 5 guests"), "{}", refused.body);
    let made = app.client().submit(&form.set("guests", format!("{CY}\r\n {DI} ,"))).expect(303);
    let text = app.client().page(&made.location()).text();
    assert!(text.contains(CY) && text.contains(DI), "{text}");
    mail(&app, DI, "Booked: ");
}

fn as_many_as_the_event_type_allows(backend: Backend) {
    let app = app(backend);
    app.add_event_type("ada", "alone", &["--title", "Alone", "--duration", "30", "--guests", "0"]);
    let page = app.client().page(&format!("/ada/alone?slot={START}&tz=UTC"));
    assert!(page.form("/ada/alone").value("guests").is_none());
    let refused = ask(&app, "alone", &[CY]).expect(422).json();
    assert_eq!(refused["fields"][0]["field"], "guests", "{refused}");
    let refused = ask(&app, "intro", &["no address"]).expect(422).json();
    assert_eq!(refused["fields"][0]["field"], "guests.0", "{refused}");
    let group = ["--title", "Group", "--duration", "30", "--seats", "4"];
    app.add_event_type("ada", "group", &group);
    ask(&app, "group", &[CY]).expect(422);
    let browser: Client = app.sign_in(&Host::ada());
    let path = "/app/event-types/alone";
    browser.submit(&browser.page(path).form(path).set("guests", "1")).expect(303);
    ask(&app, "alone", &[CY, DI]).expect(422);
    ask(&app, "alone", &[CY]).expect(201);
    let arguments = ["booking", "add", "--host", "ada", "--event", "alone"];
    let rest = ["--start", "2027-07-06T09:00:00Z", "--name", "Bo", "--email", BO, "--guest", DI];
    app.cli(&[&arguments[..], &rest].concat()).done();
    mail(&app, DI, "Booked: ");
}

fn of_a_request_guests_hear_when_it_stands(backend: Backend) {
    let app = app(backend);
    let options = ["--title", "Visit", "--duration", "30", "--requires-confirmation"];
    app.add_event_type("ada", "visit", &options);
    let booked = Booked::from_json(ask(&app, "visit", &[CY, DI]).expect(201).json());
    mail(&app, BO, "Requested: ");
    mail(&app, ADA, "Requested: ");
    assert!(!app.mailbox().all().iter().any(|mail| mail.is_to(CY)));
    // Who is taken off before has heard of nothing, and does not.
    app.client().submit(&app.client().page(booked.page()).form("/remove")).expect(303);
    app.cli(&["booking", "confirm", booked.id()]).done();
    mail(&app, DI, "Booked: ");
    mail(&app, BO, "Booked: ");
    assert!(!app.mailbox().all().iter().any(|mail| mail.is_to(CY)));
}

fn the_host_takes_a_guest_off(backend: Backend) {
    let app = app(backend);
    let booked = book(&app, &[CY]);
    let path = page(&mail(&app, ADA, "Booked: "));
    app.client().submit(&app.client().page(&path).form("/remove")).expect(303);
    assert_eq!(shown(&app, &booked)["guests"], json!([]));
    app.mailbox().wait_for_invite(CY, "CANCEL");
    let cancelled = book_another(&app);
    let path = format!("/b/{}", cancelled.token());
    let form = app.client().page(&path).form("/remove");
    app.cli(&["booking", "cancel", cancelled.id()]).done();
    let refused = app.client().submit(&form).expect(422);
    assert!(refused.body.contains("Nothing was changed"), "{}", refused.body);
}

fn book_another(app: &TestApp) -> Booked {
    let mut request = app.request("intro", "2027-07-07T09:00:00Z", "Bo Berg", BO);
    request["guests"] = json!([DI]);
    Booked::from_json(app.client().post_json("/api/v1/bookings", &request).expect(201).json())
}

fn an_address_gets_no_more_mail_by_being_a_guest(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").start_with_ada();
    let slots = app.slots("ada", "intro", "2027-07-05", "2027-07-16");
    let statuses: Vec<u16> = slots
        .iter()
        .take(21)
        .enumerate()
        .map(|(number, start)| {
            let email = format!("bo{number}@customers.example");
            let mut request = app.request("intro", start, "Bo Berg", &email);
            request["guests"] = json!([CY]);
            app.client().post_json("/api/v1/bookings", &request).status
        })
        .collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 20, "{statuses:?}");
    assert_eq!(statuses.last(), Some(&429));
    // Nothing of the last is stored.
    assert_eq!(app.database().number("SELECT count(*) FROM bookings"), 20);
}

/// The mail of a change takes the place of one that has not left, and says what that would have said.
fn what_was_not_told_yet_is_told_with_the_next(backend: Backend) {
    let web = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits();
    let key = "5a".repeat(32);
    let web = web.set("secret_key", &key).argument("--only").argument("web").start_with_ada();
    let take_off = |booked: &Booked| {
        let form = web.client().page(booked.page()).form("/remove");
        web.client().submit(&form).expect(303);
    };
    let moved = book(&web, &[CY, DI]);
    let to = ["booking", "move", moved.id(), "--start", "2027-07-05T10:00:00Z", "--note", "Late"];
    web.cli(&to).done();
    take_off(&moved);
    let mut request = web.request("intro", "2027-07-06T09:00:00Z", "Ed Ek", "ed@customers.example");
    request["guests"] = json!([CY]);
    let made = web.client().post_json("/api/v1/bookings", &request).expect(201).json();
    take_off(&Booked::from_json(made));
    // Nobody is told of that, and yet both are of the request.
    let options = ["--title", "Visit", "--duration", "30", "--requires-confirmation"];
    web.add_event_type("ada", "visit", &options);
    let mut request = web.request("visit", "2027-07-07T09:00:00Z", "Fay Fox", FAY);
    request["guests"] = json!([CY]);
    let asked = web.client().post_json("/api/v1/bookings", &request).expect(201).json();
    take_off(&Booked::from_json(asked));

    let mut all = TestApp::on(backend).clock("2027-07-01 08:10:00").without_limits().prepare();
    all.set("database_url", web.database().url());
    all.set("data_dir", web.data_dir().display().to_string());
    all.set("secret_key", key);
    all.start();
    let told = |to: &str, subject: &str| {
        web.mailbox().wait_for(&format!("{subject} to {to}"), |mail| {
            mail.is_to(to) && mail.part("subject").starts_with(subject)
        })
    };
    for to in [BO, ADA, DI] {
        let mail = told(to, "Moved: ");
        assert!(mail.part("text").contains("11:00") || mail.part("text").contains("10:00"));
        assert!(mail.part("text").contains("Late"), "{to}: {}", mail.part("text"));
    }
    told("ed@customers.example", "Booked: ");
    for to in [FAY, ADA] {
        let mail = told(to, "Requested: ");
        assert!(mail.part("text").contains("Visit"), "{to}: {}", mail.part("text"));
    }
}

fn who_is_taken_off_learns_nothing_of_what_comes_after(backend: Backend) {
    let away = "smtp+plain://127.0.0.1:1";
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits();
    let mut app = app.set("mail.url", away).start_with_ada();
    let booked = book(&app, &[CY]);
    let path = app.client().page(booked.page()).form("/remove");
    app.client().submit(&path).expect(303);
    // Before any mail has left, it is moved, and called off for reasons that are nobody else's.
    let key = app.key("ada", "bookings:write");
    let of = |act: &str| format!("/api/v1/bookings/{}/{act}", booked.id());
    key.post_json(&of("reschedule"), &json!({"start": "2027-07-07T10:00:00Z"})).expect(200);
    key.post_json(&of("cancel"), &json!({"reason": "A private matter"})).expect(200);
    app.set("mail.url", "mailbox://");
    app.restart_at("2027-07-01 08:10:00");
    let goodbye = app.mailbox().wait_for_invite(CY, "CANCEL");
    let text = goodbye.part("text");
    assert!(text.contains("You are no longer expected") && text.contains("5 July"), "{text}");
    let all = goodbye.value().to_string();
    for later in ["private", "7 July", "20270707"] {
        assert!(!all.contains(later), "{later}: {all}");
    }
    assert!(all.contains("20270705T090000Z"), "{all}");
}

fn a_guest_is_brought_along_later(backend: Backend) {
    let app = app(backend);
    let booked = book(&app, &[CY]);
    for who in [ADA, BO, CY] {
        mail(&app, who, "Booked: ");
    }
    let before = app.mailbox().count();
    let page_of_bo = app.client().page(booked.page());
    let form = page_of_bo.form("/guests");
    app.client().submit(&form.clone().set("guest", DI)).expect(303);
    let after = shown(&app, &booked);
    assert_eq!((&after["guests"], &after["version"]), (&json!([CY, DI]), &json!(2)));
    assert_eq!(after["room"], shown_room(&booked), "the room stays");
    let invite = app.mailbox().wait_for_invite(DI, "REQUEST");
    let text = invite.part("text");
    assert!(text.contains("Bo Berg brings you along"), "{text}");
    assert!(text.contains(booked.text("/room/password")) && !text.contains(CY), "{text}");
    let own = page(&invite);
    assert_ne!(own, booked.page());
    assert!(app.client().page(&own).text().contains("You’re expected"));
    for side in [ADA, BO] {
        let changed = mail(&app, side, "Changed: ");
        assert!(changed.part("text").contains("Somebody else comes along"));
        assert!(changed.part("text").contains(booked.text("/room/password")));
        assert_eq!((changed.sequence(), changed.calendar("method")), (1, "REQUEST"));
        let raw = changed.value()["calendar"]["raw"].as_str().expect("raw").replace("\r\n ", "");
        assert!(raw.contains(&format!("mailto:{CY}")) && raw.contains(&format!("mailto:{DI}")));
    }
    // Pressed twice, or asked for the customer: nothing happens, and nobody else hears of anything.
    for email in [DI, "Di@Guests.example", BO, ADA] {
        app.client().submit(&form.clone().set("guest", email)).expect(303);
    }
    assert_eq!(shown(&app, &booked)["version"], 2);
    let kinds = shown(&app, &booked)["history"].clone();
    assert_eq!(kinds[1]["kind"], "guest_added");
    assert_eq!(kinds[1]["by"], "customer");
    let unsent = "SELECT count(*) FROM outbox_messages WHERE finished_at IS NULL";
    wait_until("all mail", SOON, || (app.database().number(unsent) == 0).then_some(()));
    assert_eq!(app.mailbox().count(), before + 3);
    // What was typed wrong comes back, marked.
    let wrong = app.client().submit(&form.set("guest", "nobody")).expect(422).page();
    assert!(wrong.marked().contains("guest"), "{:?}", wrong.marked());
    assert_eq!(wrong.form("/guests").value("guest"), Some("nobody"));
    // A guest brings nobody along.
    assert!(!app.client().page(&own).has_form("/guests"));
    let one = [("guest".to_owned(), "ed@guests.example".to_owned())];
    app.client().post_form(&format!("{own}/guests"), &one).expect(404);
}

fn shown_room(booked: &Booked) -> Value {
    booked.value()["room"].clone()
}

fn one_more_is_refused_where_there_is_no_room(backend: Backend) {
    let app = app(backend);
    let pair = ["--title", "Pair", "--duration", "30", "--guests", "1"];
    app.add_event_type("ada", "pair", &pair);
    let booked = Booked::from_json(ask(&app, "pair", &[]).expect(201).json());
    let form = app.client().page(booked.page()).form("/guests");
    app.client().submit(&form.clone().set("guest", CY)).expect(303);
    let full = app.client().submit(&form.clone().set("guest", DI)).expect(422);
    assert!(full.body.contains("At most 1 guest"), "{}", full.body);
    assert_eq!(full.page().form("/guests").value("guest"), Some(DI));
    let shown_page = app.client().page(booked.page());
    assert!(!shown_page.has_form("/guests"), "and is not asked for");
    // One who was taken off makes room for another, who gets another link.
    app.client().submit(&shown_page.form("/remove")).expect(303);
    app.mailbox().wait_for_invite(CY, "CANCEL");
    app.client().submit(&form.clone().set("guest", CY)).expect(303);
    let again = app.mailbox().wait_for("another invitation", |mail| {
        mail.is_to(CY) && mail.calendar("method") == "REQUEST" && mail.sequence() == 3
    });
    assert!(app.client().page(&page(&again)).text().contains("You’re expected"));
    // A series has none, and one that is over or called off takes none.
    let lesson = ["--title", "Lesson", "--duration", "30", "--series", "4", "--guests", "2"];
    app.add_event_type("ada", "lesson", &lesson);
    let mut request = app.request("lesson", "2027-07-06T09:00:00Z", "Bo Berg", BO);
    request["repeat"] = json!({"every": "week", "count": 2});
    let series = app.client().post_json("/api/v1/bookings", &request).expect(201).json();
    let series = Booked::from_json(series);
    assert!(!app.client().page(series.page()).has_form("/guests"));
    let one = [("guest".to_owned(), DI.to_owned())];
    app.client().post_form(&format!("{}/guests", series.page()), &one).expect(422);
    app.cli(&["booking", "cancel", booked.id()]).done();
    let refused = app.client().submit(&form.set("guest", DI)).expect(422);
    assert!(refused.body.contains("Nothing was changed"), "{}", refused.body);
    assert!(!app.mailbox().all().iter().any(|mail| mail.is_to(DI)));
}

fn a_host_adds_a_guest_by_key(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").start_with_ada();
    let visit = ["--title", "Visit", "--duration", "30", "--requires-confirmation"];
    app.add_event_type("ada", "visit", &visit);
    let booked = Booked::from_json(ask(&app, "visit", &[]).expect(201).json());
    let key = app.key("ada", "bookings:write");
    let path = format!("/api/v1/bookings/{}/guests", booked.id());
    let added = key.post_json(&path, &json!({"email": CY})).expect(200).json();
    assert_eq!((&added["guests"], &added["version"]), (&json!([CY]), &json!(2)));
    let again = key.post_json(&path, &json!({"email": CY})).expect(200).json();
    assert_eq!(again["version"], 2, "a request may be repeated");
    // Of a request guests hear when it stands; the two sides have heard of it all the same.
    mail(&app, BO, "Requested: ");
    mail(&app, ADA, "Requested: ");
    app.cli(&["booking", "confirm", booked.id()]).done();
    mail(&app, CY, "Booked: ");
    let wrong = key.post_json(&path, &json!({"email": "nobody"}));
    assert_eq!(wrong.problem(422), "invalid_request");
    assert_eq!(wrong.json()["fields"][0]["field"], "email");
    for number in 0..4 {
        let email = format!("guest{number}@guests.example");
        key.post_json(&path, &json!({"email": email})).expect(200);
    }
    let many = key.post_json(&path, &json!({"email": DI}));
    assert_eq!(many.problem(422), "invalid_request");
    assert_eq!(many.json()["fields"][0]["code"], "too_many");
    app.cli(&["booking", "cancel", booked.id()]).done();
    assert_eq!(key.post_json(&path, &json!({"email": DI})).problem(409), "invalid_transition");
    // A customer who brings many along is held back like one who books much.
    let mut request = app.request("intro", "2027-07-07T09:00:00Z", "Bo Berg", BO);
    request["guests"] = json!([DI]);
    let other = app.client().post_json("/api/v1/bookings", &request).expect(201).json();
    let other = Booked::from_json(other);
    let mut statuses = Vec::new();
    for number in 0..25 {
        let one = [("guest".to_owned(), format!("more{number}@guests.example"))];
        let path = format!("{}/guests", other.page());
        statuses.push(app.client().post_form(&path, &one).status);
        if statuses.last() == Some(&303) {
            let page = app.client().page(other.page());
            app.client().submit(page.forms("/remove").last().expect("one")).expect(303);
        }
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}

/// What tells of one more takes the place of what has not left, and says what that would have said; of whom it does not
/// tell hears what is due all the same.
fn one_more_is_told_of_with_what_was_not_told_yet(backend: Backend) {
    let web = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits();
    let key = "5a".repeat(32);
    let web = web.set("secret_key", &key).argument("--only").argument("web").start_with_ada();
    let visit = ["--title", "Visit", "--duration", "30", "--requires-confirmation"];
    web.add_event_type("ada", "visit", &visit);
    let add = |booked: &Booked, guest: &str| {
        let form = web.client().page(booked.page()).form("/guests").set("guest", guest);
        web.client().submit(&form).expect(303);
    };
    let moved = book(&web, &[CY]);
    let to = ["booking", "move", moved.id(), "--start", "2027-07-05T10:00:00Z", "--note", "Late"];
    web.cli(&to).done();
    add(&moved, DI);
    let mut request = web.request("visit", "2027-07-06T09:00:00Z", "Ed Ek", "ed@customers.example");
    let asked = web.client().post_json("/api/v1/bookings", &request).expect(201).json();
    add(&Booked::from_json(asked), DI);
    request = web.request("intro", "2027-07-07T09:00:00Z", "Flo Fink", "flo@customers.example");
    let made = web.client().post_json("/api/v1/bookings", &request).expect(201).json();
    add(&Booked::from_json(made), DI);

    let mut all = TestApp::on(backend).clock("2027-07-01 08:10:00").without_limits().prepare();
    all.set("database_url", web.database().url());
    all.set("data_dir", web.data_dir().display().to_string());
    all.set("secret_key", key);
    all.start();
    let told = |to: &str, subject: &str| mail(&web, to, subject);
    for to in [ADA, BO, CY] {
        let text = told(to, "Moved: ").part("text").to_owned();
        assert!(text.contains("Late"), "{text}");
    }
    told(DI, "Booked: ");
    for to in [ADA, "ed@customers.example"] {
        told(to, "Requested: ");
    }
    told("flo@customers.example", "Booked: ");
    let unsent = "SELECT count(*) FROM outbox_messages WHERE finished_at IS NULL";
    wait_until("all mail", SOON, || (web.database().number(unsent) == 0).then_some(()));
    let sent = web.mailbox().all();
    assert!(!sent.iter().any(|mail| mail.part("subject").starts_with("Changed")), "nothing twice");
    // Ada three times; Bo, Ed and Flo once; Cy once; Di of two.
    assert_eq!(sent.len(), 3 + 3 + 1 + 2);
}
