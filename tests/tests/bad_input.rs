//! What no form and no API field may swallow: a marked field or a problem, nothing stored, nothing sent.
//!
//! One table of bad values for each kind of field; each is tried in each field of that kind, the others being right.

use chrono::Duration;
use roomkey_tests::{Backend, Client, Form, Host, Reply, TestApp, on_both, rfc3339};
use serde_json::{Value, json};

on_both!(
    every_field_of_the_booking_api,
    every_type_of_the_booking_api,
    a_locale_is_a_language_tag,
    names_carry_no_addresses_and_nothing_unseen,
    dates_and_times_are_read_strictly,
    every_field_of_the_customers_form,
    every_field_of_the_hosts_forms,
    bodies_that_are_no_request,
    links_that_prove_nothing,
    a_form_that_is_no_utf8_stores_nothing,
    text_that_looks_like_html_is_ordinary_text,
);

const TOO_LONG: usize = 10_000;

/// A kind of field, and what is bad for it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Line,
    Email,
    Note,
    Zone,
    Time,
    Slug,
    Number,
}

impl Kind {
    fn bad(self) -> Vec<String> {
        let long = |text: &str| text.repeat(TOO_LONG / text.len());
        let controls = [
            "a\0b",
            "a\r\nBcc: evil@example.net",
            "a\nb",
            "a\rb",
            "a\tb",
            "a\u{1b}[31mb",
            "a\u{7f}b",
            "a\u{85}b",
            "a\u{2028}b",
            "a\u{202e}b",
        ];
        let controls = controls.map(str::to_owned);
        let texts = |bad: &[&str]| bad.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        match self {
            Self::Line => {
                [texts(&["", "   ", "\u{3000}"]), controls.to_vec(), vec![long("é")]].concat()
            }
            Self::Email => {
                let no_addresses = [
                    "",
                    " ",
                    "bo",
                    "bo@",
                    "@customers.example",
                    "bo@customers@example",
                    "bo @customers.example",
                    "bo@customers..example",
                    "bo@-.example",
                    "<bo@customers.example>",
                    "Bo <bo@customers.example>",
                    "bo@customers.example, evil@example.net",
                    "bo@customers.example;evil@example.net",
                    "bo@customers.example\r\nBcc: evil@example.net",
                    "bo@customers.example\n",
                    "bo\0@customers.example",
                    "bo@[127.0.0.1]",
                    "bo@customers.example\r\nDATA",
                ];
                [texts(&no_addresses), vec![format!("{}@customers.example", long("b"))]].concat()
            }
            Self::Note => {
                let hidden =
                    ["a\0b", "a\u{1b}[31mb", "a\u{7f}b", "a\u{85}b", "a\u{8}b", "a\u{202e}b"];
                [texts(&hidden), vec![long("n")]].concat()
            }
            Self::Zone => {
                let zones = [
                    "Mars/Olympus",
                    "../../etc/passwd",
                    "Europe/Berlin\n",
                    "Europe/Berlin\0",
                    "europe berlin",
                    "+01:00",
                    "<b>",
                ];
                [texts(&zones), vec![long("Z")]].concat()
            }
            Self::Time => {
                let times = [
                    "",
                    "yesterday",
                    "2027-02-30T09:00:00Z",
                    "2027-13-01T09:00:00Z",
                    "2027-03-01T25:00:00Z",
                    "2027-03-01",
                    "2027-03-01T09:00:00",
                    "9999-12-31T23:59:59Z",
                    "99999-01-01T00:00:00Z",
                    "-0001-01-01T00:00:00Z",
                    "0000-00-00T00:00:00Z",
                    "1e9",
                    "2027-03-01T09:00:00Z\r\n",
                    "2027-03-01T09:00:00+99:00",
                    "\0",
                ];
                [texts(&times), vec![long("2")]].concat()
            }
            Self::Slug => {
                let slugs = [
                    "", "new", "A-Team", "a b", "a/b", "-a", "a-", "ä", "a\nb", "a\0b", "..",
                    "%2e", "<b>",
                ];
                [texts(&slugs), vec![long("s")]].concat()
            }
            Self::Number => {
                let numbers = [
                    "x",
                    "-1",
                    "1.5",
                    "1e3",
                    "0x10",
                    "99999999999999999999",
                    "٣",
                    "1\n2",
                    "1\0",
                    "NaN",
                    "<b>",
                ];
                [texts(&numbers), vec![long("9")]].concat()
            }
        }
    }
}

