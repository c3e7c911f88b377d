//! Bookings of people who show first that the address they give is theirs.

use roomkey_tests::{
    Backend, Booked, Client, Host, Mail, Reply, SOON, TestApp, on_both, wait_until,
};
use serde_json::json;

on_both!(
    a_button_in_a_mail_books,
    nothing_leads_from_an_unproven_booking_to_the_booking,
    an_unproven_booking_expires_silently,
    who_booked_lets_the_time_go,
    the_mail_is_sent_once_more,
    it_is_not_sent_too_often,
    a_link_for_one_booking_is_not_used_up_in_vain,
    guests_hear_of_what_was_proven,
    where_the_host_is_asked_the_proof_comes_first,
    a_browser_shows_it_once,
    a_host_who_books_proves_nothing,
    a_booking_that_nobody_was_told_of_ends_silently,
    programs_see_as_much_as_people,
    an_installation_may_ask_always,
    a_flood_turns_it_on_for_a_while,
    mails_to_one_address_are_few,
    two_presses_are_one,
    a_press_and_the_end_of_time,
);

const ADA: &str = "ada@hosts.example";
const BO: &str = "bo@customers.example";
const START: &str = "2027-07-05T09:00:00Z";
const PROVEN: &[&str] = &["--title", "Visit", "--duration", "30", "--email-proof"];

/// London, Thursday 1 July 2027, 09:00.
fn app(backend: Backend) -> TestApp {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start_with_ada();
    app.add_event_type("ada", "visit", PROVEN);
    app
}

/// Fills in the form, and gives the answer to it.
fn fill_in(browser: &Client, event: &str, start: &str, email: &str) -> Reply {
    let form = browser.page(&format!("/ada/{event}?slot={start}&tz=UTC"));
    let form = form.form(&format!("/ada/{event}"));
    browser.submit(&form.set("name", "Bo Berg").set("email", email)).expect(303)
}

/// The page on which whoever booked waits.
fn ask(browser: &Client, start: &str) -> String {
    let path = fill_in(browser, "visit", start, BO).location();
    assert!(path.ends_with("/check-mail"), "{path}");
    path
}

/// The path of the link in the latest mail that asks for a proof.
fn proof_link(app: &TestApp, email: &str) -> String {
    let mail = app
        .mailbox()
        .wait_for("the mail", |mail| mail.is_to(email) && mail.part("text").contains("/verify"));
    path_of(&mail.link("/verify"))
}

fn path_of(link: &str) -> String {
    link[link.find("/b/").expect("a path")..].to_owned()
}

fn press(browser: &Client, path: &str) -> Reply {
    let form = browser.page(path).form("/verify");
    browser.submit(&form)
}

fn is_free(app: &TestApp, start: &str) -> bool {
    app.slots("ada", "visit", "2027-07-01", "2027-07-05").iter().any(|slot| slot == start)
}

fn number(app: &TestApp, select: &str) -> i64 {
    app.database().number(select)
}

/// That no mail is under way or left but those that are counted here.
fn mails(app: &TestApp) -> usize {
    let queued = "SELECT count(*) FROM outbox_messages WHERE finished_at IS NULL";
    wait_until("all mail", SOON, || (number(app, queued) == 0).then_some(()));
    app.mailbox().count()
}

fn status(app: &TestApp) -> String {
    let rows = app.database().rows("SELECT status FROM bookings ORDER BY created_at DESC");
    rows[0]["status"].as_str().expect("a status").to_owned()
}

