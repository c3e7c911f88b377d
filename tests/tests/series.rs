//! The same wall time again and again: booked, moved and cancelled whole or not at all.

use roomkey_tests::{Backend, Host, Mail, Reply, TestApp, on_both};
use serde_json::{Value, json};

on_both!(
    a_series_is_booked_whole,
    a_date_that_is_not_free_is_named_and_left_out,
    a_request_is_repeated_without_harm,
    one_mail_tells_of_all_and_the_clock_change_is_right,
    what_can_not_be_repeated_is_refused,
    limits_and_links_count,
    the_form_asks_again_and_leaves_dates_out,
    a_host_books_one_for_a_customer,
    each_page_leads_to_the_others,
    one_the_following_or_all_are_cancelled,
    one_is_moved_or_the_following_as_far,
    a_move_of_all_is_refused_whole,
    what_stays_is_not_in_the_way_of_what_is_refused,
    what_is_shown_is_what_all_can_be_moved_to,
    the_editor_and_the_commands_know_series,
);

const ADA: &str = "ada@hosts.example";
const BO: &str = "bo@customers.example";
/// A Monday, 10:00 in London.
const START: &str = "2027-10-11T09:00:00Z";
const BOOKINGS: &str = "/api/v1/bookings";

/// London, Friday 1 October 2027, 09:00.
fn app(backend: Backend, options: &[&str]) -> TestApp {
    let app = TestApp::on(backend).clock("2027-10-01 08:00:00").without_limits().start_with_ada();
    let usual = ["--title", "Lesson", "--duration", "60", "--window-days", "365"];
    let series = if options.contains(&"--series") { &[][..] } else { &["--series", "12"][..] };
    app.add_event_type("ada", "lesson", &[&usual[..], series, options].concat());
    app
}

fn wish(app: &TestApp, start: &str, repeat: &Value) -> Value {
    let mut request = app.request("lesson", start, "Bo", BO);
    request["repeat"] = repeat.clone();
    request
}

fn ask(app: &TestApp, start: &str, repeat: &Value) -> Reply {
    app.client().post_json(BOOKINGS, &wish(app, start, repeat))
}

fn book(app: &TestApp, count: u32) -> Value {
    ask(app, START, &json!({"every": "week", "count": count})).expect(201).json()
}

fn texts(list: &Value, field: &str) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|each| each[field].as_str().unwrap_or_default().to_owned()).collect()
}

fn held(app: &TestApp) -> i64 {
    app.database().number("SELECT count(*) FROM booking_hosts WHERE held")
}

fn path(booking: &Value) -> String {
    let page = booking["links"]["page"].as_str().expect("a page");
    page[page.find("/b/").expect("a path")..].to_owned()
}

/// What the API tells the host of a booking.
fn shown(app: &TestApp, id: &str) -> Value {
    app.cli(&["booking", "show", id, "--json"]).json()
}

fn mail(app: &TestApp, to: &str, word: &str) -> Mail {
    let what = format!("a mail '{word}' to {to}");
    app.mailbox().wait_for(&what, |mail| mail.is_to(to) && mail.part("subject").starts_with(word))
}

