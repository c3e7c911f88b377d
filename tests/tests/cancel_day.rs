//! A host is ill: all that is left of a day is called off at once, and the day is blocked.

use roomkey_tests::{Backend, Booked, Client, Form, Host, TestApp, on_both};
use serde_json::json;

on_both!(
    a_day_is_called_off_and_everybody_told,
    only_what_is_left_of_today_is_called_off,
    with_a_booking_that_was_not_seen_nothing_is_done,
    a_day_is_moved_whole_or_not_at_all,
    a_day_can_be_blocked_alone,
    a_day_is_blocked_by_the_clock_of_the_default_schedule,
    what_is_wrong_is_marked,
    a_day_is_its_hosts_alone,
);

const PAGE: &str = "/app/bookings/day";
const DAY: &str = "/app/bookings/day?date=2027-07-05";

/// London, Thursday 1 July 2027, 09:00.
fn start(backend: Backend) -> TestApp {
    TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start_with_ada()
}

fn book(app: &TestApp, event: &str, start: &str, who: &str) -> Booked {
    let request = app.request(event, start, who, &address(who));
    Booked::from_json(app.client().post_json("/api/v1/bookings", &request).expect(201).json())
}

fn address(who: &str) -> String {
    format!("{}@customers.example", who.to_lowercase())
}

fn status(app: &TestApp, booked: &Booked) -> String {
    let shown = app.cli(&["booking", "show", booked.id(), "--json"]).json();
    shown["status"].as_str().expect("a status").to_owned()
}

fn form(browser: &Client) -> Form {
    browser.page(DAY).form(PAGE)
}

fn times_off(app: &TestApp) -> String {
    app.database().dump_of("users")
}

fn a_day_is_called_off_and_everybody_told(backend: Backend) {
    let app = start(backend);
    let visit = ["--title", "Visit", "--duration", "30", "--requires-confirmation"];
    app.add_event_type("ada", "visit", &visit);
    app.add_event_type("ada", "secret", &["--title", "Secret", "--duration", "30", "--link-only"]);
    // Days of London, an hour before UTC.
    let first = book(&app, "intro", "2027-07-04T23:00:00Z", "Bo");
    let request = book(&app, "visit", "2027-07-05T09:00:00Z", "Cy");
    let mut by_link = app.request("secret", "2027-07-05T22:30:00Z", "Di", &address("Di"));
    by_link["host"] = "ada".into();
    let key = app.key("ada", "bookings:write");
    let last = Booked::from_json(key.post_json("/api/v1/bookings", &by_link).expect(201).json());
    let before = book(&app, "intro", "2027-07-04T22:30:00Z", "Ed");
    let after = book(&app, "intro", "2027-07-05T23:00:00Z", "Fay");

    let browser = app.sign_in(&Host::ada());
    assert!(browser.page("/app/bookings").links().contains(&PAGE.to_owned()));
    let all = app.database().dump_of("bookings");
    let page = browser.page(DAY);
    assert_eq!(page.texts(".bk__main > a"), ["Bo", "Cy", "Di"]);
    assert!(page.text().contains("Monday 5 July 2027"), "{}", page.text());
    assert!(page.text().contains("Cancel 3 bookings"), "{}", page.text());
    assert_eq!(app.database().dump_of("bookings"), all, "who only looks changes nothing");

    let form = form(&browser).set("reason", "I am ill, sorry");
    assert_eq!(form.value("block"), Some("on"));
    let done = browser.submit(&form).expect(303).location();
    assert!(browser.page(&done).text().contains("gets an email"));
    for gone in [&first, &request, &last] {
        assert_eq!(status(&app, gone), "cancelled");
    }
    for left in [&before, &after] {
        assert_eq!(status(&app, left), "confirmed");
    }
    let count = |select: &str| app.database().number(select);
    assert_eq!(count("SELECT count(*) FROM booking_hosts WHERE held"), 2);
    assert_eq!(count("SELECT count(*) FROM rooms WHERE NOT revoked"), 2);
    for (who, again) in [("Bo", Some("/ada/intro")), ("Cy", Some("/ada/visit")), ("Di", None)] {
        let mail = app.mailbox().wait_for("word of it", |mail| {
            mail.is_to(&address(who)) && mail.part("subject").starts_with("Cancelled: ")
        });
        let (text, html) = (mail.part("text"), mail.part("html"));
        assert!(text.contains("I am ill, sorry"), "{text}");
        if let Some(again) = again {
            assert!(mail.link("/ada/").ends_with(again), "{text}");
            assert!(!text.contains("To find another time"), "{text}");
        } else {
            assert!(!text.contains("/ada/") && !html.contains("/ada/"), "{text}");
            assert!(text.contains("To find another time, write to Ada Lovelace"), "{text}");
            assert!(html.contains("To find another time, write to Ada Lovelace"), "{html}");
        }
    }
    let mails =
        "SELECT count(*) FROM outbox_messages WHERE kind = 'cancelled' AND side = 'customer'";
    assert_eq!(count(mails), 3, "one each");
    // Nobody books that day again; the days beside it stay as they are.
    let slots = app.slots("ada", "intro", "2027-07-04", "2027-07-06");
    let in_day =
        |slot: &String| ("2027-07-04T22:31:00Z".."2027-07-05T23:00:00Z").contains(&slot.as_str());
    assert!(!slots.is_empty() && !slots.iter().any(in_day), "{slots:?}");
    let text = browser.page("/app/availability").text();
    assert!(text.contains("Monday 5 July 2027") && text.contains("Day cancelled"), "{text}");
    // Each says in its history what happened to it.
    let shown = app.cli(&["booking", "show", first.id(), "--json"]).json();
    let ended = &shown["history"][1];
    assert_eq!((&ended["kind"], &ended["by"]), (&json!("cancelled"), &json!("host")));
    assert_eq!(ended["note"], "I am ill, sorry");
}