fn a_button_in_a_mail_books(backend: Backend) {
    let app = app(backend);
    let browser = app.client();
    let form = browser.page(&format!("/ada/visit?slot={START}&tz=UTC"));
    assert!(form.text().contains("an email with a button to press"), "{}", form.text());
    let waiting = ask(&browser, START);
    let text = browser.page(&waiting).text();
    assert!(text.contains("Check your email") && text.contains(BO), "{text}");
    assert!(text.contains("The time is kept until 08:15, UTC time"), "{text}");
    assert!(!is_free(&app, START));
    assert_eq!(number(&app, "SELECT count(*) FROM rooms"), 0);
    assert_eq!(status(&app), "unverified");
    // One mail, and in it nothing that whoever booked has written: it may not be their address.
    assert_eq!(mails(&app), 1);
    let mail = app.mailbox().wait_for("the mail", |mail| mail.is_to(BO));
    assert!(mail.value()["calendar"].is_null(), "{}", mail.value());
    assert!(mail.part("subject").starts_with("Confirm your booking: Visit, "), "{mail:?}");
    assert!(
        mail.part("text").contains("The time is kept until 08:15 on Thursday 1 July"),
        "{mail:?}"
    );
    for part in ["text", "html", "subject"] {
        assert!(!mail.part(part).contains("Bo Berg"), "{}", mail.part(part));
    }
    assert!(mail.header("reply-to").is_empty(), "{mail:?}");
    let host = app.sign_in(&Host::ada());
    let text = host.page("/app/bookings").text();
    assert!(text.contains("No bookings yet") && text.contains("1 time is kept"), "{text}");

    let link = proof_link(&app, BO);
    let page = browser.page(&link);
    assert!(page.text().contains("Confirm your booking"), "{}", page.text());
    assert_eq!(status(&app), "unverified", "who looks changes nothing");
    let booked = press(&browser, &link).expect(303).location();
    assert!(!booked.ends_with("/check-mail") && booked != waiting, "{booked}");
    let text = browser.page(&booked).text();
    assert!(text.contains("You’re booked, Bo Berg") && text.contains("Password"), "{text}");
    assert_eq!(status(&app), "confirmed");
    assert_eq!(number(&app, "SELECT count(*) FROM rooms"), 1);
    for who in [ADA, BO] {
        assert_eq!(app.mailbox().wait_for_invite(who, "REQUEST").sequence(), 0);
    }
    let text = host.page("/app/bookings").text();
    assert!(text.contains("Bo Berg") && !text.contains("1 time is kept"), "{text}");
    // From now on the link leads to the booking's page, pressed or not.
    assert_eq!(browser.get(&link).expect(303).location(), booked);
    assert_eq!(browser.post_form(&link, &[]).expect(303).location(), booked);
    assert_eq!(mails(&app), 3);
    let history = app.database().rows("SELECT kind, actor FROM booking_events ORDER BY version");
    assert_eq!(
        history,
        [
            json!({"kind": "unverified", "actor": "customer"}),
            json!({"kind": "verified", "actor": "customer"})
        ]
    );
}

/// Whoever typed somebody else's address must not come to see what that person makes of it.
fn nothing_leads_from_an_unproven_booking_to_the_booking(backend: Backend) {
    let app = app(backend);
    let stranger = app.client();
    let form = stranger.page(&format!("/ada/visit?slot={START}&tz=UTC")).form("/ada/visit");
    let form = form.set("name", "Bo Berg").set("email", BO);
    let waiting = stranger.submit(&form).expect(303).location();
    let token = waiting.strip_prefix("/b/").and_then(|rest| rest.strip_suffix("/check-mail"));
    let token = token.expect("a link").to_owned();
    let shut = |what: &str| {
        for page in ["", "/join", "/calendar.ics", "/cancel", "/reschedule", "/verify"] {
            let path = format!("/b/{token}{page}");
            assert_eq!(stranger.get(&path).status, 404, "{what}: {path}");
        }
        for page in ["/join", "/cancel", "/reschedule", "/verify", "/confirm", "/decline"] {
            let path = format!("/b/{token}{page}");
            assert_eq!(stranger.post_form(&path, &[]).status, 404, "{what}: {path}");
        }
        let links = stranger.page(&waiting).links();
        assert!(!links.iter().any(|link| link.contains("/b/")), "{what}: {links:?}");
    };
    shut("before");
    let link = proof_link(&app, BO);
    let owner = app.client();
    let booked = press(&owner, &link).expect(303).location();
    shut("after");
    let text = stranger.page(&waiting).text();
    assert!(text.contains("Email confirmed") && !text.contains("Password"), "{text}");
    // The form once more is answered as it was, and makes no second booking.
    assert_eq!(stranger.submit(&form).expect(303).location(), waiting);
    assert_eq!(stranger.post_form(&waiting, &[]).status, 422, "too late to let the time go");
    assert_eq!(status(&app), "confirmed");
    assert!(owner.page(&booked).text().contains("You’re booked"));
    // A link that is changed, or none, is nothing.
    for path in
        [link.replace("/verify", "x/verify"), "/b/x/verify".into(), "/b/x/check-mail".into()]
    {
        assert_eq!(owner.get(&path).status, 404, "{path}");
        assert_eq!(owner.post_form(&path, &[]).status, 404, "{path}");
    }
}

