//! People are reminded of what they booked: in time, once, of what is still so, and only if they want to be.

use roomkey_tests::{Backend, Booked, Host, Mail, TestApp, on_both};
use serde_json::json;

on_both!(
    a_customer_is_reminded_once,
    both_sides_at_moments_of_their_own,
    only_of_what_is_still_so,
    who_books_late_needs_none,
    after_an_outage_the_last_one_says_it_all,
    whoever_wants_none_gets_none,
    mail_programs_unsubscribe_without_a_page,
    guests_are_reminded_with_links_of_their_own,
    of_a_session_its_host_is_reminded_once,
    a_change_of_the_event_type_holds_at_once,
    the_editor_knows_reminders,
);

const ADA: &str = "ada@hosts.example";
const BO: &str = "bo@customers.example";
const CY: &str = "cy@customers.example";
/// Monday 5 July 2027, 10:00 in London.
const START: &str = "2027-07-05T09:00:00Z";
const NEXT: &str = "2027-07-05T11:00:00Z";

/// London, Thursday 1 July 2027, 09:00.
fn app(backend: Backend, options: &[&str]) -> TestApp {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start_with_ada();
    let usual = ["--title", "Consultation", "--duration", "60"];
    app.add_event_type("ada", "talk", &[&usual[..], options].concat());
    app
}

fn book(app: &TestApp, start: &str, name: &str) -> Booked {
    let email = format!("{}@customers.example", name.to_lowercase());
    let request = app.request("talk", start, name, &email);
    Booked::from_json(app.client().post_json("/api/v1/bookings", &request).expect(201).json())
}

fn is_reminder(mail: &Mail) -> bool {
    mail.part("subject").starts_with("Reminder: ")
}

fn reminder(app: &TestApp, to: &str) -> Mail {
    let what = format!("a reminder to {to}");
    app.mailbox().wait_for(&what, |mail| mail.is_to(to) && is_reminder(mail))
}

/// All that were ever put into the outbox for that side, whatever became of them.
fn count(app: &TestApp, kind: &str, booked: &Booked) -> i64 {
    app.database().number(&format!(
        "SELECT count(*) AS n FROM outbox_messages WHERE kind = '{kind}' AND booking_id = '{}'",
        booked.id()
    ))
}

fn reminders_of(app: &TestApp, to: &str) -> usize {
    app.mailbox().all().iter().filter(|mail| mail.is_to(to) && is_reminder(mail)).count()
}

fn a_customer_is_reminded_once(backend: Backend) {
    let mut app = app(backend, &[]);
    let (bo, cy) = (book(&app, START, "Bo"), book(&app, NEXT, "Cy"));
    let invite = app.mailbox().wait_for_invite(BO, "REQUEST");
    app.restart_at("2027-07-04 09:00:01");
    let mail = reminder(&app, BO);
    assert_eq!(mail.part("subject"), "Reminder: Consultation, Mon 5 Jul, 11:00 (Berlin)");
    let text = mail.part("text");
    assert!(text.contains("Your booking with Ada Lovelace is coming up"), "{text}");
    assert!(text.contains(bo.text("/room/password")) && text.contains("/join"), "{text}");
    // The calendar has it already, and the thread is the booking's.
    assert!(mail.value()["calendar"].is_null(), "{:#}", mail.value());
    assert_eq!(mail.header("in-reply-to"), invite.header("message-id"));
    let id = format!("bk.{}.0.", bo.id());
    assert!(mail.header("message-id")[0].contains(&id));
    assert!(mail.header("message-id")[0].contains(".reminder-1440@"));
    // An hour and two later Cy's is due, and Bo's is not once more.
    app.restart_at("2027-07-04 11:00:01");
    reminder(&app, CY);
    assert_eq!(count(&app, "reminder-1440", &bo), 1);
    assert_eq!(count(&app, "reminder-1440", &cy), 1);
    assert_eq!((reminders_of(&app, BO), reminders_of(&app, ADA)), (1, 0));
}

fn both_sides_at_moments_of_their_own(backend: Backend) {
    let mut app = app(backend, &["--remind", "2880, 60", "--remind-host", "30"]);
    let bo = book(&app, START, "Bo");
    app.restart_at("2027-07-03 09:00:01");
    reminder(&app, BO);
    app.restart_at("2027-07-05 08:00:01");
    app.mailbox().wait_for("an hour before", |mail| {
        mail.is_to(BO) && mail.header("message-id")[0].contains(".reminder-60@")
    });
    assert_eq!(reminders_of(&app, ADA), 0);
    app.restart_at("2027-07-05 08:30:01");
    let mail = reminder(&app, ADA);
    assert!(
        mail.part("text").contains("Your booking with Bo is coming up"),
        "{}",
        mail.part("text")
    );
    assert!(mail.header("list-unsubscribe").is_empty(), "the host has the editor for it");
    for (kind, times) in [("reminder-2880", 1), ("reminder-60", 1), ("reminder-30", 1)] {
        assert_eq!(count(&app, kind, &bo), times, "{kind}");
    }
}

