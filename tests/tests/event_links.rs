//! Event types that are booked by link only, and links that are for so many bookings or until some time: on pages, by
//! the API and by command.

use std::sync::Barrier;
use std::thread;

use chrono::Duration;
use roomkey_tests::{Backend, Client, Form, Host, Page, Reply, TestApp, on_both, rfc3339};
use serde_json::{Value, json};

on_both!(
    of_64_clients_one_books_with_a_single_use_link,
    nobody_sees_it_without_a_link,
    the_pages_carry_the_link_on,
    a_used_up_link_says_so,
    a_link_expires,
    a_removed_link_opens_nothing,
    a_link_of_another_event_type_opens_nothing,
    links_count_down_where_none_is_needed,
    a_refused_booking_takes_no_use,
    a_repeat_takes_no_use,
    hosts_need_no_link_to_what_is_theirs,
    a_link_fills_in_the_form,
    a_page_with_a_link_is_private,
    links_are_made_and_removed_in_the_editor,
    wrong_links_are_marked,
    links_belong_to_their_host,
    commands_make_list_and_remove_links,
    a_held_time_takes_the_link_too,
    nobody_is_led_back_to_where_they_need_a_link,
);

const START: &str = "2027-07-02T08:00:00Z";
const LATER: &str = "2027-07-02T09:00:00Z";
const EDITOR: &str = "/app/event-types/secret";
const LINKS: &str = "/app/event-types/secret/links";
const TOKEN_LENGTH: usize = 43;

/// London, Thursday 1 July 2027, 09:00; open 9 to 12 on weekdays, in hours. `secret` takes a link, `intro` does not.
fn prepare(backend: Backend) -> TestApp {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start();
    let ada = Host::ada();
    app.add_host(&ada);
    app.set_schedule(&ada, &["mon-fri 09:00-12:00"]);
    app.add_event_type("ada", "intro", &["--title", "Intro call", "--duration", "60"]);
    let secret = ["--title", "Secret talk", "--duration", "60", "--link-only"];
    app.add_event_type("ada", "secret", &secret);
    app
}

fn make(app: &TestApp, event: &str, options: &[&str]) -> Value {
    let arguments = ["event-link", "add", "--host", "ada", "--event", event, "--json"];
    app.cli(&[&arguments[..], options].concat()).json()
}

/// A new link's token.
fn token(app: &TestApp, event: &str, options: &[&str]) -> String {
    let url = make(app, event, options)["url"].as_str().expect("an address").to_owned();
    let (page, token) = url.split_once("?link=").expect("a link");
    assert_eq!(page, format!("{}/ada/{event}", app.base()));
    assert_eq!(token.len(), TOKEN_LENGTH);
    token.to_owned()
}

fn request(app: &TestApp, event: &str, start: &str, link: &str) -> Value {
    let mut request = app.request(event, start, "Bo Berg", "bo@customers.example");
    if !link.is_empty() {
        request["link"] = link.into();
    }
    request
}

fn book(app: &TestApp, event: &str, start: &str, link: &str) -> Reply {
    app.client().post_json("/api/v1/bookings", &request(app, event, start, link))
}

fn slots(app: &TestApp, event: &str, link: &str) -> Reply {
    let query = format!("host=ada&event={event}&from=2027-07-02&to=2027-07-02&tz=UTC{link}");
    app.client().get(&format!("/api/v1/slots?{query}"))
}

fn explain(client: &Client, link: &str) -> Reply {
    client.get(&format!("/api/v1/slots/explain?host=ada&event=secret&at={START}{link}"))
}

/// What is left of the only link.
fn uses_left(app: &TestApp) -> i64 {
    app.database().number("SELECT uses_left AS n FROM event_links")
}

/// The details form, filled in.
fn form(client: &Client, path: &str) -> Form {
    let form = client.page(path).form("/ada/secret");
    form.set("name", "Bo Berg").set("email", "bo@customers.example")
}

