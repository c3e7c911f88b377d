//! The customer's way without script: month, day, time, form, booked.

use std::thread;

use chrono::{DateTime, Duration, Utc};
use roomkey_tests::{Backend, Booked, Form, Host, Page, Reply, TestApp, instant, on_both, rfc3339};

on_both!(
    the_month_shows_days_and_the_day_its_times,
    times_are_shown_in_the_customers_zone,
    answers_in_the_pages_address_reach_the_form,
    one_click_and_one_form_book_a_time,
    a_time_taken_meanwhile_keeps_the_answers_and_offers_others,
    a_double_click_books_once,
    a_refused_form_is_marked_and_kept,
    customers_forms_need_our_origin_and_no_cookie,
    what_is_not_there_is_not_found,
    looking_changes_nothing,
    odd_queries_are_answered,
    the_page_is_small_and_strict,
    a_refused_form_keeps_the_customers_clock,
    a_chosen_day_without_times_is_marked_and_leads_on,
    no_cache_keeps_a_link_to_a_booking,
);

fn the_month_shows_days_and_the_day_its_times(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-03-10 07:30:00").start();
    let ada = Host::ada();
    app.add_host(&ada);
    app.set_schedule(&ada, &["mon-thu 09:00-11:00"]);
    app.add_event_type("ada", "intro", &["--title", "Intro call", "--duration", "30"]);
    let customer = app.client();

    let profile = customer.page("/ada");
    assert!(profile.text().contains("Ada Lovelace"));
    let page = customer.page(&profile.link("/ada/intro"));
    assert!(page.text().contains("Intro call") && page.text().contains("30 minutes"));
    assert!(page.text().contains("March 2027"), "{}", page.text());
    // A Wednesday in March, two minutes before London's nine o'clock would be too late for some.
    let days = free_days(&page);
    assert_eq!(days.first().map(String::as_str), Some("2027-03-10"));
    assert!(!days.contains(&"2027-03-12".to_owned()), "Friday is closed: {days:?}");
    assert_eq!(days.len(), 13, "{days:?}");

    let april = customer.page(&page_link(&page, "month=2027-04"));
    assert!(april.text().contains("April 2027"), "{}", april.text());
    let day = customer.page(&page_link(&april, "date=2027-04-06"));
    let starts = ["08:00", "08:30", "09:00", "09:30"].map(|time| format!("2027-04-06T{time}:00Z"));
    let shown: Vec<String> = day.texts("#times time");
    assert_eq!(shown, ["09:00", "09:30", "10:00", "10:30"], "summer time in London");
    for start in &starts {
        assert!(day.slots().contains(start), "{start}: {:?}", day.slots());
    }
    // A month without a free time says where the next one is.
    let past = customer.page("/ada/intro?month=2027-02");
    assert!(free_days(&past).is_empty());
    let far = customer.page("/ada/intro?month=2029-01");
    assert!(free_days(&far).is_empty());
}

fn times_are_shown_in_the_customers_zone(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-03-10 08:00:00").start_with_ada();
    let customer = app.client();
    let path = "/ada/intro?date=2027-03-20&tz=Pacific/Auckland";
    let page = customer.page(path);
    let slots = page.slots();
    // Saturday the 20th in Auckland is Friday 11:00 to Saturday 11:00 in UTC.
    let first =
        slots.iter().position(|slot| slot == "2027-03-19T11:00:00Z").expect("midnight there");
    assert_eq!(page.texts("#times time").first().map(String::as_str), Some("00:00"));
    assert_eq!(slots[first..].len(), 48);
    assert_eq!(slots.last().map(String::as_str), Some("2027-03-20T10:30:00Z"));
    let query = "host=ada&event=intro&from=2027-03-20&to=2027-03-20&tz=Pacific/Auckland";
    let api = customer.get(&format!("/api/v1/slots?{query}")).expect(200).json();
    let api = api["slots"].as_array().expect("slots").iter();
    let api: Vec<String> =
        api.map(|slot| rfc3339(instant(slot["start"].as_str().unwrap()))).collect();
    assert_eq!(slots[first..], api, "pages and API offer the same");

    // Without script the zone is chosen from a select, and kept on the way.
    let zones = page.texts("select[name=tz] option");
    assert!(zones.len() > 300, "{} zones", zones.len());
    let chosen = page.select("select[name=tz] option[selected]");
    assert_eq!(
        chosen.first().and_then(|option| option.value().attr("value")),
        Some("Pacific/Auckland")
    );
    let form = customer.page(&slot_link(&page, "2027-03-19T11:00:00Z"));
    assert!(form.text().contains("00:00") && form.text().contains("Auckland"), "{}", form.text());
    assert!(form.text().contains("11:00") && form.text().contains("London"), "{}", form.text());
    let twelve = customer.page(&format!("{path}&h=12"));
    let first = twelve.texts("#times time").first().cloned().unwrap_or_default();
    assert!(
        first.to_lowercase().starts_with("12:00") && first.to_lowercase().contains('a'),
        "{first}"
    );
    // Without a choice it is the host's zone, and the page says so.
    let page = customer.page("/ada/intro?date=2027-03-20");
    assert!(page.text().contains("London"), "{}", page.text());
}