/// The tables and the mailbox before a storm of bad requests, to be the same after it.
struct Before {
    rows: std::collections::BTreeMap<String, i64>,
    mails: usize,
}

impl Before {
    fn of(app: &TestApp) -> Self {
        Self { rows: app.database().row_counts(), mails: app.mailbox().count() }
    }

    #[track_caller]
    fn is_still_so(&self, app: &TestApp) {
        assert_eq!(app.database().row_counts(), self.rows, "nothing is stored");
        assert_eq!(app.mailbox().count(), self.mails, "nothing is sent");
        assert!(!app.logs().contains("panicked"), "{}", app.logs());
    }
}

fn app(backend: Backend) -> TestApp {
    TestApp::on(backend).without_limits().start_with_ada()
}

fn every_field_of_the_booking_api(backend: Backend) {
    let app = app(backend);
    let before = Before::of(&app);
    let start = rfc3339(app.noon_in_days(2));
    let mut good = app.request("intro", &start, "Bo Berg", "bo@customers.example");
    good["answers"] = json!({"note": "A note"});
    for (pointer, kind) in [
        ("/attendee/name", Kind::Line),
        ("/attendee/email", Kind::Email),
        ("/attendee/time_zone", Kind::Zone),
        ("/answers/note", Kind::Note),
        ("/start", Kind::Time),
    ] {
        for bad in kind.bad() {
            let mut request = good.clone();
            *request.pointer_mut(pointer).expect("a field") = json!(bad);
            let reply = app.client().post_json("/api/v1/bookings", &request);
            let code = refused(&reply, pointer, &bad);
            let unavailable = kind == Kind::Time && code == "slot_unavailable";
            assert!(unavailable || code == "invalid_request", "{pointer} = {bad:?}: {reply:?}");
            if !unavailable && reply.status == 422 {
                let field = pointer.trim_start_matches('/').replace('/', ".");
                let last = field.rsplit('.').next().unwrap_or_default();
                let named = reply.json().to_string();
                assert!(
                    named.contains(&field) || named.contains(&format!("\"{last}\"")),
                    "{field}: {named}"
                );
            }
        }
    }
    for host_or_event in ["/host", "/event"] {
        for bad in Kind::Slug.bad() {
            let mut request = good.clone();
            *request.pointer_mut(host_or_event).expect("a field") = json!(bad);
            let reply = app.client().post_json("/api/v1/bookings", &request);
            if (host_or_event, &*bad) == ("/host", "new") {
                // No event type may be called so; a host may, and is only unknown.
                assert_eq!(reply.problem(404), "not_found");
                continue;
            }
            assert_eq!(reply.problem(422), "invalid_request", "{host_or_event} = {bad:?}");
            let field = host_or_event.trim_start_matches('/');
            assert_eq!(reply.json()["fields"][0]["field"], field, "{bad:?}: {reply:?}");
            // The free times of what can not be are refused as their other parameters are.
            let mut query = vec![("host", "ada"), ("event", "intro"), ("tz", "UTC")];
            query.extend([("from", "2027-01-01"), ("to", "2027-01-02")]);
            query.retain(|(name, _)| *name != field);
            query.push((field, &bad));
            let query = serde_urlencoded::to_string(query).expect("a query");
            let reply = app.client().get(&format!("/api/v1/slots?{query}"));
            assert_eq!(reply.problem(400), "invalid_request", "{field} = {bad:?}");
            assert_eq!(reply.json()["fields"][0]["field"], field, "{bad:?}: {reply:?}");
        }
    }
    before.is_still_so(&app);
    app.client().post_json("/api/v1/bookings", &good).expect(201);
}

