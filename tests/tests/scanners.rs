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
    // Whose one booking of a day somebody waits for.
    let full = ["--title", "Full", "--duration", "60", "--limit", "1 booking a day"];
    app.add_event_type("ada", "full", &[&full[..], &["--waiting-list", "30"]].concat());
    let proven = ["--title", "Full", "--duration", "60", "--email-proof", "--waiting-list", "30"];
    app.add_event_type("ada", "proven", &[&proven[..], &["--limit", "1 booking a day"]].concat());
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
    // Somebody who waits, who has an offer, and who is yet to show that the address is theirs.
    let wait = |event: &str, email: &str, subject: &str| {
        let path = format!("/ada/{event}/waiting-list");
        let form = app.client().page(&path).form(&path).set("day", "2027-07-20");
        app.client().submit(&form.set("name", "Bo").set("email", email)).expect(303);
        app.mailbox().wait_for(subject, |mail| {
            mail.is_to(email) && mail.part("subject").starts_with(subject)
        })
    };
    let full = book("full", "2027-07-20T09:00:00Z");
    let proven = app.request("proven", "2027-07-20T12:00:00Z", "Bo Berg", "bo@customers.example");
    key.post_json("/api/v1/bookings", &proven).expect(201);
    wait("full", "cy@customers.example", "On the waiting list: ");
    wait("full", "di@customers.example", "On the waiting list: ");
    wait("proven", "di@customers.example", "Confirm your place on the waiting list: ");
    act(&full, "cancel", json!({}));
    app.mailbox()
        .wait_for("the offer", |mail| mail.part("subject").starts_with("A time is free: "));
    let queued = "SELECT count(*) FROM outbox_messages WHERE finished_at IS NULL";
    wait_until("all mail", SOON, || (app.database().number(queued) == 0).then_some(()));

    let base = app.base();
    let mut found = BTreeSet::new();
    let mut places = BTreeSet::new();
    for mail in app.mailbox().all() {
        let calendar = mail.value()["calendar"]["raw"].as_str().unwrap_or_default();
        let calendar = calendar.replace("\r\n ", "").replace("\n ", "").replace("\\n", "\n");
        for text in [mail.part("text"), mail.part("html"), &calendar] {
            found.extend(links(text, &base));
            places.extend(links(text, &format!("{base}/w/")));
        }
    }
    assert_eq!(places.len(), 3, "{found:#?}");
    // What stands behind them is looked at, too.
    for place in &places {
        let path = place.strip_prefix(&base).expect("a link of ours");
        found.extend(app.client().page(path).links().iter().map(|link| format!("{base}{link}")));
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