fn of_64_clients_one_books_with_a_single_use_link(backend: Backend) {
    const CLIENTS: usize = 64;
    let app = TestApp::on(backend).without_limits().start_with_ada();
    app.add_event_type("ada", "secret", &["--title", "S", "--duration", "15", "--link-only"]);
    let first = app.noon_in_days(2);
    for uses in [1, 3] {
        let link = token(&app, "secret", &["--uses", &uses.to_string()]);
        let first = first + Duration::days(uses);
        let barrier = Barrier::new(CLIENTS);
        let answers: Vec<(u16, String)> = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    let (app, barrier, link) = (&app, &barrier, &link);
                    scope.spawn(move || {
                        // Each wants a time of their own, so that only the link is in the way.
                        let step = i64::try_from(number).expect("a small number");
                        let start = rfc3339(first + Duration::minutes(15 * step));
                        let request = request(app, "secret", &start, link);
                        let client = app.client();
                        barrier.wait();
                        let reply = client.post_json("/api/v1/bookings", &request);
                        let code = if reply.status == 201 {
                            String::new()
                        } else {
                            reply.problem(reply.status)
                        };
                        (reply.status, code)
                    })
                })
                .collect();
            clients.into_iter().map(|client| client.join().expect("a client")).collect()
        });
        let won = answers.iter().filter(|answer| answer.0 == 201).count();
        assert_eq!(i64::try_from(won), Ok(uses), "{answers:?}");
        let gone = answers.iter().filter(|(status, code)| *status == 410 && code == "link_gone");
        assert_eq!(gone.count(), CLIENTS - won, "{answers:?}");
    }
    assert_eq!(app.database().number("SELECT count(*) AS n FROM bookings"), 4);
    assert_eq!(app.database().number("SELECT sum(uses_left) AS n FROM event_links"), 0);
}