fn every_type_of_the_booking_api(backend: Backend) {
    let app = app(backend);
    let before = Before::of(&app);
    let start = rfc3339(app.noon_in_days(2));
    let mut good = app.request("intro", &start, "Bo Berg", "bo@customers.example");
    good["answers"] = json!({"note": "A note"});
    good["duration"] = json!(30);
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let wrong =
        [json!(null), json!(1), json!(-1.5), json!(true), json!([]), json!({}), json!("x"), deep];
    for pointer in [
        "/host",
        "/event",
        "/start",
        "/duration",
        "/attendee",
        "/attendee/name",
        "/attendee/email",
        "/attendee/time_zone",
        "/answers",
        "/answers/note",
    ] {
        for value in &wrong {
            let harmless = match pointer {
                "/attendee/name" => value.is_string(),
                // Left out is what null says, and no answers are no answers.
                "/answers/note" => value.is_string() || value.is_null(),
                "/duration" => value.is_null(),
                "/answers" => value.is_null() || *value == json!({}),
                _ => false,
            };
            if harmless {
                continue;
            }
            let mut request = good.clone();
            *request.pointer_mut(pointer).expect("a field") = value.clone();
            let reply = app.client().post_json("/api/v1/bookings", &request);
            assert!([400, 404, 422].contains(&reply.status), "{pointer} = {value}: {reply:?}");
            reply.problem(reply.status);
        }
        if !["/duration", "/answers", "/answers/note"].contains(&pointer) {
            let mut request = good.clone();
            let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
            let object = request.pointer_mut(parent).and_then(Value::as_object_mut);
            object.expect("an object").remove(name);
            let reply = app.client().post_json("/api/v1/bookings", &request);
            refused(&reply, pointer, "left out");
        }
    }
    for duration in [29, 0, -30, 1_000_000] {
        let mut request = good.clone();
        request["duration"] = json!(duration);
        let reply = app.client().post_json("/api/v1/bookings", &request);
        refused(&reply, "/duration", &duration.to_string());
    }
    before.is_still_so(&app);
}

fn a_locale_is_a_language_tag(backend: Backend) {
    let app = app(backend);
    let before = Before::of(&app);
    let start = rfc3339(app.noon_in_days(2));
    let mut request = app.request("intro", &start, "Bo Berg", "bo@customers.example");
    for bad in [
        json!(1),
        json!(true),
        json!(["de"]),
        json!({"language": "de"}),
        json!(""),
        json!("de_AT"),
        json!("Deutsch (Österreich)"),
        json!("de-"),
        json!("x"),
        json!("de\r\nBcc: evil@example.net"),
        json!("a".repeat(TOO_LONG)),
    ] {
        request["attendee"]["locale"] = bad.clone();
        let reply = app.client().post_json("/api/v1/bookings", &request);
        assert_eq!(reply.problem(422), "invalid_request", "{bad}: {reply:?}");
        assert_eq!(reply.json()["fields"][0]["field"], "attendee.locale", "{bad}: {reply:?}");
    }
    before.is_still_so(&app);
    for (hour, good) in (0..).zip([
        json!("de"),
        json!("de-AT"),
        json!("zh-Hant-TW"),
        json!("sl-rozaj-biske-1994"),
        Value::Null,
    ]) {
        request["start"] = json!(rfc3339(app.noon_in_days(2) + Duration::hours(hour)));
        request["attendee"]["locale"] = good;
        app.client().post_json("/api/v1/bookings", &request).expect(201);
    }
}

/// What a mail program makes a link of, and what nobody sees.
const NO_NAMES: [&str; 19] = [
    "https://evil.example",
    "Win http://evil.example now",
    "HTTPS://EVIL.EXAMPLE",
    "ftp://evil.example/x",
    "www.evil.example",
    "Bo (WWW.evil.example)",
    "evil.example/x",
    "Look at evil.co.uk/prize, Bo",
    "Bo\u{61c}Berg",
    "Bo\u{200b}Berg",
    "Bo\u{200e}Berg",
    "Bo\u{2060}Berg",
    "Bo\u{2066}Berg",
    "Bo\u{ad}Berg",
    "Bo\u{feff}Berg",
    "Bo\u{fff9}Berg",
    "Bo\u{e0042}Berg",
    "\u{3164}",
    "\u{200d}\u{200d}",
];

/// What people are called, in several scripts.
const NAMES: [&str; 14] = [
    "Dr. A.B. Smith",
    "St.John",
    "Prof. Dr. h.c. mult. Müller-Lüdenscheidt",
    "O’Neil & Söhne GmbH i.G.",
    "Bo/Cy Berg",
    "Dr.med./Univ. Budapest Kovács",
    "Booking.com",
    "Martin Luther King, Jr.",
    "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
    "\u{915}\u{94d}\u{200d}\u{937}",
    "\u{1830}\u{1820}\u{1837}\u{1820}\u{180e}\u{1820}",
    "\u{845b}\u{e0100}\u{57ce}",
    "👩‍🚀 ❤️",
    "=?utf-8?q?x?= <b>",
];

