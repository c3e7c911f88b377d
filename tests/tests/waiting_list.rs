//! Who finds no free time is told when one frees up: the first in line first, and the time is kept for them meanwhile.

use roomkey_tests::{
    Backend, Booked, Client, Form, Host, Page, SOON, TestApp, on_both, wait_until,
};
use serde_json::{Value, json};

on_both!(
    a_customer_joins_looks_and_leaves,
    a_form_that_is_wrong_joins_nobody,
    a_second_joining_changes_and_tells_nothing,
    who_must_prove_is_in_line_after_that,
    joining_is_limited,
    a_cancelled_time_goes_to_the_first_in_line,
    every_way_in_which_a_time_becomes_free_counts,
    a_seat_that_is_given_up_counts,
    who_lets_an_offer_lapse_is_out_and_the_next_is_asked,
    who_passes_an_offer_on_is_out_and_the_next_is_asked,
    only_who_is_offered_a_time_can_book_it,
    an_offer_is_proof_enough,
    an_offer_lasts_no_longer_than_it_can_be_booked,
    days_and_lengths_are_minded,
    a_kill_loses_no_offer,
    who_is_offered_a_time_already_is_told_that_alone,
    the_host_sees_who_waits,
    the_editor_knows_it,
    what_is_over_is_forgotten,
);

const ADA: &str = "ada@hosts.example";
const BO: &str = "bo@customers.example";
const CY: &str = "cy@customers.example";
/// The one time of Friday 2 July 2027.
const SLOT: &str = "2027-07-02T08:00:00Z";
const FRIDAY: &str = "2027-07-02";
const FORM: &str = "/ada/rare/waiting-list";

/// London, Thursday 1 July 2027, 09:00. One hour each morning from Friday on can be booked.
fn app(backend: Backend) -> TestApp {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:01").without_limits().start();
    furnish(&app, &[]);
    app
}

fn furnish(app: &TestApp, more: &[&str]) {
    let ada = Host::ada();
    app.add_host(&ada);
    app.set_schedule(&ada, &["mon-fri 09:00-10:00"]);
    let options = ["--title", "Rare", "--duration", "60", "--waiting-list", "30"];
    app.add_event_type("ada", "rare", &[&options, more].concat());
}

fn book(app: &TestApp, start: &str) -> Booked {
    let request = app.request("rare", start, "Ann Adler", "ann@customers.example");
    Booked::from_json(app.client().post_json("/api/v1/bookings", &request).expect(201).json())
}

fn cancel(app: &TestApp, booked: &Booked) {
    app.cli(&["booking", "cancel", booked.id()]).done();
}

fn form(app: &TestApp, day: &str, email: &str) -> Form {
    let form = app.client().page(&format!("{FORM}?tz=UTC")).form(FORM);
    form.set("day", day).set("name", "Bo Berg").set("email", email)
}

/// Joins, and gives the path of the page behind the link in the mail.
fn join(app: &TestApp, day: &str, email: &str) -> String {
    let form = form(app, day, email);
    // On other days there are free times.
    let form = if day.is_empty() { form.set("until", FRIDAY) } else { form };
    let reply = app.client().submit(&form).expect(303);
    assert_eq!(reply.location(), format!("{FORM}?done=on"));
    page_in_mail(app, email, "On the waiting list: ")
}

fn page_in_mail(app: &TestApp, email: &str, subject: &str) -> String {
    let mail = app
        .mailbox()
        .wait_for(subject, |mail| mail.is_to(email) && mail.part("subject").starts_with(subject));
    let link = mail.link("/w/");
    link[link.find("/w/").expect("a path")..].to_owned()
}

/// Waits until somebody is told that a time is free.
fn offered(app: &TestApp, email: &str) {
    page_in_mail(app, email, "A time is free: ");
}

/// Waits until somebody's page says so.
fn says(app: &TestApp, path: &str, text: &str) -> Page {
    let browser = app.client();
    wait_until(text, SOON, || Some(browser.page(path)).filter(|page| page.text().contains(text)))
}

fn press(app: &TestApp, path: &str, button: &str) -> u16 {
    let browser = app.client();
    let forms = browser.page(path).forms(path);
    let form = forms.first().cloned().expect("a form");
    browser.submit(&form.press("do", button)).status
}

fn line(app: &TestApp) -> Vec<Value> {
    let list = app.cli(&["waiting-list", "list", "--host", "ada", "--json"]).json();
    list.as_array().cloned().expect("a list")
}