fn a_series_is_booked_whole(backend: Backend) {
    let app = app(backend, &[]);
    let first = book(&app, 4);
    let series = &first["series"];
    assert_eq!((&series["index"], &series["count"]), (&json!(1), &json!(4)));
    let starts = ["2027-10-11T09:00:00Z", "2027-10-18T09:00:00Z", "2027-10-25T09:00:00Z"];
    // The clocks go back on 31 October: it stays 10:00 in London.
    assert_eq!(
        texts(&series["bookings"], "start"),
        [&starts[..], &["2027-11-01T10:00:00Z"]].concat()
    );
    assert_eq!(texts(&series["bookings"], "status"), ["confirmed"; 4]);
    assert_eq!(first["id"], series["bookings"][0]["id"]);
    assert_eq!(held(&app), 4);
    let rooms = "SELECT count(DISTINCT name_hash) FROM rooms WHERE NOT revoked";
    assert_eq!(app.database().number(rooms), 4, "each has a room of its own");
    // On the second Monday of each month.
    let monthly = ask(&app, "2027-10-11T13:00:00Z", &json!({"every": "month", "count": 3}));
    assert_eq!(
        texts(&monthly.expect(201).json()["series"]["bookings"], "start"),
        ["2027-10-11T13:00:00Z", "2027-11-08T14:00:00Z", "2027-12-13T14:00:00Z"]
    );
    // A fifth Friday is not in every month.
    let fifth = ask(&app, "2027-10-29T09:00:00Z", &json!({"every": "month", "count": 4}));
    assert_eq!(
        texts(&fifth.expect(201).json()["series"]["bookings"], "start"),
        ["2027-10-29T09:00:00Z", "2027-12-31T10:00:00Z"]
    );
    let third = first["series"]["bookings"][2]["id"].as_str().expect("an id");
    let told = shown(&app, third);
    assert_eq!((&told["series"]["index"], &told["series"]["id"]), (&json!(3), &series["id"]));
}

fn a_date_that_is_not_free_is_named_and_left_out(backend: Backend) {
    let app = app(backend, &[]);
    let taken = app.request("intro", "2027-10-18T09:30:00Z", "Cy", "cy@customers.example");
    app.client().post_json(BOOKINGS, &taken).expect(201);
    let before = app.database().row_counts();
    let refused = ask(&app, START, &json!({"every": "week", "count": 3}));
    assert_eq!(refused.problem(409), "slot_taken");
    let problem = refused.json();
    let date = json!({"date": "2027-10-18", "start": "2027-10-18T09:00:00Z", "reason": "this time is taken"});
    assert_eq!(problem["dates"], json!([date]));
    assert_eq!(app.database().row_counts(), before, "nothing is half booked");
    let except = json!({"every": "week", "count": 3, "except": ["2027-10-18"]});
    let booked = ask(&app, START, &except).expect(201).json();
    assert_eq!(booked["series"]["count"], 2);
    let starts = texts(&booked["series"]["bookings"], "start");
    assert_eq!(starts, ["2027-10-11T09:00:00Z", "2027-10-25T09:00:00Z"]);
    let told = mail(&app, BO, "Booked");
    assert_eq!(told.value()["calendar"]["events"][0]["instances"], json!(starts));
    // A minute at which nothing starts is no conflict with somebody.
    let stray_start = ask(&app, "2027-10-11T09:17:00Z", &json!({"every": "week", "count": 2}));
    assert_eq!(stray_start.problem(422), "slot_unavailable");
    let stray = json!({"every": "week", "count": 3, "except": ["2027-10-19"]});
    assert_eq!(ask(&app, "2027-10-12T09:00:00Z", &stray).status, 201);
    assert_eq!(ask(&app, "2027-10-13T09:00:00Z", &stray).problem(422), "invalid_request");
}

fn a_request_is_repeated_without_harm(backend: Backend) {
    let app = app(backend, &[]);
    let repeat = json!({"every": "week", "count": 3});
    let client = app.client().header("Idempotency-Key", "one");
    let first = client.post_json(BOOKINGS, &wish(&app, START, &repeat)).expect(201).json();
    let again = client.post_json(BOOKINGS, &wish(&app, START, &repeat)).expect(201).json();
    assert_eq!(first, again);
    assert_eq!(held(&app), 3);
    let other = json!({"every": "week", "count": 4});
    let reused = client.post_json(BOOKINGS, &wish(&app, START, &other));
    assert_eq!(reused.problem(422), "idempotency_key_reused");
    let alone = app.request("lesson", START, "Bo", BO);
    assert_eq!(client.post_json(BOOKINGS, &alone).problem(422), "idempotency_key_reused");
}