fn names_carry_no_addresses_and_nothing_unseen(backend: Backend) {
    let app = app(backend);
    let browser = app.sign_in(&Host::ada());
    let before = Before::of(&app);
    let noon = app.noon_in_days(2);
    let path = format!("/ada/intro?slot={}&tz=Europe/Berlin", rfc3339(noon));
    let customers = app.client().page(&path).form("/ada/intro");
    let customers = customers.set("email", "bo@customers.example");
    let by_hand =
        browser.page(&format!("/app/bookings/new?event=intro&date={}", noon.date_naive()));
    let by_hand = by_hand.form("/app/bookings/new").set("slot", rfc3339(noon));
    let by_hand = by_hand.set("email", "bo@customers.example");
    for bad in NO_NAMES {
        let request = app.request("intro", &rfc3339(noon), bad, "bo@customers.example");
        let reply = app.client().post_json("/api/v1/bookings", &request);
        assert_eq!(reply.problem(422), "invalid_request", "{bad:?}");
        assert_eq!(reply.json()["fields"][0]["field"], "attendee.name", "{bad:?}: {reply:?}");
        for (client, form) in [(&app.client(), &customers), (&browser, &by_hand)] {
            let reply = client.submit(&form.clone().set("name", bad)).expect(422);
            let marked = reply.page().marked();
            assert_eq!(marked.into_iter().collect::<Vec<_>>(), ["name"], "{bad:?}");
        }
        let arguments = ["user", "add", "--email", "x@hosts.example", "--handle", "xx"];
        let arguments = [arguments.as_slice(), &["--time-zone", "UTC", "--name", bad]].concat();
        app.cli(&arguments).wrong_usage();
    }
    // A title may well name a site, but not lead to one, nor hide anything.
    let titles = browser.page("/app/event-types/new").form("/app/event-types/new");
    let titles = titles.set("slug", "titled").set("duration", "30");
    for bad in ["https://evil.example", "See www.evil.example", "In\u{200b}tro", "In\u{61c}tro"] {
        let reply = browser.submit(&titles.clone().set("title", bad)).expect(422);
        let marked = reply.page().marked();
        assert_eq!(marked.into_iter().collect::<Vec<_>>(), ["title"], "{bad:?}");
    }
    before.is_still_so(&app);
    browser.submit(&titles.set("title", "Node.js/React, 24/7")).expect(303);
    for (hour, name) in (0..).zip(NAMES) {
        let start = rfc3339(noon + Duration::hours(hour));
        let request = app.request("intro", &start, name, "bo@customers.example");
        let booked = app.client().post_json("/api/v1/bookings", &request).expect(201).json();
        assert_eq!(booked["attendees"][0]["name"], name);
    }
}

