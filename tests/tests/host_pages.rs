//! The host's way through the pages: an event type with its room policy, weekly hours, the list, a booking by hand.

use chrono::Duration;
use roomkey_tests::{Backend, Booked, Client, Form, Host, TestApp, instant, on_both, rfc3339};
use serde_json::json;

on_both!(
    an_event_type_is_made_and_changed,
    an_event_type_belongs_to_its_host,
    weekly_hours_are_set_in_a_time_zone,
    wrong_hours_are_marked_and_kept,
    hours_run_past_midnight_only_where_that_is_plain,
    every_event_type_can_be_edited,
    bookings_are_listed,
    a_customer_is_booked_in_by_hand,
    a_host_overrides_their_own_rules,
    a_time_taken_meanwhile_keeps_the_hosts_answers,
    the_pages_are_for_signed_in_hosts,
);

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn an_event_type_is_made_and_changed(backend: Backend) {
    let app = TestApp::on(backend).start();
    let ada = Host::ada();
    app.add_host(&ada);
    let browser = app.sign_in(&ada);
    assert!(browser.page("/app/event-types").text().contains("No event types"));
    let form = new_event_type(&browser);
    for (field, usual) in
        [("early", "10"), ("grace", "15"), ("window_days", "60"), ("min_notice", "0")]
    {
        assert_eq!(form.value(field), Some(usual), "{field}");
    }
    let form = form.set("title", "Board meeting").set("slug", "board").set("duration", "60");
    let form = form.set("description", "Bring the <b>numbers</b>.\nAll of them.");
    let form = form.set("min_notice", "120").set("window_days", "30");
    let form =
        form.set("early", "20").set("grace", "5").set("max_occupants", "7").set("lobby", "on");
    let reply = browser.submit(&form).expect(303);
    assert!(browser.open(&reply.location()).page().text().contains("Board meeting"));
    assert!(browser.page("/app/event-types").text().contains("Board meeting"));

    // It is offered at once, as it was described.
    let public = app.client().page("/ada/board");
    assert!(public.text().contains("Bring the <b>numbers</b>."), "{}", public.text());
    let now = app.now();
    let slots = app.slots(
        "ada",
        "board",
        &now.date_naive().to_string(),
        &(now + Duration::days(40)).date_naive().to_string(),
    );
    let first = instant(&slots[0]);
    assert!(first - now >= Duration::minutes(119), "two hours of notice: {first}");
    let last = instant(slots.last().expect("a slot"));
    assert!(last - now <= Duration::days(32) && last - now >= Duration::days(29), "{last}");
    let start = first + Duration::hours(3);
    let booked = app.book("board", start);
    assert_eq!(booked.text("/end"), rfc3339(start + Duration::hours(1)));
    assert_eq!(booked.text("/room/opens_at"), rfc3339(start - Duration::minutes(20)));
    assert_eq!(booked.text("/room/closes_at"), rfc3339(start + Duration::minutes(65)));
    assert_eq!(booked.value()["room"]["max_occupants"], 7);
    assert_eq!(booked.value()["room"]["lobby"], true);

    // Changed: the form shows what is stored, and what was booked stays as it was.
    let form = browser.page("/app/event-types/board").form("/app/event-types/board");
    assert_eq!(form.value("max_occupants"), Some("7"));
    assert_eq!(form.value("lobby"), Some("on"));
    let form =
        form.set("title", "Board").set("max_occupants", "").without("lobby").set("grace", "0");
    browser.submit(&form).expect(303);
    let other = app.book("board", start + Duration::hours(2));
    assert_eq!(other.text("/event/title"), "Board");
    assert!(other.value()["room"]["max_occupants"].is_null());
    assert_eq!(other.value()["room"]["lobby"], false);
    assert_eq!(other.text("/room/closes_at"), rfc3339(start + Duration::hours(3)));
    let key = app.key("ada", "bookings:read");
    let first = key.get(&format!("/api/v1/bookings/{}", booked.id())).expect(200).json();
    assert_eq!(first["room"], booked.value()["room"]);

    // Two of one address there are not.
    let form =
        new_event_type(&browser).set("title", "Again").set("slug", "board").set("duration", "30");
    let reply = browser.submit(&form).expect(422);
    assert!(reply.page().marked().contains("slug"), "{:?}", reply.page().marked());
}