fn one_mail_tells_of_all_and_the_clock_change_is_right(backend: Backend) {
    let app = app(backend, &[]);
    let booked = book(&app, 4);
    let starts = texts(&booked["series"]["bookings"], "start");
    for to in [BO, ADA] {
        let told = mail(&app, to, "Booked");
        assert!(told.part("subject").contains("4 times"), "{}", told.part("subject"));
        assert_eq!(told.calendar("method"), "REQUEST");
        let calendar = &told.value()["calendar"];
        assert_eq!(calendar["errors"], json!([]));
        assert_eq!(calendar["events"].as_array().map(Vec::len), Some(1));
        assert_eq!(calendar["events"][0]["instances"], json!(starts));
        assert_eq!(told.part("text").matches("Password: ").count(), 4);
        assert_eq!(told.part("text").matches("/b/").count(), 4);
        assert_eq!(told.part("html").matches("Open, move or cancel").count(), 4);
    }
    let own = mail(&app, BO, "Booked");
    assert!(own.part("text").contains(&path(&booked)), "the customer's own links");
    assert!(!mail(&app, ADA, "Booked").part("text").contains(&path(&booked)));
    let sent = "SELECT count(*) FROM outbox_messages";
    assert_eq!(app.database().number(sent), 2);
}

fn what_can_not_be_repeated_is_refused(backend: Backend) {
    let app = app(backend, &["--series", "4"]);
    let wrong = |repeat: Value, field: &str| {
        let refused = ask(&app, START, &repeat);
        assert_eq!(refused.problem(422), "invalid_request", "{repeat}");
        assert_eq!(texts(&refused.json()["fields"], "field"), [field], "{repeat}");
    };
    wrong(json!({"every": "day", "count": 2}), "repeat.every");
    wrong(json!({"every": "week"}), "repeat.count");
    wrong(json!({"every": "week", "count": 1}), "repeat.count");
    wrong(json!({"every": "week", "count": 5}), "repeat.count");
    wrong(json!({"every": "week", "count": 2, "except": ["soon"]}), "repeat.except.0");
    wrong(json!({"every": "week", "count": 2, "until": "2028"}), "repeat.until");
    let all = json!({"every": "week", "count": 2, "except": ["2027-10-11", "2027-10-18"]});
    wrong(all, "repeat.except");
    let mut with_guest = wish(&app, START, &json!({"every": "week", "count": 2}));
    with_guest["guests"] = json!(["di@customers.example"]);
    let refused = app.client().post_json(BOOKINGS, &with_guest);
    assert_eq!(texts(&refused.json()["fields"], "field"), ["guests"]);
    let mut intro = app.request("intro", START, "Bo", BO);
    intro["repeat"] = json!({"every": "week", "count": 2});
    let refused = app.client().post_json(BOOKINGS, &intro);
    assert_eq!(refused.problem(422), "invalid_request");
    assert_eq!(held(&app), 0);
}

fn limits_and_links_count(backend: Backend) {
    let app = app(backend, &["--limit", "2 bookings a month"]);
    let refused = ask(&app, START, &json!({"every": "week", "count": 4}));
    assert_eq!(refused.problem(422), "slot_unavailable");
    // Those of the series itself count: two in October, and November is another month.
    assert_eq!(texts(&refused.json()["dates"], "date"), ["2027-10-25"]);
    let link = app.cli(&[
        "event-link",
        "add",
        "--host",
        "ada",
        "--event",
        "lesson",
        "--name",
        "Bo",
        "--uses",
        "1",
        "--json",
    ]);
    let url = link.json()["url"].as_str().expect("a link").to_owned();
    let mut request = wish(&app, START, &json!({"every": "month", "count": 3}));
    request["link"] = json!(url.rsplit("link=").next());
    app.client().post_json(BOOKINGS, &request).expect(201);
    let left = "SELECT uses_left FROM event_links";
    assert_eq!(app.database().number(left), 0, "a series takes one use");
}

