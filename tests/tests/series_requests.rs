//! A series that waits for somebody's yes: it is asked for, answered, taken back and lapses as a whole.

use roomkey_tests::{Backend, Client, Host, Mail, Reply, SOON, TestApp, on_both, wait_until};
use serde_json::{Value, json};

on_both!(
    a_series_is_asked_for_as_a_whole,
    a_host_accepts_all_by_the_link_in_the_mail,
    programs_commands_and_the_list_answer_for_all,
    a_host_declines_all,
    nobody_answers_and_all_expire_with_one_mail,
    it_is_kept_no_longer_than_until_the_first_begins,
    a_customer_takes_all_back_from_any_of_its_pages,
    a_day_that_is_called_off_takes_all_back,
    one_answer_counts_for_all,
    one_press_proves_all,
    where_the_host_is_asked_the_proof_of_all_comes_first,
    what_was_not_proven_ends_silently_as_a_whole,
    a_link_for_one_booking_is_lent_once,
    the_editor_and_the_commands_allow_it,
);

const ADA: &str = "ada@hosts.example";
const BO: &str = "bo@customers.example";
/// A Monday, 10:00 in London.
const START: &str = "2027-10-11T09:00:00Z";
const STARTS: [&str; 4] =
    [START, "2027-10-18T09:00:00Z", "2027-10-25T09:00:00Z", "2027-11-01T10:00:00Z"];
const BOOKINGS: &str = "/api/v1/bookings";
const ASKS: &[&str] = &["--requires-confirmation", "--confirm-within", "120"];

/// London, Friday 1 October 2027, 09:00.
fn app(backend: Backend, options: &[&str]) -> TestApp {
    let app = TestApp::on(backend).clock("2027-10-01 08:00:00").without_limits().start_with_ada();
    let usual = ["--title", "Lesson", "--duration", "60", "--window-days", "365", "--series", "12"];
    app.add_event_type("ada", "lesson", &[&usual[..], options].concat());
    app
}

fn ask(app: &TestApp, client: &Client, start: &str) -> Reply {
    let mut request = app.request("lesson", start, "Bo Berg", BO);
    request["repeat"] = json!({"every": "week", "count": 4});
    client.post_json(BOOKINGS, &request)
}

fn asked(app: &TestApp) -> Value {
    ask(app, &app.client(), START).expect(201).json()
}

fn texts(list: &Value, field: &str) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|each| each[field].as_str().unwrap_or_default().to_owned()).collect()
}

/// Each state that there is, and of how many bookings.
fn states(app: &TestApp) -> Vec<(String, i64)> {
    let rows = app
        .database()
        .rows("SELECT status, count(*) AS number FROM bookings GROUP BY status ORDER BY status");
    let state = |row: &Value| row["status"].as_str().expect("a status").to_owned();
    rows.iter().map(|row| (state(row), row["number"].as_i64().expect("a number"))).collect()
}

fn all(state: &str) -> Vec<(String, i64)> {
    vec![(state.to_owned(), 4)]
}

fn held(app: &TestApp) -> i64 {
    app.database().number("SELECT count(*) FROM booking_hosts WHERE held")
}

fn rooms(app: &TestApp) -> i64 {
    app.database().number("SELECT count(*) FROM rooms WHERE NOT revoked")
}

fn id(asked: &Value, index: usize) -> String {
    asked["series"]["bookings"][index]["id"].as_str().expect("an id").to_owned()
}

fn path_of(link: &str) -> String {
    link[link.find("/b/").expect("a path")..].to_owned()
}

fn path(booking: &Value) -> String {
    path_of(booking["links"]["page"].as_str().expect("a page"))
}

/// The page of one of the bookings, of the side that reads it.
fn page_of_another(client: &Client, path: &str, index: usize) -> String {
    let mut others = client.page(path).links();
    others.retain(|link| link.starts_with("/b/") && link.matches('/').count() == 2 && link != path);
    others[index].clone()
}

