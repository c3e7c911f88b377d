//! What a host can say about an event type's times, on its page and by command, and what becomes of it: in slots, in
//! bookings, and in the reasons that are told.

use roomkey_tests::{Backend, Booked, Client, Form, Host, TestApp, instant, on_both};

on_both!(
    several_lengths_are_offered_and_booked,
    limits_close_a_day_and_say_so,
    the_window_may_be_two_dates_or_weekdays,
    both_dates_of_a_window_are_asked_for,
    the_grid_has_its_own_steps,
    an_emptied_number_is_not_a_usual_one,
    wrong_rules_are_marked,
    terms_that_leave_no_time_say_so,
    reasons_are_told_in_full_to_the_host_alone,
    commands_know_the_same_rules,
    bookings_whose_wall_time_moves_are_listed,
    a_hidden_event_type_is_listed_nowhere_and_can_be_booked,
    the_password_is_in_calendar_entries_only_where_that_is_wanted,
);

const EDITOR: &str = "/app/event-types/intro";
const NEW: &str = "/app/event-types/new";

/// London, Thursday 1 July 2027, 09:00; open 9 to 12 on weekdays.
fn app(backend: Backend) -> (TestApp, Client) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start();
    let ada = Host::ada();
    app.add_host(&ada);
    app.set_schedule(&ada, &["mon-fri 09:00-12:00"]);
    app.add_event_type("ada", "intro", &["--title", "Intro call", "--duration", "60"]);
    let browser = app.sign_in(&ada);
    (app, browser)
}

fn editor(browser: &Client) -> Form {
    browser.page(EDITOR).form(EDITOR)
}

fn days(app: &TestApp, from: &str, to: &str) -> Vec<String> {
    let mut days: Vec<String> =
        app.slots("ada", "intro", from, to).iter().map(|slot| slot[..10].to_owned()).collect();
    days.dedup();
    days
}

fn several_lengths_are_offered_and_booked(backend: Backend) {
    let (app, browser) = app(backend);
    browser.submit(&editor(&browser).set("other_durations", "30, 90, 60")).expect(303);
    assert_eq!(editor(&browser).value("other_durations"), Some("30, 90"));
    let starts = |duration: &str| -> Vec<String> {
        let path = format!(
            "/api/v1/slots?host=ada&event=intro&from=2027-07-02&to=2027-07-02&tz=UTC{duration}"
        );
        let slots = app.client().get(&path).expect(200).json();
        let slots = slots["slots"].as_array().expect("a list").clone();
        slots
            .iter()
            .map(|slot| slot["start"].as_str().expect("a time")[11..16].to_owned())
            .collect()
    };
    // Without an increment, one follows the other by the length that is asked for.
    assert_eq!(starts(""), ["08:00", "09:00", "10:00"]);
    assert_eq!(starts("&duration=90"), ["08:00", "09:30"]);
    assert_eq!(starts("&duration=30").len(), 6);
    let path =
        "/api/v1/slots?host=ada&event=intro&from=2027-07-02&to=2027-07-02&tz=UTC&duration=45";
    assert_eq!(app.client().get(path).problem(400), "invalid_request");

    // On the page, a length is chosen by a link, and carried on to the form.
    let page = app.client().page("/ada/intro?date=2027-07-02&tz=UTC");
    let longer = page.link("duration=90");
    let page = app.client().page(&format!("/ada/intro{longer}"));
    assert_eq!(page.select("ol.slots a").len(), 2);
    let slot = page.link("slot=2027-07-02T09:30:00Z");
    let form = app.client().page(&format!("/ada/intro{slot}")).form("/ada/intro");
    assert_eq!(form.value("duration"), Some("90"));
    let form = form.set("name", "Bo Berg").set("email", "bo@customers.example");
    let page = app.client().open(&app.client().submit(&form).expect(303).location()).page();
    assert!(page.text().contains("10:30") && page.text().contains("12:00"), "{}", page.text());

    // A length that is none of them is told so.
    let mut request = app.request("intro", "2027-07-05T08:00:00Z", "Cy", "cy@customers.example");
    request["duration"] = 45.into();
    let reply = app.client().post_json("/api/v1/bookings", &request);
    assert!(reply.body.contains("30 minutes, 1 hour or 1 hour 30 minutes"), "{}", reply.body);
    assert_eq!(reply.problem(422), "invalid_request");
    request["duration"] = 30.into();
    let booked =
        Booked::from_json(app.client().post_json("/api/v1/bookings", &request).expect(201).json());
    assert_eq!(booked.text("/end"), "2027-07-05T08:30:00Z");

    // By hand, too.
    let page = browser.page("/app/bookings/new?event=intro&date=2027-07-06&duration=90");
    assert_eq!(page.choices("slot").len(), 2);
    let form = page.form("/app/bookings/new").set("slot", "2027-07-06T08:00:00Z");
    let form = form.set("name", "Di Dorn").set("email", "di@customers.example");
    let page = browser.open(&browser.submit(&form).expect(303).location()).page();
    assert!(page.text().contains("09:00") && page.text().contains("10:30"), "{}", page.text());
}