fn only_what_is_left_of_today_is_called_off(backend: Backend) {
    let mut app = start(backend);
    let [over, running, coming] = ["08:00", "09:00", "15:00"]
        .map(|time| book(&app, "intro", &format!("2027-07-05T{time}:00Z"), "Bo"));
    app.restart_at("2027-07-05 09:15:00");
    let browser = app.sign_in(&Host::ada());
    let form = form(&browser);
    assert!(browser.page(DAY).text().contains("Cancel 2 bookings"));
    browser.submit(&form.without("block")).expect(303);
    assert_eq!(status(&app, &over), "confirmed");
    assert_eq!([status(&app, &running), status(&app, &coming)], ["cancelled", "cancelled"]);
    // It was not to be blocked.
    let slots = app.slots("ada", "intro", "2027-07-05", "2027-07-05");
    assert!(slots.iter().any(|slot| slot == "2027-07-05T15:00:00Z"), "{slots:?}");
}

fn with_a_booking_that_was_not_seen_nothing_is_done(backend: Backend) {
    let app = start(backend);
    let [seen, taken_back] =
        ["09:00", "10:00"].map(|time| book(&app, "intro", &format!("2027-07-05T{time}:00Z"), "Bo"));
    let browser = app.sign_in(&Host::ada());
    let form = form(&browser).set("reason", "Ill");
    let new = book(&app, "intro", "2027-07-05T11:00:00Z", "Cy");
    app.cli(&["booking", "cancel", taken_back.id()]).done();
    let before = (app.database().dump_of("bookings"), times_off(&app));
    let refused = browser.submit(&form).expect(422).page();
    assert_eq!((app.database().dump_of("bookings"), times_off(&app)), before);
    assert!(refused.text().contains("another booking by now"), "{}", refused.text());
    assert_eq!(refused.texts(".bk__main > a"), ["Bo", "Cy"]);
    let again = refused.form(PAGE);
    assert_eq!((again.value("reason"), again.value("block")), (Some("Ill"), Some("on")));
    browser.submit(&again).expect(303);
    assert_eq!([status(&app, &seen), status(&app, &new)], ["cancelled", "cancelled"]);
    // Sent once more, there is nothing left to do.
    browser.submit(&again).expect(303);
    let mails =
        "SELECT count(*) FROM outbox_messages WHERE kind = 'cancelled' AND side = 'customer'";
    assert_eq!(app.database().number(mails), 3);
}