fn dates_and_times_are_read_strictly(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-02-20 08:00:00").without_limits().start_with_ada();
    let key = app.key("ada", "bookings:read");
    for bad in [
        "2027-3-1",
        "2027-03-1",
        "2027-3-01",
        "+2027-03-01",
        "+12027-03-01",
        "-2027-03-01",
        "27-03-01",
        " 2027-03-01",
        "2027-03-01 ",
        "2027 -03-01",
        "2027-02-29",
        "٢٠٢٧-٠٣-٠١",
    ] {
        let encoded = serde_urlencoded::to_string([("", bad)]).expect("a query");
        let encoded = encoded.trim_start_matches('=');
        for query in
            [format!("from={encoded}&to=2027-03-02"), format!("from=2027-02-28&to={encoded}")]
        {
            let path = format!("/api/v1/slots?host=ada&event=intro&tz=UTC&{query}");
            let reply = app.client().get(&path);
            assert_eq!(reply.problem(400), "invalid_request", "{query}");
        }
        for field in ["from", "to"] {
            let reply = key.get(&format!("/api/v1/bookings?{field}={encoded}"));
            assert_eq!(reply.problem(400), "invalid_request", "{field}={bad:?}");
            assert_eq!(reply.json()["fields"][0]["field"], field, "{reply:?}");
        }
        // On the page it is as if no date had been asked for: the first free day.
        let page = app.client().page(&format!("/ada/intro?tz=UTC&date={encoded}"));
        let chosen = page.select("[data-date][aria-current=true]");
        let chosen = chosen.first().and_then(|day| day.value().attr("data-date"));
        assert_eq!(chosen, Some("2027-02-20"), "{bad:?}");
        let given = format!("--override={bad} off");
        let arguments = ["schedule", "set", "--host", "ada", "--time-zone", "UTC", "--weekly"];
        let hours = ["mon 09:00-10:00", &given];
        // The command line may be given blanks around, as its words are split at them anyway.
        if bad.trim() == bad {
            app.cli(&[arguments.as_slice(), &hours].concat()).refused();
        }
    }
    for bad in ["2027-3", "27-03", "+2027-03", "2027-03-", " 2027-03"] {
        let encoded = serde_urlencoded::to_string([("month", bad)]).expect("a query");
        let page = app.client().page(&format!("/ada/intro?tz=UTC&{encoded}"));
        assert!(page.text().contains("February 2027"), "{bad:?}: {}", page.text());
    }
    let before = Before::of(&app);
    for bad in [
        "2027-03-01 09:00:00Z",
        "2027-03-01T09:00Z",
        "2027-3-1T09:00:00Z",
        "2027-03-01T9:00:00Z",
        "+12027-03-01T09:00:00Z",
        "2027-03-01T09:00:00+0000",
        "2027-03-01T09:00:00+00",
        "2027-03-01T09:00:00 +00:00",
        "2027-03-01T10:00:00\u{2212}01:00",
        "2027-03-01T08:59:60Z",
        "2027-03-01T09:00:00.Z",
        " 2027-03-01T09:00:00Z",
        "2027-03-01T09:00:00Z ",
        "2027-03-01T24:00:00Z",
    ] {
        let request = app.request("intro", bad, "Bo Berg", "bo@customers.example");
        let reply = app.client().post_json("/api/v1/bookings", &request);
        assert_eq!(reply.problem(422), "invalid_request", "{bad:?}: {reply:?}");
        assert_eq!(reply.json()["fields"][0]["field"], "start", "{bad:?}");
    }
    before.is_still_so(&app);
    for (good, start) in [
        ("2027-03-01t09:00:00z", "2027-03-01T09:00:00Z"),
        ("2027-03-01T11:00:00.000+01:00", "2027-03-01T10:00:00Z"),
        ("2027-03-01T11:00:00-00:00", "2027-03-01T11:00:00Z"),
    ] {
        let request = app.request("intro", good, "Bo Berg", "bo@customers.example");
        let booked = app.client().post_json("/api/v1/bookings", &request).expect(201).json();
        assert_eq!(booked["start"], start, "{good}");
    }
}

fn every_field_of_the_customers_form(backend: Backend) {
    let app = app(backend);
    let before = Before::of(&app);
    let start = rfc3339(app.noon_in_days(2));
    let customer = app.client();
    let form =
        customer.page(&format!("/ada/intro?slot={start}&tz=Europe/Berlin")).form("/ada/intro");
    let form =
        form.set("name", "Bo Berg").set("email", "bo@customers.example").set("note", "A note");
    for (field, kind) in [("name", Kind::Line), ("email", Kind::Email), ("note", Kind::Note)] {
        try_in_form(&customer, &form, field, kind);
    }
    for (field, kind) in [("slot", Kind::Time), ("tz", Kind::Zone), ("duration", Kind::Number)] {
        for bad in kind.bad() {
            let reply = customer.submit(&form.clone().force(field, bad.clone()));
            assert!([400, 422].contains(&reply.status), "{field} = {bad:?}: {reply:?}");
        }
    }
    for bad in [String::new(), "k".repeat(TOO_LONG), "a\0b".to_owned()] {
        let reply = customer.submit(&form.clone().force("idempotency_key", bad.clone()));
        assert!([400, 422].contains(&reply.status), "idempotency_key = {bad:?}: {reply:?}");
    }
    for left_out in ["name", "email", "slot"] {
        let reply = customer.submit(&form.clone().without(left_out));
        assert!([400, 422].contains(&reply.status), "without {left_out}: {reply:?}");
    }
    before.is_still_so(&app);
    customer.submit(&form).expect(303);

    // The page to cancel with.
    let booked = app.book("intro", app.noon_in_days(3));
    let form = customer.page(&format!("{}/cancel", booked.page())).form("/cancel");
    try_in_form(&customer, &form, "reason", Kind::Note);
    assert!(customer.page(booked.page()).text().contains("Confirmed"));
}