fn mail(app: &TestApp, to: &str, word: &str) -> Mail {
    let what = format!("a mail '{word}' to {to}");
    app.mailbox().wait_for(&what, |mail| mail.is_to(to) && mail.part("subject").starts_with(word))
}

/// How many mails have left, once none is under way.
fn mails(app: &TestApp) -> usize {
    let queued = "SELECT count(*) FROM outbox_messages WHERE finished_at IS NULL";
    wait_until("all mail", SOON, || (app.database().number(queued) == 0).then_some(()));
    app.mailbox().count()
}

fn a_series_is_asked_for_as_a_whole(backend: Backend) {
    let app = app(backend, ASKS);
    let first = asked(&app);
    assert_eq!(first["status"], "pending");
    assert_eq!(texts(&first["series"]["bookings"], "start"), STARTS);
    assert_eq!((states(&app), held(&app), rooms(&app)), (all("pending"), 4, 0));
    let until = "SELECT count(DISTINCT expires_at) FROM bookings";
    assert_eq!(app.database().number(until), 1, "they lapse at the same moment");
    let taken = app.request("intro", STARTS[2], "Cy Cole", "cy@customers.example");
    assert_eq!(app.client().post_json(BOOKINGS, &taken).problem(409), "slot_taken");

    assert_eq!(mails(&app), 2, "one to each side");
    for (who, until) in [(ADA, "11:00"), (BO, "10:00")] {
        let told = mail(&app, who, "Requested: Lesson");
        let text = told.part("text");
        assert!(told.value()["calendar"].is_null(), "{}", told.value());
        assert!(told.part("subject").contains("4 times"), "{}", told.part("subject"));
        assert!(text.contains("Every week on Monday at 10:00 in London"), "{text}");
        for day in ["11 October", "18 October", "25 October", "1 November"] {
            assert!(text.contains(day) && told.part("html").contains(day), "{day}: {text}");
        }
        assert!(text.contains(until), "{text}");
        assert_eq!(text.matches("/b/").count(), 1, "one page, to answer on: {text}");
        assert!(!text.to_lowercase().contains("password"), "{text}");
    }
    let text = app.client().page(&path(&first)).text();
    assert!(text.contains("Your request is with Ada Lovelace"), "{text}");
    assert!(text.contains("4 times. Every week on Monday at 10:00 in London"), "{text}");
    // Nothing is moved before it stands.
    let key = app.key("ada", "bookings:write");
    let wanted = json!({"start": "2027-10-12T09:00:00Z", "scope": "all"});
    let refused = key.post_json(&format!("{BOOKINGS}/{}/reschedule", id(&first, 0)), &wanted);
    assert_eq!(refused.problem(409), "invalid_transition");
    let links = app.client().page(&path(&first)).links();
    assert!(!links.iter().any(|link| link.ends_with("/reschedule")), "{links:?}");
}

fn a_host_accepts_all_by_the_link_in_the_mail(backend: Backend) {
    let app = app(backend, ASKS);
    asked(&app);
    let path = path_of(&mail(&app, ADA, "Requested").link("/b/"));
    let page = app.client().page(&path);
    assert!(page.text().contains("Bo Berg asks for these times"), "{}", page.text());
    app.client().get(&format!("{path}/confirm")).expect(405);
    assert_eq!(states(&app), all("pending"));
    let form = page.form(&format!("{path}/confirm"));
    app.client().submit(&form).expect(303);
    assert_eq!((states(&app), held(&app), rooms(&app)), (all("confirmed"), 4, 4));
    assert_eq!(app.database().number("SELECT count(*) FROM bookings WHERE version <> 2"), 0);
    assert_eq!(mails(&app), 4, "one invitation a side");
    for who in [ADA, BO] {
        let told = mail(&app, who, "Booked");
        assert_eq!((told.calendar("method"), told.sequence()), ("REQUEST", 0));
        assert_eq!(told.value()["calendar"]["events"][0]["instances"], json!(STARTS));
        assert_eq!(told.part("text").matches("Password: ").count(), 4);
    }
    let again = app.client().submit(&form).expect(422);
    assert!(again.body.contains("Nothing was changed"), "{}", again.body);
    assert_eq!(mails(&app), 4);
    // From here on each is a booking of its own.
    let shown = app.database().rows("SELECT id FROM bookings ORDER BY series_index");
    let third = shown[2]["id"].as_str().expect("an id");
    app.cli(&["booking", "cancel", third]).done();
    assert_eq!(states(&app), [("cancelled".to_owned(), 1), ("confirmed".to_owned(), 3)]);
}