fn an_event_type_belongs_to_its_host(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let eve = Host::new("eve", "Eve Adams", "Europe/Berlin");
    app.add_host(&eve);
    let browser = app.sign_in(&eve);
    browser.get("/app/event-types/intro").expect(404);
    let csrf = new_event_type(&browser).value("csrf").expect("a token").to_owned();
    let form = app.sign_in(&Host::ada()).page("/app/event-types/intro").form("/intro");
    let form = form.set("csrf", csrf).set("title", "Mine now");
    browser.submit(&form).expect(404);
    assert!(app.client().page("/ada/intro").text().contains("Intro call"));
    // The same address under another host is another page.
    let form =
        new_event_type(&browser).set("title", "Eve's").set("slug", "intro").set("duration", "15");
    browser.submit(&form).expect(303);
    assert!(app.client().page("/eve/intro").text().contains("15 minutes"));
    assert!(browser.page("/app/bookings").text().contains("No bookings yet"));
}

fn weekly_hours_are_set_in_a_time_zone(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-01-04 00:00:00").start_with_ada();
    let browser = app.sign_in(&Host::ada());
    let form = hours(&browser).set("time_zone", "America/New_York");
    let form = form.add("mon_from", "09:00").add("mon_to", "10:00");
    let form = form.add("mon_from", "13:00").add("mon_to", "14:30");
    let form = form.add("tue_from", "22:00").add("tue_to", "01:00");
    let form = form.add("thu_from", "23:00").add("thu_to", "24:00");
    let reply = browser.submit(&form).expect(303);
    let page = browser.page(&reply.location());
    let kept = page.form("/app/availability");
    let of_monday: Vec<&str> = kept
        .fields()
        .iter()
        .filter(|(name, _)| name == "mon_from")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(of_monday, ["09:00", "13:00"]);
    assert_eq!(kept.value("time_zone"), Some("America/New_York"));
    let starts = app.slots("ada", "intro", "2027-01-04", "2027-01-10");
    let expected = [
        "2027-01-04T14:00:00Z",
        "2027-01-04T14:30:00Z",
        "2027-01-04T18:00:00Z",
        "2027-01-04T18:30:00Z",
        "2027-01-04T19:00:00Z",
        "2027-01-06T03:00:00Z",
        "2027-01-06T03:30:00Z",
        "2027-01-06T04:00:00Z",
        "2027-01-06T04:30:00Z",
        "2027-01-06T05:00:00Z",
        "2027-01-06T05:30:00Z",
        "2027-01-08T04:00:00Z",
        "2027-01-08T04:30:00Z",
    ];
    assert_eq!(starts, expected);

    // Without script a row is added by a button, which saves nothing and keeps what was typed.
    let typed = kept.set("thu_from", "20:00").press("add", "wed");
    let reply = browser.submit(&typed);
    assert!([200, 422].contains(&reply.status), "{reply:?}");
    let grown = reply.page().form("/app/availability");
    assert_eq!(grown.value("thu_from"), Some("20:00"));
    assert_eq!(app.slots("ada", "intro", "2027-01-04", "2027-01-10"), expected);
    let form = grown.set("wed_from", "12:00").set("wed_to", "12:30");
    browser.submit(&form).expect(303);
    let starts = app.slots("ada", "intro", "2027-01-04", "2027-01-10");
    assert_eq!(starts.len(), expected.len() + 1 + 6);
    assert!(starts.contains(&"2027-01-06T17:00:00Z".to_owned()));
}

fn wrong_hours_are_marked_and_kept(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let browser = app.sign_in(&Host::ada());
    let before = app.database().dump_of("schedules");
    for (from, to) in [
        ("", "10:00"),
        ("09:00", ""),
        ("9 o'clock", "10:00"),
        ("09:00", "25:00"),
        ("09:60", "10:00"),
        ("24:00", "24:00"),
        ("09:00", "09:00"),
        ("-1:00", "10:00"),
        ("09:00\r\nx", "10:00"),
        ("<b>", "10:00"),
        ("0x:10", "10:00"),
    ] {
        let form = hours(&browser).add("mon_from", from).add("mon_to", to);
        let reply = browser.submit(&form).expect(422);
        assert!(!reply.page().marked().is_empty(), "{from:?} to {to:?}: {}", reply.page().text());
        assert!(!reply.body.contains("<b>"), "{}", reply.body);
    }
    let overlapping = hours(&browser).add("mon_from", "09:00").add("mon_to", "12:00");
    let overlapping = overlapping.add("mon_from", "11:00").add("mon_to", "13:00");
    browser.submit(&overlapping).expect(422);
    let lonely = hours(&browser).add("mon_from", "09:00");
    let reply = browser.submit(&lonely);
    assert!([400, 422].contains(&reply.status), "{reply:?}");
    let mars = hours(&browser).force("time_zone", "Mars/Olympus");
    assert!(browser.submit(&mars).expect(422).page().marked().contains("time_zone"));
    assert_eq!(app.database().dump_of("schedules"), before, "nothing of it is stored");
}

