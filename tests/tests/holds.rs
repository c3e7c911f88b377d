//! A time is kept while its form is filled in: by the page's script, for one visitor, and not for ever.

use std::thread;

use chrono::Duration;
use roomkey_tests::{Backend, Client, Form, Host, Reply, TestApp, instant, on_both, rfc3339};

on_both!(
    a_kept_time_is_free_to_its_visitor_alone,
    booking_lets_go_of_it,
    a_hold_lapses_by_itself,
    a_visitor_keeps_one_time,
    leaving_lets_go_of_it,
    holds_count_for_limits_and_buffers,
    holds_are_limited_by_client,
    only_the_scripts_post_makes_one,
    a_browser_without_cookies_books_what_it_keeps,
    two_forms_at_once_before_the_first_cookie,
    of_many_one_keeps_it,
    one_visitor_with_many_tabs_keeps_one_time,
);

const START: &str = "2027-07-02T08:00:00Z";
const HOLD: &str = "/ada/intro/hold";

/// London, Thursday 1 July 2027, 09:00; open 9 to 12 on weekdays, in hours.
fn prepare(backend: Backend) -> TestApp {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start();
    furnish(&app);
    app
}

fn furnish(app: &TestApp) {
    let ada = Host::ada();
    app.add_host(&ada);
    app.set_schedule(&ada, &["mon-fri 09:00-12:00"]);
    app.add_event_type("ada", "intro", &["--title", "Intro call", "--duration", "60"]);
}