fn the_form_asks_again_and_leaves_dates_out(backend: Backend) {
    let app = app(backend, &[]);
    let taken = app.request("intro", "2027-10-18T09:30:00Z", "Cy", "cy@customers.example");
    app.client().post_json(BOOKINGS, &taken).expect(201);
    let browser = app.client();
    let page = browser.page(&format!("/ada/lesson?slot={START}&tz=Europe/London"));
    assert!(page.text().contains("Repeat"), "{}", page.text());
    let form = page.form("/ada/lesson").set("name", "Bo").set("email", BO);
    let form = form.set("repeat", "week").set("times", "3");
    let too_often = browser.submit(&form.clone().set("times", "13")).expect(422).page();
    assert!(too_often.marked().contains("times"), "{:?}", too_often.marked());
    let again = browser.submit(&form).expect(422).page();
    assert!(again.marked().contains("except"), "{:?}", again.marked());
    let text = again.text();
    assert!(text.contains("Mon 18 Oct 10:00: this time is taken"), "{text}");
    let form = again.form("/ada/lesson");
    assert_eq!((form.value("name"), form.value("repeat")), (Some("Bo"), Some("week")));
    assert_eq!(form.value("except"), Some("2027-10-18"), "left out unless the customer says no");
    assert_eq!(held(&app), 1);
    let booked = browser.submit(&form).expect(303).location();
    assert_eq!(held(&app), 3);
    let page = browser.page(&booked).text();
    assert!(page.contains("1 of 2"), "{page}");
    // One without a word of it has no such part, and books once.
    assert!(!browser.page(&format!("/ada/intro?slot={START}&tz=UTC")).text().contains("Repeat"));
    let form = browser.page("/ada/lesson?slot=2027-10-12T09:00:00Z").form("/ada/lesson");
    browser.submit(&form.set("name", "Bo").set("email", BO)).expect(303);
    assert_eq!(held(&app), 4);
}

fn a_host_books_one_for_a_customer(backend: Backend) {
    const NEW: &str = "/app/bookings/new";
    let app = app(backend, &[]);
    let browser = app.sign_in(&Host::ada());
    let page = browser.page(&format!("{NEW}?event=lesson&date=2027-10-11"));
    let form = page.form(NEW).set("slot", START).set("name", "Bo").set("email", BO);
    let form = form.set("note", "Bring the book").set("repeat", "week").set("times", "3");
    let too_often = browser.submit(&form.clone().set("times", "13")).expect(422).page();
    assert!(too_often.marked().contains("times"), "{:?}", too_often.marked());
    // Taken meanwhile: the first of the dates, and another.
    for start in ["2027-10-11T09:30:00Z", "2027-10-25T09:30:00Z"] {
        let taken = app.request("intro", start, "Cy", "cy@customers.example");
        app.client().post_json(BOOKINGS, &taken).expect(201);
    }
    let again = browser.submit(&form).expect(422).page();
    assert!(again.marked().contains("except"), "{:?}", again.marked());
    let text = again.text();
    for date in ["Mon 11 Oct 10:00: this time is taken", "Mon 25 Oct 10:00: this time is taken"] {
        assert!(text.contains(date), "{text}");
    }
    let form = again.form(NEW);
    let kept = ["slot", "name", "email", "note", "repeat", "times", "date"];
    let kept = kept.map(|field| form.value(field).unwrap_or_default());
    assert_eq!(kept, [START, "Bo", BO, "Bring the book", "week", "3", "2027-10-11"]);
    assert_eq!(held(&app), 2, "nothing is half booked");
    // What is left out stays so beside another mistake.
    let wrong = browser.submit(&form.set("email", "bo")).expect(422).page();
    let form = wrong.form(NEW).set("email", BO);
    assert_eq!(form.value("slot"), Some(START));
    let page = browser.submit(&form).expect(303).location();
    assert_eq!(held(&app), 3, "the second date alone");
    let text = browser.page(&page).text();
    assert!(text.contains("Monday 18 October 2027") && text.contains("For you alone"), "{text}");
    // At a time that is not offered, if the host says so; all of them.
    app.set_schedule(&Host::ada(), &["mon-fri 09:00-12:00"]);
    let page = browser.page(&format!("{NEW}?event=lesson&date=2027-10-12"));
    let form = page.form(NEW).set("name", "Di").set("email", "di@customers.example");
    let form = form.set("time", "18:30").set("repeat", "month").set("times", "2");
    let unticked = browser.submit(&form).expect(422).page();
    assert!(unticked.marked().contains("time"), "{:?}", unticked.marked());
    browser.submit(&unticked.form(NEW).set("override", "on")).expect(303);
    assert_eq!(held(&app), 5);
    // Where customers can not repeat, a host can not either.
    assert!(!browser.page(&format!("{NEW}?event=intro")).text().contains("Repeat"));
}