fn hours_run_past_midnight_only_where_that_is_plain(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-01-04 00:00:00").start_with_ada();
    let ada = Host::ada();
    let browser = app.sign_in(&ada);
    let before = app.database().dump_of("schedules");
    // Two ends changed over, and ends in twelve-hour time: the field says what to do, the summary where.
    for (from, to) in [("12:00", "09:00"), ("17:00", "09:00"), ("9:00", "5:00"), ("12:00", "1:00")]
    {
        let form = hours(&browser).add("tue_from", from).add("tue_to", to);
        let page = browser.submit(&form).expect(422).page();
        assert_eq!(page.marked().into_iter().collect::<Vec<_>>(), ["tue_from"], "{from} to {to}");
        let summary = page.texts("[role=alert] a");
        let [said] = summary.as_slice() else { panic!("{summary:?}") };
        assert!(said.starts_with("Tuesday: Ends before it starts"), "{said}");
        assert_eq!(page.select("[role=alert] a[href='#tue-1']").len(), 1);
        assert_eq!(page.form("/app/availability").value("tue_to"), Some(to), "as it was typed");
    }
    let form = hours(&browser).add("wed_from", "09:00").add("wed_to", "12:00");
    let form = form.add("wed_from", "13:00").add("wed_to", "14:00");
    let form = form.add("wed_from", "11:00").add("wed_to", "13:00").add("fri_from", "x");
    let page = browser.submit(&form).expect(422).page();
    let said = page.texts("[role=alert] a");
    assert_eq!(said, ["Wednesday: Overlaps 09:00 – 12:00", "Friday: Enter a time like 09:00"]);
    assert_eq!(page.select("[role=alert] a[href='#wed-3']").len(), 1);
    assert_eq!(app.database().dump_of("schedules"), before, "nothing of it is stored");

    // A night is plain enough, up to twelve hours of it.
    let form = hours(&browser).add("tue_from", "20:00").add("tue_to", "08:00");
    let form = form.add("fri_from", "22:00").add("fri_to", "02:00");
    browser.submit(&form).expect(303);
    let slots = app.slots("ada", "intro", "2027-01-05", "2027-01-06");
    assert_eq!(slots.first().map(String::as_str), Some("2027-01-05T20:00:00Z"));
    assert_eq!(slots.last().map(String::as_str), Some("2027-01-06T07:30:00Z"));

    // The command line takes any; the page then keeps it while other days change.
    app.set_schedule(&ada, &["mon 12:00-09:00"]);
    let form = browser.page("/app/availability").form("/app/availability");
    let form = form.add("sat_from", "10:00").add("sat_to", "11:00");
    browser.submit(&form).expect(303);
    let slots = app.slots("ada", "intro", "2027-01-04", "2027-01-09");
    assert_eq!(slots.len(), 42 + 2, "{slots:?}");
}

fn every_event_type_can_be_edited(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let browser = app.sign_in(&Host::ada());
    for slug in ["x", "7"] {
        app.add_event_type("ada", slug, &["--title", "Short", "--duration", "30"]);
        let path = format!("/app/event-types/{slug}");
        let form = browser.page(&path).form(&path).set("title", "Still short");
        browser.submit(&form).expect(303);
        assert!(app.client().page(&format!("/ada/{slug}")).text().contains("Still short"));
        app.book(slug, app.noon_in_days(if slug == "x" { 1 } else { 2 }));
    }
    let form = new_event_type(&browser).set("title", "One").set("slug", "y").set("duration", "30");
    browser.submit(&form).expect(303);
    // What the page's own address shadows, nobody can have, wherever they ask for it.
    let arguments = ["event-type", "add", "--host", "ada", "--slug", "new", "--title", "New"];
    let refused = app.cli(&[arguments.as_slice(), &["--duration", "30"]].concat());
    assert!(refused.wrong_usage().contains("reserved"), "{refused:?}");
    let form =
        new_event_type(&browser).set("title", "New").set("slug", "new").set("duration", "30");
    let page = browser.submit(&form).expect(422).page();
    assert_eq!(page.marked().into_iter().collect::<Vec<_>>(), ["slug"]);
    assert!(page.text().contains("reserved"), "{}", page.text());
}