fn nobody_sees_it_without_a_link(backend: Backend) {
    let app = prepare(backend);
    let link = token(&app, "secret", &[]);
    let wrong = "A".repeat(TOKEN_LENGTH);
    let missing = app.client().get("/ada/nothing").expect(404);
    let text = |reply: &Reply| reply.page().text();
    for query in [
        String::new(),
        format!("?date=2027-07-02&slot={START}"),
        "?link=".to_owned(),
        "?link=no-token".to_owned(),
        format!("?link={wrong}"),
        format!("?link={}", &link[1..]),
        format!("?link={link}x"),
    ] {
        let reply = app.client().get(&format!("/ada/secret{query}")).expect(404);
        assert_eq!(text(&reply), text(&missing), "{query}");
    }
    assert!(!app.client().page("/ada").text().contains("Secret talk"));
    let fields = |link: &str| {
        let fields = [
            ("slot", START),
            ("name", "Bo Berg"),
            ("email", "bo@customers.example"),
            ("idempotency_key", "a-key"),
            ("link", link),
        ];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    for link in ["", "no-token", &wrong] {
        app.client().post_form("/ada/secret", &fields(link)).expect(404);
        app.client().post_form("/ada/secret/hold", &fields(link)).expect(404);
        let query = format!("&link={link}");
        assert_eq!(slots(&app, "secret", &query).problem(404), "not_found");
        assert_eq!(explain(&app.client(), &query).problem(404), "not_found");
        assert_eq!(book(&app, "secret", START, link).problem(404), "not_found");
    }
    assert_eq!(app.database().number("SELECT count(*) AS n FROM bookings"), 0);
    // With the link all of it is there.
    let query = format!("&link={link}");
    let found = slots(&app, "secret", &query).expect(200).json();
    assert_eq!(found["slots"].as_array().map(Vec::len), Some(3));
    assert_eq!(explain(&app.client(), &query).expect(200).json()["offered"], true);
    app.client().get(&format!("/ada/secret?link={link}")).expect(200);
    book(&app, "secret", START, &link).expect(201);
    let other = json!({ "host": "ada", "event": "secret", "start": START, "link": 7 });
    assert_eq!(app.client().post_json("/api/v1/bookings", &other).problem(422), "invalid_request");
}

fn the_pages_carry_the_link_on(backend: Backend) {
    let app = prepare(backend);
    app.cli(&["event-link", "list", "--host", "ada"]).done();
    let link = token(&app, "secret", &["--uses", "1"]);
    let bo = app.client();
    let carried = |page: &Page| {
        let own = page.links().into_iter().filter(|link| link.starts_with('?'));
        let own: Vec<String> = own.collect();
        assert!(own.len() > 2, "{own:?}");
        assert!(own.iter().all(|target| target.contains(&format!("link={link}"))), "{own:?}");
        let zone = page.select("form[data-tz] input[name=link]");
        assert_eq!(zone[0].value().attr("value"), Some(link.as_str()));
    };
    let page = bo.page(&format!("/ada/secret?link={link}&h=12"));
    carried(&page);
    let day = page.link("date=2027-07-02");
    let page = bo.page(&format!("/ada/secret{day}"));
    carried(&page);
    let other = bo.page(&format!("/ada/secret{}", page.link("month=2027-08")));
    carried(&other);
    // A time that is not free shows the page again.
    let gone = bo.page(&format!("/ada/secret?slot=2027-07-03T08:00:00Z&link={link}"));
    carried(&gone);
    let slot = page.link(&format!("slot={START}"));
    let path = format!("/ada/secret{slot}");
    let details = bo.page(&path);
    assert!(details.link("#times").contains(&link), "the way back");
    let form = form(&bo, &path);
    assert_eq!(form.value("link"), Some(link.as_str()));
    // A refused form keeps it, too, and another time can be chosen on it.
    let again = bo.submit(&form.clone().set("email", "nobody")).expect(422).page();
    assert_eq!(again.form("/ada/secret").value("link"), Some(link.as_str()));
    let taken = form.clone().set("slot", "2027-07-02T08:10:00Z");
    let again = bo.submit(&taken).expect(422).page();
    assert!(again.link("#times").contains(&link));
    let choices = again.choices("slot");
    assert!(choices.contains(&START.to_owned()), "{choices:?}");
    let chosen = again.form("/ada/secret").force("slot", START);
    let booked = bo.submit(&chosen).expect(303);
    assert!(bo.page(&booked.location()).text().contains("Secret talk"));
    assert_eq!(uses_left(&app), 0);
}

fn a_used_up_link_says_so(backend: Backend) {
    let app = prepare(backend);
    let link = token(&app, "secret", &["--uses", "1"]);
    let (bo, cy) = (app.client(), app.client());
    let path = format!("/ada/secret?slot={LATER}&link={link}");
    let late = form(&cy, &path);
    book(&app, "secret", START, &link).expect(201);
    let told = |reply: Reply| {
        let page = reply.expect(410).page();
        let text = page.text();
        assert!(text.contains("This link is used up"), "{text}");
        assert!(text.contains("Ask Ada Lovelace for a new one"), "{text}");
    };
    for query in [format!("?link={link}"), format!("?slot={LATER}&link={link}")] {
        told(bo.get(&format!("/ada/secret{query}")));
    }
    // Who has the form open already is told when they send it.
    told(cy.submit(&late));
    let held = [("slot".to_owned(), LATER.to_owned()), ("link".to_owned(), link.clone())];
    cy.post_form("/ada/secret/hold", &held).expect(410);
    let query = format!("&link={link}");
    assert_eq!(slots(&app, "secret", &query).problem(410), "link_gone");
    assert_eq!(explain(&app.client(), &query).problem(410), "link_gone");
    let refused = book(&app, "secret", LATER, &link);
    assert!(refused.json()["detail"].as_str().is_some_and(|text| text.contains("used up")));
    assert_eq!(refused.problem(410), "link_gone");
    assert_eq!(app.database().number("SELECT count(*) AS n FROM bookings"), 1);
    // Nobody without the link learns that there is anything.
    bo.get("/ada/secret").expect(404);
}

fn a_link_expires(backend: Backend) {
    let mut app = prepare(backend);
    let by_time = token(&app, "secret", &["--expires", "2027-07-01T10:30:00+01:00"]);
    // To the end of the day in London, not in UTC.
    let by_date = token(&app, "secret", &["--expires", "2027-07-01"]);
    let status = |app: &TestApp, link: &str| {
        let status = app.client().get(&format!("/ada/secret?link={link}")).status;
        let api = slots(app, "secret", &format!("&link={link}"));
        assert_eq!(api.status, status);
        if status == 410 {
            assert_eq!(api.problem(410), "link_gone");
        }
        status
    };
    app.restart_at("2027-07-01 09:29:00");
    assert_eq!((status(&app, &by_time), status(&app, &by_date)), (200, 200));
    app.restart_at("2027-07-01 09:30:00");
    assert_eq!((status(&app, &by_time), status(&app, &by_date)), (410, 200));
    let page = app.client().get(&format!("/ada/secret?link={by_time}")).expect(410).page();
    assert!(page.text().contains("This link has expired"), "{}", page.text());
    assert!(page.text().contains("Ask Ada Lovelace for a new one"), "{}", page.text());
    assert_eq!(book(&app, "secret", START, &by_time).problem(410), "link_gone");
    app.restart_at("2027-07-01 22:59:00");
    assert_eq!(status(&app, &by_date), 200);
    app.restart_at("2027-07-01 23:00:00");
    assert_eq!(status(&app, &by_date), 410);
    assert_eq!(app.database().number("SELECT count(*) AS n FROM bookings"), 0);
}

fn a_removed_link_opens_nothing(backend: Backend) {
    let app = prepare(backend);
    let made = make(&app, "secret", &[]);
    let url = made["url"].as_str().expect("an address");
    let other = token(&app, "secret", &[]);
    let path = url.trim_start_matches(&app.base());
    let typed = form(&app.client(), &format!("{path}&slot={START}"));
    app.cli(&["event-link", "remove", made["id"].as_str().expect("an id")]).done();
    app.client().get(path).expect(404);
    app.client().submit(&typed).expect(404);
    app.client().get(&format!("/ada/secret?link={other}")).expect(200);
    app.cli(&["event-link", "remove", made["id"].as_str().expect("an id")]).refused();
    app.cli(&["event-link", "remove", "x"]).refused();
}

fn a_link_of_another_event_type_opens_nothing(backend: Backend) {
    let app = prepare(backend);
    let eve = Host::new("eve", "Eve Adams", "Europe/Berlin");
    app.add_host(&eve);
    for host in ["ada", "eve"] {
        let other = ["--title", "Other talk", "--duration", "60", "--link-only"];
        app.add_event_type(host, "other", &other);
    }
    let others = token(&app, "other", &["--uses", "5"]);
    let of_public = token(&app, "intro", &["--uses", "5"]);
    let arguments = ["event-link", "add", "--host", "eve", "--event", "other", "--json"];
    let of_eve = app.cli(&arguments).json()["url"].as_str().expect("an address").to_owned();
    let of_eve = of_eve.split_once("?link=").expect("a link").1.to_owned();
    for link in [&others, &of_public, &of_eve] {
        app.client().get(&format!("/ada/secret?link={link}")).expect(404);
        assert_eq!(book(&app, "secret", START, link).problem(404), "not_found");
        assert_eq!(slots(&app, "secret", &format!("&link={link}")).problem(404), "not_found");
    }
    app.client().get(&format!("/ada/other?link={of_eve}")).expect(404);
    app.client().get(&format!("/eve/other?link={others}")).expect(404);
    app.client().get(&format!("/eve/other?link={of_eve}")).expect(200);
    // Where none is needed, it is as good as none, and counts no use.
    app.client().get(&format!("/ada/intro?link={others}")).expect(200);
    book(&app, "intro", START, &others).expect(201);
    let left = "SELECT count(*) AS n FROM event_links WHERE uses_left = 5";
    assert_eq!(app.database().number(left), 2);
}

fn links_count_down_where_none_is_needed(backend: Backend) {
    let app = prepare(backend);
    let link = token(&app, "intro", &["--uses", "2"]);
    book(&app, "intro", START, "").expect(201);
    assert_eq!(uses_left(&app), 2);
    book(&app, "intro", LATER, &link).expect(201);
    assert_eq!(uses_left(&app), 1);
    let bo = app.client();
    let form = bo.page(&format!("/ada/intro?slot=2027-07-02T10:00:00Z&link={link}"));
    let form = form.form("/ada/intro").set("name", "Bo").set("email", "bo@customers.example");
    bo.submit(&form).expect(303);
    assert_eq!(uses_left(&app), 0);
    bo.get(&format!("/ada/intro?link={link}")).expect(410);
    assert_eq!(book(&app, "intro", "2027-07-05T08:00:00Z", &link).problem(410), "link_gone");
    // The page itself is everybody's still.
    bo.get("/ada/intro").expect(200);
    book(&app, "intro", "2027-07-05T08:00:00Z", "").expect(201);
}

fn a_refused_booking_takes_no_use(backend: Backend) {
    let app = prepare(backend);
    let link = token(&app, "secret", &["--uses", "1"]);
    book(&app, "intro", START, "").expect(201);
    assert_eq!(book(&app, "secret", START, &link).problem(409), "slot_taken");
    let off = book(&app, "secret", "2027-07-02T08:10:00Z", &link);
    assert_eq!(off.problem(422), "slot_unavailable");
    assert_eq!(uses_left(&app), 1);
    let booked = book(&app, "secret", LATER, &link).expect(201).json();
    assert_eq!(uses_left(&app), 0);
    // Calling it off gives the use not back: the link was for one booking.
    let key = app.key("ada", "bookings:write");
    let id = booked["id"].as_str().expect("an id");
    key.post_json(&format!("/api/v1/bookings/{id}/cancel"), &json!({})).expect(200);
    assert_eq!(book(&app, "secret", LATER, &link).problem(410), "link_gone");
}

fn a_repeat_takes_no_use(backend: Backend) {
    let app = prepare(backend);
    let link = token(&app, "secret", &["--uses", "2"]);
    let program = app.client().header("Idempotency-Key", "order-1");
    let wanted = request(&app, "secret", START, &link);
    let first = program.post_json("/api/v1/bookings", &wanted).expect(201).json();
    assert_eq!(uses_left(&app), 1);
    let again = program.post_json("/api/v1/bookings", &wanted).expect(201).json();
    assert_eq!(again["id"], first["id"]);
    assert_eq!(uses_left(&app), 1);
    // The link is a part of the request.
    let bare = request(&app, "secret", START, "");
    let reused = program.post_json("/api/v1/bookings", &bare);
    assert_eq!(reused.problem(422), "idempotency_key_reused");
    // A form that is sent twice, with the last use: the second answer is the first one's.
    let bo = app.client();
    let form = form(&bo, &format!("/ada/secret?slot={LATER}&link={link}"));
    let first = bo.submit(&form).expect(303).location();
    assert_eq!(uses_left(&app), 0);
    assert_eq!(bo.submit(&form).expect(303).location(), first);
    let again = program.post_json("/api/v1/bookings", &wanted).expect(201).json();
    assert_eq!(again["start"], START);
    assert_eq!(app.database().number("SELECT count(*) AS n FROM bookings"), 2);
}

fn hosts_need_no_link_to_what_is_theirs(backend: Backend) {
    let app = prepare(backend);
    let eve = Host::new("eve", "Eve Adams", "Europe/Berlin");
    app.add_host(&eve);
    // By key, which is the host's own alone.
    let key = app.key("ada", "bookings:write");
    let wanted = request(&app, "secret", START, "");
    key.post_json("/api/v1/bookings", &wanted).expect(201);
    let told = explain(&key, "").expect(200).json();
    assert_eq!(told["reasons"][0]["code"], "taken");
    let other = app.key("eve", "bookings:write");
    assert_eq!(other.post_json("/api/v1/bookings", &wanted).problem(404), "not_found");
    assert_eq!(explain(&other, "").problem(404), "not_found");
    // By command.
    let add = ["booking", "add", "--host", "ada", "--event", "secret", "--start", LATER];
    let who = ["--name", "Cy Cole", "--email", "cy@customers.example", "--json"];
    app.cli(&[&add[..], &who].concat()).json();
    let explain = ["slots", "explain", "--host", "ada", "--event", "secret", "--at", LATER];
    assert!(app.cli(&explain).done().contains("can not be booked"));
    // On the host's pages.
    let browser = app.sign_in(&Host::ada());
    let page = browser.page("/app/bookings/new?event=secret&date=2027-07-02");
    let form = page.form("/app/bookings/new").force("slot", "2027-07-02T10:00:00Z");
    let form = form.set("name", "Di Dorn").set("email", "di@customers.example");
    browser.submit(&form).expect(303);
    let why = "/app/availability?event=secret&why_date=2027-07-02&why_time=09:00";
    assert!(browser.page(why).text().contains("can not be booked"));
    let preview = browser.page("/app/availability?event=secret").link("/app/event-types/secret");
    browser.get(&preview).expect(200);
    let list = browser.page("/app/event-types");
    assert!(list.text().contains("By link"), "{}", list.text());
    assert!(list.links().iter().all(|link| !link.ends_with("/ada/secret")), "{:?}", list.links());
    let editor = browser.page(EDITOR);
    assert!(editor.links().iter().all(|link| link != "/ada/secret"), "{:?}", editor.links());
    // What a host was booked for is seen by its customer, link or not.
    assert_eq!(app.database().number("SELECT count(*) AS n FROM bookings"), 3);
}

fn a_link_fills_in_the_form(backend: Backend) {
    let app = prepare(backend);
    let who = ["--prefill-name", "Bo Berg", "--prefill-email", "bo@customers.example"];
    let link = token(&app, "secret", &who);
    let details = |query: &str| {
        let path = format!("/ada/secret?slot={START}&link={link}{query}");
        app.client().page(&path).form("/ada/secret")
    };
    let form = details("");
    let filled = (form.value("name"), form.value("email"));
    assert_eq!(filled, (Some("Bo Berg"), Some("bo@customers.example")));
    let other = details("&name=Cy+Cole");
    let filled = (other.value("name"), other.value("email"));
    assert_eq!(filled, (Some("Cy Cole"), Some("bo@customers.example")));
    // The customer has the last word.
    let changed = form.set("name", "").set("email", "di@customers.example");
    let again = app.client().submit(&changed).expect(422).page().form("/ada/secret");
    let filled = (again.value("name"), again.value("email"));
    assert_eq!(filled, (Some(""), Some("di@customers.example")));
    app.client().submit(&again.set("name", "Di Dorn")).expect(303);
}

fn a_page_with_a_link_is_private(backend: Backend) {
    let app = prepare(backend);
    let link = token(&app, "secret", &["--uses", "1"]);
    let unknown = "A".repeat(TOKEN_LENGTH);
    let private = |path: &str, status: u16| {
        let reply = app.client().get(path).expect(status);
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        assert_eq!(reply.header("x-robots-tag"), "noindex", "{path}");
        assert_eq!(reply.header("referrer-policy"), "same-origin", "{path}");
    };
    private(&format!("/ada/secret?link={link}"), 200);
    private(&format!("/ada/secret?tz=UTC&slot={START}&l%69nk={link}"), 200);
    private(&format!("/ada/secret?link={unknown}"), 404);
    private(&format!("/ada/intro?link={unknown}"), 200);
    book(&app, "secret", START, &link).expect(201);
    private(&format!("/ada/secret?link={link}"), 410);
    let public = app.client().get("/ada/intro?tz=UTC").expect(200);
    assert_eq!(public.header("cache-control"), "no-cache");
    assert_eq!(public.header("x-robots-tag"), "");
}

fn editor(browser: &Client) -> Form {
    browser.page(EDITOR).form(LINKS)
}

fn links_are_made_and_removed_in_the_editor(backend: Backend) {
    let app = prepare(backend);
    let browser = app.sign_in(&Host::ada());
    // The third choice of the select.
    let intro = "/app/event-types/intro";
    let listed = browser.page(intro).form(intro);
    browser.submit(&listed.set("visibility", "link")).expect(303);
    assert_eq!(browser.page(intro).form(intro).value("visibility"), Some("link"));
    app.client().get("/ada/intro").expect(404);
    let new = browser.page("/app/event-types/new");
    assert!(!new.has_form("/links"));
    let new = new.form("/app/event-types/new").set("title", "New").set("slug", "fresh");
    let made = browser.submit(&new.set("visibility", "link")).expect(303).location();
    assert_eq!(made, "/app/event-types/fresh?done=made#links");
    assert!(browser.page(&made).has_form("/app/event-types/fresh/links"));

    let form = editor(&browser).set("link_name", "For Bo").set("link_uses", "1");
    let form = form.set("link_until", "2027-07-03").set("link_prefill_name", "Bo Berg");
    let made = browser.submit(&form.set("link_prefill_email", "bo@customers.example"));
    let page = browser.page(&made.expect(303).location());
    let text = page.text();
    assert!(text.contains("Link made"), "{text}");
    for part in ["For Bo", "1 booking left", "until Saturday 3 July 2027", "bo@customers.example"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let shown = page.texts("#links .mono");
    let [url] = shown.as_slice() else { panic!("{shown:?}") };
    let path = url.trim_start_matches(&app.base()).to_owned();
    assert_eq!(page.select("#links button[data-copy]").len(), 1);
    assert_eq!(page.form(LINKS).value("link_name"), Some(""), "the next form is empty");

    // Nothing but a name is needed.
    let endless = editor(&browser).set("link_name", "Endless <b>bold</b>");
    let page = browser.page(&browser.submit(&endless).expect(303).location());
    let rows = page.texts("#links li");
    assert!(rows[0].contains("Endless <b>bold</b>"), "the latest first: {rows:?}");
    assert!(rows[0].contains("Any number of bookings"), "{rows:?}");

    // It works, and says when it is used up.
    let visitor = app.client();
    let typed = visitor.page(&format!("{path}&slot={START}")).form("/ada/secret");
    assert_eq!(typed.value("name"), Some("Bo Berg"));
    visitor.submit(&typed).expect(303);
    let page = browser.page(EDITOR);
    assert!(page.texts("#links li")[1].contains("Used up"), "{}", page.text());
    assert_eq!(page.texts("#links .mono").len(), 1, "there is nothing to copy any more");

    // Removed, it opens nothing; once more does no harm.
    let url = page.texts("#links .mono")[0].clone();
    let path = url.trim_start_matches(&app.base());
    visitor.get(path).expect(200);
    let removal = page.forms("/remove").into_iter().next().expect("a remove button");
    let page = browser.page(&browser.submit(&removal).expect(303).location());
    assert!(page.text().contains("Link removed"), "{}", page.text());
    assert_eq!(page.texts("#links li").len(), 1);
    visitor.get(path).expect(404);
    browser.submit(&removal).expect(303);
}

fn wrong_links_are_marked(backend: Backend) {
    let app = prepare(backend);
    let browser = app.sign_in(&Host::ada());
    for (field, value) in [
        ("link_name", ""),
        ("link_name", "see www.evil.example"),
        ("link_uses", "0"),
        ("link_uses", "10001"),
        ("link_uses", "-1"),
        ("link_uses", "some"),
        ("link_until", "2027-06-30"),
        ("link_until", "tomorrow"),
        ("link_until", "2027-02-30"),
        ("link_prefill_name", "see www.evil.example"),
        ("link_prefill_email", "nobody"),
    ] {
        let form = editor(&browser).set("link_name", "Good").set("link_uses", "7");
        let reply = browser.submit(&form.set(field, value)).expect(422);
        let page = reply.page();
        let marked: Vec<String> = page.marked().into_iter().collect();
        assert_eq!(marked, [field], "{value:?}");
        assert!(page.title().starts_with("Error: "), "{}", page.title());
        let again = page.form(LINKS);
        assert_eq!(again.value(field), Some(value), "what was typed is kept");
        if field != "link_uses" {
            assert_eq!(again.value("link_uses"), Some("7"));
        }
        assert_eq!(page.form(EDITOR).value("title"), Some("Secret talk"));
    }
    assert_eq!(app.database().number("SELECT count(*) AS n FROM event_links"), 0);
    // The last day may be today.
    let form = editor(&browser).set("link_name", "Good").set("link_until", "2027-07-01");
    browser.submit(&form).expect(303);
    browser.submit(&editor(&browser).set("link_name", "X").set("csrf", "wrong")).expect(403);
}

fn links_belong_to_their_host(backend: Backend) {
    let app = prepare(backend);
    let eve = Host::new("eve", "Eve Adams", "Europe/Berlin");
    app.add_host(&eve);
    let secret = ["--title", "Eve's", "--duration", "60", "--link-only"];
    app.add_event_type("eve", "secret", &secret);
    let link = make(&app, "secret", &[]);
    let id = link["id"].as_str().expect("an id");
    let browser = app.sign_in(&eve);
    let page = browser.page(EDITOR);
    assert!(page.texts("#links li").is_empty());
    let csrf = page.form(LINKS).value("csrf").expect("a token").to_owned();
    let fields = [("csrf".to_owned(), csrf), ("link_name".to_owned(), "Mine".to_owned())];
    // Under her own event type of that name there is no such link; under Ada's others there is nothing of hers.
    browser.post_form(&format!("{LINKS}/{id}/remove"), &fields).expect(303);
    browser.post_form("/app/event-types/intro/links", &fields).expect(404);
    browser.post_form(&format!("/app/event-types/intro/links/{id}/remove"), &fields).expect(404);
    browser.post_form(&format!("{LINKS}/no-id/remove"), &fields).expect(404);
    app.client().post_form(LINKS, &fields).expect(303);
    assert_eq!(app.database().number("SELECT count(*) AS n FROM event_links"), 1);
    let path = link["url"].as_str().expect("an address").trim_start_matches(&app.base()).to_owned();
    app.client().get(&path).expect(200);
}

fn commands_make_list_and_remove_links(backend: Backend) {
    let mut app = prepare(backend);
    let add = ["event-link", "add", "--host", "ada", "--event", "secret"];
    let url = app.cli(&add).done().to_owned();
    app.client().get(url.trim()).expect(200);
    // The clock of each command begins anew: the second link is made later only if it is told so.
    app.set_clock("2027-07-01 08:01:00");
    let options = ["--name", "For Bo", "--uses", "2", "--expires", "2027-07-03"];
    let who = ["--prefill-email", "bo@customers.example"];
    let made = make(&app, "secret", &[&options[..], &who].concat());
    assert_eq!((&made["name"], &made["uses_left"]), (&"For Bo".into(), &2.into()));
    assert_eq!(made["expires_at"], "2027-07-03T23:00:00Z", "the day's end in London");
    assert_eq!(made["prefill"], json!({ "name": null, "email": "bo@customers.example" }));

    let list = ["event-link", "list", "--host", "ada"];
    let listed = app.cli(&[&list[..], &["--json"]].concat()).json();
    let names: Vec<&Value> =
        listed.as_array().expect("a list").iter().map(|link| &link["name"]).collect();
    assert_eq!(names, ["For Bo", "Link"]);
    assert!(listed[0].get("url").is_none(), "the address is told once");
    let text = app.cli(&[&list[..], &["--event", "secret"]].concat());
    assert!(text.done().contains("2 bookings before 2027-07-03T23:00:00Z  For Bo"), "{text:?}");
    assert!(app.cli(&[&list[..], &["--event", "intro"]].concat()).done().is_empty());

    let id = made["id"].as_str().expect("an id");
    app.cli(&["event-link", "remove", id]).done();
    let listed = app.cli(&[&list[..], &["--json"]].concat()).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));

    for wrong in [["--uses", "0"], ["--expires", "soon"], ["--name", "www.evil.example"]] {
        app.cli(&[&add[..], &wrong].concat()).wrong_usage();
    }
    app.cli(&[&add[..], &["--expires", "2027-06-30"]].concat()).refused();
    app.cli(&["event-link", "add", "--host", "ada", "--event", "nothing"]).refused();
    app.cli(&["event-link", "add", "--host", "nobody", "--event", "secret"]).refused();
    let both = ["event-type", "add", "--host", "ada", "--slug", "x", "--title", "X"];
    app.cli(&[&both[..], &["--duration", "30", "--hidden", "--link-only"]].concat()).wrong_usage();
    let all = app.cli(&["event-type", "list", "--host", "ada", "--json"]).json();
    assert_eq!(all[1]["visibility"], "link");
}