fn number(app: &TestApp, select: &str) -> i64 {
    app.database().number(select)
}

fn free(app: &TestApp) -> Vec<String> {
    app.slots("ada", "rare", FRIDAY, FRIDAY)
}

/// That all mail has left, and how many mails there are.
fn mails(app: &TestApp) -> usize {
    let queued = "SELECT count(*) FROM outbox_messages WHERE finished_at IS NULL";
    wait_until("all mail", SOON, || (number(app, queued) == 0).then_some(()));
    app.mailbox().count()
}

fn a_customer_joins_looks_and_leaves(backend: Backend) {
    let app = app(backend);
    let browser = app.client();
    let day = format!("/ada/rare?date={FRIDAY}&tz=UTC");
    // Always a way to it, and where nothing is free a button.
    assert!(browser.page(&day).links().iter().any(|link| link.contains("/waiting-list")));
    book(&app, SLOT);
    let page = browser.page(&day);
    assert!(page.text().contains("Tell me when a time frees up"), "{}", page.text());
    let path = page.link("waiting-list?date=");
    let form = browser.page(&path).form(FORM);
    assert_eq!((form.value("day"), form.value("tz")), (Some(FRIDAY), Some("UTC")));
    assert!(browser.page(&path).text().contains("By the clock in London"));
    let before = mails(&app);
    let reply = browser.submit(&form.set("name", "Bo Berg").set("email", BO)).expect(303);
    let text = browser.page(&reply.location()).text();
    assert!(text.contains("You are on the waiting list for Rare"), "{text}");
    assert!(!reply.location().contains("/w/"), "the link goes to the address alone");

    let mail = app.mailbox().wait_for("the mail", |mail| mail.is_to(BO));
    assert_eq!(mail.part("subject"), "On the waiting list: Rare");
    assert!(mail.value()["calendar"].is_null(), "{}", mail.value());
    assert!(mail.part("text").contains("1 hour on Friday 2 July 2027"), "{}", mail.part("text"));
    assert!(mail.part("text").contains("kept for you for 30 minutes"), "{}", mail.part("text"));
    assert_eq!(mail.header("reply-to").len(), 1);
    let link = mail.link("/w/");
    assert_eq!(mail.header("list-unsubscribe"), [format!("<{link}>")]);
    for part in ["text", "html"] {
        assert!(!mail.part(part).contains("Bo Berg"), "whoever joined may not be its reader");
    }
    assert_eq!(mails(&app), before + 1, "the host hears of nothing");

    let path = page_in_mail(&app, BO, "On the waiting list: ");
    let second = join(&app, "", CY);
    assert!(browser.page(&path).text().contains("You are the first in line"));
    assert!(browser.page(&second).text().contains("1 is before you"));
    let reply = browser.get(&path).expect(200);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("x-robots-tag"), "noindex");
    let stored = app.database().dump();
    assert!(!stored.contains(path.trim_start_matches("/w/")), "the link lies nowhere readable");

    assert_eq!(press(&app, &path, "leave"), 303);
    assert!(browser.page(&path).text().contains("You are no longer on the waiting list"));
    assert!(browser.page(&second).text().contains("You are the first in line"));
    // Once more says so.
    let leave = [("do".to_owned(), "leave".to_owned())];
    let late = browser.post_form(&path, &leave).expect(422);
    assert!(late.body.contains("Nothing was changed"), "{}", late.body);
    browser.post_form(&path, &[]).expect(422);
    browser.get(&format!("/w/{}", "A".repeat(43))).expect(404);
    browser.post_form(&format!("/w/{}", "A".repeat(43)), &leave).expect(404);
    browser.get("/w/short").expect(404);
    assert_eq!(line(&app).len(), 1);
    // And joins again.
    let again = browser.page(&path).link("/waiting-list");
    let form = browser.page(&again).form(FORM);
    assert_eq!(form.value("day"), Some(FRIDAY));
    browser.submit(&form.set("name", "Bo Berg").set("email", BO)).expect(303);
    assert_eq!(line(&app).len(), 2);
}