fn answers_in_the_pages_address_reach_the_form(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-03-10 08:00:00").start_with_ada();
    let customer = app.client();
    let query = "name=Bo+%26+Berg&email=bo%2Bx%40customers.example&q_note=Caf%C3%A9%3F&h=12";
    // By way of another day and another zone, as people go.
    let page = customer.page(&format!("/ada/intro?{query}"));
    let day = local("/ada/intro", &page.link("date=2027-03-12")).expect("a link on this page");
    let page = customer.page(&day);
    let zone = page.select("form[data-tz] input[type=hidden]");
    let mut kept: Vec<(&str, &str)> = zone
        .iter()
        .filter_map(|input| Some((input.value().attr("name")?, input.value().attr("value")?)))
        .collect();
    kept.push(("tz", "Asia/Tokyo"));
    let kept = serde_urlencoded::to_string(kept).expect("a query");
    let page = customer.page(&format!("/ada/intro?{kept}"));
    let form = customer.page(&slot_link(&page, "2027-03-12T03:00:00Z")).form("/ada/intro");
    let answers = ["name", "email", "note", "tz", "h"].map(|name| form.value(name));
    let given = ["Bo & Berg", "bo+x@customers.example", "Café?", "Asia/Tokyo", "12"];
    assert_eq!(answers, given.map(Some));
    customer.submit(&form).expect(303);
    // One that is too long to be carried by every link is dropped.
    let long = format!("/ada/intro?name={}", "x".repeat(5_000));
    assert!(!customer.page(&long).links().iter().any(|link| link.contains("xxx")));
}

fn one_click_and_one_form_book_a_time(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let customer = app.client();
    let noon = app.noon_in_days(2);
    let date = noon.date_naive();
    let day = customer.page(&format!("/ada/intro?date={date}&tz=Europe/Berlin"));
    let page = customer.page(&slot_link(&day, &rfc3339(noon)));
    let form = page.form("/ada/intro");
    let form = form.set("name", "Bo Berg").set("email", "bo@customers.example");
    let form = form.set("note", "Two lines\nof text");
    let reply = customer.submit(&form).expect(303);
    assert!(reply.location().contains("/b/"), "{reply:?}");
    assert!(customer.cookies().keys().all(|name| name != "rk"), "no session for customers");

    let booked = customer.open(&reply.location()).expect(200).page();
    let text = booked.text();
    for fact in ["Bo Berg", "bo@customers.example", "Ada Lovelace", "Berlin", "Two lines"] {
        assert!(text.contains(fact), "{fact}: {text}");
    }
    assert_eq!(bookings(&app).len(), 1);
    let date = date.to_string();
    assert!(!app.slots("ada", "intro", &date, &date).contains(&rfc3339(noon)));
    // The day's page offers it no longer; an old link to it says so.
    let day = customer.page(&format!("/ada/intro?date={date}&tz=Europe/Berlin"));
    assert!(!day.slots().contains(&rfc3339(noon)));
    let gone = customer.page(&format!("/ada/intro?slot={}", rfc3339(noon)));
    assert!(gone.text().contains("no longer free"), "{}", gone.text());
    // What never was is told apart.
    let never = customer.page("/ada/intro?slot=2020-01-01T10:00:00Z").text();
    assert!(never.contains("can not be booked: this time has passed."), "{never}");
}