fn bookings_are_listed(backend: Backend) {
    let mut app = TestApp::on(backend).clock("2027-01-04 08:00:00").start_with_ada();
    let booked = app.book("intro", instant("2027-01-05T12:00:00Z"));
    let gone = app.book("intro", instant("2027-01-06T12:00:00Z"));
    app.cli(&["booking", "cancel", gone.id()]).done();
    let browser = app.sign_in(&Host::ada());
    let page = browser.page("/app/bookings");
    assert!(page.text().contains("Bo Berg") && page.text().contains("12:00"), "{}", page.text());
    assert_eq!(page.select(".bk").len(), 1, "{}", page.text());
    assert!(!page.text().contains(booked.text("/room/password")));
    // The link leads to the host's own page of the booking.
    let own = browser.page(&page.link("/b/"));
    assert!(own.text().contains(booked.text("/room/password")));
    assert!(!page.link("/b/").contains(booked.token()));
    let cancelled = browser.page("/app/bookings?show=cancelled");
    assert_eq!(cancelled.select(".bk").len(), 1, "{}", cancelled.text());
    app.restart_at("2027-01-05 13:00:00");
    let browser = app.sign_in(&Host::ada());
    assert_eq!(browser.page("/app/bookings").select(".bk").len(), 0);
    assert_eq!(browser.page("/app/bookings?show=past").select(".bk").len(), 1);
    assert!(browser.get("/app/bookings?show=nonsense").status < 500);
}

fn a_customer_is_booked_in_by_hand(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let browser = app.sign_in(&Host::ada());
    let noon = app.noon_in_days(2);
    let form = by_hand(&browser, noon.date_naive().to_string().as_str(), &rfc3339(noon));
    let form = form.set("name", "Cy Cole").set("email", "cy@customers.example");
    let form = form.set("tz", "Asia/Tokyo").set("note", "Met at the fair");
    let reply = browser.submit(&form).expect(303);
    let page = browser.open(&reply.location()).expect(200).page();
    assert!(page.text().contains("Cy Cole"), "{}", page.text());
    // A second click books no second time.
    let again = browser.submit(&form).expect(303);
    assert_eq!(again.location(), reply.location());

    let listed = app.cli(&["booking", "list", "--host", "ada", "--json"]).json();
    let booked = Booked::from_json(listed[0].clone());
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(booked.text("/start"), rfc3339(noon));
    let mut mailbox = app.mailbox();
    let mail = mailbox.wait_for_invite("cy@customers.example", "REQUEST");
    assert!(mail.part("text").contains("21:00"), "in the customer's zone: {}", mail.part("text"));
    assert!(mail.part("text").contains("Met at the fair"), "{}", mail.part("text"));
    mailbox.wait_for_invite("ada@hosts.example", "REQUEST");
}

/// Never over another booking, only by the host, and the history says so.
fn a_host_overrides_their_own_rules(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start_with_ada();
    app.set_schedule(&Host::ada(), &["mon-fri 09:00-17:00"]);
    app.add_event_type(
        "ada",
        "late",
        &["--title", "Late", "--duration", "30", "--min-notice", "600"],
    );
    let browser = app.sign_in(&Host::ada());
    let path = "/app/bookings/new?event=late&date=2027-07-01";
    let form = browser.page(path).form("/app/bookings/new");
    let form = form.set("name", "Cy Cole").set("email", "cy@customers.example");
    let evening = form.set("time", "18:35");
    let unticked = browser.submit(&evening).expect(422);
    assert!(unticked.body.contains("Tick the box below"), "{}", unticked.body);
    let evening = evening.force("override", "on");
    let wrong = browser.submit(&evening.clone().set("time", "late")).expect(422);
    assert!(wrong.body.contains("Give it as 14:30"), "{}", wrong.body);
    let made = browser.submit(&evening).expect(303).location();
    let page = browser.page(&made).text();
    assert!(page.contains("18:35 – 19:05"), "{page}");
    // 18:35 in London, in full.
    for reason in ["Booked by you, although", "not all inside your hours", "minimum notice"] {
        assert!(page.to_lowercase().contains(&reason.to_lowercase()), "{reason}: {page}");
    }
    // Not over it, nor before now.
    let again = evening.clone().set("time", "18:50").set("email", "di@customers.example");
    let again = again.force("idempotency_key", "another");
    let refused = browser.submit(&again).expect(422);
    assert!(refused.page().text().contains("18:50"), "{}", refused.body);
    browser.submit(&again.set("time", "07:00")).expect(422);
    assert_eq!(app.database().number("SELECT count(*) FROM bookings"), 1);

    let mut request =
        app.request("late", "2027-07-03T20:07:00Z", "Di Dorn", "di@customers.example");
    request["override"] = json!(true);
    let refused = app.client().post_json("/api/v1/bookings", &request).expect(422).json();
    assert_eq!(refused["fields"][0]["field"], "override");
    let key = app.key("ada", "bookings:read,bookings:write");
    request["override"] = json!(false);
    assert_eq!(key.post_json("/api/v1/bookings", &request).problem(422), "slot_unavailable");
    request["override"] = json!(true);
    let booked = key.post_json("/api/v1/bookings", &request).expect(201).json();
    assert_eq!(key.post_json("/api/v1/bookings", &request).problem(409), "slot_taken");
    let id = booked["id"].as_str().expect("an id");
    let shown = key.get(&format!("/api/v1/bookings/{id}")).expect(200).json();
    let note = shown["history"][0]["note"].as_str().expect("a note");
    assert!(note.to_lowercase().contains("hours"), "{note}");
    // Not between two minutes, nor at a time that the clocks skip.
    for start in ["2027-07-04T20:07:30Z", "9999-12-31T23:50:00Z"] {
        request["start"] = json!(start);
        assert_eq!(key.post_json("/api/v1/bookings", &request).problem(422), "slot_unavailable");
    }
    let skipped = evening.set("date", "2028-03-26").set("time", "01:30");
    let refused = browser.submit(&skipped.force("idempotency_key", "third")).expect(422);
    assert!(refused.body.contains("The clocks skip this time"), "{}", refused.body);
    let add = ["booking", "add", "--host", "ada", "--event", "late", "--name", "Ed", "--email"];
    let add = [&add[..], &["ed@customers.example", "--start", "2027-07-04T05:00:00Z"]].concat();
    app.cli(&add).refused();
    app.cli(&[&add[..], &["--override"]].concat()).done();
    app.cli(&[&add[..], &["--override"]].concat()).refused();
}

