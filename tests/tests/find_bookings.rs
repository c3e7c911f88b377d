//! The host's list of bookings: searched, narrowed, and taken out as comma-separated values.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use roomkey_tests::{Backend, Booked, Client, Host, TestApp, instant, on_both, rfc3339};
use serde_json::{Value, json};

on_both!(
    bookings_are_searched,
    a_search_is_kept_through_tabs_and_parts,
    what_can_not_be_searched_for_is_marked,
    bookings_are_exported,
    an_export_holds_all_of_what_is_searched_for,
    an_export_is_its_hosts_alone,
);

const LIST: &str = "/app/bookings";

/// London, Thursday 1 July 2027, 09:00.
fn start(backend: Backend) -> TestApp {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start_with_ada();
    let long = ["--title", "Long talk 100%", "--duration", "60", "--window-days", "365"];
    app.add_event_type("ada", "long", &long);
    app
}

fn book(app: &TestApp, event: &str, start: &str, name: &str, email: &str) -> Booked {
    let request = app.request(event, start, name, email);
    Booked::from_json(app.client().post_json("/api/v1/bookings", &request).expect(201).json())
}

/// The customers on a page of the list, in its order.
fn listed(browser: &Client, path: &str) -> Vec<String> {
    browser.page(path).texts(".bk__main > a")
}

/// The rows of a table, by the names of its columns.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn column(rows: &[BTreeMap<String, String>], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].clone()).collect()
}

fn bookings_are_searched(backend: Backend) {
    let app = start(backend);
    book(&app, "intro", "2027-07-02T09:00:00Z", "Bo Berg", "bo@one.example");
    book(&app, "intro", "2027-07-03T09:00:00Z", "Cy_Day 50%", "cy@two.example");
    book(&app, "long", "2027-07-04T23:00:00Z", "Di Émile", "di@one.example");
    let browser = app.sign_in(&Host::ada());
    let all = ["Bo Berg", "Cy_Day 50%", "Di Émile"];
    for (query, found) in [
        ("q=", &all[..]),
        ("q=bO+bE", &all[..1]),
        ("q=ONE.EXAMPLE", &["Bo Berg", "Di Émile"]),
        ("q=+long+TALK+", &all[2..]),
        ("q=%C3%89mile", &all[2..]),
        ("q=nobody", &[]),
        // Wildcards of SQL, and what escapes them, are characters like others.
        ("q=%25", &["Cy_Day 50%", "Di Émile"]),
        ("q=B%25g", &[]),
        ("q=_", &all[1..2]),
        ("q=B_", &[]),
        ("q=!", &[]),
        ("q=%5C", &[]),
        ("q=%27", &[]),
        ("event=intro", &all[..2]),
        ("event=long&q=bo", &[]),
        // Days of London, an hour before UTC: the last one begins on the 5th.
        ("from=2027-07-03", &all[1..]),
        ("to=2027-07-03", &all[..2]),
        ("from=2027-07-03&to=2027-07-03", &all[1..2]),
        ("from=2027-07-05", &all[2..]),
        ("to=2027-07-04", &all[..2]),
        ("from=2020-01-01&to=9999-12-31", &all[..]),
    ] {
        assert_eq!(listed(&browser, &format!("{LIST}?{query}")), found, "{query}");
    }
    let empty = browser.page(&format!("{LIST}?q=nobody"));
    assert!(empty.text().contains("No booking fits"), "{}", empty.text());
}