fn each_page_leads_to_the_others(backend: Backend) {
    let mut app = app(backend, &[]);
    let booked = book(&app, 3);
    let page = app.client().page(&path(&booked));
    assert!(page.text().contains("1 of 3"), "{}", page.text());
    let links: Vec<String> =
        page.select("#series a").iter().filter_map(|a| a.attr("href")).map(str::to_owned).collect();
    assert_eq!(links.len(), 2);
    for (link, place) in links.iter().zip(["2 of 3", "3 of 3"]) {
        let other = app.client().page(link);
        assert!(other.text().contains(place), "{}", other.text());
        // The customer's own key to the others, not the host's.
        assert!(!other.text().contains("For you alone"));
    }
    let browser = app.sign_in(&Host::ada());
    let list = browser.page("/app/bookings").text();
    assert!(list.contains("1 of 3") && list.contains("3 of 3"), "{list}");
    let listed = app.cli(&["booking", "list"]);
    assert!(listed.done().contains("2 of 3"), "{}", listed.done());
    // Calendars know the series by its first page: that works as long as there is any of them.
    app.restart_at("2027-11-20 08:00:00");
    assert_eq!(app.client().get(&path(&booked)).status, 200);
    app.restart_at("2027-11-25 08:00:00");
    assert_eq!(app.client().get(&path(&booked)).status, 410);
}

fn one_the_following_or_all_are_cancelled(backend: Backend) {
    let mut app = app(backend, &[]);
    let booked = book(&app, 5);
    let uid = mail(&app, BO, "Booked").calendar("uid").to_owned();
    let browser = app.client();
    let page = browser.page(&path(&booked));
    let links: Vec<String> =
        page.select("#series a").iter().filter_map(|a| a.attr("href")).map(str::to_owned).collect();
    let cancel = |link: &str, scope: &str| {
        let path = format!("{link}/cancel");
        browser.submit(&browser.page(&path).form(&path).set("scope", scope)).expect(303);
    };
    // The second alone: its own mail, that names the date by when it was.
    cancel(&links[0], "this");
    let told = mail(&app, BO, "Cancelled");
    let event = &told.value()["calendar"]["events"][0];
    assert_eq!((told.calendar("method"), told.calendar("uid")), ("CANCEL", uid.as_str()));
    assert_eq!(event["recurrence_id"], "2027-10-18T09:00:00Z");
    assert_eq!(event["sequence"], 1);
    assert_eq!(held(&app), 4);
    // The fourth and the fifth.
    cancel(&links[2], "following");
    assert_eq!(held(&app), 2);
    let told = app.mailbox().wait_for("a mail about both", |mail| {
        mail.is_to(BO)
            && mail.part("subject").starts_with("Cancelled")
            && mail.part("subject").contains("2 times")
    });
    let events = &told.value()["calendar"]["events"];
    let times = ["2027-11-01T10:00:00Z", "2027-11-08T10:00:00Z"];
    assert_eq!(texts(events, "recurrence_id"), times);
    assert_eq!(texts(events, "status"), ["CANCELLED"; 2]);
    // What has begun stays; all that are to come go.
    app.restart_at("2027-10-11 09:30:00");
    let id = booked["id"].as_str().expect("an id").to_owned();
    let told = app.cli(&["booking", "cancel", &id, "--scope", "all", "--json"]).json();
    assert_eq!(
        texts(&told["series"]["bookings"], "status"),
        ["confirmed", "cancelled", "cancelled", "cancelled", "cancelled"]
    );
    assert_eq!(held(&app), 1);
    // A series of which nothing is left is struck out whole.
    let other = ask(&app, "2027-10-12T09:00:00Z", &json!({"every": "week", "count": 2}));
    let other = other.expect(201).json();
    let key = app.key("ada", "bookings:write");
    let body = json!({"reason": "Ill", "scope": "all"});
    let path = format!("{BOOKINGS}/{}/cancel", other["id"].as_str().expect("an id"));
    key.post_json(&path, &body).expect(200);
    let told = app.mailbox().wait_for("a mail about all", |mail| {
        mail.is_to(BO) && mail.calendar("method") == "CANCEL" && mail.part("text").contains("Ill")
    });
    let event = &told.value()["calendar"]["events"][0];
    assert_eq!((&event["recurrence_id"], &event["sequence"]), (&Value::Null, &json!(1)));
    assert_eq!(key.post_json(&path, &json!({"scope": "some"})).problem(422), "invalid_request");
}