fn a_time_taken_meanwhile_keeps_the_answers_and_offers_others(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let noon = app.noon_in_days(2);
    let form = details(&app, noon).set("name", "Cy Cole").set("email", "cy@customers.example");
    let form = form.set("note", "Line one\nline two <b>bold</b>");
    app.book("intro", noon);

    let customer = app.client();
    let reply = customer.submit(&form).expect(422);
    let page = reply.page();
    let again = page.form("/ada/intro");
    assert_eq!(again.value("name"), Some("Cy Cole"));
    assert_eq!(again.value("email"), Some("cy@customers.example"));
    assert_eq!(again.value("note"), Some("Line one\nline two <b>bold</b>"));
    assert!(!reply.body.contains("<b>bold</b>"));
    let offered = page.choices("slot");
    assert!(!offered.is_empty(), "{}", page.text());
    for near in &offered {
        let distance = (instant(near) - noon).abs();
        assert!(distance > Duration::zero() && distance <= Duration::hours(2), "{offered:?}");
    }
    let reply = customer.submit(&again.force("slot", &offered[0])).expect(303);
    customer.open(&reply.location()).expect(200);
    let starts: Vec<String> =
        bookings(&app).iter().map(|booked| booked.text("/start").to_owned()).collect();
    assert_eq!(starts.len(), 2);
    assert!(starts.contains(&rfc3339(instant(&offered[0]))));
}

fn a_double_click_books_once(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let noon = app.noon_in_days(2);
    let form = details(&app, noon).set("name", "Bo Berg").set("email", "bo@customers.example");
    assert!(form.value("idempotency_key").is_some_and(|key| key.len() >= 16), "{form:?}");
    let replies: Vec<Reply> = thread::scope(|scope| {
        let clicks: Vec<_> = (0..2)
            .map(|_| {
                let (app, form) = (&app, &form);
                scope.spawn(move || app.client().submit(form))
            })
            .collect();
        clicks.into_iter().map(|click| click.join().expect("an answer")).collect()
    });
    let later = app.client().submit(&form).expect(303);
    for reply in &replies {
        assert_eq!(reply.status, 303, "{reply:?}");
        assert_eq!(reply.location(), later.location(), "both clicks lead to the one booking");
    }
    assert_eq!(bookings(&app).len(), 1);
}

fn a_refused_form_is_marked_and_kept(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let noon = app.noon_in_days(2);
    let form = details(&app, noon).set("email", "not an address").set("note", "Keep me");
    let reply = app.client().submit(&form).expect(422);
    let page = reply.page();
    assert_eq!(page.marked().into_iter().collect::<Vec<_>>(), ["email", "name"]);
    assert!(page.title().starts_with("Error: "), "{}", page.title());
    let summary = page.select("[role=alert] a[href^='#']").len();
    assert_eq!(summary, 2, "the summary leads to each");
    let kept = page.form("/ada/intro");
    assert_eq!(kept.value("email"), Some("not an address"));
    assert_eq!(kept.value("note"), Some("Keep me"));
    assert!(bookings(&app).is_empty());
    // A refused form left no record of its key: the mended one books.
    let mended = kept.set("name", "Bo Berg").set("email", "bo@customers.example");
    app.client().submit(&mended).expect(303);
}

fn customers_forms_need_our_origin_and_no_cookie(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let noon = app.noon_in_days(2);
    let form = details(&app, noon).set("name", "Bo Berg").set("email", "bo@customers.example");
    let post = |headers: &[(&str, &str)]| {
        app.client().post_form_from("/ada/intro", form.fields(), headers)
    };
    post(&[]).expect(403);
    post(&[("Origin", "https://evil.example")]).expect(403);
    post(&[("Origin", "null")]).expect(403);
    post(&[("Origin", &app.base()), ("Sec-Fetch-Site", "cross-site")]).expect(403);
    assert!(bookings(&app).is_empty());
    post(&[("Origin", &app.base())]).expect(303);
}