fn an_unproven_booking_expires_silently(backend: Backend) {
    let mut app = app(backend);
    let browser = app.client();
    let waiting = ask(&browser, START);
    let link = proof_link(&app, BO);
    let form = browser.page(&link).form("/verify");
    // A slow machine may have booked a little after eight.
    app.restart_at("2027-07-01 08:16:00");
    let browser = app.client();
    // Whether or not it was ended yet.
    let reply = browser.submit(&form).expect(422);
    assert!(reply.page().text().contains("This time is no longer kept"), "{}", reply.body);
    assert!(browser.cookies().is_empty(), "nothing was shown: {:?}", browser.cookies());
    wait_until("its end", SOON, || (status(&app) == "expired").then_some(()));
    assert!(is_free(&app, START));
    for path in [&link, &waiting] {
        let page = browser.page(path);
        assert!(page.text().contains("This time is no longer kept"), "{}", page.text());
        assert!(page.links().iter().any(|link| link == "/ada/visit"), "{:?}", page.links());
    }
    assert_eq!(mails(&app), 1, "nobody is told");
    let host = app.sign_in(&Host::ada());
    for tab in ["upcoming", "past", "cancelled"] {
        let text = host.page(&format!("/app/bookings?show={tab}")).text();
        assert!(!text.contains("Bo Berg"), "{tab}: {text}");
    }
    assert!(!host.get("/app/bookings.csv").expect(200).body.contains("Bo Berg"));

    // Booked shortly before it begins, it is kept until it begins.
    let soon = fill_in(&browser, "visit", "2027-07-01T08:30:00Z", BO).location();
    assert!(browser.page(&soon).text().contains("kept until 08:30, UTC time"));
}

fn who_booked_lets_the_time_go(backend: Backend) {
    let app = app(backend);
    let browser = app.client();
    let waiting = ask(&browser, START);
    let link = proof_link(&app, BO);
    let form = browser.page(&waiting).form("/check-mail");
    assert_eq!(browser.submit(&form).expect(303).location(), waiting);
    assert!(browser.page(&waiting).text().contains("This time is no longer kept"));
    assert_eq!(status(&app), "cancelled");
    assert!(is_free(&app, START));
    browser.submit(&form).expect(422);
    browser.post_form(&link, &[]).expect(422);
    assert_eq!(mails(&app), 1, "nobody is told");
    ask(&browser, START);
}

fn resend(browser: &Client, waiting: &str) -> Reply {
    browser.submit(&browser.page(waiting).form("/check-mail").press("do", "resend"))
}