fn one_is_moved_or_the_following_as_far(backend: Backend) {
    let app = app(backend, &[]);
    let booked = book(&app, 4);
    let uid = mail(&app, BO, "Booked").calendar("uid").to_owned();
    let key = app.key("ada", "bookings:write");
    let ids = texts(&booked["series"]["bookings"], "id");
    let reschedule = |id: &str, start: &str, scope: &str| {
        let path = format!("{BOOKINGS}/{id}/reschedule");
        key.post_json(&path, &json!({"start": start, "scope": scope}))
    };
    // The first alone.
    reschedule(&ids[0], "2027-10-12T12:00:00Z", "this").expect(200);
    let told = mail(&app, BO, "Moved");
    let event = &told.value()["calendar"]["events"][0];
    assert_eq!((told.calendar("uid"), &event["sequence"]), (uid.as_str(), &json!(1)));
    assert_eq!(event["recurrence_id"], START);
    assert_eq!(event["start"], "2027-10-12T12:00:00Z");
    // From the second on a week later and at 15:00: each into the next one's former week, over a clock change.
    let moved = reschedule(&ids[1], "2027-10-25T14:00:00Z", "following").expect(200).json();
    assert_eq!(
        texts(&moved["series"]["bookings"], "start"),
        [
            "2027-10-12T12:00:00Z",
            "2027-10-25T14:00:00Z",
            "2027-11-01T15:00:00Z",
            "2027-11-08T15:00:00Z"
        ]
    );
    let told = app.mailbox().wait_for("a mail about three", |mail| {
        mail.is_to(BO) && mail.part("subject").contains("3 times")
    });
    let events = &told.value()["calendar"]["events"];
    assert_eq!(
        texts(events, "recurrence_id"),
        ["2027-10-18T09:00:00Z", "2027-10-25T09:00:00Z", "2027-11-01T10:00:00Z"]
    );
    assert_eq!(
        texts(events, "start"),
        ["2027-10-25T14:00:00Z", "2027-11-01T15:00:00Z", "2027-11-08T15:00:00Z"]
    );
    assert!(told.part("text").contains("Was: Monday 18 October 2027"), "{}", told.part("text"));
    // All back by an hour, by the customer's page.
    let browser = app.client();
    let path = format!("{}/reschedule", path(&booked));
    let page = browser.page(&format!("{path}?slot=2027-10-12T11:00:00Z"));
    browser.submit(&page.form(&path).set("scope", "all")).expect(303);
    let told = shown(&app, &ids[0]);
    assert_eq!(
        texts(&told["series"]["bookings"], "start"),
        [
            "2027-10-12T11:00:00Z",
            "2027-10-25T13:00:00Z",
            "2027-11-01T14:00:00Z",
            "2027-11-08T14:00:00Z"
        ]
    );
    assert_eq!(held(&app), 4);
    let live = "SELECT count(*) FROM rooms WHERE NOT revoked";
    assert_eq!(app.database().number(live), 4);
    let mail = app.mailbox().wait_for("a mail about four", |mail| {
        mail.is_to(BO)
            && mail.part("subject").starts_with("Moved")
            && mail.part("subject").contains("4 times")
    });
    assert_eq!(mail.value()["calendar"]["events"][1]["sequence"], 2);
}