fn what_is_not_there_is_not_found(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    for path in [
        "/nobody",
        "/nobody/intro",
        "/ada/nothing",
        "/ada/intro/more",
        "/.env",
        "/app/nothing",
        "/b/",
        "/%00",
        "/ada%2fintro",
    ] {
        let reply = app.client().get(path);
        assert!([303, 404].contains(&reply.status), "{path}: {reply:?}");
        assert!(reply.status == 404 || path.starts_with("/app"), "{path}: {reply:?}");
    }
    let form = [("name".to_owned(), "Bo".to_owned())];
    app.client().post_form("/nobody/intro", &form).expect(404);
    app.client().post_form("/ada/nothing", &form).expect(404);
}

fn looking_changes_nothing(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let booked = app.book("intro", app.noon_in_days(2));
    let mut mailbox = app.mailbox();
    roomkey_tests::wait_until("the mails", roomkey_tests::SOON, || {
        (mailbox.all().len() == 2).then_some(())
    });
    wait_for_quiet_outbox(&app);
    let before = app.database().row_counts();
    let customer = app.client();
    let mut seen = std::collections::BTreeSet::new();
    let mut next = vec!["/ada".to_owned(), "/ada/intro".to_owned(), booked.page().to_owned()];
    while let Some(path) = next.pop() {
        if seen.len() < 60 && seen.insert(path.clone()) {
            let reply = customer.open(&path);
            assert!(reply.status < 500, "{reply:?}");
            if reply.header("content-type").starts_with("text/html") {
                let links = reply.page().links();
                next.extend(links.into_iter().filter_map(|link| local(&path, &link)));
            }
        }
    }
    assert!(seen.iter().any(|path| path.ends_with("/cancel")), "{seen:?}");
    assert_eq!(app.database().row_counts(), before);
    assert_eq!(bookings(&app)[0].text("/status"), "confirmed");
}

fn odd_queries_are_answered(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let long = "x".repeat(5000);
    for query in [
        "month=2027-13",
        "month=0000-00",
        "month=9999-12",
        "month=99999-01",
        "month=",
        "month=-1",
        "date=2027-02-30",
        "date=9999-12-31",
        "date=0001-01-01",
        "date=yesterday",
        "date=",
        "tz=Mars/Olympus",
        "tz=",
        "tz=../../etc/passwd",
        "h=13",
        "h=",
        "duration=31",
        "duration=-1",
        "duration=99999999999999999999",
        "slot=",
        "slot=yesterday",
        "slot=9999-12-31T23:59:59Z",
        "slot=2027-02-30T09:00:00Z",
        "slot=2020-01-01T09:00:00Z",
        "slot=%00",
        "%ff=%fe",
        "month=2027-03&month=2027-04",
        "name=%3Cscript%3E&email=x",
        "a&b&c&&&===",
        &long,
    ] {
        let reply = app.client().open(&format!("/ada/intro?{query}"));
        assert!(reply.status < 500, "{query}: {reply:?}");
        assert!(!reply.body.contains("<script>"), "{query}");
    }
}

fn the_page_is_small_and_strict(backend: Backend) {
    let app = TestApp::on(backend).start();
    let ada = Host::ada();
    app.add_host(&ada);
    // The fullest page there is: a time every five minutes of every day.
    app.add_event_type("ada", "full", &["--title", "Full", "--duration", "5"]);
    let day = app.noon_in_days(2).date_naive();
    let path = format!("/ada/full?date={day}");
    let reply = app.client().header("Accept-Encoding", "gzip").get(&path).expect(200);
    assert_eq!(reply.header("content-encoding"), "gzip");
    assert!(reply.octets <= 30 * 1024, "{} octets", reply.octets);

    let reply = app.client().get(&path).expect(200);
    strict(&reply);
    for (tag, attribute) in [("script", "src"), ("link[rel=stylesheet]", "href")] {
        for element in reply.page().select(tag) {
            let file = element.value().attr(attribute).expect("a file of its own");
            let file = app.client().get(file).expect(200);
            assert!(file.header("cache-control").contains("immutable"), "{:?}", file.headers);
        }
    }
    strict(&app.client().get("/nobody"));
    strict(&app.client().get("/sign-in"));
}