fn a_form_that_is_wrong_joins_nobody(backend: Backend) {
    let app = app(backend);
    let browser = app.client();
    let marked = |form: &Form| {
        let page = browser.submit(form).expect(422).page();
        assert_eq!(page.form(FORM).value("name"), form.value("name"), "answers are kept");
        page.marked().into_iter().collect::<Vec<_>>()
    };
    // There are free times.
    assert_eq!(marked(&form(&app, FRIDAY, BO)), ["day"]);
    assert_eq!(marked(&form(&app, "", BO)), ["day"]);
    book(&app, SLOT);
    assert_eq!(marked(&form(&app, "", BO)), ["day"], "on other days");
    for (field, text) in [
        ("day", "2027-06-30"),
        ("day", "2028-07-02"),
        ("day", "tomorrow"),
        ("until", "2027-02-30"),
        ("name", ""),
        ("name", "See https://evil.example"),
        ("email", "bo"),
        ("tz", "Nowhere"),
    ] {
        assert_eq!(marked(&form(&app, FRIDAY, BO).force(field, text)), [field], "{text}");
    }
    // With the last day that suits, nothing is free until then.
    assert_eq!(marked(&form(&app, "", BO).set("until", "2027-06-30")), ["until"]);
    browser.submit(&form(&app, FRIDAY, BO).set("website", "x")).expect(422);
    browser.submit(&form(&app, FRIDAY, BO).force("duration", "45")).expect(422);
    assert_eq!(number(&app, "SELECT count(*) FROM waiting_entries"), 0);
    browser.submit(&form(&app, "", BO).set("until", FRIDAY)).expect(303);
    assert_eq!(line(&app)[0]["until"], FRIDAY);

    app.add_event_type("ada", "plain", &["--title", "Plain", "--duration", "30"]);
    let options = ["--title", "Secret", "--duration", "30", "--link-only", "--waiting-list", "30"];
    app.add_event_type("ada", "secret", &options);
    for slug in ["plain", "secret", "nothing"] {
        let path = format!("/ada/{slug}/waiting-list");
        browser.get(&path).expect(404);
        browser.post_form(&path, form(&app, FRIDAY, BO).fields()).expect(404);
    }
    assert!(!browser.page("/ada/plain").links().iter().any(|link| link.contains("waiting-list")));
    let fields = form(&app, FRIDAY, CY);
    browser
        .post_form_from(FORM, fields.fields(), &[("Origin", "https://evil.example")])
        .expect(403);
    let wrong = app.cli(&[
        "event-type",
        "add",
        "--host",
        "ada",
        "--slug",
        "x",
        "--title",
        "X",
        "--duration",
        "30",
        "--waiting-list",
        "4",
    ]);
    assert_eq!(wrong.code, Some(2));
}

fn a_second_joining_changes_and_tells_nothing(backend: Backend) {
    let app = app(backend);
    book(&app, SLOT);
    let reply = |email: &str| {
        let reply = app.client().submit(&form(&app, FRIDAY, email)).expect(303);
        (reply.location(), app.client().get(&reply.location()).expect(200).body)
    };
    let first = reply(BO);
    let path = page_in_mail(&app, BO, "On the waiting list: ");
    let (before, sent) = (app.database().dump_of("waiting_entries"), mails(&app));
    assert_eq!(reply(BO), first);
    assert_eq!(reply("BO@customers.example"), first);
    assert_eq!(app.database().dump_of("waiting_entries"), before);
    assert_eq!(mails(&app), sent);
    assert_eq!(reply(CY), first);
    assert_eq!(mails(&app), sent + 1);
    // For another day, and after the end, it is another entry.
    let monday = "2027-07-05";
    book(&app, "2027-07-05T08:00:00Z");
    app.client().submit(&form(&app, monday, BO)).expect(303);
    press(&app, &path, "leave");
    assert_eq!(reply(BO), first);
    assert_eq!(number(&app, "SELECT count(*) FROM waiting_entries WHERE ended_at IS NULL"), 3);
}

