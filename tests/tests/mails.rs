//! The mails of a booking, as an independent reader sees them.

use std::collections::BTreeSet;

use chrono::Duration;
use roomkey_tests::{Backend, Booked, Mail, TestApp, instant, on_both, rfc3339};
use serde_json::json;

on_both!(
    each_side_gets_an_invitation_in_its_own_zone,
    cancelling_is_told_to_each_side_with_the_next_sequence,
    a_mail_is_sent_within_a_second,
    text_that_looks_like_something_else_is_text,
    a_refused_booking_sends_nothing,
);

const BO: &str = "bo@customers.example";
const ADA: &str = "ada@hosts.example";

fn each_side_gets_an_invitation_in_its_own_zone(backend: Backend) {
    // Noon in UTC on 1 July 2027 is 13:00 in London and 14:00 in Berlin.
    let app = TestApp::on(backend).clock("2027-06-28 08:00:00").start_with_ada();
    let booked = app.book("intro", instant("2027-07-01T12:00:00Z"));
    let mut mailbox = app.mailbox();
    let bo = mailbox.wait_for_invite(BO, "REQUEST");
    let ada = mailbox.wait_for_invite(ADA, "REQUEST");

    for (mail, own, zone) in [(&bo, "14:00", "Berlin"), (&ada, "13:00", "London")] {
        well_formed(mail);
        for (kind, text) in [("text", mail.part("text")), ("html", mail.part("html"))] {
            for fact in [
                own,
                zone,
                "Intro call",
                booked.text("/room/url"),
                booked.text("/room/password"),
                "1 July",
            ] {
                assert!(text.contains(fact), "{fact:?} is missing in the {kind}: {text}");
            }
        }
        // The window: open ten minutes early to a quarter of an hour late.
        let opens = if zone == "Berlin" { "13:50" } else { "12:50" };
        assert!(mail.part("text").contains(opens), "{}", mail.part("text"));
        assert!(mail.part("html").contains(opens), "{}", mail.part("html"));
        assert!(mail.part("subject").contains("Intro call"), "{}", mail.part("subject"));
        assert!(!mail.part("subject").contains(booked.text("/room/password")));
    }
    assert_eq!(bo.value()["reply_to"], json!([ADA]), "hosts are Reply-To");

    // The same event for both: one UID, one time, who made it and who comes.
    for mail in [&bo, &ada] {
        assert_eq!(mail.calendar("uid"), bo.calendar("uid"));
        assert_eq!(mail.sequence(), 0);
        assert_eq!(mail.calendar("status"), "CONFIRMED");
        assert_eq!(mail.calendar("start"), "2027-07-01T12:00:00Z");
        assert_eq!(mail.calendar("end"), "2027-07-01T12:30:00Z");
        // The way in is the reader's own waiting page: Jitsi refuses whoever comes too early.
        let join = format!("{}/join", page_of(&mail.link("/b/")));
        assert_eq!(mail.calendar("location"), join);
        assert!(mail.calendar("description").contains(&join));
        assert!(mail.calendar("summary").contains("Intro call"), "{:#}", mail.value()["calendar"]);
        assert!(
            !mail.calendar("raw").contains(booked.text("/room/password")),
            "calendars are shared"
        );
        let organizer = mail.value()["calendar"]["organizer"]["address"].as_str().expect("one");
        assert!(organizer.to_lowercase().starts_with("mailto:"), "{organizer}");
        assert!(attendees(mail).contains(BO), "{:#}", mail.value()["calendar"]);
    }
    assert!(!bo.calendar("uid").is_empty());

    // Each has a link of their own, which shows the booking to its holder.
    let [of_bo, of_ada] = [&bo, &ada].map(|mail| mail.link("/b/"));
    assert!(of_bo.starts_with(&app.base()), "{of_bo}");
    assert_eq!(page_of(&of_bo), page_of(booked.text("/links/page")));
    assert_ne!(page_of(&of_bo), page_of(&of_ada));
    for link in [&of_bo, &of_ada] {
        app.client().open(link).expect(200);
    }
    assert!(!bo.part("text").contains(&page_of(&of_ada)), "never the other's link");
    assert_ne!(bo.part("message_id"), ada.part("message_id"));
    assert_eq!(mailbox.all().len(), 2, "one mail each, no more");
}