fn a_day_is_moved_whole_or_not_at_all(backend: Backend) {
    let app = start(backend);
    app.add_event_type("ada", "visit", &["--title", "Visit", "--duration", "30"]);
    let first = book(&app, "intro", "2027-07-05T09:00:00Z", "Bo");
    let second = book(&app, "visit", "2027-07-05T11:00:00Z", "Cy");
    let in_the_way = book(&app, "visit", "2027-07-06T11:00:00Z", "Di");
    let browser = app.sign_in(&Host::ada());
    let moving = |page: &roomkey_tests::Page| {
        page.forms(PAGE).into_iter().find(|form| form.names().contains("to")).expect("a form")
    };
    let form = moving(&browser.page(DAY));
    for to in ["", "2027-07-05", "2027-06-30", "x"] {
        let page = browser.submit(&form.clone().set("to", to)).expect(422).page();
        assert!(page.marked().contains("to"), "{to}");
    }
    let before = app.database().dump_of("bookings");
    let wanted = form.set("to", "2027-07-06").set("note", "I am ill");
    let refused = browser.submit(&wanted).expect(422).page();
    assert!(refused.text().contains("this time is taken"), "{}", refused.text());
    assert_eq!(app.database().dump_of("bookings"), before, "all or nothing");
    let again = moving(&refused);
    assert_eq!((again.value("to"), again.value("note")), (Some("2027-07-06"), Some("I am ill")));

    app.cli(&["booking", "cancel", in_the_way.id()]).done();
    let done = browser.submit(&again).expect(303).location();
    assert!(browser.page(&done).text().contains("Moved."));
    for (booked, start) in [(&first, "2027-07-06T09:00:00Z"), (&second, "2027-07-06T11:00:00Z")] {
        let shown = app.cli(&["booking", "show", booked.id(), "--json"]).json();
        assert_eq!((&shown["start"], &shown["version"]), (&json!(start), &json!(2)));
        assert_eq!(shown["history"][1]["note"], "I am ill");
    }
    for who in ["Bo", "Cy"] {
        app.mailbox().wait_for("word of it", |mail| {
            mail.is_to(&address(who)) && mail.part("subject").starts_with("Moved: ")
        });
    }
    // A request is to be answered first.
    let visit = ["--title", "Asked", "--duration", "30", "--requires-confirmation"];
    app.add_event_type("ada", "asked", &visit);
    book(&app, "asked", "2027-07-05T09:00:00Z", "Ed");
    let form = moving(&browser.page(DAY)).set("to", "2027-07-07");
    let refused = browser.submit(&form).expect(422).page();
    assert!(refused.text().contains("not confirmed"), "{}", refused.text());
}

fn a_day_can_be_blocked_alone(backend: Backend) {
    let app = start(backend);
    let browser = app.sign_in(&Host::ada());
    let page = browser.page(DAY);
    assert!(page.text().contains("nothing to cancel"), "{}", page.text());
    browser.submit(&page.form(PAGE)).expect(303);
    let slots = app.slots("ada", "intro", "2027-07-05", "2027-07-05");
    let in_london = |slot: &String| slot.as_str() < "2027-07-05T23:00:00Z";
    assert!(!slots.iter().any(in_london), "{slots:?}");
    assert_eq!(app.database().number("SELECT count(*) FROM outbox_messages"), 0);
}