fn who_must_prove_is_in_line_after_that(backend: Backend) {
    let mut app = TestApp::on(backend).clock("2027-07-01 08:00:01").without_limits().start();
    furnish(&app, &["--email-proof"]);
    let key = app.key("ada", "bookings:write");
    let request = app.request("rare", SLOT, "Ann Adler", "ann@customers.example");
    let booked = Booked::from_json(key.post_json("/api/v1/bookings", &request).expect(201).json());
    let (bo, cy) = (app.client(), app.client());
    assert!(bo.page(FORM).text().contains("an email with a button to press"));
    let join = |browser: &Client, email: &str| {
        let location = browser.submit(&form(&app, FRIDAY, email)).expect(303).location();
        assert_eq!(location, format!("{FORM}?done=prove"));
        page_in_mail(&app, email, "Confirm your place on the waiting list: ")
    };
    let (first, second) = (join(&bo, BO), join(&cy, CY));
    let mail = app.mailbox().wait_for("the mail", |mail| mail.is_to(BO));
    assert!(mail.header("reply-to").is_empty(), "{mail:?}");
    assert!(line(&app).is_empty());
    // Looking is not pressing.
    assert!(bo.page(&first).text().contains("You are in line as soon as"));
    assert!(line(&app).is_empty());
    assert_eq!(press(&app, &second, "prove"), 303);
    assert_eq!(press(&app, &second, "leave"), 303);
    // Nothing comes back by the button.
    cy.post_form(&second, &[("do".into(), "prove".into())]).expect(303);
    assert!(line(&app).is_empty());
    // In the browser where it was pressed, it need not be again.
    let form_of = bo.page(&first).form(&first).press("do", "prove");
    bo.submit(&form_of).expect(303);
    assert!(bo.page(&first).text().contains("You are the first in line"));
    let since = number(&app, "SELECT max(in_line_since) FROM waiting_entries");
    bo.submit(&form_of).expect(303);
    assert_eq!(number(&app, "SELECT max(in_line_since) FROM waiting_entries"), since);
    let location = bo.submit(&form(&app, "", BO).set("until", FRIDAY)).expect(303).location();
    assert_eq!(location, format!("{FORM}?done=on"));
    // One that nobody proves does not keep the address away for ever, and gets nothing.
    join_unproven(&app, "di@customers.example");
    app.restart_at("2027-07-02 07:20:00");
    cancel(&app, &booked);
    offered(&app, BO);
    assert_eq!(number(&app, "SELECT count(*) FROM waiting_entries WHERE state = 'offered'"), 1);
}

fn join_unproven(app: &TestApp, email: &str) {
    app.client().submit(&form(app, FRIDAY, email)).expect(303);
}

fn joining_is_limited(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:01").start();
    furnish(&app, &[]);
    book(&app, SLOT);
    let statuses: Vec<u16> =
        (0..21).map(|_| app.client().submit(&form(&app, FRIDAY, BO)).status).collect();
    assert_eq!(statuses[..20], [303; 20], "as bookings are");
    assert_eq!(statuses[20], 429);
    app.client().submit(&form(&app, FRIDAY, CY)).expect(303);
}

fn a_cancelled_time_goes_to_the_first_in_line(backend: Backend) {
    let app = app(backend);
    let booked = book(&app, SLOT);
    let (bo, cy) = (join(&app, FRIDAY, BO), join(&app, "2027-07-02", CY));
    cancel(&app, &booked);
    let mail = app.mailbox().wait_for("the offer", |mail| {
        mail.is_to(BO) && mail.part("subject").starts_with("A time is free: Rare, Fri 2 Jul, 08:00")
    });
    assert!(mail.value()["calendar"].is_null());
    assert!(mail.part("text").contains("It is kept for you until 08:3"), "{}", mail.part("text"));
    assert!(mail.part("text").contains("For Ada Lovelace in London it is 09:00"), "{mail:?}");
    let page = app.client().page(&bo);
    assert!(page.text().contains("A time is free until 08:3"), "{}", page.text());
    // Nobody else sees it as free.
    assert!(free(&app).is_empty());
    assert!(app.client().page(&cy).text().contains("You are the first in line"));
    let states: Vec<_> = line(&app).iter().map(|entry| entry["state"].clone()).collect();
    assert_eq!(states, ["offered", "waiting"]);
    assert_eq!(line(&app)[0]["offered"]["start"], SLOT);

    // The link on the page leads to the form, filled in.
    let browser = app.client();
    let form = browser.page(&page.link("slot=")).form("/ada/rare");
    assert_eq!((form.value("name"), form.value("email")), (Some("Bo Berg"), Some(BO)));
    let reply = browser.submit(&form).expect(303);
    assert!(browser.page(&reply.location()).text().contains("Rare"));
    assert!(app.client().page(&bo).text().contains("You have booked"));
    assert_eq!(number(&app, "SELECT count(*) FROM slot_holds"), 0);
    assert_eq!(number(&app, "SELECT count(*) FROM bookings WHERE status = 'confirmed'"), 1);
    assert_eq!(line(&app).len(), 1);
}