fn a_search_is_kept_through_tabs_and_parts(backend: Backend) {
    let app = start(backend);
    let first = instant("2027-07-02T00:00:00Z");
    for number in 0..60 {
        let name = if number < 55 { format!("Bo {number:02}") } else { "Cy".to_owned() };
        let start = rfc3339(first + Duration::minutes(30 * number));
        book(&app, "intro", &start, &name, "c+a&b@customers.example");
    }
    let browser = app.sign_in(&Host::ada());
    let query = "show=upcoming&q=Bo&event=&from=2027-07-02&to=";
    let page = browser.page(&format!("{LIST}?{query}"));
    let names = page.texts(".bk__main > a");
    assert_eq!((names.len(), names[0].as_str()), (50, "Bo 00"));
    let value = |name: &str| {
        let fields = page.select(&format!("form[method=get] [name={name}]"));
        fields[0].attr("value").expect("a value").to_owned()
    };
    assert_eq!(["show", "q", "from", "to"].map(value), ["upcoming", "Bo", "2027-07-02", ""]);
    let more = listed(&browser, &page.link("after="));
    assert_eq!(more, ["Bo 50", "Bo 51", "Bo 52", "Bo 53", "Bo 54"]);
    let past = page.link("show=past");
    assert!(past.contains("q=Bo") && past.contains("from=2027-07-02"), "{past}");
    assert_eq!(listed(&browser, &past), [""; 0]);
    // What stands in addresses is encoded.
    let odd = browser.page(&format!("{LIST}?q=%2Ba%26b"));
    assert_eq!(odd.texts(".bk__main > a").len(), 50);
    assert_eq!(listed(&browser, &odd.link("after=")).len(), 10);
}

fn what_can_not_be_searched_for_is_marked(backend: Backend) {
    let app = start(backend);
    book(&app, "intro", "2027-07-02T09:00:00Z", "Bo Berg", "bo@customers.example");
    let browser = app.sign_in(&Host::ada());
    let long = format!("q={}", "x".repeat(301));
    for (query, field) in [
        ("from=2027-02-30", "from"),
        ("to=x", "to"),
        ("event=nothing", "event"),
        ("q=a%00b", "q"),
        (long.as_str(), "q"),
    ] {
        for path in [LIST, "/app/bookings.csv"] {
            let page = browser.get(&format!("{path}?{query}")).expect(422).page();
            assert_eq!(page.marked().into_iter().collect::<Vec<_>>(), [field], "{path}?{query}");
            assert_eq!(page.select(".bk").len(), 0);
        }
    }
}