fn a_refused_form_keeps_the_customers_clock(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-03-10 08:00:00").start_with_ada();
    let customer = app.client();
    let path = "/ada/intro?slot=2027-03-12T12:00:00Z&tz=America/New_York&h=12";
    let form = customer.page(path).form("/ada/intro");
    let twelve = |text: &str| text.replace('\u{a0}', " ").contains("7:00 am");
    let reply = customer.submit(&form.clone().set("name", "Bo Berg")).expect(422);
    let page = reply.page();
    assert_eq!(page.marked().into_iter().collect::<Vec<_>>(), ["email"]);
    assert!(twelve(&page.text()), "{}", page.text());
    // And so does the way back to the day, and the form when it is refused once more.
    let back = page.link("date=2027-03-12");
    assert!(back.contains("h=12") && back.contains("tz=America/New_York"), "{back}");
    let again = page.form("/ada/intro");
    assert_eq!(again.value("duration"), Some("30"));
    app.book("intro", instant("2027-03-12T12:00:00Z"));
    let taken = again.set("name", "Cy Cole").set("email", "cy@customers.example");
    let page = customer.submit(&taken).expect(422).page();
    let near = page.texts("label.choice").join(" ").replace('\u{a0}', " ");
    assert!(near.contains("7:30 am"), "{near}");
    assert!(page.link("date=2027-03-12").contains("h=12"), "{:?}", page.links());
    assert!(twelve(&page.texts("#slot").join(" ")), "{}", page.text());
    // Without the choice it is the day of twenty-four hours.
    let plain = customer.page("/ada/intro?slot=2027-03-12T13:00:00Z&tz=America/New_York");
    let page = customer.submit(&plain.form("/ada/intro")).expect(422).page();
    assert!(page.text().contains("08:00"), "{}", page.text());
    assert!(!page.link("date=2027-03-12").contains("h=12"), "{:?}", page.links());
}

fn a_chosen_day_without_times_is_marked_and_leads_on(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-03-10 07:30:00").start();
    let ada = Host::ada();
    app.add_host(&ada);
    app.set_schedule(&ada, &["mon-thu 09:00-11:00"]);
    let options = ["--title", "Intro call", "--duration", "30", "--window-days", "21"];
    app.add_event_type("ada", "intro", &options);
    for (chosen, next) in [
        // The Friday; before today; the last day of the month, after the window; another month.
        ("2027-03-12", Some(("Monday 15 March", "date=2027-03-15"))),
        ("2027-03-01", Some(("Wednesday 10 March", "date=2027-03-10"))),
        ("2027-04-02", None),
        ("2027-02-10", Some(("Wednesday 10 March", "date=2027-03-10"))),
    ] {
        let page = app.client().page(&format!("/ada/intro?date={chosen}&tz=Europe/London&h=12"));
        let marked = page.select("[data-date][aria-current=true]");
        let marked: Vec<_> = marked.iter().map(|day| day.value().attr("data-date")).collect();
        assert_eq!(marked, [Some(chosen)]);
        let times = page.texts("#times").join(" ");
        assert!(times.contains("No times are free on this day."), "{chosen}: {times}");
        match next {
            Some((day, date)) => {
                assert!(
                    times.contains(&format!("The next free day is {day}.")),
                    "{chosen}: {times}"
                );
                let links = page.select("#times a[href*='date=']");
                let link = links.iter().filter_map(|link| link.value().attr("href"));
                let link = link.filter(|link| link.contains(date)).collect::<Vec<_>>();
                assert_eq!(link.len(), 1, "{chosen}: {link:?}");
                assert!(
                    link[0].contains("h=12") && link[0].contains("tz=Europe/London"),
                    "{link:?}"
                );
            }
            None => assert!(times.contains("The first free day is Wednesday 10 March."), "{times}"),
        }
    }
    // For who looks at another year a day has its year.
    let page = app.client().page("/ada/intro?date=2028-01-05&tz=Europe/London");
    let times = page.texts("#times").join(" ");
    assert!(times.contains("The first free day is Wednesday 10 March 2027."), "{times}");
    let page = app.client().page("/ada/intro?month=2028-01&tz=Europe/London");
    let times = page.texts("#times").join(" ");
    assert!(times.contains("Go to March 2027"), "{times}");
    // With nothing free at all there is no day to name.
    app.set_schedule(&ada, &["sat 09:00-09:05"]);
    let page = app.client().page("/ada/intro?date=2027-03-12");
    let times = page.texts("#times").join(" ");
    assert!(times.contains("No times are free on this day, nor on any other"), "{times}");
    assert_eq!(page.select("[data-date='2027-03-12'][aria-current=true]").len(), 1);
}