fn every_field_of_the_hosts_forms(backend: Backend) {
    let app = app(backend);
    let browser = app.sign_in(&Host::ada());
    let before = Before::of(&app);

    let form = browser.page("/app/event-types/new").form("/app/event-types/new");
    let form = form.set("title", "Good").set("slug", "good").set("duration", "30");
    for (field, kind) in [
        ("title", Kind::Line),
        ("slug", Kind::Slug),
        ("description", Kind::Note),
        ("duration", Kind::Number),
        ("min_notice", Kind::Number),
        ("window_days", Kind::Number),
        ("increment", Kind::Number),
        ("buffer_before", Kind::Number),
        ("buffer_after", Kind::Number),
        ("early", Kind::Number),
        ("grace", Kind::Number),
        ("max_occupants", Kind::Number),
    ] {
        try_in_form(&browser, &form, field, kind);
    }
    for (field, bad) in [
        ("duration", "4"),
        ("duration", "1441"),
        ("duration", ""),
        ("window_days", "731"),
        ("max_occupants", "0"),
    ] {
        let reply = browser.submit(&form.clone().set(field, bad)).expect(422);
        assert!(
            reply.page().marked().contains(field),
            "{field} = {bad}: {:?}",
            reply.page().marked()
        );
    }

    let noon = app.noon_in_days(2);
    let page = browser.page(&format!("/app/bookings/new?event=intro&date={}", noon.date_naive()));
    let form = page.form("/app/bookings/new").set("slot", rfc3339(noon));
    let form = form.set("name", "Bo Berg").set("email", "bo@customers.example");
    for (field, kind) in [
        ("name", Kind::Line),
        ("email", Kind::Email),
        ("note", Kind::Note),
        ("tz", Kind::Zone),
        ("slot", Kind::Time),
    ] {
        try_in_form(&browser, &form, field, kind);
    }
    for bad in Kind::Slug.bad() {
        let reply = browser.submit(&form.clone().force("event", bad.clone()));
        let page = reply.expect(422).page();
        let kept = page.form("/app/bookings/new");
        assert_eq!(page.marked().into_iter().collect::<Vec<_>>(), ["event"], "{bad:?}");
        assert_eq!(kept.value("slot"), Some(rfc3339(noon).as_str()), "{bad:?}");
        assert_eq!(kept.value("name"), Some("Bo Berg"), "{bad:?}");
        assert_eq!(kept.value("email"), Some("bo@customers.example"), "{bad:?}");
    }
    for bad in ["2027-02-30", "9999-12-31", "x", "\0", &"9".repeat(TOO_LONG)] {
        let reply = browser.submit(&form.clone().force("date", bad).without("slot"));
        assert!([400, 422].contains(&reply.status), "date = {bad:?}: {reply:?}");
    }
    // A date that is none is told so when free times are asked for it,
    for bad in ["2027-02-30", "2027-3-1", "x"] {
        let path = format!("/app/bookings/new?event=intro&date={bad}");
        let page = browser.get(&path).expect(422).page();
        assert_eq!(page.marked().into_iter().collect::<Vec<_>>(), ["date"], "{bad:?}");
    }
    // and though the chosen time is free; all else is kept.
    for bad in ["2027-02-30", "2027-3-1", "+12027-03-01", "x"] {
        let reply = browser.submit(&form.clone().force("date", bad)).expect(422);
        let page = reply.page();
        assert_eq!(page.marked().into_iter().collect::<Vec<_>>(), ["date"], "{bad:?}");
        let kept = page.form("/app/bookings/new");
        assert_eq!(kept.value("slot"), Some(rfc3339(noon).as_str()), "{bad:?}");
        assert_eq!(kept.value("date"), Some(noon.date_naive().to_string().as_str()), "{bad:?}");
        assert_eq!(kept.value("name"), Some("Bo Berg"), "{bad:?}");
    }
    before.is_still_so(&app);

    // The forms of those who are not signed in.
    let visitor = app.client();
    for path in ["/sign-in", "/forgot-password"] {
        let form = visitor.page(path).form(path);
        for bad in Kind::Email.bad() {
            let reply = visitor.submit(&form.clone().set("email", bad.clone()));
            let same_answer =
                path == "/forgot-password" && reply.status == 303 || reply.status == 200;
            assert!(
                [400, 422].contains(&reply.status) || same_answer,
                "{path}: {bad:?}: {reply:?}"
            );
        }
    }
    before.is_still_so(&app);
}