fn the_mail_is_sent_once_more(backend: Backend) {
    let mut app = app(backend);
    let browser = app.client();
    let waiting = ask(&browser, START);
    let link = proof_link(&app, BO);
    assert_eq!(mails(&app), 1);
    let again = resend(&browser, &waiting).expect(303).location();
    let text = browser.page(&again).text();
    assert!(text.contains("on its way once more") && text.contains("Check your email"), "{text}");
    assert_eq!(mails(&app), 2);
    let all = app.mailbox().all();
    assert_ne!(all[0].header("message-id"), all[1].header("message-id"), "both are shown");
    for mail in &all {
        assert!(mail.is_to(BO), "{mail:?}");
        assert_eq!(path_of(&mail.link("/verify")), link, "the same link");
    }
    // It keeps the time no longer.
    assert!(text.contains("The time is kept until 08:15, UTC time"), "{text}");
    press(&browser, &link).expect(303);
    assert_eq!(mails(&app), 4);
    // Proven, it is not sent again; nor once the time is over, or for who has no such link.
    let form = [("do".to_owned(), "resend".to_owned())];
    app.client().post_form(&waiting, &form).expect(422);
    app.client().post_form(&link.replace("/verify", "/check-mail"), &form).expect(404);
    let other = ask(&app.client(), "2027-07-05T10:00:00Z");
    let before = mails(&app);
    app.restart_at("2027-07-01 08:20:00");
    app.client().post_form(&other, &form).expect(422);
    assert_eq!(mails(&app), before);
}

fn it_is_not_sent_too_often(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").start_with_ada();
    app.add_event_type("ada", "visit", PROVEN);
    let browser = app.client();
    let waiting = ask(&browser, START);
    let mut statuses = Vec::new();
    for sent in 1..=10 {
        assert_eq!(mails(&app), sent);
        statuses.push(resend(&browser, &waiting).status);
    }
    assert_eq!(statuses[..9], [303; 9]);
    assert_eq!(statuses[9], 429);
    assert_eq!(mails(&app), 10);
    // They count with the bookings of that address, whoever asks.
    let form = browser.page("/ada/visit?slot=2027-07-05T10:00:00Z&tz=UTC").form("/ada/visit");
    let reply = app.client().submit(&form.set("name", "Bo").set("email", BO));
    assert_eq!(reply.status, 429);
}

fn a_link_for_one_booking_is_not_used_up_in_vain(backend: Backend) {
    let mut app = app(backend);
    let made = ["event-link", "add", "--host", "ada", "--event", "visit", "--uses", "1", "--json"];
    let link = app.cli(&made).json()["url"].as_str().expect("an address").to_owned();
    let link = link[link.find("?link=").expect("a link")..].to_owned();
    let book = |app: &TestApp| {
        let browser = app.client();
        let page = browser.page(&format!("/ada/visit{link}&slot={START}&tz=UTC"));
        let form = page.form("/ada/visit").set("name", "Bo Berg").set("email", BO);
        browser.submit(&form).expect(303).location()
    };
    let opens = |app: &TestApp| app.client().get(&format!("/ada/visit{link}")).status;
    // Somebody mistypes their address, lets the time go, and books once more.
    let waiting = book(&app);
    assert_eq!(opens(&app), 410);
    app.client().post_form(&waiting, &[]).expect(303);
    assert_eq!(opens(&app), 200);
    app.client().post_form(&waiting, &[]).expect(422);
    book(&app);
    assert_eq!(opens(&app), 410);
    // A slow machine may have booked a little after eight.
    app.restart_at("2027-07-01 08:16:00");
    wait_until("its end", SOON, || (status(&app) == "expired").then_some(()));
    assert_eq!(opens(&app), 200);
    // Cancelled by the host, too; but not what was proven.
    book(&app);
    let cancel = |app: &TestApp| {
        let rows = app.database().rows("SELECT id FROM bookings ORDER BY created_at DESC");
        app.cli(&["booking", "cancel", rows[0]["id"].as_str().expect("an id")]).done();
    };
    cancel(&app);
    assert_eq!(opens(&app), 200);
    let before = mails(&app);
    book(&app);
    let path = wait_until("the mail", SOON, || latest_link(&app, before));
    press(&app.client(), &path).expect(303);
    cancel(&app);
    assert_eq!(opens(&app), 410);
}