fn only_of_what_is_still_so(backend: Backend) {
    let mut app = app(backend, &[]);
    let (moved, gone, stays) =
        (book(&app, START, "Bo"), book(&app, "2027-07-05T10:00:00Z", "Di"), book(&app, NEXT, "Cy"));
    app.cli(&["booking", "move", moved.id(), "--start", "2027-07-08T09:00:00Z"]).done();
    app.cli(&["booking", "cancel", gone.id()]).done();
    app.restart_at("2027-07-04 12:00:00");
    reminder(&app, CY);
    assert_eq!(count(&app, "reminder-1440", &moved), 0);
    assert_eq!(count(&app, "reminder-1440", &gone), 0);
    assert_eq!(count(&app, "reminder-1440", &stays), 1);
    // Moved once more, to within the day before: the mail about that is fresh enough.
    app.cli(&["booking", "move", stays.id(), "--start", "2027-07-05T12:00:00Z"]).done();
    app.restart_at("2027-07-07 09:00:01");
    let mail = reminder(&app, BO);
    assert!(
        mail.part("subject").ends_with("Thu 8 Jul, 11:00 (Berlin)"),
        "{}",
        mail.part("subject")
    );
    assert_eq!(count(&app, "reminder-1440", &moved), 1);
    assert_eq!(count(&app, "reminder-1440", &stays), 1);
}

fn who_books_late_needs_none(backend: Backend) {
    let mut app = app(backend, &["--remind", "1440, 60"]);
    app.restart_at("2027-07-04 16:00:00");
    let late = book(&app, START, "Bo");
    app.restart_at("2027-07-05 08:00:01");
    reminder(&app, BO);
    assert_eq!(count(&app, "reminder-1440", &late), 0);
    assert_eq!(count(&app, "reminder-60", &late), 1);
}

fn after_an_outage_the_last_one_says_it_all(backend: Backend) {
    let mut app = app(backend, &["--remind", "1440, 60, 10"]);
    let (bo, cy) = (book(&app, START, "Bo"), book(&app, "2027-07-05T08:00:00Z", "Cy"));
    // Cy's has begun.
    app.restart_at("2027-07-05 08:20:00");
    reminder(&app, BO);
    let counts = ["reminder-1440", "reminder-60", "reminder-10"].map(|kind| count(&app, kind, &bo));
    assert_eq!(counts, [0, 1, 0]);
    assert_eq!(app.database().number(&format!(
        "SELECT count(*) AS n FROM outbox_messages WHERE kind LIKE 'reminder-%' AND booking_id = '{}'",
        cy.id()
    )), 0);
}

fn whoever_wants_none_gets_none(backend: Backend) {
    let mut app = app(backend, &[]);
    let (bo, cy) = (book(&app, START, "Bo"), book(&app, NEXT, "Cy"));
    let path = format!("{}/reminders", bo.page());
    let client = app.client();
    let page = client.page(&path);
    assert!(page.text().contains(BO) && page.text().contains("Reminders from Ada Lovelace"));
    client.submit(&page.form(&path).press("do", "off")).expect(303);
    assert!(client.page(&path).text().contains("You get no reminders from Ada Lovelace"));
    client.post_form(&path, &[]).expect(422);
    app.restart_at("2027-07-04 11:00:01");
    reminder(&app, CY);
    assert_eq!(reminders_of(&app, BO), 0);
    // Of a change they hear all the same; and the next one not, either.
    app.cli(&["booking", "move", bo.id(), "--start", "2027-07-09T09:00:00Z"]).done();
    app.mailbox().wait_for("the move", |mail| mail.is_to(BO) && mail.sequence() == 1);
    let again = client.page(&path);
    client.submit(&again.form(&path).press("do", "on")).expect(303);
    app.restart_at("2027-07-08 09:00:01");
    reminder(&app, BO);
    assert_eq!(count(&app, "reminder-1440", &cy), 1);
}

fn mail_programs_unsubscribe_without_a_page(backend: Backend) {
    let mut app = app(backend, &["--remind", "2880, 1440"]);
    let (bo, cy) = (book(&app, START, "Bo"), book(&app, NEXT, "Cy"));
    app.restart_at("2027-07-03 09:00:01");
    let mail = reminder(&app, BO);
    let header = mail.header("list-unsubscribe").concat();
    let path = format!("{}/reminders", bo.page());
    assert!(header.starts_with('<') && header.ends_with(&format!("{path}>")), "{header}");
    assert_eq!(mail.header("list-unsubscribe-post"), ["List-Unsubscribe=One-Click"]);
    assert!(mail.part("text").contains(&path), "{}", mail.part("text"));
    // A look changes nothing.
    app.client().page(&path);
    let asked = "SELECT count(*) AS n FROM reminder_opt_outs";
    assert_eq!(app.database().number(asked), 0);
    let one_click = [("List-Unsubscribe".to_owned(), "One-Click".to_owned())];
    app.client().post_form_from(&path, &one_click, &[]).expect(200);
    app.client().post_form_from(&path, &one_click, &[]).expect(200);
    assert_eq!(app.database().number(asked), 1);
    // No other page can be posted to from anywhere.
    app.client().post_form_from(&format!("{}/cancel", bo.page()), &[], &[]).expect(403);
    app.restart_at("2027-07-04 11:00:01");
    app.mailbox().wait_for("Cy's second", |mail| {
        mail.is_to(CY) && mail.header("message-id")[0].contains(".reminder-1440@")
    });
    assert_eq!((reminders_of(&app, BO), reminders_of(&app, CY)), (1, 1));
    assert_eq!(count(&app, "reminder-1440", &cy), 1);
}