fn programs_commands_and_the_list_answer_for_all(backend: Backend) {
    let app = app(backend, ASKS);
    let key = app.key("ada", "bookings:write");
    let first = asked(&app);
    let path = format!("{BOOKINGS}/{}/confirm", id(&first, 2));
    let answered = key.post_json(&path, &json!({})).expect(200).json();
    assert_eq!(answered["id"].as_str(), Some(id(&first, 2).as_str()));
    assert_eq!(texts(&answered["series"]["bookings"], "status"), ["confirmed"; 4]);
    assert_eq!(key.post_json(&path, &json!({})).problem(409), "invalid_transition");

    let second = ask(&app, &app.client(), "2027-10-12T09:00:00Z").expect(201).json();
    let shown = app.cli(&["booking", "confirm", &id(&second, 1), "--json"]).json();
    assert_eq!(texts(&shown["series"]["bookings"], "status"), ["confirmed"; 4]);
    let third = ask(&app, &app.client(), "2027-10-13T09:00:00Z").expect(201).json();
    let shown = app.cli(&["booking", "decline", &id(&third, 3), "--json"]).json();
    assert_eq!(texts(&shown["series"]["bookings"], "status"), ["declined"; 4]);

    let fourth = ask(&app, &app.client(), "2027-10-14T09:00:00Z").expect(201).json();
    let list = app.sign_in(&Host::ada());
    let page = list.page("/app/bookings");
    assert!(page.text().contains("Confirm all 4"), "{}", page.text());
    list.submit(&page.form("/confirm")).expect(303);
    let shown = app.cli(&["booking", "show", &id(&fourth, 0), "--json"]).json();
    assert_eq!(texts(&shown["series"]["bookings"], "status"), ["confirmed"; 4]);
}

fn a_host_declines_all(backend: Backend) {
    let app = app(backend, ASKS);
    let first = asked(&app);
    let path = path_of(&mail(&app, ADA, "Requested").link("/b/"));
    let form = app.client().page(&path).form(&format!("{path}/decline"));
    app.client().submit(&form.set("decline_reason", "Away that month")).expect(303);
    assert_eq!((states(&app), held(&app), rooms(&app)), (all("declined"), 0, 0));
    assert_eq!(mails(&app), 3, "the customer is told, once");
    let told = mail(&app, BO, "Declined");
    assert!(told.value()["calendar"].is_null(), "{}", told.value());
    let text = told.part("text");
    assert!(text.contains("Away that month") && text.contains("1 November"), "{text}");
    let text = app.client().page(&self::path(&first)).text();
    assert!(text.contains("This request was declined"), "{text}");
    assert_eq!(asked(&app)["status"], "pending", "the times are free again");
}

fn nobody_answers_and_all_expire_with_one_mail(backend: Backend) {
    let mut app = app(backend, ASKS);
    asked(&app);
    let path = path_of(&mail(&app, ADA, "Requested").link("/b/"));
    let form = app.client().page(&path).form(&format!("{path}/confirm"));
    app.restart_at("2027-10-01 10:00:01");
    for who in [ADA, BO] {
        let told = mail(&app, who, "Expired");
        assert!(told.value()["calendar"].is_null(), "{}", told.value());
        assert!(told.part("text").contains("1 November"), "{}", told.part("text"));
    }
    assert_eq!((states(&app), held(&app)), (all("expired"), 0));
    assert_eq!(mails(&app), 4, "two about the request, two about its end");
    app.client().submit(&form).expect(422);
    assert_eq!(states(&app), all("expired"));
}