fn cancelling_is_told_to_each_side_with_the_next_sequence(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let booked = app.book("intro", app.noon_in_days(3));
    let mut mailbox = app.mailbox();
    let invites = [BO, ADA].map(|to| mailbox.wait_for_invite(to, "REQUEST"));
    let path = format!("/api/v1/bookings/{}/cancel", booked.id());
    let key = app.key("ada", "bookings:write");
    key.post_json(&path, &json!({"reason": "The boiler burst"})).expect(200);

    for invite in &invites {
        let to = invite.value()["to"][0].as_str().expect("a recipient");
        let cancel = mailbox.wait_for_invite(to, "CANCEL");
        well_formed(&cancel);
        assert_eq!(cancel.calendar("uid"), invite.calendar("uid"), "the UID is for life");
        assert_eq!(cancel.sequence(), invite.sequence() + 1);
        assert_eq!(cancel.calendar("status"), "CANCELLED");
        assert_eq!(cancel.calendar("start"), invite.calendar("start"));
        assert_eq!(cancel.calendar("end"), invite.calendar("end"));
        assert!(cancel.part("text").contains("The boiler burst"), "{}", cancel.part("text"));
        for gone in [booked.text("/room/password"), booked.text("/room/name")] {
            assert!(!cancel.value().to_string().contains(gone), "no key to a room that is closed");
        }
        assert_eq!(cancel.header("in-reply-to"), invite.header("message-id"));
        assert!(cancel.header("references")[0].contains(invite.part("message_id")));
        assert_ne!(cancel.part("message_id"), invite.part("message_id"));
    }
    assert_eq!(mailbox.all().len(), 4);
}

fn a_mail_is_sent_within_a_second(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    app.book("intro", app.noon_in_days(1));
    let mailbox = app.mailbox();
    // A second on a quiet machine; this one may be busy with other tests.
    let limit = std::time::Duration::from_secs(4);
    roomkey_tests::wait_until("both mails", limit, || (mailbox.count() == 2).then_some(()));
}

fn text_that_looks_like_something_else_is_text(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let name = r#"<b>Bo</b> "O'Neil" & Söhne; x, y: z \n %0d%0aBcc: evil@example.net"#;
    let title = "<script>alert(1)</script> =?utf-8?q?x?= 🗝 & more";
    app.add_event_type("ada", "odd", &["--title", title, "--duration", "30"]);
    let start = app.noon_in_days(3);
    let mut request = app.request("odd", &rfc3339(start), name, BO);
    let note = "BEGIN:VEVENT\n\tSUMMARY:x\n<img src=x onerror=alert(1)>\n.\nFrom me";
    request["answers"] = json!({"note": note});
    let reply = app.client().post_json("/api/v1/bookings", &request).expect(201);
    let booked = Booked::from_json(reply.json());
    assert_eq!(booked.text("/attendees/0/name"), name);
    assert_eq!(booked.text("/event/title"), title);
    assert_eq!(booked.text("/answers/note"), note);

    let mut mailbox = app.mailbox();
    for to in [BO, ADA] {
        let mail = mailbox.wait_for_invite(to, "REQUEST");
        well_formed(&mail);
        assert!(mail.part("subject").contains(title), "{}", mail.part("subject"));
        assert!(mail.calendar("summary").contains(title), "{}", mail.calendar("summary"));
        let html = mail.part("html");
        assert!(!html.contains("<script") && !html.contains("<img src=x"), "{html}");
        assert!(html.contains("&lt;script&gt;") || html.contains("&#60;script&#62;"), "{html}");
        assert!(mail.part("text").contains(title), "{}", mail.part("text"));
    }
    let ada = mailbox.wait_for_invite(ADA, "REQUEST");
    assert!(ada.part("text").contains(name), "{}", ada.part("text"));
    let names: BTreeSet<String> = ada.value()["calendar"]["attendees"]
        .as_array()
        .expect("attendees")
        .iter()
        .filter_map(|each| Some(each["cn"].as_str()?.to_owned()))
        .collect();
    assert!(names.contains(name), "{names:?}");
}