/// Moved away, declined, expired, not proven, called off with the whole day.
fn every_way_in_which_a_time_becomes_free_counts(backend: Backend) {
    let mut app = app(backend);
    let options = |more: &[&'static str]| {
        [&["--title", "Rare", "--duration", "60", "--waiting-list", "30"][..], more].concat()
    };
    app.add_event_type(
        "ada",
        "asking",
        &options(&["--requires-confirmation", "--confirm-within", "60"]),
    );
    app.add_event_type("ada", "proof", &options(&["--email-proof"]));
    let key = app.key("ada", "bookings:write");
    let ask = |event: &str, day: u32| {
        let request = app.request(event, &format!("2027-07-{day:02}T08:00:00Z"), "Ann", ADA);
        Booked::from_json(app.client().post_json("/api/v1/bookings", &request).expect(201).json())
    };
    let moved = ask("rare", 2);
    let declined = ask("asking", 5);
    ask("asking", 6);
    ask("proof", 7);
    let off = ask("rare", 8);
    let waiting: Vec<(String, String)> = [2, 5, 6, 7, 8]
        .map(|day| {
            let email = format!("waits{day}@customers.example");
            (join(&app, &format!("2027-07-{day:02}"), &email), email)
        })
        .into();
    let act = |booked: &Booked, act: &str, body: &Value| {
        key.post_json(&format!("/api/v1/bookings/{}/{act}", booked.id()), body).expect(200);
    };
    act(&moved, "reschedule", &json!({"start": "2027-07-09T08:00:00Z"}));
    offered(&app, &waiting[0].1);
    act(&declined, "decline", &json!({}));
    offered(&app, &waiting[1].1);
    act(&off, "cancel", &json!({}));
    offered(&app, &waiting[4].1);
    // Quarter of an hour without proof; an hour without an answer.
    app.restart_at("2027-07-01 08:16:00");
    offered(&app, &waiting[3].1);
    assert_eq!(line(&app).iter().filter(|entry| entry["state"] == "waiting").count(), 1);
    app.restart_at("2027-07-01 09:01:00");
    offered(&app, &waiting[2].1);
}

fn a_seat_that_is_given_up_counts(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:01").without_limits().start();
    furnish(&app, &["--seats", "2"]);
    let first = book(&app, SLOT);
    book(&app, SLOT);
    let (bo, cy) = (join(&app, FRIDAY, BO), join(&app, FRIDAY, CY));
    cancel(&app, &first);
    let page = says(&app, &bo, "A time is free until");
    assert!(free(&app).is_empty(), "the one seat is kept");
    assert!(app.client().page(&cy).text().contains("You are the first in line"));
    let browser = app.client();
    browser.submit(&browser.page(&page.link("slot=")).form("/ada/rare")).expect(303);
    assert_eq!(number(&app, "SELECT taken FROM group_sessions"), 2);
}

fn who_lets_an_offer_lapse_is_out_and_the_next_is_asked(backend: Backend) {
    let mut app = app(backend);
    let booked = book(&app, SLOT);
    let (bo, cy) = (join(&app, FRIDAY, BO), join(&app, FRIDAY, CY));
    cancel(&app, &booked);
    offered(&app, BO);
    let book = app.client().page(&bo).link("slot=");
    app.restart_at("2027-07-01 08:25:00");
    assert!(app.client().page(&bo).text().contains("A time is free until"));
    app.restart_at("2027-07-01 08:32:00");
    offered(&app, CY);
    let text = app.client().page(&bo).text();
    assert!(text.contains("The offer has passed on") && text.contains("Join again"), "{text}");
    assert!(app.client().page(&cy).text().contains("A time is free until"));
    // The link of the former offer opens nothing that is kept for another.
    assert!(!app.client().page(&book).has_form("/ada/rare"));
    // With the last in line gone it is free for all.
    app.restart_at("2027-07-01 09:05:00");
    assert_eq!(free(&app), [SLOT]);
    says(&app, &cy, "The offer has passed on");
    wait_until("the end", SOON, || line(&app).is_empty().then_some(()));
}