fn bodies_that_are_no_request(backend: Backend) {
    let app = app(backend);
    let before = Before::of(&app);
    let client = app.client();
    let json = ("Content-Type", "application/json");
    let huge = format!("{{\"host\": \"{}\"}}", "a".repeat(8 << 20));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let no_utf8: Vec<u8> = b"{\"host\": \"\xff\xfe\"}".to_vec();
    let surrogate = br#"{"host": "\ud800"}"#.to_vec();
    let bodies = [
        Vec::new(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\"x\"".to_vec(),
        b"1".to_vec(),
        huge.into_bytes(),
        deep.into_bytes(),
        no_utf8,
        surrogate,
        b"{\"host\":\"ada\",\"host\":\"eve\"}".to_vec(),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        // A server may stop reading a body that is far too large.
        if let Ok(reply) = client.try_send("POST", "/api/v1/bookings", Some(body), &[json]) {
            assert!([400, 413, 422].contains(&reply.status), "{shown}: {reply:?}");
            reply.problem(reply.status);
        }
    }
    let good = app
        .request("intro", &rfc3339(app.noon_in_days(2)), "Bo", "bo@customers.example")
        .to_string();
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
    {
        let reply = client.send(
            "POST",
            "/api/v1/bookings",
            Some(good.clone().into_bytes()),
            &[("Content-Type", kind)],
        );
        assert!([400, 415, 422].contains(&reply.status), "{kind}: {reply:?}");
        reply.problem(reply.status);
    }

    let origin = app.base();
    for path in ["/ada/intro", "/sign-in", "/forgot-password"] {
        let form = "application/x-www-form-urlencoded";
        let many = "a=b&".repeat(100_000).into_bytes();
        let bodies = [
            (form, b"%".to_vec()),
            (form, b"name=%ff%fe&email=%00".to_vec()),
            (form, many),
            (form, vec![0; 100]),
        ];
        let others = [
            ("application/json", b"{}".to_vec()),
            ("multipart/form-data; boundary=x", b"--x".to_vec()),
        ];
        for (kind, body) in bodies.into_iter().chain(others) {
            let headers = [("Content-Type", kind), ("Origin", origin.as_str())];
            if let Ok(reply) = client.try_send("POST", path, Some(body), &headers) {
                assert!((400..500).contains(&reply.status), "{path}, {kind}: {reply:?}");
            }
        }
    }
    before.is_still_so(&app);
}

fn links_that_prove_nothing(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    app.add_event_type("ada", "proof", &["--title", "Proof", "--duration", "30", "--email-proof"]);
    let booked = app.book("proof", app.noon_in_days(3));
    let waiting = booked.token().strip_suffix("/check-mail").expect("a waiting page").to_owned();
    let before = app.database().dump_of("bookings");
    let mut longer = waiting.clone();
    longer.push('A');
    let changed =
        waiting.replace(&waiting[30..31], if &waiting[30..31] == "x" { "y" } else { "x" });
    let links = ["x", "%00", "%ff%fe", "..%2f..", "-", "A", &waiting[1..], &longer, &changed];
    let links = links.map(str::to_owned).into_iter().chain(["A".repeat(64), "A".repeat(5000)]);
    for link in links {
        for page in ["verify", "check-mail"] {
            let path = format!("/b/{link}/{page}");
            assert_eq!(app.client().get(&path).status, 404, "{path}");
            assert_eq!(app.client().post_form(&path, &[]).status, 404, "{path}");
        }
    }
    // Nor is a link for one thing one for the other, nor a post from elsewhere one of ours.
    app.client().post_form(&format!("/b/{waiting}/verify"), &[]).expect(404);
    let path = format!("/b/{waiting}/check-mail");
    let elsewhere = [("Origin", "https://evil.example")];
    app.client().post_form_from(&path, &[], &elsewhere).expect(403);
    assert_eq!(app.database().dump_of("bookings"), before);
    app.client().post_form(&path, &[]).expect(303);
}

fn a_form_that_is_no_utf8_stores_nothing(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let visitor = app.client();
    let slot = rfc3339(app.noon_in_days(2));
    let form = visitor.page(&format!("/ada/intro?slot={slot}&tz=UTC")).form("/ada/intro");
    let form = form.set("name", "Bo").set("email", "bo@customers.example");
    let good = serde_urlencoded::to_string(form.fields()).expect("a form");
    let bad = good.replace("name=Bo", "name=Bo%FF");
    assert_ne!(good, bad);
    let origin = app.base();
    let headers =
        [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", origin.as_str())];
    visitor.send("POST", "/ada/intro", Some(bad.into_bytes()), &headers).expect(400);
    let raw = good.replace("name=Bo", "name=Bo#").into_bytes();
    let raw = raw.into_iter().map(|byte| if byte == b'#' { 0xff } else { byte }).collect();
    visitor.send("POST", "/ada/intro", Some(raw), &headers).expect(400);
    // A body with fields says what it is; the time is still free for one that does.
    visitor.send("POST", "/ada/intro", Some(good.clone().into_bytes()), &headers[1..]).expect(415);
    let booked = visitor.send("POST", "/ada/intro", Some(good.into_bytes()), &headers);
    // A form without fields need not.
    let page = booked.expect(303).location();
    let page = page.split('?').next().expect("a path");
    visitor.send("POST", &format!("{page}/cancel"), None, &headers[1..]).expect(303);
}

fn text_that_looks_like_html_is_ordinary_text(backend: Backend) {
    let app = app(backend);
    let ada = Host::ada();
    let browser = app.sign_in(&ada);
    let odd = r#"<img src=x onerror="alert(1)"> &amp; "quoted" 'single' {{ x }} </textarea><script>alert(1)</script>"#;
    let form = browser.page("/app/event-types/new").form("/app/event-types/new");
    let form =
        form.set("title", odd).set("slug", "odd").set("duration", "30").set("description", odd);
    browser.submit(&form).expect(303);

    let noon = app.noon_in_days(2);
    let customer = app.client();
    let page = customer.page(&format!("/ada/odd?slot={}&tz=Europe/Berlin", rfc3339(noon)));
    let form = page
        .form("/ada/odd")
        .set("name", odd)
        .set("email", "bo@customers.example")
        .set("note", odd);
    // The refused page shows it as typed, in a field; the accepted one as text.
    let refused = customer.submit(&form.clone().set("email", "x")).expect(422);
    assert_eq!(refused.page().form("/ada/odd").value("name"), Some(odd));
    assert_eq!(refused.page().form("/ada/odd").value("note"), Some(odd));
    let booked = customer.submit(&form).expect(303).location();
    let token_page = customer.open(&booked).expect(200);
    assert!(token_page.page().text().contains(odd), "{}", token_page.page().text());

    let listed = app.cli(&["booking", "list", "--host", "ada", "--json"]).json();
    assert_eq!(listed[0]["attendees"][0]["name"], odd);
    assert_eq!(listed[0]["answers"]["note"], odd);
    let edit = browser.get("/app/event-types/odd").expect(200);
    assert_eq!(edit.page().form("/app/event-types/odd").value("title"), Some(odd));
    let join = customer.get(&format!("{booked}/join"));
    let cancel = customer.get(&format!("{booked}/cancel"));
    let next = rfc3339(noon + Duration::hours(1));
    let pages = [
        refused,
        token_page,
        edit,
        join,
        cancel,
        customer.get("/ada"),
        customer.get("/ada/odd"),
        browser.get("/app/bookings"),
        customer.get(&format!("/ada/odd?slot={next}")),
        browser.get("/app/event-types"),
        browser.get("/app/bookings/new?event=odd"),
    ];
    for reply in &pages {
        assert!(reply.status < 400 || reply.status == 422, "{reply:?}");
        let page = reply.page();
        assert!(
            page.select("img, [onerror], script:not([src])").is_empty(),
            "{}: {}",
            reply.path,
            reply.body
        );
    }
}

/// Tries every bad value of a kind in one field: refused with the field marked and the answer kept.
#[track_caller]
fn try_in_form(client: &Client, form: &Form, field: &str, kind: Kind) {
    for bad in kind.bad() {
        let reply = client.submit(&form.clone().force(field, bad.clone()));
        assert!([400, 422].contains(&reply.status), "{field} = {bad:?}: {reply:?}");
        let page = reply.page();
        let marked = page.marked();
        assert!(marked.contains(field), "{field} = {bad:?} is not marked, but {marked:?} is");
        assert_eq!(marked.len(), 1, "{field} = {bad:?} marks others: {marked:?}");
        assert!(reply.header("set-cookie").is_empty(), "{reply:?}");
    }
}

#[track_caller]
fn refused(reply: &Reply, field: &str, bad: &str) -> String {
    assert!([400, 422].contains(&reply.status), "{field} = {bad:?}: {reply:?}");
    reply.problem(reply.status)
}