fn a_move_of_all_is_refused_whole(backend: Backend) {
    let app = app(backend, &[]);
    let booked = book(&app, 3);
    let taken = app.request("intro", "2027-10-25T13:00:00Z", "Cy", "cy@customers.example");
    app.client().post_json(BOOKINGS, &taken).expect(201);
    mail(&app, BO, "Booked");
    let before = app.database().dump_of("bookings");
    let key = app.key("ada", "bookings:write");
    let id = booked["id"].as_str().expect("an id");
    let wanted = json!({"start": "2027-10-11T13:00:00Z", "scope": "all"});
    let refused = key.post_json(&format!("{BOOKINGS}/{id}/reschedule"), &wanted);
    assert_eq!(refused.problem(409), "slot_taken");
    assert_eq!(texts(&refused.json()["dates"], "date"), ["2027-10-25"]);
    let browser = app.client();
    let path = format!("{}/reschedule", path(&booked));
    let page = browser.page(&format!("{path}?slot=2027-10-11T13:00:00Z"));
    let page = browser.submit(&page.form(&path).set("scope", "all")).expect(422).page();
    assert!(page.text().contains("Mon 25 Oct 15:00 (this time is taken)"), "{}", page.text());
    assert_eq!(page.form(&path).value("scope"), Some("all"));
    assert_eq!(app.database().dump_of("bookings"), before);
}

/// The first can not go into the past, and the third to where the first is: but that is so because of the first alone.
fn what_stays_is_not_in_the_way_of_what_is_refused(backend: Backend) {
    let app = app(backend, &[]);
    let booked = book(&app, 3);
    let before = app.database().dump_of("bookings");
    let third = booked["series"]["bookings"][2]["id"].as_str().expect("an id");
    let wanted = json!({"start": START, "scope": "all"});
    let key = app.key("ada", "bookings:write");
    let refused = key.post_json(&format!("{BOOKINGS}/{third}/reschedule"), &wanted);
    assert_eq!(refused.problem(422), "slot_unavailable");
    assert_eq!(texts(&refused.json()["dates"], "date"), ["2027-09-27"]);
    assert_eq!(app.database().dump_of("bookings"), before);
}