fn guests_hear_of_what_was_proven(backend: Backend) {
    let app = app(backend);
    let options = [PROVEN, &["--guests", "2"]].concat();
    app.add_event_type("ada", "board", &options);
    let guest = "cy@customers.example";
    let ask = |start: &str| {
        let mut request = app.request("board", start, "Bo Berg", BO);
        request["guests"] = json!([guest]);
        Booked::from_json(app.client().post_json("/api/v1/bookings", &request).expect(201).json())
    };
    let given_up = ask("2027-07-05T10:00:00Z");
    assert_eq!(mails(&app), 1);
    app.client().post_form(given_up.page(), &[]).expect(303);
    let before = mails(&app);
    assert_eq!(before, 1, "neither of the beginning nor of the end");
    let asked = ask(START);
    let mail = app.mailbox().wait_for("the mail", |mail| mail.part("text").contains(asked.id()));
    press(&app.client(), &path_of(&mail.link("/verify"))).expect(303);
    app.mailbox().wait_for_invite(guest, "REQUEST");
    assert_eq!(mails(&app), before + 4, "the link, and one mail for each of three");
}

fn where_the_host_is_asked_the_proof_comes_first(backend: Backend) {
    let app = app(backend);
    let options = [PROVEN, &["--requires-confirmation", "--confirm-within", "120"]].concat();
    app.add_event_type("ada", "board", &options);
    let browser = app.client();
    fill_in(&browser, "board", START, BO);
    let link = proof_link(&app, BO);
    assert_eq!(mails(&app), 1);
    let page = browser.page(&link);
    assert!(page.text().contains("Send your request"), "{}", page.text());
    let booked = press(&browser, &link).expect(303).location();
    assert_eq!(status(&app), "pending");
    assert_eq!(number(&app, "SELECT count(*) FROM rooms"), 0);
    let text = browser.page(&booked).text();
    assert!(text.contains("Your request is with Ada Lovelace"), "{text}");
    // Two hours from now on, not from the form.
    assert!(text.contains("Thursday 1 July 2027 at 10:0"), "{text}");
    for who in [ADA, BO] {
        app.mailbox().wait_for("the request", |mail| {
            mail.is_to(who) && mail.part("subject").starts_with("Requested: ")
        });
    }
    let shown = app.database().rows("SELECT id FROM bookings");
    app.cli(&["booking", "confirm", shown[0]["id"].as_str().expect("an id")]).done();
    assert_eq!(status(&app), "confirmed");
}

