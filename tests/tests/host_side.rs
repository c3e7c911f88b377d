//! What only the host sees and does: a booking's history, private notes, marks of who came.

use roomkey_tests::{Backend, Booked, Host, TestApp, on_both};
use serde_json::{Value, json};

on_both!(
    a_booking_has_a_history_that_its_host_sees,
    the_history_of_a_request_says_how_it_ended,
    a_host_notes_what_the_customer_never_sees,
    a_note_that_is_not_taken_comes_back,
    notes_by_programs_and_commands,
    a_host_marks_who_came,
    marks_by_programs_and_commands,
    who_came_stands_in_the_list_and_is_searched_for,
    a_move_takes_a_mark_back,
    only_its_host_notes_and_marks,
);

const ADA: &str = "ada@hosts.example";
const BO: &str = "bo@customers.example";
const START: &str = "2027-07-05T09:00:00Z";

/// London, Thursday 1 July 2027, 09:00.
fn app(backend: Backend) -> TestApp {
    TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start_with_ada()
}

fn book(app: &TestApp, event: &str, start: &str) -> Booked {
    let request = app.request(event, start, "Bo Berg", BO);
    Booked::from_json(app.client().post_json("/api/v1/bookings", &request).expect(201).json())
}

/// The host's page of a booking.
fn host_page(app: &TestApp, booked: &Booked) -> String {
    let shown = app.cli(&["booking", "show", booked.id(), "--json"]).json();
    let page = shown["links"]["page"].as_str().expect("the host's link");
    page[page.find("/b/").expect("a path")..].to_owned()
}

fn shown(app: &TestApp, booked: &Booked) -> Value {
    let path = format!("/api/v1/bookings/{}", booked.id());
    app.key("ada", "bookings:read").get(&path).expect(200).json()
}

fn history(app: &TestApp, page: &str) -> Vec<String> {
    app.client().page(page).texts("#own .facts li")
}

fn a_booking_has_a_history_that_its_host_sees(backend: Backend) {
    let mut app = app(backend);
    let booked = book(&app, "intro", START);
    app.restart_at("2027-07-01 09:30:00");
    let path = format!("/b/{}/reschedule", booked.token());
    let to = [
        ("slot".to_owned(), "2027-07-06T10:00:00Z".to_owned()),
        ("note".to_owned(), "The train\nis late".to_owned()),
    ];
    app.client().post_form(&path, &to).expect(303);
    app.restart_at("2027-07-02 22:45:00");
    let id = booked.id();
    app.cli(&["booking", "cancel", id, "--reason", "Ada is ill"]).done();

    let told = shown(&app, &booked)["history"].clone();
    let expected = json!([
        {"at": "2027-07-01T08:00:00Z", "by": "customer", "kind": "booked"},
        {"at": "2027-07-01T09:30:00Z", "by": "customer", "kind": "moved", "from": START,
         "to": "2027-07-06T10:00:00Z", "note": "The train\nis late"},
        {"at": "2027-07-02T22:45:00Z", "by": "host", "kind": "cancelled", "note": "Ada is ill"},
    ]);
    let whole_seconds = |entry: &Value| {
        let mut entry = entry.clone();
        let at = entry["at"].as_str().expect("a time")[..16].to_owned();
        entry["at"] = json!(format!("{at}:00Z"));
        entry
    };
    let told: Vec<Value> = told.as_array().expect("a list").iter().map(whole_seconds).collect();
    assert_eq!(json!(told), expected);
    let by_command = app.cli(&["booking", "show", id, "--json"]).json();
    assert_eq!(by_command["history"].as_array().map(Vec::len), Some(3));
    let printed = app.cli(&["booking", "show", id]).done().to_owned();
    for line in [
        "  history, London time\n",
        "    2027-07-01 09:00  booked by the customer\n",
        "    2027-07-01 10:30  moved by the customer from 2027-07-05 10:00 to 2027-07-06 11:00: \
         The train / is late\n",
        "    2027-07-02 23:45  cancelled by the host: Ada is ill\n",
    ] {
        assert!(printed.contains(line), "{line:?} is not in {printed}");
    }

    let page = host_page(&app, &booked);
    let entries = history(&app, &page);
    assert_eq!(entries.len(), 3, "{entries:?}");
    for (entry, parts) in entries.iter().zip([
        &["Booked by Bo Berg", "Thursday 1 July 2027 at 09:00"][..],
        &[
            "Moved by Bo Berg from Monday 5 July 2027 at 10:00 to Tuesday 6 July 2027 at 11:00",
            "The train",
            "Thursday 1 July 2027 at 10:30",
        ],
        &["Cancelled by you", "Ada is ill", "Friday 2 July 2027 at 23:45"],
    ]) {
        assert!(parts.iter().all(|part| entry.contains(part)), "{entry:?}");
    }
    let theirs = app.client().page(booked.page());
    assert!(!theirs.text().contains("History"), "{}", theirs.text());
    assert!(theirs.select("#own").is_empty());
}