fn a_time_taken_meanwhile_keeps_the_hosts_answers(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let browser = app.sign_in(&Host::ada());
    let noon = app.noon_in_days(2);
    let form = by_hand(&browser, noon.date_naive().to_string().as_str(), &rfc3339(noon));
    let form = form.set("name", "Cy Cole").set("email", "cy@customers.example").set("note", "Keep");
    app.book("intro", noon);
    let reply = browser.submit(&form).expect(422);
    let kept = reply.page().form("/app/bookings/new");
    assert_eq!(kept.value("name"), Some("Cy Cole"));
    assert_eq!(kept.value("email"), Some("cy@customers.example"));
    assert_eq!(kept.value("note"), Some("Keep"));
    assert!(!reply.page().choices("slot").contains(&rfc3339(noon)));
    let empty = kept.without("slot").set("name", "").set("email", "x");
    let reply = browser.submit(&empty).expect(422);
    for field in ["name", "email", "slot"] {
        assert!(reply.page().marked().contains(field), "{field}: {:?}", reply.page().marked());
    }
}

fn the_pages_are_for_signed_in_hosts(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    for path in [
        "/app",
        "/app/bookings",
        "/app/bookings/new",
        "/app/event-types",
        "/app/event-types/new",
        "/app/event-types/intro",
        "/app/availability",
    ] {
        let reply = app.client().get(path).expect(303);
        assert!(reply.location().starts_with("/sign-in"), "{path}: {reply:?}");
        let reply = app.client().post_form(path, &[]);
        assert!([303, 401, 403, 404, 405].contains(&reply.status), "{path}: {reply:?}");
        let with_cookie = Client::new(app.base())
            .header("Cookie", "rk=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        assert!(with_cookie.get(path).expect(303).location().starts_with("/sign-in"));
        let browser = app.sign_in(&Host::ada());
        let reply = browser.open(path).expect(200);
        assert!(reply.header("cache-control").contains("no-store"), "{path}: {:?}", reply.headers);
    }
}

fn new_event_type(browser: &Client) -> Form {
    browser.page("/app/event-types/new").form("/app/event-types/new")
}

/// The form of the weekly hours with every row removed.
fn hours(browser: &Client) -> Form {
    let form = browser.page("/app/availability").form("/app/availability");
    DAYS.iter()
        .fold(form, |form, day| form.without(&format!("{day}_from")).without(&format!("{day}_to")))
}

/// The form for a customer, with a time chosen on that date.
fn by_hand(browser: &Client, date: &str, start: &str) -> Form {
    let page = browser.page(&format!("/app/bookings/new?event=intro&date={date}"));
    assert!(page.choices("slot").contains(&start.to_owned()), "{:?}", page.choices("slot"));
    page.form("/app/bookings/new").set("slot", start)
}