fn it_is_kept_no_longer_than_until_the_first_begins(backend: Backend) {
    let mut app = app(backend, ASKS);
    // A Friday, an hour from now.
    ask(&app, &app.client(), "2027-10-01T09:00:00Z").expect(201);
    assert!(mail(&app, ADA, "Requested").part("text").contains("10:00"));
    app.restart_at("2027-10-01 09:00:01");
    mail(&app, BO, "Expired");
    assert_eq!((states(&app), held(&app)), (all("expired"), 0));
    assert_eq!(mails(&app), 4);
}

fn a_customer_takes_all_back_from_any_of_its_pages(backend: Backend) {
    let app = app(backend, ASKS);
    let first = path(&asked(&app));
    let client = app.client();
    let third = page_of_another(&client, &first, 1);
    assert_ne!(third, first);
    let asks = client.page(&format!("{third}/cancel"));
    assert!(asks.text().contains("All dates of this series are taken back"), "{}", asks.text());
    let form = asks.form(&format!("{third}/cancel"));
    assert_eq!(form.value("scope"), None, "there is nothing to choose");
    client.submit(&form.force("scope", "this").set("reason", "Found another")).expect(303);
    assert_eq!((states(&app), held(&app)), (all("cancelled"), 0));
    let waiting = "SELECT count(*) FROM bookings WHERE expires_at IS NOT NULL";
    assert_eq!(app.database().number(waiting), 0);
    assert_eq!(mails(&app), 4);
    for who in [ADA, BO] {
        let told = mail(&app, who, "Cancelled");
        assert!(told.value()["calendar"].is_null(), "no calendar has it: {}", told.value());
        let text = told.part("text");
        assert!(text.contains("Found another") && text.contains("1 November"), "{text}");
        assert!(!text.contains("invite.ics"), "{text}");
    }
}

fn a_day_that_is_called_off_takes_all_back(backend: Backend) {
    let app = app(backend, ASKS);
    asked(&app);
    let browser = app.sign_in(&Host::ada());
    let page = browser.page("/app/bookings/day?date=2027-10-18");
    browser.submit(&page.form("/app/bookings/day")).expect(303);
    assert_eq!((states(&app), held(&app)), (all("cancelled"), 0));
    assert_eq!(mails(&app), 4);
}

/// Confirmed, declined and taken back at the same time, each by another of its bookings: one of them happens, to all.
fn one_answer_counts_for_all(backend: Backend) {
    let app = app(backend, ASKS);
    let key = app.key("ada", "bookings:write");
    for round in 0..5 {
        let start = format!("2027-10-{:02}T09:00:00Z", 11 + round);
        let first = ask(&app, &app.client(), &start).expect(201).json();
        let answers: Vec<u16> = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..12)
                .map(|racer| {
                    let (key, id) = (key.clone(), id(&first, racer % 4));
                    scope.spawn(move || {
                        let act = ["confirm", "decline", "cancel"][racer % 3];
                        let path = format!("{BOOKINGS}/{id}/{act}");
                        let body = match act {
                            "confirm" => json!({}),
                            "cancel" => json!({"scope": "all"}),
                            _ => json!({"reason": "No"}),
                        };
                        key.post_json(&path, &body).status
                    })
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().expect("a racer")).collect()
        });
        assert!(answers.iter().all(|status| [200, 409].contains(status)), "{answers:?}");
        let shown = app.cli(&["booking", "show", &id(&first, 0), "--json"]).json();
        let is = texts(&shown["series"]["bookings"], "status");
        assert!(is.iter().all(|state| *state == is[0] && state != "pending"), "{answers:?} {is:?}");
        // A confirmed one may be called off after it.
        let won = answers.iter().filter(|status| **status == 200).count();
        assert_eq!(shown["version"], json!(1 + won), "{answers:?} {shown}");
    }
}