fn keep(client: &Client, slot: &str) -> Reply {
    let fields = [("slot", slot), ("duration", "60")];
    client.post_form(HOLD, &fields.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

/// As the script of a page does: with the name that its form has for this.
fn keep_by(client: &Client, form: &Form) -> Reply {
    let fields =
        form.fields().iter().filter(|(name, _)| ["slot", "duration", "hold"].contains(&&**name));
    client.post_form(HOLD, &fields.cloned().collect::<Vec<_>>())
}

fn free(app: &TestApp) -> Vec<String> {
    app.slots("ada", "intro", "2027-07-02", "2027-07-02")
}

fn form(client: &Client) -> Form {
    let form = client.page(&format!("/ada/intro?slot={START}&tz=UTC")).form("/ada/intro");
    form.set("name", "Bo Berg").set("email", "bo@customers.example")
}

fn a_kept_time_is_free_to_its_visitor_alone(backend: Backend) {
    let app = prepare(backend);
    let (bo, cy) = (app.client(), app.client());
    let typed = form(&cy);
    keep(&bo, START).expect(204);
    assert_eq!(free(&app), ["2027-07-02T09:00:00Z", "2027-07-02T10:00:00Z"]);
    // The visitor sees it still, and looks as often as they like.
    for _ in 0..2 {
        assert!(bo.page(&format!("/ada/intro?slot={START}")).has_form("/ada/intro"));
    }
    assert!(bo.page("/ada/intro?date=2027-07-02&tz=UTC").slots().iter().any(|at| at == START));
    // Nobody else does, on pages and by the API, and nobody else gets it.
    assert!(!cy.page(&format!("/ada/intro?slot={START}")).has_form("/ada/intro"));
    let page = cy.submit(&typed.set("name", "Cy Cole").set("email", "cy@customers.example"));
    let page = page.expect(422).page();
    assert!(page.text().contains("Somebody just took"), "{}", page.text());
    assert_eq!(page.form("/ada/intro").value("name"), Some("Cy Cole"), "every answer is kept");
    let request = app.request("intro", START, "Cy Cole", "cy@customers.example");
    assert_eq!(app.client().post_json("/api/v1/bookings", &request).problem(409), "slot_taken");
    assert_eq!(keep(&cy, START).status, 409);
    let path = format!("/api/v1/slots/explain?host=ada&event=intro&at={START}");
    let told = app.key("ada", "bookings:read").get(&path).expect(200).json();
    assert_eq!(told["reasons"][0]["code"], "held");
    let message = told["reasons"][0]["message"].as_str().expect("text");
    assert!(message.starts_with("Somebody is filling in the form for 09:00 – 10:00"), "{message}");
}

fn booking_lets_go_of_it(backend: Backend) {
    let app = prepare(backend);
    let bo = app.client();
    let typed = form(&bo);
    keep(&bo, START).expect(204);
    bo.submit(&typed).expect(303);
    assert_eq!(app.database().number("SELECT count(*) AS n FROM slot_holds"), 0);
    assert_eq!(free(&app), ["2027-07-02T09:00:00Z", "2027-07-02T10:00:00Z"]);
}

fn a_hold_lapses_by_itself(backend: Backend) {
    let mut app = prepare(backend);
    let bo = app.client();
    keep(&bo, START).expect(204);
    app.restart_at("2027-07-01 08:05:00");
    assert_eq!(free(&app).len(), 2, "five minutes later it is kept");
    app.restart_at("2027-07-01 08:06:30");
    assert_eq!(free(&app).len(), 3, "and a little later not");
    // The row may lie there still; somebody else may have the time.
    let cy = app.client();
    keep(&cy, START).expect(204);
    assert_eq!(keep(&bo, START).status, 409);
    // Asked again and again, it is kept longer, but not for ever.
    for minute in [12, 17, 22] {
        app.restart_at(&format!("2027-07-01 08:{minute}:00"));
        keep(&cy, START).expect(204);
        assert_eq!(free(&app).len(), 2);
    }
    app.restart_at("2027-07-01 08:27:00");
    assert_eq!(free(&app).len(), 3);
    assert_eq!(keep(&cy, START).status, 429, "nor does its form keep it anew at once");
    assert_eq!(free(&app).len(), 3);
    app.restart_at("2027-07-01 09:07:00");
    keep(&cy, START).expect(204);
}

fn a_visitor_keeps_one_time(backend: Backend) {
    let app = prepare(backend);
    let bo = app.client();
    keep(&bo, START).expect(204);
    keep(&bo, "2027-07-02T10:00:00Z").expect(204);
    assert_eq!(free(&app), [START, "2027-07-02T09:00:00Z"]);
    assert_eq!(app.database().number("SELECT count(*) AS n FROM slot_holds"), 1);
}

fn leaving_lets_go_of_it(backend: Backend) {
    let app = prepare(backend);
    let (bo, cy) = (app.client(), app.client());
    keep(&bo, START).expect(204);
    let release = [("release".to_owned(), "1".to_owned())];
    cy.post_form(HOLD, &release).expect(204);
    assert_eq!(free(&app).len(), 2, "only one's own");
    bo.post_form(HOLD, &release).expect(204);
    assert_eq!(free(&app).len(), 3);
}

fn holds_count_for_limits_and_buffers(backend: Backend) {
    let app = prepare(backend);
    let rules = ["--title", "Rare", "--duration", "60", "--limit", "1 booking a day"];
    app.add_event_type("ada", "rare", &[&rules[..], &["--buffer-after", "30"]].concat());
    let bo = app.client();
    let fields = [("slot".to_owned(), START.to_owned())];
    bo.post_form("/ada/rare/hold", &fields).expect(204);
    let slots = |event: &str| app.slots("ada", event, "2027-07-02", "2027-07-02");
    assert!(slots("rare").is_empty(), "the day's one booking is as good as made");
    // A limit of a longer time counts it as well, wherever in that time one asks.
    let rules = ["--title", "Weekly", "--duration", "60", "--limit", "1 bookings a month"];
    app.add_event_type("ada", "weekly", &rules);
    let fields = [("slot".to_owned(), "2027-07-05T08:00:00Z".to_owned())];
    app.client().post_form("/ada/weekly/hold", &fields).expect(204);
    for (from, to) in [("2027-07-05", "2027-07-30"), ("2027-07-28", "2027-07-28")] {
        assert_eq!(app.slots("ada", "weekly", from, to), Vec::<String>::new(), "{from}");
    }
    let far = app.request("weekly", "2027-07-28T08:00:00Z", "Cy Cole", "cy@customers.example");
    assert_eq!(app.client().post_json("/api/v1/bookings", &far).problem(422), "slot_unavailable");
    assert!(!app.slots("ada", "weekly", "2027-08-02", "2027-08-02").is_empty(), "not the next");
    // Half an hour after the kept time is kept as well.
    assert_eq!(slots("intro"), ["2027-07-02T10:00:00Z"]);
}

fn holds_are_limited_by_client(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").start();
    furnish(&app);
    let starts = (5..=9).map(|day| format!("2027-07-0{day}T08:00:00Z"));
    let replies: Vec<u16> = starts.map(|start| keep(&app.client(), &start).status).collect();
    assert_eq!(replies, [204, 204, 204, 204, 429]);
}

fn only_the_scripts_post_makes_one(backend: Backend) {
    let app = prepare(backend);
    let bo = app.client();
    let page = bo.page(&format!("/ada/intro?slot={START}"));
    assert_eq!(page.select(&format!("form[data-hold='{HOLD}']")).len(), 1);
    bo.get(HOLD).expect(405);
    let fields = [("slot".to_owned(), START.to_owned())];
    for headers in [&[][..], &[("Origin", "null")], &[("Origin", "https://evil.example")]] {
        app.client().post_form_from(HOLD, &fields, headers).expect(403);
    }
    for (slot, status) in [
        ("", 422),
        ("now", 422),
        ("2027-07-03T08:00:00Z", 409),
        ("2027-07-02T08:10:00Z", 409),
        ("2027-06-01T08:00:00Z", 409),
    ] {
        assert_eq!(keep(&bo, slot).status, status, "{slot}");
    }
    let long = [("slot".to_owned(), START.to_owned()), ("duration".to_owned(), "45".to_owned())];
    bo.post_form(HOLD, &long).expect(422);
    app.client().post_form("/ada/nothing/hold", &fields).expect(404);
    assert_eq!(app.database().number("SELECT count(*) AS n FROM slot_holds"), 0);
    // And the form works without one.
    bo.submit(&form(&bo)).expect(303);
}

fn a_browser_without_cookies_books_what_it_keeps(backend: Backend) {
    let app = prepare(backend);
    // Each request comes without what the answers before it said: cookies are refused, or *Book* is pressed
    // before the answer is there.
    let stranger = || app.client();
    let (bo, cy) = (form(&stranger()), form(&stranger()));
    keep_by(&stranger(), &bo).expect(204);
    assert_eq!(free(&app).len(), 2);
    assert_eq!(keep_by(&stranger(), &cy).status, 409, "it is the other form's");
    stranger().submit(&cy).expect(422);
    keep_by(&stranger(), &bo).expect(204);
    // What is wrong with the form is told, and it keeps the time by the same name.
    let again =
        stranger().submit(&bo.clone().set("email", "bo")).expect(422).page().form("/ada/intro");
    stranger().submit(&again.set("email", "bo@customers.example")).expect(303);
    assert_eq!(app.database().number("SELECT count(*) AS n FROM slot_holds"), 0);
    // Let go of by the same name, too.
    let later = "2027-07-02T10:00:00Z";
    let page = stranger().page(&format!("/ada/intro?slot={later}"));
    let form = page.form("/ada/intro");
    keep_by(&stranger(), &form).expect(204);
    let name = form.value("hold").expect("a name").to_owned();
    stranger()
        .post_form(HOLD, &[("release".into(), "1".into()), ("hold".into(), name)])
        .expect(204);
    assert_eq!(app.database().number("SELECT count(*) AS n FROM slot_holds"), 0);
}

fn two_forms_at_once_before_the_first_cookie(backend: Backend) {
    let app = prepare(backend);
    let (first, bo) = (app.client(), app.client());
    let (early, late) =
        (form(&bo), bo.page("/ada/intro?slot=2027-07-02T10:00:00Z").form("/ada/intro"));
    // The browser has no cookie when the second is sent, and gets that one's.
    keep_by(&first, &early).expect(204);
    keep_by(&bo, &late).expect(204);
    assert_eq!(free(&app), ["2027-07-02T09:00:00Z"]);
    bo.submit(&early).expect(303);
    assert_eq!(app.database().number("SELECT count(*) AS n FROM slot_holds"), 0);
}

fn of_many_one_keeps_it(backend: Backend) {
    let app = prepare(backend);
    for round in 0..5 {
        let start = instant(START) + Duration::days(7 * round);
        let start = rfc3339(start);
        let visitors: Vec<Client> = (0..16).map(|_| app.client()).collect();
        let tried: Vec<(u16, Client)> = thread::scope(|scope| {
            let start = &start;
            let try_it = |visitor: Client| (keep(&visitor, start).status, visitor);
            let tries: Vec<_> =
                visitors.into_iter().map(|visitor| scope.spawn(move || try_it(visitor))).collect();
            tries.into_iter().map(|each| each.join().expect("a status")).collect()
        });
        let statuses: Vec<u16> = tried.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [204, 409].contains(status)), "{statuses:?}");
        // Whoever has not got it can not book it, and who has can.
        let (_, winner) = tried.iter().find(|(status, _)| *status == 204).expect("one");
        let form = winner.page(&format!("/ada/intro?slot={start}")).form("/ada/intro");
        let form = form.set("name", "Bo Berg").set("email", "bo@customers.example");
        winner.submit(&form).expect(303);
    }
}