fn bookings_are_exported(backend: Backend) {
    let app = start(backend);
    let path = "/app/event-types/intro/questions/new";
    let browser = app.sign_in(&Host::ada());
    let asked = browser.page(path).form(path).set("label", "Company").set("kind", "short_text");
    browser.submit(&asked.set("asked", "optional")).expect(303);
    let name = "=HYPERLINK(\"evil\",\"Bo, B\")";
    let mut request = app.request("intro", "2027-07-05T09:00:00Z", name, "+1@customers.example");
    request["answers"] = json!({"note": "-1\nsecond, \"line\"", "company": "=1+1, Ää"});
    let booked = app.client().post_json("/api/v1/bookings", &request).expect(201).json();
    let booked = Booked::from_json(booked);
    let gone = book(&app, "long", "2027-12-06T09:00:00Z", "Cy", "cy@customers.example");
    app.cli(&["booking", "cancel", gone.id(), "--reason", "@home"]).done();

    let reply = browser.get("/app/bookings.csv").expect(200);
    assert!(reply.header("content-type").starts_with("text/csv"), "{:?}", reply.headers);
    assert_eq!(reply.header("content-disposition"), "attachment; filename=\"bookings.csv\"");
    let text = &reply.body;
    assert!(text.starts_with("\u{feff}id,status,start_utc,end_utc,start,end,"), "{text}");
    assert!(text.ends_with("\r\n") && text.contains(",cancel_reason\r\n"), "{text:?}");
    // No cell begins like a formula.
    for cell in csv::Reader::from_reader(text.as_bytes()).records().flat_map(|record| {
        record.expect("a row").iter().map(ToOwned::to_owned).collect::<Vec<String>>()
    }) {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
    }
    let rows = rows(text);
    assert_eq!(column(&rows, "id"), [booked.id(), gone.id()]);
    assert_eq!(column(&rows, "status"), ["confirmed", "cancelled"]);
    let row = &rows[0];
    for (name, value) in [
        ("start_utc", "2027-07-05T09:00:00Z"),
        ("end_utc", "2027-07-05T09:30:00Z"),
        ("start", "2027-07-05T10:00:00+01:00"),
        ("end", "2027-07-05T10:30:00+01:00"),
        ("host_time_zone", "Europe/London"),
        ("event", "Intro call"),
        ("name", "'=HYPERLINK(\"evil\",\"Bo, B\")"),
        ("email", "'+1@customers.example"),
        ("time_zone", "Europe/Berlin"),
        ("note", "'-1\nsecond, \"line\""),
        ("cancelled_by", ""),
        ("cancel_reason", ""),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    let answers: Value = serde_json::from_str(&row["answers"]).expect("JSON");
    assert_eq!(answers, json!({"company": "=1+1, Ää"}));
    let row = &rows[1];
    assert_eq!((row["cancelled_by"].as_str(), row["cancel_reason"].as_str()), ("host", "'@home"));
    assert_eq!(row["answers"], "{}");

    // The command prints the same.
    let command = ["booking", "export", "--host", "ada"];
    assert_eq!(app.cli(&command).done(), text);
    let cancelled = app.cli(&[&command[..], &["--status", "cancelled"]].concat());
    assert_eq!(column(&self::rows(cancelled.done()), "id"), [gone.id()]);
    let days = app.cli(&[&command[..], &["--from", "2027-07-05", "--to", "2027-07-05"]].concat());
    assert_eq!(column(&self::rows(days.done()), "id"), [booked.id()]);
    let other = ["booking", "export", "--host", "nobody"];
    assert!(app.cli(&other).refused().contains("nobody"), "{}", app.cli(&other).refused());
}

fn an_export_holds_all_of_what_is_searched_for(backend: Backend) {
    // More than are read at once.
    let app = TestApp::on(backend).without_limits().start_with_ada();
    app.cli(&["seed", "--hosts", "1", "--bookings", "1203", "--seed", "7"]).done();
    let command = ["booking", "export", "--host", "seed-7-1"];
    let rows = rows(app.cli(&command).done());
    assert_eq!(rows.len(), 1203);
    let ids: BTreeSet<String> = column(&rows, "id").into_iter().collect();
    assert_eq!(ids.len(), rows.len(), "each booking once");
    let starts = column(&rows, "start_utc");
    assert!(starts.is_sorted(), "by start");
}

fn an_export_is_its_hosts_alone(backend: Backend) {
    let mut app = start(backend);
    let bob = Host::new("bob", "Bob", "Europe/Berlin");
    app.add_host(&bob);
    app.add_event_type("bob", "chat", &["--title", "Chat", "--duration", "30"]);
    let mine = book(&app, "intro", "2027-07-02T09:00:00Z", "Bo Berg", "bo@customers.example");
    let later = book(&app, "intro", "2027-07-09T09:00:00Z", "Cy Day", "cy@customers.example");
    let mut request =
        app.request("chat", "2027-07-02T09:00:00Z", "Bo Berg", "bo@customers.example");
    request["host"] = "bob".into();
    let theirs = app.client().post_json("/api/v1/bookings", &request).expect(201).json();
    app.restart_at("2027-07-05 08:00:00");
    let ids = |host: &Host, query: &str| {
        let reply = app.sign_in(host).get(&format!("/app/bookings.csv{query}")).expect(200);
        column(&rows(&reply.body), "id")
    };
    assert_eq!(ids(&bob, ""), [theirs["id"].as_str().expect("an id")]);
    // What the list shows is what is taken out.
    for (query, found) in [
        ("", &[mine.id(), later.id()][..]),
        ("?show=upcoming", &[later.id()]),
        ("?show=past", &[mine.id()]),
        ("?show=cancelled", &[]),
        ("?q=cy", &[later.id()]),
        ("?q=cy&show=past", &[]),
        ("?to=2027-07-04", &[mine.id()]),
        ("?event=long", &[]),
    ] {
        assert_eq!(ids(&Host::ada(), query), found, "{query}");
    }
    let stranger = app.client().get("/app/bookings.csv").expect(303);
    assert!(stranger.location().starts_with("/sign-in"), "{stranger:?}");
    // The page names its own table.
    let page = app.sign_in(&Host::ada()).page("/app/bookings?show=past&q=bo");
    assert_eq!(page.link("bookings.csv"), "/app/bookings.csv?show=past&q=bo");
}