fn a_browser_shows_it_once(backend: Backend) {
    let mut app = app(backend);
    let browser = app.client();
    ask(&browser, START);
    let answer = press(&browser, &proof_link(&app, BO)).expect(303);
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["rk-proof=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("bo"), "{cookie}");
    let is_booked = |browser: &Client, email: &str, start: &str| {
        let location = fill_in(browser, "visit", start, email).location();
        !location.ends_with("/check-mail")
    };
    assert!(is_booked(&browser, "BO@customers.example", "2027-07-05T10:00:00Z"));
    assert!(!is_booked(&browser, "cy@customers.example", "2027-07-05T11:00:00Z"), "other address");
    assert!(!is_booked(&app.client(), BO, "2027-07-05T12:00:00Z"), "other browser");
    let mut forged = browser.cookies()["rk-proof"].clone();
    forged.replace_range(3..4, if forged[3..4] == *"A" { "B" } else { "A" });
    let forger = app.client().header("Cookie", format!("rk-proof={forged}"));
    assert!(!is_booked(&forger, BO, "2027-07-05T13:00:00Z"), "forged");
    app.restart_at("2027-07-31 07:59:00");
    assert!(is_booked(&browser, BO, "2027-08-05T10:00:00Z"));
    app.restart_at("2027-07-31 08:01:00");
    assert!(!is_booked(&browser, BO, "2027-08-05T11:00:00Z"), "after 30 days");
}

fn a_host_who_books_proves_nothing(backend: Backend) {
    let app = app(backend);
    let key = app.key("ada", "bookings:write");
    let request = app.request("visit", START, "Bo Berg", BO);
    let made = key.post_json("/api/v1/bookings", &request).expect(201).json();
    assert_eq!(made["status"], "confirmed");
    let add = ["booking", "add", "--host", "ada", "--event", "visit", "--name", "Bo"];
    let at = ["--email", BO, "--start", "2027-07-05T10:00:00Z", "--json"];
    let made = app.cli(&[&add[..], &at].concat()).json();
    assert_eq!(made["status"], "confirmed");
    let host = app.sign_in(&Host::ada());
    let path = "/app/bookings/new?event=visit&slot=2027-07-05T11:00:00Z";
    let form = host.page(path).form("/app/bookings/new");
    let form = form.set("name", "Bo Berg").set("email", BO);
    let page = host.submit(&form).expect(303).location();
    assert!(host.page(&page).text().contains("Bo Berg is booked"));
}

fn a_booking_that_nobody_was_told_of_ends_silently(backend: Backend) {
    let app = app(backend);
    ask(&app.client(), START);
    assert_eq!(mails(&app), 1);
    let key = app.key("ada", "bookings:write");
    let list = |query: &str| {
        let listed = key.get(&format!("/api/v1/bookings{query}")).expect(200).json();
        listed["bookings"].as_array().cloned().expect("a list")
    };
    assert_eq!(list("").len(), 0);
    let waiting = list("?status=unverified");
    assert_eq!(waiting.len(), 1);
    assert_eq!((&waiting[0]["status"], &waiting[0]["room"]), (&json!("unverified"), &json!(null)));
    let id = waiting[0]["id"].as_str().expect("an id");
    let act = |act: &str, body| key.post_json(&format!("/api/v1/bookings/{id}/{act}"), &body);
    for no in ["confirm", "decline"] {
        assert_eq!(act(no, json!({})).problem(409), "invalid_transition");
    }
    let moved = json!({"start": "2027-07-05T10:00:00Z"});
    assert_eq!(act("reschedule", moved).problem(409), "invalid_transition");
    assert_eq!(act("cancel", json!({})).expect(200).json()["status"], "cancelled");
    assert!(is_free(&app, START));
    assert_eq!(mails(&app), 1, "nobody is told");
    let shown = app.cli(&["booking", "list", "--status", "cancelled", "--json"]).json();
    assert_eq!(shown.as_array().map(Vec::len), Some(1));
    assert_eq!(app.cli(&["booking", "list", "--json"]).json(), json!([]));
}

fn programs_see_as_much_as_people(backend: Backend) {
    let app = app(backend);
    let options = ["--title", "Call", "--duration", "30", "--email-proof", "--location", "phone"];
    app.add_event_type(
        "ada",
        "call",
        &[&options[..], &["--location-detail", "+44 1632 960000"]].concat(),
    );
    let program = app.client().header("Idempotency-Key", "one");
    let request = app.request("call", START, "Bo Berg", BO);
    let post = || program.post_json("/api/v1/bookings", &request).expect(201).json();
    let first = post();
    assert_eq!((&first["status"], &first["version"]), (&json!("unverified"), &json!(1)));
    assert_eq!(first["location"], json!({"kind": "phone", "detail": null}));
    let links = &first["links"];
    let page = links["page"].as_str().expect("a page");
    assert!(page.ends_with("/check-mail"), "{page}");
    assert_eq!((&links["join"], &links["calendar"]), (&json!(null), &json!(null)));
    assert!(app.client().page(&path_of(page)).text().contains("Check your email"));
    // Proven and moved by who has the address, it tells a repeat no more.
    let booked = press(&app.client(), &proof_link(&app, BO)).expect(303).location();
    assert!(app.client().page(&booked).text().contains("+44 1632 960000"));
    let id = first["id"].as_str().expect("an id");
    app.cli(&["booking", "move", id, "--start", "2027-07-06T09:00:00Z"]).done();
    let again = post();
    assert_eq!(again["status"], "confirmed");
    for part in ["links", "location", "start", "end", "id", "room"] {
        assert_eq!(again[part], first[part], "{part}");
    }
}

fn an_installation_may_ask_always(backend: Backend) {
    let mut app = TestApp::on(backend)
        .clock("2027-07-01 08:00:00")
        .without_limits()
        .set("email_proof", "always")
        .start_with_ada();
    let request = app.request("intro", START, "Bo Berg", BO);
    let book =
        |app: &TestApp| app.client().post_json("/api/v1/bookings", &request).expect(201).json();
    assert_eq!(book(&app)["status"], "unverified");
    press(&app.client(), &proof_link(&app, BO)).expect(303);
    app.stop();
    app.set("email_proof", "sometimes");
    assert!(app.cli(&["doctor"]).refused().contains("email_proof"));
    app.set("email_proof", "per-event-type");
    app.start();
    let request = app.request("intro", "2027-07-05T10:00:00Z", "Bo Berg", BO);
    let made = app.client().post_json("/api/v1/bookings", &request).expect(201).json();
    assert_eq!(made["status"], "confirmed");
}

fn a_flood_turns_it_on_for_a_while(backend: Backend) {
    let mut app = TestApp::on(backend).clock("2027-07-01 08:00:00").start_with_ada();
    app.add_host(&Host::new("eve", "Eve", "UTC"));
    app.add_event_type("eve", "intro", &["--title", "Intro call", "--duration", "30"]);
    let slots = app.slots("ada", "intro", "2027-07-05", "2027-07-08");
    let mut free = slots.iter();
    let mut book = |app: &TestApp| {
        let start = free.next().expect("a free time");
        let email = format!("bo{}@customers.example", free.len());
        let request = app.request("intro", start, "Bo Berg", &email);
        let made = app.client().post_json("/api/v1/bookings", &request).expect(201).json();
        made["status"].as_str().expect("a status").to_owned()
    };
    for _ in 0..30 {
        assert_eq!(book(&app), "confirmed");
    }
    for _ in 0..3 {
        assert_eq!(book(&app), "unverified");
    }
    let warnings =
        |app: &TestApp| app.logs().lines().filter(|line| line.contains("many bookings")).count();
    app.wait_for_line("many bookings");
    assert_eq!(warnings(&app), 1, "{}", app.logs());
    // Other hosts' customers, and this host, book as ever.
    let mut other = app.request("intro", START, "Cy Cole", "cy@customers.example");
    other["host"] = json!("eve");
    let made = app.client().post_json("/api/v1/bookings", &other).expect(201).json();
    assert_eq!(made["status"], "confirmed");
    app.restart_at("2027-07-01 09:01:00");
    assert_eq!(book(&app), "confirmed");

    app.stop();
    app.set("limits.enabled", "false");
    app.start();
    for _ in 0..35 {
        assert_eq!(book(&app), "confirmed");
    }
}

fn mails_to_one_address_are_few(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").start_with_ada();
    app.add_event_type("ada", "visit", PROVEN);
    let slots = app.slots("ada", "visit", "2027-07-05", "2027-07-05");
    let book = |client: &Client, start: &str, email: &str| {
        client.post_json("/api/v1/bookings", &app.request("visit", start, "Bo", email)).status
    };
    for start in &slots[..10] {
        assert_eq!(book(&app.client(), start, BO), 201);
    }
    assert_eq!(book(&app.client(), &slots[10], "Bo@Customers.example"), 429);
    assert_eq!(mails(&app), 10);
    assert_eq!(book(&app.client(), &slots[10], "cy@customers.example"), 201);
    // It does not lock out whose address it is, once they have shown it.
    let browser = app.client();
    press(&browser, &proof_link(&app, BO)).expect(303);
    let location = fill_in(&browser, "visit", &slots[11], BO).location();
    assert!(!location.ends_with("/check-mail"), "{location}");
}

/// Posts at the same time: each of so many clients to its path.
fn race(racers: Vec<(Client, &str)>) -> Vec<Reply> {
    std::thread::scope(|scope| {
        let start = |(client, path): (Client, &'_ str)| {
            let path = path.to_owned();
            scope.spawn(move || {
                if path.starts_with("/api/") {
                    client.post_json(&path, &json!({}))
                } else {
                    client.post_form(&path, &[])
                }
            })
        };
        let racers: Vec<_> = racers.into_iter().map(start).collect();
        racers.into_iter().map(|racer| racer.join().expect("a racer")).collect()
    })
}

fn two_presses_are_one(backend: Backend) {
    let app = app(backend);
    for round in 0..5 {
        let before = mails(&app);
        ask(&app.client(), &format!("2027-07-{:02}T09:00:00Z", 5 + round));
        let link = wait_until("the mail", SOON, || latest_link(&app, before));
        let visitor = app.client();
        let replies = race((0..16).map(|_| (visitor.clone(), link.as_str())).collect());
        let pages: std::collections::BTreeSet<_> =
            replies.into_iter().map(|reply| reply.expect(303).location()).collect();
        assert_eq!(pages.len(), 1, "{pages:?}");
        assert_eq!(mails(&app), before + 3, "the link, and one mail for each side");
        assert_eq!(number(&app, "SELECT count(*) FROM rooms"), round + 1);
        let versions = "SELECT count(*) FROM bookings WHERE version <> 2";
        assert_eq!(number(&app, versions), 0);
    }
}

/// The link of a mail that came after so many.
fn latest_link(app: &TestApp, before: usize) -> Option<String> {
    let mails: Vec<Mail> = app.mailbox().all();
    let used: Vec<String> = app
        .database()
        .rows("SELECT bookings.id FROM bookings WHERE version > 1")
        .iter()
        .map(|row| row["id"].as_str().expect("an id").to_owned())
        .collect();
    let mut asks = mails.iter().filter(|mail| mail.part("text").contains("/verify"));
    let mail = asks.find(|mail| !used.iter().any(|id| mail.part("text").contains(id)))?;
    (mails.len() > before).then(|| path_of(&mail.link("/verify")))
}

/// Pressed, let go, cancelled and expired at the same time: one of them happens, whole.
fn a_press_and_the_end_of_time(backend: Backend) {
    let app = app(backend);
    let key = app.key("ada", "bookings:write");
    for round in 0..8 {
        let before = mails(&app);
        let start = format!("2027-07-{:02}T09:00:00Z", 5 + round);
        let made =
            app.client().post_json("/api/v1/bookings", &app.request("visit", &start, "Bo", BO));
        let made = Booked::from_json(made.expect(201).json());
        let waiting = made.page().to_owned();
        let link = wait_until("the mail", SOON, || latest_link(&app, before));
        if round % 2 == 1 {
            // The worker ends it as soon as it looks.
            app.database().execute(&format!(
                "UPDATE bookings SET expires_at = {} WHERE id = '{}'",
                app.now().timestamp_micros() + 40_000,
                made.id()
            ));
        }
        let (visitor, cancel) = (app.client(), format!("/api/v1/bookings/{}/cancel", made.id()));
        let racers = (0..12).map(|racer| match racer % 3 {
            0 => (visitor.clone(), link.as_str()),
            1 => (visitor.clone(), waiting.as_str()),
            _ => (key.clone(), cancel.as_str()),
        });
        let replies = race(racers.collect());
        let answers: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        assert!(answers.iter().all(|status| [200, 303, 409, 422].contains(status)), "{answers:?}");
        let shown = app.cli(&["booking", "show", made.id(), "--json"]).json();
        let live = format!(
            "SELECT count(*) FROM rooms WHERE booking_id = '{}' AND NOT revoked",
            made.id()
        );
        let held = format!(
            "SELECT count(*) FROM booking_hosts WHERE booking_id = '{}' AND held",
            made.id()
        );
        let confirmed = i64::from(shown["status"] == "confirmed");
        assert_eq!((number(&app, &live), number(&app, &held)), (confirmed, confirmed), "{shown}");
        // Who was never proven was told nothing but the link.
        let proven = number(
            &app,
            &format!(
                "SELECT count(*) FROM attendees WHERE booking_id = '{}' AND verified_at IS NOT NULL",
                made.id()
            ),
        );
        let version = shown["version"].as_i64().expect("a version");
        // Verified, cancelled, or verified and then cancelled.
        assert_eq!(version, if shown["status"] == "cancelled" { 2 + proven } else { 2 }, "{shown}");
        if proven == 0 {
            assert_eq!(mails(&app), before + 1);
        }
    }
}