/// The path of the link in the mail that asks for a proof.
fn proof_link(app: &TestApp) -> String {
    let told = app.mailbox().wait_for("the mail", |mail| mail.part("text").contains("/verify"));
    path_of(&told.link("/verify"))
}

fn press(app: &TestApp, path: &str) -> Reply {
    app.client().submit(&app.client().page(path).form("/verify"))
}

fn one_press_proves_all(backend: Backend) {
    let app = app(backend, &["--email-proof"]);
    let browser = app.client();
    let form = browser.page(&format!("/ada/lesson?slot={START}&tz=UTC")).form("/ada/lesson");
    let form = form.set("name", "Bo Berg").set("email", BO).set("repeat", "week").set("times", "4");
    let waiting = browser.submit(&form).expect(303).location();
    assert!(waiting.ends_with("/check-mail"), "{waiting}");
    let text = browser.page(&waiting).text();
    assert!(text.contains("4 times. Every week on Monday at 10:00 in London"), "{text}");
    assert_eq!((states(&app), held(&app), rooms(&app)), (all("unverified"), 4, 0));
    assert_eq!(mails(&app), 1, "no mail but the one goes to an unproven address");
    let told = mail(&app, BO, "Confirm your booking");
    assert!(told.part("text").contains("4 times. Every week on Monday"), "{}", told.part("text"));
    for part in ["text", "html", "subject"] {
        assert!(!told.part(part).contains("Bo Berg"), "{}", told.part(part));
    }
    let list = app.sign_in(&Host::ada()).page("/app/bookings").text();
    assert!(list.contains("1 time is kept"), "a series is one: {list}");
    let link = proof_link(&app);
    let page = app.client().page(&link);
    assert!(page.text().contains("4 times. Every week"), "{}", page.text());
    assert_eq!(states(&app), all("unverified"), "who looks changes nothing");
    let booked = press(&app, &link).expect(303).location();
    assert!(app.client().page(&booked).text().contains("You’re booked, Bo Berg"));
    assert_eq!((states(&app), held(&app), rooms(&app)), (all("confirmed"), 4, 4));
    assert_eq!(mails(&app), 3);
    for who in [ADA, BO] {
        let told = mail(&app, who, "Booked");
        assert_eq!(told.value()["calendar"]["events"][0]["instances"], json!(STARTS));
    }
    // Once it is so, further presses change nothing.
    app.client().post_form(&link, &[]).expect(303);
    assert_eq!((states(&app), mails(&app)), (all("confirmed"), 3));
}

fn where_the_host_is_asked_the_proof_of_all_comes_first(backend: Backend) {
    let app = app(backend, &[ASKS, &["--email-proof"]].concat());
    let waiting = asked(&app);
    assert_eq!(waiting["status"], "unverified");
    assert!(path(&waiting).ends_with("/check-mail"), "{waiting}");
    assert_eq!((states(&app), mails(&app)), (all("unverified"), 1));
    press(&app, &proof_link(&app)).expect(303);
    assert_eq!((states(&app), held(&app), rooms(&app)), (all("pending"), 4, 0));
    assert_eq!(mails(&app), 3);
    let until = "SELECT count(DISTINCT expires_at) FROM bookings";
    assert_eq!(app.database().number(until), 1);
    let path = path_of(&mail(&app, ADA, "Requested").link("/b/"));
    let form = app.client().page(&path).form(&format!("{path}/confirm"));
    app.client().submit(&form).expect(303);
    assert_eq!((states(&app), rooms(&app), mails(&app)), (all("confirmed"), 4, 5));
}