fn who_passes_an_offer_on_is_out_and_the_next_is_asked(backend: Backend) {
    let app = app(backend);
    let booked = book(&app, SLOT);
    let bo = join(&app, FRIDAY, BO);
    join(&app, "", "di@customers.example");
    let cy = join(&app, FRIDAY, CY);
    cancel(&app, &booked);
    offered(&app, BO);
    assert_eq!(press(&app, &bo, "leave"), 303);
    says(&app, &bo, "You are no longer on the waiting list");
    offered(&app, "di@customers.example");
    assert!(app.client().page(&cy).text().contains("You are the first in line"));
}

fn only_who_is_offered_a_time_can_book_it(backend: Backend) {
    let app = app(backend);
    let booked = book(&app, SLOT);
    let (bo, cy) = (join(&app, FRIDAY, BO), join(&app, FRIDAY, CY));
    // Filled in while it was free for a moment.
    cancel(&app, &booked);
    offered(&app, BO);
    let token = |path: &str| path.trim_start_matches("/w/").to_owned();
    let request = app.request("rare", SLOT, "Di Dorn", "di@customers.example");
    assert_eq!(app.client().post_json("/api/v1/bookings", &request).problem(409), "slot_taken");
    let key = app.key("ada", "bookings:write");
    assert_eq!(key.post_json("/api/v1/bookings", &request).problem(409), "slot_taken");
    let other = book(&app, "2027-07-05T08:00:00Z");
    let path = format!("/api/v1/bookings/{}/reschedule", other.id());
    assert_eq!(key.post_json(&path, &json!({"start": SLOT})).status, 409);
    // Nor does who waits behind.
    for waiting in [token(&cy), "A".repeat(43), String::new()] {
        let path = format!("/ada/rare?slot={SLOT}&tz=UTC&waiting={waiting}");
        assert!(!app.client().page(&path).has_form("/ada/rare"), "{waiting}");
    }
    let own = format!("/ada/rare?slot={SLOT}&tz=UTC&waiting={}", token(&bo));
    let form = app.client().page(&own).form("/ada/rare");
    let reply = app.client().get(&own).expect(200);
    assert_eq!(reply.header("cache-control"), "no-store");
    let refused = app.client().submit(&form.clone().force("waiting", token(&cy))).expect(422);
    assert!(refused.page().text().contains("Somebody just took"));
    app.client().submit(&form.clone().without("waiting")).expect(422);
    // A wrong form keeps the offer, and what it came with.
    let page = app.client().submit(&form.clone().set("name", "")).expect(422).page();
    let again = page.form("/ada/rare");
    assert_eq!(again.value("waiting"), Some(token(&bo).as_str()));
    app.client().submit(&again.set("name", "Bo Berg")).expect(303);
    assert_eq!(number(&app, "SELECT count(*) FROM waiting_entries WHERE state = 'booked'"), 1);
}

/// The link to it was sent to that address alone.
fn an_offer_is_proof_enough(backend: Backend) {
    let app = app(backend);
    let booked = book(&app, SLOT);
    let (bo, cy) = (join(&app, FRIDAY, BO), join(&app, FRIDAY, CY));
    let browser = app.sign_in(&Host::ada());
    let editor = "/app/event-types/rare";
    let form = browser.page(editor).form(editor).force("email_proof", "on");
    browser.submit(&form).expect(303);
    cancel(&app, &booked);
    offered(&app, BO);
    let form = |path: &str| {
        let browser = app.client();
        let page = browser.page(&browser.page(path).link("slot="));
        assert!(!page.text().contains("an email with a button"), "{}", page.text());
        page.form("/ada/rare")
    };
    let location = app.client().submit(&form(&bo)).expect(303).location();
    assert!(location.starts_with("/b/") && !location.ends_with("/check-mail"), "{location}");
    let confirmed = app.database().rows("SELECT id FROM bookings WHERE status = 'confirmed'");
    assert_eq!(confirmed.len(), 1);
    // Another address is another matter.
    app.cli(&["booking", "cancel", confirmed[0]["id"].as_str().expect("an id")]).done();
    offered(&app, CY);
    let other = form(&cy).set("email", "eve@customers.example");
    let location = app.client().submit(&other).expect(303).location();
    assert!(location.ends_with("/check-mail"), "{location}");
}