fn a_day_is_blocked_by_the_clock_of_the_default_schedule(backend: Backend) {
    let app = start(backend);
    let browser = app.sign_in(&Host::ada());
    let all_day = ["--time-zone", "America/New_York", "--weekly", "mon-sun 00:00-24:00"];
    app.cli(&[&["schedule", "set", "--host", "ada", "--name", "Abroad"], &all_day[..]].concat())
        .done();
    let far = ["--title", "From afar", "--duration", "60", "--schedule", "Abroad"];
    app.add_event_type("ada", "far", &far);
    browser.submit(&browser.page(DAY).form(PAGE)).expect(303);
    let slots = app.slots("ada", "far", "2027-07-04", "2027-07-06");
    let near = |slot: &&String| ("2027-07-04T21".."2027-07-06T02").contains(&slot.as_str());
    let near: Vec<&str> = slots.iter().filter(near).map(String::as_str).collect();
    // London is an hour ahead of UTC.
    let expected = [
        "2027-07-04T21:00:00Z",
        "2027-07-04T22:00:00Z",
        "2027-07-05T23:00:00Z",
        "2027-07-06T00:00:00Z",
        "2027-07-06T01:00:00Z",
    ];
    assert_eq!(near, expected);
    let listed = browser.page("/app/availability").texts("#time-off li");
    assert!(listed[0].contains("Monday 5 July 2027"), "{listed:?}");
    assert!(listed[0].contains("London time"), "{listed:?}");
}

fn what_is_wrong_is_marked(backend: Backend) {
    let app = start(backend);
    let booked = book(&app, "intro", "2027-07-05T09:00:00Z", "Bo");
    let browser = app.sign_in(&Host::ada());
    for date in ["2027-02-30", "x", "2027-06-30", ""] {
        let page = browser.get(&format!("{PAGE}?date={date}")).expect(422).page();
        assert!(page.marked().contains("date"), "{date}");
        let sent = form(&browser).force("date", date);
        let page = browser.submit(&sent).expect(422).page();
        assert!(page.marked().contains("date"), "{date}");
    }
    assert!(browser.page(PAGE).marked().is_empty(), "no day was asked for");
    let long = "x".repeat(2001);
    let page =
        browser.submit(&form(&browser).set("reason", &long).without("block")).expect(422).page();
    assert!(page.marked().contains("reason"), "{:?}", page.marked());
    let again = page.form(PAGE);
    assert_eq!((again.value("reason"), again.value("block")), (Some(long.as_str()), None));
    assert_eq!(status(&app, &booked), "confirmed");
    // Where the day can not be blocked, no booking is called off.
    let away = browser.page("/app/availability").form("/app/time-off");
    for days in 1..=200 {
        let first = chrono::NaiveDate::from_ymd_opt(2028, 1, 1).expect("a date");
        let day = (first + chrono::Days::new(days)).to_string();
        browser.submit(&away.clone().force("away_first", &day)).expect(303);
    }
    let page = browser.submit(&form(&browser)).expect(422).page();
    assert!(page.marked().contains("block"), "{:?}", page.marked());
    assert_eq!(status(&app, &booked), "confirmed");
}

fn a_day_is_its_hosts_alone(backend: Backend) {
    let app = start(backend);
    let booked = book(&app, "intro", "2027-07-05T09:00:00Z", "Bo");
    let bob = Host::new("bob", "Bob", "Europe/London");
    app.add_host(&bob);
    let browser = app.sign_in(&bob);
    let page = browser.page(DAY);
    assert!(page.select(".bk").is_empty());
    browser.submit(&page.form(PAGE).add("booking", booked.id())).expect(303);
    assert_eq!(status(&app, &booked), "confirmed");
    assert!(!app.slots("ada", "intro", "2027-07-05", "2027-07-05").is_empty());
    let stale = page.form(PAGE).force("csrf", "x");
    browser.submit(&stale).expect(403);
    let stranger = app.client();
    assert!(stranger.get(DAY).expect(303).location().starts_with("/sign-in"));
    stranger.submit(&page.form(PAGE)).expect(303);
    assert_eq!(status(&app, &booked), "confirmed");
}