fn what_is_shown_is_what_all_can_be_moved_to(backend: Backend) {
    let app = app(backend, &["--limit", "2 bookings a month"]);
    app.set_schedule(&Host::ada(), &["mon 09:00-12:00"]);
    // On 18 and 25 October and on 1 November.
    let first = "2027-10-18T09:00:00Z";
    let booked = ask(&app, first, &json!({"every": "week", "count": 3})).expect(201).json();
    let ids = texts(&booked["series"]["bookings"], "id");
    let taken = app.request("intro", "2027-11-08T11:00:00Z", "Cy", "cy@customers.example");
    app.client().post_json(BOOKINGS, &taken).expect(201);
    let key = app.key("ada", "bookings:write");
    let reschedule = |id: &str, start: &str, scope: &str| {
        let path = format!("{BOOKINGS}/{id}/reschedule");
        key.post_json(&path, &json!({"start": start, "scope": scope})).status
    };
    let host_path = |id: &str| {
        let page = shown(&app, id)["links"]["page"].as_str().expect("a page").to_owned();
        format!("{}/reschedule", &page[page.find("/b/").expect("a path")..])
    };
    let browser = app.client();
    let mut offered = Vec::new();
    for (id, from, scope) in
        [(&ids[0], first, "all"), (&ids[1], "2027-10-25T09:00:00Z", "following")]
    {
        let path = host_path(id);
        let mondays = ["2027-10-04", "2027-10-11", "2027-10-18", "2027-10-25"]
            .map(|date| (date, ["08", "09", "10"]))
            .into_iter()
            .chain(["2027-11-01", "2027-11-08"].map(|date| (date, ["09", "10", "11"])));
        for (date, hours) in mondays {
            let page = browser.page(&format!("{path}?date={date}&scope={scope}"));
            let free = page.slots();
            for start in hours.map(|hour| format!("{date}T{hour}:00:00Z")) {
                if start == from {
                    assert!(!free.contains(&start), "no move at all");
                    continue;
                }
                let status = reschedule(id, &start, scope);
                assert_eq!(status == 200, free.contains(&start), "{scope} {start}: {status}");
                if status == 200 {
                    assert_eq!(reschedule(id, from, scope), 200, "and back");
                    offered.push((scope, start));
                }
            }
        }
    }
    let is_offered = |scope, start: &str| offered.contains(&(scope, start.to_owned()));
    assert!(is_offered("all", "2027-10-25T09:00:00Z"), "where the second is now: {offered:?}");
    assert!(!is_offered("all", "2027-10-25T10:00:00Z"), "the third would be where Cy is");
    assert!(!is_offered("all", "2027-10-11T09:00:00Z"), "three in October");
    assert!(is_offered("following", "2027-11-01T10:00:00Z"), "where the third is now");
    // One alone does not come where another one is; the page says what it is about, and keeps to it.
    let path = host_path(&ids[0]);
    let alone = browser.page(&format!("{path}?date=2027-10-25")).slots();
    let is_shown = |start: &str| alone.contains(&start.to_owned());
    assert!(is_shown("2027-10-25T08:00:00Z") && !is_shown("2027-10-25T09:00:00Z"), "{alone:?}");
    let page = browser.page(&path);
    let all = page.link("scope=all");
    let all = browser.page(&format!("{path}{all}"));
    assert_eq!(all.texts("nav.lengths a[aria-current]"), ["All that are to come"]);
    let chosen = browser.page(&format!("{path}?slot=2027-10-25T09:00:00Z&scope=all"));
    let form = chosen.form(&path);
    assert_eq!(form.value("scope"), Some("all"));
    browser.submit(&form).expect(303);
    assert_eq!(
        texts(&shown(&app, &ids[0])["series"]["bookings"], "start"),
        ["2027-10-25T09:00:00Z", "2027-11-01T10:00:00Z", "2027-11-08T10:00:00Z"]
    );
}

fn the_editor_and_the_commands_know_series(backend: Backend) {
    let app = app(backend, &["--series", "6"]);
    let browser = app.sign_in(&Host::ada());
    let path = "/app/event-types/lesson";
    let form = browser.page(path).form(path);
    assert_eq!(form.value("series"), Some("6"));
    for (field, value) in [("series", "1"), ("series", "53"), ("seats", "2")] {
        let refused = browser.submit(&form.clone().set(field, value)).expect(422).page();
        assert!(refused.marked().contains("series"), "{field}: {:?}", refused.marked());
    }
    let add =
        ["event-type", "add", "--host", "ada", "--slug", "x", "--title", "X", "--duration", "30"];
    let wrong = app.cli(&[&add[..], &["--series", "3", "--seats", "2"]].concat());
    assert!(wrong.refused().contains("--series"), "{}", wrong.refused());
    let booked = app.cli(&[
        "booking",
        "add",
        "--host",
        "ada",
        "--event",
        "lesson",
        "--start",
        START,
        "--name",
        "Bo",
        "--email",
        BO,
        "--repeat",
        "two_weeks",
        "--times",
        "3",
        "--except",
        "2027-10-25",
        "--json",
    ]);
    assert_eq!(
        texts(&booked.json()["series"]["bookings"], "start"),
        ["2027-10-11T09:00:00Z", "2027-11-08T10:00:00Z"]
    );
    browser.submit(&form.set("series", "0")).expect(303);
    let refused = ask(&app, "2027-10-12T09:00:00Z", &json!({"every": "week", "count": 2}));
    assert_eq!(refused.problem(422), "invalid_request");
}