fn one_visitor_with_many_tabs_keeps_one_time(backend: Backend) {
    let app = prepare(backend);
    // Tabs of several hosts at once, so that no host's lock puts them in a row.
    let handles = ["bea", "cem", "dan", "eli"];
    for handle in handles {
        let host = Host::new(handle, "Some Host", "Europe/London");
        app.add_host(&host);
        app.set_schedule(&host, &["mon-fri 09:00-12:00"]);
        app.add_event_type(handle, "intro", &["--title", "Intro call", "--duration", "60"]);
    }
    let first = app.client();
    keep(&first, START).expect(204);
    let cookie: Vec<String> =
        first.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let (base, cookie) = (app.base(), cookie.join("; "));
    for _ in 0..10 {
        let statuses: Vec<u16> = thread::scope(|scope| {
            let tries: Vec<_> = handles
                .iter()
                .map(|handle| {
                    let (base, cookie) = (base.clone(), cookie.clone());
                    scope.spawn(move || {
                        let tab = Client::new(base).header("Cookie", cookie);
                        let fields = [("slot".to_owned(), START.to_owned())];
                        tab.post_form(&format!("/{handle}/intro/hold"), &fields).status
                    })
                })
                .collect();
            tries.into_iter().map(|each| each.join().expect("a status")).collect()
        });
        assert_eq!(statuses, [204; 4]);
        assert_eq!(app.database().number("SELECT count(*) AS n FROM slot_holds"), 1);
    }
}