fn the_history_of_a_request_says_how_it_ended(backend: Backend) {
    let mut app = app(backend);
    let options = [
        "--title",
        "Visit",
        "--duration",
        "30",
        "--requires-confirmation",
        "--confirm-within",
        "60",
    ];
    app.add_event_type("ada", "visit", &options);
    let [yes, no, none] = ["2027-07-05", "2027-07-06", "2027-07-07"]
        .map(|day| book(&app, "visit", &format!("{day}T09:00:00Z")));
    app.cli(&["booking", "confirm", yes.id()]).done();
    app.cli(&["booking", "decline", no.id(), "--reason", "Away"]).done();
    app.restart_at("2027-07-01 09:30:00");
    app.mailbox().wait_for("word of it", |mail| {
        mail.is_to(ADA) && mail.part("subject").starts_with("Expired: ")
    });
    let kinds = |booked: &Booked| {
        let told = shown(&app, booked)["history"].clone();
        let told = told.as_array().expect("a list").clone();
        let words = |entry: &Value| {
            let note = entry["note"].as_str().unwrap_or_default();
            let (kind, by) = (entry["kind"].as_str(), entry["by"].as_str());
            format!("{} {} {note}", kind.expect("a kind"), by.expect("who")).trim().to_owned()
        };
        told.iter().map(words).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&yes), ["requested customer", "confirmed host"]);
    assert_eq!(kinds(&no), ["requested customer", "declined host Away"]);
    assert_eq!(kinds(&none), ["requested customer", "expired time"]);
    let page = host_page(&app, &none);
    assert!(history(&app, &page)[1].contains("Expired, for nobody answered"));
    // Another host sees nothing of it, like of all that is not there.
    app.add_host(&Host::new("eve", "Eve", "UTC"));
    let eve = app.key("eve", "bookings:read");
    eve.get(&format!("/api/v1/bookings/{}", yes.id())).expect(404);
}

/// How a booking stands, apart from its history.
fn row(app: &TestApp, booked: &Booked) -> (i64, i64) {
    let column = |name: &str| {
        let select = format!("SELECT {name} FROM bookings WHERE id = '{}'", booked.id());
        app.database().number(&select)
    };
    (column("version"), column("ical_sequence"))
}

fn a_host_notes_what_the_customer_never_sees(backend: Backend) {
    let mut app = app(backend);
    let booked = book(&app, "intro", START);
    let page = host_page(&app, &booked);
    let path = format!("{page}/note");
    // Who only looks, a mail scanner among them, changes nothing.
    app.client().get(&path).expect(405);
    let secret = "Zebra <b>& sons</b>\nwants the large one";
    let form = app.client().page(&page).form(&path).set("private_note", secret);
    let saved = app.client().submit(&form).expect(303);
    assert!(saved.location().starts_with(&page), "{}", saved.location());
    let form = app.client().page(&page).form(&path);
    assert_eq!(form.value("private_note"), Some(secret));
    assert_eq!(row(&app, &booked), (1, 0));
    let entries = history(&app, &page);
    assert!(entries[1].contains("Private note changed by you"), "{entries:?}");
    assert!(!entries[1].contains("Zebra"), "what is taken out of a note is gone: {entries:?}");
    // The same once more is no change.
    app.client().submit(&form).expect(303);
    assert_eq!(history(&app, &page).len(), 2);

    let to = [("slot".to_owned(), "2027-07-06T10:00:00Z".to_owned())];
    app.client().post_form(&format!("/b/{}/reschedule", booked.token()), &to).expect(303);
    app.cli(&["booking", "cancel", booked.id()]).done();
    for (who, what) in [(ADA, "Cancelled: "), (BO, "Cancelled: ")] {
        app.mailbox().wait_for("word of it", |mail| {
            mail.is_to(who) && mail.part("subject").starts_with(what)
        });
    }
    for mail in app.mailbox().all() {
        assert!(!mail.value().to_string().contains("Zebra"), "{}", mail.value());
    }
    let theirs = app.client().get(booked.page()).expect(200);
    assert!(!theirs.body.contains("Zebra"), "{}", theirs.body);
    // After its end the note can still be written.
    app.restart_at("2027-07-09 08:00:00");
    let form = app.client().page(&page).form(&path).set("private_note", "");
    app.client().submit(&form).expect(303);
    assert_eq!(app.client().page(&page).form(&path).value("private_note"), Some(""));
}