fn no_cache_keeps_a_link_to_a_booking(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let noon = app.noon_in_days(2);
    let form = details(&app, noon).set("name", "Bo Berg").set("email", "bo@customers.example");
    let refused = app.client().submit(&form.clone().set("email", "x")).expect(422);
    assert_eq!(refused.header("cache-control"), "no-store", "it holds what somebody typed");
    let reply = app.client().submit(&form).expect(303);
    assert!(reply.location().contains("/b/"), "{reply:?}");
    assert_eq!(reply.header("cache-control"), "no-store", "{:?}", reply.headers);
    let browser = app.sign_in(&Host::ada());
    let next = rfc3339(noon + Duration::hours(1));
    let date = noon.date_naive();
    let page = browser.page(&format!("/app/bookings/new?event=intro&date={date}"));
    let form = page.form("/app/bookings/new").set("slot", next);
    let form = form.set("name", "Bo Berg").set("email", "bo@customers.example");
    let reply = browser.submit(&form).expect(303);
    assert!(reply.location().contains("/b/"), "{reply:?}");
    assert_eq!(reply.header("cache-control"), "no-store", "{:?}", reply.headers);
}

/// The headers that every page has.
#[track_caller]
fn strict(reply: &Reply) {
    let policy = reply.header("content-security-policy");
    for part in
        ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
    {
        assert!(policy.contains(part), "{part}: {:?}", reply.headers);
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    let page = reply.page();
    assert!(page.select("[style], style, script:not([src])").is_empty(), "{}", reply.path);
}

/// The form for a time, as a customer in Berlin comes to it.
fn details(app: &TestApp, start: DateTime<Utc>) -> Form {
    let path = format!("/ada/intro?slot={}&tz=Europe/Berlin", rfc3339(start));
    app.client().page(&path).form("/ada/intro")
}

fn free_days(page: &Page) -> Vec<String> {
    let days = page.select("a[data-date]").into_iter();
    days.filter_map(|day| day.value().attr("data-date").map(str::to_owned)).collect()
}

fn page_link(page: &Page, part: &str) -> String {
    local("/ada/intro", &page.link(part)).expect("a link on this page")
}

fn slot_link(page: &Page, start: &str) -> String {
    let links = page.links();
    let found = links.iter().find(|link| {
        link.contains("slot=")
            && (link.contains(start) || link.contains(&start.replace(':', "%3A")))
    });
    let link = found.unwrap_or_else(|| panic!("{start} is not offered: {:?}", page.slots()));
    local("/ada/intro", link).expect("a link on this page")
}

/// A link's path on this server, as seen from `from`; none for other servers and mail addresses.
fn local(from: &str, link: &str) -> Option<String> {
    let link = link.split('#').next()?;
    if link.is_empty()
        || link.starts_with("//")
        || link.contains(':') && !link.starts_with(['/', '?'])
    {
        None
    } else if link.starts_with('/') {
        Some(link.to_owned())
    } else {
        Some(format!("{}{link}", from.split('?').next()?))
    }
}

fn wait_for_quiet_outbox(app: &TestApp) {
    let unsent = "SELECT count(*) AS n FROM outbox_messages WHERE state IN ('queued', 'claimed')";
    roomkey_tests::wait_until("the outbox to be empty", roomkey_tests::SOON, || {
        (app.database().number(unsent) == 0).then_some(())
    });
}

fn bookings(app: &TestApp) -> Vec<Booked> {
    let listed = app.cli(&["booking", "list", "--host", "ada", "--json"]).json();
    listed.as_array().expect("a list").iter().cloned().map(Booked::from_json).collect()
}