fn limits_close_a_day_and_say_so(backend: Backend) {
    let (app, browser) = app(backend);
    let form = editor(&browser).set("limit_day_bookings", "1").set("limit_week_minutes", "150");
    browser.submit(&form).expect(303);
    assert_eq!(editor(&browser).value("limit_week_minutes"), Some("150"));
    assert_eq!(days(&app, "2027-07-05", "2027-07-09").len(), 5);
    let visitor = app.client();
    let opened = visitor.page("/ada/intro?slot=2027-07-05T09:00:00Z&tz=UTC").form("/ada/intro");
    let monday = app.book("intro", instant("2027-07-05T08:00:00Z"));
    // Whoever had the form open is told why, and not only that it can not be.
    let late = opened.set("name", "Cy Cole").set("email", "cy@customers.example");
    let told = visitor.submit(&late).expect(422).page().text();
    assert!(told.contains("can not be booked: no more bookings are taken around"), "{told}");
    assert_eq!(days(&app, "2027-07-05", "2027-07-09").len(), 4);
    let refused = |start: &str| {
        let request = app.request("intro", start, "Cy Cole", "cy@customers.example");
        app.client().post_json("/api/v1/bookings", &request)
    };
    assert_eq!(refused("2027-07-05T09:00:00Z").problem(422), "slot_unavailable");
    // Two hours of two and a half: no other fits in this week, but in the next.
    app.book("intro", instant("2027-07-07T08:00:00Z"));
    assert!(days(&app, "2027-07-05", "2027-07-09").is_empty());
    assert_eq!(days(&app, "2027-07-12", "2027-07-16").len(), 5);
    // What is called off counts no more.
    let key = app.key("ada", "bookings:write");
    let path = format!("/api/v1/bookings/{}/cancel", monday.id());
    key.post_json(&path, &serde_json::json!({})).expect(200);
    assert_eq!(days(&app, "2027-07-05", "2027-07-09").len(), 4);
}

fn the_window_may_be_two_dates_or_weekdays(backend: Backend) {
    let (app, browser) = app(backend);
    let dates = editor(&browser).force("window", "dates");
    let dates = dates.set("window_first", "2027-07-06").set("window_last", "2027-07-08");
    browser.submit(&dates).expect(303);
    assert_eq!(days(&app, "2027-07-01", "2027-07-30"), ["2027-07-06", "2027-07-07", "2027-07-08"]);
    let form = editor(&browser);
    assert_eq!(
        (form.value("window"), form.value("window_last")),
        (Some("dates"), Some("2027-07-08"))
    );
    // Two weekdays after Thursday: Friday and Monday.
    let weekdays = form.force("window", "business_days").set("window_days", "2");
    browser.submit(&weekdays).expect(303);
    assert_eq!(days(&app, "2027-07-01", "2027-07-30"), ["2027-07-01", "2027-07-02", "2027-07-05"]);
}

fn both_dates_of_a_window_are_asked_for(backend: Backend) {
    let (app, browser) = app(backend);
    let before = app.database().dump_of("event_types");
    let labels = browser.page(EDITOR).texts("label[for=window_first], label[for=window_last]");
    assert_eq!(labels, ["First date", "Last date"], "neither is optional");
    let both = ("Enter the first date", "Enter the last date");
    for (first, last, errors) in [
        ("", "", vec![both.0, both.1]),
        ("", "2027-07-06", vec![both.0]),
        ("2027-07-06", "", vec![both.1]),
    ] {
        let form = editor(&browser).force("window", "dates").set("window_first", first);
        let page = browser.submit(&form.set("window_last", last)).expect(422).page();
        let told = page.texts("#window_first-e, #window_last-e");
        let errors: Vec<String> = errors.iter().map(|text| format!("Error: {text}")).collect();
        assert_eq!(told, errors, "{first} {last}");
        let kept = page.form(EDITOR);
        let kept = ["window", "window_first", "window_last"].map(|name| kept.value(name));
        assert_eq!(kept, [Some("dates"), Some(first), Some(last)]);
    }
    assert_eq!(app.database().dump_of("event_types"), before);
}