fn an_offer_lasts_no_longer_than_it_can_be_booked(backend: Backend) {
    let mut app = TestApp::on(backend).clock("2027-07-01 08:00:01").without_limits().start();
    furnish(&app, &["--min-notice", "120"]);
    let booked = book(&app, SLOT);
    let bo = join(&app, FRIDAY, BO);
    // Ten minutes before the notice of two hours begins.
    app.restart_at("2027-07-02 05:50:00");
    cancel(&app, &booked);
    let text = says(&app, &bo, "A time is free until").text();
    assert!(text.contains("A time is free until 06:00, UTC time"), "{text}");

    // For three minutes nobody is asked; whoever is quick may have it.
    let mut app = TestApp::on(backend).clock("2027-07-01 08:00:01").without_limits().start();
    furnish(&app, &["--min-notice", "120"]);
    let booked = book(&app, SLOT);
    let bo = join(&app, FRIDAY, BO);
    app.restart_at("2027-07-02 05:57:00");
    cancel(&app, &booked);
    // The next turn is over when this one has been offered something.
    let monday = book(&app, "2027-07-05T08:00:00Z");
    let cy = join(&app, "2027-07-05", CY);
    cancel(&app, &monday);
    says(&app, &cy, "A time is free until");
    assert_eq!(free(&app), [SLOT]);
    assert!(app.client().page(&bo).text().contains("You are the first in line"));
    app.restart_at("2027-07-03 06:00:00");
    says(&app, &bo, "Nothing became free in time");
    assert!(line(&app).iter().all(|entry| entry["email"] != BO));
}

fn days_and_lengths_are_minded(backend: Backend) {
    let app = app(backend);
    app.set_schedule(&Host::ada(), &["fri 09:00-11:00"]);
    let options =
        ["--title", "Long", "--duration", "60", "--duration", "120", "--waiting-list", "30"];
    app.add_event_type("ada", "long", &[&options[..], &["--increment", "60"]].concat());
    let first = book(&app, SLOT);
    let second = book(&app, "2027-07-02T09:00:00Z");
    let wait = |duration: &str, email: &str| {
        let path = format!("/ada/long/waiting-list?tz=UTC&duration={duration}&date={FRIDAY}");
        let form = app.client().page(&path).form("/ada/long/waiting-list");
        assert_eq!(form.value("duration"), Some(duration));
        let form = form.set("name", "Bo Berg").set("email", email);
        app.client().submit(&form).expect(303);
        page_in_mail(&app, email, "On the waiting list: ")
    };
    let (bo, cy) = (wait("120", BO), wait("60", CY));
    // One hour does for the second in line only.
    cancel(&app, &first);
    let page = says(&app, &cy, "A time is free until");
    assert!(page.link("slot=").contains(SLOT), "{:?}", page.links());
    assert!(app.client().page(&bo).text().contains("You are the first in line"));
    assert_eq!(press(&app, &cy, "leave"), 303);
    cancel(&app, &second);
    let page = says(&app, &bo, "A time is free until");
    assert!(page.link("slot=").contains("duration=120"), "{:?}", page.links());
    let browser = app.client();
    browser.submit(&browser.page(&page.link("slot=")).form("/ada/long")).expect(303);
}

fn who_is_offered_a_time_already_is_told_that_alone(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:01").without_limits();
    let mut app = app.set("mail.url", "smtp+plain://127.0.0.1:1").start();
    furnish(&app, &[]);
    let booked = book(&app, SLOT);
    app.client().submit(&form(&app, FRIDAY, BO)).expect(303);
    cancel(&app, &booked);
    let is_offered = "SELECT count(*) AS n FROM waiting_entries WHERE state = 'offered'";
    wait_until("an offer", SOON, || (number(&app, is_offered) == 1).then_some(()));
    app.set("mail.url", "mailbox://");
    app.restart_at("2027-07-01 08:10:00");
    offered(&app, BO);
    let unsent = "SELECT count(*) AS n FROM outbox_messages WHERE finished_at IS NULL";
    wait_until("all mail", SOON, || (number(&app, unsent) == 0).then_some(()));
    let to_bo = app.mailbox().all().iter().filter(|mail| mail.is_to(BO)).count();
    assert_eq!(to_bo, 1, "once, not in the place of the other mail as well");
}

fn a_kill_loses_no_offer(backend: Backend) {
    let mut app = app(backend);
    let booked = book(&app, SLOT);
    let bo = join(&app, FRIDAY, BO);
    // Cancelled while no worker runs, as when it is killed before its turn.
    app.signal("KILL");
    app.wait_end();
    cancel(&app, &booked);
    app.start();
    offered(&app, BO);
    // And once the offer stands, it stands whatever happens to who made it.
    app.signal("KILL");
    app.wait_end();
    app.start();
    assert!(app.client().page(&bo).text().contains("A time is free until"));
    assert!(free(&app).is_empty());
    assert_eq!(
        number(&app, "SELECT count(*) FROM outbox_messages WHERE kind = 'waiting_offered'"),
        1
    );
}