fn what_was_not_proven_ends_silently_as_a_whole(backend: Backend) {
    let mut app = app(backend, &["--email-proof"]);
    let waiting = path(&asked(&app));
    assert_eq!(mails(&app), 1);
    let form = app.client().page(&waiting).form("/check-mail").press("do", "leave");
    app.client().submit(&form).expect(303);
    assert_eq!((states(&app), held(&app)), (all("cancelled"), 0));
    assert_eq!(mails(&app), 1, "nobody hears of it");
    let again = path(&asked(&app));
    assert_eq!(mails(&app), 2);
    // The mail is sent once more, with the same link for all of them.
    let form = app.client().page(&again).form("/check-mail").press("do", "resend");
    app.client().submit(&form).expect(303);
    assert_eq!(mails(&app), 3);
    app.restart_at("2027-10-01 08:16:00");
    let expired = vec![("cancelled".to_owned(), 4), ("expired".to_owned(), 4)];
    wait_until("their end", SOON, || (states(&app) == expired).then_some(()));
    assert_eq!((held(&app), mails(&app)), (0, 3));
}

fn a_link_for_one_booking_is_lent_once(backend: Backend) {
    let app = app(backend, &["--email-proof"]);
    let made = ["event-link", "add", "--host", "ada", "--event", "lesson", "--uses", "1", "--json"];
    let link = app.cli(&made).json()["url"].as_str().expect("an address").to_owned();
    let secret = link[link.find("?link=").expect("a link") + 6..].to_owned();
    let uses = "SELECT uses_left FROM event_links";
    let ask = || {
        let mut request = app.request("lesson", START, "Bo Berg", BO);
        request["repeat"] = json!({"every": "week", "count": 4});
        request["link"] = json!(secret);
        app.client().post_json(BOOKINGS, &request)
    };
    let waiting = path(&ask().expect(201).json());
    assert_eq!(app.database().number(uses), 0);
    app.client().post_form(&waiting, &[("do".into(), "leave".into())]).expect(303);
    assert_eq!(app.database().number(uses), 1, "one was taken, and one comes back");
    ask().expect(201);
    let verify = wait_until("both mails", SOON, || {
        let mut mails = app.mailbox().all();
        mails.retain(|mail| mail.part("text").contains("/verify"));
        let links: Vec<_> = mails.iter().map(|mail| path_of(&mail.link("/verify"))).collect();
        (links.len() == 2).then_some(links)
    });
    let open = verify.iter().find(|path| app.client().page(path).has_form("/verify"));
    press(&app, open.expect("one that works")).expect(303);
    let confirmed = app.database().rows("SELECT id FROM bookings WHERE status = 'confirmed'");
    assert_eq!(confirmed.len(), 4);
    app.cli(&["booking", "cancel", confirmed[0]["id"].as_str().expect("an id"), "--scope", "all"])
        .done();
    assert_eq!(app.database().number(uses), 0, "what was proven has used it");
}

fn the_editor_and_the_commands_allow_it(backend: Backend) {
    let app = app(backend, &[]);
    let browser = app.sign_in(&Host::ada());
    let path = "/app/event-types/lesson";
    for switch in ["requires_confirmation", "email_proof"] {
        let form = browser.page(path).form(path);
        browser.submit(&form.set(switch, "on")).expect(303);
    }
    assert_eq!(asked(&app)["status"], "unverified");
    let text = app.client().page(&format!("/ada/lesson?slot={}&tz=UTC", "2027-10-12T09:00:00Z"));
    assert!(text.form("/ada/lesson").value("times").is_some(), "{}", text.text());
    // Who books in the host's name has the host's yes.
    let booked = app.cli(&[
        "booking",
        "add",
        "--host",
        "ada",
        "--event",
        "lesson",
        "--start",
        "2027-10-13T09:00:00Z",
        "--name",
        "Di",
        "--email",
        "di@customers.example",
        "--repeat",
        "week",
        "--times",
        "2",
        "--json",
    ]);
    assert_eq!(texts(&booked.json()["series"]["bookings"], "status"), ["confirmed"; 2]);
}
