//! Mail scanners open every link of every mail, often twice, before a person does: nothing may come of it.

use std::collections::BTreeSet;

use roomkey_tests::{Backend, Booked, SOON, TestApp, on_both, wait_until};
use serde_json::json;

on_both!(looking_at_every_link_of_every_mail_changes_nothing);

fn links(text: &str, base: &str) -> BTreeSet<String> {
    let ends = |c: char| c.is_whitespace() || "<>\"'".contains(c);
    text.match_indices(base)
        .filter_map(|(at, _)| text[at..].split(ends).next())
        .map(|link| link.trim_end_matches(['.', ',']).replace("&amp;", "&"))
        .collect()
}

fn looking_at_every_link_of_every_mail_changes_nothing(backend: Backend) {
    let app = TestApp::on(backend).clock("2027-07-01 08:00:00").without_limits().start_with_ada();
    let options = ["--title", "Visit", "--duration", "30", "--requires-confirmation"];
    app.add_event_type("ada", "visit", &options);
    let options = ["--title", "Proof", "--duration", "30", "--email-proof"];
    app.add_event_type("ada", "proof", &options);
    let key = app.key("ada", "bookings:write");
    let book = |event: &str, start: &str| {
        let request = app.request(event, start, "Bo Berg", "bo@customers.example");
        Booked::from_json(app.client().post_json("/api/v1/bookings", &request).expect(201).json())
    };
    let act = |booked: &Booked, act: &str, body: serde_json::Value| {
        key.post_json(&format!("/api/v1/bookings/{}/{act}", booked.id()), &body).expect(200);
    };
    // One booking in each state, and a mail of each kind.
    book("intro", "2027-07-05T09:00:00Z");
    let moved = book("intro", "2027-07-06T09:00:00Z");
    let cancelled = book("intro", "2027-07-07T09:00:00Z");
    book("visit", "2027-07-08T09:00:00Z");
    let confirmed = book("visit", "2027-07-09T09:00:00Z");
    let declined = book("visit", "2027-07-10T09:00:00Z");
    book("proof", "2027-07-11T09:00:00Z");
    for subject in ["Booked: ", "Requested: ", "Confirm your booking: "] {
        app.mailbox().wait_for(subject, |mail| mail.part("subject").starts_with(subject));
    }
    act(&moved, "reschedule", json!({"start": "2027-07-06T10:00:00Z"}));
    act(&cancelled, "cancel", json!({}));
    act(&confirmed, "confirm", json!({}));
    act(&declined, "decline", json!({}));
    for subject in ["Moved: ", "Cancelled: ", "Declined: "] {
        app.mailbox().wait_for(subject, |mail| mail.part("subject").starts_with(subject));
    }
    let queued = "SELECT count(*) FROM outbox_messages WHERE finished_at IS NULL";
    wait_until("all mail", SOON, || (app.database().number(queued) == 0).then_some(()));

    let base = app.base();
    let mut found = BTreeSet::new();
    for mail in app.mailbox().all() {
        let calendar = mail.value()["calendar"]["raw"].as_str().unwrap_or_default();
        let calendar = calendar.replace("\r\n ", "").replace("\n ", "").replace("\\n", "\n");
        for text in [mail.part("text"), mail.part("html"), &calendar] {
            found.extend(links(text, &base));
        }
    }
    let kinds = ["/verify", "/join", "/cancel", "/reschedule", "/ada/intro", "/ada/visit"];
    for kind in kinds {
        assert!(found.iter().any(|link| link.ends_with(kind)), "{kind}: {found:#?}");
    }
    let state = || {
        let tables = app.database().row_counts();
        tables.keys().map(|table| app.database().dump_of(table)).collect::<Vec<_>>()
    };
    let before = state();
    for _ in 0..2 {
        for link in &found {
            for method in ["HEAD", "GET"] {
                let path = link.strip_prefix(&base).expect("a link of ours");
                let reply = app.client().send(method, path, None, &[]);
                assert!([200, 303].contains(&reply.status), "{method} {path}: {}", reply.status);
            }
        }
    }
    assert_eq!(state(), before);
}