fn the_grid_has_its_own_steps(backend: Backend) {
    let (app, browser) = app(backend);
    browser.submit(&editor(&browser).set("increment", "45").set("offset", "10")).expect(303);
    let slots = app.slots("ada", "intro", "2027-07-02", "2027-07-02");
    assert_eq!(slots, ["2027-07-02T08:10:00Z", "2027-07-02T08:55:00Z", "2027-07-02T09:40:00Z"]);
}

fn an_emptied_number_is_not_a_usual_one(backend: Backend) {
    let (app, browser) = app(backend);
    let form = editor(&browser).set("early", "60").set("grace", "90").set("buffer_before", "5");
    browser.submit(&form.set("min_notice", "120").set("window_days", "300")).expect(303);
    let before = app.database().dump_of("event_types");
    for field in ["early", "grace", "buffer_before", "buffer_after", "min_notice", "window_days"] {
        let reply = browser.submit(&editor(&browser).set(field, "")).expect(422);
        assert!(reply.page().marked().contains(field), "{field}: {:?}", reply.page().marked());
    }
    assert_eq!(app.database().dump_of("event_types"), before);
}

fn wrong_rules_are_marked(backend: Backend) {
    let (app, browser) = app(backend);
    let before = app.database().dump_of("event_types");
    for (field, wrong) in [
        ("other_durations", "30, four"),
        ("other_durations", "1"),
        ("other_durations", "5 6 7 8 9 10 11 12 13"),
        ("increment", "4"),
        ("offset", "1440"),
        ("limit_day_bookings", "0"),
        ("limit_year_minutes", "600001"),
        ("limit_month_bookings", "-1"),
        ("schedule", "00000000-0000-0000-0000-000000000000"),
        ("schedule", "x"),
        ("window", "someday"),
        ("window_days", "731"),
    ] {
        let reply = browser.submit(&editor(&browser).force(field, wrong)).expect(422);
        let page = reply.page();
        assert!(page.marked().contains(field), "{field}={wrong}: {:?}", page.marked());
        if !matches!(field, "schedule" | "window") {
            assert_eq!(page.form(EDITOR).value(field), Some(wrong), "kept");
        }
    }
    for (first, last, field) in [
        ("2027-07-08", "2027-07-06", "window_last"),
        ("", "2027-07-06", "window_first"),
        ("2027-02-30", "2027-07-06", "window_first"),
        ("2027-07-08", "soon", "window_last"),
    ] {
        let form = editor(&browser).force("window", "dates").force("window_first", first);
        let reply = browser.submit(&form.force("window_last", last)).expect(422);
        assert!(
            reply.page().marked().contains(field),
            "{first} {last}: {:?}",
            reply.page().marked()
        );
    }
    assert_eq!(app.database().dump_of("event_types"), before);
}