fn guests_are_reminded_with_links_of_their_own(backend: Backend) {
    let mut app = app(backend, &[]);
    let mut request = app.request("talk", START, "Bo", BO);
    request["guests"] = json!(["gus@guests.example"]);
    let bo = app.client().post_json("/api/v1/bookings", &request).expect(201).json();
    let bo = Booked::from_json(bo);
    app.restart_at("2027-07-04 09:00:01");
    let mail = reminder(&app, "gus@guests.example");
    reminder(&app, BO);
    let own = mail.header("list-unsubscribe").concat();
    assert!(!own.contains(bo.token()), "{own}");
    let path = own[own.find("/b/").expect("a path")..].trim_end_matches('>').to_owned();
    assert!(app.client().page(&path).text().contains("gus@guests.example"));
    // Whoever comes later does not have the others reminded again.
    let page = app.client().page(bo.page());
    app.client().submit(&page.form("/guests").set("guest", "gil@guests.example")).expect(303);
    app.mailbox().wait_for_invite("gil@guests.example", "REQUEST");
    app.restart_at("2027-07-04 10:00:00");
    let late = book(&app, "2027-07-06T09:00:00Z", "Di");
    app.restart_at("2027-07-05 09:00:01");
    reminder(&app, "di@customers.example");
    assert_eq!(count(&app, "reminder-1440", &bo), 2, "the customer's and the guest's");
    assert_eq!(count(&app, "reminder-1440", &late), 1);
}

fn of_a_session_its_host_is_reminded_once(backend: Backend) {
    let mut app = app(backend, &["--seats", "4", "--remind-host", "60"]);
    let all = ["Bo", "Cy", "Di"].map(|name| book(&app, START, name));
    app.cli(&["booking", "cancel", all[0].id()]).done();
    app.restart_at("2027-07-05 08:00:01");
    reminder(&app, ADA);
    let last = book(&app, START, "Ed");
    app.restart_at("2027-07-05 08:10:00");
    let counts = [&all[0], &all[1], &all[2], &last].map(|each| count(&app, "reminder-60", each));
    assert_eq!(counts, [0, 1, 0, 0]);
}

fn a_change_of_the_event_type_holds_at_once(backend: Backend) {
    let mut app = app(backend, &["--remind", "none"]);
    let bo = book(&app, START, "Bo");
    let browser = app.sign_in(&Host::ada());
    let path = "/app/event-types/talk";
    let form = browser.page(path).form(path);
    browser.submit(&form.set("reminders", "120").set("host_reminders", "120")).expect(303);
    app.restart_at("2027-07-05 07:00:01");
    reminder(&app, BO);
    reminder(&app, ADA);
    assert_eq!(count(&app, "reminder-120", &bo), 2);
}

fn the_editor_knows_reminders(backend: Backend) {
    let app = app(backend, &["--remind", "1440,60"]);
    let browser = app.sign_in(&Host::ada());
    let path = "/app/event-types/talk";
    let form = browser.page(path).form(path);
    assert_eq!(
        (form.value("reminders"), form.value("host_reminders")),
        (Some("1440, 60"), Some(""))
    );
    for (field, text) in [
        ("reminders", "4"),
        ("reminders", "43201"),
        ("host_reminders", "soon"),
        ("reminders", "10, 20, 30, 40, 50, 60"),
    ] {
        let reply = browser.submit(&form.clone().set(field, text)).expect(422);
        assert!(reply.page().marked().contains(field), "{text}");
        assert_eq!(reply.page().form(path).value(field), Some(text), "it is kept");
    }
    browser.submit(&form.set("reminders", "").set("host_reminders", "30;10")).expect(303);
    let form = browser.page(path).form(path);
    assert_eq!((form.value("reminders"), form.value("host_reminders")), (Some(""), Some("30, 10")));
    let listed = app.cli(&["event-type", "list", "--host", "ada", "--json"]).json();
    let all = listed.as_array().expect("a list");
    let of = |slug: &str| all.iter().find(|each| each["slug"] == slug).expect("it").clone();
    assert_eq!(
        (&of("talk")["reminders"], &of("talk")["host_reminders"]),
        (&json!([]), &json!([10, 30]))
    );
    assert_eq!(of("intro")["reminders"], json!([1440]), "the usual");
}