fn a_refused_booking_sends_nothing(backend: Backend) {
    let app = TestApp::on(backend).start_with_ada();
    let noon = app.noon_in_days(3);
    app.book("intro", noon);
    let mut mailbox = app.mailbox();
    mailbox.wait_for_invite(BO, "REQUEST");
    mailbox.wait_for_invite(ADA, "REQUEST");
    let rival = app.request("intro", &rfc3339(noon), "Cy Cole", "cy@customers.example");
    app.client().post_json("/api/v1/bookings", &rival).problem(409);
    // A later booking's mails come after whatever the refused one could have caused.
    app.book("intro", noon + Duration::hours(1));
    roomkey_tests::wait_until("four mails", roomkey_tests::SOON, || {
        (mailbox.all().len() == 4).then_some(())
    });
    assert!(!mailbox.all().iter().any(|mail| mail.is_to("cy@customers.example")));
}

/// What every mail with an invitation must be, whoever reads it.
#[track_caller]
fn well_formed(mail: &Mail) {
    let value = mail.value();
    assert_eq!(value["defects"], json!([]), "{value:#}");
    assert_eq!(value["shape"][0], "multipart/mixed", "{:#}", value["shape"]);
    let alternatives =
        json!(["multipart/alternative", ["text/plain", "text/html", "text/calendar"]]);
    assert_eq!(value["shape"][1][0], alternatives, "the first child: {:#}", value["shape"]);
    assert_eq!(value["attachment_is_invite"], true, "the attachment holds the same bytes");
    let calendar = &value["calendar"];
    assert_eq!(calendar["method"], calendar["method_parameter"]);
    assert_eq!(calendar["version"], "2.0");
    assert_eq!(calendar["errors"], json!([]));
    assert_eq!(calendar["bare_line_feeds"], 0);
    assert!(calendar["longest_line"].as_u64().is_some_and(|octets| octets <= 75), "{calendar:#}");
    assert!(calendar["stamp"].as_str().is_some_and(|stamp| stamp.ends_with('Z')), "{calendar:#}");
    assert_eq!(mail.header("auto-submitted"), ["auto-generated"]);
    for once in ["from", "to", "subject", "date", "message-id", "mime-version"] {
        assert_eq!(mail.header(once).len(), 1, "{once}: {value:#}");
    }
    let known: BTreeSet<&str> = BTreeSet::from([
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "mime-version",
        "content-type",
        "reply-to",
        "auto-submitted",
        "x-auto-response-suppress",
        "in-reply-to",
        "references",
        "content-transfer-encoding",
    ]);
    for name in mail.header_names() {
        assert!(known.contains(name.as_str()), "a header from nowhere: {name}");
    }
    assert!(value["size"].as_u64().is_some_and(|size| size < 102 * 1024), "clipped by Gmail");
}

fn attendees(mail: &Mail) -> BTreeSet<String> {
    let all = mail.value()["calendar"]["attendees"].as_array().cloned().unwrap_or_default();
    let addresses = all.iter().filter_map(|each| each["address"].as_str());
    addresses.map(|each| each.to_lowercase().trim_start_matches("mailto:").to_owned()).collect()
}

/// `…/b/{token}` of any link below it.
fn page_of(link: &str) -> String {
    let (before, after) = link.split_once("/b/").expect("a booking link");
    let token = after.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{before}/b/{token}")
}