fn a_held_time_takes_the_link_too(backend: Backend) {
    let app = prepare(backend);
    let link = token(&app, "secret", &["--uses", "1"]);
    let bo = app.client();
    let held = [("slot".to_owned(), START.to_owned()), ("link".to_owned(), link.clone())];
    bo.post_form("/ada/secret/hold", &held).expect(204);
    assert_eq!(uses_left(&app), 1, "keeping a time takes no use");
    assert_eq!(book(&app, "secret", START, &link).problem(409), "slot_taken");
    bo.submit(&form(&bo, &format!("/ada/secret?slot={START}&link={link}"))).expect(303);
    assert_eq!(uses_left(&app), 0);
}

fn nobody_is_led_back_to_where_they_need_a_link(backend: Backend) {
    let app = prepare(backend);
    for (event, leads) in [("secret", false), ("intro", true)] {
        let email = format!("{event}@customers.example");
        let request = app.request(event, START, "Bo Berg", &email);
        let key = app.key("ada", "bookings:write");
        let booked = key.post_json("/api/v1/bookings", &request).expect(201).json();
        let id = booked["id"].as_str().expect("an id");
        // Cancelled before it was sent, it would never be: a later mail takes its place.
        let invite = app.mailbox().wait_for_invite(&email, "REQUEST");
        key.post_json(&format!("/api/v1/bookings/{id}/cancel"), &json!({})).expect(200);
        let mail = app.mailbox().wait_for_invite(&email, "CANCEL");
        for part in ["text", "html"] {
            assert_eq!(mail.part(part).contains(&format!("/ada/{event}")), leads, "{event} {part}");
        }
        let page = app.client().page(&invite.link("/b/"));
        let again = page.links().iter().any(|link| link.ends_with(&format!("/ada/{event}")));
        assert_eq!(again, leads, "{event}: {:?}", page.links());
    }
}