fn reasons_are_told_in_full_to_the_host_alone(backend: Backend) {
    let (app, browser) = app(backend);
    let limited = editor(&browser).set("limit_day_bookings", "1").set("limit_day_minutes", "60");
    browser.submit(&limited).expect(303);
    app.book("intro", instant("2027-07-05T08:00:00Z"));
    let explain = |client: &Client, at: &str| {
        client
            .get(&format!("/api/v1/slots/explain?host=ada&event=intro&at={at}"))
            .expect(200)
            .json()
    };
    let free = explain(&app.client(), "2027-07-06T08:00:00Z");
    assert_eq!((&free["offered"], &free["reasons"]), (&true.into(), &serde_json::json!([])));
    assert_eq!(free["slot"]["start"], "2027-07-06T09:00:00+01:00");
    assert_eq!(free["time_zone"], "Europe/London");

    let told = |told: &serde_json::Value, field: &str| -> Vec<String> {
        let reasons = told["reasons"].as_array().expect("a list");
        reasons.iter().map(|reason| reason[field].as_str().expect("text").to_owned()).collect()
    };
    let key = app.key("ada", "bookings:read");
    let full = explain(&key, "2027-07-05T08:00:00Z");
    assert_eq!((&full["offered"], &full["slot"]), (&false.into(), &serde_json::Value::Null));
    assert_eq!(told(&full, "code"), ["taken", "limit_reached", "limit_reached"]);
    assert_eq!(
        told(&full, "message"),
        [
            "There is a booking from 09:00 – 10:00 on Monday 5 July 2027",
            "Monday's limit of 1 booking is reached",
            "Monday's limit of 1 hour has no room for 1 hour"
        ]
    );
    let eve = Host::new("eve", "Eve Adams", "Europe/Berlin");
    app.add_host(&eve);
    for stranger in [app.client(), app.key("eve", "bookings:read")] {
        let mild = explain(&stranger, "2027-07-05T08:00:00Z");
        assert_eq!(told(&mild, "code"), ["taken", "limit_reached"]);
        let message = told(&mild, "message").join(" ");
        assert!(!message.contains('1') && !message.contains("Monday"), "{message}");
    }
    // What is offered is what is booked: a refused time is refused for the first of its reasons. Who loses a race
    // for the last booking of a day is told that somebody was quicker; who comes later, that the day is full.
    for (at, status, code) in [
        ("2027-07-05T08:00:00Z", 409, "slot_taken"),
        ("2027-07-05T10:00:00Z", 422, "slot_unavailable"),
    ] {
        let request = app.request("intro", at, "Cy Cole", "cy@customers.example");
        assert_eq!(app.client().post_json("/api/v1/bookings", &request).problem(status), code);
    }
    for (at, code) in [
        ("2027-06-30T08:00:00Z", "past"),
        ("2027-07-05T08:10:00Z", "off_grid"),
        ("2027-07-10T08:00:00Z", "outside_hours"),
        ("2027-12-06T09:00:00Z", "beyond_window"),
    ] {
        assert_eq!(told(&explain(&key, at), "code")[0], code, "{at}");
        let request = app.request("intro", at, "Cy Cole", "cy@customers.example");
        app.client().post_json("/api/v1/bookings", &request).problem(422);
    }
    for (query, field) in
        [("event=intro&at=2027-07-05T08:00:00Z", "host"), ("host=ada&event=intro&at=now", "at")]
    {
        let reply = app.client().get(&format!("/api/v1/slots/explain?{query}"));
        assert!(reply.body.contains(&format!("\"{field}\"")), "{}", reply.body);
        reply.problem(400);
    }
    let path = "/api/v1/slots/explain?host=ada&event=nothing&at=2027-07-05T08:00:00Z";
    app.client().get(path).problem(404);
}

fn terms_that_leave_no_time_say_so(backend: Backend) {
    let (app, browser) = app(backend);
    let told = |path: &str| browser.page(path).text();
    for path in [EDITOR, "/app/event-types"] {
        assert!(!told(path).contains("as it stands"), "{path}");
        assert!(!told(path).contains("Nobody can book it"), "{path}");
    }
    let low = editor(&browser).set("limit_day_minutes", "59");
    let saved = browser.submit(&low).expect(303).location();
    let why = "the limit of 59 minutes a day is below the shortest length, 1 hour";
    for path in [&saved, EDITOR, "/app/event-types"] {
        assert!(told(path).contains(why), "{path}: {}", told(path));
    }
    assert_eq!(app.slots("ada", "intro", "2027-07-01", "2027-07-30"), [""; 0]);

    let past = browser.page(NEW).form(NEW);
    let past = past.set("title", "Old").set("slug", "old").force("window", "dates");
    let past = past.set("window_first", "2027-06-01").set("window_last", "2027-06-30");
    let made = browser.submit(&past).expect(303).location();
    assert!(told(&made).contains("its last date, 30 June 2027, has passed"), "{}", told(&made));

    let late = ["--duration", "30", "--window-days", "2", "--min-notice", "10000"];
    let add = ["event-type", "add", "--host", "ada", "--slug", "late", "--title", "Late"];
    let done = app.cli(&[&add[..], &late].concat());
    let done = done.done();
    assert!(
        done.contains("it must be booked 166 hours 40 minutes ahead, but only up to 3 July 2027"),
        "{done}"
    );
}