fn a_note_that_is_not_taken_comes_back(backend: Backend) {
    let app = app(backend);
    let booked = book(&app, "intro", START);
    let page = host_page(&app, &booked);
    let path = format!("{page}/note");
    let before = app.database().dump_of("bookings");
    for text in ["x".repeat(2001), "a\u{202e}b".to_owned()] {
        let form = app.client().page(&page).form(&path).set("private_note", &text);
        let refused = app.client().submit(&form).expect(422).page();
        assert!(refused.marked().contains("private_note"), "{:?}", refused.marked());
        assert!(refused.title().starts_with("Error: "), "{}", refused.title());
        assert_eq!(refused.form(&path).value("private_note"), Some(text.as_str()));
    }
    assert_eq!(app.database().dump_of("bookings"), before);
    assert_eq!(history(&app, &page).len(), 1);
}

fn notes_by_programs_and_commands(backend: Backend) {
    let app = app(backend);
    let booked = book(&app, "intro", START);
    assert!(booked.value().get("private_note").is_none(), "{}", booked.value());
    let path = format!("/api/v1/bookings/{}", booked.id());
    let key = app.key("ada", "bookings:write");
    let send = |client: &roomkey_tests::Client, body: &str| {
        let json = ("Content-Type", "application/json");
        client.send("PATCH", &path, Some(body.as_bytes().to_vec()), &[json])
    };
    let noted = send(&key, r#"{"private_note": "=1+1"}"#).expect(200).json();
    assert_eq!((&noted["private_note"], &noted["version"]), (&json!("=1+1"), &json!(1)));
    assert_eq!(shown(&app, &booked)["private_note"], "=1+1");
    for body in ["{}", r#"{"private_note": 1}"#] {
        assert_eq!(send(&key, body).problem(422), "invalid_request");
    }
    let long = json!({"private_note": "x".repeat(2001)}).to_string();
    let refused = send(&key, &long).expect(422).json();
    assert_eq!(refused["fields"][0]["field"], "private_note");
    send(&app.key("ada", "bookings:read"), "{}").expect(403);
    send(&app.client(), "{}").expect(401);
    // In the table, no spreadsheet takes it for a formula.
    let table = app.cli(&["booking", "export", "--host", "ada"]).done().to_owned();
    assert!(table.contains(",{},'=1+1,,,"), "{table}");

    let by_command = app.cli(&["booking", "note", booked.id(), "Two\nlines", "--json"]).json();
    assert_eq!(by_command["private_note"], "Two\nlines");
    let printed = app.cli(&["booking", "show", booked.id()]).done().to_owned();
    assert!(printed.contains("  private note: Two / lines\n"), "{printed}");
    let long = "x".repeat(2001);
    app.cli(&["booking", "note", booked.id(), &long]).wrong_usage();
    assert!(app.cli(&["booking", "note", "nothing", "x"]).refused().contains("no booking"));
    let kinds = shown(&app, &booked)["history"].clone();
    let kinds: Vec<&Value> = kinds.as_array().expect("a list").iter().map(|e| &e["kind"]).collect();
    assert_eq!(kinds, ["booked", "noted", "noted"]);
}

fn a_host_marks_who_came(backend: Backend) {
    let mut app = app(backend);
    let booked = book(&app, "intro", START);
    let page = host_page(&app, &booked);
    let (came, missed) = (format!("{page}/attended"), format!("{page}/no-show"));
    // Not before it begins.
    let before = app.client().page(&page);
    assert!(!before.has_form(&came) && !before.has_form(&missed));
    let refused = app.client().post_form(&missed, &[]).expect(422);
    assert!(refused.body.contains("Nothing was changed"), "{}", refused.body);
    assert_eq!(history(&app, &page).len(), 1);

    app.restart_at("2027-07-05 09:00:01");
    app.client().get(&came).expect(405);
    let form = app.client().page(&page).form(&missed);
    app.client().submit(&form).expect(303);
    let marked = app.client().page(&page);
    assert!(marked.has_form(&came) && !marked.has_form(&missed), "the other mark is left");
    assert_eq!(marked.texts("#came .badge"), ["No-show"]);
    // Its mark is taken back by the other one, also after the end.
    app.restart_at("2027-07-05 12:00:00");
    app.client().submit(&app.client().page(&page).form(&came)).expect(303);
    let marked = app.client().page(&page);
    assert_eq!(marked.texts("#came .badge"), ["Attended"]);
    assert!(marked.has_form(&missed) && !marked.has_form(&came));
    let entries = history(&app, &page);
    assert_eq!(entries.len(), 3, "{entries:?}");
    assert!(entries[1].contains("Bo Berg marked as no-show by you"), "{entries:?}");
    assert!(entries[1].contains("Monday 5 July 2027 at 10:00"), "{entries:?}");
    assert!(entries[2].contains("Bo Berg marked as attended by you"), "{entries:?}");
    assert_eq!(row(&app, &booked), (1, 0));
    assert_eq!(app.database().number("SELECT count(*) FROM outbox_messages"), 2);
    let theirs = app.client().get(booked.page()).expect(200);
    assert!(!theirs.body.contains("Attended") && !theirs.body.contains("No-show"));
}

fn marks_by_programs_and_commands(backend: Backend) {
    let mut app = app(backend);
    let booked = book(&app, "intro", START);
    let gone = book(&app, "intro", "2027-07-05T10:00:00Z");
    app.cli(&["booking", "cancel", gone.id()]).done();
    let key = app.key("ada", "bookings:write");
    let mark = |booked: &Booked, act: &str, body: &Value| {
        key.post_json(&format!("/api/v1/bookings/{}/{act}", booked.id()), body)
    };
    let bo = json!({"attendee": "BO@customers.example"});
    for act in ["attended", "no-show"] {
        assert_eq!(mark(&booked, act, &bo).problem(409), "invalid_transition");
    }
    app.restart_at("2027-07-05 12:00:00");
    let marked = mark(&booked, "no-show", &bo).expect(200).json();
    assert_eq!(marked["attendees"][0]["attendance"], "no_show", "{marked}");
    assert_eq!((&marked["status"], &marked["version"]), (&json!("confirmed"), &json!(1)));
    let marked = mark(&booked, "attended", &json!({})).expect(200).json();
    assert_eq!(marked["attendees"][0]["attendance"], "attended", "{marked}");
    let refused = mark(&booked, "no-show", &json!({"attendee": "cy@customers.example"}));
    assert_eq!(refused.expect(422).json()["fields"][0]["field"], "attendee");
    let refused = mark(&booked, "no-show", &json!({"attendee": "nobody"}));
    assert_eq!(refused.expect(422).json()["fields"][0]["field"], "attendee");
    assert_eq!(mark(&gone, "no-show", &bo).problem(409), "invalid_transition");
    let path = format!("/api/v1/bookings/{}/no-show", booked.id());
    app.key("ada", "bookings:read").post_json(&path, &bo).expect(403);
    app.client().post_json(&path, &bo).expect(401);

    let id = booked.id();
    let by_command = app.cli(&["booking", "no-show", id, "--attendee", BO, "--json"]).json();
    assert_eq!(by_command["attendees"][0]["attendance"], "no_show");
    app.cli(&["booking", "attended", id]).done();
    assert!(app.cli(&["booking", "no-show", gone.id()]).refused().contains("cancelled"));
    let told = shown(&app, &booked)["history"].clone();
    let last = told.as_array().and_then(|list| list.last()).expect("an entry");
    assert_eq!((&last["kind"], &last["by"]), (&json!("attended"), &json!("host")));
    assert_eq!(last["attendee"], "Bo Berg");
    let table = app.cli(&["booking", "export", "--host", "ada"]).done().to_owned();
    assert!(table.contains(",{},,attended,,\r\n"), "{table}");
}

fn who_came_stands_in_the_list_and_is_searched_for(backend: Backend) {
    let mut app = app(backend);
    for hour in ["09", "10", "11"] {
        let name = format!("Bo {hour}");
        let request = app.request("intro", &format!("2027-07-05T{hour}:00:00Z"), &name, BO);
        app.client().post_json("/api/v1/bookings", &request).expect(201);
    }
    let browser = app.sign_in(&Host::ada());
    assert!(!browser.page("/app/bookings").has_form("/no-show"), "none of them has begun");
    app.restart_at("2027-07-05 12:00:00");
    let list = "/app/bookings?show=past&q=bo";
    let form = |end: &str, number: usize| browser.page(list).forms(end)[number].clone();
    // The latest comes first; each button leads back to where it stood.
    let back = browser.submit(&form("/no-show", 0)).expect(303).location();
    assert_eq!(back, list);
    browser.submit(&form("/attended", 1)).expect(303);
    let page = browser.page(list);
    let rows = page.texts(".bk__main");
    assert!(rows[0].contains("Bo 11") && rows[0].contains("No-show"), "{rows:?}");
    assert!(rows[1].contains("Bo 10") && rows[1].contains("Attended"), "{rows:?}");
    assert!(rows[2].contains("Bo 09") && page.texts(".bk .badge").len() == 2, "{rows:?}");
    let named = |query: &str| browser.page(&format!("{list}&{query}")).texts(".bk__main > a");
    assert_eq!(named("came=no_show"), ["Bo 11"]);
    assert_eq!(named("came=attended"), ["Bo 10"]);
    assert_eq!(named("came="), ["Bo 11", "Bo 10", "Bo 09"]);
    let wrong = browser.get(&format!("{list}&came=perhaps")).expect(422).page();
    assert!(wrong.marked().contains("came"), "{:?}", wrong.marked());
    let table = browser.get("/app/bookings.csv?show=past&came=no_show").expect(200).body;
    assert!(table.contains("Bo 11") && !table.contains("Bo 10"), "{table}");
    // Where it leads back to is the list, whatever is asked for.
    let form = form("/no-show", 0).force("list", "//evil.example\r\nx: y");
    let back = browser.submit(&form).expect(303).location();
    assert!(back.starts_with("/app/bookings?") && !back.contains("//"), "{back}");
}

fn a_move_takes_a_mark_back(backend: Backend) {
    let mut app = app(backend);
    let booked = book(&app, "intro", START);
    app.restart_at("2027-07-05 09:20:00");
    app.cli(&["booking", "no-show", booked.id()]).done();
    app.cli(&["booking", "move", booked.id(), "--start", "2027-07-06T09:00:00Z"]).done();
    let moved = shown(&app, &booked);
    assert!(moved["attendees"][0].get("attendance").is_none(), "{moved}");
    let kinds: Vec<&Value> =
        moved["history"].as_array().expect("a list").iter().map(|e| &e["kind"]).collect();
    assert_eq!(kinds, ["booked", "no_show", "moved"]);
    assert!(app.cli(&["booking", "no-show", booked.id()]).refused().contains("not begun"));
}

fn only_its_host_notes_and_marks(backend: Backend) {
    let mut app = app(backend);
    let booked = book(&app, "intro", START);
    app.add_host(&Host::new("eve", "Eve", "UTC"));
    app.restart_at("2027-07-05 12:00:00");
    let before = [app.database().dump_of("bookings"), app.database().dump_of("attendees")];
    let note = [("private_note".to_owned(), "Mine".to_owned())];
    for act in ["note", "attended", "no-show"] {
        app.client().post_form(&format!("/b/{}/{act}", booked.token()), &note).expect(404);
        let page = host_page(&app, &booked);
        let path = format!("{page}/{act}");
        let from = [("Origin", "https://evil.example")];
        app.client().post_form_from(&path, &note, &from).expect(403);
    }
    let eve = app.key("eve", "bookings:write");
    let path = format!("/api/v1/bookings/{}", booked.id());
    let body = br#"{"private_note": "Mine"}"#;
    let json = ("Content-Type", "application/json");
    eve.send("PATCH", &path, Some(body.to_vec()), &[json]).expect(404);
    for act in ["attended", "no-show"] {
        eve.post_json(&format!("{path}/{act}"), &json!({})).expect(404);
    }
    let after = [app.database().dump_of("bookings"), app.database().dump_of("attendees")];
    assert_eq!(after, before);
    assert_eq!(app.database().number("SELECT count(*) FROM booking_remarks"), 0);
}