fn the_host_sees_who_waits(backend: Backend) {
    let app = app(backend);
    let browser = app.sign_in(&Host::ada());
    assert!(browser.page("/app/waiting").text().contains("Nobody waits"));
    assert!(!browser.page("/app/bookings").text().contains("for a time"));
    let booked = book(&app, SLOT);
    let bo = join(&app, FRIDAY, BO);
    join(&app, FRIDAY, CY);
    assert!(browser.page("/app/bookings").text().contains("2 people wait for a time"));
    let text = browser.page("/app/waiting").text();
    assert!(text.contains(BO) && text.contains(CY) && text.contains("Rare"), "{text}");
    cancel(&app, &booked);
    says(&app, &bo, "A time is free until");
    let page = browser.page("/app/waiting");
    assert!(
        page.text().contains("Offered Tomorrow 09:00, kept until Today 09:3"),
        "{}",
        page.text()
    );
    // Another host sees none of it, and removes nobody.
    let eve = Host::new("eve", "Eve", "UTC");
    app.add_host(&eve);
    let eve = app.sign_in(&eve);
    assert!(eve.page("/app/waiting").text().contains("Nobody waits"));
    let form = page.forms("/remove").into_iter().next().expect("a form");
    let csrf = eve.page("/app/availability").form("/sign-out");
    let csrf = csrf.value("csrf").expect("a token").to_owned();
    eve.submit(&form.clone().force("csrf", csrf)).expect(404);
    browser.submit(&form.clone().force("csrf", "x")).expect(403);
    assert_eq!(line(&app).len(), 2);
    browser.submit(&form).expect(303);
    // Who is gone is gone, and the next is asked.
    browser.submit(&form).expect(303);
    assert!(app.client().page(&bo).text().contains("You are no longer on the waiting list"));
    offered(&app, CY);
    let listed = app.cli(&["waiting-list", "list", "--host", "ada", "--event", "rare"]);
    let listed = listed.done();
    assert!(listed.contains(CY) && listed.contains("offered 2027-07-02T08:00:00Z"), "{listed}");
    app.cli(&["waiting-list", "list", "--host", "ada", "--event", "nothing"]).refused();
}

fn the_editor_knows_it(backend: Backend) {
    let app = app(backend);
    let browser = app.sign_in(&Host::ada());
    let path = "/app/event-types/rare";
    let form = browser.page(path).form(path);
    assert_eq!(form.value("waiting_list"), Some("30"));
    for wrong in ["4", "1441", "x"] {
        let page = browser.submit(&form.clone().set("waiting_list", wrong)).expect(422).page();
        assert_eq!(page.marked().into_iter().collect::<Vec<_>>(), ["waiting_list"]);
        assert_eq!(page.form(path).value("waiting_list"), Some(wrong));
    }
    let kept = || {
        app.cli(&["event-type", "list", "--host", "ada", "--json"]).json()[0]["waiting_list"]
            .clone()
    };
    assert_eq!(kept(), 30);
    browser.submit(&form.clone().set("waiting_list", "45")).expect(303);
    assert_eq!(kept(), 45);
    for off in ["", "0"] {
        browser.submit(&form.clone().set("waiting_list", off)).expect(303);
        assert_eq!(kept(), Value::Null);
        app.client().get(FORM).expect(404);
        browser.submit(&form).expect(303);
    }
}

fn what_is_over_is_forgotten(backend: Backend) {
    let mut app = app(backend);
    book(&app, SLOT);
    let bo = join(&app, FRIDAY, BO);
    let di = join(&app, "2027-07-02", "di@customers.example");
    press(&app, &bo, "leave");
    app.restart_at("2027-07-30 08:00:00");
    assert!(app.client().page(&di).text().contains("Nothing became free in time"));
    app.client().get(&bo).expect(200);
    app.restart_at("2027-08-02 08:00:00");
    let left = "SELECT count(*) FROM waiting_entries";
    wait_until("them to be forgotten", SOON, || (number(&app, left) == 0).then_some(()));
    app.client().get(&bo).expect(404);
    app.client().get(&di).expect(404);
    assert!(!app.database().dump().contains("di@customers.example"));
}