fn commands_know_the_same_rules(backend: Backend) {
    let (app, _) = app(backend);
    let rules = [
        ["--title", "Long talk"],
        ["--duration", "60"],
        ["--duration", "30"],
        ["--increment", "15"],
        ["--offset", "5"],
        ["--window-first", "2027-07-05"],
        ["--window-last", "2027-07-06"],
        ["--limit", "2 bookings a day"],
        ["--limit", "600 minutes a year"],
    ]
    .concat();
    app.add_event_type("ada", "long", &rules);
    let listed = app.cli(&["event-type", "list", "--host", "ada", "--json"]).json();
    let all = listed.as_array().expect("a list");
    let long = all.iter().find(|event| event["slug"] == "long").expect("the event type");
    assert_eq!(long["durations"], serde_json::json!([30, 60]));
    assert_eq!(long["limits"], serde_json::json!(["2 bookings a day", "600 minutes a year"]));
    assert_eq!((&long["window_first"], &long["offset"]), (&"2027-07-05".into(), &5.into()));
    let slots = app.slots("ada", "long", "2027-07-01", "2027-07-30");
    assert_eq!((slots[0].as_str(), slots.len()), ("2027-07-05T08:05:00Z", 16));

    let explain =
        |at: &str| app.cli(&["slots", "explain", "--host", "ada", "--event", "long", "--at", at]);
    assert!(explain("2027-07-05T08:05:00Z").done().contains("can be booked"));
    let told = explain("2027-07-02T08:00:00Z");
    assert!(told.done().contains("Friday 2 July 2027, 09:00 (Europe/London) can not be booked"));
    assert!(told.done().contains("before the first date that can be booked, Monday 5 July 2027"));
    let json = ["slots", "explain", "--host", "ada", "--event", "long", "--json", "--at"];
    let told = app.cli(&[&json[..], &["2027-07-02T08:00:00Z"]].concat()).json();
    assert_eq!(told["reasons"][0]["code"], "before_window");
    let wrong =
        ["event-type", "add", "--host", "ada", "--slug", "x", "--title", "X", "--duration", "30"];
    for (flag, value) in
        [("--limit", "many"), ("--duration", "4"), ("--window-first", "2027-07-05")]
    {
        app.cli(&[&wrong[..], &[flag, value]].concat()).wrong_usage();
    }
    app.cli(&[&wrong[..], &["--schedule", "Evenings"]].concat()).refused();
    let twice = ["--limit", "2 bookings a day", "--limit", "3 bookings a day"];
    let refused = app.cli(&[&wrong[..], &twice].concat());
    assert!(refused.refused().contains("'2 bookings a day' and '3 bookings a day'"));
}

/// As if new zone data said that London's clocks show something else than when it was booked.
fn bookings_whose_wall_time_moves_are_listed(backend: Backend) {
    let (app, _) = app(backend);
    app.book("intro", instant("2027-07-05T08:00:00Z"));
    let moved = app.book("intro", instant("2027-07-06T08:00:00Z"));
    // The limit counts what is found, not what is looked through.
    let listed =
        || app.cli(&["booking", "list", "--wall-time-moved", "--limit", "1", "--json"]).json();
    assert_eq!(listed(), serde_json::json!([]));
    app.database().execute(&format!(
        "UPDATE bookings SET wall_start = '2027-07-06T08:00' WHERE id = '{}'",
        moved.id()
    ));
    let found = listed();
    assert_eq!((found.as_array().map(Vec::len), &found[0]["id"]), (Some(1), &moved.id().into()));
    let lines = app.cli(&["booking", "list", "--wall-time-moved"]);
    assert!(lines.done().contains("agreed on  2027-07-06 08:00 (London)"), "{}", lines.done());
}

fn a_hidden_event_type_is_listed_nowhere_and_can_be_booked(backend: Backend) {
    let (app, browser) = app(backend);
    assert!(app.client().page("/ada").text().contains("Intro call"));
    browser.submit(&editor(&browser).force("visibility", "hidden")).expect(303);
    assert_eq!(editor(&browser).value("visibility"), Some("hidden"));
    assert!(!app.client().page("/ada").text().contains("Intro call"));
    assert!(browser.page("/app/event-types").text().contains("Hidden"));
    app.book("intro", instant("2027-07-05T08:00:00Z"));
    let reply = browser.submit(&editor(&browser).force("visibility", "secret")).expect(422);
    assert!(reply.page().marked().contains("visibility"));
}

fn the_password_is_in_calendar_entries_only_where_that_is_wanted(backend: Backend) {
    let (app, browser) = app(backend);
    // Long lines are folded.
    let unfolded = |text: &str| text.replace("\r\n ", "").replace("\n ", "");
    let file = |booked: &Booked| {
        unfolded(&app.client().get(booked.text("/links/calendar")).expect(200).body)
    };
    let without = app.book("intro", instant("2027-07-05T08:00:00Z"));
    let password = without.text("/room/password");
    assert!(!file(&without).contains(password));
    let mail = app.mailbox().wait_for_invite("bo@customers.example", "REQUEST");
    assert!(
        mail.part("text").contains(password) && !unfolded(mail.calendar("raw")).contains(password)
    );
    browser.submit(&editor(&browser).force("password_in_calendar", "on")).expect(303);
    let with = app.book("intro", instant("2027-07-06T08:00:00Z"));
    let line = format!("Password: {}", with.text("/room/password"));
    assert!(file(&with).contains(&line), "{}", file(&with));
    for who in ["bo@customers.example", "ada@hosts.example"] {
        app.mailbox().wait_for("an invite with the password", |mail| {
            mail.is_to(who) && unfolded(mail.calendar("raw")).contains(&line)
        });
    }
}
